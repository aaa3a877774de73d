//! The same function on localhost, behind a small gateway: `cargo run`, no AWS account.
//!
//! [`run`](crate::run) comes here when `AWS_LAMBDA_RUNTIME_API` is not set. Each HTTP request becomes
//! the event that API Gateway would send, goes through the same decoding, handling and encoding as on
//! Lambda, and the reply is read as API Gateway reads it.
//!
//! | argument | variable | meaning | unless set |
//! | --- | --- | --- | --- |
//! | `--port N` | `POWERTOOLS_LOCAL_PORT` | the port on 127.0.0.1 | 9000 |
//! | – | `POWERTOOLS_LOCAL_EVENT` | `http`: HTTP API, payload 2.0; `rest`: REST API | `http` |
//!
//! A direct invocation is a `POST` to `/2015-03-31/functions/function/invocations` with the event as
//! the body, as for AWS's own emulator.
//!
//! An invocation may take 30 seconds, which is what its context's deadline says and what
//! [`timeout`](crate::router::middleware::timeout) counts from; the timeout that the function has on Lambda
//! is not known here.
//!
//! Not played, so far: the limits of Lambda itself (6 MB each way) and of payloads per front end,
//! authorizers, throttling. Arguments that it does not know are left to the program.
//!
//! It listens on loopback only and refuses requests whose `Host` is another name, so that no web page
//! can reach it through a DNS name of its own. It is a tool for development, not a server.

use std::{
    convert::Infallible,
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tracing::Instrument;

use crate::{
    Context, Error,
    context::{self, FunctionInfo},
    env,
    event::Source,
    function::App,
    gateway::{self, Answer},
    runtime::{self, invocation_span},
};

mod errors;
mod ids;
mod settings;

use self::{ids::uuid, settings::Settings};

/// What the gateways accept; Lambda's own limit is 6 MB of event.
const MOST_BODY_BYTES: usize = 10 * 1024 * 1024;
/// The longest that a function may run here, which is what HTTP APIs wait.
const TIMEOUT: Duration = Duration::from_secs(30);
const INVOCATIONS: &str = "/2015-03-31/functions/function/invocations";

/// Serves `app` until the process ends.
pub(crate) async fn serve(app: impl App) -> Result<(), Error> {
    let settings = Settings::read(std::env::args().skip(1))?;
    let listener = listen(settings.port).await?;
    let gateway = Arc::new(Gateway {
        app,
        source: settings.source,
        function: function(),
    });
    banner(&gateway, listener.local_addr()?);
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Too many open files, or a client that is gone already: the next one may do.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            }
        };
        let gateway = Arc::clone(&gateway);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let gateway = Arc::clone(&gateway);
                async move { Ok::<_, Infallible>(gateway.answer(request).await.map(Full::new)) }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(10))
                .serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
}

async fn listen(port: u16) -> Result<TcpListener, Error> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address).await.map_err(|error| {
        let hint = if error.kind() == io::ErrorKind::AddrInUse {
            "; another program has it: choose one with `--port` or `POWERTOOLS_LOCAL_PORT`"
        } else {
            ""
        };
        format!("cannot listen on {address}: {error}{hint}").into()
    })
}

/// What the environment says of the function, with stand-ins for what only Lambda sets.
fn function() -> Arc<FunctionInfo> {
    let mut function = env::function();
    if function.name.is_empty() {
        let program = std::env::current_exe().ok();
        let name = program
            .as_deref()
            .and_then(|path| path.file_stem()?.to_str());
        function.name = name.unwrap_or("function").to_owned();
    }
    if function.version.is_empty() {
        function.version = "$LATEST".to_owned();
    }
    if function.memory_mib == 0 {
        function.memory_mib = 128;
    }
    Arc::new(function)
}

fn banner(gateway: &Gateway<impl App>, address: SocketAddr) {
    let mut text = format!(
        "{} listens on http://{address} (source: {})\n",
        gateway.function.name,
        gateway.source.name()
    );
    let mut rows = gateway.app.listing();
    if gateway.app.is_direct() {
        rows.push(("direct".to_owned(), format!("POST {INVOCATIONS}")));
    }
    text.push_str(&columns(&rows));
    print(&text);
}

/// Two columns, the second one aligned.
fn columns(rows: &[(String, String)]) -> String {
    let widths = rows.iter().map(|(first, _)| first.chars().count());
    let width = widths.max().unwrap_or_default();
    let lines = rows
        .iter()
        .map(|(first, second)| format!("  {first:<width$}  {second}\n"));
    lines.collect()
}

/// Text for the person at the terminal; one that is gone is no reason to stop.
fn print(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

struct Gateway<A> {
    app: A,
    source: Source,
    function: Arc<FunctionInfo>,
}

impl<A: App> Gateway<A> {
    async fn answer(&self, request: http::Request<Incoming>) -> Answer {
        let started = Instant::now();
        let line = format!("{} {}", request.method(), request.uri());
        let answer = if asks_for_this_machine(request.headers()) {
            self.forward(request).await
        } else {
            let text = "the Host header does not name this machine; ask for localhost";
            errors::message(StatusCode::FORBIDDEN, text)
        };
        let ms = started.elapsed().as_secs_f64() * 1000.0;
        // What the client wrote is printed escaped: a terminal obeys control characters.
        print(&format!(
            "{} → {} in {ms:.1} ms\n",
            line.escape_debug(),
            answer.status().as_u16()
        ));
        answer
    }

    async fn forward(&self, request: http::Request<Incoming>) -> Answer {
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, MOST_BODY_BYTES).collect();
        let body = match tokio::time::timeout(TIMEOUT, body).await {
            Err(_) => return errors::message(StatusCode::REQUEST_TIMEOUT, "Request Timeout"),
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                return errors::too_large(self.source);
            }
            Ok(Err(_)) => return errors::message(StatusCode::BAD_REQUEST, "Bad Request"),
        };
        let request_id = uuid();
        if parts.uri.path() == INVOCATIONS {
            return self.direct(&parts, body, request_id).await;
        }
        let Some(event) = gateway::event(self.source, &parts, &body, &request_id) else {
            return errors::message(StatusCode::BAD_REQUEST, "Bad Request");
        };
        match self.invoke(event.to_string().into(), request_id).await {
            Some(Ok(reply)) => gateway::read(self.source, &reply).unwrap_or_else(|| {
                tracing::error!(
                    "the reply is not one that this source accepts: {}",
                    self.source
                );
                errors::failed(self.source)
            }),
            Some(Err(_)) => errors::failed(self.source),
            None => errors::timed_out(self.source),
        }
    }

    async fn direct(&self, parts: &http::request::Parts, event: Bytes, id: String) -> Answer {
        // A web page may send a POST anywhere without asking, but not without saying who it is.
        if parts.headers.contains_key(header::ORIGIN) {
            return errors::message(StatusCode::FORBIDDEN, "no invocations from web pages");
        }
        if parts.method != Method::POST {
            return errors::message(StatusCode::METHOD_NOT_ALLOWED, "invoke with POST");
        }
        match self.invoke(event, id).await {
            Some(Ok(json)) => gateway::json(StatusCode::OK, json),
            Some(Err(json)) => errors::unhandled(json),
            None => errors::unhandled(
                format!(r#"{{"errorMessage":"Task timed out after {TIMEOUT:?}"}}"#).into(),
            ),
        }
    }

    /// One invocation: the reply's JSON, the error's JSON, or nothing in time.
    async fn invoke(&self, event: Bytes, request_id: String) -> Option<Result<Vec<u8>, Vec<u8>>> {
        let mut context = Context::new(request_id);
        context.function_arn = format!(
            "arn:aws:lambda:us-east-1:123456789012:function:{}",
            self.function.name
        );
        context.deadline = SystemTime::now() + TIMEOUT;
        context.cold_start = context::take_cold_start();
        context.function = Arc::clone(&self.function);
        let span = invocation_span(&context);
        let invoked = runtime::invoke(&self.app, event, context);
        let invoked = tokio::time::timeout(TIMEOUT, invoked.instrument(span.clone())).await;
        let _entered = span.enter();
        match invoked {
            Ok(Ok(reply)) => match serde_json::to_vec(&reply) {
                Ok(json) => Some(Ok(json)),
                Err(error) => {
                    tracing::error!(%error, "the reply is not JSON");
                    Some(Err(b"{}".to_vec()))
                }
            },
            Ok(Err(error)) => {
                tracing::error!("{error:?}");
                let json = serde_json::json!({
                    "errorType": error.error_type(),
                    "errorMessage": error.message(),
                });
                Some(Err(json.to_string().into_bytes()))
            }
            Err(_) => {
                tracing::error!("no reply within {TIMEOUT:?}");
                None
            }
        }
    }
}

/// Whether a request is for one of this machine's own names. A page elsewhere can make its own name
/// resolve to 127.0.0.1, but cannot make the browser send another `Host`.
fn asks_for_this_machine(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().is_ok_and(is_own_name),
        _ => false,
    }
}

fn is_own_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|own| name.eq_ignore_ascii_case(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listing_is_as_wide_as_its_longest_methods() {
        let row = |methods: &str, pattern: &str| (methods.to_owned(), pattern.to_owned());
        let rows = [row("GET", "/ping"), row("GET, POST", "/check")];

        assert_eq!(columns(&rows), "  GET        /ping\n  GET, POST  /check\n");
        assert_eq!(columns(&[]), "");
    }

    #[test]
    fn only_names_of_this_machine_are_let_in() {
        for (host, expected) in [
            ("localhost", true),
            ("localhost:9000", true),
            ("LocalHost:1", true),
            ("127.0.0.1:9000", true),
            ("[::1]:9000", true),
            ("[::1]", true),
            ("evil.example:9000", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example:9000", false),
            ("localhost:9000@evil.example", false),
            ("", false),
        ] {
            assert_eq!(is_own_name(host), expected, "{host}");
        }
    }
}
