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
//! The method counts first: a route that has it wins over a better pattern that has not. Then a pattern
//! that fits segment by segment is preferred to one that ends in `{name+}`, as API Gateway has it: with
//! `/admin/{rest+}` and `/{tenant}/settings`, the second answers `/admin/settings`. Among either kind a
//! literal segment is preferred to a parameter, and a parameter to the rest, from left to right. The
//! order of registration makes no difference. One trailing slash makes no difference. HEAD is
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

#[cfg(feature = "cookies")]
pub mod cookie;
mod cors;
mod created;
mod error;
mod expected;
mod extract;
mod handler;
mod json;
#[cfg(feature = "websocket")]
mod keyed;
mod media;
pub mod middleware;
#[cfg(feature = "openapi")]
mod outline;
mod page;
mod pattern;
mod prefix;
mod reply;
mod routes;
mod settings;
mod table;
mod vary;

#[cfg(feature = "cookies")]
pub use self::cookie::Cookie;
#[cfg(feature = "websocket")]
pub(crate) use self::error::write_mistakes;
#[cfg(feature = "headers")]
pub use self::extract::TypedHeader;
#[cfg(feature = "validation")]
pub use self::extract::{Carries, Valid};
pub use self::{
    cors::Cors,
    created::{Accepted, Created},
    error::{RouteError, RouteErrors},
    extract::{
        Cookies, Extension, Form, FromRef, FromRequest, OptionalFromRequest, Path, Query,
        Rejection, SourceIp, State,
    },
    handler::Handler,
    json::Json,
    middleware::{Middleware, Next},
    page::{Html, Redirect},
    reply::{Error, IntoResponse},
    routes::{IntoRoute, Route, Routes},
};
use self::{
    cors::Policy,
    middleware::{End, Refusal, Stack},
    routes::Sharing,
    settings::Settings,
    table::{Found, Table},
};
use crate::caught::panics_are_logged;
pub use crate::{
    context::Context,
    event::{Body, Headers, Limits, Params, Problem, Request, Response},
};

/// Finds the handler for a request and answers with what it returns.
///
/// Cloning is cheap, and clones may serve requests at the same time.
pub struct Router<S = ()> {
    shared: Arc<Shared<S>>,
    settings: Arc<Settings<S>>,
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
    middleware: Stack<S>,
    cors: Shares,
}

/// A route's policy for other origins, ready for use.
enum Shares {
    AsRouter,
    Off,
    With(Arc<Policy>),
}

impl Router {
    /// A router without state.
    ///
    /// # Errors
    ///
    /// Every mistake in the routes, all at once: invalid patterns, routes that answer the same requests.
    ///
    /// Handlers that take [`State`] need [`Router::with_state`]; here they are a type error, "expected
    /// `Routes`, found `Routes<…>`".
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
        let mut routes = routes.into_vec();
        let mut errors = Vec::new();
        let mut built = Vec::new();
        let shares: Vec<Shares> = routes
            .iter_mut()
            .map(|route| shares(route, &mut built, &mut errors))
            .collect();
        let (table, patterns) = match Table::build(&routes) {
            Ok(built) if errors.is_empty() => built,
            Ok(_) => return Err(RouteErrors::new(errors)),
            Err(mut mistakes) => {
                mistakes.append(&mut errors);
                return Err(RouteErrors::new(mistakes));
            }
        };
        let entries = routes.into_iter().zip(patterns).zip(shares);
        let entries = entries.map(|((mut route, pattern), cors)| Entry {
            parameters: pattern.parameters().map(str::to_owned).collect(),
            middleware: std::mem::take(&mut route.middleware).into(),
            cors,
            route,
        });
        Ok(Self {
            shared: Arc::new(Shared {
                entries: entries.collect(),
                table,
                state,
            }),
            settings: Arc::new(Settings::new()),
        })
    }

    /// The limits that decoding has to keep.
    #[cfg(any(feature = "runtime", feature = "interop"))]
    pub(crate) fn accepted(&self) -> &Limits {
        &self.settings.limits
    }

    /// The routes, in the order in which they were listed.
    pub fn routes(&self) -> impl Iterator<Item = &Route<S>> {
        self.shared.entries.iter().map(|entry| &entry.route)
    }

    /// Answers a request. This cannot fail: a panic is a 500, and so is an unforeseen error.
    ///
    /// One line at level INFO says what was asked and answered, within a span that carries method
    /// and route; lines that the handler logs are in that span too.
    pub async fn handle(&self, request: Request) -> Response {
        self.handle_boxed(Box::new(request)).await
    }

    /// The same; a request is of several hundred bytes, which each future on the way would copy from the one around
    /// it.
    pub(crate) async fn handle_boxed(&self, mut request: Box<Request>) -> Response {
        let started = Instant::now();
        self.settings.strip(&mut request);
        let method = request.method().clone();
        let path = request.shared_path();
        let found = self.shared.table.find(&method, request.path());
        // At ERROR, so that no filter by level takes it away.
        let span = tracing::error_span!(
            target: "powertools::router",
            "request",
            method = method.as_str(),
            route = self.pattern_of(&found),
        );
        let response = async {
            // A preflight is about another method's route; a route that answers OPTIONS itself is asked
            // like any other.
            let is_routed = matches!(found, Found::Route { .. });
            let asked = cors::preflight(&request).filter(|_| !is_routed);
            let answered = asked.and_then(|asked| self.preflight(&request, asked));
            let mut response = match answered {
                Some(response) => response,
                None => {
                    let policy = self.policy_of(&found, request.path());
                    let headers = policy.map(|_| request.headers().clone());
                    let mut response = self.walk(request, found).await;
                    if let (Some(policy), Some(headers)) = (policy, headers) {
                        policy.decorate(&headers, &mut response);
                    }
                    response
                }
            };
            log_answer(&response, Some(&path), started.elapsed());
            if method == Method::HEAD || is_bodiless(response.status()) {
                response.leave_out_body();
            }
            response
        };
        response.instrument(span).await
    }

    /// The answer to a preflight about this method; none where no policy has a say and it is an OPTIONS
    /// like any other.
    fn preflight(&self, request: &Request, asked: Method) -> Option<Response> {
        let path = request.path();
        let found = self.shared.table.find(&asked, path);
        let Some(policy) = self.policy_of(&found, path) else {
            let is_mixed = matches!(found, Found::WrongMethod(_)) && self.is_mixed(path);
            return is_mixed.then(cors::refused_preflight);
        };
        let methods = match found {
            // So that the page gets to see the 404.
            Found::Nothing => vec![asked],
            Found::Route { .. } | Found::WrongMethod(_) => self.methods_of(policy, path),
        };
        Some(policy.answer_preflight(request, &methods))
    }

    /// The policy for other origins of what was found at a path.
    ///
    /// A method that the path has not is the router's matter only if the whole path is: what one route
    /// keeps from other origins, its path does not tell them either.
    fn policy_of(&self, found: &Found, path: &str) -> Option<&Arc<Policy>> {
        match found {
            Found::Route { index, .. } => match &self.shared.entries[*index].cors {
                Shares::With(policy) => Some(policy),
                Shares::Off => None,
                Shares::AsRouter => self.settings.cors.as_ref(),
            },
            Found::WrongMethod(_) if self.is_mixed(path) => None,
            Found::WrongMethod(_) | Found::Nothing => self.settings.cors.as_ref(),
        }
    }

    /// Whether a route of this path has a policy of its own, or none on purpose.
    fn is_mixed(&self, path: &str) -> bool {
        let is_own = |index: usize| !matches!(self.shared.entries[index].cors, Shares::AsRouter);
        self.shared.table.any_at(path, is_own)
    }

    /// The methods of a path whose policy is this very one. A browser remembers every method that a
    /// preflight lists, for the origin and the URL, and asks about none of them again.
    fn methods_of(&self, policy: &Arc<Policy>, path: &str) -> Vec<Method> {
        let table = &self.shared.table;
        let mut methods = table.allow(path).methods();
        methods.retain(|method| {
            let own = self.policy_of(&table.find(method, path), path);
            own.is_some_and(|own| Arc::ptr_eq(own, policy))
        });
        methods
    }

    /// Through all middleware to the handler or the refusal, and back.
    async fn walk(&self, mut request: Box<Request>, found: Found) -> Response {
        let (end, inner) = match found {
            Found::Route { index, captured } => {
                let entry = &self.shared.entries[index];
                request.matched(Arc::clone(&entry.parameters), captured);
                (End::Handler(index), Some(&entry.middleware))
            }
            Found::WrongMethod(allow) if *request.method() == Method::OPTIONS => {
                (End::Refusal(Refusal::Options(allow)), None)
            }
            Found::WrongMethod(allow) => (End::Refusal(Refusal::MethodNotAllowed(allow)), None),
            Found::Nothing => (End::Refusal(Refusal::NotFound), None),
        };
        let outer = &self.settings.middleware;
        if outer.is_empty() && inner.is_none_or(|stack| stack.is_empty()) {
            let mut response = self.finish(&end, &request).await;
            self.settings
                .report(&mut response, &request.context().request_id);
            return response;
        }
        let inner = inner.map_or_else(|| Arc::from([]), Arc::clone);
        let stacks = [Arc::clone(outer), inner];
        Next::new(self.clone(), stacks, end).run(*request).await
    }

    /// Finishes the answer to a request that could not be decoded: its problem is written as any
    /// other, and pages of other origins may read it as they may any other.
    #[cfg(feature = "runtime")]
    pub(crate) fn finish_refusal(&self, headers: &Headers, id: &str, response: &mut Response) {
        self.settings.report(response, id);
        if let Some(policy) = &self.settings.cors {
            policy.decorate(headers, response);
        }
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
            settings: Arc::clone(&self.settings),
        }
    }
}

impl<S> fmt::Debug for Router<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes = self.shared.entries.iter().map(|entry| &entry.route);
        formatter.debug_list().entries(routes).finish()
    }
}

/// Writes a problem's body as problem details, where no router's settings have a say.
#[cfg(any(feature = "runtime", feature = "interop"))]
pub(crate) fn report(response: &mut Response, request_id: &str) {
    Settings::<()>::default().report(response, request_id);
}

/// Tells the operator what the client is not told, by the status that the client gets. What the client
/// is told is on the line about the answer.
fn log(problem: &Problem, status: StatusCode) {
    let Some(cause) = problem.cause() else { return };
    if cause.is::<middleware::Panicked>() && panics_are_logged() {
        // With its place, which is more than is known here.
        return;
    }
    let error: &(dyn std::error::Error + 'static) = cause;
    let detail = problem.detail().map(expected::without_values);
    let detail = detail.map(|detail| format!(": {detail}"));
    let detail = detail.unwrap_or_default();
    let origin = problem.origin();
    let location = origin.location.map(ToString::to_string);
    macro_rules! log {
        ($level:ident) => {
            tracing::$level!(
                target: "powertools::router",
                location,
                error,
                error_type = origin.kind,
                "{status}{detail}"
            )
        };
    }
    if status.is_server_error() {
        log!(error);
    } else {
        log!(warn);
    }
}

/// The line about an answer. A failure of the server's is at ERROR here if no cause of it was: each is at
/// ERROR once.
fn log_answer(response: &Response, path: Option<&str>, took: Duration) {
    let reason = response.problem().and_then(Problem::detail);
    let reason = reason.map(expected::without_values);
    macro_rules! answered {
        ($level:ident) => {
            tracing::$level!(
                target: "powertools::router",
                status = response.status().as_u16(),
                path,
                duration_ms = milliseconds(took),
                reason = reason.as_deref(),
                "answered",
            )
        };
    }
    let is_told = response
        .problem()
        .is_some_and(|problem| problem.cause().is_some());
    if response.status().is_server_error() && !is_told {
        answered!(error);
    } else {
        answered!(info);
    }
}

/// With three decimals: a log is read by people too.
fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}

/// A route's policy, made once for all routes that were given it together: whether two routes have the
/// same one is asked later.
fn shares<S>(
    route: &mut Route<S>,
    built: &mut Vec<(Arc<Cors>, Arc<Policy>)>,
    errors: &mut Vec<RouteError>,
) -> Shares {
    let cors = match std::mem::take(&mut route.cors) {
        Sharing::Inherited => return Shares::AsRouter,
        Sharing::Off => return Shares::Off,
        Sharing::Own(cors) => cors,
    };
    if let Some((_, policy)) = built.iter().find(|(known, _)| Arc::ptr_eq(known, &cors)) {
        return Shares::With(Arc::clone(policy));
    }
    match Cors::clone(&cors).build() {
        Ok(policy) => {
            let policy = Arc::new(policy);
            built.push((cors, Arc::clone(&policy)));
            Shares::With(policy)
        }
        Err(mistakes) => {
            errors.extend(cors_errors(route.name(), mistakes));
            Shares::Off
        }
    }
}

fn cors_errors(of: &'static str, mistakes: Vec<String>) -> Vec<RouteError> {
    let error = |reason| RouteError::Cors { of, reason };
    mistakes.into_iter().map(error).collect()
}

/// Statuses that have no content by definition (RFC 9110 §6.4.1, §15.3.6).
fn is_bodiless(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
    )
}

#[cfg(test)]
mod tests;
