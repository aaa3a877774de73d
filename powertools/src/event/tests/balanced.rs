//! Load balancers and VPC Lattice: requests that nobody has decoded, replies that need words.

use super::*;

const SOURCES: [Source; 4] = [
    Source::Alb,
    Source::AlbMultiValue,
    Source::LatticeV1,
    Source::Lattice,
];

const BALANCERS: [Source; 2] = [Source::Alb, Source::AlbMultiValue];
const LATTICES: [Source; 2] = [Source::LatticeV1, Source::Lattice];

/// The least that is recognised as an event of `source`.
fn least(source: Source) -> Value {
    match source {
        Source::Alb => json!({
            "httpMethod": "GET", "path": "/", "headers": {}, "requestContext": {"elb": {}},
        }),
        Source::AlbMultiValue => json!({
            "httpMethod": "GET", "path": "/", "multiValueHeaders": {},
            "requestContext": {"elb": {}},
        }),
        Source::LatticeV1 => json!({"method": "GET", "raw_path": "/"}),
        Source::Lattice => json!({
            "version": "2.0", "method": "GET", "path": "/",
            "requestContext": {"serviceArn": "arn"},
        }),
        _ => unreachable!("{source} is of the gateway"),
    }
}

/// The same with some of its keys replaced, and others added.
fn with(source: Source, changes: Value) -> Value {
    let mut event = least(source);
    let Value::Object(changes) = changes else {
        panic!("not an object: {changes}")
    };
    for (key, value) in changes {
        event[key] = value;
    }
    event
}

fn path_key(source: Source) -> &'static str {
    if source == Source::LatticeV1 {
        "raw_path"
    } else {
        "path"
    }
}

fn method_key(source: Source) -> &'static str {
    if LATTICES.contains(&source) {
        "method"
    } else {
        "httpMethod"
    }
}

fn headers_key(source: Source) -> &'static str {
    if source == Source::AlbMultiValue {
        "multiValueHeaders"
    } else {
        "headers"
    }
}

fn query_key(source: Source) -> &'static str {
    match source {
        Source::AlbMultiValue => "multiValueQueryStringParameters",
        Source::LatticeV1 => "query_string_parameters",
        _ => "queryStringParameters",
    }
}

fn flag_key(source: Source) -> &'static str {
    if source == Source::LatticeV1 {
        "is_base64_encoded"
    } else {
        "isBase64Encoded"
    }
}

fn with_path(source: Source, path: &str) -> Value {
    with(source, json!({ path_key(source): path }))
}

fn with_query(source: Source, query: impl Into<Value>) -> Value {
    let query = query.into();
    with(source, json!({ query_key(source): query }))
}

fn with_body(source: Source, body: impl Into<Value>, is_base64: impl Into<Value>) -> Value {
    let (body, is_base64) = (body.into(), is_base64.into());
    with(source, json!({"body": body, flag_key(source): is_base64}))
}

mod recognition {
    use super::*;

    #[test]
    fn the_least_event_of_each_source_is_recognised_and_the_rest_has_defaults() {
        for source in SOURCES {
            let request = request(least(source));

            assert_eq!(request.source(), source);
            assert_eq!(request.method(), "GET", "{source}");
            assert_eq!(request.path(), "/", "{source}");
            assert_eq!(request.raw_path(), "/", "{source}");
            assert!(request.query().is_empty(), "{source}");
            assert!(request.headers().is_empty(), "{source}");
            assert!(request.body().unwrap().is_empty(), "{source}");
            assert!(request.params().is_empty(), "{source}");
            assert_eq!(request.context().request_id, "id", "{source}");
            assert_eq!(request.event(), least(source).to_string(), "{source}");
        }
    }

    #[test]
    fn the_maps_of_a_load_balancer_tell_how_its_target_group_is_set() {
        for (maps, source) in [
            (json!({}), Source::Alb),
            (json!({"headers": {}}), Source::Alb),
            (json!({"headers": {"a": "1"}}), Source::Alb),
            (json!({"queryStringParameters": {"a": "1"}}), Source::Alb),
            (json!({"multiValueHeaders": {}}), Source::AlbMultiValue),
            (
                json!({"multiValueHeaders": {"a": ["1"]}}),
                Source::AlbMultiValue,
            ),
            (
                json!({"multiValueQueryStringParameters": {}}),
                Source::AlbMultiValue,
            ),
            (
                json!({"multiValueHeaders": {}, "multiValueQueryStringParameters": {"a": ["1"]}}),
                Source::AlbMultiValue,
            ),
        ] {
            let mut event = maps.clone();
            event["httpMethod"] = json!("GET");
            event["path"] = json!("/");
            event["requestContext"] = json!({"elb": {"targetGroupArn": "arn"}});
            assert_eq!(request(event).source(), source, "{maps}");
        }
    }

    /// A target group that is set to single values takes no list in a reply.
    #[test]
    fn a_map_of_another_type_is_as_good_as_absent() {
        for useless in [json!(null), json!(5), json!("x"), json!([])] {
            let event = with(
                Source::Alb,
                json!({
                    "headers": {"a": "1"},
                    "multiValueHeaders": useless,
                    "multiValueQueryStringParameters": useless,
                }),
            );
            let request = request(event);
            assert_eq!(headers(&request), [("a", "1")], "{useless}");
            assert_eq!(request.source(), Source::Alb, "{useless}");
        }
    }

    #[test]
    fn only_a_load_balancers_context_makes_a_load_balancer() {
        for (context, source) in [
            (json!({"elb": {"targetGroupArn": "arn"}}), Source::Alb),
            (json!({"stage": "prod", "elb": {}}), Source::Alb),
            (json!({}), Source::RestApi),
            (json!({"ELB": {}}), Source::RestApi),
            (json!({"serviceArn": "arn"}), Source::RestApi),
        ] {
            let event = json!({"httpMethod": "GET", "path": "/", "requestContext": context});
            assert_eq!(request(event).source(), source, "{context}");
        }
    }

    #[test]
    fn the_first_version_of_lattice_is_known_by_its_snake_case() {
        let event = r#"{"raw_path":"/a","method":"PUT"}"#;
        assert_eq!(request(event).source(), Source::LatticeV1);
        assert_eq!(request(event).path(), "/a");

        for event in [
            json!({"raw_path": "/"}),
            json!({"method": "GET"}),
            json!({"method": "GET", "path": "/"}),
            json!({"httpMethod": "GET", "raw_path": "/"}),
            json!({"method": "GET", "rawPath": "/"}),
            json!({"method": null, "raw_path": "/"}),
            json!({"method": "GET", "raw_path": 5}),
        ] {
            other(event);
        }
    }

    #[test]
    fn the_second_version_of_lattice_is_known_by_its_version_and_its_service() {
        for key in ["serviceArn", "serviceNetworkArn"] {
            let event = with(Source::Lattice, json!({"requestContext": {key: "arn"}}));
            assert_eq!(request(event).source(), Source::Lattice, "{key}");
        }
        for changes in [
            json!({"requestContext": {}}),
            json!({"requestContext": {"targetGroupArn": "arn"}}),
            json!({"requestContext": null}),
            json!({"version": "1.0"}),
            json!({"version": "3.0"}),
            json!({"version": 2.0}),
            json!({"version": null}),
            json!({"method": null}),
            json!({"path": ["/"]}),
        ] {
            other(with(Source::Lattice, changes));
        }
    }

    #[test]
    fn the_order_of_the_keys_makes_no_difference() {
        for (event, source) in [
            (
                r#"{"requestContext":{"elb":{}},"multiValueHeaders":{},"path":"/a","httpMethod":"GET"}"#,
                Source::AlbMultiValue,
            ),
            (
                r#"{"path":"/a","headers":{},"httpMethod":"GET","requestContext":{"elb":{}}}"#,
                Source::Alb,
            ),
            (
                r#"{"is_base64_encoded":false,"method":"GET","raw_path":"/a"}"#,
                Source::LatticeV1,
            ),
            (
                r#"{"requestContext":{"region":"x","serviceArn":"y"},"path":"/a","method":"GET",
                    "version":"2.0"}"#,
                Source::Lattice,
            ),
        ] {
            assert_eq!(request(event).source(), source, "{event}");
            assert_eq!(request(event).path(), "/a", "{event}");
        }
    }

    #[test]
    fn an_authorizer_or_a_web_socket_is_no_request_for_the_looks_of_a_load_balancer() {
        for source in [Source::Alb, Source::AlbMultiValue, Source::Lattice] {
            other(with(source, json!({"methodArn": "arn"})));
            other(with(source, json!({"routeArn": "arn"})));
        }
        for source in BALANCERS {
            let context = json!({"elb": {}, "connectionId": "c"});
            other(with(source, json!({"requestContext": context})));
        }
    }
}

mod requests {
    use super::*;

    const QUERY: &str = "repeat=one&repeat=two&redirect=https%3A%2F%2Fexample.com%2Fa%2Fb&literalPlus=a+b&encodedPlus=a%2Bb&empty=";

    /// `/capture/space%20value` with [`QUERY`], one header twice and two cookies, as each front end
    /// passes it on.
    fn captured(source: Source) -> String {
        let context = r#"{"elb":{"targetGroupArn":"arn:aws:elasticloadbalancing:…"}}"#;
        match source {
            Source::Alb => format!(
                r#"{{"requestContext":{context},"httpMethod":"GET","path":"/capture/space%20value",
                "queryStringParameters":{{"repeat":"two",
                    "redirect":"https%3A%2F%2Fexample.com%2Fa%2Fb","literalPlus":"a+b",
                    "encodedPlus":"a%2Bb","empty":""}},
                "headers":{{"cookie":"first=1; second=2","host":"api.example",
                    "x-voker-probe":"second"}},
                "body":"","isBase64Encoded":false}}"#
            ),
            Source::AlbMultiValue => format!(
                r#"{{"requestContext":{context},"httpMethod":"GET","path":"/capture/space%20value",
                "multiValueQueryStringParameters":{{"repeat":["one","two"],
                    "redirect":["https%3A%2F%2Fexample.com%2Fa%2Fb"],"literalPlus":["a+b"],
                    "encodedPlus":["a%2Bb"],"empty":[""]}},
                "multiValueHeaders":{{"cookie":["first=1; second=2"],"host":["api.example"],
                    "x-voker-probe":["first","second"]}},
                "body":"","isBase64Encoded":false}}"#
            ),
            Source::LatticeV1 => format!(
                r#"{{"raw_path":"/capture/space%20value?{QUERY}","method":"GET",
                "headers":{{"cookie":"first=1; second=2","host":"api.example",
                    "x-voker-probe":"first,second"}},
                "query_string_parameters":{{"repeat":"one,two","redirect":"https://example.com/a/b",
                    "literalPlus":"a b","encodedPlus":"a+b","empty":""}},
                "body":"","is_base64_encoded":false}}"#
            ),
            Source::Lattice => format!(
                r#"{{"version":"2.0","path":"/capture/space%20value?{QUERY}","method":"GET",
                "headers":{{"cookie":["first=1; second=2"],"host":["api.example"],
                    "x-voker-probe":["first","second"]}},
                "queryStringParameters":{{"repeat":["one","two"],
                    "redirect":["https://example.com/a/b"],"literalPlus":["a b"],
                    "encodedPlus":["a+b"],"empty":[""]}},
                "requestContext":{{"serviceNetworkArn":"arn:aws:vpc-lattice:…",
                    "serviceArn":"arn:aws:vpc-lattice:…","timeEpoch":"1696331543569073"}},
                "body":"","isBase64Encoded":false}}"#
            ),
            _ => unreachable!("{source} is of the gateway"),
        }
    }

    #[test]
    fn one_request_is_the_same_from_every_source() {
        for source in SOURCES {
            let request = request(captured(source));

            assert_eq!(request.source(), source);
            assert_eq!(request.method(), "GET", "{source}");
            assert_eq!(request.path(), "/capture/space value", "{source}");
            assert_eq!(request.raw_path(), "/capture/space%20value", "{source}");
            let mut expected = vec![
                ("repeat", "one"),
                ("repeat", "two"),
                ("redirect", "https://example.com/a/b"),
                ("literalPlus", "a b"),
                ("encodedPlus", "a+b"),
                ("empty", ""),
            ];
            if source == Source::Alb {
                // The load balancer has thrown the first value away.
                expected.remove(0);
            }
            assert_eq!(query(&request), expected, "{source}");
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

    #[test]
    fn a_repeated_header_is_what_the_front_end_left_of_it() {
        for (source, expected) in [
            (Source::Alb, &["second"][..]),
            (Source::AlbMultiValue, &["first", "second"]),
            (Source::LatticeV1, &["first,second"]),
            (Source::Lattice, &["first", "second"]),
        ] {
            let request = request(captured(source));
            let values: Vec<_> = request.headers().all("X-Voker-Probe").collect();
            assert_eq!(values, expected, "{source}");
            assert_eq!(request.headers().len(), 2 + expected.len(), "{source}");
        }
    }

    #[test]
    fn a_path_is_decoded_exactly_once_and_keeps_its_segments() {
        for source in SOURCES {
            for (raw, expected) in [
                ("/a%20b", "/a b"),
                ("/caf%C3%A9", "/café"),
                ("/%61dmin", "/admin"),
                ("/a%2Fb/c", "/a%2Fb/c"),
                ("/a%2fb/c", "/a%2Fb/c"),
                ("/%2541", "/%2541"),
                ("/a+b", "/a+b"),
                ("/a/", "/a"),
                ("/a//", "/a/"),
                ("//a", "//a"),
                ("/../a", "/../a"),
                ("", "/"),
                ("/é", "/é"),
                ("/a%3Fb", "/a?b"),
            ] {
                let request = request(with_path(source, raw));
                assert_eq!(request.path(), expected, "{source} {raw}");
                assert_eq!(request.raw_path(), raw, "{source}");
                assert!(request.query().is_empty(), "{source} {raw}");
            }
        }
    }

    #[test]
    fn a_broken_escape_in_the_path_or_one_that_is_not_utf_8_is_400() {
        for source in SOURCES {
            for path in ["/%zz", "/%", "/a%2", "/%-1", "/%+f", "/%ff", "/%c3/%a9"] {
                let response = rejected(with_path(source, path));
                assert_eq!(response.status(), 400, "{source} {path}");
            }
        }
    }

    #[test]
    fn keys_and_values_of_a_load_balancers_query_are_decoded() {
        for source in BALANCERS {
            let event = with_query(
                source,
                json!({
                    "a%26b": "1%3D2", "c+d": "e+f", "g%2Bh": "i%2Bj", "%C3%A9": "%F0%9F%98%80",
                    "k": "%2541", "": "", "%zz": "%", "raw é": "ü",
                }),
            );
            let request = request(event);
            for (key, value) in [
                ("a&b", "1=2"),
                ("c d", "e f"),
                ("g+h", "i+j"),
                ("é", "😀"),
                ("k", "%41"),
                ("", ""),
                ("%zz", "%"),
                ("raw é", "ü"),
            ] {
                let values: Vec<_> = request.query().all(key).collect();
                assert_eq!(values, [value], "{source} {key}");
            }
            assert_eq!(request.query().len(), 8, "{source}");
        }
    }

    #[test]
    fn a_key_that_was_spelled_in_two_ways_has_both_values() {
        let event = r#"{"httpMethod":"GET","path":"/","requestContext":{"elb":{}},
            "multiValueQueryStringParameters":{"tag":["1","2"],"t%61g":["3"]}}"#;

        let request = request(event);

        let values: Vec<_> = request.query().all("tag").collect();
        assert_eq!(values, ["1", "2", "3"]);
    }

    #[test]
    fn a_query_that_is_not_utf_8_once_it_is_decoded_is_400() {
        for source in BALANCERS {
            for query in [
                json!({"a": "%ff"}),
                json!({"%ff": "a"}),
                json!({"a": "%c3"}),
                json!({"a": ["b", "%ed%a0%80"]}),
            ] {
                let response = rejected(with_query(source, query.clone()));
                assert_eq!(response.status(), 400, "{source} {query}");
            }
        }
        for source in LATTICES {
            for path in ["/?a=%ff", "/?%ff=a", "/?a=b&c=%c3"] {
                let response = rejected(with_path(source, path));
                assert_eq!(response.status(), 400, "{source} {path}");
            }
        }
    }

    #[test]
    fn the_query_in_lattices_path_counts_more_than_the_map_beside_it() {
        for source in LATTICES {
            let event = with(
                source,
                json!({
                    path_key(source): "/a%3Fb?tag=1,2&x=%3F+?&tag=3&flag&&",
                    query_key(source): {"tag": "1,2,3", "other": "1"},
                }),
            );
            let request = request(event);
            assert_eq!(request.path(), "/a?b", "{source}");
            assert_eq!(request.raw_path(), "/a%3Fb", "{source}");
            assert_eq!(
                query(&request),
                [("tag", "1,2"), ("x", "? ?"), ("tag", "3"), ("flag", "")],
                "{source}"
            );
        }
    }

    #[test]
    fn the_map_serves_where_lattices_path_has_no_query() {
        let event = with_query(Source::LatticeV1, json!({"a": "1,2"}));
        assert_eq!(query(&request(event)), [("a", "1,2")]);

        for (map, expected) in [
            (json!({"a": ["1", "2"]}), &[("a", "1"), ("a", "2")][..]),
            (json!({"a": "1"}), &[("a", "1")]),
            (json!({"a": []}), &[]),
            (json!({}), &[]),
            (json!(null), &[]),
        ] {
            let request = request(with_query(Source::Lattice, map.clone()));
            assert_eq!(query(&request), expected, "{map}");
        }
    }

    #[test]
    fn methods_are_tokens_and_the_standard_ones_are_read_in_any_case() {
        for source in SOURCES {
            for (method, expected) in [("post", "POST"), ("Patch", "PATCH"), ("brew", "brew")] {
                let event = with(source, json!({ method_key(source): method }));
                assert_eq!(request(event).method(), expected, "{source}");
            }
            for method in ["", "G T", "GET\r\n", "é"] {
                let event = with(source, json!({ method_key(source): method }));
                assert_eq!(rejected(event).status(), 400, "{source} {method:?}");
            }
        }
    }

    #[test]
    fn half_a_surrogate_pair_in_a_header_or_in_the_query_is_400() {
        for source in SOURCES {
            let event = least(source).to_string();
            let event = event.replace(&format!(r#","{}":{{}}"#, headers_key(source)), "");
            let event = event.replace(&format!(r#""{}":{{}},"#, headers_key(source)), "");
            for key in [headers_key(source), query_key(source)] {
                for map in [r#"{"a":"\ud800"}"#, r#"{"a":["\udfff"]}"#] {
                    let event = format!(r#"{},"{key}":{map}}}"#, &event[..event.len() - 1]);
                    assert_eq!(rejected(&event).status(), 400, "{event}");
                }
            }
        }
    }

    #[test]
    fn the_request_context_is_there_where_the_front_end_sends_one() {
        let context: Value = request(least(Source::Lattice))
            .request_context()
            .expect("a context");
        assert_eq!(context, json!({"serviceArn": "arn"}));

        let context: Value = request(least(Source::LatticeV1))
            .request_context()
            .expect("null");
        assert_eq!(context, json!(null));
    }

    #[test]
    fn a_rejection_names_its_source_and_keeps_the_headers() {
        for source in SOURCES {
            let event = with(
                source,
                json!({
                    path_key(source): "/%zz",
                    headers_key(source): {"origin": "https://shop.example"},
                }),
            );
            match read(event.to_string()) {
                Err(DecodeError::Rejected {
                    source: named,
                    method,
                    headers,
                    ..
                }) => {
                    assert_eq!(named, source);
                    assert_eq!(method, Some(Method::GET));
                    assert_eq!(headers.get("Origin"), Some("https://shop.example"));
                }
                decoded => panic!("{source}: {decoded:?}"),
            }
        }
    }
}

mod bodies {
    use super::*;

    #[test]
    fn a_body_is_text_or_base64() {
        for source in SOURCES {
            for (body, is_base64, expected) in [
                ("hi", false, &b"hi"[..]),
                ("aGk=", false, b"aGk="),
                ("aGk=", true, b"hi"),
                ("/+8A", true, b"\xff\xef\0"),
                ("é\n\"", false, "é\n\"".as_bytes()),
                ("", false, b""),
                ("", true, b""),
            ] {
                let request = request(with_body(source, json!(body), json!(is_base64)));
                assert_eq!(request.body().unwrap(), expected, "{source} {body}");
            }
        }
    }

    #[test]
    fn only_true_says_base64_and_no_body_is_an_empty_one() {
        for source in SOURCES {
            for flag in [json!(null), json!("true"), json!(1), json!([true])] {
                let request = request(with_body(source, json!("aGk="), flag.clone()));
                assert_eq!(request.body().unwrap(), "aGk=", "{source} {flag}");
            }
            for body in [json!(null), json!(5), json!({"a": 1})] {
                let request = request(with_body(source, body.clone(), json!(true)));
                assert_eq!(request.body().unwrap(), "", "{source} {body}");
            }
        }
    }

    #[test]
    fn what_is_not_base64_is_400_for_who_reads_it() {
        for source in SOURCES {
            for body in ["a", "aGk", "aGk=\n", "é", "aG k", "_-8A"] {
                let request = request(with_body(source, json!(body), json!(true)));
                let problem = request.body().expect_err(body);
                assert_eq!(problem.status(), 400, "{source} {body}");
                assert_eq!(problem.detail(), Some("the body is not base64"));
            }
        }
    }

    #[test]
    fn a_body_may_have_as_many_bytes_as_the_limit_and_not_one_more() {
        for source in SOURCES {
            for (body, is_base64, bytes) in [("four", false, 4), ("Zm91cg==", true, 4)] {
                let event = with_body(source, json!(body), json!(is_base64));
                let enough = Limits::default().body_bytes(bytes);
                let decoded = decode(event.to_string().into(), Context::new("id"), &enough);
                assert!(
                    matches!(decoded, Ok(Decoded::Http(_))),
                    "{source} {body}: {decoded:?}"
                );

                let response = rejected_within(event, &enough.body_bytes(bytes - 1));
                assert_eq!(response.status(), 413, "{source} {body}");
            }
        }
    }
}

mod replies {
    use super::*;

    fn written(source: Source, response: Response) -> Value {
        serde_json::from_slice(&encode(source, response)).expect("a reply is JSON")
    }

    /// Repeated headers, two cookies and a text.
    fn rich() -> Response {
        [
            ("content-type", "text/plain"),
            ("vary", "origin"),
            ("set-cookie", "a=1; Path=/"),
            ("x-note", "é"),
            ("vary", "accept, cookie"),
            ("set-cookie", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT"),
        ]
        .into_iter()
        .fold(
            Response::new(StatusCode::CREATED),
            |response, (name, value)| {
                let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
                response.with_header(HeaderName::from_static(name), value)
            },
        )
        .with_body("made")
    }

    #[test]
    fn a_target_group_of_single_values_gets_joined_headers_and_the_last_cookie() {
        assert_eq!(
            written(Source::Alb, rich()),
            json!({
                "statusCode": 201,
                "statusDescription": "201 Created",
                "headers": {
                    "content-type": "text/plain",
                    "vary": "origin, accept, cookie",
                    "set-cookie": "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
                    "x-note": "é",
                },
                "body": "made",
                "isBase64Encoded": false,
            })
        );
    }

    #[test]
    fn a_target_group_of_multiple_values_gets_them_all() {
        assert_eq!(
            written(Source::AlbMultiValue, rich()),
            json!({
                "statusCode": 201,
                "statusDescription": "201 Created",
                "multiValueHeaders": {
                    "content-type": ["text/plain"],
                    "vary": ["origin", "accept, cookie"],
                    "set-cookie": ["a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT"],
                    "x-note": ["é"],
                },
                "body": "made",
                "isBase64Encoded": false,
            })
        );
    }

    #[test]
    fn both_versions_of_lattice_get_what_a_target_group_of_single_values_gets() {
        for source in LATTICES {
            assert_eq!(
                written(source, rich()),
                written(Source::Alb, rich()),
                "{source}"
            );
        }
    }

    #[test]
    fn a_reply_without_headers_has_an_empty_map_of_the_right_kind() {
        for source in SOURCES {
            assert_eq!(
                written(source, Response::default()),
                json!({
                    "statusCode": 200,
                    "statusDescription": "200 OK",
                    headers_key(source): {},
                    "body": "",
                    "isBase64Encoded": false,
                }),
                "{source}"
            );
        }
    }

    #[test]
    fn a_status_is_described_by_its_number_and_its_words() {
        for source in SOURCES {
            for (status, expected) in [
                (200, "200 OK"),
                (204, "204 No Content"),
                (418, "418 I'm a teapot"),
                (503, "503 Service Unavailable"),
                (299, "299 Unknown"),
                (799, "799 Unknown"),
            ] {
                let status = StatusCode::from_u16(status).expect("a status");
                let reply = written(source, Response::new(status));
                assert_eq!(reply["statusDescription"], expected, "{source}");
                assert_eq!(reply["statusCode"], status.as_u16(), "{source}");
            }
        }
    }

    #[test]
    fn an_empty_body_is_an_empty_text_and_never_null() {
        for source in SOURCES {
            for status in [
                StatusCode::OK,
                StatusCode::NO_CONTENT,
                StatusCode::NOT_MODIFIED,
            ] {
                for body in [Body::default(), Body::from(Vec::new())] {
                    let reply = written(source, Response::new(status).with_body(body));
                    assert_eq!(reply["body"], "", "{source} {status}");
                    assert_eq!(reply["isBase64Encoded"], false, "{source} {status}");
                }
            }
        }
    }

    #[test]
    fn bytes_are_base64_unless_they_are_declared_as_text() {
        let typed = |content_type, body: &'static [u8]| {
            Response::default()
                .with_header(header::CONTENT_TYPE, HeaderValue::from_static(content_type))
                .with_body(Bytes::from_static(body))
        };
        for source in SOURCES {
            for (content_type, bytes, body, is_base64) in [
                ("image/png", &b"\x89PNG"[..], "iVBORw==", true),
                ("image/png", b"text", "dGV4dA==", true),
                ("text/plain", b"text", "text", false),
                ("text/plain", b"\xff", "/w==", true),
            ] {
                let reply = written(source, typed(content_type, bytes));
                assert_eq!(reply["body"], body, "{source} {content_type}");
                assert_eq!(reply["isBase64Encoded"], is_base64, "{source}");
            }
            let zipped = typed("text/plain", b"text")
                .with_header(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            assert_eq!(written(source, zipped)["body"], "dGV4dA==", "{source}");
        }
    }

    #[test]
    fn a_header_value_that_is_not_utf_8_makes_the_reply_a_500() {
        for source in SOURCES {
            let value = HeaderValue::from_bytes(b"\xff").expect("a value");
            let response = rich().with_header(HeaderName::from_static("x-a"), value);

            let mut reply = written(source, response);

            let body = reply["body"].take();
            let body: Value =
                serde_json::from_str(body.as_str().expect("a text")).expect("a problem is JSON");
            assert_eq!(
                body,
                json!({"title": "Internal Server Error", "status": 500}),
                "{source}"
            );
            let content_type = match source {
                Source::AlbMultiValue => json!(["application/problem+json"]),
                _ => json!("application/problem+json"),
            };
            assert_eq!(
                reply,
                json!({
                    "statusCode": 500,
                    "statusDescription": "500 Internal Server Error",
                    headers_key(source): {"content-type": content_type},
                    "body": null,
                    "isBase64Encoded": false,
                }),
                "{source}"
            );
        }
    }

    #[test]
    fn a_rejection_that_is_encoded_tells_the_client_why() {
        for source in SOURCES {
            let reply = written(source, rejected(with_path(source, "/%zz")));

            assert_eq!(reply["statusCode"], 400, "{source}");
            assert_eq!(reply["statusDescription"], "400 Bad Request", "{source}");
            let body = reply["body"].as_str().expect("a text");
            assert!(body.contains("hexadecimal"), "{source}: {reply}");
        }
    }
}
