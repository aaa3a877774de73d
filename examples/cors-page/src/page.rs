//! The page: two files in the binary.

use powertools::router::{Html, IntoResponse, Response, RouteErrors, Router, State, get, routes};

/// Where the API is on this machine.
pub const LOCAL_API: &str = "http://localhost:9000";

/// The page, for an API at this address.
///
/// # Errors
///
/// Never: the patterns are these two.
pub fn router(api: String) -> Result<Router<String>, RouteErrors> {
    Router::with_state(routes![index, script], api)
}

#[get("/")]
async fn index(State(api): State<String>) -> Response {
    // The page says itself whom it may ask; CORS is about who may ask the API.
    let policy = format!("default-src 'none'; script-src 'self'; connect-src {api}");
    let html = include_str!("page/index.html").replace("API_URL", &api);
    ([("content-security-policy", policy)], Html(html)).into_response()
}

#[get("/visit.js")]
async fn script() -> impl IntoResponse {
    let kind = [("content-type", "text/javascript; charset=utf-8")];
    (kind, include_str!("page/visit.js"))
}
