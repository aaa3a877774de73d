//! Nothing says which events are an `Order`.

use powertools::{Context, Function, InvocationError};

#[derive(serde::Deserialize)]
struct Order {}

async fn order(_: Order, _: Context) -> Result<(), InvocationError> {
    Ok(())
}

fn main() {
    let _ = Function::new().on(order);
}
