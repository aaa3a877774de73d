//! Which route of a WebSocket API a message is for.
//!
//! Source: API Gateway's developer guide, "WebSocket selection expressions": a missing value is an empty
//! text, a value that is no scalar is its JSON, what comes out is not evaluated again, and `\$` is a `$`.

use std::fmt::Write;

use serde_json::Value;

/// `$request.body.action`, or text with `${request.body.action}` in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selection(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// A place in the body.
    Body(Vec<Step>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
}

/// What AWS's console suggests, and nearly everybody takes.
pub(crate) const SELECTION: &str = "$request.body.action";

impl Default for Selection {
    fn default() -> Self {
        Self::parse(SELECTION).expect("the test below parses it")
    }
}

impl Selection {
    /// Reads an expression, or says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        if let Some(variable) = text.strip_prefix('$').filter(|rest| !rest.starts_with('{')) {
            return Ok(Self(vec![Part::Body(place(variable)?)]));
        }
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(char) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("\\$") {
                plain.push('$');
                rest = after;
            } else if let Some(after) = rest.strip_prefix("${") {
                let (variable, after) = after
                    .split_once('}')
                    .ok_or_else(|| "a `${` has no `}`".to_owned())?;
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(Part::Body(place(variable)?));
                rest = after;
            } else if char == '$' {
                return Err("a `$` within text is `\\$`, or begins `${…}`".to_owned());
            } else {
                plain.push(char);
                rest = &rest[char.len_utf8()..];
            }
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self(parts))
    }

    /// Whether it is the same for all messages: none of them has a say in it.
    pub(crate) fn is_constant(&self) -> bool {
        !self.0.iter().any(|part| matches!(part, Part::Body(_)))
    }

    /// The key that a message names; none if it is not JSON.
    pub(crate) fn key(&self, message: &str) -> Option<String> {
        let body: Value = serde_json::from_str(message).ok()?;
        let mut key = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => key.push_str(text),
                Part::Body(steps) => append(&mut key, at(&body, steps)),
            }
        }
        Some(key)
    }
}

/// The steps of `request.body.a.b[0]`.
fn place(variable: &str) -> Result<Vec<Step>, String> {
    let wrong = || format!("`{variable}` is no `request.body.…`, which messages have");
    let path = variable.strip_prefix("request.body").ok_or_else(wrong)?;
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let (index, after) = after.split_once(']').ok_or_else(wrong)?;
            steps.push(Step::Index(index.parse().map_err(|_| wrong())?));
            rest = after;
        } else {
            let after = rest.strip_prefix('.').ok_or_else(wrong)?;
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, after) = after.split_at(end);
            if name.is_empty() || name.contains(['$', '{', '}', ']']) {
                return Err(wrong());
            }
            steps.push(Step::Name(name.to_owned()));
            rest = after;
        }
    }
    Ok(steps)
}

fn at<'v>(body: &'v Value, steps: &[Step]) -> Option<&'v Value> {
    steps.iter().try_fold(body, |value, step| match step {
        Step::Name(name) => value.get(name),
        Step::Index(index) => value.get(index),
    })
}

fn append(key: &mut String, value: Option<&Value>) {
    match value {
        None | Some(Value::Null) => {}
        Some(Value::String(text)) => key.push_str(text),
        Some(value) => {
            // A `String` takes whatever is written.
            let _ = write!(key, "{value}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_expression_is_refused() {
        for text in [
            "",
            "$",
            "${",
            "${}",
            "${request.body.a",
            "$request.header.x",
            "$context.connectionId",
            "$request.body..a",
            "$request.body.",
            "$request.body.a[x]",
            "$request.body.a[0",
            "$request.bodyaction",
            "$request.body.a}",
            "a$b",
            "${request.body.a}$",
        ] {
            assert!(Selection::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_expression_without_a_variable_is_constant() {
        for (text, expected) in [
            ("request.body.action", true),
            ("action", true),
            ("\\$default", true),
            ("$request.body.action", false),
            ("v1/${request.body.action}", false),
        ] {
            let selection = Selection::parse(text).expect(text);
            assert_eq!(selection.is_constant(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_json_names_no_key() {
        let selection = Selection::default();
        let deep = "[".repeat(100_000);
        for message in ["", "hello", "{", "{\"action\":}", &deep] {
            assert_eq!(selection.key(message), None);
        }
    }

    #[test]
    fn keys_are_those_of_the_documentation() {
        let both = "${request.body.action}-${request.body.x}";
        for (expression, message, expected) in [
            ("$request.body.action", r#"{"action":"join"}"#, "join"),
            ("${request.body.action}", r#"{"action":"join"}"#, "join"),
            ("$request.body.action", r#"{"other":"join"}"#, ""),
            ("$request.body.action", r#"{"action":null}"#, ""),
            ("$request.body.action", r#"{"action":7}"#, "7"),
            ("$request.body.action", r#"{"action":true}"#, "true"),
            ("$request.body.action", r#"{"action":["a"]}"#, r#"["a"]"#),
            (
                "$request.body.action",
                r#"{"action":{"a":1}}"#,
                r#"{"a":1}"#,
            ),
            ("$request.body.action", "\"text\"", ""),
            ("$request.body.action", "[]", ""),
            // Evaluated once: what comes out is no expression.
            (
                "$request.body.action",
                r#"{"action":"$request.body.x","x":"y"}"#,
                "$request.body.x",
            ),
            (both, r#"{"action":"join","x":"y"}"#, "join-y"),
            (both, r#"{"action":"join"}"#, "join-"),
            ("$request.body.a.b", r#"{"a":{"b":"c"}}"#, "c"),
            ("$request.body.a[1].b", r#"{"a":[0,{"b":"c"}]}"#, "c"),
            ("$request.body", "\"whole\"", "whole"),
            ("\\$default", "{}", "$default"),
            ("v1/${request.body.action}", r#"{"action":"é"}"#, "v1/é"),
        ] {
            let selection = Selection::parse(expression).expect(expression);
            let key = selection.key(message);
            assert_eq!(key.as_deref(), Some(expected), "{expression} of {message}");
        }
    }
}
