//! JSON as it stands: where its values begin and end, and that they are JSON.
//!
//! Nothing is built here, and texts are unescaped only for who asks. serde_json, by visitors and raw values,
//! is the road not taken: it took 2.5 times as many instructions to say less (see `docs/performance.md`).
//! What is JSON here is what is JSON there; an event that is not is read once more by serde_json, which has
//! the words for what is wrong.

use std::borrow::Cow;

use serde::de::IgnoredAny;

/// Why there is no reading on.
#[derive(Debug)]
pub(super) enum Stop {
    /// The text is not JSON.
    NotJson,
    /// It is, but a value that was asked for is none that there can be: half of a surrogate pair, or a
    /// number beyond all types.
    NoValue(serde_json::Error),
}

impl Stop {
    /// What is wrong with this text.
    pub(super) fn reason(self, json: &str) -> String {
        match self {
            Self::NoValue(error) => error.to_string(),
            Self::NotJson => match serde_json::from_str::<IgnoredAny>(json) {
                Err(error) => error.to_string(),
                Ok(_) => "a text or number is none".to_owned(),
            },
        }
    }
}

/// A value as it stands, and what was seen on the way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raw<'a> {
    pub(super) json: &'a str,
    /// How many commas are between values in it.
    commas: usize,
    /// Whether there are escapes in texts of it.
    pub(super) has_escapes: bool,
}

impl Raw<'_> {
    pub(super) fn is_object(&self) -> bool {
        self.json.starts_with('{')
    }

    /// At least how many texts, numbers and flags are in a map of them, or of lists of them.
    pub(super) const fn most_scalars(&self) -> usize {
        self.commas + 1
    }
}

/// A place in a text that should be JSON.
pub(super) struct Scanner<'a> {
    json: &'a str,
    at: usize,
    commas: usize,
    has_escapes: bool,
}

/// Nesting that is kept in the bits of a word. What is deeper is left to serde_json, which has no limit
/// when it passes over a value; front ends send events of a depth of five.
const MOST_DEPTH: u32 = 64;

impl<'a> Scanner<'a> {
    pub(super) const fn new(json: &'a str) -> Self {
        Self {
            json,
            at: 0,
            commas: 0,
            has_escapes: false,
        }
    }

    /// The next byte that is not space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        let bytes = self.json.as_bytes();
        loop {
            match bytes.get(self.at)? {
                b' ' | b'\n' | b'\t' | b'\r' => self.at += 1,
                byte => return Some(*byte),
            }
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Stop> {
        if self.peek() != Some(byte) {
            return Err(Stop::NotJson);
        }
        self.at += 1;
        Ok(())
    }

    /// Nothing but space is left.
    pub(super) fn end(&mut self) -> Result<(), Stop> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(Stop::NotJson),
        }
    }

    /// Reads an object, if there is one: `value` is called before each value, with its key, and has to go
    /// past it.
    pub(super) fn object(
        &mut self,
        mut value: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.expect(b'{')?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.expect(b'"')?;
            let key = self.rest_of_text()?;
            self.expect(b':')?;
            value(self, key)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(Stop::NotJson),
            }
        }
    }

    /// Reads a list as [`Scanner::object`] reads an object.
    pub(super) fn list(
        &mut self,
        mut value: impl FnMut(&mut Self) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.expect(b'[')?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            value(self)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(Stop::NotJson),
            }
        }
    }

    /// The next value if it is a text; whatever else it is, it is gone past.
    pub(super) fn text(&mut self) -> Result<Option<Cow<'a, str>>, Stop> {
        if self.peek() == Some(b'"') {
            self.at += 1;
            return self.rest_of_text().map(Some);
        }
        let value = self.raw()?;
        if matches!(value.json.as_bytes(), [b'-' | b'0'..=b'9', ..]) {
            serde_json::from_str::<f64>(value.json).map_err(Stop::NoValue)?;
        }
        Ok(None)
    }

    /// The next value, whatever it is.
    pub(super) fn raw(&mut self) -> Result<Raw<'a>, Stop> {
        self.peek();
        let start = self.at;
        self.commas = 0;
        self.has_escapes = false;
        self.skip()?;
        Ok(Raw {
            json: &self.json[start..self.at],
            commas: self.commas,
            has_escapes: self.has_escapes,
        })
    }

    /// Goes past the next value.
    pub(super) fn skip(&mut self) -> Result<(), Stop> {
        // What is open: how many lists and objects, and a bit for each that is set for an object.
        let (mut depth, mut objects) = (0_u32, 0_u64);
        loop {
            let opened = match self.peek().ok_or(Stop::NotJson)? {
                b'"' => {
                    self.at += 1;
                    self.skip_text()?;
                    false
                }
                b'{' | b'[' if depth == MOST_DEPTH => {
                    self.skip_deep()?;
                    false
                }
                byte @ (b'{' | b'[') => {
                    self.at += 1;
                    depth += 1;
                    objects = objects << 1 | u64::from(byte == b'{');
                    true
                }
                b't' => self.skip_word("true")?,
                b'f' => self.skip_word("false")?,
                b'n' => self.skip_word("null")?,
                _ => self.skip_number()?,
            };
            if opened {
                // The first value, or none.
                match (objects & 1, self.peek()) {
                    (0, Some(b']')) | (1, Some(b'}')) => {}
                    (0, _) => continue,
                    _ => {
                        self.skip_key()?;
                        continue;
                    }
                }
            }
            // Behind a value: the next one, or the end of what is open.
            loop {
                if depth == 0 {
                    return Ok(());
                }
                match (objects & 1, self.peek()) {
                    (is_object, Some(b',')) => {
                        self.at += 1;
                        self.commas += 1;
                        if is_object == 1 {
                            self.skip_key()?;
                        }
                        break;
                    }
                    (0, Some(b']')) | (1, Some(b'}')) => {
                        self.at += 1;
                        depth -= 1;
                        objects >>= 1;
                    }
                    _ => return Err(Stop::NotJson),
                }
            }
        }
    }

    fn skip_key(&mut self) -> Result<(), Stop> {
        self.expect(b'"')?;
        self.skip_text()?;
        self.expect(b':')
    }

    fn skip_deep(&mut self) -> Result<(), Stop> {
        let rest = &self.json[self.at..];
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
        match values.next() {
            Some(Ok(_)) => {
                self.at += values.byte_offset();
                // What was in it is not known.
                self.commas += rest.len();
                self.has_escapes = true;
                Ok(())
            }
            _ => Err(Stop::NotJson),
        }
    }

    /// None of these opens anything; `false` says so to [`Scanner::skip`].
    fn skip_word(&mut self, word: &str) -> Result<bool, Stop> {
        if !self.json.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(Stop::NotJson);
        }
        self.at += word.len();
        Ok(false)
    }

    fn skip_number(&mut self) -> Result<bool, Stop> {
        let bytes = self.json.as_bytes();
        let digits = |from: usize| {
            let digits = bytes[from..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit());
            digits.count()
        };
        let mut at = self.at;
        at += usize::from(bytes.get(at) == Some(&b'-'));
        at += match (bytes.get(at), digits(at)) {
            (_, 0) => return Err(Stop::NotJson),
            (Some(b'0'), 2..) => return Err(Stop::NotJson),
            (_, count) => count,
        };
        if bytes.get(at) == Some(&b'.') {
            match digits(at + 1) {
                0 => return Err(Stop::NotJson),
                count => at += 1 + count,
            }
        }
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
            match digits(at) {
                0 => return Err(Stop::NotJson),
                count => at += count,
            }
        }
        self.at = at;
        Ok(false)
    }

    /// The text whose first quote is behind.
    fn rest_of_text(&mut self) -> Result<Cow<'a, str>, Stop> {
        let start = self.at;
        self.has_escapes = false;
        self.skip_text()?;
        if !self.has_escapes {
            return Ok(Cow::Borrowed(&self.json[start..self.at - 1]));
        }
        let quoted = &self.json[start - 1..self.at];
        let text = serde_json::from_str(quoted).map_err(Stop::NoValue)?;
        Ok(Cow::Owned(text))
    }

    /// Goes past a text whose first quote is behind.
    fn skip_text(&mut self) -> Result<(), Stop> {
        let bytes = self.json.as_bytes();
        loop {
            self.at = plain(bytes, self.at);
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.has_escapes = true;
                    self.at += match bytes.get(self.at + 1) {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
                        Some(b'u') if is_hex(bytes.get(self.at + 2..self.at + 6)) => 6,
                        _ => return Err(Stop::NotJson),
                    };
                }
                // A control character, or the end.
                _ => return Err(Stop::NotJson),
            }
        }
    }
}

fn is_hex(digits: Option<&[u8]>) -> bool {
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

/// Where, from `at` on, the first byte of a text is that is not simply part of it: a quote, a backslash or
/// a control character; the length if there is none.
fn plain(bytes: &[u8], mut at: usize) -> usize {
    // Without short cuts in the condition and with all bits of a hit set, because that is what the compiler
    // makes vector instructions of. Sixteen at a time: a text of an event has a dozen or two.
    let is_special = |byte: u8| (byte == b'"') | (byte == b'\\') | (byte < 0x20);
    while let Some(chunk) = bytes[at..].first_chunk::<16>() {
        let mut hits = [0; 16];
        for (hit, byte) in hits.iter_mut().zip(chunk) {
            *hit = if is_special(*byte) { 0xff } else { 0 };
        }
        let hits = u128::from_le_bytes(hits);
        if hits != 0 {
            return at + hits.trailing_zeros() as usize / 8;
        }
        at += 16;
    }
    let rest = bytes[at..].iter().position(|byte| is_special(*byte));
    rest.map_or(bytes.len(), |place| at + place)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn is_json(text: &str) -> bool {
        let mut scanner = Scanner::new(text);
        scanner.skip().and_then(|()| scanner.end()).is_ok()
    }

    #[test]
    fn what_is_json_is_what_serde_json_takes_for_it() {
        for text in [
            "",
            " ",
            "nul",
            "nulll",
            "tru",
            "true",
            " false ",
            "null",
            "-",
            "-0",
            "0",
            "00",
            "01",
            "1.",
            "1.5",
            ".5",
            "1e",
            "1e5",
            "1E+5",
            "1e-",
            "-1.5e-07",
            "+1",
            "0x1",
            "NaN",
            "1 2",
            "\"",
            "\"a",
            "\"a\"",
            "\"\\\"",
            "\"\\\\\"",
            "\"\\/\\b\\f\\n\\r\\t\"",
            "\"\\a\"",
            "\"\\u12\"",
            "\"\\u12g4\"",
            "\"\\u00e9\"",
            "\"\\ud800\"",
            "\"\u{1f}\"",
            "\"\u{7f}é\"",
            "\"0123456789abcde\n\"",
            "\"0123456789abcdef\\\"",
            "\"é23456789abcdef\\u00E9\"",
            "[]",
            "[ ]",
            "[1]",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1,2",
            "[[],[[]]]",
            "[}",
            "{]",
            "{}",
            "{ }",
            "{\"a\":1}",
            "{\"a\" : [ ] }",
            "{\"a\":1,}",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "{1:1}",
            "{\"a\":1 \"b\":2}",
            "{\"a\":{\"b\":[{\"c\":null}]},\"d\":[1,{}]}",
            "{} {}",
            "\u{feff}{}",
            "[1e999]",
            "[\"\\ud800\"]",
            "{\"\\ud800\":1}",
            "'a'",
            "\u{b}1",
        ] {
            let theirs = serde_json::from_str::<IgnoredAny>(text).is_ok();
            assert_eq!(is_json(text), theirs, "{text:?}");
        }
    }

    #[test]
    fn nesting_has_no_end() {
        for depth in [1, 63, 64, 65, 66, 127, 128, 129, 10_000] {
            for (open, close) in [
                ("[", "]"),
                ("{\"a\":", "}"),
                ("[0,", "]"),
                ("{\"a\":[", "]}"),
            ] {
                let deep = open.repeat(depth) + "1" + &close.repeat(depth);
                assert!(is_json(&deep), "{open} {depth}");
                assert!(is_json(&format!("[{deep},{deep}]")), "{open} {depth}");
                assert!(!is_json(&deep[..deep.len() - 1]), "{open} {depth}");
                assert!(!is_json(&format!("{deep}]")), "{open} {depth}");
                assert!(!is_json(&deep.replace('1', "x")), "{open} {depth}");
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_somebody_sends_is_json_for_both_or_for_none(
            text in r#"([\[\]{},:" \n0-9.eE+-]|\\|u00|true|null|"[a-z\\"]*"|"a":){0,40}"#,
        ) {
            let theirs = serde_json::from_str::<IgnoredAny>(&text).is_ok();
            prop_assert_eq!(is_json(&text), theirs);
        }

        #[test]
        fn texts_are_what_serde_json_reads(text in r#"[ -~é\n"\\]{0,60}"#) {
            let json = Value::from(text.as_str()).to_string();
            let read = Scanner::new(&json).text().unwrap().unwrap();
            prop_assert_eq!(read, text);
        }

        #[test]
        fn a_byte_changed_anywhere_is_seen(place in 0_usize..200, byte in "[ -~\n]") {
            let json = r#"{"a":["b\u00e9",-1.5e3,true,null,{}],"cccccccccccccccccc":"dddddddddddddddddddddd\"","e":{"f":[]}}"#;
            let place = place % json.len();
            let changed = format!("{}{byte}{}", &json[..place], &json[place + 1..]);
            let theirs = serde_json::from_str::<IgnoredAny>(&changed).is_ok();
            prop_assert_eq!(is_json(&changed), theirs);
        }
    }
}
