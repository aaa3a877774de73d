//! What hangs on an invocation: keys, samples, lines that are held back.

use super::*;

fn invocation() -> tracing::Span {
    tracing::info_span!("invocation", function_request_id = "8d2e")
}

fn messages(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line["message"].as_str().unwrap())
        .collect()
}

#[test]
fn appended_keys_are_the_invocations_and_nobody_elses() {
    let lines = lines(builder(), || {
        let (first, second) = (invocation(), invocation());
        first.in_scope(|| append_keys([("user", "ann")]));
        second.in_scope(|| append_keys([("user", "bob")]));
        first.in_scope(|| tracing::info_span!("inner").in_scope(|| tracing::info!("one")));
        second.in_scope(|| tracing::info!("two"));
        first.in_scope(|| {
            append_keys([("user", None::<&str>)]);
            append_keys([("list", vec![1, 2])]);
            tracing::info!("three");
            remove_keys(["list", "unknown"]);
            tracing::info!("four");
        });
    });
    assert_eq!(lines[0]["user"], "ann");
    assert_eq!(lines[1]["user"], "bob");
    assert_eq!(lines[2].get("user"), None);
    assert_eq!(lines[2]["list"], serde_json::json!([1, 2]));
    assert_eq!(lines[3].get("list"), None);
}

#[test]
fn keys_that_are_moved_are_found_again() {
    let lines = lines(builder(), || {
        let _invocation = invocation().entered();
        append_keys([("level", 1)]);
        let scope = scoped_keys([("service", 2)]);
        tracing::info!("there");
        drop(scope);
        remove_keys(["level"]);
        tracing::info!("gone");
    });
    assert_eq!(
        (&lines[0]["field.level"], &lines[0]["field.service"]),
        (&1.into(), &2.into())
    );
    assert_eq!(lines[1].get("field.level"), None);
    assert_eq!(lines[1].get("field.service"), None);
}

#[test]
fn keys_that_differ_in_their_middle_only_are_two() {
    // As long as each other, with the same eight bytes at both ends.
    let lines = lines(builder(), || {
        let _invocation = invocation().entered();
        append_keys([("customer_a_identity", 1), ("customer_b_identity", 2)]);
        tracing::info!(customer_b_identity = 3, customer_c_identity = 4, "both");
        remove_keys(["customer_a_identity"]);
        tracing::info!("one");
    });
    let values = |line: &Value| {
        ["a", "b", "c"].map(|name| line[format!("customer_{name}_identity")].as_u64())
    };
    assert_eq!(values(&lines[0]), [Some(1), Some(3), Some(4)]);
    assert_eq!(values(&lines[1]), [None, Some(2), None]);
}

#[test]
fn of_many_keys_each_is_on_a_line_once_and_can_be_removed() {
    // More than there are buckets to find them by.
    let key = |number: usize| format!("key_{number}");
    let keys = |lines: &Value| {
        let values = (0..300).map(|number| lines[key(number)].as_u64());
        values.collect::<Vec<_>>()
    };
    let lines = lines(builder(), || {
        let _invocation = invocation().entered();
        append_keys((0..300).map(|number| (key(number), number)));
        append_keys(
            (0..300)
                .step_by(3)
                .map(|number| (key(number), 1000 + number)),
        );
        tracing::info!(key_1 = 7, key_299 = 8, key_300 = 9, "all");
        remove_keys((0..300).filter(|number| number % 3 != 1).map(key));
        append_keys([(key(2), 5)]);
        tracing::info!("some");
    });
    let all = (0..300).map(|number| match number {
        1 => Some(7),
        299 => Some(8),
        _ if number % 3 == 0 => Some(1000 + number),
        _ => Some(number),
    });
    assert_eq!(keys(&lines[0]), all.collect::<Vec<_>>());
    assert_eq!(lines[0]["key_300"], 9);
    let some = (0..300).map(|number| match number {
        2 => Some(5),
        _ => (number % 3 == 1).then_some(number),
    });
    assert_eq!(keys(&lines[1]), some.collect::<Vec<_>>());
}

#[test]
fn keys_that_nobody_wants_are_on_no_line() {
    let builder = builder()
        .without_key("function_request_id")
        .without_key("user");
    let lines = lines(builder.key("empty", None::<u8>), || {
        let _invocation = invocation().entered();
        append_keys([("user", 1)]);
        tracing::info!(user = 2, order = 3, "hello");
    });
    let line = lines[0].as_object().unwrap();
    assert_eq!(line.len(), 6, "{line:?}");
    assert_eq!(line["order"], 3);
}

#[test]
fn scoped_keys_give_back_what_they_shadowed() {
    let lines = lines(builder(), || {
        let _invocation = invocation().entered();
        append_keys([("step", "one")]);
        let scope = scoped_keys([("step", "two"), ("more", "yes")]);
        tracing::info!("inside");
        drop(scope);
        tracing::info!("outside");
    });
    assert_eq!(
        (&lines[0]["step"], &lines[0]["more"]),
        (&"two".into(), &"yes".into())
    );
    assert_eq!(lines[1]["step"], "one");
    assert_eq!(lines[1].get("more"), None);
}

#[test]
fn scopes_that_end_in_any_order_end_with_their_own_keys_only() {
    let lines = lines(builder(), || {
        let _invocation = invocation().entered();
        append_keys([("z", 0)]);
        let first = scoped_keys([("z", 1)]);
        let second = scoped_keys([("z", 2)]);
        drop(first);
        tracing::info!("second");
        drop(second);
        tracing::info!("none");
        let third = scoped_keys([("z", 3)]);
        append_keys([("z", 4)]);
        tracing::info!("appended");
        drop(third);
        tracing::info!("still");
        let hiding = scoped_keys([("z", None::<u8>)]);
        tracing::info!("hidden");
        drop(hiding);
        tracing::info!("back");
    });
    let values: Vec<_> = lines
        .iter()
        .map(|line| line.get("z").and_then(Value::as_u64))
        .collect();
    assert_eq!(values, [Some(2), Some(0), Some(4), Some(4), None, Some(4)]);
}

#[test]
fn keys_outside_of_an_invocation_are_told_to_be_nowhere() {
    let lines = lines(builder(), || {
        append_keys([("user", "ann")]);
        drop(scoped_keys([("user", "ann")]));
        remove_keys(["user"]);
        set_correlation_id("id");
        assert_eq!(correlation_id(), None);
        tracing::info!("hello");
    });
    let by = [
        "append_keys",
        "scoped_keys",
        "remove_keys",
        "set_correlation_id",
    ];
    for (line, by) in lines.iter().zip(by) {
        assert_eq!(line["level"], "WARN");
        let message = line["message"].as_str().unwrap();
        let told = format!("`logger::{by}` was called outside of an invocation: ");
        assert!(message.starts_with(&told), "{message}");
        let location = line["location"].as_str().unwrap();
        assert!(location.contains("tests/invocations.rs:"), "{location}");
    }
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[4].get("user"), None);
}

#[test]
fn the_correlation_id_can_be_set_and_read() {
    let lines = lines(builder(), || {
        let _invocation = invocation().entered();
        set_correlation_id("a \"b\"");
        assert_eq!(correlation_id().as_deref(), Some("a \"b\""));
        tracing::info!("hello");
    });
    assert_eq!(lines[0]["correlation_id"], "a \"b\"");
}

#[test]
fn a_line_above_the_level_keeps_the_keys_of_spans_below_it() {
    let lines = lines(builder().level("error"), || {
        let _invocation = invocation().entered();
        tracing::warn!("not written");
        tracing::error!("written");
    });
    assert_eq!(messages(&lines), ["written"]);
    assert_eq!(lines[0]["function_request_id"], "8d2e");
}

#[test]
fn a_sampled_invocation_has_all_its_lines_at_debug() {
    for (rate, expected) in [(1.0, &["debug", "info"][..]), (0.0, &["info"])] {
        let lines = lines(builder().sample_rate(rate), || {
            let _invocation = invocation().entered();
            assert_eq!(is_sampled(), rate > 0.0);
            tracing::trace!("trace");
            tracing::debug!("debug");
            tracing::info!("info");
        });
        assert_eq!(messages(&lines), expected);
        assert_eq!(lines[0]["sampling_rate"], rate);
    }
    let outside = lines(builder().sample_rate(1.0), || tracing::debug!("outside"));
    assert!(outside.is_empty());
}

#[test]
fn a_rate_that_is_none_is_told_and_nothing_sampled() {
    for rate in [-1.0, 1.01, f64::NAN] {
        let lines = lines(builder().sample_rate(rate), || {
            invocation().in_scope(|| tracing::debug!("debug"));
        });
        assert_eq!(lines.len(), 1);
        let message = lines[0]["message"].as_str().unwrap();
        assert!(message.contains("no number from 0 to 1"), "{message}");
    }
}

#[test]
fn held_lines_are_written_before_the_error_that_calls_for_them() {
    let lines = lines(builder().buffer(Buffer::default()), || {
        invocation().in_scope(|| {
            tracing::debug!("d1");
            tracing::info!("i1");
            tracing::trace!("t1");
            tracing::debug!("d2");
            tracing::error!("e1");
            tracing::debug!("d3");
        });
        invocation().in_scope(|| {
            tracing::debug!("forgotten");
            tracing::info!("i2");
        });
        tracing::debug!("outside of an invocation, and below the level");
        tracing::info!("i3");
    });
    assert_eq!(messages(&lines), ["i1", "d1", "d2", "e1", "i2", "i3"]);
}

#[test]
fn lines_at_trace_are_held_where_that_is_asked_for() {
    let buffer = Buffer::default().level(Level::TRACE);
    let lines = lines(builder().buffer(buffer), || {
        let _invocation = invocation().entered();
        tracing::trace!("t");
        tracing::debug!("below the level, and not held");
        tracing::error!("e");
    });
    assert_eq!(messages(&lines), ["t", "e"]);
}

#[test]
fn what_is_held_can_be_flushed_and_forgotten() {
    let buffer = Buffer::default()
        .level(Level::WARN)
        .without_flush_on_error();
    let lines = lines(builder().buffer(buffer), || {
        invocation().in_scope(|| {
            tracing::debug!("d1");
            tracing::info!("i1");
            tracing::warn!("w1");
            tracing::error!("e1");
            flush_buffer();
            tracing::info!("i2");
            clear_buffer();
            flush_buffer();
        });
        tracing::info!("outside");
    });
    assert_eq!(messages(&lines), ["e1", "d1", "i1", "w1", "outside"]);
}

#[test]
fn a_buffer_that_overflows_says_what_it_lost() {
    let line = text(builder().buffer(Buffer::default()), || {
        invocation().in_scope(|| {
            tracing::debug!("d0");
            flush_buffer();
        });
    });
    let buffer = Buffer::default().bytes(line.len() * 4);
    let lines = lines(builder().buffer(buffer), || {
        let _invocation = invocation().entered();
        for number in 0..8 {
            tracing::debug!("d{number}");
        }
        flush_buffer();
        tracing::debug!("{}", "long".repeat(1000));
    });
    let messages = messages(&lines);
    assert_eq!(messages[..4], ["d4", "d5", "d6", "d7"]);
    assert_eq!(
        messages[4],
        "the buffer was too small: 4 older lines not written"
    );
    assert!(messages[5].starts_with("longlong"));
    assert_eq!(
        messages[6],
        "a line is larger than the buffer; it was written at once"
    );
}

#[test]
fn a_target_with_a_level_of_its_own_is_not_held() {
    let builder = builder().level("info,noisy=warn").buffer(Buffer::default());
    let lines = lines(builder, || {
        let _invocation = invocation().entered();
        tracing::debug!(target: "noisy", "n");
        tracing::debug!("d");
        tracing::error!("e");
    });
    assert_eq!(messages(&lines), ["d", "e"]);
}

#[test]
fn lines_of_a_span_in_another_thread_are_the_invocations() {
    let lines = lines(builder(), || {
        let invocation = invocation();
        invocation.in_scope(|| append_keys([("user", "ann")]));
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _default = tracing::dispatcher::set_default(&dispatch);
                invocation.in_scope(|| tracing::info!("there"));
            });
        });
    });
    assert_eq!(lines[0]["user"], "ann");
    assert_eq!(lines[0]["function_request_id"], "8d2e");
}

#[test]
fn invocations_within_one_span_of_a_worker_are_told_apart() {
    let lines = lines(builder(), || {
        let _worker = tracing::info_span!("worker", task_id = 7).entered();
        let invocation =
            |id| tracing::info_span!(target: "powertools::runtime", "invocation", id).entered();
        let first = invocation(1);
        append_keys([("user", "ann")]);
        tracing::info!("one");
        drop(first);
        let _second = invocation(2);
        tracing::info!("two");
    });
    assert_eq!(lines[0]["user"], "ann");
    assert_eq!(lines[0].get("task_id"), None);
    assert_eq!(lines[1]["id"], 2);
    assert_eq!(lines[1].get("user"), None);
}
