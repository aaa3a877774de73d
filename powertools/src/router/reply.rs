//! What handlers return: anything that is an answer, and errors with two faces.

use std::{borrow::Cow, convert::Infallible, error::Error as StdError, fmt};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};

use super::extract::Rejection;
use crate::event::{Problem, Response};

/// A value that answers a request.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an answer",
    note = "handlers return text, `Json`, a `StatusCode`, `Response`, a tuple such as \
            `(StatusCode, Json(…))`, or a `Result` of these; others implement `IntoResponse`",
    note = "of an `Option` make a `Result`: `.ok_or_else(|| Error::not_found(\"…\"))`"
)]
pub trait IntoResponse {
    /// The response.
    fn into_response(self) -> Response;
}

impl IntoResponse for Response {
    fn into_response(self) -> Response {
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.into()
    }
}

/// 204 No Content.
impl IntoResponse for () {
    fn into_response(self) -> Response {
        Response::new(StatusCode::NO_CONTENT)
    }
}

/// An empty response of this status.
impl IntoResponse for StatusCode {
    fn into_response(self) -> Response {
        Response::new(self)
    }
}

impl IntoResponse for Infallible {
    fn into_response(self) -> Response {
        match self {}
    }
}

fn text(body: impl Into<crate::event::Body>) -> Response {
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    Response::default()
        .with_header(CONTENT_TYPE, plain)
        .with_body(body)
}

fn bytes(body: impl Into<crate::event::Body>) -> Response {
    let binary = HeaderValue::from_static("application/octet-stream");
    Response::default()
        .with_header(CONTENT_TYPE, binary)
        .with_body(body)
}

/// `text/plain; charset=utf-8`.
impl IntoResponse for &'static str {
    fn into_response(self) -> Response {
        text(self)
    }
}

/// `text/plain; charset=utf-8`.
impl IntoResponse for String {
    fn into_response(self) -> Response {
        text(self)
    }
}

/// `text/plain; charset=utf-8`.
impl IntoResponse for Cow<'static, str> {
    fn into_response(self) -> Response {
        match self {
            Cow::Borrowed(borrowed) => text(borrowed),
            Cow::Owned(owned) => text(owned),
        }
    }
}

/// `application/octet-stream`; base64 on the wire between the function and its front end.
impl IntoResponse for Bytes {
    fn into_response(self) -> Response {
        bytes(self)
    }
}

/// `application/octet-stream`; base64 on the wire between the function and its front end.
impl IntoResponse for Vec<u8> {
    fn into_response(self) -> Response {
        bytes(self)
    }
}

impl<T: IntoResponse, E: IntoResponse> IntoResponse for Result<T, E> {
    fn into_response(self) -> Response {
        match self {
            Ok(answer) => answer.into_response(),
            Err(error) => error.into_response(),
        }
    }
}

/// The answer with another status. A failure, such as a value that does not serialise, stays one: only
/// the status of an error takes the place of its own.
impl<T: IntoResponse> IntoResponse for (StatusCode, T) {
    fn into_response(self) -> Response {
        let response = self.1.into_response();
        let is_error = self.0.is_client_error() || self.0.is_server_error();
        if response.problem().is_some() && !is_error {
            return response;
        }
        response.with_status(self.0)
    }
}

/// The answer with these headers in place of its own of the same names.
impl<T: IntoResponse> IntoResponse for (HeaderMap, T) {
    fn into_response(self) -> Response {
        let mut response = self.1.into_response();
        // `extend` replaces what was there and keeps repeated new values.
        response.headers_mut().extend(self.0);
        response
    }
}

/// The answer with another status and with these headers in place of its own of the same names.
impl<T: IntoResponse> IntoResponse for (StatusCode, HeaderMap, T) {
    fn into_response(self) -> Response {
        (self.1, (self.0, self.2)).into_response()
    }
}

/// The answer with these headers in place of its own of the same names; a 500 if HTTP does not allow a
/// name or value.
///
/// ```
/// use powertools::router::{IntoResponse, header};
///
/// let response = ([(header::ETAG, "\"v1\"")], "text").into_response();
/// assert_eq!(response.headers()["etag"], "\"v1\"");
/// ```
impl<K, V, T: IntoResponse, const N: usize> IntoResponse for ([(K, V); N], T)
where
    K: TryInto<HeaderName, Error: Into<BoxError>>,
    V: TryInto<HeaderValue, Error: Into<BoxError>>,
{
    fn into_response(self) -> Response {
        let pair = |(name, value): (K, V)| {
            let name = name.try_into().map_err(Into::into)?;
            let value = value.try_into().map_err(Into::into)?;
            Ok::<_, BoxError>((name, value))
        };
        match self
            .0
            .into_iter()
            .map(pair)
            .collect::<Result<HeaderMap, _>>()
        {
            Ok(headers) => (headers, self.1).into_response(),
            Err(error) => Error::internal(error).into_response(),
        }
    }
}

/// The answer with another status and with these headers in place of its own of the same names.
impl<K, V, T: IntoResponse, const N: usize> IntoResponse for (StatusCode, [(K, V); N], T)
where
    K: TryInto<HeaderName, Error: Into<BoxError>>,
    V: TryInto<HeaderValue, Error: Into<BoxError>>,
{
    fn into_response(self) -> Response {
        (self.1, (self.0, self.2)).into_response()
    }
}

type BoxError = Box<dyn StdError + Send + Sync>;

/// A handler's failure: a status and a message for the client, a cause for the operator.
///
/// The client gets RFC 9457 problem details with the message and the request id. The cause is logged
/// with its whole chain, at ERROR if the answer is a 5xx and at WARN if not, and never sent. `?` turns any
/// error into a 500 that tells the client nothing:
///
/// ```
/// use powertools::router::{Error, Path};
///
/// async fn price(Path(item): Path<String>) -> Result<String, Error> {
///     if item == "unicorn" {
///         return Err(Error::not_found("there are no unicorns"));
///     }
///     let cents: u64 = "12x".parse()?;   // 500; the log has "invalid digit found in string"
///     Ok(format!("{cents} cents"))
/// }
/// ```
///
/// # An error type of your own
///
/// `?` makes a 500 of every `std::error::Error`. To choose the status, return a type of your own that
/// says how it is answered:
///
/// ```
/// use powertools::router::{Error, IntoResponse, Response};
///
/// enum Failure {
///     NoSuchOrder(u64),
///     Database(std::io::Error),
/// }
///
/// impl IntoResponse for Failure {
///     fn into_response(self) -> Response {
///         match self {
///             Self::NoSuchOrder(id) => Error::not_found(format!("there is no order {id}")),
///             Self::Database(error) => Error::internal(error),
///         }
///         .into_response()
///     }
/// }
///
/// async fn order() -> Result<String, Failure> { Err(Failure::NoSuchOrder(7)) }
/// ```
///
/// # With anyhow
///
/// `anyhow::Error` is no [`std::error::Error`], so `?` has to be told; the whole chain is logged:
///
/// ```ignore
/// async fn order() -> Result<String, Error> {
///     let order = load().await.context("loading the order").map_err(Error::internal)?;
///     Ok(order.name)
/// }
/// ```
///
/// Nor is this type a [`std::error::Error`]: if it were, `?` could not turn every other error into it.
#[derive(Debug)]
pub struct Error(Box<Problem>);

macro_rules! statuses {
    ($($(#[$docs:meta])* $name:ident $status:ident;)*) => { $(
        $(#[$docs])*
        #[must_use]
        pub fn $name(message: impl Into<Cow<'static, str>>) -> Self {
            Self::new(StatusCode::$status, message)
        }
    )* };
}

impl Error {
    /// A failure of this status, with a message for the client.
    #[must_use]
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Problem::new(status).with_detail(message)))
    }

    /// 500, with a cause that is logged and a client that learns nothing.
    #[must_use]
    #[track_caller]
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Box::new(
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR).with_cause(cause),
        ))
    }

    statuses! {
        /// 400: the request makes no sense.
        bad_request BAD_REQUEST;
        /// 401: who is asking is not known.
        unauthorized UNAUTHORIZED;
        /// 403: who is asking may not.
        forbidden FORBIDDEN;
        /// 404: there is no such thing.
        not_found NOT_FOUND;
        /// 408: the client took too long.
        request_timeout REQUEST_TIMEOUT;
        /// 409: it does not fit the present state.
        conflict CONFLICT;
        /// 410: there was one, and there will be none again.
        gone GONE;
        /// 413: too much.
        payload_too_large PAYLOAD_TOO_LARGE;
        /// 415: not a media type that is understood here.
        unsupported_media_type UNSUPPORTED_MEDIA_TYPE;
        /// 422: readable, but not valid.
        unprocessable UNPROCESSABLE_ENTITY;
        /// 429: too often.
        too_many_requests TOO_MANY_REQUESTS;
        /// 501: not built.
        not_implemented NOT_IMPLEMENTED;
        /// 502: a server behind this one gave a bad answer.
        bad_gateway BAD_GATEWAY;
        /// 503: not now.
        unavailable SERVICE_UNAVAILABLE;
        /// 504: a server behind this one gave no answer in time.
        gateway_timeout GATEWAY_TIMEOUT;
    }

    /// Adds the cause, which is logged and never sent.
    #[must_use]
    #[track_caller]
    pub fn with_cause(self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Box::new(self.0.with_cause(cause)))
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.0.status()
    }

    /// The message that is sent.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.detail()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

/// Any error is a 500 whose cause is logged.
impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    #[track_caller]
    fn from(error: E) -> Self {
        let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR);
        Self(Box::new(problem.with_typed_cause(error)))
    }
}

/// The refusal stays what it is, so that `?` passes on what an extractor said.
///
/// ```
/// use powertools::router::{Error, Json, Rejection};
///
/// async fn count(order: Result<Json<Vec<String>>, Rejection>) -> Result<String, Error> {
///     let Json(lines) = order?;
///     Ok(lines.len().to_string())
/// }
/// ```
impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        rejection.into_problem().into()
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        (*self.0).into()
    }
}
