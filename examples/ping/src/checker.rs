//! Fetches by the settings of the moment.

use crate::{
    fetch::{self, FetchError, Fetched, Fetcher},
    guard::{AllowedHosts, Policy},
    settings::{Settings, UserAgent},
};

/// What the handlers have: a fetcher, and where its hosts and its token come from. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Checker {
    settings: Settings,
    fetcher: Fetcher,
}

impl Checker {
    pub(crate) fn new(settings: Settings) -> Self {
        let fetcher = Fetcher::new(fetch::Settings {
            policy: Policy {
                loopback: settings.loopback,
                // Until the list has been read, nothing may be fetched.
                hosts: AllowedHosts::Only(Vec::new()),
            },
            ..fetch::Settings::default()
        });
        Self { settings, fetcher }
    }

    /// Fetches `url` with GET, if its host is allowed now.
    pub(crate) async fn fetch(&self, url: &str) -> Result<Fetched, FetchError> {
        let hosts = self.settings.hosts.value::<AllowedHosts>();
        let agent = self.settings.token.value::<UserAgent>();
        let (hosts, agent) = tokio::try_join!(hosts, agent)?;
        let hosts = hosts.unwrap_or(AllowedHosts::Only(Vec::new()));
        let fetcher = self.fetcher.with(hosts, agent.map(|agent| agent.0));
        fetcher.fetch(url).await
    }
}
