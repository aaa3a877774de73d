//! Applications of the tower world hosted here, a router in tower, and both through the real `run`.

use std::{
    collections::VecDeque,
    convert::Infallible,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

use axum::{
    Extension,
    extract::{Path, Query},
    response::AppendHeaders,
};
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header};
use lambda_http::RequestExt;
use powertools::{
    App, Context, Function, InvocationError,
    event::Source,
    router::{self, Router},
    testing::TestClient,
};
use serde_json::{Value, json};
use tower::Layer;
use tower_http::{
    compression::CompressionLayer,
    request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
};

/// The cookies that get through: some front ends take one value a header, and cookies cannot be joined.
fn passed_on<'c>(source: Source, cookies: &'c [&'c str]) -> &'c [&'c str] {
    match source {
        Source::Alb | Source::LatticeV1 | Source::Lattice => &cookies[cookies.len() - 1..],
        _ => cookies,
    }
}

mod hosted_axum {
    use axum::{
        body::Bytes,
        routing::{get, post},
    };

    use super::*;

    #[tokio::test]
    async fn repeated_request_headers_stay_apart_where_the_front_end_keeps_them_apart() {
        let tags = async |headers: HeaderMap| {
            let values: Vec<_> = headers
                .get_all("x-tag")
                .iter()
                .map(HeaderValue::as_bytes)
                .map(String::from_utf8_lossy)
                .collect();
            values.join("|")
        };
        let client = TestClient::new(axum::Router::new().route("/", get(tags)));

        for source in Source::ALL {
            let reply = client
                .get("/")
                .source(source)
                .header("x-tag", "a")
                .header("x-tag", "b")
                .await;
            let expected = match source {
                Source::HttpApi | Source::FunctionUrl | Source::LatticeV1 => "a,b",
                Source::Alb => "b",
                _ => "a|b",
            };
            assert_eq!(reply.text(), expected, "{source}");
        }
    }

    #[tokio::test]
    async fn repeated_response_headers_and_cookies_reach_the_client() {
        let app = axum::Router::new().route(
            "/",
            get(async || {
                AppendHeaders([
                    ("set-cookie", "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT"),
                    ("set-cookie", "b=2"),
                    ("vary", "accept"),
                    ("vary", "cookie"),
                ])
            }),
        );
        let client = TestClient::new(app);

        for source in Source::ALL {
            let reply = client.get("/").source(source).await;
            let cookies = ["a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2"];
            assert_eq!(reply.cookies(), passed_on(source, &cookies), "{source}");
            let vary = reply.header_all("vary").join(", ");
            assert_eq!(vary, "accept, cookie", "{source}");
        }
    }

    #[tokio::test]
    async fn path_parameters_and_stage_variables_of_the_gateway_arrive() {
        let told = async |request: axum::extract::Request| {
            let (path, stage) = (request.path_parameters(), request.stage_variables());
            let (path, stage) = (path.first("proxy"), stage.first("table"));
            format!("{} {}", path.unwrap_or("-"), stage.unwrap_or("-"))
        };
        let client = TestClient::new(axum::Router::new().fallback(told));

        for source in [Source::RestApi, Source::HttpApi, Source::HttpApiV1] {
            let mut event = client.get("/a/b").source(source).event();
            for (path, stage, expected) in [
                // What is no map of texts is not there, and is no reason to fail.
                (json!(null), json!(null), "- -"),
                (json!([1]), json!("x"), "- -"),
                (json!({ "proxy": "a/b" }), json!({ "table": "t" }), "a/b t"),
                (json!({ "proxy": "\u{e9}\n" }), json!({}), "\u{e9}\n -"),
            ] {
                event["pathParameters"] = path;
                event["stageVariables"] = stage;
                let reply = client.invoke(&event).await.expect("a reply");
                assert_eq!(reply["body"], expected, "{source}");
            }
        }
        for source in [Source::Alb, Source::Lattice] {
            let reply = client.get("/a/b").source(source).await;
            assert_eq!(reply.text(), "- -", "{source}");
        }
    }

    /// What the page of `interop` says of it.
    #[tokio::test]
    async fn the_request_context_is_ours_to_ask_for_and_lambda_http_s_panics() {
        let theirs = async |request: axum::extract::Request| {
            assert!(request.request_context_ref().is_none());
            let _ = request.request_context();
        };
        let client = TestClient::new(axum::Router::new().fallback(theirs));
        assert_eq!(client.get("/").await.status(), 500);
    }

    #[tokio::test]
    async fn cookies_are_one_header_again() {
        let cookie = async |headers: HeaderMap| {
            let lines = headers.get_all(header::COOKIE).iter().count();
            let text = headers[header::COOKIE].to_str().unwrap_or("?").to_owned();
            format!("{lines} {text}")
        };
        let client = TestClient::new(axum::Router::new().route("/", get(cookie)));

        for source in Source::ALL {
            let reply = client.get("/").source(source).header("cookie", "a=1; b=2");
            assert_eq!(reply.await.text(), "1 a=1; b=2", "{source}");
        }
    }

    #[tokio::test]
    async fn binary_bodies_go_both_ways() {
        let app = axum::Router::new().route("/", post(async |body: Bytes| body));
        let client = TestClient::new(app);
        let bytes = [0xff, 0x00, b'a', 0xfe];

        for source in Source::ALL {
            let reply = client.post("/").source(source).body(bytes).await;
            assert_eq!(reply.bytes(), bytes, "{source}");
            assert_eq!(reply.raw()["isBase64Encoded"], true, "{source}");
        }
    }

    #[tokio::test]
    async fn a_path_arrives_as_the_client_wrote_it() {
        let app = axum::Router::new().route(
            "/files/{name}",
            get(async |Path(name): Path<String>, uri: Uri| format!("{name} {}", uri.path())),
        );
        let client = TestClient::new(app);

        for (url, expected) in [
            ("/files/a%20b", "a b /files/a%20b"),
            ("/files/caf%C3%A9", "café /files/caf%C3%A9"),
            ("/files/100%25", "100% /files/100%25"),
            ("/files/a%3Fb%23c", "a?b#c /files/a%3Fb%23c"),
        ] {
            for source in Source::ALL {
                let reply = client.get(url).source(source).await;
                assert_eq!(reply.text(), expected, "{source}");
            }
        }
        // An HTTP API has undone the escape before anybody here could see it.
        for source in [Source::RestApi, Source::HttpApiV1, Source::FunctionUrl] {
            let reply = client.get("/files/a%2Fb").source(source).await;
            assert_eq!(reply.text(), "a/b /files/a%2Fb", "{source}");
        }
    }

    #[tokio::test]
    async fn every_slash_arrives() {
        let app = axum::Router::new().fallback(async |uri: Uri| uri.path().to_owned());
        let client = TestClient::new(app);
        for url in ["/", "//", "/a", "/a/", "/a//", "/a///", "//a//b//", "/a%2F"] {
            for source in Source::ALL {
                if url.contains('%') && source == Source::HttpApi {
                    continue;
                }
                let reply = client.get(url).source(source).await;
                let expected = match source {
                    // It makes one slash of several at the beginning.
                    Source::RestApi => format!("/{}", url.trim_start_matches('/')),
                    _ => url.to_owned(),
                };
                assert_eq!(reply.text(), expected, "{source}");
            }
        }
        // The stage goes, and no slash with it.
        for (raw, expected) in [
            ("/prod", "/"),
            ("/prod/", "/"),
            ("/prod//", "//"),
            ("/prod/a/", "/a/"),
        ] {
            let mut event = client.get("/").event();
            event["rawPath"] = raw.into();
            event["requestContext"]["stage"] = "prod".into();
            event["requestContext"]["domainName"] = "id.execute-api.eu-west-1.amazonaws.com".into();
            let reply = client.invoke(&event).await.expect("a reply");
            assert_eq!(reply["body"], expected, "{raw}");
        }
    }

    #[tokio::test]
    async fn a_query_arrives_as_the_client_wrote_it_where_the_front_end_passes_it_on() {
        let query = async |uri: Uri| uri.query().map(str::to_owned).unwrap_or_default();
        let client = TestClient::new(axum::Router::new().fallback(query));
        let raw = "flag&&a=%7e~&b=c+d%20e&=x&f=%zz&g='{}|^`\\[]!$()*,;:@/?";
        for source in Source::ALL {
            let mut event = client.get("/").source(source).event();
            let key = match source {
                Source::HttpApi | Source::FunctionUrl => "rawQueryString",
                Source::LatticeV1 => "raw_path",
                Source::Lattice => "path",
                _ => continue,
            };
            let path = if key == "rawQueryString" { "" } else { "/?" };
            for (raw, expected) in [
                (raw, raw),
                ("", ""),
                ("a=\"<\u{e9}> #", "a=%22%3C%C3%A9%3E%20%23"),
            ] {
                event[key] = format!("{path}{raw}").into();
                let reply = client.invoke(&event).await.expect("a reply");
                assert_eq!(reply["body"], expected, "{source}");
            }
        }
    }

    #[tokio::test]
    async fn a_query_arrives_with_its_repetitions_and_special_characters() {
        let app = axum::Router::new().route(
            "/",
            get(async |Query(pairs): Query<Vec<(String, String)>>| format!("{pairs:?}")),
        );
        let client = TestClient::new(app);

        for source in Source::ALL {
            if source == Source::Alb {
                // One value a key, the last.
                continue;
            }
            let url = "/?a=1&a=2&b=x+y&c=%26%3D%25%2B&caf%C3%A9=%C3%A9&d";
            let reply = client.get(url).source(source).await;
            let expected = r#"[("a", "1"), ("a", "2"), ("b", "x y"), ("c", "&=%+"), ("café", "é"), ("d", "")]"#;
            assert_eq!(reply.text(), expected, "{source}");
        }
    }

    #[tokio::test]
    async fn a_panic_is_a_500_and_the_next_request_is_answered() {
        let app = axum::Router::new()
            .route("/panic", get(async || -> &str { panic!("in axum") }))
            .route("/fine", get(async || "fine"));
        let client = TestClient::new(app);

        for source in Source::ALL {
            let reply = client.get("/panic").source(source).await;
            assert_eq!(reply.status(), 500, "{source}");
            let body = reply.json::<Value>();
            assert_eq!(body["title"], "Internal Server Error", "{source}");
            assert_eq!(body["requestId"], "00000000-0000-4000-8000-000000000000");
            let reply = client.get("/fine").source(source).await;
            assert_eq!(reply.text(), "fine", "{source}");
        }
    }

    #[tokio::test]
    async fn our_context_and_request_and_lambda_https_own_are_in_the_extensions() {
        let app = axum::Router::new().route(
            "/{id}",
            get(
                async |Extension(context): Extension<Context>,
                       Extension(ours): Extension<router::Request>,
                       theirs: axum::extract::Request| {
                    let lambda = theirs.lambda_context_ref().expect("a Lambda context");
                    let query = theirs.query_string_parameters_ref();
                    let all = query.and_then(|query| query.all("y")).unwrap_or_default();
                    format!(
                        "{} {} {} {} {all:?}",
                        context.request_id,
                        lambda.request_id,
                        ours.source(),
                        theirs.raw_http_path(),
                    )
                },
            ),
        );
        let client = TestClient::new(app);

        for source in Source::ALL {
            let request = client.get("/7?x=1&y=2").source(source);
            let reply = request.context(Context::new("an-id")).await;
            let expected = format!("an-id an-id {source} /7 [\"2\"]");
            assert_eq!(reply.text(), expected);
        }
    }
}

mod router_in_tower {
    use http::Method;
    use powertools::{
        interop::Hosted,
        router::{Cors, HeaderName, Headers, IntoResponse, Limits, Params, get, routes},
        testing::TestReply,
    };
    use tower::Service;

    use super::*;

    #[derive(Clone)]
    struct Fixed;

    impl MakeRequestId for Fixed {
        fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
            Some(RequestId::new(HeaderValue::from_static("made-here")))
        }
    }

    #[get("/echo/{name}")]
    async fn echo(
        params: Params,
        headers: Headers,
        router::Path(name): router::Path<String>,
        router::Query(query): router::Query<Vec<(String, String)>>,
        request: router::Request,
        context: Context,
    ) -> String {
        let id = headers.get("x-request-id").unwrap_or("none");
        let number = params.len();
        let source = request.source();
        let request_id = context.request_id;
        format!("{name} {number} {id} {query:?} {source} {request_id}")
    }

    #[get("/cookies")]
    async fn cookies() -> impl IntoResponse {
        let cookie = |text| (header::SET_COOKIE, HeaderValue::from_static(text));
        ([cookie("a=1"), cookie("b=2")], vec![0xff_u8, 0x00])
    }

    #[get("/long")]
    async fn long() -> impl IntoResponse {
        let header = HeaderName::from_static("x-kind");
        (
            [(header, HeaderValue::from_static("long"))],
            "a".repeat(5_000),
        )
    }

    fn service() -> powertools::interop::RouterService {
        let router = Router::new(routes![echo, cookies, long]).expect("the routes are good");
        router.into_service()
    }

    #[tokio::test]
    async fn request_id_layers_see_requests_and_responses() {
        let header = || HeaderName::from_static("x-request-id");
        let inner = PropagateRequestIdLayer::new(header()).layer(service());
        let client = TestClient::new(SetRequestIdLayer::new(header(), Fixed).layer(inner));

        for source in Source::ALL {
            let reply = client.get("/echo/caf%C3%A9%25?x=a+b&y=%26").source(source);
            let reply = reply.context(Context::new("an-id")).await;
            let expected =
                format!("café% 1 made-here [(\"x\", \"a b\"), (\"y\", \"&\")] {source} an-id");
            assert_eq!(reply.text(), expected);
            assert_eq!(reply.header("x-request-id"), Some("made-here"), "{source}");
            let reply = client.get("/cookies").source(source).await;
            let cookies = ["a=1", "b=2"];
            assert_eq!(reply.cookies(), passed_on(source, &cookies), "{source}");
            assert_eq!(reply.bytes(), [0xff, 0x00], "{source}");
        }
    }

    #[tokio::test]
    async fn a_compressed_response_is_bytes_on_its_way_and_whole_at_the_client() {
        let client = TestClient::new(CompressionLayer::new().layer(service()));

        for source in Source::ALL {
            let request = client.get("/long").source(source);
            let reply = request.header("accept-encoding", "gzip").await;
            assert_eq!(reply.header("content-encoding"), Some("gzip"), "{source}");
            assert_eq!(reply.header("x-kind"), Some("long"), "{source}");
            assert_eq!(reply.raw()["isBase64Encoded"], true, "{source}");
            assert_eq!(reply.bytes()[..2], [0x1f, 0x8b], "{source}");
            assert!(reply.bytes().len() < 500, "{source}");
            let reply = client.get("/long").source(source).await;
            assert_eq!(reply.text().len(), 5_000, "{source}");
        }
    }

    #[tokio::test]
    async fn a_response_without_content_gets_no_content_type_on_its_way_through_tower() {
        #[get("/nothing")]
        async fn nothing() {}
        let router = Router::new(routes![nothing]).unwrap();

        let plain = TestClient::new(router.clone()).get("/nothing").await;
        let hosted = TestClient::new(router.into_service());
        let hosted = hosted.get("/nothing").await;

        assert_eq!(hosted.status(), 204);
        assert_eq!(plain.raw()["headers"], json!({}));
        assert_eq!(hosted.raw()["headers"], json!({}));
    }

    /// A router that accepts one pair of a query, and answers in its own form.
    fn particular() -> Router {
        let router = Router::new(routes![echo]).expect("the routes are good");
        router
            .limits(Limits::default().query_pairs(1))
            .cors(Cors::allow_any_origin())
            .expect("the policy is good")
            .on_problem(|problem, id| (problem.status(), format!("own {id}")))
    }

    async fn refused(client: &TestClient<impl App>, source: Source) -> TestReply {
        let request = client.get("/echo/x?a=1&b=2").source(source);
        request.context(Context::new("an-id")).await
    }

    #[tokio::test]
    async fn a_routers_settings_hold_for_what_is_refused_before_it() {
        let layer = tower::util::MapRequestLayer::new(|request| request);
        let layered = layer.layer(particular().into_service());
        let hosted = Hosted::new(layered).settings_of(&particular());
        for source in Source::ALL {
            for reply in [
                refused(&TestClient::new(particular().into_service()), source).await,
                refused(
                    &TestClient::new(Hosted::new(particular().into_service())),
                    source,
                )
                .await,
                refused(&TestClient::new(hosted.clone()), source).await,
            ] {
                assert_eq!((reply.status().as_u16(), reply.text()), (400, "own an-id"));
                assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
            }
        }
    }

    #[tokio::test]
    async fn they_hold_for_a_body_that_cannot_be_handed_over() {
        let client = TestClient::new(particular().into_service());
        let own = "own 00000000-0000-4000-8000-000000000000";
        for (method, text) in [(Method::GET, own), (Method::HEAD, "")] {
            let mut event = client.request(method, "/echo/x").event();
            event["body"] = "no base64!".into();
            event["isBase64Encoded"] = true.into();
            let reply = client.invoke(&event).await.expect("a reply");

            assert_eq!(reply["statusCode"], 400);
            assert_eq!(reply["headers"]["access-control-allow-origin"], "*");
            assert_eq!(reply["body"], text);
        }
    }

    #[tokio::test]
    async fn what_is_refused_on_the_way_out_of_a_layer_is_answered_by_the_router() {
        let layer = tower::util::MapRequestLayer::new(|request| request);
        let layered = TestClient::new(layer.layer(particular().into_service()));
        for source in Source::ALL {
            let reply = refused(&layered, source).await;
            assert_eq!((reply.status().as_u16(), reply.text()), (400, "own an-id"));
            assert_eq!(reply.header("access-control-allow-origin"), Some("*"));

            let head = layered.request(Method::HEAD, "/echo/x?a=1&b=2");
            let head = head.source(source).await;
            assert_eq!(
                (head.status().as_u16(), head.raw()["body"].as_str()),
                (400, Some(""))
            );
        }
    }

    #[tokio::test]
    async fn what_is_about_a_connection_stays_with_the_service() {
        #[get("/framed")]
        async fn framed() -> impl IntoResponse {
            let headers = [
                (header::CONNECTION, "x-hop"),
                (HeaderName::from_static("x-hop"), "1"),
                (header::TRANSFER_ENCODING, "chunked"),
            ];
            (headers, ())
        }
        let router = Router::new(routes![framed]).expect("the routes are good");
        let request = Request::builder().uri("/framed");
        let request = request.body(lambda_http::Body::Empty).expect("a request");

        let response = router.into_service().call(request).await;

        let response = response.expect("it cannot fail");
        assert_eq!(response.headers().keys().count(), 0, "{response:?}");
    }

    #[tokio::test]
    async fn a_hosted_answer_that_cannot_be_sent_is_a_500_with_its_id() {
        let odd = tower::service_fn(async |_: lambda_http::Request| {
            let mut response = http::Response::new(lambda_http::Body::from("odd"));
            *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            Ok::<_, Infallible>(response)
        });

        let client = TestClient::new(odd);
        let reply = client.get("/").context(Context::new("an-id")).await;

        assert_eq!(reply.status(), 500);
        assert_eq!(reply.json::<Value>()["requestId"], "an-id");
    }

    #[tokio::test]
    async fn a_layers_own_answer_is_the_clients() {
        let busy = tower::service_fn(async |_: lambda_http::Request| {
            let mut response = http::Response::new(lambda_http::Body::from("busy"));
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            Ok::<_, Infallible>(response)
        });

        let reply = TestClient::new(busy).get("/").await;

        assert_eq!((reply.status().as_u16(), reply.text()), (503, "busy"));
    }

    #[tokio::test]
    async fn a_head_has_no_body_whoever_answers() {
        let wordy = tower::service_fn(async |request: lambda_http::Request| {
            assert_ne!(request.uri().path(), "/panic", "on purpose");
            if request.uri().path() == "/fail" {
                return Err(std::io::Error::other("on purpose"));
            }
            Ok(http::Response::new(lambda_http::Body::from("text")))
        });
        let client = TestClient::new(wordy);
        for (path, status) in [("/", 200), ("/fail", 500), ("/panic", 500)] {
            let reply = client.request(Method::HEAD, path).await;
            let body = reply.raw()["body"].as_str();
            assert_eq!(
                (reply.status().as_u16(), body),
                (status, Some("")),
                "{path}"
            );
        }
    }

    #[tokio::test]
    async fn a_service_that_fails_is_a_500_that_tells_the_client_nothing() {
        let broken = tower::service_fn(async |_: lambda_http::Request| {
            Err::<http::Response<lambda_http::Body>, _>(std::io::Error::other("secret"))
        });

        let reply = TestClient::new(broken).get("/").await;

        assert_eq!(reply.status(), 500);
        assert!(!reply.text().contains("secret"));
    }
}

/// The real loop against a Runtime API on loopback.
///
/// The loop reads its address from the environment, which a test must not change: each function is
/// this test binary once more, started with the environment set and told to run one test that serves
/// until the Runtime API is gone.
mod through_run {
    use powertools::router::{get, routes};

    use super::*;

    /// Set for the child only.
    const CHILD: &str = "POWERTOOLS_TEST_CHILD";

    /// What the function sent for one invocation.
    #[derive(Debug)]
    struct Sent {
        path: String,
        headers: Vec<(String, String)>,
        body: Value,
    }

    /// A process that is gone when the test is.
    struct Running(Child);

    impl Drop for Running {
        fn drop(&mut self) {
            // It may have ended by itself.
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    struct Call {
        line: String,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    }

    /// Reads one HTTP/1.1 request with a counted or chunked body; `None` at the end of the stream.
    fn call(reader: &mut impl BufRead) -> Option<Call> {
        let line = text_line(reader)?;
        let mut headers = Vec::new();
        loop {
            let header = text_line(reader)?;
            if header.is_empty() {
                break;
            }
            let (name, value) = header.split_once(':')?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let value = |name: &str| {
            let found = headers.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.as_str())
        };
        let mut body = Vec::new();
        if value("transfer-encoding") == Some("chunked") {
            loop {
                let size = usize::from_str_radix(&text_line(reader)?, 16).ok()?;
                let mut chunk = vec![0; size];
                reader.read_exact(&mut chunk).ok()?;
                text_line(reader)?;
                if size == 0 {
                    break;
                }
                body.extend(chunk);
            }
        } else {
            body = vec![0; value("content-length").map_or(Some(0), |length| length.parse().ok())?];
            reader.read_exact(&mut body).ok()?;
        }
        Some(Call {
            line,
            headers,
            body,
        })
    }

    fn text_line(reader: &mut impl BufRead) -> Option<String> {
        let mut line = String::new();
        let length = reader.read_line(&mut line).ok()?;
        (length > 0).then(|| line.trim_end().to_owned())
    }

    /// Hands out `events`, and collects what comes for each.
    fn serve(listener: &TcpListener, events: &[Value]) -> Vec<Sent> {
        let mut waiting: VecDeque<(usize, &Value)> = events.iter().enumerate().collect();
        let mut sent = Vec::new();
        while sent.len() < events.len() {
            let (stream, _) = listener.accept().expect("the function connects");
            let mut reader = BufReader::new(stream.try_clone().expect("one more handle"));
            while sent.len() < events.len() {
                let Some(call) = call(&mut reader) else { break };
                let path = call.line.split(' ').nth(1).unwrap_or_default().to_owned();
                if path == "/2018-06-01/runtime/invocation/next" {
                    let (number, event) = waiting.pop_front().expect("one call for each event");
                    next(&stream, number, event);
                } else {
                    accepted(&stream);
                    sent.push(Sent {
                        path,
                        headers: call.headers,
                        body: serde_json::from_slice(&call.body).expect("the body is JSON"),
                    });
                }
            }
        }
        sent
    }

    fn next(mut stream: &TcpStream, number: usize, event: &Value) {
        let body = event.to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             lambda-runtime-aws-request-id: request-{number}\r\n\
             lambda-runtime-deadline-ms: 32503680000000\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:123456789012:function:shop\r\n\
             \r\n",
            body.len()
        );
        let whole = head + &body;
        stream
            .write_all(whole.as_bytes())
            .expect("the function reads");
    }

    fn accepted(mut stream: &TcpStream) {
        let answer = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer).expect("the function reads");
    }

    /// Runs the test of this name as a function, for these events.
    fn invoked(name: &str, events: &[Value]) -> Vec<Sent> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let this = std::env::current_exe().expect("this test has a file");
        let child = Command::new(this)
            .args(["--exact", name, "--nocapture"])
            .env(CHILD, "1")
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "shop")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env_remove("AWS_LAMBDA_MAX_CONCURRENCY")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the function starts");
        let _running = Running(child);
        serve(&listener, events)
    }

    /// In the child: serves until the process is ended.
    fn function(app: impl App) {
        let ended = powertools::start(powertools::run(app));
        panic!("the function ended: {ended:?}");
    }

    fn is_child() -> bool {
        std::env::var_os(CHILD).is_some()
    }

    fn event(path: &str) -> Value {
        let app = axum::Router::new();
        TestClient::new(app).get(path).event()
    }

    #[test]
    fn an_axum_router_is_served() {
        if is_child() {
            let hello = async |Path(name): Path<String>, Extension(context): Extension<Context>| {
                let function = &context.function;
                let id = &context.request_id;
                format!("{name} {id} {} {}", function.name, context.cold_start)
            };
            let app = axum::Router::new()
                .route("/hello/{name}", axum::routing::get(hello))
                .route(
                    "/panic",
                    axum::routing::get(async || -> &str { panic!("in axum") }),
                );
            return function(app);
        }
        let name = "through_run::an_axum_router_is_served";

        let sent = invoked(
            name,
            &[event("/hello/a%20b"), event("/panic"), event("/hello/c")],
        );

        let path = |number| format!("/2018-06-01/runtime/invocation/request-{number}/response");
        assert_eq!(sent[0].path, path(0));
        assert_eq!(sent[0].body["statusCode"], 200);
        assert_eq!(sent[0].body["body"], "a b request-0 shop true");
        assert_eq!(sent[1].path, path(1));
        assert_eq!(sent[1].body["statusCode"], 500);
        assert_eq!(sent[2].path, path(2));
        assert_eq!(sent[2].body["body"], "c request-2 shop false");
    }

    #[test]
    fn a_router_is_served() {
        #[get("/hello/{name}")]
        async fn hello(router::Path(name): router::Path<String>, context: Context) -> String {
            format!("{name} {} {}", context.request_id, context.function_arn)
        }
        #[get("/panic")]
        async fn panic() -> StatusCode {
            panic!("in the handler")
        }
        if is_child() {
            let router = Router::new(routes![hello, panic]).expect("the routes are good");
            return function(router);
        }
        let other = json!({"Records": []});
        let events = [
            event("/hello/a%20b"),
            event("/panic"),
            other,
            event("/hello/c"),
        ];

        let sent = invoked("through_run::a_router_is_served", &events);

        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:shop";
        assert_eq!(sent[0].body["statusCode"], 200);
        assert_eq!(sent[0].body["body"], format!("a b request-0 {arn}"));
        assert_eq!(sent[1].body["statusCode"], 500);
        assert_eq!(
            sent[2].path,
            "/2018-06-01/runtime/invocation/request-2/error"
        );
        assert_eq!(sent[2].body["errorType"], "UnknownEvent");
        assert_eq!(sent[3].body["body"], format!("c request-3 {arn}"));
    }

    #[test]
    fn a_direct_handlers_failure_is_reported_as_one() {
        async fn direct(event: Value, _: Context) -> Result<Value, InvocationError> {
            match event["job"].as_str() {
                Some("work") => Ok(json!({"done": true})),
                Some("panic") => panic!("in the handler"),
                _ => Err(InvocationError::new("NoSuchJob", "there is no such job")),
            }
        }
        if is_child() {
            return function(Function::new().direct(direct));
        }
        let job = |job: &str| json!({"job": job});
        let events = [job("rest"), job("panic"), job("work")];
        let name = "through_run::a_direct_handlers_failure_is_reported_as_one";

        let sent = invoked(name, &events);

        let path = |number, kind| format!("/2018-06-01/runtime/invocation/request-{number}/{kind}");
        assert_eq!(sent[0].path, path(0, "error"));
        assert_eq!(sent[0].body["errorType"], "NoSuchJob");
        assert_eq!(sent[0].body["errorMessage"], "there is no such job");
        let header = |name: &str| {
            let found = sent[0].headers.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.as_str())
        };
        assert_eq!(
            header("lambda-runtime-function-error-type"),
            Some("unhandled")
        );
        assert_eq!(sent[1].path, path(1, "error"));
        assert_eq!(sent[1].body["errorType"], "HandlerPanicked");
        assert_eq!(
            sent[1].body["errorMessage"],
            "the handler panicked: in the handler"
        );
        assert_eq!(sent[2].path, path(2, "response"));
        assert_eq!(sent[2].body, json!({"done": true}));
    }
}
