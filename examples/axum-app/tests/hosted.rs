//! The application alone, as axum's users test it, and hosted, behind every front end: the same answers.

use axum::{body::Body, http::Request};
use example_axum_app::app;
use http_body_util::BodyExt;
use powertools::{event::Source, testing::TestClient};
use tower::ServiceExt;

/// What is asked, and what comes.
struct Row {
    asks: (&'static str, &'static str),
    body: &'static str,
    status: u16,
    /// A header and its value.
    has: (&'static str, &'static str),
    says: &'static str,
}

const JSON: (&str, &str) = ("content-type", "application/json");
const TEXT: (&str, &str) = ("content-type", "text/plain; charset=utf-8");
const ID: (&str, &str) = ("x-request-id", "r-7");

const fn row(
    asks: (&'static str, &'static str),
    body: &'static str,
    status: u16,
    has: (&'static str, &'static str),
    says: &'static str,
) -> Row {
    Row {
        asks,
        body,
        status,
        has,
        says,
    }
}

const NO_NUMBER: &str = "Invalid URL: Cannot parse `x` to a `u32`";
const NO_JSON: &str =
    "Failed to parse the request body as JSON: EOF while parsing an object at line 1 column 1";
const JAM: &str = r#"{"name":"jam","cents":420}"#;
const TEA: &str = r#"[{"name":"tea","cents":290}]"#;
const CAKE: &str = r#"{"name":"cake","cents":350}"#;

const ROWS: &[Row] = &[
    row(("GET", "/nowhere"), "", 404, ID, ""),
    row(("GET", "/articles/9"), "", 404, ID, ""),
    row(("GET", "/articles/x"), "", 400, TEXT, NO_NUMBER),
    row(
        ("DELETE", "/articles"),
        "",
        405,
        ("allow", "GET,HEAD,POST"),
        "",
    ),
    row(("POST", "/articles"), "{", 400, TEXT, NO_JSON),
    row(
        ("POST", "/articles"),
        JAM,
        201,
        ("location", "/articles/3"),
        "",
    ),
    row(("GET", "/articles?below=300"), "", 200, ID, TEA),
    row(("GET", "/articles/2"), "", 200, JSON, CAKE),
];

#[tokio::test]
async fn alone_it_answers_as_axum_does() {
    for row in ROWS {
        let (method, url) = row.asks;
        let request = Request::builder().method(method).uri(url);
        let request = request.header(JSON.0, JSON.1).header(ID.0, ID.1);
        let request = request.body(Body::from(row.body)).unwrap();
        let response = app().oneshot(request).await.unwrap();
        assert_eq!(response.status(), row.status, "{method} {url}");
        assert_eq!(response.headers()[row.has.0], row.has.1, "{method} {url}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, row.says, "{method} {url}");
    }
}

#[tokio::test]
async fn hosted_it_answers_the_same_behind_every_front_end() {
    for source in Source::ALL {
        for row in ROWS {
            let (method, url) = row.asks;
            let client = TestClient::new(app());
            let request = client.request(method.parse().unwrap(), url).source(source);
            let request = request.header(JSON.0, JSON.1).header(ID.0, ID.1);
            let reply = request.body(row.body).await;
            let about = format!("{source}: {method} {url}");
            assert_eq!(reply.status(), row.status, "{about}");
            assert_eq!(reply.header(row.has.0), Some(row.has.1), "{about}");
            assert_eq!(reply.text(), row.says, "{about}");
        }
    }
}

#[tokio::test]
async fn one_request_sees_what_another_has_added() {
    let client = TestClient::new(app());
    let added = client.post("/articles").header(JSON.0, JSON.1);
    let added = added.body(JAM).await;
    assert_eq!(added.header("location"), Some("/articles/3"));
    let made = added.header("x-request-id").unwrap();
    assert_eq!(made.len(), 36, "{made} is a UUID");
    let shown = client.get("/articles/3").await;
    assert_eq!(shown.text(), JAM);
}
