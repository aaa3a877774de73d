//! An error with its causes, as text, and what its type is called.

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

/// What a type of error is called on lines and to callers: as its users write it. The compiler's name goes by
/// the module of its definition, which nobody outside sees, and alarms that look for it would break when it
/// moves.
#[cfg(any(feature = "logger", feature = "router"))]
pub(crate) fn type_name<E: ?Sized>() -> &'static str {
    match std::any::type_name::<E>() {
        "powertools::parameters::error::Error" => "powertools::parameters::Error",
        "powertools::router::error::RouteError" => "powertools::router::RouteError",
        "powertools::router::error::RouteErrors" => "powertools::router::RouteErrors",
        "powertools::websocket::error::RouteError" => "powertools::websocket::RouteError",
        "powertools::websocket::connections::error::ConnectionsError" => {
            "powertools::websocket::ConnectionsError"
        }
        "powertools::websocket::error::RouteErrors" => "powertools::websocket::RouteErrors",
        name => name,
    }
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

#[cfg(all(test, any(feature = "logger", feature = "router")))]
mod tests {
    use super::*;

    #[test]
    fn types_of_errors_are_called_as_their_users_write_them() {
        assert_eq!(
            type_name::<std::num::ParseIntError>(),
            "core::num::error::ParseIntError"
        );
        #[cfg(feature = "event")]
        assert_eq!(
            type_name::<crate::event::DecodeError>(),
            "powertools::event::DecodeError"
        );
        #[cfg(feature = "parameters")]
        assert_eq!(
            type_name::<crate::parameters::Error>(),
            "powertools::parameters::Error"
        );
        #[cfg(feature = "router")]
        assert_eq!(
            [
                type_name::<crate::router::RouteError>(),
                type_name::<crate::router::RouteErrors>()
            ],
            [
                "powertools::router::RouteError",
                "powertools::router::RouteErrors"
            ]
        );
    }
}
