//! The connections of an API that is asked over HTTP: API Gateway, or what plays it on this machine.

use std::{
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use aws_sdk_apigatewaymanagement::{Client, config::Builder, error::SdkError, primitives::Blob};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::{DateTime, error::metadata::ProvideErrorMetadata};
use bytes::Bytes;
use tokio::{sync::Semaphore, time::timeout};

use super::{ConnectionsError, Info, Outcome, endpoint::Endpoint, error};
use crate::aws::{self, Aws};

#[derive(Clone)]
pub(super) struct Api {
    endpoint: Arc<Result<Endpoint, ConnectionsError>>,
    client: Arc<aws::Client<Client>>,
    /// How long each request may take, if that is less than what the client's settings say.
    pub(super) limit: Option<Duration>,
}

impl Api {
    pub(super) fn at(endpoint: Result<Endpoint, ConnectionsError>) -> Self {
        let client = match &endpoint {
            Ok(endpoint) => shared(endpoint),
            Err(_) => Arc::new(aws::Client::through(&Aws::default())),
        };
        Self {
            endpoint: Arc::new(endpoint),
            client,
            limit: None,
        }
    }

    pub(super) fn of_client(client: Client) -> Self {
        Self {
            endpoint: Arc::new(Ok(Endpoint::of_client())),
            client: Arc::new(aws::Client::made(client)),
            limit: None,
        }
    }

    pub(super) fn set(&mut self, aws: &Aws) {
        self.client = Arc::new(aws::Client::through(aws));
    }

    pub(super) const fn endpoint(&self) -> &Arc<Result<Endpoint, ConnectionsError>> {
        &self.endpoint
    }

    pub(super) async fn send(&self, id: &str, data: Bytes) -> Result<Outcome, ConnectionsError> {
        let bytes = data.len();
        // Waiting for a turn is not the connection's fault, so no limit counts it.
        let _turn = match &*self.endpoint {
            Ok(endpoint) if endpoint.is_local() => Some(LOCAL_POSTS.acquire().await),
            _ => None,
        };
        let sent = self.limited(async {
            let request = self.client().await?.post_to_connection();
            let request = request.connection_id(id).data(Blob::new(data));
            outcome(aws::untraced(request.send()).await, id)
        });
        sent.await.map_err(|error| match error {
            ConnectionsError::Refused { status: 413 } => ConnectionsError::TooLarge { bytes },
            other => other,
        })
    }

    pub(super) async fn info(&self, id: &str) -> Result<Option<Info>, ConnectionsError> {
        let asked = self.limited(async {
            let request = self.client().await?.get_connection().connection_id(id);
            let found = match aws::untraced(request.send()).await {
                Ok(found) => found,
                Err(error) => return outcome(Err::<(), _>(error), id).map(|_| None),
            };
            let identity = found.identity();
            Ok(Some(Info {
                connected_at: found.connected_at().and_then(time),
                last_active_at: found.last_active_at().and_then(time),
                source_ip: identity.and_then(|client| client.source_ip()?.parse().ok()),
                user_agent: identity.and_then(|client| client.user_agent().map(str::to_owned)),
            }))
        });
        asked.await
    }

    pub(super) async fn close(&self, id: &str) -> Result<Outcome, ConnectionsError> {
        let closed = self.limited(async {
            let request = self.client().await?.delete_connection();
            outcome(aws::untraced(request.connection_id(id).send()).await, id)
        });
        closed.await
    }

    async fn limited<T>(
        &self,
        asking: impl Future<Output = Result<T, ConnectionsError>>,
    ) -> Result<T, ConnectionsError> {
        match self.limit {
            None => asking.await,
            Some(limit) => {
                let asked = timeout(limit, asking).await;
                asked.unwrap_or(Err(ConnectionsError::TimedOut))
            }
        }
    }

    async fn client(&self) -> Result<&Client, ConnectionsError> {
        let endpoint = (*self.endpoint).as_ref().map_err(Clone::clone)?;
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

/// What an answer means; 410 is no error.
fn outcome<T, E: ProvideErrorMetadata>(
    answer: Result<T, SdkError<E, HttpResponse>>,
    id: &str,
) -> Result<Outcome, ConnectionsError> {
    match answer.map_err(|error| error::meaning(&error, id)) {
        Ok(_) => Ok(Outcome::Done),
        Err(None) => Ok(Outcome::Gone),
        Err(Some(error)) => Err(error),
    }
}

fn time(time: &DateTime) -> Option<SystemTime> {
    let since = Duration::from_millis(u64::try_from(time.to_millis().ok()?).ok()?);
    SystemTime::UNIX_EPOCH.checked_add(since)
}
