//! Where the connections of an API are.

use std::fmt;

use http::{Uri, uri::Authority};

use super::ConnectionsError;
use crate::event::is_host_of;

/// An address that requests can be sent to.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    url: String,
    is_local: bool,
}

impl Endpoint {
    /// That of the API which an event came from, by its domain and stage.
    pub(super) fn of(domain: &str, stage: &str) -> Result<Self, ConnectionsError> {
        // Of these texts an address is made: neither may be more than it says.
        let authority: Authority = domain.parse().map_err(|_| unusable(domain))?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-$".contains(&byte);
        if domain.contains('@') || !stage.bytes().all(is_plain) {
            return Err(unusable(domain));
        }
        if is_loopback(authority.host()) {
            // On Lambda, what listens there is the Runtime API.
            if crate::env::runtime_api().is_some() {
                return Err(unusable(domain));
            }
            return Self::parse(&format!("http://{domain}"));
        }
        // A domain of one's own leads to a stage by itself.
        if is_host_of(domain, "execute-api.") && !stage.is_empty() {
            return Self::parse(&format!("https://{domain}/{stage}"));
        }
        Self::parse(&format!("https://{domain}"))
    }

    /// The one that somebody wrote.
    pub(super) fn parse(url: &str) -> Result<Self, ConnectionsError> {
        let parsed: Uri = url.parse().map_err(|_| unusable(url))?;
        let scheme = parsed.scheme_str().unwrap_or_default();
        let host = parsed.host().unwrap_or_default();
        if !["http", "https"].contains(&scheme) || host.is_empty() || parsed.query().is_some() {
            return Err(unusable(url));
        }
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            is_local: is_loopback(host) && scheme == "http",
        })
    }

    /// That of a client of the application's, which knows it.
    pub(super) fn of_client() -> Self {
        Self {
            url: "the client's own".to_owned(),
            is_local: false,
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Whether the local gateway is there, or a test's server, which want neither region nor credentials.
    pub(super) const fn is_local(&self) -> bool {
        self.is_local
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.url)
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<std::net::IpAddr> = address.parse().ok();
    host.eq_ignore_ascii_case("localhost") || address.is_some_and(|address| address.is_loopback())
}

fn unusable(url: &str) -> ConnectionsError {
    ConnectionsError::Endpoint {
        url: url.chars().take(200).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(domain: &str, stage: &str) -> Option<String> {
        Endpoint::of(domain, stage)
            .ok()
            .map(|endpoint| endpoint.url)
    }

    #[test]
    fn what_makes_no_address_is_refused() {
        for (domain, stage) in [
            ("", "prod"),
            (" ", "prod"),
            ("a b", "prod"),
            ("user@api.example", "prod"),
            ("api.example/other", "prod"),
            ("api.example?x", "prod"),
            ("api.example#x", "prod"),
            ("api.example:x:y", "prod"),
            ("a.execute-api.b", "../other"),
            ("a.execute-api.b", "a/b"),
            ("a.execute-api.b", "%2e"),
            ("a.execute-api.b", "a?b"),
        ] {
            assert_eq!(of(domain, stage), None, "{domain} {stage}");
        }
        for url in [
            "",
            "api.example",
            "ftp://api.example",
            "https://",
            "https:///x",
            "https://a/?b",
        ] {
            let error = Endpoint::parse(url).unwrap_err();
            let expected = ConnectionsError::Endpoint {
                url: url.to_owned(),
            };
            assert_eq!(error, expected, "{url}");
        }
    }

    #[test]
    fn an_api_gateway_domain_has_the_stage_and_no_other() {
        let own = "a1b2.execute-api.eu-west-1.amazonaws.com";
        for (domain, stage, url) in [
            (
                own,
                "prod",
                Some("https://a1b2.execute-api.eu-west-1.amazonaws.com/prod"),
            ),
            (
                own,
                "",
                Some("https://a1b2.execute-api.eu-west-1.amazonaws.com"),
            ),
            ("ws.example", "prod", Some("https://ws.example")),
            ("localhost:9000", "local", Some("http://localhost:9000")),
            ("127.0.0.1:9000", "local", Some("http://127.0.0.1:9000")),
            ("[::1]:9000", "local", Some("http://[::1]:9000")),
            (
                "localhost.example",
                "local",
                Some("https://localhost.example"),
            ),
        ] {
            assert_eq!(of(domain, stage).as_deref(), url, "{domain} {stage}");
        }
    }

    #[test]
    fn only_this_machine_without_tls_is_local() {
        for (url, is_local) in [
            ("http://localhost:9000", true),
            ("http://127.0.0.1:9000/", true),
            ("http://[::1]:9000/prod", true),
            ("https://localhost:9000", false),
            ("http://192.0.2.1:9000", false),
            ("https://ws.example/base/", false),
        ] {
            let endpoint = Endpoint::parse(url).expect(url);
            assert_eq!(endpoint.is_local(), is_local, "{url}");
            assert!(!endpoint.url().ends_with('/'), "{url}");
        }
    }
}
