use powertools::{
    router::{Routes, get, routes},
    websocket,
};

#[get("/")]
async fn page() {}

#[websocket::message("join")]
async fn join() {}

fn main() {
    let _: Routes<()> = routes![join];
    let _: websocket::Routes<()> = websocket::routes![page];
}
