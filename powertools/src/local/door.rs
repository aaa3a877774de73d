//! What listens on one port: a front end of HTTP, a WebSocket API, or both.
//!
//! On AWS they are never one address. Here a function that answers both has both on each of its ports, so
//! that one `cargo run` and one address are enough.

use std::sync::Arc;

use http::StatusCode;
use hyper::body::Incoming;

use super::{
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
            let is_management = websocket::is_management(uri.path());
            if is_management || websocket::is_handshake(headers) {
                if let Some(refused) = guard::stranger(uri, headers, &self.gateway.hosts) {
                    return refused;
                }
                return match is_management {
                    true => sockets.manage(request).await,
                    false => sockets.admit(request, self.number).await,
                };
            }
        }
        match &self.http {
            Some(port) => port.answer(request).await,
            None => {
                let text = "this is a WebSocket API; connect with ws://";
                gateway::message(StatusCode::UPGRADE_REQUIRED, text)
            }
        }
    }
}
