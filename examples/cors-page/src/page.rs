//! The page: two files in the binary.

use powertools::router::{Html, IntoResponse, Response, Router, State, get, routes};

/// Where the API is on this machine.
pub const LOCAL_API: &str = "http://localhost:9000";

/// The page, for an API at this address.
///
/// # Errors
///
/// When the address is no origin: `https://api.shop.example`, without a slash at the end.
pub fn router(api: String) -> Result<Router<String>, powertools::Error> {
    if !is_origin(&api) {
        return Err(format!(
            "`{api}` is no origin: name the API's scheme, host and port, such as `{LOCAL_API}`"
        )
        .into());
    }
    Ok(Router::with_state(routes![index, script], api)?)
}

/// Whether a text is a scheme, a host and perhaps a port. It goes into a policy, where a blank or `;` would allow more
/// than an API.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://");
    let Some(host) = host.or_else(|| text.strip_prefix("http://")) else {
        return false;
    };
    // The address of version 6 has colons within brackets: give such an API a name.
    let (name, port) = host.split_once(':').unwrap_or((host, "443"));
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit())
        && port.parse::<u16>().is_ok_and(|port| port > 0);
    !name.is_empty() && name.bytes().all(is_name) && is_port
}

#[get("/")]
async fn index(State(api): State<String>) -> Response {
    // The page says itself whom it may ask; CORS is about who may ask the API.
    let policy = format!("default-src 'none'; script-src 'self'; connect-src {api}");
    let html = include_str!("page/index.html").replace("API_URL", &escaped(&api));
    ([("content-security-policy", policy)], Html(html)).into_response()
}

/// Text for a value in quotes. An origin has nothing to escape; what you put in its place may have.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

#[get("/visit.js")]
async fn script() -> impl IntoResponse {
    let kind = [("content-type", "text/javascript; charset=utf-8")];
    (kind, include_str!("page/visit.js"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_into_quotes_cannot_leave_them() {
        assert_eq!(
            escaped(r#"https://x/?a&b"><script>"#),
            "https://x/?a&amp;b&quot;>&lt;script>"
        );
    }
}
