//! How a WebSocket API is set up, as far as settings say.
#![cfg_attr(
    not(feature = "local-websocket"),
    expect(
        dead_code,
        reason = "read in every build, so that one file does for several"
    )
)]

use std::time::Duration;

use super::{Given, Reader, is_name};
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
        let routes = routes.then(|| self.values("websocket-route"));
        self.check_keys(routes.as_deref());
        self.check_origins();
        WebSocket {
            routes,
            selection: self.selection(),
            responses: self.values("websocket-response"),
            origins: self.values("websocket-origin"),
            limits: self.limits(),
        }
    }

    /// What no route can be called, and responses of routes that are not among those that were named. What
    /// the function has to say to the others, the banner asks (see `strays`).
    fn check_keys(&mut self, routes: Option<&[String]>) {
        for name in ["websocket-route", "websocket-response"] {
            let given = self.all.get(name).cloned();
            for (given, key) in given.iter().flat_map(Given::each) {
                if key.starts_with('$') && !OWN_KEYS.contains(&key) {
                    let allowed = "of keys that begin with `$` there are only `$connect`, `$disconnect` and \
                                   `$default`";
                    self.problem(given, key, allowed);
                }
            }
        }
        let Some(routes) = routes else { return };
        let given = self.all.get("websocket-response").cloned();
        for (given, key) in given.iter().flat_map(Given::each) {
            let is_route = key == "*" || routes.iter().any(|route| route == key);
            if !is_route && (!key.starts_with('$') || OWN_KEYS.contains(&key)) {
                self.problem(given, key, "that is no route of `websocket-route`");
            }
        }
    }

    /// Browsers write an origin in one way, and it is compared with what they write.
    fn check_origins(&mut self) {
        let given = self.all.get("websocket-origin").cloned();
        for (given, text) in given.iter().flat_map(Given::each) {
            if !is_origin(text) {
                let allowed = "an origin is what browsers send: scheme and host in lower case, the port \
                               unless it is the scheme's own, and nothing after, like \
                               `https://app.example`; or `*`";
                self.problem(given, text, allowed);
            }
        }
    }

    fn selection(&mut self) -> Selection {
        let name = "websocket-selection";
        let Some(text) = self.text(name) else {
            return Selection::default();
        };
        // Who writes the escape of a `$` means a constant.
        let is_meant = text.contains("\\$");
        let parsed = Selection::parse(&text).and_then(|selection| {
            match selection.is_constant() && !is_meant {
                false => Ok(selection),
                true => Err("without a `$request.body.…` no message names a route".to_owned()),
            }
        });
        parsed.unwrap_or_else(|reason| {
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
            let Some(given) = &given else { continue };
            let text = value.as_str().unwrap_or_default().to_owned();
            let Some((_, unit, most)) = RANGES.iter().find(|(known, ..)| *known == what) else {
                let known = "the limits are `idle`, `age`, `message`, `frame` and `connections`";
                self.problem(given, &format!("{what}={text}"), known);
                continue;
            };
            let number: Option<u32> = text.parse().ok();
            let Some(number) = number.filter(|number| (1..=*most).contains(number)) else {
                let allowed = format!("it is a number{unit} from 1 to {most}");
                self.problem(given, &format!("{what}={text}"), &allowed);
                continue;
            };
            let seconds = Duration::from_secs(number.into());
            let count = usize::try_from(number).unwrap_or(usize::MAX);
            match &*what {
                "idle" => limits.idle = seconds,
                "age" => limits.age = seconds,
                "message" => limits.message = count,
                "frame" => limits.frame = count,
                _ => limits.connections = count,
            }
        }
        limits
    }
}

/// API Gateway's own keys.
const OWN_KEYS: [&str; 3] = ["$connect", "$disconnect", "$default"];

/// Each limit with its unit and the most that it may be. The first four are API Gateway's quotas, which nobody
/// raises: what works beyond them here fails there. The last one is more than a machine has sockets.
const RANGES: [(&str, &str, u32); 5] = [
    ("idle", " of seconds", 600),
    ("age", " of seconds", 7200),
    ("message", " of bytes", 128 * 1024),
    ("frame", " of bytes", 32 * 1024),
    ("connections", "", 100_000),
];

impl WebSocket {
    /// What settings say of routes that the function has not, for a person to read: they may be a mistake, or
    /// routes of other functions.
    pub(in crate::local) fn strays(&self, handled: &[String]) -> Vec<String> {
        let has = |keys: &[String], key: &str| keys.iter().any(|known| known == key);
        let is_handled =
            |key: &str| has(handled, key) || (has(handled, "$default") && !key.starts_with('$'));
        let routes = self.routes.iter().flatten();
        let routes = routes
            .filter(|key| !is_handled(key))
            .map(|key| format!("no handler of `{key}`, which `websocket-route` names"));
        let responses = self.responses.iter().filter(|_| self.routes.is_none());
        let responses = responses
            .filter(|key| *key != "*" && !has(handled, key))
            .map(|key| format!("no route `{key}`, which `websocket-response` names"));
        routes.chain(responses).collect()
    }
}

/// Whether a browser would say so of a page.
fn is_origin(text: &str) -> bool {
    if text == "*" || text == "null" {
        return true;
    }
    let Some((scheme, place)) = text.split_once("://") else {
        return false;
    };
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (place, None),
    };
    let own = match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    let port = port.map(str::parse::<u16>);
    let is_port = match port {
        None => true,
        Some(Ok(port)) => Some(port) != own,
        Some(Err(_)) => false,
    };
    let in_brackets = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let is_host = match in_brackets {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => is_name(host),
    };
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let is_lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    is_lower && is_host && is_port && !scheme.is_empty() && scheme.bytes().all(is_scheme)
}
