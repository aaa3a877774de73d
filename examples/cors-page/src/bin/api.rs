//! The API on Lambda and on localhost: `cargo run -p example-cors-page --bin cors-api`.
//!
//! `PAGE_ORIGIN` is where the page comes from.

use example_cors_page::api;

fn main() -> Result<(), powertools::Error> {
    powertools::start(async {
        powertools::logger::init();
        let page = std::env::var("PAGE_ORIGIN").unwrap_or_else(|_| api::LOCAL_PAGE.to_owned());
        powertools::run(api::router(&page)?).await
    })
}
