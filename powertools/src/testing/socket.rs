//! A connection of a WebSocket API within the test: its events as API Gateway sends them, and the replies.

use std::{
    fmt,
    future::IntoFuture,
    pin::Pin,
    time::{Duration, SystemTime},
};

use http::{HeaderName, HeaderValue, header};
use serde::Serialize;
use serde_json::Value;

use super::{TestClient, TestReply, authorizer, parsed};
use crate::{
    Context,
    event::Source,
    function::App,
    gateway::{
        self, Api,
        websocket::{Connection, Happened},
    },
};

/// A client's connection, made by [`TestClient::socket`].
///
/// ```
/// # #[cfg(all(feature = "macros", feature = "websocket"))]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use powertools::{testing::TestClient, websocket::{self, Connection}};
///
/// #[websocket::message("whoami")]
/// async fn who(client: Connection) -> String { client.id().to_owned() }
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let client = TestClient::new(websocket::Router::new(websocket::routes![who])?);
/// let ann = client.socket("ann=");
/// assert_eq!(ann.connect("/").await.status(), 200);
/// assert_eq!(ann.text("whoami", "{}").await.text(), "ann=");
/// assert_eq!(ann.disconnect().await.status(), 200);
/// # Ok(())
/// # })
/// # }
/// # #[cfg(not(all(feature = "macros", feature = "websocket")))]
/// # fn main() {}
/// ```
///
/// The test is the gateway here: it says which route was chosen for a message, and reads answers as if every
/// route had a route response. It may speak without having connected.
///
/// With the feature `connections` the function's posts to this id are messages of this client, see
/// [`received`](Self::received). As on AWS there is no connection to post to while `$connect` is asked, after it
/// refused, and from the moment of the end; one that the function closed has its end when the test says so.
#[derive(Clone, Debug)]
pub struct TestSocket<'c, A> {
    client: &'c TestClient<A>,
    id: String,
    api: Api,
}

impl<A: App> TestClient<A> {
    /// A connection with this id. API Gateway's are sixteen characters that end with `=`. Any will do for what
    /// the client sends; the function posts to ids of 1 to 128 letters, digits and `+/=_-`, and to another it
    /// fails with [`ConnectionsError::NoId`](crate::websocket::ConnectionsError::NoId).
    pub fn socket(&self, id: &str) -> TestSocket<'_, A> {
        TestSocket {
            client: self,
            id: id.to_owned(),
            api: Api::default(),
        }
    }
}

impl<A: App> TestSocket<'_, A> {
    /// What an authorizer found out about the client: from here on it goes with every event.
    ///
    /// # Panics
    ///
    /// When `context` is no object.
    #[must_use]
    pub fn authorizer(mut self, context: impl Serialize) -> Self {
        self.api.authorizer = authorizer(context);
        self
    }

    /// The handshake. `url` is `/` and perhaps a query, as in [`TestClient::request`].
    ///
    /// With the feature `connections` it undoes what the test said of this id: that it is gone, and that posts
    /// to it fail. Say so again after it.
    ///
    /// # Panics
    ///
    /// When `url` is not a path and query.
    pub fn connect(&self, url: &str) -> TestEvent<'_, A> {
        let request = http::Request::get(parsed(url))
            .header(header::HOST, DOMAIN)
            .header(header::UPGRADE, "websocket")
            .header(header::CONNECTION, "Upgrade")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==");
        let request = request.body(()).expect("each of these is a header");
        self.event(Sent::Connect(request))
    }

    /// A message of this JSON, for which API Gateway chose the route with this key.
    ///
    /// # Panics
    ///
    /// When `value` does not serialise.
    pub fn json(&self, route_key: &str, value: impl Serialize) -> TestEvent<'_, A> {
        let text = serde_json::to_string(&value).expect("the value serialises");
        self.text(route_key, text)
    }

    /// A message of this text, for which API Gateway chose the route with this key.
    pub fn text(&self, route_key: &str, text: impl Into<String>) -> TestEvent<'_, A> {
        self.event(Sent::Message {
            route_key: route_key.to_owned(),
            text: text.into(),
        })
    }

    /// The end, as of a browser whose page was closed.
    pub fn disconnect(&self) -> TestEvent<'_, A> {
        self.disconnect_with(1001, "")
    }

    /// The end with this code (RFC 6455 §7.4) and in these words.
    pub fn disconnect_with(&self, code: u16, reason: &str) -> TestEvent<'_, A> {
        self.event(Sent::Disconnect {
            code,
            reason: reason.to_owned(),
        })
    }

    /// What the client got since it last connected: posts and replies, in their order, up to where the function
    /// closed the connection or the test lost it.
    #[cfg(feature = "connections")]
    #[must_use]
    pub fn received(&self) -> Vec<String> {
        self.client.connections.heard(&self.id)
    }

    fn event(&self, sent: Sent) -> TestEvent<'_, A> {
        TestEvent {
            socket: self,
            context: Context::new("00000000-0000-4000-8000-000000000000"),
            sent,
        }
    }
}

const DOMAIN: &str = "socket.example";

/// What a client does.
#[derive(Clone, Debug)]
enum Sent {
    Connect(http::Request<()>),
    Message { route_key: String, text: String },
    Disconnect { code: u16, reason: String },
}

#[cfg(feature = "connections")]
impl Sent {
    /// What becomes of the connection before the function hears of the event.
    fn begins<A>(&self, socket: &TestSocket<'_, A>) {
        let (connections, id) = (&socket.client.connections, &socket.id);
        match self {
            Self::Connect(_) => {
                connections.forget_heard(id);
                connections.lose(id);
            }
            Self::Message { .. } => {}
            Self::Disconnect { .. } => connections.lose(id),
        }
    }

    /// What becomes of it after.
    fn ended<A>(&self, socket: &TestSocket<'_, A>, reply: &TestReply) {
        let (connections, id) = (&socket.client.connections, &socket.id);
        match self {
            Self::Connect(_) if reply.status().is_success() => connections.open(id),
            Self::Message { .. } if !reply.bytes().is_empty() => {
                connections.reply(id, String::from_utf8_lossy(reply.bytes()).into_owned());
            }
            _ => {}
        }
    }
}

/// An event about to be sent: `.await` sends it.
#[must_use = "an event is sent when it is awaited"]
pub struct TestEvent<'s, A> {
    socket: &'s TestSocket<'s, A>,
    context: Context,
    sent: Sent,
}

impl<A: App> TestEvent<'_, A> {
    /// Adds a header to a handshake, keeping others of the same name.
    ///
    /// # Panics
    ///
    /// When HTTP does not allow the name or the value, and when it is no handshake.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let Sent::Connect(request) = &mut self.sent else {
            panic!("only a handshake has headers: `{name}`")
        };
        let parsed = HeaderName::from_bytes(name.as_bytes());
        let name = parsed.unwrap_or_else(|error| panic!("header name `{name}`: {error}"));
        let parsed = HeaderValue::from_bytes(value.as_ref());
        let value = parsed.unwrap_or_else(|error| panic!("value of header `{name}`: {error}"));
        request.headers_mut().append(name, value);
        self
    }

    /// Sets the invocation that the event comes with.
    pub fn context(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    /// The event that API Gateway would send.
    ///
    /// # Panics
    ///
    /// When it would refuse the handshake itself.
    #[must_use]
    pub fn event(&self) -> Value {
        // The same whenever a test asks.
        let connected_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_731_324_924);
        let mut connection = Connection {
            id: self.socket.id.clone(),
            connected_at,
            domain: DOMAIN.to_owned(),
            user_agent: None,
        };
        let parts;
        let happened = match &self.sent {
            Sent::Connect(request) => {
                parts = request.clone().into_parts().0;
                let agent = parts.headers.get(header::USER_AGENT);
                connection.user_agent = agent.and_then(super::text).map(str::to_owned);
                Happened::Connect {
                    parts: &parts,
                    hop: None,
                }
            }
            Sent::Message { route_key, text } => Happened::Message {
                route_key,
                id: "BFaVtfGSIAMCKug=",
                body: text,
            },
            Sent::Disconnect { code, reason } => Happened::Disconnect {
                code: *code,
                reason,
            },
        };
        let id = &self.context.request_id;
        match gateway::websocket::event(&self.socket.api, &connection, id, happened) {
            Ok(event) => serde_json::from_str(&event).expect("an event is JSON"),
            Err(refusal) => panic!("a WebSocket API refuses the handshake itself: {refusal:?}"),
        }
    }

    async fn send(self) -> TestReply {
        let event = self.event().to_string();
        #[cfg(feature = "connections")]
        self.sent.begins(self.socket);
        let app = &self.socket.client.app;
        let context = self.socket.client.playing(self.context);
        let reply = match app.invoke(event.into(), context).await {
            Ok(reply) => serde_json::to_vec(&reply).expect("a reply is JSON"),
            Err(error) => panic!("{error:?}"),
        };
        let reply = TestReply::read(Source::WebSocket, &reply);
        #[cfg(feature = "connections")]
        self.sent.ended(self.socket, &reply);
        reply
    }
}

impl<'s, A: App> IntoFuture for TestEvent<'s, A> {
    type Output = TestReply;
    type IntoFuture = Pin<Box<dyn Future<Output = TestReply> + Send + 's>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<A> fmt::Debug for TestEvent<'_, A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TestEvent")
            .field("connection_id", &self.socket.id)
            .field("sent", &self.sent)
            .finish_non_exhaustive()
    }
}
