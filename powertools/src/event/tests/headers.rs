//! Headers as a map has them, and cookies, which may stand beside it.

use super::*;

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
