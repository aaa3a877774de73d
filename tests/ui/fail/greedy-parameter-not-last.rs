use powertools::router::{Path, Routes, get, routes};

#[get("/files/{path+}/edit")]
async fn order(Path(path): Path<String>) -> String {
    path
}

fn main() {
    let _: Routes<()> = routes![order];
}
