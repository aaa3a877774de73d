//! Cookies to set, beside any answer.

pub use cookie::Cookie;
use http::{HeaderValue, header::SET_COOKIE};

use super::reply::{Error, IntoResponse};
use crate::event::Response;

/// The answer, and a cookie that the client is to keep.
///
/// ```
/// use powertools::router::{Cookie, IntoResponse};
///
/// let cookie = Cookie::build(("session", "8d2e")).path("/").secure(true).http_only(true);
/// let response = (cookie.build(), "welcome").into_response();
/// assert_eq!(response.headers()["set-cookie"], "session=8d2e; HttpOnly; Secure; Path=/");
/// ```
///
/// A value is sent as it is; one that no header can carry is a 500. To remove a cookie, set it with
/// `Cookie::build(…).removal()`.
impl<T: IntoResponse> IntoResponse for (Cookie<'_>, T) {
    fn into_response(self) -> Response {
        ([self.0], self.1).into_response()
    }
}

/// The answer, and cookies that the client is to keep. On load balancers with single-value headers and on
/// VPC Lattice only the last one arrives.
impl<T: IntoResponse, const N: usize> IntoResponse for ([Cookie<'_>; N], T) {
    fn into_response(self) -> Response {
        let mut response = self.1.into_response();
        for cookie in self.0 {
            match HeaderValue::try_from(cookie.to_string()) {
                Ok(value) => response.headers_mut().append(SET_COOKIE, value),
                Err(error) => return Error::internal(error).into_response(),
            };
        }
        response
    }
}
