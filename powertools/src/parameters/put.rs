//! What is written, and how.

use super::Value;

/// A value to write, with every option. A provider ignores none of those that it cannot do: it answers
/// [`ErrorKind::Unsupported`](super::ErrorKind::Unsupported) instead. Only [`Local`](super::Local), which stands
/// in for the others, takes them all.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Put {
    /// As it was written.
    pub name: String,
    /// The new value.
    pub value: Value,
    /// What becomes of a value that is there already.
    pub existing: Existing,
    /// What it is for.
    pub description: Option<String>,
    /// Whether, and with which key, it is stored encrypted.
    pub protection: Protection,
    /// SSM Parameter Store's tier.
    pub tier: Tier,
    /// Makes a repeated write harmless (Secrets Manager's `ClientRequestToken`).
    pub token: Option<String>,
}

impl Put {
    /// This value for this parameter, which there must not be yet where the provider can tell.
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<Value>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            existing: Existing::Keep,
            description: None,
            protection: Protection::Plain,
            tier: Tier::Standard,
            token: None,
        }
    }
}

/// What becomes of a value that is there already. Unless somebody says more, it is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and writing fails. Secrets have versions instead, and take the new value.
    #[default]
    Keep,
    /// It is replaced.
    Overwrite,
}

/// Whether, and with which key, a value is stored encrypted. Unless somebody says more, it is not; secrets
/// always are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Protection {
    /// As it is (SSM's `String`).
    #[default]
    Plain,
    /// Encrypted with the account's own key (SSM's `SecureString`).
    Secure,
    /// Encrypted with this key: its id, ARN or alias.
    SecureWith(String),
}

/// SSM Parameter Store's tiers. Unless somebody says more, the standard one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tier {
    /// Up to 4 KiB, without charge.
    #[default]
    Standard,
    /// Up to 8 KiB, charged.
    Advanced,
    /// Whichever of the two it needs.
    Intelligent,
}
