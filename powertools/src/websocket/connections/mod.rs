//! Writing to connections, asking after them and closing them, by API Gateway's `@connections`.
//!
//! That a connection is gone is no failure: clients go as they like, and API Gateway tells by 410 only when
//! somebody writes to them. So it is an [`Outcome`], which `?` leaves to the program.
//!
//! What is written is in no line of the log and in nothing's `Debug`.

use std::{
    fmt,
    net::IpAddr,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use aws_sdk_apigatewaymanagement::{Client, config::Builder, error::SdkError, primitives::Blob};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::{DateTime, error::metadata::ProvideErrorMetadata};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::sync::Semaphore;

use super::Connection;
use crate::{
    aws::{self, Aws},
    event::Request,
    router::{FromRequest, Rejection},
};

mod data;
mod endpoint;
mod error;

use self::endpoint::Endpoint;
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
/// [`Connections::at`] `https://ws.example/base`. `localhost`, which is what the
/// [local gateway](crate::local) says, is asked over `http` and needs neither a region nor credentials; on
/// Lambda there is no such place. The variable `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`, which all of AWS's
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
    endpoint: Arc<Result<Endpoint, ConnectionsError>>,
    client: Arc<aws::Client<Client>>,
    at_a_time: usize,
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
        let set = crate::env::connections_endpoint();
        Self::with(match set {
            Some(url) => Endpoint::parse(&url),
            None => Endpoint::of(connection.domain(), connection.stage()),
        })
    }

    /// Those at this address: `https://{api}.execute-api.{region}.amazonaws.com/{stage}`, a domain of your own
    /// with its base path, or `http://localhost:9000`. That it is one is found out when something is asked.
    #[must_use]
    pub fn at(url: impl AsRef<str>) -> Self {
        Self::with(Endpoint::parse(url.as_ref()))
    }

    fn with(endpoint: Result<Endpoint, ConnectionsError>) -> Self {
        let client = match &endpoint {
            Ok(endpoint) => shared(endpoint),
            Err(_) => Arc::new(aws::Client::through(&Aws::default())),
        };
        Self {
            endpoint: Arc::new(endpoint),
            client,
            at_a_time: AT_A_TIME,
        }
    }

    /// With settings of one's own, and so with a client of its own, which clones share: make it once, and
    /// keep it with the router's state. The settings' endpoint is that of other services and means nothing
    /// here.
    #[must_use]
    pub fn through(mut self, aws: &Aws) -> Self {
        self.client = Arc::new(aws::Client::through(aws));
        self
    }

    /// With a client of one's own: its endpoint, credentials, timeouts and retries.
    #[must_use]
    pub fn from_client(client: Client) -> Self {
        Self {
            endpoint: Arc::new(Ok(Endpoint::of_client())),
            client: Arc::new(aws::Client::made(client)),
            at_a_time: AT_A_TIME,
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
        let bytes = data.len();
        let _turn = match &*self.endpoint {
            Ok(endpoint) if endpoint.is_local() => Some(LOCAL_POSTS.acquire().await),
            _ => None,
        };
        let request = self.client(id).await?.post_to_connection();
        let request = request.connection_id(id).data(Blob::new(data));
        let sent = outcome(aws::untraced(request.send()).await);
        sent.map_err(|error| match error {
            ConnectionsError::Refused { status: 413 } => ConnectionsError::TooLarge { bytes },
            other => other,
        })
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
        let request = self.client(id).await?.get_connection().connection_id(id);
        let found = match aws::untraced(request.send()).await {
            Ok(found) => found,
            Err(error) => return outcome(Err::<(), _>(error)).map(|_| None),
        };
        let identity = found.identity();
        Ok(Some(Info {
            connected_at: found.connected_at().and_then(time),
            last_active_at: found.last_active_at().and_then(time),
            source_ip: identity.and_then(|client| client.source_ip()?.parse().ok()),
            user_agent: identity.and_then(|client| client.user_agent().map(str::to_owned)),
        }))
    }

    /// Closes a connection; `$disconnect` hears of it.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being closed, but that it is gone already.
    pub async fn close(&self, id: &str) -> Result<Outcome, ConnectionsError> {
        let request = self.client(id).await?.delete_connection();
        outcome(aws::untraced(request.connection_id(id).send()).await)
    }

    /// The client, for a request about this connection.
    async fn client(&self, id: &str) -> Result<&Client, ConnectionsError> {
        let endpoint = (*self.endpoint).as_ref().map_err(Clone::clone)?;
        if !is_id(id) {
            return Err(ConnectionsError::NoId { id: id.to_owned() });
        }
        let make = |config: &aws_config::SdkConfig| {
            let config = Builder::from(config).endpoint_url(endpoint.url());
            Client::from_conf(config.build())
        };
        if endpoint.is_local() {
            return Ok(self.client.get_local(make));
        }
        Ok(self.client.get(make).await?)
    }
}

/// The posts to this machine that are on their way together. On Lambda a sandbox has one event at a time, so that
/// [`Connections::at_a_time`] bounds them; on localhost all events are in one process, each post has a socket, and
/// a process has some thousand.
static LOCAL_POSTS: Semaphore = Semaphore::const_new(64);

/// The client that all connections at this address share. A function knows one address or two; of many more,
/// which only made-up events could bring, each has its own.
fn shared(endpoint: &Endpoint) -> Arc<aws::Client<Client>> {
    type Known = Vec<(String, Arc<aws::Client<Client>>)>;
    const MOST: usize = 16;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

    // A client is either in the list or not: a panic leaves nothing half done.
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, client)) = known.iter().find(|(url, _)| url == endpoint.url()) {
        return Arc::clone(client);
    }
    let client = Arc::new(aws::Client::through(&Aws::default()));
    if known.len() < MOST {
        known.push((endpoint.url().to_owned(), Arc::clone(&client)));
    }
    client
}

/// Whether a text may be a connection's id. It goes into a path, where `..` is more than a name.
fn is_id(id: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte);
    (1..=128).contains(&id.len()) && id.bytes().all(is_known)
}

/// What an answer means; 410 is no error.
fn outcome<T, E: ProvideErrorMetadata>(
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<Outcome, ConnectionsError> {
    match answer.map_err(|error| error::meaning(&error)) {
        Ok(_) => Ok(Outcome::Done),
        Err(None) => Ok(Outcome::Gone),
        Err(Some(error)) => Err(error),
    }
}

fn time(time: &DateTime) -> Option<SystemTime> {
    let since = Duration::from_millis(u64::try_from(time.to_millis().ok()?).ok()?);
    SystemTime::UNIX_EPOCH.checked_add(since)
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
        formatter
            .debug_struct("Connections")
            .field("endpoint", &self.endpoint)
            .field("at_a_time", &self.at_a_time)
            .finish_non_exhaustive()
    }
}
