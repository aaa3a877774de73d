//! One exchange in all eight forms: whatever a form can carry arrives, and what it cannot is listed.

use std::{collections::BTreeMap, fmt::Write as _};

use http::{HeaderName, HeaderValue, Method, StatusCode};
use powertools::{
    event::{Request, Response, Source},
    router::{Body, Cookies, Json, Route, Router, Routes, State},
    testing::TestClient,
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

const HTTP_API: &[Source] = &[Source::HttpApi];
const SINGLE_ALB: &[Source] = &[Source::Alb];
const LATTICE_1: &[Source] = &[Source::LatticeV1];

/// What some forms cannot carry. [`every_loss_that_is_listed_happens`] keeps the lists short.
struct Loss<What> {
    of: &'static [Source],
    what: What,
    because: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum InRequest {
    SlashInSegment,
    OrderOfKeys,
    AllButLastValue,
    AllButLastHeader,
    HeadersApart,
    CookieLinesApart,
}

const REQUEST_LOSSES: &[Loss<InRequest>] = &[
    Loss {
        of: HTTP_API,
        what: InRequest::SlashInSegment,
        because: "the path arrives decoded, so `%2F` cannot be told from `/`",
    },
    Loss {
        of: &[
            Source::RestApi,
            Source::HttpApiV1,
            Source::Alb,
            Source::AlbMultiValue,
        ],
        what: InRequest::OrderOfKeys,
        because: "the query is a map: each key's values are in order, the keys are not",
    },
    Loss {
        of: SINGLE_ALB,
        what: InRequest::AllButLastValue,
        because: "of a repeated query key the load balancer passes the last value on",
    },
    Loss {
        of: SINGLE_ALB,
        what: InRequest::AllButLastHeader,
        because: "of a repeated header, `cookie` included, it passes the last value on",
    },
    Loss {
        of: &[Source::HttpApi, Source::FunctionUrl, Source::LatticeV1],
        what: InRequest::HeadersApart,
        because: "repeated headers arrive as one, joined with a comma",
    },
    Loss {
        of: LATTICE_1,
        what: InRequest::CookieLinesApart,
        because: "the comma joins even `cookie` headers, which nobody can take apart again",
    },
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum InResponse {
    HeadersApart,
    AllButLastCookie,
    /// A form that has the gateway add this where a response has no content type.
    NoContentType(&'static str),
}

const RESPONSE_LOSSES: &[Loss<InResponse>] = &[
    Loss {
        of: &[
            Source::HttpApi,
            Source::FunctionUrl,
            Source::Alb,
            Source::LatticeV1,
            Source::Lattice,
        ],
        what: InResponse::HeadersApart,
        because: "a header has one value in the reply, so repeated ones are joined",
    },
    Loss {
        of: &[Source::Alb, Source::LatticeV1, Source::Lattice],
        what: InResponse::AllButLastCookie,
        because: "the reply has no list for cookies, which cannot be joined",
    },
    Loss {
        of: &[Source::RestApi, Source::FunctionUrl],
        what: InResponse::NoContentType("application/json"),
        because: "the front end adds its own",
    },
    Loss {
        of: &[Source::HttpApi, Source::HttpApiV1],
        what: InResponse::NoContentType("text/plain; charset=utf-8"),
        because: "the front end adds its own",
    },
];

/// The losses of a source, in the order of the list.
fn of<What>(
    losses: &'static [Loss<What>],
    source: Source,
) -> impl Iterator<Item = &'static Loss<What>> {
    losses.iter().filter(move |loss| loss.of.contains(&source))
}

/// Why something else was expected of a source than was sent.
fn reasons<What>(losses: &'static [Loss<What>], source: Source) -> String {
    let reasons: Vec<_> = of(losses, source).map(|loss| loss.because).collect();
    format!("{source}, where {reasons:?}")
}

type Pairs = Vec<(String, String)>;

/// What the handler saw of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Echo {
    method: String,
    path: String,
    params: Pairs,
    query: Pairs,
    headers: BTreeMap<String, Vec<String>>,
    cookies: Pairs,
    body: String,
}

const HEADERS: [&str; 5] = ["host", "content-type", "accept", "x-one", "x-two"];

async fn echo(request: Request, cookies: Cookies) -> Json<Echo> {
    let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    let headers = HEADERS.into_iter().map(|name| {
        let values = request.headers().all(name).map(str::to_owned);
        (name.to_owned(), values.collect::<Vec<_>>())
    });
    Json(Echo {
        method: request.method().to_string(),
        path: request.path().to_owned(),
        params: request.params().iter().map(owned).collect(),
        query: request.query().iter().map(owned).collect(),
        headers: headers.filter(|(_, values)| !values.is_empty()).collect(),
        cookies: cookies.iter().map(owned).collect(),
        body: hex(request.body().expect("the gateway writes base64")),
    })
}

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"];

fn echoing() -> TestClient<Router> {
    let route = Route::new(Method::GET, "/{rest+}", echo);
    let route = METHODS[1..]
        .iter()
        .fold(route, |route, name| route.or(method(name)));
    TestClient::new(Router::new(Routes::new().with(route)).expect("one route"))
}

fn method(name: &str) -> Method {
    Method::from_bytes(name.as_bytes()).expect("a token")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("to a string");
        hex
    })
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime")
}

/// A text, and one of its spellings in a URL.
#[derive(Clone, Debug)]
struct Spelled {
    text: String,
    url: String,
}

/// A request of a client.
#[derive(Clone, Debug)]
struct Sent {
    method: &'static str,
    segments: Vec<Spelled>,
    query: Vec<(Spelled, Spelled)>,
    headers: Vec<(&'static str, String)>,
    /// The cookies of each `cookie` header: HTTP/2 allows more than one.
    cookies: Vec<Pairs>,
    content_type: Option<&'static str>,
    body: Vec<u8>,
}

impl Sent {
    fn url(&self) -> String {
        // The first segment is never empty: a path of nothing but slashes has no `rest`.
        let path = self.segments.iter().map(|segment| &*segment.url);
        let path = path.collect::<Vec<_>>().join("/");
        let query = self.query.iter();
        let query: Vec<_> = query
            .map(|(key, value)| format!("{}={}", key.url, value.url))
            .collect();
        if query.is_empty() {
            format!("/x{path}")
        } else {
            format!("/x{path}?{}", query.join("&"))
        }
    }

    /// The same as far as `source` can carry it.
    fn carried(&self, source: Source) -> Carried {
        let mut carried = self.whole();
        for loss in of(REQUEST_LOSSES, source) {
            carried.lose(loss.what);
        }
        carried
    }

    fn whole(&self) -> Carried {
        let segments = self.segments.iter();
        let segments = segments.map(|segment| segment.text.replace('%', "%25").replace('/', "%2F"));
        let query = self.query.iter();
        let mut headers = BTreeMap::from([("host", vec!["api.example".to_owned()])]);
        for (name, value) in &self.headers {
            headers.entry(*name).or_default().push(value.clone());
        }
        if let Some(content_type) = self.content_type {
            headers.insert("content-type", vec![content_type.to_owned()]);
        }
        Carried {
            path: format!("/x{}", segments.collect::<Vec<_>>().join("/")),
            query: query
                .map(|(key, value)| (key.text.clone(), value.text.clone()))
                .collect(),
            headers,
            cookie_lines: self.cookie_lines(),
        }
    }

    fn cookie_lines(&self) -> Vec<String> {
        let line = |cookies: &Pairs| {
            let cookies = cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            cookies.collect::<Vec<_>>().join("; ")
        };
        self.cookies.iter().map(line).collect()
    }

    fn expected(&self, carried: Carried) -> Echo {
        // One trailing slash makes no difference.
        let path = carried.path.strip_suffix('/').unwrap_or(&carried.path);
        let rest = path[1..].replace("%2F", "/").replace("%25", "%");
        let headers = carried.headers.into_iter();
        let cookies = carried
            .cookie_lines
            .iter()
            .flat_map(|line| line.split("; "));
        Echo {
            method: self.method.to_owned(),
            path: path.to_owned(),
            params: vec![("rest".to_owned(), rest)],
            query: carried.query,
            headers: headers
                .map(|(name, values)| (name.to_owned(), values))
                .collect(),
            cookies: cookies
                .map(|cookie| cookie.split_once('=').expect("a name and a value"))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body: hex(&self.body),
        }
    }

    async fn echo(&self, client: &TestClient<Router>, source: Source) -> Echo {
        let mut request = client
            .request(method(self.method), &self.url())
            .source(source)
            .body(self.body.clone());
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        for line in self.cookie_lines() {
            request = request.header("cookie", line);
        }
        if let Some(content_type) = self.content_type {
            request = request.header("content-type", content_type);
        }
        let reply = request.await;
        assert_eq!(reply.status(), 200, "{source}: {}", reply.text());
        let mut echo: Echo = reply.json();
        if of(REQUEST_LOSSES, source).any(|loss| loss.what == InRequest::OrderOfKeys) {
            sort_keys(&mut echo.query);
        }
        echo
    }
}

/// What is left of a request on its way, still apart.
#[derive(Clone, Debug, PartialEq)]
struct Carried {
    path: String,
    query: Pairs,
    headers: BTreeMap<&'static str, Vec<String>>,
    cookie_lines: Vec<String>,
}

impl Carried {
    fn lose(&mut self, what: InRequest) {
        match what {
            InRequest::SlashInSegment => self.path = self.path.replace("%2F", "/"),
            InRequest::OrderOfKeys => sort_keys(&mut self.query),
            InRequest::AllButLastValue => {
                let last: BTreeMap<_, _> = self.query.drain(..).collect();
                self.query = last.into_iter().collect();
            }
            InRequest::AllButLastHeader => {
                let lists = self.headers.values_mut();
                for list in lists.chain([&mut self.cookie_lines]) {
                    list.drain(..list.len().saturating_sub(1));
                }
            }
            InRequest::HeadersApart => {
                for list in self.headers.values_mut() {
                    *list = vec![list.join(",")];
                }
            }
            InRequest::CookieLinesApart => {
                if self.cookie_lines.len() > 1 {
                    self.cookie_lines = vec![self.cookie_lines.join(",")];
                }
            }
        }
    }
}

/// Stable, so that the values of one key keep their order.
fn sort_keys(query: &mut Pairs) {
    query.sort_by(|(left, _), (right, _)| left.cmp(right));
}

fn plain(text: &str) -> Spelled {
    spelled(text, &[false])
}

/// Percent-encodes what has to be, and of the rest what `choices` say, in turn. `;` has to be: a REST API
/// takes a bare one for the end of a pair, which the test below holds.
fn spelled(text: &str, choices: &[bool]) -> Spelled {
    let mut url = String::new();
    for (byte, escape) in text.bytes().zip(choices.iter().cycle()) {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~!$'()*,:@".contains(&byte);
        if is_plain && !escape {
            url.push(char::from(byte));
        } else if *escape {
            write!(url, "%{byte:02x}").expect("to a string");
        } else {
            write!(url, "%{byte:02X}").expect("to a string");
        }
    }
    Spelled {
        text: text.to_owned(),
        url,
    }
}

/// All of Unicode, and often the characters that mean something in a URL.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[/%+?&=# a.;,]{0,6}",
        vec(0..=127_u8, 0..8).prop_map(|bytes| bytes.into_iter().map(char::from).collect()),
        select(vec!["%2F", "%25", "%", "..", "café", "a b", "\0", ""]).prop_map(str::to_owned),
    ]
}

fn segment() -> impl Strategy<Value = Spelled> {
    (text(), vec(any::<bool>(), 1..4)).prop_map(|(text, choices)| spelled(&text, &choices))
}

/// A key is spelled in one way: a load balancer takes two spellings of it for two keys, and so knows
/// no order between their values.
fn key() -> impl Strategy<Value = Spelled> {
    prop_oneof!["[a-c]", text()].prop_map(|text| plain(&text))
}

fn value() -> impl Strategy<Value = Spelled> {
    (segment(), any::<bool>()).prop_map(|(mut value, plus)| {
        if plus {
            value.url = value.url.replace("%20", "+");
        }
        value
    })
}

/// What HTTP allows in a header, as text.
fn header_value() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,12}", "[^\\p{Cc}]{0,8}", "[a-c]{1,2}, [a-c]{1,2}"]
}

fn cookie() -> impl Strategy<Value = (String, String)> {
    ("[a-c]{1,2}", "[!#-+./0-9:<=>?@A-Z\\[\\]^_`a-z{|}~%-]{0,8}")
}

fn content_type() -> impl Strategy<Value = Option<&'static str>> {
    prop::option::of(select(vec![
        "application/json",
        "text/plain; charset=utf-8",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/octet-stream",
        "image/png",
        "TEXT/HTML",
    ]))
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..48),
        any::<String>().prop_map(String::into_bytes),
        Just(Vec::new()),
    ]
}

fn sent() -> impl Strategy<Value = Sent> {
    (
        select(METHODS.to_vec()),
        vec(segment(), 1..4),
        vec((key(), value()), 0..5),
        vec((select(HEADERS[2..].to_vec()), header_value()), 0..5),
        vec(vec(cookie(), 1..3), 0..3),
        content_type(),
        bytes(),
    )
        .prop_map(
            |(method, segments, query, headers, cookies, content_type, body)| Sent {
                method,
                segments,
                query,
                headers,
                cookies,
                content_type,
                body,
            },
        )
}

/// A response of a handler.
#[derive(Clone, Debug)]
struct Given {
    status: u16,
    headers: Vec<(&'static str, String)>,
    cookies: Vec<String>,
    content_type: Option<&'static str>,
    body: Vec<u8>,
    /// Whether the handler says that the body is text.
    is_text: bool,
}

/// What the client got of a response.
#[derive(Clone, Debug, PartialEq)]
struct Got {
    status: u16,
    headers: BTreeMap<String, Vec<String>>,
    body: Vec<u8>,
}

async fn give(State(given): State<Given>) -> Response {
    given.response()
}

impl Given {
    fn response(self) -> Response {
        let body = match String::from_utf8(self.body) {
            Ok(text) if self.is_text => Body::from(text),
            Ok(text) => Body::from(text.into_bytes()),
            Err(error) => Body::from(error.into_bytes()),
        };
        let status = StatusCode::from_u16(self.status).expect("a status");
        let content_type = self.content_type.map(str::to_owned);
        let content_type = content_type.map(|value| ("content-type", value));
        let cookies = self.cookies.into_iter().map(|value| ("set-cookie", value));
        let headers = self.headers.into_iter().chain(content_type).chain(cookies);
        headers
            .fold(Response::new(status), |response, (name, value)| {
                let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
                response.with_header(HeaderName::from_static(name), value)
            })
            .with_body(body)
    }

    fn whole(&self) -> Got {
        let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in &self.headers {
            let values = headers.entry((*name).to_owned()).or_default();
            values.push(value.clone());
        }
        if !self.cookies.is_empty() {
            headers.insert("set-cookie".to_owned(), self.cookies.clone());
        }
        if let Some(content_type) = self.content_type {
            headers.insert("content-type".to_owned(), vec![content_type.to_owned()]);
        }
        Got {
            status: self.status,
            headers,
            // Neither has a body, whatever the handler gives.
            body: match self.status {
                204 | 205 | 304 => Vec::new(),
                _ => self.body.clone(),
            },
        }
    }

    fn carried(&self, source: Source) -> Got {
        let mut got = self.whole();
        for loss in of(RESPONSE_LOSSES, source) {
            got.lose(loss.what);
        }
        got
    }

    async fn get(&self, source: Source) -> Got {
        let routes = Routes::new().with(Route::new(Method::GET, "/", give));
        let router = Router::with_state(routes, self.clone()).expect("one route");
        let client = TestClient::new(router);
        let reply = client.get("/").source(source).await;
        let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in reply.headers() {
            let value = String::from_utf8(value.as_bytes().to_vec()).expect("UTF-8");
            headers.entry(name.to_string()).or_default().push(value);
        }
        Got {
            status: reply.status().as_u16(),
            headers,
            body: reply.bytes().to_vec(),
        }
    }
}

impl Got {
    fn lose(&mut self, what: InResponse) {
        match what {
            InResponse::HeadersApart => {
                let headers = self.headers.iter_mut();
                for (_, list) in headers.filter(|(name, _)| *name != "set-cookie") {
                    *list = vec![list.join(", ")];
                }
            }
            InResponse::AllButLastCookie => {
                if let Some(cookies) = self.headers.get_mut("set-cookie") {
                    cookies.drain(..cookies.len() - 1);
                }
            }
            InResponse::NoContentType(added) => {
                let entry = self.headers.entry("content-type".to_owned());
                entry.or_insert_with(|| vec![added.to_owned()]);
            }
        }
    }
}

fn given() -> impl Strategy<Value = Given> {
    let names = select(vec!["cache-control", "link", "vary", "x-one", "x-two"]);
    let cookie =
        "[a-c]{1,2}=[!#-+./0-9:<-~-]{0,8}(; Path=/)?(; Expires=Wed, 21 Oct 2026 07:28:00 GMT)?";
    let coding = prop::option::weighted(0.2, Just(("content-encoding", "gzip".to_owned())));
    (
        prop_oneof![200..=599_u16, select(vec![200_u16, 204, 205, 304, 404])],
        vec((names, header_value()), 0..6),
        coding,
        vec(cookie, 0..4),
        content_type(),
        bytes(),
        any::<bool>(),
    )
        .prop_map(
            |(status, mut headers, coding, cookies, content_type, body, is_text)| {
                headers.extend(coding);
                Given {
                    status,
                    headers,
                    cookies,
                    content_type,
                    body,
                    is_text,
                }
            },
        )
}

/// Has something of everything that is lost somewhere.
fn rich_request() -> Sent {
    let cookie = |name: &str| vec![(name.to_owned(), "1".to_owned())];
    Sent {
        method: "POST",
        segments: vec![plain("a/b"), plain("50%")],
        query: ["z", "a", "z"]
            .iter()
            .zip(["1", "2", "3"])
            .map(|(key, value)| (plain(key), plain(value)))
            .collect(),
        headers: vec![("x-one", "1".to_owned()), ("x-one", "2".to_owned())],
        cookies: vec![cookie("a"), cookie("b")],
        content_type: Some("image/png"),
        body: vec![0xff],
    }
}

fn rich_response() -> Given {
    Given {
        status: 201,
        headers: vec![("vary", "a".to_owned()), ("vary", "b".to_owned())],
        cookies: vec!["a=1".to_owned(), "b=2".to_owned()],
        content_type: None,
        body: b"made".to_vec(),
        is_text: true,
    }
}

#[tokio::test]
async fn one_request_has_one_echo() {
    let client = echoing();
    for source in Source::ALL {
        let reply = client
            .post("/caf%C3%A9/space%20value/50%25/?redirect=https%3A%2F%2Fexample.com%2Fa%2Fb&sum=a%2Bb+c")
            .source(source)
            .header("Cookie", "first=1; second=2")
            .header("Content-Type", "image/png")
            .header("X-One", "a, b")
            .body(&b"\x89PNG\0"[..])
            .await;

        let mut echo: Echo = reply.json();
        sort_keys(&mut echo.query);
        assert_eq!(
            serde_json::to_value(echo).expect("an echo is JSON"),
            json!({
                "method": "POST",
                "path": "/café/space value/50%25",
                "params": [["rest", "café/space value/50%"]],
                "query": [["redirect", "https://example.com/a/b"], ["sum", "a+b c"]],
                "headers": {
                    "content-type": ["image/png"],
                    "host": ["api.example"],
                    "x-one": ["a, b"],
                },
                "cookies": [["first", "1"], ["second", "2"]],
                "body": "89504e4700",
            }),
            "{source}"
        );
    }
}

#[tokio::test]
async fn every_loss_that_is_listed_happens() {
    let client = echoing();
    let request = rich_request();
    for loss in REQUEST_LOSSES {
        let mut carried = request.whole();
        carried.lose(loss.what);
        assert_ne!(carried, request.whole(), "{:?}", loss.what);
    }
    for source in Source::ALL {
        let expected = request.expected(request.carried(source));
        assert_eq!(request.echo(&client, source).await, expected, "{source}");
    }

    let response = rich_response();
    for loss in RESPONSE_LOSSES {
        let mut got = response.whole();
        got.lose(loss.what);
        assert_ne!(got, response.whole(), "{:?}", loss.what);
    }
    for source in Source::ALL {
        let expected = response.carried(source);
        assert_eq!(response.get(source).await, expected, "{source}");
    }
}

/// Source: AWS's "Amazon API Gateway important notes".
#[tokio::test]
async fn a_bare_semicolon_parts_pairs_of_a_rest_api_and_of_no_other() {
    let client = echoing();
    for source in Source::ALL {
        let reply = client.get("/x?a=1;b=2").source(source).await;
        let query = reply.json::<Echo>().query;
        let expected = match source {
            Source::RestApi => pairs(&[("a", "1"), ("b", "2")]),
            _ => pairs(&[("a", "1;b=2")]),
        };
        assert_eq!(query, expected, "{source}");
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Pairs {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

/// An HTTP API refuses such a path by itself, because it has to decode it.
#[tokio::test]
async fn a_path_that_is_not_utf_8_is_400_wherever_it_arrives() {
    let client = echoing();
    for source in Source::ALL {
        if matches!(source, Source::HttpApi | Source::HttpApiV1) {
            continue;
        }
        for byte in 0x80..=0xff_u8 {
            let reply = client.get(&format!("/x%{byte:02x}y")).source(source).await;
            assert_eq!(reply.status(), 400, "{source} {byte:02x}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_request_has_one_echo_but_for_what_its_form_cannot_carry(sent in sent()) {
        let client = echoing();
        let runtime = runtime();
        for source in Source::ALL {
            let echo = runtime.block_on(sent.echo(&client, source));
            let expected = sent.expected(sent.carried(source));
            prop_assert_eq!(echo, expected, "{}", reasons(REQUEST_LOSSES, source));
        }
    }

    #[test]
    fn a_response_reaches_the_client_but_for_what_its_form_cannot_carry(given in given()) {
        let runtime = runtime();
        for source in Source::ALL {
            let got = runtime.block_on(given.get(source));
            let expected = given.carried(source);
            prop_assert_eq!(got, expected, "{}", reasons(RESPONSE_LOSSES, source));
        }
    }
}
