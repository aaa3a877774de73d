//! Lines as they are written.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tracing_subscriber::layer::SubscriberExt;

use super::*;

/// What is written while `write` runs.
fn text(builder: Builder, write: impl FnOnce()) -> String {
    let written = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&written);
    let layer = builder
        .service("shop")
        .writer(move |line| sink.lock().unwrap().extend_from_slice(line))
        .layer();
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, write);
    let written = written.lock().unwrap().clone();
    String::from_utf8(written).unwrap()
}

/// The same as JSON, each key seen to be there once.
fn lines(builder: Builder, write: impl FnOnce()) -> Vec<Value> {
    let parse = |line: &str| {
        let mut keys: Vec<String> = cut::entries(line.as_bytes())
            .into_iter()
            .map(|(key, _)| key)
            .collect();
        assert!(!keys.is_empty(), "{line}");
        keys.sort_unstable();
        let all = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), all, "{line}");
        serde_json::from_str(line).unwrap()
    };
    text(builder, write).lines().map(parse).collect()
}

fn keys(line: &str) -> Vec<String> {
    cut::entries(line.as_bytes())
        .into_iter()
        .map(|(key, _)| key)
        .collect()
}

mod invocations;
mod values;
