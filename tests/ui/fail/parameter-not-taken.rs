use powertools::router::{Context, Json, Routes, get, routes};

#[get("/shops/{shop}/orders/{id}")]
async fn order() {}

#[get("/shops/{shop}")]
async fn shop(_: Context, _: Option<Json<u64>>) {}

fn main() {
    let _: Routes<()> = routes![order, shop];
}
