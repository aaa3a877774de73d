//! A handler that takes a state is listed among routes of that state; others fit any.

use std::collections::HashMap;

use powertools::router::{Path, Router, Routes, State, get, routes};

#[derive(Clone)]
struct Shop {
    name: &'static str,
}

#[get("/name")]
async fn name(State(shop): State<Shop>) -> String {
    shop.name.to_owned()
}

#[get("/{a}/{b}")]
async fn names(Path(names): Path<HashMap<String, String>>, _: Path<(u8, u8)>) -> String {
    format!("{names:?}")
}

fn main() {
    let routes: Routes<Shop> = routes![name, names];
    assert!(
        Router::with_state(
            routes,
            Shop {
                name: "corner shop"
            }
        )
        .is_ok()
    );
    assert!(Router::new(routes![names]).is_ok());
}
