//! Each router has its own place in a function.

use powertools::{
    Function,
    router::{self, get, routes},
    websocket,
};

#[get("/")]
async fn page() {}

#[websocket::message("join")]
async fn join() {}

fn main() {
    let http = router::Router::new(routes![page]).unwrap();
    let sockets = websocket::Router::new(websocket::routes![join]).unwrap();
    let _ = Function::new().http(sockets);
    let _ = Function::new().websocket(http);
}
