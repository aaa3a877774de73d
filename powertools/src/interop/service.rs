//! A router as a tower service, for layers to wrap.

use std::{convert::Infallible, fmt, pin::Pin, sync::Arc, task, task::Poll};

use bytes::Bytes;
use lambda_http::RequestExt;
use tower::Service;

use super::WasText;
#[cfg(feature = "openapi")]
use crate::function::{Change, Documented};
use crate::{
    Context,
    event::{Body, Headers, Limits, Problem, Request, Response, without_framing},
    function::{HttpApp, refused},
    router::Router,
    runtime::told,
};

impl<S: Send + Sync + 'static> Router<S> {
    /// This router as a `tower::Service` of lambda_http's requests, for tower layers to wrap.
    ///
    /// [`run`](crate::run) serves the result. On the way the request keeps its source and context,
    /// if it came through [`run`](crate::run); through lambda_http's own `run` it has a source of
    /// REST API and what lambda_http knows of the context.
    ///
    /// Served as it is, the router's settings hold for everything. Within a layer they hold for what
    /// reaches the router; let [`Hosted::settings_of`](super::Hosted::settings_of) take care of requests that are refused before.
    #[must_use]
    pub fn into_service(self) -> RouterService {
        RouterService(Arc::new(self))
    }
}

/// A [`Router`] as a `tower::Service`; see [`Router::into_service`].
// Without the type of the state, so that a service can be asked whether it is one.
#[derive(Clone)]
pub struct RouterService(Arc<dyn AnyRouter>);

impl RouterService {
    pub(super) fn router(&self) -> &dyn AnyRouter {
        &*self.0
    }
}

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
pub(super) trait AnyRouter: Send + Sync {
    fn call(self: Arc<Self>, request: lambda_http::Request) -> Responding;
    fn accepted(&self) -> Limits;
    fn finish(&self, headers: &Headers, request_id: &str, response: &mut Response);
    fn listing(&self) -> Vec<(String, String)>;
    #[cfg(feature = "openapi")]
    fn routes_document(&self, change: Change<'_>) -> Documented;
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

    #[cfg(feature = "openapi")]
    fn routes_document(&self, change: Change<'_>) -> Documented {
        self.document_with(change)
    }
}

pub(super) type Responding =
    Pin<Box<dyn Future<Output = Result<http::Response<lambda_http::Body>, Infallible>> + Send>>;

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
        Body::Text(text) => lambda_http::Body::Text(text.to_string()),
        Body::Bytes(bytes) => lambda_http::Body::Binary(bytes.to_vec()),
    };
    let mut theirs = http::Response::new(body);
    *theirs.status_mut() = response.status();
    theirs.headers_mut().clone_from(response.headers());
    without_framing(theirs.headers_mut());
    if matches!(response.body(), Body::Text(_)) {
        theirs.extensions_mut().insert(WasText);
    }
    theirs
}
