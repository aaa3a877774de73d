//! A client for tests: requests as any front end sends them, through the whole function, no socket.
//!
//! ```
//! # #[cfg(feature = "macros")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use powertools::{event::Source, router::{Path, Router, get, routes}, testing::TestClient};
//!
//! #[get("/hello/{name}")]
//! async fn hello(Path(name): Path<String>) -> String { format!("hello {name}") }
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let client = TestClient::new(Router::new(routes![hello])?);
//! let reply = client.get("/hello/a%20b").source(Source::RestApi).await;
//! assert_eq!(reply.status(), 200);
//! assert_eq!(reply.text(), "hello a b");
//! # Ok(())
//! # })
//! # }
//! # #[cfg(not(feature = "macros"))]
//! # fn main() {}
//! ```
//!
//! A request is written as the event of its source, decoded, handled, encoded, and the reply read as
//! that source reads it: what the client sees here is what a client of the real front end would see.
//! What is not played is Lambda's limit of 6 MB on the event and on the reply: no body is too large here. And
//! two things that would only be in a test's way: a REST API is told that every type is binary where that
//! matters, and an HTTP API decodes a path once and not twice (see [`local`](crate::local)).
//! Failures of the test itself (an unknown event, a reply that the source refuses) panic with what was wrong.
//!
//! # Other events
//!
//! [`TestClient::invoke`] takes any event as JSON, that of a queue or a direct invocation, and gives back what
//! Lambda would get: the result, or the failure.
//!
//! # WebSocket
//!
//! Connections and messages are sent through a [`TestSocket`]. What the function posts meanwhile, with the
//! feature `connections`, reaches no network: it is kept, and a test says which connections are gone or do not
//! read.
//!
//! ```
//! # #[cfg(all(feature = "macros", feature = "connections"))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use powertools::{testing::TestClient, websocket::{self, Connections}};
//!
//! /// Tells everybody, and says who is not there any more.
//! #[websocket::message("shout")]
//! async fn shout(text: String, connections: Connections) -> String {
//!     connections.broadcast(["ann=", "bob="], text.to_uppercase()).await.gone.join(" ")
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let client = TestClient::new(websocket::Router::new(websocket::routes![shout])?);
//! let ann = client.socket("ann=");
//! client.connections().lose("bob=");
//! assert_eq!(ann.text("shout", "tea?").await.text(), "bob=");
//! assert_eq!(client.posted("ann="), ["TEA?"]);
//! // What ann's screen shows: the post, and then the reply.
//! assert_eq!(ann.received(), ["TEA?", "bob="]);
//! # Ok(())
//! # })
//! # }
//! # #[cfg(not(all(feature = "macros", feature = "connections")))]
//! # fn main() {}
//! ```

use std::{fmt, future::IntoFuture, pin::Pin};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

#[cfg(feature = "parameters")]
pub use crate::clock::HandClock;
#[cfg(feature = "connections")]
pub use crate::websocket::connections::kept::{Post, TestConnections};
use crate::{
    Context,
    event::Source,
    function::{App, InvocationError},
    gateway::{self, Api},
};
#[cfg(feature = "connections")]
use crate::{context, websocket::connections::Played};

/// What a client has to encode in a path and query, and a test may leave unencoded.
const URL: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`');

/// What browsers encode in a form (the URL standard's application/x-www-form-urlencoded set).
const FORM: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'*')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_');

mod socket;

pub use self::socket::{TestEvent, TestSocket};

/// Sends requests to an application within the test.
#[derive(Clone, Debug)]
pub struct TestClient<A> {
    app: A,
    source: Source,
    #[cfg(feature = "connections")]
    connections: TestConnections,
}

impl<A: App> TestClient<A> {
    /// A client that speaks through an HTTP API unless told otherwise.
    pub fn new(app: A) -> Self {
        Self {
            app,
            source: Source::HttpApi,
            #[cfg(feature = "connections")]
            connections: TestConnections::new(),
        }
    }

    /// Speaks through this front end unless a request says otherwise.
    #[must_use]
    pub const fn source(mut self, source: Source) -> Self {
        self.source = source;
        self
    }

    /// Has the function post to these connections instead of the client's own.
    #[cfg(feature = "connections")]
    #[must_use]
    pub fn with_connections(mut self, connections: TestConnections) -> Self {
        self.connections = connections;
        self
    }

    /// The connections that the function posts to.
    #[cfg(feature = "connections")]
    pub const fn connections(&self) -> &TestConnections {
        &self.connections
    }

    /// What was posted to this connection so far, as text.
    ///
    /// # Panics
    ///
    /// When something of it is not UTF-8, which no client could read.
    #[cfg(feature = "connections")]
    #[must_use]
    pub fn posted(&self, id: &str) -> Vec<String> {
        self.connections.posted(id)
    }

    /// A GET request.
    pub fn get(&self, url: &str) -> TestRequest<'_, A> {
        self.request(Method::GET, url)
    }

    /// A POST request.
    pub fn post(&self, url: &str) -> TestRequest<'_, A> {
        self.request(Method::POST, url)
    }

    /// A PUT request.
    pub fn put(&self, url: &str) -> TestRequest<'_, A> {
        self.request(Method::PUT, url)
    }

    /// A PATCH request.
    pub fn patch(&self, url: &str) -> TestRequest<'_, A> {
        self.request(Method::PATCH, url)
    }

    /// A DELETE request.
    pub fn delete(&self, url: &str) -> TestRequest<'_, A> {
        self.request(Method::DELETE, url)
    }

    /// A request of any method. `url` is a path with or without a query, percent-encoded where that
    /// matters; spaces and characters beyond ASCII are encoded here.
    ///
    /// # Panics
    ///
    /// When `url` is not a path and query.
    pub fn request(&self, method: Method, url: &str) -> TestRequest<'_, A> {
        let mut request = http::Request::new(Bytes::new());
        *request.method_mut() = method;
        *request.uri_mut() = parsed(url);
        let host = HeaderValue::from_static("api.example");
        request.headers_mut().insert(header::HOST, host);
        TestRequest {
            app: &self.app,
            source: self.source,
            context: Context::new("00000000-0000-4000-8000-000000000000"),
            api: Api::default(),
            request,
        }
    }

    /// A direct invocation, or the event of any other service: the result as JSON.
    ///
    /// # Errors
    ///
    /// What Lambda would report as a failed invocation.
    ///
    /// # Panics
    ///
    /// When `event` does not serialise.
    pub async fn invoke(&self, event: impl Serialize) -> Result<Value, InvocationError> {
        let event = serde_json::to_vec(&event).expect("the event serialises");
        self.invoke_raw(event).await
    }

    /// The same with bytes that need not be JSON.
    ///
    /// # Errors
    ///
    /// What Lambda would report as a failed invocation.
    ///
    /// # Panics
    ///
    /// When the result is not JSON, which would be a mistake in this crate.
    pub async fn invoke_raw(&self, event: impl Into<Bytes>) -> Result<Value, InvocationError> {
        let context = Context::new("00000000-0000-4000-8000-000000000000");
        let context = self.playing(context);
        let reply = self.app.invoke(event.into(), context).await?;
        Ok(serde_json::to_value(&reply).expect("a reply is JSON"))
    }

    /// The context with the connections that posts go to.
    fn playing(&self, context: Context) -> Context {
        #[cfg(feature = "connections")]
        let context = {
            let mut context = context;
            let played = Played::Test(self.connections.clone());
            context.edge = context::Edge::new(played);
            context
        };
        context
    }
}

/// A request about to be sent: `.await` sends it.
#[must_use = "a request is sent when it is awaited"]
pub struct TestRequest<'c, A> {
    app: &'c A,
    source: Source,
    context: Context,
    api: Api,
    request: http::Request<Bytes>,
}

impl<A: App> TestRequest<'_, A> {
    /// Speaks through this front end.
    pub const fn source(mut self, source: Source) -> Self {
        self.source = source;
        self
    }

    /// Adds a header, keeping others of the same name.
    ///
    /// # Panics
    ///
    /// When HTTP does not allow the name or the value.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let parsed = HeaderName::from_bytes(name.as_bytes());
        let name = parsed.unwrap_or_else(|error| panic!("header name `{name}`: {error}"));
        let parsed = HeaderValue::from_bytes(value.as_ref());
        let value = parsed.unwrap_or_else(|error| panic!("value of header `{name}`: {error}"));
        self.request.headers_mut().append(name, value);
        self
    }

    /// Adds a cookie to those that are sent.
    ///
    /// # Panics
    ///
    /// When a header cannot carry it.
    pub fn cookie(mut self, name: &str, value: &str) -> Self {
        let sent = self.request.headers().get(header::COOKIE);
        let mut line = sent.map_or_else(Vec::new, |sent| [sent.as_bytes(), b"; "].concat());
        line.extend_from_slice(format!("{name}={value}").as_bytes());
        self.request.headers_mut().remove(header::COOKIE);
        self.header("cookie", line)
    }

    /// Sets the header `authorization` to `Bearer` and this token.
    ///
    /// # Panics
    ///
    /// When a header cannot carry it.
    pub fn bearer(mut self, token: &str) -> Self {
        self.request.headers_mut().remove(header::AUTHORIZATION);
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Adds a claim that the API's authorizer found in the client's token: Cognito's on a REST API, a JWT
    /// authorizer's on an HTTP API. The other front ends know none, and send none.
    ///
    /// ```
    /// # #[cfg(feature = "macros")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use powertools::{event::Source, router::{Router, get, routes}, testing::TestClient};
    /// # #[get("/me")]
    /// # async fn me() {}
    /// let client = TestClient::new(Router::new(routes![me])?);
    /// let event = client.get("/me").claim("sub", "ann").event();
    /// assert_eq!(event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"], "ann");
    /// let event = client.get("/me").source(Source::RestApi).claim("sub", "ann").event();
    /// assert_eq!(event["requestContext"]["authorizer"]["claims"]["sub"], "ann");
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "macros"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Panics
    ///
    /// When `value` does not serialise.
    pub fn claim(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).expect("the claim serialises");
        self.api.claims.insert(name.to_owned(), value);
        self
    }

    /// What a Lambda authorizer of the API says of the client, on a REST or an HTTP API.
    ///
    /// # Panics
    ///
    /// When `context` is no object.
    pub fn authorizer(mut self, context: impl Serialize) -> Self {
        self.api.authorizer = authorizer(context);
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        *self.request.body_mut() = Bytes::copy_from_slice(body.as_ref());
        self
    }

    /// Sets the body to JSON, and the content type unless there is one.
    ///
    /// # Panics
    ///
    /// When `value` does not serialise.
    pub fn json(mut self, value: impl Serialize) -> Self {
        let json = HeaderValue::from_static("application/json");
        let headers = self.request.headers_mut();
        headers.entry(header::CONTENT_TYPE).or_insert(json);
        self.body(serde_json::to_vec(&value).expect("the value serialises"))
    }

    /// Sets the body to the fields of a form, encoded as browsers do, and the content type unless there is
    /// one.
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let encoded = |text: &str| {
            let text = utf8_percent_encode(text, FORM).to_string();
            text.replace("%20", "+")
        };
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        let headers = self.request.headers_mut();
        headers.entry(header::CONTENT_TYPE).or_insert(form);
        self.body(pairs.join("&"))
    }

    /// Sets the invocation that the request comes with.
    pub fn context(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    /// The event that the source would send for this request.
    ///
    /// # Panics
    ///
    /// When the source would refuse the request itself.
    #[must_use]
    pub fn event(&self) -> Value {
        let (parts, body) = self.request.clone().into_parts();
        let id = &*self.context.request_id;
        let asked = gateway::Asked {
            parts: &parts,
            body: &body,
            id,
            extended_id: id,
            hop: None,
        };
        match gateway::event(self.source, &self.api, asked) {
            Ok(event) => serde_json::from_str(&event).expect("an event is JSON"),
            Err(refusal) => panic!(
                "a {} refuses {} itself: {refusal:?}",
                self.source, parts.uri
            ),
        }
    }

    async fn send(self) -> TestReply {
        let event = self.event().to_string();
        let source = self.source;
        let reply = match self.app.invoke(event.into(), self.context).await {
            Ok(reply) => serde_json::to_vec(&reply).expect("a reply is JSON"),
            Err(error) => panic!("{error:?}"),
        };
        TestReply::read(source, &reply)
    }
}

/// What an authorizer says of somebody.
fn authorizer(context: impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(context) {
        Ok(Value::Object(context)) => context,
        other => panic!("an authorizer's context is an object, not {other:?}"),
    }
}

impl<'c, A: App> IntoFuture for TestRequest<'c, A> {
    type Output = TestReply;
    type IntoFuture = Pin<Box<dyn Future<Output = TestReply> + Send + 'c>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<A> fmt::Debug for TestRequest<'_, A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TestRequest")
            .field("source", &self.source)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

/// What the client got.
#[derive(Clone, Debug)]
pub struct TestReply {
    answer: gateway::Answer,
    raw: Value,
}

impl TestReply {
    fn read(source: Source, reply: &[u8]) -> Self {
        let raw = serde_json::from_slice(reply).expect("a reply is JSON");
        match gateway::read(source, &Api::default(), None, reply) {
            Ok(answer) => Self { answer, raw },
            Err(reason) => panic!("a {source} does not accept the reply {raw}: {reason}"),
        }
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.answer.status()
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.answer.headers()
    }

    /// The first value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        text(self.answer.headers().get(name)?)
    }

    /// Every value of a header.
    #[must_use]
    pub fn header_all(&self, name: &str) -> Vec<&str> {
        let values = self.answer.headers().get_all(name).iter();
        values.filter_map(text).collect()
    }

    /// The cookies that are set, as written.
    #[must_use]
    pub fn cookies(&self) -> Vec<&str> {
        self.header_all("set-cookie")
    }

    /// The body's bytes, base64 undone.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.answer.body()
    }

    /// The body as text.
    ///
    /// # Panics
    ///
    /// When it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(self.bytes()).expect("the body is UTF-8")
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is not JSON, or not a `T`.
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(self.bytes())
            .unwrap_or_else(|error| panic!("the body is not as expected: {error}: {}", self.text()))
    }

    /// The reply as the function gave it to Lambda.
    #[must_use]
    pub const fn raw(&self) -> &Value {
        &self.raw
    }
}

/// A path and perhaps a query, percent-encoded where that matters.
fn parsed(url: &str) -> Uri {
    utf8_percent_encode(url, URL)
        .to_string()
        .parse()
        .unwrap_or_else(|error| panic!("`{url}` is not a path and query: {error}"))
}

/// Not `HeaderValue::to_str`, which knows ASCII only; replies are JSON, so their values are UTF-8.
fn text(value: &HeaderValue) -> Option<&str> {
    std::str::from_utf8(value.as_bytes()).ok()
}
