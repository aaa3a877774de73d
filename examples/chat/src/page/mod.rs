//! The page: three files in the binary, behind a policy that lets them load nothing else.

use powertools::router::{Html, IntoResponse, Response, RouteErrors, Router, get, routes};

/// What a browser may load for the page: its own files, and a WebSocket to wherever.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Where the page finds the WebSocket API, if that has an address of its own.
const SOCKET: &str = "CHAT_SOCKET_URL";

/// The router of the page.
///
/// # Errors
///
/// Never: the patterns are these three.
pub fn router() -> Result<Router, RouteErrors> {
    Router::new(routes![index, script, style])
}

#[get("/")]
async fn index() -> impl IntoResponse {
    let socket = std::env::var(SOCKET).unwrap_or_default();
    page(&socket)
}

#[get("/chat.js")]
async fn script() -> impl IntoResponse {
    (
        [("content-type", "text/javascript; charset=utf-8")],
        include_str!("chat.js"),
    )
}

#[get("/chat.css")]
async fn style() -> impl IntoResponse {
    (
        [("content-type", "text/css; charset=utf-8")],
        include_str!("chat.css"),
    )
}

fn page(socket: &str) -> Response {
    let html = include_str!("index.html").replace("SOCKET", &escaped(socket));
    ([("content-security-policy", POLICY)], Html(html)).into_response()
}

/// Text for a value in quotes. What the environment says is the operator's, and may have a `&`.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}
