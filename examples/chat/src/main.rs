//! `cargo run -p chat`, then <http://localhost:9000> in two tabs.

fn main() -> Result<(), powertools::Error> {
    powertools::start(async {
        powertools::logger::init();
        powertools::run(chat::function(chat::Chat::from_env().await?)?).await
    })
}
