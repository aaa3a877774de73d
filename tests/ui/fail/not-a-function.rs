use powertools::router::get;

#[get("/orders")]
pub struct Order {
    pub id: u64,
}

fn main() {
    let _ = Order { id: 7 };
}
