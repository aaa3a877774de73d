use powertools::router::{Query, Routes, get, routes};

type Words = Query<Vec<(String, String)>>;

#[get("/orders")]
#[rustfmt::skip]
async fn order(
    _: Words, _: Words, _: Words, _: Words, _: Words, _: Words, _: Words,
    _: Words, _: Words, _: Words, _: Words, _: Words, _: Words,
) {}

fn main() {
    let _: Routes<()> = routes![order];
}
