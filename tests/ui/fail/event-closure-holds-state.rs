//! An async closure that holds something lends it to its future, and so is no `Fn`.

use powertools::{Context, Function, InvocationError, batch, events::sqs::SqsEvent};

struct Shop(String);

fn main() {
    let shop = Shop("corner".to_owned());
    let _ = Function::new().on(async move |_: SqsEvent, _: Context| {
        println!("{}", shop.0);
        Ok::<(), InvocationError>(())
    });
    let shop = Shop("corner".to_owned());
    let _ = batch::sqs(async move |_: String| {
        println!("{}", shop.0);
        Ok::<(), InvocationError>(())
    });
}
