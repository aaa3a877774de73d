//! Versions, as the `etag` that an answer has and the `if-match` that a change has to have.
//!
//! Two clients that read the same order and both change it: the second would undo what the first has done and
//! never know. So a change names the version that it was made for (RFC 9110 §13.1.1), and one that names none is
//! told to (428, RFC 6585 §3).

use std::fmt;

use powertools::router::{
    FromRequest, IntoResponse, Json, Rejection, Request, Response, StatusCode, header,
};
use serde::{Deserialize, Serialize};

use crate::order::Order;

/// Counts an order's changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(inline))]
pub struct Version(u32);

impl Version {
    /// Of what is new.
    pub const FIRST: Self = Self(1);

    /// After one more change.
    #[must_use]
    pub const fn next(self) -> Self {
        // Four thousand million changes of one order are no order's.
        Self(self.0.saturating_add(1))
    }

    fn tag(self) -> String {
        format!("\"{self}\"")
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// An order, with its version as the `etag`.
#[derive(Debug)]
pub(crate) struct Tagged(pub(crate) Order);

impl IntoResponse for Tagged {
    fn into_response(self) -> Response {
        let tag = self.0.version.tag();
        ([(header::ETAG, tag)], Json(self.0)).into_response()
    }
}

/// The versions that a change may be made to.
#[derive(Debug)]
pub(crate) enum IfMatch {
    /// `*`: whichever it is.
    Any,
    These(Vec<String>),
}

impl IfMatch {
    /// A weak tag, `W/"3"`, is never the same (RFC 9110 §8.8.3.2), and we give none.
    pub(crate) fn has(&self, version: Version) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.contains(&version.tag()),
        }
    }
}

impl<S: Sync> FromRequest<S> for IfMatch {
    type Rejection = Rejection;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Rejection> {
        // Our tags have no commas, so a tag that has is none of ours, whole or split.
        let lines = request.headers().all("if-match");
        let tags = lines.flat_map(|line| line.split(','));
        let tags = tags.map(str::trim_ascii).filter(|tag| !tag.is_empty());
        let tags: Vec<String> = tags.map(str::to_owned).collect();
        match &tags[..] {
            [] => Err(Rejection::new(
                StatusCode::PRECONDITION_REQUIRED,
                "say with `if-match` which version the change is for: the `etag` of the order as you know it",
            )),
            [any] if any == "*" => Ok(Self::Any),
            _ => Ok(Self::These(tags)),
        }
    }
}

#[cfg(feature = "openapi")]
mod described {
    use powertools::openapi::{DescribeRequest, DescribeResponse, Operation};

    use super::{IfMatch, Order, Tagged};

    impl DescribeResponse for Tagged {
        fn describe_response(operation: &mut Operation) {
            operation.json::<Order>(200, "The order.").answer_header(
                200,
                "etag",
                "Its version, for `if-match`.",
            );
        }
    }

    impl DescribeRequest for IfMatch {
        fn describe_request(operation: &mut Operation) {
            operation
                .header(
                    "if-match",
                    "The `etag` of the version that the change is for, or `*`.",
                )
                .parameter_example("if-match", "\"1\"")
                .problem(412)
                .problem(428);
        }
    }
}
