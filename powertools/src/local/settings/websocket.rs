//! How a WebSocket API is set up, as far as settings say.
#![cfg_attr(
    not(feature = "local-websocket"),
    expect(
        dead_code,
        reason = "read in every build, so that one file does for several"
    )
)]

use std::time::Duration;

use super::Reader;
use crate::gateway::{SELECTION, Selection};

#[derive(Debug)]
pub(in crate::local) struct WebSocket {
    /// The route keys that the API knows. `None`: what the function says it knows.
    pub(in crate::local) routes: Option<Vec<String>>,
    pub(in crate::local) selection: Selection,
    /// Routes whose replies reach the client: the ones with a route response.
    pub(in crate::local) responses: Vec<String>,
    /// Origins, besides this machine's, whose pages may connect.
    pub(in crate::local) origins: Vec<String>,
    pub(in crate::local) limits: Limits,
}

/// AWS's, unless a test has no ten minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::local) struct Limits {
    /// How long nothing may be said.
    pub(in crate::local) idle: Duration,
    pub(in crate::local) age: Duration,
    /// Bytes.
    pub(in crate::local) message: usize,
    pub(in crate::local) frame: usize,
    /// Open at a time.
    pub(in crate::local) connections: usize,
}

impl Default for Limits {
    /// Source: "Quotas for configuring and running a WebSocket API" of API Gateway's developer guide. The
    /// last one is ours: a machine has so many file descriptors.
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(600),
            age: Duration::from_secs(7200),
            message: 128 * 1024,
            frame: 32 * 1024,
            connections: 1000,
        }
    }
}

impl WebSocket {
    /// Whether what a route's function replies is sent to the client.
    pub(in crate::local) fn responds(&self, route_key: &str) -> bool {
        let mut keys = self.responses.iter();
        keys.any(|key| key == "*" || key == route_key)
    }
}

impl Reader {
    pub(super) fn websocket(&mut self) -> WebSocket {
        let routes = self.all.contains_key("websocket-route");
        WebSocket {
            routes: routes.then(|| self.values("websocket-route")),
            selection: self.selection(),
            responses: self.values("websocket-response"),
            origins: self.values("websocket-origin"),
            limits: self.limits(),
        }
    }

    fn selection(&mut self) -> Selection {
        let name = "websocket-selection";
        let Some(text) = self.text(name) else {
            return Selection::default();
        };
        Selection::parse(&text).unwrap_or_else(|reason| {
            if let Some(given) = self.all.get(name).cloned() {
                let hint = format!("{reason}; an expression is like `{SELECTION}`");
                self.problem(&given, &text, &hint);
            }
            Selection::default()
        })
    }

    fn limits(&mut self) -> Limits {
        let mut limits = Limits::default();
        let name = "websocket-limit";
        let given = self.all.get(name).cloned();
        for (what, value) in self.pairs(name) {
            let text = value.as_str().unwrap_or_default().to_owned();
            let number: Option<u32> = text.parse().ok().filter(|number| *number > 0);
            let (Some(number), Some(given)) = (number, &given) else {
                if let Some(given) = &given {
                    self.problem(given, &format!("{what}={text}"), "it is a number above 0");
                }
                continue;
            };
            let seconds = Duration::from_secs(number.into());
            let count = usize::try_from(number).unwrap_or(usize::MAX);
            match &*what {
                "idle" => limits.idle = seconds,
                "age" => limits.age = seconds,
                "message" => limits.message = count,
                "frame" => limits.frame = count,
                "connections" => limits.connections = count,
                _ => {
                    let known =
                        "the limits are `idle`, `age`, `message`, `frame` and `connections`";
                    self.problem(given, &format!("{what}={text}"), known);
                }
            }
        }
        limits
    }
}
