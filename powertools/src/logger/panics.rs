//! Panics as lines.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    panic::{self, PanicHookInfo},
};

use super::{callsite::OWN, layer::writing};
use crate::caught;

/// From here on a panic is one line at ERROR, with its place and the keys of the invocation that it is in,
/// instead of several lines of text on standard error that CloudWatch takes apart. Where no line of it is
/// written, by a level or because it happened while one was written, it is told as it was before.
pub(super) fn hook() {
    caught::note_panics_are_logged();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let lines = writing::lines();
        if !writing::is_going_on() {
            log(info);
        }
        if writing::lines() == lines {
            before(info);
        }
    }));
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
