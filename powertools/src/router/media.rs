//! Media types, compared as types and not as text.

use crate::event::Request;

/// The essence of a request's content type: `Application/JSON` of `Application/JSON; charset=utf-8`. A
/// request that declares two different types has none: front ends and programs would not agree on which one
/// counts.
pub(super) fn declared(request: &Request) -> Option<&str> {
    let mut types = request.headers().all("content-type").map(essence);
    let first = types.next()?;
    types
        .all(|other| other.eq_ignore_ascii_case(first))
        .then_some(first)
}

fn essence(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

/// `application/json`, or a type built on it such as `application/problem+json`.
pub(super) fn is_json(essence: &str) -> bool {
    let is_built_on_it = || {
        let (kind, name) = essence.split_once('/')?;
        let suffix = name.len().checked_sub("+json".len())?;
        let is_json = name.get(suffix..)?.eq_ignore_ascii_case("+json");
        Some(is_json && kind.eq_ignore_ascii_case("application"))
    };
    essence.eq_ignore_ascii_case("application/json") || is_built_on_it() == Some(true)
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
            assert_eq!(is_json(essence(value)), expected, "{value}");
        }
    }
}
