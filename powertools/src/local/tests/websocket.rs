//! A WebSocket API over real sockets: what the function is sent, what clients get, and the limits.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        protocol::{
            CloseFrame,
            frame::{
                Frame,
                coding::{CloseCode, Data, OpCode},
            },
        },
    },
};

use super::*;

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(20);

type Client = WebSocketStream<TcpStream>;

/// Plays a function: hands on each event, and does what the event's body or query says.
#[derive(Clone)]
struct Chat {
    events: mpsc::UnboundedSender<Value>,
    routes: Option<Vec<String>>,
}

impl Chat {
    fn new(routes: Option<&[&str]>) -> (Self, mpsc::UnboundedReceiver<Value>) {
        let (events, heard) = mpsc::unbounded_channel();
        let routes = routes.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect());
        (Self { events, routes }, heard)
    }
}

impl App for Chat {
    async fn invoke(&self, event: Bytes, _: Context) -> Result<Reply, InvocationError> {
        let event: Value = serde_json::from_slice(&event).expect("an event is JSON");
        let wish = match event["queryStringParameters"]["reply"].as_str() {
            Some(text) => text.to_owned(),
            None => event["body"].as_str().unwrap_or_default().to_owned(),
        };
        let wish: Value = serde_json::from_str(&wish).unwrap_or_default();
        let _ = self.events.send(event);
        match wish.get("reply") {
            Some(Value::String(text)) if text == "fail" => {
                Err(InvocationError::new("Broken", "on purpose"))
            }
            Some(Value::String(text)) if text == "never" => std::future::pending().await,
            Some(reply) => Ok(Reply::Json(raw(reply))),
            None => Ok(Reply::Json(raw(&json!({ "statusCode": 200 })))),
        }
    }

    fn listing(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn websocket(&self) -> Option<Vec<String>> {
        self.routes.clone()
    }
}

fn raw(value: &Value) -> Box<serde_json::value::RawValue> {
    serde_json::value::to_raw_value(value).expect("a value is JSON")
}

/// A gateway with a function behind it, and what the function was sent.
struct Stage {
    port: u16,
    events: mpsc::UnboundedReceiver<Value>,
}

impl Stage {
    async fn new(options: &[&str]) -> Self {
        Self::with("websocket", None, options).await
    }

    async fn with(source: &str, routes: Option<&[&str]>, options: &[&str]) -> Self {
        Self::telling(source, routes, options, |_| {}).await
    }

    async fn telling(
        source: &str,
        routes: Option<&[&str]>,
        options: &[&str],
        print: fn(&str),
    ) -> Self {
        let (chat, events) = Chat::new(routes);
        let options: Vec<_> = options.iter().map(|text| (*text).to_owned()).collect();
        let port = served_telling(chat, settings(source, &options), print).await;
        Self { port, events }
    }

    /// The next event.
    async fn event(&mut self) -> Value {
        let event = timeout(PATIENCE, self.events.recv()).await;
        event.expect("in time").expect("the function lives")
    }

    /// That there is none.
    fn is_quiet(&mut self) -> bool {
        self.events.try_recv().is_err()
    }

    async fn socket(&self) -> TcpStream {
        let address = ("127.0.0.1", self.port);
        TcpStream::connect(address).await.expect("it listens")
    }

    /// Shakes hands at a path, with further headers.
    async fn try_connect(
        &self,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<(Client, http::Response<Option<Vec<u8>>>), http::Response<Option<Vec<u8>>>> {
        let url = format!("ws://127.0.0.1:{}{path}", self.port);
        let mut request = url.into_client_request().expect("a request");
        for (name, value) in headers {
            let value = value.parse().expect("a value");
            request.headers_mut().append(*name, value);
        }
        match client_async(request, self.socket().await).await {
            Ok(connected) => Ok(connected),
            Err(Error::Http(response)) => Err(*response),
            Err(error) => panic!("{error}"),
        }
    }

    /// A client, and the event of its arrival.
    async fn connect(&mut self) -> (Client, Value) {
        let (client, _) = self.try_connect("/", &[]).await.expect("a connection");
        (client, self.event().await)
    }

    async fn manage(&self, request: &str, body: &[u8]) -> Answered {
        ask(self.port, &[request.to_owned()], body).await
    }

    /// The kind and route of the next event, and how it ended, if it did.
    async fn told(&mut self) -> (String, String, Value) {
        let event = self.event().await;
        let context = &event["requestContext"];
        let text = |name: &str| context[name].as_str().unwrap_or_default().to_owned();
        let code = context["disconnectStatusCode"].clone();
        (text("eventType"), text("routeKey"), code)
    }
}

fn id(event: &Value) -> String {
    let id = event["requestContext"]["connectionId"].as_str();
    id.expect("an id").to_owned()
}

fn encoded(event: &Value) -> String {
    id(event).replace('=', "%3D")
}

async fn next(client: &mut Client) -> Message {
    let message = timeout(PATIENCE, client.next()).await.expect("in time");
    message.expect("a message").expect("no error")
}

/// The next frame as JSON.
async fn frame(client: &mut Client) -> Value {
    let message = next(client).await;
    serde_json::from_str(message.to_text().expect("text")).expect("JSON")
}

/// The code with which the gateway closes.
async fn closed(client: &mut Client) -> u16 {
    loop {
        match next(client).await {
            Message::Close(frame) => return frame.expect("a code").code.into(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn say(client: &mut Client, text: &str) {
    let message = Message::Text(text.into());
    client.send(message).await.expect("it is sent");
}

fn lost(code: u16) -> (String, String, Value) {
    let text = str::to_owned;
    (text("DISCONNECT"), text("$disconnect"), code.into())
}

#[tokio::test]
async fn what_is_no_handshake_is_refused_before_the_function_hears_of_it() {
    let mut stage = Stage::new(&["--host", "shop.test"]).await;
    let key = "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==";
    let upgrade = ["connection: upgrade", "upgrade: websocket"];
    let version = "sec-websocket-version: 13";
    let origin = |name: &str| format!("origin: {name}");
    for (what, lines, status) in [
        ("a plain request", vec!["GET /"], 426),
        (
            "no connection",
            vec!["GET /", upgrade[1], key, version],
            400,
        ),
        (
            "POST",
            vec!["POST /", upgrade[0], upgrade[1], key, version],
            400,
        ),
        (
            "no key",
            vec!["GET /", upgrade[0], upgrade[1], version],
            400,
        ),
        (
            "a key that is none",
            vec![
                "GET /",
                upgrade[0],
                upgrade[1],
                "sec-websocket-key: a",
                version,
            ],
            400,
        ),
        (
            "two keys",
            vec!["GET /", upgrade[0], upgrade[1], key, key, version],
            400,
        ),
        (
            "no version",
            vec!["GET /", upgrade[0], upgrade[1], key],
            426,
        ),
        (
            "version 8",
            vec![
                "GET /",
                upgrade[0],
                upgrade[1],
                key,
                "sec-websocket-version: 8",
            ],
            426,
        ),
        (
            "another stage",
            vec!["GET /prod", upgrade[0], upgrade[1], key, version],
            403,
        ),
        (
            "a query that is not UTF-8",
            vec!["GET /?a=%ff", upgrade[0], upgrade[1], key, version],
            400,
        ),
        (
            "a page elsewhere",
            vec![
                "GET /",
                upgrade[0],
                upgrade[1],
                key,
                version,
                "origin: https://evil.example",
            ],
            403,
        ),
        (
            "a page of no origin",
            vec![
                "GET /",
                upgrade[0],
                upgrade[1],
                key,
                version,
                "origin: null",
            ],
            403,
        ),
        (
            "another name",
            vec![
                "GET /",
                upgrade[0],
                upgrade[1],
                key,
                version,
                "host: evil.example",
            ],
            403,
        ),
    ] {
        let lines: Vec<_> = lines.into_iter().map(str::to_owned).collect();
        let answered = client::ask_for_head(stage.port, &lines).await;
        assert_eq!(answered.status, status, "{what}");
        assert!(stage.is_quiet(), "{what}");
    }
    let mut clients = Vec::new();
    for name in ["http://localhost:3000", "https://shop.test"] {
        let name = origin(name);
        let (_, value) = name.split_once(": ").expect("a header");
        let connected = stage.try_connect("/local?a=b", &[("origin", value)]).await;
        clients.push(connected.expect("a connection"));
        assert_eq!(stage.event().await["queryStringParameters"]["a"], "b");
    }
}

#[tokio::test]
async fn the_reply_to_connect_decides_on_the_handshake() {
    let mut stage = Stage::new(&["--timeout", "1"]).await;
    for (reply, status) in [
        (json!("fail"), 502),
        (json!("never"), 502),
        (json!(3), 502),
        (json!({}), 502),
        (json!({ "statusCode": "x" }), 502),
        (json!({ "statusCode": 301 }), 301),
        (json!({ "statusCode": 401, "body": "who are you" }), 401),
        (json!({ "statusCode": 500 }), 500),
        (json!({ "statusCode": 200 }), 101),
        (json!({ "statusCode": 201 }), 101),
        (json!({ "statusCode": "204" }), 101),
    ] {
        let wish = json!({ "reply": reply }).to_string();
        let wish = percent_encoding::utf8_percent_encode(&wish, percent_encoding::NON_ALPHANUMERIC);
        let connected = stage.try_connect(&format!("/?reply={wish}"), &[]).await;
        let got = match &connected {
            Ok((_, response)) | Err(response) => response.status(),
        };
        assert_eq!(got, status, "{reply}");
        let event = stage.event().await;
        assert_eq!(event["requestContext"]["eventType"], "CONNECT");
        if let Ok((client, _)) = connected {
            drop(client);
            assert_eq!(stage.told().await, lost(1006), "{reply}");
        }
        // Who was refused is not connected, so nobody says that it ended.
        assert!(stage.is_quiet(), "{reply}");
    }
}

#[tokio::test]
async fn the_function_chooses_the_sub_protocol() {
    let stage = Stage::new(&[]).await;
    for (reply, chosen) in [
        (json!({ "statusCode": 200 }), None),
        (
            json!({ "statusCode": 200, "headers": { "Sec-WebSocket-Protocol": "b" } }),
            Some("b"),
        ),
        (
            json!({ "statusCode": 200, "multiValueHeaders": { "sec-websocket-protocol": ["a"] } }),
            Some("a"),
        ),
    ] {
        let wish = json!({ "reply": reply }).to_string();
        let wish = percent_encoding::utf8_percent_encode(&wish, percent_encoding::NON_ALPHANUMERIC);
        let path = format!("/?reply={wish}");
        let lines = [
            format!("GET {path}"),
            "connection: keep-alive, Upgrade".to_owned(),
            "upgrade: WebSocket".to_owned(),
            "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==".to_owned(),
            "sec-websocket-version: 13".to_owned(),
            "sec-websocket-protocol: a, b".to_owned(),
        ];
        let answered = client::ask_for_head(stage.port, &lines).await;
        assert_eq!(answered.status, 101);
        // RFC 6455, section 1.3.
        assert_eq!(
            answered.all("sec-websocket-accept"),
            ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]
        );
        let expected: Vec<_> = chosen.into_iter().collect();
        assert_eq!(answered.all("sec-websocket-protocol"), expected);
    }
}

#[tokio::test]
async fn a_connection_is_one_from_its_first_event_to_its_last() {
    let mut stage = Stage::new(&["--stage", "prod", "--claim", "sub=ann"]).await;
    let (mut client, connect) = stage.connect().await;
    say(&mut client, "{\"action\":\"join\"}").await;
    let message = stage.event().await;
    let bye = CloseFrame {
        code: CloseCode::Normal,
        reason: "done".into(),
    };
    client.close(Some(bye)).await.expect("a goodbye");
    let end = stage.event().await;

    let context = |event: &Value, name: &str| event["requestContext"][name].clone();
    for event in [&connect, &message, &end] {
        assert_eq!(id(event), id(&connect));
        assert_eq!(
            context(event, "connectedAt"),
            context(&connect, "connectedAt")
        );
        assert_eq!(context(event, "stage"), "prod");
        assert_eq!(
            context(event, "domainName"),
            format!("127.0.0.1:{}", stage.port)
        );
        assert_eq!(
            context(event, "authorizer"),
            json!({ "claims": { "sub": "ann" } })
        );
        assert_eq!(
            context(event, "requestId"),
            context(event, "extendedRequestId")
        );
    }
    assert_ne!(
        context(&message, "requestId"),
        context(&connect, "requestId")
    );
    assert_eq!(context(&message, "routeKey"), "join");
    assert_eq!(
        context(&message, "messageId").as_str().map(str::len),
        Some(16)
    );
    assert_eq!(message["body"], "{\"action\":\"join\"}");
    assert_eq!(message.get("headers"), None);
    assert_eq!(context(&end, "disconnectStatusCode"), 1000);
    assert_eq!(context(&end, "disconnectReason"), "done");
    assert!(connect["headers"]["Sec-WebSocket-Key"].is_string());
    assert_eq!(connect.get("body"), None);
}

#[tokio::test]
async fn every_end_is_told_once_with_how_it_came() {
    let mut stage = Stage::new(&[]).await;
    let (client, _) = stage.connect().await;
    drop(client);
    assert_eq!(stage.told().await, lost(1006));

    let (mut client, _) = stage.connect().await;
    client.close(None).await.expect("a goodbye");
    let end = stage.event().await;
    assert_eq!(end["requestContext"]["disconnectStatusCode"], 1005);
    assert_eq!(
        end["requestContext"]["disconnectReason"],
        "Client-side close frame status not set"
    );

    let (mut client, connect) = stage.connect().await;
    let path = format!("DELETE /@connections/{}", encoded(&connect));
    assert_eq!(stage.manage(&path, b"").await.status, 204);
    assert_eq!(stage.manage(&path, b"").await.status, 410);
    assert_eq!(closed(&mut client).await, 1000);
    assert_eq!(stage.told().await, lost(1000));
    assert!(stage.is_quiet());
}

#[tokio::test]
async fn the_end_of_a_client_is_seen_though_its_messages_hang() {
    let mut stage = Stage::new(&[]).await;
    let (mut client, _) = stage.connect().await;
    for _ in 0..200 {
        say(&mut client, r#"{"action":"a","reply":"never"}"#).await;
    }
    client.close(None).await.expect("a goodbye");
    let mut handled = 0;
    loop {
        match &*stage.told().await.0 {
            "MESSAGE" => handled += 1,
            kind => {
                assert_eq!(kind, "DISCONNECT");
                break;
            }
        }
    }
    assert!(handled <= 16, "{handled} at a time");
}

#[tokio::test]
async fn paths_of_http_are_its_own_whatever_stands_in_them() {
    let mut stage = Stage::with("http", Some(&["$connect"]), &[]).await;
    let answered = stage.manage("GET /users/@connections/a", b"").await;
    assert_eq!(answered.status, 200);
    assert_eq!(stage.event().await["rawPath"], "/users/@connections/a");
    // Those of the API are not among them.
    let answered = stage.manage("GET /local/@connections/a", b"").await;
    assert_eq!(answered.status, 400);
    assert!(stage.is_quiet());
}

#[tokio::test]
async fn connections_are_below_the_base_path_of_a_custom_domain() {
    let options = ["--domain=ws.example", "--base-path=/chat"];
    let mut stage = Stage::new(&options).await;
    let (mut client, connect) = stage.connect().await;
    let post = format!("POST /chat/@connections/{}", encoded(&connect));
    assert_eq!(stage.manage(&post, b"hi").await.status, 200);
    assert_eq!(next(&mut client).await, Message::Text("hi".into()));
    let post = format!("POST /other/@connections/{}", encoded(&connect));
    assert_eq!(stage.manage(&post, b"hi").await.status, 403);
}

#[tokio::test]
async fn a_message_goes_to_the_route_that_it_names() {
    let message = |action: &str| json!({ "action": action }).to_string();
    let keys = ["$connect", "join", "$default"];
    for (routes, body, expected) in [
        // The function's own list.
        (Some(&keys[..]), message("join"), Some("join")),
        (Some(&keys), message("leave"), Some("$default")),
        (Some(&keys), message("$connect"), Some("$default")),
        (Some(&keys), message("$disconnect"), Some("$default")),
        (Some(&keys), "hello".to_owned(), Some("$default")),
        (Some(&keys), "{}".to_owned(), Some("$default")),
        (Some(&keys[..2]), message("join"), Some("join")),
        (Some(&keys[..2]), message("leave"), None),
        (Some(&keys[..2]), "hello".to_owned(), None),
        // Nobody knows which there are.
        (None, message("leave"), Some("leave")),
        (None, "hello".to_owned(), Some("$default")),
    ] {
        let mut stage = Stage::with("websocket", routes, &[]).await;
        let (mut client, connect) = stage.connect().await;
        say(&mut client, &body).await;
        match expected {
            Some(route_key) => {
                let event = stage.event().await;
                assert_eq!(event["requestContext"]["routeKey"], route_key, "{body}");
            }
            None => {
                let refused = frame(&mut client).await;
                assert_eq!(refused["message"], "Forbidden", "{body}");
                assert_eq!(refused["connectionId"], id(&connect));
                assert_eq!(refused["requestId"].as_str().map(str::len), Some(16));
                assert!(stage.is_quiet(), "{body}");
            }
        }
    }
}

#[tokio::test]
async fn a_route_that_is_not_there_is_not_invoked() {
    let options = ["--websocket-route", "join", "--websocket-route=leave"];
    let mut stage = Stage::with("http", Some(&["$connect", "other"]), &options).await;
    let connected = stage.try_connect("/", &[]).await;
    let (mut client, _) = connected.expect("nobody is asked");
    say(&mut client, "{\"action\":\"leave\"}").await;
    assert_eq!(stage.told().await.1, "leave");
    client.close(None).await.expect("a goodbye");
    assert!(client.next().await.is_some());
    assert!(stage.is_quiet());
}

#[tokio::test]
async fn a_function_without_websockets_gets_handshakes_as_requests() {
    let mut stage = Stage::with("http", None, &[]).await;
    let refused = stage.try_connect("/", &[]).await.expect_err("no WebSocket");
    assert_eq!(refused.status(), 200);
    assert_eq!(
        stage.event().await["requestContext"]["http"]["method"],
        "GET"
    );
    let answered = stage.manage("GET /@connections/a", b"").await;
    assert_eq!(answered.status, 200);
    assert_eq!(stage.event().await["rawPath"], "/@connections/a");
}

#[tokio::test]
async fn replies_reach_the_client_only_where_a_route_response_is() {
    let reply = |body: Value| json!({ "action": "a", "reply": body }).to_string();
    let said = json!({ "statusCode": 200, "body": "{\"n\":1}" });
    let options = [
        "--websocket-response",
        "a",
        "--websocket-limit",
        "message=200",
    ];
    let mut stage = Stage::new(&options).await;
    let (mut client, connect) = stage.connect().await;
    // Another route, whose reply is for nobody.
    let other = json!({ "action": "b", "reply": { "statusCode": 200, "body": "\"no\"" } });
    say(&mut client, &other.to_string()).await;
    say(&mut client, &reply(json!({ "statusCode": 200 }))).await;
    for _ in 0..2 {
        stage.event().await;
    }
    say(&mut client, &reply(said)).await;
    assert_eq!(frame(&mut client).await, json!({ "n": 1 }));
    // The status is for nobody.
    say(
        &mut client,
        &reply(json!({ "statusCode": 500, "body": "[2]" })),
    )
    .await;
    assert_eq!(frame(&mut client).await, json!([2]));
    for broken in [
        json!("fail"),
        json!(1),
        json!({ "body": "no status" }),
        json!({ "statusCode": 200, "isBase64Encoded": true, "body": "/w==" }),
    ] {
        say(&mut client, &reply(broken.clone())).await;
        let failed = frame(&mut client).await;
        assert_eq!(failed["message"], "Internal server error", "{broken}");
        assert_eq!(failed["connectionId"], id(&connect));
    }
}

#[tokio::test]
async fn a_failed_message_is_told_whether_the_route_answers_or_not() {
    let mut stage = Stage::new(&[]).await;
    let (mut client, _) = stage.connect().await;
    say(&mut client, "{\"reply\":\"fail\"}").await;
    let message = next(&mut client).await;
    let text = message.to_text().expect("text");
    assert!(
        text.starts_with("{\"message\": \"Internal server error\", \"connectionId\":\""),
        "{text}"
    );
    // And the connection lives.
    say(&mut client, "{\"action\":\"on\"}").await;
    stage.event().await;
    assert_eq!(stage.told().await.1, "on");
}

#[tokio::test]
async fn frames_and_messages_have_the_limits_of_aws() {
    let mut stage = Stage::new(&[]).await;
    let text = |bytes: usize| "a".repeat(bytes).into_bytes();
    let frame = |bytes: usize, code: Data, is_final: bool| {
        Message::Frame(Frame::message(text(bytes), OpCode::Data(code), is_final))
    };
    let kib = 1024;
    let whole = |bytes| vec![frame(bytes, Data::Text, true)];
    let parts = |sizes: &[usize]| {
        let last = sizes.len() - 1;
        let parts = sizes.iter().enumerate().map(|(at, size)| {
            let code = if at == 0 { Data::Text } else { Data::Continue };
            frame(*size, code, at == last)
        });
        parts.collect::<Vec<_>>()
    };
    for (what, frames, code) in [
        ("a frame too long", whole(32 * kib + 1), Some(1009)),
        ("a megabyte", whole(1024 * kib), Some(1009)),
        (
            "a message too long",
            parts(&[32 * kib, 32 * kib, 32 * kib, 32 * kib, 1]),
            Some(1009),
        ),
        ("bytes", vec![frame(1, Data::Binary, true)], Some(1003)),
        (
            "no UTF-8",
            vec![Message::Frame(Frame::message(
                vec![0xff],
                OpCode::Data(Data::Text),
                true,
            ))],
            Some(1007),
        ),
        (
            "the rest of nothing",
            vec![frame(1, Data::Continue, true)],
            Some(1002),
        ),
        (
            "a message in a message",
            vec![frame(1, Data::Text, false), frame(1, Data::Text, true)],
            Some(1002),
        ),
        (
            "a kind that is none",
            vec![frame(1, Data::Reserved(5), true)],
            Some(1002),
        ),
        ("the longest frame", whole(32 * kib), None),
        (
            "the longest message",
            parts(&[32 * kib, 32 * kib, 32 * kib, 32 * kib]),
            None,
        ),
        ("a message of nothing", whole(0), None),
    ] {
        let (mut client, _) = stage.connect().await;
        for frame in frames {
            client.send(frame).await.expect(what);
        }
        match code {
            Some(code) => {
                assert_eq!(closed(&mut client).await, code, "{what}");
                assert_eq!(stage.told().await, lost(code), "{what}");
            }
            None => {
                assert_eq!(stage.told().await.0, "MESSAGE", "{what}");
                drop(client);
                assert_eq!(stage.told().await, lost(1006), "{what}");
            }
        }
    }
}

/// tokio's clock stands still and jumps to the next timer where nobody has anything to do, so nobody waits.
#[tokio::test(start_paused = true)]
async fn silence_and_age_end_a_connection() {
    for (options, seconds) in [
        (&[][..], 600),
        (&["--websocket-limit", "idle=7"], 7),
        (
            &["--websocket-limit=idle=600", "--websocket-limit=age=500"],
            500,
        ),
        (&["--websocket-limit", "age=5"], 5),
    ] {
        let mut stage = Stage::new(options).await;
        let connected = stage.try_connect("/", &[]).await;
        let (mut client, _) = connected.expect("a connection");
        let started = tokio::time::Instant::now();
        let Some(Ok(Message::Close(Some(close)))) = client.next().await else {
            panic!("no goodbye");
        };
        assert_eq!(
            (close.code.into(), &*close.reason),
            (1001_u16, "Going away")
        );
        assert_eq!(started.elapsed().as_secs(), seconds, "{options:?}");
        stage.events.recv().await.expect("a connection");
        let end = stage.events.recv().await.expect("an end");
        let context = &end["requestContext"];
        assert_eq!(context["disconnectStatusCode"], 1001);
        assert_eq!(context["disconnectReason"], "Going away");
    }
}

#[tokio::test]
async fn pings_are_answered() {
    let mut stage = Stage::new(&[]).await;
    let (mut client, _) = stage.connect().await;
    for number in 0..1000_u32 {
        let ping = Message::Ping(number.to_be_bytes().to_vec().into());
        client.send(ping).await.expect("it is sent");
    }
    let last = Message::Pong(999_u32.to_be_bytes().to_vec().into());
    while next(&mut client).await != last {}
}

#[tokio::test]
async fn only_so_many_are_connected_at_a_time() {
    let mut stage = Stage::new(&["--websocket-limit", "connections=1"]).await;
    let (client, _) = stage.connect().await;
    let refused = stage.try_connect("/", &[]).await.expect_err("no place");
    assert_eq!(refused.status(), 429);
    assert!(stage.is_quiet());
    drop(client);
    assert_eq!(stage.told().await, lost(1006));
    // The place is given back after the last event, which the function need not wait for.
    while stage.try_connect("/", &[]).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_function_posts_to_clients_and_asks_after_them() {
    let mut stage = Stage::new(&["--websocket-limit", "message=1000"]).await;
    let (mut client, connect) = stage.connect().await;
    let (other, gone) = stage.connect().await;
    drop(other);
    stage.event().await;
    let (id, gone) = (encoded(&connect), encoded(&gone));

    for (request, body, status, error) in [
        (
            "POST /@connections/a".to_owned(),
            vec![],
            400,
            "BadRequestException",
        ),
        (
            "POST /@connections/".to_owned(),
            vec![],
            400,
            "BadRequestException",
        ),
        (
            "POST /@connections/..%2F..%2Fa".to_owned(),
            vec![],
            400,
            "BadRequestException",
        ),
        (
            format!("POST /prod/@connections/{id}"),
            vec![],
            403,
            "ForbiddenException",
        ),
        (
            format!("PUT /@connections/{id}"),
            vec![],
            405,
            "BadRequestException",
        ),
        (
            format!("POST /@connections/{gone}"),
            vec![],
            410,
            "GoneException",
        ),
        (
            format!("GET /@connections/{gone}"),
            vec![],
            410,
            "GoneException",
        ),
        (
            format!("DELETE /@connections/{gone}"),
            vec![],
            410,
            "GoneException",
        ),
        (
            "POST /@connections/BFHPhfCWIAMCKlQ%3D".to_owned(),
            vec![],
            410,
            "GoneException",
        ),
        (
            format!("POST /@connections/{id}"),
            vec![b'a'; 1001],
            413,
            "PayloadTooLargeException",
        ),
        (
            format!("POST /@connections/{id}"),
            vec![0xff],
            400,
            "BadRequestException",
        ),
    ] {
        let answered = stage.manage(&request, &body).await;
        assert_eq!(answered.status, status, "{request}");
        assert_eq!(answered.all("x-amzn-errortype"), [error], "{request}");
    }
    let page = [
        format!("POST /@connections/{id}"),
        "origin: http://localhost:9000".to_owned(),
    ];
    assert_eq!(ask(stage.port, &page, b"hi").await.status, 403);
    let stranger = [
        format!("POST /@connections/{id}"),
        "host: evil.example".to_owned(),
    ];
    assert_eq!(ask(stage.port, &stranger, b"hi").await.status, 403);

    for (path, body) in [
        (format!("/@connections/{id}"), "one"),
        (format!("/local/@connections/{id}"), "two"),
        (format!("/%40connections/{id}"), "three"),
    ] {
        let answered = stage.manage(&format!("POST {path}"), body.as_bytes()).await;
        assert_eq!((answered.status, answered.body.len()), (200, 0), "{path}");
        assert_eq!(next(&mut client).await, Message::Text(body.into()));
    }
    let long = vec![b'a'; 1000];
    let post = format!("POST /@connections/{id}");
    assert_eq!(stage.manage(&post, &long).await.status, 200);
    assert_eq!(next(&mut client).await.len(), 1000);

    let answered = stage.manage(&format!("GET /@connections/{id}"), b"").await;
    assert_eq!(answered.status, 200);
    let told: Value = serde_json::from_slice(&answered.body).expect("JSON");
    assert_eq!(told["identity"]["sourceIp"], "127.0.0.1");
    for name in ["connectedAt", "lastActiveAt"] {
        let time = told[name].as_str().expect("a time");
        assert!(time.ends_with('Z') && time.len() >= 20, "{time}");
    }
}

/// A client that does not read costs what it may cost, hears no more, and can still be closed.
#[tokio::test]
async fn a_client_that_does_not_read_holds_up_nobody() {
    let mut stage = Stage::new(&[]).await;
    let (client, connect) = stage.connect().await;
    let (mut reader, other) = stage.connect().await;
    let post = |event: &Value| format!("POST /@connections/{}", encoded(event));
    let long = vec![b'a'; 128 * 1024];
    let mut taken = 0;
    loop {
        let answered = stage.manage(&post(&connect), &long).await;
        if answered.status == 429 {
            assert_eq!(answered.all("x-amzn-errortype"), ["LimitExceededException"]);
            break;
        }
        assert_eq!(answered.status, 200);
        taken += 1;
        // Sockets buffer some megabytes of their own.
        assert!(taken < 200, "{taken} messages wait");
    }
    assert_eq!(stage.manage(&post(&other), b"hi").await.status, 200);
    assert_eq!(next(&mut reader).await, Message::Text("hi".into()));
    let delete = format!("DELETE /@connections/{}", encoded(&connect));
    assert_eq!(stage.manage(&delete, b"").await.status, 204);
    assert_eq!(stage.told().await, lost(1000));
    drop(client);
}

/// Whoever leaves in the middle of the handshake was connected, as far as the function knows.
#[tokio::test]
async fn half_a_handshake_is_an_end_too() {
    let mut stage = Stage::new(&[]).await;
    let head = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n";
    let mut socket = stage.socket().await;
    socket.write_all(head.as_bytes()).await.expect("it is sent");
    drop(socket);
    let mut socket = stage.socket().await;
    let rest = "sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    let whole = format!("{head}{rest}");
    socket
        .write_all(whole.as_bytes())
        .await
        .expect("it is sent");
    let mut byte = [0];
    socket.read_exact(&mut byte).await.expect("an answer");
    drop(socket);
    assert_eq!(stage.told().await.0, "CONNECT");
    assert_eq!(stage.told().await, lost(1006));
}

#[tokio::test]
async fn a_thousand_clients_come_and_go() {
    let mut stage = Stage::new(&["--websocket-limit", "connections=64"]).await;
    let mut admitted = 0;
    for number in 0..1000 {
        let connected = stage.try_connect("/", &[]).await;
        let (mut client, _) = match connected {
            Ok(connected) => connected,
            // The ones before are still being seen out.
            Err(refused) => {
                assert_eq!(refused.status(), 429);
                continue;
            }
        };
        admitted += 1;
        if number % 2 == 0 {
            say(&mut client, "{\"action\":\"hello\"}").await;
        }
    }
    // All that were let in are told gone, each once.
    let mut open = std::collections::BTreeSet::new();
    let mut seen = 0;
    while seen < admitted || !open.is_empty() {
        let event = stage.event().await;
        match event["requestContext"]["eventType"].as_str() {
            Some("CONNECT") => {
                seen += 1;
                assert!(open.insert(id(&event)));
            }
            Some("DISCONNECT") => assert!(open.remove(&id(&event))),
            _ => {}
        }
    }
    let (_client, connect) = stage.connect().await;
    let path = format!("GET /@connections/{}", encoded(&connect));
    assert_eq!(stage.manage(&path, b"").await.status, 200);
}

#[test]
fn the_banner_says_where_websockets_are_and_which_routes_they_have() {
    let address = |port: u16| std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let places = [
        (Source::HttpApi, address(9000)),
        (Source::WebSocket, address(9001)),
    ];
    let settings = settings("http,websocket", &[]);
    let (chat, _) = Chat::new(Some(&["join", "$connect", "$default"]));
    assert_eq!(
        terminal::banner("chat", &chat, &settings, &places),
        "chat listens on http://127.0.0.1:9000 (source: HTTP API) and ws://127.0.0.1:9000\n\
         chat listens on ws://127.0.0.1:9001 (source: WebSocket API)\n  \
           websocket  $connect\n  \
           websocket  $default\n  \
           websocket  join\n"
    );
}

#[test]
fn the_banner_names_what_is_set_for_routes_that_are_not_there() {
    let told = |keys: &[&str], options: &[&str]| {
        let options: Vec<_> = options.iter().map(|text| (*text).to_owned()).collect();
        let settings = settings("websocket", &options);
        let (chat, _) = Chat::new(Some(keys));
        let banner = terminal::banner("chat", &chat, &settings, &[]);
        let lines = banner.lines().filter(|line| !line.contains("  websocket "));
        let lines: Vec<_> = lines.map(|line| line.trim().to_owned()).collect();
        lines
    };
    assert_eq!(
        told(
            &["join"],
            &[
                "--websocket-route=join,leave,$default",
                "--websocket-response=join"
            ]
        ),
        [
            "the function has no handler of `leave`, which `websocket-route` names",
            "the function has no handler of `$default`, which `websocket-route` names"
        ]
    );
    assert_eq!(
        told(&["join"], &["--websocket-response=join,leave"]),
        ["the function has no route `leave`, which `websocket-response` names"]
    );
    let with_default = ["$default", "join"];
    for fine in ["--websocket-route=leave,join", "--websocket-response=*"] {
        assert_eq!(told(&with_default, &[fine]), [""; 0], "{fine}");
    }
}

/// What a person reads, without times and with `…` for what stands for a connection.
#[tokio::test]
async fn each_event_has_two_lines_and_a_reason_where_the_client_has_none() {
    static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let keep = |line: &str| {
        LINES
            .lock()
            .expect("no test panics with it")
            .push(line.to_owned())
    };
    let routes = ["$connect", "$disconnect", "a\u{1b}b"];
    let mut stage = Stage::telling("websocket", Some(&routes), &[], keep).await;
    let (mut client, connect) = stage.connect().await;
    for said in [
        json!({ "action": "a\u{1b}b" }),
        json!({ "action": "nobody" }),
        json!({ "other": "nobody" }),
        json!("hello"),
        json!({ "action": "a\u{1b}b", "reply": "fail" }),
        json!({ "action": "a\u{1b}b", "reply": {} }),
    ] {
        let is_quiet = said == json!({ "action": "a\u{1b}b" });
        // A text is sent without its quotes, and is no JSON then.
        let text = said
            .as_str()
            .map_or_else(|| said.to_string(), str::to_owned);
        say(&mut client, &text).await;
        if is_quiet {
            stage.event().await;
        } else {
            next(&mut client).await;
        }
    }
    client.close(None).await.expect("a goodbye");
    let refused = [("origin", "https://evil.example")];
    assert!(stage.try_connect("/", &refused).await.is_err());
    while stage.event().await["requestContext"]["eventType"] != "DISCONNECT" {}

    let lines = LINES.lock().expect("no test panics with it").clone();
    let short = &id(&connect)[..8];
    let mut told: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with('←') && line.contains(short))
        .filter(|line| !line.contains("DISCONNECT"))
        .map(|line| {
            let line = line
                .trim_end()
                .replace(short, "…")
                .replace("  cold start", "");
            let (before, after) = line.split_once(" ms").expect("milliseconds");
            format!("{}{after}", before.rsplit_once("  ").expect("a gap").0)
        })
        .collect();
    let reason = "the reply is none of a WebSocket API: it has no `statusCode`";
    let expected = [
        "← 101 CONNECT …".to_owned(),
        "← 200 MESSAGE a\\u{1b}b …".to_owned(),
        "← 403 MESSAGE …  – no route `nobody`, and the API has no `$default`".to_owned(),
        "← 403 MESSAGE …  – the message is no JSON, and the API has no `$default`".to_owned(),
        "← 403 MESSAGE …  – the message names no route, and the API has no `$default`".to_owned(),
        "← 502 MESSAGE a\\u{1b}b …  – the invocation failed: Broken: on purpose".to_owned(),
        format!("← 502 MESSAGE a\\u{{1b}}b …  – {reason}"),
    ];
    // Messages are handled side by side, so which of two ends first is not said.
    told.sort();
    assert_eq!(told, expected);
    let note = "a page of another origin; allow it with `websocket-origin`";
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("← 403 CONNECT ") && line.contains(note)),
        "{lines:?}"
    );
}

/// The line that ends each of these requests, without its time.
#[tokio::test]
async fn refused_handshakes_and_posts_are_told_with_their_reason() {
    static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let keep = |line: &str| {
        LINES
            .lock()
            .expect("no test panics with it")
            .push(line.to_owned())
    };
    let options = ["--websocket-limit=message=10"];
    let mut stage = Stage::telling("websocket", None, &options, keep).await;
    let (client, gone) = stage.connect().await;
    drop(client);
    stage.event().await;
    let (_client, connect) = stage.connect().await;
    let line = |from: usize| {
        let lines = LINES.lock().expect("no test panics with it").clone();
        let last = lines[from..].iter().find(|line| line.starts_with('←'));
        let line = last.expect("a line").trim_end().replace("  cold start", "");
        let (before, after) = line.split_once(" ms").expect("milliseconds");
        format!("{}{after}", before.rsplit_once("  ").expect("a gap").0)
    };
    let (id, gone) = (encoded(&connect), encoded(&gone));
    for (request, body, more, expected) in [
        (
            "POST /@connections/a".to_owned(),
            "",
            "",
            "400 POST /@connections/a  – `a` is no id of a connection".to_owned(),
        ),
        (
            format!("POST /@connections/{gone}"),
            "",
            "",
            format!(
                "410 POST /@connections/{gone}  – there is no such connection, any more or at all"
            ),
        ),
        (
            format!("POST /prod/@connections/{id}"),
            "",
            "",
            format!(
                "403 POST /prod/@connections/{id}  – a WebSocket API is at `/` and at `/local`"
            ),
        ),
        (
            format!("POST /@connections/{id}"),
            "",
            "origin: http://localhost:9000",
            format!("403 POST /@connections/{id}  – no posts from web pages"),
        ),
        (
            format!("POST /@connections/{id}"),
            "more than ten",
            "",
            format!("413 POST /@connections/{id}  – more than 10 bytes"),
        ),
        (
            format!("PUT /@connections/{id}"),
            "",
            "",
            format!("405 PUT /@connections/{id}  – post, get or delete"),
        ),
        (
            format!("POST /@connections/{id}"),
            "",
            "host: evil.example",
            format!("403 POST /@connections/{id}  – `Host` does not name this machine"),
        ),
        (
            "GET /x".to_owned(),
            "",
            "",
            "426 GET /x  – this is a WebSocket API; connect with ws://".to_owned(),
        ),
    ] {
        let from = LINES.lock().expect("no test panics with it").len();
        let lines: Vec<_> = [request, more.to_owned()]
            .into_iter()
            .filter(|line| !line.is_empty())
            .collect();
        ask(stage.port, &lines, body.as_bytes()).await;
        assert_eq!(line(from), format!("← {expected}"));
    }
    for (path, more, expected) in [
        (
            r#"/?reply={"reply":{"statusCode":401}}"#,
            None,
            "401 CONNECT …  – `$connect` refused it",
        ),
        (
            "/?a=%ff",
            None,
            "400 CONNECT …  – the front end cannot make sense of the request",
        ),
        (
            "/prod",
            None,
            "403 CONNECT …  – a WebSocket API is at `/` and at `/local`",
        ),
        (
            "/",
            Some(("origin", "https://evil.example")),
            "403 CONNECT …  – a page of another origin; allow it with `websocket-origin`",
        ),
    ] {
        let from = LINES.lock().expect("no test panics with it").len();
        let path = path
            .replace('{', "%7B")
            .replace('}', "%7D")
            .replace('"', "%22");
        let more: Vec<_> = more.into_iter().collect();
        assert!(stage.try_connect(&path, &more).await.is_err());
        let told = line(from);
        let (before, after) = told.split_once("CONNECT ").expect("a handshake");
        assert_eq!(
            format!("{before}CONNECT …{}", &after[8..]),
            format!("← {expected}")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_post_whose_body_does_not_come_is_given_up() {
    let mut stage = Stage::new(&[]).await;
    let connected = stage.try_connect("/", &[]).await;
    let _client = connected.expect("a connection");
    let connect = stage.events.recv().await.expect("a connection");
    let line = format!("POST /@connections/{}", encoded(&connect));

    let answered = ask(stage.port, &[line, "content-length: 10".to_owned()], b"").await;
    assert_eq!(answered.status, 400);
    let text = String::from_utf8_lossy(&answered.body).into_owned();
    assert!(text.contains("the body did not come in time"), "{text}");
}
