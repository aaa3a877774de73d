//! API Gateway and its kin, as far as a function can tell: what they send, and what they make of a reply.
//!
//! The local gateway and the test client are built on it, so that both say the same. It knows events
//! and replies as JSON and nothing of the types that decode them.
#![cfg_attr(
    not(feature = "local-websocket"),
    allow(
        dead_code,
        reason = "the test client refuses nothing and is not set up, and not every gateway has WebSockets"
    )
)]

mod api;
mod events;
mod place;
mod refusals;
mod replies;
mod routes;
mod selection;

#[cfg(any(feature = "testing", feature = "local-websocket"))]
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
    place::{below_mapping, mapping},
    refusals::{Refusal, message},
    replies::json,
    routes::{Route, Routes},
    selection::{SELECTION, Selection},
};
