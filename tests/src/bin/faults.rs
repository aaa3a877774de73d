//! A function with routes that go wrong, each in its own way; the emulator's tests run it.

use std::sync::atomic::{AtomicU64, Ordering};

use powertools::router::{
    HeaderName, HeaderValue, IntoResponse, Json, Router, StatusCode, get, post, routes,
};
use serde_json::Value;

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

/// A header value that HTTP allows and JSON cannot hold.
#[get("/latin1")]
async fn latin1() -> impl IntoResponse {
    let city = HeaderValue::from_bytes(b"Z\xfcrich").expect("no control characters");
    ([(HeaderName::from_static("x-city"), city)], "fine")
}

fn main() -> Result<(), powertools::Error> {
    powertools::start(async {
        powertools::logger::init();
        powertools::run(Router::new(routes![count, echo, panic, latin1])?).await
    })
}
