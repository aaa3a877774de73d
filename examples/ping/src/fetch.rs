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
const PRODUCT: &str = concat!("ping/", env!("CARGO_PKG_VERSION"));

/// What a [`Fetcher`] may do and how it presents itself.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) policy: Policy,
    pub(crate) limits: Limits,
    /// The `user-agent` header, for example `ping/0.1 (token)`.
    ///
    /// It is a secret: it goes to the scheme, host and port of the caller's URL only. A redirect
    /// elsewhere, and everything after it, sees just the name and version of this program.
    pub(crate) user_agent: Option<String>,
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
}

/// The settings ask for a `user-agent` that cannot be sent.
// The value is a secret, so it appears neither in the text nor in the data.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the user agent has characters that a header cannot carry")]
pub(crate) struct InvalidUserAgent;

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
    pub(crate) fn new(settings: Settings) -> Result<Self, InvalidUserAgent> {
        Self::with_resolver(settings, SystemResolver)
    }

    fn with_resolver(
        settings: Settings,
        resolver: impl Resolver,
    ) -> Result<Self, InvalidUserAgent> {
        let Settings {
            policy,
            limits,
            user_agent,
        } = settings;
        let resolver = GuardedResolver {
            resolver: Arc::new(resolver),
            loopback: policy.loopback,
        };
        Ok(Self {
            clients: Arc::new(Clients {
                connect: limits.connect,
                resolver: Arc::new(resolver),
                plain: OnceLock::new(),
                secure: OnceLock::new(),
            }),
            user_agent: user_agent.as_deref().map(secret_header).transpose()?,
            policy,
            limits,
        })
    }

    /// The same fetcher under a newly read list of hosts and user agent; loopback and limits stay.
    pub(crate) fn with(
        &self,
        hosts: AllowedHosts,
        user_agent: Option<&str>,
    ) -> Result<Self, InvalidUserAgent> {
        Ok(Self {
            policy: Policy {
                hosts,
                loopback: self.policy.loopback,
            },
            user_agent: user_agent.map(secret_header).transpose()?,
            limits: self.limits,
            clients: Arc::clone(&self.clients),
        })
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
            Self::Setup { .. } => 500,
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

fn secret_header(value: &str) -> Result<HeaderValue, InvalidUserAgent> {
    let mut header = HeaderValue::from_str(value).map_err(|_| InvalidUserAgent)?;
    header.set_sensitive(true);
    Ok(header)
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
mod tests {
    use std::collections::HashMap;
    use std::net::Ipv4Addr;
    use std::sync::Mutex;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpSocket, TcpStream};

    use super::*;
    use crate::guard::Network;

    /// What the test server does once a request is in.
    enum Reply {
        /// Sends this and closes.
        Whole(Vec<u8>),
        /// Sends this and keeps the connection open for as long as the client does.
        Stalled(Vec<u8>),
    }

    /// A server that remembers the head of every request.
    struct Server {
        address: SocketAddr,
        heads: Arc<Mutex<Vec<String>>>,
    }

    impl Server {
        /// Answers each request as `reply` says for its target, such as `/path?query`.
        async fn start(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
            Self::listen("127.0.0.1:0", reply).await
        }

        async fn listen(
            address: &str,
            reply: impl Fn(&str) -> Reply + Send + Sync + 'static,
        ) -> Self {
            let listener = TcpListener::bind(address).await.expect("a free port");
            let address = listener.local_addr().expect("a bound socket");
            let heads = Arc::new(Mutex::new(Vec::new()));
            let (reply, record) = (Arc::new(reply), Arc::clone(&heads));
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, Arc::clone(&reply), Arc::clone(&record)));
                }
            });
            Self { address, heads }
        }

        /// A server that must not be reached, on an address that leads to this machine.
        async fn forbidden(address: &str) -> Self {
            Self::listen(address, |_| ok("secret")).await
        }

        fn url(&self, target: &str) -> String {
            format!("http://{}{target}", self.address)
        }

        fn url_by_name(&self, name: &str, target: &str) -> String {
            format!("http://{name}:{}{target}", self.address.port())
        }

        fn heads(&self) -> Vec<String> {
            self.heads
                .lock()
                .expect("no test panics while it holds the lock")
                .clone()
        }

        /// The targets that were asked for.
        fn targets(&self) -> Vec<String> {
            self.heads()
                .iter()
                .map(|head| target(head).to_owned())
                .collect()
        }

        fn user_agents(&self) -> Vec<String> {
            let agent = |head: &String| {
                head.lines()
                    .find_map(|line| line.strip_prefix("user-agent: "))
                    .map(str::to_owned)
            };
            self.heads().iter().filter_map(agent).collect()
        }
    }

    async fn serve(
        mut stream: TcpStream,
        reply: Arc<impl Fn(&str) -> Reply>,
        heads: Arc<Mutex<Vec<String>>>,
    ) {
        let mut received = Vec::new();
        while !received.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut received).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let head = String::from_utf8_lossy(&received).into_owned();
        let reply = reply(target(&head));
        heads
            .lock()
            .expect("no test panics while it holds the lock")
            .push(head);

        // A client that has seen enough may be gone already: no failure of the test.
        match reply {
            Reply::Whole(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
            }
            Reply::Stalled(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.read_u8().await;
            }
        }
    }

    fn target(head: &str) -> &str {
        head.split(' ').nth(1).unwrap_or_default()
    }

    fn whole(text: impl Into<Vec<u8>>) -> Reply {
        Reply::Whole(text.into())
    }

    fn ok(body: &str) -> Reply {
        whole(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    fn redirect_to(location: &str) -> Reply {
        whole(format!(
            "HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
        ))
    }

    /// Knows the names it is given, and which addresses to tell at each question for them; the last
    /// answer stays.
    #[derive(Clone, Default)]
    struct Names {
        answers: Arc<Mutex<HashMap<&'static str, Answers>>>,
        asked: Arc<Mutex<Vec<String>>>,
    }

    /// What to tell, question by question.
    type Answers = Vec<Vec<IpAddr>>;

    impl Names {
        fn with(self, name: &'static str, answers: &[&[&str]]) -> Self {
            let parse = |answer: &&[&str]| {
                answer
                    .iter()
                    .map(|address| address.parse().expect(address))
                    .collect()
            };
            let answers = answers.iter().map(parse).collect();
            self.answers
                .lock()
                .expect("not shared yet")
                .insert(name, answers);
            self
        }

        fn asked(&self) -> Vec<String> {
            self.asked
                .lock()
                .expect("no test panics while it holds the lock")
                .clone()
        }
    }

    impl Resolver for Names {
        fn addresses(&self, name: &str) -> Addresses {
            self.asked
                .lock()
                .expect("nobody panics with it")
                .push(name.to_owned());
            let mut answers = self.answers.lock().expect("nobody panics with it");
            let answer = match answers.get_mut(name) {
                None => Err(io::Error::other("no such name")),
                Some(answers) if answers.len() > 1 => Ok(answers.remove(0)),
                Some(answers) => Ok(answers[0].clone()),
            };
            Box::pin(std::future::ready(answer))
        }
    }

    /// Never answers.
    struct Silent;

    impl Resolver for Silent {
        fn addresses(&self, _: &str) -> Addresses {
            Box::pin(std::future::pending())
        }
    }

    /// Allows loopback, any host, and so much time that no limit is reached by accident.
    fn settings() -> Settings {
        Settings {
            policy: Policy {
                loopback: Loopback::Allowed,
                hosts: AllowedHosts::Any,
            },
            limits: Limits {
                connect: Duration::from_secs(60),
                total: Duration::from_secs(60),
                ..Limits::default()
            },
            user_agent: None,
        }
    }

    fn fetcher(settings: Settings, names: Names) -> Fetcher {
        Fetcher::with_resolver(settings, names).expect("a user agent of plain text")
    }

    async fn fetch(url: &str) -> Result<Fetched, FetchError> {
        fetcher(settings(), Names::default()).fetch(url).await
    }

    async fn refusal_of(url: &str) -> FetchError {
        fetch(url).await.expect_err(url)
    }

    /// The redirect was refused because of the address's network; returns the place and the network.
    fn refused_redirect(error: FetchError) -> (String, Network) {
        match error {
            FetchError::RedirectRefused {
                place,
                refusal: Refusal::Address { network, .. },
                ..
            } => (place, network),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_body_comes_back_with_its_status_type_headers_and_url() {
        let mut reply = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Raw: \xff\r\n".to_vec();
        reply.extend_from_slice("X-Note: grüße\r\n".as_bytes());
        reply.extend_from_slice(b"Content-Type: text/plain; charset=utf-8\r\n");
        reply.extend_from_slice(b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nhello");
        let server = Server::start(move |_| whole(reply.clone())).await;
        let url = server.url("/path?query=1#fragment");

        let fetched = fetch(&url).await.expect("a good answer");

        assert_eq!(fetched.status, 200);
        assert_eq!(
            fetched.content_type.as_deref(),
            Some("text/plain; charset=utf-8")
        );
        assert_eq!(fetched.body, b"hello");
        assert_eq!(fetched.url.as_str(), url);
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            fetched.headers,
            [
                header("content-length", "5"),
                header("x-note", "grüße"),
                header("content-type", "text/plain; charset=utf-8"),
                header("set-cookie", "a=1"),
                header("set-cookie", "b=2"),
            ]
        );
        assert_eq!(server.targets(), ["/path?query=1"]);
    }

    #[tokio::test]
    async fn a_request_carries_nothing_it_need_not() {
        let server = Server::start(|_| ok("")).await;

        fetch(&server.url("/")).await.expect("a good answer");

        let heads = server.heads();
        let mut lines: Vec<_> = heads[0].trim_end().lines().collect();
        lines.sort_unstable();
        let host = format!("host: {}", server.address);
        let agent = format!("user-agent: {PRODUCT}");
        assert_eq!(lines, ["GET / HTTP/1.1", "accept: */*", &host, &agent]);
    }

    #[tokio::test]
    async fn any_status_is_handed_back() {
        let server = Server::start(|target| {
            let status = target.trim_start_matches('/');
            whole(format!(
                "HTTP/1.1 {status} Some Reason\r\ncontent-length: 4\r\n\r\nbody"
            ))
        })
        .await;

        for status in [200, 201, 300, 400, 401, 404, 418, 429, 500, 503, 599] {
            let fetched = fetch(&server.url(&format!("/{status}")))
                .await
                .expect("an answer");
            assert_eq!(
                (fetched.status, fetched.body.as_slice()),
                (status, &b"body"[..])
            );
        }
    }

    #[tokio::test]
    async fn an_encoded_body_stays_encoded() {
        let server = Server::start(|_| {
            whole("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nzip")
        })
        .await;

        let fetched = fetch(&server.url("/")).await.expect("an answer");

        assert_eq!(fetched.body, b"zip");
        assert!(
            fetched
                .headers
                .contains(&("content-encoding".into(), "gzip".into()))
        );
    }

    #[tokio::test]
    async fn redirects_are_followed_to_absolute_and_relative_places() {
        let other = Server::start(|_| ok("other")).await;
        let elsewhere = other.url("/elsewhere");
        let server = Server::start(move |target| match target {
            "/a/absolute" => redirect_to(&elsewhere),
            "/a/relative" => redirect_to("sibling?x=1"),
            "/a/rooted" => redirect_to("/rooted"),
            "/a/upwards" => redirect_to("../../../up"),
            "/a/query" => redirect_to("?q"),
            "/a/utf-8" => redirect_to("/grüße"),
            "/a/empty" => redirect_to(""),
            target => ok(target),
        })
        .await;

        for (start, end) in [
            ("/a/relative", "/a/sibling?x=1"),
            ("/a/rooted", "/rooted"),
            ("/a/upwards", "/up"),
            ("/a/query", "/a/query?q"),
            ("/a/utf-8", "/gr%C3%BC%C3%9Fe"),
        ] {
            let fetched = fetch(&server.url(start)).await.expect(start);
            assert_eq!(fetched.url.as_str(), server.url(end), "{start}");
            assert_eq!(fetched.body, end.as_bytes(), "{start}");
        }
        let scheme_relative = format!("//{}/b", other.address);
        let server = Server::start(move |_| redirect_to(&scheme_relative)).await;
        let fetched = fetch(&server.url("/")).await.expect("an answer");
        assert_eq!(fetched.body, b"other");
        assert_eq!(other.targets(), ["/b"]);
    }

    #[tokio::test]
    async fn every_redirecting_status_is_followed_and_no_other() {
        let server = Server::start(|target| match target.trim_start_matches('/') {
            "end" => ok("end"),
            status => whole(format!(
                "HTTP/1.1 {status} X\r\nlocation: /end\r\ncontent-length: 5\r\n\r\nstart"
            )),
        })
        .await;

        for status in [301, 302, 303, 307, 308] {
            let fetched = fetch(&server.url(&format!("/{status}")))
                .await
                .expect("an answer");
            assert_eq!(
                (fetched.status, fetched.body),
                (200, b"end".to_vec()),
                "{status}"
            );
        }
        for status in [200, 201, 300, 305, 306, 404] {
            let fetched = fetch(&server.url(&format!("/{status}")))
                .await
                .expect("an answer");
            assert_eq!(
                (fetched.status, fetched.body),
                (status, b"start".to_vec()),
                "{status}"
            );
        }
    }

    #[tokio::test]
    async fn a_redirect_without_location_is_an_answer() {
        let server =
            Server::start(|_| whole("HTTP/1.1 302 Found\r\ncontent-length: 4\r\n\r\nbody")).await;

        let fetched = fetch(&server.url("/")).await.expect("an answer");

        assert_eq!((fetched.status, fetched.body), (302, b"body".to_vec()));
    }

    #[tokio::test]
    async fn a_location_that_is_no_url_is_upstreams_fault() {
        for location in [
            &b"/\xff"[..],
            b"http://[",
            b"http://256.256.256.256/",
            b"http://",
        ] {
            let mut reply = b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: ".to_vec();
            reply.extend_from_slice(location);
            reply.extend_from_slice(b"\r\n\r\n");
            let server = Server::start(move |_| whole(reply.clone())).await;

            let error = refusal_of(&server.url("/")).await;

            assert!(
                matches!(&error, FetchError::RedirectUnreadable { host } if host == "127.0.0.1"),
                "{location:?}: {error:?}"
            );
            assert_eq!((error.status(), error.is_callers_fault()), (502, false));
        }
    }

    #[tokio::test]
    async fn a_redirect_to_a_refused_place_is_not_followed() {
        for (location, place, network) in [
            (
                "http://169.254.169.254/latest",
                "169.254.169.254",
                Network::Metadata,
            ),
            ("http://2852039166/", "169.254.169.254", Network::Metadata),
            ("//10.0.0.1/", "10.0.0.1", Network::Private),
            (
                "http://[fd00:ec2::254]/",
                "[fd00:ec2::254]",
                Network::Metadata,
            ),
            (
                "http://[::127.0.0.1]/",
                "[::7f00:1]",
                Network::Ipv4Compatible,
            ),
        ] {
            let server = Server::start(move |_| redirect_to(location)).await;

            let error = refusal_of(&server.url("/")).await;

            assert_eq!(
                (error.status(), error.is_callers_fault()),
                (400, true),
                "{location}"
            );
            assert_eq!(
                refused_redirect(error),
                (place.to_owned(), network),
                "{location}"
            );
            assert_eq!(server.targets(), ["/"], "{location}");
        }
    }

    #[tokio::test]
    async fn a_refused_place_is_not_contacted_even_if_it_would_answer() {
        // On Linux the unspecified address leads to this machine, so this server could be reached.
        let forbidden = Server::forbidden("0.0.0.0:0").await;
        let location = format!("http://{}/", forbidden.address);
        let direct = location.clone();
        let server = Server::start(move |_| redirect_to(&location)).await;

        let redirected = refusal_of(&server.url("/")).await;
        let asked = refusal_of(&direct).await;

        assert_eq!(
            refused_redirect(redirected),
            ("0.0.0.0".to_owned(), Network::Unspecified)
        );
        assert!(matches!(asked, FetchError::Refused { .. }), "{asked:?}");
        assert_eq!(forbidden.heads(), [""; 0]);
        TcpStream::connect(forbidden.address)
            .await
            .expect("it does listen");
    }

    #[tokio::test]
    async fn a_redirect_to_this_machine_by_another_name_is_not_followed() {
        let forbidden = Server::forbidden("127.0.0.1:0").await;
        let port = forbidden.address.port();
        let mut settings = settings();
        settings.policy.hosts = "127.0.0.1".parse().expect("a list");
        let fetcher = fetcher(
            settings,
            Names::default().with("localhost", &[&["127.0.0.1"]]),
        );

        for place in ["[::1]", "127.0.0.2", "localhost", "[::ffff:7f00:1]"] {
            let location = format!("http://{place}:{port}/");
            let server = Server::start(move |_| redirect_to(&location)).await;

            match fetcher.fetch(&server.url("/")).await.expect_err(place) {
                FetchError::RedirectRefused {
                    from,
                    place: to,
                    refusal: Refusal::NotListed,
                } => {
                    assert_eq!((from.as_str(), to.as_str()), ("127.0.0.1", place));
                }
                other => panic!("{place}: {other:?}"),
            }
        }
        assert_eq!(forbidden.heads(), [""; 0]);
    }

    #[tokio::test]
    async fn a_redirect_to_another_scheme_or_with_credentials_is_not_followed() {
        for (location, place, refusal) in [
            (
                "file:///etc/passwd",
                "file:",
                Refusal::Scheme {
                    scheme: "file".to_owned(),
                },
            ),
            (
                "data:,x",
                "data:",
                Refusal::Scheme {
                    scheme: "data".to_owned(),
                },
            ),
            (
                "ftp://example.com/",
                "example.com",
                Refusal::Scheme {
                    scheme: "ftp".to_owned(),
                },
            ),
            ("http://a:b@127.0.0.1/", "127.0.0.1", Refusal::Credentials),
        ] {
            let server = Server::start(move |_| redirect_to(location)).await;

            match refusal_of(&server.url("/")).await {
                FetchError::RedirectRefused {
                    place: to,
                    refusal: rule,
                    ..
                } => {
                    assert_eq!((to.as_str(), rule), (place, refusal), "{location}");
                }
                other => panic!("{location}: {other:?}"),
            }
            assert_eq!(server.targets(), ["/"], "{location}");
        }
    }

    #[tokio::test]
    async fn as_many_redirects_are_followed_as_the_limit_says() {
        let server = Server::start(|target| match target {
            "/0" => ok("end"),
            target => {
                let left: u32 = target[1..].parse().expect("a number");
                redirect_to(&format!("/{}", left - 1))
            }
        })
        .await;

        let fetched = fetch(&server.url("/5")).await.expect("five are allowed");
        assert_eq!(fetched.body, b"end");
        assert_eq!(server.targets(), ["/5", "/4", "/3", "/2", "/1", "/0"]);

        let error = refusal_of(&server.url("/6")).await;
        assert!(
            matches!(error, FetchError::TooManyRedirects { limit: 5, .. }),
            "{error:?}"
        );
        assert_eq!(server.targets().len(), 6 + 6);
    }

    #[tokio::test]
    async fn a_redirect_loop_ends() {
        let server = Server::start(|_| redirect_to("")).await;

        let error = refusal_of(&server.url("/")).await;

        assert_eq!(
            error.to_string(),
            "the redirect to `127.0.0.1` is one too many: 5 are followed"
        );
        assert_eq!((error.status(), error.is_callers_fault()), (400, true));
        assert_eq!(server.heads().len(), 6);
    }

    #[tokio::test]
    async fn a_body_may_be_as_large_as_the_limit_and_no_larger() {
        let server = Server::start(|target| {
            let body = "x".repeat(8);
            match target {
                "/length" => whole(format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{body}"
                )),
                "/close" => whole(format!("HTTP/1.1 200 OK\r\n\r\n{body}")),
                _ => whole(
                    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
                     3\r\nxxx\r\n5\r\nxxxxx\r\n0\r\n\r\n",
                ),
            }
        })
        .await;

        for target in ["/length", "/close", "/chunked"] {
            for (limit, fits) in [(0, false), (7, false), (8, true), (9, true)] {
                let mut settings = settings();
                settings.limits.body = limit;
                let fetcher = fetcher(settings, Names::default());
                match fetcher.fetch(&server.url(target)).await {
                    Ok(fetched) => {
                        assert!(fits, "{target} {limit}");
                        assert_eq!(fetched.body, b"xxxxxxxx", "{target} {limit}");
                    }
                    Err(FetchError::BodyTooLarge { limit: told, .. }) => {
                        assert!(!fits, "{target} {limit}");
                        assert_eq!(told, limit, "{target}");
                    }
                    Err(other) => panic!("{target} {limit}: {other:?}"),
                }
            }
        }
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_not_waited_for() {
        // Neither server ever finishes: only stopping at the limit ends these.
        for head in [
            "HTTP/1.1 200 OK\r\ncontent-length: 1048577\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 9223372036854775807\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n",
        ] {
            let server = Server::start(move |_| {
                Reply::Stalled([head.as_bytes(), &vec![b'x'; 1024 * 1024 + 1]].concat())
            })
            .await;

            let error = refusal_of(&server.url("/")).await;

            assert_eq!(
                error.to_string(),
                "the body from `127.0.0.1` is larger than 1048576 bytes",
                "{head}"
            );
            assert_eq!((error.status(), error.is_callers_fault()), (502, false));
        }
    }

    #[tokio::test]
    async fn the_total_limit_holds_before_and_inside_the_answer_and_over_all_hops() {
        let server = Server::start(|target| match target {
            "/nothing" => Reply::Stalled(vec![]),
            "/head" => Reply::Stalled(b"HTTP/1.1 200 OK\r\ncontent-".to_vec()),
            "/body" => Reply::Stalled(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx".to_vec()),
            _ => redirect_to("/nothing"),
        })
        .await;
        let mut settings = settings();
        settings.limits.total = Duration::from_millis(100);
        let fetcher = fetcher(settings, Names::default());

        for target in ["/nothing", "/head", "/body", "/redirect"] {
            let error = fetcher.fetch(&server.url(target)).await.expect_err(target);

            assert_eq!(
                error.to_string(),
                "`127.0.0.1` was not fetched within 100 ms",
                "{target}"
            );
            assert_eq!(
                (error.status(), error.is_callers_fault()),
                (504, false),
                "{target}"
            );
        }
    }

    #[tokio::test]
    async fn the_limit_for_connections_includes_finding_the_address() {
        let mut settings = settings();
        settings.limits.connect = Duration::from_millis(20);
        let fetcher = Fetcher::with_resolver(settings, Silent).expect("no user agent");

        let error = fetcher
            .fetch("http://slow.test/")
            .await
            .expect_err("no address");

        assert_eq!(
            error.to_string(),
            "`slow.test` took no connection within 20 ms"
        );
        assert_eq!((error.status(), error.is_callers_fault()), (504, false));
    }

    #[tokio::test]
    async fn a_name_is_asked_for_once_and_its_address_is_the_one_connected_to() {
        let server = Server::start(|_| ok("named")).await;
        let names = Names::default().with("site.test", &[&["127.0.0.1"], &["10.0.0.1"]]);
        let fetcher = fetcher(settings(), names.clone());

        let fetched = fetcher
            .fetch(&server.url_by_name("site.test", "/"))
            .await
            .expect("a body");

        assert_eq!(fetched.body, b"named");
        assert_eq!(names.asked(), ["site.test"]);
    }

    #[tokio::test]
    async fn a_name_that_changes_its_address_between_hops_is_refused() {
        let server = Server::start(|_| redirect_to("/again")).await;
        let names = Names::default().with("site.test", &[&["127.0.0.1"], &["169.254.169.254"]]);
        let fetcher = fetcher(settings(), names.clone());

        let error = fetcher
            .fetch(&server.url_by_name("site.test", "/"))
            .await
            .expect_err("the second address");

        assert_eq!(
            refused_redirect(error),
            ("site.test".to_owned(), Network::Metadata)
        );
        assert_eq!(names.asked(), ["site.test", "site.test"]);
        assert_eq!(server.targets(), ["/"]);
    }

    #[tokio::test]
    async fn a_name_with_any_refused_address_is_refused_and_not_contacted() {
        let forbidden = Server::forbidden("127.0.0.1:0").await;
        let names = Names::default()
            .with("loopback.test", &[&["127.0.0.1"]])
            .with("mapped.test", &[&["::ffff:127.0.0.1"]])
            .with("mixed.test", &[&["8.8.8.8", "127.0.0.1"]])
            .with("metadata.test", &[&["169.254.169.254"]]);
        let mut settings = settings();
        settings.policy.loopback = Loopback::Refused;
        let fetcher = fetcher(settings, names);

        for (name, expected) in [
            ("loopback.test", Network::Loopback),
            ("mapped.test", Network::Loopback),
            ("mixed.test", Network::Loopback),
            ("metadata.test", Network::Metadata),
        ] {
            let error = fetcher
                .fetch(&forbidden.url_by_name(name, "/"))
                .await
                .expect_err(name);

            assert_eq!(
                (error.status(), error.is_callers_fault()),
                (400, true),
                "{name}"
            );
            assert_eq!(
                error.to_string(),
                format!("`{name}` is refused: {expected} addresses are not fetched")
            );
            match error {
                FetchError::Refused {
                    place,
                    refusal: Refusal::Address { network, .. },
                } => {
                    assert_eq!((place.as_str(), network), (name, expected));
                }
                other => panic!("{name}: {other:?}"),
            }
        }
        assert_eq!(forbidden.heads(), [""; 0]);
    }

    #[tokio::test]
    async fn a_redirect_to_a_name_at_a_refused_address_is_not_followed() {
        let server = Server::start(|_| redirect_to("https://inside.test/")).await;
        let fetcher = fetcher(
            settings(),
            Names::default().with("inside.test", &[&["10.0.0.1"]]),
        );

        let error = fetcher
            .fetch(&server.url("/"))
            .await
            .expect_err("a private address");

        assert_eq!(
            error.to_string(),
            "the redirect from `127.0.0.1` to `inside.test` is refused: private addresses are not \
             fetched"
        );
    }

    #[tokio::test]
    async fn a_name_that_leads_nowhere_is_upstreams_fault() {
        let fetcher = fetcher(settings(), Names::default().with("empty.test", &[&[]]));

        for name in ["missing.test", "empty.test"] {
            let error = fetcher
                .fetch(&format!("http://{name}/"))
                .await
                .expect_err(name);

            assert_eq!(
                error.to_string(),
                format!("the name `{name}` leads to no address")
            );
            assert_eq!(
                (error.status(), error.is_callers_fault()),
                (502, false),
                "{name}"
            );
        }
    }

    #[tokio::test]
    async fn a_refused_connection_is_upstreams_fault() {
        // Bound and not listening: nobody else can take the port meanwhile.
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .bind("127.0.0.1:0".parse().expect("an address"))
            .expect("a free port");
        let address = socket.local_addr().expect("a bound socket");

        for scheme in ["http", "https"] {
            let error = refusal_of(&format!("{scheme}://{address}/?token=secret")).await;

            assert_eq!(
                error.to_string(),
                "`127.0.0.1` takes no connection",
                "{scheme}"
            );
            assert_eq!(
                (error.status(), error.is_callers_fault()),
                (502, false),
                "{scheme}"
            );
            let source = error.source().expect("the client's error").to_string();
            assert!(!source.contains("secret"), "{source}");
        }
    }

    #[tokio::test]
    async fn a_server_without_tls_is_upstreams_fault() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        tokio::spawn(async move {
            for reply in ["HTTP/1.1 400 Bad Request\r\n\r\n", ""] {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                let mut hello = [0; 1];
                let _ = stream.peek(&mut hello).await;
                let _ = stream.write_all(reply.as_bytes()).await;
                let _ = stream.shutdown().await;
                while stream
                    .read(&mut [0; 1024])
                    .await
                    .is_ok_and(|count| count > 0)
                {}
            }
        });

        for reply in ["no tls", "nothing"] {
            let error = refusal_of(&format!("https://{address}/")).await;

            assert!(
                matches!(error, FetchError::Tls { .. }),
                "{reply}: {error:?}"
            );
            assert_eq!(
                (error.status(), error.is_callers_fault()),
                (502, false),
                "{reply}"
            );
        }
    }

    #[tokio::test]
    async fn what_is_not_http_or_ends_early_is_upstreams_fault() {
        for reply in [
            "",
            "HTTP/1.1 200",
            "SSH-2.0-OpenSSH_9.6\r\n",
            "hello\r\n\r\n",
            "HTTP/1.1 two hundred\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        ] {
            let server = Server::start(move |_| whole(reply)).await;

            let error = refusal_of(&server.url("/")).await;

            assert!(
                matches!(error, FetchError::Broken { .. }),
                "{reply:?}: {error:?}"
            );
            assert_eq!(
                (error.status(), error.is_callers_fault()),
                (502, false),
                "{reply:?}"
            );
        }
    }

    #[tokio::test]
    async fn the_callers_mistakes_are_told_apart() {
        for (url, text) in [
            (
                "",
                "no url is given: write one that starts with http:// or https://",
            ),
            (
                " \n",
                "no url is given: write one that starts with http:// or https://",
            ),
            (
                "example.com",
                "the url cannot be read: relative URL without a base",
            ),
            (
                "/path",
                "the url cannot be read: relative URL without a base",
            ),
            ("http://", "the url cannot be read: empty host"),
            (
                "http://a b/",
                "the url cannot be read: invalid international domain name",
            ),
            (
                "http://[::1/",
                "the url cannot be read: invalid IPv6 address",
            ),
            (
                "http://a:99999/",
                "the url cannot be read: invalid port number",
            ),
            (
                "file:///etc/passwd",
                "`file:` is refused: only http and https are fetched",
            ),
            (
                "localhost:80/",
                "`localhost:` is refused: only http and https are fetched",
            ),
            (
                "http://user:word@example.com/",
                "`example.com` is refused: a url that carries a user name or a password is not \
                 fetched",
            ),
            (
                "http://0xa.1/",
                "`10.0.0.1` is refused: private addresses are not fetched",
            ),
            (
                "http://[fe80::1]/",
                "`[fe80::1]` is refused: link-local addresses are not fetched",
            ),
        ] {
            let error = refusal_of(url).await;

            assert_eq!(error.to_string(), text, "{url:?}");
            assert_eq!(
                (error.status(), error.is_callers_fault()),
                (400, true),
                "{url:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_strange_path_is_sent_or_refused_but_never_a_panic() {
        let server = Server::start(ok_with_target).await;

        for (given, sent) in [
            ("/{a}|b^c`d", "/%7Ba%7D|b^c%60d"),
            ("/a b\"<>", "/a%20b%22%3C%3E"),
            ("/%00%zz?'[]\\", "/%00%zz?%27[]\\"),
            ("/a\tb\r\nHost: evil", "/abHost:%20evil"),
        ] {
            let fetched = fetch(&server.url(given)).await.expect(given);
            assert_eq!(String::from_utf8_lossy(&fetched.body), sent, "{given}");
        }
        let long = format!("/{}", "x".repeat(100_000));
        let error = refusal_of(&server.url(&long)).await;
        assert_eq!(
            error.to_string(),
            "the url of `127.0.0.1` cannot be put into a request"
        );
        assert_eq!((error.status(), error.is_callers_fault()), (400, true));
    }

    fn ok_with_target(target: &str) -> Reply {
        ok(target)
    }

    #[tokio::test]
    async fn the_user_agent_with_its_token_stays_with_the_first_place() {
        let back = Arc::new(OnceLock::<String>::new());
        let home = Arc::clone(&back);
        let other = Server::start(move |_| redirect_to(home.get().expect("set below"))).await;
        let away = other.url("/");
        let server = Server::start(move |target| match target {
            "/here" => redirect_to("/there"),
            "/away" => redirect_to(&away),
            _ => ok("home"),
        })
        .await;
        back.set(server.url("/back")).expect("set once");
        let mut settings = settings();
        settings.user_agent = Some("ping/0.1 (token)".to_owned());
        let fetcher = fetcher(settings, Names::default());

        fetcher
            .fetch(&server.url("/here"))
            .await
            .expect("an answer");
        fetcher
            .fetch(&server.url("/away"))
            .await
            .expect("an answer");

        assert_eq!(server.targets(), ["/here", "/there", "/away", "/back"]);
        let token = "ping/0.1 (token)";
        assert_eq!(server.user_agents(), [token, token, token, PRODUCT]);
        assert_eq!(other.user_agents(), [PRODUCT]);
    }

    #[tokio::test]
    async fn another_name_for_the_same_server_does_not_see_the_token() {
        let other = Arc::new(OnceLock::<String>::new());
        let location = Arc::clone(&other);
        let server = Server::start(move |target| match target {
            "/" => redirect_to(location.get().expect("set below")),
            _ => ok("end"),
        })
        .await;
        other
            .set(server.url_by_name("other.test", "/end"))
            .expect("set once");
        let mut settings = settings();
        settings.user_agent = Some("ping/0.1 (token)".to_owned());
        let fetcher = fetcher(
            settings,
            Names::default().with("other.test", &[&["127.0.0.1"]]),
        );

        fetcher.fetch(&server.url("/")).await.expect("an answer");

        assert_eq!(server.user_agents(), ["ping/0.1 (token)", PRODUCT]);
    }

    #[tokio::test]
    async fn new_hosts_and_a_new_user_agent_apply_to_the_same_clients() {
        let server = Server::start(|_| ok("")).await;
        let old = fetcher(settings(), Names::default());
        old.fetch(&server.url("/")).await.expect("an answer");

        let listed = "127.0.0.1".parse().expect("a list");
        let new = old
            .with(listed, Some("ping/0.1 (new)"))
            .expect("plain text");
        new.fetch(&server.url("/")).await.expect("an answer");
        let none = old.with(AllowedHosts::Only(vec![]), None).expect("no text");
        let error = none
            .fetch(&server.url("/"))
            .await
            .expect_err("nothing is allowed");

        assert!(
            matches!(
                &error,
                FetchError::Refused {
                    refusal: Refusal::NotListed,
                    ..
                }
            ),
            "{error:?}"
        );
        assert_eq!(server.user_agents(), [PRODUCT, "ping/0.1 (new)"]);
        assert!(Arc::ptr_eq(&old.clients, &new.clients));
    }

    #[tokio::test]
    async fn nothing_is_set_up_before_it_is_needed() {
        let server = Server::start(|_| ok("")).await;
        let fetcher = fetcher(settings(), Names::default());
        let made = |fetcher: &Fetcher| {
            (
                fetcher.clients.plain.get().is_some(),
                fetcher.clients.secure.get().is_some(),
            )
        };

        assert_eq!(made(&fetcher), (false, false));
        fetcher
            .fetch("https://10.0.0.1/")
            .await
            .expect_err("a private address");
        assert_eq!(made(&fetcher), (false, false));
        fetcher.fetch(&server.url("/")).await.expect("an answer");
        assert_eq!(made(&fetcher), (true, false));
        fetcher
            .fetch("https://missing.test/")
            .await
            .expect_err("no such name");
        assert_eq!(made(&fetcher), (true, true));
    }

    #[test]
    fn a_user_agent_that_is_no_header_is_refused_without_repeating_it() {
        for user_agent in ["ping (to\nken)", "ping (to\rken)", "ping (to\0ken)"] {
            let settings = Settings {
                user_agent: Some(user_agent.to_owned()),
                ..settings()
            };

            let error = Fetcher::new(settings).err();

            assert_eq!(error, Some(InvalidUserAgent), "{user_agent:?}");
        }
        assert_eq!(
            InvalidUserAgent.to_string(),
            "the user agent has characters that a header cannot carry"
        );
    }

    #[test]
    fn the_limits_are_as_documented() {
        let limits = Limits::default();

        assert_eq!(limits.connect, Duration::from_secs(2));
        assert_eq!(limits.total, Duration::from_secs(5));
        assert_eq!(limits.body, 1_048_576);
        assert_eq!(limits.redirects, 5);
    }

    #[tokio::test]
    async fn the_system_finds_addresses_without_asking_the_network_for_those_written_out() {
        let addresses = SystemResolver
            .addresses("127.0.0.1")
            .await
            .expect("an address");

        assert_eq!(addresses, [IpAddr::V4(Ipv4Addr::LOCALHOST)]);
    }
}
