use powertools::router::{Json, Routes, get, routes};

#[get("/orders")]
async fn order<T>(Json(order): Json<T>) -> Json<T>
where
    T: Send,
{
    Json(order)
}

fn main() {
    let _: Routes<()> = routes![order];
}
