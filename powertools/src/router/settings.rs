//! What can be set for a whole router.

use std::{error::Error as StdError, sync::Arc};

use http::StatusCode;

use super::{
    Router,
    cors::{Cors, Policy},
    error::{RouteError, RouteErrors},
    handler::{AnyHandler, Erased, Handler},
    middleware::{Middleware, Stack, panicked},
    prefix,
    reply::IntoResponse,
};
use crate::{
    caught::attempt,
    env,
    event::{Limits, Problem, Request, Response, Telling},
};

/// Answers a failure that this error caused, if it is one of the type that it knows.
type OfError = Arc<dyn Fn(&(dyn StdError + 'static)) -> Option<Response> + Send + Sync>;
/// Answers any failure.
type OfProblem = Arc<dyn Fn(&Problem, &str) -> Response + Send + Sync>;

pub(super) struct Settings<S> {
    pub(super) limits: Limits,
    pub(super) middleware: Stack<S>,
    pub(super) cors: Option<Arc<Policy>>,
    pub(super) not_found: Option<Arc<dyn AnyHandler<S>>>,
    pub(super) method_not_allowed: Option<Arc<dyn AnyHandler<S>>>,
    prefixes: Vec<String>,
    /// Whether a client is told the causes of problems.
    debug: bool,
    on_error: Vec<OfError>,
    on_problem: Option<OfProblem>,
    #[cfg(feature = "openapi")]
    pub(super) openapi: Option<Arc<crate::openapi::OpenApi>>,
}

impl<S> Default for Settings<S> {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            middleware: Arc::new([]),
            cors: None,
            not_found: None,
            method_not_allowed: None,
            prefixes: Vec::new(),
            debug: false,
            on_error: Vec::new(),
            on_problem: None,
            #[cfg(feature = "openapi")]
            openapi: None,
        }
    }
}

// By hand, because deriving would ask for `S: Clone`.
impl<S> Clone for Settings<S> {
    fn clone(&self) -> Self {
        Self {
            limits: self.limits,
            middleware: Arc::clone(&self.middleware),
            cors: self.cors.clone(),
            not_found: self.not_found.clone(),
            method_not_allowed: self.method_not_allowed.clone(),
            prefixes: self.prefixes.clone(),
            debug: self.debug,
            on_error: self.on_error.clone(),
            on_problem: self.on_problem.clone(),
            #[cfg(feature = "openapi")]
            openapi: self.openapi.clone(),
        }
    }
}

impl<S> Settings<S> {
    /// The defaults, and what the environment says.
    pub(super) fn new() -> Self {
        let debug = env::dev();
        if debug {
            tracing::warn!(
                target: "powertools::router",
                "POWERTOOLS_DEV is set: answers to failures tell their causes to everybody"
            );
        }
        Self {
            debug,
            ..Self::default()
        }
    }

    /// Whether problems are written in a form of the application's own.
    #[cfg(feature = "openapi")]
    pub(super) fn has_own_problems(&self) -> bool {
        self.on_problem.is_some()
    }

    /// Takes the first prefix that fits off the path, before anybody reads it.
    pub(super) fn strip(&self, request: &mut Request) {
        for prefix in &self.prefixes {
            if request.strip(prefix) {
                return;
            }
        }
    }

    /// Writes a problem's body, in the application's own form or as problem details, and tells the
    /// operator what the client is not told. What no front end could pass on becomes a problem here: late
    /// enough to see what middleware does, early enough for that answer to be as any other.
    ///
    /// What is written here is partly the application's: an answer of its own, or the text of a cause,
    /// that panics costs the client the detail and not the answer.
    pub(super) fn report(&self, response: &mut Response, request_id: &str) {
        if let Some(reason) = response.unsendable() {
            if let Some(problem) = response.untold() {
                super::log(problem, StatusCode::INTERNAL_SERVER_ERROR);
            }
            *response = Problem::from(reason).into();
        }
        if let Err(panic) = attempt(|| self.tell(response, request_id)) {
            tracing::error!(target: "powertools::router", panic, "reporting a problem panicked");
            *response = Problem::new(StatusCode::INTERNAL_SERVER_ERROR).into();
            response.write_problem(request_id, Telling::Detail);
        }
    }

    fn tell(&self, response: &mut Response, request_id: &str) {
        let Some(problem) = response.untold() else {
            return;
        };
        let telling = if self.debug {
            Telling::Causes
        } else {
            Telling::Detail
        };
        let own = attempt(|| self.own_answer(problem, request_id))
            .unwrap_or_else(|panic| Some(panicked("the answer to a failure", panic)));
        // Not before: it decides what the failure is to the client, and so how bad it is.
        let status = own.as_ref().map_or(problem.status(), Response::status);
        super::log(problem, status);
        match own {
            Some(mut own) => {
                // What it answers with may be a problem itself; nobody is asked again.
                if let Some(problem) = own.untold() {
                    super::log(problem, status);
                    own.write_problem(request_id, telling);
                }
                response.replace_with(own);
            }
            None => response.write_problem(request_id, telling),
        }
    }

    /// The answer that the application has for a failure: that to the nearest of its causes that one is
    /// set for, or else that to all.
    fn own_answer(&self, problem: &Problem, request_id: &str) -> Option<Response> {
        let cause = problem
            .cause()
            .map(|cause| cause as &(dyn StdError + 'static));
        let mut causes = std::iter::successors(cause, |&error| error.source());
        let of_cause = causes.find_map(|cause| {
            let mut last_first = self.on_error.iter().rev();
            last_first.find_map(|answer| answer(cause))
        });
        let of_problem = || Some((self.on_problem.as_ref()?)(problem, request_id));
        let own = of_cause.or_else(of_problem)?;
        Some(match own.unsendable() {
            Some(reason) => Problem::from(reason).into(),
            None => own,
        })
    }
}

impl<S: Send + Sync + 'static> Router<S> {
    pub(super) fn set(mut self, change: impl FnOnce(&mut Settings<S>)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }

    /// Runs a middleware around everything, 404 and 405 included; the first one given is the
    /// outermost.
    ///
    /// Everything that is a request: what cannot be decoded (400) or is beyond the [`Limits`] (413, 431) is
    /// refused before there is one, and so without middleware. Those answers have their request id in the
    /// body, the router's CORS headers and the form of [`Router::on_problem`]. A preflight that CORS answers
    /// comes by no middleware either.
    #[must_use]
    pub fn middleware(self, middleware: impl Middleware<S>) -> Self {
        let added: Arc<dyn Middleware<S>> = Arc::new(middleware);
        self.set(|settings| {
            let known = settings.middleware.iter().cloned();
            settings.middleware = known.chain([added]).collect();
        })
    }

    /// Sets the policy for pages of other origins, for all routes that have none of their own and for
    /// requests that no route answers.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the policy: an origin that no browser could send, any origin
    /// together with credentials, invalid header names.
    pub fn cors(self, cors: Cors) -> Result<Self, RouteErrors> {
        match cors.build() {
            Ok(policy) => Ok(self.set(|settings| settings.cors = Some(Arc::new(policy)))),
            Err(mistakes) => Err(RouteErrors::new(super::cors_errors("the router", mistakes))),
        }
    }

    /// Sets how much of a request is accepted. Tower layers around the router do not know of it; there
    /// `interop::Hosted` sets it, by its `settings_of`.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        self.set(|settings| settings.limits = limits)
    }

    /// Tells clients the causes of failures, as the member `cause` of the problem: for development, where
    /// the reader of an answer is the writer of the handler. What a setting of yours answers with is left
    /// as it is.
    ///
    /// The environment does the same with `POWERTOOLS_DEV` as `true` (or `1`, `yes`, `on`) when the router is
    /// made; a warning is logged then.
    #[must_use]
    pub fn debug(self) -> Self {
        self.set(|settings| settings.debug = true)
    }

    /// Tells clients nothing of causes, whatever the environment says.
    #[must_use]
    pub fn without_debug(self) -> Self {
        self.set(|settings| settings.debug = false)
    }

    /// Takes a prefix off every path that begins with it, before routes, policies and middleware see it:
    /// the base path of a custom domain's mapping, say. Of several the first that fits is taken, once,
    /// and only whole segments: `/pay` is not in `/payments`. Paths without it are served as they are.
    ///
    /// It is written like the literal segments of a pattern, decoded: `/café`. `/` and the empty text are
    /// no prefix and take nothing off.
    ///
    /// # Errors
    ///
    /// When no path begins with it: it has parameters, escapes, empty segments or the like.
    ///
    /// ```
    /// # #[cfg(feature = "macros")] {
    /// use powertools::router::{Router, get, routes};
    ///
    /// #[get("/orders")]
    /// async fn orders() -> &'static str { "[]" }
    ///
    /// // answers /orders and /shop/orders
    /// let router = Router::new(routes![orders])?.strip_prefix("/shop")?;
    /// # }
    /// # Ok::<(), powertools::router::RouteErrors>(())
    /// ```
    pub fn strip_prefix(self, prefix: impl AsRef<str>) -> Result<Self, RouteErrors> {
        match prefix::literal(prefix.as_ref()) {
            Ok(prefix) if prefix.is_empty() => Ok(self),
            Ok(prefix) => Ok(self.set(|settings| settings.prefixes.push(prefix))),
            Err(reasons) => {
                let error = |reason| RouteError::Prefix {
                    prefix: prefix.as_ref().to_owned(),
                    reason,
                };
                Err(RouteErrors::new(reasons.into_iter().map(error).collect()))
            }
        }
    }

    /// Answers requests whose path no route has; the answer's status is the handler's own.
    ///
    /// ```
    /// # #[cfg(feature = "macros")] {
    /// use powertools::router::{Router, StatusCode, routes};
    ///
    /// async fn nothing() -> (StatusCode, &'static str) {
    ///     (StatusCode::NOT_FOUND, "nothing here")
    /// }
    ///
    /// let router = Router::new(routes![])?.not_found(nothing);
    /// # }
    /// # Ok::<(), powertools::router::RouteErrors>(())
    /// ```
    #[must_use]
    pub fn not_found<A: 'static>(self, handler: impl Handler<A, S>) -> Self {
        self.set(|settings| settings.not_found = Some(Arc::new(Erased::new(handler))))
    }

    /// Answers requests whose path exists for other methods only; `Allow` is added.
    #[must_use]
    pub fn method_not_allowed<A: 'static>(self, handler: impl Handler<A, S>) -> Self {
        self.set(|settings| settings.method_not_allowed = Some(Arc::new(Erased::new(handler))))
    }

    /// Answers failures that an error of type `E` caused: those that `?` or
    /// [`Error::with_cause`](super::Error::with_cause) put into an [`Error`](super::Error).
    ///
    /// The cause's own causes count as well ([`source`](StdError::source)): if answers are set for several
    /// of them, the one for the outermost is taken. Of two answers set for one type, the last.
    ///
    /// ```
    /// # #[cfg(feature = "macros")] {
    /// use std::num::ParseIntError;
    /// use powertools::router::{Error, Path, Router, StatusCode, get, routes};
    ///
    /// #[get("/double/{n}")]
    /// async fn double(Path(n): Path<String>) -> Result<String, Error> {
    ///     Ok((n.parse::<i64>()? * 2).to_string())
    /// }
    ///
    /// let router = Router::new(routes![double])?
    ///     .on_error(|error: &ParseIntError| (StatusCode::BAD_REQUEST, error.to_string()));
    /// # }
    /// # Ok::<(), powertools::router::RouteErrors>(())
    /// ```
    ///
    /// An `anyhow::Error` comes in by [`Error::internal`](super::Error::internal). The errors below its
    /// first `context` are found by their types; one without a context is not, because anyhow hides its
    /// type on the way: hand over `error.reallocate_into_boxed_dyn_error_without_backtrace()` instead.
    #[must_use]
    pub fn on_error<E, R>(self, answer: impl Fn(&E) -> R + Send + Sync + 'static) -> Self
    where
        E: StdError + 'static,
        R: IntoResponse,
    {
        let answer = move |error: &(dyn StdError + 'static)| {
            Some(answer(error.downcast_ref::<E>()?).into_response())
        };
        self.set(|settings| settings.on_error.push(Arc::new(answer)))
    }

    /// Answers every failure that no other setting answers, with the request's id at hand: 404, 405,
    /// rejections, errors and panics alike. What failed is in the [`Problem`].
    #[must_use]
    pub fn on_problem<R: IntoResponse>(
        self,
        answer: impl Fn(&Problem, &str) -> R + Send + Sync + 'static,
    ) -> Self {
        let answer = move |problem: &Problem, id: &str| answer(problem, id).into_response();
        self.set(|settings| settings.on_problem = Some(Arc::new(answer)))
    }
}
