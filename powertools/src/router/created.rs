//! Answers whose status is in their type, so that a document of the routes knows it too.
//!
//! `(StatusCode, T)` says as much to a client. Which status it will be only the handler knows.

use http::{HeaderValue, StatusCode, header};

use super::reply::{Error, IntoResponse};
use crate::event::Response;

/// 201 Created: the answer, and in `location` where the new thing is.
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use powertools::router::{Created, Json, post};
///
/// #[derive(serde::Deserialize, serde::Serialize)]
/// struct Note { text: String }
///
/// #[post("/notes")]
/// async fn create(Json(note): Json<Note>) -> Created<Json<Note>> {
///     Created::at("/notes/7", Json(note))
/// }
/// # }
/// ```
///
/// What the answer is not, a value that does not serialise, say, stays the failure that it is.
#[derive(Clone, Debug)]
pub struct Created<T> {
    location: String,
    answer: T,
}

impl<T> Created<T> {
    /// The new thing is there, and this is told of it: `()` if nothing is.
    #[must_use]
    pub fn at(location: impl Into<String>, answer: T) -> Self {
        Self {
            location: location.into(),
            answer,
        }
    }
}

/// A location that no header can carry is a 500.
impl<T: IntoResponse> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let response = (StatusCode::CREATED, self.answer).into_response();
        if response.status() != StatusCode::CREATED {
            return response;
        }
        match HeaderValue::try_from(self.location) {
            Ok(location) => response.with_header(header::LOCATION, location),
            Err(error) => Error::internal(error).into_response(),
        }
    }
}

/// 202 Accepted: it will be done, and this is told of it.
///
/// ```
/// use powertools::router::{Accepted, Json};
///
/// async fn rebuild() -> Accepted<Json<u32>> { Accepted(Json(7)) }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Accepted<T>(pub T);

impl<T: IntoResponse> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, self.0).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::Json;

    #[test]
    fn what_cannot_be_told_is_a_failure_and_nothing_that_was_created() {
        let broken = Created::at("a\nb", "text").into_response();
        assert_eq!(broken.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!broken.headers().contains_key("location"));

        let unwritable = std::collections::BTreeMap::from([((1, 2), 3)]);
        let unwritable = Created::at("/7", Json(unwritable)).into_response();
        assert_eq!(unwritable.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!unwritable.headers().contains_key("location"));
    }

    #[test]
    fn the_status_is_that_of_the_type_and_the_rest_the_answers_own() {
        let tagged = ([(header::ETAG, "\"1\"")], Json(7));
        let created = Created::at("/notes/7", tagged).into_response();
        assert_eq!(created.status(), StatusCode::CREATED);
        assert_eq!(created.headers()["location"], "/notes/7");
        assert_eq!(created.headers()["etag"], "\"1\"");
        assert_eq!(created.body().as_bytes(), b"7");

        // `()` is 204 on its own.
        let bare = Created::at("/notes/7", ()).into_response();
        assert_eq!(bare.status(), StatusCode::CREATED);
        assert_eq!(Accepted(()).into_response().status(), StatusCode::ACCEPTED);
    }
}
