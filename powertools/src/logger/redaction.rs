//! What must not be on a line: values by the names of their keys, and values that know it themselves.

use std::fmt;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::{cut, write};

/// What stands in place of a value that is not told.
pub(super) const MARK: &str = "[redacted]";

/// Keys whose names have one of these in them.
const WITHIN: [&str; 3] = ["password", "passwd", "passphrase"];

/// Keys whose names end in one of these.
const ENDS: [&str; 16] = [
    "secret",
    "secretkey",
    "secretaccesskey",
    "apikey",
    "privatekey",
    "authorization",
    "token",
    "jwt",
    "cookie",
    "cookies",
    "credential",
    "credentials",
    "connectionstring",
    "creditcard",
    "cardnumber",
    "signature",
];

/// Keys of exactly these names.
const WHOLE: [&str; 3] = ["pwd", "cvv", "identitysource"];

/// Ends in one of the above, and is no secret.
const HARMLESS: [&str; 5] = [
    "nexttoken",
    "pagetoken",
    "paginationtoken",
    "continuationtoken",
    "idempotencytoken",
];

/// Which keys' values are replaced by `[redacted]`, wherever on a line they are: fields, appended keys,
/// and within values that [`json`](super::json) and the logged event nest.
///
/// ```
/// use powertools::logger::Redaction;
///
/// let redaction = Redaction::default()
///     .name("iban")
///     .path("order.customer.email")
///     .path("event.body.customer.email"); // within the body of a logged event
/// ```
///
/// It goes by names. What a message or an error's text says is the business of who writes it, and so is the
/// `Debug` text of a struct; values that must never be told belong in a [`Secret`].
#[derive(Clone, Debug)]
pub struct Redaction {
    is_by_default: bool,
    /// In lower case, without `-` and `_`.
    names: Vec<String>,
    paths: Vec<Vec<String>>,
}

impl Default for Redaction {
    /// Keys whose names have `password`, `passwd` or `passphrase` in them; that end in `secret`,
    /// `secret_key`, `secret_access_key`, `api_key`, `private_key`, `authorization`, `token`, `jwt`,
    /// `cookie`, `credentials`, `connection_string`, `credit_card`, `card_number` or `signature`; and `pwd`,
    /// `cvv` and an authorizer's `identitySource`. Not the tokens of pages and of idempotency. Case, `-` and
    /// `_` make no difference, and of `user.token` and `user[token]` the last part counts.
    fn default() -> Self {
        Self {
            is_by_default: true,
            ..Self::none()
        }
    }
}

/// How much of what a value holds is looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Depth {
    /// Its keys.
    Keys,
    /// JSON and forms within its texts as well.
    Texts,
}

/// What is nested deeper than this is not told.
const DEEPEST: usize = 64;

impl Redaction {
    /// Nothing but secrets that know it themselves.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            is_by_default: false,
            names: Vec::new(),
            paths: Vec::new(),
        }
    }

    /// Also keys of this name, at any depth; whatever their case, and without `-` and `_`.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.names.push(plain(name));
        self
    }

    /// Also what is at this path, from the key of a line on: `order.customer.email`. Lists are looked
    /// into as if each item stood in their place. Names are compared as they are written.
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        self.paths
            .push(path.split('.').map(str::to_owned).collect());
        self
    }

    const fn is_none(&self) -> bool {
        !self.is_by_default && self.names.is_empty() && self.paths.is_empty()
    }

    /// Whether the whole value of this key of a line is not to be told.
    pub(super) fn covers(&self, key: &str) -> bool {
        let is_path = |path: &Vec<String>| key.split('.').eq(path.iter().map(String::as_str));
        self.has(key) || self.paths.iter().any(is_path)
    }

    fn has(&self, name: &str) -> bool {
        let last = name.split(['.', '[', ']']).rfind(|part| !part.is_empty());
        let name = plain(last.unwrap_or_default());
        let is_secret = || {
            let has = |known: &&str| name.contains(*known);
            let ends = |known: &&str| name.ends_with(*known);
            (WITHIN.iter().any(has) || ENDS.iter().any(ends) || WHOLE.contains(&&*name))
                && !HARMLESS.contains(&&*name)
        };
        self.is_by_default && is_secret() || self.names.contains(&name)
    }

    /// A nested value without what is not to be told.
    pub(super) fn nested(&self, key: &str, json: &str) -> Vec<u8> {
        self.cleaned(key, json, Depth::Keys)
    }

    /// An event as it may be logged: JSON and forms within its texts are looked into as well, because that
    /// is how front ends pass bodies and queries on. A body that is neither is not told.
    pub(super) fn event(&self, event: &str) -> Vec<u8> {
        self.cleaned("event", event, Depth::Texts)
    }

    fn cleaned(&self, key: &str, json: &str, depth: Depth) -> Vec<u8> {
        let mut cleaning = Cleaning {
            redaction: self,
            out: Vec::with_capacity(json.len()),
            path: vec![key.to_owned()],
            depth,
            level: 0,
        };
        if serde_json::from_str::<&RawValue>(json).is_ok() {
            cleaning.value(json);
        } else {
            cleaning.untold("", json);
        }
        cleaning.out
    }
}

/// Writes JSON anew without what is not to be told: keys in their order, numbers as they are. What cannot be
/// looked into is not told either.
struct Cleaning<'r> {
    redaction: &'r Redaction,
    out: Vec<u8>,
    path: Vec<String>,
    depth: Depth,
    level: usize,
}

impl Cleaning<'_> {
    fn value(&mut self, json: &str) {
        let json = json.trim();
        self.level += 1;
        match json.as_bytes().first() {
            Some(b'{' | b'[') if self.level > DEEPEST => self.untold("", json),
            Some(b'{') => match cut::object(json) {
                Some(entries) => self.object(&entries),
                None => self.untold("", json),
            },
            Some(b'[') => match serde_json::from_str::<Vec<&RawValue>>(json) {
                Ok(items) => self.list(&items),
                Err(_) => self.untold("", json),
            },
            Some(b'"') if self.depth == Depth::Texts && !self.redaction.is_none() => {
                match serde_json::from_str::<String>(json) {
                    Ok(text) => self.text(&text),
                    Err(_) => self.untold("", json),
                }
            }
            _ => write::json(&mut self.out, json),
        }
        self.level -= 1;
    }

    fn list(&mut self, items: &[&RawValue]) {
        self.out.push(b'[');
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                self.out.push(b',');
            }
            self.value(item.get());
        }
        self.out.push(b']');
    }

    fn object(&mut self, entries: &[(String, &RawValue)]) {
        let text = |name: &str| {
            let found = entries.iter().find(|(key, _)| key == name);
            found.and_then(|(_, value)| serde_json::from_str::<String>(value.get()).ok())
        };
        // Headers are also written as a list of names and values.
        let named = text("name").or_else(|| text("key"));
        let hides_value = named.is_some_and(|name| self.redaction.has(&name));
        let is_base64 = ["isBase64Encoded", "is_base64_encoded"].iter().any(|flag| {
            entries
                .iter()
                .any(|(key, value)| key == flag && value.get() == "true")
        });
        self.out.push(b'{');
        for (place, (key, value)) in entries.iter().enumerate() {
            if place > 0 {
                self.out.push(b',');
            }
            write::text(&mut self.out, key);
            self.out.push(b':');
            self.path.push(key.clone());
            let is_hidden = self.redaction.has(key)
                || hides_value && key.eq_ignore_ascii_case("value")
                || self.redaction.paths.contains(&self.path);
            if is_hidden {
                write::text(&mut self.out, MARK);
            } else if self.depth == Depth::Texts && key == "body" && value.get().starts_with('"') {
                self.body(value.get(), is_base64);
            } else {
                self.value(value.get());
            }
            self.path.pop();
        }
        self.out.push(b'}');
    }

    /// The body of a request, which is told if it can be looked into.
    fn body(&mut self, json: &str, is_base64: bool) {
        match serde_json::from_str::<String>(json) {
            _ if self.redaction.is_none() => write::json(&mut self.out, json),
            Ok(text) if is_base64 => self.untold("base64, ", &text),
            Ok(text) if is_json(&text) || is_form(&text) => self.text(&text),
            _ => self.untold("", json),
        }
    }

    /// A text that may be JSON, or pairs as a form, a query or a cookie writes them.
    fn text(&mut self, text: &str) {
        if is_json(text) {
            let out = std::mem::take(&mut self.out);
            self.value(text);
            let nested = std::mem::replace(&mut self.out, out);
            return write::text(&mut self.out, &String::from_utf8_lossy(&nested));
        }
        let ends = ['&', ';', '?', ' '];
        let mut clean = String::with_capacity(text.len());
        for part in text.split_inclusive(ends) {
            let pair = part.strip_suffix(ends).unwrap_or(part);
            match pair.split_once('=') {
                Some((name, _))
                    if self
                        .redaction
                        .has(&percent_decode_str(name).decode_utf8_lossy()) =>
                {
                    clean.push_str(name);
                    clean.push('=');
                    clean.push_str(MARK);
                }
                _ => clean.push_str(pair),
            }
            clean.push_str(&part[pair.len()..]);
        }
        write::text(&mut self.out, &clean);
    }

    fn untold(&mut self, what: &str, text: &str) {
        let note = format!("[{what}{} bytes]", text.len());
        write::text(&mut self.out, &note);
    }
}

fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<&RawValue>(text).is_ok()
}

/// Whether it is pairs, as a form or a query writes them.
fn is_form(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~*!'()%+&=[]".contains(&byte);
    text.bytes().all(is_plain) && (text.is_empty() || text.contains('='))
}

/// A name in lower case, without what words are joined by.
fn plain(name: &str) -> String {
    let characters = name
        .chars()
        .filter(|character| !matches!(character, '-' | '_'));
    characters
        .map(|character| character.to_ascii_lowercase())
        .collect()
}

/// A value that is never told: its `Debug`, `Display` and `Serialize` write `[redacted]`. It can be read from
/// a configuration as the value itself.
///
/// ```
/// use powertools::logger::Secret;
///
/// let token = Secret::new("abc".to_owned());
/// assert_eq!(format!("{token} {token:?}"), "[redacted] [redacted]");
/// assert_eq!(token.expose(), "abc");
/// ```
#[derive(Clone, Default)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for who needs it.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself.
    pub fn into_inner(self) -> T {
        self.0
    }

    /// The value, for who overwrites it.
    #[cfg(feature = "parameters")]
    pub(crate) const fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MARK)
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MARK)
    }
}

impl<T> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MARK)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn event(redaction: &Redaction, event: &str) -> String {
        String::from_utf8(redaction.event(event)).unwrap()
    }

    #[test]
    fn names_are_covered_however_they_are_written() {
        let redaction = Redaction::default().name("IBAN");
        for key in [
            "password",
            "Password",
            "db_password",
            "dbPassword",
            "password_confirmation",
            "X-Api-Key",
            "x-amz-security-token",
            "X-Amz-Signature",
            "authorizationToken",
            "client_secret",
            "aws_secret_access_key",
            "set-cookie",
            "Proxy-Authorization",
            "token",
            "github_token",
            "user.token",
            "user[password]",
            "card.cvv",
            "iban",
            "customer.iban",
        ] {
            assert!(redaction.covers(key), "{key}");
        }
        for key in [
            "next_token",
            "tokens",
            "secretary",
            "my_iban",
            "key",
            "",
            "token.kind",
        ] {
            assert!(!redaction.covers(key), "{key}");
        }
        assert!(!Redaction::none().covers("password"));
        assert!(Redaction::none().path("order.email").covers("order.email"));
    }

    #[test]
    fn nested_values_are_written_as_they_are_but_for_what_is_hidden() {
        let redaction = Redaction::none().path("order.lines.note").name("pin");
        let json = r#"{"note":1,"lines":[{"note":"x","id":1e999},[{"note":[2]}]],"PIN":{"a":1},"a":{"pin":1},"a":1}"#;
        assert_eq!(
            String::from_utf8(redaction.nested("order", json)).unwrap(),
            r#"{"note":1,"lines":[{"note":"[redacted]","id":1e999},[{"note":"[redacted]"}]],"PIN":"[redacted]","a":{"pin":"[redacted]"},"a":1}"#
        );
        let json = "{\n \"lines\": [ {\"note\": \"x\"} ]}";
        let clean = redaction.nested("other", json);
        assert_eq!(clean, br#"{"lines":[{"note":"x"}]}"#);
    }

    #[test]
    fn what_cannot_be_looked_into_is_not_told() {
        let redaction = Redaction::default();
        let deep = format!(
            "{}{{\"password\":\"LEAK\"}}{}",
            "[".repeat(100),
            "]".repeat(100)
        );
        for json in [&*deep, r#"{"\ud800":1,"password":"LEAK"}"#] {
            let clean = String::from_utf8(redaction.nested("a", json)).unwrap();
            assert!(!clean.contains("LEAK"), "{clean}");
            assert!(clean.contains(" bytes]"), "{clean}");
        }
        assert_eq!(event(&redaction, "no json"), r#""[7 bytes]""#);
    }

    #[test]
    fn an_event_is_cleaned_in_its_texts_too() {
        let redaction = Redaction::default();
        for (given, expected) in [
            (
                r#"{"headers":{"Authorization":"Bearer x","accept":"a=b; c=d"},"cookies":["a=b"]}"#,
                r#"{"headers":{"Authorization":"[redacted]","accept":"a=b; c=d"},"cookies":"[redacted]"}"#,
            ),
            (
                r#"{"rawQueryString":"q=1&api%5Fkey=x&user[password]=y&b=2","n":1e999}"#,
                r#"{"rawQueryString":"q=1&api%5Fkey=[redacted]&user[password]=[redacted]&b=2","n":1e999}"#,
            ),
            (
                r#"{"body":"{\"password\":\"x\",\"user\":\"ann\"}"}"#,
                r#"{"body":"{\"password\":\"[redacted]\",\"user\":\"ann\"}"}"#,
            ),
            (
                r#"{"Records":[{"body":"{\"Message\":\"{\\\"password\\\":1}\"}"}]}"#,
                r#"{"Records":[{"body":"{\"Message\":\"{\\\"password\\\":\\\"[redacted]\\\"}\"}"}]}"#,
            ),
            (
                r#"{"body":"cGFzc3dvcmQ9eA==","isBase64Encoded":true}"#,
                r#"{"body":"[base64, 16 bytes]","isBase64Encoded":true}"#,
            ),
            (
                r#"{"is_base64_encoded":true,"body":"e30="}"#,
                r#"{"is_base64_encoded":true,"body":"[base64, 4 bytes]"}"#,
            ),
            (
                r#"{"body":"{\"password\":\"x\""}"#,
                r#"{"body":"[21 bytes]"}"#,
            ),
            (
                r#"{"body":"<password>x</password>"}"#,
                r#"{"body":"[24 bytes]"}"#,
            ),
            (
                r#"{"body":"user=ann&%70assword=x"}"#,
                r#"{"body":"user=ann&%70assword=[redacted]"}"#,
            ),
            (
                r#"{"h":[{"key":"Authorization","value":"x"},{"name":"a","value":"b"}]}"#,
                r#"{"h":[{"key":"Authorization","value":"[redacted]"},{"name":"a","value":"b"}]}"#,
            ),
            (
                r#"{"authorizationToken":"Bearer x","type":"TOKEN"}"#,
                r#"{"authorizationToken":"[redacted]","type":"TOKEN"}"#,
            ),
            (r#"{"body":"","n":null}"#, r#"{"body":"","n":null}"#),
        ] {
            assert_eq!(event(&redaction, given), expected);
            assert!(serde_json::from_str::<Value>(expected).is_ok() || expected.contains("1e999"));
        }
        let redaction = Redaction::none().path("event.body.customer.email");
        let given = r#"{"body":"{\"customer\":{\"email\":\"x\"}}"}"#;
        let expected = r#"{"body":"{\"customer\":{\"email\":\"[redacted]\"}}"}"#;
        assert_eq!(event(&redaction, given), expected);
        let plain = r#"{"body":"<a>","password":1}"#;
        assert_eq!(event(&Redaction::none(), plain), plain);
    }

    #[test]
    fn a_secret_is_told_to_nobody() {
        let secret = Secret::from(7);
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"[redacted]\"");
        assert_eq!(secret.into_inner(), 7);
        let read: Secret<u8> = serde_json::from_str("7").unwrap();
        assert_eq!(*read.expose(), 7);
    }
}
