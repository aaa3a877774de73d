use powertools::router::{Routes, get, routes};

#[get("/orders")]
async fn order() {}

fn main() {
    let _: Routes<()> = routes![order()];
}
