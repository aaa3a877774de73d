//! `Params` and `Request` hold every parameter, so no other argument has to take one; nor beside a type
//! that the macro does not know, which may read what it likes.

use powertools::router::{FromRequest, Params, Path, Rejection, Request, Routes, get, routes};

#[get("/shops/{shop}/orders/{id}")]
async fn params(params: Params) -> String {
    params.get("shop").unwrap_or_default().to_owned()
}

#[get("/shops/{shop}/lines/{id}")]
async fn request(request: Request) -> String {
    request.params().get("shop").unwrap_or_default().to_owned()
}

struct Shop(String);

impl<S: Sync> FromRequest<S> for Shop {
    type Rejection = Rejection;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Rejection> {
        Ok(Self(request.params().get("shop").unwrap_or_default().to_owned()))
    }
}

#[get("/shops/{shop}")]
async fn extractor(shop: Shop) -> String {
    shop.0
}

type Place = Path<(String, u64)>;

#[get("/shops/{shop}/places/{id}")]
async fn alias(Path((shop, _)): Place) -> String {
    shop
}

fn main() {
    let _: Routes<()> = routes![params, request, extractor, alias];
}
