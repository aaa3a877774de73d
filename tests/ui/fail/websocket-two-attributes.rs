use powertools::{router::get, websocket};

#[websocket::message("join")]
#[websocket::message("enter")]
async fn join() {}

#[websocket::message("page")]
#[get("/")]
async fn page() {}

#[get("/")]
#[websocket::default]
async fn other() {}

fn main() {
    let _: websocket::Routes<()> = websocket::routes![join, page];
}
