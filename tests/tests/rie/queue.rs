//! A queue beside routes in one binary: what Lambda is told of a batch, and that the process lives on.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{emulator::Emulator, events::http_api};

/// Messages whose bodies say what becomes of them, numbered from 1.
fn batch<const N: usize>(queue: &str, bodies: [&str; N]) -> Value {
    let messages = bodies.iter().zip(1..).map(|(what, id)| {
        json!({
            "messageId": format!("message-{id}"),
            "receiptHandle": "AQEB",
            "body": json!({"do": what}).to_string(),
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183"},
            "messageAttributes": {},
            "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:eu-west-1:123456789012:{queue}"),
            "awsRegion": "eu-west-1",
        })
    });
    json!({"Records": messages.collect::<Vec<_>>()})
}

fn failures<const N: usize>(ids: [u32; N]) -> Value {
    let items = ids.map(|id| json!({"itemIdentifier": format!("message-{id}")}));
    json!({"batchItemFailures": items.to_vec()})
}

fn queue() -> Emulator {
    Emulator::start("POWERTOOLS_QUEUE", &[])
}

/// Waits until the lines of a message, by its number, are these: level and text.
fn expect_lines<const N: usize>(queue: &Emulator, id: u32, expected: [(&str, &str); N]) {
    let id = format!("message-{id}");
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let lines = queue.lines();
        let lines = lines.iter().filter(|line| line["message_id"] == *id);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let lines: Vec<_> = lines
            .map(|line| (text(&line["level"]), text(&line["message"])))
            .collect();
        let told: Vec<_> = lines
            .iter()
            .map(|(level, text)| (&**level, &**text))
            .collect();
        if told == expected || Instant::now() > deadline {
            assert_eq!(told, expected, "{id}");
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn failing_and_panicking_messages_are_reported_and_slow_ones_are_done() {
    let mut queue = queue();
    let event = batch(
        "orders",
        ["work", "fail", "wait", "panic", "wait", "fail", "work"],
    );

    assert_eq!(queue.invoke(event.to_string()), failures([2, 4, 6]));

    expect_lines(&queue, 1, [("INFO", "begun"), ("INFO", "done")]);
    expect_lines(
        &queue,
        2,
        [("INFO", "begun"), ("ERROR", "the record failed")],
    );
    expect_lines(&queue, 3, [("INFO", "begun"), ("INFO", "done")]);
    expect_lines(
        &queue,
        4,
        [
            ("INFO", "begun"),
            ("ERROR", "panicked: the oven is on fire"),
        ],
    );
    // The same process answers a batch that is done, a request and a direct invocation.
    let event = batch("orders", ["work"]);
    assert_eq!(queue.invoke(event.to_string()), failures([]));
    let reply = queue.invoke(http_api("GET", "/ping", None).to_string());
    assert_eq!(reply["body"], "pong");
    let job = json!({"job": 7});
    assert_eq!(queue.invoke(job.to_string()), job);
}

#[test]
fn a_message_that_hangs_is_given_up_and_the_others_are_done() {
    // Half a second before the three that the emulator grants.
    let mut queue = Emulator::start("POWERTOOLS_QUEUE", &[("AWS_LAMBDA_FUNCTION_TIMEOUT", "3")]);
    let event = batch("orders", ["work", "hang", "wait"]);

    assert_eq!(queue.invoke(event.to_string()), failures([2]));

    expect_lines(
        &queue,
        2,
        [
            ("INFO", "begun"),
            (
                "ERROR",
                "the record was given up: the invocation is about to end",
            ),
        ],
    );
    assert_eq!(
        queue.invoke(batch("orders", ["work"]).to_string()),
        failures([])
    );
}

#[test]
fn a_fifo_queue_stops_at_the_first_failure() {
    let mut queue = queue();
    let event = batch("orders.fifo", ["wait", "panic", "work", "fail"]);

    assert_eq!(queue.invoke(event.to_string()), failures([2, 3, 4]));
    expect_lines(&queue, 1, [("INFO", "begun"), ("INFO", "done")]);
    expect_lines(&queue, 3, []);
}

#[test]
fn a_message_without_an_id_fails_the_invocation_before_anything_is_begun() {
    let mut queue = queue();
    let mut event = batch("orders", ["work", "work"]);
    event["Records"][1]["messageId"] = "".into();

    let failure = queue.invoke(event.to_string());
    assert_eq!(failure["errorType"], "InvalidEvent");
    let message = failure["errorMessage"].as_str().unwrap();
    let wrong = "of 2 records, the 2nd has no `messageId`";
    assert!(message.contains(wrong), "{message}");
    expect_lines(&queue, 1, []);
    // And the process goes on.
    assert_eq!(
        queue.invoke(batch("orders", ["work"]).to_string()),
        failures([])
    );
}
