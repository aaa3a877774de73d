use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::Mutex;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::*;
use crate::guard::AllowedHosts;
use crate::guard::Network;

/// What the test server does once a request is in.
enum Reply {
    /// Sends this and closes.
    Whole(Vec<u8>),
    /// Sends this and keeps the connection open for as long as the client does.
    Stalled(Vec<u8>),
}

/// A server that remembers the head of every request.
struct Server {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers each request as `reply` says for its target, such as `/path?query`.
    async fn start(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen("127.0.0.1:0", reply).await
    }

    async fn listen(address: &str, reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (reply, record) = (Arc::new(reply), Arc::clone(&heads));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&reply), Arc::clone(&record)));
            }
        });
        Self { address, heads }
    }

    /// A server that must not be reached, on an address that leads to this machine.
    async fn forbidden(address: &str) -> Self {
        Self::listen(address, |_| ok("secret")).await
    }

    fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.address)
    }

    fn url_by_name(&self, name: &str, target: &str) -> String {
        format!("http://{name}:{}{target}", self.address.port())
    }

    fn heads(&self) -> Vec<String> {
        self.heads
            .lock()
            .expect("no test panics while it holds the lock")
            .clone()
    }

    /// The targets that were asked for.
    fn targets(&self) -> Vec<String> {
        self.heads()
            .iter()
            .map(|head| target(head).to_owned())
            .collect()
    }

    fn user_agents(&self) -> Vec<String> {
        let agent = |head: &String| {
            head.lines()
                .find_map(|line| line.strip_prefix("user-agent: "))
                .map(str::to_owned)
        };
        self.heads().iter().filter_map(agent).collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    reply: Arc<impl Fn(&str) -> Reply>,
    heads: Arc<Mutex<Vec<String>>>,
) {
    let mut received = Vec::new();
    while !received.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut received).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let head = String::from_utf8_lossy(&received).into_owned();
    let reply = reply(target(&head));
    heads
        .lock()
        .expect("no test panics while it holds the lock")
        .push(head);

    // A client that has seen enough may be gone already: no failure of the test.
    match reply {
        Reply::Whole(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Reply::Stalled(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.read_u8().await;
        }
    }
}

fn target(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}

fn whole(text: impl Into<Vec<u8>>) -> Reply {
    Reply::Whole(text.into())
}

fn ok(body: &str) -> Reply {
    whole(format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ))
}

fn redirect_to(location: &str) -> Reply {
    whole(format!(
        "HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
    ))
}

/// Knows the names it is given, and which addresses to tell at each question for them; the last
/// answer stays.
#[derive(Clone, Default)]
struct Names {
    answers: Arc<Mutex<HashMap<&'static str, Answers>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

/// What to tell, question by question.
type Answers = Vec<Vec<IpAddr>>;

impl Names {
    fn with(self, name: &'static str, answers: &[&[&str]]) -> Self {
        let parse = |answer: &&[&str]| {
            answer
                .iter()
                .map(|address| address.parse().expect(address))
                .collect()
        };
        let answers = answers.iter().map(parse).collect();
        self.answers
            .lock()
            .expect("not shared yet")
            .insert(name, answers);
        self
    }

    fn asked(&self) -> Vec<String> {
        self.asked
            .lock()
            .expect("no test panics while it holds the lock")
            .clone()
    }
}

impl Resolver for Names {
    fn addresses(&self, name: &str) -> Addresses {
        self.asked
            .lock()
            .expect("nobody panics with it")
            .push(name.to_owned());
        let mut answers = self.answers.lock().expect("nobody panics with it");
        let answer = match answers.get_mut(name) {
            None => Err(io::Error::other("no such name")),
            Some(answers) if answers.len() > 1 => Ok(answers.remove(0)),
            Some(answers) => Ok(answers[0].clone()),
        };
        Box::pin(std::future::ready(answer))
    }
}

/// Never answers.
struct Silent;

impl Resolver for Silent {
    fn addresses(&self, _: &str) -> Addresses {
        Box::pin(std::future::pending())
    }
}

/// Allows loopback, any host, and so much time that no limit is reached by accident.
fn settings() -> Settings {
    Settings {
        policy: Policy {
            loopback: Loopback::Allowed,
            hosts: AllowedHosts::Any,
        },
        limits: Limits {
            connect: Duration::from_secs(60),
            total: Duration::from_secs(60),
            ..Limits::default()
        },
        user_agent: None,
    }
}

fn fetcher(settings: Settings, names: Names) -> Fetcher {
    Fetcher::with_resolver(settings, names)
}

async fn fetch(url: &str) -> Result<Fetched, FetchError> {
    fetcher(settings(), Names::default()).fetch(url).await
}

async fn refusal_of(url: &str) -> FetchError {
    fetch(url).await.expect_err(url)
}

/// The redirect was refused because of the address's network; returns the place and the network.
fn refused_redirect(error: FetchError) -> (String, Network) {
    match error {
        FetchError::RedirectRefused {
            place,
            refusal: Refusal::Address { network, .. },
            ..
        } => (place, network),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_body_comes_back_with_its_status_type_headers_and_url() {
    let mut reply = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Raw: \xff\r\n".to_vec();
    reply.extend_from_slice("X-Note: grüße\r\n".as_bytes());
    reply.extend_from_slice(b"Content-Type: text/plain; charset=utf-8\r\n");
    reply.extend_from_slice(b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nhello");
    let server = Server::start(move |_| whole(reply.clone())).await;
    let url = server.url("/path?query=1#fragment");

    let fetched = fetch(&url).await.expect("a good answer");

    assert_eq!(fetched.status, 200);
    assert_eq!(
        fetched.content_type.as_deref(),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(fetched.body, b"hello");
    assert_eq!(fetched.url.as_str(), url);
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        fetched.headers,
        [
            header("content-length", "5"),
            header("x-note", "grüße"),
            header("content-type", "text/plain; charset=utf-8"),
            header("set-cookie", "a=1"),
            header("set-cookie", "b=2"),
        ]
    );
    assert_eq!(server.targets(), ["/path?query=1"]);
}

#[tokio::test]
async fn a_request_carries_nothing_it_need_not() {
    let server = Server::start(|_| ok("")).await;

    fetch(&server.url("/")).await.expect("a good answer");

    let heads = server.heads();
    let mut lines: Vec<_> = heads[0].trim_end().lines().collect();
    lines.sort_unstable();
    let host = format!("host: {}", server.address);
    let agent = format!("user-agent: {PRODUCT}");
    assert_eq!(lines, ["GET / HTTP/1.1", "accept: */*", &host, &agent]);
}

#[tokio::test]
async fn any_status_is_handed_back() {
    let server = Server::start(|target| {
        let status = target.trim_start_matches('/');
        whole(format!(
            "HTTP/1.1 {status} Some Reason\r\ncontent-length: 4\r\n\r\nbody"
        ))
    })
    .await;

    for status in [200, 201, 300, 400, 401, 404, 418, 429, 500, 503, 599] {
        let fetched = fetch(&server.url(&format!("/{status}")))
            .await
            .expect("an answer");
        assert_eq!(
            (fetched.status, fetched.body.as_slice()),
            (status, &b"body"[..])
        );
    }
}

#[tokio::test]
async fn an_encoded_body_stays_encoded() {
    let server = Server::start(|_| {
        whole("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nzip")
    })
    .await;

    let fetched = fetch(&server.url("/")).await.expect("an answer");

    assert_eq!(fetched.body, b"zip");
    assert!(
        fetched
            .headers
            .contains(&("content-encoding".into(), "gzip".into()))
    );
}

#[tokio::test]
async fn redirects_are_followed_to_absolute_and_relative_places() {
    let other = Server::start(|_| ok("other")).await;
    let elsewhere = other.url("/elsewhere");
    let server = Server::start(move |target| match target {
        "/a/absolute" => redirect_to(&elsewhere),
        "/a/relative" => redirect_to("sibling?x=1"),
        "/a/rooted" => redirect_to("/rooted"),
        "/a/upwards" => redirect_to("../../../up"),
        "/a/query" => redirect_to("?q"),
        "/a/utf-8" => redirect_to("/grüße"),
        "/a/empty" => redirect_to(""),
        target => ok(target),
    })
    .await;

    for (start, end) in [
        ("/a/relative", "/a/sibling?x=1"),
        ("/a/rooted", "/rooted"),
        ("/a/upwards", "/up"),
        ("/a/query", "/a/query?q"),
        ("/a/utf-8", "/gr%C3%BC%C3%9Fe"),
    ] {
        let fetched = fetch(&server.url(start)).await.expect(start);
        assert_eq!(fetched.url.as_str(), server.url(end), "{start}");
        assert_eq!(fetched.body, end.as_bytes(), "{start}");
    }
    let scheme_relative = format!("//{}/b", other.address);
    let server = Server::start(move |_| redirect_to(&scheme_relative)).await;
    let fetched = fetch(&server.url("/")).await.expect("an answer");
    assert_eq!(fetched.body, b"other");
    assert_eq!(other.targets(), ["/b"]);
}

#[tokio::test]
async fn every_redirecting_status_is_followed_and_no_other() {
    let server = Server::start(|target| match target.trim_start_matches('/') {
        "end" => ok("end"),
        status => whole(format!(
            "HTTP/1.1 {status} X\r\nlocation: /end\r\ncontent-length: 5\r\n\r\nstart"
        )),
    })
    .await;

    for status in [301, 302, 303, 307, 308] {
        let fetched = fetch(&server.url(&format!("/{status}")))
            .await
            .expect("an answer");
        assert_eq!(
            (fetched.status, fetched.body),
            (200, b"end".to_vec()),
            "{status}"
        );
    }
    for status in [200, 201, 300, 305, 306, 404] {
        let fetched = fetch(&server.url(&format!("/{status}")))
            .await
            .expect("an answer");
        assert_eq!(
            (fetched.status, fetched.body),
            (status, b"start".to_vec()),
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_redirect_without_location_is_an_answer() {
    let server =
        Server::start(|_| whole("HTTP/1.1 302 Found\r\ncontent-length: 4\r\n\r\nbody")).await;

    let fetched = fetch(&server.url("/")).await.expect("an answer");

    assert_eq!((fetched.status, fetched.body), (302, b"body".to_vec()));
}

#[tokio::test]
async fn a_location_that_is_no_url_is_upstreams_fault() {
    for location in [
        &b"/\xff"[..],
        b"http://[",
        b"http://256.256.256.256/",
        b"http://",
    ] {
        let mut reply = b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: ".to_vec();
        reply.extend_from_slice(location);
        reply.extend_from_slice(b"\r\n\r\n");
        let server = Server::start(move |_| whole(reply.clone())).await;

        let error = refusal_of(&server.url("/")).await;

        assert!(
            matches!(&error, FetchError::RedirectUnreadable { host } if host == "127.0.0.1"),
            "{location:?}: {error:?}"
        );
        assert_eq!((error.status(), error.is_callers_fault()), (502, false));
    }
}

#[tokio::test]
async fn a_redirect_to_a_refused_place_is_not_followed() {
    for (location, place, network) in [
        (
            "http://169.254.169.254/latest",
            "169.254.169.254",
            Network::Metadata,
        ),
        ("http://2852039166/", "169.254.169.254", Network::Metadata),
        ("//10.0.0.1/", "10.0.0.1", Network::Private),
        (
            "http://[fd00:ec2::254]/",
            "[fd00:ec2::254]",
            Network::Metadata,
        ),
        (
            "http://[::127.0.0.1]/",
            "[::7f00:1]",
            Network::Ipv4Compatible,
        ),
    ] {
        let server = Server::start(move |_| redirect_to(location)).await;

        let error = refusal_of(&server.url("/")).await;

        assert_eq!(
            (error.status(), error.is_callers_fault()),
            (400, true),
            "{location}"
        );
        assert_eq!(
            refused_redirect(error),
            (place.to_owned(), network),
            "{location}"
        );
        assert_eq!(server.targets(), ["/"], "{location}");
    }
}

#[tokio::test]
async fn a_refused_place_is_not_contacted_even_if_it_would_answer() {
    // On Linux the unspecified address leads to this machine, so this server could be reached.
    let forbidden = Server::forbidden("0.0.0.0:0").await;
    let location = format!("http://{}/", forbidden.address);
    let direct = location.clone();
    let server = Server::start(move |_| redirect_to(&location)).await;

    let redirected = refusal_of(&server.url("/")).await;
    let asked = refusal_of(&direct).await;

    assert_eq!(
        refused_redirect(redirected),
        ("0.0.0.0".to_owned(), Network::Unspecified)
    );
    assert!(matches!(asked, FetchError::Refused { .. }), "{asked:?}");
    assert_eq!(forbidden.heads(), [""; 0]);
    TcpStream::connect(forbidden.address)
        .await
        .expect("it does listen");
}

#[tokio::test]
async fn a_redirect_to_this_machine_by_another_name_is_not_followed() {
    let forbidden = Server::forbidden("127.0.0.1:0").await;
    let port = forbidden.address.port();
    let mut settings = settings();
    settings.policy.hosts = "127.0.0.1".parse().expect("a list");
    let fetcher = fetcher(
        settings,
        Names::default().with("localhost", &[&["127.0.0.1"]]),
    );

    for place in ["[::1]", "127.0.0.2", "localhost", "[::ffff:7f00:1]"] {
        let location = format!("http://{place}:{port}/");
        let server = Server::start(move |_| redirect_to(&location)).await;

        match fetcher.fetch(&server.url("/")).await.expect_err(place) {
            FetchError::RedirectRefused {
                from,
                place: to,
                refusal: Refusal::NotListed,
            } => {
                assert_eq!((from.as_str(), to.as_str()), ("127.0.0.1", place));
            }
            other => panic!("{place}: {other:?}"),
        }
    }
    assert_eq!(forbidden.heads(), [""; 0]);
}

#[tokio::test]
async fn a_redirect_to_another_scheme_or_with_credentials_is_not_followed() {
    for (location, place, refusal) in [
        (
            "file:///etc/passwd",
            "file:",
            Refusal::Scheme {
                scheme: "file".to_owned(),
            },
        ),
        (
            "data:,x",
            "data:",
            Refusal::Scheme {
                scheme: "data".to_owned(),
            },
        ),
        (
            "ftp://example.com/",
            "example.com",
            Refusal::Scheme {
                scheme: "ftp".to_owned(),
            },
        ),
        ("http://a:b@127.0.0.1/", "127.0.0.1", Refusal::Credentials),
    ] {
        let server = Server::start(move |_| redirect_to(location)).await;

        match refusal_of(&server.url("/")).await {
            FetchError::RedirectRefused {
                place: to,
                refusal: rule,
                ..
            } => {
                assert_eq!((to.as_str(), rule), (place, refusal), "{location}");
            }
            other => panic!("{location}: {other:?}"),
        }
        assert_eq!(server.targets(), ["/"], "{location}");
    }
}

#[tokio::test]
async fn as_many_redirects_are_followed_as_the_limit_says() {
    let server = Server::start(|target| match target {
        "/0" => ok("end"),
        target => {
            let left: u32 = target[1..].parse().expect("a number");
            redirect_to(&format!("/{}", left - 1))
        }
    })
    .await;

    let fetched = fetch(&server.url("/5")).await.expect("five are allowed");
    assert_eq!(fetched.body, b"end");
    assert_eq!(server.targets(), ["/5", "/4", "/3", "/2", "/1", "/0"]);

    let error = refusal_of(&server.url("/6")).await;
    assert!(
        matches!(error, FetchError::TooManyRedirects { limit: 5, .. }),
        "{error:?}"
    );
    assert_eq!(server.targets().len(), 6 + 6);
}

#[tokio::test]
async fn a_redirect_loop_ends() {
    let server = Server::start(|_| redirect_to("")).await;

    let error = refusal_of(&server.url("/")).await;

    assert_eq!(
        error.to_string(),
        "the redirect to `127.0.0.1` is one too many: 5 are followed"
    );
    assert_eq!((error.status(), error.is_callers_fault()), (400, true));
    assert_eq!(server.heads().len(), 6);
}

#[tokio::test]
async fn a_body_may_be_as_large_as_the_limit_and_no_larger() {
    let server = Server::start(|target| {
        let body = "x".repeat(8);
        match target {
            "/length" => whole(format!(
                "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{body}"
            )),
            "/close" => whole(format!("HTTP/1.1 200 OK\r\n\r\n{body}")),
            _ => whole(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
                 3\r\nxxx\r\n5\r\nxxxxx\r\n0\r\n\r\n",
            ),
        }
    })
    .await;

    for target in ["/length", "/close", "/chunked"] {
        for (limit, fits) in [(0, false), (7, false), (8, true), (9, true)] {
            let mut settings = settings();
            settings.limits.body = limit;
            let fetcher = fetcher(settings, Names::default());
            match fetcher.fetch(&server.url(target)).await {
                Ok(fetched) => {
                    assert!(fits, "{target} {limit}");
                    assert_eq!(fetched.body, b"xxxxxxxx", "{target} {limit}");
                }
                Err(FetchError::BodyTooLarge { limit: told, .. }) => {
                    assert!(!fits, "{target} {limit}");
                    assert_eq!(told, limit, "{target}");
                }
                Err(other) => panic!("{target} {limit}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_not_waited_for() {
    // Neither server ever finishes: only stopping at the limit ends these.
    for head in [
        "HTTP/1.1 200 OK\r\ncontent-length: 1048577\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 9223372036854775807\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
    ] {
        let server = Server::start(move |_| {
            Reply::Stalled([head.as_bytes(), &vec![b'x'; 1024 * 1024 + 1]].concat())
        })
        .await;

        let error = refusal_of(&server.url("/")).await;

        assert_eq!(
            error.to_string(),
            "the body from `127.0.0.1` is larger than 1048576 bytes",
            "{head}"
        );
        assert_eq!((error.status(), error.is_callers_fault()), (502, false));
    }
}

#[tokio::test]
async fn the_total_limit_holds_before_and_inside_the_answer_and_over_all_hops() {
    let server = Server::start(|target| match target {
        "/nothing" => Reply::Stalled(vec![]),
        "/head" => Reply::Stalled(b"HTTP/1.1 200 OK\r\ncontent-".to_vec()),
        "/body" => Reply::Stalled(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx".to_vec()),
        _ => redirect_to("/nothing"),
    })
    .await;
    let mut settings = settings();
    settings.limits.total = Duration::from_millis(100);
    let fetcher = fetcher(settings, Names::default());

    for target in ["/nothing", "/head", "/body", "/redirect"] {
        let error = fetcher.fetch(&server.url(target)).await.expect_err(target);

        assert_eq!(
            error.to_string(),
            "`127.0.0.1` was not fetched within 100 ms",
            "{target}"
        );
        assert_eq!(
            (error.status(), error.is_callers_fault()),
            (504, false),
            "{target}"
        );
    }
}

#[tokio::test]
async fn the_limit_for_connections_includes_finding_the_address() {
    let mut settings = settings();
    settings.limits.connect = Duration::from_millis(20);
    let fetcher = Fetcher::with_resolver(settings, Silent);

    let error = fetcher
        .fetch("http://slow.test/")
        .await
        .expect_err("no address");

    assert_eq!(
        error.to_string(),
        "`slow.test` took no connection within 20 ms"
    );
    assert_eq!((error.status(), error.is_callers_fault()), (504, false));
}

#[tokio::test]
async fn a_name_is_asked_for_once_and_its_address_is_the_one_connected_to() {
    let server = Server::start(|_| ok("named")).await;
    let names = Names::default().with("site.test", &[&["127.0.0.1"], &["10.0.0.1"]]);
    let fetcher = fetcher(settings(), names.clone());

    let fetched = fetcher
        .fetch(&server.url_by_name("site.test", "/"))
        .await
        .expect("a body");

    assert_eq!(fetched.body, b"named");
    assert_eq!(names.asked(), ["site.test"]);
}

#[tokio::test]
async fn a_name_that_changes_its_address_between_hops_is_refused() {
    let server = Server::start(|_| redirect_to("/again")).await;
    let names = Names::default().with("site.test", &[&["127.0.0.1"], &["169.254.169.254"]]);
    let fetcher = fetcher(settings(), names.clone());

    let error = fetcher
        .fetch(&server.url_by_name("site.test", "/"))
        .await
        .expect_err("the second address");

    assert_eq!(
        refused_redirect(error),
        ("site.test".to_owned(), Network::Metadata)
    );
    assert_eq!(names.asked(), ["site.test", "site.test"]);
    assert_eq!(server.targets(), ["/"]);
}

#[tokio::test]
async fn a_name_with_any_refused_address_is_refused_and_not_contacted() {
    let forbidden = Server::forbidden("127.0.0.1:0").await;
    let names = Names::default()
        .with("loopback.test", &[&["127.0.0.1"]])
        .with("mapped.test", &[&["::ffff:127.0.0.1"]])
        .with("mixed.test", &[&["8.8.8.8", "127.0.0.1"]])
        .with("metadata.test", &[&["169.254.169.254"]]);
    let mut settings = settings();
    settings.policy.loopback = Loopback::Refused;
    let fetcher = fetcher(settings, names);

    for (name, expected) in [
        ("loopback.test", Network::Loopback),
        ("mapped.test", Network::Loopback),
        ("mixed.test", Network::Loopback),
        ("metadata.test", Network::Metadata),
    ] {
        let error = fetcher
            .fetch(&forbidden.url_by_name(name, "/"))
            .await
            .expect_err(name);

        assert_eq!(
            (error.status(), error.is_callers_fault()),
            (400, true),
            "{name}"
        );
        assert_eq!(
            error.to_string(),
            format!("`{name}` is refused: {expected} addresses are not fetched")
        );
        match error {
            FetchError::Refused {
                place,
                refusal: Refusal::Address { network, .. },
            } => {
                assert_eq!((place.as_str(), network), (name, expected));
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(forbidden.heads(), [""; 0]);
}

#[tokio::test]
async fn a_redirect_to_a_name_at_a_refused_address_is_not_followed() {
    let server = Server::start(|_| redirect_to("https://inside.test/")).await;
    let fetcher = fetcher(
        settings(),
        Names::default().with("inside.test", &[&["10.0.0.1"]]),
    );

    let error = fetcher
        .fetch(&server.url("/"))
        .await
        .expect_err("a private address");

    assert_eq!(
        error.to_string(),
        "the redirect from `127.0.0.1` to `inside.test` is refused: private addresses are not \
         fetched"
    );
}

#[tokio::test]
async fn a_name_that_leads_nowhere_is_upstreams_fault() {
    let fetcher = fetcher(settings(), Names::default().with("empty.test", &[&[]]));

    for name in ["missing.test", "empty.test"] {
        let error = fetcher
            .fetch(&format!("http://{name}/"))
            .await
            .expect_err(name);

        assert_eq!(
            error.to_string(),
            format!("the name `{name}` leads to no address")
        );
        assert_eq!(
            (error.status(), error.is_callers_fault()),
            (502, false),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_refused_connection_is_upstreams_fault() {
    // Bound and not listening: nobody else can take the port meanwhile.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket
        .bind("127.0.0.1:0".parse().expect("an address"))
        .expect("a free port");
    let address = socket.local_addr().expect("a bound socket");

    for scheme in ["http", "https"] {
        let error = refusal_of(&format!("{scheme}://{address}/?token=secret")).await;

        assert_eq!(
            error.to_string(),
            "`127.0.0.1` takes no connection",
            "{scheme}"
        );
        assert_eq!(
            (error.status(), error.is_callers_fault()),
            (502, false),
            "{scheme}"
        );
        let source = error.source().expect("the client's error").to_string();
        assert!(!source.contains("secret"), "{source}");
    }
}

#[tokio::test]
async fn a_server_without_tls_is_upstreams_fault() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound socket");
    tokio::spawn(async move {
        for reply in ["HTTP/1.1 400 Bad Request\r\n\r\n", ""] {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut hello = [0; 1];
            let _ = stream.peek(&mut hello).await;
            let _ = stream.write_all(reply.as_bytes()).await;
            let _ = stream.shutdown().await;
            while stream
                .read(&mut [0; 1024])
                .await
                .is_ok_and(|count| count > 0)
            {}
        }
    });

    for reply in ["no tls", "nothing"] {
        let error = refusal_of(&format!("https://{address}/")).await;

        assert!(
            matches!(error, FetchError::Tls { .. }),
            "{reply}: {error:?}"
        );
        assert_eq!(
            (error.status(), error.is_callers_fault()),
            (502, false),
            "{reply}"
        );
    }
}

#[tokio::test]
async fn what_is_not_http_or_ends_early_is_upstreams_fault() {
    for reply in [
        "",
        "HTTP/1.1 200",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "hello\r\n\r\n",
        "HTTP/1.1 two hundred\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let server = Server::start(move |_| whole(reply)).await;

        let error = refusal_of(&server.url("/")).await;

        assert!(
            matches!(error, FetchError::Broken { .. }),
            "{reply:?}: {error:?}"
        );
        assert_eq!(
            (error.status(), error.is_callers_fault()),
            (502, false),
            "{reply:?}"
        );
    }
}

#[tokio::test]
async fn the_callers_mistakes_are_told_apart() {
    for (url, text) in [
        (
            "",
            "no url is given: write one that starts with http:// or https://",
        ),
        (
            " \n",
            "no url is given: write one that starts with http:// or https://",
        ),
        (
            "example.com",
            "the url cannot be read: relative URL without a base",
        ),
        (
            "/path",
            "the url cannot be read: relative URL without a base",
        ),
        ("http://", "the url cannot be read: empty host"),
        (
            "http://a b/",
            "the url cannot be read: invalid international domain name",
        ),
        (
            "http://[::1/",
            "the url cannot be read: invalid IPv6 address",
        ),
        (
            "http://a:99999/",
            "the url cannot be read: invalid port number",
        ),
        (
            "file:///etc/passwd",
            "`file:` is refused: only http and https are fetched",
        ),
        (
            "localhost:80/",
            "`localhost:` is refused: only http and https are fetched",
        ),
        (
            "http://user:word@example.com/",
            "`example.com` is refused: a url that carries a user name or a password is not \
             fetched",
        ),
        (
            "http://0xa.1/",
            "`10.0.0.1` is refused: private addresses are not fetched",
        ),
        (
            "http://[fe80::1]/",
            "`[fe80::1]` is refused: link-local addresses are not fetched",
        ),
    ] {
        let error = refusal_of(url).await;

        assert_eq!(error.to_string(), text, "{url:?}");
        assert_eq!(
            (error.status(), error.is_callers_fault()),
            (400, true),
            "{url:?}"
        );
    }
}

#[tokio::test]
async fn a_strange_path_is_sent_or_refused_but_never_a_panic() {
    let server = Server::start(ok_with_target).await;

    for (given, sent) in [
        ("/{a}|b^c`d", "/%7Ba%7D|b^c%60d"),
        ("/a b\"<>", "/a%20b%22%3C%3E"),
        ("/%00%zz?'[]\\", "/%00%zz?%27[]\\"),
        ("/a\tb\r\nHost: evil", "/abHost:%20evil"),
    ] {
        let fetched = fetch(&server.url(given)).await.expect(given);
        assert_eq!(String::from_utf8_lossy(&fetched.body), sent, "{given}");
    }
    let long = format!("/{}", "x".repeat(100_000));
    let error = refusal_of(&server.url(&long)).await;
    assert_eq!(
        error.to_string(),
        "the url of `127.0.0.1` cannot be put into a request"
    );
    assert_eq!((error.status(), error.is_callers_fault()), (400, true));
}

fn ok_with_target(target: &str) -> Reply {
    ok(target)
}

#[tokio::test]
async fn the_user_agent_with_its_token_stays_with_the_first_place() {
    let back = Arc::new(OnceLock::<String>::new());
    let home = Arc::clone(&back);
    let other = Server::start(move |_| redirect_to(home.get().expect("set below"))).await;
    let away = other.url("/");
    let server = Server::start(move |target| match target {
        "/here" => redirect_to("/there"),
        "/away" => redirect_to(&away),
        _ => ok("home"),
    })
    .await;
    back.set(server.url("/back")).expect("set once");
    let mut settings = settings();
    settings.user_agent = Some(HeaderValue::from_static("ping/0.1 (token)"));
    let fetcher = fetcher(settings, Names::default());

    fetcher
        .fetch(&server.url("/here"))
        .await
        .expect("an answer");
    fetcher
        .fetch(&server.url("/away"))
        .await
        .expect("an answer");

    assert_eq!(server.targets(), ["/here", "/there", "/away", "/back"]);
    let token = "ping/0.1 (token)";
    assert_eq!(server.user_agents(), [token, token, token, PRODUCT]);
    assert_eq!(other.user_agents(), [PRODUCT]);
}

#[tokio::test]
async fn another_name_for_the_same_server_does_not_see_the_token() {
    let other = Arc::new(OnceLock::<String>::new());
    let location = Arc::clone(&other);
    let server = Server::start(move |target| match target {
        "/" => redirect_to(location.get().expect("set below")),
        _ => ok("end"),
    })
    .await;
    other
        .set(server.url_by_name("other.test", "/end"))
        .expect("set once");
    let mut settings = settings();
    settings.user_agent = Some(HeaderValue::from_static("ping/0.1 (token)"));
    let fetcher = fetcher(
        settings,
        Names::default().with("other.test", &[&["127.0.0.1"]]),
    );

    fetcher.fetch(&server.url("/")).await.expect("an answer");

    assert_eq!(server.user_agents(), ["ping/0.1 (token)", PRODUCT]);
}

#[tokio::test]
async fn nothing_is_set_up_before_it_is_needed() {
    let server = Server::start(|_| ok("")).await;
    let fetcher = fetcher(settings(), Names::default());
    let made = |fetcher: &Fetcher| {
        (
            fetcher.clients.plain.get().is_some(),
            fetcher.clients.secure.get().is_some(),
        )
    };

    assert_eq!(made(&fetcher), (false, false));
    fetcher
        .fetch("https://10.0.0.1/")
        .await
        .expect_err("a private address");
    assert_eq!(made(&fetcher), (false, false));
    fetcher.fetch(&server.url("/")).await.expect("an answer");
    assert_eq!(made(&fetcher), (true, false));
    fetcher
        .fetch("https://missing.test/")
        .await
        .expect_err("no such name");
    assert_eq!(made(&fetcher), (true, true));
}

#[test]
fn the_limits_are_as_documented() {
    let limits = Limits::default();

    assert_eq!(limits.connect, Duration::from_secs(2));
    assert_eq!(limits.total, Duration::from_secs(5));
    assert_eq!(limits.body, 1_048_576);
    assert_eq!(limits.redirects, 5);
}

#[tokio::test]
async fn the_system_finds_addresses_without_asking_the_network_for_those_written_out() {
    let addresses = SystemResolver
        .addresses("127.0.0.1")
        .await
        .expect("an address");

    assert_eq!(addresses, [IpAddr::V4(Ipv4Addr::LOCALHOST)]);
}
