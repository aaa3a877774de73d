//! What once broke, and what the router offers around handlers, each by the behaviour that must stay.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    future::IntoFuture,
    sync::{Arc, Mutex},
};

use powertools::{
    event::Source,
    logger,
    router::{
        Error, Json, Limits, Method, Next, Path, Request, Response, Route, Router, Routes,
        StatusCode, get, post, routes,
    },
    testing::TestClient,
};
use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt;

#[get("/fine")]
async fn fine() -> &'static str {
    "fine"
}

#[post("/count")]
async fn count(Json(count): Json<u64>) -> Json<u64> {
    Json(count)
}

fn client(routes: Routes) -> TestClient<Router> {
    TestClient::new(Router::new(routes).unwrap())
}

/// An error of a line with its causes, as one text.
fn chain_of(error: &Value) -> String {
    let causes = error["causes"].as_array();
    let texts = [&error["message"]]
        .into_iter()
        .chain(causes.into_iter().flatten());
    let texts: Vec<&str> = texts.map(|text| text.as_str().unwrap()).collect();
    texts.join(": ")
}

/// The lines that are logged on the way, at INFO and above.
async fn logged<T>(answering: impl Future<Output = T>) -> Vec<Value> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let layer = logger::builder()
        .writer(move |line| {
            let line = serde_json::from_slice::<Value>(line).unwrap();
            sink.lock().unwrap().push(line);
        })
        .layer();
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    answering.await;
    drop(guard);
    let lines = lines.lock().unwrap();
    lines.clone()
}

#[tokio::test]
async fn an_answer_is_not_longer_than_its_question() {
    let long = "\u{7f}".repeat(1_000_000);
    let limits = Limits::default().body_bytes(8 * 1024 * 1024);
    let client = TestClient::new(Router::new(routes![count]).unwrap().limits(limits));

    let reply = client.post("/count").json(&long).await;
    let error = client
        .invoke(json!({ "x".repeat(1_000_000): 1 }))
        .await
        .unwrap_err();

    assert_eq!(reply.status(), 422);
    assert!(reply.bytes().len() < 10_000, "{}", reply.bytes().len());
    assert!(error.message().len() < 10_000, "{}", error.message().len());
}

#[tokio::test]
async fn queries_and_headers_are_bounded_and_the_bounds_can_be_set() {
    let limits = Limits::default()
        .query_pairs(3)
        .headers(6)
        .header_bytes(2000);
    let router = Router::new(routes![fine]).unwrap().limits(limits);
    let small = TestClient::new(router);
    let usual = client(routes![fine]);
    for source in Source::ALL {
        let small = small.clone().source(source);
        let many = |count: usize| {
            let query = (0..count).map(|n| format!("k{n}=v")).collect::<Vec<_>>();
            format!("/fine?{}", query.join("&"))
        };
        assert_eq!(small.get(&many(3)).await.status(), 200, "{source}");
        assert_eq!(small.get(&many(4)).await.status(), 400, "{source}");
        assert_eq!(
            usual.get(&many(1024)).source(source).await.status(),
            200,
            "{source}"
        );
        assert_eq!(
            usual.get(&many(1025)).source(source).await.status(),
            400,
            "{source}"
        );

        let mut crowded = small.get("/fine");
        for number in 0..6 {
            crowded = crowded.header(&format!("x-{number}"), "");
        }
        assert_eq!(crowded.await.status(), 431, "{source}");
        let long = small.get("/fine").header("x-long", "x".repeat(2000)).await;
        assert_eq!(long.status(), 431, "{source}");
        let cookies = small.get("/fine").header("cookie", "x".repeat(2000)).await;
        assert_eq!(cookies.status(), 431, "{source}");

        let cookies = |count: usize| vec!["a=b"; count].join("; ");
        for (count, status) in [(1, 200), (256, 200), (257, 431)] {
            let reply = usual.get("/fine").header("cookie", cookies(count));
            assert_eq!(
                reply.source(source).await.status(),
                status,
                "{count} {source}"
            );
        }
        // Semicolons elsewhere are no cookies.
        let reply = usual.get("/fine").header("accept", "a;".repeat(1000));
        assert_eq!(reply.source(source).await.status(), 200, "{source}");
    }
}

#[tokio::test]
async fn a_refused_head_has_no_body_and_its_line_has_the_status_that_was_sent() {
    let router = Router::new(routes![fine]).unwrap();
    let router = router.limits(Limits::default().query_pairs(0));
    let client = TestClient::new(router.on_problem(|_, _| (StatusCode::GONE, "no")));
    for source in Source::ALL {
        let client = client.clone().source(source);
        for (method, text) in [(Method::GET, "no"), (Method::HEAD, "")] {
            let event = client.request(method, "/fine?a=b").event();
            let (sent, kept) = (Mutex::new(None), &client);
            let lines = logged(async {
                *sent.lock().unwrap() = Some(kept.invoke(&event).await.unwrap());
            });
            let lines = lines.await;

            let reply = sent.into_inner().unwrap().unwrap();
            assert_eq!(reply["statusCode"], 410, "{source}");
            assert_eq!(reply["body"], text, "{source}");
            assert_eq!((lines.len(), &lines[0]["status"]), (1, &json!(410)));
        }
    }
}

#[test]
fn a_nested_pattern_must_start_with_a_slash_as_any_other() {
    for (prefix, pattern) in [("/orders", "items"), ("/a/", "b"), ("/orders", "")] {
        let route = Route::new(Method::GET, pattern, fine);
        let nested = Routes::<()>::new().nest(prefix, Routes::new().with(route));

        let errors = Router::new(nested).unwrap_err().to_string();
        assert!(errors.contains("must start with `/`"), "{errors}");
    }
}

#[test]
fn more_parameters_than_a_tree_can_hold_are_an_error_and_no_panic() {
    let pattern = |count: usize| (0..count).map(|n| format!("/{{p{n}}}")).collect::<String>();
    let router = |count: usize| {
        Router::new(Routes::<()>::new().with(Route::new(Method::GET, pattern(count), fine)))
    };

    assert!(router(25).is_ok());
    let errors = router(26).unwrap_err().to_string();
    assert!(errors.contains("has more than 25 parameters"), "{errors}");
}

#[tokio::test]
async fn a_path_that_cannot_fit_its_pattern_is_the_programs_500() {
    #[get("/d/{id}")]
    async fn deep(Path(id): Path<u8>) -> String {
        id.to_string()
    }
    let nested = client(Routes::new().nest("/shops/{shop}", routes![deep]));

    let reply = nested.get("/shops/corner/d/7").await;

    assert_eq!(reply.status(), 500);
    assert!(!reply.text().contains("shop"), "{}", reply.text());
}

#[tokio::test]
async fn a_status_beside_a_failure_is_the_status_of_its_body() {
    #[get("/gone")]
    async fn gone() -> (StatusCode, Result<(), Error>) {
        (StatusCode::GONE, Err(Error::not_found("moved out")))
    }

    let reply = client(routes![gone]).get("/gone").await;

    assert_eq!(reply.status(), 410);
    assert_eq!(reply.json::<Value>()["status"], 410);
}

#[tokio::test]
async fn a_cause_whose_text_panics_is_a_500() {
    #[derive(Debug)]
    struct Bomb;
    impl std::fmt::Display for Bomb {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("on purpose")
        }
    }
    impl std::error::Error for Bomb {}
    #[get("/bomb")]
    async fn bomb() -> Result<(), Error> {
        Err(Bomb)?
    }
    let client = client(routes![bomb, fine]);

    let reply = client.get("/bomb").await;

    assert_eq!(reply.status(), 500);
    assert_eq!(
        reply.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(client.get("/fine").await.text(), "fine");
}

mod unsendable {
    use powertools::{
        Context,
        router::{
            Cors, HeaderName, HeaderValue, IntoResponse,
            middleware::{request_id, security_headers},
        },
    };

    use super::*;

    const PAGE: &str = "https://shop.example";

    fn latin_1() -> [(HeaderName, HeaderValue); 1] {
        let city = HeaderValue::from_bytes(b"Z\xfcrich").unwrap();
        [(HeaderName::from_static("x-city"), city)]
    }

    #[get("/header")]
    async fn header() -> impl IntoResponse {
        (latin_1(), "fine")
    }

    #[get("/interim")]
    async fn interim() -> StatusCode {
        StatusCode::SWITCHING_PROTOCOLS
    }

    async fn spoil(request: Request, next: Next) -> Response {
        let mut response = next.run(request).await;
        let [(name, value)] = latin_1();
        response.headers_mut().insert(name, value);
        response
    }

    fn plain() -> Router {
        let spoiled = routes![fine].middleware(spoil);
        let routes = routes![header, interim].merge(Routes::new().nest("/spoiled", spoiled));
        let cors = Cors::allow_origin(PAGE);
        Router::new(routes).unwrap().cors(cors).unwrap()
    }

    const URLS: [&str; 3] = ["/header", "/interim", "/spoiled/fine"];

    #[tokio::test]
    async fn what_cannot_be_sent_is_a_500_as_any_other() {
        let client = TestClient::new(
            plain()
                .middleware(request_id())
                .middleware(security_headers()),
        );
        for url in URLS {
            let request = client.get(url).header("origin", PAGE);
            let reply = request.context(Context::new("an-id")).await;

            let expected =
                json!({"title": "Internal Server Error", "status": 500, "requestId": "an-id"});
            assert_eq!(reply.json::<Value>(), expected, "{url}");
            assert_eq!(reply.header("access-control-allow-origin"), Some(PAGE));
            assert_eq!(reply.header("x-request-id"), Some("an-id"), "{url}");
            assert_eq!(reply.header("x-frame-options"), Some("DENY"), "{url}");
            assert_eq!(reply.header("x-city"), None, "{url}");

            let head = client.request(Method::HEAD, url).await;
            assert_eq!((head.status().as_u16(), head.text()), (500, ""), "{url}");
        }
    }

    #[tokio::test]
    async fn it_is_told_in_the_applications_form_if_that_can_be_sent() {
        let client = TestClient::new(plain().on_problem(|problem, id| {
            (
                problem.status(),
                format!("{id}: {}", problem.cause().is_some()),
            )
        }));
        for url in URLS {
            let reply = client.get(url).context(Context::new("an-id")).await;
            assert_eq!(
                (reply.status().as_u16(), reply.text()),
                (500, "an-id: true")
            );
        }
        let client = TestClient::new(plain().on_problem(|_, _| (latin_1(), "no")));
        for url in ["/header", "/nowhere"] {
            let reply = client.get(url).await;
            assert_eq!(reply.status(), 500, "{url}");
            assert_eq!(reply.json::<Value>()["title"], "Internal Server Error");
        }
    }

    #[tokio::test]
    async fn the_log_has_the_status_that_was_sent_and_why() {
        let client = TestClient::new(plain());
        let lines = logged(async {
            for url in URLS {
                client.get(url).await;
            }
        });
        let lines = lines.await;

        let of = |level: &str| -> Vec<&Value> {
            lines.iter().filter(|line| line["level"] == level).collect()
        };
        let answered: Vec<_> = of("INFO")
            .iter()
            .map(|line| line["status"].clone())
            .collect();
        assert_eq!(answered, [500, 500, 500]);
        let causes: Vec<_> = of("ERROR")
            .iter()
            .map(|line| line["error"]["message"].clone())
            .collect();
        let header = "the response's header `x-city` is not UTF-8";
        let status = "the response's status 101 Switching Protocols announces another response";
        assert_eq!(causes, [header, status, header]);
    }

    #[tokio::test]
    async fn what_is_about_a_connection_does_not_leave() {
        #[get("/framed")]
        async fn framed() -> impl IntoResponse {
            let headers = [
                ("connection", "close, x-hop"),
                ("content-length", "3"),
                ("keep-alive", "timeout=5"),
                ("proxy-connection", "close"),
                ("te", "trailers"),
                ("trailer", "x"),
                ("transfer-encoding", "chunked"),
                ("upgrade", "h2c"),
                ("x-hop", "1"),
                ("x-kept", "1"),
            ];
            (headers, "longer")
        }
        let client = client(routes![framed]);
        for source in Source::ALL {
            let reply = client.get("/framed").source(source).await;
            let mut names: Vec<_> = reply.headers().keys().collect();
            names.sort_by_key(|name| name.as_str());
            assert_eq!(names, ["content-type", "x-kept"], "{source}");
            assert_eq!(reply.text(), "longer", "{source}");
        }
    }

    #[tokio::test]
    async fn a_reset_has_no_content() {
        #[get("/reset")]
        async fn reset() -> (StatusCode, &'static str) {
            (StatusCode::RESET_CONTENT, "text")
        }
        let reply = client(routes![reset]).get("/reset").await;

        assert_eq!((reply.status().as_u16(), reply.text()), (205, ""));
    }
}

mod middleware {
    use std::time::Duration;

    use powertools::{
        Context,
        router::{
            HeaderName,
            middleware::{api_key, bearer, request_id, security_headers, timeout},
        },
    };

    use super::*;

    async fn mark(name: &'static str, request: Request, next: Next) -> Response {
        let mut response = next.run(request).await;
        let marks = response
            .headers()
            .get("x-marks")
            .and_then(|value| value.to_str().ok());
        let marks = format!("{}{name} ", marks.unwrap_or_default());
        let value = marks.parse().unwrap();
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-marks"), value);
        response
    }

    macro_rules! marked {
        ($name:literal) => {
            |request: Request, next: Next| mark($name, request, next)
        };
    }

    #[tokio::test]
    async fn the_order_is_router_list_route_handler_and_back() {
        let route = Route::new(Method::GET, "/x", fine).middleware(marked!("r1"));
        let inner = Routes::new().with(route.middleware(marked!("r2")));
        let nested = Routes::new().nest("/n", inner.middleware(marked!("n1")));
        let router = Router::new(nested.middleware(marked!("o1"))).unwrap();
        let router = router.middleware(marked!("g1")).middleware(marked!("g2"));

        let reply = TestClient::new(router).get("/n/x").await;

        assert_eq!(reply.header("x-marks"), Some("r2 r1 n1 o1 g2 g1 "));
    }

    #[tokio::test]
    async fn the_routers_run_on_404_and_405_and_see_a_panics_500() {
        #[get("/panic")]
        async fn panics() {
            panic!("on purpose")
        }
        let router = Router::new(routes![panics].middleware(marked!("list"))).unwrap();
        let client = TestClient::new(router.middleware(marked!("all")));

        for (method, url, status, marks) in [
            (Method::GET, "/nowhere", 404, "all "),
            (Method::DELETE, "/panic", 405, "all "),
            (Method::GET, "/panic", 500, "list all "),
        ] {
            let reply = client.request(method, url).await;
            assert_eq!(reply.status(), status, "{url}");
            assert_eq!(reply.header("x-marks"), Some(marks), "{url}");
        }
    }

    #[tokio::test]
    async fn one_that_answers_itself_or_panics_keeps_the_rest_from_running() {
        async fn refuse(_: Request, _: Next) -> Result<Response, Error> {
            Err(Error::forbidden("closed"))
        }
        async fn explode(_: Request, _: Next) -> Response {
            panic!("on purpose")
        }
        let router = || Router::new(routes![fine]).unwrap();

        let refused = router().middleware(marked!("out")).middleware(refuse);
        let reply = TestClient::new(refused.middleware(marked!("in")))
            .get("/fine")
            .await;
        assert_eq!(reply.status(), 403);
        assert_eq!(reply.header("x-marks"), Some("out "));

        let exploded = router().middleware(marked!("out")).middleware(explode);
        let reply = TestClient::new(exploded).get("/fine").await;
        assert_eq!(reply.status(), 500);
        assert_eq!(reply.header("x-marks"), Some("out "));
    }

    #[tokio::test]
    async fn the_shipped_ones_do_what_they_say() {
        let router = Router::new(routes![fine]).unwrap();
        let client = TestClient::new(
            router
                .middleware(request_id())
                .middleware(security_headers()),
        );
        let reply = client.get("/fine").context(Context::new("an-id")).await;
        assert_eq!(reply.header("x-request-id"), Some("an-id"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));

        let check = |token: String| async move { token == "right" };
        let router = Router::new(routes![fine])
            .unwrap()
            .middleware(bearer(check));
        let client = TestClient::new(router);
        for (value, status) in [
            (None, 401),
            (Some("Bearer wrong"), 401),
            (Some("Basic right"), 401),
            (Some("Bearer "), 401),
            (Some("bearer right"), 200),
        ] {
            let mut request = client.get("/fine");
            if let Some(value) = value {
                request = request.header("authorization", value);
            }
            let reply = request.await;
            assert_eq!(reply.status(), status, "{value:?}");
            let asks = reply.header("www-authenticate");
            assert_eq!(asks, (status == 401).then_some("Bearer"), "{value:?}");
        }

        let name = HeaderName::from_static("x-api-key");
        let router = Router::new(routes![fine])
            .unwrap()
            .middleware(api_key(name, check));
        let client = TestClient::new(router);
        let refused = client.get("/fine").await;
        assert_eq!(refused.status(), 401);
        assert_eq!(refused.header("www-authenticate"), Some("ApiKey"));
        assert_eq!(
            client
                .get("/fine")
                .header("x-api-key", "right")
                .await
                .status(),
            200
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_handler_that_is_too_slow_is_a_504_before_the_deadline() {
        #[get("/never")]
        async fn never() {
            std::future::pending().await
        }
        let router = Router::new(routes![never]).unwrap();
        let router = router.middleware(timeout(Duration::from_secs(1)));
        let mut context = Context::new("an-id");
        context.deadline = std::time::SystemTime::now() + Duration::from_secs(3);

        let reply = TestClient::new(router).get("/never").context(context).await;

        assert_eq!(reply.status(), 504);
    }
}

mod failures {
    use std::num::ParseIntError;

    use super::*;

    #[get("/double/{n}")]
    async fn double(Path(n): Path<String>) -> Result<String, Error> {
        Ok((n.parse::<i64>()? * 2).to_string())
    }

    #[tokio::test]
    async fn each_failure_can_be_answered_in_a_form_of_ones_own() {
        async fn nothing() -> (StatusCode, &'static str) {
            (StatusCode::NOT_FOUND, "nothing here")
        }
        let router = Router::new(routes![double, count])
            .unwrap()
            .not_found(nothing)
            .on_error(|error: &ParseIntError| (StatusCode::BAD_REQUEST, error.to_string()))
            .on_problem(|problem, id| {
                let status = problem.status();
                let body =
                    json!({"statusCode": status.as_u16(), "message": problem.detail(), "id": id});
                (status, Json(body))
            });
        let client = TestClient::new(router);

        assert_eq!(client.get("/nowhere").await.text(), "nothing here");
        let parsed = client.get("/double/x").await;
        assert_eq!(
            (parsed.status().as_u16(), parsed.text()),
            (400, "invalid digit found in string")
        );
        let refused = client.post("/count").body("7").await;
        assert_eq!(refused.status(), 415);
        assert_eq!(refused.header("content-type"), Some("application/json"));
        assert_eq!(
            refused.json::<Value>(),
            json!({
                "statusCode": 415,
                "message": "the content type must be `application/json`",
                "id": "00000000-0000-4000-8000-000000000000",
            })
        );
        let wrong = client.delete("/double/1").await;
        assert_eq!(wrong.status(), 405);
        assert_eq!(wrong.header("allow"), Some("GET, HEAD, OPTIONS"));
    }

    #[derive(Debug, thiserror::Error)]
    #[error("the order cannot be read")]
    struct Unreadable(#[source] ParseIntError);

    #[derive(Debug, thiserror::Error)]
    #[error("the shop is closed")]
    struct Closed(#[from] Unreadable);

    #[get("/closed/{n}")]
    async fn closed(Path(n): Path<String>) -> Result<String, Error> {
        let number: i64 = n.parse().map_err(Unreadable).map_err(Closed)?;
        Ok(number.to_string())
    }

    #[tokio::test]
    async fn the_answer_for_the_nearest_cause_is_taken_and_of_one_type_the_last() {
        let router = || Router::new(routes![closed]).unwrap();
        let number = |_: &ParseIntError| (StatusCode::BAD_REQUEST, "number");
        let unreadable = |_: &Unreadable| (StatusCode::CONFLICT, "unreadable");
        for (router, expected) in [
            (router(), (500, "")),
            (router().on_error(number), (400, "number")),
            (
                router().on_error(number).on_error(unreadable),
                (409, "unreadable"),
            ),
            (
                router().on_error(unreadable).on_error(number),
                (409, "unreadable"),
            ),
            (
                router()
                    .on_error(number)
                    .on_error(|_: &ParseIntError| (StatusCode::GONE, "later"))
                    .on_problem(|_, _| "problem"),
                (410, "later"),
            ),
            (
                router()
                    .on_error(|_: &std::fmt::Error| "another")
                    .on_problem(|problem, _| (problem.status(), "problem")),
                (500, "problem"),
            ),
        ] {
            let reply = TestClient::new(router).get("/closed/x").await;
            let text = if expected.1.is_empty() {
                ""
            } else {
                reply.text()
            };
            assert_eq!((reply.status().as_u16(), text), expected);
        }
    }

    #[tokio::test]
    async fn a_cause_is_logged_by_the_status_of_the_answer() {
        let chain = "the shop is closed: the order cannot be read: invalid digit found in string";
        let router = || Router::new(routes![closed]).unwrap();
        let conflict = |_: &Closed| Error::conflict("closed").with_cause(std::fmt::Error);
        let own = std::fmt::Error.to_string();
        let internal = "500 Internal Server Error";
        for (router, expected) in [
            (router(), vec![("ERROR", internal, chain)]),
            (
                router().on_error(|_: &Closed| (StatusCode::CONFLICT, "closed")),
                vec![("WARN", "409 Conflict", chain)],
            ),
            (
                router().on_error(conflict),
                vec![
                    ("WARN", "409 Conflict", chain),
                    ("WARN", "409 Conflict: closed", &*own),
                ],
            ),
            (
                router().on_error(|_: &Closed| -> StatusCode { panic!("on purpose") }),
                vec![
                    ("ERROR", internal, chain),
                    (
                        "ERROR",
                        internal,
                        "the answer to a failure panicked: on purpose",
                    ),
                ],
            ),
        ] {
            let client = TestClient::new(router);
            let lines = logged(client.get("/closed/x").into_future()).await;
            let lines: Vec<_> = lines
                .iter()
                .filter(|line| line["level"] != "INFO")
                .map(|line| (&line["level"], &line["message"], chain_of(&line["error"])))
                .collect();
            assert_eq!(lines.len(), expected.len(), "{lines:?}");
            for (line, (level, message, cause)) in lines.into_iter().zip(expected) {
                assert_eq!(line, (&level.into(), &message.into(), cause.to_owned()));
            }
        }
    }
}

mod arguments {
    use powertools::router::{
        Cookie, Cookies, Form, Html, Query, Redirect, Rejection, SourceIp, Valid,
    };
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Entry {
        name: String,
        #[serde(default)]
        tag: Vec<String>,
    }

    #[post("/form")]
    async fn form(Form(entry): Form<Entry>) -> String {
        format!("{} {:?}", entry.name, entry.tag)
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "nothing is ever read into it")]
    struct Nested {
        entry: Entry,
    }

    #[post("/nested")]
    async fn nested(_: Form<Nested>) {}

    #[get("/cookies")]
    async fn cookies(cookies: Cookies) -> String {
        format!("{:?} {:?}", cookies.get("a"), cookies.get("quoted"))
    }

    #[get("/ip")]
    async fn ip(SourceIp(ip): SourceIp) -> String {
        ip.to_string()
    }

    #[post("/maybe")]
    async fn maybe(body: Option<Json<u64>>, query: Result<Query<Entry>, Rejection>) -> String {
        let refused = query
            .err()
            .and_then(|rejection| rejection.detail().map(str::to_owned));
        format!("{:?} {refused:?}", body.map(|Json(number)| number))
    }

    #[get("/page")]
    async fn page() -> Html<&'static str> {
        Html("<p>hi</p>")
    }

    #[get("/old")]
    async fn old() -> Redirect {
        Redirect::permanent("/new")
    }

    #[tokio::test]
    async fn forms_are_read_like_queries_and_must_say_that_they_are_forms() {
        let client = client(routes![form, nested]);
        let post = |kind: &'static str, body: &'static str| {
            client.post("/form").header("content-type", kind).body(body)
        };
        const FORM: &str = "application/x-www-form-urlencoded";

        for source in Source::ALL {
            let reply = post(FORM, "name=J%C3%BCrg+M&tag=a&tag=b")
                .source(source)
                .await;
            assert_eq!(reply.text(), r#"Jürg M ["a", "b"]"#, "{source}");
        }
        for (count, status) in [(1024, 200), (1025, 400)] {
            let body = "tag=a&&".repeat(count - 1) + "name=b";
            let reply = client.post("/form").header("content-type", FORM).body(body);
            assert_eq!(reply.await.status(), status, "{count}");
        }
        assert_eq!(post("application/json", "name=x").await.status(), 415);
        assert_eq!(post(FORM, "name=%ff").await.status(), 400);
        assert_eq!(post(FORM, "tag=a").await.status(), 422);
        let nested = client.post("/nested").header("content-type", FORM);
        let nested = nested.body("entry=x").await;
        assert!(!nested.text().contains("struct"), "{}", nested.text());
    }

    #[tokio::test]
    async fn cookies_are_the_same_from_every_source() {
        let client = client(routes![cookies]);
        for source in Source::ALL {
            let request = client.get("/cookies").source(source);
            let reply = request
                .header("cookie", "a=1; b=2; a=3; quoted=\"q\"")
                .await;
            assert_eq!(reply.text(), r#"Some("1") Some("q")"#, "{source}");
        }
    }

    #[tokio::test]
    async fn the_clients_address_is_the_one_that_the_front_end_saw() {
        let client = client(routes![ip]);
        for source in Source::ALL {
            let request = || client.get("/ip").source(source);
            assert_eq!(request().await.text(), "127.0.0.1", "{source}");
            let claimed = request()
                .header("x-forwarded-for", "203.0.113.9")
                .header("x-forwarded-for", "203.0.113.10");
            assert_eq!(claimed.await.text(), "127.0.0.1", "{source}");
        }
    }

    #[tokio::test]
    async fn what_may_be_absent_is_none_and_what_is_refused_can_be_taken() {
        let client = client(routes![maybe]);

        let absent = client.post("/maybe?tag=x").await;
        let there = client.post("/maybe?name=x").json(7).await;
        let wrong = client.post("/maybe").json("seven").await;

        assert_eq!(
            absent.text(),
            r#"None Some("query parameter `name`: is missing")"#
        );
        assert_eq!(there.text(), "Some(7) None");
        assert_eq!(wrong.status(), 422);
    }

    #[derive(Deserialize, garde::Validate)]
    struct Line {
        #[garde(length(min = 1))]
        name: String,
        #[garde(range(max = 99))]
        count: u32,
    }

    #[post("/valid")]
    async fn valid(Valid(Json(line)): Valid<Json<Line>>) -> String {
        format!("{} {}", line.count, line.name)
    }

    #[tokio::test]
    async fn what_is_readable_but_not_valid_is_a_422_that_names_every_rule() {
        let client = client(routes![valid]);
        let post = |body: Value| client.post("/valid").json(body);

        assert_eq!(
            post(json!({"name": "tea", "count": 2})).await.text(),
            "2 tea"
        );
        let broken = post(json!({"name": "", "count": 100})).await;
        assert_eq!(broken.status(), 422);
        let detail = broken.json::<Value>()["detail"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            detail.contains("name: ") && detail.contains("count: "),
            "{detail}"
        );
        assert_eq!(post(json!({"name": 5})).await.status(), 422);
        assert_eq!(client.post("/valid").body("{}").await.status(), 415);
    }

    #[get("/sweet")]
    async fn sweet() -> ([Cookie<'static>; 2], &'static str) {
        let first = Cookie::build(("a", "1"))
            .path("/p")
            .domain("d.com")
            .http_only(true);
        let expires = "Expires=Sat, 31 Dec 2022 00:00:00 GMT";
        let second = Cookie::parse(format!("b=2; {expires}")).unwrap();
        ([first.build(), second], "sweet")
    }

    #[tokio::test]
    async fn cookies_are_set_one_by_one_even_with_a_comma_in_a_date() {
        let client = client(routes![sweet]);
        let second = "b=2; Expires=Sat, 31 Dec 2022 00:00:00 GMT";
        let both = vec!["a=1; HttpOnly; Path=/p; Domain=d.com", second];
        for source in Source::ALL {
            let reply = client.get("/sweet").source(source).await;
            let single = [Source::Alb, Source::LatticeV1, Source::Lattice].contains(&source);
            let expected = if single { vec![second] } else { both.clone() };
            assert_eq!(reply.cookies(), expected, "{source}");
        }
    }

    #[tokio::test]
    async fn pages_and_redirects_have_their_headers() {
        let client = client(routes![page, old]);

        let page = client.get("/page").await;
        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        let old = client.get("/old").await;
        assert_eq!(
            (old.status().as_u16(), old.header("location")),
            (308, Some("/new"))
        );
    }
}
