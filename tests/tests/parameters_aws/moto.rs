//! What the tests against moto share. Each has names of its own, because all share one moto.

use aws_config::{BehaviorVersion, SdkConfig};
use powertools::parameters::{Error, Value};

/// The configuration that a user makes; fails where there is no moto.
pub(crate) async fn config() -> SdkConfig {
    let url = std::env::var("AWS_ENDPOINT_URL").unwrap_or_default();
    assert!(
        url.starts_with("http://127.0.0.1:"),
        "no moto: run `./check parameters`"
    );
    aws_config::load_defaults(BehaviorVersion::latest()).await
}

pub(crate) fn texts(values: &[Result<Value, Error>]) -> Vec<String> {
    values
        .iter()
        .map(|value| match value {
            Ok(value) => text(value),
            Err(error) => format!("{:?}", error.kind()),
        })
        .collect()
}

pub(crate) fn text(value: &Value) -> String {
    let text = value.as_text();
    text.unwrap_or_else(|| panic!("binary: {:?}", value.as_bytes()))
        .to_owned()
}
