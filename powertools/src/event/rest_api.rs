//! Payload format 1.0: REST APIs, and HTTP APIs that ask for it.
//!
//! Path percent-encoded, query maps decoded, repeated headers and keys in the multi-value maps.
//! Cookies are among the headers, in both directions.
//! The reply must not have a key that the format does not know: a REST API answers 502 to one.

use bytestring::ByteString;
use http::HeaderMap;
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeStruct},
};

use super::{
    Limits, Problem, QueryPairs, Response, Source,
    envelope::{Envelope, RequestContext},
    http_api::{self, HeaderText},
    lazy::{self, keep},
    path::{self, Coding},
    request::{self, Parts},
    scan::Raw,
};

pub(super) fn decode(
    source: Source,
    envelope: &mut Envelope<'_>,
    event: &ByteString,
    limits: &Limits,
) -> Result<Parts, Problem> {
    let body = http_api::body(envelope, event, limits)?;
    let method = request::method(envelope.http_method.as_deref().unwrap_or_default())?;
    let raw_path = keep(event, envelope.path.take().unwrap_or_default());
    let context = envelope.request_context.as_ref();
    let path = match source {
        Source::HttpApiV1 => {
            let path = path::canonical(&raw_path, coding(&raw_path, context))?;
            http_api::without_stage(path, context)
        }
        // `path` has no stage here; `requestContext.path` has.
        _ => path::canonical(&raw_path, Coding::Encoded)?,
    };
    let headers = envelope.raw_headers();
    let query = query(envelope, event, limits)?;
    limits.admit_headers(headers, None)?;
    Ok(Parts {
        method,
        path,
        raw_path,
        raw_query: None,
        query: QueryPairs::new(query),
        headers: headers.map(|raw| event.slice_ref(raw.json)),
        cookies: None,
        body,
    })
}

/// All values where the front end kept them: the single-value map keeps only the last of repeated
/// keys, so it is second choice.
pub(super) fn query(
    envelope: &Envelope<'_>,
    event: &ByteString,
    limits: &Limits,
) -> Result<lazy::Pairs, Problem> {
    let all = query_map(envelope.multi_value_query, event, limits)?;
    if all.is_empty() {
        query_map(envelope.query, event, limits)
    } else {
        Ok(all)
    }
}

/// The pairs of a query that is a map, if there are no more than are accepted.
pub(super) fn query_map(
    raw: Option<Raw<'_>>,
    event: &ByteString,
    limits: &Limits,
) -> Result<lazy::Pairs, Problem> {
    let Some(raw) = raw else {
        return Ok(lazy::Pairs::new());
    };
    limits.admit_query_map(raw)?;
    Ok(lazy::pairs(event, Some(raw.json))?)
}

/// An HTTP API's format 1.0 has been seen with an encoded and with a decoded `path`; the context's
/// `path` is always decoded, so where the two agree there is nothing left to undo.
fn coding(path: &str, context: Option<&RequestContext<'_>>) -> Coding {
    let decoded = context.and_then(|context| context.path.as_deref());
    if decoded == Some(path) {
        Coding::Decoded
    } else {
        Coding::Encoded
    }
}

pub(super) fn encode<S: Serializer>(response: &Response, serializer: S) -> Result<S::Ok, S::Error> {
    let (body, is_base64) = http_api::body_text(response);
    let mut reply = serializer.serialize_struct("Reply", 4)?;
    reply.serialize_field("statusCode", &response.status().as_u16())?;
    reply.serialize_field("multiValueHeaders", &MultiValue(response.headers()))?;
    reply.serialize_field("body", &body)?;
    reply.serialize_field("isBase64Encoded", &is_base64)?;
    reply.end()
}

/// Every value of every header. The single-value map stays away: a header in both would be sent
/// twice.
pub(super) struct MultiValue<'a>(pub(super) &'a HeaderMap);

impl Serialize for MultiValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.keys_len()))?;
        if self.0.len() == self.0.keys_len() {
            // No name is there twice, so none has to be looked up.
            for (name, value) in self.0 {
                map.serialize_entry(name.as_str(), &[HeaderText(value)])?;
            }
            return map.end();
        }
        for name in self.0.keys() {
            map.serialize_entry(name.as_str(), &Values(self.0, name))?;
        }
        map.end()
    }
}

struct Values<'a>(&'a HeaderMap, &'a http::HeaderName);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.get_all(self.1).iter().map(HeaderText))
    }
}
