//! Routes as plain data: made by the attribute macros or by hand, listed, nested, merged.

use std::{fmt, sync::Arc};

use http::Method;

use super::{
    cors::Cors,
    handler::{AnyHandler, Erased, Handler},
    middleware::Middleware,
};
#[cfg(feature = "openapi")]
use crate::openapi::Description;

/// A method or several, a pattern and a handler.
///
/// The attribute macros write this; so can you:
///
/// ```
/// use powertools::router::{Method, Route, Router, Routes};
///
/// async fn pong() -> &'static str { "pong" }
///
/// let routes = Routes::new().with(Route::new(Method::GET, "/ping", pong));
/// let router = Router::new(routes)?;
/// # Ok::<(), powertools::router::RouteErrors>(())
/// ```
pub struct Route<S = ()> {
    pub(super) methods: Vec<Method>,
    pub(super) pattern: String,
    pub(super) name: &'static str,
    pub(super) handler: Arc<dyn AnyHandler<S>>,
    pub(super) middleware: Vec<Arc<dyn Middleware<S>>>,
    pub(super) cors: Sharing,
    #[cfg(feature = "openapi")]
    pub(super) description: Option<Description>,
    /// What went wrong while the route was put together, told when the router is made.
    pub(super) mistake: Option<String>,
}

/// What there is to keep of a handler where nobody asks for a document.
#[cfg(not(feature = "openapi"))]
type Description = ();

/// Which policy for other origins a route has.
#[derive(Clone, Debug, Default)]
pub(super) enum Sharing {
    /// The one of the list or router around it.
    #[default]
    Inherited,
    Off,
    Own(Arc<Cors>),
}

impl<S: Send + Sync + 'static> Route<S> {
    /// A route of one method.
    ///
    /// The pattern is API Gateway's: `/orders/{id}` takes one segment, `/files/{path+}` the rest.
    /// Whether it is a good one is said when the [`Router`](super::Router) is made, together with
    /// everything else that is wrong.
    pub fn new<H, A>(method: Method, pattern: impl Into<String>, handler: H) -> Self
    where
        H: Handler<A, S>,
        A: 'static,
    {
        Self {
            methods: vec![method],
            pattern: pattern.into(),
            name: std::any::type_name::<H>(),
            handler: Arc::new(Erased::new(handler)),
            middleware: Vec::new(),
            cors: Sharing::Inherited,
            #[cfg(feature = "openapi")]
            description: None,
            mistake: None,
        }
    }

    /// Runs a middleware around this handler; the first one given is the outermost.
    #[must_use]
    pub fn middleware(mut self, middleware: impl Middleware<S>) -> Self {
        self.middleware.push(Arc::new(middleware));
        self
    }

    /// Gives this route a policy for other origins of its own.
    #[must_use]
    pub fn cors(mut self, cors: Cors) -> Self {
        self.cors = Sharing::Own(Arc::new(cors));
        self
    }

    /// Keeps this route from pages of other origins, whatever the router's policy.
    #[must_use]
    pub fn without_cors(mut self) -> Self {
        self.cors = Sharing::Off;
        self
    }

    /// Answers this method too.
    #[must_use]
    pub fn or(mut self, method: Method) -> Self {
        self.methods.push(method);
        self
    }

    /// Gives the name by which error messages call the handler; its type's name unless set.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Keeps what an attribute macro read of the handler. The attributes write this call in every build;
    /// without the feature `openapi` there is nothing to keep.
    #[doc(hidden)]
    #[must_use]
    #[cfg_attr(
        not(feature = "openapi"),
        allow(unused_mut, reason = "there is nothing to keep")
    )]
    pub fn described(mut self, description: Description) -> Self {
        #[cfg(feature = "openapi")]
        {
            self.description = Some(description);
        }
        #[cfg(not(feature = "openapi"))]
        let () = description;
        self
    }
}

impl<S> Route<S> {
    /// The methods, in the order in which they were given.
    #[must_use]
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// The pattern, with the prefixes under which it was nested.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The handler's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<S> Clone for Route<S> {
    fn clone(&self) -> Self {
        Self {
            methods: self.methods.clone(),
            pattern: self.pattern.clone(),
            name: self.name,
            handler: Arc::clone(&self.handler),
            middleware: self.middleware.clone(),
            cors: self.cors.clone(),
            #[cfg(feature = "openapi")]
            description: self.description,
            mistake: self.mistake.clone(),
        }
    }
}

impl<S> fmt::Debug for Route<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Route")
            .field("methods", &self.methods)
            .field("pattern", &self.pattern)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What can stand in a list of routes: a [`Route`], or a function under a route attribute.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a route for the state `{S}`",
    note = "write `#[get(\"/…\")]` or another route attribute above the function, and take `State<…>` \
            of a type that the router's state can give",
    note = "a function under `#[websocket::…]` stands in `websocket::routes![…]`"
)]
pub trait IntoRoute<S> {
    /// The route.
    fn into_route(self) -> Route<S>;
}

impl<S> IntoRoute<S> for Route<S> {
    fn into_route(self) -> Self {
        self
    }
}

/// A list of routes: what `routes![…]` makes.
///
/// The order means nothing: a literal segment is preferred to a parameter, and a parameter to a
/// greedy one, however the list is sorted.
pub struct Routes<S = ()> {
    list: Vec<Route<S>>,
    middleware: Vec<Arc<dyn Middleware<S>>>,
    cors: Sharing,
}

impl<S> Routes<S> {
    /// No routes.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            list: Vec::new(),
            middleware: Vec::new(),
            cors: Sharing::Inherited,
        }
    }

    /// Adds a route.
    #[must_use]
    pub fn with(mut self, route: impl IntoRoute<S>) -> Self {
        self.list.push(route.into_route());
        self
    }

    /// Adds all routes of another list.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.list.extend(other.into_vec());
        self
    }

    /// Adds all routes of another list below a prefix, which may have parameters of its own. They count
    /// among those of the routes, before them; a handler that is to serve below any prefix takes its
    /// parameters by name, as a struct or as `Params`.
    ///
    /// ```
    /// use powertools::router::{Method, Route, Routes};
    ///
    /// async fn list() {}
    /// async fn one() {}
    ///
    /// let orders = Routes::<()>::new()
    ///     .with(Route::new(Method::GET, "/", list))
    ///     .with(Route::new(Method::GET, "/{id}", one));
    /// let all = Routes::new().nest("/shops/{shop}/orders", orders);
    /// let patterns: Vec<_> = all.iter().map(|route| route.pattern()).collect();
    /// assert_eq!(patterns, ["/shops/{shop}/orders", "/shops/{shop}/orders/{id}"]);
    /// ```
    ///
    /// Both lists are for one state. A list that needs none and is to fit below any is made by a function:
    ///
    /// ```
    /// # #[cfg(feature = "macros")] {
    /// use powertools::router::{Router, Routes, State, get, routes};
    ///
    /// #[get("/health")]
    /// async fn health() -> &'static str { "well" }
    ///
    /// fn status<S: Send + Sync + 'static>() -> Routes<S> {
    ///     routes![health]
    /// }
    ///
    /// #[derive(Clone)]
    /// struct Shop(&'static str);
    ///
    /// #[get("/")]
    /// async fn name(State(shop): State<Shop>) -> &'static str { shop.0 }
    ///
    /// let router = Router::with_state(routes![name].nest("/status", status()), Shop("corner"))?;
    /// # }
    /// # Ok::<(), powertools::router::RouteErrors>(())
    /// ```
    #[must_use]
    pub fn nest(mut self, prefix: &str, routes: Self) -> Self {
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        self.list
            .extend(routes.into_vec().into_iter().map(|mut route| {
                if !route.pattern.starts_with('/') && route.mistake.is_none() {
                    route.mistake = Some(format!(
                        "nested under `{prefix}`, pattern `{}` must start with `/`",
                        route.pattern
                    ));
                }
                route.pattern = match &*route.pattern {
                    "/" if !prefix.is_empty() => prefix.to_owned(),
                    pattern => format!("{prefix}{pattern}"),
                };
                route
            }));
        self
    }

    /// Gives all routes of this list that have none of their own a policy for other origins.
    #[must_use]
    pub fn cors(mut self, cors: Cors) -> Self {
        self.cors = Sharing::Own(Arc::new(cors));
        self
    }

    /// Keeps all routes of this list that have no policy of their own from pages of other origins.
    #[must_use]
    pub fn without_cors(mut self) -> Self {
        self.cors = Sharing::Off;
        self
    }

    /// The routes, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Route<S>> {
        self.list.iter()
    }

    /// The routes, each with what was said of the whole list.
    pub(super) fn into_vec(self) -> Vec<Route<S>> {
        let Self {
            mut list,
            middleware,
            cors,
        } = self;
        for route in &mut list {
            route.middleware.splice(..0, middleware.iter().cloned());
            if matches!(route.cors, Sharing::Inherited) {
                route.cors.clone_from(&cors);
            }
        }
        list
    }
}

impl<S: Send + Sync + 'static> Routes<S> {
    /// Runs a middleware around all handlers of this list, whether they are added before or after;
    /// the first one given is the outermost.
    #[must_use]
    pub fn middleware(mut self, middleware: impl Middleware<S>) -> Self {
        self.middleware.push(Arc::new(middleware));
        self
    }
}

impl<S> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> fmt::Debug for Routes<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}
