//! What the environment decides.
//!
//! | variable | meaning | unless set |
//! | --- | --- | --- |
//! | `PING_ALLOWED_HOSTS` | hosts that may be fetched: `*`, or a list such as `example.com, *.example.org` | `*` |
//! | `PING_ALLOW_LOOPBACK` | `true` lets this machine itself be fetched; for tests and local runs | `false` |
//! | `PING_TOKEN` | sent within the user agent to the host that the caller names | none |

use std::env;

use powertools::Error;

use crate::{
    fetch,
    guard::{AllowedHosts, Loopback, Policy},
};

#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) hosts: AllowedHosts,
    pub(crate) loopback: Loopback,
    pub(crate) token: Option<String>,
}

impl Settings {
    pub(crate) fn from_env() -> Result<Self, Error> {
        Self::read(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let hosts = match variable("PING_ALLOWED_HOSTS") {
            None => AllowedHosts::Any,
            Some(list) => list
                .parse()
                .map_err(|error| format!("PING_ALLOWED_HOSTS: {error}"))?,
        };
        let loopback = match variable("PING_ALLOW_LOOPBACK").as_deref() {
            None | Some("false") => Loopback::Refused,
            Some("true") => Loopback::Allowed,
            Some(other) => {
                return Err(format!(
                    "PING_ALLOW_LOOPBACK is `{other}`, but it is either `true` or `false`"
                )
                .into());
            }
        };
        Ok(Self {
            hosts,
            loopback,
            token: variable("PING_TOKEN"),
        })
    }
}

impl From<Settings> for fetch::Settings {
    fn from(settings: Settings) -> Self {
        let agent = |token| format!("ping/{} ({token})", env!("CARGO_PKG_VERSION"));
        Self {
            policy: Policy {
                hosts: settings.hosts,
                loopback: settings.loopback,
            },
            user_agent: settings.token.map(agent),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &'static str, value: &'static str) -> String {
        let read = Settings::read(|asked| (asked == name).then(|| value.to_owned()));
        read.err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn a_setting_that_is_none_is_named() {
        assert_eq!(
            refused("PING_ALLOW_LOOPBACK", "yes"),
            "PING_ALLOW_LOOPBACK is `yes`, but it is either `true` or `false`"
        );
        let hosts = refused("PING_ALLOWED_HOSTS", "https://example.com/");
        assert!(
            hosts.starts_with("PING_ALLOWED_HOSTS: `https://example.com/`"),
            "{hosts}"
        );
    }

    #[test]
    fn without_any_setting_loopback_is_refused_and_every_host_allowed() {
        let settings = Settings::read(|_| None).unwrap();

        assert_eq!(settings.loopback, Loopback::Refused);
        assert_eq!(settings.hosts, AllowedHosts::Any);
        assert_eq!(settings.token, None);
    }
}
