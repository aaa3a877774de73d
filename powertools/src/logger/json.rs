//! Field values as JSON, always valid, whatever they hold.

use std::fmt;

use tracing_core::field::{Field, Visit};

use crate::causes::chain;

/// Keys with their values as JSON text; the last value of a key wins.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(&'static str, String)>);

impl Fields {
    pub(super) fn set(&mut self, key: &'static str, json: String) {
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, value)) => *value = json,
            None => self.0.push((key, json)),
        }
    }

    pub(super) fn take(&mut self, key: &str) -> Option<String> {
        let place = self.0.iter().position(|(known, _)| *known == key)?;
        Some(self.0.remove(place).1)
    }

    /// Takes over all keys of `other`, whose values win.
    pub(super) fn extend(&mut self, other: &Self) {
        for (key, json) in &other.0 {
            self.set(key, json.clone());
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(key, json)| (*key, &**json))
    }
}

/// Text as JSON: quoted, and escaped wherever a terminal or viewer might take it for more than text.
///
/// JSON itself asks for the control characters below a space only. Beyond them there are DEL and the C1
/// set, which terminals obey as well, line separators, and marks that turn the direction of writing.
pub(super) fn text(text: &str) -> String {
    let json = serde_json::to_string(text).expect("text always serialises");
    if !json.contains(is_deceptive) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if is_deceptive(character) {
            escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// All of these are in the basic plane, so one escape each does.
const fn is_deceptive(character: char) -> bool {
    matches!(
        character,
        '\u{7f}'..='\u{9f}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no NaN and no infinity; their names as text lose nothing.
        let json = if value.is_finite() {
            value.to_string()
        } else {
            text(&value.to_string())
        };
        self.set(field.name(), json);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field.name(), value.to_string());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field.name(), value.to_string());
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.set(field.name(), value.to_string());
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.set(field.name(), value.to_string());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field.name(), value.to_string());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field.name(), text(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.set(field.name(), text(&chain(value)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field.name(), text(&format!("{value:?}")));
    }
}
