use powertools::router::{Routes, route, routes};

#[route(get, POST, "/orders")]
async fn order() {}

fn main() {
    let _: Routes<()> = routes![order];
}
