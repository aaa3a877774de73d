//! What the macros write passes the lints of a strict crate.

#![deny(warnings, nonstandard_style, unused, future_incompatible)]
#![forbid(missing_docs, missing_debug_implementations, unreachable_pub)]
#![forbid(missing_copy_implementations, unused_qualifications)]
#![forbid(private_bounds, private_interfaces, unnameable_types)]
#![forbid(unused_results, unsafe_code)]

use powertools::router::{Json, Path, Routes, get, route, routes};

/// A handler that other crates may list too.
#[get("/orders/{id}")]
pub async fn order(Path(id): Path<u64>) -> Json<u64> {
    Json(id)
}

#[get("/camelCase")]
#[allow(non_snake_case)]
async fn camelCase() -> &'static str {
    "an odd name"
}

#[route(POST, PURGE, "/old/{id}")]
#[deprecated]
async fn old(Path(id): Path<String>) -> Result<String, String> {
    Ok(id)
}

mod private {
    use powertools::router::get;

    #[get("/private")]
    pub(crate) async fn private() {}
}

/// The routes of this crate.
pub fn all() -> Routes<()> {
    routes![order, camelCase, old, private::private]
}

fn main() {
    drop(all());
}
