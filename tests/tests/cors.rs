//! CORS: every answer against the steps by which a browser judges it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use http::{HeaderMap, Method};
use powertools::{
    event::Source,
    router::{
        Cors, Error, HeaderName, HeaderValue, Json, Route, RouteErrors, Router, Routes, delete,
        get, options, post, put, routes,
    },
    testing::{TestClient, TestReply},
};

const SHOP: &str = "https://shop.example";

#[get("/things")]
async fn things() -> &'static str {
    "all"
}

#[put("/things")]
async fn replace() -> Json<u8> {
    Json(1)
}

#[post("/things")]
async fn refuse() -> Result<(), Error> {
    Err(Error::conflict("there is one already"))
}

#[delete("/things")]
async fn explode() {
    panic!("on purpose");
}

#[get("/private")]
async fn private() -> &'static str {
    "mine"
}

#[options("/custom")]
async fn own_options() -> ([(HeaderName, HeaderValue); 1], ()) {
    let methods = HeaderValue::from_static("BREW");
    ([(http::header::ACCESS_CONTROL_ALLOW_METHODS, methods)], ())
}

fn router(cors: Cors) -> Router {
    let routes = routes![things, replace, refuse, explode, own_options];
    let hidden = routes![private].without_cors();
    Router::new(routes.merge(hidden))
        .unwrap()
        .cors(cors)
        .unwrap()
}

/// What a page does.
#[derive(Clone, Copy, Debug)]
struct Fetch {
    origin: &'static str,
    method: &'static str,
    header: Option<&'static str>,
    credentials: bool,
}

/// The CORS check of the Fetch standard (§4.10).
fn check(fetch: Fetch, headers: &HeaderMap) -> bool {
    let allowed: Vec<_> = headers
        .get_all("access-control-allow-origin")
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    if allowed.is_empty() {
        return false;
    }
    let allowed = allowed.join(", ");
    if !fetch.credentials && allowed == "*" {
        return true;
    }
    if allowed != fetch.origin {
        return false;
    }
    !fetch.credentials
        || headers
            .get("access-control-allow-credentials")
            .is_some_and(|value| value == "true")
}

fn list(headers: &HeaderMap, name: &str) -> Vec<String> {
    headers
        .get_all(name)
        .iter()
        .flat_map(|value| value.to_str().unwrap().split(','))
        .map(|item| item.trim().to_owned())
        .filter(|item| !item.is_empty())
        .collect()
}

/// The CORS-preflight fetch of the Fetch standard (§4.8), from its seventh step on.
fn preflight_passes(fetch: Fetch, reply: &TestReply) -> bool {
    let headers = reply.headers();
    if !check(fetch, headers) || !reply.status().is_success() {
        return false;
    }
    let methods = list(headers, "access-control-allow-methods");
    let wild = |items: &[String]| !fetch.credentials && items.iter().any(|item| item == "*");
    let safe = ["GET", "HEAD", "POST"].contains(&fetch.method);
    if !methods.iter().any(|method| method == fetch.method) && !safe && !wild(&methods) {
        return false;
    }
    let names = list(headers, "access-control-allow-headers");
    match fetch.header {
        None => true,
        Some(name) => {
            let named = names.iter().any(|known| known.eq_ignore_ascii_case(name));
            named || (name != "authorization" && wild(&names))
        }
    }
}

/// The whole of a cross-origin fetch: whether the page may read the answer, and its status.
async fn browse(
    client: &TestClient<Router>,
    source: Source,
    fetch: Fetch,
    path: &str,
) -> Option<u16> {
    let method: Method = fetch.method.parse().unwrap();
    let is_simple = ["GET", "HEAD", "POST"].contains(&fetch.method) && fetch.header.is_none();
    if !is_simple {
        let mut preflight = client
            .request(Method::OPTIONS, path)
            .source(source)
            .header("origin", fetch.origin)
            .header("access-control-request-method", fetch.method);
        if let Some(name) = fetch.header {
            preflight = preflight.header("access-control-request-headers", name);
        }
        if !preflight_passes(fetch, &preflight.await) {
            return None;
        }
    }
    let mut request = client
        .request(method, path)
        .source(source)
        .header("origin", fetch.origin);
    if let Some(name) = fetch.header {
        request = request.header(name, "x");
    }
    let reply = request.await;
    check(fetch, reply.headers()).then(|| reply.status().as_u16())
}

#[tokio::test]
async fn the_browsers_verdict_is_the_policys_in_every_combination() {
    let policies: [Case; 5] = [
        (
            "one",
            Cors::allow_origin(SHOP),
            |origin| origin == SHOP,
            false,
        ),
        (
            "one with credentials",
            Cors::allow_origin(SHOP)
                .allow_credentials()
                .allow_header("x-mine"),
            |origin| origin == SHOP,
            true,
        ),
        ("any", Cors::allow_any_origin(), |_| true, false),
        (
            "subdomains",
            Cors::allow_origin("https://*.shop.example").allow_credentials(),
            |origin| origin == "https://www.shop.example" || origin == "https://a.b.shop.example",
            true,
        ),
        (
            "function",
            Cors::allow_origin_if(|origin| origin.ends_with(".test")).or_origin(SHOP),
            |origin| origin == SHOP || origin == "https://x.test",
            false,
        ),
    ];
    let origins = [
        SHOP,
        "https://www.shop.example",
        "https://a.b.shop.example",
        "https://evilshop.example",
        "https://shop.example.evil.com",
        "http://shop.example",
        "https://shop.example:8443",
        "https://x.test",
        "null",
    ];
    let mut judged = 0;
    for (name, cors, admits, credentials_allowed) in policies {
        let allows_mine = name == "one with credentials";
        let client = TestClient::new(router(cors));
        for (origin, credentials, header, (method, path, status)) in combinations(&origins) {
            let fetch = Fetch {
                origin,
                method,
                header,
                credentials,
            };
            let method_is_there = status != 405;
            let safe = ["GET", "HEAD", "POST"].contains(&method);
            let header_allowed = match header {
                None => true,
                Some("authorization") => true,
                Some(_) => allows_mine,
            };
            let allowed = admits(origin)
                && (!credentials || credentials_allowed)
                && (method_is_there || safe)
                && header_allowed;
            let expected = allowed.then_some(status);
            for source in [Source::HttpApi, Source::RestApi, Source::AlbMultiValue] {
                let seen = browse(&client, source, fetch, path).await;

                assert_eq!(seen, expected, "{name}: {fetch:?} {path} ({source})");
                judged += 1;
            }
        }
    }
    assert!(judged > 3000, "{judged}");
}

/// A name, the policy, the origins it is to admit, whether it is to admit credentials.
type Case = (&'static str, Cors, fn(&str) -> bool, bool);

type Combination = (
    &'static str,
    bool,
    Option<&'static str>,
    (&'static str, &'static str, u16),
);

fn combinations(origins: &[&'static str]) -> Vec<Combination> {
    let asked = [
        ("GET", "/things", 200),
        ("PUT", "/things", 200),
        ("POST", "/things", 409),
        ("DELETE", "/things", 500),
        ("PATCH", "/things", 405),
        ("GET", "/nowhere", 404),
        ("DELETE", "/nowhere", 404),
    ];
    let mut all = Vec::new();
    for origin in origins {
        for credentials in [false, true] {
            for header in [None, Some("authorization"), Some("x-mine")] {
                all.extend(asked.map(|asked| (*origin, credentials, header, asked)));
            }
        }
    }
    all
}

#[tokio::test]
async fn a_policy_that_depends_on_the_origin_says_so_on_every_answer_once() {
    let client = TestClient::new(router(Cors::allow_origin(SHOP)));
    for (method, path) in [
        (Method::GET, "/things"),
        (Method::POST, "/things"),
        (Method::DELETE, "/things"),
        (Method::PATCH, "/things"),
        (Method::GET, "/nowhere"),
        (Method::OPTIONS, "/things"),
    ] {
        for origin in [None, Some(SHOP), Some("https://evil.example")] {
            let mut request = client.request(method.clone(), path);
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let reply = request.await;

            assert_eq!(
                reply.header_all("vary"),
                ["origin"],
                "{method} {path} {origin:?}"
            );
        }
    }
}

#[tokio::test]
async fn any_origin_is_the_same_answer_for_everybody() {
    let cors = Cors::allow_any_origin().expose_header("x-total");
    let client = TestClient::new(router(cors));
    for path in ["/things", "/nowhere"] {
        let with = client.get(path).header("origin", SHOP).await;
        let twice = client.get(path).header("origin", SHOP);
        let twice = twice.header("origin", "https://b.example").await;
        // A cache may hand this one to a page.
        let without = client.get(path).await;

        for reply in [with, twice, without] {
            assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
            let exposed = reply.header("access-control-expose-headers");
            assert_eq!(exposed, Some("x-total"));
            assert_eq!(reply.header("vary"), None);
        }
    }
}

#[tokio::test]
async fn a_preflight_names_the_methods_of_its_path_and_the_headers_that_are_allowed() {
    let cors = Cors::allow_origin(SHOP)
        .allow_header("X-Mine")
        .expose_header("x-total")
        .max_age(std::time::Duration::ZERO);
    let client = TestClient::new(router(cors));

    let reply = client
        .request(Method::OPTIONS, "/things")
        .header("origin", SHOP)
        .header("access-control-request-method", "PUT")
        .await;

    assert_eq!(reply.status(), 204);
    assert_eq!(reply.text(), "");
    assert_eq!(
        reply.header("access-control-allow-methods"),
        Some("DELETE, GET, HEAD, OPTIONS, POST, PUT")
    );
    assert_eq!(
        reply.header("access-control-allow-headers"),
        Some("authorization,content-type,x-amz-date,x-amz-security-token,x-api-key,x-mine")
    );
    assert_eq!(reply.header("access-control-max-age"), Some("0"));
    assert_eq!(reply.header("access-control-expose-headers"), None);

    let actual = client.get("/things").header("origin", SHOP).await;
    assert_eq!(
        actual.header("access-control-expose-headers"),
        Some("x-total")
    );
    assert_eq!(actual.header("access-control-allow-methods"), None);
    assert_eq!(actual.header("access-control-max-age"), None);
}

#[tokio::test]
async fn a_route_can_stay_private_or_have_a_policy_of_its_own() {
    let client = TestClient::new(router(Cors::allow_any_origin()));
    let preflight = client
        .request(Method::OPTIONS, "/private")
        .header("origin", SHOP)
        .header("access-control-request-method", "GET")
        .await;
    let actual = client.get("/private").header("origin", SHOP).await;

    assert_eq!(preflight.header("access-control-allow-origin"), None);
    assert_eq!(actual.header("access-control-allow-origin"), None);

    let own =
        Route::new(Method::GET, "/own", things).cors(Cors::allow_origin("https://own.example"));
    let router = Router::new(Routes::new().with(own)).unwrap();
    let router = router.cors(Cors::allow_any_origin()).unwrap();
    let reply = TestClient::new(router)
        .get("/own")
        .header("origin", SHOP)
        .await;
    assert_eq!(reply.header("access-control-allow-origin"), None);
    assert_eq!(reply.header("vary"), Some("origin"));
}

/// `/mixed` has a route of the router's policy, two of a list's, one of its own and one of none.
fn mixed() -> TestClient<Router> {
    let one = |method| Route::new(method, "/mixed", things);
    let list = Routes::new()
        .with(one(Method::PUT))
        .with(one(Method::PATCH));
    let list = list.cors(Cors::allow_origin(SHOP).allow_header("x-list"));
    let own = one(Method::DELETE).cors(Cors::allow_origin(SHOP));
    let routes = Routes::new()
        .with(one(Method::GET))
        .with(own)
        .with(one(Method::POST).without_cors())
        .merge(list);
    let router = Router::new(routes).unwrap();
    TestClient::new(router.cors(Cors::allow_origin(SHOP)).unwrap())
}

#[tokio::test]
async fn a_preflight_lists_the_methods_of_the_very_policy_that_answers() {
    let client = mixed();
    for (asked, expected) in [
        ("GET", Some("GET, HEAD")),
        ("HEAD", Some("GET, HEAD")),
        ("PUT", Some("PATCH, PUT")),
        ("PATCH", Some("PATCH, PUT")),
        ("DELETE", Some("DELETE")),
        ("POST", None),
    ] {
        let request = client.request(Method::OPTIONS, "/mixed");
        let request = request.header("origin", SHOP);
        let reply = request.header("access-control-request-method", asked).await;

        let methods = reply.header("access-control-allow-methods");
        assert_eq!(
            (reply.status().as_u16(), methods),
            (204, expected),
            "{asked}"
        );
        let origin = expected.map(|_| SHOP);
        assert_eq!(
            reply.header("access-control-allow-origin"),
            origin,
            "{asked}"
        );
    }
}

#[tokio::test]
async fn a_method_that_is_not_there_is_shared_only_where_all_of_its_path_is_the_routers() {
    let own = Route::new(Method::PUT, "/own", things).cors(Cors::allow_any_origin());
    let routes = routes![things]
        .with(own)
        .merge(routes![private].without_cors());
    let without = Router::new(routes).unwrap();
    let with_policy = without.clone().cors(Cors::allow_origin(SHOP)).unwrap();
    for (router, path, origin, methods) in [
        (&with_policy, "/own", None, None),
        (&with_policy, "/private", None, None),
        (
            &with_policy,
            "/things",
            Some(SHOP),
            Some("GET, HEAD, OPTIONS"),
        ),
        (&with_policy, "/nowhere", Some(SHOP), Some("DELETE")),
        (&without, "/own", None, None),
        (&without, "/private", None, None),
    ] {
        let client = TestClient::new(router.clone());
        let preflight = client.request(Method::OPTIONS, path).header("origin", SHOP);
        let reply = preflight.header("access-control-request-method", "DELETE");
        let reply = reply.await;

        assert_eq!(reply.status(), 204, "{path}");
        assert_eq!(
            reply.header("access-control-allow-origin"),
            origin,
            "{path}"
        );
        assert_eq!(
            reply.header("access-control-allow-methods"),
            methods,
            "{path}"
        );
        let vary = reply.header("vary").unwrap();
        assert!(
            vary.contains("access-control-request-method"),
            "{path}: {vary}"
        );

        let reply = client.delete(path).header("origin", SHOP).await;
        assert_eq!(
            reply.header("access-control-allow-origin"),
            origin,
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_options_route_of_ones_own_wins_and_keeps_its_methods() {
    let client = TestClient::new(router(Cors::allow_origin(SHOP)));

    let reply = client
        .request(Method::OPTIONS, "/custom")
        .header("origin", SHOP)
        .header("access-control-request-method", "GET")
        .await;

    assert_eq!(reply.header("access-control-allow-methods"), Some("BREW"));
    assert_eq!(reply.header("access-control-allow-origin"), Some(SHOP));
}

#[tokio::test]
async fn a_refused_event_can_be_read_by_the_page_as_well() {
    let client = TestClient::new(router(Cors::allow_origin(SHOP)));
    let mut event = client
        .get("/things")
        .source(Source::RestApi)
        .header("origin", SHOP)
        .event();
    event["path"] = "/%zz".into();

    let reply = client.invoke(&event).await.unwrap();

    assert_eq!(reply["statusCode"], 400);
    assert_eq!(
        reply["multiValueHeaders"]["access-control-allow-origin"][0],
        SHOP
    );
}

#[test]
fn a_policy_that_no_browser_can_meet_is_refused_at_start_up() {
    let mistake = |cors: Cors| {
        let router = Router::new(Routes::new()).unwrap().cors(cors);
        router.map(|_| ()).unwrap_err().to_string()
    };
    for (cors, expected) in [
        (
            Cors::allow_any_origin().allow_credentials(),
            "any origin together with credentials",
        ),
        (
            Cors::allow_origin(SHOP)
                .allow_header("*")
                .allow_credentials(),
            "takes `*` for a header of that name",
        ),
        (
            Cors::allow_origin(SHOP)
                .allow_credentials()
                .expose_header("*"),
            "takes `*` for a header of that name",
        ),
        (
            Cors::allow_origin("https://shop.example/"),
            "ends with a slash",
        ),
        (
            Cors::allow_origin("https://Shop.example"),
            "has capital letters",
        ),
        (Cors::allow_origin("shop.example"), "has no scheme"),
        (
            Cors::allow_origin("https://shop.example:443"),
            "names the port",
        ),
        (
            Cors::allow_origin("https://shop.*.example"),
            "not the whole first label",
        ),
        (Cors::allow_origin("*"), "means every origin"),
        (Cors::allow_origin("null"), "untrusted pages"),
        (
            Cors::allow_origin("https://shop.example/path"),
            "is not a scheme and a host",
        ),
        (
            Cors::allow_origin(SHOP).expose_header("x y"),
            "is no header name",
        ),
    ] {
        let text = mistake(cors);
        assert!(text.contains(expected), "{text}");
    }
    let bad = || Cors::allow_origin("x").allow_header("a b");
    let routes = Routes::<()>::new()
        .with(Route::new(Method::GET, "/a", things).cors(bad()))
        .with(Route::new(Method::GET, "b", things));
    let errors: RouteErrors = Router::new(routes).unwrap_err();
    assert_eq!(errors.errors().len(), 3, "{errors}");
}

#[tokio::test]
async fn a_function_that_panics_allows_nothing_and_takes_no_answer_with_it() {
    let cors = Cors::allow_origin_if(|origin| {
        assert_ne!(origin, SHOP, "a bug of the application");
        true
    });
    let router = Router::new(routes![things]).unwrap().cors(cors).unwrap();
    let client = TestClient::new(router);
    for (origin, allowed) in [
        (SHOP, None),
        ("https://other.example", Some("https://other.example")),
    ] {
        let reply = client.get("/things").header("origin", origin).await;
        assert_eq!(reply.status(), 200, "{origin}");
        assert_eq!(reply.header("access-control-allow-origin"), allowed);
        let preflight = client.request(Method::OPTIONS, "/things");
        let preflight = preflight.header("origin", origin);
        let reply = preflight
            .header("access-control-request-method", "GET")
            .await;
        assert_eq!(reply.status(), 204, "{origin}");
        assert_eq!(reply.header("access-control-allow-origin"), allowed);
    }
}
