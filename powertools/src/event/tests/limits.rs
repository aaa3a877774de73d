//! How much of an event is read, and what an event that was made to be large costs.

use super::*;

/// `[1,1,…]`
fn ones(count: usize) -> String {
    format!("[{}1]", "1,".repeat(count - 1))
}

fn refused(event: String, limits: &Limits) -> (u16, Headers) {
    match decode(event.into(), Context::new("id"), limits) {
        Err(DecodeError::Rejected {
            response, headers, ..
        }) => (response.status().as_u16(), headers),
        other => panic!("{other:?}"),
    }
}

#[test]
fn of_a_refused_request_no_more_headers_are_kept_than_are_accepted() {
    let limits = Limits::default().headers(3);
    let map = format!(
        r#""multiValueHeaders":{{"Origin":["https://a"],"\n":{}}}"#,
        ones(1000)
    );

    let (status, headers) = refused(with_text(Source::RestApi, &map), &limits);

    assert_eq!(status, 431);
    assert_eq!(headers.len(), 3);
    assert_eq!(headers.get("origin"), Some("https://a"));
}

#[test]
fn a_name_that_is_written_with_escapes_is_there_once_however_many_values_it_has() {
    let map = format!(r#""multiValueHeaders":{{"\u0061":{}}}"#, ones(200));
    let request = request(with_text(Source::RestApi, &map));

    let mut names = request.headers().iter().map(|(name, _)| name.as_ptr());
    let first = names.next().unwrap();
    assert_eq!(names.filter(|name| *name == first).count(), 199);
}

#[test]
fn a_key_that_a_load_balancer_leaves_encoded_is_there_once_however_many_values_it_has() {
    let event = format!(
        r#"{{"httpMethod":"GET","path":"/","requestContext":{{"elb":{{}}}},"headers":{{}},
            "multiValueQueryStringParameters":{{"%61":{},"%62":[2],"%61+":[3]}}}}"#,
        ones(200)
    );
    let request = request(event);

    let keys: Vec<&str> = request.query().iter().map(|(key, _)| key).collect();
    assert_eq!(keys[..200], ["a"; 200]);
    assert_eq!(keys[200..], ["b", "a "]);
    let first = keys[0].as_ptr();
    let same = keys.iter().filter(|key| key.as_ptr() == first);
    assert_eq!(same.count(), 200);
}

#[test]
fn a_query_that_is_a_map_has_as_many_pairs_as_the_limit_and_not_one_more() {
    let limits = Limits::default().query_pairs(4);
    let events = |values: &str| {
        [
            with_text(
                Source::RestApi,
                &format!(r#""multiValueQueryStringParameters":{{"a":{values},"b":["1"]}}"#),
            ),
            format!(
                r#"{{"httpMethod":"GET","path":"/","requestContext":{{"elb":{{}}}},
                    "multiValueQueryStringParameters":{{"a":{values},"b":["1"]}}}}"#
            ),
            format!(
                r#"{{"method":"GET","raw_path":"/","query_string_parameters":{{"a":{values},"b":1}}}}"#
            ),
        ]
    };
    // Commas in texts, nulls and lists in lists are no pairs.
    for few in [
        ones(3),
        r#"["1,,,,,,",null,null,[1,2,3],"2","3"]"#.to_owned(),
    ] {
        for event in events(&few) {
            let decoded = decode(event.clone().into(), Context::new("id"), &limits);
            let Ok(Decoded::Http(request)) = decoded else {
                panic!("{event}: {decoded:?}")
            };
            assert_eq!(request.query().len(), 4, "{event}");
        }
    }
    for event in events(&ones(4)) {
        assert_eq!(refused(event, &limits).0, 400);
    }
}

#[test]
fn a_query_that_is_a_text_has_as_many_pairs_as_the_limit_and_not_one_more() {
    for (query, pairs) in [
        ("", 0),
        ("&&&&", 0),
        ("a", 1),
        ("a&", 1),
        ("a&b", 2),
        ("&a&&b&", 2),
        ("a=1&b=2&c", 3),
    ] {
        let event = with(Source::HttpApi, json!({"rawQueryString": query})).to_string();
        for most in [pairs, pairs + 1, usize::MAX] {
            let limits = Limits::default().query_pairs(most);
            let decoded = decode(event.clone().into(), Context::new("id"), &limits);
            let Ok(Decoded::Http(request)) = decoded else {
                panic!("{query}, {most}: {decoded:?}")
            };
            assert_eq!(request.query().len(), pairs, "{query}, {most}");
        }
        if pairs > 0 {
            let limits = Limits::default().query_pairs(pairs - 1);
            assert_eq!(refused(event, &limits).0, 400, "{query}");
        }
    }
}

#[test]
fn cookies_are_counted_wherever_and_however_they_are_written() {
    let limits = Limits::default().cookies(2);
    for (few, many) in [
        (
            r#""multiValueHeaders":{"Cookie":["a=1","b=2"]}"#,
            r#""multiValueHeaders":{"Cookie":["a=1","b=2","c=3"]}"#,
        ),
        (
            r#""headers":{"Cookie":"a=1\u003bb=2"}"#,
            r#""headers":{"Cookie":"a=1\u003Bb=2\u003bc=3"}"#,
        ),
        (
            r#""headers":{"x":"1;2;3;4","cookie":"a=1;b=2"}"#,
            r#""headers":{"x":"1","cookie":"a=1;b=2;c=3"}"#,
        ),
    ] {
        let event = with_text(Source::RestApi, few);
        assert!(
            decode(event.into(), Context::new("id"), &limits).is_ok(),
            "{few}"
        );
        let event = with_text(Source::RestApi, many);
        assert_eq!(refused(event, &limits).0, 431, "{many}");
    }
}

#[test]
fn a_map_of_more_headers_than_it_can_have_is_one_of_some_of_them() {
    let pairs: Vec<String> = (0..40_000)
        .map(|number| format!(r#""h{number}":"1""#))
        .collect();
    let event = with_text(
        Source::RestApi,
        &format!(r#""headers":{{{}}}"#, pairs.join(",")),
    );
    let limits = Limits::default().headers(50_000).header_bytes(10_000_000);
    let Ok(Decoded::Http(request)) = decode(event.into(), Context::new("id"), &limits) else {
        panic!("refused")
    };

    assert_eq!(request.headers().len(), 40_000);
    let map = request.headers().to_map();
    assert!((10_000..40_000).contains(&map.len()), "{}", map.len());
}
