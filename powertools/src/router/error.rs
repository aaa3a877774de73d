//! Everything that is wrong with a list of routes, told at start-up and all at once.

use std::fmt;

use http::Method;

/// What is wrong with one route.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// Two routes answer the same requests: same methods, same pattern but for parameter names.
    #[error("`{second}` ({pattern}) and `{first}` ({first_pattern}) both answer {method}")]
    Duplicate {
        /// The method that both answer.
        method: Method,
        /// The pattern of the later route.
        pattern: String,
        /// The earlier handler's name.
        first: &'static str,
        /// The pattern of the earlier route.
        first_pattern: String,
        /// The later handler's name.
        second: &'static str,
    },
    /// An invalid pattern.
    #[error("pattern `{pattern}` of `{handler}`: {reason}")]
    Pattern {
        /// The pattern, with the prefixes under which it was nested.
        pattern: String,
        /// The handler's name.
        handler: &'static str,
        /// What is wrong with it and what to write instead.
        reason: String,
    },
    /// A prefix that no path can begin with.
    #[error("prefix `{prefix}`: {reason}")]
    Prefix {
        /// The prefix as it was given.
        prefix: String,
        /// What is wrong with it and what to write instead.
        reason: String,
    },
    /// An invalid policy for other origins.
    #[error("CORS of {of}: {reason}")]
    Cors {
        /// The handler's name, or "the router".
        of: &'static str,
        /// What is wrong with it.
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
        write_mistakes(formatter, "the routes", &self.0)
    }
}

/// Every mistake on a line of its own, after their number.
pub(crate) fn write_mistakes(
    formatter: &mut fmt::Formatter<'_>,
    of: &str,
    errors: &[impl fmt::Display],
) -> fmt::Result {
    let count = errors.len();
    let mistakes = if count == 1 { "mistake" } else { "mistakes" };
    write!(formatter, "{count} {mistakes} in {of}")?;
    for error in errors {
        write!(formatter, "\n  - {error}")?;
    }
    Ok(())
}

impl fmt::Debug for RouteErrors {
    /// The readable form: this is what `main` or a test's `unwrap` prints.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for RouteErrors {}
