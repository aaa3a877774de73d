use powertools::router::{Json, Path, Routes, get, routes};

#[get("/orders/{id}")]
async fn order(Path(id): Path<u64>) -> Option<Json<u64>> {
    (id < 10).then_some(Json(id))
}

fn main() {
    let _: Routes<()> = routes![order];
}
