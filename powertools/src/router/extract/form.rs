//! A form as Rust values.

use bytestring::ByteString;
use http::StatusCode;
use serde::de::DeserializeOwned;

use super::{FromRequest, OptionalFromRequest, Rejection, text};
use crate::{
    event::{self, Request},
    router::media,
};

const TYPE: &str = "application/x-www-form-urlencoded";

/// The body of a form: `application/x-www-form-urlencoded`, read like a
/// [`Query`](crate::router::Query).
///
/// Another content type is refused with 415, a body that cannot be decoded or has more pairs than
/// [`Limits::query_pairs`](crate::event::Limits) with 400, one whose fields are not as expected with 422.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Form<T> {
    type Rejection = Rejection;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Rejection> {
        let is_form = |essence: &str| essence.eq_ignore_ascii_case(TYPE);
        if !media::declared(request).is_some_and(is_form) {
            return Err(Rejection::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the content type must be `application/x-www-form-urlencoded`",
            ));
        }
        let body = ByteString::try_from(request.body()?.clone())
            .map_err(|_| Rejection::bad_request("the body is not UTF-8"))?;
        let most = request.limits().query_pairs;
        if event::has_more_pairs(&body, most) {
            let detail = format!("the form has more than {most} pairs");
            return Err(Rejection::bad_request(detail));
        }
        let pairs = event::form_pairs(&body)
            .map_err(|_| Rejection::bad_request("the form is not UTF-8 once it is decoded"))?;
        let pairs = pairs
            .iter()
            .map(|(key, value)| (&**key, &**value))
            .collect();
        text::pairs(pairs).map(Self).map_err(|error| {
            let detail = error.sentence("form", "form field");
            Rejection::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
        })
    }
}

/// `None` for a request without a body.
impl<T: DeserializeOwned, S: Sync> OptionalFromRequest<S> for Form<T> {
    type Rejection = Rejection;

    async fn from_request(request: &Request, state: &S) -> Result<Option<Self>, Rejection> {
        if request.body()?.is_empty() {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state)
            .await
            .map(Some)
    }
}
