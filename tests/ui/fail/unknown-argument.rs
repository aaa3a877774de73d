use powertools::router::{Routes, get, routes};

#[get("/orders", name = "order")]
async fn order() {}

fn main() {
    let _: Routes<()> = routes![order];
}
