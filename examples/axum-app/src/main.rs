//! The axum application on Lambda and on localhost.
//!
//! Run locally: `cargo run -p example-axum-app`, then `curl localhost:9000/articles/1`.

fn main() -> Result<(), powertools::Error> {
    powertools::start(async {
        powertools::logger::init();
        powertools::run(example_axum_app::app()).await
    })
}
