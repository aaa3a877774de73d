//! Tower services as applications: requests as lambda_http has them, responses as any service gives them.

use std::{any::Any, collections::HashMap, fmt, sync::Arc, time::UNIX_EPOCH};

use bytes::Bytes;
use bytestring::ByteString;
use http::{StatusCode, Uri};
use http_body_util::BodyExt;
use lambda_http::RequestExt;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use tower::{BoxError, Service, ServiceExt};

use super::{
    WasText,
    service::{AnyRouter, RouterService},
};
#[cfg(feature = "openapi")]
use crate::function::{Change, Documented};
use crate::{
    Context,
    event::{Body, Headers, Limits, Problem, Request, Response},
    function::{HttpApp, refused},
    router::{Router, report},
};

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
    async fn respond(&self, request: Box<Request>) -> Response {
        serve(self, own(self), *request).await
    }

    fn accepted(&self) -> Limits {
        own(self).map_or_else(Limits::default, |router| router.accepted())
    }

    fn finish(&self, headers: &Headers, request_id: &str, response: &mut Response) {
        finish(own(self), headers, request_id, response);
    }

    fn listing(&self) -> Vec<(String, String)> {
        own(self).map(AnyRouter::listing).unwrap_or_default()
    }

    #[cfg(feature = "openapi")]
    fn routes_document(&self, change: Change<'_>) -> Option<Documented> {
        own(self).map(|router| router.routes_document(change))
    }
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
    /// and its CORS, `on_problem` and so on for the answers to what is refused. Its routes are the service's
    /// to whoever asks for them: the list and the document of the local gateway.
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
        let router = self.router.as_ref().map(RouterService::router);
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
    async fn respond(&self, request: Box<Request>) -> Response {
        serve(&self.service, self.router(), *request).await
    }

    fn accepted(&self) -> Limits {
        let routers = || self.router().map(AnyRouter::accepted);
        self.limits.or_else(routers).unwrap_or_default()
    }

    fn finish(&self, headers: &Headers, request_id: &str, response: &mut Response) {
        finish(self.router(), headers, request_id, response);
    }

    fn listing(&self) -> Vec<(String, String)> {
        let listing = self.router().map(AnyRouter::listing);
        listing.unwrap_or_default()
    }

    #[cfg(feature = "openapi")]
    fn routes_document(&self, change: Change<'_>) -> Option<Documented> {
        self.router().map(|router| router.routes_document(change))
    }
}

/// The router that a service is, as long as no layer is around it: what is known of a request that cannot
/// be decoded is its settings' business, and a `tower::Service` has no way to tell of settings.
fn own<T: 'static>(service: &T) -> Option<&dyn AnyRouter> {
    let service: &dyn Any = service;
    Some(service.downcast_ref::<RouterService>()?.router())
}

/// Finishes the answer to a request that does not reach the service.
fn finish(
    router: Option<&dyn AnyRouter>,
    headers: &Headers,
    request_id: &str,
    response: &mut Response,
) {
    match router {
        Some(router) => router.finish(headers, request_id, response),
        None => report(response, request_id),
    }
}

async fn serve<T, B>(service: &T, router: Option<&dyn AnyRouter>, request: Request) -> Response
where
    T: Service<lambda_http::Request, Response = http::Response<B>> + Clone,
    T::Error: Into<BoxError>,
    B: http_body::Body,
    B::Error: Into<BoxError>,
{
    let request_id = request.context().request_id.clone();
    let method = request.method().clone();
    let headers = request.headers().clone();
    let request = match to_lambda_http(request) {
        Ok(request) => request,
        Err(problem) => {
            return refused(problem.into(), Some(&method), |response| {
                finish(router, &headers, &request_id, response);
            });
        }
    };
    let mut response = match service.clone().oneshot(request).await.map_err(Into::into) {
        Ok(response) => from_tower(response).await,
        Err(error) => internal(error),
    };
    report(&mut response, &request_id);
    response
}

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
        HashMap::<String, Vec<String>>::new(),
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
    // lambda_http reads an absent map as an empty one, so an empty one need not be there.
    let path_parameters = request.gateway_parameters();
    if !path_parameters.is_empty() {
        parts = parts.with_path_parameters(path_parameters);
    }
    let stage_variables = request.stage_variables();
    if !stage_variables.is_empty() {
        parts = parts.with_stage_variables(stage_variables);
    }
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
        && let Body::Bytes(bytes) = response.body()
        && let Ok(text) = ByteString::try_from(bytes.clone())
    {
        response.set_body(Body::Text(text));
    }
    *response.headers_mut() = parts.headers;
    response
}

fn internal(cause: BoxError) -> Response {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
        .with_cause(cause)
        .into()
}
