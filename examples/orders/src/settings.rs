//! What the environment decides.
//!
//! | variable | meaning | unless set |
//! | --- | --- | --- |
//! | `ORDERS_TABLE` | the table of DynamoDB; needs the feature `dynamodb` | orders are in memory |
//! | `ORDERS_ORIGIN` | whose pages may ask | `http://localhost:3000` |

use std::{env, sync::Arc};

use crate::store::{Memory, Store};

/// What the function is made with.
#[derive(Debug)]
pub struct Settings {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) origin: String,
}

impl Settings {
    /// What the environment says. Nothing is asked of AWS before the first request does.
    ///
    /// # Errors
    ///
    /// When a table is named that this program cannot ask, and when none is named on Lambda.
    pub fn from_env() -> Result<Self, powertools::Error> {
        Self::read(|name| env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// With this store, and everything else as if nothing were set.
    pub fn with(store: impl Store + 'static) -> Self {
        Self {
            store: Arc::new(store),
            origin: "http://localhost:3000".to_owned(),
        }
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, powertools::Error> {
        let mut settings = match variable("ORDERS_TABLE") {
            Some(table) => Self::in_table(table)?,
            // Each sandbox would have orders of its own, and take them with it.
            None if variable("AWS_LAMBDA_FUNCTION_NAME").is_some() => {
                return Err("ORDERS_TABLE is not set, and memory on Lambda forgets".into());
            }
            None => Self::with(Memory::with_samples()),
        };
        if let Some(origin) = variable("ORDERS_ORIGIN") {
            settings.origin = origin;
        }
        Ok(settings)
    }

    #[cfg(feature = "dynamodb")]
    #[expect(
        clippy::unnecessary_wraps,
        reason = "without the feature it is an error"
    )]
    fn in_table(table: String) -> Result<Self, powertools::Error> {
        Ok(Self::with(crate::store::DynamoDb::new(table)))
    }

    #[cfg(not(feature = "dynamodb"))]
    fn in_table(_: String) -> Result<Self, powertools::Error> {
        Err("ORDERS_TABLE needs the feature `dynamodb`: `cargo build -p orders -F dynamodb`".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_without_a_table_does_not_start() {
        let read = Settings::read(|name| (name == "AWS_LAMBDA_FUNCTION_NAME").then(String::new));
        assert_eq!(
            read.unwrap_err().to_string(),
            "ORDERS_TABLE is not set, and memory on Lambda forgets"
        );
    }

    #[cfg(not(feature = "dynamodb"))]
    #[test]
    fn what_needs_a_feature_says_so() {
        let read = Settings::read(|name| (name == "ORDERS_TABLE").then(|| "orders".to_owned()));
        let error = read.unwrap_err().to_string();
        assert!(
            error.starts_with("ORDERS_TABLE needs the feature `dynamodb`"),
            "{error}"
        );
    }

    #[test]
    fn an_origin_that_is_none_does_not_start() {
        let mut settings = Settings::with(Memory::default());
        settings.origin = "https://shop.example/".to_owned();
        assert!(crate::router(settings).is_err());
    }
}
