//! What the environment decides, and what may change while the function lives.
//!
//! | variable | meaning | unless set |
//! | --- | --- | --- |
//! | `PING_ALLOW_LOOPBACK` | `true` lets this machine itself be fetched; for tests and local runs | `false` |
//! | `PING_ALLOWED_HOSTS` | hosts that may be fetched: `*`, or a list such as `example.com, *.example.org` | `*` |
//! | `PING_TOKEN` | sent within the user agent to the host that the caller names | none |
//! | `PING_ALLOWED_HOSTS_PARAMETER` | the SSM parameter that has the hosts instead | none |
//! | `PING_TOKEN_SECRET` | the secret in Secrets Manager that has the token instead | none |
//!
//! The hosts and the token are parameters: read at each fetch, and 5 s old at most. The last two variables
//! need the feature `aws`.

use std::{env, sync::Arc};

use powertools::{
    Error,
    parameters::{self, Decode, ErrorKind, Local, Parameters, Value},
};
use reqwest::header::HeaderValue;

use crate::{
    fetch::PRODUCT,
    guard::{AllowedHosts, Loopback},
};

/// What is read where nothing else is said.
const DEFAULTS: &str = include_str!("../parameters.toml");

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) loopback: Loopback,
    pub(crate) hosts: Setting,
    pub(crate) token: Setting,
}

/// A parameter, and where it is.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    parameters: Parameters,
    name: Arc<str>,
    is_local: bool,
}

impl Settings {
    /// What is wrong in the environment is told now; what is elsewhere is read when it is needed, so that
    /// nobody's outage keeps the function from starting.
    pub(crate) async fn from_env() -> Result<Self, Error> {
        let settings = Self::read(|name| env::var(name).ok().filter(|value| !value.is_empty()))?;
        if settings.hosts.is_local {
            settings.hosts.value::<AllowedHosts>().await?;
        }
        if settings.token.is_local {
            settings.token.value::<UserAgent>().await?;
        }
        Ok(settings)
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
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
        let mut settings = Self::local(Local::env("PING_").or_toml(DEFAULTS), loopback);
        if let Some(name) = variable("PING_ALLOWED_HOSTS_PARAMETER") {
            settings.hosts = Setting::in_ssm(&name)?;
        }
        if let Some(name) = variable("PING_TOKEN_SECRET") {
            settings.token = Setting::in_secrets_manager(&name)?;
        }
        Ok(settings)
    }

    /// Both from here: `allowed-hosts` and, if there is one, `token`.
    pub(crate) fn local(local: Local, loopback: Loopback) -> Self {
        let parameters = Parameters::new(local);
        Self {
            loopback,
            hosts: Setting::local(parameters.clone(), "allowed-hosts"),
            token: Setting::local(parameters, "token"),
        }
    }
}

impl Setting {
    fn local(parameters: Parameters, name: &str) -> Self {
        Self {
            parameters,
            name: name.into(),
            is_local: true,
        }
    }

    #[cfg(feature = "aws")]
    fn elsewhere(provider: impl parameters::Provider, name: &str) -> Self {
        Self {
            parameters: Parameters::new(provider),
            name: name.into(),
            is_local: false,
        }
    }

    #[cfg(feature = "aws")]
    fn in_ssm(name: &str) -> Result<Self, Error> {
        Ok(Self::elsewhere(parameters::Ssm::new(), name))
    }

    #[cfg(feature = "aws")]
    fn in_secrets_manager(name: &str) -> Result<Self, Error> {
        Ok(Self::elsewhere(parameters::SecretsManager::new(), name))
    }

    #[cfg(not(feature = "aws"))]
    fn in_ssm(_: &str) -> Result<Self, Error> {
        Err(
            "PING_ALLOWED_HOSTS_PARAMETER needs the feature `aws`: `cargo build -p ping -F aws`"
                .into(),
        )
    }

    #[cfg(not(feature = "aws"))]
    fn in_secrets_manager(_: &str) -> Result<Self, Error> {
        Err("PING_TOKEN_SECRET needs the feature `aws`: `cargo build -p ping -F aws`".into())
    }

    /// The value. What is elsewhere has to be there, since somebody named it.
    pub(crate) async fn value<T: Decode + Clone>(&self) -> Result<Option<T>, parameters::Error> {
        match self.parameters.get::<T>(&self.name).await {
            Ok(value) => Ok(Some(T::clone(&value))),
            Err(error) if error.kind() == ErrorKind::NotFound && self.is_local => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Hosts are no secret, so the error says which entry is none.
impl Decode for AllowedHosts {
    fn decode(name: &str, value: Value) -> Result<Self, parameters::Error> {
        let text = String::decode(name, value)?;
        text.parse().map_err(|error: crate::guard::InvalidHost| {
            parameters::Error::new(ErrorKind::Decode).remedy(error.to_string())
        })
    }
}

/// The `user-agent` that a token is sent in. It is as secret as the token, and prints as such.
#[derive(Clone, Debug)]
pub(crate) struct UserAgent(pub(crate) HeaderValue);

impl Decode for UserAgent {
    fn decode(name: &str, token: Value) -> Result<Self, parameters::Error> {
        let token = String::decode(name, token)?;
        let agent = HeaderValue::from_str(&format!("{PRODUCT} ({})", token.trim()));
        let mut agent = agent.map_err(|_| {
            let remedy = "it has characters that a header cannot carry";
            parameters::Error::new(ErrorKind::Decode).remedy(remedy)
        })?;
        agent.set_sensitive(true);
        Ok(Self(agent))
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
    }

    #[cfg(not(feature = "aws"))]
    #[test]
    fn what_needs_a_feature_says_so() {
        for name in ["PING_ALLOWED_HOSTS_PARAMETER", "PING_TOKEN_SECRET"] {
            let error = refused(name, "/ping/x");
            assert!(
                error.starts_with(&format!("{name} needs the feature `aws`")),
                "{error}"
            );
        }
    }

    #[tokio::test]
    async fn without_any_setting_loopback_is_refused_and_every_host_allowed() {
        let settings = Settings::local(Local::new().or_toml(DEFAULTS), Loopback::Refused);

        let hosts = settings.hosts.value::<AllowedHosts>().await.unwrap();
        assert_eq!(hosts, Some(AllowedHosts::Any));
        assert!(settings.token.value::<UserAgent>().await.unwrap().is_none());
        assert_eq!(
            Settings::read(|_| None).unwrap().loopback,
            Loopback::Refused
        );
    }

    #[tokio::test]
    async fn hosts_that_are_none_are_named_and_a_token_never_is() {
        let local = Local::new()
            .with("allowed-hosts", "https://example.com/")
            .with("token", "s3\ncret");
        let settings = Settings::local(local, Loopback::Refused);

        let hosts = settings.hosts.value::<AllowedHosts>().await.unwrap_err();
        let token = settings.token.value::<UserAgent>().await.unwrap_err();

        assert_eq!(
            hosts.to_string(),
            "parameter `allowed-hosts` of the local parameters is not of the type it is read as: \
             `https://example.com/` is not a host: write `example.com`, `*.example.com`, or `*` alone \
             for any host"
        );
        assert_eq!(
            token.to_string(),
            "parameter `token` of the local parameters is not of the type it is read as: it has \
             characters that a header cannot carry"
        );
        assert!(!format!("{token:?}").contains("cret"));
    }

    #[tokio::test]
    async fn a_token_is_in_the_user_agent_and_prints_as_a_secret() {
        let settings = Settings::local(Local::new().with("token", "s3cret\n"), Loopback::Refused);

        let agent = settings.token.value::<UserAgent>().await.unwrap().unwrap();

        assert_eq!(agent.0, format!("{PRODUCT} (s3cret)"));
        assert!(!format!("{agent:?}").contains("s3cret"), "{agent:?}");
    }
}
