//! One request as each front end passes it on, and its method.

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
