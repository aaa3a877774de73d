//! What handlers take and return, beyond what `router.rs` has: every case through a whole function.

use std::sync::{Arc, Mutex};

use powertools::{
    event::Source,
    logger,
    router::{Json, Router, Routes, StatusCode, get, post, routes},
    testing::{TestClient, TestReply, TestRequest},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt;

fn client(routes: Routes) -> TestClient<Router> {
    TestClient::new(Router::new(routes).expect("the routes are good"))
}

/// The reply, and the causes that were logged for the operator.
async fn with_causes(request: TestRequest<'_, Router>) -> (TestReply, Vec<String>) {
    let written = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&written);
    let layer = logger::builder()
        .writer(move |line| {
            let line = serde_json::from_slice::<Value>(line).expect("a line is JSON");
            if let Some(cause) = line["error"]["message"].as_str() {
                sink.lock()
                    .expect("no writer panics")
                    .push(cause.to_owned());
            }
        })
        .layer();
    let subscriber = tracing_subscriber::registry().with(layer);
    let guard = tracing::subscriber::set_default(subscriber);
    let reply = request.await;
    drop(guard);
    let causes = written.lock().expect("no writer panics").clone();
    (reply, causes)
}

/// A 500 that tells the client nothing, and the one cause that the operator reads.
async fn internal(request: TestRequest<'_, Router>) -> String {
    let (reply, mut causes) = with_causes(request).await;
    assert_eq!(reply.status(), 500, "{}", reply.text());
    assert_eq!(reply.json::<Value>()["detail"], Value::Null);
    assert_eq!(causes.len(), 1, "{causes:?}");
    causes.remove(0)
}

fn detail(reply: &TestReply) -> String {
    let detail = &reply.json::<Value>()["detail"];
    detail.as_str().expect("a detail").to_owned()
}

mod cookies {
    use powertools::router::{
        IntoResponse, Path, Response,
        cookie::{Cookie, Duration, SameSite},
    };

    use super::*;

    /// Sets what stands in the path, decoded: anything that a client may send.
    #[get("/value/{value}")]
    async fn value(Path(value): Path<String>) -> (Cookie<'static>, &'static str) {
        (Cookie::new("a", value), "set")
    }

    #[get("/path/{path}")]
    async fn path(Path(path): Path<String>) -> (StatusCode, Cookie<'static>, ()) {
        (
            StatusCode::CREATED,
            Cookie::build(("a", "1")).path(path).build(),
            (),
        )
    }

    #[get("/domain/{domain}")]
    async fn domain(Path(domain): Path<String>) -> impl IntoResponse {
        let cookies = [
            Cookie::new("b", "2"),
            Cookie::build(("a", "1")).domain(domain).build(),
        ];
        (StatusCode::CREATED, cookies, "set")
    }

    #[get("/name/{name}")]
    async fn name(Path(name): Path<String>) -> (Cookie<'static>, ()) {
        (Cookie::new(name, "1"), ())
    }

    #[get("/nameless")]
    async fn nameless() -> Response {
        (Cookie::new("", "1"), "set").into_response()
    }

    #[get("/good")]
    async fn good() -> (StatusCode, Cookie<'static>, &'static str) {
        let cookie = Cookie::build(("__Host-a", "\"b=c/d+e.f\""))
            .path("/with space")
            .domain("shop.example")
            .max_age(Duration::days(30))
            .same_site(SameSite::None);
        (StatusCode::CREATED, cookie.build(), "set")
    }

    #[tokio::test]
    async fn what_a_cookie_cannot_hold_is_a_logged_500_and_no_cookie() {
        let client = client(routes![value, path, domain, name, nameless]);

        for (url, expected) in [
            (
                "/value/x; Domain=evil",
                "cookie \"a\": RFC 6265 does not allow ';' in its value",
            ),
            (
                "/value/a b",
                "cookie \"a\": RFC 6265 does not allow ' ' in its value",
            ),
            (
                "/value/a,b",
                "cookie \"a\": RFC 6265 does not allow ',' in its value",
            ),
            (
                "/value/a%5Cb",
                "cookie \"a\": RFC 6265 does not allow '\\\\' in its value",
            ),
            (
                "/value/a%22b",
                "cookie \"a\": RFC 6265 does not allow '\"' in its value",
            ),
            (
                "/value/%00",
                "cookie \"a\": RFC 6265 does not allow '\\0' in its value",
            ),
            (
                "/value/%0D%0Ax: y",
                "cookie \"a\": RFC 6265 does not allow '\\r' in its value",
            ),
            (
                "/value/é",
                "cookie \"a\": RFC 6265 does not allow 'é' in its value",
            ),
            (
                "/path/%2F; Domain=evil",
                "cookie \"a\": RFC 6265 does not allow ';' in its path",
            ),
            (
                "/path/%09",
                "cookie \"a\": RFC 6265 does not allow '\\t' in its path",
            ),
            (
                "/domain/a.example;b",
                "cookie \"a\": RFC 6265 does not allow ';' in its domain",
            ),
            (
                "/domain/a%20b",
                "cookie \"a\": RFC 6265 does not allow ' ' in its domain",
            ),
            (
                "/name/a=b",
                "cookie \"a=b\": RFC 6265 does not allow '=' in its name",
            ),
            (
                "/name/a;b",
                "cookie \"a;b\": RFC 6265 does not allow ';' in its name",
            ),
            ("/nameless", "a cookie has no name"),
        ] {
            let request = || client.get(url).source(Source::RestApi);
            assert_eq!(internal(request()).await, expected, "{url}");
            assert!(request().await.cookies().is_empty(), "{url}");
        }
    }

    #[tokio::test]
    async fn what_a_cookie_can_hold_arrives() {
        let client = client(routes![good, value]);
        for source in Source::ALL {
            let reply = client.get("/good").source(source).await;
            assert_eq!((reply.status(), reply.text()), (StatusCode::CREATED, "set"));
            assert_eq!(
                reply.cookies(),
                [
                    "__Host-a=\"b=c/d+e.f\"; SameSite=None; Secure; Path=/with space; Domain=shop.example; \
                  Max-Age=2592000"
                ],
                "{source}"
            );
        }
        let all = "/value/!%23$%25&'()*+-.%2F09:<=>%3F@AZ[]^_`az{|}~";
        let value = client.get(all).source(Source::RestApi).await;
        assert_eq!(value.cookies(), ["a=!#$%&'()*+-./09:<=>?@AZ[]^_`az{|}~"]);
    }
}

#[tokio::test]
async fn a_status_makes_no_success_of_a_failure() {
    use powertools::router::{Error, HeaderMap};
    use std::collections::BTreeMap;

    #[get("/json")]
    async fn no_json() -> (StatusCode, Json<BTreeMap<Option<u8>, u8>>) {
        (StatusCode::CREATED, Json([(None, 1)].into()))
    }
    #[get("/header")]
    async fn no_header() -> (StatusCode, [(&'static str, &'static str); 1], &'static str) {
        (StatusCode::CREATED, [("x-a", "\n")], "made")
    }
    #[get("/chosen")]
    async fn chosen() -> (StatusCode, HeaderMap, Error) {
        (
            StatusCode::BAD_GATEWAY,
            HeaderMap::new(),
            Error::internal("no answer"),
        )
    }
    let client = client(routes![no_json, no_header, chosen]);

    assert_eq!(internal(client.get("/json")).await, "key must be a string");
    assert_eq!(
        internal(client.get("/header")).await,
        "failed to parse header value"
    );
    assert_eq!(client.get("/chosen").await.status(), 502);
}

mod validation {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use garde::Validate;
    use powertools::router::{Path, Problem, Query, Valid};

    use super::*;

    #[derive(Deserialize, Validate)]
    struct Order {
        #[garde(dive)]
        lines: Vec<Line>,
    }

    #[derive(Deserialize, Validate)]
    struct Line {
        #[garde(length(min = 3))]
        name: String,
        #[garde(range(max = 99))]
        #[serde(default)]
        count: u32,
    }

    #[derive(Deserialize)]
    struct Period {}

    impl Validate for Period {
        type Context = ();

        fn validate_into(
            &self,
            (): &(),
            path: &mut dyn FnMut() -> garde::Path,
            report: &mut garde::Report,
        ) {
            report.append(path(), garde::Error::new("ends before it starts"));
        }
    }

    #[post("/order")]
    async fn order(Valid(Json(order)): Valid<Json<Order>>) -> String {
        order.lines.iter().map(|line| &*line.name).collect()
    }

    #[post("/perhaps")]
    async fn perhaps(
        order: Option<Valid<Json<Order>>>,
        query: Option<Valid<Query<Line>>>,
    ) -> String {
        format!(
            "{:?} {:?}",
            order.map(|order| order.0.0.lines.len()),
            query.map(|query| query.0.0.count)
        )
    }

    #[post("/period")]
    async fn period(_: Valid<Query<Period>>) {}

    #[tokio::test]
    async fn every_broken_rule_is_told_by_its_path() {
        let client = client(routes![order, period]);
        let post = |value: Value| client.post("/order").json(value);

        assert_eq!(
            post(json!({"lines": [{"name": "tea"}]})).await.text(),
            "tea"
        );
        let short = json!({"lines": [{"name": "tea"}, {"name": "t", "count": 100}]});
        assert_eq!(
            post(short).await.json::<Value>(),
            json!({
                "title": "Unprocessable Entity",
                "status": 422,
                "detail": "lines[1].count: greater than 99; lines[1].name: length is lower than 3",
                "errors": [
                    {"path": "lines[1].count", "detail": "greater than 99"},
                    {"path": "lines[1].name", "detail": "length is lower than 3"},
                ],
                "requestId": "00000000-0000-4000-8000-000000000000",
            })
        );
        let whole = client.post("/period").await.json::<Value>();
        assert_eq!(whole["detail"], "ends before it starts");
        assert_eq!(
            whole["errors"],
            json!([{"path": "", "detail": "ends before it starts"}])
        );
    }

    #[tokio::test]
    async fn of_many_broken_rules_fifty_are_told() {
        let client = client(routes![order]);
        let lines = vec![json!({"name": ""}); 1000];
        let reply = client.post("/order").json(json!({"lines": lines})).await;

        assert_eq!(reply.status(), 422);
        assert_eq!(
            detail(&reply),
            "lines[0].name: length is lower than 3; lines[1].name: length is lower than 3; \
             lines[2].name: length is lower than 3; and 997 more"
        );
        let errors = &reply.json::<Value>()["errors"];
        assert_eq!(errors.as_array().expect("a list").len(), 50);
        assert_eq!(errors[49]["path"], "lines[49].name");
    }

    #[test]
    fn errors_beyond_the_fiftieth_are_not_even_formatted() {
        let formatted = AtomicUsize::new(0);
        let errors = (0..700_000).map(|index| {
            formatted.fetch_add(1, Ordering::Relaxed);
            (format!("lines[{index}]"), "wrong")
        });
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY).with_errors(errors);

        assert_eq!(formatted.into_inner(), 50);
        assert_eq!(problem.errors().len(), 50);
        assert_eq!(problem.errors().last(), Some(("lines[49]", "wrong")));
        let long = Problem::new(StatusCode::BAD_REQUEST)
            .with_errors([("x".repeat(2000), "y".repeat(2000))]);
        let (path, detail) = long.errors().next().expect("one error");
        assert_eq!((path.chars().count(), detail.chars().count()), (501, 501));
    }

    #[tokio::test]
    async fn what_is_absent_is_valid_and_what_is_there_is_held_to_the_rules() {
        let client = client(routes![perhaps]);
        let status = async |request: TestRequest<'_, Router>| request.await.status().as_u16();

        assert_eq!(client.post("/perhaps").await.text(), "None None");
        let both = client
            .post("/perhaps?name=tea&count=7")
            .json(json!({"lines": []}));
        assert_eq!(both.await.text(), "Some(0) Some(7)");
        assert_eq!(status(client.post("/perhaps?name=t")).await, 422);
        assert_eq!(
            status(
                client
                    .post("/perhaps")
                    .json(json!({"lines": [{"name": ""}]}))
            )
            .await,
            422
        );
        assert_eq!(status(client.post("/perhaps").json(5)).await, 422);
    }

    #[tokio::test]
    async fn the_answer_to_problems_can_tell_the_errors_in_its_own_form() {
        #[get("/{name}")]
        async fn one(_: Valid<Path<Line>>) {}
        let router = Router::new(routes![one])
            .unwrap()
            .on_problem(|problem: &Problem, _: &str| {
                let errors = problem
                    .errors()
                    .map(|(path, detail)| format!("{path} {detail}"));
                Json(errors.collect::<Vec<_>>())
            });

        let reply = TestClient::new(router).get("/ab").await;
        assert_eq!(
            reply.json::<Value>(),
            json!(["name length is lower than 3"])
        );
    }
}

mod refusals {
    use powertools::router::{Context, Error, FromRequest, IntoResponse, Path, Rejection, Request};

    use super::*;

    struct Lines(usize);

    impl<S: Sync> FromRequest<S> for Lines {
        type Rejection = Error;

        async fn from_request(request: &Request, state: &S) -> Result<Self, Error> {
            let Json(lines) = Json::<Vec<String>>::from_request(request, state).await?;
            let Path(most) = Path::<u8>::from_request(request, state).await?;
            Ok(Self(lines.len().min(most.into())))
        }
    }

    #[post("/lines/{most}")]
    async fn lines(lines: Lines) -> String {
        lines.0.to_string()
    }

    #[post("/json")]
    async fn as_result(
        list: Result<Json<Vec<String>>, Rejection>,
        _: Context,
    ) -> Result<impl IntoResponse, Error> {
        let Json(list) = list?;
        Ok(list.len().to_string())
    }

    #[tokio::test]
    async fn a_rejection_becomes_an_error_that_tells_the_same() {
        let client = client(routes![lines, as_result]);

        for url in ["/lines/2", "/json"] {
            let wrong = client.post(url).json(json!({})).await;
            assert_eq!(wrong.status(), 422, "{url}");
            assert!(
                detail(&wrong).starts_with("the body is not as expected"),
                "{url}"
            );
            assert_eq!(client.post(url).json(json!(["a", "b"])).await.text(), "2");
        }
    }
}

mod paths_and_queries {
    use powertools::router::{Path, Query};

    use super::*;

    #[derive(Deserialize)]
    struct Place {
        shop: String,
    }

    #[get("/shops/{stop}")]
    async fn misspelt(Path(place): Path<Place>) -> String {
        place.shop
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Exact {
        shop: u32,
    }

    #[get("/{shop}/orders/{id}")]
    async fn unknown(Path(exact): Path<Exact>) -> String {
        exact.shop.to_string()
    }

    #[derive(Deserialize)]
    struct Search {
        q: Option<String>,
        #[serde(flatten)]
        page: Page,
    }

    #[derive(Deserialize)]
    struct Page {
        page: Option<u32>,
        #[serde(default)]
        exact: bool,
        #[serde(default)]
        tag: Vec<String>,
    }

    #[get("/flat")]
    async fn flat(Query(search): Query<Search>) -> String {
        format!("{:?} {:?}", search.q, search.page.page)
    }

    #[get("/exact")]
    async fn exact(Query(exact): Query<Exact>) -> String {
        exact.shop.to_string()
    }

    #[get("/page")]
    async fn page(Query(page): Query<Page>) -> String {
        format!("{:?} {} {:?}", page.page, page.exact, page.tag)
    }

    #[tokio::test]
    async fn a_struct_that_does_not_fit_its_pattern_is_the_programs_mistake() {
        let client = client(routes![misspelt, unknown]);

        assert_eq!(
            internal(client.get("/shops/corner")).await,
            "a `Path<…>` does not fit its pattern, prefixes included: the parameters are `stop`; `shop`: \
             is missing"
        );
        assert_eq!(
            internal(client.get("/7/orders/8")).await,
            "a `Path<…>` does not fit its pattern, prefixes included: the parameters are `shop`, `id`; \
             `id`: is not known; there are `shop`"
        );
        let wrong = client.get("/corner/orders/8").await;
        assert_eq!(wrong.status(), 400);
        assert!(detail(&wrong).starts_with("path parameter `shop`: invalid value"));
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_query_is_a_sentence() {
        let client = client(routes![flat, exact, page]);
        let refused = async |url: &str| {
            let reply = client.get(url).await;
            assert_eq!(reply.status(), 400, "{url}: {}", reply.text());
            detail(&reply)
        };

        assert_eq!(client.get("/flat?q=tea").await.text(), "Some(\"tea\") None");
        assert_eq!(
            refused("/flat?page=3").await,
            "query: invalid type: string \"3\", expected u32"
        );
        assert_eq!(
            refused("/exact?shop=1&id=2").await,
            "query parameter `id`: is not known; there are `shop`"
        );
        let number = "expected a whole number from 0 to 4294967295";
        assert_eq!(
            refused("/page?page=").await,
            format!("query parameter `page`: invalid value: string \"\", {number}")
        );
        let boolean = "expected `true` or `false`";
        for (url, given) in [("/page?exact", ""), ("/page?exact=on", "on")] {
            assert_eq!(
                refused(url).await,
                format!("query parameter `exact`: invalid value: string {given:?}, {boolean}")
            );
        }
        let all = client.get("/page?page=2&exact=true&tag=a,b&tag=c").await;
        assert_eq!(all.text(), r#"Some(2) true ["a,b", "c"]"#);
    }
}

mod left_by_a_middleware {
    use powertools::router::{Extension, HeaderMap, Next, Request, Response};

    use super::*;

    #[derive(Clone, Debug)]
    struct Claims {
        user: String,
    }

    async fn verified(mut request: Request, next: Next) -> Response {
        if let Some(user) = request.headers().get("x-user").map(str::to_owned) {
            request.extensions_mut().insert(Claims { user });
        }
        next.run(request).await
    }

    #[get("/me")]
    async fn me(Extension(claims): Extension<Claims>) -> String {
        claims.user
    }

    #[get("/perhaps")]
    async fn perhaps(claims: Option<Extension<Claims>>) -> String {
        format!("{:?}", claims.map(|claims| claims.0.user))
    }

    #[get("/headers")]
    async fn headers(headers: HeaderMap) -> Result<String, StatusCode> {
        let values: Vec<_> = headers.get_all("x-user").iter().collect();
        Ok(format!("{values:?}"))
    }

    #[tokio::test]
    async fn a_handler_takes_a_clone_of_it() {
        let client = client(routes![me, perhaps].middleware(verified));

        assert_eq!(
            client.get("/me").header("x-user", "ann").await.text(),
            "ann"
        );
        let there = client.get("/perhaps").header("x-user", "ann").await;
        assert_eq!(there.text(), "Some(\"ann\")");
        assert_eq!(client.get("/perhaps").await.text(), "None");
        assert_eq!(
            internal(client.get("/me")).await,
            "no `extractors::left_by_a_middleware::Claims` is in the request's extensions; a middleware \
             around this handler has to insert it"
        );
    }

    #[tokio::test]
    async fn headers_can_be_had_as_a_map() {
        let client = client(routes![headers]).source(Source::RestApi);

        let reply = client
            .get("/headers")
            .header("X-User", "a")
            .header("x-user", "b")
            .await;
        assert_eq!(reply.text(), r#"["a", "b"]"#);
    }
}

mod test_client {
    use powertools::router::{Cookies, Form, HeaderMap, Response};

    use super::*;

    #[post("/form")]
    async fn form(Form(pairs): Form<Vec<(String, String)>>) -> String {
        format!("{pairs:?}")
    }

    #[get("/sent")]
    async fn sent(cookies: Cookies, headers: HeaderMap) -> String {
        let cookies: Vec<_> = cookies.iter().collect();
        format!(
            "{cookies:?} {:?} {:?}",
            headers.get("authorization"),
            headers.get("x-forwarded-for")
        )
    }

    #[get("/city")]
    async fn city() -> ([(&'static str, &'static str); 1], Response) {
        (
            [("x-city", "Orléans")],
            Response::new(StatusCode::NO_CONTENT),
        )
    }

    #[tokio::test]
    async fn forms_cookies_and_tokens_are_a_call_each() {
        let client = client(routes![form, sent]);

        for source in Source::ALL {
            let fields = [("name", "tea & é"), ("tag", "a+b=c"), ("tag", "*-._~")];
            let reply = client.post("/form").source(source).form(&fields).await;
            assert_eq!(reply.text(), format!("{fields:?}"), "{source}");

            let request = client.get("/sent").source(source);
            let reply = request
                .cookie("a", "1")
                .bearer("x")
                .cookie("b", "2")
                .bearer("t0k")
                .await;
            let expected = r#"[("a", "1"), ("b", "2")] Some("Bearer t0k")"#;
            assert!(
                reply.text().starts_with(expected),
                "{source}: {}",
                reply.text()
            );
        }
        let form = client
            .post("/form")
            .header("content-type", "text/plain")
            .form(&[]);
        assert_eq!(form.await.status(), 415);
    }

    #[tokio::test]
    async fn load_balancers_append_the_peers_address_as_the_real_ones_do() {
        let client = client(routes![sent]);

        for source in [
            Source::Alb,
            Source::AlbMultiValue,
            Source::LatticeV1,
            Source::Lattice,
        ] {
            let request = || client.get("/sent").source(source);
            assert!(
                request().await.text().ends_with("Some(\"127.0.0.1\")"),
                "{source}"
            );
            let claimed = request().header("x-forwarded-for", "203.0.113.9").await;
            assert!(
                claimed.text().ends_with("Some(\"203.0.113.9, 127.0.0.1\")"),
                "{source}"
            );
        }
    }

    #[tokio::test]
    async fn header_values_of_a_reply_are_text_beyond_ascii_too() {
        let client = client(routes![city]);

        for source in Source::ALL {
            let reply = client.get("/city").source(source).await;
            assert_eq!(reply.header("x-city"), Some("Orléans"), "{source}");
            assert_eq!(reply.header_all("x-city"), ["Orléans"], "{source}");
        }
    }
}

#[tokio::test]
async fn who_a_client_is_stands_where_its_front_end_puts_it() {
    /// What the request context has of an authorizer.
    #[get("/me")]
    async fn me(request: powertools::router::Request) -> Json<Value> {
        let context: Value = request.request_context().expect("it is JSON");
        Json(context["authorizer"].clone())
    }
    let client = client(routes![me]);
    for (source, expected) in [
        (
            Source::RestApi,
            json!({"claims": {"sub": "ann"}, "role": "cook"}),
        ),
        (
            Source::HttpApiV1,
            json!({"claims": {"sub": "ann"}, "scopes": null, "role": "cook"}),
        ),
        (
            Source::HttpApi,
            json!({"jwt": {"claims": {"sub": "ann"}, "scopes": null}, "lambda": {"role": "cook"}}),
        ),
        (Source::FunctionUrl, Value::Null),
        (Source::Alb, Value::Null),
    ] {
        let request = client.get("/me").source(source).claim("sub", "ann");
        let reply = request.authorizer(json!({"role": "cook"})).await;
        let found: Value = reply.json();
        assert_eq!(found, expected, "{source}");
    }
}
