//! JSON as text: broken or cut off, with repeated keys, escapes, or too deep.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;

/// As for serde_json, with which a direct handler would read it.
#[test]
fn a_number_that_no_type_can_hold_is_not_json_where_it_is_looked_at() {
    for (event, told) in [
        ("1e999", "number out of range"),
        (
            r#"{"path":1e999}"#,
            "the value of `path`: number out of range",
        ),
        (
            "{\n\n\"requestContext\":{\"http\":{\"method\":-1e999}}}",
            "the value of `requestContext.http.method`: number out of range",
        ),
    ] {
        assert_eq!(reason(event), told, "{event}");
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
