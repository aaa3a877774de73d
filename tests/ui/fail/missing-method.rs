use powertools::router::{Routes, route, routes};

#[route("/orders")]
async fn order() {}

fn main() {
    let _: Routes<()> = routes![order];
}
