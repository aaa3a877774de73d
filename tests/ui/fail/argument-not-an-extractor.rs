use powertools::router::{Path, Routes, get, routes};

pub struct Order;

#[get("/orders/{id}")]
async fn order(Path(id): Path<u64>, _: Order) -> String {
    id.to_string()
}

fn main() {
    let _: Routes<()> = routes![order];
}
