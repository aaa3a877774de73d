//! What must not be on a line: values by the names of their keys, and values that know it themselves.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

/// What stands in place of a value that is not told.
pub(super) const MARK: &str = "[redacted]";

/// Names whose values are not written, unless set otherwise: a key's name is one of these, or ends in
/// one of the longer ones, whatever its case and without `-` and `_`. `db_password`, `X-Api-Key` and
/// `clientSecret` are such keys; `next_token` and `secretary` are not.
pub(super) const NAMES: [&str; 27] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "secretkey",
    "secretaccesskey",
    "apikey",
    "privatekey",
    "authorization",
    "token",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "authtoken",
    "bearertoken",
    "csrftoken",
    "sessiontoken",
    "securitytoken",
    "cookie",
    "cookies",
    "credential",
    "credentials",
    "connectionstring",
    "creditcard",
    "cardnumber",
    "cvv",
];

/// Short names, which too many harmless words end in.
const WHOLE: [&str; 3] = ["token", "pwd", "cvv"];

/// Which keys' values are replaced by `[redacted]`, wherever on a line they are: fields, appended keys,
/// and within values that [`json`](super::json) and the logged event nest.
///
/// ```
/// use powertools::logger::Redaction;
///
/// let redaction = Redaction::default().name("iban").path("order.customer.email");
/// ```
///
/// It goes by names. What a message or an error's text says is the business of who writes it; values that
/// must never be told belong in a [`Secret`].
#[derive(Clone, Debug)]
pub struct Redaction {
    names: Vec<Name>,
    paths: Vec<Vec<String>>,
    /// How the names and the paths' first segments end, as bits: most keys need no closer look.
    tails: u128,
}

#[derive(Clone, Debug)]
struct Name {
    /// In lower case, without `-` and `_`.
    plain: String,
    is_whole: bool,
}

impl Default for Redaction {
    /// By [`NAMES`].
    fn default() -> Self {
        let mut redaction = Self::none();
        for name in NAMES {
            redaction.add(name, WHOLE.contains(&name));
        }
        redaction
    }
}

impl Redaction {
    /// Nothing but secrets that know it themselves.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            names: Vec::new(),
            paths: Vec::new(),
            tails: 0,
        }
    }

    /// Also keys of this name, at any depth; whatever their case, and without `-` and `_`.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.add(name, true);
        self
    }

    /// Also what is at this path, from the key of a line on: `order.customer.email`. Lists are looked
    /// into as if each item stood in their place. Names are compared as they are written.
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        self.tails |= path.first().map_or(0, |first| tail(first));
        self.paths.push(path);
        self
    }

    fn add(&mut self, name: &str, is_whole: bool) {
        let plain: String = plain(name).map(char::from).collect();
        self.tails |= tail(&plain);
        self.names.push(Name { plain, is_whole });
    }

    /// Whether the whole value of this key is not to be told.
    pub(super) fn covers(&self, key: &str) -> bool {
        self.tails & tail(key) != 0
            && (self.has(key)
                || self
                    .paths
                    .iter()
                    .any(|path| path.len() == 1 && path[0] == key))
    }

    fn covers_name(&self, key: &str) -> bool {
        self.tails & tail(key) != 0 && self.has(key)
    }

    fn has(&self, key: &str) -> bool {
        self.names.iter().any(|name| {
            let mut key = plain(key).rev();
            let ends = name
                .plain
                .bytes()
                .rev()
                .all(|byte| key.next() == Some(byte));
            ends && (!name.is_whole || key.next().is_none())
        })
    }

    /// A nested value without what is not to be told.
    pub(super) fn nested(&self, key: &str, json: String) -> String {
        if self.names.is_empty() && self.paths.is_empty() {
            return json;
        }
        if !json.starts_with(['{', '[']) {
            return json;
        }
        let Ok(mut value) = serde_json::from_str::<Value>(&json) else {
            return json;
        };
        if self.clean(&mut value, &mut vec![key]) {
            super::value::to_json(&value)
        } else {
            // As it was: parsing sorts keys.
            json
        }
    }

    /// Marks what is not to be told; whether there was any of it.
    fn clean<'v>(&self, value: &'v mut Value, path: &mut Vec<&'v str>) -> bool {
        let mut any = false;
        match value {
            Value::Object(entries) => {
                for (key, value) in entries {
                    path.push(key);
                    if self.covers_name(key) || self.paths.iter().any(|hidden| *hidden == *path) {
                        *value = Value::from(MARK);
                        any = true;
                    } else {
                        any |= self.clean(value, path);
                    }
                    path.pop();
                }
            }
            Value::Array(items) => {
                for item in items {
                    any |= self.clean(item, path);
                }
            }
            _ => {}
        }
        any
    }

    /// An event as it may be logged: nested JSON and forms within texts are looked into as well, because
    /// that is how front ends pass bodies and queries on.
    pub(super) fn event(&self, event: &str) -> String {
        let Ok(mut event) = serde_json::from_str::<Value>(event) else {
            return super::value::to_json(event);
        };
        self.clean(&mut event, &mut vec!["event"]);
        if event["isBase64Encoded"] == true
            && let Some(body) = event.get_mut("body")
            && let Some(text) = body.as_str()
        {
            let note = format!("[base64, {} characters]", text.len());
            *body = note.into();
        }
        self.clean_texts(&mut event);
        super::value::to_json(&event)
    }

    fn clean_texts(&self, value: &mut Value) {
        match value {
            Value::Object(entries) => entries
                .values_mut()
                .for_each(|value| self.clean_texts(value)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.clean_texts(item)),
            Value::String(text) => {
                if let Some(clean) = self.clean_text(text) {
                    *text = clean;
                }
            }
            _ => {}
        }
    }

    /// A text that holds what is not to be told, without it.
    fn clean_text(&self, text: &str) -> Option<String> {
        if text.trim_start().starts_with(['{', '[']) {
            let mut nested = serde_json::from_str::<Value>(text).ok()?;
            return self
                .clean(&mut nested, &mut Vec::new())
                .then(|| super::value::to_json(&nested));
        }
        let is_hidden = |pair: &str| pair.split_once('=').is_some_and(|(name, _)| self.has(name));
        let ends = ['&', ';', '?'];
        text.split(ends)
            .any(|pair| is_hidden(pair.trim()))
            .then(|| {
                let mut clean = String::with_capacity(text.len());
                for part in text.split_inclusive(ends) {
                    let (pair, end) = match part.strip_suffix(ends) {
                        Some(pair) => (pair, &part[pair.len()..]),
                        None => (part, ""),
                    };
                    match pair.split_once('=') {
                        Some((name, _)) if self.has(name.trim()) => {
                            clean.push_str(name);
                            clean.push('=');
                            clean.push_str(MARK);
                        }
                        _ => clean.push_str(pair),
                    }
                    clean.push_str(end);
                }
                clean
            })
    }
}

/// The bytes of a name, in lower case, without what words are joined by.
fn plain(name: &str) -> impl DoubleEndedIterator<Item = u8> + '_ {
    let bytes = name.bytes().filter(|byte| !matches!(byte, b'-' | b'_'));
    bytes.map(|byte| byte.to_ascii_lowercase())
}

/// A bit for the last two bytes of a name.
fn tail(name: &str) -> u128 {
    let mut bytes = plain(name).rev();
    let (last, before) = (bytes.next(), bytes.next());
    let mixed = last.unwrap_or_default() ^ before.unwrap_or_default().wrapping_mul(37);
    1 << (mixed & 0x7f)
}

/// A value that is never told: its `Debug`, `Display` and `Serialize` write `[redacted]`.
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

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_covered_however_they_are_written() {
        let redaction = Redaction::default().name("IBAN");
        for key in [
            "password",
            "Password",
            "db_password",
            "dbPassword",
            "X-Api-Key",
            "x-amz-security-token",
            "client_secret",
            "aws_secret_access_key",
            "set-cookie",
            "Proxy-Authorization",
            "token",
            "iban",
        ] {
            assert!(redaction.covers(key), "{key}");
        }
        for key in [
            "next_token",
            "tokens",
            "secretary",
            "passwords_tried",
            "my_iban",
            "key",
            "",
        ] {
            assert!(!redaction.covers(key), "{key}");
        }
        assert!(!Redaction::none().covers("password"));
    }

    #[test]
    fn paths_lead_into_nested_values_and_lists() {
        let redaction = Redaction::none().path("order.lines.note").path("user");
        assert!(redaction.covers("user"));
        let json = r#"{"note":1,"lines":[{"note":"x","id":1},{"id":2}]}"#.to_owned();
        assert_eq!(
            redaction.nested("order", json),
            r#"{"lines":[{"id":1,"note":"[redacted]"},{"id":2}],"note":1}"#
        );
        let json = r#"{"lines":[{"note":"x"}]}"#.to_owned();
        assert_eq!(redaction.nested("other", json.clone()), json);
    }

    #[test]
    fn an_event_is_cleaned_in_its_texts_too() {
        let redaction = Redaction::default();
        let event = r#"{"headers":{"Authorization":"Bearer x","accept":"a=b; c=d"},
            "cookies":["a=b"],"rawQueryString":"q=1&api_key=x&b=2",
            "body":"{\"password\":\"x\",\"user\":\"ann\"}"}"#;
        let clean: Value = serde_json::from_str(&redaction.event(event)).unwrap();
        assert_eq!(clean["headers"]["Authorization"], MARK);
        assert_eq!(clean["headers"]["accept"], "a=b; c=d");
        assert_eq!(clean["cookies"], MARK);
        assert_eq!(clean["rawQueryString"], "q=1&api_key=[redacted]&b=2");
        assert_eq!(clean["body"], r#"{"password":"[redacted]","user":"ann"}"#);
        let event = r#"{"body":"cGFzc3dvcmQ9eA==","isBase64Encoded":true}"#;
        let clean: Value = serde_json::from_str(&redaction.event(event)).unwrap();
        assert_eq!(clean["body"], "[base64, 16 characters]");
        assert_eq!(redaction.event("no \"json"), r#""no \"json""#);
    }

    #[test]
    fn a_secret_is_told_to_nobody() {
        let secret = Secret::from(7);
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"[redacted]\"");
        assert_eq!(secret.into_inner(), 7);
    }
}
