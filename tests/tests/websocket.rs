//! The WebSocket router through its public API: what goes in is an event, what comes out is a reply.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    future::IntoFuture,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::SystemTime,
};

use powertools::{
    Context, Function, InvocationError, logger,
    router::{
        self, Bytes, Error, Extension, Headers, Json, Limits, Next, Query, Rejection, Request,
        Response, SourceIp, State, StatusCode, Valid, get,
    },
    testing::{TestClient, TestReply},
    websocket::{self, Accepted, Connection, Route, RouteError, Router, Routes, Subprotocols},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt;

const REQUEST_ID: &str = "00000000-0000-4000-8000-000000000000";

fn sample(file: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/events");
    fs::read_to_string(path.join(file)).unwrap()
}

fn client(routes: Routes) -> TestClient<Router> {
    TestClient::new(Router::new(routes).unwrap())
}

fn event(kind: &str, route_key: &str) -> Value {
    json!({
        "requestContext": {"connectionId": "c=", "eventType": kind, "routeKey": route_key},
        "isBase64Encoded": false,
    })
}

fn problem(status: u16, title: &str, detail: &str) -> Value {
    json!({"title": title, "status": status, "detail": detail, "requestId": REQUEST_ID})
}

fn assert_problem(reply: &TestReply, expected: &Value) {
    assert_eq!(reply.json::<Value>(), *expected);
    assert_eq!(u64::from(reply.status().as_u16()), expected["status"]);
}

/// The answer, and the lines that were logged on the way.
async fn logged<T>(answering: impl Future<Output = T>) -> (T, Vec<Value>) {
    let written = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&written);
    let layer = logger::builder()
        .level("trace")
        .writer(move |line| {
            let line = serde_json::from_slice::<Value>(line).expect("a line is JSON");
            sink.lock().unwrap().push(line);
        })
        .layer();
    let subscriber = tracing_subscriber::registry().with(layer);
    let guard = tracing::subscriber::set_default(subscriber);
    let answer = answering.await;
    drop(guard);
    let lines = written.lock().unwrap().clone();
    (answer, lines)
}

fn line<'l>(lines: &'l [Value], message: &str) -> &'l Value {
    let mut found = lines.iter().filter(|line| line["message"] == message);
    let line = found.next().unwrap_or_else(|| panic!("{lines:#?}"));
    assert!(found.next().is_none(), "twice: {lines:#?}");
    line
}

#[websocket::message("shout")]
async fn shout(text: String) -> String {
    text.to_uppercase()
}

mod bad_events {
    use super::*;

    #[websocket::default]
    async fn length(body: Bytes) -> String {
        body.len().to_string()
    }

    #[derive(Deserialize)]
    struct Said {
        text: String,
    }

    #[websocket::message("say")]
    async fn say(Json(said): Json<Said>) -> String {
        said.text
    }

    #[tokio::test]
    async fn what_is_no_event_of_a_connection_fails_and_says_what_is_missing() {
        let client = client(websocket::routes![shout]);
        for (context, told) in [
            (json!({"eventType": "MESSAGE"}), " without a `connectionId`"),
            (
                json!({"eventType": "MESSAGE", "connectionId": 7}),
                " without a `connectionId`",
            ),
            (json!({"connectionId": "c="}), " without an `eventType`"),
            (
                json!({"connectionId": "c=", "eventType": null}),
                " without an `eventType`",
            ),
            (
                json!({"connectionId": "c=", "eventType": "PING"}),
                " of the unknown `eventType` `PING`",
            ),
        ] {
            let event = json!({"requestContext": context, "body": "x"});
            let error = client.invoke(&event).await.unwrap_err();

            assert_eq!(error.error_type(), "UnknownEvent", "{event}");
            let told =
                format!("there is no handler for the event of a WebSocket{told} (API Gateway)");
            assert!(error.message().starts_with(&told), "{error}");
            // There is one, and it would not help.
            assert!(!error.message().contains("Function::websocket"), "{error}");
        }
    }

    #[tokio::test]
    async fn fifty_truncated_events_are_invalid_ones() {
        let client = client(websocket::routes![shout]);
        for file in [
            "apiGatewayWebSocketApiConnect.json",
            "apiGatewayWebSocketApiMessage.json",
        ] {
            let event = sample(file);
            let event = event.trim_end();
            for part in 1..26 {
                let bytes = &event.as_bytes()[..event.len() * part / 26];
                let error = client.invoke_raw(bytes.to_vec()).await.unwrap_err();
                assert_eq!(error.error_type(), "InvalidEvent", "{file}, {part}/26");
            }
        }
    }

    #[tokio::test]
    async fn no_mutated_event_makes_anything_panic_or_goes_without_a_reason() {
        let client = client(websocket::routes![length, say]);
        let others = [
            json!(null),
            json!(7),
            json!(-1),
            json!([]),
            json!({}),
            json!("\u{fffd}"),
        ];
        let (mut answered, mut refused, mut failed) = (0, 0, 0);
        for file in [
            "apiGatewayWebSocketApiConnect.json",
            "apiGatewayWebSocketApiMessage.json",
        ] {
            let event: Value = serde_json::from_str(&sample(file)).unwrap();
            let mut places: Vec<String> = event
                .as_object()
                .unwrap()
                .keys()
                .map(|key| format!("/{key}"))
                .collect();
            let context = event["requestContext"].as_object().unwrap().keys();
            places.extend(context.map(|key| format!("/requestContext/{key}")));
            for place in places {
                for other in &others {
                    let mut event = event.clone();
                    *event.pointer_mut(&place).unwrap() = other.clone();
                    match client.invoke(&event).await {
                        Ok(reply) if reply["statusCode"] == 200 => answered += 1,
                        Ok(reply) => {
                            refused += 1;
                            assert_eq!(reply["statusCode"], 400, "{place}: {other}: {reply}");
                            assert!(
                                reply["body"].as_str().unwrap().contains("detail"),
                                "{reply}"
                            );
                        }
                        Err(error) => {
                            failed += 1;
                            assert_eq!(error.error_type(), "UnknownEvent", "{place}: {other}");
                        }
                    }
                }
            }
        }
        for (what, count) in [
            ("answered", answered),
            ("refused", refused),
            ("failed", failed),
        ] {
            assert!(count >= 20, "{what}: {count}");
        }
    }

    #[tokio::test]
    async fn a_request_context_that_nobody_would_write_is_refused_and_the_log_says_why() {
        let client = client(websocket::routes![shout]);
        let mut wrong = event("MESSAGE", "shout");
        wrong["requestContext"]["connectedAt"] = "yesterday".into();
        let (reply, lines) = logged(client.invoke(&wrong)).await;

        let reply = reply.unwrap();
        assert_eq!(reply["statusCode"], 400);
        let told: Value = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
        let detail = "the request context is not that of a WebSocket API";
        assert_eq!(told, problem(400, "Bad Request", detail));
        let cause = line(&lines, &format!("400 Bad Request: {detail}"));
        assert_eq!(cause["level"], "WARN");
        assert!(cause["error"].to_string().contains("yesterday"), "{cause}");
        assert_eq!(line(&lines, "answered")["status"], 400);
    }

    #[tokio::test]
    async fn a_message_beyond_what_api_gateway_passes_on_is_refused() {
        let client = client(websocket::routes![length]);
        let socket = client.socket("c=");
        let most = "x".repeat(128 * 1024);
        assert_eq!(socket.text("$default", &most).await.text(), "131072");

        let reply = socket.text("$default", most + "x").await;
        let detail = "the body is larger than 131072 bytes";
        assert_problem(&reply, &problem(413, "Payload Too Large", detail));

        let less = Router::new(websocket::routes![length]).unwrap();
        let less = TestClient::new(less.limits(Limits::default().body_bytes(3)));
        assert_eq!(less.socket("c=").text("$default", "abc").await.text(), "3");
        assert_eq!(
            less.socket("c=").text("$default", "abcd").await.status(),
            413
        );
    }

    #[tokio::test]
    async fn a_body_that_is_not_what_the_handler_takes_is_told() {
        let client = client(websocket::routes![say]);
        let socket = client.socket("c=");
        for (text, status, detail) in [
            ("", 400, "the body is empty; JSON was expected"),
            (
                "{",
                400,
                "the body is not JSON: EOF while parsing an object at line 1 column 1",
            ),
            (
                r#"{"text":7}"#,
                422,
                "the body's `text` is not as expected: invalid type: integer `7`, expected a string \
                 at line 1 column 9",
            ),
        ] {
            let reply = socket.text("say", text).await;
            assert_eq!(reply.status(), status, "{text}");
            assert_eq!(reply.json::<Value>()["detail"], detail, "{text}");
        }
        let deep = format!("{{\"x\":{}", "[".repeat(10_000));
        assert_eq!(socket.text("say", deep).await.status(), 400);
    }

    #[tokio::test]
    async fn base64_that_is_none_is_told_to_who_reads_the_body() {
        let client = client(websocket::routes![length, say]);
        let mut binary = event("MESSAGE", "$default");
        binary["isBase64Encoded"] = true.into();
        binary["body"] = "AP8=".into();
        assert_eq!(client.invoke(&binary).await.unwrap()["body"], "2");

        binary["body"] = "AP8".into();
        let reply = client.invoke(&binary).await.unwrap();
        assert_eq!(reply["statusCode"], 400);
        let told: Value = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
        assert_eq!(told["detail"], "the body is not base64");
    }

    #[tokio::test]
    async fn bytes_that_are_no_text_are_told() {
        let client = client(websocket::routes![shout]);
        let mut binary = event("MESSAGE", "shout");
        binary["isBase64Encoded"] = true.into();
        binary["body"] = "/w==".into();
        let reply = client.invoke(&binary).await.unwrap();
        assert_eq!(reply["statusCode"], 400);
        assert!(
            reply["body"]
                .as_str()
                .unwrap()
                .contains("the body is not UTF-8"),
            "{reply}"
        );
    }
}

mod routes {
    use super::*;

    async fn one() -> &'static str {
        "one"
    }

    async fn other() -> &'static str {
        "other"
    }

    #[test]
    fn every_wrong_key_and_every_second_handler_is_told_at_once() {
        let routes = Routes::new()
            .with(Route::message("join", one).named("one"))
            .with(Route::message("join", other).named("other"))
            .with(Route::message("", one).named("empty"))
            .with(Route::message("$default", one).named("dollar"))
            .with(Route::connect(one).named("first"))
            .with(Route::connect(other).named("second"));
        let errors = Router::new(routes).unwrap_err();

        let duplicate = |key: &str, first, second| RouteError::Duplicate {
            key: key.to_owned(),
            first,
            second,
        };
        assert_eq!(errors.errors().len(), 4);
        assert_eq!(errors.errors()[0], duplicate("join", "one", "other"));
        assert_eq!(errors.errors()[3], duplicate("$connect", "first", "second"));
        assert_eq!(
            errors.to_string(),
            "4 mistakes in the WebSocket routes\
             \n  - `other` and `one` both answer `join`\
             \n  - route key `` of `empty`: is empty: a message without a key goes to `default`\
             \n  - route key `$default` of `dollar`: is no message's: use `default`\
             \n  - `second` and `first` both answer `$connect`"
        );
    }

    #[tokio::test]
    async fn a_message_that_no_handler_is_for_is_a_404_and_a_warning() {
        let client = client(websocket::routes![shout]);
        let socket = client.socket("c=");
        for key in ["join", "$default", "Shout", ""] {
            let (reply, lines) = logged(socket.text(key, "{}").into_future()).await;

            assert_eq!(reply.status(), 404, "{key}");
            let told = json!({"title": "Not Found", "status": 404, "requestId": REQUEST_ID});
            assert_eq!(reply.json::<Value>(), told);
            let warnings: Vec<_> = lines
                .iter()
                .filter(|line| line["level"] == "WARN")
                .collect();
            assert_eq!(warnings.len(), 1, "{lines:#?}");
            let message = warnings[0]["message"].as_str().unwrap();
            assert!(
                message.starts_with(&format!("API Gateway has a route `{key}` and")),
                "{message}"
            );
            assert!(message.contains("`#[websocket::message"), "{message}");
            assert_eq!(line(&lines, "answered")["status"], 404, "{key}");
        }
    }

    #[tokio::test]
    async fn no_message_reaches_the_handlers_of_connections() {
        let routes = Routes::new()
            .with(Route::connect(one))
            .with(Route::disconnect(one))
            .with(Route::default(other));
        let client = client(routes);
        let socket = client.socket("c=");
        for key in ["$connect", "$disconnect", "$default", "join", ""] {
            assert_eq!(socket.text(key, "{}").await.text(), "other", "{key}");
        }
        // Whatever key stands there, and should none.
        for (kind, key) in [("CONNECT", json!("join")), ("DISCONNECT", json!(null))] {
            let mut event = event(kind, "");
            event["requestContext"]["routeKey"] = key;
            assert_eq!(
                client.invoke(&event).await.unwrap()["body"],
                "one",
                "{kind}"
            );
        }
    }

    #[tokio::test]
    async fn who_has_no_handler_of_connections_accepts_them_all() {
        let client = client(websocket::routes![shout]);
        let socket = client.socket("c=");
        assert_eq!(socket.connect("/").await.raw(), &json!({"statusCode": 200}));
        assert_eq!(socket.disconnect().await.raw(), &json!({"statusCode": 200}));
    }

    #[tokio::test]
    async fn the_order_of_lists_makes_no_difference_and_merged_ones_are_one() {
        let first = Routes::new().with(Route::default(other));
        let routes = first.merge(Routes::new().with(Route::message("one", one)));
        let keys: Vec<_> = routes.iter().map(|route| route.key().to_owned()).collect();
        assert_eq!(keys, ["$default", "one"]);
        let router = Router::new(routes).unwrap();
        let mut keys: Vec<_> = router.keys().collect();
        keys.sort_unstable();
        assert_eq!(keys, ["$connect", "$default", "$disconnect", "one"]);

        let client = TestClient::new(router);
        assert_eq!(client.socket("c=").text("one", "").await.text(), "one");
        assert_eq!(client.socket("c=").text("two", "").await.text(), "other");
    }
}

mod handlers {
    use super::*;

    #[derive(Clone)]
    struct Rooms(Arc<AtomicUsize>);

    #[derive(Deserialize)]
    struct Entrance {
        room: String,
    }

    #[websocket::connect]
    async fn enter(
        Query(to): Query<Entrance>,
        headers: Headers,
        State(rooms): State<Rooms>,
        SourceIp(ip): SourceIp,
        context: Context,
    ) -> Result<(), Error> {
        assert_eq!(ip, IpAddr::V4(Ipv4Addr::LOCALHOST));
        assert_eq!(context.request_id, REQUEST_ID);
        if headers.get("x-token") != Some("let me in") {
            return Err(Error::forbidden("who are you?"));
        }
        assert_eq!(to.room, "tea & cake");
        rooms.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    #[websocket::disconnect]
    async fn leave(client: Connection, State(rooms): State<Rooms>) {
        assert_eq!(client.close_code(), Some(1006));
        assert_eq!(client.close_reason(), Some("gone"));
        rooms.0.fetch_sub(1, Ordering::SeqCst);
    }

    #[tokio::test]
    async fn a_connection_is_let_in_or_not_and_its_end_is_heard() {
        let rooms = Rooms(Arc::default());
        let routes = websocket::routes![enter, leave];
        let client = TestClient::new(Router::with_state(routes, rooms.clone()).unwrap());
        let socket = client.socket("c=");
        let url = "/?room=tea%20%26%20cake";

        let reply = socket.connect(url).await;
        assert_problem(&reply, &problem(403, "Forbidden", "who are you?"));
        assert_eq!(
            socket
                .connect("/")
                .header("x-token", "let me in")
                .await
                .status(),
            400
        );
        assert_eq!(rooms.0.load(Ordering::SeqCst), 0);

        let reply = socket.connect(url).header("x-token", "let me in").await;
        assert_eq!(reply.raw(), &json!({"statusCode": 200}));
        assert_eq!(rooms.0.load(Ordering::SeqCst), 1);
        assert_eq!(socket.disconnect_with(1006, "gone").await.status(), 200);
        assert_eq!(rooms.0.load(Ordering::SeqCst), 0);
    }

    #[websocket::message("describe")]
    async fn describe(client: Connection) -> Json<Value> {
        let since = client.connected_at().unwrap();
        Json(json!({
            "id": client.id(),
            "type": format!("{:?}", client.event_type()),
            "key": client.route_key(),
            "domain": client.domain(),
            "stage": client.stage(),
            "api": client.api_id(),
            "request": client.request_id(),
            "message": client.message_id(),
            "since": since.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis(),
            "ip": client.source_ip(),
            "agent": client.user_agent(),
            "code": client.close_code(),
        }))
    }

    #[tokio::test]
    async fn a_connection_says_all_that_api_gateway_does() {
        let client = client(websocket::routes![describe]);
        let mut event: Value =
            serde_json::from_str(&sample("apiGatewayWebSocketApiMessage.json")).unwrap();
        event["requestContext"]["routeKey"] = "describe".into();
        event["requestContext"]["identity"]["userAgent"] = "curl/8".into();
        let reply = client.invoke(&event).await.unwrap();

        assert_eq!(
            reply["headers"],
            json!({"content-type": "application/json"})
        );
        let told: Value = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
        let expected = json!({
            "id": "BFaT_fALIAMCKug=",
            "type": "Message",
            "key": "describe",
            "domain": "asasasas.execute-api.us-east-1.amazonaws.com",
            "stage": "prod",
            "api": "asasasas",
            "request": "BFaVtH2HoAMFZEQ=",
            "message": "BFaVtfGSIAMCKug=",
            "since": 1_731_332_735_513_u64,
            "ip": "166.90.225.1",
            "agent": "curl/8",
            "code": null,
        });
        assert_eq!(told, expected);
    }

    #[tokio::test]
    async fn what_a_short_event_leaves_out_is_empty() {
        let client = client(websocket::routes![describe]);
        let mut event = event("MESSAGE", "describe");
        event["requestContext"]["connectedAt"] = 0.into();
        let reply = client.invoke(&event).await.unwrap();
        let told: Value = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
        let expected = json!({
            "id": "c=", "type": "Message", "key": "describe", "domain": "", "stage": "", "api": "",
            "request": "", "message": null, "since": 0, "ip": null, "agent": null, "code": null,
        });
        assert_eq!(told, expected);
    }

    #[derive(Deserialize)]
    struct User {
        #[serde(rename = "principalId")]
        id: String,
    }

    #[websocket::message("whoami")]
    async fn who(client: Connection) -> Result<String, Error> {
        let user: Option<User> = client.authorizer()?;
        assert!(!format!("{client:?}").contains("ann"));
        Ok(user.map_or_else(|| "nobody".to_owned(), |user| user.id))
    }

    #[tokio::test]
    async fn what_the_authorizer_found_comes_with_every_event() {
        let client = client(websocket::routes![who]);
        let socket = client.socket("c=");
        assert_eq!(socket.text("whoami", "").await.text(), "nobody");
        let socket = socket.authorizer(json!({"principalId": "ann"}));
        assert_eq!(socket.text("whoami", "").await.text(), "ann");
        let socket = socket.authorizer(json!({"principalId": 7}));
        assert_eq!(socket.text("whoami", "").await.status(), 500);
    }

    #[derive(Deserialize, garde::Validate)]
    struct Line {
        #[garde(length(chars, min = 1, max = 5))]
        text: String,
    }

    #[websocket::message("line")]
    async fn line_of(Valid(Json(line)): Valid<Json<Line>>) -> Json<usize> {
        Json(line.text.len())
    }

    #[tokio::test]
    async fn what_is_validated_over_http_is_here() {
        let client = client(websocket::routes![line_of]);
        let socket = client.socket("c=");
        assert_eq!(
            socket
                .json("line", json!({"text": "tea"}))
                .await
                .json::<u8>(),
            3
        );
        let reply = socket.json("line", json!({"text": "too long"})).await;
        assert_eq!(reply.status(), 422);
        assert_eq!(reply.json::<Value>()["errors"][0]["path"], "text");
    }

    #[websocket::message("bytes")]
    async fn bytes() -> Vec<u8> {
        vec![0, 255]
    }

    #[websocket::message("created")]
    async fn created() -> (StatusCode, Json<u8>) {
        (StatusCode::CREATED, Json(7))
    }

    #[websocket::message("nothing")]
    async fn nothing() {}

    #[tokio::test]
    async fn what_a_handler_returns_is_the_reply() {
        let client = client(websocket::routes![shout, bytes, created, nothing]);
        let socket = client.socket("c=");
        let text = json!({
            "statusCode": 200, "body": "TEA", "headers": {"content-type": "text/plain; charset=utf-8"},
        });
        assert_eq!(socket.text("shout", "tea").await.raw(), &text);
        let binary = json!({
            "statusCode": 200, "body": "AP8=", "isBase64Encoded": true,
            "headers": {"content-type": "application/octet-stream"},
        });
        assert_eq!(socket.text("bytes", "").await.raw(), &binary);
        let created = socket.text("created", "").await;
        assert_eq!((created.status().as_u16(), created.text()), (201, "7"));
        assert_eq!(
            socket.text("nothing", "").await.raw(),
            &json!({"statusCode": 200})
        );
    }

    #[websocket::message("boom")]
    async fn boom() {
        panic!("the kettle exploded");
    }

    #[tokio::test]
    async fn a_panic_is_a_500_and_the_function_lives_on() {
        let client = client(websocket::routes![boom, shout]);
        let socket = client.socket("c=");
        let (reply, lines) = logged(socket.text("boom", "").into_future()).await;

        let told =
            json!({"title": "Internal Server Error", "status": 500, "requestId": REQUEST_ID});
        assert_eq!(reply.json::<Value>(), told);
        let errors: Vec<_> = lines
            .iter()
            .filter(|line| line["level"] == "ERROR")
            .collect();
        assert_eq!(errors.len(), 1, "{lines:#?}");
        assert!(
            errors[0].to_string().contains("the kettle exploded"),
            "{errors:?}"
        );
        assert_eq!(errors[0]["connection_id"], "c=");
        assert_eq!(socket.text("shout", "tea").await.text(), "TEA");
    }

    #[get("/")]
    async fn page(client: Result<Connection, Rejection>) -> StatusCode {
        client
            .err()
            .map_or(StatusCode::OK, |rejection| rejection.status())
    }

    #[tokio::test]
    async fn a_request_of_http_has_no_connection() {
        let client = TestClient::new(router::Router::new(router::routes![page]).unwrap());
        assert_eq!(client.get("/").await.status(), 500);
    }
}

mod settings {
    use super::*;

    #[derive(Clone)]
    struct User(&'static str);

    async fn known(mut request: Request, next: Next) -> Result<Response, Error> {
        let key = next.pattern().map(str::to_owned);
        if request.headers().get("x-token") == Some("wrong") {
            return Err(Error::unauthorized("no"));
        }
        request.extensions_mut().insert(User("ann"));
        let mut response = next.run(request).await;
        let key = key.unwrap_or_else(|| "none".to_owned()).parse().unwrap();
        response.headers_mut().insert("x-key", key);
        Ok(response)
    }

    #[websocket::message("whoami")]
    async fn who(Extension(User(name)): Extension<User>) -> &'static str {
        name
    }

    #[tokio::test]
    async fn middleware_sees_every_event_and_knows_its_route() {
        let router = Router::new(websocket::routes![who])
            .unwrap()
            .middleware(known);
        let client = TestClient::new(router);
        let socket = client.socket("c=");

        let reply = socket.connect("/").header("x-token", "wrong").await;
        assert_problem(&reply, &problem(401, "Unauthorized", "no"));
        assert_eq!(socket.connect("/").await.header("x-key"), Some("$connect"));
        let reply = socket.text("whoami", "").await;
        assert_eq!(
            (reply.text(), reply.header("x-key")),
            ("ann", Some("whoami"))
        );
        let reply = socket.text("other", "").await;
        assert_eq!(
            (reply.status().as_u16(), reply.header("x-key")),
            (404, Some("none"))
        );
        assert_eq!(
            socket.disconnect().await.header("x-key"),
            Some("$disconnect")
        );
    }

    #[tokio::test]
    async fn a_routes_own_middleware_runs_for_it_alone() {
        let routes = Routes::new()
            .with(Route::message("whoami", who).middleware(known))
            .with(Route::default(who));
        let client = client(routes);
        let socket = client.socket("c=");
        assert_eq!(socket.text("whoami", "").await.text(), "ann");
        assert_eq!(socket.text("other", "").await.status(), 500);
    }

    #[websocket::message("double")]
    async fn double(text: String) -> Result<String, Error> {
        Ok((text.parse::<i64>()? * 2).to_string())
    }

    #[tokio::test]
    async fn failures_are_answered_in_the_applications_words() {
        let router = Router::new(websocket::routes![double])
            .unwrap()
            .on_error(|error: &std::num::ParseIntError| error.to_string())
            .on_problem(|problem, id| {
                let told = json!({"event": "error", "status": problem.status().as_u16(), "id": id});
                (problem.status(), Json(told))
            });
        let client = TestClient::new(router);
        let socket = client.socket("c=");

        assert_eq!(socket.text("double", "21").await.text(), "42");
        assert_eq!(
            socket.text("double", "x").await.text(),
            "invalid digit found in string"
        );
        let told = json!({"event": "error", "status": 404, "id": REQUEST_ID});
        assert_eq!(socket.text("other", "").await.json::<Value>(), told);
        // Before there is a request, too.
        let reply = socket.text("double", "1".repeat(131_073)).await;
        let told = json!({"event": "error", "status": 413, "id": REQUEST_ID});
        assert_eq!(reply.json::<Value>(), told);
    }
}

mod subprotocols {
    use super::*;

    #[websocket::connect]
    async fn chat(offered: Subprotocols) -> Result<Accepted, Rejection> {
        offered.accept(["chat.v2", "chat.v1"])
    }

    #[tokio::test]
    async fn a_client_that_offers_none_of_ours_is_refused() {
        let client = client(websocket::routes![chat]);
        let socket = client.socket("c=");
        assert_eq!(socket.connect("/").await.status(), 400);
        for offered in [
            "",
            ",",
            " , ",
            "chat",
            "CHAT.V1",
            "chat.v12",
            "chat.v1;q=1",
            "chat.v1 x",
            "\"chat.v1\"",
            "caf\u{e9}",
        ] {
            let reply = socket
                .connect("/")
                .header("sec-websocket-protocol", offered)
                .await;
            assert_eq!(reply.status(), 400, "{offered:?}");
            assert_eq!(reply.header("sec-websocket-protocol"), None, "{offered:?}");
        }
    }

    #[tokio::test]
    async fn no_header_is_ever_made_of_what_the_client_wrote() {
        let client = client(websocket::routes![chat]);
        let mut event = event("CONNECT", "$connect");
        for (value, status) in [
            (json!("chat.v1\r\nset-cookie: a=b"), 400),
            (json!("chat.v1\u{0}"), 400),
            (json!("\u{202e}chat.v1"), 400),
            (json!("x".repeat(60_000)), 400),
            (json!("x,".repeat(20_000) + "chat.v1"), 200),
            (json!(["chat.v1", {"a": 1}, null]), 200),
        ] {
            event["multiValueHeaders"] = json!({"Sec-WebSocket-Protocol": value});
            let reply = client.invoke(&event).await.unwrap();
            assert_eq!(reply["statusCode"], status, "{value:.100}");
            let taken = &reply["headers"]["sec-websocket-protocol"];
            let expected = if status == 200 {
                json!("chat.v1")
            } else {
                json!(null)
            };
            assert_eq!(*taken, expected, "{value:.100}");
        }
        event["multiValueHeaders"] = json!({"Sec-WebSocket-Protocol": "x".repeat(70_000)});
        assert_eq!(client.invoke(&event).await.unwrap()["statusCode"], 431);
    }

    #[tokio::test]
    async fn of_what_is_offered_the_one_that_the_function_likes_best_is_taken() {
        let client = client(websocket::routes![chat]);
        let socket = client.socket("c=");
        for (lines, taken) in [
            (&["chat.v1"][..], "chat.v1"),
            (&["chat.v1, chat.v2"][..], "chat.v2"),
            (&["other", "chat.v1,\tx"][..], "chat.v1"),
        ] {
            let connect = socket.connect("/");
            let connect = lines.iter().fold(connect, |connect, line| {
                connect.header("sec-websocket-protocol", line)
            });
            let reply = connect.await;
            assert_eq!(
                reply.header("sec-websocket-protocol"),
                Some(taken),
                "{lines:?}"
            );
            assert_eq!(reply.status(), 200, "{lines:?}");
        }
    }
}

mod functions {
    use super::*;

    #[get("/")]
    async fn page() -> &'static str {
        "page"
    }

    async fn echo(event: Value, _: Context) -> Result<Value, InvocationError> {
        Ok(event)
    }

    fn sockets() -> Router {
        Router::new(websocket::routes![shout]).unwrap()
    }

    #[tokio::test]
    async fn one_function_answers_pages_and_sockets_and_the_rest() {
        let pages = router::Router::new(router::routes![page]).unwrap();
        let function = Function::new()
            .http(pages)
            .websocket(sockets())
            .direct(echo);
        assert!(format!("{function:?}").contains("$connect"), "{function:?}");
        let client = TestClient::new(function);

        assert_eq!(client.get("/").await.text(), "page");
        assert_eq!(client.socket("c=").text("shout", "tea").await.text(), "TEA");
        assert_eq!(
            client.invoke(json!({"a": 1})).await.unwrap(),
            json!({"a": 1})
        );
        let strange = event("PING", "shout");
        assert_eq!(client.invoke(&strange).await.unwrap(), strange);
    }

    #[tokio::test]
    async fn without_a_router_of_them_its_events_are_as_those_of_any_service() {
        let pages = || router::Router::new(router::routes![page]).unwrap();
        let text: Value =
            serde_json::from_str(&sample("apiGatewayWebSocketApiConnect.json")).unwrap();
        let direct = TestClient::new(Function::new().http(pages()).direct(echo));
        assert_eq!(direct.invoke(&text).await.unwrap(), text);

        for error in [
            TestClient::new(pages()).invoke(&text).await.unwrap_err(),
            TestClient::new(Function::new().http(pages()))
                .invoke(&text)
                .await
                .unwrap_err(),
        ] {
            assert_eq!(error.error_type(), "UnknownEvent");
            let told = "there is no handler for the event of a WebSocket (API Gateway): \
                        `Function::websocket` gives one";
            assert!(error.message().starts_with(told), "{error}");
        }
    }

    #[tokio::test]
    async fn a_router_of_sockets_alone_says_what_else_came() {
        let client = TestClient::new(sockets());
        let http = json!({"httpMethod": "GET", "path": "/", "requestContext": {}});
        let error = client.invoke(&http).await.unwrap_err();
        assert_eq!(
            error.message(),
            "a request came from a source of HTTP (REST API), but this function answers none"
        );
        let error = client.invoke(json!({"a": 1})).await.unwrap_err();
        assert_eq!(error.error_type(), "UnknownEvent");
    }
}

mod log {
    use super::*;

    #[websocket::message("note")]
    async fn note() {
        tracing::info!("noted");
    }

    #[tokio::test]
    async fn one_line_says_what_was_asked_and_answered() {
        let client = client(websocket::routes![note]);
        let socket = client.socket("c=");
        let (reply, lines) =
            logged(socket.json("note", json!({"text": "secret"})).into_future()).await;
        assert_eq!(reply.status(), 200);

        let answered = line(&lines, "answered");
        assert_eq!(answered["level"], "INFO");
        assert_eq!(answered["route"], "note");
        assert_eq!(answered["connection_id"], "c=");
        assert_eq!(answered["status"], 200);
        assert!(answered["duration_ms"].is_number(), "{answered}");
        assert_eq!(answered.get("path"), None);
        assert_eq!(answered.get("reason"), None);
        let noted = line(&lines, "noted");
        assert_eq!(
            (&noted["route"], &noted["connection_id"]),
            (&json!("note"), &json!("c="))
        );
        assert!(!format!("{lines:?}").contains("secret"), "{lines:#?}");
    }

    #[tokio::test]
    async fn the_reason_of_a_refusal_is_on_the_line() {
        let client = client(websocket::routes![note]);
        let socket = client.socket("c=");
        let (_, lines) = logged(socket.connect("/").into_future()).await;
        assert_eq!(line(&lines, "answered")["route"], "$connect");

        let (_, lines) = logged(socket.text("note", "x".repeat(131_073)).into_future()).await;
        let refused = line(&lines, "refused");
        assert_eq!(refused["status"], 413);
        assert_eq!(refused["reason"], "the body is larger than 131072 bytes");
    }
}
