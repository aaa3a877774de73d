//! Lines for a person: coloured, and without what only a log store wants to know.

use serde_json::{Map, Value};

use super::{cut::entries, format::Part, write::is_deceptive};

/// How lines look.
pub(super) struct Style {
    pub(super) is_coloured: bool,
    /// The keys of the standard parts.
    pub(super) parts: Vec<(Part, String)>,
}

/// What is the same on every line of a developer's machine.
const HIDDEN: [&str; 6] = [
    "function_name",
    "function_memory_size",
    "function_arn",
    "function_request_id",
    "xray_trace_id",
    "sampling_rate",
];

const DIM: &str = "2";
const BOLD: &str = "1";

impl Style {
    /// The line as `10:00:00.000  INFO looking up  order_id=7  shop:12`, texts of several lines below.
    pub(super) fn line(&self, json: &[u8]) -> Vec<u8> {
        let entries = entries(json);
        let mut parts: Vec<(Part, String)> = Vec::new();
        let mut keys = String::new();
        let mut below = String::new();
        for (key, value) in &entries {
            let raw = value.get();
            let value = serde_json::from_str(raw).unwrap_or_else(|_| Value::from(raw));
            if let Some((part, _)) = self.parts.iter().find(|(_, name)| name == key) {
                parts.push((*part, shown(&value)));
            } else if !HIDDEN.contains(&&**key) && (key != "cold_start" || value == true) {
                let text = shown(&value);
                if text.contains('\n') {
                    below.push_str(&format!("    {}:\n", one_line(key)));
                    for line in text.lines() {
                        below.push_str(&format!("      {line}\n"));
                    }
                } else {
                    let key = self.paint(DIM, &format!("{}=", one_line(key)));
                    keys.push_str(&format!("  {key}{text}"));
                }
            }
        }
        let part = |part: Part| {
            let known = parts.iter().find(|(known, _)| *known == part);
            known.map_or("", |(_, text)| &**text)
        };
        // The time of day, if it is written as usual.
        let time = part(Part::Timestamp);
        let time = time.get(11..23).unwrap_or(time);
        let level = part(Part::Level);
        let mut message = part(Part::Message).lines();
        let first = message.next().unwrap_or_default();
        let line = format!(
            "{} {} {}{keys}  {}\n",
            self.paint(DIM, time),
            self.paint(colour(level), &format!("{level:>5}")),
            self.paint(BOLD, first),
            self.paint(DIM, &one_line(part(Part::Location))),
        );
        let more: String = message.map(|line| format!("    {line}\n")).collect();
        format!("{line}{more}{below}").into_bytes()
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.is_coloured {
            format!("\u{1b}[{colour}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

fn colour(level: &str) -> &'static str {
    match &*level.to_ascii_uppercase() {
        "ERROR" => "1;31",
        "WARN" => "33",
        "INFO" => "32",
        "DEBUG" => "36",
        _ => "2",
    }
}

/// A value as a person reads it.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => safe(text),
        Value::Object(entries) if is_error(entries) => {
            let causes = entries.get("causes").and_then(Value::as_array);
            let texts = entries
                .get("message")
                .into_iter()
                .chain(causes.into_iter().flatten());
            texts.map(shown).collect::<Vec<_>>().join(": ")
        }
        other => safe(&other.to_string()),
    }
}

/// Whether it is what the logger makes of an error.
fn is_error(entries: &Map<String, Value>) -> bool {
    let is_known = |key: &String| ["type", "message", "causes"].contains(&&**key);
    entries.contains_key("message") && entries.keys().all(is_known)
}

/// The same without ends of lines, for what is no text of somebody's.
fn one_line(text: &str) -> String {
    safe(text).replace('\n', "\\n")
}

/// Nothing that a terminal would obey but the end of a line.
fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if character != '\n' && is_deceptive(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(is_coloured: bool) -> Style {
        let parts = [
            (Part::Level, "level"),
            (Part::Location, "location"),
            (Part::Message, "message"),
            (Part::Timestamp, "timestamp"),
            (Part::Service, "service"),
        ];
        let parts = parts.map(|(part, key)| (part, key.to_owned())).to_vec();
        Style { is_coloured, parts }
    }

    const LINE: &[u8] = br#"{"level":"INFO","location":"shop:12","message":"looking up\nmore","timestamp":"2026-11-21T10:00:00.123Z","service":"shop","order":"a\u001b[31m","error":{"message":"no","causes":["because"]},"cold_start":false,"function_name":"f","backtrace":"one\ntwo"}
"#;

    #[test]
    fn a_line_is_for_a_person() {
        let line = String::from_utf8(style(false).line(LINE)).unwrap();
        assert_eq!(
            line,
            "10:00:00.123  INFO looking up  order=a\\u{1b}[31m  error=no: because  shop:12\n    more\n    backtrace:\n      one\n      two\n"
        );
    }

    #[test]
    fn nothing_in_a_line_is_obeyed_by_a_terminal() {
        let line =
            br#"{"level":"INFO","a\u001b[2J":"b\u202e","nested":{"message":"\u009b","more":1}}"#;
        let line = String::from_utf8(style(false).line(line)).unwrap();
        assert!(line.contains("a\\u{1b}[2J=b\\u{202e}"), "{line}");
        assert!(
            line.contains(r#"nested={"message":"\u{9b}","more":1}"#),
            "{line}"
        );
    }

    #[test]
    fn colours_are_there_when_asked_for() {
        let line = String::from_utf8(style(true).line(LINE)).unwrap();
        assert!(line.contains("\u{1b}[32m INFO\u{1b}[0m"), "{line}");
    }
}
