//! Path parameters as Rust values.

use http::StatusCode;
use serde::de::DeserializeOwned;

use super::{FromRequest, OptionalFromRequest, Rejection, text};
use crate::event::{Problem, Request};

/// The path parameters: one value, a tuple in the pattern's order, or a struct by name.
///
/// ```
/// use powertools::router::Path;
///
/// // "/orders/{id}"
/// async fn order(Path(id): Path<u64>) {}
///
/// // "/shops/{shop}/orders/{id}"
/// async fn order_of(Path((shop, id)): Path<(String, u64)>) {}
///
/// #[derive(serde::Deserialize)]
/// struct Place { shop: String, id: u64 }
///
/// // the same, by name
/// async fn order_at(Path(place): Path<Place>) {}
/// ```
///
/// The parameters of the prefixes that a route is nested under count too, and come first. A tuple of
/// another length than the pattern's is a 500 whose cause is logged, and so is a struct with a field that
/// the pattern does not have.
///
/// Values are decoded: a `%2F` that the client sent within a segment is a `/` here (HTTP APIs decode it before
/// routing and cannot carry one). A value that is
/// not of the type is a 400 that names the parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Path<T> {
    type Rejection = Rejection;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Rejection> {
        text::values(request.params().iter().collect())
            .map(Self)
            .map_err(|error| refuse(request, &error))
    }
}

/// A value of the wrong type is the client's mistake. That names or their number are wrong is the
/// program's, which the operator has to hear of.
fn refuse(request: &Request, error: &text::TextError) -> Rejection {
    if !error.is_about_keys() {
        return Rejection::bad_request(error.sentence("path", "path parameter"));
    }
    let names: Vec<&str> = request.params().iter().map(|(name, _)| name).collect();
    let names = names.join("`, `");
    let text = format!(
        "a `Path<…>` does not fit its pattern, prefixes included: the parameters are `{names}`; {error}"
    );
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
        .with_cause(text)
        .into()
}

/// `None` for a route without parameters.
impl<T: DeserializeOwned, S: Sync> OptionalFromRequest<S> for Path<T> {
    type Rejection = Rejection;

    async fn from_request(request: &Request, state: &S) -> Result<Option<Self>, Rejection> {
        if request.params().is_empty() {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state)
            .await
            .map(Some)
    }
}
