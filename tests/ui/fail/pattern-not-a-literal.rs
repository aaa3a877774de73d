use powertools::router::{Routes, get, routes};

const PATTERN: &str = "/orders";

#[get(PATTERN)]
async fn order() {}

fn main() {
    let _: Routes<()> = routes![order];
}
