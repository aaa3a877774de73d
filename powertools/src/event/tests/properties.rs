//! Whatever the bytes, the JSON or the headers: nothing panics, and there is a reply.

use proptest::prelude::*;

use super::*;

/// Reads everything that a decoded event has to offer.
fn exhaust(event: impl Into<Bytes>) {
    match read(event) {
        Ok(Decoded::Http(request) | Decoded::WebSocket(request)) => {
            assert!(request.path().starts_with('/'));
            for source in GATEWAY {
                let reply = encode(source, Response::new(StatusCode::OK));
                assert!(!reply.is_empty());
            }
            let pairs = headers(&request).len() + query(&request).len();
            assert_eq!(pairs, request.headers().len() + request.query().len());
            assert!(request.headers().to_map().len() <= request.headers().len());
            assert!(!format!("{request:?} {:?}", request.query()).is_empty());
        }
        Ok(Decoded::Other(event)) => assert!(event.keys().len() <= 16),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(vec![
            "version", "httpMethod", "path", "rawPath", "rawQueryString", "body",
            "isBase64Encoded", "headers", "multiValueHeaders", "queryStringParameters",
            "multiValueQueryStringParameters", "cookies", "requestContext", "stage",
            "domainName", "http", "method", "elb", "connectionId", "eventType",
            "methodArn",
        ])
        .prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec![
            "1.0",
            "2.0",
            "GET",
            "/a%2Fb/%zz",
            "/prod/x",
            "prod",
            "MESSAGE"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 8, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            2 => prop::collection::vec((key(), inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        exhaust(bytes);
    }

    #[test]
    fn arbitrary_text_of_json_characters_never_panics(text in r#"[\[\]{}",:\\u0-9a-e.+ \n-]{0,60}"#) {
        exhaust(text);
    }

    #[test]
    fn arbitrary_json_never_panics(json in any_json()) {
        exhaust(json.to_string());
    }

    #[test]
    fn an_event_with_an_arbitrary_field_never_panics(
        source in prop::sample::select(GATEWAY.to_vec()),
        fields in prop::collection::vec((key(), any_json()), 1..4),
    ) {
        exhaust(with(source, Value::Object(fields.into_iter().collect())).to_string());
    }

    #[test]
    fn an_event_with_a_changed_byte_never_panics(
        source in prop::sample::select(GATEWAY.to_vec()),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let full = with(source, json!({
            "headers": {"a": "\n", "b": ["c", "d"]}, "cookies": ["a=1"], "rawQueryString": "a=%41",
            "queryStringParameters": {"a": "A"}, "body": "aGk=", "isBase64Encoded": true,
        }));
        let mut bytes = full.to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        exhaust(bytes);
    }

    #[test]
    fn any_header_that_http_allows_makes_a_reply(
        values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..4),
        body in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        for source in GATEWAY {
            let mut response = Response::new(StatusCode::OK).with_body(body.clone());
            let values = values.iter().filter_map(|value| HeaderValue::from_bytes(value).ok());
            for value in values {
                response = response.with_header(HeaderName::from_static("x-a"), value);
            }
            let utf_8 = response
                .headers()
                .iter()
                .all(|(_, value)| std::str::from_utf8(value.as_bytes()).is_ok());

            let reply: Value = serde_json::from_slice(&encode(source, response)).expect("JSON");

            prop_assert_eq!(&reply["statusCode"], if utf_8 { 200 } else { 500 });
        }
    }
}
