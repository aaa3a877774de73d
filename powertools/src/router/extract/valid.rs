//! Values that say themselves what is valid.

use garde::Validate;
use http::StatusCode;

use super::{Form, FromRequest, OptionalFromRequest, Path, Query, Rejection};
use crate::{
    event::{Problem, Request},
    router::Json,
};

/// An extracted value that garde's rules let through: `Valid<Json<T>>`, `Valid<Query<T>>` and so on.
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use garde::Validate;
/// use powertools::router::{Json, Valid, post};
///
/// #[derive(serde::Deserialize, Validate)]
/// struct Order {
///     #[garde(length(min = 1, max = 40))]
///     name: String,
///     #[garde(range(min = 1, max = 99))]
///     count: u32,
/// }
///
/// #[post("/orders")]
/// async fn order(Valid(Json(order)): Valid<Json<Order>>) -> String { order.name }
/// # }
/// ```
///
/// garde is a dependency of yours, for its derive macro:
/// `garde = { version = "0.22", features = ["derive"] }`.
///
/// A value that cannot be taken is refused as by the extractor within; one that is not valid with 422. The
/// answer has a sentence about the first rules that are broken and, for programs, up to 50 of them by
/// path:
///
/// ```json
/// {
///   "title": "Unprocessable Entity",
///   "status": 422,
///   "detail": "count: greater than 99",
///   "errors": [{ "path": "count", "detail": "greater than 99" }],
///   "requestId": "8d2e…"
/// }
/// ```
///
/// `Option<Valid<Json<T>>>` is `None` where `Option<Json<T>>` is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Valid<E>(pub E);

/// An extractor around a value, for [`Valid`].
pub trait Carries {
    /// The value's type.
    type Value;

    /// The value.
    fn value(&self) -> &Self::Value;
}

macro_rules! carries {
    ($($extractor:ident)*) => { $(
        impl<T> Carries for $extractor<T> {
            type Value = T;

            fn value(&self) -> &T {
                &self.0
            }
        }
    )* };
}

carries!(Form Json Path Query);

impl<E, S> FromRequest<S> for Valid<E>
where
    E: FromRequest<S, Rejection = Rejection> + Carries + Send,
    E::Value: Validate<Context = ()>,
    S: Sync,
{
    type Rejection = Rejection;

    async fn from_request(request: &Request, state: &S) -> Result<Self, Rejection> {
        check(E::from_request(request, state).await?)
    }
}

impl<E, S> OptionalFromRequest<S> for Valid<E>
where
    E: OptionalFromRequest<S, Rejection = Rejection> + Carries + Send,
    E::Value: Validate<Context = ()>,
    S: Sync,
{
    type Rejection = Rejection;

    async fn from_request(request: &Request, state: &S) -> Result<Option<Self>, Rejection> {
        let extracted = E::from_request(request, state).await?;
        extracted.map(check).transpose()
    }
}

fn check<E>(extracted: E) -> Result<Valid<E>, Rejection>
where
    E: Carries,
    E::Value: Validate<Context = ()>,
{
    match extracted.value().validate() {
        Ok(()) => Ok(Valid(extracted)),
        Err(report) => Err(refuse(&report)),
    }
}

fn refuse(report: &garde::Report) -> Rejection {
    let broken = report
        .iter()
        .map(|(path, error)| (path.to_string(), error.to_string()));
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY)
        .with_detail(sentence(report))
        .with_errors(broken)
        .into()
}

/// The first rules that are broken, and how many others there are.
fn sentence(report: &garde::Report) -> String {
    const MOST: usize = 3;
    let first = report.iter().take(MOST).map(|(path, error)| {
        if path.is_empty() {
            error.to_string()
        } else {
            format!("{path}: {error}")
        }
    });
    let mut parts: Vec<String> = first.collect();
    let others = report.iter().count() - parts.len();
    if others > 0 {
        parts.push(format!("and {others} more"));
    }
    parts.join("; ")
}
