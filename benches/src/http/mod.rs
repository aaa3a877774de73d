//! What does one HTTP request cost, from the event's bytes to the reply's?
//!
//! Everybody answers the same events with the same application (`app`) on a current-thread runtime; the
//! Runtime API's HTTP is not in it. The floor is written by hand for each of the ways: it knows the front
//! end, reads only what it needs, and writes the reply as text.

use std::{
    hint::black_box,
    io::{self, Write},
};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::{ANSWER, Contestant, Error, Question, Run, Way};

pub(crate) mod app;
mod floor;
mod ours;
mod peers;

pub(crate) use self::ours::{Ours, numbered};

const HELLO: &str = "W1 static route, REST 1.0";
const ORDER: &str = "W2 path and query, HTTP 2.0";
const CHECK: &str = "W3 JSON of 1 KB, HTTP 2.0";
const BULK: &str = "W4 JSON of 256 KB, HTTP 2.0";
const SPREAD: &str = "W5 500 routes, HTTP 2.0";
const PREFLIGHT: &str = "W6 preflight, REST 1.0";
const MISSING: &str = "W7 not found, HTTP 2.0";

/// The question.
pub const QUESTION: Question = Question {
    name: "http",
    text: "One HTTP request, from the bytes of its event to the bytes of its reply:",
    ways: &[
        Way::new(HELLO, 100),
        Way::new(ORDER, 100),
        Way::new(CHECK, 100),
        Way::new(BULK, 2),
        // Each of the hits as often.
        Way::new(SPREAD, app::HITS as u64),
        Way::new(PREFLIGHT, 100),
        Way::new(MISSING, 100),
    ],
    contestants: &[
        contestant("floor", floor::start),
        contestant("powertools", ours::start),
        contestant("axum in powertools", ours::start_axum),
        contestant("axum on lambda_http", peers::start_axum),
        contestant("poem on lambda_http", peers::start_poem),
        contestant("lambda_http", peers::start_raw),
    ],
};

const fn contestant(name: &'static str, start: fn(&str) -> Run) -> Contestant {
    Contestant {
        name,
        start,
        check,
        most_allocations: None,
    }
}

/// The request id of all invocations.
const REQUEST_ID: &str = "8d2e3f6a-5b0c-4f2e-9a77-1c2d3e4f5a6b";

/// Something that answers events.
pub(crate) trait Answers {
    /// The bytes of the reply.
    async fn answer(&mut self, event: &Bytes) -> Vec<u8>;
}

/// Answers the events of a way in turns, or all of them once where that is asked for; `application` makes
/// what answers in a way.
fn run<A: Answers + 'static>(way: &str, application: impl Fn(&str) -> A + 'static) -> Run {
    if way == ANSWER {
        return Box::new(move |_| {
            let mut out = io::stdout();
            for way in QUESTION.ways {
                let mut application = application(way.name);
                for event in events(way.name) {
                    let reply = runtime().block_on(application.answer(&event));
                    let written = out.write_all(&reply).and_then(|()| out.write_all(b"\n"));
                    written.expect("the driver listens");
                }
            }
        });
    }
    in_turns(application(way), events(way))
}

/// Answers these events in turns.
pub(crate) fn in_turns<A: Answers + 'static>(mut application: A, events: Vec<Bytes>) -> Run {
    let runtime = runtime();
    let mut place = 0;
    Box::new(move |times| {
        runtime.block_on(async {
            for _ in 0..times {
                black_box(application.answer(black_box(&events[place])).await);
                place = (place + 1) % events.len();
            }
        });
    })
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("it has neither threads nor drivers that could be refused")
}

pub(crate) const GET_ORDER: &str = include_str!("../../fixtures/get_order.json");
pub(crate) const POST_CHECK: &str = include_str!("../../fixtures/post_check.json");

/// An event like another, but for what is changed.
pub(crate) fn changed(event: &str, change: impl FnOnce(&mut Value)) -> Bytes {
    let mut event = serde_json::from_str(event).expect("the fixture is JSON");
    change(&mut event);
    Bytes::copy_from_slice(event.to_string().as_bytes())
}

/// `GET` of a path, of an HTTP API.
pub(crate) fn at(path: &str) -> Bytes {
    changed(GET_ORDER, |event| {
        event["rawPath"] = json!(path);
        event["requestContext"]["http"]["path"] = json!(path);
    })
}

/// What is asked in a way, in turns.
fn events(way: &str) -> Vec<Bytes> {
    const GET_HELLO: &str = include_str!("../../fixtures/get_hello.json");
    const OPTIONS_CHECK: &str = include_str!("../../fixtures/preflight.json");
    // Counted references, as to what comes from a socket.
    let owned = |event: &str| Bytes::copy_from_slice(event.as_bytes());
    match way {
        HELLO => vec![owned(GET_HELLO)],
        ORDER => vec![owned(GET_ORDER)],
        CHECK => vec![owned(POST_CHECK)],
        BULK => vec![changed(POST_CHECK, |event| {
            event["rawPath"] = json!("/bulk");
            event["requestContext"]["http"]["path"] = json!("/bulk");
            event["body"] = json!(app::bulk_body(app::BULK_BYTES));
        })],
        SPREAD => app::hits(app::ROUTES).map(|(_, path)| at(&path)).collect(),
        PREFLIGHT => vec![owned(OPTIONS_CHECK)],
        MISSING => vec![at("/nowhere")],
        _ => Vec::new(),
    }
}

/// A header of a reply, in whichever map it stands.
fn header<'a>(reply: &'a Value, name: &str) -> Option<&'a str> {
    let single = reply["headers"][name].as_str();
    single.or(reply["multiValueHeaders"][name][0].as_str())
}

/// Whether the replies to all events say what they should.
fn check(answer: &str) -> Result<(), Error> {
    let mut replies = answer.lines();
    let mut next = |what: &str| -> Result<Value, Error> {
        let reply = replies.next().ok_or("too few replies")?;
        serde_json::from_str(reply).map_err(|error| format!("{what}: {error}: {reply}").into())
    };
    let body = |reply: &Value| -> Result<Value, Error> {
        let kind = header(reply, "content-type").unwrap_or_default();
        let is_json = kind.starts_with("application/json");
        let is_sent = reply["statusCode"] == 200 && is_json;
        let text = reply["body"].as_str().filter(|_| is_sent);
        let text = text.ok_or_else(|| format!("not a 200 with JSON: {reply}"))?;
        Ok(serde_json::from_str(text)?)
    };
    let same = |reply: &Value, expected: &Value| -> Result<(), Error> {
        let body = body(reply)?;
        if body == *expected {
            return Ok(());
        }
        Err(format!("says {body}, not {expected}").into())
    };
    same(&next(HELLO)?, &json!({"message": "hello"}))?;
    let order =
        json!({"user": 4711, "order": 20_251_016, "page": 2, "limit": 50, "sort": "newest"});
    same(&next(ORDER)?, &order)?;
    let event: Value = serde_json::from_slice(&events(CHECK)[0])?;
    let sent = event["body"].as_str().unwrap_or_default();
    same(&next(CHECK)?, &serde_json::from_str(sent)?)?;
    same(&next(BULK)?, &app::bulk_answer())?;
    for (route, _) in app::hits(app::ROUTES) {
        same(&next(SPREAD)?, &json!({"route": route}))?;
    }
    let preflight = next(PREFLIGHT)?;
    for (name, expected) in [
        ("access-control-allow-origin", app::ORIGIN),
        ("access-control-max-age", "600"),
    ] {
        if header(&preflight, name) != Some(expected) {
            return Err(format!("{name} is not {expected}: {preflight}").into());
        }
    }
    // Some say only the method that was asked for, others all that there are.
    let methods = header(&preflight, "access-control-allow-methods").unwrap_or_default();
    if !methods.split(',').any(|method| method.trim() == "POST") {
        return Err(format!("POST is not allowed: {preflight}").into());
    }
    let missing = next(MISSING)?;
    if missing["statusCode"] != 404 {
        return Err(format!("not a 404: {missing}").into());
    }
    Ok(())
}
