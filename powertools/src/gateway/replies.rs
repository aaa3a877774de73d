//! Replies as API Gateway reads them: what becomes of one, and which ones it refuses.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::event::Source;

/// An HTTP response, its body whole.
pub(crate) type Answer = http::Response<Bytes>;

/// The response that a reply stands for, read as `source` reads it; `None` for a reply that it does
/// not accept.
pub(crate) fn read(source: Source, reply: &[u8]) -> Option<Answer> {
    match source {
        Source::HttpApi | Source::FunctionUrl => version_2(source, reply),
        Source::RestApi | Source::HttpApiV1 => version_1(source, reply),
        Source::Alb | Source::AlbMultiValue | Source::LatticeV1 | Source::Lattice => {
            balanced(source, reply)
        }
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
fn version_2(source: Source, reply: &[u8]) -> Option<Answer> {
    let value: Value = serde_json::from_slice(reply).ok()?;
    if value.get("statusCode").is_none() {
        return Some(json(StatusCode::OK, reply.to_vec()));
    }
    let reply: HttpReply = serde_json::from_value(value).ok()?;
    let mut headers = HeaderMap::new();
    add_all(&mut headers, reply.headers.unwrap_or_default())?;
    for cookie in reply.cookies.unwrap_or_default() {
        headers.append(header::SET_COOKIE, HeaderValue::from_str(&cookie).ok()?);
    }
    headers
        .entry(header::CONTENT_TYPE)
        .or_insert(HeaderValue::from_static(default_type(source)));
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
fn version_1(source: Source, reply: &[u8]) -> Option<Answer> {
    let reply: RestReply = serde_json::from_slice(reply).ok()?;
    let mut headers = HeaderMap::new();
    add_lists(&mut headers, reply.multi_value_headers.unwrap_or_default())?;
    add_all(&mut headers, reply.headers.unwrap_or_default())?;
    headers
        .entry(header::CONTENT_TYPE)
        .or_insert(HeaderValue::from_static(default_type(source)));
    answer(
        reply.status_code,
        headers,
        reply.body,
        reply.is_base64_encoded,
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BalancedReply {
    status_code: u16,
    status_description: String,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
    #[serde(default)]
    multi_value_headers: Option<Map<String, Value>>,
    body: String,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// A load balancer's, and VPC Lattice's: words beside the status, a body, and the kind of map that the
/// target group is set to.
fn balanced(source: Source, reply: &[u8]) -> Option<Answer> {
    let reply: BalancedReply = serde_json::from_slice(reply).ok()?;
    let code = reply.status_code.to_string();
    reply
        .status_description
        .strip_prefix(&*code)?
        .strip_prefix(' ')?;
    let mut headers = HeaderMap::new();
    if source == Source::AlbMultiValue {
        add_lists(&mut headers, reply.multi_value_headers?)?;
    } else {
        add_all(&mut headers, reply.headers?)?;
    }
    answer(
        reply.status_code,
        headers,
        Some(reply.body),
        reply.is_base64_encoded,
    )
}

/// The content type of a response whose reply names none; load balancers and VPC Lattice add none.
const fn default_type(source: Source) -> &'static str {
    match source {
        Source::RestApi | Source::FunctionUrl => "application/json",
        _ => "text/plain; charset=utf-8",
    }
}

/// The headers of a map of values.
fn add_all(headers: &mut HeaderMap, map: Map<String, Value>) -> Option<()> {
    map.into_iter()
        .try_for_each(|(name, value)| add(headers, &name, &value))
}

/// The headers of a map of lists of values.
fn add_lists(headers: &mut HeaderMap, map: Map<String, Value>) -> Option<()> {
    for (name, values) in map {
        for value in values.as_array()? {
            add(headers, &name, value)?;
        }
    }
    Some(())
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
    let mut answer = http::Response::new(body.into());
    // An informational status would not end the exchange.
    *answer.status_mut() = StatusCode::from_u16(status)
        .ok()
        .filter(|_| status >= 200)?;
    *answer.headers_mut() = headers;
    Some(answer)
}

/// A response of this JSON.
pub(crate) fn json(status: StatusCode, body: Vec<u8>) -> Answer {
    let mut answer = http::Response::new(Bytes::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    answer
}
