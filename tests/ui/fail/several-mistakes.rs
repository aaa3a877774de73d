use powertools::router::{Json, Routes, route, routes};

#[route(get, "orders//{id}.json")]
fn order<T>(Json(order): Json<T>, body: &str) {}

fn main() {
    let _: Routes<()> = routes![order];
}
