//! What services and networks do when they are not well, by the example of SSM.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use powertools::parameters::{Error, ErrorKind, Provider, Query, Ssm};
use serde_json::json;

use crate::{
    moto::text,
    wire::{Answer, Stub, quick},
};

fn good() -> Answer {
    Answer::ok(&json!({ "Parameter": { "Name": "/a", "Value": "one" } }))
}

async fn error(ssm: &Ssm) -> Error {
    ssm.fetch(&Query::new("/a")).await.err().unwrap()
}

#[tokio::test]
async fn throttling_is_waited_out_if_it_passes() {
    let throttled = Answer::error("ThrottlingException", "Rate exceeded");
    let stub = Stub::answers(vec![throttled.clone(), throttled, good()]);
    let ssm = Ssm::new().through(&stub.aws().retries(2));

    let value = ssm.fetch(&Query::new("/a")).await.unwrap();

    assert_eq!(text(&value), "one");
    assert_eq!(stub.asked().len(), 3);
}

#[tokio::test]
async fn throttling_that_stays_is_an_error_after_the_retries_and_passes_later() {
    let throttled = Answer::error("ThrottlingException", "Rate exceeded");
    let stub = Stub::answers(vec![throttled.clone(), throttled, good()]);
    let ssm = Ssm::new().through(&stub.aws().retries(1));

    let error = error(&ssm).await.of("SSM Parameter Store", "/a");

    assert_eq!(error.kind(), ErrorKind::Throttled);
    assert_eq!(
        error.to_string(),
        "parameter `/a` of SSM Parameter Store was asked for too often: try again later, or keep \
         values for longer"
    );
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "ThrottlingException: Rate exceeded (request r-1)");
    assert_eq!(stub.asked().len(), 2);
    assert_eq!(text(&ssm.fetch(&Query::new("/a")).await.unwrap()), "one");
}

#[tokio::test]
async fn a_failure_of_the_services_own_is_tried_again() {
    let stub = Stub::answers(vec![
        Answer::error("InternalServerError", ""),
        Answer::with(503, "", "<html>busy</html>"),
        good(),
    ]);
    let ssm = Ssm::new().through(&stub.aws().retries(2));

    assert_eq!(text(&ssm.fetch(&Query::new("/a")).await.unwrap()), "one");
}

#[tokio::test]
async fn what_will_not_pass_is_not_tried_again() {
    for (code, kind) in [
        ("AccessDeniedException", ErrorKind::AccessDenied),
        ("ParameterNotFound", ErrorKind::NotFound),
        ("ValidationException", ErrorKind::Invalid),
        ("ExpiredTokenException", ErrorKind::AccessDenied),
        ("UnrecognizedClientException", ErrorKind::AccessDenied),
    ] {
        let stub = Stub::answers(vec![Answer::error(code, "no"), good()]);
        let ssm = Ssm::new().through(&stub.aws().retries(2));

        assert_eq!(error(&ssm).await.kind(), kind, "{code}");
        assert_eq!(stub.asked().len(), 1, "{code}");
        assert!(ssm.fetch(&Query::new("/a")).await.is_ok(), "{code}");
    }
}

#[tokio::test]
async fn credentials_that_expired_are_named_as_such() {
    let stub = Stub::answers(vec![Answer::error("ExpiredTokenException", "expired")]);

    let error = error(&Ssm::new().through(&stub.aws())).await;

    assert!(
        error.to_string().contains("the credentials have expired"),
        "{error}"
    );
}

#[tokio::test]
async fn a_connection_that_drops_is_tried_again() {
    let stub = Stub::answers(vec![
        Answer::Part(""),
        Answer::Part(
            "HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{\"Parameter\":{\"Value\":\"s3cret",
        ),
        good(),
    ]);
    let ssm = Ssm::new().through(&stub.aws().retries(2));

    assert_eq!(text(&ssm.fetch(&Query::new("/a")).await.unwrap()), "one");
}

#[tokio::test]
async fn connections_that_all_drop_are_an_error_without_the_value() {
    for part in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{\"Parameter\":{\"Value\":\"s3cret",
    ] {
        let stub = Stub::answers(vec![Answer::Part(part)]);

        let error = error(&Ssm::new().through(&stub.aws().retries(1))).await;

        assert_eq!(error.kind(), ErrorKind::Unavailable, "{part}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        assert_eq!(stub.asked().len(), 2, "{part}");
    }
}

#[tokio::test]
async fn an_answer_that_is_none_is_an_error_without_its_text() {
    for body in [
        r#"{"Parameter":{"Value":"s3cret"#,
        r#"{"Parameter":"s3cret"}"#,
        r#"["s3cret"]"#,
        "<html>s3cret</html>",
    ] {
        let stub = Stub::answers(vec![Answer::with(200, "", body)]);

        let error = error(&Ssm::new().through(&stub.aws())).await;

        assert_eq!(error.kind(), ErrorKind::Unavailable, "{body}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_without_a_value_is_an_error() {
    let stub = Stub::answers(vec![Answer::ok(&json!({}))]);

    let error = error(&Ssm::new().through(&stub.aws())).await;

    assert_eq!(error.kind(), ErrorKind::Failed);
}

#[tokio::test]
async fn silence_ends_in_time() {
    let stub = Stub::answers(vec![Answer::Silence]);
    let limit = Duration::from_millis(50);
    let ssm = Ssm::new().through(&stub.aws().attempt_timeout(limit).retries(1));
    let started = Instant::now();

    let error = error(&ssm).await;

    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(stub.asked().len(), 2);
}

#[tokio::test]
async fn all_attempts_together_end_in_time() {
    let stub = Stub::answers(vec![Answer::Silence]);
    let (attempt, all) = (Duration::from_millis(80), Duration::from_millis(150));
    let aws = stub.aws().attempt_timeout(attempt).timeout(all);
    let started = Instant::now();

    let error = error(&Ssm::new().through(&aws.retries(1000))).await;

    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn where_nobody_listens_is_an_error_at_once() {
    // Bound and dropped: nobody listens there now.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let started = Instant::now();

    let error = error(&Ssm::new().through(&quick().endpoint(url))).await;

    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("check the endpoint"), "{error}");
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_connection_that_never_comes_ends_in_time() {
    // Full: two wait where there is room for one, and the kernel leaves the third without an answer.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) =
        std::net::TcpStream::connect_timeout(&address, Duration::from_millis(100))
    {
        waiting.push(stream);
        assert!(waiting.len() < 10_000, "this machine's queue has no end");
    }
    let aws = quick().endpoint(format!("http://{address}"));
    let ssm = Ssm::new().through(&aws.connect_timeout(Duration::from_millis(50)));
    let started = Instant::now();

    let error = error(&ssm).await;

    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn an_endpoint_without_a_scheme_is_refused_and_named() {
    let error = error(&Ssm::new().through(&quick().endpoint("localhost:4566"))).await;

    assert!(
        error.to_string().contains("`localhost:4566` is no URL"),
        "{error}"
    );

    assert_eq!(error.kind(), ErrorKind::Invalid, "{error:?}");
}

#[tokio::test]
async fn nothing_is_kept_of_a_failure() {
    let stub = Stub::answers(vec![
        Answer::Part(""),
        Answer::error("InternalServerError", ""),
        good(),
    ]);
    let ssm = Ssm::new().through(&stub.aws());

    assert_eq!(error(&ssm).await.kind(), ErrorKind::Unavailable);
    assert_eq!(error(&ssm).await.kind(), ErrorKind::Unavailable);
    assert_eq!(text(&ssm.fetch(&Query::new("/a")).await.unwrap()), "one");
}

#[tokio::test]
async fn an_answer_without_end_is_cut() {
    let start = "HTTP/1.1 200 OK\r\n\r\n{\"Parameter\":{\"Value\":\"";
    let stub = Stub::answers(vec![Answer::Endless(start, "s3cret")]);

    let error = error(&Ssm::new().through(&stub.aws())).await;

    // Not by the clock, which would be `TimedOut`.
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(error.to_string().contains("cannot be read"), "{error}");
    assert!(!format!("{error:?}").contains("s3cret"));
}
