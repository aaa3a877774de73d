use powertools::router::{Routes, get, post, routes};

#[get("/orders")]
#[post("/orders")]
async fn orders() {}

#[get("/new")]
#[post("/create")]
async fn create() {}

fn main() {
    let _: Routes<()> = routes![orders, create];
}
