//! What a WebSocket API says of the connection that an event is about.

use std::{
    fmt,
    net::IpAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{
    event::{Problem, Request, Source},
    router::{FromRequest, Rejection},
};

/// The connection that an event is about, and the event as far as it is about a connection. Clones share.
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use powertools::websocket::{self, Connection};
///
/// #[websocket::connect]
/// async fn joined(connection: Connection) {
///     tracing::info!(ip = ?connection.source_ip(), "joined");
/// }
/// # }
/// ```
///
/// What is told of it is what API Gateway puts into `requestContext`
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html>).
/// Where an event that somebody wrote by hand leaves a text out, it is empty here.
#[derive(Clone)]
pub struct Connection {
    told: Arc<Told>,
    /// What plays API Gateway, where it is not API Gateway.
    #[cfg(feature = "connections")]
    edge: crate::context::Edge,
}

/// Why there is an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum SocketEvent {
    /// A client asks for a connection: the route `$connect`.
    Connect,
    /// A client sent a message.
    Message,
    /// A connection is no more: the route `$disconnect`.
    Disconnect,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    connection_id: String,
    event_type: SocketEvent,
    route_key: Option<String>,
    domain_name: Option<String>,
    stage: Option<String>,
    api_id: Option<String>,
    request_id: Option<String>,
    message_id: Option<String>,
    connected_at: Option<u64>,
    disconnect_status_code: Option<u16>,
    disconnect_reason: Option<String>,
    identity: Option<Identity>,
    authorizer: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    source_ip: Option<String>,
    user_agent: Option<String>,
}

impl Connection {
    /// The connection of a request that came from a WebSocket API.
    ///
    /// # Errors
    ///
    /// 400, when the request context is none that API Gateway would write.
    pub(super) fn of(request: &Request) -> Result<Self, Problem> {
        let told = request.request_context();
        let told = told.map_err(|error| {
            Problem::new(StatusCode::BAD_REQUEST)
                .with_detail("the request context is not that of a WebSocket API")
                .with_cause(error)
        })?;
        Ok(Self {
            told: Arc::new(told),
            #[cfg(feature = "connections")]
            edge: request.context().edge.clone(),
        })
    }

    /// Where what plays API Gateway says that connections are.
    #[cfg(feature = "connections")]
    pub(super) fn played(&self) -> Option<super::connections::Played> {
        self.edge.get().cloned()
    }

    /// The id by which the connection is written to and closed. API Gateway's end with `=`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.told.connection_id
    }

    /// Why there is an event.
    #[must_use]
    pub fn event_type(&self) -> SocketEvent {
        self.told.event_type
    }

    /// What API Gateway chose: `$connect`, `$disconnect`, `$default`, or the key of a route.
    #[must_use]
    pub fn route_key(&self) -> &str {
        text(&self.told.route_key)
    }

    /// The domain that the client connected to: `{api}.execute-api.{region}.amazonaws.com`, or your own.
    #[must_use]
    pub fn domain(&self) -> &str {
        text(&self.told.domain_name)
    }

    /// The API's stage.
    #[must_use]
    pub fn stage(&self) -> &str {
        text(&self.told.stage)
    }

    /// The API's id.
    #[must_use]
    pub fn api_id(&self) -> &str {
        text(&self.told.api_id)
    }

    /// API Gateway's id of this event, which is not the invocation's.
    #[must_use]
    pub fn request_id(&self) -> &str {
        text(&self.told.request_id)
    }

    /// API Gateway's id of the message, if there is one.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        self.told.message_id.as_deref()
    }

    /// Since when it has been there, to the millisecond.
    #[must_use]
    pub fn connected_at(&self) -> Option<SystemTime> {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(self.told.connected_at?))
    }

    /// The address of the client, as API Gateway saw it.
    #[must_use]
    pub fn source_ip(&self) -> Option<IpAddr> {
        self.told
            .identity
            .as_ref()?
            .source_ip
            .as_deref()?
            .parse()
            .ok()
    }

    /// What the client says it is.
    #[must_use]
    pub fn user_agent(&self) -> Option<&str> {
        self.told.identity.as_ref()?.user_agent.as_deref()
    }

    /// With which code the connection was closed (RFC 6455 §7.4), in an event that says so.
    #[must_use]
    pub fn close_code(&self) -> Option<u16> {
        self.told.disconnect_status_code
    }

    /// Why the connection was closed, in the words of who did.
    #[must_use]
    pub fn close_reason(&self) -> Option<&str> {
        self.told.disconnect_reason.as_deref()
    }

    /// What the authorizer of `$connect` found out, read as `T`. It is there for every event of the
    /// connection; an API without one has a null, which is the `None` of an `Option`.
    ///
    /// # Errors
    ///
    /// When it has not the shape of `T`.
    ///
    /// ```
    /// # #[cfg(feature = "macros")] {
    /// use powertools::{router::Error, websocket::{self, Connection}};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct User { #[serde(rename = "principalId")] id: String }
    ///
    /// #[websocket::message("whoami")]
    /// async fn who(connection: Connection) -> Result<String, Error> {
    ///     let user: User = connection.authorizer()?;
    ///     Ok(user.id)
    /// }
    /// # }
    /// ```
    pub fn authorizer<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        let json = self
            .told
            .authorizer
            .as_deref()
            .map_or("null", RawValue::get);
        serde_json::from_str(json)
    }
}

fn text(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default()
}

impl<S: Sync> FromRequest<S> for Connection {
    type Rejection = Rejection;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Rejection> {
        if let Some(connection) = request.extensions().get::<Self>() {
            return Ok(connection.clone());
        }
        if request.source() == Source::WebSocket {
            return Ok(Self::of(request)?);
        }
        let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR);
        let cause = format!("a request of a {} has no connection", request.source());
        Err(problem.with_cause(cause).into())
    }
}

impl fmt::Debug for Connection {
    /// Nothing of the authorizer's: claims, and debug output ends in logs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Connection")
            .field("id", &self.id())
            .field("event_type", &self.event_type())
            .field("route_key", &self.route_key())
            .finish_non_exhaustive()
    }
}
