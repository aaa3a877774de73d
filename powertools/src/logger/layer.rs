//! From tracing's spans and events to lines.

use std::{
    fmt,
    io::{self, Write},
    sync::Arc,
    time::SystemTime,
};

use tracing_core::{
    Event, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use super::json::{self, Fields};
use crate::{clock::Utc, env};

/// A `tracing_subscriber` layer that writes one JSON line for each event.
///
/// [`init`](super::init) installs it alone; add it to a registry of your own to combine it with other
/// layers.
pub struct JsonLayer {
    service: String,
    write: Writer,
}

type Writer = Arc<dyn Fn(&[u8]) + Send + Sync>;

impl JsonLayer {
    /// A layer that writes to standard output for the service that the environment names.
    #[must_use]
    pub fn new() -> Self {
        let service = env::service_name();
        Self {
            service: json::text(service.as_deref().unwrap_or("service_undefined")),
            write: Arc::new(|line| {
                // A reader that is gone must not take the function down, as `println!` would.
                let _ = io::stdout().lock().write_all(line);
            }),
        }
    }

    /// Sets the service, whatever the environment says.
    #[must_use]
    pub fn with_service(mut self, service: &str) -> Self {
        self.service = json::text(service);
        self
    }

    /// Hands each line, with its newline, to a function instead of standard output.
    #[must_use]
    pub fn with_writer(mut self, write: impl Fn(&[u8]) + Send + Sync + 'static) -> Self {
        self.write = Arc::new(write);
        self
    }
}

impl Default for JsonLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for JsonLayer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("JsonLayer")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for JsonLayer
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().replace(fields);
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        // Before the span is locked: a value's `Debug` may panic, or log on its own.
        let mut added = Fields::default();
        record.record(&mut added);
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            fields.extend(&added);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut own = Fields::default();
        event.record(&mut own);
        let message = own.take("message");
        let mut keys = Fields::default();
        let spans = context.event_scope(event);
        for span in spans.into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(fields) = span.extensions().get::<Fields>() {
                keys.extend(fields);
            }
        }
        keys.extend(&own);

        let metadata = event.metadata();
        let location = match metadata.line() {
            Some(line) => format!("{}:{line}", metadata.module_path().unwrap_or("")),
            None => metadata.target().to_owned(),
        };
        let mut line = String::with_capacity(512);
        line.push('{');
        let mut put = |key: &str, json: &str| {
            if line.len() > 1 {
                line.push(',');
            }
            line.push_str(&json::text(key));
            line.push(':');
            line.push_str(json);
        };
        put("level", &json::text(metadata.level().as_str()));
        put("location", &json::text(&location));
        put("message", message.as_deref().unwrap_or("\"\""));
        put(
            "timestamp",
            &json::text(&Utc::of(SystemTime::now()).rfc3339()),
        );
        put("service", &self.service);
        for (key, json) in keys.iter().filter(|(key, _)| !RESERVED.contains(key)) {
            put(key, json);
        }
        line.push_str("}\n");
        (self.write)(line.as_bytes());
    }
}

/// Keys that the line has anyway; a field of such a name would be there twice.
const RESERVED: [&str; 5] = ["level", "location", "message", "timestamp", "service"];

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    fn lines(write: impl FnOnce()) -> Vec<serde_json::Value> {
        let written = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&written);
        let layer = JsonLayer::new()
            .with_service("shop")
            .with_writer(move |line| sink.lock().unwrap().push(line.to_vec()));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, write);
        let written = written.lock().unwrap();
        let parse = |line: &Vec<u8>| {
            assert_eq!(line.last(), Some(&b'\n'));
            assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
            serde_json::from_slice(line).unwrap()
        };
        written.iter().map(parse).collect()
    }

    #[test]
    fn a_line_has_the_standard_keys_in_order_and_then_its_own() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&written);
        let layer = JsonLayer::new()
            .with_service("shop")
            .with_writer(move |line| sink.lock().unwrap().extend_from_slice(line));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || tracing::info!(order_id = 7, "hello"));

        let line = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        let keys = [
            "level",
            "location",
            "message",
            "timestamp",
            "service",
            "order_id",
        ];
        let places = keys.map(|key| line.find(&format!("\"{key}\":")).unwrap());
        assert!(places.is_sorted(), "{line}");
        assert!(line.contains("\"level\":\"INFO\""), "{line}");
        assert!(
            line.contains("\"service\":\"shop\",\"order_id\":7}"),
            "{line}"
        );
    }

    #[test]
    fn the_innermost_value_of_a_key_wins() {
        let lines = lines(|| {
            let outer = tracing::info_span!("outer", a = 1, b = 1, c = 1);
            let _outer = outer.enter();
            let inner = tracing::info_span!("inner", b = 2, c = tracing::field::Empty);
            inner.record("c", 3);
            let _inner = inner.enter();
            tracing::info!(b = 9, "x");
            tracing::info!("y");
        });

        assert_eq!(
            (&lines[0]["a"], &lines[0]["b"], &lines[0]["c"]),
            (&1.into(), &9.into(), &3.into())
        );
        assert_eq!(lines[1]["b"], 2);
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&written);
        let layer =
            JsonLayer::new().with_writer(move |line| sink.lock().unwrap().extend_from_slice(line));
        let subscriber = tracing_subscriber::registry().with(layer);
        let hostile = "\u{9b}31m\u{2028}\u{7f}\u{202e}é";
        tracing::subscriber::with_default(subscriber, || tracing::info!(hostile, "x"));

        let line = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        assert!(
            line.contains(r#""hostile":"\u009b31m\u2028\u007f\u202eé""#),
            "{line}"
        );
        let parsed: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(parsed["hostile"], hostile);
    }

    #[test]
    fn a_value_whose_debug_panics_harms_only_who_wrote_it() {
        struct Bomb;
        impl fmt::Debug for Bomb {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                panic!("on purpose")
            }
        }
        let lines = lines(|| {
            let span = tracing::info_span!("outer", a = 1, b = tracing::field::Empty);
            let record = || span.record("b", tracing::field::debug(Bomb));
            let recorded = std::panic::catch_unwind(std::panic::AssertUnwindSafe(record));
            assert!(recorded.is_err());
            let _entered = span.enter();
            tracing::info!("still here");
        });

        assert_eq!(lines[0]["a"], 1);
    }

    #[test]
    fn every_value_makes_valid_json() {
        let lines = lines(|| {
            tracing::info!(
                nan = f64::NAN,
                infinite = f64::INFINITY,
                huge = u128::MAX,
                text = "a\"b\\c\n\u{1b}[31m\u{0}",
                level = "LOUD",
                service = "other",
                "one\ntwo"
            );
        });

        let line = &lines[0];
        assert_eq!(line["nan"], "NaN");
        assert_eq!(line["infinite"], "inf");
        assert!(line["huge"].as_f64().unwrap() > 3.4e38);
        assert_eq!(line["text"], "a\"b\\c\n\u{1b}[31m\u{0}");
        assert_eq!(line["message"], "one\ntwo");
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["service"], "shop");
    }
}
