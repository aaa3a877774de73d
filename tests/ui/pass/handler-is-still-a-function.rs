//! A test calls a handler as what it is: an async function.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use powertools::router::{Path, Routes, get, routes};

#[get("/sums/{a}/{b}")]
async fn sum(Path((a, b)): Path<(u64, u64)>) -> String {
    (a + b).to_string()
}

fn main() {
    let _: Routes<()> = routes![sum];

    let answer = pin!(sum(Path((3, 4))));
    let Poll::Ready(text) = answer.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("there is nothing to wait for");
    };
    assert_eq!(text, "7");
}
