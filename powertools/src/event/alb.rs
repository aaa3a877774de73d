//! Application Load Balancer: nothing is decoded, and a setting of the target group decides between
//! single-value and multi-value maps, for requests and replies alike.

use bytestring::ByteString;
use http::{HeaderMap, StatusCode, header::SET_COOKIE};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeStruct},
};

use super::{
    Limits, Problem, QueryPairs, Response, Source,
    envelope::Envelope,
    http_api::{self, Joined},
    lazy::keep,
    path::{self, Coding},
    query,
    request::{self, Parts},
    rest_api::{self, MultiValue},
};

pub(super) fn decode(
    envelope: &mut Envelope<'_>,
    event: &ByteString,
    limits: &Limits,
) -> Result<Parts, Problem> {
    let body = http_api::body(envelope, event, limits)?;
    let method = request::method(envelope.http_method.as_deref().unwrap_or_default())?;
    let raw_path = keep(event, envelope.path.take().unwrap_or_default());
    let pairs = rest_api::query(envelope, event, limits)?;
    let headers = envelope.raw_headers();
    // Keys as well as values are as the client wrote them (ELB user guide, "Lambda functions as
    // targets").
    let mut last_key: Option<(ByteString, ByteString)> = None;
    let decoded = pairs.into_iter().map(|(key, value)| {
        // Values of one key share it, however long it is.
        let key = match last_key.take() {
            Some(known) if known.0 == key => known,
            _ => (key.clone(), query::decode(&key, &key)?),
        };
        let decoded = key.1.clone();
        last_key = Some(key);
        Ok((decoded, query::decode(&value, &value)?))
    });
    let query = decoded.collect::<Result<Vec<_>, Problem>>()?;
    limits.admit_headers(headers, None)?;
    Ok(Parts {
        method,
        path: path::canonical(&raw_path, Coding::Encoded)?,
        raw_path,
        raw_query: None,
        query: QueryPairs::new(query),
        headers: headers.map(|raw| event.slice_ref(raw.json)),
        cookies: None,
        body,
    })
}

/// The body is never null and the status has words: a load balancer answers 502 otherwise.
pub(super) fn encode<S: Serializer>(
    source: Source,
    response: &Response,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let (body, is_base64) = http_api::body_text(response);
    let mut reply = serializer.serialize_struct("Reply", 5)?;
    reply.serialize_field("statusCode", &response.status().as_u16())?;
    reply.serialize_field("statusDescription", &description(response.status()))?;
    if source == Source::AlbMultiValue {
        reply.serialize_field("multiValueHeaders", &MultiValue(response.headers()))?;
    } else {
        reply.serialize_field("headers", &Single(response.headers()))?;
    }
    reply.serialize_field("body", &body)?;
    reply.serialize_field("isBase64Encoded", &is_base64)?;
    reply.end()
}

/// `200 OK`.
pub(super) fn description(status: StatusCode) -> String {
    let reason = status.canonical_reason().unwrap_or("Unknown");
    format!("{} {reason}", status.as_u16())
}

/// One value a header, repeated ones joined; of several cookies only the last, because they cannot be
/// joined and there is no other place for them.
pub(super) struct Single<'a>(pub(super) &'a HeaderMap);

impl Serialize for Single<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        Joined(self.0).entries(&mut map)?;
        let mut cookies = self.0.get_all(SET_COOKIE).iter();
        if let Some(last) = cookies.next_back() {
            if cookies.next().is_some() {
                #[cfg(feature = "router")]
                tracing::warn!(
                    "this front end takes one `set-cookie` only, the last; let the target group use \
                     multi-value headers"
                );
            }
            map.serialize_entry(SET_COOKIE.as_str(), &http_api::HeaderText(last))?;
        }
        map.end()
    }
}
