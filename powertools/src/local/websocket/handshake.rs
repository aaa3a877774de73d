//! How a client becomes a connection: the handshake, and `$connect` before it is answered.
//!
//! Source: RFC 6455, section 4.2; API Gateway's developer guide, "The $connect route".

use std::{sync::Arc, time::SystemTime};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header, request::Parts};
use hyper::{body::Incoming, upgrade::OnUpgrade};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{
    CONNECT, Connected, FAILED, FORBIDDEN, Refused, Sockets,
    connection::{self, End},
};
use crate::{
    function::App,
    gateway::{
        self, Answer, Hop,
        websocket::{self, Connection, Happened},
    },
    local::{exchange::Story, guard, ids},
};

/// Whether a request asks for a WebSocket, rightly or wrongly.
pub(in crate::local) fn is_handshake(headers: &HeaderMap) -> bool {
    has_token(headers, header::UPGRADE, "websocket")
}

impl<A: App> Sockets<A> {
    /// Answers a handshake that came in at a port, and speaks with the client from then on.
    pub(in crate::local) async fn admit(
        self: &Arc<Self>,
        mut request: http::Request<Incoming>,
        port: u16,
    ) -> Answer {
        let upgrade = hyper::upgrade::on(&mut request);
        let (parts, _) = request.into_parts();
        let (tell, told) = oneshot::channel();
        let sockets = Arc::clone(self);
        // A task of its own, because hyper drops the request of a client that is gone, and then the
        // function would never hear of the end of what it took for a connection.
        tokio::spawn(async move { sockets.live(parts, port, upgrade, tell).await });
        told.await.unwrap_or_else(|_| {
            let text = "the connection ended before it began";
            gateway::message(StatusCode::INTERNAL_SERVER_ERROR, text)
        })
    }

    /// A connection's whole life.
    async fn live(
        self: Arc<Self>,
        parts: Parts,
        port: u16,
        upgrade: OnUpgrade,
        tell: oneshot::Sender<Answer>,
    ) {
        let about = Connection {
            id: ids::short(),
            connected_at: SystemTime::now(),
            domain: websocket::domain(&self.gateway.api, &parts),
            user_agent: agent(&parts.headers),
        };
        let (answer, _place) = match self.connect(&about, &parts, port).await {
            Ok(accepted) => accepted,
            Err(refused) => {
                let _ = tell.send(refused);
                return;
            }
        };
        // Before the client hears of it: it may speak, and be spoken to, at once.
        let (connected, waiting) = Connected::new(about, port);
        self.open.insert(&connected);
        let _ = tell.send(answer);
        let (end, stream) = match upgrade.await {
            Ok(upgraded) => {
                let (end, stream) = self.converse(upgraded, &connected, waiting).await;
                (end, Some(stream))
            }
            Err(_) => (End::Lost, None),
        };
        // From here on a post finds nobody, however long the client takes to answer our goodbye.
        self.open.remove(&connected.about.id);
        let (code, reason) = end.told();
        let goodbye = async {
            if let Some(stream) = stream {
                connection::say_goodbye(stream, &end).await;
            }
        };
        tokio::join!(goodbye, self.disconnected(&connected, code, reason));
    }

    /// Asks the function, and gives the answer to a handshake and a place among the connections.
    async fn connect(
        &self,
        about: &Connection,
        parts: &Parts,
        port: u16,
    ) -> Result<(Answer, OwnedSemaphorePermit), Answer> {
        let line = self.begun("CONNECT", &about.id);
        let mut story = Story::default();
        let request_id = ids::short();
        let came = match self.check(parts, &mut story) {
            Ok((key, place)) => {
                let asked = self.ask(about, parts, port, &request_id, &mut story);
                asked.await.map(|reply| (accepted(&key, &reply), place))
            }
            Err(refused) => Err(refused),
        };
        let came = came.map_err(|refused| {
            let text = refused.text(&about.id, &request_id);
            let mut answer = gateway::json(refused.status, text.into_bytes());
            if refused.status == StatusCode::UPGRADE_REQUIRED {
                let version = HeaderValue::from_static("13");
                let headers = answer.headers_mut();
                headers.insert(header::SEC_WEBSOCKET_VERSION, version);
            }
            answer
        });
        let status = match &came {
            Ok((answer, _)) => answer.status(),
            Err(answer) => answer.status(),
        };
        line.ended(self, status, story);
        came
    }

    /// The client's key, and a place for it, if its request is in order.
    fn check(
        &self,
        parts: &Parts,
        story: &mut Story,
    ) -> Result<(Vec<u8>, OwnedSemaphorePermit), Refused> {
        let headers = &parts.headers;
        let mut refuse = |refused, note: &str| {
            story.note = Some(note.to_owned());
            Err(refused)
        };
        let gateway = &self.gateway;
        if !guard::may_connect(headers, &self.settings.origins, &gateway.hosts) {
            let note = "a page of another origin; allow it with `websocket-origin`";
            return refuse(FORBIDDEN, note);
        }
        if !self.answers_at(parts.uri.path().trim_matches('/')) {
            return refuse(FORBIDDEN, &self.places_told());
        }
        let is_upgrade = has_token(headers, header::CONNECTION, "upgrade");
        if parts.method != Method::GET || parts.version != Version::HTTP_11 || !is_upgrade {
            return refuse(BAD_REQUEST, "no handshake of a WebSocket");
        }
        let version = headers.get(header::SEC_WEBSOCKET_VERSION);
        if version.is_none_or(|version| version != "13") {
            return refuse(UPGRADE, "another version of the protocol than 13");
        }
        let mut keys = headers.get_all(header::SEC_WEBSOCKET_KEY).iter();
        let key = keys.next();
        let key = key.map(|key| key.as_bytes().to_vec()).unwrap_or_default();
        // Once and no more (RFC 6455 §11.3.1): of two, this server and what stands before it may see another.
        if keys.next().is_some() {
            return refuse(BAD_REQUEST, "more than one `sec-websocket-key`");
        }
        if STANDARD.decode(&key).map(|key| key.len()) != Ok(16) {
            return refuse(BAD_REQUEST, "`sec-websocket-key` is no key");
        }
        match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => Ok((key, place)),
            Err(_) => refuse(TOO_MANY, "as many connections as `websocket-limit` allows"),
        }
    }

    /// The function's reply to `$connect`, if that is to let the client in.
    async fn ask(
        &self,
        about: &Connection,
        parts: &Parts,
        port: u16,
        request_id: &str,
        story: &mut Story,
    ) -> Result<Answer, Refused> {
        if !self.has(CONNECT) {
            return Ok(Answer::new(Bytes::new()));
        }
        let trace = parts.headers.get("x-amzn-trace-id");
        let trace = trace.and_then(|trace| trace.to_str().ok());
        let trace = trace.map_or_else(ids::trace, str::to_owned);
        let hop = Hop {
            port,
            trace_id: &trace,
        };
        let happened = Happened::Connect {
            parts,
            hop: Some(hop),
        };
        let event = websocket::event(&self.gateway.api, about, request_id, happened);
        let event = event.map_err(|refusal| {
            story.note = Some(refusal.reason().to_owned());
            Refused::from(refusal)
        })?;
        let answer = self.invoke(event, port, story, &trace).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        story.note = Some("`$connect` refused it".to_owned());
        let words = answer.status().canonical_reason();
        Err(Refused {
            status: answer.status(),
            message: words.unwrap_or(FAILED.message),
        })
    }
}

const BAD_REQUEST: Refused = Refused {
    status: StatusCode::BAD_REQUEST,
    message: "Bad Request",
};
const UPGRADE: Refused = Refused {
    status: StatusCode::UPGRADE_REQUIRED,
    message: "Upgrade Required",
};
/// As API Gateway answers more new connections than an account may have.
const TOO_MANY: Refused = Refused {
    status: StatusCode::TOO_MANY_REQUESTS,
    message: "Too Many Requests",
};

/// The switch to the protocol, with the sub-protocol that the function chose.
fn accepted(key: &[u8], reply: &Answer) -> Answer {
    let mut answer = Answer::new(Bytes::new());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = answer.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    let accept = HeaderValue::try_from(derive_accept_key(key));
    let accept = accept.expect("base64 is a value of a header");
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    if let Some(chosen) = reply.headers().get(header::SEC_WEBSOCKET_PROTOCOL) {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, chosen.clone());
    }
    answer
}

fn agent(headers: &HeaderMap) -> Option<String> {
    let agent = headers.get(header::USER_AGENT)?;
    Some(agent.to_str().ok()?.to_owned())
}

/// Whether a list in a header has this word, in whatever case.
fn has_token(headers: &HeaderMap, name: header::HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter();
    let mut texts = values.filter_map(|value| value.to_str().ok());
    texts.any(|text| {
        let mut words = text.split(',');
        words.any(|word| word.trim().eq_ignore_ascii_case(token))
    })
}
