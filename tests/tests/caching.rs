//! What clients and caches may keep, and how they ask whether theirs is still good.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use powertools::{
    event::Source,
    router::{
        Error, HeaderValue, IntoResponse, Method, Response, Router, Routes, StatusCode, get,
        header,
        middleware::{cache_control, compression, etag},
        post, routes,
    },
    testing::{TestClient, TestReply},
};

const TEXT: &str = "all work and no play makes a dull boy. ";
const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

#[get("/text")]
async fn text() -> &'static str {
    TEXT
}

#[get("/long")]
async fn long() -> String {
    TEXT.repeat(100)
}

#[get("/tagged")]
async fn tagged() -> impl IntoResponse {
    let headers = [
        (header::ETAG, "\"v,1\""),
        (header::LAST_MODIFIED, DATE),
        (header::CACHE_CONTROL, "private"),
        (header::CONTENT_LANGUAGE, "de"),
    ];
    (headers, "text")
}

#[get("/dated")]
async fn dated() -> impl IntoResponse {
    ([(header::LAST_MODIFIED, DATE)], "text")
}

#[get("/missing")]
async fn missing() -> Error {
    Error::not_found("no such text")
}

#[get("/made")]
async fn made() -> StatusCode {
    StatusCode::CREATED
}

#[post("/text")]
async fn write() -> &'static str {
    TEXT
}

fn routes() -> Routes {
    routes![text, long, tagged, dated, missing, made, write]
}

fn tagging() -> TestClient<Router> {
    TestClient::new(Router::new(routes()).unwrap().middleware(etag()))
}

fn tag(reply: &TestReply) -> String {
    reply.header("etag").unwrap().to_owned()
}

#[tokio::test]
async fn who_has_the_answer_gets_304_and_nothing_else() {
    let client = tagging();
    for source in Source::ALL {
        let first = client.get("/text").source(source).await;
        assert_eq!(
            (first.status().as_u16(), first.text()),
            (200, TEXT),
            "{source}"
        );

        let second = client.get("/text").header("if-none-match", tag(&first));
        let second = second.source(source).await;

        assert_eq!(
            (second.status().as_u16(), second.text()),
            (304, ""),
            "{source}"
        );
        assert_eq!(second.header("etag"), first.header("etag"), "{source}");
        let content_type = Some("text/plain; charset=utf-8");
        assert_eq!(second.header("content-type"), content_type, "{source}");
    }
}

#[tokio::test]
async fn a_tag_is_weak_and_of_the_body() {
    let client = tagging();
    let text = tag(&client.get("/text").await);
    assert!(text.starts_with("W/\"27-"), "{text}");
    assert!(text.ends_with('"'), "{text}");
    assert_eq!(text, tag(&client.get("/text").await));
    assert_ne!(text, tag(&client.get("/long").await));
    assert_eq!(text, tag(&client.request(Method::HEAD, "/text").await));
}

#[tokio::test]
async fn tags_and_dates_are_compared_as_rfc_9110_has_it() {
    let client = tagging();
    let (later, earlier) = (
        "Sun, 06 Nov 1994 08:49:38 GMT",
        "Sun, 06 Nov 1994 08:49:36 GMT",
    );
    for (url, headers, status) in [
        ("/tagged", vec![("if-none-match", "\"v,1\"")], 304),
        ("/tagged", vec![("if-none-match", "W/\"v,1\"")], 304),
        ("/tagged", vec![("if-none-match", "\"a\" , W/\"v,1\"")], 304),
        ("/tagged", vec![("if-none-match", "*")], 304),
        (
            "/tagged",
            vec![("if-none-match", "\"a\""), ("if-none-match", "\"v,1\"")],
            304,
        ),
        ("/tagged", vec![("if-none-match", "\"v")], 200),
        ("/tagged", vec![("if-none-match", "v,1")], 200),
        ("/tagged", vec![("if-none-match", "\"V,1\"")], 200),
        ("/tagged", vec![("if-none-match", "")], 200),
        // A tag that differs outweighs a date that does not.
        (
            "/tagged",
            vec![("if-none-match", "\"a\""), ("if-modified-since", DATE)],
            200,
        ),
        ("/dated", vec![("if-modified-since", DATE)], 304),
        ("/dated", vec![("if-modified-since", later)], 304),
        ("/dated", vec![("if-modified-since", earlier)], 200),
        ("/dated", vec![("if-modified-since", "yesterday")], 200),
        ("/text", vec![("if-modified-since", later)], 200),
        ("/missing", vec![("if-none-match", "*")], 404),
        ("/made", vec![("if-none-match", "*")], 201),
        ("/unknown", vec![("if-none-match", "*")], 404),
    ] {
        let mut request = client.get(url);
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        let reply = request.await;
        assert_eq!(reply.status(), status, "{url} {headers:?}");
    }
    let known = client.get("/tagged").header("if-none-match", "*").await;
    assert_eq!(known.header("cache-control"), Some("private"));
    assert_eq!(known.header("last-modified"), Some(DATE));
    assert_eq!(known.header("content-language"), None);
}

#[tokio::test]
async fn only_reading_is_conditional() {
    let client = tagging();
    let reply = client.post("/text").header("if-none-match", "*").await;
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.header("etag"), None);
    let reply = client
        .request(Method::HEAD, "/text")
        .header("if-none-match", "*");
    assert_eq!(reply.await.status(), 304);
}

#[tokio::test]
async fn a_compressed_answer_has_a_tag_and_its_304_says_what_it_depends_on() {
    let router = Router::new(routes()).unwrap();
    let client = TestClient::new(router.middleware(etag()).middleware(compression()));
    let get = || client.get("/long").header("accept-encoding", "gzip");
    let plain = client.get("/long").await;
    let first = get().await;
    assert_eq!(first.header("content-encoding"), Some("gzip"));
    assert_ne!(tag(&plain), tag(&first));

    let second = get().header("if-none-match", tag(&first)).await;

    assert_eq!(second.status(), 304);
    assert_eq!(second.header("vary"), Some("accept-encoding"));
    assert_eq!(second.header("content-encoding"), None);
    assert_eq!(second.header("etag"), first.header("etag"));
}

#[tokio::test]
async fn what_compression_changes_is_said_and_what_forbids_it_is_heard() {
    #[get("/ranged")]
    async fn ranged() -> impl IntoResponse {
        let headers = [
            (
                header::ETAG,
                HeaderValue::from_bytes("\"v\u{e9}\"".as_bytes()).unwrap(),
            ),
            (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        ];
        (headers, TEXT.repeat(100))
    }
    #[get("/kept")]
    async fn kept() -> Response {
        let response = TEXT.repeat(100).into_response();
        let line = |text| (header::CACHE_CONTROL, HeaderValue::from_static(text));
        [line("max-age=1"), line("public, No-Transform")]
            .into_iter()
            .fold(response, |response, (name, value)| {
                response.with_header(name, value)
            })
    }
    let router = Router::new(routes![ranged, kept]).unwrap();
    let client = TestClient::new(router.middleware(compression()));
    let get = |url| client.get(url).header("accept-encoding", "gzip");

    let ranged = get("/ranged").await;
    let kept = get("/kept").await;

    assert_eq!(ranged.header("content-encoding"), Some("gzip"));
    assert_eq!(
        ranged.headers()["etag"].as_bytes(),
        "W/\"v\u{e9}\"".as_bytes()
    );
    assert_eq!(ranged.header("accept-ranges"), None);
    assert_eq!(kept.header("content-encoding"), None);
}

#[tokio::test]
async fn what_may_be_kept_is_said_of_success_only() {
    let router = Router::new(routes()).unwrap();
    let router = router.middleware(cache_control(HeaderValue::from_static("max-age=600")));
    let client = TestClient::new(router.middleware(etag()));
    for (url, known, expected) in [
        ("/text", "\"a\"", "max-age=600"),
        ("/text", "*", "max-age=600"),
        ("/made", "*", "max-age=600"),
        ("/tagged", "\"a\"", "private"),
        ("/missing", "\"a\"", "no-cache"),
        ("/unknown", "\"a\"", "no-cache"),
    ] {
        let reply = client.get(url).header("if-none-match", known).await;
        assert_eq!(
            reply.header("cache-control"),
            Some(expected),
            "{url} {known}"
        );
    }
}
