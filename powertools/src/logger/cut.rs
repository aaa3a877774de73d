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

/// Values up to this many bytes are not cut as long as there is room.
const SMALL: usize = 1024;

/// A line of at most `most` bytes: long values are cut, and where that is not enough later keys left out.
/// `truncated_bytes` tells how long the line was.
pub(super) fn cut(line: &[u8], most: usize) -> Vec<u8> {
    let entries = entries(line);
    let note = format!(",\"truncated_bytes\":{}}}\n", line.len());
    let room = most.saturating_sub(note.len() + 1);
    let size = |(key, value): &(String, &RawValue)| key.len() + value.get().len() + 4;
    let is_small = |entry: &&(String, &RawValue)| size(entry) <= SMALL;
    let small: usize = entries.iter().filter(is_small).map(size).sum();
    let large = entries.len() - entries.iter().filter(is_small).count();
    // Equal shares of what the small ones leave.
    let share = room.saturating_sub(small) / large.max(1);

    let mut out = Vec::with_capacity(most);
    out.push(b'{');
    for entry in &entries {
        let (key, value) = entry;
        let before = out.len();
        if before > 1 {
            out.push(b',');
        }
        write::text(&mut out, key);
        out.push(b':');
        if is_small(&entry) {
            out.extend_from_slice(value.get().as_bytes());
        } else {
            let left = share.saturating_sub(out.len() - before);
            cut_value(&mut out, value.get(), left);
        }
        if out.len() > room {
            out.truncate(before);
        }
    }
    if out.len() == 1 {
        // Nothing fitted; a comma must not come first.
        out.extend_from_slice(&note.as_bytes()[1..]);
    } else {
        out.extend_from_slice(note.as_bytes());
    }
    out
}

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
    let mut end = 0;
    let mut rest = inner;
    while let Some(character) = rest.chars().next() {
        // A backslash and what belongs to it stay together.
        let length = match rest.as_bytes() {
            // Half of a surrogate pair is no character.
            [
                b'\\',
                b'u',
                b'd' | b'D',
                b'8'..=b'9' | b'a'..=b'b' | b'A'..=b'B',
                ..,
            ] => 12,
            [b'\\', b'u', ..] => 6,
            [b'\\', ..] => 2,
            _ => character.len_utf8(),
        };
        if end + length > most {
            break;
        }
        end += length;
        rest = &inner[end..];
    }
    out.push(b'"');
    out.extend_from_slice(&inner.as_bytes()[..end]);
    out.extend_from_slice(END.as_bytes());
}

/// The keys and values of a line, in order.
pub(super) fn entries(line: &[u8]) -> Vec<(String, &RawValue)> {
    struct Entries;

    impl<'de> Visitor<'de> for Entries {
        type Value = Vec<(String, &'de RawValue)>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a line")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = map.next_entry()? {
                entries.push(entry);
            }
            Ok(entries)
        }
    }

    let mut json = serde_json::Deserializer::from_slice(line);
    json.deserialize_map(Entries).unwrap_or_default()
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
        for most in [200, 1000, 3000, 3001, 3002, 3003, 3004, 3005, 20_000] {
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
