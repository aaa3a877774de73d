//! Lines that are too long for CloudWatch, made shorter in a way that stays JSON.

use std::fmt;

use serde::{
    Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::write;

/// What one event of CloudWatch Logs may have, less its overhead of 26 bytes: 256 KiB, which Lambda's own
/// runtimes keep to although the service takes 1 MiB since April 2025.
pub(super) const MOST: usize = 256 * 1024 - 26;

/// What a line must have room for, to be worth reading.
pub(super) const LEAST: usize = 256;

/// The key that tells how long a line was.
const NOTE: &str = "truncated_bytes";

/// A line of at most `most` bytes: the longest values are cut, and where that is not enough later keys left
/// out. `truncated_bytes` tells how long the line was.
pub(super) fn cut(line: &[u8], most: usize) -> Vec<u8> {
    let mut entries = entries(line);
    entries.retain(|(key, _)| key != NOTE);
    let note = format!("\"{NOTE}\":{}}}\n", line.len());
    let room = most.saturating_sub(note.len());
    let share = share(&entries, room);

    let mut out = Vec::with_capacity(most);
    out.push(b'{');
    for (key, value) in &entries {
        let before = out.len();
        write::text(&mut out, key);
        out.push(b':');
        if value.get().len() <= share {
            write::json(&mut out, value.get());
        } else {
            cut_value(&mut out, value.get(), share);
        }
        out.push(b',');
        if out.len() > room {
            out.truncate(before);
        }
    }
    out.extend_from_slice(note.as_bytes());
    out
}

/// How long a value may be, so that all of them fit: short ones are whole, and what they leave is the long
/// ones', in equal parts.
fn share(entries: &[(String, &RawValue)], room: usize) -> usize {
    // What keys take, with all the escapes they may have.
    let keys: usize = entries.iter().map(|(key, _)| 6 * key.len() + 4).sum();
    let mut left = room.saturating_sub(keys + 1);
    let mut sizes: Vec<usize> = entries.iter().map(|(_, value)| value.get().len()).collect();
    sizes.sort_unstable();
    let mut share = left;
    for (place, size) in sizes.iter().enumerate() {
        share = left / (sizes.len() - place);
        if *size > share {
            break;
        }
        left -= size;
    }
    share.max(SHORTEST)
}

/// Below this a value is not worth its key.
const SHORTEST: usize = 40;

/// As much of a value as fits, as text.
fn cut_value(out: &mut Vec<u8>, value: &str, most: usize) {
    const END: &str = "…\"";
    // A text's escapes are kept, of anything else they are made.
    let mut escaped = Vec::new();
    let inner = match value.strip_prefix('"') {
        Some(text) => text.strip_suffix('"').unwrap_or(text),
        None => {
            write::escape(&mut escaped, value);
            std::str::from_utf8(&escaped).expect("text was escaped")
        }
    };
    let most = most.saturating_sub(END.len() + 1).min(inner.len());
    let mut rest = inner;
    while let Some(length) = first(rest) {
        if inner.len() - rest.len() + length > most {
            break;
        }
        rest = &rest[length..];
    }
    out.push(b'"');
    out.extend_from_slice(&inner.as_bytes()[..inner.len() - rest.len()]);
    out.extend_from_slice(END.as_bytes());
}

/// How long the first character of a JSON text is: an escape is one, and so are both halves of a surrogate
/// pair.
fn first(text: &str) -> Option<usize> {
    let length = match text.as_bytes() {
        [] => return None,
        [
            b'\\',
            b'u',
            b'd' | b'D',
            b'8' | b'9' | b'a' | b'b' | b'A' | b'B',
            _,
            _,
            b'\\',
            b'u',
            ..,
        ] => 12,
        [b'\\', b'u', ..] => 6,
        [b'\\', ..] => 2,
        _ => text.chars().next()?.len_utf8(),
    };
    // A raw value may end within what it promises.
    text.is_char_boundary(length).then_some(length)
}

/// The keys and values of a line, in order.
pub(super) fn entries(line: &[u8]) -> Vec<(String, &RawValue)> {
    std::str::from_utf8(line)
        .ok()
        .and_then(object)
        .unwrap_or_default()
}

/// The keys and values of an object, in order and as often as they are there.
pub(super) fn object(json: &str) -> Option<Vec<(String, &RawValue)>> {
    struct Entries;

    impl<'de> Visitor<'de> for Entries {
        type Value = Vec<(String, &'de RawValue)>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = map.next_entry()? {
                entries.push(entry);
            }
            Ok(entries)
        }
    }

    let mut json = serde_json::Deserializer::from_str(json);
    json.deserialize_map(Entries).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_line_that_is_cut_is_json_and_says_so() {
        let long = "aé\"\\\n\u{1}🙂".repeat(1000);
        let line =
            serde_json::json!({"level": "INFO", "message": long, "n": 7, "list": vec!["x"; 5000]});
        let line = format!("{line}\n").into_bytes();
        for most in [256, 1000, 3000, 3001, 3002, 3003, 3004, 3005, 20_000] {
            let short = cut(&line, most);
            assert!(short.len() <= most, "{} of {most}", short.len());
            let parsed: Value = serde_json::from_slice(&short).unwrap();
            assert_eq!(parsed["truncated_bytes"], line.len(), "{most}");
            assert_eq!(parsed["level"], "INFO");
            if let Some(message) = parsed["message"].as_str() {
                let kept = message.strip_suffix('…').unwrap();
                assert!(long.starts_with(kept), "{most}: {message}");
            }
        }
    }

    #[test]
    fn what_fits_is_whole_and_the_rest_shares_what_is_left() {
        let order = serde_json::json!({"lines": vec!["tea"; 400]});
        let line = serde_json::json!({"message": "x".repeat(300_000), "order": order,
            "truncated_bytes": 1});
        let short = cut(line.to_string().as_bytes(), MOST);
        let parsed: Value = serde_json::from_slice(&short).unwrap();
        assert_eq!(parsed["order"], order);
        assert!(parsed["message"].as_str().unwrap().len() > 250_000);
        assert!(short.len() <= MOST);
        assert_eq!(entries(&short).len(), 3);
        let line = serde_json::json!({"message": "x".repeat(1000)}).to_string();
        let parsed: Value = serde_json::from_slice(&cut(line.as_bytes(), 300)).unwrap();
        assert!(parsed["message"].as_str().unwrap().len() > 200);
    }

    #[test]
    fn halves_of_characters_are_cut_without_harm() {
        let value = RawValue::from_string(format!("\"{}\"", "\\ud800a€€".repeat(4000))).unwrap();
        let line = format!("{{\"raw\":{value}}}");
        for most in 256..300 {
            let short = cut(line.as_bytes(), most);
            assert!(short.len() <= most);
            assert!(std::str::from_utf8(&short).is_ok());
        }
    }

    #[test]
    fn many_small_keys_are_left_out_from_the_end() {
        let keys = (0..5000).map(|n| (format!("key{n:04}"), Value::from(n)));
        let line = Value::Object(keys.collect()).to_string();
        let short = cut(line.as_bytes(), 1000);
        assert!(short.len() <= 1000);
        let parsed: Value = serde_json::from_slice(&short).unwrap();
        assert_eq!(parsed["key0000"], 0);
        assert_eq!(parsed.get("key4999"), None);
    }
}
