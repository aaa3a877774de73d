//! Closures that handle no event.

use powertools::{Context, Function, InvocationError, batch, events::sqs::SqsEvent};

#[derive(Clone)]
struct Shop(String);

fn main() {
    let _ = Function::new().on(async |_: SqsEvent| Ok::<(), InvocationError>(()));
    let _ = Function::new().on(async |_: SqsEvent, _: Context| {});
    let _ = Function::new().on(|_: SqsEvent, _: Context| Ok::<(), InvocationError>(()));
    let shop = Shop("corner".to_owned());
    let _ = Function::new().on(async move |_: SqsEvent, _: Context| {
        println!("{}", shop.0);
        Ok::<(), InvocationError>(())
    });
    let _ = batch::sqs(async |_: String| {});
    let _ = batch::sqs(async || Ok::<(), InvocationError>(()));
}
