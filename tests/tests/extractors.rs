//! What handlers take and return, beyond what `router.rs` has: every case through a whole function.

use std::sync::{Arc, Mutex};

use powertools::{
    event::Source,
    logger::JsonLayer,
    router::{Json, Router, Routes, StatusCode, get, post, routes},
    testing::{TestClient, TestReply, TestRequest},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt;

fn client(routes: Routes) -> TestClient<Router> {
    TestClient::new(Router::new(routes).expect("the routes are good"))
}

/// The reply, and the causes that were logged for the operator.
async fn with_causes(request: TestRequest<'_, Router>) -> (TestReply, Vec<String>) {
    let written = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&written);
    let layer = JsonLayer::new().with_writer(move |line| {
        let line = serde_json::from_slice::<Value>(line).expect("a line is JSON");
        if let Some(cause) = line["cause"].as_str() {
            sink.lock()
                .expect("no writer panics")
                .push(cause.to_owned());
        }
    });
    let subscriber = tracing_subscriber::registry().with(layer);
    let guard = tracing::subscriber::set_default(subscriber);
    let reply = request.await;
    drop(guard);
    let causes = written.lock().expect("no writer panics").clone();
    (reply, causes)
}

/// A 500 that tells the client nothing, and the one cause that the operator reads.
async fn internal(request: TestRequest<'_, Router>) -> String {
    let (reply, mut causes) = with_causes(request).await;
    assert_eq!(reply.status(), 500, "{}", reply.text());
    assert_eq!(reply.json::<Value>()["detail"], Value::Null);
    assert_eq!(causes.len(), 1, "{causes:?}");
    causes.remove(0)
}

fn detail(reply: &TestReply) -> String {
    let detail = &reply.json::<Value>()["detail"];
    detail.as_str().expect("a detail").to_owned()
}

mod cookies {
    use powertools::router::{
        IntoResponse, Path, Response,
        cookie::{Cookie, Duration, SameSite},
    };

    use super::*;

    /// Sets what stands in the path, decoded: anything that a client may send.
    #[get("/value/{value}")]
    async fn value(Path(value): Path<String>) -> (Cookie<'static>, &'static str) {
        (Cookie::new("a", value), "set")
    }

    #[get("/path/{path}")]
    async fn path(Path(path): Path<String>) -> (StatusCode, Cookie<'static>, ()) {
        (
            StatusCode::CREATED,
            Cookie::build(("a", "1")).path(path).build(),
            (),
        )
    }

    #[get("/domain/{domain}")]
    async fn domain(Path(domain): Path<String>) -> impl IntoResponse {
        let cookies = [
            Cookie::new("b", "2"),
            Cookie::build(("a", "1")).domain(domain).build(),
        ];
        (StatusCode::CREATED, cookies, "set")
    }

    #[get("/name/{name}")]
    async fn name(Path(name): Path<String>) -> (Cookie<'static>, ()) {
        (Cookie::new(name, "1"), ())
    }

    #[get("/nameless")]
    async fn nameless() -> Response {
        (Cookie::new("", "1"), "set").into_response()
    }

    #[get("/good")]
    async fn good() -> (StatusCode, Cookie<'static>, &'static str) {
        let cookie = Cookie::build(("__Host-a", "\"b=c/d+e.f\""))
            .path("/with space")
            .domain("shop.example")
            .max_age(Duration::days(30))
            .same_site(SameSite::None);
        (StatusCode::CREATED, cookie.build(), "set")
    }

    #[tokio::test]
    async fn what_a_cookie_cannot_hold_is_a_logged_500_and_no_cookie() {
        let client = client(routes![value, path, domain, name, nameless]);

        for (url, expected) in [
            (
                "/value/x; Domain=evil",
                "cookie \"a\": RFC 6265 does not allow ';' in its value",
            ),
            (
                "/value/a b",
                "cookie \"a\": RFC 6265 does not allow ' ' in its value",
            ),
            (
                "/value/a,b",
                "cookie \"a\": RFC 6265 does not allow ',' in its value",
            ),
            (
                "/value/a%5Cb",
                "cookie \"a\": RFC 6265 does not allow '\\\\' in its value",
            ),
            (
                "/value/a%22b",
                "cookie \"a\": RFC 6265 does not allow '\"' in its value",
            ),
            (
                "/value/%00",
                "cookie \"a\": RFC 6265 does not allow '\\0' in its value",
            ),
            (
                "/value/%0D%0Ax: y",
                "cookie \"a\": RFC 6265 does not allow '\\r' in its value",
            ),
            (
                "/value/é",
                "cookie \"a\": RFC 6265 does not allow 'é' in its value",
            ),
            (
                "/path/%2F; Domain=evil",
                "cookie \"a\": RFC 6265 does not allow ';' in its path",
            ),
            (
                "/path/%09",
                "cookie \"a\": RFC 6265 does not allow '\\t' in its path",
            ),
            (
                "/domain/a.example;b",
                "cookie \"a\": RFC 6265 does not allow ';' in its domain",
            ),
            (
                "/domain/a%20b",
                "cookie \"a\": RFC 6265 does not allow ' ' in its domain",
            ),
            (
                "/name/a=b",
                "cookie \"a=b\": RFC 6265 does not allow '=' in its name",
            ),
            (
                "/name/a;b",
                "cookie \"a;b\": RFC 6265 does not allow ';' in its name",
            ),
            ("/nameless", "a cookie has no name"),
        ] {
            let request = || client.get(url).source(Source::RestApi);
            assert_eq!(internal(request()).await, expected, "{url}");
            assert!(request().await.cookies().is_empty(), "{url}");
        }
    }

    #[tokio::test]
    async fn what_a_cookie_can_hold_arrives() {
        let client = client(routes![good, value]);
        for source in Source::ALL {
            let reply = client.get("/good").source(source).await;
            assert_eq!((reply.status(), reply.text()), (StatusCode::CREATED, "set"));
            assert_eq!(
                reply.cookies(),
                [
                    "__Host-a=\"b=c/d+e.f\"; SameSite=None; Secure; Path=/with space; Domain=shop.example; \
                  Max-Age=2592000"
                ],
                "{source}"
            );
        }
        let all = "/value/!%23$%25&'()*+-.%2F09:<=>%3F@AZ[]^_`az{|}~";
        let value = client.get(all).source(Source::RestApi).await;
        assert_eq!(value.cookies(), ["a=!#$%&'()*+-./09:<=>?@AZ[]^_`az{|}~"]);
    }
}

#[tokio::test]
async fn a_status_makes_no_success_of_a_failure() {
    use powertools::router::{Error, HeaderMap};
    use std::collections::BTreeMap;

    #[get("/json")]
    async fn no_json() -> (StatusCode, Json<BTreeMap<Option<u8>, u8>>) {
        (StatusCode::CREATED, Json([(None, 1)].into()))
    }
    #[get("/header")]
    async fn no_header() -> (StatusCode, [(&'static str, &'static str); 1], &'static str) {
        (StatusCode::CREATED, [("x-a", "\n")], "made")
    }
    #[get("/chosen")]
    async fn chosen() -> (StatusCode, HeaderMap, Error) {
        (
            StatusCode::BAD_GATEWAY,
            HeaderMap::new(),
            Error::internal("no answer"),
        )
    }
    let client = client(routes![no_json, no_header, chosen]);

    assert_eq!(internal(client.get("/json")).await, "key must be a string");
    assert_eq!(
        internal(client.get("/header")).await,
        "failed to parse header value"
    );
    assert_eq!(client.get("/chosen").await.status(), 502);
}
