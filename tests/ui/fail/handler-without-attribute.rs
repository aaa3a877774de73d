use powertools::router::{Routes, routes};

async fn order() {}

fn main() {
    let _: Routes<()> = routes![order];
}
