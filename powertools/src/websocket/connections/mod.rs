//! Writing to connections, asking after them and closing them, by API Gateway's `@connections`.
//!
//! That a connection is gone is no failure: clients go as they like, and API Gateway tells by 410 only when
//! somebody writes to them. So it is an [`Outcome`], which `?` leaves to the program.
//!
//! What is written is in no line of the log and in nothing's `Debug`.

use std::{
    fmt,
    net::IpAddr,
    time::{Duration, SystemTime},
};

use aws_sdk_apigatewaymanagement::Client;
use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::Connection;
use crate::{
    aws::Aws,
    event::Request,
    router::{FromRequest, Rejection},
};

mod api;
mod data;
mod endpoint;
mod error;
#[cfg(feature = "testing")]
pub(crate) mod kept;

#[cfg(feature = "testing")]
use self::kept::TestConnections;
use self::{api::Api, endpoint::Endpoint};
pub use self::{data::IntoData, error::ConnectionsError};

/// What one message may have
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>).
/// That it goes in frames of at most 32 KB is API Gateway's matter.
const MOST_BYTES: usize = 128 * 1024;

/// How many posts of a broadcast are on their way together, unless set.
const AT_A_TIME: usize = 16;

/// The connections of a WebSocket API, to write to and to close.
///
/// A handler takes it as an argument, and it is that of the API whose event is handled; in other functions
/// [`Connections::at`] makes it of an address. Clones share one client of AWS's SDK, and so do all that are
/// made for the same address; it is made when something is first asked.
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use powertools::{
///     router::{Error, Json, State},
///     websocket::{self, Connection, Connections},
/// };
/// # #[derive(Clone)] struct Room;
/// # impl Room { fn others(&self, _: &str) -> Vec<String> { vec![] } fn forget(&self, _: &str) {} }
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Said { text: String }
///
/// #[websocket::message("say")]
/// async fn say(
///     Json(said): Json<Said>,
///     speaker: Connection,
///     connections: Connections,
///     State(room): State<Room>,
/// ) {
///     let told = connections.broadcast(room.others(speaker.id()), Json(said)).await;
///     for id in &told.gone {
///         room.forget(id);
///     }
///     for (id, error) in &told.failed {
///         tracing::warn!(id, %error, "not told");
///     }
/// }
/// # }
/// ```
///
/// # Where they are
///
/// An event says the domain that the client asked for. One of API Gateway's own, `….execute-api.…`, has the
/// stage in its path. A domain of your own has it not, if it is mapped without a base path; what has one is
/// [`Connections::at`] `https://ws.example/base`. The [local gateway](crate::local) says itself
/// where it is, whatever the domain. `localhost` is asked over `http` and needs neither a region nor credentials;
/// on Lambda there is no such place. The variable `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`, which all of AWS's
/// SDKs read, takes the place of what events say.
///
/// The function's role has to allow `execute-api:ManageConnections` on
/// `arn:aws:execute-api:{region}:{account}:{api}/{stage}/*/@connections/*`.
///
/// # How long they wait
///
/// As [`Aws`] says, five seconds for all attempts unless set. What may pass, such as a 429, is tried again
/// within them.
#[derive(Clone)]
pub struct Connections {
    of: Of,
    at_a_time: usize,
}

/// Whose they are.
#[derive(Clone)]
enum Of {
    Api(Api),
    #[cfg(feature = "testing")]
    Test(TestConnections),
}

/// Where the connections of an invocation are, said by an edge that plays API Gateway. It travels in the
/// [`Context`](crate::Context), because no domain in an event leads to a list in a test.
#[derive(Clone, Debug)]
pub(crate) enum Played {
    /// At this address of this machine.
    #[cfg_attr(
        not(feature = "local-websocket"),
        expect(dead_code, reason = "the local gateway alone has one")
    )]
    Local(String),
    #[cfg(feature = "testing")]
    Test(TestConnections),
}

/// What became of something that was meant for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "a connection that is gone should be forgotten"]
pub enum Outcome {
    /// API Gateway took it.
    Done,
    /// There is no such connection, any more or at all: 410.
    Gone,
}

impl Outcome {
    /// Whether there is no such connection.
    #[must_use]
    pub fn is_gone(self) -> bool {
        self == Self::Gone
    }
}

/// What API Gateway knows of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// Since when it has been there.
    pub connected_at: Option<SystemTime>,
    /// When something last went over it.
    pub last_active_at: Option<SystemTime>,
    /// The client's address.
    pub source_ip: Option<IpAddr>,
    /// What the client says it is.
    pub user_agent: Option<String>,
}

/// What became of a message to many.
#[derive(Clone, Debug, Default)]
#[must_use = "connections that are gone should be forgotten"]
#[non_exhaustive]
pub struct Broadcast {
    /// How many connections were written to.
    pub sent: usize,
    /// The connections that are no more.
    pub gone: Vec<String>,
    /// Those that could not be written to, and why.
    pub failed: Vec<(String, ConnectionsError)>,
}

impl Connections {
    /// Those of the API that a connection belongs to.
    #[must_use]
    pub fn of(connection: &Connection) -> Self {
        let played = connection.played();
        #[cfg(feature = "testing")]
        if let Some(Played::Test(connections)) = played {
            return connections.connections();
        }
        Self::with(match (crate::env::connections_endpoint(), played) {
            (Some(url), _) | (None, Some(Played::Local(url))) => Endpoint::parse(&url),
            (None, _) => Endpoint::of(connection.domain(), connection.stage()),
        })
    }

    /// Those at this address: `https://{api}.execute-api.{region}.amazonaws.com/{stage}`, a domain of your own
    /// with its base path, or `http://localhost:9000`. That it is one is found out when something is asked.
    #[must_use]
    pub fn at(url: impl AsRef<str>) -> Self {
        Self::with(Endpoint::parse(url.as_ref()))
    }

    fn with(endpoint: Result<Endpoint, ConnectionsError>) -> Self {
        Self::new(Of::Api(Api::at(endpoint)))
    }

    const fn new(of: Of) -> Self {
        Self {
            of,
            at_a_time: AT_A_TIME,
        }
    }

    /// With settings of one's own, and so with a client of its own, which clones share: make it once, and
    /// keep it with the router's state. The settings' endpoint is that of other services and means nothing
    /// here.
    #[must_use]
    pub fn through(mut self, aws: &Aws) -> Self {
        if let Some(api) = self.api() {
            api.set(aws);
        }
        self
    }

    /// With a client of one's own: its endpoint, credentials, timeouts and retries.
    #[must_use]
    pub fn from_client(client: Client) -> Self {
        Self::new(Of::Api(Api::of_client(client)))
    }

    /// With at most so long for each connection that is asked about or written to, retries included; then it
    /// is [`ConnectionsError::TimedOut`]. Unless set, it is what the client's settings say.
    ///
    /// A client that does not read is answered for late or never: in a broadcast such a post holds up those
    /// behind it.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        match &mut self.of {
            Of::Api(api) => api.limit = Some(limit),
            #[cfg(feature = "testing")]
            Of::Test(_) => {}
        }
        self
    }

    fn api(&mut self) -> Option<&mut Api> {
        match &mut self.of {
            Of::Api(api) => Some(api),
            #[cfg(feature = "testing")]
            Of::Test(_) => None,
        }
    }

    /// How many posts of a broadcast may be on their way together: 16 unless set, one at least.
    #[must_use]
    pub const fn at_a_time(mut self, most: usize) -> Self {
        self.at_a_time = if most == 0 { 1 } else { most };
        self
    }

    /// Writes a message to a connection: text, bytes or [`Json`](crate::router::Json). Its client gets a text
    /// frame, so bytes should be UTF-8.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being written, but that the connection is gone. More than 128 KiB are refused
    /// before anything is asked.
    pub async fn post(&self, id: &str, data: impl IntoData) -> Result<Outcome, ConnectionsError> {
        self.send(id, data.into_data()?).await
    }

    async fn send(&self, id: &str, data: Bytes) -> Result<Outcome, ConnectionsError> {
        if data.len() > MOST_BYTES {
            return Err(ConnectionsError::TooLarge { bytes: data.len() });
        }
        check(id)?;
        match &self.of {
            Of::Api(api) => api.send(id, data).await,
            #[cfg(feature = "testing")]
            Of::Test(connections) => connections.send(id, data),
        }
    }

    /// Writes a message to many connections, [some at a time](Self::at_a_time).
    ///
    /// It never fails as a whole: each connection is written to, is gone or has its error. All of it is done
    /// within this future: what is dropped half way has written to some and goes on with none.
    pub async fn broadcast<I>(&self, ids: I, data: impl IntoData) -> Broadcast
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let data = data.into_data();
        let posts = ids.into_iter().map(|id| {
            let (id, data) = (id.into(), data.clone());
            async move {
                let outcome = match data {
                    Ok(data) => self.send(&id, data).await,
                    Err(error) => Err(error),
                };
                (id, outcome)
            }
        });
        // An iterator that is asked as there is room, so that a million ids are no million futures.
        let mut posts = stream::iter(posts).buffer_unordered(self.at_a_time);
        let mut told = Broadcast::default();
        while let Some((id, outcome)) = posts.next().await {
            match outcome {
                Ok(Outcome::Done) => told.sent += 1,
                Ok(Outcome::Gone) => told.gone.push(id),
                Err(error) => told.failed.push((id, error)),
            }
        }
        told
    }

    /// What API Gateway knows of a connection; `None` for one that is gone.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being known.
    pub async fn info(&self, id: &str) -> Result<Option<Info>, ConnectionsError> {
        check(id)?;
        match &self.of {
            Of::Api(api) => api.info(id).await,
            #[cfg(feature = "testing")]
            Of::Test(connections) => Ok(connections.info(id)),
        }
    }

    /// Closes a connection; `$disconnect` hears of it.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being closed, but that it is gone already.
    pub async fn close(&self, id: &str) -> Result<Outcome, ConnectionsError> {
        check(id)?;
        match &self.of {
            Of::Api(api) => api.close(id).await,
            #[cfg(feature = "testing")]
            Of::Test(connections) => Ok(connections.close(id)),
        }
    }
}

/// Whether a text may be a connection's id. It goes into a path, where `..` is more than a name.
fn check(id: &str) -> Result<(), ConnectionsError> {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte);
    if (1..=128).contains(&id.len()) && id.bytes().all(is_known) {
        return Ok(());
    }
    Err(ConnectionsError::NoId { id: id.to_owned() })
}

/// Those of the API whose event is handled.
impl<S: Sync> FromRequest<S> for Connections {
    type Rejection = Rejection;

    async fn from_request(request: &Request, state: &S) -> Result<Self, Rejection> {
        let connection = Connection::from_request(request, state).await?;
        Ok(Self::of(&connection))
    }
}

impl fmt::Debug for Connections {
    /// Not the SDK's client, which holds credentials.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Connections");
        match &self.of {
            Of::Api(api) => shown.field("endpoint", api.endpoint()),
            #[cfg(feature = "testing")]
            Of::Test(connections) => shown.field("test", connections),
        };
        shown.field("at_a_time", &self.at_a_time);
        shown.finish_non_exhaustive()
    }
}
