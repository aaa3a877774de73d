use powertools::router::{Path, Routes, get, routes};

#[get("/orders/:id")]
async fn order(Path(id): Path<u64>) -> String {
    id.to_string()
}

fn main() {
    let _: Routes<()> = routes![order];
}
