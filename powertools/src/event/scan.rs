//! JSON as it stands: where its values begin and end, and that they are JSON.
//!
//! Nothing is built here, and texts are unescaped only for who asks. serde_json, by visitors and raw values,
//! is the road not taken: that was two thirds of a small request (see `docs/performance.md`). What is JSON
//! here is what is JSON there; an event that is not is read once more by serde_json, which has the words for
//! what is wrong.

use std::borrow::Cow;

#[cfg(feature = "interop")]
use bytestring::ByteString;
use serde::de::IgnoredAny;

/// Why there is no reading on.
#[derive(Debug)]
pub(super) enum Stop {
    /// The text is not JSON.
    NotJson,
    /// It is, but a value that was asked for is none that there can be: half of a surrogate pair, or a
    /// number beyond all types. With the names that lead to it.
    NoValue(Box<(serde_json::Error, String)>),
}

impl Stop {
    fn no_value(error: serde_json::Error) -> Self {
        Self::NoValue(Box::new((error, String::new())))
    }

    /// The same, met in the value of this key.
    pub(super) fn within(mut self, key: &str) -> Self {
        if let Self::NoValue(what) = &mut self {
            let (_, place) = &mut **what;
            let dot = if place.is_empty() { "" } else { "." };
            *place = format!("{key}{dot}{place}");
        }
        self
    }

    /// What is wrong with this text.
    pub(super) fn reason(self, json: &str) -> String {
        match self {
            Self::NoValue(what) => {
                let (error, key) = *what;
                // Line and column are of the value alone.
                let told = error.to_string();
                let what = told.split(" at line ").next().unwrap_or(&told);
                if key.is_empty() {
                    what.to_owned()
                } else {
                    format!("the value of `{key}`: {what}")
                }
            }
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
    /// Whether there are escapes by number in texts of it, which alone may be no text: `\ud800`. Those of quotes
    /// are in the headers of most browsers.
    pub(super) has_numbered_escapes: bool,
}

impl Raw<'_> {
    pub(super) fn is_object(&self) -> bool {
        self.json.starts_with('{')
    }

    /// The object, as a piece of the event; nothing if it is none.
    #[cfg(feature = "interop")]
    pub(super) fn kept(&self, event: &ByteString) -> Option<ByteString> {
        self.is_object().then(|| event.slice_ref(self.json))
    }

    /// The most texts, numbers and flags that a map of them, or of lists of them, can have.
    pub(super) const fn most_scalars(&self) -> usize {
        self.commas + 1
    }
}

/// A place in a text that should be JSON.
pub(super) struct Scanner<'a> {
    json: &'a str,
    at: usize,
    commas: usize,
    has_numbered_escapes: bool,
}

/// Where reading goes on.
enum Next {
    /// At a value, or space before it.
    Value(usize),
    /// Behind one.
    Behind(usize),
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
            has_numbered_escapes: false,
        }
    }

    /// The next byte that is not space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        self.at = past_space(self.json.as_bytes(), self.at);
        self.json.as_bytes().get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Result<(), Stop> {
        self.at = past(self.json.as_bytes(), self.at, byte)?;
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
            serde_json::from_str::<f64>(value.json).map_err(Stop::no_value)?;
        }
        Ok(None)
    }

    /// The next value, whatever it is.
    pub(super) fn raw(&mut self) -> Result<Raw<'a>, Stop> {
        self.peek();
        let start = self.at;
        self.commas = 0;
        self.has_numbered_escapes = false;
        self.skip()?;
        Ok(Raw {
            json: &self.json[start..self.at],
            commas: self.commas,
            has_numbered_escapes: self.has_numbered_escapes,
        })
    }

    /// Goes past the next value.
    #[inline]
    pub(super) fn skip(&mut self) -> Result<(), Stop> {
        if self.peek() != Some(b'"') {
            return self.skip_any();
        }
        let bytes = self.json.as_bytes();
        self.at = past_text(bytes, self.at + 1, &mut self.has_numbered_escapes)?;
        Ok(())
    }

    fn skip_any(&mut self) -> Result<(), Stop> {
        let bytes = self.json.as_bytes();
        // Here and not in `self`, so that it stays in a register.
        let mut at = self.at;
        // What is open: how many lists and objects, and a bit for each that is set for an object.
        let (mut depth, mut objects) = (0_u32, 0_u64);
        loop {
            let next = match objects & 1 {
                1 => self.past_pairs(past(bytes, at, b'"')?)?,
                _ => Next::Value(at),
            };
            at = match next {
                Next::Behind(end) => end,
                Next::Value(start) => {
                    let start = past_space(bytes, start);
                    match bytes.get(start) {
                        Some(b'"') => past_text(bytes, start + 1, &mut self.has_numbered_escapes)?,
                        Some(b'{' | b'[') if depth == MOST_DEPTH => self.past_deep(start)?,
                        Some(open @ (b'{' | b'[')) => {
                            let is_object = *open == b'{';
                            depth += 1;
                            objects = objects << 1 | u64::from(is_object);
                            at = past_space(bytes, start + 1);
                            let close = if is_object { b'}' } else { b']' };
                            if bytes.get(at) != Some(&close) {
                                continue;
                            }
                            at
                        }
                        Some(b't') => past_word(bytes, start, b"true")?,
                        Some(b'f') => past_word(bytes, start, b"false")?,
                        Some(b'n') => past_word(bytes, start, b"null")?,
                        Some(_) => past_number(bytes, start)?,
                        None => return Err(Stop::NotJson),
                    }
                }
            };
            // Behind a value: the next one, or the end of what is open.
            loop {
                if depth == 0 {
                    self.at = at;
                    return Ok(());
                }
                at = past_space(bytes, at);
                match (bytes.get(at), objects & 1) {
                    (Some(b','), _) => {
                        at += 1;
                        self.commas += 1;
                        break;
                    }
                    (Some(b'}'), 1) | (Some(b']'), 0) => {
                        at += 1;
                        depth -= 1;
                        objects >>= 1;
                    }
                    _ => return Err(Stop::NotJson),
                }
            }
        }
    }

    /// From behind the first quote of a key on, past all pairs whose value is a text, a list of one text or `null`, as
    /// most of an event's are: to the value of the first that is another pair, or behind the last one.
    ///
    /// What follows a text is looked at as one word. To ask at each byte of it where one is, as `skip_any` does, took
    /// half of the time for most events (see `docs/performance.md`).
    fn past_pairs(&mut self, mut at: usize) -> Result<Next, Stop> {
        let bytes = self.json.as_bytes();
        loop {
            let key = plain_ascii(bytes, at);
            let end = match behind(bytes, key) {
                [b'"', b':', b'"', _] => past_text(bytes, key + 3, &mut self.has_numbered_escapes)?,
                [b'"', b':', b'[', b'"'] => {
                    let value = plain_ascii(bytes, key + 4);
                    match behind(bytes, value) {
                        [b'"', b']', ..] => value + 2,
                        _ => return Ok(Next::Value(key + 2)),
                    }
                }
                [b'"', b':', b'n', _] => past_word(bytes, key + 2, b"null")?,
                _ => {
                    let end = past_rest(bytes, key, &mut self.has_numbered_escapes)?;
                    return Ok(Next::Value(past(bytes, end, b':')?));
                }
            };
            if !matches!(behind(bytes, end), [b',', b'"', ..]) {
                return Ok(Next::Behind(end));
            }
            self.commas += 1;
            at = end + 2;
        }
    }

    /// What is behind the list or object at this place.
    fn past_deep(&mut self, at: usize) -> Result<usize, Stop> {
        let rest = &self.json[at..];
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
        match values.next() {
            Some(Ok(_)) => {
                // What was in it is not known.
                self.commas += rest.len();
                self.has_numbered_escapes = true;
                Ok(at + values.byte_offset())
            }
            _ => Err(Stop::NotJson),
        }
    }

    /// The text whose first quote is behind.
    #[expect(clippy::inline_always, reason = "as of `past_text`")]
    #[inline(always)]
    fn rest_of_text(&mut self) -> Result<Cow<'a, str>, Stop> {
        let start = self.at;
        let end = plain_ascii(self.json.as_bytes(), start);
        if self.json.as_bytes().get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(Cow::Borrowed(&self.json[start..end]));
        }
        self.rest_of_long_text(start, end)
    }

    /// The same, of which that much is known to be plain.
    #[inline(never)]
    fn rest_of_long_text(&mut self, start: usize, plain_to: usize) -> Result<Cow<'a, str>, Stop> {
        let bytes = self.json.as_bytes();
        let end = plain(bytes, plain_to);
        if bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(Cow::Borrowed(&self.json[start..end]));
        }
        self.at = past_escapes(bytes, end, &mut false)?;
        self.escaped(start)
    }

    /// The text with escapes in it that starts there and has been gone past.
    fn escaped(&self, start: usize) -> Result<Cow<'a, str>, Stop> {
        let text = match unescaped(&self.json[start..self.at - 1]) {
            Some(text) => text,
            None => {
                let quoted = &self.json[start - 1..self.at];
                serde_json::from_str(quoted).map_err(Stop::no_value)?
            }
        };
        Ok(Cow::Owned(text))
    }
}

// Each of these takes a place and gives the one behind what it goes past.

/// Events come without any space, so this is one comparison as a rule.
#[inline]
fn past_space(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(0..=b' ') => past_more_space(bytes, at),
        _ => at,
    }
}

#[cold]
fn past_more_space(bytes: &[u8], at: usize) -> usize {
    let is_space = |byte: &&u8| matches!(byte, b' ' | b'\n' | b'\t' | b'\r');
    at + bytes[at..].iter().take_while(is_space).count()
}

/// Past space and this byte.
#[inline]
fn past(bytes: &[u8], at: usize, byte: u8) -> Result<usize, Stop> {
    let at = past_space(bytes, at);
    if bytes.get(at) == Some(&byte) {
        Ok(at + 1)
    } else {
        Err(Stop::NotJson)
    }
}

/// The four bytes from there on; zeros, which are in no JSON, if there are less.
#[inline]
fn behind(bytes: &[u8], at: usize) -> [u8; 4] {
    bytes[at..].first_chunk().copied().unwrap_or_default()
}

fn past_word(bytes: &[u8], at: usize, word: &[u8]) -> Result<usize, Stop> {
    if bytes[at..].starts_with(word) {
        Ok(at + word.len())
    } else {
        Err(Stop::NotJson)
    }
}

fn past_number(bytes: &[u8], mut at: usize) -> Result<usize, Stop> {
    let digits = |from: usize| {
        let digits = bytes[from..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit());
        digits.count()
    };
    at += usize::from(bytes.get(at) == Some(&b'-'));
    at += match (bytes.get(at), digits(at)) {
        (_, 0) | (Some(b'0'), 2..) => return Err(Stop::NotJson),
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
    Ok(at)
}

/// Past a text whose first quote is behind.
#[expect(
    clippy::inline_always,
    reason = "an event has some 200 texts, for each of which a call takes as long as the text"
)]
#[inline(always)]
fn past_text(bytes: &[u8], at: usize, has_numbered_escapes: &mut bool) -> Result<usize, Stop> {
    past_rest(bytes, plain_ascii(bytes, at), has_numbered_escapes)
}

/// The same, from a place on up to which it is plain.
#[inline]
fn past_rest(bytes: &[u8], at: usize, has_numbered_escapes: &mut bool) -> Result<usize, Stop> {
    if bytes.get(at) == Some(&b'"') {
        return Ok(at + 1);
    }
    past_escapes(bytes, at, has_numbered_escapes)
}

/// The same from an escape in it, a longer character, or whatever there is, on.
#[inline(never)]
fn past_escapes(
    bytes: &[u8],
    mut at: usize,
    has_numbered_escapes: &mut bool,
) -> Result<usize, Stop> {
    loop {
        match bytes.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => {
                at += match bytes.get(at + 1) {
                    Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
                    Some(b'u') if is_hex(bytes.get(at + 2..at + 6)) => {
                        *has_numbered_escapes = true;
                        6
                    }
                    _ => return Err(Stop::NotJson),
                };
            }
            Some(0x80..) => {}
            // A control character, or the end.
            _ => return Err(Stop::NotJson),
        }
        at = plain(bytes, at);
    }
}

fn is_hex(digits: Option<&[u8]>) -> bool {
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

/// A text with its escapes undone, unless one is half of a surrogate pair, which serde_json may join. The text
/// has been gone past, so that each of its escapes is whole.
fn unescaped(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut plain_text = vec![0; bytes.len()];
    // How much is read, and how much written, which is never more.
    let (mut at, mut to) = (0, 0);
    while at < bytes.len() {
        if let (Some(chunk), Some(room)) = (
            bytes[at..].first_chunk::<CHUNK>(),
            plain_text[to..].first_chunk_mut(),
        ) {
            // All of them at once, and those after an escape written over later: a copy of any other
            // length is a call.
            *room = *chunk;
            let length = place(special(chunk));
            at += length;
            to += length;
            if length == CHUNK {
                continue;
            }
        } else if bytes[at] != b'\\' {
            plain_text[to] = bytes[at];
            at += 1;
            to += 1;
            continue;
        }
        let letter = bytes[at + 1];
        at += 2;
        plain_text[to] = match letter {
            b'b' => b'\x08',
            b'f' => b'\x0c',
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let code = u32::from_str_radix(&text[at..at + 4], 16).ok()?;
                at += 4;
                to += char::from_u32(code)?
                    .encode_utf8(&mut plain_text[to..])
                    .len();
                continue;
            }
            // A quote, a backslash or a slash stands for itself.
            other => other,
        };
        to += 1;
    }
    plain_text.truncate(to);
    String::from_utf8(plain_text).ok()
}

/// Where, from `at` on, the first byte of a text is that is not simply part of it: a quote, a backslash or
/// a control character; the length if there is none.
#[inline]
fn plain(bytes: &[u8], at: usize) -> usize {
    first(bytes, at, special)
}

/// The same, or where a character is before it that is not ASCII, as hardly any of an event's is: a quarter less for
/// each word.
#[inline]
fn plain_ascii(bytes: &[u8], at: usize) -> usize {
    first(bytes, at, special_or_long)
}

/// Where the first hit is. Where less than two chunks are left, that of [`plain`].
#[expect(clippy::inline_always, reason = "as of `past_text`")]
#[inline(always)]
fn first(bytes: &[u8], mut at: usize, hits: impl Fn(&[u8; CHUNK]) -> u64) -> usize {
    // Two at a time, because places are compared with the end as often as words are looked at.
    while let Some(chunk) = bytes[at..].first_chunk::<{ 2 * CHUNK }>() {
        let (words, _) = chunk.as_chunks::<CHUNK>();
        let first = hits(&words[0]);
        if first != 0 {
            return at + place(first);
        }
        let second = hits(&words[1]);
        if second != 0 {
            return at + CHUNK + place(second);
        }
        at += 2 * CHUNK;
    }
    plain_to_end(bytes, at)
}

/// Only at the end of an event, where it always ends soon.
#[cold]
fn plain_to_end(bytes: &[u8], at: usize) -> usize {
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    let rest = bytes[at..].iter().position(is_special);
    rest.map_or(bytes.len(), |place| at + place)
}

/// How many bytes are looked at together.
const CHUNK: usize = 8;

const ONES: u64 = u64::from_ne_bytes([1; CHUNK]);
const HIGHS: u64 = ONES << 7;

/// Which of the bytes are quotes, backslashes or control characters, by the high bits of lanes; zero if none is.
///
/// By arithmetic on a word, each byte a lane of it. (Loops over sixteen bytes that a compiler may turn into
/// vector instructions are the road not taken: whether it does hangs by a thread, and when it does it is
/// hardly faster, because texts are short.)
#[inline]
const fn special(chunk: &[u8; CHUNK]) -> u64 {
    // Lanes that had a high bit before are of longer characters, and no hits.
    special_or_long(chunk) & !u64::from_le_bytes(*chunk)
}

/// The same and bytes of longer characters.
#[inline]
const fn special_or_long(chunk: &[u8; CHUNK]) -> u64 {
    let word = u64::from_le_bytes(*chunk);
    // Subtracting sets the high bit of a lane that was smaller, and lends from the lane above it, which may
    // so be taken for a hit; but not the lowest that is one, and no other is asked for.
    // A quote is `0x22`, which is `0x20` without a bit that control characters may have or not: so both are below
    // `0x21`, and nothing else is.
    let quotes_and_controls = (word ^ (ONES * 0x02)).wrapping_sub(ONES * 0x21);
    let backslashes = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
    (quotes_and_controls | backslashes) & HIGHS
}

/// The place of the first one; `CHUNK` if there is none.
#[inline]
const fn place(hits: u64) -> usize {
    hits.trailing_zeros() as usize / 8
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

    #[test]
    fn escapes_are_undone_as_by_serde_json() {
        for text in [
            r#""\"\\\/\b\f\n\r\t""#,
            r#""\u0000\u0009\u00e9\u2013\uffff""#,
            r#""0123456\n0123456\"01234567\t\u00E9012345678\\""#,
            r#""\ud83d\ude00 and 0123456789 \u0041""#,
            r#""é\u00e9ü0123456789\n""#,
        ] {
            let theirs: String = serde_json::from_str(text).unwrap();
            assert_eq!(Scanner::new(text).text().unwrap().unwrap(), theirs);
        }
        for half in [r#""\ud800""#, r#""0123456789\udfff""#, r#""\ud800\u0041""#] {
            assert!(matches!(Scanner::new(half).text(), Err(Stop::NoValue(..))));
        }
    }

    #[test]
    fn each_byte_in_each_lane_is_told_from_the_others() {
        for byte in 0..=255_u8 {
            let is_special = matches!(byte, b'"' | b'\\' | 0..0x20);
            for lane in 0..CHUNK {
                // Neighbours that are next to a bound, and that lend when somebody subtracts.
                for other in [b'a', b'!', b'#', b' ', b'[', b']', 0x7f, 0x80, 0xff] {
                    let mut chunk = [other; CHUNK];
                    chunk[lane] = byte;
                    let of_other = (other >= 0x80 && lane > 0).then_some(0);
                    let of_byte = (is_special || byte >= 0x80).then_some(lane);
                    let behind = (other >= 0x80).then_some(usize::from(lane == 0));
                    let first = of_other.or(of_byte).or(behind).unwrap_or(CHUNK);
                    assert_eq!(place(special_or_long(&chunk)), first, "{chunk:?}");
                    let first = if is_special { lane } else { CHUNK };
                    assert_eq!(place(special(&chunk)), first, "{chunk:?}");
                }
            }
        }
    }

    /// The commas between values.
    fn commas(value: &Value) -> usize {
        let between = |values: usize| values.saturating_sub(1);
        match value {
            Value::Array(list) => between(list.len()) + list.iter().map(commas).sum::<usize>(),
            Value::Object(map) => between(map.len()) + map.values().map(commas).sum::<usize>(),
            _ => 0,
        }
    }

    /// Values of the kinds that events are made of: mostly objects of texts, or of lists of one.
    fn any_value() -> impl Strategy<Value = Value> {
        let text = "[ -~]{0,20}|[ -~é–\u{1f600}\n\"\\\\]{0,40}".prop_map(Value::from);
        let scalar = prop_oneof![
            6 => text,
            1 => Just(Value::Null),
            1 => any::<bool>().prop_map(Value::from),
            1 => any::<i32>().prop_map(Value::from),
            1 => any::<f32>().prop_map(Value::from),
        ];
        scalar.prop_recursive(4, 64, 8, |inner| {
            let list = prop::collection::vec(inner.clone(), 0..3);
            prop_oneof![
                1 => list.clone().prop_map(Value::from),
                3 => prop::collection::hash_map("[a-zA-Z-]{1,20}|[é\"a]{0,9}", inner, 0..8)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
                2 => prop::collection::hash_map("[a-z-]{1,20}", list.prop_map(Value::from), 0..8)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_is_gone_past_and_counted(value in any_value(), is_pretty: bool) {
            let json = if is_pretty { format!("{value:#}") } else { value.to_string() };
            let mut scanner = Scanner::new(&json);
            let raw = scanner.raw().unwrap();

            prop_assert_eq!(raw.json, &json);
            prop_assert_eq!(raw.commas, commas(&value));
            prop_assert!(scanner.end().is_ok());
        }

        #[test]
        fn a_value_with_a_mistake_is_one_for_both_or_for_none(
            value in any_value(),
            place: prop::sample::Index,
            cut in 0_usize..4,
            put in r#"[\[\]{},:" \n0n\\a]{0,3}|é|\u{1}|null|,""#,
        ) {
            let mut json = value.to_string();
            let start = json.floor_char_boundary(place.index(json.len() + 1));
            let end = json.ceil_char_boundary((start + cut).min(json.len()));
            json.replace_range(start..end, &put);
            let theirs = serde_json::from_str::<IgnoredAny>(&json).is_ok();
            prop_assert_eq!(is_json(&json), theirs, "{}", json);
        }

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
