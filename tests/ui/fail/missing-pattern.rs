use powertools::router::{Routes, get, routes};

#[get]
async fn order() {}

fn main() {
    let _: Routes<()> = routes![order];
}
