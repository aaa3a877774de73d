//! A WebSocket API: clients connect, what they say becomes events, and the function posts to them.
//!
//! What API Gateway does for the function: it chooses the route, invokes, and answers where the function
//! cannot. The protocol itself is tungstenite's (see `connection`). The surprising thing: a reply reaches the
//! client only where a route response is set up, as on AWS; everything else is posted.

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;
use tokio::sync::Semaphore;

use super::{
    exchange::{Gateway, Story},
    ids,
    settings::WebSocket,
    terminal,
};
use crate::{
    Context,
    event::Source,
    function::App,
    gateway::{
        self, Answer, Refusal,
        websocket::{self, Happened},
    },
};
#[cfg(feature = "connections")]
use crate::{context, websocket::connections::Played};

mod connection;
mod handshake;
mod management;
mod open;

use self::{
    connection::Turn,
    open::{Connected, Open},
};
pub(super) use self::{handshake::is_handshake, management::is_management};

/// How long API Gateway waits for an integration of a WebSocket API. Source: its quotas.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(29);

const CONNECT: &str = "$connect";
const DISCONNECT: &str = "$disconnect";
const DEFAULT: &str = "$default";

/// The WebSocket API, which all ports share.
pub(super) struct Sockets<A> {
    gateway: Arc<Gateway<A>>,
    settings: WebSocket,
    /// The route keys that there are, if anybody said.
    routes: Option<Vec<String>>,
    open: Open,
    places: Arc<Semaphore>,
}

/// What the gateway says when the function does not: a frame, or the body of a refused handshake.
#[derive(Clone, Copy)]
struct Refused {
    status: StatusCode,
    message: &'static str,
}

/// Sources of the words: what clients of live APIs show (see `docs/platform.md`).
const FORBIDDEN: Refused = Refused {
    status: StatusCode::FORBIDDEN,
    message: "Forbidden",
};
const FAILED: Refused = Refused {
    status: StatusCode::BAD_GATEWAY,
    message: "Internal server error",
};
const TIMED_OUT: Refused = Refused {
    status: StatusCode::GATEWAY_TIMEOUT,
    message: "Endpoint request timed out",
};

impl Refused {
    /// Spaces as AWS has them.
    fn text(self, connection_id: &str, request_id: &str) -> String {
        let message = json!(self.message);
        format!(
            r#"{{"message": {message}, "connectionId":"{connection_id}", "requestId":"{request_id}"}}"#
        )
    }
}

impl<A: App> Sockets<A> {
    /// There is one; without the feature `local-websocket` this is another module, and there is none.
    pub(super) fn new(gateway: Arc<Gateway<A>>, settings: WebSocket) -> Option<Self> {
        let routes = settings.routes.clone();
        Some(Self {
            routes: routes.or_else(|| gateway.function.app.websocket()),
            open: Open::default(),
            places: Arc::new(Semaphore::new(settings.limits.connections)),
            gateway,
            settings,
        })
    }

    /// Whether `@connections` of this API are at a path: below its domain, its stage, or its base path.
    ///
    /// Of the base path the reference of the API Gateway Management API says that the endpoint is the one of the
    /// custom domain and base path.
    pub(super) fn is_mapped(&self, path: &str) -> bool {
        management::mapping(path).is_some_and(|mapping| self.answers_at(&mapping))
    }

    /// Whether the API is at this path, which has no slashes around it.
    fn answers_at(&self, path: &str) -> bool {
        let api = &self.gateway.api;
        let base = api.base_path.trim_matches('/');
        path.is_empty() || path == websocket::stage(api) || path == base
    }

    /// The same for a person.
    fn places_told(&self) -> String {
        let api = &self.gateway.api;
        let mut told = format!(
            "a WebSocket API is at `/` and at `/{}`",
            websocket::stage(api)
        );
        if !api.base_path.is_empty() {
            told.push_str(&format!(" and at `{}`", api.base_path));
        }
        told
    }

    /// Says of a request at this port why it is not let in.
    pub(super) fn turned_away<B>(&self, request: &http::Request<B>, answer: &Answer, why: &str) {
        let line = self.begun(
            &format!("{} {}", request.method(), request.uri().path()),
            "",
        );
        let story = Story {
            note: Some(why.to_owned()),
            ..Story::default()
        };
        line.ended(self, answer.status(), story);
    }

    /// Whether the API has this route; without a list it has all.
    fn has(&self, route_key: &str) -> bool {
        let routes = self.routes.as_ref();
        routes.is_none_or(|routes| routes.iter().any(|known| known == route_key))
    }

    /// The route of a message, or why there is none.
    fn route(&self, message: &str) -> Result<String, String> {
        let selected = self.settings.selection.key(message);
        // The three keys of API Gateway's own are nobody's to name.
        let is_nameable = |key: &String| !key.is_empty() && !key.starts_with('$');
        let known = selected
            .as_ref()
            .filter(|key| is_nameable(key) && self.has(key));
        if let Some(key) = known {
            return Ok(key.clone());
        }
        if self.has(DEFAULT) {
            return Ok(DEFAULT.to_owned());
        }
        let reason = match selected.as_deref() {
            None => "the message is no JSON".to_owned(),
            Some("") => "the message names no route".to_owned(),
            Some(key) => format!("no route `{key}`"),
        };
        Err(format!("{reason}, and the API has no `$default`"))
    }

    /// Invokes the function for one event of a connection at this port and reads its reply.
    async fn invoke(
        &self,
        event: String,
        port: u16,
        story: &mut Story,
        trace: &str,
    ) -> Result<Answer, Refused> {
        let Gateway {
            function,
            show,
            print,
            ..
        } = &*self.gateway;
        if show.event {
            print(&terminal::shown("event", event.as_bytes()));
        }
        let context = at_port(function.context(ids::uuid(), trace), port);
        let invocation = function.start_in(event.into(), context);
        story.cold_start = invocation.cold_start;
        let outcome = tokio::time::timeout(PATIENCE, invocation.outcome()).await;
        let outcome = outcome.map_err(|_| {
            story.note = Some("the front end waits no longer".to_owned());
            TIMED_OUT
        })?;
        let reply = self.gateway.reply(outcome, story).ok_or(FAILED)?;
        let api = &self.gateway.api;
        gateway::read(Source::WebSocket, api, None, &reply).map_err(|reason| {
            story.note = Some(format!("the reply is none of a WebSocket API: {reason}"));
            FAILED
        })
    }

    /// Has a message handled, and sends the client what it gets of that.
    fn message(self: &Arc<Self>, connected: &Arc<Connected>, body: &str, turn: Turn) {
        let sockets = Arc::clone(self);
        let connected = Arc::clone(connected);
        let body = body.to_owned();
        tokio::spawn(async move {
            let _place = turn.come().await;
            if let Some(frame) = sockets.answered(&connected, &body).await {
                // A client that is gone needs no answer.
                let _ = connected.send(frame).await;
            }
        });
    }

    /// What a client gets for a message: mostly nothing.
    async fn answered(&self, connected: &Connected, body: &str) -> Option<String> {
        let request_id = ids::short();
        let id = &connected.about.id;
        let route_key = match self.route(body) {
            Ok(route_key) => route_key,
            Err(reason) => {
                let line = self.begun("MESSAGE", id);
                let story = Story {
                    note: Some(terminal::brief(&reason)),
                    ..Story::default()
                };
                line.ended(self, FORBIDDEN.status, story);
                return Some(FORBIDDEN.text(id, &request_id));
            }
        };
        let line = self.begun(&format!("MESSAGE {route_key}"), id);
        let happened = Happened::Message {
            route_key: &route_key,
            id: &ids::short(),
            body,
        };
        let mut story = Story::default();
        let event = websocket::event(&self.gateway.api, &connected.about, &request_id, happened);
        let came = match event {
            Ok(event) => {
                self.invoke(event, connected.port, &mut story, &ids::trace())
                    .await
            }
            Err(_) => Err(FAILED),
        };
        let came = came.and_then(|answer| {
            let frame = self.frame(&route_key, &answer, &mut story)?;
            Ok((answer.status(), frame))
        });
        let (status, frame) = match came {
            Ok(came) => came,
            Err(refused) => (refused.status, Some(refused.text(id, &request_id))),
        };
        line.ended(self, status, story);
        frame
    }

    /// The reply's body, where the route has a response.
    fn frame(
        &self,
        route_key: &str,
        answer: &Answer,
        story: &mut Story,
    ) -> Result<Option<String>, Refused> {
        let body = answer.body();
        if body.is_empty() {
            return Ok(None);
        }
        if !self.settings.responds(route_key) {
            let note =
                "the reply reaches nobody, as the route has no response (websocket-response)";
            story.note = Some(note.to_owned());
            return Ok(None);
        }
        let most = self.settings.limits.message;
        if body.len() > most {
            let bytes = body.len();
            story.note = Some(format!("the reply has {bytes} bytes, and {most} are sent"));
            return Err(FAILED);
        }
        match std::str::from_utf8(body) {
            Ok(text) => Ok(Some(text.to_owned())),
            Err(_) => {
                story.note = Some("the reply is no text, which alone is sent".to_owned());
                Err(FAILED)
            }
        }
    }

    /// Tells the function that a connection is over. Nobody waits for what it says.
    async fn disconnected(&self, connected: &Connected, code: u16, reason: &str) {
        if !self.has(DISCONNECT) {
            return;
        }
        let about = &connected.about;
        let line = self.begun(&format!("DISCONNECT {code}"), &about.id);
        let happened = Happened::Disconnect { code, reason };
        let mut story = Story::default();
        let event = websocket::event(&self.gateway.api, about, &ids::short(), happened);
        let came = match event {
            Ok(event) => {
                self.invoke(event, connected.port, &mut story, &ids::trace())
                    .await
            }
            Err(_) => Err(FAILED),
        };
        let status = came.map_or_else(|refused| refused.status, |answer| answer.status());
        line.ended(self, status, story);
    }

    /// Prints the first of the two lines of an event.
    fn begun(&self, what: &str, connection_id: &str) -> Line {
        // Half an id tells the connections of one developer apart.
        let short = connection_id.get(..8).unwrap_or(connection_id);
        let title = format!("{} {short}", terminal::in_a_line(what));
        let title = title.trim_end().to_owned();
        if !self.gateway.show.quiet {
            (self.gateway.print)(&format!("→ {title}\n"));
        }
        Line {
            title,
            started: std::time::Instant::now(),
        }
    }
}

/// The context with where connections are to be found. The domain that a client asked for need not lead
/// there: it may be a custom one, or have no port.
fn at_port(context: Context, port: u16) -> Context {
    #[cfg(feature = "connections")]
    let context = {
        let mut context = context;
        let url = format!("http://127.0.0.1:{port}");
        context.edge = context::Edge::new(Played::Local(url));
        context
    };
    #[cfg(not(feature = "connections"))]
    let _ = port;
    context
}

/// An event on the terminal.
struct Line {
    title: String,
    started: std::time::Instant,
}

impl Line {
    fn ended(self, sockets: &Sockets<impl App>, status: StatusCode, story: Story) {
        let Gateway { show, print, .. } = &*sockets.gateway;
        if show.quiet {
            return;
        }
        let ended = terminal::Ended {
            status: status.as_u16(),
            route: None,
            took: self.started.elapsed(),
            cold_start: story.cold_start,
            note: story.note,
        };
        print(&terminal::ended(&self.title, &ended));
    }
}

/// What a client gets whose request makes no event.
impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::BadRequest => Self {
                status: StatusCode::BAD_REQUEST,
                message: "Bad Request",
            },
            _ => FAILED,
        }
    }
}
