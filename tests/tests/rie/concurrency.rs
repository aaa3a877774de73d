//! Several invocations at a time in one process: no line says what belongs to another.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{emulator::Emulator, events::http_api};

const AT_A_TIME: usize = 8;
/// More than are invoked at a time: a worker that has answered is free only when it asks for more, and
/// the emulator refuses what finds no free one.
const WORKERS: usize = 2 * AT_A_TIME;
const INVOCATIONS: usize = 2000;

/// The root of a tracing header, which is another one for each invocation.
fn root(number: usize) -> String {
    format!("1-5759e988-{number:024x}")
}

/// Invokes with paths that bear numbers; gives back the request ids by number, as the answers say them.
fn drive(emulator: &Emulator, path: &str) -> HashMap<usize, String> {
    let next = AtomicUsize::new(0);
    let ids = Mutex::new(HashMap::new());
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= INVOCATIONS {
                        return;
                    }
                    let event = http_api("GET", &format!("{path}{number}"), None);
                    let trace = format!("Root={};Parent=53995c3f42cd8ad8;Sampled=1", root(number));
                    let answer = emulator.request_traced(&event, &trace);
                    let id = answer["requestId"].as_str().unwrap().to_owned();
                    ids.lock().unwrap().insert(number, id);
                }
            });
        }
    });
    ids.into_inner().unwrap()
}

/// The function's lines, when there are so many of them about what it answered.
fn lines(emulator: &Emulator, about: &str) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let lines = emulator.lines();
        let answered = lines
            .iter()
            .filter(|line| line["message"] == "answered")
            .count();
        if answered >= INVOCATIONS {
            return lines;
        }
        assert!(Instant::now() < deadline, "{answered} lines about {about}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Whose line it is, by the number in the path that was asked for.
fn number(line: &Value, path: &str) -> Option<usize> {
    line["path"].as_str()?.strip_prefix(path)?.parse().ok()
}

#[test]
fn each_line_of_ping_is_about_its_own_invocation() {
    let emulator = Emulator::start_concurrent("POWERTOOLS_PING", WORKERS);
    let ids = drive(&emulator, "/nowhere/");
    assert_eq!(ids.len(), INVOCATIONS);

    let mut seen = 0;
    let mut cold = 0;
    for line in lines(&emulator, "ping") {
        let Some(number) = number(&line, "/nowhere/") else {
            continue;
        };
        assert_eq!(line["function_request_id"], ids[&number], "{line}");
        assert_eq!(line["xray_trace_id"], root(number), "{line}");
        assert_eq!(line["status"], 404, "{line}");
        seen += 1;
        cold += usize::from(line["cold_start"] == true);
    }
    assert_eq!(seen, INVOCATIONS);
    assert_eq!(cold, 1);
}

#[test]
fn keys_stay_with_their_invocation_through_awaits_and_tasks() {
    let emulator = Emulator::start_concurrent("POWERTOOLS_FAULTS", WORKERS);
    let ids = drive(&emulator, "/keys/");

    let mut steps: HashMap<usize, Vec<String>> = HashMap::new();
    for line in lines(&emulator, "keys") {
        let number = match (line["of"].as_u64(), number(&line, "/keys/")) {
            (Some(number), _) => usize::try_from(number).unwrap(),
            (None, Some(number)) => number,
            (None, None) => continue,
        };
        assert_eq!(line["function_request_id"], ids[&number], "{line}");
        assert_eq!(line["xray_trace_id"], root(number), "{line}");
        let step = line["message"].as_str().unwrap();
        let expected = (step != "done" && step != "answered").then_some(number);
        assert_eq!(line["order"].as_u64(), expected.map(|n| n as u64), "{line}");
        let expected = (step == "scoped").then_some(number);
        assert_eq!(line["step"].as_u64(), expected.map(|n| n as u64), "{line}");
        steps.entry(number).or_default().push(step.to_owned());
    }
    assert_eq!(steps.len(), INVOCATIONS);
    for (number, steps) in steps {
        let expected = ["begun", "spawned", "scoped", "done", "answered"];
        assert_eq!(steps, expected, "{number}");
    }
}
