//! Each attribute, and the one that takes several methods.

use powertools::router::{
    Path, Routes, delete, get, head, options, patch, post, put, route, routes,
};

#[get("/")]
async fn got() {}

#[post("/")]
async fn posted() {}

#[put("/")]
async fn replaced() {}

#[patch("/")]
async fn changed() {}

#[delete("/")]
async fn deleted() {}

#[head("/files/{path+}")]
async fn asked(Path(path): Path<String>) {
    drop(path);
}

#[options("/")]
async fn offered() {}

#[route(
    GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS, CONNECT, TRACE, PURGE, "/all"
)]
async fn all() {}

fn main() {
    let _: Routes<()> = routes![got, posted, replaced, changed, deleted, asked, offered, all];
    let _: Routes<()> = routes![];
}
