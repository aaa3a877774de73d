//! Whatever goes wrong is answered, and the same process answers the next request.

use serde_json::{Value, json};

use crate::{
    emulator::Emulator,
    events::{http_api, rest_api},
};

const DEEP: usize = 10_000;

/// Lets something go wrong between two good requests, which one process must answer.
fn survived(fault: impl FnOnce(&mut Emulator)) {
    let mut faults = Emulator::start("POWERTOOLS_FAULTS", &[]);
    let count = http_api("GET", "/count", None);
    let counted = |count: u64| {
        json!({
            "statusCode": 200,
            "headers": {"content-type": "application/json"},
            "body": count,
            "isBase64Encoded": false,
        })
    };

    assert_eq!(faults.request(&count), counted(1));
    fault(&mut faults);
    assert_eq!(faults.request(&count), counted(2));
}

/// Sends a request that must be answered with problem details; gives back their `detail`.
fn problem(faults: &mut Emulator, event: &Value, status: u16, title: &str) -> Option<String> {
    let mut reply = faults.request(event);

    let request_id = reply["body"]["requestId"].take();
    // The emulator's own line of this invocation.
    faults.expect_log(&format!(
        "START RequestId: {}",
        request_id.as_str().unwrap()
    ));
    let body = reply["body"].as_object_mut().unwrap();
    let detail = body.remove("detail");
    assert_eq!(
        reply["body"],
        json!({"title": title, "status": status, "requestId": null})
    );
    assert_eq!(reply["statusCode"], status);
    let media_type = match reply.get("multiValueHeaders") {
        Some(headers) => &headers["content-type"][0],
        None => &reply["headers"]["content-type"],
    };
    assert_eq!(media_type, "application/problem+json");
    detail.map(|detail| detail.as_str().unwrap().to_owned())
}

/// A request whose body is base64, or says so.
fn encoded(body: &str) -> Value {
    let mut event = http_api("POST", "/echo", Some(body));
    event["isBase64Encoded"] = true.into();
    event
}

fn nested(depth: usize) -> String {
    "[".repeat(depth) + &"]".repeat(depth)
}

#[test]
fn a_good_body_comes_back() {
    survived(|faults| {
        let event = http_api("POST", "/echo", Some(r#"{"a":[1,"é"]}"#));
        assert_eq!(faults.request(&event)["body"], json!({"a": [1, "é"]}));
        // The same in base64.
        assert_eq!(
            faults.request(&encoded("eyJhIjpbMSwiw6kiXX0="))["body"],
            json!({"a": [1, "é"]})
        );
    });
}

#[test]
fn a_panic_is_a_500_that_tells_the_operator_only() {
    survived(|faults| {
        let event = rest_api("GET", "/panic", None);
        assert_eq!(problem(faults, &event, 500, "Internal Server Error"), None);
        faults.expect_log("the oven is on fire");
    });
}

#[test]
fn a_header_that_is_not_utf_8_is_a_500() {
    survived(|faults| {
        let event = rest_api("GET", "/latin1", None);
        assert_eq!(problem(faults, &event, 500, "Internal Server Error"), None);
        faults.expect_log("x-city");
    });
}

#[test]
fn a_body_that_is_not_base64_is_a_400() {
    survived(|faults| {
        let detail = problem(faults, &encoded("%%%"), 400, "Bad Request");
        assert_eq!(detail.as_deref(), Some("the body is not base64"));
    });
}

#[test]
fn a_body_that_is_not_utf_8_is_a_400() {
    survived(|faults| {
        // `"caf\xe9"`, quotes included.
        let detail = problem(faults, &encoded("ImNhZuki"), 400, "Bad Request").unwrap();
        assert!(detail.starts_with("the body is not JSON: "), "{detail}");
    });
}

#[test]
fn a_path_with_a_broken_escape_is_a_400() {
    survived(|faults| {
        let detail = problem(faults, &rest_api("GET", "/%zz", None), 400, "Bad Request").unwrap();
        assert!(detail.contains("path"), "{detail}");
    });
}

#[test]
fn a_body_over_the_limit_is_a_413() {
    survived(|faults| {
        let body = "a".repeat(2 * 1024 * 1024 + 1);
        let event = http_api("POST", "/echo", Some(&body));
        let detail = problem(faults, &event, 413, "Payload Too Large").unwrap();
        assert!(detail.contains("2097152 bytes"), "{detail}");
    });
}

#[test]
fn a_body_nested_too_deep_is_a_400() {
    survived(|faults| {
        let event = http_api("POST", "/echo", Some(&nested(DEEP)));
        let detail = problem(faults, &event, 400, "Bad Request").unwrap();
        assert!(detail.starts_with("the body is not JSON: "), "{detail}");
    });
}

#[test]
fn an_event_that_is_not_json_fails_as_an_invalid_event() {
    survived(|faults| {
        let whole = http_api("GET", "/count", None).to_string();
        // The emulator cuts an event off after 6,291,556 bytes.
        let cut = http_api("POST", "/echo", Some(&"a".repeat(7_000_000))).to_string();
        let events: [&[u8]; 6] = [
            b"",
            b"{",
            b"count, please",
            b"\"\xff\"",
            &whole.as_bytes()[..whole.len() / 2],
            cut.as_bytes(),
        ];
        for event in events {
            let failure = faults.invoke(event);
            let start = String::from_utf8_lossy(&event[..event.len().min(40)]);
            assert_eq!(failure["errorType"], "InvalidEvent", "{start}: {failure}");
            let message = failure["errorMessage"].as_str().unwrap();
            assert!(
                message.starts_with("the event is not JSON: "),
                "{start}: {message}"
            );
        }
    });
}

#[test]
fn an_event_of_no_front_end_fails_as_unknown_and_names_its_keys() {
    survived(|faults| {
        let failure = faults.invoke(json!({"Records": []}).to_string());

        assert_eq!(failure["errorType"], "UnknownEvent");
        let message = failure["errorMessage"].as_str().unwrap();
        assert!(message.contains("`Records`"), "{message}");
    });
}

#[test]
fn an_event_nested_deep_is_passed_over_without_recursion() {
    survived(|faults| {
        let failure = faults.invoke(format!(r#"{{"deep":{}}}"#, nested(DEEP)));

        assert_eq!(failure["errorType"], "UnknownEvent");
        let message = failure["errorMessage"].as_str().unwrap();
        assert!(message.contains("`deep`"), "{message}");
    });
}
