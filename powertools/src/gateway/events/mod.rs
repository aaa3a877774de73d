//! HTTP requests as the events of the front ends.
//!
//! What each front end decodes, joins and leaves out was captured from live ones; the sources are in
//! `docs/platform.md`.

use std::{
    borrow::Cow,
    collections::HashMap,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header::GetAll, request::Parts};
use serde_json::{Map, Value};

use super::{api::Api, place::decoded, refusals::Refusal};
use crate::event::Source;

mod balanced;
mod forwarded;
mod version_1;
mod version_2;
pub(crate) mod websocket;

pub(crate) use self::forwarded::Hop;

/// A request that reached a front end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'r> {
    pub(crate) parts: &'r Parts,
    pub(crate) body: &'r Bytes,
    /// The front end's own id of the request, which is not the invocation's.
    pub(crate) id: &'r str,
    /// A second, shorter id that REST APIs give.
    pub(crate) extended_id: &'r str,
    /// Where it came in, if that is to be seen in the event.
    pub(crate) hop: Option<Hop<'r>>,
}

/// The event that `source` would send for a request, as JSON, or why it would send none.
pub(crate) fn event(source: Source, api: &Api, asked: Asked<'_>) -> Result<String, Refusal> {
    // `*`, and the authority that CONNECT names, are no paths.
    if !asked.parts.uri.path().starts_with('/') {
        return Err(Refusal::BadRequest);
    }
    let headers = forwarded::headers(source, api, &asked);
    let sent = Sent {
        parts: asked.parts,
        headers: &headers,
        query: asked.parts.uri.query().unwrap_or(""),
        body: asked.body,
        id: asked.id,
        extended_id: asked.extended_id,
    };
    match source {
        Source::HttpApi | Source::FunctionUrl => version_2::event(source, api, &sent),
        Source::RestApi | Source::HttpApiV1 => {
            version_1::event(source, api, &sent).map(|event| event.to_string())
        }
        Source::Alb | Source::AlbMultiValue => {
            Ok(balanced::load_balancer(source, &sent).to_string())
        }
        Source::LatticeV1 => balanced::lattice_1(&sent).map(|event| event.to_string()),
        Source::Lattice => balanced::lattice_2(&sent).map(|event| event.to_string()),
    }
}

/// A request as a front end passes it on.
struct Sent<'r> {
    parts: &'r Parts,
    headers: &'r HeaderMap,
    query: &'r str,
    body: &'r Bytes,
    id: &'r str,
    extended_id: &'r str,
}

impl Sent<'_> {
    fn method(&self) -> &str {
        self.parts.method.as_str()
    }

    /// The name that was asked for, without the port.
    fn domain(&self) -> Cow<'_, str> {
        let host = self.last("host").unwrap_or_default();
        match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                name.to_owned().into()
            }
            _ => host,
        }
    }

    fn last(&self, name: &str) -> Option<Cow<'_, str>> {
        values(self.headers.get_all(name)).last()
    }

    /// The body of a front end that passes some types on as text and makes base64 of the rest.
    fn body_by_type(&self) -> (String, bool) {
        if self.body.is_empty() {
            return (String::new(), false);
        }
        let text = std::str::from_utf8(self.body).ok();
        let is_text = is_text(&self.last("content-type").unwrap_or_default());
        text_or_base64(text.filter(|_| is_text), self.body)
    }
}

const SOURCE_IP: &str = "127.0.0.1";
const ACCOUNT: &str = "123456789012";
const API: &str = "local";

fn epoch_ms(now: SystemTime) -> u64 {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A header's values. Bytes that are not UTF-8 are read as Latin-1, which is what HTTP once said.
fn values(values: GetAll<'_, HeaderValue>) -> impl Iterator<Item = Cow<'_, str>> {
    values.into_iter().map(|value| {
        std::str::from_utf8(value.as_bytes()).map_or_else(
            |_| value.as_bytes().iter().copied().map(char::from).collect(),
            Cow::Borrowed,
        )
    })
}

/// A map that is null where it is empty.
fn or_null(map: Map<String, Value>) -> Value {
    if map.is_empty() {
        Value::Null
    } else {
        map.into()
    }
}

/// Each key of a query once, decoded, in the order in which it was first met.
fn grouped(query: &str, separators: &[char]) -> Result<Vec<(String, Vec<String>)>, Refusal> {
    let text = |text: &str| decoded(&text.replace('+', " ")).ok_or(Refusal::BadRequest);
    let decoded = groups(query, separators).into_iter().map(|(key, values)| {
        let values = values.iter().map(|value| text(value));
        Ok((text(&key)?, values.collect::<Result<Vec<_>, _>>()?))
    });
    Ok(gather(decoded.collect::<Result<Vec<_>, _>>()?.into_iter()))
}

/// The same as the client wrote it.
fn groups(query: &str, separators: &[char]) -> Vec<(String, Vec<String>)> {
    let pairs = query.split(separators).filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    gather(pairs.map(|(key, value)| (key.to_owned(), vec![value.to_owned()])))
}

/// Values by key, in the order in which keys were first met.
fn gather(pairs: impl Iterator<Item = (String, Vec<String>)>) -> Vec<(String, Vec<String>)> {
    let mut places = HashMap::new();
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for (key, values) in pairs {
        let place = *places.entry(key.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, known)) => known.extend(values),
            None => groups.push((key, values)),
        }
    }
    groups
}

/// Whether a body of this type is passed on as text; everything else is base64.
///
/// Sources: a live HTTP API, reported in ministackorg/ministack's pull request 766; for load balancers
/// AWS's guide "Lambda functions as targets".
fn is_text(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or("").trim();
    let essence = essence.to_ascii_lowercase();
    let types = [
        "application/json",
        "application/xml",
        "application/javascript",
    ];
    essence.starts_with("text/") || types.contains(&&*essence)
}

fn text_or_base64(text: Option<&str>, body: &Bytes) -> (String, bool) {
    match text {
        Some(text) => (text.to_owned(), false),
        None => (STANDARD.encode(body), true),
    }
}
