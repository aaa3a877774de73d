//! Events of WebSocket APIs, which are requests of a kind, and the replies to them.

use super::*;

const CONNECT: &str =
    include_str!("../../../../tests/fixtures/events/apiGatewayWebSocketApiConnect.json");
const MESSAGE: &str =
    include_str!("../../../../tests/fixtures/events/apiGatewayWebSocketApiMessage.json");

fn context(connection: impl Into<Value>, kind: impl Into<Value>) -> Value {
    let (connection, kind) = (connection.into(), kind.into());
    json!({"requestContext": {"connectionId": connection, "eventType": kind}})
}

fn reply(response: Response) -> Value {
    serde_json::from_slice(&encode(Source::WebSocket, response)).expect("a reply is JSON")
}

#[test]
fn without_a_connection_or_a_known_type_it_is_an_event_like_any_other() {
    for event in [
        json!({"requestContext": {"eventType": "MESSAGE"}}),
        json!({"requestContext": {"connectionId": "c"}}),
        context(json!(null), json!("MESSAGE")),
        context(json!(7), json!("MESSAGE")),
        context(json!(["c"]), json!("MESSAGE")),
        context(json!("c"), json!(null)),
        context(json!("c"), json!("")),
        context(json!("c"), json!("message")),
        context(json!("c"), json!("PING")),
        context(json!("c"), json!({"MESSAGE": 1})),
        json!({"connectionId": "c", "eventType": "MESSAGE"}),
        json!({"requestContext": [{"connectionId": "c", "eventType": "MESSAGE"}]}),
    ] {
        other(event);
    }
    let mut authorizer: Value = serde_json::from_str(CONNECT).expect("JSON");
    authorizer["methodArn"] = "arn:aws:execute-api:…".into();
    other(authorizer);
}

#[test]
fn each_type_of_event_is_a_request_of_no_method_and_no_path_of_its_own() {
    for kind in ["CONNECT", "MESSAGE", "DISCONNECT"] {
        let request = request(context(json!("c"), json!(kind)));

        assert_eq!(request.source(), Source::WebSocket, "{kind}");
        assert_eq!(request.method(), "GET", "{kind}");
        assert_eq!(request.path(), "/", "{kind}");
        assert_eq!(request.raw_path(), "/", "{kind}");
        assert_eq!(request.raw_query(), None, "{kind}");
        assert!(request.query().is_empty(), "{kind}");
        assert!(request.headers().is_empty(), "{kind}");
        assert!(request.body().expect("a body").is_empty(), "{kind}");
    }
}

#[test]
fn what_has_the_looks_of_http_besides_is_still_a_web_socket() {
    for source in [Source::RestApi, Source::HttpApiV1] {
        let socket = context(json!("c"), json!("CONNECT"));
        let event = with(source, socket);
        assert_eq!(request(event).source(), Source::WebSocket);
    }
}

#[test]
fn a_handshake_has_headers_and_a_message_a_body() {
    let connect = request(CONNECT);
    assert_eq!(connect.headers().get("sec-websocket-version"), Some("13"));
    assert_eq!(connect.headers().iter().count(), 8);

    let message = request(MESSAGE);
    assert!(message.headers().is_empty());
    assert_eq!(
        message.body().expect("a body"),
        r#"{"action": "chat", "message": "Hello from client"}"#
    );
}

#[test]
fn all_values_of_a_query_are_kept_and_none_is_decoded_again() {
    let mut event = context(json!("c"), json!("CONNECT"));
    event["queryStringParameters"] = json!({"room": "c%20d"});
    event["multiValueQueryStringParameters"] = json!({"room": ["a&b", "c%20d"]});
    let request = request(event);
    assert_eq!(query(&request), [("room", "a&b"), ("room", "c%20d")]);
}

#[test]
fn a_body_in_base64_is_decoded_and_one_that_is_not_is_told_when_it_is_read() {
    let mut event = context(json!("c"), json!("MESSAGE"));
    event["isBase64Encoded"] = true.into();
    event["body"] = "AP8=".into();
    assert_eq!(request(&event).body().expect("bytes"), &[0, 255][..]);

    event["body"] = "AP8".into();
    let problem = request(&event).body().expect_err("no base64").to_string();
    assert!(problem.contains("the body is not base64"), "{problem}");
}

#[test]
fn what_is_beyond_the_limits_is_refused() {
    let mut event = context(json!("c"), json!("MESSAGE"));
    event["body"] = "12345".into();
    let limits = Limits::default().body_bytes(4);
    assert_eq!(rejected_within(&event, &limits).status(), 413);

    let mut event = context(json!("c"), json!("CONNECT"));
    event["headers"] = json!({"a": "1", "b": "2"});
    let limits = Limits::default().headers(1);
    assert_eq!(rejected_within(&event, &limits).status(), 431);
    event["queryStringParameters"] = json!({"a": "1", "b": "2"});
    let limits = Limits::default().query_pairs(1);
    assert_eq!(rejected_within(&event, &limits).status(), 400);

    let lone =
        r#"{"requestContext":{"connectionId":"c","eventType":"CONNECT"},"headers":{"a":"\ud800"}}"#;
    assert_eq!(rejected(lone).status(), 400);
}

#[test]
fn who_wants_no_web_sockets_gets_the_event_as_it_came() {
    let decoded = decode_for(CONNECT.into(), Context::new("id"), &Limits::default(), None);
    let Ok(Decoded::Other(event)) = decoded else {
        panic!("{decoded:?}")
    };
    assert_eq!(event.json, CONNECT);
    assert_eq!(
        event.keys(),
        [
            "headers",
            "multiValueHeaders",
            "requestContext",
            "isBase64Encoded"
        ]
    );
}

#[test]
fn a_reply_says_no_more_than_there_is() {
    assert_eq!(reply(Response::default()), json!({"statusCode": 200}));
    assert_eq!(
        reply(Response::new(StatusCode::FORBIDDEN).with_body("no")),
        json!({"statusCode": 403, "body": "no"})
    );
    let protocol = HeaderValue::from_static("chat");
    assert_eq!(
        reply(Response::default().with_header(header::SEC_WEBSOCKET_PROTOCOL, protocol)),
        json!({"statusCode": 200, "headers": {"sec-websocket-protocol": "chat"}})
    );
    assert_eq!(
        reply(Response::default().with_body(vec![0, 255])),
        json!({"statusCode": 200, "body": "AP8=", "isBase64Encoded": true})
    );
}
