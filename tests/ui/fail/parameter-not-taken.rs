use powertools::router::{Routes, get, routes};

#[get("/shops/{shop}/orders/{id}")]
async fn order() {}

fn main() {
    let _: Routes<()> = routes![order];
}
