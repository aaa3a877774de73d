//! What a message carries is `Json<Order>`; an `Order` by itself might be the record, or its body.

use powertools::batch;

#[derive(serde::Deserialize)]
struct Order {}

async fn charge(_: Order) -> Result<(), std::io::Error> {
    Ok(())
}

fn main() {
    let _ = batch::sqs(charge);
}
