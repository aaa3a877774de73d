//! What is asked of all three loggers, and the calls of ours; the others' are in `calls.py` and
//! `calls.js`, by the same names.

use std::fmt;

use powertools::logger::{self, Buffer, correlation_paths};
use serde_json::{Value, json};

/// The same calls in the same environment, for each of some events or outside of any invocation.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// The name of the calls, which several cases may share.
    pub(crate) calls: &'static str,
    pub(crate) variables: Vec<(&'static str, &'static str)>,
    pub(crate) events: Vec<Value>,
    pub(crate) tenant: Option<&'static str>,
}

impl Case {
    /// In one invocation, with calls of the same name.
    fn new(name: &'static str) -> Self {
        Self {
            name,
            calls: name,
            variables: Vec::new(),
            events: vec![json!({})],
            tenant: None,
        }
    }

    const fn calls(mut self, calls: &'static str) -> Self {
        self.calls = calls;
        self
    }

    fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.variables.push((name, value));
        self
    }

    fn events<const N: usize>(mut self, events: [Value; N]) -> Self {
        self.events = events.into();
        self
    }

    const fn tenant(mut self, tenant: &'static str) -> Self {
        self.tenant = Some(tenant);
        self
    }
}

const TRACE: &str = "_X_AMZN_TRACE_ID";
const ROOT: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=7995b41f98b1c6d4;Sampled=1";
const LEVEL: &str = "POWERTOOLS_LOG_LEVEL";
const LAMBDA_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";
pub(crate) const SAMPLE_RATE: &str = "POWERTOOLS_LOGGER_SAMPLE_RATE";
const SERVICE: &str = "POWERTOOLS_SERVICE_NAME";

pub(crate) fn all() -> Vec<Case> {
    vec![
        Case::new("plain").calls("hello").events([]),
        Case::new("extra"),
        Case::new("append"),
        Case::new("always").calls("hello"),
        Case::new("correlation").events([
            json!({"requestContext": {"requestId": "r-1"}}),
            json!({"requestContext": {}}),
        ]),
        Case::new("context")
            .calls("hello")
            .events([json!({}), json!({})]),
        Case::new("provisioned")
            .calls("hello")
            .with("AWS_LAMBDA_INITIALIZATION_TYPE", "provisioned-concurrency"),
        Case::new("trace").calls("hello").with(TRACE, ROOT),
        Case::new("tenant").calls("hello").tenant("blue"),
        Case::new("error"),
        Case::new("nested"),
        Case::new("characters"),
        Case::new("marks"),
        Case::new("levels").with(LEVEL, "DEBUG"),
        Case::new("level").calls("levels").with(LEVEL, "ERROR"),
        Case::new("lower-level")
            .calls("levels")
            .with(LEVEL, "error"),
        Case::new("no-level").calls("levels").with(LEVEL, ""),
        Case::new("lambda-level")
            .calls("levels")
            .with(LEVEL, "DEBUG")
            .with(LAMBDA_LEVEL, "ERROR"),
        Case::new("sample").calls("levels").with(SAMPLE_RATE, "1"),
        Case::new("no-sample")
            .calls("levels")
            .with(SAMPLE_RATE, "0"),
        Case::new("sample-lambda-level")
            .calls("levels")
            .with(SAMPLE_RATE, "1")
            .with(LAMBDA_LEVEL, "ERROR"),
        Case::new("service").calls("hello").with(SERVICE, "shop"),
        Case::new("argument").calls("hello").with(SERVICE, "shop"),
        Case::new("empty-service").calls("hello").with(SERVICE, ""),
        Case::new("reserved").with(SERVICE, "shop"),
        Case::new("messages"),
        Case::new("numbers"),
        Case::new("clear").events([json!({"adds": true}), json!({"adds": false})]),
        Case::new("event")
            .calls("hello")
            .with("POWERTOOLS_LOGGER_LOG_EVENT", "true")
            .events([json!({"id": 7, "user": {"name": "ann"}})]),
        Case::new("secret"),
        Case::new("scope"),
        Case::new("buffer").with(TRACE, ROOT),
        Case::new("buffer-untraced").calls("buffer"),
    ]
}

/// Our logger as a case sets it.
pub(crate) fn builder(case: &str) -> logger::Builder {
    let builder = logger::builder();
    match case {
        "always" => builder.key("team", "checkout"),
        "argument" => builder.service("argument"),
        "buffer" | "buffer-untraced" => builder.buffer(Buffer::default()),
        "correlation" => builder.correlation_id(correlation_paths::API_GATEWAY_REST),
        _ => builder,
    }
}

/// The calls on ours.
pub(crate) fn make(calls: &str, event: &Value) {
    match calls {
        "hello" => tracing::info!("hello"),
        "extra" => {
            tracing::info!(
                order_id = 7,
                paid = true,
                price = 1.5,
                nothing = None::<u8>,
                empty = "",
                "with"
            );
            tracing::info!("without");
        }
        "append" => {
            logger::append_keys([("tenant", "acme"), ("plan", "free")]);
            tracing::info!("both");
            logger::append_keys([("tenant", "other")]);
            logger::remove_keys(["plan"]);
            tracing::info!("one");
            logger::append_keys([("tenant", None::<u8>)]);
            tracing::info!("none");
        }
        "correlation" => {
            tracing::info!("of the event");
            logger::set_correlation_id("mine");
            tracing::info!("set");
        }
        "error" => {
            let error = NoOrder("x".parse::<u8>().unwrap_err());
            tracing::error!(error = logger::error(&error), "failed");
            tracing::error!(error = &error as &dyn std::error::Error, "given");
        }
        "nested" => {
            let basket = json!({"items": [1, null, {"deep": ""}], "none": null});
            logger::append_keys([("basket", basket)]);
            let order = json!({"id": 7, "lines": ["tea", ["x"]], "paid": false});
            tracing::info!(order = logger::json(&order), "nested");
        }
        "characters" => {
            logger::append_keys([("schlüssel", "ключ 🙂")]);
            tracing::info!("47業レルし化 grüßt");
        }
        "marks" => tracing::info!(key = "a\nb", "one\ntwo\r\n\"three\" \\ \t \u{0}\u{1b}[31m"),
        "levels" => {
            tracing::debug!("debug");
            tracing::info!("info");
            tracing::warn!("warn");
            tracing::error!("error");
        }
        "reserved" => {
            logger::append_keys([
                ("level", "LOUD"),
                ("service", "other"),
                ("timestamp", "never"),
                ("location", "nowhere"),
            ]);
            tracing::info!("hello");
        }
        "messages" => {
            tracing::info!("123");
            tracing::info!("true");
            tracing::info!("{}", r#"{"x":"isx"}"#);
            tracing::info!("null");
        }
        "numbers" => {
            let large = 9_007_199_254_740_991_u64;
            tracing::info!(small = 0.1, large, negative = -7, "finite");
            tracing::info!(up = f64::INFINITY, "infinite");
            tracing::info!(nan = f64::NAN, "none");
        }
        "clear" => {
            if event["adds"] == true {
                logger::append_keys([("step", "one")]);
            }
            tracing::info!("hello");
        }
        "secret" => {
            let user = json!({"password": "x", "name": "ann"});
            tracing::info!(api_key = "abc", user = logger::json(&user), "hello");
        }
        "scope" => {
            logger::append_keys([("step", "one")]);
            let scope = logger::scoped_keys([("step", "two"), ("more", "yes")]);
            tracing::info!("inside");
            drop(scope);
            tracing::info!("outside");
        }
        "buffer" => {
            tracing::debug!("d1");
            tracing::info!("i1");
            tracing::debug!("d2");
            tracing::error!("e1");
        }
        other => panic!("there are no calls `{other}`"),
    }
}

/// An error with a cause.
#[derive(Debug)]
struct NoOrder(std::num::ParseIntError);

impl fmt::Display for NoOrder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no order")
    }
}

impl std::error::Error for NoOrder {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}
