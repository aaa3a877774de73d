//! What people who know Powertools of other languages expect of a logger, fact by fact.
//!
//! The numbers are those of `powertools/docs/behaviours.md`, which also says why something is done
//! otherwise.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod lambda;

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt, fs,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use lambda::Invocation;
use powertools::{
    InvocationError,
    logger::{
        self, Buffer, Builder, CorrelationId, Datadog, Format, Part, Redaction, correlation_paths,
    },
};
use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt;

/// What a logger writes while `log` runs.
fn text(builder: Builder, log: impl FnOnce()) -> String {
    let written = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&written);
    let layer = builder
        .writer(move |line| sink.lock().unwrap().extend_from_slice(line))
        .layer();
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, log);
    let written = written.lock().unwrap().clone();
    String::from_utf8(written).unwrap()
}

fn lines(builder: Builder, log: impl FnOnce()) -> Vec<Value> {
    let text = text(builder, log);
    text.lines().map(parsed).collect()
}

/// The one line of a logger as it is unless set.
fn line(log: impl FnOnce()) -> Value {
    let mut lines = lines(logger::builder(), log);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

fn parsed(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// Within the span of an invocation, which is whatever span is outermost.
fn invocation<T>(log: impl FnOnce() -> T) -> T {
    tracing::info_span!("invocation").in_scope(log)
}

/// What a program writes that has these variables in its environment and no others: this test, run
/// again.
fn program(test: &str, variables: &[(&str, &str)], log: impl FnOnce()) -> String {
    if lambda::is_child() {
        lambda::begin();
        log();
        std::process::exit(0);
    }
    let mut command = lambda::again(test);
    command.envs(variables.iter().copied());
    lambda::run(command)
}

/// The same, its lines.
fn alone(test: &str, variables: &[(&str, &str)], log: impl FnOnce()) -> Vec<Value> {
    let output = program(test, variables, log);
    lambda::objects(&output).into_iter().map(parsed).collect()
}

/// The lines of a function in a process of its own: this test, run again.
fn function<const N: usize>(
    test: &str,
    variables: &[(&str, &str)],
    builder: impl FnOnce() -> Builder,
    invocations: [impl Into<Invocation>; N],
    handler: impl Fn(Value) -> Result<(), InvocationError> + Copy + Send + Sync + 'static,
) -> Vec<Value> {
    if lambda::is_child() {
        lambda::begin();
        builder().init();
        lambda::serve(handler);
        std::process::exit(0);
    }
    let mut command = lambda::again(test);
    command.envs(variables.iter().copied());
    let output = lambda::invoke(command, invocations.map(Into::into).into());
    lambda::objects(&output).into_iter().map(parsed).collect()
}

/// Logs one line.
fn hello(_: Value) -> Result<(), InvocationError> {
    tracing::info!("hello");
    Ok(())
}

fn values<'l>(lines: &'l [Value], key: &str) -> Vec<&'l Value> {
    lines.iter().map(|line| &line[key]).collect()
}

fn messages(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line["message"].as_str().unwrap())
        .collect()
}

#[test]
fn l01_a_line_has_five_keys_in_an_order() {
    let text = text(logger::builder(), || tracing::info!("hello"));

    let keys = ["level", "location", "message", "timestamp", "service"];
    let places = keys.map(|key| text.find(&format!("\"{key}\":")).unwrap());
    assert!(places.is_sorted(), "{text}");
    assert_eq!(text.matches('\n').count(), 1);
    assert!(text.ends_with("}\n"));
    assert_eq!(parsed(&text).as_object().unwrap().len(), keys.len());
}

#[test]
fn l02_l03_the_service_is_the_programs_then_the_environments_and_empty_is_unset() {
    for (variable, expected) in [
        (Some("shop"), "shop"),
        (None, "service_undefined"),
        (Some(""), "service_undefined"),
    ] {
        let name = "l02_l03_the_service_is_the_programs_then_the_environments_and_empty_is_unset";
        let variables: Vec<_> = variable
            .map(|value| ("POWERTOOLS_SERVICE_NAME", value))
            .into_iter()
            .collect();
        let lines = alone(name, &variables, || {
            let lines = lines(logger::builder().service("argument"), || {
                tracing::info!("hello");
            });
            assert_eq!(lines[0]["service"], "argument");
            logger::init();
            tracing::info!("hello");
        });
        assert_eq!(values(&lines, "service"), [expected], "{variable:?}");
    }
}

/// A form of lines with these parts under their usual names.
struct Parts(&'static [(Part, &'static str)]);

impl Format for Parts {
    fn parts(&self) -> Vec<(Part, Cow<'static, str>)> {
        let parts = self.0.iter();
        parts.map(|(part, key)| (*part, (*key).into())).collect()
    }
}

#[test]
fn l04_the_order_of_the_keys_can_be_another() {
    let form = Parts(&[
        (Part::Message, "message"),
        (Part::Level, "level"),
        (Part::Timestamp, "timestamp"),
    ]);
    let text = text(logger::builder().format(form), || tracing::info!("hello"));
    assert!(
        text.starts_with(r#"{"message":"hello","level":"INFO","timestamp":""#),
        "{text}"
    );
}

#[test]
fn l05_keys_can_be_left_off() {
    let form = Parts(&[
        (Part::Level, "level"),
        (Part::Message, "message"),
        (Part::Service, "service"),
    ]);
    let builder = logger::builder().service("shop").format(form);
    let text = text(builder, || tracing::info!("hello"));
    assert_eq!(
        text,
        "{\"level\":\"INFO\",\"message\":\"hello\",\"service\":\"shop\"}\n"
    );
}

#[test]
fn l06_the_trace_is_its_root_and_each_invocations_own() {
    let traced = |root: &str| Invocation {
        trace: Some(format!("Root={root};Parent=7995b41f98b1c6d4;Sampled=1")),
        ..Invocation::default()
    };
    let lines = function(
        "l06_the_trace_is_its_root_and_each_invocations_own",
        &[],
        logger::builder,
        [
            traced("1-5759e988-bd862e3fe1be46a994272793"),
            traced("1-5759e989-bd862e3fe1be46a994272793"),
            Invocation::default(),
        ],
        hello,
    );
    assert_eq!(
        lines[0]["xray_trace_id"],
        "1-5759e988-bd862e3fe1be46a994272793"
    );
    assert_eq!(
        lines[1]["xray_trace_id"],
        "1-5759e989-bd862e3fe1be46a994272793"
    );
    assert_eq!(lines[2].get("xray_trace_id"), None);
    assert_eq!(lines.len(), 3);

    let without = logger::builder().without_key("xray_trace_id");
    let traced = self::lines(without, || {
        let _span = tracing::info_span!("span", xray_trace_id = "1-5759e988", other = 1).entered();
        tracing::info!("hello");
    });
    assert_eq!(traced[0].get("xray_trace_id"), None);
    assert_eq!(traced[0]["other"], 1);
}

fn one_of_each_level() {
    tracing::trace!("trace");
    tracing::debug!("debug");
    tracing::info!("info");
    tracing::warn!("warn");
    tracing::error!("error");
}

const ALL: [&str; 5] = ["trace", "debug", "info", "warn", "error"];

#[test]
fn l07_l09_a_level_has_many_names() {
    for (level, from) in [
        ("TRACE", 0),
        ("debug", 1),
        ("INFO", 2),
        ("info", 2),
        ("", 2),
        ("WARN", 3),
        ("warning", 3),
        ("Error", 4),
        ("CRITICAL", 4),
    ] {
        let name = "l07_l09_a_level_has_many_names";
        let written = alone(name, &[("POWERTOOLS_LOG_LEVEL", level)], || {
            logger::init();
            one_of_each_level();
        });
        assert_eq!(messages(&written), ALL[from..], "{level}");
        let written = lines(logger::builder().level(level), one_of_each_level);
        assert_eq!(messages(&written), ALL[from..], "{level}");
    }
    let written = lines(
        logger::builder().level(logger::Level::WARN),
        one_of_each_level,
    );
    assert_eq!(messages(&written), ALL[3..]);
    assert_eq!(values(&written, "level"), ["WARN", "ERROR"]);
}

#[test]
fn l07_libraries_have_levels_of_their_own() {
    let name = "l07_libraries_have_levels_of_their_own";
    let variables = [(
        "POWERTOOLS_LOG_LEVEL",
        "debug,hyper_util=info,lambda_runtime=info",
    )];
    let lines = function(name, &variables, logger::builder, [json!({})], |_| {
        one_of_each_level();
        Ok(())
    });
    assert_eq!(messages(&lines), ALL[1..]);
}

#[test]
fn l08_a_level_that_is_none_is_told_and_info_is_used() {
    for level in ["50", "BOGUS"] {
        let name = "l08_a_level_that_is_none_is_told_and_info_is_used";
        let lines = alone(name, &[("POWERTOOLS_LOG_LEVEL", level)], || {
            logger::init();
            one_of_each_level();
        });
        let told = format!(
            "POWERTOOLS_LOG_LEVEL is `{level}`, where `{level}` is no level; it is ignored"
        );
        assert_eq!(messages(&lines), [&*told, "info", "warn", "error"]);
        assert_eq!(lines[0]["level"], "WARN");
    }
}

#[test]
fn l10_l11_l12_lambdas_level_wins_and_a_disagreement_is_told() {
    for (lambda, program, told, from) in [
        (
            "DEBUG",
            Some("info"),
            Some("the logger's level is `info`, but AWS_LAMBDA_LOG_LEVEL is debug and wins"),
            1,
        ),
        (
            "INFO",
            Some("debug"),
            Some("the logger's level is `debug`, but AWS_LAMBDA_LOG_LEVEL is info and wins"),
            2,
        ),
        ("INFO", Some("info"), None, 2),
        ("WARN", None, None, 3),
        ("TRACE", None, None, 0),
        ("FATAL", None, None, 4),
        (
            "BOGUS",
            None,
            Some("AWS_LAMBDA_LOG_LEVEL is `BOGUS`, which is no level; it is ignored"),
            2,
        ),
        ("", Some("debug"), None, 1),
    ] {
        let name = "l10_l11_l12_lambdas_level_wins_and_a_disagreement_is_told";
        let mut variables = vec![("AWS_LAMBDA_LOG_LEVEL", lambda)];
        variables.extend(program.map(|level| ("LEVEL", level)));
        let lines = alone(name, &variables, || {
            let mut builder = logger::builder();
            if let Ok(level) = std::env::var("LEVEL") {
                builder = builder.level(level);
            }
            builder.init();
            one_of_each_level();
        });
        let expected: Vec<_> = told.iter().chain(&ALL[from..]).copied().collect();
        assert_eq!(messages(&lines), expected, "{lambda} {program:?}");
    }
}

#[test]
fn l13_l14_l15_l16_a_sample_is_a_share_of_invocations_and_keeps_to_lambdas_level() {
    let name = "l13_l14_l15_l16_a_sample_is_a_share_of_invocations_and_keeps_to_lambdas_level";
    let run = |rate: &str, lambda: &str| {
        let variables = [
            ("POWERTOOLS_LOGGER_SAMPLE_RATE", rate),
            ("AWS_LAMBDA_LOG_LEVEL", lambda),
        ];
        alone(name, &variables, || {
            logger::init();
            tracing::debug!("outside of any invocation");
            invocation(one_of_each_level);
        })
    };

    let sampled = run("1", "");
    assert_eq!(messages(&sampled), ALL[1..]);
    assert_eq!(sampled[0]["level"], "DEBUG");
    for line in &sampled {
        assert_eq!(line["sampling_rate"], 1.0);
    }
    let not = run("0", "");
    assert_eq!(messages(&not), ALL[2..]);
    assert_eq!(not[0]["sampling_rate"], 0.0);
    let empty = run("", "");
    assert_eq!(messages(&empty), ALL[2..]);
    assert_eq!(empty[0].get("sampling_rate"), None);
    for rate in ["abc", "2", "-1", "NaN"] {
        let told = format!(
            "POWERTOOLS_LOGGER_SAMPLE_RATE is `{rate}`, which is no number from 0 to 1; \
             nothing is sampled"
        );
        assert_eq!(messages(&run(rate, "")), [&*told, "info", "warn", "error"]);
    }
    let told = |level: &str| {
        format!(
            "lines at debug are to be sampled or held back, but AWS_LAMBDA_LOG_LEVEL is {level} and \
             wins"
        )
    };
    assert_eq!(messages(&run("1", "ERROR")), ALL[4..]);
    for (lambda, from) in [("info", 2), ("warn", 3)] {
        let told = told(lambda);
        let expected = [&[&*told], &ALL[from..]].concat();
        assert_eq!(messages(&run("1", lambda)), expected, "{lambda}");
    }
}

#[test]
fn l17_l18_an_invocation_says_which_it_is_and_whether_it_is_the_first() {
    let name = "l17_l18_an_invocation_says_which_it_is_and_whether_it_is_the_first";
    let lines = function(name, &[], logger::builder, [json!({}), json!({})], hello);

    for (number, line) in lines.iter().enumerate() {
        assert_eq!(line["cold_start"], number == 0);
        assert_eq!(line["function_name"], lambda::NAME);
        assert_eq!(line["function_memory_size"], 128);
        assert_eq!(line["function_arn"], lambda::ARN);
        assert_eq!(line["function_request_id"], format!("request-{number}"));
    }
    assert_eq!(lines.len(), 2);
}

#[test]
fn l19_with_provisioned_concurrency_nothing_starts_cold() {
    let name = "l19_with_provisioned_concurrency_nothing_starts_cold";
    for (kind, expected) in [("provisioned-concurrency", false), ("on-demand", true)] {
        let variables = [("AWS_LAMBDA_INITIALIZATION_TYPE", kind)];
        let lines = function(name, &variables, logger::builder, [json!({})], hello);
        assert_eq!(lines[0]["cold_start"], expected, "{kind}");
    }
}

#[test]
fn l20_events_are_logged_when_asked_for_and_redacted() {
    let name = "l20_events_are_logged_when_asked_for_and_redacted";
    for (variable, argument, expected) in [
        ("true", "", true),
        ("", "yes", true),
        ("false", "", false),
        ("", "", false),
    ] {
        let variables = [
            ("POWERTOOLS_LOGGER_LOG_EVENT", variable),
            ("ARGUMENT", argument),
        ];
        let builder = || match std::env::var("ARGUMENT") {
            Ok(argument) if argument == "yes" => logger::builder().log_event(),
            _ => logger::builder(),
        };
        let event = json!({"id": 7, "user": {"password": "x", "name": "ann"}});
        let lines = function(name, &variables, builder, [event], hello);
        if expected {
            assert_eq!(messages(&lines), ["Lambda invocation event", "hello"]);
            assert_eq!(
                lines[0]["event"],
                json!({"id": 7, "user": {"password": "[redacted]", "name": "ann"}})
            );
            assert_eq!(lines[0]["level"], "INFO");
        } else {
            assert_eq!(messages(&lines), ["hello"]);
        }
    }
}

/// The lines of invocations with these events.
fn correlated(place: impl Into<CorrelationId>, events: &[Value]) -> Vec<Value> {
    lines(logger::builder().correlation_id(place), || {
        for event in events {
            invocation(|| {
                logger::observe_event(event.to_string().as_bytes());
                tracing::info!("hello");
            });
        }
    })
}

#[test]
fn l21_the_correlation_id_is_where_a_path_leads() {
    let name = "l21_the_correlation_id_is_where_a_path_leads";
    let builder = || logger::builder().correlation_id("requestContext.requestId");
    let event = json!({"requestContext": {"requestId": "r-1"}});
    let lines = function(name, &[], builder, [event, json!({})], hello);

    assert_eq!(lines[0]["correlation_id"], "r-1");
    assert_eq!(lines[1].get("correlation_id"), None);
    assert_eq!(lines.len(), 2);
}

#[test]
fn l22_a_function_finds_what_no_path_leads_to() {
    let event = json!({"Records": [{"body": "{\"id\":\"inner\"}"}]});
    let within = CorrelationId::from_fn(|event| {
        let body = event["Records"][0]["body"].as_str()?;
        let body: Value = serde_json::from_str(body).ok()?;
        Some(body["id"].as_str()?.to_owned())
    });
    assert_eq!(
        correlated(within, std::slice::from_ref(&event))[0]["correlation_id"],
        "inner"
    );

    let lines = correlated("Records[*].powertools_json(body).id", &[event]);
    assert_eq!(
        messages(&lines),
        [
            "`Records[*].powertools_json(body).id` is no path of names and indices, so no line has a \
             correlation id; `CorrelationId::from_fn` finds what is harder to find",
            "hello"
        ]
    );
    assert_eq!(lines[1].get("correlation_id"), None);
}

#[test]
fn l23_l24_l25_keys_are_appended_replaced_and_removed() {
    let lines = lines(logger::builder(), || {
        invocation(|| {
            logger::append_keys([("tenant", "acme"), ("plan", "free")]);
            tracing::info!("both");
            logger::append_keys([("tenant", "other")]);
            logger::remove_keys(["plan"]);
            tracing::info!("one");
            logger::append_keys([("null", None::<u8>), ("tenant", None)]);
            tracing::info!("none");
        });
    });
    assert_eq!(
        (&lines[0]["tenant"], &lines[0]["plan"]),
        (&json!("acme"), &json!("free"))
    );
    assert_eq!(lines[1]["tenant"], "other");
    assert_eq!(lines[1].get("plan"), None);
    assert_eq!(lines[2].get("null"), None);
    assert_eq!(lines[2].get("tenant"), None);
}

#[test]
fn l26_nulls_and_empty_texts_within_values_are_kept() {
    let nested = json!({"a": {"c": null, "d": ""}, "list": [null, ""]});
    let line = line(|| {
        invocation(|| {
            logger::append_keys([("appended", &nested)]);
            tracing::info!(nested = logger::json(&nested), empty = "", "hello");
        });
    });
    assert_eq!(line["nested"], nested);
    assert_eq!(line["appended"], nested);
    assert_eq!(line["empty"], "");
}

#[test]
fn l27_a_lines_own_keys_are_on_it_alone() {
    let lines = lines(logger::builder(), || {
        invocation(|| {
            tracing::info!(order_id = 7, paid = true, "with");
            tracing::info!("without");
        });
    });
    assert_eq!(
        (&lines[0]["order_id"], &lines[0]["paid"]),
        (&json!(7), &json!(true))
    );
    assert_eq!(lines[1].get("order_id"), None);
}

#[test]
fn l28_an_invocation_begins_without_the_keys_of_the_one_before() {
    let lines = function(
        "l28_an_invocation_begins_without_the_keys_of_the_one_before",
        &[],
        || logger::builder().key("team", "checkout"),
        [json!({"adds": true}), json!({"adds": false})],
        |event| {
            if event["adds"] == true {
                logger::append_keys([("step", "one")]);
            }
            hello(event)
        },
    );
    assert_eq!(lines[0]["step"], "one");
    assert_eq!(lines[1].get("step"), None);
    for line in &lines {
        assert_eq!(line["team"], "checkout");
        assert_eq!(line["function_name"], lambda::NAME);
        assert_eq!(line["service"], "service_undefined");
    }
    assert_eq!(lines.len(), 2);
}

#[test]
fn l29_what_a_scope_has_shadowed_is_there_after_it() {
    let lines = lines(logger::builder(), || {
        invocation(|| {
            logger::append_keys([("step", "one")]);
            let scope = logger::scoped_keys([("step", "two"), ("more", "yes")]);
            tracing::info!("inside");
            drop(scope);
            tracing::info!("outside");
        });
    });
    assert_eq!(
        (&lines[0]["step"], &lines[0]["more"]),
        (&json!("two"), &json!("yes"))
    );
    assert_eq!(lines[1]["step"], "one");
    assert_eq!(lines[1].get("more"), None);
}

#[test]
fn l30_a_standard_key_is_not_to_be_had() {
    let builder = logger::builder().service("shop").key("level", "always");
    let lines = lines(builder, || {
        invocation(|| {
            logger::append_keys([("level", "LOUD"), ("service", "other"), ("message", "no")]);
            tracing::info!(timestamp = "never", location = "nowhere", "hello");
        });
    });
    let line = &lines[0];
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["service"], "shop");
    assert_eq!(line["message"], "hello");
    assert_eq!(line["field.level"], "LOUD");
    assert_eq!(line["field.service"], "other");
    assert_eq!(line["field.message"], "no");
    assert_eq!(line["field.timestamp"], "never");
    assert_eq!(line["field.location"], "nowhere");
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    assert!(line["location"].as_str().unwrap().starts_with("logging:"));
}

#[test]
fn l31_l32_l33_l34_a_message_is_a_text_whatever_it_looks_like() {
    let map = json!({"a": 1});
    let lines = lines(logger::builder(), || {
        tracing::info!(message = 1.5);
        tracing::info!(message = true);
        tracing::info!("{}", map);
        tracing::info!("{:?}", logger::json(&map));
        tracing::info!(message = logger::json(&[1, 2]));
        tracing::info!("{}", r#"{"x":"isx"}"#);
        tracing::info!("123");
        tracing::info!("true");
        tracing::info!("null");
        tracing::info!("foo {} {:?}", "bar", [Some(1), None]);
    });
    assert_eq!(
        messages(&lines),
        [
            "1.5",
            "true",
            r#"{"a":1}"#,
            r#"{"a":1}"#,
            "[1,2]",
            r#"{"x":"isx"}"#,
            "123",
            "true",
            "null",
            "foo bar [Some(1), None]",
        ]
    );
}

#[test]
fn l35_l36_a_value_is_as_its_type_says() {
    /// A day as this application writes it.
    struct Day;

    impl fmt::Display for Day {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("2020-01-01")
        }
    }

    impl serde::Serialize for Day {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(self)
        }
    }

    #[derive(Debug)]
    #[expect(dead_code, reason = "Debug reads it")]
    struct Plain(u8);

    let no_json = BTreeMap::from([((1, 2), 3)]);
    let line = line(|| {
        tracing::info!(
            display = %Day,
            debug = ?Plain(1),
            nested = logger::json(&[Day, Day]),
            set = logger::json(&std::collections::BTreeSet::from([1, 2])),
            bytes = &b"x"[..],
            refused = logger::json(&no_json),
            "hello"
        );
    });
    assert_eq!(line["display"], "2020-01-01");
    assert_eq!(line["debug"], "Plain(1)");
    assert_eq!(line["nested"], json!(["2020-01-01", "2020-01-01"]));
    assert_eq!(line["set"], json!([1, 2]));
    assert_eq!(line["bytes"], "x");
    assert_eq!(
        line["refused"],
        "[does not serialise: key must be a string]"
    );
}

#[test]
fn l37_what_is_no_number_in_json_is_a_text() {
    let line = line(|| {
        tracing::info!(
            nan = f64::NAN,
            up = f64::INFINITY,
            down = f64::NEG_INFINITY,
            single = f32::NAN,
            nested = logger::json(&[f64::NAN]),
            "hello"
        );
    });
    assert_eq!(line["nan"], "NaN");
    assert_eq!(line["single"], "NaN");
    assert_eq!(line["up"], "inf");
    assert_eq!(line["down"], "-inf");
    assert_eq!(line["nested"], json!([null]));
}

#[test]
fn l38_text_beyond_ascii_is_written_as_it_is() {
    let text = text(logger::builder(), || {
        invocation(|| {
            logger::append_keys([("schlüssel", "ключ")]);
            tracing::info!("47業レルし化" = "🙂", "47業レルし化");
        });
    });
    for part in [
        r#""message":"47業レルし化""#,
        r#""47業レルし化":"🙂""#,
        r#""schlüssel":"ключ""#,
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn l39_a_line_is_one_line() {
    let message = "one\ntwo\r\n\"three\" \\ \u{0}\u{1b}[31m\u{2028}";
    let text = text(logger::builder(), || {
        tracing::info!(key = message, "{message}")
    });
    assert_eq!(text.lines().count(), 1);
    assert!(
        text.contains(r#""message":"one\ntwo\r\n\"three\" \\ \u0000"#),
        "{text}"
    );
    let line = parsed(&text);
    assert_eq!(line["message"], message);
    assert_eq!(line["key"], message);
}

/// An error with a cause.
#[derive(Debug, thiserror::Error)]
#[error("no order")]
struct NoOrder(#[from] std::num::ParseIntError);

fn no_order() -> NoOrder {
    "x".parse::<u64>().unwrap_err().into()
}

#[test]
fn l40_l41_an_error_has_its_type_its_text_and_its_causes() {
    let error = no_order();
    let line = line(|| {
        tracing::error!(
            error = logger::error(&error),
            erased = &error as &dyn std::error::Error,
            "failed"
        );
    });
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["message"], "failed");
    assert_eq!(
        line["error"],
        json!({
            "type": "logging::NoOrder",
            "message": "no order",
            "causes": ["invalid digit found in string"],
        })
    );
    assert_eq!(
        line["erased"],
        json!({"message": "no order", "causes": ["invalid digit found in string"]})
    );
    for key in ["exception", "exception_name", "stack_trace"] {
        assert_eq!(line.get(key), None);
    }
}

#[test]
fn l42_the_names_that_others_give_to_errors_are_names_like_any_other() {
    let line = line(|| {
        let stack_trace = json!({"frames": []});
        tracing::info!(
            exception = "text",
            exception_name = "ValueError",
            stack_trace = logger::json(&stack_trace),
            error = 7,
            "hello"
        );
    });
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["exception"], "text");
    assert_eq!(line["exception_name"], "ValueError");
    assert_eq!(line["stack_trace"], json!({"frames": []}));
    assert_eq!(line["error"], 7);
}

/// `2026-11-21T00:33:59.412Z`.
fn is_utc_with_milliseconds(time: &str) -> bool {
    let like = "0000-00-00T00:00:00.000Z";
    time.len() == like.len()
        && time
            .bytes()
            .zip(like.bytes())
            .all(|(byte, like)| match like {
                b'0' => byte.is_ascii_digit(),
                like => byte == like,
            })
}

#[test]
fn l43_l44_a_timestamp_is_utc_wherever_the_function_is() {
    for zone in ["", "UTC", "America/New_York"] {
        let name = "l43_l44_a_timestamp_is_utc_wherever_the_function_is";
        let hour = || {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            format!("{:02}", now.as_secs() / 3600 % 24)
        };
        let before = hour();
        let lines = alone(name, &[("TZ", zone)], || {
            logger::init();
            tracing::info!("hello");
        });
        let time = lines[0]["timestamp"].as_str().unwrap();
        assert!(is_utc_with_milliseconds(time), "{time}");
        assert!(
            [before, hour()].contains(&time[11..13].to_owned()),
            "{time}"
        );
    }
}

#[test]
fn l45_datadogs_form_has_datadogs_keys() {
    let error = no_order();
    let builder = logger::builder().service("shop").format(Datadog);
    let lines = lines(builder, || {
        tracing::warn!(error = logger::error(&error), order_id = 7, "hello");
    });
    let line = &lines[0];
    assert_eq!(line["status"], "warn");
    assert_eq!(line["message"], "hello");
    assert_eq!(line["service"], "shop");
    assert_eq!(line["order_id"], 7);
    assert!(
        line["logger.name"]
            .as_str()
            .unwrap()
            .starts_with("logging:")
    );
    assert!(is_utc_with_milliseconds(
        line["timestamp"].as_str().unwrap()
    ));
    assert_eq!(
        line["error"],
        json!({
            "kind": "logging::NoOrder",
            "message": "no order",
            "stack": "invalid digit found in string",
        })
    );
    assert_eq!(line.get("level"), None);
}

#[test]
fn l46_a_developer_reads_lines_for_a_person() {
    let name = "l46_a_developer_reads_lines_for_a_person";
    let run = |format: &str| {
        let variables = [
            ("POWERTOOLS_DEV", "true"),
            ("AWS_LAMBDA_LOG_FORMAT", format),
        ];
        program(name, &variables, || {
            logger::init();
            tracing::info!(order_id = 7, "looking up");
        })
    };
    for format in ["", "Text"] {
        let output = run(format);
        let line = output.lines().last().unwrap();
        assert!(
            line.contains("  INFO looking up  order_id=7  logging:"),
            "{output}"
        );
        assert!(!line.contains('\u{1b}'), "a pipe has no colours: {output}");
    }
    // Lambda reads the lines, and has to be able to.
    let output = run("JSON");
    let lines: Vec<_> = lambda::objects(&output).into_iter().map(parsed).collect();
    assert_eq!(
        messages(&lines),
        [
            "lines for a person were asked for, but AWS_LAMBDA_LOG_FORMAT is JSON and wins",
            "looking up"
        ]
    );
}

#[test]
fn l47_a_spans_keys_are_on_the_lines_within_it_and_no_others() {
    let lines = lines(logger::builder(), || {
        invocation(|| {
            tracing::info_span!("payment", step = "payment").in_scope(|| {
                tracing::info!("inner");
                logger::append_keys([("user", "ann")]);
            });
            tracing::info!("outer");
        });
    });
    assert_eq!(lines[0]["step"], "payment");
    assert_eq!(lines[1].get("step"), None);
    assert_eq!(lines[1]["user"], "ann");
}

#[test]
fn l48_a_second_logger_writes_nothing_twice() {
    let name = "l48_a_second_logger_writes_nothing_twice";
    let lines = alone(name, &[], || {
        logger::init();
        logger::builder().service("second").init();
        tracing::info!("hello");
    });
    let told = "the logger was not set up: there is a subscriber already, and it stays";
    assert_eq!(messages(&lines), [told, "hello"]);
    assert_eq!(lines[1]["service"], "service_undefined");
}

#[test]
fn l49_what_must_not_be_told_is_redacted_unless_that_is_switched_off() {
    let log = || tracing::info!(api_key = "abc", "hello");
    for (redaction, expected) in [
        (Redaction::default(), "[redacted]"),
        (Redaction::none().name("api_key"), "[redacted]"),
        (Redaction::none(), "abc"),
    ] {
        let lines = lines(logger::builder().redaction(redaction), log);
        assert_eq!(lines[0]["api_key"], expected);
    }
}

#[test]
fn l50_an_error_writes_what_was_held_back_before_itself() {
    let lines = lines(logger::builder().buffer(Buffer::default()), || {
        invocation(|| {
            tracing::debug!("d1");
            tracing::info!("i1");
            tracing::debug!("d2");
            tracing::error!("e1");
        });
    });
    assert_eq!(messages(&lines), ["i1", "d1", "d2", "e1"]);
    let times = values(&lines, "timestamp");
    let time = |place: usize| times[place].as_str().unwrap();
    assert!(time(1) <= time(0), "a held line keeps its time: {times:?}");
}

/// WARN and below, until it is flushed.
fn held_until_flushed() -> Builder {
    let buffer = Buffer::default().level(logger::Level::WARN);
    logger::builder().buffer(buffer.without_flush_on_error())
}

#[test]
fn l51_what_is_held_back_is_written_when_asked_for() {
    let lines = lines(held_until_flushed(), || {
        invocation(|| {
            tracing::debug!("d1");
            tracing::info!("i1");
            tracing::warn!("w1");
            tracing::error!("e1");
            logger::flush_buffer();
        });
    });
    assert_eq!(messages(&lines), ["e1", "d1", "i1", "w1"]);
}

#[test]
fn l52_outside_of_an_invocation_nothing_is_held_back_or_lost() {
    let lines = lines(held_until_flushed(), || {
        tracing::info!("i1");
        tracing::warn!("w1");
        tracing::error!("e1");
    });
    assert_eq!(messages(&lines), ["i1", "w1", "e1"]);

    // Within one, a trace id is not asked for.
    let lines = function(
        "l52_outside_of_an_invocation_nothing_is_held_back_or_lost",
        &[],
        held_until_flushed,
        [json!({})],
        |_| {
            tracing::info!("i1");
            tracing::warn!("w1");
            logger::flush_buffer();
            Ok(())
        },
    );
    assert_eq!(messages(&lines), ["i1", "w1"]);
    assert_eq!(lines[0].get("xray_trace_id"), None);
}

#[test]
fn l53_a_full_buffer_loses_the_oldest_lines_and_says_so() {
    let debug = || {
        for number in 0..8 {
            tracing::debug!("debug {number}");
        }
        logger::flush_buffer();
    };
    let whole = text(logger::builder().level("debug"), || invocation(debug));
    let half = Buffer::default().bytes(whole.len() / 2);
    let lines = lines(logger::builder().buffer(half), || invocation(debug));
    assert_eq!(
        messages(&lines),
        [
            "debug 4",
            "debug 5",
            "debug 6",
            "debug 7",
            "the buffer was too small: 4 older lines not written"
        ]
    );
    assert_eq!(lines[4]["level"], "WARN");
}

#[test]
fn l54_a_line_larger_than_the_buffer_is_written_at_once() {
    let long = "long".repeat(300);
    let small = Buffer::default().bytes(500);
    let lines = lines(logger::builder().buffer(small), || {
        invocation(|| tracing::debug!("{long}"));
    });
    assert_eq!(
        messages(&lines),
        [
            &*long,
            "a line is larger than the buffer; it was written at once"
        ]
    );
    assert_eq!(lines[1]["level"], "WARN");
}

#[test]
fn l55_a_failure_writes_what_was_held_back_and_an_end_forgets_it() {
    let lines = function(
        "l55_a_failure_writes_what_was_held_back_and_an_end_forgets_it",
        &[],
        || logger::builder().buffer(Buffer::default()),
        [json!("ends"), json!("panics"), json!("fails")],
        |event| {
            tracing::debug!("{}", event.as_str().unwrap());
            match event.as_str() {
                Some("panics") => panic!("on purpose"),
                Some("fails") => Err(InvocationError::new("Failed", "on purpose")),
                _ => Ok(()),
            }
        },
    );
    assert_eq!(
        messages(&lines),
        [
            "panics",
            "panicked: on purpose",
            "the invocation failed: HandlerPanicked: the handler panicked: on purpose",
            "fails",
            "the invocation failed: Failed: on purpose",
        ]
    );
    let ids = values(&lines, "function_request_id");
    assert_eq!(ids[..2], ["request-1", "request-1"]);
    assert_eq!(ids[3..], ["request-2", "request-2"]);
}

#[test]
fn l56_the_places_of_ids_have_names() {
    let event = |file: &str| -> Value {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/events");
        let text = fs::read_to_string(path.join(file).with_extension("json")).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    // No sample event of VPC Lattice has been traced.
    let traced = json!({"headers": {"x-amzn-trace-id": "Root=1-a"}});
    for (path, text, event, expected) in [
        (
            correlation_paths::API_GATEWAY_REST,
            "requestContext.requestId",
            event("apiGatewayProxyEvent"),
            "id=",
        ),
        (
            correlation_paths::API_GATEWAY_HTTP,
            "requestContext.requestId",
            event("apiGatewayProxyV2Event"),
            "id",
        ),
        (
            correlation_paths::APPSYNC_RESOLVER,
            r#"request.headers."x-amzn-trace-id""#,
            event("appSyncResolverEvent"),
            "Root=1-60488877-0b0c4e6727ab2a1c545babd0",
        ),
        (
            correlation_paths::APPSYNC_AUTHORIZER,
            "requestContext.requestId",
            event("appSyncAuthorizerEvent"),
            "b80ed838-14c6-4500-b4c3-b694c7bef086",
        ),
        (
            correlation_paths::APPLICATION_LOAD_BALANCER,
            r#"headers."x-amzn-trace-id""#,
            event("albEvent"),
            "Root=1-5c536348-3d683b8b04734faae651f476",
        ),
        (
            correlation_paths::EVENT_BRIDGE,
            "id",
            event("eventBridgeEvent"),
            "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        ),
        (
            correlation_paths::LAMBDA_FUNCTION_URL,
            "requestContext.requestId",
            event("lambdaFunctionUrlEvent"),
            "id",
        ),
        (
            correlation_paths::S3_OBJECT_LAMBDA,
            "xAmzRequestId",
            event("s3ObjectEventIAMUser"),
            "1a5ed718-5f53-471d-b6fe-5cf62d88d02a",
        ),
        (
            correlation_paths::VPC_LATTICE,
            r#"headers."x-amzn-trace-id""#,
            traced,
            "Root=1-a",
        ),
    ] {
        assert_eq!(path, text);
        let lines = correlated(path, &[event]);
        assert_eq!(lines[0]["correlation_id"], expected, "{path}");
    }
}
