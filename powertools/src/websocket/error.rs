//! Everything that is wrong with a list of routes, told at start-up and all at once.

use std::fmt;

use crate::router::write_mistakes;

/// What is wrong with one route.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// Two handlers of one key.
    #[error("`{second}` and `{first}` both answer `{key}`")]
    Duplicate {
        /// The key that both answer.
        key: String,
        /// The earlier handler's name.
        first: &'static str,
        /// The later handler's name.
        second: &'static str,
    },
    /// A key that no route can have.
    #[error("route key `{key}` of `{handler}`: {reason}")]
    Key {
        /// The key.
        key: String,
        /// The handler's name.
        handler: &'static str,
        /// What is wrong with it and what to write instead.
        reason: String,
    },
}

/// Why a list of routes could not become a router: every mistake, in the order of the routes.
#[derive(Clone, PartialEq, Eq)]
pub struct RouteErrors(Vec<RouteError>);

impl RouteErrors {
    pub(super) const fn new(errors: Vec<RouteError>) -> Self {
        Self(errors)
    }

    /// The mistakes.
    #[must_use]
    pub fn errors(&self) -> &[RouteError] {
        &self.0
    }
}

impl fmt::Display for RouteErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_mistakes(formatter, "the WebSocket routes", &self.0)
    }
}

impl fmt::Debug for RouteErrors {
    /// The readable form: this is what `main` or a test's `unwrap` prints.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for RouteErrors {}
