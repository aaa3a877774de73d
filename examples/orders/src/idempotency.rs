//! Creating once, however often it is asked for.
//!
//! A client that heard no answer sends the same request again, with the same `idempotency-key`. The key makes the
//! order's id, so that the second order would have the id of the first and cannot be kept beside it: what already
//! guards ids guards keys, and there is no second table that may disagree. A key lives as long as its order.

use powertools::router::{OptionalFromRequest, Rejection, Request};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::id::OrderId;

/// The longest key. A UUID has 36.
const LONGEST: usize = 64;

/// What a client calls a request that it may send again.
#[derive(Debug)]
pub(crate) struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The id of the order that this request makes.
    pub(crate) fn id(&self) -> OrderId {
        // Who can ask is nobody in particular here. Where clients are told apart, hash theirs too, or one could
        // take the keys of another.
        let digest = Sha256::new()
            .chain_update("an order's id from its idempotency key:")
            .chain_update(&self.0)
            .finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        OrderId::of(bytes)
    }
}

impl<S: Sync> OptionalFromRequest<S> for IdempotencyKey {
    type Rejection = Rejection;

    async fn from_request(request: &Request, _: &S) -> Result<Option<Self>, Rejection> {
        let mut lines = request.headers().all("idempotency-key");
        let Some(key) = lines.next().map(str::trim) else {
            return Ok(None);
        };
        let is_visible = key.bytes().all(|byte| byte.is_ascii_graphic());
        if key.is_empty() || key.len() > LONGEST || !is_visible || lines.next().is_some() {
            return Err(Rejection::bad_request(format!(
                "`idempotency-key` is one word of 1 to {LONGEST} visible characters of ASCII: a UUID, say"
            )));
        }
        Ok(Some(Self(key.to_owned())))
    }
}

/// What a request said, in short: whether two are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Of what was read of a request, not of its bytes: blanks make no difference.
    pub(crate) fn of(wanted: &impl Serialize) -> Self {
        let json = serde_json::to_vec(wanted).expect("structs of texts and numbers are JSON");
        let digest = Sha256::digest(json);
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// As it was kept.
    pub fn kept(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// To keep.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(feature = "openapi")]
impl powertools::openapi::DescribeRequest for IdempotencyKey {
    fn describe_request(operation: &mut powertools::openapi::Operation) {
        operation
            .header(
                "idempotency-key",
                "The same for a request that is sent again.",
            )
            .parameter_example("idempotency-key", "2c5ea4c0-4067-11e9-8bad-9b1deb4d3b7d")
            .problem(400);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_an_id_for_ever() {
        // Another id for the same key, and a client that asks again over a deployment has two orders.
        let id = |key: &str| IdempotencyKey(key.to_owned()).id().to_string();
        assert_eq!(id("a"), "7aaf2352-6803-8c89-9fcd-b9823f9062c6");
        assert_ne!(id("a"), id("b"));
    }

    #[test]
    fn a_fingerprint_is_of_what_was_said_and_the_same_for_ever() {
        assert_eq!(Fingerprint::of(&[1, 2]), Fingerprint::of(&(1, 2)));
        assert_ne!(Fingerprint::of(&[1, 2]), Fingerprint::of(&[12]));
        // `printf '[1,2]' | sha256sum`
        assert_eq!(
            Fingerprint::of(&[1, 2]).as_str(),
            "49a64717d5d4cb19952e6eac2946415cf6879adacf9908e7d872332d32c6e684"
        );
    }
}
