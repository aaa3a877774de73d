//! Writing, after which nobody is given what was there before.

use std::{fmt, future::IntoFuture, pin::Pin};

use super::{Error, Existing, Parameters, Protection, Put, Tier, cache::Cache};

/// A value to write: [`Parameters::set`]. `.await` writes it; until then it can be told how.
#[must_use = "nothing is written until it is awaited"]
pub struct Set<'a> {
    parameters: &'a Parameters,
    put: Put,
}

impl<'a> Set<'a> {
    pub(super) fn new(parameters: &'a Parameters, put: Put) -> Self {
        Self { parameters, put }
    }

    /// Replaces a value that is there already. Secrets take a new one in any case, as a new version.
    pub fn overwrite(mut self) -> Self {
        self.put.existing = Existing::Overwrite;
        self
    }

    /// What it is for.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.put.description = Some(description.into());
        self
    }

    /// Stores it encrypted, with the account's own key.
    pub fn secure(mut self) -> Self {
        self.put.protection = Protection::Secure;
        self
    }

    /// Stores it encrypted with this key: its id, ARN or alias.
    pub fn secure_with(mut self, key: impl Into<String>) -> Self {
        self.put.protection = Protection::SecureWith(key.into());
        self
    }

    /// SSM Parameter Store's tier.
    pub fn tier(mut self, tier: Tier) -> Self {
        self.put.tier = tier;
        self
    }

    /// Makes a repeated write harmless (Secrets Manager's `ClientRequestToken`).
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.put.token = Some(token.into());
        self
    }
}

impl<'a> IntoFuture for Set<'a> {
    type Output = Result<(), Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { parameters, put } = self;
            let _changed = Changed {
                cache: &parameters.cache,
                name: &put.name,
            };
            let written = parameters.provider.put(&put).await;
            written.map_err(|error| error.of(parameters.called, &put.name))
        })
    }
}

/// Forgets what was written to, at the end of writing however it ended: who gives up waiting does not
/// know whether the value was taken.
struct Changed<'a> {
    cache: &'a Cache,
    name: &'a str,
}

impl Drop for Changed<'_> {
    fn drop(&mut self) {
        self.cache.forget(|key| key.asked.is_changed_by(self.name));
    }
}

impl fmt::Debug for Set<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Set");
        shown.field("put", &self.put).finish_non_exhaustive()
    }
}
