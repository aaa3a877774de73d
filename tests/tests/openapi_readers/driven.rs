//! schemathesis makes requests of a document, good ones and bad ones, and holds the answers against it.

use std::process::Command;

use crate::{document, file, named, served::Served};

/// Requests of a kind, for each operation.
const MOST: &str = "40";

fn drive(program: &str) {
    let text = document(program, &["--target", "plain", "--format", "json"]);
    let document = file(&format!("{program}-driven.json"), &text);
    let mut command = Command::new(named(program));
    let served = Served::start(
        command
            // A function URL hands on what an HTTP API refuses in its own words, such as a path that is no
            // text once it is decoded twice. A document speaks for the function.
            .args(["--port", "0", "--quiet", "--source", "url"])
            // No request leaves this machine.
            .env("PING_ALLOWED_HOSTS", "nowhere.invalid")
            .env_remove("PING_ALLOWED_HOSTS_PARAMETER")
            .env_remove("PING_TOKEN_SECRET")
            .env_remove("ORDERS_TABLE"),
        1,
    );
    let output = Command::new(named("POWERTOOLS_SCHEMATHESIS"))
        .arg("run")
        .arg(document)
        .args(["--url", &format!("http://127.0.0.1:{}", served.ports[0])])
        // The same requests every time.
        .args(["--seed", "1", "--max-examples", MOST, "--no-color"])
        .args(["--phases", "examples,coverage,fuzzing,stateful"])
        .args([
            "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,\
             response_headers_conformance,response_schema_conformance",
        ])
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();

    let told = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {told}{errors}");
    assert!(told.contains(" generated, "), "{program}: {told}");
}

#[test]
fn ping_answers_as_its_document_says() {
    drive("POWERTOOLS_PING");
}

#[test]
fn orders_are_answered_as_their_document_says() {
    drive("POWERTOOLS_ORDERS");
}

#[test]
fn every_kind_of_argument_and_answer_is_as_its_document_says() {
    drive("POWERTOOLS_DESCRIBED");
}
