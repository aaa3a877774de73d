//! Creating once, however often it is asked for.
//!
//! A client that heard no answer sends the same request again, with the same `idempotency-key`. The key makes the
//! order's id, so that the second order would have the id of the first and cannot be kept beside it: what already
//! guards ids guards keys, and there is no second table that may disagree. A key lives as long as its order.

use powertools::router::{OptionalFromRequest, Rejection, Request};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::id::OrderId;

/// The longest key. A UUID has 36.
const LONGEST: usize = 64;

/// What a client calls a request that it may send again.
#[derive(Debug)]
pub(crate) struct IdempotencyKey {
    key: String,
    /// What it was sent with.
    pub(crate) request: Fingerprint,
}

impl IdempotencyKey {
    /// The id of the order that this request makes.
    pub(crate) fn id(&self) -> OrderId {
        // Who can ask is nobody in particular here. Where clients are told apart, hash theirs too, or one could
        // take the keys of another.
        let digest = Sha256::new()
            .chain_update("an order's id from its idempotency key:")
            .chain_update(&self.key)
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
        let Some(key) = lines.next().map(str::trim_ascii) else {
            return Ok(None);
        };
        // A comma is what some front ends put between two keys, where others keep them apart.
        let is_one = |byte: u8| byte.is_ascii_graphic() && byte != b',';
        let is_one = key.bytes().all(is_one) && lines.next().is_none();
        if key.is_empty() || key.len() > LONGEST || !is_one {
            return Err(Rejection::bad_request(format!(
                "`idempotency-key` is one word of 1 to {LONGEST} visible characters of ASCII, no commas: a UUID, say"
            )));
        }
        Ok(Some(Self {
            key: key.to_owned(),
            request: Fingerprint::of(request.body()?),
        }))
    }
}

/// What a request said, in short: whether two are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Of the JSON that was sent: blanks and the order of keys make no difference. Not of the struct that it becomes,
    /// which gains fields: a client that asks again over a deployment would have sent another request.
    pub(crate) fn of(body: &[u8]) -> Self {
        let digest = match serde_json::from_slice::<Value>(body) {
            Ok(json) => Sha256::digest(json.to_string()),
            // It becomes no order: whoever reads the body refuses it.
            Err(_) => Sha256::digest(body),
        };
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
        let id = |key: &str| {
            let key = IdempotencyKey {
                key: key.to_owned(),
                request: Fingerprint::kept(""),
            };
            key.id().to_string()
        };
        assert_eq!(id("a"), "7aaf2352-6803-8c89-9fcd-b9823f9062c6");
        assert_ne!(id("a"), id("b"));
    }

    #[test]
    fn a_fingerprint_is_of_what_was_said_and_the_same_for_ever() {
        let of = |body: &str| Fingerprint::of(body.as_bytes());
        assert_eq!(of("[1,2]"), of(" [1,\n2]"));
        assert_eq!(
            of(r#"{"a":1,"b":{"c":2,"d":3}}"#),
            of(r#"{"b":{"d":3,"c":2},"a":1}"#)
        );
        assert_ne!(of("[1,2]"), of("[12]"));
        assert_ne!(of("[1,2]"), of("[2,1]"));
        assert_ne!(of("{"), of("["));
        // `printf '[1,2]' | sha256sum`
        assert_eq!(
            of("[1,2]").as_str(),
            "49a64717d5d4cb19952e6eac2946415cf6879adacf9908e7d872332d32c6e684"
        );
    }
}
