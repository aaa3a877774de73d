use powertools::router::{Path, Routes, get, routes};

pub struct Order;

#[get("/orders/{id}")]
async fn order(Path(id): Path<u64>, order: Option<Order>) -> String {
    format!("{id} {}", order.is_some())
}

fn main() {
    let _: Routes<()> = routes![order];
}
