//! Fetches one URL that a caller chose, within limits and only from permitted places.
//!
//! The rules are in [`guard`](crate::guard); this module applies them to the URL, to every redirect
//! and to every address, and connects to nothing else. What is fetched is handed back as it came:
//! any status is a success here, and an encoded body stays encoded.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, USER_AGENT};
use reqwest::{Client, Response};
use url::Url;

use crate::guard::{AllowedHosts, Loopback, Policy, Refusal, check_address, check_url};

/// How this program names itself to hosts that must not see [`Settings::user_agent`].
pub(crate) const PRODUCT: &str = concat!("ping/", env!("CARGO_PKG_VERSION"));

/// What a [`Fetcher`] may do and how it presents itself.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) policy: Policy,
    pub(crate) limits: Limits,
    /// The `user-agent` header, for example `ping/0.1 (token)`.
    ///
    /// It is a secret: it goes to the scheme, host and port of the caller's URL only. A redirect
    /// elsewhere, and everything after it, sees just the name and version of this program.
    pub(crate) user_agent: Option<HeaderValue>,
}

/// How long and how much one fetch may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// For one connection: name, TCP and TLS together. 2 seconds by default.
    pub(crate) connect: Duration,
    /// For the whole fetch, redirects and body included. 5 seconds by default.
    pub(crate) total: Duration,
    /// For the body, in bytes as they arrive. 1 MiB by default.
    pub(crate) body: usize,
    /// How many redirects are followed. 5 by default.
    pub(crate) redirects: usize,
}

/// What came back, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fetched {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    /// Every header whose value is text (UTF-8): names in lower case, repeated ones kept together.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Where it came from, after redirects.
    pub(crate) url: Url,
}

/// Why a URL was not fetched.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("no url is given: write one that starts with http:// or https://")]
    Missing,

    #[error("the url cannot be read: {reason}")]
    Unreadable { reason: url::ParseError },

    #[error("the url of `{host}` cannot be put into a request")]
    Unsendable { host: String },

    #[error("`{place}` is refused: {refusal}")]
    Refused { place: String, refusal: Refusal },

    #[error("the redirect from `{from}` to `{place}` is refused: {refusal}")]
    RedirectRefused {
        from: String,
        place: String,
        refusal: Refusal,
    },

    #[error("the redirect to `{place}` is one too many: {limit} are followed")]
    TooManyRedirects { place: String, limit: usize },

    #[error("`{host}` redirects to something that is not a url")]
    RedirectUnreadable { host: String },

    #[error("the name `{host}` leads to no address")]
    NameNotFound {
        host: String,
        source: reqwest::Error,
    },

    #[error("`{host}` takes no connection")]
    Unreachable {
        host: String,
        source: reqwest::Error,
    },

    #[error("`{host}` offers no tls connection that can be trusted")]
    Tls {
        host: String,
        source: reqwest::Error,
    },

    #[error("`{host}` does not answer as http does, or stops halfway")]
    Broken {
        host: String,
        source: reqwest::Error,
    },

    #[error("the body from `{host}` is larger than {limit} bytes")]
    BodyTooLarge { host: String, limit: usize },

    #[error("`{host}` took no connection within {} ms", limit.as_millis())]
    ConnectTimedOut { host: String, limit: Duration },

    #[error("`{host}` was not fetched within {} ms", limit.as_millis())]
    TimedOut { host: String, limit: Duration },

    #[error("the http client cannot be set up")]
    Setup { source: reqwest::Error },

    #[error("the settings of this service cannot be read")]
    Settings(#[from] powertools::parameters::Error),
}

/// Finds the addresses of a name. Judging them is not its business.
pub(crate) trait Resolver: Send + Sync + 'static {
    fn addresses(&self, name: &str) -> Addresses;
}

/// What a [`Resolver`] works on.
pub(crate) type Addresses = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Fetches URLs. Cheap to make and to clone; the HTTP and TLS parts are made on first use and shared
/// by all clones.
#[derive(Clone)]
pub(crate) struct Fetcher {
    policy: Policy,
    limits: Limits,
    user_agent: Option<HeaderValue>,
    clients: Arc<Clients>,
}

impl Fetcher {
    pub(crate) fn new(settings: Settings) -> Self {
        Self::with_resolver(settings, SystemResolver)
    }

    fn with_resolver(settings: Settings, resolver: impl Resolver) -> Self {
        let Settings {
            policy,
            limits,
            user_agent,
        } = settings;
        let resolver = GuardedResolver {
            resolver: Arc::new(resolver),
            loopback: policy.loopback,
        };
        Self {
            clients: Arc::new(Clients {
                connect: limits.connect,
                resolver: Arc::new(resolver),
                plain: OnceLock::new(),
                secure: OnceLock::new(),
            }),
            user_agent,
            policy,
            limits,
        }
    }

    /// The same, for these hosts and in this name.
    pub(crate) fn with(&self, hosts: AllowedHosts, user_agent: Option<HeaderValue>) -> Self {
        let mut fetcher = self.clone();
        fetcher.policy.hosts = hosts;
        fetcher.user_agent = user_agent;
        fetcher
    }

    /// Fetches `url` with GET, following redirects.
    pub(crate) async fn fetch(&self, url: &str) -> Result<Fetched, FetchError> {
        if url.trim().is_empty() {
            return Err(FetchError::Missing);
        }
        let url = Url::parse(url).map_err(|reason| FetchError::Unreadable { reason })?;
        let host = place(&url);

        let limit = self.limits.total;
        match tokio::time::timeout(limit, self.follow(url)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(FetchError::TimedOut { host, limit }),
        }
    }

    // Not reqwest's own redirects: they decide for themselves which headers the next host sees, and
    // `user-agent` is not among those they drop.
    async fn follow(&self, url: Url) -> Result<Fetched, FetchError> {
        let origin = url.origin();
        let mut user_agent = self.user_agent.clone();
        let mut hop = Hop { from: None, url };

        for _ in 0..=self.limits.redirects {
            check_url(&hop.url, &self.policy).map_err(|refusal| hop.refused(refusal))?;
            if hop.url.origin() != origin {
                user_agent = None;
            }
            let response = self.request(&hop, user_agent.as_ref()).await?;
            match redirect(&response, &hop)? {
                Some(url) => {
                    hop = Hop {
                        from: Some(place(&hop.url)),
                        url,
                    }
                }
                None => return self.read(response, hop).await,
            }
        }
        Err(FetchError::TooManyRedirects {
            place: place(&hop.url),
            limit: self.limits.redirects,
        })
    }

    async fn request(
        &self,
        hop: &Hop,
        user_agent: Option<&HeaderValue>,
    ) -> Result<Response, FetchError> {
        let product = HeaderValue::from_static(PRODUCT);
        self.clients
            .client_for(&hop.url)?
            .get(hop.url.clone())
            .header(USER_AGENT, user_agent.unwrap_or(&product))
            .send()
            .await
            .map_err(|error| hop.failed(error, self.limits.connect))
    }

    async fn read(&self, mut response: Response, hop: Hop) -> Result<Fetched, FetchError> {
        let limit = self.limits.body;
        let too_large = || FetchError::BodyTooLarge {
            host: place(&hop.url),
            limit,
        };
        let status = response.status().as_u16();
        let headers = text_headers(response.headers());
        let content_type = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(text)
            .map(str::to_owned);

        // An honest length saves the transfer; a wrong or missing one is caught below.
        if response
            .content_length()
            .is_some_and(|length| length > limit as u64)
        {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| hop.failed(error, self.limits.connect))?
        {
            if chunk.len() > limit - body.len() {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Fetched {
            status,
            content_type,
            headers,
            body,
            url: hop.url,
        })
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            total: Duration::from_secs(5),
            body: 1024 * 1024,
            redirects: 5,
        }
    }
}

impl FetchError {
    /// Whether another URL would have helped. Otherwise the fault is upstream's, or ours.
    pub(crate) fn is_callers_fault(&self) -> bool {
        self.status() == 400
    }

    /// The status with which to answer the caller.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Missing
            | Self::Unreadable { .. }
            | Self::Unsendable { .. }
            | Self::Refused { .. }
            | Self::RedirectRefused { .. }
            | Self::TooManyRedirects { .. } => 400,
            Self::RedirectUnreadable { .. }
            | Self::NameNotFound { .. }
            | Self::Unreachable { .. }
            | Self::Tls { .. }
            | Self::Broken { .. }
            | Self::BodyTooLarge { .. } => 502,
            Self::ConnectTimedOut { .. } | Self::TimedOut { .. } => 504,
            Self::Setup { .. } | Self::Settings(_) => 500,
        }
    }
}

/// One request of a fetch, and the place that sent us there, if any did.
struct Hop {
    from: Option<String>,
    url: Url,
}

impl Hop {
    fn refused(&self, refusal: Refusal) -> FetchError {
        let place = place(&self.url);
        match self.from.clone() {
            Some(from) => FetchError::RedirectRefused {
                from,
                place,
                refusal,
            },
            None => FetchError::Refused { place, refusal },
        }
    }

    fn failed(&self, error: reqwest::Error, connect: Duration) -> FetchError {
        let host = place(&self.url);
        // The URL may carry secrets in its query, and logs show sources.
        let source = error.without_url();

        if let Some(RefusedName(refusal)) = cause(&source) {
            return self.refused(refusal.clone());
        }
        if source.is_builder() {
            return FetchError::Unsendable { host };
        }
        // Before DNS: a resolver that never answers is stopped by the limit for connections.
        if source.is_connect() && source.is_timeout() {
            return FetchError::ConnectTimedOut {
                host,
                limit: connect,
            };
        }
        if source.is_dns() {
            return FetchError::NameNotFound { host, source };
        }
        if !source.is_connect() {
            FetchError::Broken { host, source }
        } else if is_handshake(&source) {
            FetchError::Tls { host, source }
        } else {
            FetchError::Unreachable { host, source }
        }
    }
}

/// Where `response` redirects to, if it does. A 3xx without `location` is an answer like any other.
fn redirect(response: &Response, hop: &Hop) -> Result<Option<Url>, FetchError> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = response.headers().get(LOCATION) else {
        return Ok(None);
    };
    text(location)
        .and_then(|location| hop.url.join(location).ok())
        .map(Some)
        .ok_or_else(|| FetchError::RedirectUnreadable {
            host: place(&hop.url),
        })
}

/// How a message names where `url` leads: its host, or its scheme if it has none (`data:`).
fn place(url: &Url) -> String {
    match url.host_str() {
        Some(host) if !host.is_empty() => host.to_owned(),
        _ => format!("{}:", url.scheme()),
    }
}

fn text_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value)?.to_owned())))
        .collect()
}

// Not `HeaderValue::to_str`, which knows ASCII only: servers do send UTF-8.
fn text(value: &HeaderValue) -> Option<&str> {
    str::from_utf8(value.as_bytes()).ok()
}

/// The first error of type `E` among the causes of `error`.
fn cause<E: StdError + 'static>(error: &reqwest::Error) -> Option<&E> {
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref() {
            return Some(found);
        }
        next = cause.source();
    }
    None
}

/// Whether a connection was there and TLS failed on it.
///
/// Its own error type belongs to a crate that we do not name, but rustls reports what the other side
/// sent as invalid data, and a handshake cut short as an unexpected end.
fn is_handshake(error: &reqwest::Error) -> bool {
    let mut next = cause::<io::Error>(error);
    while let Some(error) = next {
        if matches!(
            error.kind(),
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
        ) {
            return true;
        }
        // Not `source`, which passes over an error put directly inside.
        next = error.get_ref().and_then(|inner| inner.downcast_ref());
    }
    false
}

/// The clients, each made when a URL first needs it.
///
/// Two, because reading the trusted certificates is most of the cost of a client (milliseconds on a
/// fast machine, many more on a small Lambda function), and plain http does not need them.
struct Clients {
    connect: Duration,
    resolver: Arc<GuardedResolver>,
    plain: OnceLock<Client>,
    secure: OnceLock<Client>,
}

impl Clients {
    fn client_for(&self, url: &Url) -> Result<&Client, FetchError> {
        let (slot, builder) = if url.scheme() == "https" {
            (&self.secure, Client::builder())
        } else {
            // Trusts no certificate at all, so that it fails safe should https ever come its way.
            (&self.plain, Client::builder().tls_certs_only([]))
        };
        if let Some(client) = slot.get() {
            return Ok(client);
        }
        let client = builder
            .dns_resolver(Arc::clone(&self.resolver))
            .connect_timeout(self.connect)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            // A proxy from the environment would do the connecting, out of our resolver's sight.
            .no_proxy()
            // Whether a place takes a connection is what a status checker is asked, and one kept
            // while the sandbox was frozen is probably dead.
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|source| FetchError::Setup { source })?;
        // A race makes two and keeps one; a lock would be held while files are read.
        Ok(slot.get_or_init(|| client))
    }
}

/// Asks the system, as every other program on the machine does.
struct SystemResolver;

impl Resolver for SystemResolver {
    fn addresses(&self, name: &str) -> Addresses {
        let name = name.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Lets only permitted addresses reach the connector.
///
/// The connector uses exactly what this returns, so a name cannot mean one address when it is
/// checked and another when it is used (DNS rebinding).
struct GuardedResolver {
    resolver: Arc<dyn Resolver>,
    loopback: Loopback,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback = self.loopback;
        let addresses = self.resolver.addresses(name.as_str());
        Box::pin(async move {
            let addresses = addresses.await?;
            // One bad address refuses the name. Going on with the others would make the answer
            // depend on the order of a DNS reply, and a public name with a private address beside
            // the public one is either a mistake or an attempt.
            for address in &addresses {
                check_address(*address, loopback).map_err(RefusedName)?;
            }
            if addresses.is_empty() {
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
            // Port 0 stands for the URL's.
            let addresses = addresses
                .into_iter()
                .map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

/// A refusal on its way from the resolver through the client's errors back to us.
#[derive(Debug)]
struct RefusedName(Refusal);

impl fmt::Display for RefusedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for RefusedName {}

#[cfg(test)]
mod tests;
