//! Replies: which keys each format has, and what is sent as text or as base64.

use super::*;

const PAYLOAD_1: [Source; 2] = [Source::RestApi, Source::HttpApiV1];
const PAYLOAD_2: [Source; 2] = [Source::HttpApi, Source::FunctionUrl];

fn written(source: Source, response: Response) -> Value {
    let reply = encode(source, response);
    serde_json::from_slice(&reply).expect("a reply is JSON")
}

fn response(body: impl Into<Body>) -> Response {
    Response::new(StatusCode::OK).with_body(body)
}

fn typed(content_type: &'static str, body: impl Into<Body>) -> Response {
    let content_type = HeaderValue::from_static(content_type);
    response(body).with_header(header::CONTENT_TYPE, content_type)
}

#[test]
fn text_is_sent_as_it_is() {
    let response = || typed("text/plain; charset=utf-8", "grüße \"x\"\n".to_owned());
    for source in PAYLOAD_1 {
        assert_eq!(
            written(source, response()),
            json!({
                "statusCode": 200,
                "multiValueHeaders": {"content-type": ["text/plain; charset=utf-8"]},
                "body": "grüße \"x\"\n",
                "isBase64Encoded": false,
            }),
            "{source}"
        );
    }
    for source in PAYLOAD_2 {
        assert_eq!(
            written(source, response()),
            json!({
                "statusCode": 200,
                "headers": {"content-type": "text/plain; charset=utf-8"},
                "body": "grüße \"x\"\n",
                "isBase64Encoded": false,
            }),
            "{source}"
        );
    }
}

#[test]
fn bytes_are_sent_as_base64() {
    let bytes = vec![0x89, b'P', b'N', b'G', 0x00, 0xff];
    for source in PAYLOAD_1 {
        assert_eq!(
            written(source, typed("image/png", bytes.clone())),
            json!({
                "statusCode": 200,
                "multiValueHeaders": {"content-type": ["image/png"]},
                "body": "iVBORwD/",
                "isBase64Encoded": true,
            }),
            "{source}"
        );
    }
    for source in PAYLOAD_2 {
        assert_eq!(
            written(source, typed("image/png", bytes.clone())),
            json!({
                "statusCode": 200,
                "headers": {"content-type": "image/png"},
                "body": "iVBORwD/",
                "isBase64Encoded": true,
            }),
            "{source}"
        );
    }
}

#[test]
fn bytes_of_a_textual_type_are_sent_as_text_if_they_are_utf_8() {
    for source in GATEWAY {
        for content_type in [
            "application/json",
            "application/json; charset=utf-8",
            "Application/JSON",
            "application/problem+json",
            "application/xml",
            "image/svg+xml",
            "application/x-www-form-urlencoded",
            "text/html",
            "text/csv;header=present",
        ] {
            let reply = written(
                source,
                typed(content_type, b"{\"a\":\"\xc3\xa9\"}".to_vec()),
            );
            assert_eq!(reply["body"], "{\"a\":\"é\"}", "{source} {content_type}");
            assert_eq!(reply["isBase64Encoded"], false, "{source} {content_type}");

            let reply = written(source, typed(content_type, vec![0xff]));
            assert_eq!(reply["body"], "/w==", "{source} {content_type}");
            assert_eq!(reply["isBase64Encoded"], true, "{source} {content_type}");
        }
        for content_type in [
            "application/octet-stream",
            "image/png",
            "application/jsonx",
            "",
        ] {
            let reply = written(source, typed(content_type, b"hi".to_vec()));
            assert_eq!(reply["body"], "aGk=", "{source} {content_type}");
            assert_eq!(reply["isBase64Encoded"], true, "{source} {content_type}");
        }
        let untyped = written(source, response(b"hi".to_vec()));
        assert_eq!(untyped["body"], "aGk=", "{source}");
        assert_eq!(untyped["isBase64Encoded"], true, "{source}");
    }
}

#[test]
fn text_stays_text_whatever_its_type() {
    for source in GATEWAY {
        let reply = written(source, typed("application/octet-stream", "hi"));
        assert_eq!(reply["body"], "hi", "{source}");
        assert_eq!(reply["isBase64Encoded"], false, "{source}");
    }
}

#[test]
fn a_content_coding_always_means_base64() {
    let gzip = HeaderValue::from_static("gzip");
    for source in GATEWAY {
        for body in [Body::from(b"hi".to_vec()), Body::from("hi")] {
            let response =
                typed("application/json", body).with_header(header::CONTENT_ENCODING, gzip.clone());
            let reply = written(source, response);
            assert_eq!(reply["body"], "aGk=", "{source}");
            assert_eq!(reply["isBase64Encoded"], true, "{source}");
        }
    }
}

#[test]
fn repeated_headers_are_a_list_in_payload_1_and_joined_in_payload_2() {
    let response = || {
        let value = HeaderValue::from_static;
        Response::new(StatusCode::OK)
            .with_header(header::VARY, value("origin"))
            .with_header(header::ETAG, value("\"1\""))
            .with_header(header::VARY, value("accept"))
            .with_header(header::VARY, value("accept-encoding, x"))
    };
    for source in PAYLOAD_1 {
        assert_eq!(
            written(source, response()),
            json!({
                "statusCode": 200,
                "multiValueHeaders": {
                    "vary": ["origin", "accept", "accept-encoding, x"],
                    "etag": ["\"1\""],
                },
                "body": "",
                "isBase64Encoded": false,
            }),
            "{source}"
        );
    }
    for source in PAYLOAD_2 {
        assert_eq!(
            written(source, response()),
            json!({
                "statusCode": 200,
                "headers": {"vary": "origin, accept, accept-encoding, x", "etag": "\"1\""},
                "body": "",
                "isBase64Encoded": false,
            }),
            "{source}"
        );
    }
}

#[test]
fn each_cookie_that_is_set_is_one_of_its_own() {
    let response = || {
        let first = HeaderValue::from_static("a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT");
        let second = HeaderValue::from_static("b=2; Path=/");
        Response::new(StatusCode::OK)
            .with_header(header::SET_COOKIE, first)
            .with_header(header::SET_COOKIE, second)
    };
    for source in PAYLOAD_1 {
        assert_eq!(
            written(source, response()),
            json!({
                "statusCode": 200,
                "multiValueHeaders": {
                    "set-cookie": ["a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT", "b=2; Path=/"],
                },
                "body": "",
                "isBase64Encoded": false,
            }),
            "{source}"
        );
    }
    for source in PAYLOAD_2 {
        assert_eq!(
            written(source, response()),
            json!({
                "statusCode": 200,
                "headers": {},
                "cookies": ["a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT", "b=2; Path=/"],
                "body": "",
                "isBase64Encoded": false,
            }),
            "{source}"
        );
    }
}

#[test]
fn an_empty_response_has_an_empty_text_for_a_body() {
    for empty in [Body::default(), Body::from(Vec::new()), Body::from("")] {
        let response = || Response::new(StatusCode::NO_CONTENT).with_body(empty.clone());
        for source in PAYLOAD_1 {
            assert_eq!(
                written(source, response()),
                json!({
                    "statusCode": 204,
                    "multiValueHeaders": {},
                    "body": "",
                    "isBase64Encoded": false,
                }),
                "{source}"
            );
        }
        for source in PAYLOAD_2 {
            assert_eq!(
                written(source, response()),
                json!({
                    "statusCode": 204,
                    "headers": {},
                    "body": "",
                    "isBase64Encoded": false,
                }),
                "{source}"
            );
        }
    }
}

/// A REST API answers 502 to a reply with any other key.
#[test]
fn a_reply_of_payload_1_has_the_four_keys_that_the_format_knows() {
    let full = || {
        typed("text/plain", "hi")
            .with_status(StatusCode::CREATED)
            .with_header(header::SET_COOKIE, HeaderValue::from_static("a=1"))
            .with_header(header::VARY, HeaderValue::from_static("origin"))
    };
    let responses: [fn() -> Response; 4] = [
        full,
        Response::default,
        || response(vec![0xff]),
        || Problem::new(StatusCode::NOT_FOUND).into(),
    ];
    for response in responses {
        for source in PAYLOAD_1 {
            let reply = written(source, response());
            let object = reply.as_object().expect("an object");
            let mut keys: Vec<_> = object.keys().map(String::as_str).collect();
            keys.sort_unstable();
            assert_eq!(
                keys,
                ["body", "isBase64Encoded", "multiValueHeaders", "statusCode"],
                "{source}"
            );
        }
    }
}

#[test]
fn a_header_value_that_is_utf_8_is_kept() {
    let name = HeaderName::from_static("x-greeting");
    let value = HeaderValue::from_bytes("grüße 😀".as_bytes()).expect("HTTP allows the bytes");
    for source in PAYLOAD_1 {
        let response = response("hi").with_header(name.clone(), value.clone());
        let reply = written(source, response);
        assert_eq!(
            reply["multiValueHeaders"],
            json!({"x-greeting": ["grüße 😀"]})
        );
        assert_eq!(reply["body"], "hi", "{source}");
    }
    for source in PAYLOAD_2 {
        let response = response("hi").with_header(name.clone(), value.clone());
        let reply = written(source, response);
        assert_eq!(reply["headers"], json!({"x-greeting": "grüße 😀"}));
        assert_eq!(reply["body"], "hi", "{source}");
    }
}

#[test]
fn a_header_value_that_is_not_utf_8_makes_the_reply_a_500() {
    for name in [HeaderName::from_static("x-greeting"), header::SET_COOKIE] {
        let response = || {
            let value = HeaderValue::from_bytes(b"gr\xfc\xdfe").expect("HTTP allows the bytes");
            response("secret")
                .with_header(header::VARY, HeaderValue::from_static("origin"))
                .with_header(name.clone(), HeaderValue::from_static("fine"))
                .with_header(name.clone(), value)
        };
        for source in PAYLOAD_1 {
            let mut reply = written(source, response());
            let body = reply["body"].take();
            let expected = json!({
                "statusCode": 500,
                "multiValueHeaders": {"content-type": ["application/problem+json"]},
                "body": null,
                "isBase64Encoded": false,
            });
            assert_eq!(reply, expected, "{source} {name}");
            assert_is_a_500(&body);
        }
        for source in PAYLOAD_2 {
            let mut reply = written(source, response());
            let body = reply["body"].take();
            let expected = json!({
                "statusCode": 500,
                "headers": {"content-type": "application/problem+json"},
                "body": null,
                "isBase64Encoded": false,
            });
            assert_eq!(reply, expected, "{source} {name}");
            assert_is_a_500(&body);
        }
    }
}

fn assert_is_a_500(body: &Value) {
    let body = body.as_str().expect("a text");
    let problem: Value = serde_json::from_str(body).expect("a problem is JSON");
    assert_eq!(
        problem,
        json!({"title": "Internal Server Error", "status": 500})
    );
}

fn body_event(source: Source) -> Value {
    with(source, json!({"body": "four", "isBase64Encoded": false}))
}

#[test]
fn a_rejection_that_is_encoded_tells_the_client_why() {
    for source in GATEWAY {
        let event = body_event(source);

        let reply = written(
            source,
            rejected_within(event, &Limits::default().body_bytes(3)),
        );

        assert_eq!(reply["statusCode"], 413, "{source}");
        let body = reply["body"].as_str().expect("a text");
        assert!(body.contains("larger than 3 bytes"), "{source}: {reply}");
    }
}

#[test]
fn a_problem_that_was_given_another_body_has_that_one() {
    let response = Response::from(Problem::new(StatusCode::NOT_FOUND)).with_body("gone");
    assert!(response.problem().is_none());

    let reply = written(Source::HttpApi, response);

    assert_eq!(reply["statusCode"], 404);
    assert_eq!(reply["body"], "gone");
}
