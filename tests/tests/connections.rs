//! Writing to connections, against a server on loopback that speaks API Gateway's `@connections`.
//!
//! A server of this machine is asked without an account, so these tests need nothing but themselves.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "parameters_aws/wire.rs"]
#[expect(dead_code, reason = "the parameters' tests use more of it")]
mod wire;

#[expect(dead_code, reason = "the logger's tests use more of it")]
mod lambda;

use std::{
    collections::HashSet,
    net::{IpAddr, Ipv4Addr},
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use powertools::{
    logger,
    router::{Bytes, Error, Json},
    testing::TestClient,
    websocket::{self, Aws, Connections, ConnectionsError, Outcome, Router},
};
use serde_json::json;
use tracing_subscriber::layer::SubscriberExt;
use wire::{Answer, Asked, Stub, begin};

/// Patient enough for a busy machine, and no second try.
fn quick() -> Aws {
    Aws::new()
        .attempt_timeout(Duration::from_secs(4))
        .timeout(Duration::from_secs(8))
        .retries(0)
}

fn at(stub: &Stub) -> Connections {
    Connections::at(stub.url()).through(&quick())
}

fn ok() -> Answer {
    Answer::with(200, "", "")
}

/// A refusal as API Gateway writes it.
fn refused(status: u16, name: &str) -> Answer {
    let headers = format!("x-amzn-errortype: {name}\r\ncontent-type: application/json\r\n");
    Answer::with(status, &headers, r#"{"message":"no"}"#)
}

/// The id in a request's path.
fn id(asked: &Asked) -> &str {
    let path = asked.line.split(' ').nth(1).unwrap();
    path.rsplit('/').next().unwrap()
}

mod bad {
    use super::*;

    #[tokio::test]
    async fn what_is_too_large_is_never_sent() {
        let stub = Stub::answers(vec![ok()]);
        let connections = at(&stub);
        let most = "x".repeat(128 * 1024);
        assert_eq!(connections.post("c=", &*most).await, Ok(Outcome::Done));

        let error = connections.post("c=", most + "x").await.unwrap_err();
        assert_eq!(error, ConnectionsError::TooLarge { bytes: 131_073 });
        assert_eq!(
            error.to_string(),
            "the message has 131073 bytes, and API Gateway takes at most 131072"
        );
        assert_eq!(stub.asked().len(), 1);
    }

    #[tokio::test]
    async fn what_is_no_id_is_never_asked_about() {
        let stub = Stub::answers(vec![ok()]);
        let connections = at(&stub);
        let long = "a".repeat(129);
        for id in [
            "", ".", "..", "a b", "a?b", "a#b", "a%3D", "a\r\nb", "größe", "../a", &long,
        ] {
            let expected = ConnectionsError::NoId { id: id.to_owned() };
            assert_eq!(
                connections.post(id, "x").await,
                Err(expected.clone()),
                "{id}"
            );
            assert_eq!(connections.info(id).await, Err(expected.clone()), "{id}");
            assert_eq!(connections.close(id).await, Err(expected), "{id}");
        }
        let told = connections
            .post("a\r\nb", "x")
            .await
            .unwrap_err()
            .to_string();
        assert_eq!(
            told,
            "`a\\r\\nb` is no id of a connection: use `Connection::id`"
        );
        assert_eq!(stub.asked().len(), 0);
    }

    #[tokio::test]
    async fn what_is_no_address_is_told_when_it_is_asked() {
        for url in ["", "api.example/prod", "ftp://api.example", "https://"] {
            let error = Connections::at(url).post("c=", "x").await.unwrap_err();
            assert_eq!(
                error,
                ConnectionsError::Endpoint {
                    url: url.to_owned()
                }
            );
            assert!(error.to_string().contains("Connections::at"), "{error}");
        }
    }

    #[tokio::test]
    async fn what_does_not_serialise_is_told_and_not_sent() {
        let stub = Stub::answers(vec![ok()]);
        let broken = std::collections::HashMap::from([((1, 2), 3)]);
        let error = at(&stub).post("c=", Json(broken)).await.unwrap_err();
        assert!(
            matches!(error, ConnectionsError::Unserialisable { .. }),
            "{error}"
        );
        assert_eq!(stub.asked().len(), 0);
    }

    #[tokio::test]
    async fn each_refusal_has_its_error() {
        for (status, name, expected) in [
            (
                400,
                "BadRequestException",
                ConnectionsError::Refused { status: 400 },
            ),
            (403, "ForbiddenException", ConnectionsError::Forbidden),
            (403, "", ConnectionsError::Forbidden),
            (404, "", ConnectionsError::Refused { status: 404 }),
            (
                429,
                "LimitExceededException",
                ConnectionsError::LimitExceeded,
            ),
            (
                500,
                "InternalServerError",
                ConnectionsError::Unavailable {
                    reason: "an answer with status 500".to_owned(),
                },
            ),
        ] {
            let stub = Stub::answers(vec![refused(status, name)]);
            let connections = at(&stub);
            assert_eq!(
                connections.post("c=", "x").await,
                Err(expected.clone()),
                "{status}"
            );
            assert_eq!(
                connections.info("c=").await,
                Err(expected.clone()),
                "{status}"
            );
            assert_eq!(connections.close("c=").await, Err(expected), "{status}");
        }
    }

    #[tokio::test]
    async fn what_is_too_large_for_the_service_is_told_alike() {
        let stub = Stub::answers(vec![refused(413, "PayloadTooLargeException")]);
        let error = at(&stub).post("c=", "four").await.unwrap_err();
        assert_eq!(error, ConnectionsError::TooLarge { bytes: 4 });
    }

    #[tokio::test]
    async fn answers_that_break_off_and_servers_that_are_not_there_are_told() {
        let stub = Stub::answers(vec![Answer::Part("HTTP/1.1 200 OK\r\ncontent-le")]);
        let error = at(&stub).post("c=", "x").await.unwrap_err();
        assert!(
            matches!(error, ConnectionsError::Unavailable { .. }),
            "{error}"
        );

        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", nobody.local_addr().unwrap());
        drop(nobody);
        let error = Connections::at(url)
            .through(&quick())
            .close("c=")
            .await
            .unwrap_err();
        let told = error.to_string();
        assert!(
            told.starts_with("API Gateway cannot be reached: "),
            "{told}"
        );
        assert!(told.len() > 40, "{told}");
    }

    #[tokio::test]
    async fn patience_ends() {
        let stub = Stub::answers(vec![Answer::Silence]);
        let hasty = Aws::new().timeout(Duration::from_millis(50)).retries(0);
        let connections = Connections::at(stub.url()).through(&hasty);
        let error = connections.post("c=", "x").await.unwrap_err();
        let reason = "no answer in time".to_owned();
        assert_eq!(error, ConnectionsError::Unavailable { reason });
    }
}

mod wire_form {
    use super::*;

    #[tokio::test]
    async fn a_post_is_the_message_to_the_encoded_id() {
        let stub = Stub::answers(vec![ok()]);
        let connections = Connections::at(format!("{}/prod/", stub.url())).through(&quick());
        assert_eq!(
            connections.post("BFHPhfCWIAMCKlQ=", "text").await,
            Ok(Outcome::Done)
        );
        assert_eq!(
            connections.post("a+b/c=", b"bytes".to_vec()).await,
            Ok(Outcome::Done)
        );
        let bytes = Bytes::from_static(b"shared");
        assert_eq!(connections.post("c=", bytes).await, Ok(Outcome::Done));
        assert_eq!(
            connections.post("c=", Json(json!({"a": 1}))).await,
            Ok(Outcome::Done)
        );

        let asked = stub.asked();
        let sent: Vec<_> = asked
            .iter()
            .map(|asked| (&*asked.line, &*asked.body))
            .collect();
        assert_eq!(
            sent,
            [
                (
                    "POST /prod/@connections/BFHPhfCWIAMCKlQ%3D HTTP/1.1",
                    "text"
                ),
                ("POST /prod/@connections/a%2Bb%2Fc%3D HTTP/1.1", "bytes"),
                ("POST /prod/@connections/c%3D HTTP/1.1", "shared"),
                ("POST /prod/@connections/c%3D HTTP/1.1", r#"{"a":1}"#),
            ]
        );
        let signature = asked[0].header("authorization").unwrap();
        assert!(
            signature.starts_with("AWS4-HMAC-SHA256 Credential=local/"),
            "{signature}"
        );
        assert!(
            signature.contains("/local/execute-api/aws4_request"),
            "{signature}"
        );
    }

    #[tokio::test]
    async fn what_is_known_of_a_connection_is_read() {
        let body = json!({
            "connectedAt": "2024-11-11T11:35:24.553Z",
            "lastActiveAt": "2024-11-11T13:45:46Z",
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "curl/8"},
        });
        let json = "content-type: application/json\r\n";
        let stub = Stub::answers(vec![
            Answer::with(200, json, body.to_string()),
            Answer::with(200, json, "{}"),
            refused(410, "GoneException"),
        ]);
        let connections = at(&stub);

        let info = connections.info("c=").await.unwrap().unwrap();
        let at = |millis| Some(SystemTime::UNIX_EPOCH + Duration::from_millis(millis));
        assert_eq!(info.connected_at, at(1_731_324_924_553));
        assert_eq!(info.last_active_at, at(1_731_332_746_000));
        assert_eq!(
            info.source_ip,
            Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)))
        );
        assert_eq!(info.user_agent.as_deref(), Some("curl/8"));
        let info = connections.info("c=").await.unwrap().unwrap();
        assert_eq!(
            (info.connected_at, info.source_ip, info.user_agent),
            (None, None, None)
        );
        assert_eq!(connections.info("c=").await, Ok(None));
        assert_eq!(stub.asked()[0].line, "GET /@connections/c%3D HTTP/1.1");
    }

    #[tokio::test]
    async fn a_connection_is_closed_once() {
        let stub = Stub::answers(vec![
            Answer::with(204, "", ""),
            refused(410, "GoneException"),
        ]);
        let connections = at(&stub);
        assert_eq!(connections.close("c=").await, Ok(Outcome::Done));
        assert_eq!(connections.close("c=").await, Ok(Outcome::Gone));
        assert_eq!(stub.asked()[0].line, "DELETE /@connections/c%3D HTTP/1.1");
    }

    #[tokio::test]
    async fn a_connection_that_is_gone_is_no_error_however_it_is_told() {
        for answer in [
            refused(410, "GoneException"),
            Answer::with(410, "", ""),
            Answer::with(410, "content-type: text/html\r\n", "<html>"),
        ] {
            let stub = Stub::answers(vec![answer]);
            let outcome = at(&stub).post("c=", "x").await.unwrap();
            assert!(outcome.is_gone());
        }
    }

    #[tokio::test]
    async fn what_may_pass_is_tried_again_and_not_for_ever() {
        let limit = || refused(429, "LimitExceededException");
        let stub = Stub::answers(vec![limit(), ok()]);
        let patient = quick().retries(1);
        let connections = Connections::at(stub.url()).through(&patient);
        assert_eq!(connections.post("c=", "x").await, Ok(Outcome::Done));
        assert_eq!(stub.asked().len(), 2);

        let stub = Stub::answers(vec![limit()]);
        let connections = Connections::at(stub.url()).through(&patient);
        let error = connections.post("c=", "x").await.unwrap_err();
        assert_eq!(error, ConnectionsError::LimitExceeded);
        assert_eq!(stub.asked().len(), 2);
    }
}

mod broadcasts {
    use super::*;

    #[tokio::test]
    async fn each_connection_has_its_own_outcome() {
        let stub = Stub::start(|asked| match id(asked) {
            "gone%3D" => refused(410, "GoneException"),
            "slow%3D" => refused(429, "LimitExceededException"),
            _ => ok(),
        });
        let ids = ["a=", "gone=", "no id", "slow=", "b="];
        let told = at(&stub).broadcast(ids, "hello").await;

        assert_eq!(told.sent, 2);
        assert_eq!(told.gone, ["gone="]);
        let failed: HashSet<_> = told
            .failed
            .iter()
            .map(|(id, error)| (&**id, error.to_string()))
            .collect();
        let expected = [
            (
                "no id",
                ConnectionsError::NoId {
                    id: "no id".to_owned(),
                }
                .to_string(),
            ),
            ("slow=", ConnectionsError::LimitExceeded.to_string()),
        ];
        assert_eq!(failed, HashSet::from(expected));
        assert!(stub.asked().iter().all(|asked| asked.body == "hello"));
    }

    #[tokio::test]
    async fn what_cannot_be_sent_fails_for_each_and_asks_nobody() {
        let stub = Stub::answers(vec![ok()]);
        let told = at(&stub).broadcast(["a=", "b="], "x".repeat(131_073)).await;
        assert_eq!((told.sent, told.gone.len(), told.failed.len()), (0, 0, 2));
        let none: [&str; 0] = [];
        let told = at(&stub).broadcast(none, "x").await;
        assert_eq!((told.sent, told.gone.len(), told.failed.len()), (0, 0, 0));
        assert_eq!(stub.asked().len(), 0);
    }

    #[tokio::test]
    async fn no_more_than_are_allowed_are_asked_together() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (seen, highest) = (Arc::clone(&now), Arc::clone(&most));
        // Each answer waits for a second request, if one may be there.
        let stub = Stub::start(move |_| {
            let together = seen.fetch_add(1, Ordering::SeqCst) + 1;
            highest.fetch_max(together, Ordering::SeqCst);
            for _ in 0..1000 {
                if seen.load(Ordering::SeqCst) > 1 {
                    break;
                }
                std::thread::yield_now();
            }
            seen.fetch_sub(1, Ordering::SeqCst);
            ok()
        });
        let ids = || (0..40).map(|number| format!("c{number}="));
        for (limit, bound) in [(0, 1), (1, 1), (4, 4)] {
            most.store(0, Ordering::SeqCst);
            let told = at(&stub).at_a_time(limit).broadcast(ids(), "x").await;
            assert_eq!(told.sent, 40, "{limit}");
            assert!(most.load(Ordering::SeqCst) <= bound, "{limit}");
        }
        assert_eq!(now.load(Ordering::SeqCst), 0);
    }

    /// On localhost all events are in one process, which has so many sockets and no more.
    #[tokio::test]
    async fn posts_to_this_machine_are_bounded_together() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (seen, highest) = (Arc::clone(&now), Arc::clone(&most));
        let stub = Stub::start(move |_| {
            let together = seen.fetch_add(1, Ordering::SeqCst) + 1;
            highest.fetch_max(together, Ordering::SeqCst);
            // Each answer waits for one too many, if it may come.
            for _ in 0..2000 {
                if seen.load(Ordering::SeqCst) > 64 {
                    break;
                }
                std::thread::yield_now();
            }
            seen.fetch_sub(1, Ordering::SeqCst);
            ok()
        });
        let ids = (0..400).map(|number| format!("c{number}="));
        let told = at(&stub).at_a_time(400).broadcast(ids, "x").await;

        assert_eq!(told.sent, 400);
        let most = most.load(Ordering::SeqCst);
        assert!(most <= 64, "{most} at a time");
    }

    #[tokio::test]
    async fn what_is_dropped_half_way_goes_on_with_none() {
        let stub = Stub::answers(vec![Answer::Silence]);
        let connections = at(&stub).at_a_time(2);
        let ids = (0..1000).map(|number| format!("c{number}="));
        {
            let broadcast = pin!(connections.broadcast(ids, "x"));
            begin(broadcast).await;
        }
        // Another request comes through, and of the thousand no more than were begun.
        let hasty = Aws::new().timeout(Duration::from_millis(50)).retries(0);
        let other = Connections::at(stub.url()).through(&hasty);
        assert!(other.post("other=", "x").await.is_err());
        assert!(stub.asked().len() <= 3, "{}", stub.asked().len());
    }
}

mod handlers {
    use super::*;

    #[websocket::message("where")]
    async fn place(connections: Connections) -> String {
        format!("{connections:?}")
    }

    /// Where an event's connections are for a program with these variables: this test, run again.
    fn place_in(test: &str, domain: &str, variables: &[(&str, &str)]) -> String {
        if lambda::is_child() {
            lambda::begin();
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            let client = TestClient::new(Router::new(websocket::routes![place]).unwrap());
            let domain = std::env::var("TEST_DOMAIN").unwrap();
            let mut event = client.socket("c=").text("where", "").event();
            event["requestContext"]["domainName"] = domain.into();
            let reply = runtime.block_on(client.invoke(&event)).unwrap();
            std::io::Write::write_all(&mut std::io::stdout(), reply.to_string().as_bytes())
                .unwrap();
            std::process::exit(0);
        }
        let mut command = lambda::again(test);
        command
            .env("TEST_DOMAIN", domain)
            .envs(variables.iter().copied());
        lambda::run(command)
    }

    #[test]
    fn a_variable_of_awss_sdks_says_where_they_are() {
        let test = "handlers::a_variable_of_awss_sdks_says_where_they_are";
        let name = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI";
        let told = place_in(test, "ws.example", &[(name, "https://other.example/base")]);
        assert!(told.contains("Ok(https://other.example/base)"), "{told}");
    }

    #[test]
    fn on_lambda_no_event_leads_to_this_machine() {
        let test = "handlers::on_lambda_no_event_leads_to_this_machine";
        let lambda = [("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")];
        for domain in [
            "localhost:9001",
            "127.0.0.1:9001",
            "[::1]:9001",
            "127.1.2.3",
        ] {
            let told = place_in(test, domain, &lambda);
            assert!(told.contains("Err(Endpoint"), "{told}");
        }
        let told = place_in(test, "localhost:9000", &[]);
        assert!(told.contains("Ok(http://localhost:9000)"), "{told}");
    }

    #[websocket::message("say")]
    async fn say(text: String, connections: Connections) -> Result<&'static str, Error> {
        let outcome = connections.post("other=", text).await?;
        Ok(if outcome.is_gone() { "gone" } else { "told" })
    }

    #[tokio::test]
    async fn a_handler_writes_to_the_api_that_its_event_is_of() {
        let stub = Stub::answers(vec![ok(), refused(410, "GoneException"), refused(403, "")]);
        let client = TestClient::new(Router::new(websocket::routes![say]).unwrap());
        let mut event = client.socket("c=").text("say", "hello").event();
        let domain = stub.url().replace("http://", "");
        event["requestContext"]["domainName"] = domain.into();

        assert_eq!(client.invoke(&event).await.unwrap()["body"], "told");
        assert_eq!(client.invoke(&event).await.unwrap()["body"], "gone");
        assert_eq!(client.invoke(&event).await.unwrap()["statusCode"], 500);
        let asked = stub.asked();
        assert_eq!(asked[0].line, "POST /@connections/other%3D HTTP/1.1");
        assert_eq!(asked[0].body, "hello");
    }

    #[tokio::test]
    async fn nothing_shows_what_was_written() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&written);
        let layer = logger::builder()
            .level("trace")
            .writer(move |line| sink.lock().unwrap().extend_from_slice(line))
            .layer();
        let subscriber = tracing_subscriber::registry().with(layer);
        let guard = tracing::subscriber::set_default(subscriber);

        let stub = Stub::answers(vec![ok(), refused(400, "BadRequestException")]);
        let connections = at(&stub);
        assert!(connections.post("c=", "s3cret").await.is_ok());
        let error = connections.post("c=", Json("s3cret")).await.unwrap_err();
        let told = connections.broadcast(["no id"], "s3cret").await;
        drop(guard);

        let lines = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        let shown = format!("{connections:?} {error:?} {error} {told:?} {lines}");
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(
            shown.contains("Connections { endpoint: Ok(http://127.0.0.1:"),
            "{shown}"
        );
    }
}
