//! A status checker: fetches the URL that a caller names and hands back what came.
//!
//! - `GET /ping` answers `{"message":"pong"}`.
//! - `POST /check` with `{"url": "https://…"}` answers with the status, type and body that the URL gave.
//! - A direct invocation with `{"url": "https://…"}` returns the document itself, or fails with the
//!   error contract of API Gateway's non-proxy integration.
//!
//! Fetching what a caller names is a classic hole, so the module `guard` decides what may be fetched.

mod check;
mod checker;
mod direct;
mod fetch;
mod guard;
#[cfg(feature = "openapi")]
mod openapi;
mod settings;

use powertools::{
    Error, Function,
    router::{Json, RouteErrors, Router, get, routes},
};

use crate::{checker::Checker, settings::Settings};

/// The whole function, its settings taken from the environment.
///
/// # Errors
///
/// When a setting is not what it should be; the message names it.
pub async fn function() -> Result<Function, Error> {
    build(Settings::from_env().await?)
}

fn build(settings: Settings) -> Result<Function, Error> {
    let checker = Checker::new(settings);
    Ok(Function::new()
        .http(router(checker.clone())?)
        .direct(move |event, context| direct::check(checker.clone(), event, context)))
}

fn router(checker: Checker) -> Result<Router<Checker>, RouteErrors> {
    let router = Router::with_state(routes![ping, check::check], checker)?;
    #[cfg(feature = "openapi")]
    let router = router.openapi(openapi::api());
    Ok(router)
}

/// What `GET /ping` answers.
#[derive(serde::Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
struct Pong {
    message: &'static str,
}

/// Says that the function is there.
#[get("/ping")]
async fn ping() -> Json<Pong> {
    Json(Pong { message: "pong" })
}

#[cfg(test)]
mod tests;
