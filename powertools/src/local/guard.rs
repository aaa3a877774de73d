//! Who may ask: programs of this machine, and no page of another site.
//!
//! A page elsewhere can make its own name resolve to 127.0.0.1, but cannot make the browser send another
//! `Host`; and it may send a POST anywhere without asking, but not without saying who it is.

use http::{HeaderMap, StatusCode, Uri, header};

use crate::gateway::{self, Answer};

/// What a request gets that does not ask for this machine.
pub(super) fn stranger(uri: &Uri, headers: &HeaderMap, allowed: &[String]) -> Option<Answer> {
    let text = "the Host header does not name this machine; ask for localhost, or allow the name \
                with the setting `host`";
    let is_stranger = !asks_for_this_machine(uri, headers, allowed);
    is_stranger.then(|| gateway::message(StatusCode::FORBIDDEN, text))
}

/// Whether a request is for one of this machine's own names, or for one that was allowed.
fn asks_for_this_machine(uri: &Uri, headers: &HeaderMap, allowed: &[String]) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let is_ours = |host: &str| is_own_name(host, allowed);
    // A target may say the name as well, and servers are to believe it before the header.
    let target = uri.authority().map(|authority| is_ours(authority.as_str()));
    host.to_str().is_ok_and(is_ours) && target != Some(false)
}

/// Whether a page in a browser sent it.
pub(super) fn is_from_a_page(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    headers.contains_key(header::ORIGIN) || site.is_some_and(|site| site != "none")
}

/// Whether a page that connects is one of this machine, or was allowed. A browser lets any page open a
/// WebSocket anywhere and says only where the page is from; API Gateway does not look at it.
#[cfg(feature = "local-websocket")]
pub(super) fn may_connect(headers: &HeaderMap, allowed: &[String], hosts: &[String]) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = match (origins.next(), origins.next()) {
        // No page, or one of a browser that says nothing.
        (None, _) => return true,
        (Some(origin), None) => origin.to_str().unwrap_or_default(),
        (Some(_), Some(_)) => return false,
    };
    let is_allowed = |known: &String| known == "*" || known == origin;
    let name = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    allowed.iter().any(is_allowed) || name.is_some_and(|name| is_own_name(name, hosts))
}

fn is_own_name(host: &str, allowed: &[String]) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["localhost", "127.0.0.1", "[::1]"]
        .into_iter()
        .chain(allowed.iter().map(String::as_str))
        .any(|own| name.eq_ignore_ascii_case(own))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_names_of_this_machine_are_let_in() {
        let allowed = ["shop.test".to_owned()];
        for (host, expected) in [
            ("evil.example:9000", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example:9000", false),
            ("localhost:9000@evil.example", false),
            ("www.shop.test", false),
            ("", false),
            ("localhost", true),
            ("localhost:9000", true),
            ("LocalHost:1", true),
            ("127.0.0.1:9000", true),
            ("[::1]:9000", true),
            ("[::1]", true),
            ("shop.test:9000", true),
        ] {
            assert_eq!(is_own_name(host, &allowed), expected, "{host}");
        }
    }

    #[test]
    fn a_request_names_this_machine_once_and_only_this_machine() {
        let asks = |target: &str, hosts: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(header::HOST, HeaderValue::from_static(host));
            }
            let target: Uri = target.parse().expect("a target");
            asks_for_this_machine(&target, &headers, &[])
        };
        assert!(!asks("/", &[]));
        assert!(!asks("/", &["localhost", "evil.example"]));
        assert!(!asks("http://evil.example/", &["localhost"]));
        assert!(asks("http://localhost:9000/", &["localhost"]));
        assert!(asks("/", &["localhost"]));
    }

    #[cfg(feature = "local-websocket")]
    #[test]
    fn pages_of_this_machine_connect_and_others_only_if_they_are_allowed() {
        let may = |origins: &[&'static str], allowed: &[&str]| {
            let mut headers = HeaderMap::new();
            for origin in origins {
                headers.append(header::ORIGIN, HeaderValue::from_static(origin));
            }
            let allowed: Vec<_> = allowed.iter().map(|text| (*text).to_owned()).collect();
            may_connect(&headers, &allowed, &["shop.test".to_owned()])
        };
        assert!(!may(&["https://evil.example"], &[]));
        assert!(!may(&["http://localhost.evil.example"], &[]));
        assert!(!may(&["null"], &[]));
        assert!(!may(&["file://localhost"], &[]));
        assert!(!may(&["http://localhost", "https://evil.example"], &["*"]));
        assert!(!may(&["https://evil.example"], &["https://app.example"]));
        assert!(may(&[], &[]));
        assert!(may(&["http://localhost:3000"], &[]));
        assert!(may(&["http://127.0.0.1:9000"], &[]));
        assert!(may(&["https://shop.test"], &[]));
        assert!(may(&["https://app.example"], &["https://app.example"]));
        assert!(may(&["null"], &["*"]));
    }

    #[test]
    fn a_page_says_that_it_is_one() {
        let with = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            is_from_a_page(&headers)
        };
        assert!(with("origin", "https://evil.example"));
        assert!(with("origin", "null"));
        assert!(with("sec-fetch-site", "cross-site"));
        assert!(!with("sec-fetch-site", "none"));
        assert!(!with("user-agent", "aws-cli/2"));
    }
}
