//! A function with a queue beside its routes, whose messages go wrong, each in its own way; the emulator's
//! tests run it.

use std::{future, time::Duration};

use powertools::{
    Context, Function, InvocationError, batch, logger,
    router::{Json, Router, get, routes},
};
use serde_json::Value;

#[get("/ping")]
async fn ping() -> &'static str {
    "pong"
}

/// The body says what becomes of the message.
async fn message(Json(body): Json<Value>) -> Result<(), String> {
    tracing::info!("begun");
    match body["do"].as_str() {
        Some("wait") => tokio::time::sleep(Duration::from_millis(200)).await,
        Some("hang") => future::pending().await,
        Some("panic") => panic!("the oven is on fire"),
        Some("fail") => return Err("the flour is out".to_owned()),
        _ => {}
    }
    tracing::info!("done");
    Ok(())
}

async fn direct(event: Value, _: Context) -> Result<Value, InvocationError> {
    Ok(event)
}

fn main() -> Result<(), powertools::Error> {
    powertools::start(async {
        logger::init();
        let router = Router::new(routes![ping])?;
        let function = Function::new()
            .http(router)
            .on(batch::sqs(message))
            .direct(direct);
        powertools::run(function).await
    })
}
