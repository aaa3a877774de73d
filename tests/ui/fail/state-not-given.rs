//! Handlers that take a state are in a router that has one.

use powertools::{
    router::{Router, Routes, State, get, routes},
    websocket,
};

#[derive(Clone)]
struct Shop;

#[get("/")]
async fn page(_: State<Shop>) {}

#[websocket::message("join")]
async fn join(_: State<Shop>) {}

fn main() {
    let _ = Router::new(routes![page]);
    let _ = websocket::Router::new(websocket::routes![join]);
    let routes: Routes<Shop> = routes![page];
    let _ = Router::new(routes);
}
