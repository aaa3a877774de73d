//! The router through its public API: what goes in is an event, what comes out is a reply.

use std::{
    io,
    sync::{Arc, Mutex},
};

use powertools::{
    Context,
    event::Source,
    logger,
    router::{
        Bytes, Error, FromRef, FromRequest, HeaderMap, HeaderName, HeaderValue, Headers,
        IntoResponse, Json, Limits, Method, Params, Path, Query, Rejection, Request, Response,
        Route, Router, Routes, State, StatusCode, TypedHeader, delete, get, head, header, options,
        post, route, routes,
    },
    testing::{TestClient, TestReply},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt;

const REQUEST_ID: &str = "00000000-0000-4000-8000-000000000000";

fn client(routes: Routes) -> TestClient<Router> {
    TestClient::new(Router::new(routes).expect("the routes are good"))
}

/// What a client is told of a failure.
fn problem(status: u16, title: &str, detail: &str) -> Value {
    json!({"title": title, "status": status, "detail": detail, "requestId": REQUEST_ID})
}

fn assert_problem(reply: &TestReply, expected: &Value) {
    assert_eq!(
        reply.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(reply.json::<Value>(), *expected);
    assert_eq!(u64::from(reply.status().as_u16()), expected["status"]);
}

fn assert_internal(reply: &TestReply) {
    let expected =
        json!({"title": "Internal Server Error", "status": 500, "requestId": REQUEST_ID});
    assert_problem(reply, &expected);
}

/// The answer, and the lines that were logged on the way, whatever their level.
async fn logged<T>(answering: impl Future<Output = T>) -> (T, Vec<Value>) {
    let written = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&written);
    let layer = logger::builder()
        .level("trace")
        .writer(move |line| {
            let line = serde_json::from_slice::<Value>(line).expect("a line is JSON");
            sink.lock().expect("no writer panics").push(line);
        })
        .layer();
    let subscriber = tracing_subscriber::registry().with(layer);
    let guard = tracing::subscriber::set_default(subscriber);
    let answer = answering.await;
    drop(guard);
    let lines = written.lock().expect("no writer panics").clone();
    (answer, lines)
}

/// The cookies that get through: some front ends take one value a header, and cookies cannot be joined.
fn passed_on<'c>(source: Source, cookies: &'c [&'c str]) -> &'c [&'c str] {
    match source {
        Source::Alb | Source::LatticeV1 | Source::Lattice => &cookies[cookies.len() - 1..],
        _ => cookies,
    }
}

fn lines_of<'l>(lines: &'l [Value], level: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["level"] == level).collect()
}

mod extractors {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Place {
        id: u64,
        shop: String,
    }

    #[get("/one/{id}")]
    async fn one(Path(id): Path<u64>) -> String {
        id.to_string()
    }

    #[get("/pair/{shop}/{id}")]
    async fn pair(Path((shop, id)): Path<(String, u64)>) -> String {
        format!("{shop} {id}")
    }

    #[get("/place/{shop}/{id}")]
    async fn place(Path(place): Path<Place>) -> String {
        format!("{} {}", place.shop, place.id)
    }

    #[get("/files/{path+}")]
    async fn file(Path(path): Path<String>) -> String {
        path
    }

    async fn params(params: Params) -> String {
        let pairs: Vec<_> = params.iter().collect();
        format!("{pairs:?}")
    }

    #[tokio::test]
    async fn path_parameters_come_as_one_value_a_tuple_a_struct_or_by_name() {
        let client = client(routes![one, pair, place, file].with(Route::new(
            Method::GET,
            "/params/{shop}/{id}",
            params,
        )));

        for (url, expected) in [
            ("/one/7", "7"),
            ("/pair/a%20b/7", "a b 7"),
            ("/place/a%2Fb/7", "a/b 7"),
            ("/files/a/b%25/c", "a/b%/c"),
            ("/params/caf%C3%A9/7", r#"[("shop", "café"), ("id", "7")]"#),
        ] {
            let source = Source::RestApi;
            assert_eq!(client.get(url).source(source).await.text(), expected);
        }
    }

    #[tokio::test]
    async fn a_path_parameter_of_the_wrong_type_is_a_400_that_names_it() {
        let client = client(routes![one, pair, place]);
        let detail = "path parameter `id`: invalid value: string \"x\", expected a whole number of \
                      64 bits, not negative";

        for url in ["/one/x", "/pair/a/x", "/place/a/x"] {
            let reply = client.get(url).await;
            assert_problem(&reply, &problem(400, "Bad Request", detail));
        }
    }

    #[derive(Debug, Deserialize)]
    struct Search {
        q: String,
        #[serde(default)]
        tag: Vec<String>,
        page: Option<u32>,
    }

    #[get("/search")]
    async fn search(Query(search): Query<Search>) -> String {
        format!("{} {:?} {:?}", search.q, search.tag, search.page)
    }

    #[get("/pairs")]
    async fn pairs(Query(pairs): Query<Vec<(String, String)>>) -> String {
        format!("{pairs:?}")
    }

    #[tokio::test]
    async fn the_query_comes_as_a_struct_or_as_pairs() {
        let client = client(routes![search, pairs]);

        let reply = client.get("/search?q=a+b&tag=x&tag=y&page=2").await;
        assert_eq!(reply.text(), r#"a b ["x", "y"] Some(2)"#);
        let reply = client.get("/search?q=").await;
        assert_eq!(reply.text(), " [] None");
        let reply = client.get("/pairs?b=1&a=2&b=3").await;
        assert_eq!(reply.text(), r#"[("b", "1"), ("a", "2"), ("b", "3")]"#);
    }

    #[tokio::test]
    async fn a_query_that_does_not_fit_is_a_400_that_names_the_key() {
        let client = client(routes![search]);

        for (url, detail) in [
            ("/search", "query parameter `q`: is missing"),
            (
                "/search?q=a&q=b",
                "query parameter `q`: is given 2 times, one value was expected",
            ),
            (
                "/search?q=a&page=-1",
                "query parameter `page`: invalid value: string \"-1\", expected a whole number from \
                 0 to 4294967295",
            ),
        ] {
            let reply = client.get(url).await;
            assert_problem(&reply, &problem(400, "Bad Request", detail));
        }
    }

    #[derive(Debug, Deserialize, Serialize)]
    struct Order {
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize, Serialize)]
    struct Line {
        count: u32,
    }

    #[post("/orders")]
    async fn order(Json(order): Json<Order>) -> Json<Order> {
        Json(order)
    }

    #[tokio::test]
    async fn json_goes_in_and_out() {
        let client = client(routes![order]);
        let order = json!({"lines": [{"count": 2}]});

        let reply = client.post("/orders").json(&order).await;
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.json::<Value>(), order);
        let request = client.post("/orders").body(order.to_string());
        let reply = request.header("content-type", "application/hal+json").await;
        assert_eq!(reply.json::<Value>(), order);
    }

    #[tokio::test]
    async fn json_that_does_not_say_that_it_is_json_is_a_415() {
        let client = client(routes![order]);
        let detail = "the content type must be `application/json`";

        let bare = || client.post("/orders").body(r#"{"lines": []}"#);
        let text = bare().header("content-type", "text/plain");
        for request in [bare(), text] {
            let reply = request.await;
            let expected = problem(415, "Unsupported Media Type", detail);
            assert_problem(&reply, &expected);
        }
    }

    #[tokio::test]
    async fn a_body_that_is_not_json_is_a_400_and_one_of_another_shape_a_422() {
        let client = client(routes![order]);

        for (body, status, title, detail) in [
            (
                "",
                400,
                "Bad Request",
                "the body is empty; JSON was expected",
            ),
            (
                "{",
                400,
                "Bad Request",
                "the body is not JSON: EOF while parsing an object at line 1 column 1",
            ),
            (
                r#"{"lines": []} x"#,
                400,
                "Bad Request",
                "the body is not JSON: trailing characters at line 1 column 15",
            ),
            (
                r#"{"lines": [{"count": 1}, {"count": "x"}]}"#,
                422,
                "Unprocessable Entity",
                "the body's `lines[1].count` is not as expected: invalid type: string \"x\", \
                 expected u32 at line 1 column 38",
            ),
            (
                "7",
                422,
                "Unprocessable Entity",
                "the body is not as expected: invalid type: integer `7`, expected an object at \
                 line 1 column 1",
            ),
        ] {
            let request = client.post("/orders").body(body);
            let reply = request.header("content-type", "application/json").await;
            assert_problem(&reply, &problem(status, title, detail));
        }
    }

    #[tokio::test]
    async fn json_that_is_nested_ten_thousand_levels_deep_is_a_400() {
        #[post("/any")]
        async fn any(Json(_): Json<Value>) {}
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);

        let client = client(routes![any]);
        let request = client.post("/any").body(deep);
        let reply = request.header("content-type", "application/json").await;

        let detail = "the body is not JSON: recursion limit exceeded at line 1 column 128";
        assert_problem(&reply, &problem(400, "Bad Request", detail));
    }

    #[derive(Clone)]
    struct Greeting(&'static str);

    #[derive(Clone)]
    struct App {
        greeting: Greeting,
        answer: u32,
    }

    impl FromRef<App> for Greeting {
        fn from_ref(app: &App) -> Self {
            app.greeting.clone()
        }
    }

    #[tokio::test]
    async fn state_comes_whole_or_in_parts() {
        #[get("/")]
        async fn both(State(app): State<App>, State(greeting): State<Greeting>) -> String {
            format!("{} {}", greeting.0, app.answer)
        }
        let app = App {
            greeting: Greeting("hi"),
            answer: 42,
        };
        let router = Router::with_state(routes![both], app).unwrap();

        assert_eq!(TestClient::new(router).get("/").await.text(), "hi 42");
    }

    #[post("/bytes")]
    async fn bytes(body: Bytes) -> String {
        format!("{body:?}")
    }

    #[post("/text")]
    async fn text(body: String) -> String {
        body
    }

    #[tokio::test]
    async fn the_body_comes_as_bytes_or_as_text_if_it_is_utf_8() {
        let client = client(routes![bytes, text]);

        for source in Source::ALL {
            let client = client.clone().source(source);
            let reply = client.post("/bytes").body(&b"\xff\x00a"[..]).await;
            assert_eq!(reply.text(), r#"b"\xff\0a""#, "{source}");
            let reply = client.post("/text").body("café").await;
            assert_eq!(reply.text(), "café", "{source}");
            let reply = client.post("/text").body(&b"\xff"[..]).await;
            assert_problem(
                &reply,
                &problem(400, "Bad Request", "the body is not UTF-8"),
            );
        }
    }

    #[tokio::test]
    async fn headers_context_method_and_the_whole_request_are_always_there() {
        #[route(GET, PUT, "/all/{id}")]
        async fn all(
            method: Method,
            headers: Headers,
            context: Context,
            request: Request,
        ) -> String {
            let tenant = headers.get("X-Tenant").unwrap_or("nobody");
            let id = request.params().get("id").unwrap_or("nothing");
            format!(
                "{method} {tenant} {} {} {id}",
                context.request_id,
                request.path()
            )
        }
        let client = client(routes![all]);

        let reply = client
            .put("/all/7")
            .header("x-tenant", "acme")
            .context(Context::new("an-id"))
            .await;
        assert_eq!(reply.text(), "PUT acme an-id /all/7 7");
        let reply = client.get("/all/7").await;
        assert_eq!(reply.text(), format!("GET nobody {REQUEST_ID} /all/7 7"));
    }

    #[tokio::test]
    async fn one_header_is_a_type() {
        use headers::{CacheControl, IfModifiedSince, UserAgent};

        #[get("/agent")]
        async fn agent(TypedHeader(agent): TypedHeader<UserAgent>) -> String {
            agent.to_string()
        }
        #[get("/since")]
        async fn since(
            since: Option<TypedHeader<IfModifiedSince>>,
        ) -> (StatusCode, TypedHeader<CacheControl>, String) {
            let none = CacheControl::new().with_no_store();
            let since = format!("{}", since.is_some());
            (StatusCode::ACCEPTED, TypedHeader(none), since)
        }
        let client = client(routes![agent, since]);

        for source in Source::ALL {
            let get = |url, headers: &[(&str, &str)]| {
                let request = client.get(url).source(source);
                headers.iter().fold(request, |request, (name, value)| {
                    request.header(name, value)
                })
            };
            let reply = get("/agent", &[("user-agent", "curl/8.5.0")]).await;
            assert_eq!(reply.text(), "curl/8.5.0", "{source}");
            let missing = "the header `user-agent` is missing";
            let reply = get("/agent", &[]).await;
            assert_problem(&reply, &problem(400, "Bad Request", missing));

            let reply = get("/since", &[]).await;
            assert_eq!(reply.text(), "false", "{source}");
            assert_eq!(reply.status(), 202, "{source}");
            assert_eq!(reply.header("cache-control"), Some("no-store"), "{source}");
            let date = "Sun, 06 Nov 1994 08:49:37 GMT";
            let reply = get("/since", &[("if-modified-since", date)]).await;
            assert_eq!(reply.text(), "true", "{source}");
            let invalid = "the header `if-modified-since` is not valid";
            let reply = get("/since", &[("if-modified-since", "yesterday")]).await;
            assert_problem(&reply, &problem(400, "Bad Request", invalid));
        }
    }

    #[tokio::test]
    async fn json_may_nest_as_deep_as_is_allowed() {
        #[post("/")]
        async fn echo(Json(value): Json<Value>) -> Json<Value> {
            Json(value)
        }
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let send = |limits: Limits, body: String| {
            let router = Router::new(routes![echo]).expect("the route is good");
            let client = TestClient::new(router.limits(limits));
            async move {
                let request = client.post("/").header("content-type", "application/json");
                request.body(body).await
            }
        };
        let three = || Limits::default().json_depth(3);

        for (limits, body, status) in [
            (three(), nested(3), 200),
            (three(), nested(4), 400),
            (three(), r#"[{"a":["]}}"]},{"b":{}}]"#.to_owned(), 200),
            (three(), r#"{"a":{"b":["\"[[[[\\",[]]}}"#.to_owned(), 400),
            (three(), r#"["[[[[{{{{\"[[["]"#.to_owned(), 200),
            (three(), "]]]]]".to_owned(), 400),
            (Limits::default().json_depth(0), "7".to_owned(), 200),
            (Limits::default().json_depth(0), "[]".to_owned(), 400),
            (Limits::default(), nested(127), 200),
            (Limits::default(), nested(128), 400),
            (Limits::default().json_depth(1000), nested(128), 400),
        ] {
            let reply = send(limits, body.clone()).await;
            assert_eq!(reply.status(), status, "{body}: {}", reply.text());
        }
        let reply = send(three(), nested(4)).await;
        let detail = "the body's JSON nests deeper than 3 levels";
        assert_problem(&reply, &problem(400, "Bad Request", detail));
    }

    #[tokio::test]
    async fn the_first_argument_that_cannot_be_taken_answers() {
        struct Tenant;
        impl<S: Sync> FromRequest<S> for Tenant {
            type Rejection = Rejection;

            async fn from_request(_: &Request, _: &S) -> Result<Self, Rejection> {
                Err(Rejection::new(StatusCode::UNAUTHORIZED, "who are you"))
            }
        }
        #[post("/{id}")]
        async fn guarded(_: Tenant, Path(_): Path<u64>, Json(_): Json<Value>) {}

        let reply = client(routes![guarded]).post("/x").body("{").await;

        assert_problem(&reply, &problem(401, "Unauthorized", "who are you"));
    }
}

mod failures {
    use super::*;

    #[tokio::test]
    async fn the_client_gets_the_message_and_the_log_the_cause() {
        #[get("/full")]
        async fn full() -> Result<(), Error> {
            let cause = io::Error::other("disk 7 is full");
            Err(Error::unavailable("try again later").with_cause(cause))
        }
        let client = client(routes![full]);

        let (reply, lines) = logged(client.get("/full").into_future()).await;

        let expected = problem(503, "Service Unavailable", "try again later");
        assert_problem(&reply, &expected);
        let errors = lines_of(&lines, "ERROR");
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0]["error"], json!({"message": "disk 7 is full"}));
        assert_eq!(
            errors[0]["message"],
            "503 Service Unavailable: try again later"
        );
        assert_eq!(errors[0]["route"], "/full");
    }

    #[tokio::test]
    async fn the_log_has_every_cause_of_a_cause() {
        #[derive(Debug, thiserror::Error)]
        #[error("the order cannot be kept")]
        struct Outer(#[source] io::Error);
        #[get("/nested")]
        async fn nested() -> Result<(), Error> {
            Err(Outer(io::Error::other("disk 7 is full")))?
        }
        let client = client(routes![nested]);

        let (reply, lines) = logged(client.get("/nested").into_future()).await;

        assert_internal(&reply);
        let errors = lines_of(&lines, "ERROR");
        let expected = json!({
            "message": "the order cannot be kept",
            "causes": ["disk 7 is full"],
        });
        assert_eq!(errors[0]["error"], expected);
    }

    #[tokio::test]
    async fn a_question_mark_is_a_500_that_tells_the_client_nothing() {
        #[get("/read")]
        async fn read() -> Result<String, Error> {
            Err(io::Error::other("secret path"))?
        }

        let reply = client(routes![read]).get("/read").await;

        assert_internal(&reply);
        assert!(!reply.text().contains("secret"));
    }

    #[tokio::test]
    async fn whoever_debugs_is_told_the_cause() {
        #[get("/read")]
        async fn read() -> Result<String, Error> {
            Err(Error::unavailable("come again").with_cause(io::Error::other("disk 7 is full")))
        }
        #[get("/panic")]
        async fn panics() -> StatusCode {
            panic!("boom")
        }
        let router = Router::new(routes![read, panics]).expect("the routes are good");

        let client = TestClient::new(router.clone().debug());
        let read = client.get("/read").await.json::<Value>();
        assert_eq!(read["detail"], "come again");
        assert_eq!(read["cause"], "disk 7 is full");
        let panics = client.get("/panic").await.json::<Value>();
        let expected = "router::failures::panics panicked: boom";
        assert_eq!(panics["cause"], expected);
        let unknown = client.get("/unknown").await.json::<Value>();
        assert_eq!(unknown.get("cause"), None);

        let client = TestClient::new(router.debug().without_debug());
        let read = client.get("/read").await.json::<Value>();
        assert_eq!(read.get("cause"), None);
    }

    #[tokio::test]
    async fn a_status_put_on_a_failure_is_the_status_in_its_body_too() {
        #[get("/")]
        async fn moved() -> (StatusCode, Error) {
            (StatusCode::GONE, Error::not_found("it was here"))
        }

        let reply = client(routes![moved]).get("/").await;

        assert_eq!(reply.status(), 410);
        assert_eq!(reply.json::<Value>()["status"], 410);
    }

    #[tokio::test]
    async fn a_panic_is_a_500_and_the_next_request_is_answered() {
        #[get("/text")]
        async fn text() -> StatusCode {
            panic!("static")
        }
        #[get("/formatted")]
        async fn formatted() -> StatusCode {
            std::future::ready(()).await;
            tokio::task::yield_now().await;
            panic!("format{}", "ted")
        }
        #[get("/other")]
        async fn other() -> StatusCode {
            std::panic::panic_any(7_u32)
        }
        fn early() -> std::future::Ready<()> {
            panic!("before there is a future")
        }
        struct Extracted;
        impl<S: Sync> FromRequest<S> for Extracted {
            type Rejection = Rejection;

            async fn from_request(_: &Request, _: &S) -> Result<Self, Rejection> {
                panic!("extracting")
            }
        }
        #[get("/extracting")]
        async fn extracting(_: Extracted) {}
        struct Answer;
        impl IntoResponse for Answer {
            fn into_response(self) -> Response {
                panic!("answering")
            }
        }
        #[get("/answering")]
        async fn answering() -> Answer {
            Answer
        }
        #[get("/fine")]
        async fn fine() -> &'static str {
            "fine"
        }
        let list = routes![text, formatted, other, extracting, answering, fine];
        let client = client(list.with(Route::new(Method::GET, "/early", early).named("early")));

        for (handler, message) in [
            ("text", "static"),
            ("formatted", "formatted"),
            ("other", "a panic without a message"),
            ("early", "before there is a future"),
            ("extracting", "extracting"),
            ("answering", "answering"),
        ] {
            let url = format!("/{handler}");
            let (reply, lines) = logged(client.get(&url).into_future()).await;
            assert_internal(&reply);
            let errors = lines_of(&lines, "ERROR");
            assert_eq!(errors.len(), 1, "{url}");
            let cause = errors[0]["error"]["message"].as_str().unwrap();
            assert!(cause.contains(handler), "{url}: {cause}");
            let told = format!(" panicked: {message}");
            assert!(cause.ends_with(&told), "{url}: {cause}");
            assert_eq!(client.get("/fine").await.text(), "fine", "after {url}");
        }
    }

    #[tokio::test]
    async fn a_response_header_that_is_not_utf_8_is_a_500() {
        #[get("/")]
        async fn latin_1() -> impl IntoResponse {
            let city = HeaderValue::from_bytes(b"Z\xfcrich").expect("HTTP allows it");
            ([(HeaderName::from_static("x-city"), city)], "fine")
        }
        let client = client(routes![latin_1]);

        for source in Source::ALL {
            let reply = client.get("/").source(source).await;
            assert_eq!(reply.status(), 500, "{source}");
            assert_eq!(reply.header("x-city"), None, "{source}");
            assert_eq!(
                reply.header("content-type"),
                Some("application/problem+json")
            );
        }
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_a_413() {
        #[post("/")]
        async fn length(body: Bytes) -> String {
            body.len().to_string()
        }
        let usual = Router::new(routes![length]).unwrap();
        let small = usual.clone().limits(Limits::default().body_bytes(10));

        for source in Source::ALL {
            for (router, most) in [(&usual, 2 * 1024 * 1024), (&small, 10)] {
                let client = TestClient::new(router.clone()).source(source);
                for byte in [b'a', 0xff] {
                    let reply = client.post("/").body(vec![byte; most]).await;
                    assert_eq!(reply.text(), most.to_string(), "{source}, {byte}");
                    let reply = client.post("/").body(vec![byte; most + 1]).await;
                    let detail = format!("the body is larger than {most} bytes");
                    assert_problem(&reply, &problem(413, "Payload Too Large", &detail));
                }
            }
        }
    }

    /// The reply to an event that no front end would send.
    async fn reply_to(client: &TestClient<Router>, event: &Value) -> (Value, Value) {
        let reply = client.invoke_raw(event.to_string()).await;
        let reply = reply.expect("a front end's event is answered");
        let body = reply["body"].as_str().expect("a text body");
        let body = serde_json::from_str(body).expect("problem details");
        (reply["statusCode"].clone(), body)
    }

    #[tokio::test]
    async fn invalid_base64_is_a_400() {
        #[post("/")]
        async fn take(_: Bytes) {}
        let client = client(routes![take]);

        for source in Source::ALL {
            let mut event = client.post("/").source(source).body("a").event();
            event["body"] = "a*b".into();
            event["isBase64Encoded"] = true.into();

            let (status, body) = reply_to(&client, &event).await;
            assert_eq!(status, 400, "{source}");
            assert_eq!(
                body,
                problem(400, "Bad Request", "the body is not base64"),
                "{source}"
            );
        }
    }

    #[tokio::test]
    async fn a_broken_escape_in_an_encoded_path_is_a_400() {
        let client = client(routes![]);
        let detail = "the path has a `%` that two hexadecimal digits do not follow";

        for (source, key) in [
            (Source::RestApi, "path"),
            (Source::HttpApiV1, "path"),
            (Source::FunctionUrl, "rawPath"),
        ] {
            let mut event = client.get("/a").source(source).event();
            event[key] = "/a%zz".into();

            let (status, body) = reply_to(&client, &event).await;
            assert_eq!(status, 400, "{source}");
            assert_eq!(body, problem(400, "Bad Request", detail), "{source}");
        }
    }

    #[tokio::test]
    async fn a_percent_sign_in_a_decoded_path_is_itself() {
        #[get("/{name}")]
        async fn name(Path(name): Path<String>) -> String {
            name
        }
        let client = client(routes![name]);
        let mut event = client.get("/a").event();
        event["rawPath"] = "/a%zz".into();

        let reply = client.invoke_raw(event.to_string()).await.unwrap();

        assert_eq!(reply["body"], "a%zz");
    }
}

mod methods {
    use super::*;

    #[get("/orders")]
    async fn list() -> &'static str {
        "a list"
    }

    #[post("/orders")]
    async fn add() -> StatusCode {
        StatusCode::CREATED
    }

    #[delete("/orders/{id}")]
    async fn cancel(Path(_): Path<u64>) {}

    #[tokio::test]
    async fn a_path_that_is_nowhere_is_a_404() {
        let reply = client(routes![list, add]).get("/orders/7").await;

        let expected = json!({"title": "Not Found", "status": 404, "requestId": REQUEST_ID});
        assert_problem(&reply, &expected);
    }

    #[tokio::test]
    async fn a_method_that_is_not_there_is_a_405_with_allow() {
        let client = client(routes![list, add, cancel]);

        for (method, url, allow) in [
            (Method::DELETE, "/orders", "GET, HEAD, OPTIONS, POST"),
            (Method::GET, "/orders/7", "DELETE, OPTIONS"),
        ] {
            let reply = client.request(method, url).await;
            let detail = format!("this path answers {allow}");
            let expected = problem(405, "Method Not Allowed", &detail);
            assert_problem(&reply, &expected);
            assert_eq!(reply.header("allow"), Some(allow));
        }
    }

    #[tokio::test]
    async fn head_of_a_path_without_get_is_a_405_without_a_body() {
        let reply = client(routes![cancel])
            .request(Method::HEAD, "/orders/7")
            .await;

        assert_eq!(reply.status(), 405);
        assert_eq!(reply.header("allow"), Some("DELETE, OPTIONS"));
        assert_eq!(reply.text(), "");
    }

    #[tokio::test]
    async fn options_is_answered_with_allow() {
        let client = client(routes![list, add]);

        let reply = client.request(Method::OPTIONS, "/orders").await;
        assert_eq!(reply.status(), 204);
        assert_eq!(reply.header("allow"), Some("GET, HEAD, OPTIONS, POST"));
        assert_eq!(reply.text(), "");
        let reply = client.request(Method::OPTIONS, "/nowhere").await;
        assert_eq!(reply.status(), 404);
    }

    #[tokio::test]
    async fn head_is_get_without_the_body() {
        let reply = client(routes![list]).request(Method::HEAD, "/orders").await;

        assert_eq!(reply.status(), 200);
        assert_eq!(
            reply.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
        assert_eq!(reply.text(), "");
    }

    #[tokio::test]
    async fn head_and_options_routes_of_ones_own_win() {
        #[head("/orders")]
        async fn look() -> StatusCode {
            StatusCode::ACCEPTED
        }
        #[options("/orders")]
        async fn ask() -> &'static str {
            "ask me"
        }
        let client = client(routes![list, look, ask]);

        let reply = client.request(Method::HEAD, "/orders").await;
        assert_eq!(reply.status(), 202);
        let reply = client.request(Method::OPTIONS, "/orders").await;
        assert_eq!((reply.status().as_u16(), reply.text()), (200, "ask me"));
        assert_eq!(client.get("/orders").await.text(), "a list");
    }

    #[tokio::test]
    async fn merged_and_nested_routes_answer_with_the_parameters_of_their_prefix() {
        async fn all(Path(shop): Path<String>) -> String {
            format!("all of {shop}")
        }
        async fn one(Path((shop, id)): Path<(String, u64)>) -> String {
            format!("{id} of {shop}")
        }
        async fn rest(params: Params) -> String {
            let values: Vec<_> = params.iter().map(|(_, value)| value).collect();
            values.join("|")
        }
        let below = Routes::new()
            .with(Route::new(Method::GET, "/{id}", one))
            .with(Route::new(Method::PUT, "/{id}/{rest+}", rest));
        let orders = Routes::new()
            .with(Route::new(Method::GET, "/", all))
            .merge(below);
        let shops = Routes::new().nest("/{shop}/orders/", orders);
        let client = client(routes![list].nest("/shops", shops));

        for (url, expected) in [
            ("/orders", "a list"),
            ("/shops/corner/orders", "all of corner"),
            ("/shops/corner/orders/", "all of corner"),
            ("/shops/corner/orders/7", "7 of corner"),
        ] {
            assert_eq!(client.get(url).await.text(), expected, "{url}");
        }
        let reply = client.put("/shops/corner/orders/7/a/b").await;
        assert_eq!(reply.text(), "corner|7|a/b");
    }
}

mod answers {
    use super::*;

    #[tokio::test]
    async fn a_tuple_sets_the_status_and_replaces_headers_of_the_same_name() {
        #[get("/created")]
        async fn created() -> (StatusCode, Json<u64>) {
            (StatusCode::CREATED, Json(7))
        }
        #[get("/csv")]
        async fn csv() -> impl IntoResponse {
            let csv = HeaderValue::from_static("text/csv");
            ([(header::CONTENT_TYPE, csv)], "a,b")
        }
        #[get("/cookies")]
        async fn cookies() -> impl IntoResponse {
            let cookie = |text| (header::SET_COOKIE, HeaderValue::from_static(text));
            let inner = (
                [
                    cookie("old=1"),
                    (header::ETAG, HeaderValue::from_static("\"1\"")),
                ],
                "",
            );
            (StatusCode::ACCEPTED, [cookie("a=1"), cookie("b=2")], inner)
        }
        #[get("/map")]
        async fn map() -> (StatusCode, HeaderMap, &'static str) {
            let mut headers = HeaderMap::new();
            headers.insert(header::AGE, HeaderValue::from_static("3"));
            (StatusCode::IM_A_TEAPOT, headers, "short and stout")
        }
        let client = client(routes![created, csv, cookies, map]);

        for source in Source::ALL {
            let client = client.clone().source(source);
            let reply = client.get("/created").await;
            assert_eq!((reply.status().as_u16(), reply.text()), (201, "7"));
            assert_eq!(reply.header_all("content-type"), ["application/json"]);
            let reply = client.get("/csv").await;
            assert_eq!((reply.status().as_u16(), reply.text()), (200, "a,b"));
            assert_eq!(reply.header_all("content-type"), ["text/csv"]);
            let reply = client.get("/cookies").await;
            assert_eq!(reply.status(), 202);
            assert_eq!(reply.cookies(), passed_on(source, &["a=1", "b=2"]));
            assert_eq!(reply.header("etag"), Some("\"1\""));
            let reply = client.get("/map").await;
            assert_eq!(
                (reply.status().as_u16(), reply.text()),
                (418, "short and stout")
            );
            assert_eq!(reply.header("age"), Some("3"));
        }
    }

    #[tokio::test]
    async fn bytes_are_base64_on_their_way_and_whole_at_the_client() {
        #[get("/")]
        async fn logo() -> Vec<u8> {
            vec![0xff, 0x00, b'a']
        }
        let client = client(routes![logo]);

        for source in Source::ALL {
            let reply = client.get("/").source(source).await;
            assert_eq!(reply.raw()["isBase64Encoded"], true, "{source}");
            assert_eq!(reply.raw()["body"], "/wBh", "{source}");
            assert_eq!(reply.bytes(), [0xff, 0x00, b'a'], "{source}");
            assert_eq!(
                reply.header("content-type"),
                Some("application/octet-stream")
            );
        }
    }

    #[tokio::test]
    async fn nothing_is_a_204() {
        #[get("/")]
        async fn nothing() {}

        let reply = client(routes![nothing]).get("/").await;

        assert_eq!((reply.status().as_u16(), reply.text()), (204, ""));
    }

    #[tokio::test]
    async fn a_status_that_has_no_content_drops_the_body() {
        #[get("/{status}")]
        async fn status(Path(status): Path<u16>) -> (StatusCode, &'static str) {
            let status = StatusCode::from_u16(status).expect("a status");
            (status, "a body")
        }
        let client = client(routes![status]);

        for (url, expected) in [("/200", "a body"), ("/204", ""), ("/304", "")] {
            assert_eq!(client.get(url).await.text(), expected, "{url}");
        }
    }
}

mod sources {
    use super::*;

    #[post("/echo/{name}")]
    async fn echo(Path(name): Path<String>, request: Request) -> Json<Value> {
        let query: Vec<_> = request.query().iter().collect();
        Json(json!({
            "name": name,
            "path": request.path(),
            "query": query,
            "tenant": request.headers().get("x-tenant"),
            "cookie": request.headers().get("cookie"),
            "body": String::from_utf8_lossy(request.body().expect("a readable body")),
        }))
    }

    #[get("/logo")]
    async fn logo() -> Vec<u8> {
        vec![0x89, b'P', b'N', b'G', 0xff]
    }

    #[get("/cookie")]
    async fn cookie() -> impl IntoResponse {
        let cookie = HeaderValue::from_static("a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT");
        ([(header::SET_COOKIE, cookie)], "sweet")
    }

    #[get("/nothing")]
    async fn nothing() {}

    #[get("/panic")]
    async fn panic() -> StatusCode {
        panic!("everywhere")
    }

    #[tokio::test]
    async fn one_application_answers_alike_on_every_source() {
        let client = client(routes![echo, logo, cookie, nothing, panic]);

        for (method, url, body, status) in [
            (Method::POST, "/echo/plain", "text", 200),
            (Method::POST, "/echo/a%20b?x=1&y=a+b%26c", "", 200),
            (Method::POST, "/echo/caf%C3%A9%25/", "café", 200),
            (Method::POST, "/echo/x%2By", "{\"a\": 1}", 200),
            (Method::GET, "/logo", "", 200),
            (Method::HEAD, "/logo", "", 200),
            (Method::GET, "/cookie", "", 200),
            (Method::GET, "/nothing", "", 204),
            (Method::OPTIONS, "/nothing", "", 204),
            (Method::DELETE, "/nothing", "", 405),
            (Method::GET, "/nowhere", "", 404),
            (Method::GET, "/panic", "", 500),
        ] {
            let mut answers = Vec::new();
            for source in Source::ALL {
                let reply = client
                    .request(method.clone(), url)
                    .source(source)
                    .header("x-tenant", "acme")
                    .header("cookie", "a=1; b=2")
                    .body(body)
                    .await;
                assert_eq!(reply.status(), status, "{method} {url} on {source}");
                let mut headers = reply.headers().clone();
                if reply.bytes().is_empty() {
                    // Front ends fill in a type of their own where a reply has none.
                    headers.remove(header::CONTENT_TYPE);
                }
                answers.push((headers, reply.bytes().to_vec()));
            }
            for (answer, source) in answers.iter().zip(Source::ALL) {
                assert_eq!(*answer, answers[0], "{method} {url} on {source}");
            }
        }
    }

    /// That all sources agree does not yet mean that they are right.
    #[tokio::test]
    async fn every_source_decodes_path_query_headers_and_body_once() {
        let client = client(routes![echo]);

        for source in Source::ALL {
            let reply = client
                .post("/echo/caf%C3%A9%2541/?x=%2541&y=c%26d&z=a+b")
                .source(source)
                .header("X-Tenant", "acme")
                .header("Cookie", "a=1; b=2")
                .body("café")
                .await;
            let expected = json!({
                "name": "café%41",
                "path": "/echo/café%2541",
                "query": [["x", "%41"], ["y", "c&d"], ["z", "a b"]],
                "tenant": "acme",
                "cookie": "a=1; b=2",
                "body": "café",
            });
            assert_eq!(reply.json::<Value>(), expected, "{source}");
        }
    }
}

mod repetitions {
    use super::*;

    #[tokio::test]
    async fn repeated_query_keys_keep_their_values_where_the_front_end_does() {
        #[get("/")]
        async fn all(request: Request) -> String {
            let values: Vec<_> = request.query().all("x").collect();
            values.join("|")
        }
        let client = client(routes![all]);

        for source in Source::ALL {
            let reply = client.get("/?x=1&x=2,3").source(source).await;
            let expected = match source {
                // One value a key, the last.
                Source::Alb => "2,3",
                _ => "1|2,3",
            };
            assert_eq!(reply.text(), expected, "{source}");
        }
    }

    #[tokio::test]
    async fn repeated_headers_keep_their_values_where_the_front_end_does() {
        #[get("/")]
        async fn all(headers: Headers) -> String {
            let values: Vec<_> = headers.all("X-Tag").collect();
            values.join("|")
        }
        let client = client(routes![all]);

        for source in Source::ALL {
            let request = client.get("/").header("x-tag", "a").header("x-tag", "b");
            let reply = request.source(source).await;
            let expected = match source {
                Source::HttpApi | Source::FunctionUrl | Source::LatticeV1 => "a,b",
                Source::Alb => "b",
                _ => "a|b",
            };
            assert_eq!(reply.text(), expected, "{source}");
        }
    }
}

mod access_line {
    use super::*;

    #[tokio::test]
    async fn one_line_says_what_was_asked_and_answered() {
        #[get("/orders/{id}")]
        async fn order(Path(id): Path<u64>) -> String {
            tracing::info!(id, "looking up");
            id.to_string()
        }
        let client = client(routes![order]);

        for (method, url, status, route) in [
            (Method::GET, "/orders/7", 200, json!("/orders/{id}")),
            (Method::HEAD, "/orders/7/", 200, json!("/orders/{id}")),
            (Method::GET, "/orders/x", 400, json!("/orders/{id}")),
            (Method::PUT, "/orders/7", 405, Value::Null),
            (Method::OPTIONS, "/orders/7", 204, Value::Null),
            (Method::GET, "/nowhere", 404, Value::Null),
        ] {
            let name = method.to_string();
            let answering = client.request(method, url).into_future();
            let (_, lines) = logged(answering).await;

            let lines = lines_of(&lines, "INFO");
            let answered: Vec<_> = lines
                .iter()
                .filter(|line| line["message"] == "answered")
                .collect();
            assert_eq!(answered.len(), 1, "{name} {url}: {lines:?}");
            assert_eq!(answered[0]["method"], name);
            assert_eq!(answered[0]["route"], route, "{name} {url}");
            assert_eq!(answered[0]["status"], status, "{name} {url}");
            assert_eq!(answered[0]["path"], url.trim_end_matches('/'));
            assert!(answered[0]["duration_ms"].is_f64(), "{name} {url}");
        }
    }

    #[tokio::test]
    async fn the_handlers_own_lines_carry_method_and_route() {
        #[get("/orders/{id}")]
        async fn order(Path(id): Path<u64>) {
            tracing::info!(id, "looking up");
        }
        let client = client(routes![order]);

        let (_, lines) = logged(client.get("/orders/7?secret=1").into_future()).await;

        let own = lines
            .iter()
            .find(|line| line["message"] == "looking up")
            .expect("the handler's line");
        assert_eq!(own["method"], "GET");
        assert_eq!(own["route"], "/orders/{id}");
        assert_eq!(own["id"], 7);
        let all = Value::from(lines.clone()).to_string();
        assert!(!all.contains("secret"), "the query is not logged: {all}");
    }

    #[tokio::test]
    async fn a_request_that_is_refused_before_the_router_has_its_line_too() {
        let client = client(routes![]);
        let mut event = client.get("/a").source(Source::FunctionUrl).event();
        event["rawPath"] = "/a%zz".into();

        let (_, lines) = logged(client.invoke_raw(event.to_string())).await;

        let lines = lines_of(&lines, "INFO");
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["status"], 400);
    }
}
