//! A handler answers with any type that can be an answer, named or not.

use powertools::router::{IntoResponse, Json, Routes, get, routes};

#[get("/nothing")]
async fn nothing() {}

#[get("/text")]
async fn text() -> &'static str {
    "text"
}

#[get("/unnamed")]
async fn unnamed() -> impl IntoResponse {
    Json(7)
}

#[get("/perhaps")]
async fn perhaps() -> Result<impl IntoResponse, String> {
    match 7 % 2 {
        0 => Ok("even"),
        _ => Err("odd".to_owned()),
    }
}

fn main() {
    let _: Routes<()> = routes![nothing, text, unnamed, perhaps];
}
