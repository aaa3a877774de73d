//! What does one log line cost, in an invocation's span and with three fields of its own?
//!
//! The floor is what somebody would write by hand who knows all keys at compile time: the same line as
//! ours, byte for byte but for its place in the code and the time.

use std::{
    fs::File,
    hint::black_box,
    io::{self, Write},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use tracing::{Level, Span, debug, info, info_span, level_filters::LevelFilter, span::EnteredSpan};
use tracing_subscriber::{fmt::MakeWriter, layer::SubscriberExt, registry};

use crate::{Contestant, Error, Question, Run, Way};

/// The question.
pub const QUESTION: Question = Question {
    name: "logger",
    text: "One line with the service, the invocation's keys and three own fields:",
    ways: &[Way::new("no-op sink", 1_000), Way::new("/dev/null", 1_000)],
    contestants: &[
        contestant("floor", floor, in_place),
        contestant("floor, keys rendered before", floor_prefix, in_place),
        Contestant {
            most_allocations: Some(0.0),
            ..contestant("powertools", ours, in_place)
        },
        Contestant {
            most_allocations: Some(0.0),
            ..contestant("powertools, 2 more spans", ours_nested, nested)
        },
        Contestant {
            most_allocations: Some(0.0),
            ..contestant("powertools, 5 appended keys", ours_appended, appended)
        },
        contestant("json-subscriber", json_subscriber, in_place),
        contestant("tracing-subscriber `fmt().json()`", fmt_json, in_span),
        contestant("disabled level: tracing alone", disabled_alone, nothing),
        contestant("disabled level: powertools", disabled_ours, nothing),
        contestant(
            "disabled level: powertools, sampling",
            disabled_sampling,
            nothing,
        ),
        contestant("span, no line: powertools", span_ours, nothing),
        contestant(
            "span, no line: json-subscriber",
            span_json_subscriber,
            nothing,
        ),
        contestant("span, no line: `fmt().json()`", span_fmt_json, nothing),
    ],
};

const fn contestant(
    name: &'static str,
    start: fn(&str) -> Run,
    check: fn(&str) -> Result<(), Error>,
) -> Contestant {
    Contestant {
        name,
        start,
        check,
        most_allocations: None,
    }
}

const SERVICE: &str = "shop";
const FUNCTION: &str = "orders";
const MEMORY: u32 = 128;
const ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:orders";
const REQUEST_ID: &str = "8d2e3f6a-5b0c-4f2e-9a77-1c2d3e4f5a6b";
const TRACE_ID: &str = "1-5759e988-bd862e3fe1be46a994272793";
const ORDER: u64 = 48_213;
const STATE: &str = "accepted";
const TOTAL: f64 = 129.95;

/// Where lines go, by the way in which the question is asked.
#[derive(Clone)]
enum Sink {
    Nothing,
    File(Arc<File>),
    Stdout,
}

impl Sink {
    fn of(way: &str) -> Self {
        match way {
            "no-op sink" => Self::Nothing,
            "/dev/null" => {
                let null = File::options().write(true).open("/dev/null");
                Self::File(Arc::new(null.expect("there is always a null device")))
            }
            _ => Self::Stdout,
        }
    }

    fn put(&self, line: &[u8]) {
        match self {
            Self::Nothing => {
                black_box(line);
            }
            Self::File(file) => (&**file).write_all(line).expect("/dev/null takes all"),
            Self::Stdout => io::stdout().write_all(line).expect("the driver listens"),
        }
    }
}

impl Write for &Sink {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.put(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Sink {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> &'a Self {
        self
    }
}

fn times(mut once: impl FnMut() + 'static) -> Run {
    Box::new(move |times| (0..times).for_each(|_| once()))
}

// What is written by hand.

fn floor(way: &str) -> Run {
    let sink = Sink::of(way);
    let mut line = Vec::new();
    times(move || {
        line.clear();
        begin(&mut line);
        line.extend_from_slice(b",\"service\":");
        put(&mut line, SERVICE);
        own(&mut line);
        invocation(&mut line);
        line.extend_from_slice(b"}\n");
        sink.put(&line);
    })
}

fn floor_prefix(way: &str) -> Run {
    let sink = Sink::of(way);
    let mut line = Vec::new();
    let mut service = b",\"service\":".to_vec();
    put(&mut service, SERVICE);
    let mut rendered = Vec::new();
    invocation(&mut rendered);
    rendered.extend_from_slice(b"}\n");
    times(move || {
        line.clear();
        begin(&mut line);
        line.extend_from_slice(&service);
        own(&mut line);
        line.extend_from_slice(&rendered);
        sink.put(&line);
    })
}

fn begin(line: &mut Vec<u8>) {
    line.extend_from_slice(b"{\"level\":\"INFO\",\"location\":");
    line.extend_from_slice(concat!("\"", module_path!(), ":", line!(), "\"").as_bytes());
    line.extend_from_slice(b",\"message\":");
    put(line, "order stored");
    line.extend_from_slice(b",\"timestamp\":\"");
    put_time(line);
    line.push(b'"');
}

fn own(line: &mut Vec<u8>) {
    line.extend_from_slice(b",\"order_id\":");
    put(line, &ORDER);
    line.extend_from_slice(b",\"state\":");
    put(line, STATE);
    line.extend_from_slice(b",\"total\":");
    put(line, &TOTAL);
}

fn invocation(line: &mut Vec<u8>) {
    line.extend_from_slice(b",\"cold_start\":");
    put(line, &true);
    line.extend_from_slice(b",\"function_name\":");
    put(line, FUNCTION);
    line.extend_from_slice(b",\"function_memory_size\":");
    put(line, &MEMORY);
    line.extend_from_slice(b",\"function_arn\":");
    put(line, ARN);
    line.extend_from_slice(b",\"function_request_id\":");
    put(line, REQUEST_ID);
    line.extend_from_slice(b",\"xray_trace_id\":");
    put(line, TRACE_ID);
}

/// A value that the compiler must not know.
fn put<T: serde::Serialize + ?Sized>(line: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(line, black_box(value)).expect("texts and numbers are JSON");
}

/// `2026-11-21T10:00:00.000Z`.
fn put_time(line: &mut Vec<u8>) {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let (seconds, milli) = (since.as_secs(), since.subsec_millis());
    // Howard Hinnant's `civil_from_days`, for days from 1970 on.
    let day = seconds / 86_400 + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let mut put = |from: usize, to: usize, mut number: u64| {
        for digit in text[from..to].iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
    };
    put(0, 4, year);
    put(5, 7, month);
    put(8, 10, day);
    put(11, 13, seconds / 3600 % 24);
    put(14, 16, seconds / 60 % 60);
    put(17, 19, seconds % 60);
    put(20, 23, milli.into());
    line.extend_from_slice(&text);
}

// What loggers write.

fn ours(way: &str) -> Run {
    set_up_ours(way);
    in_invocation(say)
}

fn ours_nested(way: &str) -> Run {
    set_up_ours(way);
    let invocation = invocation_span().entered();
    let outer = info_span!("request", method = "POST", path = "/orders").entered();
    let inner = info_span!("store", table = "orders", attempt = 1).entered();
    within([invocation, outer, inner], say)
}

fn ours_appended(way: &str) -> Run {
    set_up_ours(way);
    let run = in_invocation(say);
    powertools::logger::append_keys([
        ("tenant", "acme"),
        ("plan", "free"),
        ("region", "north"),
        ("channel", "web"),
        ("experiment", "b"),
    ]);
    run
}

fn json_subscriber(way: &str) -> Run {
    set_up_json_subscriber(way);
    in_invocation(say)
}

fn fmt_json(way: &str) -> Run {
    set_up_fmt_json(way);
    within([invocation_span_with_service().entered()], say)
}

fn disabled_alone(_: &str) -> Run {
    // No layer at all: tracing's own check is all that there is.
    install(registry().with(LevelFilter::INFO));
    in_invocation(say_nothing)
}

fn disabled_ours(way: &str) -> Run {
    set_up_ours(way);
    in_invocation(say_nothing)
}

fn disabled_sampling(way: &str) -> Run {
    let sink = Sink::of(way);
    let logger = powertools::logger::builder()
        .service(SERVICE)
        // So seldom that no invocation of a bench is sampled.
        .sample_rate(1e-12)
        .writer(move |line| sink.put(line));
    install(registry().with(logger.layer()));
    in_invocation(say_nothing)
}

fn span_ours(way: &str) -> Run {
    set_up_ours(way);
    times(|| drop(invocation_span().entered()))
}

fn span_json_subscriber(way: &str) -> Run {
    set_up_json_subscriber(way);
    times(|| drop(invocation_span().entered()))
}

fn span_fmt_json(way: &str) -> Run {
    set_up_fmt_json(way);
    times(|| drop(invocation_span_with_service().entered()))
}

fn set_up_ours(way: &str) {
    let sink = Sink::of(way);
    let logger = powertools::logger::builder()
        .service(SERVICE)
        .writer(move |line| sink.put(line));
    install(registry().with(logger.layer()));
}

fn set_up_json_subscriber(way: &str) {
    let mut layer = json_subscriber::JsonLayer::new(Sink::of(way));
    layer.with_timer("timestamp", tracing_subscriber::fmt::time::SystemTime);
    layer.with_level("level");
    layer.with_target("location");
    layer.with_flattened_event();
    layer.with_top_level_flattened_current_span();
    layer.add_static_field("service", json!(SERVICE));
    install(registry().with(layer).with(LevelFilter::INFO));
}

fn set_up_fmt_json(way: &str) {
    let layer = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(Sink::of(way));
    install(registry().with(layer).with(LevelFilter::INFO));
}

fn install(subscriber: impl tracing::Subscriber + Send + Sync) {
    tracing::subscriber::set_global_default(subscriber).expect("one contestant in a process");
}

/// The span that [`powertools::run`] opens, with more fields if there are any.
macro_rules! invocation_span {
    ($($more:tt)*) => {
        info_span!(
            target: "powertools::runtime",
            "invocation",
            cold_start = black_box(true),
            function_name = black_box(FUNCTION),
            function_memory_size = black_box(MEMORY),
            function_arn = black_box(ARN),
            function_request_id = black_box(REQUEST_ID),
            xray_trace_id = black_box(Some(TRACE_ID)),
            tenant_id = black_box(None::<&str>),
            $($more)*
        )
    };
}

fn invocation_span() -> Span {
    invocation_span!()
}

/// For who has no other place for the service.
fn invocation_span_with_service() -> Span {
    invocation_span!(service = black_box(SERVICE))
}

fn in_invocation(once: impl FnMut() + 'static) -> Run {
    within([invocation_span().entered()], once)
}

fn within<const N: usize>(spans: [EnteredSpan; N], mut once: impl FnMut() + 'static) -> Run {
    times(move || {
        let _open = &spans;
        once();
    })
}

fn say() {
    info!(
        order_id = black_box(ORDER),
        state = black_box(STATE),
        total = black_box(TOTAL),
        "order stored"
    );
}

fn say_nothing() {
    debug!(
        order_id = black_box(ORDER),
        state = black_box(STATE),
        total = black_box(TOTAL),
        "order stored"
    );
}

// What the lines must say.

fn in_place(line: &str) -> Result<(), Error> {
    let line = parsed(line)?;
    has(&line, &[("service", json!(SERVICE))])?;
    has(&line, &said_by_us())?;
    has(&line, &said_by_lambda())
}

fn in_span(line: &str) -> Result<(), Error> {
    let line = parsed(line)?;
    has(&line, &said_by_us())?;
    has(&line["span"], &[("service", json!(SERVICE))])?;
    has(&line["span"], &said_by_lambda())
}

fn nested(line: &str) -> Result<(), Error> {
    in_place(line)?;
    has(
        &parsed(line)?,
        &[
            ("method", json!("POST")),
            ("path", json!("/orders")),
            ("table", json!("orders")),
            ("attempt", json!(1)),
        ],
    )
}

fn appended(line: &str) -> Result<(), Error> {
    in_place(line)?;
    has(
        &parsed(line)?,
        &[
            ("tenant", json!("acme")),
            ("plan", json!("free")),
            ("region", json!("north")),
            ("channel", json!("web")),
            ("experiment", json!("b")),
        ],
    )
}

fn nothing(line: &str) -> Result<(), Error> {
    if line.is_empty() {
        Ok(())
    } else {
        Err(format!("wrote {line}").into())
    }
}

fn parsed(line: &str) -> Result<Value, Error> {
    if line.lines().count() != 1 || !line.ends_with('\n') {
        return Err(format!("is not one line: {line:?}").into());
    }
    let line: Value = serde_json::from_str(line)?;
    let time = line["timestamp"].as_str().unwrap_or_default();
    if !time.starts_with("20") || !time.ends_with('Z') {
        return Err(format!("no timestamp: {line}").into());
    }
    Ok(line)
}

fn said_by_us() -> [(&'static str, Value); 5] {
    [
        ("level", json!(Level::INFO.as_str())),
        ("message", json!("order stored")),
        ("order_id", json!(ORDER)),
        ("state", json!(STATE)),
        ("total", json!(TOTAL)),
    ]
}

fn said_by_lambda() -> [(&'static str, Value); 6] {
    [
        ("cold_start", json!(true)),
        ("function_name", json!(FUNCTION)),
        ("function_memory_size", json!(MEMORY)),
        ("function_arn", json!(ARN)),
        ("function_request_id", json!(REQUEST_ID)),
        ("xray_trace_id", json!(TRACE_ID)),
    ]
}

fn has(line: &Value, expected: &[(&str, Value)]) -> Result<(), Error> {
    for (key, value) in expected {
        if line[key] != *value {
            return Err(format!("`{key}` is not {value}: {line}").into());
        }
    }
    Ok(())
}
