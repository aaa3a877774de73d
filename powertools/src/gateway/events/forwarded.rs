//! What a front end does to headers before it writes the event.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use super::{Asked, SOURCE_IP, values};
use crate::{
    event::Source,
    gateway::api::{Api, Domain},
};

/// Where a request came in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hop<'r> {
    pub(crate) port: u16,
    /// `Root=1-…`
    pub(crate) trace_id: &'r str,
}

/// Those that speak of one connection only.
static OF_THE_CONNECTION: [HeaderName; 5] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// What REST APIs take away besides. Source: LocalStack's `execute_api/header_utils.py`, which agrees with
/// its recorded snapshots of `header_remapping`.
const NOT_OF_REST: [&str; 9] = [
    "content-length",
    "content-md5",
    "expect",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "www-authenticate",
];

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The headers of a request as `source` passes them on.
pub(super) fn headers(source: Source, api: &Api, asked: &Asked<'_>) -> HeaderMap {
    let mut headers = asked.parts.headers.clone();
    for name in &OF_THE_CONNECTION {
        headers.remove(name);
    }
    if source == Source::RestApi {
        for name in NOT_OF_REST {
            headers.remove(name);
        }
    }
    if let Some(host) = host(source, &api.domain) {
        headers.insert(header::HOST, host);
    }
    append_peer(&mut headers);
    let http = HeaderValue::from_static("http");
    headers.insert(HeaderName::from_static("x-forwarded-proto"), http);
    if let Some(hop) = asked.hop {
        add_hop(&mut headers, hop);
        add_framing(source, &mut headers, asked);
    }
    headers
}

/// The name that the event says was asked for, unless it is what the client said.
pub(super) fn host(source: Source, domain: &Domain) -> Option<HeaderValue> {
    let name = match (source, domain) {
        (Source::RestApi | Source::HttpApi | Source::HttpApiV1, Domain::ExecuteApi) => {
            "local.execute-api.us-east-1.amazonaws.com"
        }
        (_, Domain::Custom(name)) => name,
        (_, Domain::Asked | Domain::ExecuteApi) => return None,
    };
    HeaderValue::from_str(name).ok()
}

/// The peer's address stands at the end of `x-forwarded-for`, whatever the client wrote before it.
fn append_peer(headers: &mut HeaderMap) {
    let lines = values(headers.get_all(FORWARDED_FOR)).map(Cow::into_owned);
    let mut lines: Vec<String> = lines.collect();
    match lines.last_mut() {
        Some(last) => *last = format!("{last}, {SOURCE_IP}"),
        None => lines.push(SOURCE_IP.to_owned()),
    }
    headers.remove(FORWARDED_FOR);
    for line in lines {
        let line = HeaderValue::try_from(line);
        let line = line.expect("it was a value, and neither a comma nor an address breaks it");
        headers.append(FORWARDED_FOR, line);
    }
}

fn add_hop(headers: &mut HeaderMap, hop: Hop<'_>) {
    let port = HeaderName::from_static("x-forwarded-port");
    headers.insert(port, HeaderValue::from(hop.port));
    // A client's own trace goes on; AWS adds its `Self` to it, which means nothing here.
    let trace = HeaderName::from_static("x-amzn-trace-id");
    if let Ok(id) = HeaderValue::from_str(hop.trace_id) {
        headers.entry(trace).or_insert(id);
    }
}

/// The length of the body, however the client framed it. HTTP APIs also say 0, and of what type nothing is.
/// Source: AWS's list of what differs ("Amazon API Gateway important notes") and the snapshots of
/// `aws-lambda-dotnet`.
fn add_framing(source: Source, headers: &mut HeaderMap, asked: &Asked<'_>) {
    let is_http = matches!(source, Source::HttpApi | Source::HttpApiV1);
    if source == Source::RestApi || (asked.body.is_empty() && !is_http) {
        return;
    }
    headers.insert(header::CONTENT_LENGTH, asked.body.len().into());
    let sends = [Method::POST, Method::PUT, Method::PATCH].contains(&asked.parts.method);
    if is_http && sends && asked.body.is_empty() {
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        headers.entry(header::CONTENT_TYPE).or_insert(plain);
    }
}
