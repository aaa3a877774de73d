//! One header as a type.

use headers::Header;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::{FromRequest, OptionalFromRequest, Rejection};
use crate::{
    event::{Request, Response},
    router::reply::IntoResponse,
};

/// A header as one of the types of the [headers](https://docs.rs/headers) crate, or of your own that has its
/// trait: as an argument read, in an answer written.
///
/// A header that is missing or does not read as `T` is refused with 400; `Option` of it is `None` if it is
/// missing.
///
/// ```
/// use powertools::router::{TypedHeader, header};
/// use headers::{CacheControl, UserAgent};
///
/// async fn greet(TypedHeader(agent): TypedHeader<UserAgent>) -> (TypedHeader<CacheControl>, String) {
///     (TypedHeader(CacheControl::new().with_no_store()), format!("hello {agent}"))
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TypedHeader<T>(pub T);

impl<T: Header, S: Sync> FromRequest<S> for TypedHeader<T> {
    type Rejection = Rejection;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Rejection> {
        let missing = || Rejection::bad_request(format!("the header `{}` is missing", T::name()));
        read(request)?.ok_or_else(missing)
    }
}

/// `None` for a request without the header.
impl<T: Header, S: Sync> OptionalFromRequest<S> for TypedHeader<T> {
    type Rejection = Rejection;

    async fn from_request(request: &Request, _: &S) -> Result<Option<Self>, Rejection> {
        read(request)
    }
}

fn read<T: Header>(request: &Request) -> Result<Option<TypedHeader<T>>, Rejection> {
    let invalid = || Rejection::bad_request(format!("the header `{}` is not valid", T::name()));
    let mut values = Vec::new();
    for value in request.headers().all(T::name().as_str()) {
        values.push(HeaderValue::from_str(value).map_err(|_| invalid())?);
    }
    if values.is_empty() {
        return Ok(None);
    }
    let header = T::decode(&mut values.iter()).map_err(|_| invalid())?;
    Ok(Some(TypedHeader(header)))
}

impl<T: Header> TypedHeader<T> {
    fn write(&self, response: &mut Response) {
        let mut values = Vec::new();
        self.0.encode(&mut values);
        let headers: HeaderMap = values
            .into_iter()
            .map(|value| (T::name().clone(), value))
            .collect();
        response.headers_mut().extend(headers);
    }
}

/// The answer with this header in place of its own of the same name.
impl<T: Header, R: IntoResponse> IntoResponse for (TypedHeader<T>, R) {
    fn into_response(self) -> Response {
        let mut response = self.1.into_response();
        self.0.write(&mut response);
        response
    }
}

/// The answer with another status and with this header in place of its own of the same name.
impl<T: Header, R: IntoResponse> IntoResponse for (StatusCode, TypedHeader<T>, R) {
    fn into_response(self) -> Response {
        (self.1, self.2).into_response().with_status(self.0)
    }
}
