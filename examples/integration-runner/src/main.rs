//! The runner on Lambda and on localhost.
//!
//! Run locally: `cargo build -p integration-runner`, then `cargo run -p integration-runner`.

use integration_runner::{Runner, function};

fn main() -> Result<(), powertools::Error> {
    powertools::start(async {
        powertools::logger::init();
        powertools::run(function(Runner::from_env()?)).await
    })
}
