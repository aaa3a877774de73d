//! Panics as values.

#[cfg(any(feature = "logger", feature = "router"))]
use std::sync::atomic::{AtomicBool, Ordering};
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};
#[cfg(any(feature = "parameters", feature = "router"))]
use std::{pin::pin, task::Poll};

/// Runs a future; a panic in it is its message.
///
/// Nothing that the panic may have left half-done is looked at again: the future is dropped, what it
/// borrowed is only read, and state that handlers share is theirs to guard (a poisoned `Mutex` says
/// so). With `panic = "abort"` there is nothing to catch and the process ends.
#[cfg(any(feature = "parameters", feature = "router"))]
pub(crate) async fn caught<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Err(panic) => Poll::Ready(Err(message(panic))),
        }
    })
    .await
}

/// Whether a hook makes lines of panics, so that nobody need log what is caught.
#[cfg(any(feature = "logger", feature = "router"))]
static ARE_LOGGED: AtomicBool = AtomicBool::new(false);

/// Says that from here on a hook makes lines of panics.
#[cfg(feature = "logger")]
pub(crate) fn note_panics_are_logged() {
    ARE_LOGGED.store(true, Ordering::Relaxed);
}

/// Whether somebody has said so.
#[cfg(feature = "router")]
pub(crate) fn panics_are_logged() -> bool {
    ARE_LOGGED.load(Ordering::Relaxed)
}

/// Runs a closure; a panic in it is its message.
#[cfg(any(feature = "logger", feature = "parameters", feature = "router"))]
pub(crate) fn attempt<T>(closure: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(closure)).map_err(message)
}

/// What a panic says.
pub(crate) fn text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message")
}

fn message(panic: Box<dyn Any + Send>) -> String {
    let text = text(&*panic).to_owned();
    // What was thrown may be anything, also something that panics when it is dropped; what that throws
    // is not dropped at all.
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(again);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::panic_any(Self);
        }
    }

    #[cfg(any(feature = "logger", feature = "parameters", feature = "router"))]
    #[test]
    fn a_payload_that_panics_when_it_is_dropped_does_not_escape() {
        let attempted = attempt(|| std::panic::panic_any(Bomb));

        assert_eq!(attempted, Err("a panic without a message".to_owned()));
    }

    #[cfg(any(feature = "parameters", feature = "router"))]
    #[tokio::test]
    async fn nor_does_it_escape_from_a_future() {
        let ran = caught(async { std::panic::panic_any(Bomb) }).await;

        assert_eq!(ran, Err::<(), _>("a panic without a message".to_owned()));
    }
}
