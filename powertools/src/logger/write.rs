//! Values as JSON, written into a buffer: always valid, whatever they hold.

use std::fmt;

use serde::Serialize;

/// Text in quotes, escaped wherever a terminal or viewer might take it for more than text.
pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    escape(out, text);
    out.push(b'"');
}

/// `,"key":`.
pub(super) fn opening(out: &mut Vec<u8>, key: &str) {
    out.push(b',');
    text(out, key);
    out.push(b':');
}

/// A number or a flag, as serde_json writes it.
pub(super) fn number(out: &mut Vec<u8>, number: impl Serialize) {
    // Only a map's keys or a failing `Serialize` could fail, and numbers are neither.
    let _ = serde_json::to_writer(out, &number);
}

/// JSON has no NaN and no infinity; their names as text lose nothing.
pub(super) fn float(out: &mut Vec<u8>, value: f64) {
    if value.is_finite() {
        number(out, value);
    } else {
        text(out, &value.to_string());
    }
}

/// Finished JSON, escaped as text on a line is: serde_json escapes what JSON asks for, and a line more.
///
/// Outside of texts there is nothing to escape, and within them nothing that is escaped already holds any
/// of it.
pub(super) fn json(out: &mut Vec<u8>, json: &str) {
    if json.bytes().all(|byte| byte < 0x7f) {
        return out.extend_from_slice(json.as_bytes());
    }
    for part in json.split_inclusive(['"', '\\']) {
        let plain = part.trim_end_matches(['"', '\\']);
        escape(out, plain);
        out.extend_from_slice(&part.as_bytes()[plain.len()..]);
    }
}

/// What is written to it arrives escaped; the quotes are its owner's.
pub(super) struct Escaped<'o>(pub(super) &'o mut Vec<u8>);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape(self.0, text);
        Ok(())
    }
}

/// The text without quotes.
///
/// JSON itself asks for quotes, backslashes and the control characters below a space only. Beyond them
/// there are DEL and the C1 set, which terminals obey as well, line separators, and marks that turn the
/// direction of writing.
pub(super) fn escape(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let (mut written, mut at) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        let (length, code) = match CLASSES[usize::from(*byte)] {
            Class::Plain => {
                at += 1;
                continue;
            }
            Class::Escaped => (1, u16::from(*byte)),
            Class::MayLead => match deceptive(&bytes[at..]) {
                Some(found) => found,
                None => {
                    at += 1;
                    continue;
                }
            },
        };
        out.extend_from_slice(&bytes[written..at]);
        write_escape(out, code);
        at += length;
        written = at;
    }
    out.extend_from_slice(&bytes[written..]);
}

fn write_escape(out: &mut Vec<u8>, code: u16) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match code {
        0x22 => b'"',
        0x5c => b'\\',
        0x08 => b'b',
        0x09 => b't',
        0x0a => b'n',
        0x0c => b'f',
        0x0d => b'r',
        _ => {
            out.extend_from_slice(b"\\u");
            let digit = |shift: u32| HEX[usize::from(code >> shift & 0xf)];
            out.extend_from_slice(&[digit(12), digit(8), digit(4), digit(0)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Whether a terminal or viewer might take a character for more than text.
pub(super) fn is_deceptive(character: char) -> bool {
    let mut bytes = [0; 4];
    character.is_control() || deceptive(character.encode_utf8(&mut bytes).as_bytes()).is_some()
}

#[derive(Clone, Copy)]
enum Class {
    Plain,
    Escaped,
    /// The first byte of a character that may be deceptive.
    MayLead,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Plain; 256];
    let mut control = 0;
    while control < 0x20 {
        classes[control] = Class::Escaped;
        control += 1;
    }
    classes[b'"' as usize] = Class::Escaped;
    classes[b'\\' as usize] = Class::Escaped;
    classes[0x7f] = Class::Escaped;
    classes[0xc2] = Class::MayLead;
    classes[0xd8] = Class::MayLead;
    classes[0xe2] = Class::MayLead;
    classes
};

/// The character that the bytes start with, if it is deceptive: its length in bytes and its number, which
/// is in the basic plane, so that one escape does.
const fn deceptive(bytes: &[u8]) -> Option<(usize, u16)> {
    match bytes {
        [0xc2, second @ 0x80..=0x9f, ..] => Some((2, *second as u16)),
        [0xd8, 0x9c, ..] => Some((2, 0x61c)),
        // U+200E, U+200F and U+2028 to U+202E.
        [0xe2, 0x80, third @ (0x8e | 0x8f | 0xa8..=0xae), ..] => {
            Some((3, 0x2000 + (*third as u16 - 0x80)))
        }
        // U+2066 to U+2069.
        [0xe2, 0x81, third @ 0xa6..=0xa9, ..] => Some((3, 0x2040 + (*third as u16 - 0x80))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &str) -> String {
        let mut out = Vec::new();
        text(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(
            written("\u{61c}\u{9b}31m\u{2028}\u{7f}\u{202e}\u{2066}\u{200e}é€\u{a0}\u{2000}"),
            "\"\\u061c\\u009b31m\\u2028\\u007f\\u202e\\u2066\\u200eé€\u{a0}\u{2000}\""
        );
        assert_eq!(
            written("a\"b\\c\n\r\t\u{8}\u{c}\u{0}\u{1b}"),
            r#""a\"b\\c\n\r\t\b\f\u0000\u001b""#
        );
    }

    #[test]
    fn every_character_is_read_back() {
        for character in '\0'..=char::MAX {
            let text = character.to_string();
            let json = written(&text);
            let back: String = serde_json::from_str(&json).unwrap();
            assert_eq!(back, text, "{json}");
            assert!(json.bytes().all(|byte| byte >= 0x20), "{json}");
        }
    }

    #[test]
    fn numbers_that_json_has_not_are_text() {
        let written = |value: f64| {
            let mut out = Vec::new();
            float(&mut out, value);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(f64::NAN), "\"NaN\"");
        assert_eq!(written(f64::NEG_INFINITY), "\"-inf\"");
        assert_eq!(written(1.5), "1.5");
        assert_eq!(written(1e300), "1e+300");
    }
}
