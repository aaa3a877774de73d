//! The query as Rust values.

use serde::de::DeserializeOwned;

use super::{FromRequest, OptionalFromRequest, Rejection, text};
use crate::event::Request;

/// The query: a struct or map by key, or a list of pairs in order.
///
/// ```
/// use powertools::router::Query;
///
/// #[derive(serde::Deserialize)]
/// struct Search {
///     q: String,
///     #[serde(default)]
///     tag: Vec<String>,      // ?q=tea&tag=hot&tag=green
///     page: Option<u32>,
/// }
///
/// async fn search(Query(search): Query<Search>) {}
/// async fn raw(Query(pairs): Query<Vec<(String, String)>>) {}
/// ```
///
/// A key that is given twice where one value is expected is refused: front ends and programs do not
/// agree on which one counts. Refusals are 400 and name the key.
///
/// # What browsers send
///
/// - A field of a form that was left empty is sent as `page=`. That is a value, an empty one: `Some("")` for
///   `Option<String>`, and no number, so 400 for `Option<u32>`.
/// - A `bool` is `exact=true` or `exact=false`. `?exact` is refused, and so is `exact=on`, which a checkbox
///   sends unless it has `value="true"`; one that is not ticked is not sent at all, which
///   `#[serde(default)]` makes `false`.
/// - A list is the key once for each value. `tag=a,b` is one value with a comma in it.
///
/// # Fields that several handlers share
///
/// Take two `Query` arguments, each with the fields that it knows. `#[serde(flatten)]` works for texts only:
/// serde asks for the fields of the inner struct before it says what type they are, so a number stays the
/// text that it is on a URL, and is refused.
///
/// ```
/// # use powertools::router::Query;
/// #[derive(serde::Deserialize)]
/// struct Search { q: String }
/// #[derive(serde::Deserialize)]
/// struct Page { page: Option<u32> }
///
/// async fn search(Query(search): Query<Search>, Query(page): Query<Page>) {}
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Query<T> {
    type Rejection = Rejection;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Rejection> {
        text::pairs(request.query().iter().collect())
            .map(Self)
            .map_err(|error| Rejection::bad_request(error.sentence("query", "query parameter")))
    }
}

/// `None` for a request without a query.
impl<T: DeserializeOwned, S: Sync> OptionalFromRequest<S> for Query<T> {
    type Rejection = Rejection;

    async fn from_request(request: &Request, state: &S) -> Result<Option<Self>, Rejection> {
        if request.query().is_empty() {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state)
            .await
            .map(Some)
    }
}
