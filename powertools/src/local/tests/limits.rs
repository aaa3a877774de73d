//! Time, hosts, pages and direct invocations.

use std::{future, time::Duration};

use serde_json::{Value, json};

use super::*;
use crate::local::ids::Ids;

/// Never answers.
#[derive(Clone)]
struct Stuck;

impl App for Stuck {
    async fn invoke(&self, _: Bytes, _: Context) -> Result<Reply, InvocationError> {
        future::pending().await
    }

    fn listing(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// The port of a front end before a function that never answers, with this timeout.
fn stuck(source: Source, timeout: u64) -> Port<Stuck> {
    let gateway = Gateway {
        patterns: terminal::patterns(&Stuck),
        function: Function {
            app: Stuck,
            info: Arc::new(info("test".to_owned())),
            timeout: Duration::from_secs(timeout),
        },
        api: settings("http", &[]).api,
        show: settings::Show::default(),
        hosts: Vec::new(),
        #[cfg(feature = "openapi")]
        docs: None,
        print: |_| {},
    };
    Port {
        gateway: Arc::new(gateway),
        source,
        number: 0,
        is_one_of_several: false,
    }
}

/// How long a front end waits, and what its client gets then. The clock of tokio stands still and jumps to
/// the next timer, so nobody waits.
async fn waits(source: Source, timeout: u64) -> (u64, u16, String) {
    let port = stuck(source, timeout);
    let started = tokio::time::Instant::now();
    let (parts, ()) = http::Request::get("/")
        .body(())
        .expect("a request")
        .into_parts();
    let mut story = exchange::Story::default();
    let answer = port
        .request(&parts, &Bytes::new(), &Ids::new(), &mut story)
        .await;
    let body = String::from_utf8_lossy(answer.body()).into_owned();
    (started.elapsed().as_secs(), answer.status().as_u16(), body)
}

/// Sources: the quotas of API Gateway; AWS's answers as in `replies.json`.
#[tokio::test(start_paused = true)]
async fn what_a_client_gets_of_a_timeout_depends_on_who_gave_up() {
    for (source, timeout, expected) in [
        // Lambda ended it.
        (
            Source::RestApi,
            3,
            (3, 502, "{\"message\": \"Internal server error\"}"),
        ),
        (
            Source::HttpApi,
            3,
            (3, 500, "{\"message\":\"Internal Server Error\"}"),
        ),
        (Source::FunctionUrl, 3, (3, 502, "Internal Server Error")),
        (Source::Alb, 3, (3, 502, "Bad Gateway")),
        // The front end did.
        (
            Source::RestApi,
            900,
            (29, 504, "{\"message\": \"Endpoint request timed out\"}"),
        ),
        (
            Source::RestApi,
            29,
            (29, 504, "{\"message\": \"Endpoint request timed out\"}"),
        ),
        (
            Source::HttpApi,
            900,
            (30, 503, "{\"message\":\"Service Unavailable\"}"),
        ),
        (
            Source::HttpApi,
            30,
            (30, 503, "{\"message\":\"Service Unavailable\"}"),
        ),
        // Some wait as long as Lambda does.
        (
            Source::FunctionUrl,
            900,
            (900, 502, "Internal Server Error"),
        ),
    ] {
        let (seconds, status, body) = waits(source, timeout).await;
        assert_eq!((seconds, status, &*body), expected, "{source} {timeout}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_direct_invocation_that_takes_too_long_is_lambdas_error() {
    let port = stuck(Source::HttpApi, 3);
    let invocation = port
        .gateway
        .function
        .start(Bytes::new(), "id-1".to_owned(), "Root=1");
    let Outcome::TimedOut(error) = invocation.outcome().await else {
        panic!("no timeout");
    };
    let error: Value = serde_json::from_slice(&error.json()).expect("JSON");
    assert_eq!(
        error,
        json!({
            "errorType": "Sandbox.Timedout",
            "errorMessage": "RequestId: id-1 Error: Task timed out after 3.00 seconds",
        })
    );
}

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

async fn playing(more: &[&str]) -> (Player, u16) {
    let player = Player::default();
    player.0.lock().expect("no test panics with it").reply = Some(json!({ "pong": 1 }));
    let port = served(player.clone(), settings("http", &lines(more))).await;
    (player, port)
}

const INVOKE: &str = "POST /2015-03-31/functions/ping/invocations";

#[tokio::test]
async fn pages_and_other_names_reach_nothing() {
    let (player, port) = playing(&[]).await;
    for (request, expected) in [
        (lines(&[INVOKE, "origin: https://evil.example"]), 403),
        (lines(&[INVOKE, "origin: null"]), 403),
        (lines(&[INVOKE, "sec-fetch-site: same-site"]), 403),
        (lines(&[INVOKE, "host: evil.example"]), 403),
        (lines(&["GET /", "host: evil.example"]), 403),
        (
            lines(&["GET /", "host: localhost", "host: evil.example"]),
            403,
        ),
        (lines(&["GET http://evil.example/", "host: localhost"]), 403),
        (lines(&["GET /2015-03-31/functions/ping/invocations"]), 405),
        (lines(&[INVOKE, "x-amz-invocation-type: Sometimes"]), 400),
        (lines(&["OPTIONS *"]), 400),
        (lines(&["CONNECT localhost:443"]), 400),
    ] {
        let answered = ask(port, &request, b"{}").await;
        assert_eq!(answered.status, expected, "{request:?}");
        let play = player.0.lock().expect("no test panics with it");
        assert_eq!(play.event, None, "{request:?}");
    }
}

#[tokio::test]
async fn a_name_that_is_allowed_is_one_of_this_machine() {
    let (player, port) = playing(&["--host", "shop.test"]).await;
    ask(port, &lines(&["GET /", "host: shop.test:9000"]), b"").await;
    let play = player.0.lock().expect("no test panics with it");
    let event = play.event.as_ref().expect("an event");
    assert_eq!(event["requestContext"]["domainName"], "shop.test");
    assert_eq!(event["headers"]["host"], "shop.test:9000");
}

/// Source: the API reference of `Invoke`.
#[tokio::test]
async fn a_direct_invocation_is_answered_as_by_lambda() {
    let (player, port) = playing(&[]).await;
    let answered = ask(port, &lines(&[INVOKE]), br#"{"url":"x"}"#).await;
    assert_eq!(answered.status, 200);
    assert_eq!(answered.body, br#"{"pong":1}"#);
    assert_eq!(answered.all("x-amz-executed-version"), ["$LATEST"]);
    assert!(answered.all("x-amz-function-error").is_empty());
    {
        let play = player.0.lock().expect("no test panics with it");
        assert_eq!(play.event, Some(json!({ "url": "x" })));
        let id = &play.context.as_ref().expect("a context").request_id;
        assert_eq!(answered.all("x-amzn-requestid"), [id]);
    }

    ask(port, &lines(&[INVOKE]), b"").await;
    let empty = player
        .0
        .lock()
        .expect("no test panics with it")
        .event
        .take();
    assert_eq!(empty, Some(json!({})), "no payload is an empty object");

    let answered = ask(
        port,
        &lines(&[INVOKE, "x-amz-invocation-type: DryRun"]),
        b"{}",
    )
    .await;
    assert_eq!((answered.status, answered.body.len()), (204, 0));
    assert_eq!(player.0.lock().expect("no test panics with it").event, None);

    let answered = ask(
        port,
        &lines(&[INVOKE, "x-amz-invocation-type: Event"]),
        b"{}",
    )
    .await;
    assert_eq!((answered.status, answered.body.len()), (202, 0));

    for payload in ["not JSON", r#"{"a":"#, "{} {}"] {
        for kind in ["RequestResponse", "Event", "DryRun"] {
            let kind = format!("x-amz-invocation-type: {kind}");
            let answered = ask(port, &lines(&[INVOKE, &kind]), payload.as_bytes()).await;
            assert_eq!(answered.status, 400, "{payload} {kind}");
            assert_eq!(
                answered.all("x-amzn-errortype"),
                ["InvalidRequestContentException"]
            );
        }
    }

    let answered = ask(port, &lines(&[INVOKE]), &vec![b' '; 6_300_000]).await;
    assert_eq!(answered.status, 413);
    assert_eq!(
        answered.all("x-amzn-errortype"),
        ["RequestTooLargeException"]
    );
}

#[tokio::test]
async fn a_failed_direct_invocation_says_so_in_a_header() {
    let player = Player::default();
    let port = served(player, settings("http", &[])).await;
    let answered = ask(port, &lines(&[INVOKE]), b"{}").await;

    assert_eq!(answered.status, 200);
    assert_eq!(answered.all("x-amz-function-error"), ["Unhandled"]);
    let error: Value = serde_json::from_slice(&answered.body).expect("JSON");
    assert_eq!(
        error,
        json!({ "errorType": "Broken", "errorMessage": "on purpose" })
    );
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_with_what_to_do() {
    let taken = server::listen(0).await.expect("a free port");
    let port = taken.local_addr().expect("its address").port();
    let error = server::listen(port).await.expect_err("it is taken");
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("cannot listen on 127.0.0.1:{port}: ")),
        "{text}"
    );
    assert!(
        text.ends_with(
            "another program has it: choose one with `--port` or `POWERTOOLS_LOCAL_PORT`"
        ),
        "{text}"
    );
}

/// Answers a request only while another one is being answered.
#[derive(Clone)]
struct Meeting(Arc<tokio::sync::Barrier>);

impl App for Meeting {
    async fn invoke(&self, _: Bytes, _: Context) -> Result<Reply, InvocationError> {
        self.0.wait().await;
        let reply = serde_json::value::to_raw_value(&json!({ "statusCode": 200 }));
        Ok(Reply::Json(reply.expect("a value is JSON")))
    }

    fn listing(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

#[tokio::test]
async fn requests_are_served_at_the_same_time() {
    let meeting = Meeting(Arc::new(tokio::sync::Barrier::new(3)));
    let port = served(meeting, settings("http", &[])).await;
    let request = lines(&["GET /"]);
    let (one, two, three) = tokio::join!(
        ask(port, &request, b""),
        ask(port, &request, b""),
        ask(port, &request, b""),
    );
    assert_eq!([one.status, two.status, three.status], [200; 3]);
}

/// Tells of each invocation.
#[derive(Clone)]
struct Telling(tokio::sync::mpsc::UnboundedSender<()>);

impl App for Telling {
    async fn invoke(&self, _: Bytes, _: Context) -> Result<Reply, InvocationError> {
        let _ = self.0.send(());
        let reply = serde_json::value::to_raw_value(&any_reply());
        Ok(Reply::Json(reply.expect("a value is JSON")))
    }

    fn listing(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

#[tokio::test]
async fn a_client_that_has_said_all_is_answered_and_one_that_left_is_invoked_for() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let (sender, mut told) = tokio::sync::mpsc::unbounded_channel();
    let port = served(Telling(sender), settings("http", &[])).await;
    let connect = || async {
        let stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await;
        let mut stream = stream.expect("it listens");
        stream.write_all(REQUEST).await.expect("it reads");
        stream
    };

    let mut half = connect().await;
    half.shutdown().await.expect("it is open");
    let mut answer = String::new();
    half.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    told.recv().await.expect("it was invoked");

    for _ in 0..20 {
        drop(connect().await);
        told.recv().await.expect("it was invoked");
    }
}

#[tokio::test]
async fn refusals_and_traces_have_the_ids_that_answers_have() {
    let (_, port) = playing(&[]).await;
    let refused = ask(port, &lines(&["POST /", "content-length: 10485761"]), b"").await;
    assert_eq!(refused.status, 413);
    assert_eq!(refused.all("apigw-requestid").len(), 1);

    let player = Player::default();
    player.0.lock().expect("no test panics with it").reply = Some(any_reply());
    let port = served(player, settings("rest", &[])).await;
    let trace = "Root=1-5f84c7a9-0123456789abcdef01234567";
    let answered = ask(
        port,
        &lines(&["GET /", &format!("x-amzn-trace-id: {trace}")]),
        b"",
    )
    .await;
    assert_eq!(answered.all("x-amzn-trace-id"), [trace]);
}

#[tokio::test]
async fn headers_are_bounded_by_their_bytes_and_not_by_their_number() {
    let many = |count: usize| {
        let headers = (0..count).map(|index| format!("x-{index}: 1"));
        let mut request = vec!["GET /".to_owned()];
        request.extend(headers);
        request
    };
    let (_, port) = playing(&[]).await;
    assert_eq!(ask(port, &many(500), b"").await.status, 200);
    assert_eq!(ask(port, &many(1_500), b"").await.status, 431);
}
