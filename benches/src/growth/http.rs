//! Requests: one of many routes, with many headers, with large bodies.

use bytes::Bytes;
use powertools::router::{Headers, Json, Limits, Method, Route, Router, Routes};
use serde_json::{Value, json};

use super::number;
use crate::{
    Run,
    http::{
        Answers as _, GET_ORDER, Ours, POST_CHECK,
        app::{self, Bulk, Sum},
        at, changed, in_turns, numbered, runtime,
    },
};

pub(super) fn hit(routes: &str) -> Run {
    let routes = number(routes);
    let hits = || app::hits(routes);
    let expected = |route| format!(r#"{{\"route\":{route}}}"#);
    asked(
        Router::new(numbered(routes)).expect("no two routes are alike"),
        hits().map(|(_, path)| at(&path)).collect(),
        &hits().map(|(route, _)| expected(route)).collect::<Vec<_>>(),
    )
}

pub(super) fn miss(routes: &str) -> Run {
    let router = Router::new(numbered(number(routes))).expect("no two routes are alike");
    // Astray in the middle of the tree, not at its root.
    let event = at("/area0/thing0/nowhere");
    asked(router, vec![event], &[r#""statusCode":404"#.to_owned()])
}

pub(super) fn table(routes: &str) -> Run {
    let routes = number(routes);
    Box::new(move |times| {
        for _ in 0..times {
            let router = Router::new(numbered(routes)).expect("no two routes are alike");
            assert_eq!(router.routes().count(), routes, "all are in it");
        }
    })
}

pub(super) fn http_headers(headers: &str) -> Run {
    let headers = number(headers);
    let event = changed(GET_ORDER, |event| {
        event["rawPath"] = json!("/last");
        event["headers"] = Value::Object(named(headers).collect());
    });
    last_header(headers, event)
}

pub(super) fn rest_headers(headers: &str) -> Run {
    let headers = number(headers);
    let event = changed(include_str!("../../fixtures/get_hello.json"), |event| {
        event["path"] = json!("/last");
        event["headers"] = Value::Object(named(headers).collect());
        let listed = named(headers).map(|(name, value)| (name, json!([value])));
        event["multiValueHeaders"] = Value::Object(listed.collect());
    });
    last_header(headers, event)
}

/// Headers of a usual length.
fn named(headers: usize) -> impl Iterator<Item = (String, Value)> {
    (0..headers).map(|header| (header_name(header), json!(format!("{header:040}"))))
}

fn header_name(header: usize) -> String {
    format!("x-shop-header-{header:03}")
}

/// Asks for the one that is furthest from the first.
fn last_header(headers: usize, event: Bytes) -> Run {
    let name = header_name(headers - 1);
    let last = move |headers: Headers| {
        let value = headers.get(&name).map(str::to_owned);
        std::future::ready(value.unwrap_or_default())
    };
    let router = Router::new(Routes::new().with(Route::new(Method::GET, "/last", last)));
    let router = router.expect("one route is like no other");
    asked(router, vec![event], &[format!("{:040}", headers - 1)])
}

pub(super) fn json_body(bytes: &str) -> Run {
    async fn sum(Json(bulk): Json<Bulk>) -> Json<Sum> {
        Json(bulk.sum())
    }
    let body = app::bulk_body(number(bytes));
    let bulk: Bulk = serde_json::from_str(&body).expect("it was just written");
    let sums = serde_json::to_string(&bulk.sum()).expect("numbers always serialise");
    let sums = json!(sums).to_string();
    posted(Route::new(Method::POST, "/body", sum), &body, &sums)
}

pub(super) fn echoed_body(bytes: &str) -> Run {
    async fn echo(body: String) -> String {
        body
    }
    let body = app::bulk_body(number(bytes));
    let echoed = json!(body).to_string();
    posted(Route::new(Method::POST, "/body", echo), &body, &echoed)
}

fn posted(route: Route, body: &str, expected: &str) -> Run {
    let router = Router::new(Routes::new().with(route)).expect("one route is like no other");
    let router = router.limits(Limits::default().body_bytes(usize::MAX));
    let event = changed(POST_CHECK, |event| {
        event["rawPath"] = json!("/body");
        event["body"] = json!(body);
    });
    asked(router, vec![event], &[expected.to_owned()])
}

/// Answers these events in turns, and as expected.
fn asked(router: Router, events: Vec<Bytes>, expected: &[String]) -> Run {
    let mut ours = Ours::new(router);
    for (event, expected) in events.iter().zip(expected) {
        let reply = runtime().block_on(ours.answer(event));
        let reply = String::from_utf8(reply).expect("JSON is text");
        assert!(reply.contains(expected), "{reply} instead of {expected}");
    }
    in_turns(ours, events)
}
