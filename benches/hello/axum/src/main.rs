//! A function on axum and lambda_http. With `HELLO_THREADS=many` on as many threads as there are processors,
//! which is what `#[tokio::main]` says unless told otherwise.

use axum::{Json, Router, routing::get};
use lambda_http::{Error, run, tracing};
use serde_json::{Value, json};
use tokio::runtime::Builder;

async fn hello() -> Json<Value> {
    Json(json!({"message": "hello"}))
}

fn main() -> Result<(), Error> {
    let mut builder = match std::env::var_os("HELLO_THREADS") {
        Some(_) => Builder::new_multi_thread(),
        None => Builder::new_current_thread(),
    };
    builder.enable_all().build()?.block_on(async {
        tracing::init_default_subscriber();
        run(Router::new().route("/hello", get(hello))).await
    })
}
