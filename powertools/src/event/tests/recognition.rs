//! Which events are HTTP requests, and which front end sent them.

use std::fmt::Write as _;

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
            "web socket of no known event",
            json!({"requestContext": {"connectionId": "c", "eventType": "PING"}}),
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
        (json!("shop.x.lambda-url.example"), Source::HttpApi),
        (json!("x.lambda-url"), Source::HttpApi),
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
