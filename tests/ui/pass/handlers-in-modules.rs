//! Handlers are listed by path, wherever they are, if they are visible from there.

use powertools::router::{Routes, get, routes};

mod orders {
    use powertools::router::{Path, Routes, delete, get, routes};

    #[get("/orders")]
    pub async fn list() {}

    #[get("/orders/{id}")]
    pub(crate) async fn show(Path(id): Path<u64>) -> String {
        id.to_string()
    }

    pub mod admin {
        #[powertools::router::post("/orders/{_id}/audit")]
        pub(in crate::orders) async fn audit() {}
    }

    #[delete("/orders/{_id}")]
    async fn cancel() {}

    pub fn hidden() -> Routes<()> {
        routes![self::cancel, admin::audit]
    }
}

fn main() {
    #[get("/local")]
    async fn local() {}

    let _: Routes<()> = routes![orders::list, crate::orders::show, local];
    let _: Routes<()> = orders::hidden();
}
