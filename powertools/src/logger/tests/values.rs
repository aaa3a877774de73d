//! What is on one line.

use super::*;

#[test]
fn a_line_has_the_standard_keys_in_order_and_then_its_own() {
    let line = text(builder(), || {
        let span = tracing::info_span!("invocation", cold_start = true);
        let _entered = span.enter();
        tracing::info!(order_id = 7, "hello");
    });
    assert_eq!(
        keys(&line),
        [
            "level",
            "location",
            "message",
            "timestamp",
            "service",
            "order_id",
            "cold_start"
        ]
    );
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["service"], "shop");
    assert_eq!(line["order_id"], 7);
    let location = line["location"].as_str().unwrap();
    assert!(
        location.starts_with("powertools::logger::tests::values:"),
        "{location}"
    );
    assert_eq!(line["timestamp"].as_str().unwrap().len(), 24);
}

#[test]
fn the_innermost_value_of_a_key_wins() {
    let lines = lines(builder(), || {
        let outer = tracing::info_span!("outer", a = 1, b = 1, c = 1, d = 1);
        let _outer = outer.enter();
        append_keys([("d", 4)]);
        let inner = tracing::info_span!("inner", b = 2, c = tracing::field::Empty);
        inner.record("c", 3);
        let _inner = inner.enter();
        tracing::info!(b = 9, "x");
        tracing::info!("y");
        append_keys([("b", 5), ("a", 6)]);
        tracing::info!("z");
    });
    let values = |line: &Value| ["a", "b", "c", "d"].map(|key| line[key].as_i64().unwrap());
    assert_eq!(values(&lines[0]), [1, 9, 3, 4]);
    assert_eq!(values(&lines[1]), [1, 2, 3, 4]);
    assert_eq!(values(&lines[2]), [6, 5, 3, 4]);
}

#[test]
fn many_keys_of_any_name_are_there_once_each() {
    // So many that their marks cannot all differ.
    let lines = lines(builder().key("k3", "always").key("k400", "always"), || {
        let outer = tracing::info_span!("outer", k1 = 1, k2 = 1, k3 = 1, k100 = 1);
        let _outer = outer.enter();
        append_keys((0..300).map(|n| (format!("k{n}"), n)));
        append_keys((0..300).map(|n| (format!("k{n}"), n + 1000)));
        let inner = tracing::info_span!("inner", k2 = 2, k200 = 2);
        let _inner = inner.enter();
        tracing::info!(k5 = 5, k2 = 7, "x");
    });
    let line = lines[0].as_object().unwrap();
    assert_eq!(line.len(), 5 + 300 + 1);
    assert_eq!(line["k2"], 7);
    assert_eq!(line["k5"], 5);
    assert_eq!(line["k200"], 1200);
    assert_eq!(line["k1"], 1001);
    assert_eq!(line["k3"], 1003);
    assert_eq!(line["k400"], "always");
}

#[test]
fn every_value_makes_valid_json() {
    let lines = lines(builder(), || {
        tracing::info!(
            nan = f64::NAN,
            infinite = f64::INFINITY,
            huge = u128::MAX,
            small = i128::MIN,
            text = "a\"b\\c\n\u{1b}[31m\u{0}",
            none = None::<u8>,
            flag = true,
            display = %"x\ny",
            debug = ?Some("x"),
            bytes = &b"a\xffb"[..],
            "one\ntwo"
        );
        tracing::info!(message = 5);
        tracing::info!(n = 1);
        tracing::info!(r#type = "raw", "x");
    });
    let line = &lines[0];
    assert_eq!(line["nan"], "NaN");
    assert_eq!(line["infinite"], "inf");
    assert!(line["huge"].as_f64().unwrap() > 3.4e38);
    assert!(line["small"].as_f64().unwrap() < -1.7e38);
    assert_eq!(line["text"], "a\"b\\c\n\u{1b}[31m\u{0}");
    assert_eq!(line.get("none"), None);
    assert_eq!(line["flag"], true);
    assert_eq!(line["display"], "x\ny");
    assert_eq!(line["debug"], "Some(\"x\")");
    assert_eq!(line["bytes"], "a\u{fffd}b");
    assert_eq!(line["message"], "one\ntwo");
    assert_eq!(lines[1]["message"], "5");
    assert_eq!(lines[2]["message"], "");
    assert_eq!(lines[3]["type"], "raw");
}

#[test]
fn a_key_of_a_standard_part_is_moved_and_not_lost() {
    let lines = lines(builder(), || {
        let span = tracing::info_span!("span", message = "of the span", timestamp = 7);
        let _entered = span.enter();
        append_keys([("location", "here")]);
        tracing::info!(level = "LOUD", service = "other", "hello");
    });
    let line = &lines[0];
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["service"], "shop");
    assert_eq!(line["message"], "hello");
    assert_eq!(line["field.level"], "LOUD");
    assert_eq!(line["field.service"], "other");
    assert_eq!(line["field.message"], "of the span");
    assert_eq!(line["field.timestamp"], 7);
    assert_eq!(line["field.location"], "here");
}

#[test]
fn nested_values_and_errors_are_more_than_text() {
    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);
    impl fmt::Display for Outer {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("no order")
        }
    }
    impl std::error::Error for Outer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    let failed = Outer("x".parse::<u8>().unwrap_err());
    let order = serde_json::json!({"id": 7, "lines": ["a\u{9b}", "b"]});
    let raw = RawValue::from_string("{\n\"a\":1}".to_owned()).unwrap();
    let broken = std::collections::BTreeMap::from([((1, 2), 3)]);
    let lines = lines(builder(), || {
        tracing::info!(
            order = json(&order),
            raw = json(&raw),
            broken = json(&broken),
            within = ?(json(&1), 2),
            typed = error(&failed),
            erased = &failed as &dyn std::error::Error,
            "order {:?}",
            json(&order)
        );
    });
    let line = &lines[0];
    assert_eq!(line["order"], order);
    assert_eq!(line["raw"]["a"], 1);
    assert_eq!(line["broken"], "[does not serialise: key must be a string]");
    assert_eq!(line["within"], "(1, 2)");
    assert_eq!(line["message"], format!("order {order}"));
    assert_eq!(line["erased"]["message"], "no order");
    assert_eq!(line["erased"]["causes"][0], "invalid digit found in string");
    assert_eq!(line["typed"]["causes"], line["erased"]["causes"]);
    let kind = line["typed"]["type"].as_str().unwrap();
    assert!(kind.ends_with("::Outer"), "{kind}");
}

#[test]
fn what_must_not_be_told_is_not() {
    let builder = builder().redaction(Redaction::default().path("order.customer.email"));
    let line = text(builder.key("api_key", "hidden-1"), || {
        let span = tracing::info_span!("span", authorization = "hidden-2");
        let _entered = span.enter();
        append_keys([("client_secret", "hidden-3")]);
        append_keys([(
            "nested",
            serde_json::json!({"a": [{"password": "hidden-4"}]}),
        )]);
        let order = serde_json::json!({"customer": {"email": "hidden-5", "name": "ann"}});
        tracing::info!(
            password = "hidden-6",
            order = json(&order),
            secret = ?Secret::new("hidden-7"),
            wrapped = %Secret::new("hidden-8"),
            "hello"
        );
    });
    assert!(!line.contains("hidden"), "{line}");
    assert!(line.contains("\"name\":\"ann\""), "{line}");
    assert_eq!(line.matches("[redacted]").count(), 8, "{line}");
}

#[test]
fn a_value_whose_debug_panics_or_logs_harms_only_itself() {
    struct Bomb;
    impl fmt::Debug for Bomb {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("on purpose")
        }
    }
    struct Chatty;
    impl fmt::Debug for Chatty {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            tracing::info!("from within");
            formatter.write_str("chatty")
        }
    }
    let lines = lines(builder(), || {
        let span = tracing::info_span!("outer", a = 1, b = tracing::field::Empty);
        let record = || span.record("b", tracing::field::debug(Bomb));
        let recorded = std::panic::catch_unwind(std::panic::AssertUnwindSafe(record));
        assert!(recorded.is_err());
        let _entered = span.enter();
        let log = || tracing::info!(before = 1, bomb = ?Bomb, "never written");
        let logged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(log));
        assert!(logged.is_err());
        tracing::info!(chatty = ?Chatty, "still here");
    });
    let last = lines.last().unwrap();
    assert_eq!(last["message"], "still here");
    assert_eq!(last["a"], 1);
    assert_eq!(last["chatty"], "chatty");
    assert_eq!(last.get("before"), None);
}

#[test]
fn a_line_that_is_too_long_is_cut() {
    let lines = lines(builder().max_bytes(1000), || {
        tracing::info!(n = 7, "{}", "long ".repeat(1000));
        tracing::info!("short");
    });
    assert!(
        lines[0]["message"]
            .as_str()
            .unwrap()
            .starts_with("long long")
    );
    assert_eq!(lines[0]["n"], 7);
    assert!(lines[0]["truncated_bytes"].as_u64().unwrap() > 5000);
    assert_eq!(lines[1].get("truncated_bytes"), None);
}

#[test]
fn a_form_of_lines_has_its_own_keys_and_order() {
    let line = text(builder().format(Datadog), || {
        let failed = "x".parse::<u8>().unwrap_err();
        tracing::warn!(error = error(&failed), level = "x", status = 200, "hello");
    });
    assert_eq!(
        keys(&line),
        [
            "status",
            "logger.name",
            "message",
            "timestamp",
            "service",
            "error",
            "level",
            "http.status_code"
        ]
    );
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["status"], "warn");
    assert_eq!(line["error"]["kind"], "core::num::error::ParseIntError");

    struct Bare;
    impl Format for Bare {
        fn parts(&self) -> Vec<(Part, std::borrow::Cow<'static, str>)> {
            Vec::new()
        }
    }
    assert_eq!(text(builder().format(Bare), || tracing::info!("x")), "{}\n");
    let line = text(builder().format(Bare), || tracing::info!(a = 1, b = 2, "x"));
    assert_eq!(line, "{\"a\":1,\"b\":2}\n");

    struct Epoch;
    impl Format for Epoch {
        fn parts(&self) -> Vec<(Part, std::borrow::Cow<'static, str>)> {
            vec![(Part::Message, "msg".into()), (Part::Timestamp, "t".into())]
        }
        fn timestamp(&self, _: std::time::SystemTime) -> Option<String> {
            Some("now".into())
        }
    }
    let line = text(builder().format(Epoch), || tracing::info!("x"));
    assert_eq!(line, "{\"msg\":\"x\",\"t\":\"now\"}\n");
}

#[test]
fn lines_for_a_person_are_no_json() {
    let line = text(builder().readable(), || tracing::info!(order = 7, "hello"));
    assert!(
        line.contains(" INFO hello  order=7  powertools::"),
        "{line}"
    );
}

#[test]
fn two_loggers_each_have_their_own_lines() {
    let sinks: [Arc<Mutex<Vec<u8>>>; 2] = Default::default();
    let [one, two] = sinks.clone();
    let write =
        |sink: Arc<Mutex<Vec<u8>>>| move |line: &[u8]| sink.lock().unwrap().extend_from_slice(line);
    let bare = builder().format(Datadog).redaction(Redaction::none());
    let subscriber = tracing_subscriber::registry()
        .with(builder().writer(write(one)).layer())
        .with(bare.sample_rate(1.0).writer(write(two)).layer());
    tracing::subscriber::with_default(subscriber, || {
        let span = tracing::info_span!("span", password = "open", level = 3);
        let _entered = span.entered();
        tracing::info!("hello");
        tracing::debug!("sampled");
    });
    let [one, two] = sinks.map(|sink| String::from_utf8(sink.lock().unwrap().clone()).unwrap());
    assert!(
        !one.contains("open") && one.contains("\"field.level\":3"),
        "{one}"
    );
    assert_eq!(one.lines().count(), 1);
    assert!(two.contains("\"password\":\"open\",\"level\":3"), "{two}");
    assert_eq!(two.lines().count(), 2);
}

#[test]
fn errors_without_end_and_without_text_are_written() {
    #[derive(Debug)]
    struct Endless;
    impl fmt::Display for Endless {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("so far")?;
            Err(fmt::Error)
        }
    }
    impl std::error::Error for Endless {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&Self)
        }
    }
    let boxed: Box<dyn std::error::Error> = Box::new(Endless);
    let lines = lines(builder(), || {
        tracing::info!(error = error(&Endless), boxed = error(&*boxed), "hello");
    });
    assert_eq!(lines[0]["error"]["message"], "so far");
    assert_eq!(lines[0]["error"]["causes"].as_array().unwrap().len(), 32);
    assert_eq!(lines[0]["boxed"].get("type"), None);
}
