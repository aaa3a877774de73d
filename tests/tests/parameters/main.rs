//! Cached parameters, before an upstream that answers, waits, fails and counts as a test tells it to.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod behaviours;
mod hostile;
mod model;
mod peers;
mod together;
mod upstream;
