//! What every source's events and replies have in common, and where they differ.
//!
//! Who has decoded what, and which reply each front end accepts, was captured from live ones; the
//! sources are in `docs/platform.md`. Real events of many services are in the workspace's tests.

use std::{
    fmt::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
};

use http::{HeaderName, HeaderValue, header};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

mod balanced;

const HTTP_API_HOST: &str = "a1b2c3.execute-api.eu-west-1.amazonaws.com";
const FUNCTION_URL_HOST: &str = "a1b2c3.lambda-url.eu-west-1.on.aws";

fn read(event: impl Into<Bytes>) -> Result<Decoded, DecodeError> {
    decode(event.into(), Context::new("id"), &Limits::default())
}

/// The text of an event, made of whatever a test has it in.
struct Json(String);

impl<T: ToString> From<T> for Json {
    fn from(event: T) -> Self {
        Self(event.to_string())
    }
}

fn request(event: impl Into<Json>) -> Request {
    let Json(event) = event.into();
    match read(event.clone()) {
        Ok(Decoded::Http(request)) => *request,
        Ok(Decoded::Other(_)) => panic!("not recognised: {event}"),
        Err(error) => panic!("{error}: {event}"),
    }
}

fn other(event: impl Into<Json>) -> Event {
    let Json(event) = event.into();
    match read(event.clone()) {
        Ok(Decoded::Other(other)) => other,
        Ok(Decoded::Http(request)) => panic!("a {}: {event}", request.source()),
        Err(error) => panic!("{error}: {event}"),
    }
}

fn rejected(event: impl Into<Json>) -> Response {
    rejected_within(event, &Limits::default())
}

fn rejected_within(event: impl Into<Json>, limits: &Limits) -> Response {
    let Json(event) = event.into();
    match decode(event.clone().into(), Context::new("id"), limits) {
        Err(DecodeError::Rejected {
            response, context, ..
        }) => {
            assert_eq!(context.request_id, "id", "{event}");
            *response
        }
        Err(error) => panic!("{error}: {event}"),
        Ok(_) => panic!("accepted: {event}"),
    }
}

fn reason(event: impl Into<Bytes>) -> String {
    match read(event) {
        Err(DecodeError::NotJson { reason, context }) => {
            assert_eq!(context.request_id, "id");
            reason
        }
        Err(error) => panic!("{error}"),
        Ok(decoded) => panic!("{decoded:?}"),
    }
}

/// API Gateway and function URLs, which this file is about.
const GATEWAY: [Source; 4] = [
    Source::RestApi,
    Source::HttpApiV1,
    Source::HttpApi,
    Source::FunctionUrl,
];

/// The least that is recognised as an event of `source`.
fn minimal(source: Source) -> Value {
    match source {
        Source::RestApi => json!({"httpMethod": "GET", "path": "/", "requestContext": {}}),
        Source::HttpApiV1 => json!({
            "version": "1.0", "httpMethod": "GET", "path": "/", "requestContext": {},
        }),
        Source::HttpApi => json!({
            "version": "2.0", "rawPath": "/", "requestContext": {"http": {"method": "GET"}},
        }),
        Source::FunctionUrl => json!({
            "version": "2.0", "rawPath": "/",
            "requestContext": {"http": {"method": "GET"}, "domainName": FUNCTION_URL_HOST},
        }),
        _ => unreachable!("{source} is not of the gateway"),
    }
}

/// The same with some of its keys replaced, and others added.
fn with(source: Source, changes: Value) -> Value {
    let mut event = minimal(source);
    let Value::Object(changes) = changes else {
        panic!("not an object: {changes}")
    };
    for (key, value) in changes {
        event[key] = value;
    }
    event
}

/// The same with one more pair whose JSON need not be canonical, or even valid.
fn with_text(source: Source, pair: &str) -> String {
    let event = minimal(source).to_string();
    format!("{},{pair}}}", &event[..event.len() - 1])
}

fn path_key(source: Source) -> &'static str {
    match source {
        Source::RestApi | Source::HttpApiV1 => "path",
        Source::HttpApi | Source::FunctionUrl => "rawPath",
        _ => unreachable!("{source} is not of the gateway"),
    }
}

fn with_path(source: Source, path: &str) -> Value {
    with(source, json!({ path_key(source): path }))
}

fn path(event: impl Into<Json>) -> String {
    request(event).path().to_owned()
}

fn query(request: &Request) -> Vec<(&str, &str)> {
    request.query().iter().collect()
}

fn headers(request: &Request) -> Vec<(&str, &str)> {
    request.headers().iter().collect()
}

mod recognition {
    use super::*;

    #[test]
    fn the_least_event_of_each_source_is_recognised_and_the_rest_has_defaults() {
        for source in GATEWAY {
            let request = request(minimal(source));

            assert_eq!(request.source(), source);
            assert_eq!(request.method(), "GET", "{source}");
            assert_eq!(request.path(), "/", "{source}");
            assert_eq!(request.raw_path(), "/", "{source}");
            assert!(request.query().is_empty(), "{source}");
            assert!(request.headers().is_empty(), "{source}");
            assert!(request.body().unwrap().is_empty(), "{source}");
            assert!(request.params().is_empty(), "{source}");
            assert_eq!(request.context().request_id, "id", "{source}");
            assert_eq!(request.event(), minimal(source).to_string(), "{source}");
        }
    }

    #[test]
    fn the_order_of_the_keys_makes_no_difference() {
        for (event, source) in [
            (
                r#"{"requestContext":{},"path":"/a","httpMethod":"GET"}"#,
                Source::RestApi,
            ),
            (
                r#"{"requestContext":{},"path":"/a","version":"1.0","httpMethod":"GET"}"#,
                Source::HttpApiV1,
            ),
            (
                r#"{"rawPath":"/a","requestContext":{"http":{"method":"GET"}},"version":"2.0"}"#,
                Source::HttpApi,
            ),
            (
                r#"{"requestContext":{"http":{"path":"/","method":"GET"},"domainName":"x.lambda-url.y"},
                    "version":"2.0","rawPath":"/a"}"#,
                Source::FunctionUrl,
            ),
        ] {
            let request = request(event);
            assert_eq!(request.source(), source, "{event}");
            assert_eq!(request.path(), "/a", "{event}");
        }
    }

    #[test]
    fn without_what_makes_its_shape_an_event_is_not_http() {
        for event in [
            json!({}),
            json!({"version": "2.0"}),
            json!({"httpMethod": "GET", "path": "/"}),
            json!({"httpMethod": "GET", "requestContext": {}}),
            json!({"path": "/", "requestContext": {}}),
            json!({"version": "2.0", "httpMethod": "GET", "path": "/", "requestContext": {}}),
            json!({"version": "3.0", "httpMethod": "GET", "path": "/", "requestContext": {}}),
            json!({"version": "", "httpMethod": "GET", "path": "/", "requestContext": {}}),
            json!({"rawPath": "/", "requestContext": {"http": {"method": "GET"}}}),
            json!({"version": "1.0", "rawPath": "/", "requestContext": {"http": {"method": "GET"}}}),
            json!({"version": "2.0", "requestContext": {"http": {"method": "GET"}}}),
            json!({"version": "2.0", "rawPath": "/", "requestContext": {"http": {}}}),
            json!({"version": "2.0", "rawPath": "/", "requestContext": {}}),
            json!({"version": "2.0", "rawPath": "/"}),
            // Keys are compared with regard to case.
            json!({"httpmethod": "GET", "path": "/", "requestContext": {}}),
            json!({"HttpMethod": "GET", "Path": "/", "RequestContext": {}}),
        ] {
            other(event);
        }
    }

    #[test]
    fn other_services_that_look_like_a_request_are_not_one() {
        for (what, changes) in [
            (
                "web socket",
                json!({"requestContext": {"connectionId": "c", "eventType": "MESSAGE"}}),
            ),
            (
                "authorizer",
                json!({"methodArn": "arn:aws:execute-api:…", "type": "REQUEST"}),
            ),
        ] {
            for source in [Source::RestApi, Source::HttpApiV1] {
                let event = with(source, changes.clone());
                assert!(other(&event).keys().contains(&"path".to_owned()), "{what}");
            }
        }
        other(with(
            Source::HttpApi,
            json!({"routeArn": "arn:aws:execute-api:…"}),
        ));
    }

    #[test]
    fn a_needed_field_of_another_type_makes_an_event_that_is_not_http() {
        let values = [
            json!(null),
            json!(true),
            json!(5),
            json!(-5),
            json!(0.5),
            json!([]),
            json!(["/"]),
            json!({}),
            json!({"a": 1}),
        ];
        for value in values {
            for source in [Source::RestApi, Source::HttpApiV1] {
                for key in ["httpMethod", "path"] {
                    other(with(source, json!({ key: value })));
                }
            }
            for source in [Source::HttpApi, Source::FunctionUrl] {
                other(with(source, json!({"rawPath": value})));
                other(with(
                    source,
                    json!({"requestContext": {"http": {"method": value}}}),
                ));
                other(with(source, json!({"requestContext": {"http": value}})));
                other(with(source, json!({"version": value})));
            }
        }
        for source in GATEWAY {
            for value in [
                json!("x"),
                json!(null),
                json!(5),
                json!([]),
                json!([{}]),
                json!(false),
            ] {
                other(with(source, json!({"requestContext": value})));
            }
        }
    }

    #[test]
    fn any_other_field_of_another_type_is_as_good_as_absent() {
        let values = [
            json!(null),
            json!(true),
            json!(false),
            json!(5),
            json!(0.5),
            json!([]),
            json!([1, null, {"a": []}]),
            json!({}),
            json!({"a": {"b": "c"}}),
            json!({"a": [["b"], {"c": "d"}, null]}),
        ];
        let keys = [
            "headers",
            "multiValueHeaders",
            "queryStringParameters",
            "multiValueQueryStringParameters",
            "rawQueryString",
            "body",
            "stageVariables",
            "pathParameters",
        ];
        for source in GATEWAY {
            for value in &values {
                for key in keys {
                    let event = with(source, json!({ key: value }));
                    let request = request(&event);
                    assert_eq!(request.source(), source, "{event}");
                    assert_eq!(request.body().unwrap(), "", "{event}");
                    for (name, _) in headers(&request).into_iter().chain(query(&request)) {
                        assert_eq!(name, "a", "{event}");
                    }
                }
            }
            for value in [
                json!("x"),
                json!("[\"a=1\"]"),
                json!({"a": "b"}),
                json!([1, [], {}]),
            ] {
                let event = with(source, json!({"cookies": value}));
                let cookie = request(&event).headers().get("cookie").map(str::to_owned);
                assert!(matches!(cookie.as_deref(), None | Some("1")), "{event}");
            }
        }
    }

    #[test]
    fn a_map_of_another_type_does_not_hide_the_one_beside_it() {
        for useless in [
            "null",
            "{}",
            "{ }",
            "{\n    }",
            "[]",
            "false",
            "12345",
            "\"text\"",
            "[1, 2, 3]",
        ] {
            let event = with_text(
                Source::RestApi,
                &format!(
                    r#""multiValueHeaders":{useless},"headers":{{"a":"1"}},
                       "multiValueQueryStringParameters":{useless},
                       "queryStringParameters":{{"b":"2"}}"#
                ),
            );
            let request = request(event);
            assert_eq!(query(&request), [("b", "2")], "{useless}");
            assert_eq!(headers(&request), [("a", "1")], "{useless}");
        }
    }

    #[test]
    fn only_a_function_urls_host_makes_a_function_url() {
        for (host, source) in [
            (json!(FUNCTION_URL_HOST), Source::FunctionUrl),
            (
                json!("x.lambda-url.cn-north-1.on.aws.cn"),
                Source::FunctionUrl,
            ),
            (json!(HTTP_API_HOST), Source::HttpApi),
            (json!("shop.example"), Source::HttpApi),
            (json!("lambda-url.example"), Source::HttpApi),
            (json!(null), Source::HttpApi),
            (json!(5), Source::HttpApi),
        ] {
            let context = json!({"http": {"method": "GET"}, "domainName": host});
            let event = with(Source::HttpApi, json!({"requestContext": context}));
            assert_eq!(request(event).source(), source, "{host}");
        }
    }

    #[test]
    fn whatever_is_json_but_no_object_is_another_event_without_keys() {
        for event in [
            "null",
            "true",
            "false",
            "0",
            "-1",
            "1.5e3",
            "18446744073709551616",
            "\"text\"",
            "\"\"",
            "[]",
            "[1,[2,{\"path\":\"/\"}]]",
            "  \n[ ]\t",
            "\"\\ud83d\\ude00\"",
        ] {
            let other = other(event);
            assert_eq!(other.json, event);
            assert!(other.keys().is_empty(), "{event}");
            assert_eq!(other.context.request_id, "id");
        }
    }

    #[test]
    fn the_first_sixteen_keys_are_remembered_in_order_and_unescaped() {
        let mut event = String::from(r#"{"\u0061":0"#);
        for number in 0..40 {
            write!(event, r#","k{number}":0"#).expect("to a string");
        }
        event.push('}');

        let other = other(event);

        let expected: Vec<String> = std::iter::once("a".to_owned())
            .chain((0..15).map(|number| format!("k{number}")))
            .collect();
        assert_eq!(other.keys(), expected);
    }

    /// As for serde_json, with which a direct handler would read it.
    #[test]
    fn a_number_that_no_type_can_hold_is_not_json_where_it_is_looked_at() {
        for event in ["1e999", r#"{"path":1e999}"#, r#"{"body":-1e999}"#] {
            assert!(reason(event).starts_with("number out of range"), "{event}");
        }
        assert_eq!(other(r#"{"unknown":1e999}"#).json, r#"{"unknown":1e999}"#);
    }

    #[test]
    fn what_is_not_json_is_an_error_that_says_where() {
        for event in [
            "",
            " ",
            "nul",
            "tru",
            "{",
            "}",
            "[",
            "\"",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "{} {}",
            "[1,]",
            "{\"a\":1,}",
            "'a'",
            "01",
            "\u{feff}{}",
            "{\"a\":\"\n\"}",
            "{\"a\":\"\\x\"}",
            "NaN",
            "{\"path\":\"\\u12\"}",
            "{\"headers\":{\"a\":}}",
        ] {
            let reason = reason(event);
            assert!(
                reason.contains("line 1") || reason.contains("line 2"),
                "{event}: {reason}"
            );
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_not_json() {
        let mut event = minimal(Source::HttpApi).to_string().into_bytes();
        let at = event.len() - 3;
        for bytes in [
            &b"\xff"[..],
            b"\xc3",
            b"\xed\xa0\x80",
            b"\xf8\x88\x80\x80\x80",
        ] {
            event.splice(at..at, bytes.iter().copied());
            assert!(reason(event.clone()).contains("utf-8"));
            event.drain(at..at + bytes.len());
        }
        assert!(reason(&b"\xff\xfe{\0}\0"[..]).contains("utf-8"));
        assert!(reason(&b"\"\xff\""[..]).contains("utf-8"));
    }

    #[test]
    fn an_event_cut_off_anywhere_is_not_json() {
        let rest = r#"{"resource":"/{proxy+}","path":"/caf%C3%A9","httpMethod":"POST","headers":{"a":"é"},
            "multiValueHeaders":{"a":["\u00e9","é"]},"queryStringParameters":null,
            "requestContext":{"stage":"prod","identity":{"sourceIp":"192.0.2.1"},"n":-1.5e3},
            "body":"{\"a\":\"\ud83d\ude00\"}","isBase64Encoded":false}"#;
        let http_api = r#"{"version":"2.0","rawPath":"/café","rawQueryString":"a=1","cookies":["a=é"],
            "headers":{"a":"b"},"requestContext":{"http":{"method":"POST","path":"/"},"timeEpoch":1},
            "body":"aGk=","isBase64Encoded":true}"#;
        for event in [rest, http_api] {
            request(event);
            for end in 0..event.len() {
                reason(Bytes::copy_from_slice(&event.as_bytes()[..end]));
            }
        }
    }

    #[test]
    fn of_a_repeated_key_the_last_counts() {
        let event = |pairs: &str| {
            format!(r#"{{"httpMethod":"GET","path":"/first","requestContext":{{}},{pairs}}}"#)
        };

        assert_eq!(path(event(r#""path":"/last""#)), "/last");
        other(event(r#""path":null"#));
        other(event(r#""requestContext":null"#));
        assert_eq!(request(event(r#""httpMethod":"PUT""#)).method(), "PUT");
        assert_eq!(
            request(event(r#""body":"a","body":"b""#)).body().unwrap(),
            "b"
        );
        assert_eq!(
            request(event(r#""body":"a","body":null"#)).body().unwrap(),
            ""
        );
        let twice = event(r#""body":"aGk=","isBase64Encoded":true,"isBase64Encoded":false"#);
        assert_eq!(request(twice).body().unwrap(), "aGk=");
        let twice = request(event(r#""headers":{"a":"1"},"headers":{"b":"2"}"#));
        assert_eq!(headers(&twice), [("b", "2")]);
        // The whole of it, not key by key.
        let twice = r#""requestContext":{"elb":{}},"requestContext":{"stage":"prod"}"#;
        assert_eq!(path(event(twice)), "/first");
    }

    #[test]
    fn the_request_context_of_an_event_that_has_two_is_the_one_that_was_decoded() {
        let event = r#"{"httpMethod":"GET","path":"/","requestContext":{"stage":"first"},
            "requestContext":{"stage":"last"}}"#;

        let context: Value = request(event).request_context().expect("the last one");

        assert_eq!(context, json!({"stage": "last"}));
    }

    #[test]
    fn keys_and_values_may_be_written_with_escapes() {
        let rest = request(
            r#"{"http\u004dethod":"\u0050OST","\u0070ath":"\/orders\/\u0037","body":"\"\u00e9\n",
                "requestContext":{},"multiValueHeaders":{"x-\u0061":["\t","\ud83d\ude00"]},
                "multiValueQueryStringParameters":{"\u00fc":["\\","&"]}}"#,
        );
        assert_eq!(rest.source(), Source::RestApi);
        assert_eq!(rest.method(), "POST");
        assert_eq!(rest.path(), "/orders/7");
        assert_eq!(rest.body().unwrap(), "\"é\n");
        assert_eq!(headers(&rest), [("x-a", "\t"), ("x-a", "😀")]);
        assert_eq!(query(&rest), [("ü", "\\"), ("ü", "&")]);

        let http_api = request(
            r#"{"versio\u006e":"2\u002e0","ra\u0077Path":"\u002forders","rawQueryString":"a\u003d1",
                "requestContext":{"\u0068ttp":{"\u006dethod":"\u0050UT"}},
                "cookies":["a=\u0031","\u0062=2"],"headers":{"\u0068":"\u0069"}}"#,
        );
        assert_eq!(http_api.source(), Source::HttpApi);
        assert_eq!(http_api.method(), "PUT");
        assert_eq!(http_api.path(), "/orders");
        assert_eq!(query(&http_api), [("a", "1")]);
        assert_eq!(headers(&http_api), [("h", "i"), ("cookie", "a=1; b=2")]);
    }

    /// Half of a surrogate pair is well-formed as an escape but stands for no character: a parser
    /// that skips it lets it pass, one that reads it does not.
    #[test]
    fn half_a_surrogate_pair_panics_nowhere() {
        let mut panicked = Vec::new();
        for half in [r"\ud800", r"\udfff", r"x\ud83dy", r"\ud800\u0041"] {
            for source in GATEWAY {
                for pair in [
                    format!(r#""headers":{{"a":"{half}"}}"#),
                    format!(r#""headers":{{"{half}":"a"}}"#),
                    format!(r#""headers":{{"a":["{half}"]}}"#),
                    format!(r#""multiValueHeaders":{{"a":["{half}"]}}"#),
                    format!(r#""multiValueHeaders":{{"{half}":["a"]}}"#),
                    format!(r#""queryStringParameters":{{"a":"{half}"}}"#),
                    format!(r#""queryStringParameters":{{"{half}":"a"}}"#),
                    format!(r#""multiValueQueryStringParameters":{{"a":["{half}"]}}"#),
                    format!(r#""rawQueryString":"{half}""#),
                    format!(r#""cookies":["{half}"]"#),
                    format!(r#""body":"{half}""#),
                    format!(r#""unknown":"{half}""#),
                    format!(r#""{half}":1"#),
                ] {
                    let event = with_text(source, &pair);
                    let Ok(read) = catch_unwind(|| read(event)) else {
                        panicked.push(format!("decoding a {source} event with {pair}"));
                        continue;
                    };
                    let Ok(Decoded::Http(request)) = read else {
                        continue;
                    };
                    if catch_unwind(AssertUnwindSafe(|| request.headers().len())).is_err() {
                        panicked.push(format!("headers of a {source} event with {pair}"));
                    }
                }
            }
        }
        assert!(panicked.is_empty(), "{panicked:#?}");
    }

    #[test]
    fn nesting_ten_thousand_deep_is_passed_over() {
        const DEPTH: usize = 10_000;
        let lists = "[".repeat(DEPTH) + &"]".repeat(DEPTH);
        let objects = r#"{"a":"#.repeat(DEPTH) + "1" + &"}".repeat(DEPTH);

        for deep in [&lists, &objects] {
            assert_eq!(other(deep).json, *deep);
            assert_eq!(
                other(format!(r#"{{"unknown":{deep}}}"#)).keys(),
                ["unknown"]
            );
            for source in GATEWAY {
                for key in ["unknown", "body", "stageVariables", "isBase64Encoded"] {
                    let request = request(with_text(source, &format!(r#""{key}":{deep}"#)));
                    assert_eq!(request.body().unwrap(), "", "{source} {key}");
                }
                for key in [
                    "headers",
                    "multiValueHeaders",
                    "queryStringParameters",
                    "multiValueQueryStringParameters",
                    "cookies",
                ] {
                    for pair in [
                        format!(r#""{key}":{deep}"#),
                        format!(r#""{key}":{{"a":{deep}}}"#),
                        format!(r#""{key}":{{"a":[{deep}]}}"#),
                        format!(r#""{key}":[{deep}]"#),
                    ] {
                        let request = request(with_text(source, &pair));
                        assert!(request.headers().is_empty(), "{source} {key}");
                        assert!(request.query().is_empty(), "{source} {key}");
                    }
                }
                other(with_text(
                    source,
                    &format!(r#""version":{deep},"path":{deep},"rawPath":{deep}"#),
                ));
                other(with_text(source, &format!(r#""requestContext":[{deep}]"#)));
                let context = format!(
                    r#""requestContext":{{"x":{deep},"stage":{deep},"http":{{"method":"GET","x":{deep}}}}}"#
                );
                assert_eq!(path(with_text(source, &context)), "/");
            }
        }
    }
}

mod paths_and_queries {
    use super::*;

    /// `/capture/space%20value?repeat=one&repeat=two&redirect=…&literalPlus=a+b&encodedPlus=a%2Bb&empty=`
    /// with one header twice and two cookies, as each live front end passed it on.
    fn captured(source: Source) -> &'static str {
        match source {
            Source::RestApi => {
                r#"{"resource":"/{proxy+}","path":"/capture/space%20value","httpMethod":"GET",
                "headers":{"Cookie":"first=1; second=2","Host":"api.example","x-voker-probe":"second"},
                "multiValueHeaders":{"Cookie":["first=1; second=2"],"Host":["api.example"],
                    "x-voker-probe":["first","second"]},
                "queryStringParameters":{"repeat":"two","redirect":"https://example.com/a/b",
                    "literalPlus":"a b","encodedPlus":"a+b","empty":""},
                "multiValueQueryStringParameters":{"repeat":["one","two"],
                    "redirect":["https://example.com/a/b"],"literalPlus":["a b"],
                    "encodedPlus":["a+b"],"empty":[""]},
                "pathParameters":{"proxy":"capture/space%20value"},"stageVariables":null,
                "requestContext":{"path":"/prod/capture/space%20value","stage":"prod",
                    "httpMethod":"GET","domainName":"a1b2c3.execute-api.eu-west-1.amazonaws.com"},
                "body":null,"isBase64Encoded":false}"#
            }
            Source::HttpApiV1 => {
                r#"{"version":"1.0","resource":"$default","path":"/capture/space%20value",
                "httpMethod":"GET",
                "headers":{"Cookie":"first=1; second=2","Host":"api.example","X-Voker-Probe":"second"},
                "multiValueHeaders":{"Cookie":["first=1; second=2"],"Host":["api.example"],
                    "X-Voker-Probe":["first","second"]},
                "queryStringParameters":{"repeat":"two","redirect":"https://example.com/a/b",
                    "literalPlus":"a b","encodedPlus":"a+b","empty":""},
                "multiValueQueryStringParameters":{"repeat":["one","two"],
                    "redirect":["https://example.com/a/b"],"literalPlus":["a b"],
                    "encodedPlus":["a+b"],"empty":[""]},
                "pathParameters":null,"stageVariables":null,
                "requestContext":{"path":"/capture/space value","stage":"$default",
                    "httpMethod":"GET","domainName":"a1b2c3.execute-api.eu-west-1.amazonaws.com"},
                "body":null,"isBase64Encoded":false}"#
            }
            Source::HttpApi => {
                r#"{"version":"2.0","routeKey":"$default","rawPath":"/capture/space value",
                "rawQueryString":"repeat=one&repeat=two&redirect=https%3A%2F%2Fexample.com%2Fa%2Fb&literalPlus=a+b&encodedPlus=a%2Bb&empty=",
                "cookies":["first=1","second=2"],
                "headers":{"host":"api.example","x-voker-probe":"first,second"},
                "queryStringParameters":{"repeat":"one,two","redirect":"https://example.com/a/b",
                    "literalPlus":"a b","encodedPlus":"a+b","empty":""},
                "requestContext":{"http":{"method":"GET","path":"/capture/space value"},
                    "stage":"$default","domainName":"a1b2c3.execute-api.eu-west-1.amazonaws.com"},
                "isBase64Encoded":false}"#
            }
            Source::FunctionUrl => {
                r#"{"version":"2.0","routeKey":"$default","rawPath":"/capture/space%20value",
                "rawQueryString":"repeat=one&repeat=two&redirect=https%3A%2F%2Fexample.com%2Fa%2Fb&literalPlus=a+b&encodedPlus=a%2Bb&empty=",
                "cookies":["first=1","second=2"],
                "headers":{"cookie":"first=1; second=2","host":"api.example",
                    "x-voker-probe":"first,second"},
                "queryStringParameters":{"repeat":"one,two","redirect":"https://example.com/a/b",
                    "literalPlus":"a b","encodedPlus":"a+b","empty":""},
                "requestContext":{"http":{"method":"GET","path":"/capture/space value"},
                    "stage":"$default","domainName":"a1b2c3.lambda-url.eu-west-1.on.aws"},
                "isBase64Encoded":false}"#
            }
            _ => unreachable!("{source} is not of the gateway"),
        }
    }

    #[test]
    fn one_request_is_the_same_from_every_source() {
        for source in GATEWAY {
            let request = request(captured(source));

            assert_eq!(request.source(), source);
            assert_eq!(request.method(), "GET", "{source}");
            assert_eq!(request.path(), "/capture/space value", "{source}");
            assert_eq!(
                query(&request),
                [
                    ("repeat", "one"),
                    ("repeat", "two"),
                    ("redirect", "https://example.com/a/b"),
                    ("literalPlus", "a b"),
                    ("encodedPlus", "a+b"),
                    ("empty", ""),
                ],
                "{source}"
            );
            assert_eq!(
                request.headers().get("Host"),
                Some("api.example"),
                "{source}"
            );
            let cookies: Vec<_> = request.headers().all("cookie").collect();
            assert_eq!(cookies, ["first=1; second=2"], "{source}");
            assert!(request.body().unwrap().is_empty(), "{source}");
        }
    }

    #[cfg(feature = "router")]
    #[test]
    fn the_value_of_a_parameter_is_the_same_from_every_source() {
        for source in GATEWAY {
            let mut request = request(captured(source));
            let value = "/capture/".len()..request.path().len();

            request.matched(std::sync::Arc::from(["value".to_owned()]), vec![value]);

            assert_eq!(
                request.params().get("value"),
                Some("space value"),
                "{source}"
            );
            assert_eq!(request.params().len(), 1, "{source}");
            assert_eq!(request.params().get("other"), None, "{source}");
        }
    }

    #[test]
    fn repeated_headers_are_apart_in_payload_1_and_joined_in_payload_2() {
        for (source, expected) in [
            (Source::RestApi, &["first", "second"][..]),
            (Source::HttpApiV1, &["first", "second"]),
            (Source::HttpApi, &["first,second"]),
            (Source::FunctionUrl, &["first,second"]),
        ] {
            let request = request(captured(source));
            for name in ["x-voker-probe", "X-Voker-Probe", "X-VOKER-PROBE"] {
                let values: Vec<_> = request.headers().all(name).collect();
                assert_eq!(values, expected, "{source} {name}");
                assert_eq!(
                    request.headers().get(name),
                    Some(expected[0]),
                    "{source} {name}"
                );
            }
        }
    }

    #[test]
    fn a_name_repeated_within_the_map_keeps_all_its_values() {
        for source in GATEWAY {
            let event = with_text(source, r#""headers":{"a":"1","A":"2","a":"3"}"#);
            let request = request(event);
            assert_eq!(
                headers(&request),
                [("a", "1"), ("A", "2"), ("a", "3")],
                "{source}"
            );
            assert_eq!(request.headers().all("a").count(), 3, "{source}");
        }
    }

    #[test]
    fn the_raw_path_is_what_the_front_end_sent() {
        for (source, expected) in [
            (Source::RestApi, "/capture/space%20value"),
            (Source::HttpApiV1, "/capture/space%20value"),
            (Source::HttpApi, "/capture/space value"),
            (Source::FunctionUrl, "/capture/space%20value"),
        ] {
            assert_eq!(request(captured(source)).raw_path(), expected, "{source}");
        }
    }

    #[test]
    fn a_path_is_decoded_exactly_once() {
        for source in [Source::RestApi, Source::HttpApiV1, Source::FunctionUrl] {
            assert_eq!(path(with_path(source, "/a%2541")), "/a%2541", "{source}");
            assert_eq!(path(with_path(source, "/%61dmin")), "/admin", "{source}");
            assert_eq!(path(with_path(source, "/caf%C3%A9")), "/café", "{source}");
            assert_eq!(path(with_path(source, "/a+b")), "/a+b", "{source}");
            assert_eq!(path(with_path(source, "/café")), "/café", "{source}");
        }
        assert_eq!(path(with_path(Source::HttpApi, "/a%41")), "/a%2541");
        assert_eq!(path(with_path(Source::HttpApi, "/%61dmin")), "/%2561dmin");
        assert_eq!(path(with_path(Source::HttpApi, "/café")), "/café");
        assert_eq!(path(with_path(Source::HttpApi, "/a+b")), "/a+b");
    }

    #[test]
    fn an_encoded_slash_stays_in_its_segment() {
        for source in [Source::RestApi, Source::HttpApiV1, Source::FunctionUrl] {
            for written in ["/files/a%2Fb", "/files/a%2fb"] {
                assert_eq!(path(with_path(source, written)), "/files/a%2Fb", "{source}");
            }
            assert_eq!(
                path(with_path(source, "/files/..%2f..")),
                "/files/..%2F..",
                "{source}"
            );
            assert_eq!(path(with_path(source, "/a%2F")), "/a%2F", "{source}");
        }
        // What an HTTP API leaves of one is data: it has decoded all the slashes.
        assert_eq!(
            path(with_path(Source::HttpApi, "/files/a%2Fb")),
            "/files/a%252Fb"
        );
    }

    #[test]
    fn a_broken_escape_in_the_path_is_400_where_the_path_comes_encoded_and_data_where_not() {
        for written in ["/%zz", "/%", "/a%2", "/%2/x", "/pa2%Fth/1", "/%c3%28"] {
            for source in [Source::RestApi, Source::FunctionUrl] {
                let response = rejected(with_path(source, written));
                assert_eq!(response.status(), 400, "{source} {written}");
                let detail = response.problem().and_then(Problem::detail);
                assert!(
                    detail.is_some_and(|detail| detail.contains("path")),
                    "{detail:?}"
                );
            }
            let expected = written.replace('%', "%25");
            assert_eq!(path(with_path(Source::HttpApi, written)), expected);
        }
    }

    #[test]
    fn escapes_that_are_not_utf_8_are_400() {
        for written in ["/%ff", "/a%c3", "/%c3/%a9", "/%ed%a0%80"] {
            for source in [Source::RestApi, Source::HttpApiV1, Source::FunctionUrl] {
                let response = rejected(with_path(source, written));
                assert_eq!(response.status(), 400, "{source} {written}");
            }
        }
        for raw in ["a=%ff", "%ff=a", "ok=1&a=%c3"] {
            for source in [Source::HttpApi, Source::FunctionUrl] {
                let response = rejected(with(source, json!({"rawQueryString": raw})));
                assert_eq!(response.status(), 400, "{source} {raw}");
                let detail = response.problem().and_then(Problem::detail);
                assert!(
                    detail.is_some_and(|detail| detail.contains("query")),
                    "{detail:?}"
                );
            }
        }
    }

    #[test]
    fn a_path_of_payload_1_from_an_http_api_may_come_encoded_or_decoded() {
        let event = |path: &str, context: Value| {
            with(
                Source::HttpApiV1,
                json!({"path": path, "requestContext": {"path": context}}),
            )
        };

        // Encoded, as most captures have it: the context's path is decoded.
        assert_eq!(path(event("/a%20b", json!("/a b"))), "/a b");
        assert_eq!(path(event("/a%2541", json!("/a%41"))), "/a%2541");
        assert_eq!(path(event("/a%2Fb", json!("/a/b"))), "/a%2Fb");
        assert_eq!(path(event("/caf%C3%A9", json!("/café"))), "/café");
        // Decoded, as one report has it: both are the same, and what looks like an escape is data.
        assert_eq!(path(event("/a b", json!("/a b"))), "/a b");
        assert_eq!(path(event("/a%41", json!("/a%41"))), "/a%2541");
        assert_eq!(path(event("/100%", json!("/100%"))), "/100%25");
        assert_eq!(path(event("/%zz", json!("/%zz"))), "/%25zz");
        // Without a context's path to compare with it counts as encoded.
        assert_eq!(path(event("/a%20b", json!(null))), "/a b");
        assert_eq!(rejected(event("/%zz", json!(null))).status(), 400);
    }

    #[test]
    fn a_path_starts_with_a_slash_and_one_at_its_end_is_dropped() {
        for source in GATEWAY {
            for (written, expected) in [
                ("", "/"),
                ("/", "/"),
                ("a", "/a"),
                ("/a/", "/a"),
                ("/a//", "/a/"),
                ("//", "/"),
                ("//a", "//a"),
                ("/a//b", "/a//b"),
                ("/./a/..", "/./a/.."),
                ("/a?b", "/a?b"),
                ("/a;b=c", "/a;b=c"),
            ] {
                assert_eq!(
                    path(with_path(source, written)),
                    expected,
                    "{source} {written}"
                );
            }
        }
    }

    fn staged(source: Source, host: &str, stage: &str, path: &str) -> Value {
        let context = json!({"domainName": host, "stage": stage, "http": {"method": "GET"}});
        with(
            source,
            json!({path_key(source): path, "requestContext": context}),
        )
    }

    #[test]
    fn the_stage_is_taken_off_on_the_apis_own_host_only() {
        for source in [Source::HttpApi, Source::HttpApiV1] {
            let own = |written| path(staged(source, HTTP_API_HOST, "prod", written));
            assert_eq!(own("/prod/orders"), "/orders", "{source}");
            assert_eq!(own("/prod/prod/orders"), "/prod/orders", "{source}");
            assert_eq!(own("/prod"), "/", "{source}");
            assert_eq!(own("/prod/"), "/", "{source}");
            assert_eq!(own("/prod/orders/"), "/orders", "{source}");
            assert_eq!(own("/orders"), "/orders", "{source}");

            let custom = |written| path(staged(source, "shop.example", "prod", written));
            assert_eq!(custom("/prod/orders"), "/prod/orders", "{source}");
            assert_eq!(custom("/orders"), "/orders", "{source}");
        }
    }

    #[test]
    fn only_a_whole_segment_is_a_stage() {
        for source in [Source::HttpApi, Source::HttpApiV1] {
            let own = |written| path(staged(source, HTTP_API_HOST, "prod", written));
            assert_eq!(own("/products"), "/products", "{source}");
            assert_eq!(own("/products/7"), "/products/7", "{source}");
            assert_eq!(own("/prod-1/x"), "/prod-1/x", "{source}");
            assert_eq!(own("/Prod/x"), "/Prod/x", "{source}");
            assert_eq!(own("/x/prod/y"), "/x/prod/y", "{source}");
            assert_eq!(own("//prod/y"), "//prod/y", "{source}");
        }
        let encoded = staged(Source::HttpApiV1, HTTP_API_HOST, "prod", "/prod%2Fx");
        assert_eq!(path(encoded), "/prod%2Fx");
        let decoded = staged(Source::HttpApi, HTTP_API_HOST, "prod", "/prod%2Fx");
        assert_eq!(path(decoded), "/prod%252Fx");
    }

    #[test]
    fn the_default_stage_is_in_no_path() {
        for source in [Source::HttpApi, Source::HttpApiV1] {
            let own = |written| path(staged(source, HTTP_API_HOST, "$default", written));
            assert_eq!(own("/orders"), "/orders", "{source}");
            assert_eq!(own("/$default/orders"), "/$default/orders", "{source}");
        }
    }

    #[test]
    fn a_rest_api_and_a_function_url_have_no_stage_in_their_path() {
        let rest = staged(Source::RestApi, HTTP_API_HOST, "prod", "/prod/orders");
        assert_eq!(path(rest), "/prod/orders");
        let url = staged(
            Source::FunctionUrl,
            FUNCTION_URL_HOST,
            "prod",
            "/prod/orders",
        );
        assert_eq!(path(url), "/prod/orders");
    }

    #[test]
    fn the_query_of_payload_2_is_read_from_the_raw_one() {
        for source in [Source::HttpApi, Source::FunctionUrl] {
            let event = with(
                source,
                json!({
                    "rawQueryString": "tag=a%2Cb&tag=c&x=%zz&flag&&=y&e=%2541&s=a+b%2Bc",
                    "queryStringParameters": {"tag": "a,b,c", "forged": "1"},
                }),
            );
            assert_eq!(
                query(&request(event)),
                [
                    ("tag", "a,b"),
                    ("tag", "c"),
                    ("x", "%zz"),
                    ("flag", ""),
                    ("", "y"),
                    ("e", "%41"),
                    ("s", "a b+c"),
                ],
                "{source}"
            );
        }
    }

    #[test]
    fn the_query_of_payload_1_has_been_decoded_and_is_taken_as_it_is() {
        for source in [Source::RestApi, Source::HttpApiV1] {
            let event = with_text(
                source,
                r#""queryStringParameters":{"tag":"c","a%41":"%zz+%41"},
                   "multiValueQueryStringParameters":{"tag":["a,b","c"],"a%41":["%zz+%41"]}"#,
            );
            assert_eq!(
                query(&request(event)),
                [("tag", "a,b"), ("tag", "c"), ("a%41", "%zz+%41")],
                "{source}"
            );
        }
    }

    #[test]
    fn without_the_multi_value_maps_the_single_ones_serve() {
        for source in [Source::RestApi, Source::HttpApiV1] {
            for multi in [json!(null), json!({})] {
                let request = request(with(
                    source,
                    json!({
                        "multiValueHeaders": multi, "headers": {"a": "1"},
                        "multiValueQueryStringParameters": multi,
                        "queryStringParameters": {"b": "2"},
                    }),
                ));
                assert_eq!(headers(&request), [("a", "1")], "{source}");
                assert_eq!(query(&request), [("b", "2")], "{source}");
            }
        }
    }

    #[test]
    fn numbers_and_flags_in_a_map_count_as_text_and_null_as_absent() {
        for source in GATEWAY {
            let event = with_text(
                source,
                r#""headers":{"a":1,"b":true,"c":null,"d":[2.50,null,"x",[3],{"y":4}],"e":{}}"#,
            );
            assert_eq!(
                headers(&request(event)),
                [("a", "1"), ("b", "true"), ("d", "2.50"), ("d", "x")],
                "{source}"
            );
        }
    }

    #[test]
    fn methods_are_tokens_and_the_standard_ones_are_read_in_any_case() {
        let event = |source, method: &str| match source {
            Source::RestApi | Source::HttpApiV1 => with(source, json!({"httpMethod": method})),
            _ => with(
                source,
                json!({"requestContext": {
                    "http": {"method": method}, "domainName": FUNCTION_URL_HOST,
                }}),
            ),
        };
        for source in [Source::RestApi, Source::HttpApiV1, Source::FunctionUrl] {
            for (written, expected) in [
                ("GET", "GET"),
                ("get", "GET"),
                ("Post", "POST"),
                ("options", "OPTIONS"),
                ("PROPFIND", "PROPFIND"),
                ("propfind", "propfind"),
            ] {
                assert_eq!(
                    request(event(source, written)).method(),
                    expected,
                    "{source}"
                );
            }
            for written in ["", " ", "GET ", "G T", "GÉT", "GET\r\n"] {
                assert_eq!(
                    rejected(event(source, written)).status(),
                    400,
                    "{source} {written:?}"
                );
            }
        }
    }
}

mod cookies {
    use super::*;

    #[test]
    fn cookies_that_an_http_api_took_out_of_the_headers_are_back_in_one() {
        let event = with_text(
            Source::HttpApi,
            r#""cookies":["a=1","b=2; c=3","d=\"x\""],"headers":{"host":"h","accept":"*/*"}"#,
        );

        let request = request(event);

        assert_eq!(
            headers(&request),
            [
                ("host", "h"),
                ("accept", "*/*"),
                ("cookie", "a=1; b=2; c=3; d=\"x\""),
            ]
        );
        assert_eq!(request.headers().len(), 3);
    }

    #[test]
    fn cookies_that_a_function_url_sends_twice_are_there_once() {
        for name in ["cookie", "Cookie"] {
            let event = with(
                Source::FunctionUrl,
                json!({"cookies": ["a=1", "b=2"], "headers": {name: "a=1; b=2"}}),
            );
            assert_eq!(headers(&request(event)), [(name, "a=1; b=2")]);
        }
    }

    #[test]
    fn no_cookies_make_no_header() {
        for cookies in [json!([]), json!(null), json!([null])] {
            let request = request(with(Source::HttpApi, json!({"cookies": cookies})));
            assert_eq!(request.headers().get("cookie"), None, "{cookies}");
        }
        // A list of cookies is nothing that payload 1.0 has.
        let request = request(with(Source::RestApi, json!({"cookies": ["a=1"]})));
        assert_eq!(request.headers().get("cookie"), None);
    }
}

mod bodies {
    use base64::{Engine, engine::general_purpose::STANDARD};

    use super::*;

    fn body(source: Source, body: Value, is_base64: bool) -> Value {
        let mut event = with(source, json!({"isBase64Encoded": is_base64}));
        event["body"] = body;
        event
    }

    #[test]
    fn a_body_is_text_or_base64() {
        for source in GATEWAY {
            let text = request(body(source, json!("aGk="), false));
            assert_eq!(text.body().unwrap(), "aGk=", "{source}");
            let text = request(body(source, json!("é😀\n\0"), false));
            assert_eq!(text.body().unwrap(), "é😀\n\0", "{source}");
            let bytes = request(body(source, json!("aGk="), true));
            assert_eq!(bytes.body().unwrap(), "hi", "{source}");
            let bytes = request(body(source, json!("AP+A/g=="), true));
            assert_eq!(
                bytes.body().unwrap(),
                &[0x00, 0xff, 0x80, 0xfe][..],
                "{source}"
            );
            let escaped = with_text(source, r#""isBase64Encoded":true,"body":"AP+A\/g\u003d=""#);
            let bytes = request(escaped);
            assert_eq!(
                bytes.body().unwrap(),
                &[0x00, 0xff, 0x80, 0xfe][..],
                "{source}"
            );
        }
    }

    #[test]
    fn only_true_says_base64() {
        for source in GATEWAY {
            for flag in [
                json!(false),
                json!(null),
                json!("true"),
                json!(1),
                json!([true]),
            ] {
                let event = with(source, json!({"body": "aGk=", "isBase64Encoded": flag}));
                assert_eq!(request(event).body().unwrap(), "aGk=", "{source} {flag}");
            }
            let absent = request(with(source, json!({"body": "aGk="})));
            assert_eq!(absent.body().unwrap(), "aGk=", "{source}");
        }
    }

    #[test]
    fn no_body_is_an_empty_one_whatever_the_flag_says() {
        for source in GATEWAY {
            for is_base64 in [false, true] {
                for nothing in [json!(null), json!(""), json!({"a": 1}), json!([])] {
                    let request = request(body(source, nothing, is_base64));
                    assert!(request.body().unwrap().is_empty(), "{source} {is_base64}");
                }
                let request = request(with(source, json!({"isBase64Encoded": is_base64})));
                assert!(request.body().unwrap().is_empty(), "{source} {is_base64}");
            }
        }
    }

    #[test]
    fn what_is_not_base64_is_400_for_who_reads_it_and_the_cause_is_kept() {
        for source in GATEWAY {
            for wrong in [
                "a", "aGk", "aGk=a", "aG k=", "aGk=\n", "a-_=", "=", "aGl=", "é===",
            ] {
                let request = request(body(source, json!(wrong), true));
                let problem = request.body().expect_err("no body");
                assert_eq!(problem.status(), 400, "{source} {wrong:?}");
                assert_eq!(
                    problem.detail(),
                    Some("the body is not base64"),
                    "{wrong:?}"
                );
                assert!(problem.cause().is_some(), "{source} {wrong:?}");
            }
        }
    }

    #[test]
    fn a_rejection_names_its_source() {
        for source in GATEWAY {
            let event = body(source, json!("four"), false);
            let limits = Limits::default().body_bytes(3);
            let error = decode(event.to_string().into(), Context::new("id"), &limits);
            let error = error.expect_err("four bytes are more than three");
            let expected = format!("a request was refused ({source}): 413 Payload Too Large");
            assert_eq!(error.to_string(), expected);
            assert!(matches!(error, DecodeError::Rejected { source: it, .. } if it == source));
        }
    }

    #[test]
    fn a_body_may_have_as_many_bytes_as_the_limit_and_not_one_more() {
        for source in GATEWAY {
            for most in 0..=12 {
                let limits = Limits::default().body_bytes(most);
                for length in 0..=14 {
                    let bytes = vec![b'a'; length];
                    let text = "a".repeat(length);
                    let events = [
                        body(source, json!(text), false),
                        body(source, json!(STANDARD.encode(&bytes)), true),
                    ];
                    for event in events {
                        if length > most {
                            let response = rejected_within(&event, &limits);
                            assert_eq!(response.status(), 413, "{most}: {event}");
                            continue;
                        }
                        let read = decode(event.to_string().into(), Context::new("id"), &limits);
                        let Ok(Decoded::Http(request)) = read else {
                            panic!("refused though within {most}: {event}")
                        };
                        assert_eq!(request.body().unwrap(), &bytes, "{most}: {event}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_limit_is_two_mebibytes_unless_it_is_set() {
        const MOST: usize = 2 * 1024 * 1024;
        for source in GATEWAY {
            let fits = "a".repeat(MOST);
            assert_eq!(
                request(body(source, json!(fits), false))
                    .body()
                    .unwrap()
                    .len(),
                MOST
            );
            let fits = STANDARD.encode(vec![0xff; MOST]);
            assert_eq!(
                request(body(source, json!(fits), true))
                    .body()
                    .unwrap()
                    .len(),
                MOST
            );

            let response = rejected(body(source, json!("a".repeat(MOST + 1)), false));
            assert_eq!(response.status(), 413, "{source}");
            let detail = response.problem().and_then(Problem::detail);
            assert_eq!(detail, Some("the body is larger than 2097152 bytes"));
            let over = STANDARD.encode(vec![0xff; MOST + 1]);
            assert_eq!(
                rejected(body(source, json!(over), true)).status(),
                413,
                "{source}"
            );
        }
    }

    #[test]
    fn what_is_measured_are_bytes_once_json_is_undone() {
        let limits = Limits::default().body_bytes(4);
        for (text, status) in [
            (r"\u0061\u0061\u0061\u0061", None),
            ("éé", None),
            (r"\ud83d\ude00", None),
            ("ééé", Some(413)),
            (r"\u00e9\u00e9a", Some(413)),
        ] {
            for source in GATEWAY {
                let event = with_text(source, &format!(r#""body":"{text}""#));
                match status {
                    Some(status) => assert_eq!(rejected_within(event, &limits).status(), status),
                    None => {
                        let read = decode(event.into(), Context::new("id"), &limits);
                        assert!(matches!(read, Ok(Decoded::Http(_))), "{source} {text}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_stands_in_the_event_without_escapes_is_not_copied() {
        for source in GATEWAY {
            let event = with(
                source,
                json!({
                    "body": "{'order': 7}",
                    path_key(source): "/orders/7",
                    "headers": {"host": "shop.example"},
                }),
            );
            let event = Bytes::from(event.to_string());
            let within = |part: &[u8]| event.as_ptr_range().contains(&part.as_ptr());

            let Ok(Decoded::Http(request)) = read(event.clone()) else {
                panic!("a request")
            };

            assert_eq!(request.body().unwrap(), "{'order': 7}");
            assert!(within(request.body().unwrap()), "{source}: the body");
            assert!(within(request.path().as_bytes()), "{source}: the path");
            assert!(
                within(request.raw_path().as_bytes()),
                "{source}: the raw path"
            );
            assert!(within(request.event().as_bytes()), "{source}: the event");
            let host = request.headers().get("host").expect("a host");
            assert!(within(host.as_bytes()), "{source}: a header");

            let clone = request.clone();
            assert_eq!(
                clone.body().unwrap().as_ptr(),
                request.body().unwrap().as_ptr(),
                "{source}"
            );
        }
    }
}

mod replies {
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
                let response = typed("application/json", body)
                    .with_header(header::CONTENT_ENCODING, gzip.clone());
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
}

mod properties {
    use super::*;

    /// Reads everything that a decoded event has to offer.
    fn exhaust(event: impl Into<Bytes>) {
        match read(event) {
            Ok(Decoded::Http(request)) => {
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
                "domainName", "http", "method", "elb", "connectionId", "methodArn",
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
            prop::sample::select(vec!["1.0", "2.0", "GET", "/a%2Fb/%zz", "/prod/x", "prod"])
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
}

/// The same request written by the crate's own gateway, as each front end would.
#[cfg(any(feature = "local", feature = "testing"))]
mod through_the_gateway {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

    use super::*;

    /// What clients leave as it is.
    const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');

    fn encoded(text: &str) -> String {
        utf8_percent_encode(text, ENCODED).to_string()
    }

    fn sent(source: Source, url: &str, body: &Bytes) -> Request {
        let (parts, ()) = http::Request::post(url)
            .header("host", "api.example")
            .body(())
            .expect("a URL")
            .into_parts();
        let event = crate::gateway::event(source, &parts, body, "id");
        request(event.unwrap_or_else(|| panic!("a {source} refuses {url}")))
    }

    /// Payload 1.0 has the values of each key together, whatever the client's order of keys.
    fn grouped(mut pairs: Vec<(String, String)>) -> Vec<(String, String)> {
        pairs.sort_by(|(left, _), (right, _)| left.cmp(right));
        pairs
    }

    #[test]
    fn an_encoded_slash_in_a_path_arrives_wherever_the_front_end_can_carry_it() {
        for source in [Source::RestApi, Source::HttpApiV1, Source::FunctionUrl] {
            let request = sent(source, "/a%2Fb/c%2541?x", &Bytes::new());
            assert_eq!(request.path(), "/a%2Fb/c%2541", "{source}");
        }
        let request = sent(Source::HttpApi, "/a%2Fb/c%2541?x", &Bytes::new());
        assert_eq!(request.path(), "/a/b/c%2541");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn a_path_is_the_same_from_every_source(
            segments in prop::collection::vec(
                any::<String>().prop_map(|text| text.replace('/', "")),
                0..4,
            ),
        ) {
            let url: String = segments.iter().map(|text| format!("/{}", encoded(text))).collect();
            let url = if url.is_empty() { "/".to_owned() } else { url };
            let mut expected: String = segments
                .iter()
                .map(|text| format!("/{}", text.replace('%', "%25")))
                .collect();
            if expected.len() > 1 && expected.ends_with('/') {
                expected.pop();
            }
            if expected.is_empty() {
                expected.push('/');
            }
            for source in GATEWAY {
                let request = sent(source, &url, &Bytes::new());
                prop_assert_eq!(request.path(), &expected, "{} {}", source, url);
            }
        }

        #[test]
        fn a_query_is_the_same_from_every_source(
            pairs in prop::collection::vec(("[a-c+% é]{0,2}", any::<String>()), 0..6),
        ) {
            // A pair of nothing and nothing is written `=`, and so is still a pair.
            let raw: Vec<_> = pairs
                .iter()
                .map(|(key, value)| format!("{}={}", encoded(key), encoded(value)))
                .collect();
            let url = format!("/x?{}", raw.join("&"));
            let expected = grouped(pairs);
            for source in GATEWAY {
                let request = sent(source, &url, &Bytes::new());
                let found = query(&request)
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .collect();
                prop_assert_eq!(grouped(found), expected.clone(), "{} {}", source, url);
            }
        }

        #[test]
        fn a_body_is_the_same_from_every_source(
            body in prop_oneof![
                any::<String>().prop_map(String::into_bytes),
                prop::collection::vec(any::<u8>(), 0..64),
            ],
        ) {
            let body = Bytes::from(body);
            for source in GATEWAY {
                let request = sent(source, "/", &body);
                prop_assert_eq!(request.body().unwrap(), &body, "{}", source);
            }
        }
    }
}
