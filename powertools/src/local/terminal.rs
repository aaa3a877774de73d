//! What a person at the terminal reads.

use std::{
    borrow::Cow,
    io::{self, Write},
    net::SocketAddr,
    time::Duration,
};

use serde_json::Value;

use super::{control::INVOCATIONS, settings::Settings};
use crate::{
    event::Source,
    function::App,
    gateway::{self, Route, Routes},
};

/// Text for the person; one that is gone is no reason to stop.
pub(super) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Where the function listens and what it answers.
pub(super) fn banner(
    name: &str,
    app: &impl App,
    settings: &Settings,
    places: &[(Source, SocketAddr)],
) -> String {
    let mut text = String::new();
    let places = places.iter().map(|(source, address)| {
        let mapping = gateway::mapping(*source, &settings.api);
        (source, format!("{address}{mapping}"))
    });
    let places: Vec<_> = places.collect();
    let widest = places.iter().map(|(_, base)| base.len());
    let width = widest.max().unwrap_or_default();
    let keys = app.websocket();
    for (source, base) in places {
        let (scheme, also) = match source {
            Source::WebSocket => ("ws", String::new()),
            _ if keys.is_some() && cfg!(feature = "local-websocket") => {
                ("http", format!(" and ws://{base}"))
            }
            _ => ("http", String::new()),
        };
        text.push_str(&format!(
            "{name} listens on {scheme}://{base:<width$} (source: {source}){also}\n"
        ));
    }
    let mut rows = app.listing();
    if keys.is_some() && !cfg!(feature = "local-websocket") {
        let needed = "  clients can connect if powertools has its feature `local-websocket`\n";
        text.push_str(needed);
    }
    let strays = keys.as_deref().map(|keys| settings.websocket.strays(keys));
    let mut keys = keys.unwrap_or_default();
    keys.sort_unstable();
    rows.extend(keys.into_iter().map(|key| ("websocket".to_owned(), key)));
    let events = app.events().into_iter();
    rows.extend(events.map(|event| ("on".to_owned(), event)));
    if app.is_direct() {
        rows.push(("direct".to_owned(), format!("POST {INVOCATIONS}")));
    }
    text.push_str(&columns(&rows));
    for stray in strays.unwrap_or_default() {
        text.push_str(&format!("  the function has {}\n", in_a_line(&stray)));
    }
    if !settings.unknown.is_empty() {
        let unknown = settings.unknown.join("` `");
        text.push_str(&format!(
            "  left to the program, as no option of the gateway: `{unknown}`\n"
        ));
    }
    text
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

/// The function's own patterns, to say which one a request met. As near as the gateway's rules are to the
/// router's: the router's own lines are the ones to trust.
pub(super) fn patterns(app: &impl App) -> Routes {
    let listing = app.listing();
    let routes = listing
        .iter()
        .filter_map(|(_, pattern)| Route::parse(&format!("ANY {pattern}")).ok());
    Routes::new(routes.collect())
}

/// What a request's lines begin with. What the client wrote is printed escaped: a terminal obeys control
/// characters.
pub(super) fn title(request: &http::Request<impl Sized>, source: Option<Source>) -> String {
    let line = format!("{} {}", request.method(), request.uri());
    let line = in_a_line(&line);
    match source {
        Some(source) => format!("{line} ({source})"),
        None => line,
    }
}

/// As much of a text as a line has room for: a message may have 128 KiB.
#[cfg(feature = "local-websocket")]
pub(super) fn brief(text: &str) -> String {
    const MOST: usize = 200;
    let mut brief: String = text.chars().take(MOST).collect();
    if text.chars().nth(MOST).is_some() {
        brief.push('…');
    }
    brief
}

/// Text with whatever is not to be seen escaped, quotes and all else as it is.
pub(super) fn in_a_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\'' | '"' | '\\' => line.push(char),
            char => line.extend(char.escape_debug()),
        }
    }
    line
}

/// How a request ended.
#[derive(Debug, Default)]
pub(super) struct Ended {
    pub(super) status: u16,
    pub(super) route: Option<String>,
    pub(super) took: Duration,
    pub(super) cold_start: bool,
    /// What the gateway has to say of it.
    pub(super) note: Option<String>,
}

/// The line under a request's log lines.
pub(super) fn ended(title: &str, ended: &Ended) -> String {
    let ms = ended.took.as_secs_f64() * 1000.0;
    let mut line = format!("← {} {title}", ended.status);
    if let Some(route) = &ended.route {
        line.push_str(&format!("  {route}"));
    }
    line.push_str(&format!("  {ms:.1} ms"));
    if ended.cold_start {
        line.push_str("  cold start");
    }
    if let Some(note) = &ended.note {
        line.push_str(&format!("  – {}", in_a_line(note)));
    }
    line.push('\n');
    line
}

/// An event or a reply for a person.
pub(super) fn shown(what: &str, json: &[u8]) -> String {
    let parsed = serde_json::from_slice::<Value>(json);
    let pretty = parsed.and_then(|value| serde_json::to_string_pretty(&value));
    let text = pretty.unwrap_or_else(|_| String::from_utf8_lossy(json).escape_debug().to_string());
    format!("{what} {}\n", tame(&text))
}

/// JSON escapes the control characters of ASCII, and a terminal obeys others, which are escaped here.
fn tame(json: &str) -> Cow<'_, str> {
    let obeyed = |char: char| char.is_control() && char != '\n';
    if !json.contains(obeyed) {
        return json.into();
    }
    let tame = |char: char| match obeyed(char) {
        true => format!("\\u{:04x}", u32::from(char)),
        false => char.to_string(),
    };
    json.chars().map(tame).collect::<String>().into()
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
    fn what_a_terminal_would_obey_is_escaped() {
        let event = serde_json::json!({ "x": "\u{1b}[31m \u{9b}31m \u{7f} é" });
        let shown = shown("event", event.to_string().as_bytes());

        assert_eq!(
            shown,
            "event {\n  \"x\": \"\\u001b[31m \\u009b31m \\u007f é\"\n}\n"
        );
    }

    #[test]
    fn a_line_says_how_a_request_ended() {
        let request = http::Request::get("/orders/7?x=1")
            .body(())
            .expect("a request");
        assert_eq!(title(&request, None), "GET /orders/7?x=1");
        assert_eq!(
            title(&request, Some(Source::RestApi)),
            "GET /orders/7?x=1 (REST API)"
        );
        let mut end = Ended {
            status: 200,
            route: Some("/orders/{id}".to_owned()),
            took: Duration::from_micros(1250),
            cold_start: true,
            note: None,
        };
        assert_eq!(
            ended("GET /orders/7", &end),
            "← 200 GET /orders/7  /orders/{id}  1.2 ms  cold start\n"
        );
        end = Ended {
            status: 502,
            note: Some("`\u{1b}` is no key".to_owned()),
            ..Ended::default()
        };
        assert_eq!(
            ended("GET /", &end),
            "← 502 GET /  0.0 ms  – `\\u{1b}` is no key\n"
        );
    }
}
