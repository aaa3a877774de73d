//! Panics as lines.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    panic::{self, PanicHookInfo},
};

use super::callsite::OWN;
use crate::caught;

/// From here on a panic is one line at ERROR, with its place and the keys of the invocation that it is in,
/// instead of several lines of text on standard error that CloudWatch takes apart.
pub(super) fn hook() {
    caught::note_panics_are_logged();
    panic::set_hook(Box::new(log));
}

fn log(info: &PanicHookInfo<'_>) {
    let message = caught::text(info.payload());
    let location = info.location().map(ToString::to_string);
    // By `RUST_BACKTRACE`, as everywhere.
    let backtrace = Backtrace::capture();
    let backtrace =
        (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    tracing::error!(
        target: OWN,
        location,
        backtrace,
        "panicked: {message}"
    );
}
