//! API Gateway, as far as a function can tell: what it sends, and what it makes of a reply.
//!
//! The local gateway and the test client are built on it, so that both say the same. It knows events
//! and replies as JSON and nothing of the types that decode them.

mod events;
mod replies;

#[cfg(feature = "local")]
pub(crate) use self::replies::json;
pub(crate) use self::{
    events::event,
    replies::{Answer, read},
};
