//! The standard parts of a line: their keys, their order, how levels and times are written.

use std::{borrow::Cow, time::SystemTime};

use tracing_core::Level;

pub use super::value::{Causes, ErrorKeys};

/// What every line has beside the keys of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// How severe it is.
    Level,
    /// Where in the code it was written: the module's path and the line.
    Location,
    /// What happened.
    Message,
    /// When.
    Timestamp,
    /// The service that says so.
    Service,
}

/// A form of lines. [`Standard`] unless set; a team that has its own writes it as one of these.
///
/// ```
/// use std::borrow::Cow;
/// use powertools::logger::{self, Format, Level, Part};
///
/// /// What our log store calls them; it knows where a line comes from by itself.
/// struct House;
///
/// impl Format for House {
///     fn parts(&self) -> Vec<(Part, Cow<'static, str>)> {
///         vec![
///             (Part::Timestamp, "@timestamp".into()),
///             (Part::Level, "severity".into()),
///             (Part::Message, "msg".into()),
///             (Part::Service, "service".into()),
///         ]
///     }
/// }
///
/// let builder = logger::builder().format(House);
/// ```
///
/// Lambda filters lines by their level only where it finds one and a time, by the keys `level` and
/// `timestamp` and the usual other spellings of them
/// ([log-level filtering](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html)).
pub trait Format: Send + Sync + 'static {
    /// The parts that lines have and their keys, in order. A key that a field has too is the part's; the
    /// field's is then `field.` and its name.
    fn parts(&self) -> Vec<(Part, Cow<'static, str>)>;

    /// How a level is written; `INFO` and so on unless overridden.
    fn level(&self, level: &Level) -> &'static str {
        level.as_str()
    }

    /// How a time is written; unless overridden RFC 3339 in UTC with milliseconds, which is what Lambda's
    /// filter reads.
    fn timestamp(&self, time: SystemTime) -> Option<String> {
        let _ = time;
        None
    }

    /// What another key is called: a field's, an appended one, Lambda's. As it is unless overridden.
    fn key<'k>(&self, key: &'k str) -> Cow<'k, str> {
        key.into()
    }

    /// How errors are written.
    fn errors(&self) -> ErrorKeys {
        ErrorKeys::STANDARD
    }
}

/// `level`, `location`, `message`, `timestamp`, `service`: Powertools' keys in Powertools' order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standard;

impl Format for Standard {
    fn parts(&self) -> Vec<(Part, Cow<'static, str>)> {
        vec![
            (Part::Level, "level".into()),
            (Part::Location, "location".into()),
            (Part::Message, "message".into()),
            (Part::Timestamp, "timestamp".into()),
            (Part::Service, "service".into()),
        ]
    }
}

/// Datadog's [reserved and standard attributes](https://docs.datadoghq.com/logs/log_configuration/attributes_naming_convention/):
/// `status` in lower case, `logger.name`, errors with `kind`, `message` and `stack`, and the router's keys as
/// `http.status_code`, `http.method`, `http.route` and `http.url_details.path`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Datadog;

impl Format for Datadog {
    fn parts(&self) -> Vec<(Part, Cow<'static, str>)> {
        vec![
            (Part::Level, "status".into()),
            (Part::Location, "logger.name".into()),
            (Part::Message, "message".into()),
            (Part::Timestamp, "timestamp".into()),
            (Part::Service, "service".into()),
        ]
    }

    fn level(&self, level: &Level) -> &'static str {
        match *level {
            Level::TRACE => "trace",
            Level::DEBUG => "debug",
            Level::INFO => "info",
            Level::WARN => "warn",
            Level::ERROR => "error",
        }
    }

    fn key<'k>(&self, key: &'k str) -> Cow<'k, str> {
        match key {
            "status" => "http.status_code".into(),
            "method" => "http.method".into(),
            "route" => "http.route".into(),
            "path" => "http.url_details.path".into(),
            other => other.into(),
        }
    }

    fn errors(&self) -> ErrorKeys {
        ErrorKeys::DATADOG
    }
}
