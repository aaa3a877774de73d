//! A document as text: always in the same order, as JSON and as YAML.
//!
//! YAML by a writer of our own. The crate that everybody used is no longer kept, those that took its place
//! are young, and a document needs little of YAML: maps, lists and scalars, where any text may stand in
//! quotes as JSON writes it. What is plain stays plain, so that a person can read it.

use serde_json::{Map, Value};

/// The keys that OpenAPI gives a meaning, as a person expects them; all others follow by the alphabet.
const ORDER: [&str; 50] = [
    "openapi",
    "info",
    "title",
    "version",
    "name",
    "in",
    "url",
    "uri",
    "operationId",
    "summary",
    "description",
    "tags",
    "deprecated",
    "servers",
    "security",
    "style",
    "explode",
    "$ref",
    "type",
    "format",
    "nullable",
    "enum",
    "pattern",
    "minimum",
    "maximum",
    "required",
    "schema",
    "items",
    "properties",
    "additionalProperties",
    "allOf",
    "anyOf",
    "oneOf",
    "parameters",
    "requestBody",
    "headers",
    "content",
    "responses",
    "paths",
    "get",
    "head",
    "post",
    "put",
    "patch",
    "delete",
    "options",
    "trace",
    "schemas",
    "securitySchemes",
    "components",
];

/// The keys whose value is a map of names that somebody chose.
const OF_NAMES: [&str; 8] = [
    "paths",
    "properties",
    "schemas",
    "securitySchemes",
    "responses",
    "content",
    "headers",
    "claims",
];

/// The keys whose value is a client's or a server's, whatever it has in it.
const OF_DATA: [&str; 3] = ["default", "example", "examples"];

fn rank(key: &str) -> usize {
    ORDER
        .iter()
        .position(|known| *known == key)
        .unwrap_or(ORDER.len())
}

/// The entries of a map in order, whatever order it was made in: another crate may have asked serde_json to
/// keep that one.
fn sorted<'a>(map: &'a Map<String, Value>, under: &str) -> Vec<(&'a String, &'a Value)> {
    let mut entries: Vec<_> = map.iter().collect();
    if OF_NAMES.contains(&under) || OF_DATA.contains(&under) {
        entries.sort_by_key(|(key, _)| *key);
    } else {
        entries.sort_by_key(|(key, _)| (rank(key), *key));
    }
    entries
}

/// Two spaces a level, one line a value.
pub(super) fn json(value: &Value) -> String {
    let mut text = String::new();
    json_value(&mut text, value, 0, "");
    text.push('\n');
    text
}

fn json_value(text: &mut String, value: &Value, depth: usize, under: &str) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            text.push('{');
            for (index, (key, value)) in sorted(map, under).into_iter().enumerate() {
                text.push_str(if index == 0 { "\n" } else { ",\n" });
                indent(text, depth + 1);
                text.push_str(&quoted(key));
                text.push_str(": ");
                json_value(text, value, depth + 1, below(under, key));
            }
            text.push('\n');
            indent(text, depth);
            text.push('}');
        }
        Value::Array(list) if !list.is_empty() => {
            text.push('[');
            for (index, value) in list.iter().enumerate() {
                text.push_str(if index == 0 { "\n" } else { ",\n" });
                indent(text, depth + 1);
                json_value(text, value, depth + 1, within(under));
            }
            text.push('\n');
            indent(text, depth);
            text.push(']');
        }
        Value::String(words) => text.push_str(&quoted(words)),
        other => text.push_str(&other.to_string()),
    }
}

/// A property may be called `paths`, and its schema is no map of names. Within data nothing has a meaning.
fn below<'a>(under: &'a str, key: &'a str) -> &'a str {
    if OF_NAMES.contains(&under) {
        ""
    } else if OF_DATA.contains(&under) {
        under
    } else {
        key
    }
}

/// The same for what a list has in it.
fn within(under: &str) -> &str {
    if OF_DATA.contains(&under) { under } else { "" }
}

/// Block style, as people write it.
pub(super) fn yaml(value: &Value) -> String {
    let mut text = String::new();
    yaml_block(&mut text, value, 0, "");
    text
}

/// A value from the beginning of a line.
fn yaml_block(text: &mut String, value: &Value, depth: usize, under: &str) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in sorted(map, under) {
                indent(text, depth);
                yaml_entry(text, key, value, depth, below(under, key));
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for value in list {
                indent(text, depth);
                text.push('-');
                match value {
                    // Its first entry stands beside the dash.
                    Value::Object(map) if !map.is_empty() => {
                        let mut inner = String::new();
                        yaml_block(&mut inner, value, depth + 1, within(under));
                        text.push(' ');
                        text.push_str(inner.trim_start_matches(' '));
                    }
                    Value::Array(inner) if !inner.is_empty() => {
                        text.push('\n');
                        yaml_block(text, value, depth + 1, within(under));
                    }
                    scalar => {
                        text.push(' ');
                        yaml_scalar(text, scalar, depth + 1);
                    }
                }
            }
        }
        scalar => yaml_scalar(text, scalar, depth),
    }
}

fn yaml_entry(text: &mut String, key: &str, value: &Value, depth: usize, under: &str) {
    text.push_str(&yaml_text(key));
    text.push(':');
    match value {
        Value::Object(map) if !map.is_empty() => {
            text.push('\n');
            yaml_block(text, value, depth + 1, under);
        }
        Value::Array(list) if !list.is_empty() => {
            text.push('\n');
            yaml_block(text, value, depth + 1, under);
        }
        scalar => {
            text.push(' ');
            yaml_scalar(text, scalar, depth + 1);
        }
    }
}

/// A value that fits behind its key, and the end of the line.
fn yaml_scalar(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::String(words) if is_literal(words) => {
            text.push_str("|-\n");
            for line in words.split('\n') {
                if !line.is_empty() {
                    indent(text, depth);
                    text.push_str(line);
                }
                text.push('\n');
            }
        }
        Value::String(words) => {
            text.push_str(&yaml_text(words));
            text.push('\n');
        }
        Value::Number(number) => {
            text.push_str(&yaml_number(&number.to_string()));
            text.push('\n');
        }
        // `{}`, `[]`, `true`, `null`: as in JSON.
        other => {
            text.push_str(&other.to_string());
            text.push('\n');
        }
    }
}

/// A number as every reader takes it for one: to those of YAML 1.1 `1e300` is a text, since a number has a point
/// there, and its exponent a sign (https://yaml.org/type/float.html).
fn yaml_number(json: &str) -> String {
    let Some((digits, exponent)) = json.split_once(['e', 'E']) else {
        return json.to_owned();
    };
    let point = if digits.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['+', '-']) {
        ""
    } else {
        "+"
    };
    format!("{digits}{point}e{sign}{exponent}")
}

/// Whether a text of several lines comes back from a literal block as it was.
fn is_literal(words: &str) -> bool {
    let is_odd = |character: char| character.is_control() && character != '\n';
    words.contains('\n')
        && !words.contains(is_odd)
        && !words.contains(is_escaped)
        // The first line says how deep the block is indented.
        && !words.starts_with([' ', '\n'])
        && !words.ends_with('\n')
        && words.lines().all(|line| !line.ends_with(' '))
}

/// A text as it is where nobody could take it for something else, in quotes otherwise.
fn yaml_text(words: &str) -> String {
    if is_plain(words) {
        words.to_owned()
    } else {
        quoted(words)
    }
}

/// Words, paths and names. Far fewer than YAML allows, whose rules differ from version to version.
fn is_plain(words: &str) -> bool {
    const RESERVED: [&str; 10] = [
        "true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan",
    ];
    let may_start = |character: char| character.is_ascii_alphabetic() || "/$_".contains(character);
    let may_follow =
        |character: char| character.is_alphanumeric() || " _-./+,;()'!".contains(character);
    let brace = |character: char| "{}".contains(character) && words.starts_with('/');
    words.starts_with(may_start)
        && words
            .chars()
            .skip(1)
            .all(|character| may_follow(character) || brace(character))
        && !words.ends_with(' ')
        // A template's variable may become anything.
        && !words.contains("${")
        && !RESERVED.contains(&words.to_ascii_lowercase().as_str())
}

/// Characters that JSON may have as they are and YAML may not (`c-printable` of YAML 1.2), or that a person cannot
/// see.
fn is_escaped(character: char) -> bool {
    matches!(
        character,
        '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
    )
}

/// In the quotes of JSON, which are YAML's too, but for characters that YAML wants escaped. Documents in JSON have
/// them escaped as well: who reads YAML reads these.
fn quoted(words: &str) -> String {
    let mut text = String::new();
    for character in Value::from(words).to_string().chars() {
        if is_escaped(character) {
            text.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            text.push(character);
        }
    }
    text
}

fn indent(text: &mut String, depth: usize) {
    for _ in 0..depth {
        text.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn yaml_of(text: &str) -> String {
        yaml(&json!({ "k": text }))
    }

    #[test]
    fn text_that_could_be_something_else_is_quoted() {
        for text in [
            "",
            " ",
            "1",
            "1.5",
            "1e3",
            "0x10",
            "true",
            "No",
            "null",
            "~",
            "-",
            "- a",
            "a: b",
            "a #b",
            "#a",
            "[a]",
            "{a}",
            "a]",
            "*a",
            "&a",
            "!a",
            "%a",
            "@a",
            "`a`",
            "'a'",
            "?",
            "a ",
            " a",
            "${a}",
            "/a/${b}",
            "2026-11-21",
            "a\tb",
            "\u{85}",
            "a\u{2028}b",
            "\u{feff}",
            "\"",
            "\\",
            "=",
            "<<",
            "a\u{7f}",
            "a\u{fffe}",
            "a\n\u{ffff}b",
        ] {
            let yaml = yaml_of(text);
            assert!(yaml.starts_with("k: \""), "{text:?}: {yaml}");
            let json = yaml
                .strip_prefix("k: ")
                .and_then(|it| it.strip_suffix('\n'));
            let back: Value =
                serde_json::from_str(json.expect("one line")).expect("quotes of JSON");
            assert_eq!(back, text, "{yaml}");
            assert!(
                yaml.chars().all(|it| it == '\n' || !it.is_control()),
                "{yaml:?}"
            );
        }
    }

    #[test]
    fn what_yaml_cannot_have_is_escaped_in_json_too() {
        let text = json(&json!({ "\u{fffe}": ["\u{ffff}\u{85}é"] }));
        assert_eq!(
            text,
            "{\n  \"\\ufffe\": [\n    \"\\uffff\\u0085é\"\n  ]\n}\n"
        );
    }

    #[test]
    fn a_number_has_a_point_and_its_exponent_a_sign() {
        for (number, expected) in [
            (json!(1e300), "1.0e+300"),
            (json!(-1e-7), "-1.0e-7"),
            (json!(1.5e300), "1.5e+300"),
            (json!(1.5), "1.5"),
            (json!(-3), "-3"),
            (json!(u64::MAX), "18446744073709551615"),
        ] {
            assert_eq!(yaml(&number), format!("{expected}\n"));
            assert_eq!(yaml(&json!([number])), format!("- {expected}\n"));
        }
        // However serde_json writes them.
        assert_eq!(yaml_number("1e300"), "1.0e+300");
        assert_eq!(yaml_number("1.5E+300"), "1.5e+300");
    }

    #[test]
    fn words_and_paths_are_plain() {
        for text in [
            "application/json",
            "/orders/{id}/{rest+}",
            "Bad Request",
            "$ref",
            "Größe (in µ), ja!",
            "it's",
        ] {
            assert_eq!(yaml_of(text), format!("k: {text}\n"));
        }
    }

    #[test]
    fn several_lines_stand_in_a_block_where_they_come_back_from_one() {
        assert_eq!(
            yaml_of("one: 1\n\n  two # 2\n\"three\""),
            "k: |-\n  one: 1\n\n    two # 2\n  \"three\"\n"
        );
        for text in [" a\nb", "\na", "a\n", "a \nb", "a\r\nb", "a\n\tb"] {
            assert!(yaml_of(text).starts_with("k: \""), "{text:?}");
        }
    }

    #[test]
    fn lists_and_maps_are_indented_and_empty_ones_stand_where_they_are() {
        let value = json!({
            "tags": [{ "name": "a", "x": [] }, {}, [1, [2]], "b", null],
            "paths": {},
        });
        let lines = [
            "tags:",
            "  - name: a",
            "    x: []",
            "  - {}",
            "  -",
            "    - 1",
            "    -",
            "      - 2",
            "  - b",
            "  - null",
            "paths: {}",
            "",
        ];
        assert_eq!(yaml(&value), lines.join("\n"));
    }

    #[test]
    fn names_that_people_chose_are_in_the_order_of_the_alphabet() {
        let value = json!({ "properties": { "type": 1, "id": { "type": 1, "a": 2, "title": 3 } } });
        assert_eq!(
            json(&value),
            "{\n  \"properties\": {\n    \"id\": {\n      \"title\": 3,\n      \"type\": 1,\n      \
             \"a\": 2\n    },\n    \"type\": 1\n  }\n}\n"
        );
    }

    #[test]
    fn what_is_in_an_example_has_no_meaning() {
        let value = json!({ "example": { "version": 1, "id": 2, "in": [{ "name": 3, "a": 4 }] } });
        let lines = [
            "example:",
            "  id: 2",
            "  in:",
            "    - a: 4",
            "      name: 3",
            "  version: 1",
            "",
        ];
        assert_eq!(yaml(&value), lines.join("\n"));
    }
}
