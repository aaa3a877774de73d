use powertools::router::{Routes, get, routes};

struct Shop;

impl Shop {
    #[get("/orders")]
    async fn order(&self) {}
}

fn main() {
    let _: Routes<()> = routes![];
}
