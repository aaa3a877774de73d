//! What runs around handlers: async functions of a request and the rest of the way.

use std::{fmt, pin::Pin, sync::Arc};

use http::{HeaderValue, StatusCode, header};

use super::{Entry, Router, reply::IntoResponse, table::Allow};
use crate::{
    caught::caught,
    event::{Problem, Request, Response},
};

mod caching;
#[cfg(feature = "compression")]
mod compression;
mod shipped;

#[cfg(feature = "compression")]
pub use self::compression::compression;
#[cfg(feature = "runtime")]
pub use self::shipped::timeout;
pub use self::{
    caching::{cache_control, etag},
    shipped::{api_key, bearer, request_id, security_headers},
};

type Running<'a> = Pin<Box<dyn Future<Output = Response> + Send + 'a>>;

/// An async function around handlers: `async fn(Request, Next) -> Response`, or of anything else that
/// is an answer.
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use powertools::router::{Error, Next, Request, Response, Router, get, routes};
///
/// async fn only_friends(request: Request, next: Next) -> Result<Response, Error> {
///     match request.headers().get("x-friend") {
///         Some(_) => Ok(next.run(request).await),
///         None => Err(Error::unauthorized("friends only")),
///     }
/// }
///
/// #[get("/secret")]
/// async fn secret() -> &'static str { "42" }
///
/// let router = Router::new(routes![secret])?.middleware(only_friends);
/// # }
/// # Ok::<(), powertools::router::RouteErrors>(())
/// ```
///
/// The router's come first, then those of the lists that a route was nested in from the outside in,
/// then the route's own, then the handler; on the way back the other way round. Within one of these
/// the order is that of registration. The router's also run when nothing matches (404 and 405). A
/// panic in one becomes a 500 that those outside of it see.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a middleware",
    note = "a middleware is an `async fn(Request, Next) -> impl IntoResponse`; with state `S` it takes \
            `Next<S>`"
)]
pub trait Middleware<S = ()>: Send + Sync + 'static {
    /// Runs it.
    fn run(&self, request: Request, next: Next<S>) -> Running<'_>;
}

impl<F, Answering, S> Middleware<S> for F
where
    F: Fn(Request, Next<S>) -> Answering + Send + Sync + 'static,
    Answering: Future + Send,
    Answering::Output: IntoResponse,
    S: Send + Sync + 'static,
{
    fn run(&self, request: Request, next: Next<S>) -> Running<'_> {
        // Made within the future, so that a panic in it is caught as well.
        Box::pin(async move { self(request, next).await.into_response() })
    }
}

/// The rest of the way from a middleware to the handler.
pub struct Next<S = ()> {
    router: Router<S>,
    stacks: [Stack<S>; 2],
    place: usize,
    end: End,
}

/// Middleware in the order in which it runs.
pub(super) type Stack<S> = Arc<[Arc<dyn Middleware<S>>]>;

/// What is behind the last middleware.
pub(super) enum End {
    /// The handler of this entry.
    Handler(usize),
    /// Nothing matched, or not the method.
    Refusal(Refusal),
}

/// Why no handler is asked.
pub(super) enum Refusal {
    NotFound,
    MethodNotAllowed(Allow),
    Options(Allow),
}

impl Refusal {
    fn response(&self) -> Response {
        match self {
            Self::NotFound => Problem::new(StatusCode::NOT_FOUND).into(),
            Self::MethodNotAllowed(allow) => Problem::new(StatusCode::METHOD_NOT_ALLOWED)
                .with_detail(format!("this path answers {}", allow.header()))
                .into(),
            Self::Options(_) => Response::new(StatusCode::NO_CONTENT),
        }
    }

    /// A 405 has to name the methods that there are (RFC 9110 §15.5.6).
    fn with_allow(&self, mut response: Response) -> Response {
        let (Self::MethodNotAllowed(allow) | Self::Options(allow)) = self else {
            return response;
        };
        let methods = HeaderValue::from_str(&allow.header());
        let methods = methods.expect("method names are tokens, which headers may hold");
        response.headers_mut().insert(header::ALLOW, methods);
        response
    }
}

impl<S: Send + Sync + 'static> Next<S> {
    /// The way through both stacks, one after the other.
    pub(super) const fn new(router: Router<S>, stacks: [Stack<S>; 2], end: End) -> Self {
        Self {
            router,
            stacks,
            place: 0,
            end,
        }
    }

    /// The router's state.
    #[must_use]
    pub fn state(&self) -> &S {
        &self.router.shared.state
    }

    /// The pattern of the route that was found; none on the way to a 404 or 405.
    #[must_use]
    pub fn pattern(&self) -> Option<&str> {
        match self.end {
            End::Handler(index) => Some(self.router.shared.entries[index].route.pattern()),
            End::Refusal(_) => None,
        }
    }

    /// Goes on: the next middleware, or the handler. A problem's body is written by the time this
    /// returns.
    pub async fn run(mut self, request: Request) -> Response {
        let request_id = request.context().request_id.clone();
        let settings = Arc::clone(&self.router.settings);
        let middleware = self
            .stacks
            .iter()
            .flat_map(|stack| stack.iter())
            .nth(self.place)
            .cloned();
        let mut response = match middleware {
            Some(middleware) => {
                self.place += 1;
                let ran = caught(async { middleware.run(request, self).await }).await;
                ran.unwrap_or_else(|panic| panicked("a middleware", panic))
            }
            None => self.router.finish(&self.end, &request).await,
        };
        settings.report(&mut response, &request_id);
        response
    }
}

/// The answer to a panic; the operator hears of it as of any other cause.
pub(super) fn panicked(who: &'static str, panic: String) -> Response {
    let cause = Panicked {
        who,
        message: panic,
    };
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
        .with_cause(cause)
        .into()
}

/// A panic as the cause of a problem.
#[derive(Debug)]
pub(super) struct Panicked {
    who: &'static str,
    message: String,
}

impl fmt::Display for Panicked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} panicked: {}", self.who, self.message)
    }
}

impl std::error::Error for Panicked {}

impl<S: Send + Sync + 'static> Router<S> {
    /// What is behind all middleware.
    pub(super) async fn finish(&self, end: &End, request: &Request) -> Response {
        let state = &self.shared.state;
        let refusal = match end {
            End::Handler(index) => return self.shared.entries[*index].answer(request, state).await,
            End::Refusal(refusal) => refusal,
        };
        let own = match refusal {
            Refusal::NotFound => &self.settings.not_found,
            Refusal::MethodNotAllowed(_) => &self.settings.method_not_allowed,
            Refusal::Options(_) => &None,
        };
        let response = match own {
            None => refusal.response(),
            Some(handler) => {
                let answer = caught(async { handler.answer(request, state).await }).await;
                answer.unwrap_or_else(|panic| panicked("the handler of refusals", panic))
            }
        };
        refusal.with_allow(response)
    }
}

impl<S: Send + Sync + 'static> Entry<S> {
    /// Runs the handler; a panic in it becomes a 500.
    async fn answer(&self, request: &Request, state: &S) -> Response {
        let answer = caught(async { self.route.handler.answer(request, state).await }).await;
        answer.unwrap_or_else(|panic| panicked(self.route.name(), panic))
    }
}

impl<S> fmt::Debug for Next<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: usize = self.stacks.iter().map(|stack| stack.len()).sum();
        formatter
            .debug_struct("Next")
            .field("middleware_left", &all.saturating_sub(self.place))
            .finish_non_exhaustive()
    }
}
