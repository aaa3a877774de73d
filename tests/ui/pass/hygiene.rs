//! What the macros write needs no prelude, and stays out of the way of names like its own.

#![no_implicit_prelude]
#![deny(warnings)]

use ::powertools::router::{Path, Routes, get, route, routes};

#[get("/orders/{id}")]
async fn order(Path(id): Path<u64>) -> ::std::string::String {
    ::std::format!("{id}")
}

#[route(PURGE, PUT, "/orders/{_id}")]
async fn purge() {}

#[allow(dead_code)]
mod shadows {
    pub mod core {}
    pub mod std {}
    pub mod powertools {}
    pub struct Route;
    pub struct Routes;
    pub trait IntoRoute {}
    pub trait FromRequest {}

    #[::powertools::router::get("/new")]
    pub async fn new() {}

    #[::powertools::router::get("/with")]
    pub async fn with() {}
}

fn main() {
    let _: Routes<()> = routes![order, purge, shadows::new, self::shadows::with];
}
