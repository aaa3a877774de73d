//! The settings' file, and as much of TOML as settings need: scalars, lists of them, tables of them.

use toml::de::{DeTable, DeValue};

/// A section's keys and what each is set to, as text; a table's pairs are `name=value`.
pub(super) fn section(text: &str, name: &str) -> Result<Vec<(String, Vec<String>)>, String> {
    let file = DeTable::parse(text).map_err(|error| place(text, &error))?;
    // A misspelt section would be settings that nobody heeds.
    let mut sections = file.get_ref().keys();
    if let Some(other) = sections.find(|key| key.get_ref() != name) {
        let other = other.get_ref();
        return Err(format!("`{other}` is no section of it; `[{name}]` is"));
    }
    let Some(section) = file.get_ref().get(name) else {
        return Ok(Vec::new());
    };
    let DeValue::Table(section) = section.get_ref() else {
        return Err(format!("`{name}` is no section"));
    };
    let keys = section.iter().map(|(key, value)| {
        let values = values(value.get_ref())
            .ok_or_else(|| format!("`{}` holds neither text nor numbers", key.get_ref()))?;
        Ok((key.get_ref().to_string(), values))
    });
    keys.collect()
}

fn values(value: &DeValue<'_>) -> Option<Vec<String>> {
    match value {
        DeValue::Array(list) => list.iter().map(|value| scalar(value.get_ref())).collect(),
        DeValue::Table(table) => {
            let pairs = table.iter().map(|(name, value)| {
                let value = match value.get_ref() {
                    // As API Gateway writes a claim that is a list.
                    DeValue::Array(list) => {
                        let parts = list.iter().map(|value| scalar(value.get_ref()));
                        format!("[{}]", parts.collect::<Option<Vec<_>>>()?.join(" "))
                    }
                    value => scalar(value)?,
                };
                Some(format!("{}={value}", name.get_ref()))
            });
            pairs.collect()
        }
        value => Some(vec![scalar(value)?]),
    }
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

fn place(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    match before {
        Some(before) => {
            let line = before.matches('\n').count() + 1;
            format!("it is not TOML in line {line}: {}", error.message())
        }
        None => format!("it is not TOML: {}", error.message()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Result<Vec<(String, Vec<String>)>, String> {
        section(text, "local")
    }

    #[test]
    fn what_is_no_toml_is_told_by_line() {
        let error = values("[local]\nport = 1\nstage =\n").expect_err("no value");
        assert!(error.starts_with("it is not TOML in line 3: "), "{error}");
    }

    #[test]
    fn another_section_is_told() {
        assert_eq!(
            values("[loca]\nport = 1"),
            Err("`loca` is no section of it; `[local]` is".into())
        );
    }

    #[test]
    fn what_is_no_setting_is_told() {
        assert_eq!(values("local = 3"), Err("`local` is no section".into()));
        assert_eq!(
            values("[local]\nroute = [[1]]"),
            Err("`route` holds neither text nor numbers".into())
        );
    }

    #[test]
    fn scalars_lists_and_tables_are_texts() {
        let text = "\
            [local]\nport = 8_000\nsource = ['http', 'rest']\nstage-in-path = true\n\
            [local.claim]\nsub = 'ann'\ngroups = ['a', 'b']\n";
        let expected = [
            ("claim", vec!["groups=[a b]", "sub=ann"]),
            ("port", vec!["8000"]),
            ("source", vec!["http", "rest"]),
            ("stage-in-path", vec!["true"]),
        ];
        let mut read = values(text).expect("a file");
        read.sort();
        for (_, values) in &mut read {
            values.sort();
        }
        let expected = expected.map(|(key, values)| {
            let values = values.into_iter().map(str::to_owned).collect();
            (key.to_owned(), values)
        });
        assert_eq!(read, expected);
        assert_eq!(values(""), Ok(vec![]));
    }
}
