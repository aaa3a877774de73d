//! The whole function, as clients of each front end and direct callers see it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use powertools::{App, event::Source, parameters::Local, testing::TestClient};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{build, guard::Loopback, settings::Settings};

fn client(loopback: Loopback) -> TestClient<impl App> {
    client_of(Local::new().with("allowed-hosts", "*"), loopback)
}

fn client_of(local: Local, loopback: Loopback) -> TestClient<impl App> {
    TestClient::new(build(Settings::local(local, loopback)).unwrap())
}

/// A server on this machine that answers everything alike, and counts.
struct Upstream {
    url: String,
    asked: Arc<AtomicUsize>,
}

async fn upstream(response: &'static str) -> Upstream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/status.json", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(response.as_bytes()).await;
        }
    });
    Upstream { url, asked }
}

const STATUS: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\
                      connection: close\r\n\r\n{\"ok\":true}";

#[tokio::test]
async fn ping_is_answered_on_every_front_end() {
    for source in Source::ALL {
        let reply = client(Loopback::Refused).get("/ping").source(source).await;

        assert_eq!(reply.status(), 200, "{source}");
        assert_eq!(
            reply.header("content-type"),
            Some("application/json"),
            "{source}"
        );
        assert_eq!(reply.text(), r#"{"message":"pong"}"#, "{source}");
    }
}

#[tokio::test]
async fn check_hands_back_what_the_url_gave_within_fences() {
    let upstream = upstream(STATUS).await;
    for source in Source::ALL {
        // The type that `curl -d` declares.
        let reply = client(Loopback::Allowed)
            .post("/check")
            .source(source)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(json!({ "url": upstream.url }).to_string())
            .await;

        assert_eq!(reply.status(), 200, "{source}");
        assert_eq!(reply.text(), r#"{"ok":true}"#, "{source}");
        assert_eq!(
            reply.header("content-type"),
            Some("application/json"),
            "{source}"
        );
        assert_eq!(
            reply.header("content-security-policy"),
            Some("sandbox"),
            "{source}"
        );
        assert_eq!(
            reply.header("x-content-type-options"),
            Some("nosniff"),
            "{source}"
        );
    }
    assert_eq!(upstream.asked.load(Ordering::SeqCst), Source::ALL.len());
}

#[tokio::test]
async fn an_upstreams_own_failure_is_handed_back_as_it_is() {
    let gone = "HTTP/1.1 410 Gone\r\ncontent-length: 4\r\nconnection: close\r\n\r\ngone";
    let upstream = upstream(gone).await;
    let body = json!({ "url": upstream.url });

    let reply = client(Loopback::Allowed).post("/check").json(&body).await;

    assert_eq!(reply.status(), 410);
    assert_eq!(reply.text(), "gone");
    assert_eq!(
        reply.header("content-type"),
        Some("application/octet-stream")
    );
}

#[tokio::test]
async fn a_refused_place_is_a_400_that_names_the_rule_and_nothing_is_fetched() {
    let upstream = upstream(STATUS).await;
    for (url, rule) in [
        (&*upstream.url, "loopback"),
        ("http://169.254.169.254/latest/meta-data", "metadata"),
        ("http://[::1]/", "loopback"),
        ("http://10.0.0.1/", "private"),
        ("http://localhost:1/", "localhost"),
        ("ftp://example.com/", "http"),
    ] {
        let body = json!({ "url": url });
        let reply = client(Loopback::Refused).post("/check").json(&body).await;

        assert_eq!(reply.status(), 400, "{url}");
        assert_eq!(
            reply.header("content-type"),
            Some("application/problem+json"),
            "{url}"
        );
        let detail = reply.json::<Value>()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(rule), "{url}: {detail}");
    }
    assert_eq!(upstream.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_hosts_are_a_parameter_and_without_it_nothing_is_fetched() {
    let upstream = upstream(STATUS).await;
    let body = json!({ "url": upstream.url });
    for (local, status, expected) in [
        (
            Local::new().with("allowed-hosts", "example.com, *.example.org"),
            400,
            "`127.0.0.1` is refused: the host is not on the list of allowed hosts",
        ),
        (
            Local::new().with("allowed-hosts", "https://127.0.0.1/"),
            500,
            "the settings of this service cannot be read",
        ),
        (
            Local::new(),
            400,
            "`127.0.0.1` is refused: the host is not on the list of allowed hosts",
        ),
        (
            Local::new().or_toml("allowed-hosts = "),
            500,
            "the settings of this service cannot be read",
        ),
    ] {
        let client = client_of(local, Loopback::Allowed);
        let reply = client.post("/check").json(&body).await;

        assert_eq!(reply.status(), status, "{expected}");
        assert_eq!(reply.json::<Value>()["detail"], expected);
        assert_eq!(client.get("/ping").await.status(), 200);
    }
    assert_eq!(upstream.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_token_that_cannot_be_sent_is_a_500_that_does_not_repeat_it() {
    let upstream = upstream(STATUS).await;
    let local = Local::new()
        .with("allowed-hosts", "127.0.0.1")
        .with("token", "s3\ncret");
    let body = json!({ "url": upstream.url });

    let reply = client_of(local, Loopback::Allowed)
        .post("/check")
        .json(&body)
        .await;

    assert_eq!(reply.status(), 500);
    assert!(!reply.text().contains("cret"), "{}", reply.text());
    assert_eq!(upstream.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_body_that_names_no_url_is_a_400_that_says_so() {
    for (body, expected) in [
        ("", "the body is not JSON like"),
        ("url=x", "the body is not JSON like"),
        (r#"{"url":5}"#, "the body is not JSON like"),
        ("{}", "no url is given"),
    ] {
        let reply = client(Loopback::Refused).post("/check").body(body).await;

        assert_eq!(reply.status(), 400, "{body}");
        let detail = reply.json::<Value>()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(expected), "{body}: {detail}");
    }
}

#[tokio::test]
async fn a_dead_upstream_is_a_502_that_leaks_nothing() {
    // Bound and dropped: nobody listens there now.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let body = json!({ "url": format!("http://127.0.0.1:{port}/") });

    let reply = client(Loopback::Allowed).post("/check").json(&body).await;

    assert_eq!(reply.status(), 502);
    let problem = reply.json::<Value>();
    assert_eq!(problem["detail"], "`127.0.0.1` takes no connection");
}

#[tokio::test]
async fn a_direct_invocation_gives_the_document_itself() {
    let upstream = upstream(STATUS).await;

    let document = client(Loopback::Allowed)
        .invoke(json!({ "url": upstream.url }))
        .await;

    assert_eq!(document.unwrap(), json!({ "ok": true }));
}

/// The error contract of the non-proxy integration.
async fn refused(event: Value) -> (String, Value) {
    let error = client(Loopback::Refused).invoke(&event).await.unwrap_err();
    assert!(!error.message().contains('\n'), "{}", error.message());
    let message: Value = serde_json::from_str(error.message()).unwrap();
    assert_eq!(message["event"], event);
    assert_eq!(message["stackTrace"], json!([]));
    assert_eq!(message["requestId"], "00000000-0000-4000-8000-000000000000");
    (error.error_type().to_owned(), message["message"].clone())
}

#[tokio::test]
async fn a_direct_callers_mistake_keeps_the_non_proxy_contract() {
    for (event, expected) in [
        (json!({}), "[BadRequest] URL required"),
        (json!({ "url": null }), "[BadRequest] URL required"),
        (json!({ "url": "" }), "[BadRequest] URL required"),
        (json!({ "url": 5 }), "[BadRequest] URL must be text"),
        (json!([1, "two"]), "[BadRequest] URL required"),
        (
            json!({ "url": "http://10.0.0.1/" }),
            "[BadRequest] `10.0.0.1` is refused: private addresses are not fetched",
        ),
    ] {
        let (kind, message) = refused(event.clone()).await;

        assert_eq!(kind, "BadRequest", "{event}");
        assert_eq!(message, expected, "{event}");
    }
}

#[tokio::test]
async fn an_upstreams_failure_is_an_internal_server_error_to_a_direct_caller() {
    let broken =
        "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let upstream = upstream(broken).await;
    let event = json!({ "url": upstream.url });

    let error = client(Loopback::Allowed).invoke(&event).await.unwrap_err();

    assert_eq!(error.error_type(), "InternalServerError");
    let message: Value = serde_json::from_str(error.message()).unwrap();
    assert_eq!(
        message["message"],
        "[InternalServerError] `127.0.0.1` answered 503"
    );
}
