//! Replies as the front ends read them: what becomes of one, and which ones they refuse.

use std::{borrow::Cow, collections::BTreeMap};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::api::Api;
use crate::event::Source;

/// An HTTP response, its body whole.
pub(crate) type Answer = http::Response<Bytes>;

/// The response that a reply stands for, read as `source` reads it, or why it does not accept it.
///
/// `accept` is the request's header of that name.
pub(crate) fn read(
    source: Source,
    api: &Api,
    accept: Option<&str>,
    reply: &[u8],
) -> Result<Answer, String> {
    if source == Source::HttpApi
        && let Some(answer) = plain(reply)
    {
        return Ok(answer);
    }
    let value: Value = serde_json::from_slice(reply).map_err(|_| "it is not JSON".to_owned())?;
    match source {
        Source::HttpApi | Source::FunctionUrl => version_2(source, value, reply),
        Source::RestApi => rest(api, accept, value),
        Source::HttpApiV1 => http_1(value),
        Source::WebSocket => websocket(value),
        Source::Alb | Source::AlbMultiValue | Source::LatticeV1 | Source::Lattice => {
            balanced(source, value)
        }
    }
}

/// A reply of payload 2.0 with nothing out of the ordinary, as most are: read at half the cost of a `Value`.
/// Nothing, if it is another one, which is for [`version_2`] to judge.
fn plain(reply: &[u8]) -> Option<Answer> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Plain<'r> {
        status_code: u16,
        #[serde(borrow)]
        headers: BTreeMap<&'r str, &'r str>,
        #[serde(borrow)]
        body: Cow<'r, str>,
        is_base64_encoded: bool,
    }

    let plain: Plain<'_> = serde_json::from_slice(reply).ok()?;
    let is_final = (200..=599).contains(&plain.status_code);
    if plain.is_base64_encoded || !is_final || !plain.headers.contains_key("content-type") {
        return None;
    }
    let mut answer = Answer::new(plain.body.into_owned().into());
    *answer.status_mut() = StatusCode::from_u16(plain.status_code).ok()?;
    for (name, value) in plain.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        if OF_THE_FRONT_END.contains(&name) {
            return None;
        }
        let value = HeaderValue::from_str(value).ok()?;
        answer.headers_mut().append(name, value);
    }
    Some(answer)
}

/// Payload 2.0: what is no object with a `statusCode` is the body itself.
fn version_2(source: Source, value: Value, reply: &[u8]) -> Result<Answer, String> {
    let mut object = match value {
        Value::Object(object) if object.contains_key("statusCode") => object,
        // A function URL writes JSON anew, and text without its quotes; an HTTP API sends what it got.
        Value::String(text) if source == Source::FunctionUrl => {
            return Ok(json(StatusCode::OK, text.into_bytes()));
        }
        value if source == Source::FunctionUrl => {
            return Ok(json(StatusCode::OK, value.to_string().into_bytes()));
        }
        _ => return Ok(json(StatusCode::OK, reply.to_vec())),
    };
    let mut headers = HeaderMap::new();
    add_all(&mut headers, map(&mut object, "headers")?)?;
    for cookie in list(&mut object, "cookies")? {
        let Value::String(cookie) = cookie else {
            return Err(format!("the cookie {cookie} is no text"));
        };
        headers.append(header::SET_COOKIE, header_value("set-cookie", &cookie)?);
    }
    let content_type = match source {
        Source::FunctionUrl => "application/json",
        _ => "text/plain; charset=utf-8",
    };
    add_default(&mut headers, content_type);
    let status = status(object.get("statusCode"))?;
    answer(status, headers, &mut object, Base64::AsFlagged)
}

/// A REST API: a key that the format does not know spoils the reply, and base64 is undone only for clients
/// that ask for a binary type first.
fn rest(api: &Api, accept: Option<&str>, value: Value) -> Result<Answer, String> {
    const KEYS: [&str; 5] = [
        "statusCode",
        "headers",
        "multiValueHeaders",
        "body",
        "isBase64Encoded",
    ];
    let mut object = object(value)?;
    if let Some(key) = object.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("`{key}` is no key of its format"));
    }
    // AWS's guide requires a status; LocalStack recorded 200 for replies without one.
    let status = match object.get("statusCode") {
        None => StatusCode::OK,
        given => status(given)?,
    };
    let mut headers = HeaderMap::new();
    add_lists(&mut headers, map(&mut object, "multiValueHeaders")?)?;
    add_all(&mut headers, map(&mut object, "headers")?)?;
    add_default(&mut headers, "application/json");
    let base64 = if api.undoes_base64(accept) {
        Base64::AsFlagged
    } else {
        Base64::Kept
    };
    answer(status, remapped(&headers), &mut object, base64)
}

/// An HTTP API that was told to speak payload 1.0. Single values come first.
fn http_1(value: Value) -> Result<Answer, String> {
    let mut object = object(value)?;
    let status = status(object.get("statusCode"))?;
    let mut headers = HeaderMap::new();
    add_all(&mut headers, map(&mut object, "headers")?)?;
    add_lists(&mut headers, map(&mut object, "multiValueHeaders")?)?;
    add_default(&mut headers, "text/plain; charset=utf-8");
    answer(status, headers, &mut object, Base64::AsFlagged)
}

/// A WebSocket API's, of whose reply to a handshake the headers count and to a message the body.
fn websocket(value: Value) -> Result<Answer, String> {
    let mut object = object(value)?;
    let status = status(object.get("statusCode"))?;
    let mut headers = HeaderMap::new();
    add_all(&mut headers, map(&mut object, "headers")?)?;
    add_lists(&mut headers, map(&mut object, "multiValueHeaders")?)?;
    answer(status, headers, &mut object, Base64::AsFlagged)
}

/// A load balancer's, and VPC Lattice's: words beside the status, a body, and the kind of map that the
/// target group is set to.
fn balanced(source: Source, value: Value) -> Result<Answer, String> {
    let mut object = object(value)?;
    let status = status(object.get("statusCode"))?;
    let description = object.get("statusDescription").and_then(Value::as_str);
    let rest = description.and_then(|text| text.strip_prefix(status.as_str()));
    if !rest.is_some_and(|rest| rest.starts_with(' ')) {
        return Err(format!("`statusDescription` is not like `{status}`"));
    }
    let mut headers = HeaderMap::new();
    let key = match source {
        Source::AlbMultiValue => "multiValueHeaders",
        _ => "headers",
    };
    if !object.get(key).is_some_and(Value::is_object) {
        return Err(format!("it has no `{key}`"));
    }
    let map = map(&mut object, key)?;
    match source {
        Source::AlbMultiValue => add_lists(&mut headers, map)?,
        _ => add_all(&mut headers, map)?,
    }
    if !object.get("body").is_some_and(Value::is_string) {
        return Err("it has no `body`".to_owned());
    }
    answer(status, headers, &mut object, Base64::AsFlagged)
}

fn object(value: Value) -> Result<Map<String, Value>, String> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err("it is no object".to_owned()),
    }
}

/// A number or the text of one.
fn status(value: Option<&Value>) -> Result<StatusCode, String> {
    let code = match value {
        None => return Err("it has no `statusCode`".to_owned()),
        // `parse` would take `+200`.
        Some(Value::String(text)) if text.len() == 3 => text.parse().ok(),
        Some(value) => value.as_u64(),
    };
    // An informational status would not end the exchange.
    code.filter(|code| (200..=599).contains(code))
        .and_then(|code| StatusCode::from_u16(u16::try_from(code).ok()?).ok())
        .ok_or_else(|| format!("`statusCode` is {}", value.unwrap_or(&Value::Null)))
}

fn map(object: &mut Map<String, Value>, key: &str) -> Result<Map<String, Value>, String> {
    match object.remove(key) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(format!("`{key}` is no object")),
    }
}

fn list(object: &mut Map<String, Value>, key: &str) -> Result<Vec<Value>, String> {
    match object.remove(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(format!("`{key}` is no list")),
    }
}

fn add_default(headers: &mut HeaderMap, content_type: &'static str) {
    let content_type = HeaderValue::from_static(content_type);
    headers.entry(header::CONTENT_TYPE).or_insert(content_type);
}

/// The headers of a map of values.
fn add_all(headers: &mut HeaderMap, map: Map<String, Value>) -> Result<(), String> {
    map.into_iter()
        .try_for_each(|(name, value)| add(headers, &name, &value))
}

/// The headers of a map of lists of values.
fn add_lists(headers: &mut HeaderMap, map: Map<String, Value>) -> Result<(), String> {
    for (name, values) in map {
        let Value::Array(values) = values else {
            return Err(format!("`{name}` of `multiValueHeaders` is no list"));
        };
        for value in values {
            add(headers, &name, &value)?;
        }
    }
    Ok(())
}

fn add(headers: &mut HeaderMap, name: &str, value: &Value) -> Result<(), String> {
    let text = match value {
        Value::Null => return Ok(()),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => {
            return Err(format!("the header `{name}` is {value}"));
        }
    };
    let value = header_value(name, &text)?;
    let name = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| format!("`{name}` is no name of a header"))?;
    headers.append(name, value);
    Ok(())
}

fn header_value(name: &str, text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(text).map_err(|_| format!("the header `{name}` has a control character"))
}

/// What a REST API calls the headers that it keeps for itself. Source: LocalStack's recorded
/// `test_apigateway_header_remapping_aws`.
fn remapped(headers: &HeaderMap) -> HeaderMap {
    const KEPT: [&str; 14] = [
        "authorization",
        "connection",
        "content-length",
        "content-md5",
        "date",
        "expect",
        "host",
        "max-forwards",
        "proxy-authenticate",
        "server",
        "trailer",
        "upgrade",
        "user-agent",
        "www-authenticate",
    ];
    let mut remapped = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let name = if KEPT.contains(&name.as_str()) {
            let name = format!("x-amzn-remapped-{name}");
            HeaderName::from_bytes(name.as_bytes()).expect("two names with a dash are a name")
        } else {
            name.clone()
        };
        remapped.append(name, value.clone());
    }
    remapped
}

/// The headers by which the front end frames the response itself.
static OF_THE_FRONT_END: [HeaderName; 4] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::CONTENT_LENGTH,
    header::UPGRADE,
];

/// What becomes of a body that says it is base64.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Base64 {
    AsFlagged,
    Kept,
}

fn answer(
    status: StatusCode,
    mut headers: HeaderMap,
    object: &mut Map<String, Value>,
    base64: Base64,
) -> Result<Answer, String> {
    let body = match object.remove("body") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text,
        Some(_) => return Err("`body` is no text".to_owned()),
    };
    let is_base64 = match object.get("isBase64Encoded") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(flag)) => *flag,
        Some(_) => return Err("`isBase64Encoded` is neither true nor false".to_owned()),
    };
    let body = if is_base64 && base64 == Base64::AsFlagged {
        let bytes = STANDARD.decode(body);
        bytes.map_err(|_| "`body` is not the base64 that it says".to_owned())?
    } else {
        body.into_bytes()
    };
    for name in &OF_THE_FRONT_END {
        headers.remove(name);
    }
    let mut answer = Answer::new(body.into());
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
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
