use powertools::router::{Path, Routes, get, routes};

#[get("/shops/{id}/orders/{id}")]
async fn order(Path((shop, id)): Path<(u64, u64)>) -> String {
    format!("{shop} {id}")
}

fn main() {
    let _: Routes<()> = routes![order];
}
