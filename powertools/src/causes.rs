//! An error with its causes, as text.

use std::{
    error::Error,
    fmt::{Display, Write as _},
};

/// A chain may be longer by mistake, or have no end.
const MOST: usize = 32;

/// The texts of a source and its own, from the nearest on.
pub(crate) fn causes(mut source: Option<&(dyn Error + 'static)>) -> Vec<String> {
    let mut causes = Vec::new();
    while let Some(cause) = source
        && causes.len() < MOST
    {
        causes.push(text(cause));
        source = cause.source();
    }
    causes
}

/// What an error says; as much as it had said when it failed to.
pub(crate) fn text(error: &(impl Display + ?Sized)) -> String {
    let mut text = String::new();
    let _ = write!(text, "{error}");
    text
}

/// The error's text and those of its sources, joined by `: `.
#[cfg(any(
    feature = "appconfig",
    feature = "dynamodb",
    feature = "event",
    feature = "secrets-manager",
    feature = "ssm"
))]
pub(crate) fn chain(error: &(dyn Error + '_)) -> String {
    let mut texts = vec![text(error)];
    texts.extend(causes(error.source()));
    texts.join(": ")
}
