//! Values that say themselves what is valid.

use garde::Validate;
use http::StatusCode;

use super::{Form, FromRequest, Path, Query, Rejection};
use crate::{event::Request, router::Json};

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
/// A value that cannot be taken is refused as by the extractor within; one that is not valid with 422
/// and every rule that it breaks, by name: `count: greater than 99`.
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
        let extracted = E::from_request(request, state).await?;
        match extracted.value().validate() {
            Ok(()) => Ok(Self(extracted)),
            Err(report) => Err(refuse(&report)),
        }
    }
}

fn refuse(report: &garde::Report) -> Rejection {
    let broken = report.iter().map(|(path, error)| match path.to_string() {
        path if path.is_empty() => error.to_string(),
        path => format!("{path}: {error}"),
    });
    let broken = broken.collect::<Vec<_>>().join("; ");
    Rejection::new(StatusCode::UNPROCESSABLE_ENTITY, broken)
}
