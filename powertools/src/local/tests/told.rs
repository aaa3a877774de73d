//! What the person at the terminal reads of what the client is not told.

use super::*;

/// Serves one request and gives back the line that ended it, without the time. One at a time, since whoever
/// prints keeps nothing.
async fn line(more: &[&str], request: &[&str], reply: Option<Value>) -> String {
    static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _turn = TURN.lock().await;
    let player = Player::default();
    player.0.lock().expect("no test panics with it").reply = reply;
    let more: Vec<_> = more.iter().map(|text| (*text).to_owned()).collect();
    let settings = settings("rest", &more);
    let keep = |line: &str| {
        let mut lines = LINES.lock().expect("no test panics with it");
        lines.push(line.to_owned());
    };
    let number = served_telling(player, settings, keep).await;
    let request: Vec<_> = request.iter().map(|text| (*text).to_owned()).collect();
    ask(number, &request, b"").await;
    let lines = std::mem::take(&mut *LINES.lock().expect("no test panics with it"));
    let last = lines.last().expect("a line").clone();
    // The time between is another one each time.
    let (before, after) = last.split_once(" ms").expect("milliseconds");
    let before = before.rsplit_once("  ").expect("a gap").0;
    format!("{before}{}", after.trim_end()).replace("  cold start", "")
}

#[tokio::test]
async fn a_refusal_is_told_with_its_reason() {
    let told =
        |more: &'static [&str], request: &'static [&str]| line(more, request, Some(any_reply()));
    assert_eq!(
        told(&["--api-key=k"], &["GET /orders/1"]).await,
        "← 403 GET /orders/1  – `x-api-key` is not the API's key"
    );
    assert_eq!(
        told(&["--domain=execute-api"], &["GET /orders/1"]).await,
        "← 403 GET /orders/1  – the path is not below the API's stage or base path"
    );
    assert_eq!(
        told(&["--route=GET /other"], &["GET /orders/1"]).await,
        "← 403 GET /orders/1  – the API has no such route"
    );
    assert_eq!(
        told(&[], &["POST /orders/1", "content-length: 10485761"]).await,
        "← 413 POST /orders/1  – the request is larger than is taken"
    );
    assert_eq!(
        told(&[], &["GET /", "host: evil.example"]).await,
        "← 403 GET /  – `Host` does not name this machine"
    );
    let invocation = told(
        &[],
        &[
            "POST /2015-03-31/functions/f/invocations",
            "origin: https://evil.example",
        ],
    );
    assert_eq!(
        invocation.await,
        "← 403 POST /2015-03-31/functions/f/invocations  – no invocations from web pages"
    );
}

#[tokio::test]
async fn a_failed_invocation_is_told_with_its_error() {
    assert_eq!(
        line(&[], &["GET /orders/1"], None).await,
        "← 502 GET /orders/1  /orders/{id}  – the invocation failed: Broken: on purpose"
    );
    assert_eq!(
        line(&[], &["POST /2015-03-31/functions/f/invocations"], None).await,
        "← 200 POST /2015-03-31/functions/f/invocations  – the invocation failed: Broken: on purpose"
    );
}

#[tokio::test]
async fn a_route_is_told_below_its_mapping_and_only_of_what_reached_the_function() {
    let told = |more: &'static [&str], path: &'static [&str]| line(more, path, Some(any_reply()));
    assert_eq!(
        told(&["--domain=execute-api"], &["GET /local/orders/1"]).await,
        "← 200 GET /local/orders/1  /orders/{id}"
    );
    assert_eq!(
        told(
            &["--domain=shop.test", "--base-path=/shop"],
            &["GET /shop/orders/1"]
        )
        .await,
        "← 200 GET /shop/orders/1  /orders/{id}"
    );
}

#[tokio::test]
async fn base64_that_a_rest_api_leaves_is_told() {
    let reply = json!({ "statusCode": 200, "body": "aGk=", "isBase64Encoded": true });
    let binary = "--binary-type=image/png";
    assert_eq!(
        line(&[binary], &["GET /"], Some(reply.clone())).await,
        "← 200 GET /  – the body stays base64, as the first type of `Accept` is no `--binary-type`"
    );
    assert_eq!(
        line(&[binary], &["GET /", "accept: image/png"], Some(reply)).await,
        "← 200 GET /"
    );
}
