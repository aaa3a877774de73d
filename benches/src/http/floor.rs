//! Written by hand for the events of one way each.

use std::{borrow::Cow, fmt::Write as _};

use bytes::Bytes;
use garde::Validate;
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Answers, BULK, CHECK, HELLO, MISSING, ORDER, PREFLIGHT, SPREAD,
    app::{self, Bulk, Check},
    run,
};
use crate::Run;

pub(super) fn start(way: &str) -> Run {
    run(way, |way| match way {
        HELLO => Floor(Box::new(hello)),
        ORDER => Floor(Box::new(order)),
        CHECK => Floor(Box::new(check)),
        BULK => Floor(Box::new(bulk)),
        SPREAD => {
            let mut routes = matchit::Router::new();
            for route in 0..app::ROUTES {
                let added = routes.insert(app::pattern(route), route);
                added.expect("no two patterns are alike");
            }
            Floor(Box::new(move |event| spread(&routes, event)))
        }
        PREFLIGHT => Floor(Box::new(preflight)),
        MISSING => Floor(Box::new(missing)),
        _ => unreachable!("the ways are those of the question"),
    })
}

/// Not a future in earnest: there is nothing to wait for.
struct Floor(Box<Answer>);

type Answer = dyn Fn(&[u8]) -> Vec<u8>;

impl Answers for Floor {
    async fn answer(&mut self, event: &Bytes) -> Vec<u8> {
        (self.0)(event)
    }
}

fn read<'a, T: Deserialize<'a>>(event: &'a [u8]) -> T {
    serde_json::from_slice(event).expect("the events are of the one kind")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RestEvent<'a> {
    http_method: &'a str,
    path: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HttpEvent<'a> {
    raw_path: &'a str,
    #[serde(borrow)]
    request_context: HttpContext<'a>,
}

#[derive(Deserialize)]
struct HttpContext<'a> {
    #[serde(borrow)]
    http: Http<'a>,
}

#[derive(Deserialize)]
struct Http<'a> {
    method: &'a str,
}

const NOT_FOUND: &[u8] = br#"{"statusCode":404,"headers":{"content-type":"application/json"},"body":"{\"title\":\"Not Found\"}"}"#;

fn hello(event: &[u8]) -> Vec<u8> {
    let event: RestEvent<'_> = read(event);
    match (event.http_method, event.path) {
        ("GET", "/hello") => {
            br#"{"statusCode":200,"headers":{"content-type":"application/json"},"body":"{\"message\":\"hello\"}"}"#.to_vec()
        }
        _ => NOT_FOUND.to_vec(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderEvent<'a> {
    raw_path: &'a str,
    raw_query_string: &'a str,
    #[serde(borrow)]
    request_context: HttpContext<'a>,
}

fn order(event: &[u8]) -> Vec<u8> {
    order_of(&read(event)).unwrap_or_else(|| NOT_FOUND.to_vec())
}

fn order_of(event: &OrderEvent<'_>) -> Option<Vec<u8>> {
    if event.request_context.http.method != "GET" {
        return None;
    }
    let rest = event.raw_path.strip_prefix("/users/")?;
    let (user, order) = rest.split_once("/orders/")?;
    let (user, order): (u64, u64) = (user.parse().ok()?, order.parse().ok()?);
    let (mut page, mut limit, mut sort) = (None, None, None);
    for pair in event.raw_query_string.split('&') {
        match pair.split_once('=')? {
            ("page", value) => page = value.parse::<u32>().ok(),
            ("limit", value) => limit = value.parse::<u32>().ok(),
            ("sort", value @ ("newest" | "oldest")) => sort = Some(value),
            _ => {}
        }
    }
    let (page, limit, sort) = (page?, limit?, sort?);
    let mut reply = String::with_capacity(256);
    write!(
        reply,
        r#"{{"statusCode":200,"headers":{{"content-type":"application/json"}},"body":"{{\"user\":{user},\"order\":{order},\"page\":{page},\"limit\":{limit},\"sort\":\"{sort}\"}}"}}"#
    )
    .ok()?;
    Some(reply.into_bytes())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostEvent<'a> {
    raw_path: &'a str,
    #[serde(borrow)]
    request_context: HttpContext<'a>,
    #[serde(borrow)]
    headers: TypeHeader<'a>,
    #[serde(borrow)]
    body: Cow<'a, str>,
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
struct TypeHeader<'a> {
    #[serde(rename = "content-type")]
    content_type: &'a str,
}

fn posted<T: DeserializeOwned>(event: &[u8], path: &str) -> T {
    let event: PostEvent<'_> = read(event);
    assert!(
        event.request_context.http.method == "POST"
            && event.raw_path == path
            && event.headers.content_type == "application/json"
            && !event.is_base64_encoded,
        "the event is of the one kind"
    );
    serde_json::from_str(&event.body).expect("the body is of the one type")
}

/// A reply whose body is this JSON.
fn replied(body: &str) -> Vec<u8> {
    let mut reply = Vec::with_capacity(body.len() + body.len() / 4 + 128);
    reply.extend_from_slice(
        br#"{"statusCode":200,"headers":{"content-type":"application/json"},"body":"#,
    );
    serde_json::to_writer(&mut reply, body).expect("text always serialises");
    reply.push(b'}');
    reply
}

fn check(event: &[u8]) -> Vec<u8> {
    let check: Check = posted(event, "/check");
    check.validate().expect("the body is valid");
    replied(&serde_json::to_string(&check).expect("texts and numbers always serialise"))
}

fn bulk(event: &[u8]) -> Vec<u8> {
    let bulk: Bulk = posted(event, "/bulk");
    replied(&serde_json::to_string(&bulk.sum()).expect("numbers always serialise"))
}

fn spread(routes: &matchit::Router<usize>, event: &[u8]) -> Vec<u8> {
    let event: HttpEvent<'_> = read(event);
    match routes.at(event.raw_path) {
        Ok(found) if event.request_context.http.method == "GET" => format!(
            r#"{{"statusCode":200,"headers":{{"content-type":"application/json"}},"body":"{{\"route\":{}}}"}}"#,
            found.value
        )
        .into_bytes(),
        _ => NOT_FOUND.to_vec(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PreflightEvent<'a> {
    http_method: &'a str,
    path: &'a str,
    #[serde(borrow)]
    headers: OriginHeaders<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OriginHeaders<'a> {
    origin: &'a str,
    #[serde(rename = "Access-Control-Request-Method")]
    method: &'a str,
}

fn preflight(event: &[u8]) -> Vec<u8> {
    let event: PreflightEvent<'_> = read(event);
    match (event.http_method, event.path, event.headers.method) {
        ("OPTIONS", "/check", "POST") if event.headers.origin == app::ORIGIN => br#"{"statusCode":204,"headers":{"access-control-allow-origin":"https://shop.example","access-control-allow-methods":"POST","access-control-allow-headers":"authorization,content-type","access-control-max-age":"600","vary":"origin, access-control-request-method, access-control-request-headers"}}"#.to_vec(),
        _ => NOT_FOUND.to_vec(),
    }
}

fn missing(event: &[u8]) -> Vec<u8> {
    let event: HttpEvent<'_> = read(event);
    match (event.request_context.http.method, event.raw_path) {
        ("GET", "/hello") => hello(b""),
        _ => NOT_FOUND.to_vec(),
    }
}
