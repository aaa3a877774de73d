//! The page on Lambda and on localhost: `cargo run -p example-cors-page --bin cors-page -- --port 8000`.
//!
//! `API_URL` is where the page finds the API.

use example_cors_page::page;

fn main() -> Result<(), powertools::Error> {
    powertools::start(async {
        powertools::logger::init();
        let api = std::env::var("API_URL").unwrap_or_else(|_| page::LOCAL_API.to_owned());
        powertools::run(page::router(api)?).await
    })
}
