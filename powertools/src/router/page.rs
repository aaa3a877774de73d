//! Answers that are more than a value: pages, redirects.

use http::{HeaderValue, StatusCode, header};

use super::reply::{Error, IntoResponse};
use crate::event::{Body, Response};

/// `text/html; charset=utf-8`.
#[derive(Clone, Debug, Default)]
pub struct Html<T>(pub T);

impl<T: Into<Body>> IntoResponse for Html<T> {
    fn into_response(self) -> Response {
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        Response::default()
            .with_header(header::CONTENT_TYPE, html)
            .with_body(self.0)
    }
}

/// Sends the client elsewhere.
///
/// The target goes out as it is. Do not build it from the request's path: `//evil.example` is a valid
/// one, and means another host.
#[derive(Clone, Debug)]
pub struct Redirect {
    status: StatusCode,
    target: String,
}

impl Redirect {
    /// 303 See Other: the answer to a POST is to be had by GET there.
    #[must_use]
    pub fn to(target: impl Into<String>) -> Self {
        Self::new(StatusCode::SEE_OTHER, target)
    }

    /// 307 Temporary Redirect: the same request, there, this time.
    #[must_use]
    pub fn temporary(target: impl Into<String>) -> Self {
        Self::new(StatusCode::TEMPORARY_REDIRECT, target)
    }

    /// 308 Permanent Redirect: the same request, there, from now on.
    #[must_use]
    pub fn permanent(target: impl Into<String>) -> Self {
        Self::new(StatusCode::PERMANENT_REDIRECT, target)
    }

    fn new(status: StatusCode, target: impl Into<String>) -> Self {
        Self {
            status,
            target: target.into(),
        }
    }
}

/// A target that no header can carry is a 500.
impl IntoResponse for Redirect {
    fn into_response(self) -> Response {
        match HeaderValue::from_str(&self.target) {
            Ok(target) => Response::new(self.status).with_header(header::LOCATION, target),
            Err(error) => Error::internal(error).into_response(),
        }
    }
}
