//! What may be absent, and what may be refused.

use std::convert::Infallible;

use super::FromRequest;
use crate::{event::Request, router::reply::IntoResponse};

/// A value that a request may not have: what makes `Option` of an extractor one.
///
/// Absent is not invalid: `Option<Json<T>>` is `None` for a request without a body, and still refuses
/// a body that is not JSON. `Result<T, T::Rejection>` of any extractor takes the refusal itself.
#[diagnostic::on_unimplemented(
    message = "`Option<{Self}>` cannot be taken from a request",
    note = "`{Self}` has no notion of being absent; take `Result<{Self}, _>` to handle its refusal"
)]
pub trait OptionalFromRequest<S>: Sized {
    /// The answer sent when the value is there but cannot be taken.
    type Rejection: IntoResponse;

    /// Takes the value, if there is one.
    fn from_request(
        request: &Request,
        state: &S,
    ) -> impl Future<Output = Result<Option<Self>, Self::Rejection>> + Send;
}

impl<T: OptionalFromRequest<S>, S: Sync> FromRequest<S> for Option<T> {
    type Rejection = T::Rejection;

    async fn from_request(request: &Request, state: &S) -> Result<Self, T::Rejection> {
        T::from_request(request, state).await
    }
}

impl<T: FromRequest<S>, S: Sync> FromRequest<S> for Result<T, T::Rejection> {
    type Rejection = Infallible;

    async fn from_request(request: &Request, state: &S) -> Result<Self, Infallible> {
        Ok(T::from_request(request, state).await)
    }
}
