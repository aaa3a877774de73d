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

/// One-letter types and functions, which generic code likes to use too.
#[allow(dead_code)]
mod letters {
    use ::powertools::router::{FromRef, State, get};

    pub struct F;
    pub struct S;
    pub struct T;
    pub struct Future;

    impl FromRef<()> for F {
        fn from_ref(_: &()) -> Self {
            Self
        }
    }

    impl FromRef<()> for S {
        fn from_ref(_: &()) -> Self {
            Self
        }
    }

    #[get("/search")]
    pub async fn search(State(_): State<F>, State(_): State<S>) {}

    #[get("/sent")]
    pub async fn is_send(State(_): State<F>) {}

    #[get("/routes")]
    pub async fn routes() {}
}

/// A binding whose name is a constant would match it and not bind.
#[allow(dead_code, non_upper_case_globals)]
const routes: u8 = 0;

fn main() {
    let _: Routes<()> = routes![
        order,
        purge,
        shadows::new,
        self::shadows::with,
        letters::search,
        letters::is_send,
        #[cfg(all())]
        letters::routes,
    ];
}
