//! The connections of a test: what is posted is kept in a list, and no network is there.
//!
//! Whatever is not said of a connection is that it is there and reads: a test names those that are gone.

use std::{
    collections::HashMap,
    fmt,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::{Connections, ConnectionsError, Info, Of, Outcome};

/// Connections for tests: what a function posts to them is kept, and each may be gone or fail. Clones share.
///
/// [`TestClient`](crate::testing::TestClient) has its own, which the argument
/// [`Connections`](crate::websocket::Connections) and [`Connections::of`](crate::websocket::Connections::of)
/// write to. A function that keeps `Connections` for something else, such as a queue's handler, is given those
/// of [`connections`](Self::connections), and so is the client:
///
/// ```
/// # #[cfg(feature = "macros")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use powertools::{
///     Context, Function, InvocationError,
///     testing::{TestClient, TestConnections},
///     websocket::{Connections, ConnectionsError},
/// };
///
/// fn function(connections: Connections) -> Function {
///     Function::new().direct(move |ids: Vec<String>, _: Context| {
///         let connections = connections.clone();
///         async move { Ok::<_, InvocationError>(connections.broadcast(ids, "tea?").await.gone) }
///     })
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let connections = TestConnections::new();
/// let client = TestClient::new(function(connections.connections()))
///     .with_connections(connections.clone());
/// connections.lose("bob=");
/// assert_eq!(client.invoke(["ann=", "bob="]).await?, serde_json::json!(["bob="]));
/// assert_eq!(client.posted("ann="), ["tea?"]);
/// # Ok::<(), powertools::InvocationError>(())
/// # }).map_err(|error| format!("{error:?}"))?;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "macros"))]
/// # fn main() {}
/// ```
#[derive(Clone, Default)]
pub struct TestConnections(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    posts: Vec<Post>,
    /// Posts and replies, in the order in which a client would get them.
    heard: HashMap<String, Vec<String>>,
    /// Of those that are not simply there.
    states: HashMap<String, State>,
    closed: Vec<String>,
}

enum State {
    Gone,
    Fails(ConnectionsError),
}

/// Something that was posted.
#[derive(Clone, PartialEq, Eq)]
pub struct Post {
    id: String,
    data: Bytes,
}

impl Post {
    /// The id of the connection that it was posted to.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.data
    }

    /// It as text.
    ///
    /// # Panics
    ///
    /// When it is not UTF-8, which no client could read.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.data).expect("what is posted is UTF-8")
    }

    /// It as JSON.
    ///
    /// # Panics
    ///
    /// When it is not JSON, or not a `T`.
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.data)
            .unwrap_or_else(|error| panic!("the post is not as expected: {error}"))
    }
}

impl TestConnections {
    /// Connections that are all there.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What writes to them, for a function that does not take it as an argument.
    #[must_use]
    pub fn connections(&self) -> Connections {
        Connections::new(Of::Test(self.clone()))
    }

    /// Everything that was posted so far, in order.
    #[must_use]
    pub fn posts(&self) -> Vec<Post> {
        self.known().posts.clone()
    }

    /// The same, which is then forgotten: what comes next stands alone.
    #[must_use]
    pub fn take_posts(&self) -> Vec<Post> {
        std::mem::take(&mut self.known().posts)
    }

    /// What was posted to this connection so far, as text.
    ///
    /// # Panics
    ///
    /// When something of it is not UTF-8, which no client could read.
    #[must_use]
    pub fn posted(&self, id: &str) -> Vec<String> {
        let posts = self.posts().into_iter().filter(|post| post.id == id);
        posts.map(|post| post.text().to_owned()).collect()
    }

    /// The connections that the function closed, in order.
    #[must_use]
    pub fn closed(&self) -> Vec<String> {
        self.known().closed.clone()
    }

    /// From here on there is no such connection: 410 for whatever is asked of it.
    pub fn lose(&self, id: &str) {
        self.known().states.insert(id.to_owned(), State::Gone);
    }

    /// From here on posts to this connection fail so: [`ConnectionsError::LimitExceeded`] of a client that
    /// does not read, say. It lasts until [`open`](Self::open), which
    /// [`TestSocket::connect`](crate::testing::TestSocket::connect) does as well: a connection that is made anew
    /// reads.
    pub fn fail(&self, id: &str, error: ConnectionsError) {
        let state = State::Fails(error);
        self.known().states.insert(id.to_owned(), state);
    }

    /// From here on this connection is there and reads.
    pub fn open(&self, id: &str) {
        self.known().states.remove(id);
    }

    pub(super) fn send(&self, id: &str, data: Bytes) -> Result<Outcome, ConnectionsError> {
        let mut known = self.known();
        match known.states.get(id) {
            Some(State::Gone) => return Ok(Outcome::Gone),
            Some(State::Fails(error)) => return Err(error.clone()),
            None => {}
        }
        known.hear(id, String::from_utf8_lossy(&data).into_owned());
        let id = id.to_owned();
        known.posts.push(Post { id, data });
        Ok(Outcome::Done)
    }

    pub(super) fn info(&self, id: &str) -> Option<Info> {
        let is_gone = matches!(self.known().states.get(id), Some(State::Gone));
        (!is_gone).then(|| Info {
            connected_at: Some(connected_at()),
            last_active_at: Some(connected_at()),
            source_ip: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            user_agent: None,
        })
    }

    pub(super) fn close(&self, id: &str) -> Outcome {
        let mut known = self.known();
        if let Some(State::Gone) = known.states.insert(id.to_owned(), State::Gone) {
            return Outcome::Gone;
        }
        known.closed.push(id.to_owned());
        Outcome::Done
    }

    /// A client begins anew.
    pub(crate) fn forget_heard(&self, id: &str) {
        self.known().heard.remove(id);
    }

    /// A client gets a reply, if it is there: whoever closes a connection has the last word before.
    pub(crate) fn reply(&self, id: &str, text: String) {
        let mut known = self.known();
        if !matches!(known.states.get(id), Some(State::Gone)) {
            known.hear(id, text);
        }
    }

    /// What a client got.
    pub(crate) fn heard(&self, id: &str) -> Vec<String> {
        self.known().heard.get(id).cloned().unwrap_or_default()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Lists and maps are whole after every call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn hear(&mut self, id: &str, text: String) {
        self.heard.entry(id.to_owned()).or_default().push(text);
    }
}

impl fmt::Debug for TestConnections {
    /// How many, as what was posted belongs into no log.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.known();
        formatter
            .debug_struct("TestConnections")
            .field("posts", &known.posts.len())
            .field("closed", &known.closed)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Post {
    /// With its text: a test that fails is to show it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Post")
            .field("id", &self.id)
            .field("data", &String::from_utf8_lossy(&self.data))
            .finish()
    }
}

/// The same whenever a test asks, in events as in [`Info`].
fn connected_at() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_731_324_924)
}
