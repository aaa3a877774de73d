//! Who may ask: programs of this machine, and no page of another site.
//!
//! A page elsewhere can make its own name resolve to 127.0.0.1, but cannot make the browser send another
//! `Host`; and it may send a POST anywhere without asking, but not without saying who it is.

use http::{HeaderMap, Uri, header};

/// Whether a request is for one of this machine's own names, or for one that was allowed.
pub(super) fn asks_for_this_machine(uri: &Uri, headers: &HeaderMap, allowed: &[String]) -> bool {
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
