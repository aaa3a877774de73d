//! The flagship: the same binary behind every front end, and invoked directly.

use serde_json::{Value, json};

use crate::{
    emulator::Emulator,
    events::{function_url, http_api, rest_api},
    http::DocumentServer,
};

const DOCUMENT: &str = r#"{"state":"up","checks":[1,2,3]}"#;
const LOOPBACK_RULE: &str = "loopback addresses are not fetched";

fn ping() -> Emulator {
    Emulator::start("POWERTOOLS_PING", &[])
}

fn ping_that_may_fetch_loopback() -> Emulator {
    Emulator::start("POWERTOOLS_PING", &[("PING_ALLOW_LOOPBACK", "true")])
}

#[test]
fn a_rest_api_gets_a_payload_1_reply() {
    let reply = ping().request(&rest_api("GET", "/ping", None));

    assert_eq!(
        reply,
        json!({
            "statusCode": 200,
            "multiValueHeaders": {"content-type": ["application/json"]},
            "body": {"message": "pong"},
            "isBase64Encoded": false,
        })
    );
}

#[test]
fn an_http_api_gets_a_payload_2_reply() {
    let reply = ping().request(&http_api("GET", "/ping", None));

    assert_eq!(reply, pong_in_payload_2());
}

#[test]
fn a_function_url_gets_a_payload_2_reply() {
    let reply = ping().request(&function_url("GET", "/ping", None));

    assert_eq!(reply, pong_in_payload_2());
}

fn pong_in_payload_2() -> Value {
    json!({
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": {"message": "pong"},
        "isBase64Encoded": false,
    })
}

#[test]
fn one_process_serves_every_front_end_in_turn() {
    let mut ping = ping();
    for event in [rest_api, http_api, function_url] {
        let event = event("GET", "/ping", None);
        assert_eq!(
            ping.request(&event)["body"],
            json!({"message": "pong"}),
            "{event}"
        );
    }
}

#[test]
fn a_check_over_http_answers_with_the_document() {
    let server = DocumentServer::start(DOCUMENT);
    let check = json!({"url": server.url()}).to_string();

    let reply = ping_that_may_fetch_loopback().request(&http_api("POST", "/check", Some(&check)));

    assert_eq!(
        reply,
        json!({
            "statusCode": 200,
            "headers": {
                "content-security-policy": "sandbox",
                "content-type": "application/json",
                "x-content-type-options": "nosniff",
            },
            "body": document(),
            "isBase64Encoded": false,
        })
    );
    assert_eq!(server.asked(), 1);
}

#[test]
fn a_direct_check_returns_the_document_itself() {
    let server = DocumentServer::start(DOCUMENT);
    let check = json!({"url": server.url()}).to_string();

    let result = ping_that_may_fetch_loopback().invoke(check);

    assert_eq!(result, document());
    assert_eq!(server.asked(), 1);
}

fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap()
}

#[test]
fn a_check_of_loopback_over_http_is_refused_by_the_rules_name() {
    let server = DocumentServer::start(DOCUMENT);
    let check = json!({"url": server.url()}).to_string();

    let mut reply = ping().request(&http_api("POST", "/check", Some(&check)));

    let detail = reply["body"]["detail"].take();
    let request_id = reply["body"]["requestId"].take();
    assert!(detail.as_str().unwrap().contains(LOOPBACK_RULE), "{detail}");
    assert!(!request_id.as_str().unwrap().is_empty());
    assert_eq!(
        reply,
        json!({
            "statusCode": 400,
            "headers": {"content-type": "application/problem+json"},
            "body": {"title": "Bad Request", "status": 400, "detail": null, "requestId": null},
            "isBase64Encoded": false,
        })
    );
    assert_eq!(server.asked(), 0);
}

#[test]
fn a_direct_check_of_loopback_fails_by_the_rules_name() {
    let server = DocumentServer::start(DOCUMENT);
    let check = json!({"url": server.url()});

    let message = failure(&mut ping(), &check);

    assert!(message.starts_with("[BadRequest] "), "{message}");
    assert!(message.contains(LOOPBACK_RULE), "{message}");
    assert_eq!(server.asked(), 0);
}

#[test]
fn a_direct_check_without_a_url_fails_as_a_bad_request() {
    let mut ping = ping();

    assert_eq!(failure(&mut ping, &json!({})), "[BadRequest] URL required");
    // And the process goes on.
    let reply = ping.request(&http_api("GET", "/ping", None));
    assert_eq!(reply["statusCode"], 200);
}

/// Invokes with an event that must fail, by the contract that a gateway's selection pattern relies
/// on; gives back the message.
fn failure(ping: &mut Emulator, event: &Value) -> String {
    let mut failure = ping.invoke(event.to_string());

    let error_type = failure["errorType"].take();
    assert!(!error_type.as_str().unwrap().is_empty());
    let contract = failure["errorMessage"].take();
    assert_eq!(failure, json!({"errorType": null, "errorMessage": null}));

    let mut contract: Value = serde_json::from_str(contract.as_str().unwrap()).unwrap();
    let message = contract["message"].take();
    assert!(contract["stackTrace"].take().is_array());
    let request_id = contract["requestId"].take();
    assert_eq!(
        contract,
        json!({"message": null, "stackTrace": null, "event": event, "requestId": null})
    );
    // The emulator's own line of this invocation.
    ping.expect_log(&format!(
        "START RequestId: {}",
        request_id.as_str().unwrap()
    ));
    message.as_str().unwrap().to_owned()
}
