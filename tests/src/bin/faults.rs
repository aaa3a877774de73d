//! A function with routes that go wrong, each in its own way; the emulator's tests run it.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use powertools::{
    Context, logger,
    router::{
        HeaderName, HeaderValue, IntoResponse, Json, Path, Router, StatusCode, get, post, routes,
    },
};
use serde_json::{Value, json};
use tracing::Instrument;

/// How often this process has been asked; one that was started anew begins again.
static ASKED: AtomicU64 = AtomicU64::new(0);

#[get("/count")]
async fn count() -> Json<u64> {
    Json(ASKED.fetch_add(1, Ordering::Relaxed) + 1)
}

#[post("/echo")]
async fn echo(Json(value): Json<Value>) -> Json<Value> {
    Json(value)
}

#[get("/panic")]
async fn panic() -> StatusCode {
    panic!("the oven is on fire")
}

/// Says things about an invocation at several points of its way.
#[get("/keys/{number}")]
async fn keys(Path(number): Path<u64>, context: Context) -> Json<Value> {
    logger::append_keys([("order", number)]);
    tracing::info!(of = number, "begun");
    tokio::time::sleep(Duration::from_millis(number % 5)).await;
    let task = async move { tracing::info!(of = number, "spawned") };
    let spawned = tokio::spawn(task.instrument(tracing::Span::current())).await;
    let step = logger::scoped_keys([("step", number)]);
    tokio::task::yield_now().await;
    tracing::info!(of = number, "scoped");
    drop(step);
    logger::remove_keys(["order"]);
    tracing::info!(of = number, "done");
    Json(json!({"requestId": context.request_id, "spawned": spawned.is_ok()}))
}

/// A header value that HTTP allows and JSON cannot hold.
#[get("/latin1")]
async fn latin1() -> impl IntoResponse {
    let city = HeaderValue::from_bytes(b"Z\xfcrich").expect("no control characters");
    ([(HeaderName::from_static("x-city"), city)], "fine")
}

fn main() -> Result<(), powertools::Error> {
    powertools::start(async {
        logger::init();
        powertools::run(Router::new(routes![count, echo, panic, keys, latin1])?).await
    })
}
