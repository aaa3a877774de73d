//! What handlers share: clients, settings, pools.

use std::convert::Infallible;

use super::FromRequest;
use crate::event::Request;

/// The router's state, or a part of it; a clone, so keep large things in an `Arc`.
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use powertools::router::{FromRef, Router, State, get, routes};
///
/// #[derive(Clone)]
/// struct Greeting(&'static str);
///
/// #[derive(Clone)]
/// struct App { greeting: Greeting }
///
/// impl FromRef<App> for Greeting {
///     fn from_ref(app: &App) -> Self { app.greeting.clone() }
/// }
///
/// #[get("/")]
/// async fn hello(State(greeting): State<Greeting>) -> &'static str { greeting.0 }
///
/// let router = Router::with_state(routes![hello], App { greeting: Greeting("hi") })?;
/// # }
/// # Ok::<(), powertools::router::RouteErrors>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct State<T>(pub T);

/// A part that can be had from a whole: the way a handler asks for less than the router's state.
#[diagnostic::on_unimplemented(
    message = "the state `{S}` has no `{Self}`",
    note = "implement `FromRef<{S}>` for it, or take the whole state",
    note = "a router has the state that `Router::with_state` is given"
)]
pub trait FromRef<S> {
    /// The part.
    fn from_ref(state: &S) -> Self;
}

impl<T: Clone> FromRef<T> for T {
    fn from_ref(state: &T) -> Self {
        state.clone()
    }
}

impl<T: FromRef<S>, S: Sync> FromRequest<S> for State<T> {
    type Rejection = Infallible;

    async fn from_request(_: &Request, state: &S) -> Result<Self, Infallible> {
        Ok(Self(T::from_ref(state)))
    }
}
