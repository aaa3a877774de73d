//! The Parameters and Secrets extension, played by a stub.

use std::time::{Duration, Instant};

use powertools::parameters::{ErrorKind, LambdaExtension, PathQuery, Provider, Put, Query};
use serde_json::json;

use crate::{
    moto::{text, texts},
    wire::{Answer, Stub},
};

fn parameters(stub: &Stub) -> LambdaExtension {
    LambdaExtension::parameters()
        .port(stub.port())
        .session_token("shown")
}

fn secrets(stub: &Stub) -> LambdaExtension {
    LambdaExtension::secrets()
        .port(stub.port())
        .session_token("shown")
}

#[tokio::test]
async fn a_parameter_is_asked_for_with_the_token_and_its_name_encoded() {
    let answer = json!({ "Parameter": { "Name": "/shop/a b", "Value": "one", "Version": 2 } });
    let stub = Stub::answers(vec![Answer::ok(&answer)]);

    let query = Query::new("/shop/a b").version(2).decrypt();
    let value = parameters(&stub).fetch(&query).await.unwrap();

    assert_eq!(text(&value), "one");
    let asked = &stub.asked()[0];
    assert_eq!(
        asked.line,
        "GET /systemsmanager/parameters/get?name=%2Fshop%2Fa%20b&version=2&withDecryption=true \
         HTTP/1.1"
    );
    assert_eq!(
        asked.header("x-aws-parameters-secrets-token"),
        Some("shown")
    );
    assert_eq!(asked.header("host"), Some("localhost"));
}

#[tokio::test]
async fn a_secret_is_text_or_bytes() {
    let stub = Stub::answers(vec![
        Answer::ok(&json!({ "Name": "a", "SecretString": "s3cret" })),
        Answer::ok(&json!({ "Name": "a", "SecretString": null, "SecretBinary": "AP8=" })),
        Answer::ok(&json!({ "Name": "a" })),
    ]);
    let provider = secrets(&stub);

    let of_text = provider.fetch(&Query::new("a")).await.unwrap();
    let of_bytes = provider
        .fetch(&Query::new("a").stage("AWSPREVIOUS"))
        .await
        .unwrap();
    let of_nothing = provider.fetch(&Query::new("a")).await.err().unwrap();

    assert_eq!(text(&of_text), "s3cret");
    assert!(of_bytes.is_binary());
    assert_eq!(of_bytes.as_bytes(), [0, 255]);
    assert_eq!(of_nothing.kind(), ErrorKind::NotFound);
    let asked = stub.asked();
    assert_eq!(asked[0].line, "GET /secretsmanager/get?secretId=a HTTP/1.1");
    assert_eq!(
        asked[1].line,
        "GET /secretsmanager/get?secretId=a&versionStage=AWSPREVIOUS HTTP/1.1"
    );
}

#[tokio::test]
async fn of_many_names_each_has_its_own_answer() {
    let stub = Stub::start(|asked| {
        if asked.line.contains("name=b ") {
            return Answer::with(
                400,
                "",
                "operation error SSM: GetParameter, ParameterNotFound",
            );
        }
        Answer::ok(&json!({ "Parameter": { "Value": "one" } }))
    });

    let values = parameters(&stub)
        .fetch_by_name(&["a", "b", "c"].map(Query::new))
        .await;

    assert_eq!(texts(&values), ["one", "NotFound", "one"]);
}

#[tokio::test]
async fn what_the_extension_refuses_has_its_kind() {
    for (status, body, kind) in [
        (
            400,
            "not ready to serve traffic, please wait",
            ErrorKind::Unavailable,
        ),
        (
            400,
            "StatusCode: 400, ParameterNotFound: ",
            ErrorKind::NotFound,
        ),
        (
            400,
            "ResourceNotFoundException: no secret",
            ErrorKind::NotFound,
        ),
        (
            400,
            "AccessDeniedException: not authorized",
            ErrorKind::AccessDenied,
        ),
        (
            400,
            "ThrottlingException: Rate exceeded",
            ErrorKind::Throttled,
        ),
        (400, "something else", ErrorKind::Invalid),
        (401, "unauthorized", ErrorKind::AccessDenied),
        (500, "it broke", ErrorKind::Unavailable),
        (302, "", ErrorKind::Failed),
    ] {
        let stub = Stub::answers(vec![Answer::with(status, "", body)]);

        let error = parameters(&stub)
            .fetch(&Query::new("a"))
            .await
            .err()
            .unwrap();

        assert_eq!(error.kind(), kind, "{status} {body}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_an_error_without_its_text() {
    for body in [
        r#"{"Parameter":{"Value":5}}"#,
        r#"{"Parameter":{"Value":"s3cret"#,
        r#"{"s3cret":1}"#,
        "s3cret",
        "",
    ] {
        let stub = Stub::answers(vec![Answer::with(200, "", body)]);

        let error = parameters(&stub)
            .fetch(&Query::new("a"))
            .await
            .err()
            .unwrap();

        assert_eq!(error.kind(), ErrorKind::Unavailable, "{body}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
    let stub = Stub::answers(vec![Answer::ok(&json!({ "SecretBinary": "no base64!" }))]);
    let error = secrets(&stub).fetch(&Query::new("a")).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error_and_the_next_one_is_read() {
    let good = Answer::ok(&json!({ "Parameter": { "Value": "one" } }));
    let stub = Stub::answers(vec![
        Answer::Part(""),
        Answer::Part("HTTP/1.1 200 OK\r\ncontent-le"),
        Answer::Part("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"Param"),
        Answer::Part("no HTTP at all\r\n\r\n"),
        good,
    ]);
    let provider = parameters(&stub);

    for _ in 0..4 {
        let error = provider.fetch(&Query::new("a")).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }

    assert_eq!(
        text(&provider.fetch(&Query::new("a")).await.unwrap()),
        "one"
    );
}

#[tokio::test]
async fn an_answer_without_end_is_cut() {
    let body = "x".repeat(2 * 1024 * 1024);
    let stub = Stub::answers(vec![Answer::with(200, "", body)]);

    let error = parameters(&stub)
        .fetch(&Query::new("a"))
        .await
        .err()
        .unwrap();

    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn silence_ends_in_time() {
    let stub = Stub::answers(vec![Answer::Silence]);
    let provider = parameters(&stub).timeout(Duration::from_millis(50));
    let started = Instant::now();

    let error = provider.fetch(&Query::new("a")).await.err().unwrap();

    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn where_there_is_no_extension_the_error_says_when_there_is_one() {
    // Bound and dropped: nobody listens there now.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let provider = LambdaExtension::parameters()
        .port(port)
        .session_token("shown");

    let error = provider.fetch(&Query::new("a")).await.err().unwrap();

    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(
        error.to_string().contains("during an invocation"),
        "{error}"
    );
}

#[tokio::test]
async fn a_token_that_is_no_header_is_refused_and_not_told() {
    let stub = Stub::answers(vec![Answer::Silence]);
    let provider = parameters(&stub).session_token("s3cret\r\nx: y");

    let error = provider.fetch(&Query::new("a")).await.err().unwrap();

    assert_eq!(error.kind(), ErrorKind::AccessDenied);
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    assert!(stub.asked().is_empty());
}

#[tokio::test]
async fn it_only_reads_and_knows_no_paths() {
    let stub = Stub::answers(vec![Answer::Silence]);
    let provider = parameters(&stub);

    let listed = provider
        .fetch_many(&PathQuery::new("/p"))
        .await
        .err()
        .unwrap();
    let put = provider.put(&Put::new("a", "one")).await.err().unwrap();

    assert_eq!(listed.kind(), ErrorKind::Unsupported);
    assert_eq!(put.kind(), ErrorKind::Unsupported);
    assert!(stub.asked().is_empty());
}

#[tokio::test]
async fn an_answer_with_another_status_is_an_error_without_its_text() {
    let body = r#"{"Parameter":{"Value":"s3cret"},"SecretString":"s3cret"}"#;
    for (status, kind) in [
        (201, ErrorKind::Failed),
        (203, ErrorKind::Failed),
        (206, ErrorKind::Failed),
        (302, ErrorKind::Failed),
        (400, ErrorKind::Invalid),
        (404, ErrorKind::NotFound),
        (500, ErrorKind::Unavailable),
    ] {
        let stub = Stub::answers(vec![Answer::with(status, "", body)]);
        for provider in [parameters(&stub), secrets(&stub)] {
            let error = provider.fetch(&Query::new("a")).await.err().unwrap();

            assert_eq!(error.kind(), kind, "{status}");
            let cause = std::error::Error::source(&error).unwrap().to_string();
            assert_eq!(cause, format!("status {status}"));
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
    }
}

#[tokio::test]
async fn of_a_refusal_the_code_is_kept_and_no_more() {
    let body = "StatusCode: 400, api error AccessDeniedException: s3cret";
    let stub = Stub::answers(vec![Answer::with(400, "", body)]);

    let error = parameters(&stub).fetch(&Query::new("a")).await;

    let error = error.err().unwrap();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "status 400: AccessDenied");
}

#[tokio::test]
async fn interim_answers_without_end_are_cut() {
    let interim = "HTTP/1.1 100 Continue\r\n\r\n";
    let stub = Stub::answers(vec![Answer::Endless(interim, interim)]);
    let started = Instant::now();

    let error = parameters(&stub).fetch(&Query::new("a")).await;

    assert_eq!(error.err().unwrap().kind(), ErrorKind::Unavailable);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_name_that_no_url_can_have_is_refused_and_not_the_token() {
    let stub = Stub::answers(vec![Answer::Silence]);

    let error = parameters(&stub)
        .fetch(&Query::new("x".repeat(70_000)))
        .await;

    let error = error.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("longer than a URL"), "{error}");
    assert!(stub.asked().is_empty());
}

#[tokio::test]
async fn a_provider_that_decrypts_asks_for_it_unless_the_query_says_otherwise() {
    let stub = Stub::answers(vec![Answer::ok(
        &json!({ "Parameter": { "Value": "one" } }),
    )]);
    let provider = parameters(&stub).decrypt();

    provider.fetch(&Query::new("a")).await.unwrap();
    let query = Query::new("a").without_decryption();
    provider.fetch(&query).await.unwrap();

    let lines: Vec<_> = stub
        .asked()
        .iter()
        .map(|asked| asked.line.clone())
        .collect();
    assert_eq!(
        lines,
        [
            "GET /systemsmanager/parameters/get?name=a&withDecryption=true HTTP/1.1",
            "GET /systemsmanager/parameters/get?name=a HTTP/1.1",
        ]
    );
}
