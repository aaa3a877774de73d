use powertools::router::{Path, Routes, get, routes};

#[get("/orders/{id}")]
async fn order(Path(id): Path<u64>) -> String {
    let shared = std::rc::Rc::new(id);
    std::future::ready(()).await;
    shared.to_string()
}

fn main() {
    let _: Routes<()> = routes![order];
}
