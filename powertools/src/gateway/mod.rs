//! API Gateway and its kin, as far as a function can tell: what they send, and what they make of a reply.
//!
//! The local gateway and the test client are built on it, so that both say the same. It knows events
//! and replies as JSON and nothing of the types that decode them.
#![cfg_attr(
    not(feature = "local"),
    allow(
        dead_code,
        reason = "the test client refuses nothing and is not set up"
    )
)]

mod api;
mod events;
mod place;
mod refusals;
mod replies;
mod routes;

#[cfg(feature = "testing")]
pub(crate) use self::events::websocket;
pub(crate) use self::{
    api::Api,
    events::{Asked, event},
    replies::{Answer, read},
};
#[cfg(feature = "local")]
pub(crate) use self::{
    api::{Decoding, Domain},
    events::Hop,
    refusals::{Refusal, message},
    replies::json,
    routes::{Route, Routes},
};
