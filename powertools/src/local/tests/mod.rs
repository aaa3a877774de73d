//! Requests and replies of real front ends, played over a socket: what a function is sent and what a client
//! gets is compared with what was recorded or documented. The cases are data, each with its source.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::*;
use crate::{
    Context,
    function::{InvocationError, Reply},
};

mod client;
mod limits;
#[cfg(all(feature = "connections", feature = "local-websocket"))]
mod sockets;
mod told;
#[cfg(feature = "local-websocket")]
mod websocket;

use client::{Answered, ask};

/// Plays the function: keeps the event and gives back what it was told to.
#[derive(Clone, Default)]
struct Player(Arc<Mutex<Play>>);

#[derive(Default)]
struct Play {
    /// `None`: the invocation fails.
    reply: Option<Value>,
    event: Option<Value>,
    context: Option<Context>,
}

impl App for Player {
    async fn invoke(&self, event: Bytes, context: Context) -> Result<Reply, InvocationError> {
        let mut play = self.0.lock().expect("no test panics with it");
        play.event = Some(serde_json::from_slice(&event).expect("an event is JSON"));
        play.context = Some(context);
        match &play.reply {
            Some(reply) => Ok(Reply::Json(
                serde_json::value::to_raw_value(reply).expect("a value is JSON"),
            )),
            None => Err(InvocationError::new("Broken", "on purpose")),
        }
    }

    fn listing(&self) -> Vec<(String, String)> {
        vec![("GET".to_owned(), "/orders/{id}".to_owned())]
    }
}

/// A reply that every front end takes or refuses, which is all the same to who looks at the event.
fn any_reply() -> Value {
    json!({ "statusCode": 200 })
}

fn settings(source: &str, more: &[String]) -> Settings {
    let arguments = ["--port", "0", "--source", source].map(str::to_owned);
    let arguments = arguments.into_iter().chain(more.iter().cloned());
    match settings::read("test", arguments, Vec::new(), |_| Ok(None)) {
        Ok(Wish::Run(settings)) => *settings,
        other => panic!("{other:?}"),
    }
}

/// Serves an application on a port of its own.
async fn served(app: impl App, settings: Settings) -> u16 {
    served_telling(app, settings, |_| {}).await
}

/// The same, with what a person is to read.
async fn served_telling(app: impl App, settings: Settings, print: fn(&str)) -> u16 {
    let (source, port) = settings.ports[0];
    let listener = server::listen(port).await.expect("a free port");
    let number = listener.local_addr().expect("its address").port();
    #[cfg(feature = "openapi")]
    let docs = match settings.docs {
        true => Some(docs::Docs::of(&app, "test").expect("routes")),
        false => None,
    };
    let gateway = Gateway {
        patterns: terminal::patterns(&app),
        function: Function {
            app,
            info: Arc::new(info("test".to_owned())),
            timeout: settings.timeout,
        },
        api: settings.api,
        show: settings.show,
        hosts: settings.hosts,
        #[cfg(feature = "openapi")]
        docs,
        print,
    };
    let gateway = Arc::new(gateway);
    let sockets = sockets(&gateway, &[source], settings.websocket);
    let door = door(&gateway, source, &sockets, number, 1);
    tokio::spawn(server::serve(listener, Arc::new(door)));
    number
}

/// What one request does: the event, if there was one, and the answer.
async fn play(
    source: &str,
    more: &[String],
    request: &[String],
    body: &[u8],
    reply: Option<Value>,
) -> (Option<Value>, Answered) {
    let player = Player::default();
    player.0.lock().expect("no test panics with it").reply = reply;
    let port = served(player.clone(), settings(source, more)).await;
    // A connection goes on after its handshake.
    let answered = match source {
        "websocket" => client::ask_for_head(port, request).await,
        _ => ask(port, request, body).await,
    };
    let event = player
        .0
        .lock()
        .expect("no test panics with it")
        .event
        .take();
    (event, answered)
}

fn cases<T: serde::de::DeserializeOwned>(text: &str) -> Vec<T> {
    #[derive(Deserialize)]
    struct File<T> {
        cases: Vec<T>,
    }
    let file: File<T> = serde_json::from_str(text).expect("the cases are as told here");
    file.cases
}

/// Whether this build has a front end.
fn is_built(source: &str) -> bool {
    source != "websocket" || cfg!(feature = "local-websocket")
}

fn is_known(fact: &str) -> bool {
    let sources: BTreeMap<String, String> =
        serde_json::from_str(include_str!("sources.json")).expect("a list of sources");
    sources.contains_key(fact)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventCase {
    what: String,
    fact: String,
    #[serde(default)]
    settings: Vec<String>,
    request: Vec<String>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    body_base64: String,
    /// What an event has where; null is null or nothing.
    #[serde(default)]
    expect: BTreeMap<String, BTreeMap<String, Value>>,
    #[serde(default)]
    has: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    lacks: BTreeMap<String, Vec<String>>,
    /// There is no event, but this answer.
    #[serde(default)]
    refused: BTreeMap<String, Expected>,
}

/// What a client is to get.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    status: Option<u16>,
    body: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, Value>,
    #[serde(default)]
    has: Vec<String>,
    #[serde(default)]
    lacks: Vec<String>,
}

impl Expected {
    /// What is wrong with an answer.
    fn mistakes(&self, answered: &Answered) -> Vec<String> {
        let mut mistakes = Vec::new();
        if self.status.is_some_and(|status| status != answered.status) {
            mistakes.push(format!("status {}", answered.status));
        }
        if self
            .body
            .as_ref()
            .is_some_and(|body| body.as_bytes() != answered.body)
        {
            mistakes.push(format!("body {}", String::from_utf8_lossy(&answered.body)));
        }
        for (name, expected) in &self.headers {
            let found = answered.all(name);
            let expected = match expected {
                Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
                value => vec![value.as_str().expect("a header is text")],
            };
            if found != expected {
                mistakes.push(format!("{name}: {found:?}"));
            }
        }
        let missing = self.has.iter().filter(|name| answered.all(name).is_empty());
        mistakes.extend(missing.map(|name| format!("no {name}")));
        let extra = self
            .lacks
            .iter()
            .filter(|name| !answered.all(name).is_empty());
        mistakes.extend(extra.map(|name| format!("{name} is there")));
        mistakes
    }
}

impl EventCase {
    fn bytes(&self) -> Vec<u8> {
        let bytes = STANDARD.decode(&self.body_base64).expect("base64");
        [self.body.as_bytes(), &bytes].concat()
    }

    async fn event(&self, source: &str) -> Option<Value> {
        let body = self.bytes();
        let reply = Some(any_reply());
        play(source, &self.settings, &self.request, &body, reply)
            .await
            .0
    }

    /// What is wrong, and how many sources were asked.
    async fn mistakes(&self) -> (Vec<String>, usize) {
        let mut mistakes = Vec::new();
        let mut mistake = |source: &str, text: String| {
            mistakes.push(format!("{} ({source}): {text}", self.what));
        };
        for (source, expected) in self.expect.iter().filter(|(source, _)| is_built(source)) {
            let Some(event) = self.event(source).await else {
                mistake(source, "no event".to_owned());
                continue;
            };
            for (place, expected) in expected {
                let found = event.pointer(place).unwrap_or(&Value::Null);
                if found != expected {
                    mistake(source, format!("{place} is {found}, not {expected}"));
                }
            }
        }
        for (source, places) in &self.has {
            let event = self.event(source).await.unwrap_or_default();
            for place in places.iter().filter(|place| event.pointer(place).is_none()) {
                mistake(source, format!("no {place}"));
            }
        }
        for (source, places) in self.lacks.iter().filter(|(source, _)| is_built(source)) {
            let event = self.event(source).await.unwrap_or_default();
            for place in places.iter().filter(|place| event.pointer(place).is_some()) {
                mistake(source, format!("{place} is there"));
            }
        }
        for (source, expected) in self.refused.iter().filter(|(source, _)| is_built(source)) {
            let body = self.bytes();
            let reply = Some(any_reply());
            let (event, answered) = play(source, &self.settings, &self.request, &body, reply).await;
            if event.is_some() {
                mistake(source, "there is an event".to_owned());
            }
            for text in expected.mistakes(&answered) {
                mistake(source, text);
            }
        }
        let asked = self.expect.len() + self.has.len() + self.lacks.len() + self.refused.len();
        (mistakes, asked)
    }
}

#[tokio::test]
async fn events_are_those_of_the_front_ends() {
    let mut mistakes = Vec::new();
    let mut count = 0;
    for case in cases::<EventCase>(include_str!("events.json")) {
        assert!(is_known(&case.fact), "{}: {}", case.what, case.fact);
        let (wrong, asked) = case.mistakes().await;
        mistakes.extend(wrong);
        count += asked;
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
    assert!(count >= 170, "{count} cases");
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplyCase {
    what: String,
    fact: String,
    #[serde(default)]
    settings: Vec<String>,
    /// Headers of the request.
    #[serde(default)]
    request: Vec<String>,
    #[serde(default)]
    fails: bool,
    #[serde(default)]
    reply: Value,
    /// A reply with a body of so many bytes, right for every source.
    #[serde(default)]
    reply_bytes: usize,
    #[serde(default)]
    request_bytes: usize,
    #[serde(default)]
    header_bytes: usize,
    expect: BTreeMap<String, Expected>,
}

impl ReplyCase {
    fn reply(&self, source: &str) -> Option<Value> {
        if self.fails {
            return None;
        }
        if self.reply_bytes == 0 {
            return Some(self.reply.clone());
        }
        let mut reply =
            json!({ "statusCode": 200, "headers": {}, "body": "a".repeat(self.reply_bytes) });
        if source.starts_with("alb") || source.starts_with("lattice") {
            reply["statusDescription"] = "200 OK".into();
        }
        Some(reply)
    }

    fn request(&self) -> Vec<String> {
        let mut lines = vec!["POST /".to_owned()];
        lines.extend(self.request.iter().cloned());
        if self.header_bytes > 0 {
            lines.push(format!("x-long: {}", "a".repeat(self.header_bytes)));
        }
        lines
    }
}

#[tokio::test]
async fn replies_are_read_as_the_front_ends_read_them() {
    let mut mistakes = Vec::new();
    let mut count = 0;
    for case in cases::<ReplyCase>(include_str!("replies.json")) {
        assert!(is_known(&case.fact), "{}: {}", case.what, case.fact);
        let body = vec![b'a'; case.request_bytes];
        for (source, expected) in &case.expect {
            let reply = case.reply(source);
            let request = case.request();
            let (_, answered) = play(source, &case.settings, &request, &body, reply).await;
            let wrong = expected.mistakes(&answered);
            let wrong = wrong
                .iter()
                .map(|text| format!("{} ({source}): {text}", case.what));
            mistakes.extend(wrong);
        }
        count += case.expect.len();
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
    assert!(count >= 100, "{count} cases");
}

/// Where this gateway is known not to be the real one. Whoever closes one of them takes it off the list: a
/// difference that is gone fails here, and so does a longer list.
#[tokio::test]
async fn the_known_differences_are_these_and_no_more() {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Difference {
        what: String,
        fact: String,
        source: String,
        request: Vec<String>,
        /// What the real one's event has where.
        #[serde(default)]
        real: BTreeMap<String, Value>,
        has: Option<String>,
    }
    let differences = cases::<Difference>(include_str!("differences.json"));
    for known in differences.iter().filter(|known| is_built(&known.source)) {
        assert!(is_known(&known.fact), "{}", known.what);
        let reply = Some(any_reply());
        let (event, _) = play(&known.source, &[], &known.request, b"", reply).await;
        let event = event.expect("an event");
        for (place, real) in &known.real {
            assert_ne!(
                event.pointer(place),
                Some(real),
                "no longer: {}",
                known.what
            );
        }
        if let Some(place) = &known.has {
            assert_eq!(event.pointer(place), None, "no longer: {}", known.what);
        }
    }
    assert!(differences.len() <= 6, "{} differences", differences.len());
}

#[tokio::test]
async fn ids_and_times_are_those_of_one_request() {
    let player = Player::default();
    player.0.lock().expect("no test panics with it").reply = Some(any_reply());
    let port = served(player.clone(), settings("rest", &[])).await;
    let answered = ask(port, &["GET /".to_owned()], b"").await;
    let play = player.0.lock().expect("no test panics with it");
    let (event, context) = (
        play.event.as_ref().expect("an event"),
        play.context.as_ref().expect("a context"),
    );

    let text = |place: &str| event.pointer(place).and_then(Value::as_str).expect("text");
    assert_eq!(text("/requestContext/requestId").len(), 36);
    assert_eq!(
        answered.all("x-amzn-requestid"),
        [text("/requestContext/requestId")]
    );
    assert_eq!(
        answered.all("x-amz-apigw-id"),
        [text("/requestContext/extendedRequestId")]
    );
    assert_ne!(context.request_id, text("/requestContext/requestId"));
    let trace = text("/headers/X-Amzn-Trace-Id").strip_prefix("Root=");
    assert_eq!(context.xray_root(), trace);
    assert_eq!(
        context.function_arn,
        "arn:aws:lambda:us-east-1:123456789012:function:test"
    );
    assert_eq!(context.function.version, "$LATEST");
    assert!(context.remaining() <= std::time::Duration::from_secs(30));
    let epoch = event.pointer("/requestContext/requestTimeEpoch");
    assert!(
        epoch
            .and_then(Value::as_u64)
            .is_some_and(|ms| ms > 1_700_000_000_000)
    );
    let port_said = event
        .pointer("/headers/X-Forwarded-Port")
        .and_then(Value::as_str);
    assert_eq!(port_said, Some(&*port.to_string()));
    let source = Source::RestApi;
    assert_eq!(source.name(), "REST API");
}

/// The pages are the gateway's, for those who ask for them; a program's own routes come first otherwise.
#[cfg(feature = "openapi")]
#[tokio::test]
async fn the_routes_are_a_page_where_that_is_asked_for() {
    use crate::router::{Method, Route, Router, Routes};

    async fn own() -> &'static str {
        "own"
    }
    let router = || {
        let route = Route::new(Method::GET, "/docs", own).or(Method::POST);
        Router::new(Routes::new().with(route)).expect("a router")
    };
    let get = |path: &str| [format!("GET {path}"), "accept: */*".to_owned()];

    let port = served(router(), settings("http", &[])).await;
    assert_eq!(ask(port, &get("/docs"), b"").await.body, b"own");
    assert_eq!(ask(port, &get("/openapi.json"), b"").await.status, 404);

    let port = served(router(), settings("http", &["--docs".to_owned()])).await;
    let page = ask(port, &get("/docs"), b"").await;
    assert_eq!(page.all("content-type"), ["text/html; charset=utf-8"]);
    assert_eq!(
        page.all("content-security-policy"),
        ["default-src 'none'; style-src 'unsafe-inline'"]
    );
    let page = String::from_utf8(page.body).expect("text");
    assert!(page.contains("<b>GET</b><code>/docs</code>"), "{page}");
    let document = ask(port, &get("/openapi.json"), b"").await;
    let document: Value = serde_json::from_slice(&document.body).expect("JSON");
    assert_eq!(document["info"]["title"], "test");
    // Not for AWS: the page is for people.
    assert!(
        document["paths"]["/docs"]["get"]
            .get("x-amazon-apigateway-integration")
            .is_none()
    );
    let posted = ask(port, &["POST /docs".to_owned()], b"").await;
    assert_eq!(posted.body, b"own");
    let stranger = ["GET /docs".to_owned(), "host: evil.example".to_owned()];
    assert_eq!(ask(port, &stranger, b"").await.status, 403);
}

#[cfg(all(feature = "batch", feature = "events"))]
#[test]
fn the_banner_lists_the_events_that_have_handlers() {
    use crate::{Function, batch, events::s3::S3Event};

    #[derive(Deserialize)]
    struct Sold<T>(std::marker::PhantomData<T>);

    impl<T: serde::de::DeserializeOwned + Send + 'static> crate::event::EventType for Sold<T> {
        fn matches(_: &crate::event::Origin<'_>) -> bool {
            false
        }
    }

    let function = Function::new()
        .on(batch::sqs(async |_: String| Ok::<(), io::Error>(())))
        .on(async |_: S3Event, _: Context| Ok::<(), InvocationError>(()))
        .on(async |_: Sold<Vec<Value>>, _: Context| Ok::<(), InvocationError>(()));
    let place = [(Source::HttpApi, ([127, 0, 0, 1], 9000).into())];
    assert_eq!(
        terminal::banner("shop", &function, &settings("http", &[]), &place),
        "shop listens on http://127.0.0.1:9000 (source: HTTP API)\n  \
           on      batches of aws:sqs\n  \
           on      S3Event\n  \
           on      Sold<Vec<Value>>\n  \
           direct  POST /2015-03-31/functions/function/invocations\n"
    );
}
