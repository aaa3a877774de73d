//! From an event of a WebSocket API to the handler of its route.

use std::{collections::HashMap, error::Error as StdError, fmt, sync::Arc, time::Instant};

use http::StatusCode;
use tracing::Instrument;

use super::{
    Connection, RouteError, RouteErrors, Routes, SocketEvent,
    routes::{Kind, Route},
};
use crate::{
    event::{Limits, Problem, Request, Response},
    router::{self, IntoResponse, Middleware},
};

/// What a message may have: API Gateway closes the connection of a client that sends more
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>).
const MOST_BYTES: usize = 128 * 1024;

/// Finds the handler for an event of a WebSocket API and answers with what it returns.
///
/// Cloning is cheap, and clones may serve events at the same time.
pub struct Router<S = ()> {
    inner: router::Router<S>,
    places: Arc<Places>,
    limits: Limits,
}

/// Where in the list of routes the handlers are.
struct Places {
    connect: usize,
    disconnect: usize,
    messages: HashMap<String, usize>,
    default: Option<usize>,
}

/// The handler of `$connect` and `$disconnect` where the application has none.
async fn accept() -> StatusCode {
    StatusCode::OK
}

impl Router {
    /// A router without state.
    ///
    /// # Errors
    ///
    /// Every mistake in the routes, all at once: keys that no route can have, and two handlers of one key.
    ///
    /// Handlers that take [`State`](crate::router::State) need [`Router::with_state`]; here they are a type
    /// error, "expected `Routes`, found `Routes<…>`".
    pub fn new(routes: Routes) -> Result<Self, RouteErrors> {
        Self::with_state(routes, ())
    }
}

impl<S: Send + Sync + 'static> Router<S> {
    /// A router whose handlers can take [`State`](crate::router::State).
    ///
    /// # Errors
    ///
    /// As [`Router::new`].
    pub fn with_state(routes: Routes<S>, state: S) -> Result<Self, RouteErrors> {
        let mut routes = routes.0;
        let (mut places, errors) = places(&routes);
        if !errors.is_empty() {
            return Err(RouteErrors::new(errors));
        }
        // As routes like any other, so that the middleware of the router sees every connection.
        let mut given = |place: Option<usize>, accepting: fn() -> Route<S>| {
            place.unwrap_or_else(|| {
                routes.push(accepting());
                routes.len() - 1
            })
        };
        let connect = given(places.remove("$connect"), || Route::connect(accept));
        let disconnect = given(places.remove("$disconnect"), || Route::disconnect(accept));
        let places = Places {
            connect,
            disconnect,
            default: places.remove("$default"),
            messages: places,
        };
        let routes = routes.into_iter().map(|route| route.inner);
        Ok(Self {
            inner: router::Router::keyed(routes.collect(), state),
            places: Arc::new(places),
            limits: Limits::default().body_bytes(MOST_BYTES),
        })
    }

    /// Runs a middleware around every handler, `$connect` and `$disconnect` included even where the
    /// application has no handler of them; the first one given is the outermost.
    ///
    /// It is the middleware of HTTP routes: an `async fn(Request, Next) -> Response`, to which
    /// [`Next::pattern`](crate::router::Next::pattern) tells the route key.
    #[must_use]
    pub fn middleware(mut self, middleware: impl Middleware<S>) -> Self {
        self.inner = self.inner.middleware(middleware);
        self
    }

    /// Sets how much of an event is accepted: 128 KiB of message unless set, which is API Gateway's own
    /// limit, and otherwise what an HTTP router accepts.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Answers failures that an error of type `E` caused, as
    /// [that of HTTP routers](crate::router::Router::on_error) does.
    #[must_use]
    pub fn on_error<E, R>(mut self, answer: impl Fn(&E) -> R + Send + Sync + 'static) -> Self
    where
        E: StdError + 'static,
        R: IntoResponse,
    {
        self.inner = self.inner.on_error(answer);
        self
    }

    /// Answers every failure that no other setting answers, with the invocation's id at hand: in the form
    /// of the application's own messages, say.
    #[must_use]
    pub fn on_problem<R: IntoResponse>(
        mut self,
        answer: impl Fn(&Problem, &str) -> R + Send + Sync + 'static,
    ) -> Self {
        self.inner = self.inner.on_problem(answer);
        self
    }

    /// Answers an event. This cannot fail: a panic is a 500, and so is an unforeseen error.
    ///
    /// One line at level INFO says what was asked and answered, within a span that carries the route key and
    /// the connection's id; lines that the handler logs are in that span too.
    pub async fn handle(&self, request: Request) -> Response {
        self.handle_boxed(Box::new(request)).await
    }

    /// The same, as of the router of HTTP.
    pub(crate) async fn handle_boxed(&self, mut request: Box<Request>) -> Response {
        let started = Instant::now();
        let connection = Connection::of(&request);
        let told = connection.as_ref().ok();
        // At ERROR, so that no filter by level takes it away.
        let span = tracing::error_span!(
            target: "powertools::router",
            "request",
            route = told.map(Connection::route_key),
            connection_id = told.map(Connection::id),
        );
        let answering = async {
            let mut response = match connection {
                Ok(connection) => {
                    let place = self.find(&connection);
                    request.extensions_mut().insert(connection);
                    self.inner.answer_at(place, request).await
                }
                Err(problem) => {
                    let id = &request.context().request_id;
                    self.inner.answer_with(problem, id)
                }
            };
            // What AWS's pages say of replies speaks of 200 alone, and nobody gains by the difference.
            if response.status() == StatusCode::NO_CONTENT {
                response.set_status(StatusCode::OK);
            }
            router::Router::<S>::log_answer(&response, started.elapsed());
            response
        };
        answering.instrument(span).await
    }

    /// By the type of the event first: a client chooses the route key of its messages, and `$connect` is not
    /// among those it may choose.
    fn find(&self, connection: &Connection) -> Option<usize> {
        let places = &*self.places;
        let key = connection.route_key();
        let found = match connection.event_type() {
            SocketEvent::Connect => return Some(places.connect),
            SocketEvent::Disconnect => return Some(places.disconnect),
            SocketEvent::Message => places.messages.get(key).copied().or(places.default),
        };
        if found.is_none() {
            // The access line says 404; what is to be done about it is for who set the API up.
            tracing::warn!(
                target: "powertools::router",
                "API Gateway has a route `{key}` and this function has no handler of it: \
                 `#[websocket::message(\"…\")]` or `#[websocket::default]` makes one"
            );
        }
        found
    }
}

impl<S> Router<S> {
    /// The keys of all routes that API Gateway should have.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let places = &*self.places;
        let messages = places.messages.keys().map(String::as_str);
        ["$connect", "$disconnect"]
            .into_iter()
            .chain(places.default.map(|_| "$default"))
            .chain(messages)
    }

    /// The limits that decoding has to keep.
    #[cfg(feature = "runtime")]
    pub(crate) const fn accepted(&self) -> Limits {
        self.limits
    }
}

#[cfg(feature = "runtime")]
impl<S: Send + Sync + 'static> Router<S> {
    /// Finishes the answer to an event that could not be decoded.
    pub(crate) fn finish_refusal(
        &self,
        headers: &crate::event::Headers,
        id: &str,
        response: &mut Response,
    ) {
        self.inner.finish_refusal(headers, id, response);
    }
}

/// The place of each key, and everything that is wrong with the keys.
fn places<S>(routes: &[Route<S>]) -> (HashMap<String, usize>, Vec<RouteError>) {
    let mut places = HashMap::new();
    let mut errors = Vec::new();
    for (place, route) in routes.iter().enumerate() {
        let key = route.inner.pattern();
        if let (Kind::Message, Err(reason)) = (route.kind, super::key::check(key)) {
            errors.push(RouteError::Key {
                key: key.to_owned(),
                handler: route.inner.name(),
                reason,
            });
            continue;
        }
        match places.get(key) {
            None => {
                places.insert(key.to_owned(), place);
            }
            Some(&earlier) => errors.push(RouteError::Duplicate {
                key: key.to_owned(),
                first: routes[earlier].name(),
                second: route.name(),
            }),
        }
    }
    (places, errors)
}

impl<S> Clone for Router<S> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            places: Arc::clone(&self.places),
            limits: self.limits,
        }
    }
}

impl<S> fmt::Debug for Router<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.keys()).finish()
    }
}
