//! Connections: accepted on loopback, bounded in number, size and time.

use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use http_body_util::Full;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

use super::door::Door;
use crate::{Error, event::Source, function::App};

/// Connections at a time, of one port. Those above wait to be accepted.
const MOST_CONNECTIONS: usize = 512;
/// How long a client may take for a request's head, and keep a connection without one.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// hyper's own limit is 100, and AWS's are on bytes: as many as fit into them.
const MOST_HEADERS: usize = 512;
/// What a head and the part of a body that is read at once may take.
const MOST_BUFFER: usize = 64 * 1024;

pub(super) async fn listen(port: u16) -> Result<TcpListener, Error> {
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

/// Accepts connections until the process ends.
pub(super) async fn serve(listener: TcpListener, door: Arc<Door<impl App>>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let place = Arc::clone(&places).acquire_owned().await;
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Too many open files, or a client that is gone already: the next one may do.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            }
        };
        let door = Arc::clone(&door);
        tokio::spawn(async move {
            let _place = place;
            converse(stream, door).await;
        });
    }
}

async fn converse(stream: TcpStream, door: Arc<Door<impl App>>) {
    // An answer is written at once, so there is nothing to wait for.
    let _ = stream.set_nodelay(true);
    let source = door.http.as_ref().map(|port| port.source);
    let is_http_api = matches!(source, Some(Source::HttpApi | Source::HttpApiV1));
    let service = service_fn(move |request| {
        let door = Arc::clone(&door);
        async move { Ok::<_, Infallible>(door.answer(request).await.map(Full::new)) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(MOST_BUFFER)
        .max_headers(MOST_HEADERS)
        // Who has said all may close that side, or leave altogether: the request is one, and the function
        // runs, as on AWS.
        .half_close(true)
        // As recorded of HTTP APIs: `Apigw-Requestid`, `Myheader`.
        .title_case_headers(is_http_api)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection ended early");
    }
}
