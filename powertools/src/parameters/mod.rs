//! Parameters and secrets: typed, cached, fetched once however many ask.

#![expect(dead_code, reason = "the cache, which uses it, is the next change")]

mod error;
mod provider;
mod put;
mod query;
mod value;

use std::{fmt, sync::Arc};

use self::provider::AnyProvider;
pub use self::{
    error::{Error, ErrorKind},
    provider::{Listed, Provider},
    put::{Existing, Protection, Put, Tier},
    query::{Decryption, Depth, PathQuery, Query, Selector},
    value::Value,
};

/// Parameters of one provider, with their cache. Cloning is cheap, and clones share the cache.
#[derive(Clone)]
pub struct Parameters {
    provider: Arc<dyn AnyProvider>,
}

impl Parameters {
    /// Parameters from this provider.
    #[must_use]
    pub fn new(provider: impl Provider) -> Self {
        Self {
            provider: Arc::new(provider),
        }
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Parameters")
            .field("provider", &self.provider.name())
            .finish_non_exhaustive()
    }
}
