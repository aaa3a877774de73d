//! What a body was to be, in the words of JSON: serde names the program's types, which mean nothing to a
//! client and tell of its inside.

use std::borrow::Cow;

/// How serde begins, and what that is in JSON. What begins like another comes first.
const WORDS: [(&str, &str); 9] = [
    ("internally tagged enum ", "an object"),
    ("adjacently tagged enum ", "an object"),
    ("enum ", "a string or an object"),
    ("struct variant ", "an object"),
    ("struct ", "an object"),
    ("tuple variant ", "an array"),
    ("tuple struct ", "an array"),
    ("unit variant ", "null"),
    ("unit struct ", "null"),
];

/// The text of an error of serde's, without the names of types.
pub(super) fn without_types(text: &str) -> String {
    // The last one, because what comes before may repeat what the client sent.
    const EXPECTED: &str = ", expected ";
    if let Some(place) = text.rfind(EXPECTED) {
        let (given, wanted) = text.split_at(place + EXPECTED.len());
        if let Some(wanted) = reworded(wanted) {
            return format!("{given}{wanted}");
        }
    }
    for (before, after) in [
        ("did not match any variant", " of untagged enum "),
        ("no variant", " of enum "),
    ] {
        if let Some((first, rest)) = text.split_once(&format!("{before}{after}")) {
            return format!("{first}{before}{}", &rest[name(rest)..]);
        }
    }
    text.to_owned()
}

/// A detail as it may be logged: serde repeats a value that it did not expect, which may be anybody's
/// password. The client, who sent it, is told.
pub(super) fn without_values(detail: &str) -> Cow<'_, str> {
    for (before, after) in [
        ("string \"", "\", expected "),
        ("unknown variant `", "`, expected "),
    ] {
        // From the first to the last, because the value may hold either.
        if let Some(start) = detail.find(before)
            && let Some(end) = detail
                .rfind(after)
                .filter(|end| *end >= start + before.len())
        {
            let value = start + before.len();
            return format!("{}…{}", &detail[..value], &detail[end..]).into();
        }
    }
    detail.into()
}

fn reworded(wanted: &str) -> Option<String> {
    let begins = |(serde, ours)| Some((wanted.strip_prefix(serde)?, ours));
    let (rest, ours) = WORDS.into_iter().find_map(begins)?;
    let rest = &rest[name(rest)..];
    // Anything else is a sentence of the application's own that happens to begin like serde's.
    let is_serdes = rest.is_empty()
        || [" with ", " at line "]
            .iter()
            .any(|it| rest.starts_with(it));
    is_serdes.then(|| format!("{ours}{rest}"))
}

/// The length of the name, `Type` or `Type::Variant`, that a text begins with.
fn name(text: &str) -> usize {
    let is_end = |character: char| !(character.is_alphanumeric() || "_:#".contains(character));
    text.find(is_end).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, de::DeserializeOwned};

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "nothing is ever read into it")]
    struct SecretStruct {
        a: u8,
        b: u8,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "nothing is ever read into it")]
    struct SecretTuple(u8, u8);
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "nothing is ever read into it")]
    struct SecretNew(SecretStruct);
    #[derive(Debug, Deserialize)]
    struct SecretUnit;
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "nothing is ever read into it")]
    enum SecretEnum {
        Unit,
        Struct { a: u8 },
        Tuple(u8, u8),
    }
    #[derive(Debug, Deserialize)]
    #[serde(tag = "t")]
    #[expect(dead_code, reason = "nothing is ever read into it")]
    enum SecretInner {
        Struct { a: u8 },
        Inner(SecretStruct),
    }
    #[derive(Debug, Deserialize)]
    #[serde(tag = "t", content = "c")]
    #[expect(dead_code, reason = "nothing is ever read into it")]
    enum SecretBeside {
        Struct { a: u8 },
        Tuple(u8, u8),
    }
    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "nothing is ever read into it")]
    enum SecretUntagged {
        Number(u8),
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "nothing is ever read into it")]
    struct SecretFlat {
        #[serde(flatten)]
        rest: SecretEnum,
    }

    fn told<T: DeserializeOwned + std::fmt::Debug>(json: &str) -> String {
        without_types(&serde_json::from_str::<T>(json).unwrap_err().to_string())
    }

    #[test]
    fn a_value_that_was_not_expected_is_not_logged() {
        for (detail, logged) in [
            (
                r#"the body's `password` is not as expected: invalid type: string "a\", expected u32", expected u32 at line 1"#,
                r#"the body's `password` is not as expected: invalid type: string "…", expected u32 at line 1"#,
            ),
            (
                "query parameter `token`: unknown variant `a`, expected one of `x`, `y`",
                "query parameter `token`: unknown variant `…`, expected one of `x`, `y`",
            ),
            ("there is no order 7", "there is no order 7"),
        ] {
            assert_eq!(without_values(detail), logged);
        }
    }

    #[test]
    fn serdes_own_texts_name_no_type() {
        for (told, expected) in [
            (
                told::<SecretStruct>("7"),
                "invalid type: integer `7`, expected an object at",
            ),
            (
                told::<SecretNew>("true"),
                "invalid type: boolean `true`, expected an object at",
            ),
            (
                told::<SecretStruct>("[7]"),
                "invalid length 1, expected an object with 2 elements",
            ),
            (
                told::<SecretTuple>("{}"),
                "invalid type: map, expected an array at",
            ),
            (
                told::<SecretTuple>("[7]"),
                "invalid length 1, expected an array with 2 elements",
            ),
            (
                told::<SecretUnit>("7"),
                "invalid type: integer `7`, expected null at",
            ),
            (
                told::<SecretEnum>(r#"{"Struct":7}"#),
                "expected an object at",
            ),
            (told::<SecretEnum>(r#"{"Tuple":7}"#), "expected an array at"),
            (told::<SecretInner>("7"), "expected an object at"),
            (
                told::<SecretInner>(r#"{"t":"Struct"}"#),
                "missing field `a`",
            ),
            (told::<SecretBeside>("7"), "expected an object at"),
            (
                told::<SecretBeside>(r#"{"t":"Tuple","c":7}"#),
                "expected an array at",
            ),
            (
                told::<SecretUntagged>(r#""x""#),
                "data did not match any variant",
            ),
            (
                told::<SecretFlat>("{}"),
                "no variant found in flattened data",
            ),
            (
                told::<Vec<SecretStruct>>(r#"[", expected x"]"#),
                "expected an object at",
            ),
        ] {
            assert!(!told.contains("Secret"), "{told}");
            assert!(told.contains(expected), "{told}");
        }
    }

    #[test]
    fn other_texts_stay() {
        for text in [
            "unknown variant `a, expected struct B`, expected `up` or `down`",
            "invalid type: map, expected a struct of mine",
            "invalid type: map, expected struct of mine",
            "",
        ] {
            assert_eq!(without_types(text), text);
        }
    }
}
