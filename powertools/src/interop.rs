//! Between this crate and the tower world: lambda_http's requests and responses, both ways.
//!
//! [`run`](crate::run) serves any `tower::Service` of [`lambda_http::Request`], an axum `Router` for
//! one, with events decoded and replies encoded here: repeated headers and cookies intact on every
//! front end. And [`Router::into_service`] makes a [`Router`] such a service, so that tower layers
//! can wrap it.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//!
//! fn main() -> Result<(), powertools::Error> {
//!     let app: Router = Router::new().route("/ping", get(async || "pong"));
//!     powertools::start(powertools::run(app))
//! }
//! ```
//!
//! A hosted service finds in the request's extensions our [`Request`], with its context, source and
//! raw request context, and what lambda_http's `RequestExt` reads: the Lambda context, query and
//! stage-free path. `RequestExt::request_context_ref` gives nothing, because building that type costs
//! more than the rest of a small request; [`Request::request_context`] reads it when asked.

use std::{convert::Infallible, sync::Arc, task, task::Poll, time::UNIX_EPOCH};

use bytes::Bytes;
use http::{StatusCode, Uri};
use http_body_util::BodyExt;
use lambda_http::RequestExt;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use tower::{BoxError, Service, ServiceExt};

use crate::{
    Context,
    event::{Limits, Problem, Request, Response, without_framing},
    function::HttpApp,
    router::{Router, report},
    runtime::told,
};

/// What a URI's path cannot hold as it is. `%` is not among them: in a canonical path it only occurs
/// as the escapes that a URI has as well.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');
/// The same for a query's keys and values.
const QUERY: &AsciiSet = &PATH.add(b'%').add(b'&').add(b'+').add(b'=').add(b'\'');

/// A request as lambda_http has it.
fn to_lambda_http(request: Request) -> Result<lambda_http::Request, Problem> {
    let uri = uri(&request).map_err(|error| {
        Problem::new(StatusCode::BAD_REQUEST)
            .with_detail("the path and query are no URI")
            .with_cause(error)
    })?;
    let mut theirs = http::Request::new(body(request.body()?));
    *theirs.method_mut() = request.method().clone();
    *theirs.uri_mut() = uri;
    *theirs.headers_mut() = request.headers().to_map();
    let query = request.query().iter().fold(
        std::collections::HashMap::<String, Vec<String>>::new(),
        |mut map, (key, value)| {
            map.entry(key.to_owned())
                .or_default()
                .push(value.to_owned());
            map
        },
    );
    let theirs = theirs
        .with_lambda_context(lambda_context(request.context()))
        .with_query_string_parameters(query)
        .with_raw_http_path(request.raw_path());
    let (mut parts, body) = theirs.into_parts();
    parts.extensions.insert(request.context().clone());
    parts.extensions.insert(request);
    Ok(http::Request::from_parts(parts, body))
}

fn uri(request: &Request) -> Result<Uri, http::uri::InvalidUri> {
    let mut text = utf8_percent_encode(request.path(), PATH).to_string();
    // Our routes ignore a trailing slash; other routers tell it apart.
    if request.raw_path().ends_with('/') && !text.ends_with('/') {
        text.push('/');
    }
    for (number, (key, value)) in request.query().iter().enumerate() {
        text.push(if number == 0 { '?' } else { '&' });
        text.extend(utf8_percent_encode(key, QUERY));
        text.push('=');
        text.extend(utf8_percent_encode(value, QUERY));
    }
    text.parse()
}

fn body(bytes: &Bytes) -> lambda_http::Body {
    if bytes.is_empty() {
        return lambda_http::Body::Empty;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => lambda_http::Body::Text(text.to_owned()),
        Err(_) => lambda_http::Body::Binary(bytes.to_vec()),
    }
}

fn lambda_context(context: &Context) -> lambda_http::Context {
    let mut theirs = lambda_http::Context::default();
    theirs.request_id.clone_from(&context.request_id);
    theirs
        .invoked_function_arn
        .clone_from(&context.function_arn);
    let deadline = context
        .deadline
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    theirs.deadline = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
    theirs.xray_trace_id.clone_from(&context.xray_trace_id);
    theirs.tenant_id.clone_from(&context.tenant_id);
    let config = Arc::make_mut(&mut theirs.env_config);
    config.function_name.clone_from(&context.function.name);
    config.version.clone_from(&context.function.version);
    config.memory = i32::try_from(context.function.memory_mib).unwrap_or(i32::MAX);
    config.log_group.clone_from(&context.function.log_group);
    config.log_stream.clone_from(&context.function.log_stream);
    theirs
}

/// Marks a response whose body a handler of ours gave as text: on the way through tower it is bytes.
#[derive(Clone, Copy)]
struct WasText;

/// A response of the tower world, its body collected.
async fn from_tower<B>(response: http::Response<B>) -> Response
where
    B: http_body::Body,
    B::Error: Into<BoxError>,
{
    let (parts, body) = response.into_parts();
    let body = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return internal(error.into()),
    };
    let was_text = parts.extensions.get::<WasText>().is_some();
    let mut response = Response::new(parts.status).with_body(body);
    // Layers may have changed the body; a content coding says so and is minded when it is written.
    if was_text
        && let crate::event::Body::Bytes(bytes) = response.body()
        && let Ok(text) = bytestring::ByteString::try_from(bytes.clone())
    {
        response.set_body(crate::event::Body::Text(text));
    }
    *response.headers_mut() = parts.headers;
    response
}

fn internal(cause: BoxError) -> Response {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
        .with_cause(cause)
        .into()
}

/// Any tower service of lambda_http's requests is an application.
impl<T, B> HttpApp for T
where
    T: Service<lambda_http::Request, Response = http::Response<B>> + Clone + Send + Sync + 'static,
    T::Error: Into<BoxError>,
    T::Future: Send,
    B: http_body::Body + Send,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    async fn respond(&self, request: Request) -> Response {
        serve(self, request).await
    }

    fn accepted(&self) -> Limits {
        Limits::default()
    }

    fn listing(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// A tower service with limits of its own.
///
/// ```no_run
/// # fn main() -> Result<(), powertools::Error> {
/// use powertools::{event::Limits, interop::Hosted};
///
/// let app: axum::Router = axum::Router::new();
/// let app = Hosted::new(app).limits(Limits::default().body_bytes(5 * 1024 * 1024));
/// powertools::start(powertools::run(app))
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Hosted<T> {
    service: T,
    limits: Limits,
}

impl<T> Hosted<T> {
    /// Serves `service` with the default limits.
    pub fn new(service: T) -> Self {
        Self {
            service,
            limits: Limits::default(),
        }
    }

    /// Sets how much of a request is accepted.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

impl<T, B> HttpApp for Hosted<T>
where
    T: Service<lambda_http::Request, Response = http::Response<B>> + Clone + Send + Sync + 'static,
    T::Error: Into<BoxError>,
    T::Future: Send,
    B: http_body::Body + Send,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    async fn respond(&self, request: Request) -> Response {
        serve(&self.service, request).await
    }

    fn accepted(&self) -> Limits {
        self.limits
    }

    fn listing(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

async fn serve<T, B>(service: &T, request: Request) -> Response
where
    T: Service<lambda_http::Request, Response = http::Response<B>> + Clone,
    T::Error: Into<BoxError>,
    B: http_body::Body,
    B::Error: Into<BoxError>,
{
    let request_id = request.context().request_id.clone();
    let mut response = match to_lambda_http(request) {
        Ok(request) => {
            let answer = service.clone().oneshot(request).await.map_err(Into::into);
            match answer {
                Ok(response) => from_tower(response).await,
                Err(error) => internal(error),
            }
        }
        Err(problem) => problem.into(),
    };
    report(&mut response, &request_id);
    response
}

impl<S: Send + Sync + 'static> Router<S> {
    /// This router as a `tower::Service` of lambda_http's requests, for tower layers to wrap.
    ///
    /// [`run`](crate::run) serves the result. On the way the request keeps its source and context,
    /// if it came through [`run`](crate::run); through lambda_http's own `run` it has a source of
    /// REST API and what lambda_http knows of the context.
    #[must_use]
    pub const fn into_service(self) -> RouterService<S> {
        RouterService(self)
    }
}

/// A [`Router`] as a `tower::Service`; see [`Router::into_service`].
#[derive(Debug)]
pub struct RouterService<S = ()>(Router<S>);

impl<S> Clone for RouterService<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

type Responding = std::pin::Pin<
    Box<dyn Future<Output = Result<http::Response<lambda_http::Body>, Infallible>> + Send>,
>;

impl<S: Send + Sync + 'static> Service<lambda_http::Request> for RouterService<S> {
    type Response = http::Response<lambda_http::Body>;
    type Error = Infallible;
    type Future = Responding;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: lambda_http::Request) -> Responding {
        let router = self.0.clone();
        Box::pin(async move { Ok(respond(&router, request).await) })
    }
}

async fn respond<S: Send + Sync + 'static>(
    router: &Router<S>,
    request: lambda_http::Request,
) -> http::Response<lambda_http::Body> {
    let response = match from_lambda_http(request, router.accepted()) {
        Ok(request) => router.handle(request).await,
        Err(problem) => {
            let mut response = problem.into();
            report(&mut response, "");
            response
        }
    };
    to_tower(&response)
}

fn from_lambda_http(request: lambda_http::Request, limits: &Limits) -> Result<Request, Problem> {
    let ours = request.extensions().get::<Request>().cloned();
    let context = request.lambda_context_ref().cloned().map(told);
    let (parts, body) = request.into_parts();
    let body = match body {
        lambda_http::Body::Empty => Bytes::new(),
        lambda_http::Body::Text(text) => text.into(),
        lambda_http::Body::Binary(bytes) => bytes.into(),
        // Non-exhaustive; what else there may be has bytes too.
        other => Bytes::copy_from_slice(other.as_ref()),
    };
    limits.admit(body.len())?;
    Request::from_http(parts, body, ours, context)
}

fn to_tower(response: &Response) -> http::Response<lambda_http::Body> {
    let body = match response.body() {
        body if body.is_empty() => lambda_http::Body::Empty,
        crate::event::Body::Text(text) => lambda_http::Body::Text(text.to_string()),
        crate::event::Body::Bytes(bytes) => lambda_http::Body::Binary(bytes.to_vec()),
    };
    let mut theirs = http::Response::new(body);
    *theirs.status_mut() = response.status();
    theirs.headers_mut().clone_from(response.headers());
    without_framing(theirs.headers_mut());
    if matches!(response.body(), crate::event::Body::Text(_)) {
        theirs.extensions_mut().insert(WasText);
    }
    theirs
}
