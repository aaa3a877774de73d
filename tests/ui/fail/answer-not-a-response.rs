use powertools::router::{Path, Routes, get, routes};

pub struct Order {
    pub id: u64,
}

#[get("/orders/{id}")]
async fn order(Path(id): Path<u64>) -> Result<Order, String> {
    Ok(Order { id })
}

fn main() {
    let _: Routes<()> = routes![order];
}
