use powertools::router::{Routes, get, routes};

#[get("/orders")]
async fn order(body: &str) -> String {
    body.to_owned()
}

fn main() {
    let _: Routes<()> = routes![order];
}
