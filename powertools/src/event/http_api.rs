//! Payload format 2.0: HTTP APIs and function URLs, which share it but for the path.
//!
//! An HTTP API has already decoded `rawPath`, a function URL has not. The maps join repeated values
//! with a comma that data may also contain, so the query is read from `rawQueryString`. Cookies have
//! a list of their own, in both directions.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use bytestring::ByteString;
use http::{HeaderMap, HeaderValue, header::SET_COOKIE};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeStruct},
};

use super::{
    Limits, Problem, QueryPairs, Response, Source,
    envelope::{Envelope, RequestContext},
    lazy::keep,
    path::{self, Coding},
    query,
    request::{self, Parts, Received},
    scan::Raw,
};

pub(super) fn decode(
    source: Source,
    envelope: &mut Envelope<'_>,
    event: &ByteString,
    limits: &Limits,
) -> Result<Parts, Problem> {
    let body = body(envelope, event, limits)?;
    let raw_path = keep(event, envelope.raw_path.take().unwrap_or_default());
    let raw_query = keep(event, envelope.raw_query_string.take().unwrap_or_default());
    let context = envelope.request_context.as_ref();
    let method = context.and_then(|context| context.method.as_deref());
    let method = request::method(method.unwrap_or_default())?;
    let path = if source == Source::FunctionUrl {
        path::canonical(&raw_path, Coding::Encoded)?
    } else {
        without_stage(path::canonical(&raw_path, Coding::Decoded)?, context)
    };
    let headers = envelope.raw_headers();
    let cookies = envelope.cookies;
    limits.admit_query(&raw_query)?;
    let query = query::parse(&raw_query)?;
    limits.admit_headers(headers, cookies)?;
    let slice = |raw: Raw<'_>| event.slice_ref(raw.json);
    Ok(Parts {
        method,
        path,
        raw_path,
        raw_query: Some(raw_query),
        query: QueryPairs::new(query),
        headers: headers.map(slice),
        cookies: cookies.map(slice),
        body,
    })
}

/// Takes the stage off the path where the host says that it is there.
///
/// `https://{id}.execute-api.{region}.amazonaws.com/prod/orders` arrives as `/prod/orders` for the
/// stage `prod`; through a custom domain the same request arrives as `/orders`. So the prefix goes
/// only if it is a whole segment, and only for the API's own host. A custom domain whose paths do
/// carry the stage is a matter of nesting the routes.
pub(super) fn without_stage(path: ByteString, context: Option<&RequestContext<'_>>) -> ByteString {
    let stage = context.and_then(|context| {
        let stage = context.stage.as_deref();
        stage.filter(|stage| *stage != "$default" && context.is_on("execute-api."))
    });
    let shorter = stage.and_then(|stage| path::without_segment(&path, stage));
    shorter.unwrap_or(path)
}

/// The body, in this format and in 1.0: text, or base64 that is undone here.
///
/// Text that stands in the event without escapes is not copied; neither is the one buffer that
/// undoing escapes or base64 makes.
pub(super) fn body(
    envelope: &mut Envelope<'_>,
    event: &ByteString,
    limits: &Limits,
) -> Result<Received, Problem> {
    let Some(text) = envelope.body.take().filter(|text| !text.is_empty()) else {
        return Ok(Received::Intact(Bytes::new()));
    };
    // Base64 takes four characters for three bytes, the last group perhaps for one.
    let least = if envelope.is_base64_encoded {
        (text.len() / 4 * 3).saturating_sub(2)
    } else {
        text.len()
    };
    limits.admit(least)?;
    if !envelope.is_base64_encoded {
        return Ok(Received::Intact(keep(event, text).into_bytes()));
    }
    match STANDARD.decode(text.as_bytes()) {
        Ok(bytes) => {
            limits.admit(bytes.len())?;
            Ok(Received::Intact(bytes.into()))
        }
        Err(_) => Ok(Received::NotBase64(keep(event, text).into_bytes())),
    }
}

pub(super) fn encode<S: Serializer>(response: &Response, serializer: S) -> Result<S::Ok, S::Error> {
    let (body, is_base64) = body_text(response);
    let cookies = Cookies(response.headers());
    let mut reply = serializer.serialize_struct("Reply", 5)?;
    reply.serialize_field("statusCode", &response.status().as_u16())?;
    reply.serialize_field("headers", &Joined(response.headers()))?;
    if response.headers().contains_key(SET_COOKIE) {
        reply.serialize_field("cookies", &cookies)?;
    } else {
        reply.skip_field("cookies")?;
    }
    reply.serialize_field("body", &body)?;
    reply.serialize_field("isBase64Encoded", &is_base64)?;
    reply.end()
}

/// The body as a reply carries it, and whether that is base64.
pub(super) fn body_text(response: &Response) -> (Cow<'_, str>, bool) {
    match response.text() {
        Some(text) => (Cow::Borrowed(text), false),
        None => (
            Cow::Owned(STANDARD.encode(response.body().as_bytes())),
            true,
        ),
    }
}

/// One value a header, repeated ones joined as HTTP allows. Cookies cannot be joined and go apart.
pub(super) struct Joined<'a>(pub(super) &'a HeaderMap);

impl Joined<'_> {
    pub(super) fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        if self.0.len() == self.0.keys_len() {
            // No name is there twice, so none has to be looked up.
            let pairs = self.0.iter().filter(|(name, _)| **name != SET_COOKIE);
            for (name, value) in pairs {
                map.serialize_entry(name.as_str(), text(value))?;
            }
            return Ok(());
        }
        for name in self.0.keys().filter(|name| **name != SET_COOKIE) {
            let mut values = self.0.get_all(name).iter();
            let first = values.next().map(text).unwrap_or_default();
            match values.next() {
                None => map.serialize_entry(name.as_str(), first)?,
                Some(second) => {
                    let rest = [first, text(second)].into_iter().chain(values.map(text));
                    let joined = rest.collect::<Vec<_>>().join(", ");
                    map.serialize_entry(name.as_str(), &joined)?;
                }
            }
        }
        Ok(())
    }
}

impl Serialize for Joined<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.entries(&mut map)?;
        map.end()
    }
}

struct Cookies<'a>(&'a HeaderMap);

impl Serialize for Cookies<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.get_all(SET_COOKIE).iter().map(HeaderText))
    }
}

pub(super) struct HeaderText<'a>(pub(super) &'a HeaderValue);

impl Serialize for HeaderText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(text(self.0))
    }
}

/// A value that [`Response::sendable`] has let through.
fn text(value: &HeaderValue) -> &str {
    std::str::from_utf8(value.as_bytes()).unwrap_or_default()
}
