//! A function on axum and lambda_http, with a client of SSM in its state, made at the start as AWS's examples
//! do.

use axum::{Json, Router, routing::get};
use lambda_http::{Error, run, tracing};
use serde_json::{Value, json};

async fn hello() -> Json<Value> {
    Json(json!({"message": "hello"}))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let client = aws_sdk_ssm::Client::new(&aws_config::load_from_env().await);
    run(Router::new().route("/hello", get(hello)).with_state(client)).await
}
