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
    App, Context, Function, InvocationError, logger,
    router::{Bytes, Error, Json},
    testing::{TestClient, TestConnections},
    websocket::{self, Aws, Connection, Connections, ConnectionsError, Outcome, Router},
};
use serde_json::{Value, json};
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
    async fn an_id_that_the_service_refuses_is_none() {
        let headers = "x-amzn-errortype: BadRequestException\r\ncontent-type: application/json\r\n";
        let body = r#"{"message":"Invalid connectionId: c="}"#;
        let stub = Stub::answers(vec![Answer::with(400, headers, body)]);
        let expected = ConnectionsError::NoId {
            id: "c=".to_owned(),
        };
        let connections = at(&stub);
        assert_eq!(connections.post("c=", "x").await, Err(expected.clone()));
        assert_eq!(connections.info("c=").await, Err(expected.clone()));
        assert_eq!(connections.close("c=").await, Err(expected));
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
        assert_eq!(error, ConnectionsError::TimedOut);
        let patient = at(&stub).within(Duration::from_millis(50));
        let error = patient.post("c=", "x").await.unwrap_err();
        assert_eq!(error, ConnectionsError::TimedOut);
        assert_eq!(patient.close("c=").await, Err(ConnectionsError::TimedOut));
        assert_eq!(patient.info("c=").await, Err(ConnectionsError::TimedOut));
        assert_eq!(
            error.to_string(),
            "no answer in time: the network is slow, or the client does not read"
        );
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

    /// Without a client that keeps posts.
    async fn on_aws(router: &Router, event: &Value) -> Value {
        let bytes = serde_json::to_vec(event).unwrap();
        let reply = router.invoke(bytes.into(), Context::new("id")).await;
        serde_json::to_value(reply.unwrap()).unwrap()
    }

    /// Where an event's connections are for a program with these variables: this test, run again.
    fn place_in(test: &str, domain: &str, variables: &[(&str, &str)]) -> String {
        if lambda::is_child() {
            lambda::begin();
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            let router = Router::new(websocket::routes![place]).unwrap();
            let client = TestClient::new(router.clone());
            let domain = std::env::var("TEST_DOMAIN").unwrap();
            let mut event = client.socket("c=").text("where", "").event();
            event["requestContext"]["domainName"] = domain.into();
            let reply = runtime.block_on(on_aws(&router, &event));
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
        let router = Router::new(websocket::routes![say]).unwrap();
        let client = TestClient::new(router.clone());
        let mut event = client.socket("c=").text("say", "hello").event();
        let domain = stub.url().replace("http://", "");
        event["requestContext"]["domainName"] = domain.into();

        assert_eq!(on_aws(&router, &event).await["body"], "told");
        assert_eq!(on_aws(&router, &event).await["body"], "gone");
        assert_eq!(on_aws(&router, &event).await["statusCode"], 500);
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

/// What is posted in a test, which has no network.
mod kept {
    use super::*;

    /// What one post comes to.
    #[websocket::message("post")]
    async fn post(Json((id, text)): Json<(String, String)>, connections: Connections) -> String {
        format!("{:?}", connections.post(&id, text).await)
    }

    #[websocket::message("say")]
    async fn say(text: String, own: Connection, connections: Connections) -> String {
        let ids = [own.id(), "bob=", "cid="];
        let told = connections.broadcast(ids, format!("said {text}")).await;
        format!(
            "{} told, gone {:?}, failed {:?}",
            told.sent, told.gone, told.failed
        )
    }

    #[websocket::message("kick")]
    async fn kick(id: String, connections: Connections) -> Result<String, Error> {
        let before = connections.info(&id).await?;
        let outcomes = [connections.close(&id).await?, connections.close(&id).await?];
        let after = connections.info(&id).await?;
        let address = before.and_then(|info| info.source_ip);
        Ok(format!("{address:?} {outcomes:?} {after:?}"))
    }

    /// Greets a client that is not there yet, as far as API Gateway is concerned.
    #[websocket::connect]
    async fn enter(own: Connection, connections: Connections, text: String) -> Result<(), Error> {
        assert!(text.is_empty());
        let outcome = connections.post(own.id(), "welcome").await?;
        assert!(outcome.is_gone(), "{outcome:?}");
        match own.id() {
            "eve=" => Err(Error::forbidden("not you")),
            _ => Ok(()),
        }
    }

    #[websocket::disconnect]
    async fn leave(own: Connection, connections: Connections) -> Result<(), Error> {
        let outcome = connections.post(own.id(), "farewell").await?;
        assert!(outcome.is_gone(), "{outcome:?}");
        let _ = connections.post("ann=", "somebody left").await?;
        Ok(())
    }

    fn client() -> TestClient<Router> {
        let routes = websocket::routes![post, say, kick, enter, leave];
        TestClient::new(Router::new(routes).unwrap())
    }

    #[tokio::test]
    async fn each_connection_is_as_it_was_declared() {
        let client = client();
        let ann = client.socket("ann=");
        let connections = client.connections();
        let posted = async |id: &str, text: &str| {
            let reply = ann.json("post", json!([id, text])).await;
            reply.text().to_owned()
        };
        assert_eq!(
            posted("a b", "x").await,
            "Err(NoId { id: \"a b\" })",
            "no id at all"
        );
        assert_eq!(posted("bob=", "hi").await, "Ok(Done)");
        connections.lose("bob=");
        assert_eq!(posted("bob=", "x").await, "Ok(Gone)");
        connections.fail("bob=", ConnectionsError::LimitExceeded);
        assert_eq!(posted("bob=", "x").await, "Err(LimitExceeded)");
        connections.open("bob=");
        assert_eq!(posted("bob=", "x").await, "Ok(Done)");
        assert_eq!(client.posted("bob="), ["hi", "x"]);
        let kept = connections.connections();
        let long = "x".repeat(131_073);
        let most = kept.post("bob=", &long[..131_072]).await;
        assert_eq!(most, Ok(Outcome::Done));
        let error = kept.post("bob=", long).await.unwrap_err();
        assert_eq!(error, ConnectionsError::TooLarge { bytes: 131_073 });
        assert_eq!(connections.take_posts().len(), 3);
        assert_eq!(connections.posts(), []);
    }

    #[tokio::test]
    async fn posts_are_told_from_one_another_and_stand_in_order() {
        let client = client();
        client.connections().lose("cid=");
        let ann = client.socket("ann=");
        let reply = ann.text("say", "tea").await;
        assert_eq!(reply.text(), r#"2 told, gone ["cid="], failed []"#);
        assert_eq!(client.posted("ann="), ["said tea"]);
        assert_eq!(client.posted("cid="), [""; 0]);
        let posts = client.connections().posts();
        let posts: Vec<_> = posts.iter().map(|post| (post.id(), post.text())).collect();
        assert_eq!(posts, [("ann=", "said tea"), ("bob=", "said tea")]);
    }

    #[tokio::test]
    async fn a_client_gets_posts_and_replies_in_their_order_while_it_is_connected() {
        let client = client();
        let ann = client.socket("ann=");
        assert_eq!(ann.received(), [""; 0]);
        assert_eq!(ann.connect("/").await.status(), 200);
        let bob = client.socket("bob=");
        assert_eq!(bob.connect("/").await.status(), 200);
        let eve = client.socket("eve=");
        assert_eq!(eve.connect("/").await.status(), 403);
        client
            .connections()
            .fail("cid=", ConnectionsError::TimedOut);

        let reply = ann.text("say", "tea").await;
        let replied = r#"2 told, gone [], failed [("cid=", TimedOut)]"#;
        assert_eq!(reply.text(), replied);
        bob.json("post", json!(["ann=", "coffee"])).await;
        bob.json("post", json!(["eve=", "coffee"])).await;
        assert_eq!(bob.disconnect().await.status(), 200);
        assert_eq!(
            ann.received(),
            ["said tea", replied, "coffee", "somebody left"]
        );
        assert_eq!(bob.received(), ["said tea", "Ok(Done)", "Ok(Gone)"]);
        assert_eq!(eve.received(), [""; 0]);

        // The id of a connection that is made anew begins with nothing.
        assert_eq!(bob.connect("/").await.status(), 200);
        assert_eq!(bob.received(), [""; 0]);
    }

    #[tokio::test]
    async fn a_connection_is_asked_after_and_closed() {
        let client = client();
        let ann = client.socket("ann=");
        let reply = ann.text("kick", "bob=").await;
        assert_eq!(reply.text(), "Some(127.0.0.1) [Done, Gone] None");
        assert_eq!(client.connections().closed(), ["bob="]);
    }

    #[tokio::test]
    async fn a_client_whose_connection_was_closed_gets_nothing_more() {
        let client = client();
        let (ann, bob) = (client.socket("ann="), client.socket("bob="));
        ann.text("say", "tea").await;
        assert_eq!(ann.received().len(), 2, "a post and a reply");

        // Also not the reply to the message that it was closed for.
        let reply = ann.text("kick", "ann=").await;
        assert_eq!(reply.text(), "Some(127.0.0.1) [Done, Gone] None");
        ann.text("say", "cake").await;
        assert_eq!(ann.received().len(), 2);
        assert_eq!(bob.received(), ["said tea", "said cake"]);

        client
            .connections()
            .fail("bob=", ConnectionsError::TimedOut);
        assert_eq!(bob.connect("/").await.status(), 200);
        ann.text("say", "pie").await;
        assert_eq!(bob.received(), ["said pie"], "made anew, it reads");
    }

    #[tokio::test]
    async fn the_handlers_of_other_events_post_to_the_same_connections() {
        async fn tell(
            connections: Connections,
            ids: Vec<String>,
        ) -> Result<Value, InvocationError> {
            let told = connections
                .broadcast(ids, Json(json!({ "new": true })))
                .await;
            Ok(json!({ "told": told.sent, "gone": told.gone }))
        }
        let connections = TestConnections::new();
        let kept = connections.connections();
        let function = Function::new()
            .websocket(Router::new(websocket::routes![kick]).unwrap())
            .direct(move |ids: Vec<String>, _: Context| tell(kept.clone(), ids));
        let client = TestClient::new(function).with_connections(connections.clone());

        client.socket("ann=").text("kick", "bob=").await;
        let told = client.invoke(["ann=", "bob="]).await.unwrap();
        assert_eq!(told, json!({ "told": 1, "gone": ["bob="] }));
        let posts = connections.posts();
        assert_eq!(posts[0].json::<Value>(), json!({ "new": true }));
        assert_eq!(client.posted("ann="), [r#"{"new":true}"#]);
    }

    #[tokio::test]
    async fn an_event_of_ones_own_reaches_no_network_either() {
        let client = client();
        let event = client.socket("ann=").json("post", ["bob=", "hi"]).event();
        assert_eq!(client.invoke(event).await.unwrap()["body"], "Ok(Done)");
        assert_eq!(client.posted("bob="), ["hi"]);
    }
}
