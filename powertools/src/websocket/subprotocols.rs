//! The sub-protocols that a client offers with its handshake, and the one that is taken.

use std::convert::Infallible;

use http::{HeaderValue, StatusCode, header::SEC_WEBSOCKET_PROTOCOL};

use crate::{
    event::{Request, Response},
    router::{FromRequest, IntoResponse, Rejection},
};

/// What a client offers in `Sec-WebSocket-Protocol`, for the handler of `$connect`.
///
/// A browser that offers sub-protocols closes the connection unless the answer takes one of them
/// (RFC 6455 §4.1), and API Gateway leaves that to the function.
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use powertools::{router::Rejection, websocket::{self, Accepted, Subprotocols}};
///
/// // new WebSocket(url, ["chat.v2", "chat.v1"])
/// #[websocket::connect]
/// async fn connected(offered: Subprotocols) -> Result<Accepted, Rejection> {
///     offered.accept(["chat.v2", "chat.v1"])
/// }
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subprotocols(Vec<String>);

/// The answer to a handshake that accepts the connection, with the sub-protocol that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted(HeaderValue);

impl Subprotocols {
    /// What is offered, in the client's order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether nothing is offered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Accepts the connection with the first of these that the client offers. Names are compared letter by
    /// letter, as browsers do.
    ///
    /// # Errors
    ///
    /// 400, when the client offers none of them. What accepts a client that offers nothing at all asks
    /// [`Subprotocols::is_empty`] before.
    pub fn accept<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<Accepted, Rejection> {
        let mut names = names.into_iter();
        let taken = names.find(|name| self.iter().any(|offered| offered == *name));
        let header = taken.and_then(|name| HeaderValue::from_str(name).ok());
        header.map(Accepted).ok_or_else(|| {
            Rejection::bad_request("the client offers no sub-protocol that is spoken here")
        })
    }
}

/// The client's offers; a header in several lines is one list (RFC 6455 §11.3.4).
impl<S: Sync> FromRequest<S> for Subprotocols {
    type Rejection = Infallible;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Infallible> {
        let lines = request.headers().all(SEC_WEBSOCKET_PROTOCOL.as_str());
        let names = lines.flat_map(|line| line.split(','));
        let names = names.map(|name| name.trim_matches([' ', '\t']));
        let names = names.filter(|name| !name.is_empty());
        Ok(Self(names.map(str::to_owned).collect()))
    }
}

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        Response::new(StatusCode::OK).with_header(SEC_WEBSOCKET_PROTOCOL, self.0)
    }
}
