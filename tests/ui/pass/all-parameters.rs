//! `Params` and `Request` hold every parameter, so no other argument has to take one.

use powertools::router::{Params, Request, Routes, get, routes};

#[get("/shops/{shop}/orders/{id}")]
async fn params(params: Params) -> String {
    params.get("shop").unwrap_or_default().to_owned()
}

#[get("/shops/{shop}/lines/{id}")]
async fn request(request: Request) -> String {
    request.params().get("shop").unwrap_or_default().to_owned()
}

fn main() {
    let _: Routes<()> = routes![params, request];
}
