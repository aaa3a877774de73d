//! Paths: what is decoded, what is refused, and which stage is taken off.

use super::*;

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

        // A name like one of AWS's makes nobody's domain one of theirs.
        let named = staged(source, "prod.shop.execute-api.example", "prod", "/prod/x");
        assert_eq!(path(named), "/prod/x");
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
