//! Names and values in a file or a text, as JSON or TOML.

use std::{collections::BTreeMap, fs, io, path::Path};

use crate::parameters::{Error, ErrorKind, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Toml,
}

/// What a file says.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, Value>, Error> {
    let shown = format!("`{}`", path.display());
    let unavailable = Error::new(ErrorKind::Unavailable);
    let is_toml = path
        .extension()
        .is_some_and(|extension| extension == "toml");
    let (format, example) = if is_toml {
        (Format::Toml, r#""name" = "value""#)
    } else {
        (Format::Json, r#"{"name": "value"}"#)
    };
    let text = fs::read(path).map(Value::binary);
    let text = text.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => unavailable.remedy(format!(
            "there is no file {shown}; make one with `{example}`"
        )),
        _ => unavailable
            .remedy(format!("{shown} cannot be read"))
            .because(error),
    })?;
    parse(format, text.as_bytes(), &shown)
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
    // Not the parsers' own texts, which quote what they found.
    let malformed = |what: &str, (line, column): (usize, usize)| {
        let at = format!("see line {line}, column {column}");
        let remedy = format!("{shown} is no {what} of names and values, {at}");
        Error::new(ErrorKind::Unavailable).remedy(remedy)
    };
    let values: BTreeMap<String, serde_json::Value> = match format {
        Format::Json => serde_json::from_slice(text)
            .map_err(|error| malformed("JSON object", (error.line(), error.column())))?,
        Format::Toml => toml::from_slice::<toml::Table>(text)
            .map_err(|error| {
                let start = error.span().map_or(0, |span| span.start);
                malformed("TOML table", place(text, start))
            })?
            .into_iter()
            .map(|(name, value)| (name, json(value)))
            .collect(),
    };
    let values = values.into_iter().map(|(name, value)| {
        let value = match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        (name, Value::text(value))
    });
    Ok(values.collect())
}

/// The line and the column of a byte, both from 1.
fn place(text: &[u8], byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.iter().filter(|byte| **byte == b'\n').count();
    let column = before.iter().rev().take_while(|byte| **byte != b'\n');
    (line + 1, column.count() + 1)
}

/// TOML as JSON, where it has moments and numbers that JSON has not: as texts.
fn json(value: toml::Value) -> serde_json::Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) if number.is_finite() => number.into(),
        toml::Value::Float(number) => number.to_string().into(),
        toml::Value::Boolean(truth) => truth.into(),
        toml::Value::Datetime(moment) => moment.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(json).collect(),
        toml::Value::Table(entries) => {
            let entries = entries.into_iter();
            entries.map(|(name, value)| (name, json(value))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_text_is_told_and_never_what_is_in_it() {
        let json = "is no JSON object of names and values, see";
        let toml = "is no TOML table of names and values, see";
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
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{text}");
            assert!(error.to_string().contains(&told), "{error}");
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named_with_its_remedy() {
        for (name, example) in [
            ("no/such.json", r#"{"name": "value"}"#),
            ("no/such.toml", r#""name" = "value""#),
        ] {
            let error = read(Path::new(name)).unwrap_err().to_string();
            let told = format!("there is no file `{name}`; make one with `{example}`");
            assert!(error.contains(&told), "{error}");
        }
    }

    #[test]
    fn numbers_and_moments_that_json_has_not_are_texts() {
        let text = "a = nan\nb = [inf, 1e2]\nc = 2026-11-21T10:00:00Z";
        let values = given(Format::Toml, text).unwrap();
        let texts: Vec<_> = values.values().filter_map(Value::as_text).collect();

        assert_eq!(texts, ["NaN", r#"["inf",100.0]"#, "2026-11-21T10:00:00Z"]);
    }
}
