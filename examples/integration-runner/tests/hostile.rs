//! Tests that cannot be run, write too much, leave others behind or do not end.
//!
//! A shell plays the test binary, so that no test writes a file that it then runs.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use integration_runner::{Job, Outcome, Report, Runner, function};
use powertools::{Context, testing::TestClient};
use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt;

/// What a shell is to do.
fn job(script: &str) -> Job {
    Job {
        filter: None,
        arguments: vec!["-c".to_owned(), script.to_owned()],
    }
}

/// A run of a shell that has this long, besides what the runner keeps for itself.
async fn shell(script: &str, time: Duration) -> Report {
    let mut context = Context::new("8d2e");
    context.deadline = SystemTime::now() + time;
    Runner::new("/bin/sh")
        .run(&job(script), &context)
        .await
        .unwrap()
}

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(600);

/// Lines of the log while that runs.
async fn logged(run: impl Future<Output = ()>) -> Vec<Value> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let layer = powertools::logger::builder()
        .writer(move |line| {
            sink.lock()
                .unwrap()
                .push(serde_json::from_slice(line).unwrap())
        })
        .layer();
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    run.await;
    drop(guard);
    let mut lines = lines.lock().unwrap();
    std::mem::take(&mut lines)
}

#[tokio::test]
async fn what_cannot_be_run_fails_the_invocation_and_says_which_file() {
    let not_executable = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let cases = [
        ("/nowhere/tests", "No such file or directory (os error 2)"),
        (not_executable, "Permission denied (os error 13)"),
    ];
    for (program, reason) in cases {
        let client = TestClient::new(function(Runner::new(program)));
        let error = client.invoke(json!({})).await.unwrap_err();
        assert_eq!(error.error_type(), "TestsNotStarted");
        assert_eq!(
            error.message(),
            format!("`{program}` cannot be run: {reason}")
        );
    }
    let client = TestClient::new(function(Runner::new("/bin/sh")));
    let error = client.invoke(json!({"filter": "a\0b"})).await.unwrap_err();
    assert_eq!(error.error_type(), "TestsNotStarted");
}

#[tokio::test]
async fn a_misspelt_filter_runs_nothing() {
    let client = TestClient::new(function(Runner::new("/nowhere/tests")));
    let no_object = "expected an object with `filter` or `arguments`";
    for (event, why) in [
        (
            json!({"filtre": "disk"}),
            "unknown field `filtre`, expected `filter` or `arguments` at line 1 column 9",
        ),
        (
            json!({"filter": 7}),
            "invalid type: integer `7`, expected a string",
        ),
        (
            json!({"filter": "a", "arguments": "b"}),
            "expected a sequence",
        ),
        (json!([]), no_object),
        (json!(["disk", []]), no_object),
        (json!(null), no_object),
        (json!("disk"), no_object),
    ] {
        let error = client.invoke(&event).await.unwrap_err();
        assert_eq!(error.error_type(), "InvalidEvent", "{event}");
        assert!(
            error.message().contains(why),
            "{event}: {}",
            error.message()
        );
    }
    // Nothing at all is everything.
    let error = client.invoke(json!({})).await.unwrap_err();
    assert_eq!(error.error_type(), "TestsNotStarted");
}

#[tokio::test]
async fn what_a_shell_would_heed_is_passed_on_as_it_is() {
    let client = TestClient::new(function(Runner::new("/bin/echo")));
    let event = json!({"filter": "--help; $(id) > x *", "arguments": ["-n", "a b"]});
    let report = client.invoke(event).await.unwrap();
    assert_eq!(report["output"], "a b -- --help; $(id) > x *");
    assert_eq!(report["outcome"], "passed");
    assert_eq!(report["exit_code"], 0);
    assert_eq!(report["signal"], Value::Null);
}

#[tokio::test]
async fn an_exit_code_and_a_signal_are_told_apart() {
    let report = shell("echo spilt >&2; exit 7", LONG).await;
    assert_eq!(report.outcome, Outcome::Failed);
    assert_eq!((report.exit_code, report.signal), (Some(7), None));
    assert_eq!(report.output, "spilt\n");

    let report = shell("kill -SEGV $$", LONG).await;
    assert_eq!(report.outcome, Outcome::Failed);
    assert_eq!((report.exit_code, report.signal), (None, Some(11)));
}

#[tokio::test]
async fn a_hundred_megabytes_without_a_line_are_read_and_the_last_is_kept() {
    let report = shell(
        "head -c 100000000 /dev/zero | tr '\\0' x; echo; echo end",
        LONG,
    )
    .await;
    assert_eq!(report.outcome, Outcome::Passed);
    assert_eq!(report.output, "x".repeat(4 * 1024 - 5) + "\nend\n");
}

#[tokio::test]
async fn every_line_is_logged_also_of_tests_that_end_before_their_lines_are_read() {
    let lines = logged(async {
        let report = shell("seq 20000", LONG).await;
        assert_eq!(report.outcome, Outcome::Passed);
    })
    .await;
    let (last, lines) = lines.split_last().unwrap();
    assert_eq!(last["message"], "the tests have ended");
    assert_eq!(lines.len(), 20_000);
    for (line, number) in lines.iter().zip(1..) {
        assert_eq!(line["message"], number.to_string());
    }
}

#[tokio::test]
async fn lines_are_logged_one_by_one_with_their_stream_and_their_invocation() {
    let script = "echo one; echo two >&2; printf 'three \\377'; exit 1";
    let lines = logged(async {
        let invocation = tracing::info_span!("invocation", function_request_id = "8d2e");
        let context = Context::new("8d2e");
        let run = async {
            Runner::new("/bin/sh")
                .run(&job(script), &context)
                .await
                .unwrap()
        };
        let report = tracing::Instrument::instrument(run, invocation).await;
        assert_eq!(report.outcome, Outcome::Failed);
    })
    .await;
    let of = |stream: &str| -> Vec<&str> {
        let of = lines.iter().filter(|line| line["stream"] == stream);
        of.map(|line| line["message"].as_str().unwrap()).collect()
    };
    assert_eq!(of("stdout"), ["one", "three \\xff"]);
    assert_eq!(of("stderr"), ["two"]);
    let last = lines.last().unwrap();
    assert_eq!(last["message"], "the tests have ended");
    assert_eq!(last["exit_code"], 1);
    assert_eq!(last["outcome"], "failed");
    for line in &lines {
        assert_eq!(line["function_request_id"], "8d2e", "{line}");
    }
}

#[tokio::test]
async fn tests_that_outlast_the_invocation_are_ended_with_all_that_they_started() {
    // No time at all: the runner keeps more for itself. Were the second `sleep` not ended, the output would
    // not end either, and that is a line at WARN.
    let mut report = None;
    let lines = logged(async {
        report = Some(shell("sleep 1000 & sleep 1000", Duration::ZERO).await);
    })
    .await;
    let report = report.unwrap();
    assert_eq!(report.outcome, Outcome::TimedOut);
    assert_eq!((report.exit_code, report.signal), (None, Some(9)));
    let levels: Vec<&Value> = lines.iter().map(|line| &line["level"]).collect();
    assert_eq!(levels, ["INFO"], "{lines:?}");
}

#[tokio::test]
async fn tests_that_write_without_end_are_ended_in_time() {
    // In no time: what is in the pipe when they are ended is all that there is.
    let mut report = None;
    let lines = logged(async {
        report = Some(shell("yes", Duration::ZERO).await);
    })
    .await;
    assert_eq!(report.unwrap().outcome, Outcome::TimedOut);
    assert_eq!(lines.last().unwrap()["outcome"], "timed_out");
}

#[tokio::test]
async fn what_tests_leave_running_is_ended() {
    let lines = logged(async {
        let report = shell("sleep 1000 & echo done", LONG).await;
        assert_eq!(
            (report.outcome, report.output.as_str()),
            (Outcome::Passed, "done\n")
        );
    })
    .await;
    assert!(
        lines.iter().all(|line| line["level"] == "INFO"),
        "{lines:?}"
    );
}

/// Why each line at WARN was written.
fn warnings(lines: &[Value]) -> Vec<&Value> {
    let warned = lines.iter().filter(|line| line["level"] == "WARN");
    warned.map(|line| &line["why"]).collect()
}

/// A process, by the number that a shell has written.
fn process(output: &str) -> rustix::process::Pid {
    rustix::process::Pid::from_raw(output.trim().parse().unwrap()).unwrap()
}

#[tokio::test]
async fn a_process_that_left_the_group_is_ended_with_the_others() {
    let mut output = String::new();
    let lines = logged(async {
        // The shell goes on once the inner one has its own group, and has said its number.
        let script = "echo $(setsid sh -c 'echo $$; exec sleep 1000 >/dev/null 2>&1' &)";
        let report = shell(script, LONG).await;
        assert_eq!(report.outcome, Outcome::Passed);
        output = report.output;
    })
    .await;
    assert_eq!(warnings(&lines), [&Value::Null; 0], "{lines:?}");
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", output.trim()));
    // It is no more, or nobody has asked yet how it ended.
    assert!(
        stat.is_err() || stat.as_ref().unwrap().contains(") Z "),
        "{stat:?}"
    );
}

#[tokio::test]
async fn a_process_that_cannot_be_found_and_holds_the_output_is_not_waited_for() {
    let mut output = String::new();
    let lines = logged(async {
        let script = "exec 3>&1; echo $(env -i setsid sh -c 'echo $$; exec sleep 1000 >&3' &)";
        let report = shell(script, LONG).await;
        assert_eq!(report.outcome, Outcome::Passed);
        output = report.output;
    })
    .await;
    rustix::process::kill_process(process(&output), rustix::process::Signal::KILL).unwrap();
    let why = "a process that was not found has outlived them";
    assert_eq!(warnings(&lines), [why]);
}

#[tokio::test]
async fn a_process_that_cannot_be_found_and_writes_on_is_not_heard_to_its_end() {
    let started = Instant::now();
    // Nobody reads it after the report, and so it ends.
    let script = "exec 3>&1; echo $(env -i setsid sh -c 'echo $$; exec yes >&3' &)";
    let report = shell(script, LONG).await;
    let elapsed = started.elapsed();
    assert_eq!(report.outcome, Outcome::Passed);
    assert!(elapsed < Duration::from_secs(60), "{elapsed:?}");
    let waited = elapsed.as_millis() - report.duration_ms;
    assert!(waited >= 2000, "the tests had ended before: {waited}");
}

#[tokio::test]
async fn a_filter_is_a_name_whatever_it_looks_like() {
    let runner = Runner::new(env!("CARGO_BIN_EXE_role-checks"));
    for filter in ["--help", "--", "-"] {
        let event = json!({"filter": filter});
        let report = TestClient::new(function(runner.clone()))
            .invoke(event)
            .await;
        let report = report.unwrap();
        assert_eq!(report["outcome"], "failed", "{filter}");
        let said = format!("0 checks, 0 failed\nno check has `{filter}` in its name\n");
        assert_eq!(report["output"], said);
    }
}
