//! VPC Lattice, both versions of its event: snake case in the first, lists of values in the second.
//!
//! The path comes as the client wrote it, with its query. The reply is that of a load balancer
//! (Lambda developer guide, "Using Lambda with VPC Lattice").

use bytestring::ByteString;
use serde::{Serializer, ser::SerializeStruct};

use super::{
    Limits, Problem, QueryPairs, Response, Source,
    alb::{Single, description},
    envelope::Envelope,
    http_api,
    lazy::keep,
    path::{self, Coding},
    query,
    request::{self, Parts},
    rest_api,
};

pub(super) fn decode(
    source: Source,
    envelope: &mut Envelope<'_>,
    event: &ByteString,
    limits: &Limits,
) -> Result<Parts, Problem> {
    let body = http_api::body(envelope, event, limits)?;
    let method = request::method(envelope.method.as_deref().unwrap_or_default())?;
    let path = match source {
        Source::LatticeV1 => envelope.snake_raw_path.take(),
        _ => envelope.path.take(),
    };
    let target = keep(event, path.unwrap_or_default());
    let (raw_path, raw_query) = match target.split_once('?') {
        Some((path, query)) => (target.slice_ref(path), Some(target.slice_ref(query))),
        None => (target, None),
    };
    // The path's own query is lossless; the map is what is left where there is none.
    let pairs = match &raw_query {
        Some(raw) => {
            limits.admit_query(raw)?;
            query::parse(raw)?
        }
        None => rest_api::query_map(envelope.query, event, limits)?,
    };
    let headers = envelope.raw_headers();
    limits.admit_headers(headers, None)?;
    Ok(Parts {
        method,
        path: path::canonical(&raw_path, Coding::Encoded)?,
        raw_path,
        raw_query,
        query: QueryPairs::new(pairs),
        headers: headers.map(|raw| event.slice_ref(raw.json)),
        cookies: None,
        body,
    })
}

pub(super) fn encode<S: Serializer>(response: &Response, serializer: S) -> Result<S::Ok, S::Error> {
    let (body, is_base64) = http_api::body_text(response);
    let mut reply = serializer.serialize_struct("Reply", 5)?;
    reply.serialize_field("statusCode", &response.status().as_u16())?;
    reply.serialize_field("statusDescription", &description(response.status()))?;
    reply.serialize_field("headers", &Single(response.headers()))?;
    reply.serialize_field("body", &body)?;
    reply.serialize_field("isBase64Encoded", &is_base64)?;
    reply.end()
}
