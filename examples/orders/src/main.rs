//! `cargo run -p orders`, then `curl localhost:9000/orders`.

fn main() -> Result<(), powertools::Error> {
    powertools::start(async {
        powertools::logger::init();
        powertools::run(orders::router(orders::Settings::from_env()?)?).await
    })
}
