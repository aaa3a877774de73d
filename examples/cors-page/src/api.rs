//! The API: counts the visits of a browser, which keeps the count itself, in a cookie.

use std::time::Duration;

use powertools::router::{
    Cookie, Cookies, Cors, Error, Json, Router, cookie::SameSite, post, routes,
};

/// Where the page comes from on this machine.
pub const LOCAL_PAGE: &str = "http://localhost:8000";

/// What the page says of a visit.
#[derive(serde::Deserialize)]
struct Visit {
    page: String,
}

/// What a visitor is told.
#[derive(serde::Serialize)]
struct Welcome {
    message: String,
}

/// A cookie, and an answer with a header.
type Counted = (
    Cookie<'static>,
    ([(&'static str, String); 1], Json<Welcome>),
);

/// Count a visit.
#[post("/visits")]
async fn visit(cookies: Cookies, Json(visit): Json<Visit>) -> Result<Counted, Error> {
    if visit.page.is_empty() {
        return Err(Error::unprocessable("name the page"));
    }
    // What is no number is a cookie of somebody else's making.
    let before = cookies.get("visits").and_then(|text| text.parse().ok());
    let visits = before.unwrap_or(0_u32).saturating_add(1);
    let cookie = Cookie::build(("visits", visits.to_string()))
        .path("/")
        .http_only(true)
        // Enough where page and API are one site, as two ports or two subdomains are. From another site a
        // browser sends only cookies with `SameSite::None` and `secure(true)`.
        .same_site(SameSite::Lax);
    let message = format!("welcome to {}", visit.page);
    let count = [("x-visits", visits.to_string())];
    Ok((cookie.build(), (count, Json(Welcome { message }))))
}

/// The API, for a page of this origin.
///
/// # Errors
///
/// When `page` is no origin.
pub fn router(page: &str) -> Result<Router, powertools::Error> {
    let cors = Cors::allow_origin(page)
        // The page may send this one, ...
        .allow_header("x-page-version")
        // ... may read this one, ...
        .expose_header("x-visits")
        // ... and the browser sends and takes the API's cookies.
        .allow_credentials()
        // It asks for leave once in ten minutes, and not before each visit.
        .max_age(Duration::from_secs(600));
    Ok(Router::new(routes![visit])?.cors(cors)?)
}
