//! Routes, extractors and replies: from a [`Request`] to a [`Response`].
//!
//! A handler is an ordinary async function. Its arguments say what it needs of the request
//! ([`Path`], [`Query`], [`Json`], [`State`], …), its result is the answer ([`IntoResponse`]).
//!
//! ```
//! # #[cfg(feature = "macros")] {
//! use powertools::router::{Json, Path, Query, Router, State, get, post, routes};
//!
//! #[derive(Clone)]
//! struct Shop { name: &'static str }
//!
//! #[derive(serde::Deserialize)]
//! struct Page { #[serde(default)] page: u32 }
//!
//! /// `GET /orders?page=2`
//! #[get("/orders")]
//! async fn list(Query(page): Query<Page>, State(shop): State<Shop>) -> String {
//!     format!("page {} of {}", page.page, shop.name)
//! }
//!
//! /// `POST /orders/7/lines`
//! #[post("/orders/{id}/lines")]
//! async fn add(Path(id): Path<u64>, Json(line): Json<String>) -> Json<(u64, String)> {
//!     Json((id, line))
//! }
//!
//! let router = Router::with_state(routes![list, add], Shop { name: "corner" })?;
//! # }
//! # Ok::<(), powertools::router::RouteErrors>(())
//! ```
//!
//! # Which route answers
//!
//! A literal segment is preferred to a parameter, a parameter to a greedy one, segment by segment
//! from the left, whatever the order of registration. The method counts first: a route that has the
//! method wins over a better pattern that has not. One trailing slash makes no difference. HEAD is
//! answered by GET without its body. A path that exists for other methods is a 405 with `Allow`;
//! OPTIONS without a route of its own is answered with `Allow`.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

pub use bytes::Bytes;
pub use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
#[cfg(feature = "macros")]
pub use powertools_macros::{delete, get, head, options, patch, post, put, route, routes};
use tracing::Instrument;

mod error;
mod extract;
mod handler;
mod json;
mod pattern;
mod reply;
mod routes;
mod table;

use self::table::{Allow, Found, Table};
pub use self::{
    error::{RouteError, RouteErrors},
    extract::{FromRef, FromRequest, Path, Query, Rejection, State},
    handler::Handler,
    json::Json,
    reply::{Error, IntoResponse},
    routes::{IntoRoute, Route, Routes},
};
use crate::caught::caught;
pub use crate::{
    context::Context,
    event::{Body, Headers, Limits, Params, Problem, Request, Response},
};

/// Finds the handler for a request and answers with what it returns.
///
/// Cloning is cheap, and clones may serve requests at the same time.
pub struct Router<S = ()> {
    shared: Arc<Shared<S>>,
    limits: Limits,
}

struct Shared<S> {
    table: Table,
    entries: Vec<Entry<S>>,
    state: S,
}

/// A route and what is known of it before any request.
struct Entry<S> {
    route: Route<S>,
    parameters: Arc<[String]>,
}

impl Router {
    /// A router without state.
    ///
    /// # Errors
    ///
    /// Every mistake in the routes, all at once: patterns that are none, routes that answer the same
    /// requests.
    pub fn new(routes: Routes) -> Result<Self, RouteErrors> {
        Self::with_state(routes, ())
    }
}

impl<S: Send + Sync + 'static> Router<S> {
    /// A router whose handlers can take [`State`].
    ///
    /// # Errors
    ///
    /// As [`Router::new`].
    pub fn with_state(routes: Routes<S>, state: S) -> Result<Self, RouteErrors> {
        let routes = routes.into_vec();
        let (table, patterns) = Table::build(&routes).map_err(RouteErrors::new)?;
        let entries = routes.into_iter().zip(patterns).map(|(route, pattern)| {
            let parameters = pattern.parameters().map(str::to_owned).collect();
            Entry { route, parameters }
        });
        Ok(Self {
            shared: Arc::new(Shared {
                entries: entries.collect(),
                table,
                state,
            }),
            limits: Limits::default(),
        })
    }

    /// Sets how much of a request is accepted.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The limits that decoding has to keep.
    #[cfg(any(feature = "runtime", feature = "interop"))]
    pub(crate) const fn accepted(&self) -> &Limits {
        &self.limits
    }

    /// The routes, in the order in which they were listed.
    pub fn routes(&self) -> impl Iterator<Item = &Route<S>> {
        self.shared.entries.iter().map(|entry| &entry.route)
    }

    /// Answers a request. This cannot fail: a panic is a 500, and so is an unforeseen error.
    ///
    /// One line at level INFO says what was asked and answered, within a span that carries method
    /// and route; lines that the handler logs are in that span too.
    pub async fn handle(&self, mut request: Request) -> Response {
        let started = Instant::now();
        let method = request.method().clone();
        let found = self.shared.table.find(&method, request.path());
        let span = tracing::info_span!(
            target: "powertools::router",
            "request",
            method = method.as_str(),
            route = self.pattern_of(&found),
        );
        let mut response = async {
            let mut response = match found {
                Found::Route { index, captured } => {
                    let entry = &self.shared.entries[index];
                    request.matched(Arc::clone(&entry.parameters), captured);
                    self.answer(entry, &request).await
                }
                Found::WrongMethod(allow) if method == Method::OPTIONS => allowed(&allow),
                Found::WrongMethod(allow) => wrong_method(&allow),
                Found::Nothing => Problem::new(StatusCode::NOT_FOUND).into(),
            };
            report(&mut response, &request.context().request_id);
            tracing::info!(
                target: "powertools::router",
                status = response.status().as_u16(),
                path = request.path(),
                duration_ms = milliseconds(started.elapsed()),
                "answered",
            );
            response
        }
        .instrument(span)
        .await;
        if method == Method::HEAD || is_bodiless(response.status()) {
            response.set_body("");
        }
        response
    }

    /// Runs the handler; a panic in it becomes a 500.
    async fn answer(&self, entry: &Entry<S>, request: &Request) -> Response {
        let answer = async {
            entry
                .route
                .handler
                .answer(request, &self.shared.state)
                .await
        };
        caught(answer).await.unwrap_or_else(|panic| {
            tracing::error!(
                target: "powertools::router",
                handler = entry.route.name(),
                panic,
                "the handler panicked; answering 500",
            );
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR).into()
        })
    }

    fn pattern_of(&self, found: &Found) -> Option<&str> {
        match found {
            Found::Route { index, .. } => Some(self.shared.entries[*index].route.pattern()),
            Found::WrongMethod(_) | Found::Nothing => None,
        }
    }
}

impl<S> Clone for Router<S> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            limits: self.limits,
        }
    }
}

impl<S> fmt::Debug for Router<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes = self.shared.entries.iter().map(|entry| &entry.route);
        formatter.debug_list().entries(routes).finish()
    }
}

/// Writes a problem's body and tells the operator what the client is not told.
pub(crate) fn report(response: &mut Response, request_id: &str) {
    let Some(problem) = response.write_problem(request_id) else {
        return;
    };
    let cause = problem.cause().map(chain);
    let cause = cause.as_deref();
    if problem.status().is_server_error() {
        tracing::error!(target: "powertools::router", cause, "{problem}");
    } else {
        tracing::debug!(target: "powertools::router", cause, "{problem}");
    }
}

/// An error and its causes, on one line.
fn chain(error: &(dyn std::error::Error + Send + Sync + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// With three decimals: a log is read by people too.
fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}

fn wrong_method(allow: &Allow) -> Response {
    let mut response = Response::from(Problem::new(StatusCode::METHOD_NOT_ALLOWED));
    response
        .headers_mut()
        .insert(header::ALLOW, header_value(&allow.header()));
    response
}

fn allowed(allow: &Allow) -> Response {
    Response::new(StatusCode::NO_CONTENT).with_header(header::ALLOW, header_value(&allow.header()))
}

fn header_value(methods: &str) -> HeaderValue {
    HeaderValue::from_str(methods).expect("method names are tokens, which headers may hold")
}

/// Statuses that have no content by definition (RFC 9110 §6.4.1).
fn is_bodiless(status: StatusCode) -> bool {
    status.is_informational()
        || status == StatusCode::NO_CONTENT
        || status == StatusCode::NOT_MODIFIED
}

#[cfg(test)]
mod tests;
