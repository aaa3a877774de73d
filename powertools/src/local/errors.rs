//! What a front end answers itself, when the function does not.

use http::{HeaderValue, StatusCode};

use crate::{
    event::Source,
    gateway::{self, Answer},
};

/// What a client gets when the invocation failed.
pub(super) fn failed(source: Source) -> Answer {
    match source {
        Source::RestApi => message(StatusCode::BAD_GATEWAY, "Internal server error"),
        _ => message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
    }
}

/// What a client gets when the function takes too long.
pub(super) fn timed_out(source: Source) -> Answer {
    match source {
        Source::RestApi => message(StatusCode::GATEWAY_TIMEOUT, "Endpoint request timed out"),
        _ => message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
    }
}

/// What a client gets when it sends too much.
pub(super) fn too_large(source: Source) -> Answer {
    let text = match source {
        Source::RestApi => "Request Too Long",
        _ => "Request Entity Too Large",
    };
    message(StatusCode::PAYLOAD_TOO_LARGE, text)
}

/// A failed direct invocation.
pub(super) fn unhandled(error: Vec<u8>) -> Answer {
    let mut answer = gateway::json(StatusCode::OK, error);
    answer.headers_mut().insert(
        "x-amz-function-error",
        HeaderValue::from_static("Unhandled"),
    );
    answer
}

pub(super) fn message(status: StatusCode, text: &str) -> Answer {
    let body = serde_json::json!({ "message": text });
    gateway::json(status, body.to_string().into_bytes())
}
