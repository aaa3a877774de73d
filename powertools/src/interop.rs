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
//! A hosted service finds in the request's URI the path without the stage, encoded anew where it has to
//! be, with every slash that the client wrote; and the query as the client wrote it where the front end
//! passes that on ([`Request::raw_query`]), from the others written anew from its pairs: `?flag` arrives
//! as `?flag=` there.
//!
//! In the request's extensions are our [`Request`], with its context, source and raw request context, and
//! what lambda_http's `RequestExt` reads: the Lambda context, the query, and as `raw_http_path` the path
//! as the front end passed it on, which on some has the stage in it. `RequestExt::request_context_ref` gives nothing, because building that type costs
//! more than the rest of a small request; [`Request::request_context`] reads it when asked.

use std::{any::Any, convert::Infallible, fmt, sync::Arc, task, task::Poll, time::UNIX_EPOCH};

use bytes::Bytes;
use http::{StatusCode, Uri};
use http_body_util::BodyExt;
use lambda_http::RequestExt;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use tower::{BoxError, Service, ServiceExt};

use crate::{
    Context,
    event::{Headers, Limits, Problem, Request, Response, without_framing},
    function::{HttpApp, refused},
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
/// What a URI's query cannot hold as it is; the client has written the rest.
const RAW_QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');

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
    // Our routes ignore a trailing slash; other routers tell it apart.
    let mut text = utf8_percent_encode(request.whole_path(), PATH).to_string();
    if let Some(raw) = request.raw_query() {
        if !raw.is_empty() {
            text.push('?');
            text.extend(utf8_percent_encode(raw, RAW_QUERY));
        }
        return text.parse();
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
        own(self).map_or_else(Limits::default, |router| router.accepted())
    }

    fn finish(&self, headers: &Headers, request_id: &str, response: &mut Response) {
        match own(self) {
            Some(router) => router.finish(headers, request_id, response),
            None => report(response, request_id),
        }
    }

    fn listing(&self) -> Vec<(String, String)> {
        own(self).map(AnyRouter::listing).unwrap_or_default()
    }
}

/// The router that a service is, as long as no layer is around it: what is known of a request that cannot
/// be decoded is its settings' business, and a `tower::Service` has no way to tell of settings.
fn own<T: 'static>(service: &T) -> Option<&dyn AnyRouter> {
    let service: &dyn Any = service;
    Some(&*service.downcast_ref::<RouterService>()?.0)
}

/// A tower service with limits of its own.
///
/// A request beyond the limits, or one whose path, query or headers cannot be decoded, never reaches the
/// service: there is no request to hand over yet. It is answered with problem details, without CORS; for
/// a [`Router`] within layers there is [`Hosted::settings_of`].
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
#[derive(Clone)]
pub struct Hosted<T> {
    service: T,
    limits: Option<Limits>,
    router: Option<RouterService>,
}

impl<T> Hosted<T> {
    /// Serves `service` with the default limits, or those of the router that it is.
    pub const fn new(service: T) -> Self {
        Self {
            service,
            limits: None,
            router: None,
        }
    }

    /// Sets how much of a request is accepted. A [`Router`] in the service still has limits of its own,
    /// for the body and the query as they come out of the layers.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Goes by a router's settings for what never reaches the service: its limits, unless others are set,
    /// and its CORS, `on_problem` and so on for the answers to what is refused.
    ///
    /// ```no_run
    /// # use tower::Layer;
    /// # fn main() -> Result<(), powertools::Error> {
    /// use powertools::{interop::Hosted, router::{Cors, Router}};
    ///
    /// let router = Router::new(Default::default())?.cors(Cors::allow_any_origin())?;
    /// # let layer = tower::layer::layer_fn(|service| service);
    /// let service = layer.layer(router.clone().into_service());
    /// powertools::start(powertools::run(Hosted::new(service).settings_of(&router)))
    /// # }
    /// ```
    #[must_use]
    pub fn settings_of<S: Send + Sync + 'static>(mut self, router: &Router<S>) -> Self {
        self.router = Some(router.clone().into_service());
        self
    }
}

impl<T: 'static> Hosted<T> {
    fn router(&self) -> Option<&dyn AnyRouter> {
        let router = self.router.as_ref().map(|service| &*service.0);
        router.or_else(|| own(&self.service))
    }
}

impl<T: fmt::Debug> fmt::Debug for Hosted<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Hosted")
            .field("service", &self.service)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
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
        let routers = || self.router().map(AnyRouter::accepted);
        self.limits.or_else(routers).unwrap_or_default()
    }

    fn finish(&self, headers: &Headers, request_id: &str, response: &mut Response) {
        match self.router() {
            Some(router) => router.finish(headers, request_id, response),
            None => report(response, request_id),
        }
    }

    fn listing(&self) -> Vec<(String, String)> {
        let listing = self.router().map(AnyRouter::listing);
        listing.unwrap_or_default()
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
    ///
    /// Served as it is, the router's settings hold for everything. Within a layer they hold for what
    /// reaches the router; let [`Hosted::settings_of`] take care of requests that are refused before.
    #[must_use]
    pub fn into_service(self) -> RouterService {
        RouterService(Arc::new(self))
    }
}

/// A [`Router`] as a `tower::Service`; see [`Router::into_service`].
// Without the type of the state, so that a service can be asked whether it is one.
#[derive(Clone)]
pub struct RouterService(Arc<dyn AnyRouter>);

impl fmt::Debug for RouterService {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listing = self.0.listing();
        formatter
            .debug_tuple("RouterService")
            .field(&listing)
            .finish()
    }
}

/// A router, whatever its state.
trait AnyRouter: Send + Sync {
    fn call(self: Arc<Self>, request: lambda_http::Request) -> Responding;
    fn accepted(&self) -> Limits;
    fn finish(&self, headers: &Headers, request_id: &str, response: &mut Response);
    fn listing(&self) -> Vec<(String, String)>;
}

impl<S: Send + Sync + 'static> AnyRouter for Router<S> {
    fn call(self: Arc<Self>, request: lambda_http::Request) -> Responding {
        Box::pin(async move { Ok(respond(&self, request).await) })
    }

    fn accepted(&self) -> Limits {
        HttpApp::accepted(self)
    }

    fn finish(&self, headers: &Headers, request_id: &str, response: &mut Response) {
        HttpApp::finish(self, headers, request_id, response);
    }

    fn listing(&self) -> Vec<(String, String)> {
        HttpApp::listing(self)
    }
}

type Responding = std::pin::Pin<
    Box<dyn Future<Output = Result<http::Response<lambda_http::Body>, Infallible>> + Send>,
>;

impl Service<lambda_http::Request> for RouterService {
    type Response = http::Response<lambda_http::Body>;
    type Error = Infallible;
    type Future = Responding;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: lambda_http::Request) -> Responding {
        Arc::clone(&self.0).call(request)
    }
}

async fn respond<S: Send + Sync + 'static>(
    router: &Router<S>,
    request: lambda_http::Request,
) -> http::Response<lambda_http::Body> {
    let context = request.lambda_context_ref().cloned().map(told);
    let (mut parts, body) = request.into_parts();
    let was = parts.extensions.remove::<Request>();
    let known = was.as_ref().map(|was| was.context().clone());
    let context = known.or(context).unwrap_or_default();
    let request_id = context.request_id.clone();
    let response = match from_lambda_http(&mut parts, body, was, context, router.accepted()) {
        Ok(request) => router.handle(request).await,
        Err(problem) => {
            let headers = Headers::from_map(&parts.headers);
            let finish =
                |response: &mut Response| router.finish_refusal(&headers, &request_id, response);
            refused(problem.into(), Some(&parts.method), finish)
        }
    };
    to_tower(&response)
}

fn from_lambda_http(
    parts: &mut http::request::Parts,
    body: lambda_http::Body,
    was: Option<Request>,
    context: Context,
    limits: &Limits,
) -> Result<Request, Problem> {
    let body = match body {
        lambda_http::Body::Empty => Bytes::new(),
        lambda_http::Body::Text(text) => text.into(),
        lambda_http::Body::Binary(bytes) => bytes.into(),
        // Non-exhaustive; what else there may be has bytes too.
        other => Bytes::copy_from_slice(other.as_ref()),
    };
    limits.admit(body.len())?;
    Request::from_http(parts, body, was, context, *limits)
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
