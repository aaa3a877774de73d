//! What a front end answers itself, when the function does not.
//!
//! The bodies and headers of API Gateway and of function URLs are recorded ones (see `docs/platform.md`);
//! those of load balancers and VPC Lattice are not known, and only their status is meant.

use http::{HeaderName, HeaderValue, StatusCode, header};

use super::replies::Answer;
use crate::event::Source;

/// Why a front end answers without the function, or instead of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It cannot make sense of the request.
    BadRequest,
    /// Another stage or base path than the API's.
    Elsewhere,
    /// No API key, or another one.
    NoKey,
    /// None of the declared routes.
    NoRoute,
    /// A request above its limit, or above Lambda's.
    TooLarge,
    /// More header than it takes.
    HeadersTooLarge,
    /// The body did not come in time.
    Slow,
    /// The invocation failed, or its reply is none that this source accepts.
    Failed,
    /// No reply within the time that the front end waits.
    TimedOut,
}

impl Refusal {
    /// Why, for whoever runs the gateway: what the client gets says little, as on AWS.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::BadRequest => "the front end cannot make sense of the request",
            Self::Elsewhere => "the path is not below the API's stage or base path",
            Self::NoKey => "`x-api-key` is not the API's key",
            Self::NoRoute => "the API has no such route",
            Self::TooLarge => "the request is larger than is taken",
            Self::HeadersTooLarge => "the headers are larger than the front end takes",
            Self::Slow => "the body did not come in time",
            Self::Failed => "the invocation failed",
            Self::TimedOut => "the front end waits no longer; the function goes on",
        }
    }

    /// What the client gets.
    pub(crate) fn answer(self, source: Source) -> Answer {
        let (status, text, error_type) = match source {
            Source::RestApi => self.of_rest(),
            Source::HttpApi | Source::HttpApiV1 | Source::WebSocket => self.of_http(),
            Source::FunctionUrl | Source::Alb | Source::AlbMultiValue => return self.plain(source),
            Source::LatticeV1 | Source::Lattice => return self.plain(source),
        };
        let body = match source {
            // REST writes a space after the colon, HTTP does not.
            Source::RestApi => format!(r#"{{"message": "{text}"}}"#),
            _ => format!(r#"{{"message":"{text}"}}"#),
        };
        let mut answer = super::replies::json(status, body.into_bytes());
        if let Some(error_type) = error_type {
            answer.headers_mut().insert(
                HeaderName::from_static("x-amzn-errortype"),
                HeaderValue::from_static(error_type),
            );
        }
        answer
    }

    const fn of_rest(self) -> (StatusCode, &'static str, Option<&'static str>) {
        match self {
            Self::BadRequest | Self::Slow => {
                (self.status(), "Bad Request", Some("BadRequestException"))
            }
            Self::Elsewhere | Self::NoKey => (
                StatusCode::FORBIDDEN,
                "Forbidden",
                Some("ForbiddenException"),
            ),
            // Never 404 or 405: an unknown resource could be one that asks for a token.
            Self::NoRoute => (
                StatusCode::FORBIDDEN,
                "Missing Authentication Token",
                Some("MissingAuthenticationTokenException"),
            ),
            Self::TooLarge => (
                self.status(),
                "Request Too Long",
                Some("RequestTooLargeException"),
            ),
            Self::HeadersTooLarge => (self.status(), "Request Header Fields Too Large", None),
            Self::Failed => (
                StatusCode::BAD_GATEWAY,
                "Internal server error",
                Some("InternalServerErrorException"),
            ),
            Self::TimedOut => (
                StatusCode::GATEWAY_TIMEOUT,
                "Endpoint request timed out",
                Some("InternalServerErrorException"),
            ),
        }
    }

    const fn of_http(self) -> (StatusCode, &'static str, Option<&'static str>) {
        let text = match self {
            Self::BadRequest => "Bad Request",
            Self::Slow => "Request Timeout",
            Self::NoKey => "Forbidden",
            Self::NoRoute | Self::Elsewhere => "Not Found",
            Self::TooLarge => "Request Entity Too Large",
            Self::HeadersTooLarge => "Request Header Fields Too Large",
            Self::Failed => "Internal Server Error",
            Self::TimedOut => "Service Unavailable",
        };
        let status = match self {
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
            _ => self.status(),
        };
        (status, text, None)
    }

    /// The status that all agree on.
    const fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::NoKey => StatusCode::FORBIDDEN,
            Self::NoRoute | Self::Elsewhere => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Failed => StatusCode::BAD_GATEWAY,
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// A status and its words: `Internal Server Error` for a failure behind a function URL, whatever the
    /// status says.
    fn plain(self, source: Source) -> Answer {
        let status = self.status();
        let text = match (self, source) {
            (Self::Failed, Source::FunctionUrl) => "Internal Server Error",
            _ => status.canonical_reason().unwrap_or_default(),
        };
        let mut answer = Answer::new(text.into());
        *answer.status_mut() = status;
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        answer.headers_mut().insert(header::CONTENT_TYPE, plain);
        answer
    }
}

/// An answer of the gateway on this machine, which no front end on AWS gives.
pub(crate) fn message(status: StatusCode, text: &str) -> Answer {
    let body = serde_json::json!({ "message": text });
    super::replies::json(status, body.to_string().into_bytes())
}
