//! A handler that is compiled only sometimes, and its place in the list.

use powertools::router::{Routes, get, routes};

#[get("/always")]
async fn always() {}

#[get("/never")]
#[cfg(any())]
async fn never(_: NoSuchType) {}

#[cfg(any())]
#[get("/never")]
async fn above(_: NoSuchType) {}

#[get("/one-of-two")]
#[cfg(all())]
async fn either() {}

#[get("/one-of-two")]
#[cfg(not(all()))]
async fn either() {}

fn main() {
    let _: Routes<()> = routes![
        always,
        #[cfg(any())]
        never,
        #[cfg(any())]
        above,
        either,
    ];
}
