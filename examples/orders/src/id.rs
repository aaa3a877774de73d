//! Orders' ids: UUIDs, spelled in one way.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An order's id, which the service gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(
    feature = "openapi",
    schemars(with = "String", inline, extend("format" = "uuid", "example" = SAMPLE))
)]
pub struct OrderId(Uuid);

/// The first of the samples, which documents show.
pub(crate) const SAMPLE: &str = "6f1c7c9e-0d3a-4b57-9a52-3f0e8f7d1c01";

impl OrderId {
    /// One that nobody has.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// The one of these bytes, whoever asks.
    pub(crate) fn of(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

/// Text that is no order's id. Clients read it.
#[derive(Debug, thiserror::Error)]
#[error("an order's id is a UUID such as `{SAMPLE}`")]
pub struct NoId;

impl TryFrom<String> for OrderId {
    type Error = NoId;

    fn try_from(text: String) -> Result<Self, NoId> {
        let id = Uuid::try_parse(&text).map_err(|_| NoId)?;
        // Braces, a URN, capitals: one order would have several names, in caches and in logs.
        if id.to_string() == text {
            Ok(Self(id))
        } else {
            Err(NoId)
        }
    }
}

impl From<OrderId> for String {
    fn from(id: OrderId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        assert!(OrderId::try_from(SAMPLE.to_owned()).is_ok());
        let upper = SAMPLE.to_uppercase();
        let braced = format!("{{{SAMPLE}}}");
        for wrong in ["", "7", "a/b", "..", &upper, &braced] {
            assert!(OrderId::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
