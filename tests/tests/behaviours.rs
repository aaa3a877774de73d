//! What people who know Powertools of other languages expect of an HTTP function, fact by fact.
//!
//! The numbers are those of `powertools/docs/behaviours.md`, which also has the facts that are not
//! here: what is done otherwise, and what is not there yet.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use powertools::{
    event::Source,
    router::{
        Cors, HeaderMap, HeaderName, HeaderValue, Method, Params, Path, Response, Route, Router,
        Routes, StatusCode, header,
    },
    testing::{TestClient, TestReply},
};
use serde_json::{Value, json};

const OUR_ORIGIN: &str = "https://aws.amazon.com";

/// A sample event by the name of its file.
fn event(file: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/events");
    let text = fs::read_to_string(path.join(file).with_extension("json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn client(routes: Routes) -> TestClient<Router> {
    TestClient::new(Router::new(routes).unwrap())
}

/// Nothing but routes that answer GET with their own pattern.
fn patterns(patterns: &[&'static str]) -> TestClient<Router> {
    let route = |pattern: &&'static str| {
        let pattern = *pattern;
        Route::new(Method::GET, pattern, move || async move { pattern })
    };
    client(patterns.iter().map(route).fold(Routes::new(), Routes::with))
}

/// Every byte but letters and digits as an escape.
fn encoded(text: &str) -> String {
    let escape = |byte: u8| match byte {
        plain if plain.is_ascii_alphanumeric() => char::from(plain).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escape).collect()
}

fn assert_problem(reply: &TestReply, status: u16, detail: Option<&str>) {
    let body = reply.json::<Value>();
    assert_eq!(reply.status(), status, "{body}");
    assert_eq!(
        reply.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(body["status"], status);
    assert_eq!(body["detail"].as_str(), detail);
}

async fn foo() -> &'static str {
    "foo"
}

mod routing {
    use super::*;

    #[tokio::test]
    async fn e02_e04_one_slash_at_the_end_makes_no_difference() {
        for file in [
            "apiGatewayProxyEventPathTrailingSlash",
            "vpcLatticeEventPathTrailingSlash",
        ] {
            let event = event(file);
            let method = event["httpMethod"].as_str().or(event["method"].as_str());
            let method = method.unwrap().parse().unwrap();
            let pattern = if file.starts_with("vpc") {
                "/testpath"
            } else {
                "/my/path"
            };
            let client = client(Routes::new().with(Route::new(method, pattern, foo)));

            let reply = client.invoke(&event).await.unwrap();

            assert_eq!(reply["statusCode"], 200, "{file}");
        }
        let client = patterns(&["/my/path"]);
        for source in Source::ALL {
            let reply = client.get("/my/path/").source(source).await;
            assert_eq!(reply.status(), 200, "{source}");
        }
    }

    #[tokio::test]
    async fn e03_two_slashes_at_the_end_are_another_path() {
        let client = patterns(&["/my/path"]);

        for source in Source::ALL {
            let reply = client.get("/my/path//").source(source).await;
            assert_eq!(reply.status(), 404, "{source}");
        }
    }

    #[tokio::test]
    async fn e18_parameters_have_the_names_of_the_pattern() {
        async fn all(params: Params) -> String {
            let pairs: Vec<_> = params
                .iter()
                .map(|(name, value)| [name, value].join("="))
                .collect();
            pairs.join(" ")
        }
        let client = client(Routes::new().with(Route::new(Method::GET, "/{name}/{my_id}", all)));

        let reply = client.invoke(&event("apiGatewayProxyEvent")).await.unwrap();

        assert_eq!(reply["body"], "name=my my_id=path");
    }

    #[tokio::test]
    async fn e19_e20_nested_resources_have_their_own_handlers() {
        async fn one(Path(id): Path<String>) -> String {
            format!("one {id:?}")
        }
        async fn networks(Path(id): Path<String>) -> String {
            format!("networks {id:?}")
        }
        async fn network(Path((id, n)): Path<(String, String)>) -> String {
            format!("network {id:?} {n:?}")
        }
        let client = client(
            Routes::new()
                .with(Route::new(Method::GET, "/accounts/{id}", one))
                .with(Route::new(
                    Method::GET,
                    "/accounts/{id}/source_networks",
                    networks,
                ))
                .with(Route::new(
                    Method::GET,
                    "/accounts/{id}/source_networks/{n}",
                    network,
                )),
        );

        for source in Source::ALL {
            for (url, expected) in [
                ("/accounts/a", r#"one "a""#),
                ("/accounts/a/source_networks", r#"networks "a""#),
                ("/accounts/a/source_networks/b", r#"network "a" "b""#),
                ("/accounts/single%20account", r#"one "single account""#),
                (
                    "/accounts/single%20account/source_networks/network%20123",
                    r#"network "single account" "network 123""#,
                ),
            ] {
                let reply = client.get(url).source(source).await;
                assert_eq!(reply.text(), expected, "{source}");
            }
        }
    }

    #[tokio::test]
    async fn e21_e22_e23_e24_a_value_may_have_any_character() {
        async fn account(Path(id): Path<String>) -> String {
            id
        }
        let client = client(Routes::new().with(Route::new(Method::GET, "/accounts/{id}", account)));

        for source in Source::ALL {
            for value in [
                "123456789",
                "user@example.com",
                "-._~'!*:@,;()=+&$",
                "%<>[]{}|^",
                "bXl0b2tlbg==",
                "é",
                "日本",
                "\"#?\\`",
                "🦀",
            ] {
                let url = format!("/accounts/{}", encoded(value));
                let reply = client.get(&url).source(source).await;
                assert_eq!(reply.text(), value, "{source}");
            }
        }
    }

    #[tokio::test]
    async fn e25_e26_e27_a_value_is_decoded_once_or_refused() {
        async fn one(Path(id): Path<String>) -> String {
            id
        }
        let client = client(Routes::new().with(Route::new(Method::GET, "/a/{id}", one)));

        for source in Source::ALL {
            assert_eq!(client.get("/a/a%20b").source(source).await.text(), "a b");
            assert_eq!(client.get("/a/%2520").source(source).await.text(), "%20");
        }
        for source in [
            Source::RestApi,
            Source::FunctionUrl,
            Source::Alb,
            Source::Lattice,
        ] {
            assert_eq!(client.get("/a/%2F").source(source).await.text(), "/");
        }
        let mut broken = client.get("/a/x").source(Source::RestApi).event();
        broken["path"] = "/a/%zz".into();
        let reply = client.invoke(&broken).await.unwrap();
        assert_eq!(reply["statusCode"], 400);
    }

    #[tokio::test]
    async fn e28_a_parameter_is_never_empty() {
        let client = patterns(&["/a/{id}"]);

        for source in Source::ALL {
            for url in ["/a/", "/a", "/a//"] {
                let reply = client.get(url).source(source).await;
                assert_eq!(reply.status(), 404, "{source} {url}");
            }
        }
    }

    #[tokio::test]
    async fn e29_e30_e31_e33b_the_more_literal_route_answers_whatever_the_order() {
        for (mut list, url, expected) in [
            (vec!["/a/{id}", "/a/me"], "/a/me", "/a/me"),
            (vec!["/my/{path}", "/my/path"], "/my/path", "/my/path"),
            (vec!["/x/{a}/{b}", "/x/lit/{b}"], "/x/lit/1", "/x/lit/{b}"),
            (vec!["/a/{id}", "/a/{rest+}", "/a/me"], "/a/1", "/a/{id}"),
            (vec!["/a/{id}", "/a/{rest+}", "/a/me"], "/a/me", "/a/me"),
        ] {
            assert_eq!(patterns(&list).get(url).await.text(), expected);
            list.reverse();
            assert_eq!(patterns(&list).get(url).await.text(), expected);
        }
    }

    #[test]
    fn e32_the_same_route_twice_is_refused_at_the_start() {
        let twice = Routes::<()>::new()
            .with(Route::new(Method::GET, "/a/{id}", foo).named("first"))
            .with(Route::new(Method::GET, "/a/{name}", foo).named("second"));

        let errors = Router::new(twice).unwrap_err().to_string();

        assert!(
            errors.contains("`first`") && errors.contains("`second`"),
            "{errors}"
        );
    }

    #[tokio::test]
    async fn e33_a_greedy_parameter_takes_one_segment_or_more() {
        let client = patterns(&["/files/{path+}"]);

        assert_eq!(client.get("/files/x/y").await.status(), 200);
        assert_eq!(client.get("/files/").await.status(), 404);
    }

    #[tokio::test]
    async fn e34_one_handler_may_have_several_patterns() {
        let client = client(
            Routes::new()
                .with(Route::new(Method::GET, "/my/path", foo))
                .with(Route::new(Method::GET, "/my/anotherPath", foo)),
        );

        for file in ["apiGatewayProxyEvent", "apiGatewayProxyEventAnotherPath"] {
            let reply = client.invoke(&event(file)).await.unwrap();
            assert_eq!(reply["statusCode"], 200, "{file}");
        }
    }

    #[tokio::test]
    async fn e35_e38_e39_a_method_that_is_not_there_is_answered_with_those_that_are() {
        let both = Route::new(Method::GET, "/x", foo).or(Method::POST);
        let client = client(Routes::new().with(both));

        for (method, status, body) in [
            (Method::GET, 200, Some("foo")),
            (Method::POST, 200, Some("foo")),
            (Method::HEAD, 200, Some("")),
            (Method::OPTIONS, 204, Some("")),
            (Method::PUT, 405, None),
        ] {
            let reply = client.request(method.clone(), "/x").await;
            assert_eq!(reply.status(), status, "{method}");
            assert_eq!(reply.text(), body.unwrap_or(reply.text()), "{method}");
            let allow = (status != 200).then_some("GET, HEAD, OPTIONS, POST");
            assert_eq!(reply.header("allow"), allow, "{method}");
        }
    }

    #[tokio::test]
    async fn e36_the_method_of_an_event_may_be_in_lower_case() {
        let client = patterns(&["/my/path"]);
        let mut event = event("apiGatewayProxyEvent");
        event["httpMethod"] = "get".into();

        assert_eq!(client.invoke(&event).await.unwrap()["statusCode"], 200);
    }

    #[tokio::test]
    async fn e37_the_case_of_a_path_matters() {
        assert_eq!(patterns(&["/my/path"]).get("/My/Path").await.status(), 404);
    }

    #[tokio::test]
    async fn e45_e46_e47_a_stage_is_taken_off_only_where_it_is() {
        let client = patterns(&["/foo"]);

        for (stage, path, status) in [
            ("dev", "/dev/foo", 200),
            ("dev", "/foo", 200),
            ("prod", "/base/foo", 404),
        ] {
            let mut event = event("apiGatewayProxyV2Event");
            event["rawPath"] = path.into();
            event["requestContext"]["stage"] = stage.into();
            event["requestContext"]["http"]["method"] = "GET".into();
            let reply = client.invoke(&event).await.unwrap();
            assert_eq!(reply["statusCode"], status, "{stage} {path}");
        }
    }

    #[tokio::test]
    async fn e48_a_lattice_path_is_matched_without_its_query() {
        let mut event = event("vpcLatticeV2Event");
        event["path"] = "/todos?order-id=1".into();
        event["method"] = "GET".into();

        let reply = patterns(&["/todos"]).invoke(&event).await.unwrap();

        assert_eq!(reply["statusCode"], 200);
    }

    #[tokio::test]
    async fn e49_e50_a_nested_list_answers_below_its_prefix() {
        for (prefix, pattern) in [("/my", "/path"), ("/my/path", "/")] {
            let inner = Routes::new().with(Route::new(Method::GET, pattern, foo));
            let client = client(Routes::new().nest(prefix, inner));

            let reply = client.invoke(&event("apiGatewayProxyEvent")).await.unwrap();

            assert_eq!(reply["statusCode"], 200, "{prefix} {pattern}");
        }
    }
}

mod answers {
    use powertools::{
        logger,
        router::{Bytes, Cookies, IntoResponse, Json},
    };
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[tokio::test]
    async fn e01_a_map_is_json() {
        async fn map() -> Json<Value> {
            Json(json!({"foo": "value"}))
        }
        let client = client(Routes::new().with(Route::new(Method::GET, "/my/path", map)));

        let reply = client.invoke(&event("apiGatewayProxyEvent")).await.unwrap();

        let expected = json!({
            "statusCode": 200,
            "multiValueHeaders": {"content-type": ["application/json"]},
            "body": r#"{"foo":"value"}"#,
            "isBase64Encoded": false,
        });
        assert_eq!(reply, expected);
    }

    #[tokio::test]
    async fn e05_a_post_to_an_http_api_is_read_with_body_and_cookies() {
        async fn user(
            cookie: Cookies,
            headers: powertools::router::Headers,
            body: Bytes,
        ) -> String {
            assert!(cookie.iter().next().is_none(), "the sample's have no names");
            let body: Value = serde_json::from_slice(&body).unwrap();
            format!("{} {}", body["username"], headers.get("cookie").unwrap())
        }
        let client = client(Routes::new().with(Route::new(Method::POST, "/my/path", user)));

        let reply = client
            .invoke(&event("apiGatewayProxyV2Event"))
            .await
            .unwrap();

        let expected = json!({
            "statusCode": 200,
            "headers": {"content-type": "text/plain; charset=utf-8"},
            "body": r#""tom" cookie1; cookie2"#,
            "isBase64Encoded": false,
        });
        assert_eq!(reply, expected);
    }

    #[tokio::test]
    async fn e06_html_reaches_a_load_balancer() {
        async fn html() -> impl IntoResponse {
            ([(header::CONTENT_TYPE, "text/html")], "foo")
        }
        let client = client(Routes::new().with(Route::new(Method::GET, "/lambda", html)));

        let reply = client.invoke(&event("albEvent")).await.unwrap();

        let expected = json!({
            "statusCode": 200,
            "statusDescription": "200 OK",
            "headers": {"content-type": "text/html"},
            "body": "foo",
            "isBase64Encoded": false,
        });
        assert_eq!(reply, expected);
    }

    const COOKIES: [&str; 2] = [
        "CookieMonster=MonsterCookie; Secure",
        "a=1; Path=/p; Expires=Sat, 31 Dec 2022 00:00:00 GMT",
    ];

    async fn rich() -> Response {
        let mut headers = HeaderMap::new();
        for value in ["bar", "zbr"] {
            let name = HeaderName::from_static("foo");
            headers.append(name, HeaderValue::from_static(value));
        }
        for cookie in COOKIES {
            headers.append(header::SET_COOKIE, HeaderValue::from_static(cookie));
        }
        (headers, ()).into_response()
    }

    #[tokio::test]
    async fn e07_e08_e10_e11_e13_repeated_headers_and_cookies_go_where_the_source_looks() {
        let client = client(Routes::new().with(Route::new(Method::GET, "/", rich)));

        let lists = json!({"foo": ["bar", "zbr"], "set-cookie": COOKIES});
        for source in [Source::RestApi, Source::HttpApiV1, Source::AlbMultiValue] {
            let reply = client.get("/").source(source).await;
            assert_eq!(reply.raw()["multiValueHeaders"], lists, "{source}");
            assert_eq!(reply.raw().get("headers"), None, "{source}");
            assert_eq!(reply.raw().get("cookies"), None, "{source}");
        }
        for source in [Source::HttpApi, Source::FunctionUrl] {
            let reply = client.get("/").source(source).await;
            assert_eq!(
                reply.raw()["headers"],
                json!({"foo": "bar, zbr"}),
                "{source}"
            );
            assert_eq!(reply.raw()["cookies"], json!(COOKIES), "{source}");
            assert_eq!(reply.raw().get("multiValueHeaders"), None, "{source}");
        }
    }

    #[tokio::test]
    async fn e12_single_values_keep_all_of_a_header_and_the_last_cookie_with_a_warning() {
        let client = client(Routes::new().with(Route::new(Method::GET, "/", rich)));
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let layer = logger::builder()
            .level("trace")
            .writer(move |line| {
                let line = serde_json::from_slice::<Value>(line).unwrap();
                sink.lock().unwrap().push(line);
            })
            .layer();
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));

        let reply = client.get("/").source(Source::Alb).await;
        drop(guard);

        let headers = &reply.raw()["headers"];
        assert_eq!(
            *headers,
            json!({"foo": "bar, zbr", "set-cookie": COOKIES[1]})
        );
        let lines = lines.lock().unwrap();
        assert!(
            lines.iter().any(|line| line["level"] == "WARN"),
            "{lines:?}"
        );
    }

    #[tokio::test]
    async fn e13_a_load_balancer_of_multi_value_maps_gets_one() {
        let event = event("albMultiValueHeadersEvent");
        let path = event["path"].as_str().unwrap();
        let client = client(Routes::new().with(Route::new(Method::GET, path, foo)));

        let reply = client.invoke(&event).await.unwrap();

        let expected = json!({"content-type": ["text/plain; charset=utf-8"]});
        assert_eq!(reply["multiValueHeaders"], expected);
        assert_eq!(reply.get("headers"), None);
    }

    #[tokio::test]
    async fn e15_e16_e17_a_response_without_a_body_has_an_empty_one_and_no_headers() {
        for status in [StatusCode::OK, StatusCode::NO_CONTENT] {
            let bare = Route::new(Method::GET, "/", move || async move { status });
            let client = client(Routes::new().with(bare));
            for source in Source::ALL {
                let reply = client.get("/").source(source).await;
                assert_eq!(reply.raw()["statusCode"], status.as_u16(), "{source}");
                assert_eq!(reply.raw()["body"], "", "{source}");
                let lists = reply.raw().get("multiValueHeaders");
                let headers = reply.raw().get("headers").or(lists);
                assert_eq!(headers, Some(&json!({})), "{source}");
                assert_eq!(reply.raw().get("cookies"), None, "{source}");
            }
        }
    }

    #[tokio::test]
    async fn e53_e54_a_status_stands_beside_the_body() {
        async fn created() -> (StatusCode, Json<Value>) {
            (StatusCode::CREATED, Json(json!({"id": 7})))
        }
        let client = client(Routes::new().with(Route::new(Method::GET, "/", created)));

        let reply = client.get("/").await;

        assert_eq!(reply.status(), 201);
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.text(), r#"{"id":7}"#);
    }

    #[tokio::test]
    async fn e55_a_content_type_that_is_given_wins() {
        async fn own() -> impl IntoResponse {
            (
                [(header::CONTENT_TYPE, "header-content-type-wins")],
                Json(1),
            )
        }
        let client = client(Routes::new().with(Route::new(Method::GET, "/", own)));

        let reply = client.get("/").await;

        assert_eq!(
            reply.header_all("content-type"),
            ["header-content-type-wins"]
        );
    }

    #[tokio::test]
    async fn e56_e59_text_that_is_json_already_is_sent_as_it_is() {
        const TEXT: &str = r#"{ "sorted": [1, 2] }"#;
        async fn text() -> impl IntoResponse {
            ([(header::CONTENT_TYPE, "application/json")], TEXT)
        }
        let client = client(Routes::new().with(Route::new(Method::GET, "/", text)));

        for source in Source::ALL {
            let reply = client.get("/").source(source).await;
            assert_eq!(reply.raw()["body"], TEXT, "{source}");
        }
    }

    #[tokio::test]
    async fn e57_bytes_are_base64() {
        async fn bytes() -> Vec<u8> {
            vec![0, 1]
        }
        let client = client(Routes::new().with(Route::new(Method::GET, "/", bytes)));

        for source in Source::ALL {
            let reply = client.get("/").source(source).await;
            assert_eq!(
                reply.header("content-type"),
                Some("application/octet-stream")
            );
            assert_eq!(reply.raw()["body"], "AAE=", "{source}");
            assert_eq!(reply.raw()["isBase64Encoded"], true, "{source}");
        }
    }

    #[tokio::test]
    async fn e58_nothing_is_a_204_and_json_null_is_null() {
        async fn nothing() {}
        async fn null() -> Json<Option<u8>> {
            Json(None)
        }
        let nothing = Route::new(Method::GET, "/nothing", nothing);
        let routes = Routes::new().with(nothing);
        let client = client(routes.with(Route::new(Method::GET, "/null", null)));

        assert_eq!(client.get("/nothing").await.status(), 204);
        let reply = client.get("/null").await;
        assert_eq!((reply.status(), reply.text()), (StatusCode::OK, "null"));
    }
}

mod cors {
    use std::time::Duration;

    use powertools::router::{Error, Next, Request};

    use super::*;

    fn sharing(cors: Cors) -> TestClient<Router> {
        async fn bad() -> Result<(), Error> {
            Err(Error::bad_request("no"))
        }
        let routes = Routes::new()
            .with(Route::new(Method::GET, "/foo", foo))
            .with(Route::new(Method::DELETE, "/foo", foo))
            .with(Route::new(Method::POST, "/foo", foo).without_cors())
            .with(Route::new(Method::GET, "/private", foo).without_cors())
            .with(Route::new(Method::GET, "/bad", bad));
        TestClient::new(Router::new(routes).unwrap().cors(cors).unwrap())
    }

    async fn ask(
        client: &TestClient<Router>,
        method: Method,
        url: &str,
        origin: &str,
    ) -> TestReply {
        let request = client.request(method, url).header("origin", origin);
        request.header("access-control-request-method", "GET").await
    }

    fn shared(reply: &TestReply) -> Vec<&str> {
        let names = reply.headers().keys().map(HeaderName::as_str);
        names
            .filter(|name| name.starts_with("access-control-"))
            .collect()
    }

    #[tokio::test]
    async fn e67_what_any_origin_may_read_says_so_to_requests_without_one() {
        let any = sharing(Cors::allow_any_origin());
        let one = sharing(Cors::allow_origin(OUR_ORIGIN));
        for source in Source::ALL {
            let reply = any.get("/foo").source(source).await;
            assert_eq!(shared(&reply), ["access-control-allow-origin"], "{source}");
            assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
            let reply = one.get("/foo").source(source).await;
            assert_eq!(shared(&reply), [""; 0], "{source}");
        }
    }

    #[tokio::test]
    async fn e68_any_origin_may_read_and_send_the_usual_headers() {
        let client = sharing(Cors::allow_any_origin());

        let reply = ask(&client, Method::GET, "/foo", OUR_ORIGIN).await;
        assert_eq!(shared(&reply), ["access-control-allow-origin"]);
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));

        let reply = ask(&client, Method::OPTIONS, "/foo", OUR_ORIGIN).await;
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        assert_eq!(reply.header("access-control-allow-credentials"), None);
        assert_eq!(
            reply.header("access-control-allow-headers"),
            Some("authorization,content-type,x-amz-date,x-amz-security-token,x-api-key")
        );
    }

    #[tokio::test]
    async fn e69_the_one_origin_may_come_with_credentials() {
        let client = sharing(Cors::allow_origin(OUR_ORIGIN).allow_credentials());

        for method in [Method::GET, Method::OPTIONS] {
            let reply = ask(&client, method, "/foo", OUR_ORIGIN).await;
            assert_eq!(
                reply.header("access-control-allow-origin"),
                Some(OUR_ORIGIN)
            );
            assert_eq!(
                reply.header("access-control-allow-credentials"),
                Some("true")
            );
        }
    }

    #[test]
    fn e70_any_origin_with_credentials_is_refused_at_the_start() {
        let router = Router::new(Routes::<()>::new()).unwrap();

        let errors = router.cors(Cors::allow_any_origin().allow_credentials());

        assert!(errors.is_err());
    }

    #[tokio::test]
    async fn e71_each_of_several_origins_is_echoed_and_no_other() {
        let cors = Cors::allow_origin("https://one.example")
            .or_origin("https://two.example")
            .or_origin("https://three.example");
        let client = sharing(cors);

        for (origin, expected) in [
            ("https://one.example", Some("https://one.example")),
            ("https://three.example", Some("https://three.example")),
            ("https://wrong.example", None),
        ] {
            let reply = ask(&client, Method::GET, "/foo", origin).await;
            assert_eq!(reply.status(), 200);
            assert_eq!(reply.header("access-control-allow-origin"), expected);
            assert_eq!(shared(&reply).len(), usize::from(expected.is_some()));
            assert_eq!(reply.header("vary"), Some("origin"));
        }
    }

    #[tokio::test]
    async fn e72_e73_what_may_be_read_is_on_the_answer_and_what_may_be_sent_on_the_preflight() {
        for age in [100, 0] {
            let cors = Cors::allow_origin(OUR_ORIGIN)
                .expose_header("foo1")
                .allow_header("foo2")
                .max_age(Duration::from_secs(age));
            let client = sharing(cors);

            let reply = ask(&client, Method::GET, "/foo", OUR_ORIGIN).await;
            assert_eq!(reply.header("access-control-expose-headers"), Some("foo1"));
            assert_eq!(reply.header("access-control-max-age"), None);

            let reply = ask(&client, Method::OPTIONS, "/foo", OUR_ORIGIN).await;
            assert_eq!(
                reply.header("access-control-allow-headers"),
                Some("authorization,content-type,foo2,x-amz-date,x-amz-security-token,x-api-key")
            );
            let seconds = age.to_string();
            assert_eq!(reply.header("access-control-max-age"), Some(&*seconds));
        }
    }

    #[tokio::test]
    async fn e74_a_route_without_cors_has_no_cors_header() {
        let client = sharing(Cors::allow_any_origin());

        let reply = ask(&client, Method::GET, "/private", OUR_ORIGIN).await;

        assert_eq!(reply.status(), 200);
        assert_eq!(shared(&reply), [""; 0]);
    }

    #[tokio::test]
    async fn e75_a_preflight_names_the_methods_that_are_shared() {
        let client = sharing(Cors::allow_any_origin());

        let reply = ask(&client, Method::OPTIONS, "/foo", OUR_ORIGIN).await;

        assert_eq!(reply.status(), 204);
        assert_eq!(reply.raw()["body"], "");
        assert_eq!(reply.raw()["headers"].get("content-type"), None);
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        assert_eq!(
            reply.header("access-control-allow-methods"),
            Some("DELETE, GET, HEAD")
        );
    }

    #[tokio::test]
    async fn e76_an_options_route_answers_itself_and_is_shared() {
        async fn own() -> ([(HeaderName, &'static str); 1], &'static str) {
            ([(header::ACCESS_CONTROL_ALLOW_METHODS, "CUSTOM")], "mine")
        }
        let routes = Routes::new().with(Route::new(Method::OPTIONS, "/own", own));
        let router = Router::new(routes).unwrap();
        let client = TestClient::new(router.cors(Cors::allow_any_origin()).unwrap());

        let reply = ask(&client, Method::OPTIONS, "/own", OUR_ORIGIN).await;

        assert_eq!(reply.text(), "mine");
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        assert_eq!(reply.header("access-control-allow-methods"), Some("CUSTOM"));
    }

    #[tokio::test]
    async fn e77_e78_a_preflight_is_a_204_wherever_it_goes_and_wherever_it_comes_from() {
        let client = sharing(Cors::allow_origin(OUR_ORIGIN));

        let reply = ask(&client, Method::OPTIONS, "/nowhere", OUR_ORIGIN).await;
        assert_eq!(reply.status(), 204);
        assert_eq!(reply.header("access-control-allow-methods"), Some("GET"));

        let reply = ask(&client, Method::OPTIONS, "/foo", "https://wrong.example").await;
        assert_eq!(reply.status(), 204);
        assert_eq!(shared(&reply), [""; 0]);

        let reply = client.request(Method::OPTIONS, "/foo").await;
        assert_eq!(reply.status(), 204);
        assert_eq!(shared(&reply), [""; 0]);
        assert_eq!(
            reply.header("allow"),
            Some("DELETE, GET, HEAD, OPTIONS, POST")
        );
    }

    #[tokio::test]
    async fn e79_e80_failures_can_be_read_by_the_page() {
        let client = sharing(Cors::allow_any_origin());

        for (url, status) in [("/nowhere", 404), ("/bad", 400)] {
            let reply = ask(&client, Method::GET, url, OUR_ORIGIN).await;
            assert_eq!(reply.status(), status);
            assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        }
    }

    #[tokio::test]
    async fn e81_an_origin_in_the_multi_value_map_alone_is_seen() {
        let routes = Routes::new().with(Route::new(Method::GET, "/my/path", foo));
        let router = Router::new(routes).unwrap();
        let client = TestClient::new(router.cors(Cors::allow_origin(OUR_ORIGIN)).unwrap());
        let mut event = event("apiGatewayProxyEvent");
        event["headers"].as_object_mut().unwrap().remove("Origin");

        let reply = client.invoke(&event).await.unwrap();

        let headers = &reply["multiValueHeaders"];
        assert_eq!(headers["access-control-allow-origin"], json!([OUR_ORIGIN]));
    }

    #[tokio::test]
    async fn e100_a_preflight_is_answered_before_any_middleware() {
        async fn refuse(_: Request, _: Next) -> StatusCode {
            StatusCode::UNAUTHORIZED
        }
        let routes = Routes::new().with(Route::new(Method::GET, "/foo", foo));
        let router = Router::new(routes).unwrap().middleware(refuse);
        let client = TestClient::new(router.cors(Cors::allow_any_origin()).unwrap());

        let reply = ask(&client, Method::OPTIONS, "/foo", OUR_ORIGIN).await;

        assert_eq!(reply.status(), 204);
    }
}

mod failures {
    use std::{io, num::ParseIntError, str::ParseBoolError};

    use powertools::{
        event::Problem,
        router::{Error, Html, Json},
    };

    use super::*;

    #[tokio::test]
    async fn e82_e83_e84_e85_a_failure_has_its_status_and_one_form_of_body() {
        for (error, status, detail) in [
            (
                Error::bad_request("Missing required parameter"),
                400,
                Some("Missing required parameter"),
            ),
            (
                Error::unauthorized("Unauthorized"),
                401,
                Some("Unauthorized"),
            ),
            (Error::forbidden("Forbidden"), 403, Some("Forbidden")),
            (Error::not_found("gone"), 404, Some("gone")),
            (Problem::new(StatusCode::NOT_FOUND).into(), 404, None),
            (Error::request_timeout("slow"), 408, Some("slow")),
            (Error::payload_too_large("much"), 413, Some("much")),
            (Error::new(StatusCode::IM_A_TEAPOT, "tea"), 418, Some("tea")),
            (
                Error::new(StatusCode::INTERNAL_SERVER_ERROR, "ours"),
                500,
                Some("ours"),
            ),
            (Error::bad_gateway("theirs"), 502, Some("theirs")),
            (Error::unavailable("later"), 503, Some("later")),
        ] {
            let error = Arc::new(Mutex::new(Some(error)));
            let fails = move || {
                let error = error.lock().unwrap().take().unwrap();
                async move { Err::<(), _>(error) }
            };
            let client = client(Routes::new().with(Route::new(Method::GET, "/", fails)));
            assert_problem(&client.get("/").await, status, detail);
        }
        let reply = patterns(&[]).get("/").await;
        assert_eq!(reply.json::<Value>()["title"], "Not Found");
        assert_problem(&reply, 404, None);
    }

    async fn number() -> Result<String, Error> {
        Ok("x".parse::<i64>()?.to_string())
    }

    async fn flag() -> Result<String, Error> {
        Ok("x".parse::<bool>()?.to_string())
    }

    async fn file() -> Result<String, Error> {
        Err(io::Error::other("disk"))?
    }

    fn failing() -> Router {
        let nested = Routes::new().with(Route::new(Method::GET, "/number", number));
        let routes = Routes::new()
            .with(Route::new(Method::GET, "/number", number))
            .with(Route::new(Method::GET, "/flag", flag))
            .with(Route::new(Method::GET, "/file", file));
        Router::new(routes.nest("/nested", nested)).unwrap()
    }

    #[tokio::test]
    async fn e87_an_error_that_nobody_foresaw_is_a_500_that_tells_nothing() {
        let client = TestClient::new(failing());

        for url in ["/number", "/flag", "/file"] {
            assert_problem(&client.get(url).await, 500, None);
        }
    }

    #[tokio::test]
    async fn e88_in_debug_mode_the_answer_tells_the_cause() {
        let client = TestClient::new(failing().debug());

        let reply = client.get("/number").await;

        assert_problem(&reply, 500, None);
        assert_eq!(
            reply.json::<Value>()["cause"],
            "invalid digit found in string"
        );
    }

    /// Runs itself again, because variables cannot be set in a process of several threads.
    #[test]
    fn e89_debug_mode_is_a_variable() {
        const EXPECTED: &str = "E89_EXPECTED";
        let name = "failures::e89_debug_mode_is_a_variable";
        if let Ok(expected) = std::env::var(EXPECTED) {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            let reply = runtime.block_on(TestClient::new(failing()).get("/number").into_future());
            let told = reply.json::<Value>().get("cause").is_some();
            assert_eq!(told.to_string(), expected);
            return;
        }
        for (value, expected) in [
            ("true", "true"),
            ("TRUE", "true"),
            ("1", "true"),
            ("on", "true"),
            ("yes", "true"),
            ("false", "false"),
            ("0", "false"),
            ("", "false"),
            ("maybe", "false"),
        ] {
            let child = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", name])
                .env("POWERTOOLS_DEV", value)
                .env(EXPECTED, expected)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&child.stdout);
            assert!(child.status.success(), "{value}: {said}");
            assert!(said.contains("1 passed"), "{said}");
        }
    }

    fn teapot<E: std::error::Error>(error: &E) -> (StatusCode, Html<String>) {
        (StatusCode::IM_A_TEAPOT, Html(error.to_string()))
    }

    #[tokio::test]
    async fn e90_e91_an_error_type_has_an_answer_of_its_own_in_nested_routes_too() {
        let client = TestClient::new(failing().on_error(teapot::<ParseIntError>));

        for url in ["/number", "/nested/number"] {
            let reply = client.get(url).await;
            assert_eq!(reply.status(), 418);
            assert_eq!(
                reply.header("content-type"),
                Some("text/html; charset=utf-8")
            );
            assert_eq!(reply.text(), "invalid digit found in string");
        }
    }

    #[tokio::test]
    async fn e92_the_answer_for_a_type_goes_before_the_one_for_all_whatever_the_order() {
        let any = |problem: &Problem, _: &str| (problem.status(), "any");
        let teapot = teapot::<ParseIntError>;
        for router in [
            failing().on_error(teapot).on_problem(any),
            failing().on_problem(any).on_error(teapot),
        ] {
            let client = TestClient::new(router);

            assert_eq!(client.get("/number").await.status(), 418);
            assert_eq!(client.get("/flag").await.text(), "any");
        }
    }

    #[tokio::test]
    async fn e94_an_answer_that_is_a_failure_itself_is_told_like_any() {
        let bad = |error: &ParseIntError| Error::bad_request(error.to_string());
        let client = TestClient::new(failing().on_error(bad));

        let reply = client.get("/number").await;

        assert_eq!(reply.status(), 400);
        assert_eq!(
            reply.header("content-type"),
            Some("application/problem+json")
        );
        let problem: Value = reply.json();
        assert_eq!(problem["status"], 400);
        assert_eq!(problem["detail"], "invalid digit found in string");
    }

    #[tokio::test]
    async fn e93_one_answer_may_serve_several_types() {
        let router = failing()
            .on_error(teapot::<ParseIntError>)
            .on_error(teapot::<ParseBoolError>);
        let client = TestClient::new(router);

        for (url, status) in [("/number", 418), ("/flag", 418), ("/file", 500)] {
            assert_eq!(client.get(url).await.status(), status, "{url}");
        }
    }

    #[tokio::test]
    async fn e40_e41_e42_e51_a_prefix_is_taken_off_once_and_whole() {
        async fn foo() -> &'static str {
            "foo"
        }
        async fn root() -> &'static str {
            "root"
        }
        async fn user(Path(id): Path<String>) -> String {
            id
        }
        let users = Routes::new().with(Route::new(Method::GET, "/{user_id}", user));
        let routes = Routes::new()
            .with(Route::new(Method::GET, "/foo", foo))
            .with(Route::new(Method::GET, "/", root))
            .nest("/users/", users);
        let router = Router::new(routes).unwrap();
        let router = router
            .strip_prefix("/pay")
            .and_then(|router| router.strip_prefix("/payment"))
            .and_then(|router| router.strip_prefix("/v1/"))
            .and_then(|router| router.strip_prefix("/caf\u{e9} 2"))
            .unwrap();
        let client = TestClient::new(router);

        for (url, status, text) in [
            ("/pay/foo", 200, "foo"),
            ("/payment/foo", 200, "foo"),
            ("/foo", 200, "foo"),
            ("/pay", 200, "root"),
            ("/pay/", 200, "root"),
            ("/v1/users/leandro", 200, "leandro"),
            ("/caf%C3%A9%202/foo", 200, "foo"),
        ] {
            for source in Source::ALL {
                let reply = client.get(url).source(source).await;
                assert_eq!(reply.status(), status, "{url} {source}");
                assert_eq!(reply.text(), text, "{url} {source}");
            }
        }
        for url in ["/payfoo", "/pay/payment/foo"] {
            assert_eq!(client.get(url).await.status(), 404, "{url}");
        }
    }

    #[tokio::test]
    async fn e66_what_caches_may_keep_is_said_of_success() {
        use powertools::router::middleware::cache_control;

        let answer = |status: StatusCode| move || async move { status };
        let routes = Routes::new()
            .with(Route::new(Method::GET, "/200", answer(StatusCode::OK)))
            .with(Route::new(Method::GET, "/201", answer(StatusCode::CREATED)))
            .with(Route::new(
                Method::GET,
                "/503",
                answer(StatusCode::SERVICE_UNAVAILABLE),
            ));
        let routes = routes.middleware(cache_control(HeaderValue::from_static("max-age=600")));
        let client = client(routes);

        for (url, expected) in [
            ("/200", "max-age=600"),
            ("/201", "max-age=600"),
            ("/503", "no-cache"),
        ] {
            let reply = client.get(url).await;
            assert_eq!(reply.header("cache-control"), Some(expected), "{url}");
        }
    }

    #[tokio::test]
    async fn e60_e61_e63_e64_e65_bodies_are_compressed_for_who_takes_gzip() {
        use std::io::Read;

        use powertools::router::middleware::compression;

        const TEXT: &str = "all work and no play ";
        async fn long() -> String {
            TEXT.repeat(100)
        }
        async fn short() -> &'static str {
            TEXT
        }
        async fn image() -> Vec<u8> {
            vec![7; 5000]
        }
        async fn nothing() {}
        let routes = Routes::new()
            .with(Route::new(Method::GET, "/long", long))
            .with(Route::new(Method::GET, "/short", short))
            .with(Route::new(Method::GET, "/image", image))
            .with(Route::new(Method::GET, "/nothing", nothing));
        let client = TestClient::new(Router::new(routes).unwrap().middleware(compression()));

        for (accepted, compressed) in [
            (None, false),
            (Some("deflate, gzip"), true),
            (Some("GZIP ; Q=0.5, identity;q=0.1"), true),
            (Some("*"), true),
            (Some("gzip;q=0"), false),
            (Some("gzip;q=0, *"), false),
            (Some("gzip;q=much"), false),
            (Some("gzip;q=inf"), false),
            (Some("gzip;q=nan"), false),
            (Some("gzip;q=1.5"), false),
            (Some("gzip;q=-1"), false),
            (Some("gzip;q=0.5, identity;q=7"), true),
            (Some("gzip;q=0.5, identity"), false),
            (Some("br"), false),
            (Some(""), false),
        ] {
            for source in Source::ALL {
                let mut request = client.get("/long").source(source);
                if let Some(accepted) = accepted {
                    request = request.header("accept-encoding", accepted);
                }
                let reply = request.await;

                assert_eq!(
                    reply.header("vary"),
                    Some("accept-encoding"),
                    "{accepted:?} {source}"
                );
                let coding = reply.header("content-encoding");
                assert_eq!(
                    coding,
                    compressed.then_some("gzip"),
                    "{accepted:?} {source}"
                );
                let mut text = String::new();
                if compressed {
                    let mut decoder = flate2::read::GzDecoder::new(reply.bytes());
                    decoder.read_to_string(&mut text).unwrap();
                } else {
                    text.push_str(reply.text());
                }
                assert_eq!(text, TEXT.repeat(100), "{accepted:?} {source}");
            }
        }
        for url in ["/short", "/image", "/nothing"] {
            let reply = client.get(url).header("accept-encoding", "gzip").await;
            assert_eq!(reply.header("content-encoding"), None, "{url}");
            assert_eq!(reply.header("vary"), None, "{url}");
        }
    }

    #[tokio::test]
    async fn e95_a_path_that_is_nowhere_has_an_answer_of_its_own() {
        let nowhere = || async { (StatusCode::NOT_FOUND, "nowhere") };
        let client = TestClient::new(failing().not_found(nowhere));

        let reply = client.get("/x").await;

        assert_eq!(
            (reply.status(), reply.text()),
            (StatusCode::NOT_FOUND, "nowhere")
        );
    }

    #[tokio::test]
    async fn e105_e106_e107_a_body_of_another_shape_or_type_is_refused() {
        #[derive(serde::Deserialize)]
        struct Todo {
            title: String,
        }
        async fn todo(Json(todo): Json<Todo>) -> String {
            todo.title
        }
        let client = client(Routes::new().with(Route::new(Method::POST, "/", todo)));

        for (body, content_type, status, word) in [
            ("{}", "application/json", 422, "title"),
            ("{", "application/json", 400, "line 1 column 1"),
            ("<a/>", "text/xml", 415, "application/json"),
        ] {
            let request = client.post("/").body(body);
            let reply = request.header("content-type", content_type).await;
            assert_eq!(reply.status(), status);
            assert!(reply.text().contains(word), "{}", reply.text());
        }
    }
}

mod middleware {
    use powertools::router::{Error, IntoResponse, Middleware, Next, Request};

    use super::*;

    type Log = Arc<Mutex<Vec<String>>>;

    fn note(log: &Log, what: impl Into<String>) {
        log.lock().unwrap().push(what.into());
    }

    fn mark(log: &Log, name: &'static str) -> impl Middleware {
        let log = Arc::clone(log);
        move |request: Request, next: Next| {
            let log = Arc::clone(&log);
            async move {
                note(&log, format!("{name}>"));
                let response = next.run(request).await;
                note(&log, format!("<{name}"));
                response
            }
        }
    }

    /// A route whose handler notes that it was asked.
    fn noting(log: &Log, pattern: &str) -> Route {
        let log = Arc::clone(log);
        Route::new(Method::GET, pattern, move || {
            note(&log, "H");
            async {}
        })
    }

    #[tokio::test]
    async fn e96_e101_the_routers_come_before_the_routes_and_all_go_back_the_same_way() {
        let log = Log::default();
        let route = noting(&log, "/").middleware(mark(&log, "r1"));
        let list = Routes::new().with(route.middleware(mark(&log, "r2")));
        let router = Router::new(list).unwrap().middleware(mark(&log, "g1"));
        let client = TestClient::new(router.middleware(mark(&log, "g2")));

        client.get("/").await;

        let order = log.lock().unwrap().join(" ");
        assert_eq!(order, "g1> g2> r1> r2> H <r2 <r1 <g2 <g1");
    }

    #[tokio::test]
    async fn e97_one_that_answers_itself_keeps_the_rest_from_running() {
        async fn early(_: Request, _: Next) -> (StatusCode, &'static str) {
            (StatusCode::ACCEPTED, "early")
        }
        let log = Log::default();
        let list = Routes::new().with(noting(&log, "/").middleware(mark(&log, "r1")));
        let router = Router::new(list).unwrap().middleware(mark(&log, "g1"));
        let client = TestClient::new(router.middleware(early).middleware(mark(&log, "g2")));

        let reply = client.get("/").await;

        assert_eq!(
            (reply.status(), reply.text()),
            (StatusCode::ACCEPTED, "early")
        );
        assert_eq!(*log.lock().unwrap(), ["g1>", "<g1"]);
    }

    #[tokio::test]
    async fn e98_an_error_of_a_middleware_is_answered_like_any_other() {
        async fn who(_: Request, _: Next) -> Result<Response, Error> {
            Err(Error::unauthorized("who are you"))
        }
        async fn what(_: Request, _: Next) -> Result<Response, Error> {
            Err(Error::bad_request("what is it"))
        }
        let routes = Routes::new()
            .with(Route::new(Method::GET, "/who", foo).middleware(who))
            .with(Route::new(Method::GET, "/what", foo).middleware(what));
        let client = client(routes);

        assert_problem(&client.get("/who").await, 401, Some("who are you"));
        assert_problem(&client.get("/what").await, 400, Some("what is it"));
    }

    #[tokio::test]
    async fn e99_the_routers_may_rewrite_a_404() {
        async fn rewrite(request: Request, next: Next) -> Response {
            next.run(request).await.with_body("rewritten")
        }
        let router = Router::new(Routes::new()).unwrap().middleware(rewrite);

        let reply = TestClient::new(router).get("/nowhere").await;

        assert_eq!(
            (reply.status(), reply.text()),
            (StatusCode::NOT_FOUND, "rewritten")
        );
        assert_ne!(
            reply.header("content-type"),
            Some("application/problem+json")
        );
    }

    #[tokio::test]
    async fn e102_a_routes_own_runs_below_a_prefix() {
        let log = Log::default();
        let inner = Routes::new().with(noting(&log, "/x").middleware(mark(&log, "r")));
        let client = client(Routes::new().nest("/n", inner));

        client.get("/n/x").await;

        assert_eq!(*log.lock().unwrap(), ["r>", "H", "<r"]);
    }

    #[tokio::test]
    async fn e103_one_with_settings_copies_the_request_id_into_a_header() {
        fn correlate(name: &'static str) -> impl Middleware {
            move |request: Request, next: Next| async move {
                let id = request.context().request_id.clone();
                ([(name, id)], next.run(request).await).into_response()
            }
        }
        let routes = Routes::new().with(Route::new(Method::GET, "/", foo));
        let router = Router::new(routes).unwrap();
        let client = TestClient::new(router.middleware(correlate("x-correlation-id")));

        let reply = client
            .get("/")
            .context(powertools::Context::new("an-id"))
            .await;

        assert_eq!(reply.header("x-correlation-id"), Some("an-id"));
        assert_eq!(reply.text(), "foo");
    }

    #[tokio::test]
    async fn e104_a_value_that_a_middleware_leaves_is_there_for_this_request_alone() {
        #[derive(Clone)]
        struct User(String);
        async fn user(mut request: Request, next: Next) -> Response {
            if let Some(user) = request.headers().get("x-user").map(str::to_owned) {
                request.extensions_mut().insert(User(user));
            }
            next.run(request).await
        }
        async fn name(request: Request) -> String {
            let user = request.extensions().get::<User>();
            user.map_or_else(|| "nobody".to_owned(), |user| user.0.clone())
        }
        let inner = Routes::new().with(Route::new(Method::GET, "/name", name));
        let router = Router::new(Routes::new().nest("/n", inner)).unwrap();
        let client = TestClient::new(router.middleware(user));

        let known = client.get("/n/name").header("x-user", "ann").await;
        let unknown = client.get("/n/name").await;

        assert_eq!([known.text(), unknown.text()], ["ann", "nobody"]);
    }
}
