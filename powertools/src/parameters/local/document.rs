//! Names and values in a file or a text, as JSON or TOML.

use std::{collections::BTreeMap, fmt, fs, io, path::Path};

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use toml::de::{DeTable, DeValue};

use crate::parameters::{Error, ErrorKind, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Toml,
}

impl Format {
    fn of(path: &Path) -> Self {
        match path.extension() {
            Some(extension) if extension == "toml" => Self::Toml,
            _ => Self::Json,
        }
    }

    /// What the smallest file looks like.
    const fn example(self) -> &'static str {
        match self {
            Self::Json => r#"{"name": "value"}"#,
            Self::Toml => r#""name" = "value""#,
        }
    }
}

/// What a file says, unless there is none.
pub(super) fn read(path: &Path) -> Result<Option<BTreeMap<String, Value>>, Error> {
    let shown = format!("`{}`", path.display());
    let text = match fs::read(path).map(Value::binary) {
        Ok(text) => text,
        Err(error) => {
            let kind = match error.kind() {
                io::ErrorKind::NotFound => return Ok(None),
                io::ErrorKind::PermissionDenied => ErrorKind::AccessDenied,
                _ => ErrorKind::Invalid,
            };
            let remedy = format!("{shown} cannot be read");
            return Err(Error::new(kind).remedy(remedy).because(error));
        }
    };
    parse(Format::of(path), text.as_bytes(), &shown).map(Some)
}

/// That a file is not there, and what to do about it.
pub(super) fn missing(path: &Path) -> String {
    let example = Format::of(path).example();
    format!(
        "there is no file `{}`; make one with `{example}`",
        path.display()
    )
}

/// What a text says that the program comes with.
pub(super) fn given(format: Format, text: &str) -> Result<BTreeMap<String, Value>, Error> {
    parse(
        format,
        text.as_bytes(),
        "the text that the program comes with",
    )
}

fn parse(format: Format, text: &[u8], shown: &str) -> Result<BTreeMap<String, Value>, Error> {
    // Some editors begin a file with a mark, which is no part of either format.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    // Not the parsers' own texts, which quote what they found.
    let malformed = |what: &str, (line, column): (usize, usize)| {
        let at = format!("see line {line}, column {column}");
        let remedy = format!("{shown} is no {what} of names and values, each name once, {at}");
        Error::new(ErrorKind::Invalid).remedy(remedy)
    };
    match format {
        Format::Json => {
            let entries: Entries = serde_json::from_slice(text)
                .map_err(|error| malformed("JSON object", (error.line(), error.column())))?;
            Ok(entries.0)
        }
        Format::Toml => {
            let refused = |start| malformed("TOML table", place(text, start));
            let readable = str::from_utf8(text).map_err(|error| refused(error.valid_up_to()))?;
            let table = DeTable::parse(readable)
                .map_err(|error| refused(error.span().map_or(0, |span| span.start)))?;
            let entries = table.get_ref().iter();
            Ok(entries
                .map(|(name, value)| (name.get_ref().to_string(), toml(value.get_ref())))
                .collect())
        }
    }
}

/// The line and the column of a byte, both from 1.
fn place(text: &[u8], byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.iter().filter(|byte| **byte == b'\n').count();
    let column = before.iter().rev().take_while(|byte| **byte != b'\n');
    (line + 1, column.count() + 1)
}

/// The object of a JSON file.
struct Entries(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object)
    }
}

/// A map of its own, because serde's take the last of two equal names.
struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Entries;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Entries, A::Error> {
        let mut values = BTreeMap::new();
        // As it is written: a number that was read and written again is another text, and may be another
        // number.
        while let Some((name, written)) = entries.next_entry::<String, &RawValue>()? {
            let written = written.get();
            let text = if written.starts_with('"') {
                // Its own error would tell the place within the value.
                serde_json::from_str(written).map_err(|_| A::Error::custom("no text"))?
            } else {
                written.to_owned()
            };
            if values.insert(name, Value::text(text)).is_some() {
                return Err(A::Error::custom("a name is there twice"));
            }
        }
        Ok(Entries(values))
    }
}

/// A text as it is, a number as it is written, anything else as JSON.
fn toml(value: &DeValue<'_>) -> Value {
    Value::text(match value {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        value => match json(value) {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        },
    })
}

/// TOML as JSON, where it has moments and numbers that JSON has not: as texts.
fn json(value: &DeValue<'_>) -> serde_json::Value {
    match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(whole) => whole.into(),
            Err(_) => number.as_str().into(),
        },
        DeValue::Float(number) => match number.as_str().parse::<f64>() {
            Ok(real) if real.is_finite() => real.into(),
            _ => number.as_str().into(),
        },
        DeValue::Boolean(truth) => (*truth).into(),
        DeValue::Datetime(moment) => moment.to_string().into(),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(entries) => {
            let entries = entries.iter();
            entries
                .map(|(name, value)| (name.get_ref().to_string(), json(value.get_ref())))
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_text_is_told_and_never_what_is_in_it() {
        let json = "is no JSON object of names and values, each name once, see";
        let toml = "is no TOML table of names and values, each name once, see";
        for (format, text, told) in [
            (Format::Json, "", format!("{json} line 1, column 0")),
            (
                Format::Json,
                r#"["s3cret"]"#,
                format!("{json} line 1, column 0"),
            ),
            (
                Format::Json,
                r#"{"/a": s3cret}"#,
                format!("{json} line 1, column 8"),
            ),
            (
                Format::Json,
                "{\"s3cret\": 1,\n\"s3cret\": 2}",
                format!("{json} line 2, column 12"),
            ),
            (
                Format::Json,
                r#"{"/a": "s3cret\ud800"}"#,
                format!("{json} line 1, column 22"),
            ),
            (
                Format::Toml,
                "a = s3cret",
                format!("{toml} line 1, column 5"),
            ),
            (
                Format::Toml,
                "a = 1\nb = \"s3cret",
                format!("{toml} line 2, column 12"),
            ),
            (
                Format::Toml,
                "s3cret = 1\ns3cret = 2",
                format!("{toml} line 2, column 1"),
            ),
        ] {
            let error = given(format, text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{text}");
            assert!(error.to_string().contains(&told), "{error}");
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_has_nothing_and_its_remedy_an_example() {
        for (name, example) in [
            ("no/such.json", r#"{"name": "value"}"#),
            ("no/such.toml", r#""name" = "value""#),
        ] {
            let path = Path::new(name);
            assert!(read(path).unwrap().is_none());
            let told = format!("there is no file `{name}`; make one with `{example}`");
            assert_eq!(missing(path), told);
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_no_error_that_may_pass() {
        let error = read(&std::env::temp_dir()).unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains("cannot be read"), "{error}");
    }

    #[test]
    fn a_value_of_json_is_the_text_that_is_written() {
        for number in [
            "12345678901234567890123",
            "0.10",
            "1e2",
            "1e400",
            "-0",
            "100.0",
            r#"{"b": 1.0000000000000000001, "a": [1,  true]}"#,
            "null",
        ] {
            let values = given(Format::Json, &format!(r#"{{"/a":  {number} }}"#)).unwrap();
            assert_eq!(values["/a"].as_text(), Some(number));
        }
        let values = given(Format::Json, r#"{"/a": "x\u00e9\n"}"#).unwrap();
        assert_eq!(values["/a"].as_text(), Some("x\u{e9}\n"));
    }

    #[test]
    fn a_mark_at_the_start_is_no_part_of_a_text() {
        for (format, text) in [
            (Format::Json, "\u{feff}{\"/a\": \"x\"}"),
            (Format::Toml, "\u{feff}\"/a\" = \"x\""),
        ] {
            let values = given(format, text).unwrap();
            assert_eq!(values["/a"].as_text(), Some("x"));
        }
    }

    #[test]
    fn a_number_of_toml_is_the_text_that_is_written_and_decimal() {
        let text = "a = 0.10\nb = 12345678901234567890123\nc = 0x1F\nd = [0b11, 1_000]\ne = 1_000";
        let values = given(Format::Toml, text).unwrap();
        let texts: Vec<_> = values.values().filter_map(Value::as_text).collect();

        let expected = ["0.10", "12345678901234567890123", "31", "[3,1000]", "1000"];
        assert_eq!(texts, expected);
    }

    #[test]
    fn numbers_and_moments_that_json_has_not_are_texts() {
        let text = "a = nan\nb = [inf, 1e2]\nc = 2026-11-21T10:00:00Z";
        let values = given(Format::Toml, text).unwrap();
        let texts: Vec<_> = values.values().filter_map(Value::as_text).collect();

        assert_eq!(texts, ["nan", r#"["inf",100.0]"#, "2026-11-21T10:00:00Z"]);
    }
}
