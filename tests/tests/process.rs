//! A logger that is set up for a whole process: panics, the `log` crate, the environment.
//!
//! Each test runs itself again as a process of its own, because what it sets up stays.

use std::process::{Command, Stdio};

use powertools::{
    event::Source,
    logger::{self, Buffer, CorrelationId},
    router::{Router, StatusCode, get, routes},
    testing::TestClient,
};
use serde_json::{Value, json};

const CHILD: &str = "POWERTOOLS_TEST_CHILD";

/// What a process wrote that did this.
struct Written {
    out: String,
    err: String,
}

impl Written {
    fn lines(&self) -> Vec<Value> {
        // The first one follows the harness's own words.
        let lines = self
            .out
            .lines()
            .filter_map(|line| line.find('{').map(|at| &line[at..]));
        let parse = |line| serde_json::from_str(line).expect("a line is JSON");
        lines.map(parse).collect()
    }
}

/// Does something in a process of its own with this environment; none in that process itself.
fn written(test: &str, environment: &[(&str, &str)], act: impl FnOnce()) -> Option<Written> {
    if std::env::var_os(CHILD).is_some() {
        act();
        return None;
    }
    let this = std::env::current_exe().expect("this test has a file");
    let output = Command::new(this)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env_clear()
        .env(CHILD, "1")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("it starts");
    Some(Written {
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    })
}

fn invocation() -> tracing::span::EnteredSpan {
    tracing::info_span!(
        target: "powertools::runtime",
        "invocation",
        function_request_id = "8d2e"
    )
    .entered()
}

fn panics() {
    let _ = std::panic::catch_unwind(|| panic!("the oven is {}", "on fire"));
}

#[test]
fn a_panic_is_one_line_with_its_place_and_its_invocation() {
    let act = || {
        logger::builder().buffer(Buffer::default()).init();
        let _invocation = invocation();
        tracing::debug!("held until something goes wrong");
        panics();
    };
    let test = "a_panic_is_one_line_with_its_place_and_its_invocation";
    let Some(written) = written(test, &[], act) else {
        return;
    };
    let lines = written.lines();
    assert_eq!(lines.len(), 2, "{}", written.out);
    assert_eq!(lines[0]["message"], "held until something goes wrong");
    let line = &lines[1];
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["message"], "panicked: the oven is on fire");
    let location = line["location"].as_str().expect("a location");
    assert!(
        location.starts_with("tests/tests/process.rs:"),
        "{location}"
    );
    assert_eq!(line["function_request_id"], "8d2e");
    assert_eq!(line.get("backtrace"), None);
    assert!(!written.err.contains("on fire"), "{}", written.err);
}

#[test]
fn a_panic_has_its_backtrace_where_one_is_asked_for() {
    let act = || {
        logger::init();
        panics();
    };
    let test = "a_panic_has_its_backtrace_where_one_is_asked_for";
    let Some(written) = written(test, &[("RUST_BACKTRACE", "1")], act) else {
        return;
    };
    let lines = written.lines();
    let backtrace = lines[0]["backtrace"].as_str().expect("a backtrace");
    assert!(backtrace.contains("process::panics"), "{backtrace}");
}

#[get("/")]
async fn explodes() -> StatusCode {
    panic!("the oven is on fire")
}

#[test]
fn a_handlers_panic_is_one_error_among_the_lines() {
    let act = || {
        logger::init();
        let client = TestClient::new(Router::new(routes![explodes]).expect("a good route"));
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.build().expect("a runtime");
        let reply = runtime.block_on(client.get("/").source(Source::HttpApi).into_future());
        assert_eq!(reply.status(), 500);
    };
    let test = "a_handlers_panic_is_one_error_among_the_lines";
    let Some(written) = written(test, &[], act) else {
        return;
    };
    let lines = written.lines();
    let errors: Vec<&Value> = lines
        .iter()
        .filter(|line| line["level"] == "ERROR")
        .collect();
    assert_eq!(errors.len(), 1, "{}", written.out);
    assert_eq!(errors[0]["route"], "/");
    let message = &errors[0]["message"];
    assert_eq!(message, "panicked: the oven is on fire");
    assert_eq!(lines.last().map(|line| &line["status"]), Some(&json!(500)));
}

#[test]
fn records_of_the_log_crate_arrive() {
    let act = || {
        logger::builder()
            .level("info,noisy=error,chatty=debug")
            .init();
        let _invocation = invocation();
        log::info!("of {}", "log");
        log::debug!("below the level");
        log::warn!(target: "noisy", "below its level");
        log::debug!(target: "chatty", "at its level");
    };
    let Some(written) = written("records_of_the_log_crate_arrive", &[], act) else {
        return;
    };
    let lines = written.lines();
    assert_eq!(lines.len(), 2, "{}", written.out);
    assert_eq!(lines[0]["message"], "of log");
    let location = lines[0]["location"].as_str().expect("a location");
    assert!(location.starts_with("process:"), "{location}");
    assert_eq!(lines[0]["function_request_id"], "8d2e");
    assert_eq!(lines[1]["message"], "at its level");
    let keys = lines[0].as_object().expect("an object").keys();
    assert!(
        keys.into_iter().all(|key| !key.starts_with("log.")),
        "{}",
        lines[0]
    );
}

#[test]
fn a_bad_environment_is_told_and_does_not_stop_the_function() {
    let environment = [
        ("POWERTOOLS_LOG_LEVEL", "LOUD"),
        ("AWS_LAMBDA_LOG_LEVEL", "QUIET"),
        ("POWERTOOLS_LOGGER_SAMPLE_RATE", "often"),
        ("POWERTOOLS_DEV", "true"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("POWERTOOLS_SERVICE_NAME", ""),
    ];
    let act = || {
        logger::init();
        tracing::info!("alive");
    };
    let test = "a_bad_environment_is_told_and_does_not_stop_the_function";
    let Some(written) = written(test, &environment, act) else {
        return;
    };
    let lines = written.lines();
    let messages: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["message"].as_str())
        .collect();
    assert_eq!(
        messages,
        [
            "POWERTOOLS_LOGGER_SAMPLE_RATE is `often`, which is no number from 0 to 1; nothing is \
             sampled",
            "AWS_LAMBDA_LOG_LEVEL is `QUIET`, which is no level; it is ignored",
            "POWERTOOLS_LOG_LEVEL is `LOUD`, where `LOUD` is no level; it is ignored",
            "lines for a person were asked for, but AWS_LAMBDA_LOG_FORMAT is JSON and wins",
            "alive",
        ]
    );
    assert_eq!(lines[4]["service"], "service_undefined");
}

#[test]
fn a_developer_reads_lines_without_json() {
    let act = || {
        logger::init();
        let _invocation = invocation();
        tracing::info!(order = 7, "hello");
    };
    let test = "a_developer_reads_lines_without_json";
    let Some(written) = written(test, &[("POWERTOOLS_DEV", "true")], act) else {
        return;
    };
    assert_eq!(written.lines(), Vec::<Value>::new());
    // No terminal, so no colours.
    assert!(
        written.out.contains("  INFO hello  order=7  process:"),
        "{}",
        written.out
    );
}

#[test]
fn an_event_is_logged_without_its_secrets_and_gives_the_correlation_id() {
    let act = || {
        logger::builder()
            .correlation_id(CorrelationId::header("x-correlation-id"))
            .init();
        let event = json!({
            "headers": {"X-Correlation-Id": "c-1", "authorization": "Bearer hidden"},
            "body": "{\"password\":\"hidden\",\"user\":\"ann\"}",
        });
        let _invocation = invocation();
        logger::observe_event(event.to_string().as_bytes());
        logger::observe_event(b"not json");
    };
    let test = "an_event_is_logged_without_its_secrets_and_gives_the_correlation_id";
    let environment = [("POWERTOOLS_LOGGER_LOG_EVENT", "True")];
    let Some(written) = written(test, &environment, act) else {
        return;
    };
    let lines = written.lines();
    assert_eq!(lines[0]["message"], "Lambda invocation event");
    assert_eq!(lines[0]["correlation_id"], "c-1");
    assert_eq!(lines[0]["event"]["headers"]["authorization"], "[redacted]");
    assert!(!written.out.contains("hidden"), "{}", written.out);
    assert_eq!(lines[1]["event"], "[8 bytes]");
}

#[test]
fn a_panic_that_no_line_tells_is_told_as_before() {
    let act = || {
        logger::builder().level("off").init();
        panics();
    };
    let test = "a_panic_that_no_line_tells_is_told_as_before";
    let Some(written) = written(test, &[], act) else {
        return;
    };
    assert_eq!(written.lines(), Vec::<Value>::new());
    assert!(
        written.err.contains("the oven is on fire"),
        "{}",
        written.err
    );
}

#[test]
fn a_writer_that_logs_and_panics_harms_only_its_line() {
    let act = || {
        logger::builder()
            .writer(|line| {
                tracing::error!("from within the writer");
                assert!(
                    !line.windows(4).any(|four| four == b"boom"),
                    "the writer's own"
                );
                println!("{}", String::from_utf8_lossy(line));
            })
            .init();
        tracing::info!("one");
        let boom = std::panic::catch_unwind(|| tracing::info!("boom"));
        assert!(boom.is_err());
        tracing::info!("two");
    };
    let test = "a_writer_that_logs_and_panics_harms_only_its_line";
    let Some(written) = written(test, &[], act) else {
        return;
    };
    let lines = written.lines();
    let messages: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["message"].as_str())
        .collect();
    assert_eq!(messages, ["one", "two"]);
    assert!(written.err.contains("the writer's own"), "{}", written.err);
}
