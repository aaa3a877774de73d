//! What listens on one port: a front end of HTTP, a WebSocket API, or both.
//!
//! On AWS they are never one address. Here a function that answers both has both on each of its ports, so
//! that one `cargo run` and one address are enough.

use std::sync::Arc;

use http::{HeaderValue, StatusCode, header};
use hyper::body::Incoming;

use super::{
    control,
    exchange::{Gateway, Port},
    guard,
    websocket::{self, Sockets},
};
use crate::{
    function::App,
    gateway::{self, Answer},
};

pub(super) struct Door<A> {
    pub(super) gateway: Arc<Gateway<A>>,
    pub(super) number: u16,
    pub(super) http: Option<Port<A>>,
    pub(super) sockets: Option<Arc<Sockets<A>>>,
}

impl<A: App> Door<A> {
    pub(super) async fn answer(&self, request: http::Request<Incoming>) -> Answer {
        let (uri, headers) = (request.uri(), request.headers());
        if let Some(sockets) = &self.sockets {
            // Where HTTP is, too, paths of others are its own, whatever stands in them.
            let is_ours = |path| self.http.is_none() || sockets.is_mapped(path);
            let is_management = websocket::is_management(uri.path()) && is_ours(uri.path());
            if is_management || websocket::is_handshake(headers) {
                if let Some(refused) = guard::stranger(uri, headers, &self.gateway.hosts) {
                    sockets.turned_away(&request, &refused, "`Host` does not name this machine");
                    return refused;
                }
                return match is_management {
                    true => sockets.manage(request).await,
                    false => sockets.admit(request, self.number).await,
                };
            }
        }
        match &self.http {
            Some(port) if self.takes_http(uri.path()) => port.answer(request).await,
            _ => {
                let answer = upgrade_required();
                if let Some(sockets) = &self.sockets {
                    sockets.turned_away(&request, &answer, WEBSOCKET_ONLY);
                }
                answer
            }
        }
    }

    /// Whether there is somebody to answer a request: a function that has nothing but routes of WebSockets is
    /// invoked here, and otherwise no HTTP server.
    fn takes_http(&self, path: &str) -> bool {
        self.sockets.is_none()
            || self.gateway.function.app.is_http()
            || control::is_invocation(path)
    }
}

const WEBSOCKET_ONLY: &str = "this is a WebSocket API; connect with ws://";

/// What API Gateway answers here is on none of its pages. This is what HTTP has for it, and it wants the header
/// (RFC 9110 §15.5.22).
fn upgrade_required() -> Answer {
    let mut answer = gateway::message(StatusCode::UPGRADE_REQUIRED, WEBSOCKET_ONLY);
    let headers = answer.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    answer
}
