//! WebSocket APIs: the handshake, messages and the end of a connection as requests, and what they take for
//! a reply.
//!
//! Only the handshake is an HTTP request, and not even its path is in the event; so every one of these is a
//! `GET /`, and the route key, which decides, is left to who reads the request context. (API Gateway
//! developer guide, "Working with WebSocket APIs"; the samples in `tests/fixtures/events`.)

use bytestring::ByteString;
use http::Method;
use serde::{Serializer, ser::SerializeStruct};

use super::{
    Limits, Problem, QueryPairs, Response, alb::Single, envelope::Envelope, http_api,
    request::Parts, rest_api,
};

pub(super) fn decode(
    envelope: &mut Envelope<'_>,
    event: &ByteString,
    limits: &Limits,
) -> Result<Parts, Problem> {
    let body = http_api::body(envelope, event, limits)?;
    let headers = envelope.raw_headers();
    let query = rest_api::query(envelope, event, limits)?;
    limits.admit_headers(headers, None)?;
    let root = ByteString::from_static("/");
    Ok(Parts {
        method: Method::GET,
        path: root.clone(),
        raw_path: root,
        raw_query: None,
        query: QueryPairs::new(query),
        headers: headers.map(|raw| event.slice_ref(raw.json)),
        cookies: None,
        body,
    })
}

/// As the guide's example has it: the status alone, unless there is more to say.
pub(super) fn encode<S: Serializer>(response: &Response, serializer: S) -> Result<S::Ok, S::Error> {
    let headers = response.headers();
    let (body, is_base64) = http_api::body_text(response);
    let mut reply = serializer.serialize_struct("Reply", 4)?;
    reply.serialize_field("statusCode", &response.status().as_u16())?;
    if !headers.is_empty() {
        reply.serialize_field("headers", &Single(headers))?;
    }
    if !body.is_empty() {
        reply.serialize_field("body", &body)?;
    }
    if is_base64 && !body.is_empty() {
        reply.serialize_field("isBase64Encoded", &true)?;
    }
    reply.end()
}
