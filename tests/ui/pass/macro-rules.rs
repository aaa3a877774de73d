//! A macro of the user's own writes handlers.

use powertools::router::{Path, Routes, get, routes};

macro_rules! show {
    ($name:ident, $pattern:literal, $id:ty) => {
        #[get($pattern)]
        async fn $name(Path(id): Path<$id>) -> String {
            id.to_string()
        }
    };
}

show!(order, "/orders/{id}", u64);
show!(customer, "/customers/{name}", String);

macro_rules! listed {
    ($($handler:path),*) => {
        routes![$($handler),*]
    };
}

fn main() {
    let _: Routes<()> = listed![order, self::customer];
}
