//! Values that handlers take from a request.

use std::{borrow::Cow, convert::Infallible};

use bytes::Bytes;
use http::StatusCode;

use super::reply::IntoResponse;
use crate::{
    Context,
    event::{Headers, Params, Problem, Request, Response},
};

mod cookie;
mod extension;
mod form;
mod optional;
mod path;
mod query;
mod source_ip;
mod state;
mod text;
#[cfg(feature = "headers")]
mod typed_header;
#[cfg(feature = "validation")]
mod valid;

#[cfg(feature = "headers")]
pub use self::typed_header::TypedHeader;
#[cfg(feature = "validation")]
pub use self::valid::{Carries, Valid};
pub use self::{
    cookie::Cookies,
    extension::Extension,
    form::Form,
    optional::OptionalFromRequest,
    path::Path,
    query::Query,
    source_ip::SourceIp,
    state::{FromRef, State},
};

/// A value that can be taken from a request.
///
/// One trait is enough, because an event arrives whole: arguments may come in any order, and several
/// of them may read the body.
///
/// ```
/// use powertools::router::{FromRequest, Rejection, Request};
///
/// struct Tenant(String);
///
/// impl<S: Sync> FromRequest<S> for Tenant {
///     type Rejection = Rejection;
///
///     async fn from_request(request: &Request, _: &S) -> Result<Self, Rejection> {
///         match request.headers().get("x-tenant") {
///             Some(tenant) => Ok(Self(tenant.to_owned())),
///             None => Err(Rejection::bad_request("header `x-tenant` is missing")),
///         }
///     }
/// }
/// ```
///
/// An extractor that asks others, a database say, refuses with [`Error`](super::Error), into which `?` makes
/// every rejection and every `std::error::Error`:
///
/// ```
/// use powertools::router::{Error, FromRequest, Json, Request};
///
/// struct Lines(usize);
///
/// impl<S: Sync> FromRequest<S> for Lines {
///     type Rejection = Error;
///
///     async fn from_request(request: &Request, state: &S) -> Result<Self, Error> {
///         let Json(lines) = Json::<Vec<String>>::from_request(request, state).await?;
///         let most: usize = std::env::var("MOST_LINES")?.parse()?;
///         Ok(Self(lines.len().min(most)))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken from a request",
    note = "handler arguments are extractors such as `Path`, `Query`, `Json`, `State` or `Context`"
)]
pub trait FromRequest<S>: Sized {
    /// The answer sent when the value cannot be taken.
    type Rejection: IntoResponse;

    /// Takes the value.
    fn from_request(
        request: &Request,
        state: &S,
    ) -> impl Future<Output = Result<Self, Self::Rejection>> + Send;
}

/// An extractor's refusal, which is the client's answer.
#[derive(Debug)]
pub struct Rejection(Box<Problem>);

impl Rejection {
    /// A refusal of this status, with a sentence for the client.
    #[must_use]
    pub fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Problem::new(status).with_detail(detail)))
    }

    /// 400 with this sentence.
    #[must_use]
    pub fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.0.status()
    }

    /// The sentence.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.0.detail()
    }

    /// The problem that the client is told of.
    pub(super) fn into_problem(self) -> Problem {
        *self.0
    }
}

impl From<Problem> for Rejection {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        (*self.0).into()
    }
}

/// A value that is there for every request.
macro_rules! always {
    ($($(#[$docs:meta])* $type:ty: |$request:ident| $value:expr;)*) => { $(
        $(#[$docs])*
        impl<S: Sync> FromRequest<S> for $type {
            type Rejection = Infallible;

            async fn from_request($request: &Request, _: &S) -> Result<Self, Infallible> {
                Ok($value)
            }
        }
    )* };
}

always! {
    /// The whole request; its body and headers are shared, not copied.
    Request: |request| request.clone();
    /// The invocation.
    Context: |request| request.context().clone();
    /// All headers, shared.
    Headers: |request| request.headers().clone();
    /// All headers, for code that wants this type; [`Headers`] are cheaper.
    http::HeaderMap: |request| request.headers().to_map();
    /// All path parameters, by name.
    Params: |request| request.params().clone();
    /// The method.
    http::Method: |request| request.method().clone();
}

/// The body's bytes, whatever the content type.
impl<S: Sync> FromRequest<S> for Bytes {
    type Rejection = Rejection;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Rejection> {
        Ok(request.body()?.clone())
    }
}

/// The body as text; 400 if it is not UTF-8.
impl<S: Sync> FromRequest<S> for String {
    type Rejection = Rejection;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Rejection> {
        match std::str::from_utf8(request.body()?) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(Rejection::bad_request("the body is not UTF-8")),
        }
    }
}
