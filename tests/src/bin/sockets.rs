//! A WebSocket API's function as it is without a router: raw events in, raw replies out. The local gateway's
//! tests run it; what a client says and asks for decides what it replies.

use std::sync::{Arc, Mutex, PoisonError};

use powertools::{Context, Function, InvocationError};
use serde_json::{Value, json};
use tokio::sync::Notify;

/// What it was sent, for who asks.
#[derive(Clone, Default)]
struct Heard(Arc<(Mutex<Vec<Value>>, Notify)>);

impl Heard {
    fn add(&self, event: Value) {
        let (events, more) = &*self.0;
        let mut events = events.lock().unwrap_or_else(PoisonError::into_inner);
        events.push(event);
        more.notify_waiters();
    }

    /// Takes the events, once there is one of this type; at once, if the type is empty.
    async fn take(&self, event_type: &str) -> Vec<Value> {
        let (events, more) = &*self.0;
        loop {
            let notified = more.notified();
            {
                let mut events = events.lock().unwrap_or_else(PoisonError::into_inner);
                let mut all = events.iter();
                let has_come = |event: &Value| event["requestContext"]["eventType"] == event_type;
                if event_type.is_empty() || all.any(has_come) {
                    return std::mem::take(&mut *events);
                }
            }
            notified.await;
        }
    }
}

async fn answer(heard: Heard, event: Value) -> Result<Value, InvocationError> {
    if let Some(event_type) = event["until"].as_str() {
        return Ok(heard.take(event_type).await.into());
    }
    let wish = match event["queryStringParameters"]["reply"].as_str() {
        Some(text) => text,
        None => event["body"].as_str().unwrap_or_default(),
    };
    let wish: Value = serde_json::from_str(wish).unwrap_or_default();
    let route = event["requestContext"]["routeKey"].clone();
    heard.add(event);
    match wish.get("reply") {
        Some(Value::String(text)) if text == "fail" => {
            Err(InvocationError::new("Broken", "on purpose"))
        }
        Some(reply) => Ok(reply.clone()),
        None => {
            let body = json!({ "route": route }).to_string();
            Ok(json!({ "statusCode": 200, "body": body }))
        }
    }
}

fn main() -> Result<(), powertools::Error> {
    powertools::start(async {
        let heard = Heard::default();
        let function =
            Function::new().direct(move |event: Value, _: Context| answer(heard.clone(), event));
        powertools::run(function).await
    })
}
