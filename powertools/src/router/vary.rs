//! The header that says what an answer depends on.

use http::{HeaderMap, HeaderValue, header::VARY};

/// Adds a name to `Vary`: one header, each name once, whatever was there before.
pub(super) fn add(headers: &mut HeaderMap, name: &'static str) {
    let mut names: Vec<String> = Vec::new();
    for value in headers.get_all(VARY) {
        let value = String::from_utf8_lossy(value.as_bytes());
        names.extend(value.split(',').map(|known| known.trim().to_owned()));
    }
    names.retain(|known| !known.is_empty());
    let is_there = |known: &String| known == "*" || known.eq_ignore_ascii_case(name);
    if names.iter().any(is_there) {
        return;
    }
    names.push(name.to_owned());
    if let Ok(value) = HeaderValue::from_str(&names.join(", ")) {
        headers.insert(VARY, value);
    }
}
