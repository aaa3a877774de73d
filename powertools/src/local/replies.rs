//! Replies as API Gateway reads them.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body_util::Full;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Answer, events::Front};

impl Front {
    /// The response that a reply stands for; the front end's own error if it stands for none.
    pub(super) fn read(self, reply: &[u8]) -> Answer {
        let answer = match self {
            Self::Http => read_http(reply),
            Self::Rest => read_rest(reply),
        };
        answer.unwrap_or_else(|| {
            tracing::error!("the reply is not one that {} accepts", self.name());
            self.failed()
        })
    }

    /// What a client gets when the invocation failed.
    pub(super) fn failed(self) -> Answer {
        match self {
            Self::Http => message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
            Self::Rest => message(StatusCode::BAD_GATEWAY, "Internal server error"),
        }
    }

    /// What a client gets when the function takes too long.
    pub(super) fn timed_out(self) -> Answer {
        match self {
            Self::Http => message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
            Self::Rest => message(StatusCode::GATEWAY_TIMEOUT, "Endpoint request timed out"),
        }
    }

    /// What a client gets when it sends too much.
    pub(super) fn too_large(self) -> Answer {
        let text = match self {
            Self::Http => "Request Entity Too Large",
            Self::Rest => "Request Too Long",
        };
        message(StatusCode::PAYLOAD_TOO_LARGE, text)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HttpReply {
    status_code: u16,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// Payload 2.0: without a `statusCode` the whole reply is the body.
fn read_http(reply: &[u8]) -> Option<Answer> {
    let value: Value = serde_json::from_slice(reply).ok()?;
    if value.get("statusCode").is_none() {
        return Some(json(StatusCode::OK, reply.to_vec()));
    }
    let reply: HttpReply = serde_json::from_value(value).ok()?;
    let mut headers = HeaderMap::new();
    for (name, value) in reply.headers.unwrap_or_default() {
        add(&mut headers, &name, &value)?;
    }
    for cookie in reply.cookies.unwrap_or_default() {
        headers.append(header::SET_COOKIE, HeaderValue::from_str(&cookie).ok()?);
    }
    headers
        .entry(header::CONTENT_TYPE)
        .or_insert(HeaderValue::from_static("text/plain; charset=utf-8"));
    answer(
        reply.status_code,
        headers,
        reply.body,
        reply.is_base64_encoded,
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RestReply {
    status_code: u16,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
    #[serde(default)]
    multi_value_headers: Option<Map<String, Value>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// Payload 1.0: a key that the format does not know spoils the reply.
fn read_rest(reply: &[u8]) -> Option<Answer> {
    let reply: RestReply = serde_json::from_slice(reply).ok()?;
    let mut headers = HeaderMap::new();
    for (name, values) in reply.multi_value_headers.unwrap_or_default() {
        for value in values.as_array()? {
            add(&mut headers, &name, value)?;
        }
    }
    for (name, value) in reply.headers.unwrap_or_default() {
        add(&mut headers, &name, &value)?;
    }
    headers
        .entry(header::CONTENT_TYPE)
        .or_insert(HeaderValue::from_static("application/json"));
    answer(
        reply.status_code,
        headers,
        reply.body,
        reply.is_base64_encoded,
    )
}

fn add(headers: &mut HeaderMap, name: &str, value: &Value) -> Option<()> {
    let text = match value {
        Value::Null => return Some(()),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => return None,
    };
    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    let hop_by_hop = [
        header::CONNECTION,
        header::TRANSFER_ENCODING,
        header::CONTENT_LENGTH,
    ];
    // The gateway frames the response itself.
    if !hop_by_hop.contains(&name) {
        headers.append(name, HeaderValue::from_str(&text).ok()?);
    }
    Some(())
}

fn answer(status: u16, headers: HeaderMap, body: Option<String>, base64: bool) -> Option<Answer> {
    let body = body.unwrap_or_default();
    let body = if base64 {
        STANDARD.decode(body).ok()?
    } else {
        body.into_bytes()
    };
    let mut answer = http::Response::new(Full::from(body));
    // An informational status would not end the exchange.
    *answer.status_mut() = StatusCode::from_u16(status)
        .ok()
        .filter(|_| status >= 200)?;
    *answer.headers_mut() = headers;
    Some(answer)
}

/// A gateway's own answer.
pub(super) fn message(status: StatusCode, text: &str) -> Answer {
    json(
        status,
        serde_json::json!({ "message": text })
            .to_string()
            .into_bytes(),
    )
}

/// A failed direct invocation.
pub(super) fn unhandled(error: Vec<u8>) -> Answer {
    let mut answer = json(StatusCode::OK, error);
    answer.headers_mut().insert(
        "x-amz-function-error",
        HeaderValue::from_static("Unhandled"),
    );
    answer
}

pub(super) fn json(status: StatusCode, body: Vec<u8>) -> Answer {
    let mut answer = http::Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    answer
}
