//! One JSON line for each `tracing` event, as Lambda and Powertools users expect it.
//!
//! ```no_run
//! powertools::logger::init();
//! tracing::info!(order_id = 7, "looking up");
//! ```
//!
//! writes, within an invocation,
//!
//! ```json
//! {"level":"INFO","location":"shop:12","message":"looking up","timestamp":"2026-11-21T10:00:00.000Z","service":"shop","order_id":7,"cold_start":true,"function_name":"orders","function_memory_size":128,"function_arn":"arn:aws:…","function_request_id":"8d2e…","xray_trace_id":"1-5759…"}
//! ```
//!
//! Writing is [`tracing`](https://docs.rs/tracing)'s business, and records of the `log` crate arrive too. The
//! keys of all spans around an event are on its line, flat, each once: the innermost value wins, and a
//! key named like a standard part is written as `field.level`. [`json`] puts a nested value on a line,
//! [`error()`] an error with its type. A panic is one line at ERROR.
//!
//! - [`append_keys`], [`remove_keys`], [`scoped_keys`]: keys of the invocation that is running
//! - [`Builder::correlation_id`], [`set_correlation_id`]: the id that follows a request
//! - [`Builder::sample_rate`], [`Builder::buffer`]: lines at DEBUG for some invocations, or for failed ones
//! - [`Redaction`], [`Secret`]: what must not be on a line
//! - [`Format`]: other keys than these; [`Datadog`] has that vendor's
//! - [`Builder::layer`]: beside other layers in a subscriber of yours
//!
//! All that belongs to an invocation hangs on its span, which [`powertools::run`](crate::run) opens, or
//! lambda_runtime's `TracingLayer`; where neither does, the outermost span counts as one. Nothing is shared
//! with another invocation, spans further out are on no line, and a spawned task takes part if it is in
//! the span: `tokio::spawn(work().instrument(tracing::Span::current()))`.
//!
//! # Lines that nobody wrote
//!
//! The router writes one line for each answer: `answered`, with `status`, `path`, `duration_ms`, the `reason` of a
//! failure, and `method` and `route`, which are on every line of a handler. It is at INFO, or at ERROR for a
//! status 5xx that no other line told of; a failure with a cause is a line of its own, with `error`,
//! `error_type` and the place where `?` met it. `info,powertools::router=warn` leaves the ordinary ones out.
//!
//! # For who knows Powertools elsewhere
//!
//! | there | here |
//! | --- | --- |
//! | `logger.info("…", extra={"a": 1})` | `tracing::info!(a = 1, "…")` |
//! | `append_keys(a=1)`, `remove_keys(["a"])` | [`append_keys`]`([("a", 1)])`, [`remove_keys`]`(["a"])` |
//! | `with append_context_keys(a=1):` | `let _scope = `[`scoped_keys`]`([("a", 1)]);` |
//! | keys given to the constructor | [`Builder::key`] |
//! | `clear_state=True` | always: keys end with their invocation |
//! | `inject_lambda_context` | [`powertools::run`](crate::run) |
//! | `correlation_id_path=…`, `set_correlation_id` | [`Builder::correlation_id`], [`set_correlation_id`] |
//! | `log_event=True` | [`Builder::log_event`] |
//! | `logger.exception("…")` | `tracing::error!(error = `[`error`](error())`(&error), "…")` |
//! | `LoggerBufferConfig(…)` | [`Builder::buffer`] |
//! | `sampling_rate=0.1` | [`Builder::sample_rate`] |
//! | `child=True` | a span: `tracing::info_span!("payment", step = 2)` |
//! | a formatter of one's own, Datadog's | [`Format`], [`Datadog`] |
//!
//! # Without `powertools::run`
//!
//! A function on lambda_runtime opens a span as `run` does and shows the logger its event:
//!
//! ```
//! # use serde_json::Value;
//! # struct Context { request_id: String }
//! # struct LambdaEvent { payload: Value, context: Context }
//! use tracing::Instrument;
//!
//! async fn handler(event: LambdaEvent) -> Result<(), std::io::Error> {
//!     let request_id = &event.context.request_id;
//!     let span = tracing::error_span!("invocation", function_request_id = request_id);
//!     span.in_scope(|| powertools::logger::observe_event(event.payload.to_string().as_bytes()));
//!     work(event.payload).instrument(span).await
//! }
//! # async fn work(_: Value) -> Result<(), std::io::Error> { Ok(()) }
//! ```
//!
//! # What the environment says
//!
//! | variable | meaning | unless set |
//! | --- | --- | --- |
//! | `POWERTOOLS_SERVICE_NAME` | `service` of every line | `service_undefined` |
//! | `POWERTOOLS_LOG_LEVEL` | least severe level that is written; also by target, `info,hyper=warn` | `INFO` |
//! | `AWS_LAMBDA_LOG_LEVEL` | the function's own logging control: wins over every other level, and no target is below it | – |
//! | `AWS_LAMBDA_LOG_FORMAT` | `JSON` wins over `POWERTOOLS_DEV` | – |
//! | `POWERTOOLS_LOGGER_SAMPLE_RATE` | share of invocations whose lines at DEBUG are written, 0 to 1 | – |
//! | `POWERTOOLS_LOGGER_LOG_EVENT` | `true`: each event is logged, redacted | `false` |
//! | `POWERTOOLS_DEV` | `true`: coloured lines for a person | `false` |
//! | `RUST_BACKTRACE` | `1`: the line of a panic has its backtrace | – |
//!
//! What the program sets wins over `POWERTOOLS_…`. Two that disagree and a value that means nothing are
//! told on a line at WARN, and the default is used; neither stops the function. `RUST_LOG` is not read.
//!
//! # What a line may be
//!
//! Always one line of valid JSON in one write, whatever was logged: NaN is a text, control characters and
//! the marks that turn the direction of writing are escaped, a message is always a text. A line over
//! 256 KiB, which CloudWatch would take apart, is cut and says so in `truncated_bytes`. Values of keys such as
//! `password`, `authorization` or `token` are `[redacted]` ([`Redaction`]).

use serde_json::value::RawValue;
pub use tracing_core::Level;

use crate::caught::attempt;

mod buffer;
mod builder;
mod callsite;
mod correlation;
mod cut;
mod dev;
mod fields;
mod format;
mod invocation;
mod keys;
mod layer;
mod level;
mod panics;
mod redaction;
mod value;
mod write;

pub use self::{
    buffer::Buffer,
    builder::Builder,
    correlation::{CorrelationId, correlation_paths},
    format::{Causes, Datadog, ErrorKeys, Format, Part, Standard},
    keys::{
        ScopedKeys, append_keys, clear_buffer, correlation_id, flush_buffer, is_sampled,
        remove_keys, scoped_keys, set_correlation_id,
    },
    redaction::{Redaction, Secret},
    value::{error, json},
};

/// Sets up what the environment asks for: [`builder`]`().`[`init`](Builder::init)`()`.
pub fn init() {
    builder().init();
}

/// A logger to set.
pub fn builder() -> Builder {
    Builder::default()
}

/// Does with an invocation's event what the logger was set to do: takes its correlation id from it, and logs
/// it. To be called within the invocation's span; [`powertools::run`](crate::run) does.
pub fn observe_event(event: &[u8]) {
    let Some((settings, _)) = keys::running() else {
        return;
    };
    // The way to an id may be the application's own code.
    let found = attempt(|| settings.correlation_id.as_ref()?.find(event));
    match found {
        Ok(Some(id)) => set_correlation_id(id),
        Ok(None) => {}
        Err(panic) => tracing::error!(
            target: callsite::OWN,
            panic,
            "the function that finds the correlation id panicked"
        ),
    }
    if settings.logs_event {
        let event = String::from_utf8_lossy(event);
        let event = settings.rules.redaction.event(&event);
        let event = String::from_utf8(event).ok();
        let event = event.and_then(|event| RawValue::from_string(event).ok());
        tracing::info!(
            target: callsite::OWN,
            event = json(&event),
            "Lambda invocation event"
        );
    }
}

#[cfg(test)]
mod tests;
