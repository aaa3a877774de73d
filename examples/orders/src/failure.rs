//! What may go wrong, and how it is answered.

use powertools::router::{Error, HeaderValue, IntoResponse, Response, StatusCode, header};

use crate::{cursor::NoCursor, id::OrderId, order::Refused, store::StoreError};

/// Why there is no answer of the kind that was asked for.
#[derive(Debug)]
pub(crate) enum Failure {
    NoSuchOrder(OrderId),
    /// By somebody else, since the client has read it.
    Changed,
    Refused(Refused),
    /// An idempotency key that came with another request before.
    KeyIsTaken,
    Cursor(NoCursor),
    Store(StoreError),
}

/// When a store that has too much to do may be asked again.
const SOON: HeaderValue = HeaderValue::from_static("1");

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let error = match self {
            Self::NoSuchOrder(id) => Error::not_found(format!("there is no order {id}")),
            Self::Changed => Error::new(
                StatusCode::PRECONDITION_FAILED,
                "the order is not what it was: read it again",
            ),
            Self::Refused(refused) => Error::conflict(refused.to_string()),
            Self::KeyIsTaken => {
                Error::unprocessable("this `idempotency-key` came with another order before")
            }
            Self::Cursor(none) => Error::bad_request(none.to_string()),
            Self::Store(error @ StoreError::Busy(_)) => {
                let busy = Error::unavailable("there is too much to do: ask again in a second");
                let response = busy.with_cause(error).into_response();
                return response.with_header(header::RETRY_AFTER, SOON);
            }
            // What is wrong with a table is nothing that a client should hear.
            Self::Store(error) => Error::from(error),
        };
        error.into_response()
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<NoCursor> for Failure {
    fn from(none: NoCursor) -> Self {
        Self::Cursor(none)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What every operation may answer; the rest is said of each in `openapi`.
#[cfg(feature = "openapi")]
impl powertools::openapi::DescribeResponse for Failure {
    fn describe_response(operation: &mut powertools::openapi::Operation) {
        operation
            // Also of what takes no body: one that is too large is refused before anybody asks whose it is.
            .problem(413)
            .problem(503)
            .answer_header(503, "retry-after", "Seconds.")
            .problem(504);
    }
}
