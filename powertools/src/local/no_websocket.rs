//! What stands in for `websocket` where the feature `local-websocket` is not on: there is never one.
//!
//! So that the rest of the gateway is one text with the feature and without. Its settings are read all the
//! same: a file for several programs may have them.

use std::{convert::Infallible, marker::PhantomData, sync::Arc};

use http::HeaderMap;
use hyper::body::Incoming;

use super::{exchange::Gateway, settings::WebSocket};
use crate::gateway::Answer;

/// None.
pub(super) struct Sockets<A> {
    never: Infallible,
    _of: PhantomData<A>,
}

impl<A> Sockets<A> {
    pub(super) fn new(gateway: Arc<Gateway<A>>, settings: WebSocket) -> Option<Self> {
        drop((gateway, settings));
        None
    }

    pub(super) fn is_mapped(&self, _: &str) -> bool {
        match self.never {}
    }

    pub(super) fn turned_away<B>(&self, _: &http::Request<B>, _: &Answer, _: &str) {
        match self.never {}
    }

    pub(super) async fn manage(&self, _: http::Request<Incoming>) -> Answer {
        match self.never {}
    }

    pub(super) async fn admit(self: &Arc<Self>, _: http::Request<Incoming>, _: u16) -> Answer {
        match self.never {}
    }
}

pub(super) fn is_management(_: &str) -> bool {
    false
}

pub(super) fn is_handshake(_: &HeaderMap) -> bool {
    false
}
