//! The shop on Lambda and on localhost.
//!
//! Run locally: `cargo run -p providers`, then `curl localhost:9000/articles/tea`.

fn main() -> Result<(), powertools::Error> {
    powertools::start(async {
        powertools::logger::init();
        powertools::run(providers::app(providers::Shop::from_env()?)?).await
    })
}
