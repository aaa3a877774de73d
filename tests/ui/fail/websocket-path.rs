use powertools::{router::Path, websocket};

#[websocket::message("join")]
async fn join(Path(room): Path<String>) -> String {
    room
}

#[websocket::disconnect]
fn leave() {}

fn main() {
    let _: websocket::Routes<()> = websocket::routes![join, leave];
}
