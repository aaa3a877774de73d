//! What all that ask AWS's SDK share: where AWS is, how long to wait for it, and one HTTP client.
//!
//! Nothing is made before something is asked: an HTTP client with its certificates costs more than all the
//! rest of a small function's start.

use std::{
    fmt,
    sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_http_client::{Connector, ConnectorBuilder, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::{
    http::{
        HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
    },
    orchestrator::HttpRequest,
};
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;
use tokio::time::timeout;
use tracing::{
    Dispatch, instrument::WithSubscriber, level_filters::LevelFilter, subscriber::NoSubscriber,
};

/// Before the first retry, at most; twice that before the second. The SDK's own second is for programs that
/// live longer than an invocation.
const PAUSE: Duration = Duration::from_millis(200);
/// Of one answer's body: many times the largest that these services give, which are of a few megabytes (a page
/// of DynamoDB's has 1 MB: developer guide, Query).
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// How AWS's services are reached: one configuration, one chain of credentials and one HTTP
/// client for all that share it, made when one of them first asks.
///
/// What is not given one shares the process's own, whose patience is that of a function which
/// has an answer to give: a service that is dead costs seconds, not the invocation.
///
/// | setting | unless set |
/// | --- | --- |
/// | [`connect_timeout`](Self::connect_timeout) | 1 s |
/// | [`attempt_timeout`](Self::attempt_timeout) | 2 s |
/// | [`timeout`](Self::timeout), all attempts and credentials included | 5 s |
/// | [`retries`](Self::retries) | 2 |
/// | [`region`](Self::region) | `AWS_REGION`, the profile's, the machine's |
/// | [`endpoint`](Self::endpoint) | `AWS_ENDPOINT_URL` and its kin, the service's own |
///
/// Credentials come from where AWS's SDKs look for them: the environment, which is where Lambda puts those of
/// the function's role, a profile, a web identity, the container, the machine. `HTTPS_PROXY` is heeded. An
/// answer of more than 16 MiB is an error.
///
/// ```
/// # #[cfg(feature = "ssm")]
/// # {
/// use std::time::Duration;
///
/// use powertools::parameters::{Aws, Ssm};
///
/// let aws = Aws::new().timeout(Duration::from_millis(800)).retries(1);
/// let ssm = Ssm::new().through(&aws);
/// # }
/// ```
#[derive(Clone)]
pub struct Aws {
    settings: Settings,
    config: Arc<OnceLock<SdkConfig>>,
}

#[derive(Clone, Debug)]
struct Settings {
    connect_timeout: Duration,
    attempt_timeout: Duration,
    timeout: Duration,
    retries: u32,
    region: Option<String>,
    endpoint: Option<String>,
}

impl fmt::Debug for Aws {
    /// Not the configuration, which holds all that is in the files of credentials.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Aws");
        shown.field("settings", &self.settings);
        shown.finish_non_exhaustive()
    }
}

impl Default for Aws {
    /// The process's own.
    fn default() -> Self {
        static SHARED: LazyLock<Aws> = LazyLock::new(Aws::new);
        SHARED.clone()
    }
}

impl Aws {
    /// A way of its own, shared by its clones.
    #[must_use]
    pub fn new() -> Self {
        Self {
            settings: Settings {
                connect_timeout: Duration::from_secs(1),
                attempt_timeout: Duration::from_secs(2),
                timeout: Duration::from_secs(5),
                retries: 2,
                region: None,
                endpoint: None,
            },
            config: Arc::default(),
        }
    }

    /// How long a connection may take to be there.
    #[must_use]
    pub fn connect_timeout(self, limit: Duration) -> Self {
        self.with(|settings| settings.connect_timeout = limit)
    }

    /// How long one attempt may take.
    #[must_use]
    pub fn attempt_timeout(self, limit: Duration) -> Self {
        self.with(|settings| settings.attempt_timeout = limit)
    }

    /// How long a request may take with all its attempts and the pauses between them. What takes several
    /// requests, such as a path with many pages, may take that for each.
    #[must_use]
    pub fn timeout(self, limit: Duration) -> Self {
        self.with(|settings| settings.timeout = limit)
    }

    /// How often a request is made again after what may pass: throttling, lost connections, the service's own
    /// failures.
    #[must_use]
    pub fn retries(self, retries: u32) -> Self {
        self.with(|settings| settings.retries = retries)
    }

    /// The region to ask, `eu-west-1`.
    #[must_use]
    pub fn region(self, region: impl Into<String>) -> Self {
        self.with(|settings| settings.region = Some(region.into()))
    }

    /// Where all the services are: an emulator's URL.
    #[must_use]
    pub fn endpoint(self, url: impl Into<String>) -> Self {
        self.with(|settings| settings.endpoint = Some(url.into()))
    }

    /// Other settings are another way, which shares nothing with the first.
    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self.config = Arc::default();
        self
    }

    /// The configuration, made now if it is not there yet. A failure is not kept.
    async fn config(&self) -> Result<&SdkConfig, ConfigError> {
        let config = match self.config.get() {
            Some(config) => config,
            // Not while the cell is locked: whoever waits for a loading that is no longer polled waits for
            // ever. Two at once load twice, and both take what was there first.
            None => {
                let made = self.settings.load().await?;
                self.config.get_or_init(|| made)
            }
        };
        if config.region().is_none() {
            return Err(ConfigError::NoRegion);
        }
        if let Some(url) = config.endpoint_url()
            && !is_url(url)
        {
            return Err(ConfigError::Endpoint {
                url: url.to_owned(),
            });
        }
        Ok(config)
    }
}

/// Why AWS cannot be asked as things are set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Nobody says which region.
    #[error("there is no region; set `AWS_REGION`, or `Aws::region`")]
    NoRegion,
    /// Where the region should be found nobody answers.
    #[error("the region was not found in time; set `AWS_REGION`, or `Aws::region`")]
    TimedOut,
    /// An endpoint without a scheme, say.
    #[error("the endpoint `{url}` is no URL; write `http://…` or `https://…`")]
    Endpoint {
        /// What is set.
        url: String,
    },
}

fn is_url(endpoint: &str) -> bool {
    let scheme = endpoint.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    })
}

impl Settings {
    fn timeouts(&self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.connect_timeout)
            .operation_attempt_timeout(self.attempt_timeout)
            .operation_timeout(self.timeout)
            .build()
    }

    fn retries(&self) -> RetryConfig {
        RetryConfig::standard()
            .with_max_attempts(self.retries.saturating_add(1))
            .with_initial_backoff(PAUSE)
    }

    async fn load(&self) -> Result<SdkConfig, ConfigError> {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http_client(|connector| {
                let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
                connector
                    .tls_provider(provider)
                    .proxy_config(ProxyConfig::from_env())
                    .build()
            }))
            .timeout_config(self.timeouts())
            .retry_config(self.retries());
        if let Some(region) = &self.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(url) = &self.endpoint {
            loader = loader.endpoint_url(url);
        }
        // The region may be asked of a machine that is not there, which no timeout of the SDK's bounds.
        let loaded = timeout(self.timeout, loader.load()).await;
        loaded.map_err(|_| ConfigError::TimedOut)
    }

    /// For a server on this machine, which looks at no signature: AWS's configuration is not read, and what
    /// stands for the credentials is none. No proxy leads back here, and a machine without certificates has no
    /// need of any.
    #[cfg(feature = "connections")]
    fn local(&self) -> SdkConfig {
        use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};

        let nobody = Credentials::new("local", "local", None, None, "powertools");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .credentials_provider(SharedCredentialsProvider::new(nobody))
            .http_client(http_client(ConnectorBuilder::build_http))
            .timeout_config(self.timeouts())
            .retry_config(self.retries())
            .build()
    }
}

/// One HTTP client, because each client of the SDK would make its own and read the certificates for it. It
/// is made as the SDK makes it, one connector for each pair of timeouts.
fn http_client(
    build: impl Fn(ConnectorBuilder) -> Connector + Send + Sync + 'static,
) -> SharedHttpClient {
    type Made = ((Option<Duration>, Option<Duration>), SharedHttpConnector);
    let connectors: Mutex<Vec<Made>> = Mutex::default();
    http_client_fn(move |settings, components| {
        let key = (settings.connect_timeout(), settings.read_timeout());
        // A connector is either in the list or not: a panic leaves nothing half done.
        let mut connectors = connectors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, connector)) = connectors.iter().find(|(made, _)| *made == key) {
            return connector.clone();
        }
        let mut builder = ConnectorBuilder::default().connector_settings(settings.clone());
        builder.set_sleep_impl(components.sleep_impl());
        let connector = SharedHttpConnector::new(Bounded(build(builder)));
        connectors.push((key, connector.clone()));
        connector
    })
}

/// A connector whose answers have an end: the SDK reads a body to its end before it looks at it.
#[derive(Debug)]
struct Bounded<C>(C);

impl<C: HttpConnector> HttpConnector for Bounded<C> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            Ok(answer.map(|body| SdkBody::from_body_1_x(Limited::new(body, MOST_BYTES))))
        })
    }
}

/// Not `Dispatch::none()`, which is on no list of tracing's: a line that is met under it for the first time is
/// then taken for one that nobody wants, and is never written again.
static SILENT: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::default()));

/// Asks without the lines that AWS's crates write meanwhile, if there are any at TRACE: those have the answer,
/// which the SDK only leaves out where the service's model calls it sensitive. That of DynamoDB calls nothing
/// so, and no model the error that repeats a value which was to be written. At DEBUG no line has an answer.
pub(crate) async fn untraced<F: Future>(asking: F) -> F::Output {
    if LevelFilter::current() < LevelFilter::TRACE {
        return asking.await;
    }
    tracing::trace!("AWS's SDK writes no lines here, because at TRACE they have values");
    asking.with_subscriber(SILENT.clone()).await
}

/// A client of one service: the user's own, or made on first use.
pub(crate) struct Client<C> {
    aws: Aws,
    made: OnceLock<C>,
}

impl<C> fmt::Debug for Client<C> {
    /// Not the SDK's client, which holds the configuration.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.aws.fmt(formatter)
    }
}

impl<C> Client<C> {
    pub(crate) fn through(aws: &Aws) -> Self {
        Self {
            aws: aws.clone(),
            made: OnceLock::new(),
        }
    }

    pub(crate) fn made(client: C) -> Self {
        Self {
            aws: Aws::default(),
            made: OnceLock::from(client),
        }
    }

    pub(crate) async fn get(&self, make: impl FnOnce(&SdkConfig) -> C) -> Result<&C, ConfigError> {
        if let Some(made) = self.made.get() {
            return Ok(made);
        }
        let config = self.aws.config().await?;
        Ok(self.made.get_or_init(|| make(config)))
    }

    /// The same for a server on this machine.
    #[cfg(feature = "connections")]
    pub(crate) fn get_local(&self, make: impl FnOnce(&SdkConfig) -> C) -> &C {
        self.made.get_or_init(|| make(&self.aws.settings.local()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_made_before_something_is_asked() {
        assert!(Aws::new().config.get().is_none());
        assert!(Arc::ptr_eq(&Aws::default().config, &Aws::default().config));
    }

    #[test]
    fn other_settings_share_nothing_with_the_processes_own() {
        let own = Aws::default().retries(0);

        assert!(!Arc::ptr_eq(&own.config, &Aws::default().config));
        assert!(Arc::ptr_eq(&own.config, &own.clone().config));
    }
}
