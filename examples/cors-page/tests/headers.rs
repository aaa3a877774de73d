//! Each header of CORS, as a browser reads it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use example_cors_page::{api, page};
use powertools::{
    event::Source,
    router::Method,
    testing::{TestClient, TestReply},
};
use serde_json::{Value, json};

const PAGE: &str = "https://www.shop.example";
/// What a preflight asks, and so what its answer depends on.
const ASKED: &str = "origin, access-control-request-method, access-control-request-headers";
/// The headers that any API here takes, and the page's own.
const SENT: &str =
    "authorization,content-type,x-amz-date,x-amz-security-token,x-api-key,x-page-version";

/// Those of the answer's headers that a browser judges by, and those that are cached by.
fn judged(reply: &TestReply) -> Vec<(&str, &str)> {
    let names = [
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "access-control-allow-methods",
        "access-control-allow-headers",
        "access-control-max-age",
        "access-control-expose-headers",
        "vary",
    ];
    let had = |name| reply.header(name).map(|value| (name, value));
    names.into_iter().filter_map(had).collect()
}

fn client() -> TestClient<powertools::router::Router> {
    TestClient::new(api::router(PAGE).unwrap())
}

#[test]
fn what_is_no_origin_is_refused_at_the_start() {
    let error = api::router("https://www.shop.example/").unwrap_err();
    assert!(
        error.to_string().contains("https://www.shop.example/"),
        "{error}"
    );
}

#[test]
fn a_page_whose_api_is_no_origin_does_not_start() {
    for wrong in [
        "",
        "api.shop.example",
        "ftp://api.shop.example",
        "javascript:alert(1)",
        "https://",
        "https://:8000",
        "https://api.shop.example/",
        "https://api.shop.example/prod",
        "https://api.shop.example?a",
        "https://user@api.shop.example",
        "https://api.shop.example:",
        "https://api.shop.example:0",
        "https://api.shop.example:+80",
        "https://api.shop.example:65536",
        "https://api.shop.example *",
        "https://api.shop.example; script-src *",
        "https://x\"><script>",
        "https://a\r\nb",
    ] {
        let error = page::router(wrong.to_owned()).expect_err(wrong).to_string();
        let expected = format!(
            "`{wrong}` is no origin: name the API's scheme, host and port, such as `http://localhost:9000`"
        );
        assert_eq!(error, expected);
    }
    for right in [
        "http://localhost:9000",
        "https://api.shop.example",
        "http://127.0.0.1:1",
    ] {
        assert!(page::router(right.to_owned()).is_ok(), "{right}");
    }
}

#[tokio::test]
async fn another_page_gets_no_leave_and_reads_nothing() {
    let client = client();
    for source in Source::ALL {
        let preflight = client
            .request(Method::OPTIONS, "/visits")
            .source(source)
            .header("origin", "https://evil.example")
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "content-type,x-page-version",
            )
            .await;
        assert_eq!(judged(&preflight), [("vary", ASKED)], "{source}");
        let visit = client
            .post("/visits")
            .source(source)
            .header("origin", "https://evil.example")
            .json(json!({"page": "Visits"}))
            .await;
        assert_eq!(judged(&visit), [("vary", "origin")], "{source}");
    }
}

#[tokio::test]
async fn the_page_gets_leave_for_the_method_the_headers_and_the_cookies() {
    let client = client();
    for source in Source::ALL {
        let preflight = client
            .request(Method::OPTIONS, "/visits")
            .source(source)
            .header("origin", PAGE)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "content-type,x-page-version",
            )
            .await;
        assert_eq!(preflight.status(), 204, "{source}");
        let leave = [
            ("access-control-allow-origin", PAGE),
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-methods", "OPTIONS, POST"),
            ("access-control-allow-headers", SENT),
            ("access-control-max-age", "600"),
            ("vary", ASKED),
        ];
        assert_eq!(judged(&preflight), leave, "{source}");
    }
}

#[tokio::test]
async fn the_page_reads_the_answer_its_count_and_also_why_it_was_refused() {
    let client = client();
    for source in Source::ALL {
        let visit = client
            .post("/visits")
            .source(source)
            .header("origin", PAGE)
            .cookie("visits", "41")
            .json(json!({"page": "Visits"}))
            .await;
        assert_eq!(visit.status(), 200, "{source}");
        let leave = [
            ("access-control-allow-origin", PAGE),
            ("access-control-allow-credentials", "true"),
            ("access-control-expose-headers", "x-visits"),
            ("vary", "origin"),
        ];
        assert_eq!(judged(&visit), leave, "{source}");
        assert_eq!(visit.header("x-visits"), Some("42"), "{source}");
        let kept = "visits=42; HttpOnly; SameSite=Lax; Path=/";
        assert_eq!(visit.cookies(), [kept], "{source}");
        assert_eq!(
            visit.json::<Value>(),
            json!({"message": "welcome to Visits"}),
            "{source}"
        );

        let refused = client
            .post("/visits")
            .source(source)
            .header("origin", PAGE)
            .json(json!({"page": ""}))
            .await;
        assert_eq!(refused.status(), 422, "{source}");
        assert_eq!(judged(&refused), judged(&visit), "{source}");
    }
}

#[tokio::test]
async fn a_cookie_that_is_no_count_begins_anew() {
    let client = client();
    for cookie in ["", "x", "-1", "4294967296"] {
        let visit = client.post("/visits").cookie("visits", cookie);
        let visit = visit.json(json!({"page": "Visits"})).await;
        assert_eq!(visit.header("x-visits"), Some("1"), "`{cookie}`");
    }
}

#[tokio::test]
async fn the_page_knows_where_the_api_is_and_asks_nobody_else() {
    let client = TestClient::new(page::router("https://api.shop.example".to_owned()).unwrap());
    let reply = client.get("/").await;
    assert_eq!(
        reply.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let policy = "default-src 'none'; script-src 'self'; connect-src https://api.shop.example";
    assert_eq!(reply.header("content-security-policy"), Some(policy));
    assert!(
        reply
            .text()
            .contains(r#"data-api="https://api.shop.example""#),
        "{}",
        reply.text()
    );
    assert_eq!(client.get("/visit.js").await.status(), 200);
}
