//! Queries: read from the raw one, or from maps that have been decoded.

use super::*;

#[test]
fn the_query_of_payload_2_is_read_from_the_raw_one() {
    for source in [Source::HttpApi, Source::FunctionUrl] {
        let raw = "tag=a%2Cb&tag=c&x=%zz&flag&&=y&e=%2541&s=a+b%2Bc";
        let request = request(with(
            source,
            json!({
                "rawQueryString": raw,
                "queryStringParameters": {"tag": "a,b,c", "forged": "1"},
            }),
        ));
        assert_eq!(request.raw_query(), Some(raw), "{source}");
        assert_eq!(
            query(&request),
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
        let request = request(event);
        assert_eq!(request.raw_query(), None, "{source}");
        assert_eq!(
            query(&request),
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
