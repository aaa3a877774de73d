//! Cross-origin resource sharing: who may read an answer from another origin.
//!
//! The router does this and not a layer around it, because only the router knows which methods a path
//! has. The rules are those of the Fetch standard (<https://fetch.spec.whatwg.org/#http-cors-protocol>).

use std::{fmt, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use super::{table, vary};
use crate::{
    caught::attempt,
    event::{self, Request, Response},
};

/// A policy for other origins.
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use std::time::Duration;
/// use powertools::router::{Cors, Router, get, routes};
///
/// #[get("/orders")]
/// async fn orders() -> &'static str { "[]" }
///
/// let cors = Cors::allow_origin("https://shop.example")
///     .or_origin("https://*.shop.example")
///     .allow_credentials()
///     .expose_header("x-total")
///     .max_age(Duration::from_secs(600));
/// let router = Router::new(routes![orders])?.cors(cors)?;
/// # }
/// # Ok::<(), powertools::router::RouteErrors>(())
/// ```
///
/// A preflight is answered with 204 before any middleware, because browsers send it without
/// credentials; it lists the methods of the path that have the same policy as the one asked about: those
/// that were given it by one call of `cors`. A path that no route has is answered for the method asked
/// about, so that the page gets to see the 404. A method that a path has not is answered by the router's
/// policy, and not at all where a route of that path has its own or is `without_cors`.
///
/// An actual answer, errors and panics included, carries the headers that let the page read it. Where the policy depends on the origin, every answer
/// says so in `Vary`, also one without an origin. An origin that is not allowed gets no CORS header and
/// an otherwise ordinary answer: the browser is the one who refuses. A handler's own
/// `access-control-allow-origin` is replaced, its `access-control-allow-methods` on its own OPTIONS
/// route is kept.
#[derive(Clone)]
pub struct Cors {
    origins: Vec<Origin>,
    headers: Headers,
    expose: Vec<String>,
    credentials: bool,
    max_age: Option<Duration>,
}

#[derive(Clone)]
enum Origin {
    Any,
    /// `https://shop.example`, or with `*.` before the host.
    Text(String),
    Null,
    If(Arc<dyn Fn(&str) -> bool + Send + Sync>),
}

#[derive(Clone)]
enum Headers {
    These(Vec<String>),
    Requested,
}

/// What requests to an AWS API commonly carry; the same five as Powertools' default.
const COMMON: [&str; 5] = [
    "authorization",
    "content-type",
    "x-amz-date",
    "x-amz-security-token",
    "x-api-key",
];
/// What a mirrored list of requested headers may have at most; longer ones are not mirrored.
const MOST_REQUESTED: usize = 2048;

impl Cors {
    const fn new(origins: Vec<Origin>) -> Self {
        Self {
            origins,
            headers: Headers::These(Vec::new()),
            expose: Vec::new(),
            credentials: false,
            max_age: None,
        }
    }

    /// Lets pages of this origin read answers: scheme, host and port as a browser writes them, without
    /// a slash at the end. `https://*.shop.example` means every subdomain, but not `shop.example`.
    #[must_use]
    pub fn allow_origin(origin: impl Into<String>) -> Self {
        Self::new(vec![Origin::Text(origin.into())])
    }

    /// Lets pages of every origin read answers. Not together with credentials.
    ///
    /// Every answer says so, also one to a request without an origin: it is the same for all, so a cache
    /// may keep it for all.
    #[must_use]
    pub fn allow_any_origin() -> Self {
        Self::new(vec![Origin::Any])
    }

    /// Lets pages of those origins read answers for which `allowed` says so; none for which it panics.
    #[must_use]
    pub fn allow_origin_if(allowed: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self::new(vec![Origin::If(Arc::new(allowed))])
    }

    /// Another origin, written as for [`Cors::allow_origin`].
    #[must_use]
    pub fn or_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(Origin::Text(origin.into()));
        self
    }

    /// Also the origin `null`, which sandboxed frames, `data:` pages and some redirects have: together
    /// with credentials that is any page at all that takes the trouble.
    #[must_use]
    pub fn or_null_origin(mut self) -> Self {
        self.origins.push(Origin::Null);
        self
    }

    /// Lets requests carry this header (`*`, without credentials, means every one), beside `authorization`, `content-type`, `x-amz-date`,
    /// `x-amz-security-token` and `x-api-key`.
    #[must_use]
    pub fn allow_header(mut self, name: impl Into<String>) -> Self {
        match &mut self.headers {
            Headers::These(names) => names.push(name.into()),
            Headers::Requested => {}
        }
        self
    }

    /// Lets requests carry whatever headers they ask for.
    #[must_use]
    pub fn allow_requested_headers(mut self) -> Self {
        self.headers = Headers::Requested;
        self
    }

    /// Lets pages read this header of answers; `*`, without credentials, means every one.
    #[must_use]
    pub fn expose_header(mut self, name: impl Into<String>) -> Self {
        self.expose.push(name.into());
        self
    }

    /// Lets requests carry cookies and other credentials.
    #[must_use]
    pub const fn allow_credentials(mut self) -> Self {
        self.credentials = true;
        self
    }

    /// How long a browser may remember the answer to a preflight; five seconds unless set. Browsers
    /// have limits of their own: Chromium two hours, Firefox a day.
    #[must_use]
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// The headers that were named, to be sent or to be read.
    fn names(&self) -> impl Iterator<Item = &String> {
        let allowed = match &self.headers {
            Headers::These(names) => names.as_slice(),
            Headers::Requested => &[],
        };
        allowed.iter().chain(&self.expose)
    }

    /// The policy as it is used, or everything that is wrong with it.
    pub(super) fn build(self) -> Result<Policy, Vec<String>> {
        let mut mistakes = Vec::new();
        let mut matchers = Vec::new();
        let mut any = false;
        let has_wildcard = self.names().any(|name| name == "*");
        for origin in self.origins {
            match origin {
                Origin::Any => any = true,
                Origin::Null => matchers.push(Matcher::Exactly("null".to_owned())),
                Origin::If(allowed) => matchers.push(Matcher::If(allowed)),
                Origin::Text(text) => match Matcher::parse(&text) {
                    Ok(matcher) => matchers.push(matcher),
                    Err(mistake) => mistakes.push(mistake),
                },
            }
        }
        if any && self.credentials {
            mistakes.push(
                "any origin together with credentials would let every page act for your users; \
                 name the origins"
                    .to_owned(),
            );
        }
        if self.credentials && has_wildcard {
            mistakes.push(
                "together with credentials a browser takes `*` for a header of that name; name the \
                 headers, or use `allow_requested_headers()`"
                    .to_owned(),
            );
        }
        let headers = match self.headers {
            Headers::Requested => None,
            Headers::These(names) => {
                let common = COMMON.iter().map(|name| (*name).to_owned());
                Some(list(common.chain(names), "allowed", &mut mistakes))
            }
        };
        let expose = list(self.expose.into_iter(), "exposed", &mut mistakes);
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let max_age = self.max_age.map(|age| HeaderValue::from(age.as_secs()));
        Ok(Policy {
            matchers,
            any,
            headers: headers.map(|names| text(&names)),
            expose: Some(expose)
                .filter(|names| !names.is_empty())
                .map(|names| text(&names)),
            credentials: self.credentials,
            max_age,
        })
    }
}

/// Header names in lower case, sorted, each once.
fn list(names: impl Iterator<Item = String>, what: &str, mistakes: &mut Vec<String>) -> String {
    let mut known: Vec<String> = Vec::new();
    for name in names {
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) => known.push(name.as_str().to_owned()),
            Err(_) => mistakes.push(format!(
                "`{name}`, which is to be {what}, is no header name"
            )),
        }
    }
    known.sort_unstable();
    known.dedup();
    known.join(",")
}

fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("it is made of header names and commas")
}

impl fmt::Debug for Cors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Cors")
            .field("credentials", &self.credentials)
            .field("expose", &self.expose)
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}

/// How origins are recognised.
enum Matcher {
    Exactly(String),
    /// `https://` and `.shop.example:8443`: what an origin starts and ends with, and one or more labels
    /// between.
    Below {
        scheme: String,
        rest: String,
    },
    If(Arc<dyn Fn(&str) -> bool + Send + Sync>),
}

impl Matcher {
    fn parse(origin: &str) -> Result<Self, String> {
        let mistake = |reason: &str| Err(format!("origin `{origin}` {reason}"));
        if origin == "*" {
            return mistake("means every origin; say so with `Cors::allow_any_origin()`");
        }
        if origin == "null" {
            return mistake("is what untrusted pages have; ask for it with `or_null_origin()`");
        }
        let Some((scheme, authority)) = origin.split_once("://") else {
            return mistake("has no scheme; write it like `https://shop.example`");
        };
        if authority.ends_with('/') {
            return mistake("ends with a slash, which no browser sends");
        }
        if origin.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return mistake("has capital letters, which no browser sends");
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (authority, None),
        };
        if (scheme, port) == ("https", Some("443")) || (scheme, port) == ("http", Some("80")) {
            return mistake("names the port that its scheme has anyway, which no browser sends");
        }
        if port.is_some_and(|port| port.parse::<u16>().is_err()) {
            return mistake("has a port that is no number");
        }
        let (labels, below) = match host.strip_prefix("*.") {
            Some(labels) => (labels, true),
            None => (host, false),
        };
        if labels.contains('*') {
            return mistake("has a `*` that is not the whole first label");
        }
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._[]:".contains(&byte);
        if scheme.is_empty() || labels.is_empty() || !labels.bytes().all(is_host) {
            return mistake("is not a scheme and a host; write it like `https://shop.example`");
        }
        if !below {
            return Ok(Self::Exactly(origin.to_owned()));
        }
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        Ok(Self::Below {
            scheme: format!("{scheme}://"),
            rest: format!(".{labels}{port}"),
        })
    }

    fn admits(&self, origin: &str) -> bool {
        match self {
            Self::Exactly(allowed) => origin == allowed,
            Self::Below { scheme, rest } => {
                let labels = origin.strip_prefix(&**scheme);
                let labels = labels.and_then(|host| host.strip_suffix(&**rest));
                let is_label = |label: &str| {
                    let plain =
                        |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
                    !label.is_empty() && label.bytes().all(plain)
                };
                labels.is_some_and(|labels| labels.split('.').all(is_label))
            }
            Self::If(allowed) => {
                // The application's own code: what panics there allows nothing.
                attempt(|| allowed(origin)).unwrap_or_else(|panic| {
                    tracing::error!(
                        target: "powertools::router",
                        panic,
                        "the function that allows origins panicked; the origin is not allowed"
                    );
                    false
                })
            }
        }
    }
}

/// A policy ready for use.
pub(super) struct Policy {
    matchers: Vec<Matcher>,
    any: bool,
    headers: Option<HeaderValue>,
    expose: Option<HeaderValue>,
    credentials: bool,
    max_age: Option<HeaderValue>,
}

/// The method that a preflight is about; none if the request is not a preflight.
pub(super) fn preflight(request: &Request) -> Option<Method> {
    if *request.method() != Method::OPTIONS {
        return None;
    }
    request.headers().get(header::ORIGIN)?;
    let method = request
        .headers()
        .get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
    Method::from_bytes(method.as_bytes()).ok()
}

/// The answer to a preflight that allows nothing: a browser looks for what is not there.
pub(super) fn refused_preflight() -> Response {
    let vary = HeaderValue::from_static(
        "origin, access-control-request-method, access-control-request-headers",
    );
    Response::new(StatusCode::NO_CONTENT).with_header(header::VARY, vary)
}

impl Policy {
    /// The answer to a preflight, which lets pages of origins that are allowed use these methods.
    pub(super) fn answer_preflight(&self, request: &Request, methods: &[Method]) -> Response {
        let mut response = refused_preflight();
        let headers = response.headers_mut();
        if !self.admit(request.headers(), headers) {
            return response;
        }
        if let Ok(methods) = HeaderValue::from_str(&table::list(methods)) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
        let requested = request
            .headers()
            .get(header::ACCESS_CONTROL_REQUEST_HEADERS);
        let allowed = match &self.headers {
            Some(allowed) => Some(allowed.clone()),
            None => requested
                .filter(|names| names.len() <= MOST_REQUESTED)
                .and_then(|names| HeaderValue::from_str(names).ok()),
        };
        if let Some(allowed) = allowed {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        }
        if let Some(age) = &self.max_age {
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, age.clone());
        }
        response
    }

    /// Adds to an actual answer what lets the page read it.
    pub(super) fn decorate(&self, requested: &event::Headers, response: &mut Response) {
        let headers = response.headers_mut();
        // What a handler may have said, as if it were the one to allow.
        headers.remove(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        headers.remove(header::ACCESS_CONTROL_ALLOW_CREDENTIALS);
        if !self.any {
            vary::add(headers, "origin");
        }
        if self.admit(requested, headers)
            && let Some(expose) = &self.expose
        {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, expose.clone());
        }
    }

    /// Sets the headers that both kinds of answers have, if the origin is allowed.
    fn admit(&self, requested: &event::Headers, headers: &mut HeaderMap) -> bool {
        if self.any {
            let any = HeaderValue::from_static("*");
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
            return true;
        }
        let mut origins = requested.all("origin");
        let (Some(origin), None) = (origins.next(), origins.next()) else {
            return false;
        };
        if !self.matchers.iter().any(|matcher| matcher.admits(origin)) {
            return false;
        }
        let Ok(origin) = HeaderValue::from_str(origin) else {
            return false;
        };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.credentials {
            let yes = HeaderValue::from_static("true");
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
        }
        true
    }
}
