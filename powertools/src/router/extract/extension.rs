//! What a middleware found out, for the handler behind it.

use std::{any::type_name, convert::Infallible};

use http::StatusCode;

use super::{FromRequest, OptionalFromRequest, Rejection};
use crate::event::{Problem, Request};

/// A clone of what a middleware left in [`Request::extensions_mut`].
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use powertools::router::{Error, Extension, Next, Request, Response, Router, get, header, routes};
///
/// #[derive(Clone)]
/// struct Claims { user: String }
///
/// async fn verified(mut request: Request, next: Next) -> Result<Response, Error> {
///     let token = request.headers().get(header::AUTHORIZATION);
///     let token = token.and_then(|value| value.strip_prefix("Bearer "));
///     let claims = token.and_then(verify).ok_or_else(|| Error::unauthorized("a token is required"))?;
///     request.extensions_mut().insert(claims);
///     Ok(next.run(request).await)
/// }
///
/// # fn verify(token: &str) -> Option<Claims> { Some(Claims { user: token.to_owned() }) }
/// #[get("/me")]
/// async fn me(Extension(claims): Extension<Claims>) -> String {
///     claims.user
/// }
///
/// let router = Router::new(routes![me].middleware(verified))?;
/// # }
/// # Ok::<(), powertools::router::RouteErrors>(())
/// ```
///
/// Where none was left the answer is a 500, and the log names the type: a middleware is missing around the
/// handler. `Option<Extension<T>>` is for handlers that can do without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extension<T>(pub T);

impl<T: Clone + Send + Sync + 'static, S: Sync> FromRequest<S> for Extension<T> {
    type Rejection = Rejection;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Rejection> {
        find(request).ok_or_else(|| {
            let cause = format!(
                "no `{}` is in the request's extensions; a middleware around this handler has to insert it",
                type_name::<T>()
            );
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
                .with_cause(cause)
                .into()
        })
    }
}

/// `None` where no middleware left one.
impl<T: Clone + Send + Sync + 'static, S: Sync> OptionalFromRequest<S> for Extension<T> {
    type Rejection = Infallible;

    async fn from_request(request: &Request, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(find(request))
    }
}

fn find<T: Clone + Send + Sync + 'static>(request: &Request) -> Option<Extension<T>> {
    request.extensions().get().cloned().map(Extension)
}
