//! AWS's own command line invokes the function.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

use serde_json::{Value, json};

use crate::{named, served::Served};

/// What the command line says of an invocation, and the payload that came back.
fn invoke(port: u16, name: &str, payload: &str, more: &[&str]) -> (Value, Value) {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cli");
    fs::create_dir_all(&directory).unwrap();
    let file = directory.join(name);
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(named("POWERTOOLS_AWS"))
        .args([
            "lambda",
            "invoke",
            "--function-name",
            "ping",
            "--no-sign-request",
        ])
        .args(["--endpoint-url", &format!("http://127.0.0.1:{port}")])
        .args(["--region", "us-east-1", "--output", "json"])
        .args(["--payload", payload])
        .args(more)
        .arg(&file)
        // Nobody's settings, and no proxy.
        .env("AWS_CONFIG_FILE", directory.join("none"))
        .env("AWS_SHARED_CREDENTIALS_FILE", directory.join("none"))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{stderr}");
    let told = serde_json::from_slice(&stdout).unwrap();
    let payload = fs::read(&file).unwrap();
    let payload = serde_json::from_slice(&payload).unwrap_or(Value::Null);
    (told, payload)
}

#[test]
fn the_command_line_invokes_pings_direct_handler() {
    let mut ping = Command::new(named("POWERTOOLS_PING"));
    let ping = Served::start(ping.args(["--port", "0"]), 1);
    let port = ping.ports[0];

    // Loopback is not fetched: the handler's own error, in its contract for non-proxy integrations.
    let event = json!({ "url": "http://127.0.0.1/" }).to_string();
    let (told, error) = invoke(port, "refused.json", &event, &[]);
    assert_eq!(told["StatusCode"], 200);
    assert_eq!(told["FunctionError"], "Unhandled");
    let message = error["errorMessage"].as_str().unwrap();
    let message: Value = serde_json::from_str(message).unwrap();
    let text = message["message"].as_str().unwrap();
    assert!(text.starts_with("[BadRequest]"), "{text}");
    assert_eq!(message["event"]["url"], "http://127.0.0.1/");
}

#[test]
fn the_command_line_gets_what_a_handler_returns() {
    let mut hello = Command::new(named("POWERTOOLS_HELLO"));
    let hello = Served::start(hello.args(["--port", "0"]), 1);
    let port = hello.ports[0];

    let event = json!({ "order": 7, "name": "λ" });
    let (told, echo) = invoke(port, "echo.json", &event.to_string(), &[]);
    assert_eq!(
        told,
        json!({ "StatusCode": 200, "ExecutedVersion": "$LATEST" })
    );
    assert_eq!(echo, event);

    let (told, _) = invoke(port, "event.json", "{}", &["--invocation-type", "Event"]);
    assert_eq!(told, json!({ "StatusCode": 202 }));
    let (told, _) = invoke(port, "dry.json", "{}", &["--invocation-type", "DryRun"]);
    assert_eq!(told, json!({ "StatusCode": 204 }));
}
