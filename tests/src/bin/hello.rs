//! What the local gateway's tests run: a greeting, and a direct handler that gives back its event.
//!
//! `hello --bare` is the same greeting from hyper alone, on a free port: what the gateway's own cost is
//! measured against.

use std::{convert::Infallible, net::Ipv4Addr};

use http_body_util::Full;
use hyper::{Request, Response, StatusCode, body::Bytes, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use powertools::{
    Context, Function, InvocationError,
    router::{Path, Router, get, routes},
};
use serde_json::Value;
use tokio::net::TcpListener;

fn greeting(name: &str) -> String {
    format!("hello {name}")
}

#[get("/hello/{name}")]
async fn hello(Path(name): Path<String>) -> String {
    tracing::info!(name, "greeting");
    greeting(&name)
}

async fn echo(event: Value, _: Context) -> Result<Value, InvocationError> {
    Ok(event)
}

fn main() -> Result<(), powertools::Error> {
    powertools::start(async {
        if std::env::args().any(|argument| argument == "--bare") {
            return bare().await;
        }
        if std::env::args().any(|argument| argument == "--log") {
            powertools::logger::init();
        }
        let router = Router::new(routes![hello])?;
        powertools::run(Function::new().http(router).direct(echo)).await
    })
}

async fn bare() -> Result<(), powertools::Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    announce(&listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let service = service_fn(answer);
            let builder = hyper::server::conn::http1::Builder::new();
            // The client is gone: nobody is left to be told.
            let _ = builder
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

#[expect(clippy::print_stdout, reason = "its tests read the address there")]
fn announce(listener: &TcpListener) -> Result<(), powertools::Error> {
    println!("hello listens on http://{} (bare)", listener.local_addr()?);
    Ok(())
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let name = request.uri().path().strip_prefix("/hello/");
    let mut answer = Response::new(Full::from(name.map(greeting).unwrap_or_default()));
    if name.is_none() {
        *answer.status_mut() = StatusCode::NOT_FOUND;
    }
    Ok(answer)
}
