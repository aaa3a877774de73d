//! Routes of a WebSocket API as plain data: made by the attribute macros or by hand, listed, merged.

use std::fmt;

use http::Method;

use crate::router::{self, Handler, Middleware};

/// A route key and a handler.
///
/// The attribute macros write this; so can you:
///
/// ```
/// use powertools::{router::Json, websocket::{Route, Router, Routes}};
///
/// async fn shout(Json(text): Json<String>) -> String { text.to_uppercase() }
///
/// let router = Router::new(Routes::new().with(Route::message("shout", shout)))?;
/// # Ok::<(), powertools::websocket::RouteErrors>(())
/// ```
pub struct Route<S = ()> {
    pub(super) kind: Kind,
    /// Its pattern is the key, and its method is nobody's.
    pub(super) inner: router::Route<S>,
}

/// Which events a route is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Connect,
    Disconnect,
    Message,
    Default,
}

impl<S: Send + Sync + 'static> Route<S> {
    /// The handler of `$connect`: what is no success refuses the connection.
    pub fn connect<A: 'static>(handler: impl Handler<A, S>) -> Self {
        Self::new(Kind::Connect, "$connect", handler)
    }

    /// The handler of `$disconnect`: the connection is no more, and nobody hears the answer.
    pub fn disconnect<A: 'static>(handler: impl Handler<A, S>) -> Self {
        Self::new(Kind::Disconnect, "$disconnect", handler)
    }

    /// The handler of messages for which API Gateway chooses this route.
    ///
    /// Whether it is a good key is said when the [`Router`](super::Router) is made, together with everything
    /// else that is wrong.
    pub fn message<A: 'static>(key: impl Into<String>, handler: impl Handler<A, S>) -> Self {
        Self::new(Kind::Message, key, handler)
    }

    /// The handler of messages that no other route is for: `$default`.
    pub fn default<A: 'static>(handler: impl Handler<A, S>) -> Self {
        Self::new(Kind::Default, "$default", handler)
    }

    fn new<A: 'static, H: Handler<A, S>>(kind: Kind, key: impl Into<String>, handler: H) -> Self {
        let inner = router::Route::new(Method::GET, key, handler);
        Self { kind, inner }
    }

    /// Runs a middleware around this handler; the first one given is the outermost.
    #[must_use]
    pub fn middleware(mut self, middleware: impl Middleware<S>) -> Self {
        self.inner = self.inner.middleware(middleware);
        self
    }

    /// Gives the name by which error messages call the handler; its type's name unless set.
    #[must_use]
    pub fn named(mut self, name: &'static str) -> Self {
        self.inner = self.inner.named(name);
        self
    }
}

impl<S> Route<S> {
    /// The key, as API Gateway has it: `$connect`, `$disconnect`, `$default` or that of a message.
    #[must_use]
    pub fn key(&self) -> &str {
        self.inner.pattern()
    }

    /// The handler's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.inner.name()
    }
}

impl<S> Clone for Route<S> {
    fn clone(&self) -> Self {
        Self {
            kind: self.kind,
            inner: self.inner.clone(),
        }
    }
}

impl<S> fmt::Debug for Route<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Route")
            .field("key", &self.key())
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

/// What can stand in a list of routes: a [`Route`], or a function under a route attribute.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a WebSocket route for the state `{S}`",
    note = "write `#[websocket::message(\"…\")]`, `connect`, `disconnect` or `default` above the function, \
            and take `State<…>` of a type that the router's state can give",
    note = "a function under `#[get(\"/…\")]` or its kin stands in `router::routes![…]`"
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

/// A list of routes: what [`routes!`](super::routes) makes. The order means nothing.
pub struct Routes<S = ()>(pub(super) Vec<Route<S>>);

impl<S> Routes<S> {
    /// No routes.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a route.
    #[must_use]
    pub fn with(mut self, route: impl IntoRoute<S>) -> Self {
        self.0.push(route.into_route());
        self
    }

    /// Adds all routes of another list.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The routes, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Route<S>> {
        self.0.iter()
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
