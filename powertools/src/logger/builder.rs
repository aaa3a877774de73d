//! How a logger is set: by a program, and by the environment where the program says nothing.

use std::{
    borrow::Cow,
    fmt,
    io::{self, IsTerminal, Write as _},
    sync::Arc,
};

use serde::Serialize;
use serde_json::value::RawValue;
use tracing_core::{Level, LevelFilter, Subscriber};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    layer::{Filter, SubscriberExt},
    registry::LookupSpan,
};

use super::{
    buffer::Buffer,
    callsite::{OWN, SettingsId},
    correlation::CorrelationId,
    cut, dev,
    fields::{Fields, Key, Rules},
    format::{Format, Part, Standard},
    layer::{JsonLayer, Piece, Settings, Write},
    level::{self, Levels},
    panics,
    redaction::Redaction,
    value, write,
};
use crate::env;

/// A logger before it is set up.
///
/// ```no_run
/// use powertools::logger::{self, Buffer, CorrelationId};
///
/// logger::builder()
///     .service("shop")
///     .key("team", "checkout")
///     .sample_rate(0.01)
///     .correlation_id(CorrelationId::header("x-correlation-id"))
///     .buffer(Buffer::default())
///     .init();
/// ```
#[must_use = "a logger writes nothing before `init` or `layer`"]
pub struct Builder {
    service: Option<String>,
    level: Option<String>,
    sample_rate: Option<f64>,
    logs_event: bool,
    is_readable: bool,
    keys: Vec<(Key, Result<Box<RawValue>, serde_json::Error>)>,
    unwanted: Vec<String>,
    correlation_id: Option<CorrelationId>,
    redaction: Redaction,
    buffer: Option<Buffer>,
    format: Box<dyn Format>,
    most_bytes: usize,
    write: Option<Box<Write>>,
}

impl Default for Builder {
    /// What the environment says, and the defaults.
    fn default() -> Self {
        Self {
            service: None,
            level: None,
            sample_rate: None,
            logs_event: false,
            is_readable: false,
            keys: Vec::new(),
            unwanted: Vec::new(),
            correlation_id: None,
            redaction: Redaction::default(),
            buffer: None,
            format: Box::new(Standard),
            most_bytes: cut::MOST,
            write: None,
        }
    }
}

impl Builder {
    /// The `service` of every line, whatever `POWERTOOLS_SERVICE_NAME` says.
    pub fn service(mut self, service: impl Into<String>) -> Self {
        self.service = Some(service.into());
        self
    }

    /// The least severe level that is written, whatever `POWERTOOLS_LOG_LEVEL` says: `"debug"`,
    /// `Level::DEBUG`, or levels by target as in `"info,hyper=warn,shop::db=debug"`: a target's level is also
    /// that of the modules below it, and targets without one have the level that stands alone, or INFO. Spans
    /// and fields cannot be named. `AWS_LAMBDA_LOG_LEVEL` wins over both.
    pub fn level(mut self, level: impl fmt::Display) -> Self {
        self.level = Some(level.to_string());
        self
    }

    /// The share of invocations, 0 to 1, whose lines at DEBUG are written too, whatever
    /// `POWERTOOLS_LOGGER_SAMPLE_RATE` says. Each invocation is decided on by itself; `sampling_rate` is then
    /// on every line.
    pub const fn sample_rate(mut self, rate: f64) -> Self {
        self.sample_rate = Some(rate);
        self
    }

    /// Logs the event of each invocation at INFO, redacted, as `POWERTOOLS_LOGGER_LOG_EVENT` does.
    /// [`powertools::run`](crate::run) does it.
    pub const fn log_event(mut self) -> Self {
        self.logs_event = true;
        self
    }

    /// Writes lines for a person, as `POWERTOOLS_DEV` does.
    pub const fn readable(mut self) -> Self {
        self.is_readable = true;
        self
    }

    /// A key of every line, unless the value is null. Any other of its name wins.
    pub fn key(mut self, key: impl Into<Cow<'static, str>>, value: impl Serialize) -> Self {
        let value = value::to_json(&value);
        self.keys.push((key.into(), RawValue::from_string(value)));
        self
    }

    /// Leaves a key off every line, such as `xray_trace_id` or `function_arn`.
    pub fn without_key(mut self, key: impl Into<String>) -> Self {
        self.unwanted.push(key.into());
        self
    }

    /// Where `correlation_id` is to be found in an event; [`powertools::run`](crate::run) looks there.
    pub fn correlation_id(mut self, place: impl Into<CorrelationId>) -> Self {
        self.correlation_id = Some(place.into());
        self
    }

    /// Which values are not told.
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// Holds lines back until an error.
    pub fn buffer(mut self, buffer: Buffer) -> Self {
        self.buffer = Some(buffer);
        self
    }

    /// The form of lines.
    pub fn format(mut self, format: impl Format) -> Self {
        self.format = Box::new(format);
        self
    }

    /// The most bytes that a line may have, at least 256; longer ones are cut. 262,118 unless set, which is
    /// 256 KiB less the overhead of an event in CloudWatch Logs.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.most_bytes = bytes.max(cut::LEAST);
        self
    }

    /// Hands each line, with its newline, to a function instead of standard output. It is called for one
    /// line at a time in each thread, not in all. A test reads its lines this way:
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use tracing_subscriber::layer::SubscriberExt;
    ///
    /// let lines = Arc::new(Mutex::new(Vec::new()));
    /// let sink = Arc::clone(&lines);
    /// let layer = powertools::logger::builder()
    ///     .writer(move |line| sink.lock().unwrap().push(String::from_utf8_lossy(line).into_owned()))
    ///     .layer();
    /// let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    /// tracing::info!(order_id = 7, "looking up");
    /// assert!(lines.lock().unwrap()[0].contains(r#""order_id":7"#));
    /// ```
    pub fn writer(mut self, write: impl Fn(&[u8]) + Send + Sync + 'static) -> Self {
        self.write = Some(Box::new(write));
        self
    }

    /// Sets this logger up for the whole program: for `tracing`, for records of the `log` crate, and for
    /// panics, which become one line at ERROR each.
    ///
    /// After another subscriber was installed, or a second time, it changes nothing but to say so on a line at
    /// WARN.
    pub fn init(self) {
        let (settings, complaints) = self.build();
        let settings = Arc::new(settings);
        let levels = settings.levels.clone();
        let most = Filter::<tracing_subscriber::Registry>::max_level_hint(&levels);
        let layer = JsonLayer::new(Arc::clone(&settings)).with_filter(levels);
        let subscriber = tracing_subscriber::registry().with(layer);
        if tracing::subscriber::set_global_default(subscriber).is_err() {
            tracing::warn!(
                target: OWN,
                "the logger was not set up: there is a subscriber already, and it stays"
            );
            return;
        }
        let most = tracing_log::AsLog::as_log(&most.unwrap_or(LevelFilter::TRACE));
        // Fails where there is a logger for `log` already, which then stays.
        let _ = tracing_log::LogTracer::builder()
            .with_max_level(most)
            .init();
        panics::hook();
        complain(&settings, &complaints);
    }

    /// The logger as a layer with its own filter, to combine with others in a subscriber of yours. One of
    /// them is enough: of several, each has samples and held lines of its own, and appended keys are one's. Filter the others each by
    /// itself (`.with_filter(…)`): what a filter for the whole subscriber drops, this layer does not see either.
    /// Within a `reload` layer [`append_keys`](super::append_keys) and its like cannot find it.
    /// Panics and the `log` crate are [`init`](Self::init)'s business.
    ///
    /// ```
    /// use tracing_subscriber::layer::SubscriberExt;
    ///
    /// let layer = powertools::logger::builder().service("shop").layer();
    /// let subscriber = tracing_subscriber::registry().with(layer);
    /// ```
    #[must_use]
    pub fn layer<S>(self) -> impl Layer<S> + Send + Sync + 'static
    where
        S: Subscriber + for<'s> LookupSpan<'s>,
    {
        let (settings, complaints) = self.build();
        complain(&settings, &complaints);
        let levels = settings.levels.clone();
        JsonLayer::new(Arc::new(settings)).with_filter(levels)
    }

    /// What is to be used, and what is to be said about how it was asked for.
    fn build(self) -> (Settings, Vec<String>) {
        let mut complaints = Vec::new();
        let sample_rate = rate(self.sample_rate, &mut complaints);
        let asked = Asked {
            program: self.level.clone(),
            environment: env::log_level(),
            lambda: env::lambda_log_level(),
        };
        let (asked, floor) = asked.resolve(&mut complaints);
        let sampled = (sample_rate.unwrap_or_default() > 0.0).then_some(LevelFilter::DEBUG);
        let held = self.buffer.map(|buffer| buffer.level.max(Level::DEBUG));
        let added = sampled.max(held.map(LevelFilter::from_level));
        if let (Some(floor), Some(added)) = (floor, added)
            && floor < added
        {
            complaints.push(format!(
                "lines at {added} are to be sampled or held back, but AWS_LAMBDA_LOG_LEVEL is {floor} \
                 and wins"
            ));
        }
        let is_readable = self.is_readable || env::dev();
        let is_readable = is_readable && !must_be_json(&mut complaints);
        if let Some(mistake) = self
            .correlation_id
            .as_ref()
            .and_then(CorrelationId::mistake)
        {
            complaints.push(mistake.to_owned());
        }
        let parts = self.format.parts();
        let service = self.service.or_else(env::service_name);
        for key in &self.unwanted {
            if parts.iter().any(|(_, part)| part == key) {
                complaints.push(format!(
                    "`{key}` is a standard part and stays on lines; a `Format` can leave it off"
                ));
            }
        }
        let rules = Rules {
            reserved: parts.iter().map(|(_, key)| key.to_string()).collect(),
            unwanted: self.unwanted,
            redaction: self.redaction,
            errors: self.format.errors(),
            format: self.format,
        };
        let mut keys = Fields::default();
        for (key, value) in self.keys {
            match value {
                Ok(value) if value.get() == "null" => {}
                Ok(value) => rules.set(&mut keys, key, &value),
                Err(error) => complaints.push(format!("the key `{key}` is on no line: {error}")),
            }
        }
        let is_wanted = !rules
            .unwanted
            .iter()
            .any(|unwanted| unwanted == "sampling_rate");
        if let Some(rate) = sample_rate.filter(|_| is_wanted) {
            keys.set("sampling_rate", |out| write::float(out, rate));
        }
        let settings = Settings {
            id: SettingsId::new(),
            pieces: pieces(&parts, service.as_deref().unwrap_or("service_undefined")),
            rules,
            levels: Levels::new(&asked, floor, added),
            sample_rate: sample_rate.unwrap_or_default(),
            buffer: self.buffer,
            keys,
            most_bytes: self.most_bytes,
            dev: is_readable.then(|| dev::Style {
                is_coloured: self.write.is_none()
                    && io::stdout().is_terminal()
                    && !env::is_without_colour(),
                parts: parts
                    .iter()
                    .map(|(part, key)| (*part, key.to_string()))
                    .collect(),
            }),
            logs_event: self.logs_event || env::logs_event(),
            correlation_id: self.correlation_id,
            write: self.write.unwrap_or_else(|| Box::new(to_stdout)),
        };
        (settings, complaints)
    }
}

/// The share of invocations to sample, if there is to be one.
fn rate(program: Option<f64>, complaints: &mut Vec<String>) -> Option<f64> {
    let (of, rate, text) = match (program, env::sample_rate()) {
        (Some(rate), _) => ("the sample rate", Some(rate), rate.to_string()),
        (None, Some(text)) => (
            "POWERTOOLS_LOGGER_SAMPLE_RATE",
            text.trim().parse().ok(),
            text,
        ),
        (None, None) => return None,
    };
    let known = rate.filter(|rate| (0.0..=1.0).contains(rate));
    if known.is_none() {
        complaints.push(format!(
            "{of} is `{text}`, which is no number from 0 to 1; nothing is sampled"
        ));
    }
    known
}

/// The levels that were asked for, by whom.
struct Asked {
    program: Option<String>,
    environment: Option<String>,
    lambda: Option<String>,
}

impl Asked {
    /// The levels to use, and Lambda's, which every target keeps to: the platform would drop what is below it
    /// anyway.
    fn resolve(self, complaints: &mut Vec<String>) -> (Targets, Option<LevelFilter>) {
        let floor = self.lambda.as_deref().and_then(level::parse);
        if let Some(text) = self.lambda.filter(|_| floor.is_none()) {
            complaints.push(format!(
                "AWS_LAMBDA_LOG_LEVEL is `{text}`, which is no level; it is ignored"
            ));
        }
        let (of, text) = match (self.program, self.environment) {
            (Some(text), _) => ("the logger's level", text),
            (None, Some(text)) => ("POWERTOOLS_LOG_LEVEL", text),
            (None, None) => return (level::only(floor.unwrap_or(LevelFilter::INFO)), floor),
        };
        let (asked, unknown) = level::directives(&text);
        for part in unknown {
            complaints.push(format!(
                "{of} is `{text}`, where `{part}` is no level; it is ignored"
            ));
        }
        match floor {
            Some(floor) => {
                let is_capped = asked.iter().any(|(_, level)| level > floor);
                if is_capped || asked.default_level() != Some(floor) {
                    complaints.push(format!(
                        "{of} is `{text}`, but AWS_LAMBDA_LOG_LEVEL is {floor} and wins"
                    ));
                }
                (asked.with_default(floor), Some(floor))
            }
            None => (asked, None),
        }
    }
}

/// Whether Lambda reads the lines, which it can only if they are JSON.
fn must_be_json(complaints: &mut Vec<String>) -> bool {
    let format = env::lambda_log_format().unwrap_or_default();
    let is_json = format.eq_ignore_ascii_case("json");
    if is_json {
        complaints.push(
            "lines for a person were asked for, but AWS_LAMBDA_LOG_FORMAT is JSON and wins"
                .to_owned(),
        );
    }
    is_json
}

/// Says what is to be said, unless silence was asked for.
fn complain(settings: &Settings, complaints: &[String]) {
    if !settings.levels.has(OWN, Level::WARN) {
        return;
    }
    for complaint in complaints {
        settings.say(Level::WARN, complaint);
    }
}

/// What can be written of the standard parts before there is an event.
fn pieces(parts: &[(Part, Cow<'static, str>)], service: &str) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(parts.len());
    for (part, key) in parts {
        let mut opening = Vec::new();
        opening.push(if pieces.is_empty() { b'{' } else { b',' });
        write::text(&mut opening, key);
        opening.push(b':');
        if *part == Part::Service {
            write::text(&mut opening, service);
        }
        pieces.push(Piece {
            part: *part,
            opening,
        });
    }
    pieces
}

fn to_stdout(line: &[u8]) {
    // A reader that is gone must not take the function down, as `println!` would.
    let _ = io::stdout().lock().write_all(line);
}

impl fmt::Debug for Builder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Builder")
            .field("service", &self.service)
            .field("level", &self.level)
            .field("sample_rate", &self.sample_rate)
            .field("buffer", &self.buffer)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The default level that is used, the floor, and whether something is said.
    fn chosen(program: &str, environment: &str, lambda: &str) -> (LevelFilter, bool) {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let asked = Asked {
            program: some(program),
            environment: some(environment),
            lambda: some(lambda),
        };
        let mut complaints = Vec::new();
        let (targets, _) = asked.resolve(&mut complaints);
        (targets.default_level().unwrap(), !complaints.is_empty())
    }

    #[test]
    fn the_level_is_lambdas_then_the_programs_then_the_environments() {
        for (program, environment, lambda, expected) in [
            ("", "", "", (LevelFilter::INFO, false)),
            ("", "debug", "", (LevelFilter::DEBUG, false)),
            ("error", "debug", "", (LevelFilter::ERROR, false)),
            ("", "", "WARN", (LevelFilter::WARN, false)),
            ("", "WARNING", "WARN", (LevelFilter::WARN, false)),
            ("debug", "", "INFO", (LevelFilter::INFO, true)),
            ("info", "", "DEBUG", (LevelFilter::DEBUG, true)),
            ("", "loud", "", (LevelFilter::INFO, true)),
            ("", "debug,loud", "", (LevelFilter::DEBUG, true)),
            ("", "50", "ERROR", (LevelFilter::ERROR, true)),
            ("", "debug", "LOUD", (LevelFilter::DEBUG, true)),
            ("", "", "FATAL", (LevelFilter::ERROR, false)),
        ] {
            let chosen = chosen(program, environment, lambda);
            assert_eq!(chosen, expected, "{program} {environment} {lambda}");
        }
    }
}
