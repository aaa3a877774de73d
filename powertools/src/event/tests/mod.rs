//! What every source's events and replies have in common, and where they differ.
//!
//! Who has decoded what, and which reply each front end accepts, was captured from live ones; the
//! sources are in `docs/platform.md`. Real events of many services are in the workspace's tests.

use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::*;

mod balanced;
mod bodies;
#[cfg(any(feature = "local", feature = "testing"))]
mod gateway;
mod headers;
mod json;
mod limits;
mod paths;
mod properties;
mod queries;
mod recognition;
mod replies;
mod requests;
mod websocket;

const HTTP_API_HOST: &str = "a1b2c3.execute-api.eu-west-1.amazonaws.com";
const FUNCTION_URL_HOST: &str = "a1b2c3.lambda-url.eu-west-1.on.aws";

fn read(event: impl Into<Bytes>) -> Result<Decoded, DecodeError> {
    decode(event.into(), Context::new("id"), &Limits::default())
}

/// The text of an event, made of whatever a test has it in.
struct Json(String);

impl<T: ToString> From<T> for Json {
    fn from(event: T) -> Self {
        Self(event.to_string())
    }
}

fn request(event: impl Into<Json>) -> Request {
    let Json(event) = event.into();
    match read(event.clone()) {
        Ok(Decoded::Http(request) | Decoded::WebSocket(request)) => *request,
        Ok(Decoded::Other(_)) => panic!("not recognised: {event}"),
        Err(error) => panic!("{error}: {event}"),
    }
}

fn other(event: impl Into<Json>) -> Event {
    let Json(event) = event.into();
    match read(event.clone()) {
        Ok(Decoded::Other(other)) => other,
        Ok(Decoded::Http(request) | Decoded::WebSocket(request)) => {
            panic!("a {}: {event}", request.source())
        }
        Err(error) => panic!("{error}: {event}"),
    }
}

fn rejected(event: impl Into<Json>) -> Response {
    rejected_within(event, &Limits::default())
}

fn rejected_within(event: impl Into<Json>, limits: &Limits) -> Response {
    let Json(event) = event.into();
    match decode(event.clone().into(), Context::new("id"), limits) {
        Err(DecodeError::Rejected {
            response, context, ..
        }) => {
            assert_eq!(context.request_id, "id", "{event}");
            *response
        }
        Err(error) => panic!("{error}: {event}"),
        Ok(_) => panic!("accepted: {event}"),
    }
}

fn reason(event: impl Into<Bytes>) -> String {
    match read(event) {
        Err(DecodeError::NotJson { reason, context }) => {
            assert_eq!(context.request_id, "id");
            reason
        }
        Err(error) => panic!("{error}"),
        Ok(decoded) => panic!("{decoded:?}"),
    }
}

/// API Gateway and function URLs, which every file here but `balanced` is about.
const GATEWAY: [Source; 4] = [
    Source::RestApi,
    Source::HttpApiV1,
    Source::HttpApi,
    Source::FunctionUrl,
];

/// The least that is recognised as an event of `source`.
fn minimal(source: Source) -> Value {
    match source {
        Source::RestApi => json!({"httpMethod": "GET", "path": "/", "requestContext": {}}),
        Source::HttpApiV1 => json!({
            "version": "1.0", "httpMethod": "GET", "path": "/", "requestContext": {},
        }),
        Source::HttpApi => json!({
            "version": "2.0", "rawPath": "/", "requestContext": {"http": {"method": "GET"}},
        }),
        Source::FunctionUrl => json!({
            "version": "2.0", "rawPath": "/",
            "requestContext": {"http": {"method": "GET"}, "domainName": FUNCTION_URL_HOST},
        }),
        _ => unreachable!("{source} is not of the gateway"),
    }
}

/// The same with some of its keys replaced, and others added.
fn with(source: Source, changes: Value) -> Value {
    let mut event = minimal(source);
    let Value::Object(changes) = changes else {
        panic!("not an object: {changes}")
    };
    for (key, value) in changes {
        event[key] = value;
    }
    event
}

/// The same with one more pair whose JSON need not be canonical, or even valid.
fn with_text(source: Source, pair: &str) -> String {
    let event = minimal(source).to_string();
    format!("{},{pair}}}", &event[..event.len() - 1])
}

fn path_key(source: Source) -> &'static str {
    match source {
        Source::RestApi | Source::HttpApiV1 => "path",
        Source::HttpApi | Source::FunctionUrl => "rawPath",
        _ => unreachable!("{source} is not of the gateway"),
    }
}

fn with_path(source: Source, path: &str) -> Value {
    with(source, json!({ path_key(source): path }))
}

fn path(event: impl Into<Json>) -> String {
    request(event).path().to_owned()
}

fn query(request: &Request) -> Vec<(&str, &str)> {
    request.query().iter().collect()
}

fn headers(request: &Request) -> Vec<(&str, &str)> {
    request.headers().iter().collect()
}
