//! Media types, compared as types and not as text.

use crate::event::Request;

/// The essence of a request's content type, in lower case: `application/json` of
/// `Application/JSON; charset=utf-8`. A request that declares two different types has none: front ends
/// and programs would not agree on which one counts.
pub(super) fn declared(request: &Request) -> Option<String> {
    let mut types = request.headers().all("content-type").map(essence);
    let first = types.next()?;
    types.all(|other| other == first).then_some(first)
}

fn essence(value: &str) -> String {
    let essence = value.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// `application/json`, or a type built on it such as `application/problem+json`.
pub(super) fn is_json(essence: &str) -> bool {
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_recognised_by_its_type_and_by_its_suffix() {
        for (value, expected) in [
            ("application/json", true),
            (" Application/JSON ; charset=utf-8", true),
            ("application/vnd.api+json", true),
            ("text/json", false),
            ("application/jsonp", false),
            ("application/x-www-form-urlencoded", false),
            ("text/plain; x=application/json", false),
            ("", false),
        ] {
            assert_eq!(is_json(&essence(value)), expected, "{value}");
        }
    }
}
