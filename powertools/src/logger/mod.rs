//! One JSON line for each `tracing` event, as Lambda and Powertools users expect it.
//!
//! ```no_run
//! powertools::logger::init();
//! tracing::info!(order_id = 7, "looking up");
//! ```
//!
//! writes
//!
//! ```json
//! {"level":"INFO","location":"app:12","message":"looking up","timestamp":"2026-11-21T10:00:00.000Z","service":"shop","order_id":7}
//! ```
//!
//! and within an invocation also its request id, trace id and `cold_start`. The keys of all spans
//! around an event are on its line, the innermost winning; nothing is shared between invocations.
//! `RUST_LOG` is not read.
//!
//! | variable | meaning | unless set |
//! | --- | --- | --- |
//! | `POWERTOOLS_SERVICE_NAME` | `service` of every line | `service_undefined` |
//! | `POWERTOOLS_LOG_LEVEL` | least severe level that is written | `INFO` |
//! | `AWS_LAMBDA_LOG_LEVEL` | the function's own logging control; no line below it is written | – |

use tracing_core::LevelFilter;
use tracing_subscriber::{
    Layer,
    filter::filter_fn,
    layer::{Filter, SubscriberExt},
};

use crate::env;

mod json;
mod layer;

pub use self::layer::JsonLayer;

/// Writes `tracing` events to standard output as JSON lines, at the level that the environment asks
/// for.
///
/// Calling it again, or after another subscriber was installed, changes nothing.
pub fn init() {
    let (level, complaint) = level(
        env::lambda_log_level().as_deref(),
        env::log_level().as_deref(),
    );
    let layer = JsonLayer::new().with_filter(events_at(level));
    let subscriber = tracing_subscriber::registry().with(layer);
    let installed = tracing::subscriber::set_global_default(subscriber).is_ok();
    if let Some(complaint) = complaint.filter(|_| installed) {
        tracing::warn!("{complaint}");
    }
}

/// Lets events of this level through, and the spans around them whatever their level: a line at ERROR
/// needs the request id most of all.
fn events_at<S>(level: LevelFilter) -> impl Filter<S> {
    filter_fn(move |metadata| metadata.is_span() || *metadata.level() <= level)
        .with_max_level_hint(level.max(LevelFilter::INFO))
}

/// The level to write at, and what is to be said about how it was asked for.
///
/// Lambda's own control is a floor: the platform would drop what is below it anyway.
fn level(lambda: Option<&str>, ours: Option<&str>) -> (LevelFilter, Option<String>) {
    let floor = lambda.and_then(parse);
    match (ours, floor) {
        (None, None) if lambda.is_some() => {
            let text = lambda.unwrap_or_default();
            let complaint =
                format!("AWS_LAMBDA_LOG_LEVEL is `{text}`, which is no level; using INFO");
            (LevelFilter::INFO, Some(complaint))
        }
        (None, floor) => (floor.unwrap_or(LevelFilter::INFO), None),
        (Some(text), floor) => match (parse(text), floor) {
            (Some(wanted), Some(floor)) if wanted > floor => {
                let complaint = format!(
                    "POWERTOOLS_LOG_LEVEL is {text}, but AWS_LAMBDA_LOG_LEVEL keeps only {floor} \
                     and above"
                );
                (floor, Some(complaint))
            }
            (Some(wanted), _) => (wanted, None),
            (None, floor) => {
                let level = floor.unwrap_or(LevelFilter::INFO);
                let complaint =
                    format!("POWERTOOLS_LOG_LEVEL is `{text}`, which is no level; using {level}");
                (level, Some(complaint))
            }
        },
    }
}

/// A level by any of the names that Lambda and Powertools have for it.
fn parse(text: &str) -> Option<LevelFilter> {
    Some(match &*text.trim().to_ascii_uppercase() {
        "TRACE" => LevelFilter::TRACE,
        "DEBUG" => LevelFilter::DEBUG,
        "INFO" => LevelFilter::INFO,
        "WARN" | "WARNING" => LevelFilter::WARN,
        "ERROR" | "CRITICAL" | "FATAL" => LevelFilter::ERROR,
        "SILENT" | "OFF" => LevelFilter::OFF,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(lambda: &'static str, ours: &'static str) -> (LevelFilter, bool) {
        let some = |text: &'static str| Some(text).filter(|text| !text.is_empty());
        let (level, complaint) = level(some(lambda), some(ours));
        (level, complaint.is_some())
    }

    #[test]
    fn a_line_above_the_level_keeps_the_keys_of_spans_below_it() {
        use std::sync::{Arc, Mutex};

        let written = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&written);
        let layer = JsonLayer::new()
            .with_writer(move |line| sink.lock().unwrap().extend_from_slice(line))
            .with_filter(events_at(LevelFilter::ERROR));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!("invocation", function_request_id = "8d2e");
            let _entered = span.enter();
            tracing::warn!("not written");
            tracing::error!("written");
        });

        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains(r#""function_request_id":"8d2e""#), "{text}");
    }

    #[test]
    fn the_level_is_ours_unless_lambda_keeps_less() {
        for (lambda, ours, expected, complains) in [
            ("", "", LevelFilter::INFO, false),
            ("", "debug", LevelFilter::DEBUG, false),
            ("", "Warning", LevelFilter::WARN, false),
            ("DEBUG", "", LevelFilter::DEBUG, false),
            ("FATAL", "", LevelFilter::ERROR, false),
            ("WARN", "ERROR", LevelFilter::ERROR, false),
            ("WARN", "DEBUG", LevelFilter::WARN, true),
            ("", "LOUD", LevelFilter::INFO, true),
            ("LOUD", "", LevelFilter::INFO, true),
            ("ERROR", "LOUD", LevelFilter::ERROR, true),
            ("BOGUS", "DEBUG", LevelFilter::DEBUG, false),
        ] {
            assert_eq!(
                chosen(lambda, ours),
                (expected, complains),
                "{lambda}/{ours}"
            );
        }
    }
}
