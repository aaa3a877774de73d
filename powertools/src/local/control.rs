//! Lambda's own door: direct invocations, as the AWS CLI and SDKs send them.
//!
//! Source: the API reference of `Invoke`, and AWS's Runtime Interface Emulator for what it leaves open.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, request::Parts};
use serde::de::IgnoredAny;

use super::{
    guard,
    ids::Ids,
    invocation::{Function, MOST_BYTES, Outcome},
};
use crate::{
    function::App,
    gateway::{self, Answer},
};

/// The path that the banner names; any function's name does.
pub(super) const INVOCATIONS: &str = "/2015-03-31/functions/function/invocations";

/// Whether a path is that of invocations.
pub(super) fn is_invocation(path: &str) -> bool {
    let name = path.strip_prefix("/2015-03-31/functions/");
    let name = name.and_then(|rest| rest.strip_suffix("/invocations"));
    name.is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

/// One invocation, asked for by `POST`.
pub(super) async fn invoke(
    function: &Function<impl App>,
    parts: &Parts,
    event: Bytes,
    ids: Ids,
) -> (Answer, Option<String>) {
    let refused = |status, text: &str| (gateway::message(status, text), Some(text.to_owned()));
    if guard::is_from_a_page(&parts.headers) {
        return refused(StatusCode::FORBIDDEN, "no invocations from web pages");
    }
    if parts.method != Method::POST {
        return refused(StatusCode::METHOD_NOT_ALLOWED, "invoke with POST");
    }
    let request_id = ids.invocation.clone();
    let (mut answer, note) = match checked(event) {
        Err(answer) => (*answer, None),
        Ok(event) => {
            let kind = parts.headers.get("x-amz-invocation-type");
            match kind.map_or(&b"RequestResponse"[..], |kind| kind.as_bytes()) {
                b"RequestResponse" => {
                    let invocation = function.start(event, ids.invocation, &ids.trace);
                    replied(invocation.outcome().await)
                }
                b"Event" => {
                    drop(function.start(event, ids.invocation, &ids.trace));
                    (status(StatusCode::ACCEPTED), None)
                }
                b"DryRun" => (status(StatusCode::NO_CONTENT), None),
                _ => {
                    let text = "X-Amz-Invocation-Type is `RequestResponse`, `Event` or `DryRun`";
                    let wrong = "InvalidParameterValueException";
                    (error(StatusCode::BAD_REQUEST, wrong, text), None)
                }
            }
        }
    };
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        set(&mut answer, "x-amzn-requestid", id);
    }
    (answer, note)
}

/// The payload as Lambda takes it: JSON within its limit, `{}` where there is none.
///
/// Source: the errors of `Invoke` in its API reference, `InvalidRequestContentException` (400) and
/// `RequestTooLargeException` (413).
fn checked(payload: Bytes) -> Result<Bytes, Box<Answer>> {
    if payload.len() > MOST_BYTES {
        return Err(Box::new(too_large(payload.len())));
    }
    if payload.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    match serde_json::from_slice::<IgnoredAny>(&payload) {
        Ok(_) => Ok(payload),
        Err(reason) => Err(Box::new(error(
            StatusCode::BAD_REQUEST,
            "InvalidRequestContentException",
            &format!("Could not parse request body into json: {reason}"),
        ))),
    }
}

/// The answer, and what a person is told.
fn replied(outcome: Outcome) -> (Answer, Option<String>) {
    let (json, note) = match outcome {
        Outcome::Replied(json) => (json, None),
        Outcome::Failed(error) | Outcome::TimedOut(error) => (error.json(), Some(error.note())),
    };
    let mut answer = gateway::json(StatusCode::OK, json);
    let version = HeaderValue::from_static("$LATEST");
    set(&mut answer, "x-amz-executed-version", version);
    if note.is_some() {
        let error = HeaderValue::from_static("Unhandled");
        set(&mut answer, "x-amz-function-error", error);
    }
    (answer, note)
}

fn too_large(bytes: usize) -> Answer {
    error(
        StatusCode::PAYLOAD_TOO_LARGE,
        "RequestTooLargeException",
        &format!("{bytes} bytes are more than the {MOST_BYTES} that Lambda takes"),
    )
}

fn error(status: StatusCode, error_type: &'static str, message: &str) -> Answer {
    let body = serde_json::json!({ "Type": "User", "message": message });
    let mut answer = gateway::json(status, body.to_string().into_bytes());
    let error_type = HeaderValue::from_static(error_type);
    set(&mut answer, "x-amzn-errortype", error_type);
    answer
}

fn status(status: StatusCode) -> Answer {
    let mut answer = Answer::new(Bytes::new());
    *answer.status_mut() = status;
    answer
}

fn set(answer: &mut Answer, name: &'static str, value: HeaderValue) {
    let name = HeaderName::from_static(name);
    answer.headers_mut().insert(name, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_function_is_this_one() {
        for (path, expected) in [
            ("/2015-03-31/functions/invocations", false),
            ("/2015-03-31/functions//invocations", false),
            ("/2015-03-31/functions/a/b/invocations", false),
            ("/2015-03-31/functions/a/invocations/", false),
            ("/functions/a/invocations", false),
            (INVOCATIONS, true),
            ("/2015-03-31/functions/shop%3Alive/invocations", true),
        ] {
            assert_eq!(is_invocation(path), expected, "{path}");
        }
    }
}
