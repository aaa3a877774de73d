//! The ping service on Lambda and on localhost.
//!
//! Run locally: `cargo run -p ping`, then `curl localhost:9000/ping`.

fn main() -> Result<(), powertools::Error> {
    powertools::start(async {
        powertools::logger::init();
        powertools::run(ping::function().await?).await
    })
}
