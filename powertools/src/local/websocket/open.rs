//! The connections that are open, and what may be done to one from outside.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::{
    sync::{Notify, mpsc},
    time::Instant,
};

use crate::gateway::websocket;

/// Messages on their way to a client that does not read them. With 128 KiB each this is what one
/// connection may cost.
const MOST_WAITING: usize = 16;
/// How long a post waits for room among them.
const PATIENCE: Duration = Duration::from_secs(1);

/// By id.
#[derive(Default)]
pub(super) struct Open(Mutex<HashMap<String, Arc<Connected>>>);

impl Open {
    pub(super) fn insert(&self, connected: &Arc<Connected>) {
        let id = connected.about.id.clone();
        self.all().insert(id, Arc::clone(connected));
    }

    pub(super) fn remove(&self, id: &str) {
        self.all().remove(id);
    }

    pub(super) fn find(&self, id: &str) -> Option<Arc<Connected>> {
        self.all().get(id).cloned()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<Connected>>> {
        // A map is whole after every call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection, as others see it.
pub(super) struct Connected {
    pub(super) about: websocket::Connection,
    /// Where it came in.
    pub(super) port: u16,
    outbox: mpsc::Sender<String>,
    seen: Mutex<Seen>,
    /// Somebody wants it closed.
    pub(super) closing: Notify,
}

/// When something last went over it, on two clocks: one for people, one for the limit.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub(super) wall: SystemTime,
    pub(super) at: Instant,
}

impl Seen {
    fn now() -> Self {
        Self {
            wall: SystemTime::now(),
            at: Instant::now(),
        }
    }
}

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsent {
    /// The connection is closed.
    Gone,
    /// The client does not read.
    Full,
}

impl Connected {
    pub(super) fn new(
        about: websocket::Connection,
        port: u16,
    ) -> (Arc<Self>, mpsc::Receiver<String>) {
        let (outbox, waiting) = mpsc::channel(MOST_WAITING);
        let connected = Self {
            about,
            port,
            outbox,
            seen: Mutex::new(Seen::now()),
            closing: Notify::new(),
        };
        (Arc::new(connected), waiting)
    }

    /// Takes a message for the client.
    pub(super) async fn send(&self, text: String) -> Result<(), Unsent> {
        let sent = self.outbox.send_timeout(text, PATIENCE).await;
        sent.map_err(|error| match error {
            mpsc::error::SendTimeoutError::Timeout(_) => Unsent::Full,
            mpsc::error::SendTimeoutError::Closed(_) => Unsent::Gone,
        })
    }

    pub(super) fn seen(&self) -> Seen {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something went over it.
    pub(super) fn touch(&self) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Seen::now();
    }
}
