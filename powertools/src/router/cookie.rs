//! Cookies to set, beside any answer.
//!
//! ```
//! use powertools::router::{
//!     IntoResponse, StatusCode,
//!     cookie::{Cookie, Duration, SameSite},
//! };
//!
//! async fn log_in() -> impl IntoResponse {
//!     let cookie = Cookie::build(("session", "8d2e"))
//!         .path("/")
//!         .max_age(Duration::days(30))
//!         .same_site(SameSite::Lax)
//!         .secure(true)
//!         .http_only(true);
//!     (StatusCode::CREATED, cookie.build(), "welcome")
//! }
//!
//! async fn log_out() -> impl IntoResponse {
//!     // Name, path and domain say which cookie is meant.
//!     (Cookie::build(("session", "")).path("/").removal().build(), "good bye")
//! }
//! ```
//!
//! Types and methods are those of the [cookie](https://docs.rs/cookie) crate. What a client sent is had with
//! [`Cookies`](super::Cookies).

use std::fmt::Write;

use http::{HeaderValue, StatusCode, header::SET_COOKIE};

pub use cookie::{
    Cookie, CookieBuilder, Expiration, SameSite,
    time::{Duration, OffsetDateTime},
};

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
/// A cookie is sent as it is, and RFC 6265 does not let it hold everything: a value has neither spaces nor
/// `"`, `,`, `;`, `\` or anything beyond ASCII. One that breaks the rules is a 500 whose cause is logged, so
/// that no value can bring attributes of its own; encode what you do not know, as base64 or in percents.
impl<T: IntoResponse> IntoResponse for (Cookie<'_>, T) {
    fn into_response(self) -> Response {
        ([self.0], self.1).into_response()
    }
}

/// The answer with another status, and a cookie that the client is to keep.
impl<T: IntoResponse> IntoResponse for (StatusCode, Cookie<'_>, T) {
    fn into_response(self) -> Response {
        (self.0, [self.1], self.2).into_response()
    }
}

/// The answer, and cookies that the client is to keep. On load balancers with single-value headers and on
/// VPC Lattice only the last one arrives.
impl<T: IntoResponse, const N: usize> IntoResponse for ([Cookie<'_>; N], T) {
    fn into_response(self) -> Response {
        let mut lines = Vec::with_capacity(N);
        for cookie in &self.0 {
            match line(cookie) {
                Ok(line) => lines.push(line),
                Err(reason) => return Error::internal(reason).into_response(),
            }
        }
        let mut response = self.1.into_response();
        for line in lines {
            response.headers_mut().append(SET_COOKIE, line);
        }
        response
    }
}

/// The answer with another status, and cookies that the client is to keep.
impl<T: IntoResponse, const N: usize> IntoResponse for (StatusCode, [Cookie<'_>; N], T) {
    fn into_response(self) -> Response {
        (self.1, (self.0, self.2)).into_response()
    }
}

/// The header's value, or what keeps the cookie from being one. The reason goes to the log, so it shows
/// the name and never the value.
fn line(cookie: &Cookie<'_>) -> Result<HeaderValue, String> {
    let name = cookie.name();
    if name.is_empty() {
        return Err("a cookie has no name".to_owned());
    }
    let check = |part: &str, text: &str, is_allowed: fn(char) -> bool| {
        let offender = text.chars().find(|&character| !is_allowed(character));
        offender.map_or(Ok(()), |offender| {
            let rule = format!("RFC 6265 does not allow {offender:?} in its {part}");
            Err(format!("cookie {name:?}: {rule}"))
        })
    };
    check("name", name, in_name)?;
    check("value", unquoted(cookie.value()), in_value)?;
    check("path", cookie.path().unwrap_or_default(), in_path)?;
    check("domain", cookie.domain().unwrap_or_default(), in_domain)?;

    let mut line = String::new();
    // Not `to_string`, which would panic on a date that cannot be written.
    write!(line, "{cookie}").map_err(|_| format!("cookie {name:?}: its date cannot be written"))?;
    HeaderValue::try_from(line).map_err(|error| format!("cookie {name:?}: {error}"))
}

/// A value may stand in quotes (RFC 6265 §4.1.1).
fn unquoted(value: &str) -> &str {
    let within = value.strip_prefix('"');
    let within = within.and_then(|value| value.strip_suffix('"'));
    within.unwrap_or(value)
}

/// RFC 9110 §5.6.2: a token.
fn in_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}

/// RFC 6265 §4.1.1: `cookie-octet`.
fn in_value(character: char) -> bool {
    character.is_ascii_graphic() && !"\",;\\".contains(character)
}

/// RFC 6265 §4.1.1: any character but controls and `;`.
fn in_path(character: char) -> bool {
    (character.is_ascii_graphic() || character == ' ') && character != ';'
}

/// RFC 1034 §3.5, as RFC 6265 has it; `_` is in use.
fn in_domain(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._".contains(character)
}
