//! Routes of an API Gateway WebSocket API: handlers of connections and messages, with the extractors of HTTP.
//!
//! ```no_run
//! # #[cfg(all(feature = "macros", feature = "runtime"))]
//! # mod chat {
//! use powertools::{
//!     Function,
//!     router::{Error, Json, Query, State},
//!     websocket::{self, Connection},
//! };
//! # #[derive(Clone)] struct Rooms;
//! # impl Rooms {
//! #     async fn enter(&self, _: &str, _: &str) {}
//! #     async fn leave(&self, _: &str) {}
//! # }
//!
//! #[derive(serde::Deserialize)]
//! struct Entrance { room: String }
//!
//! /// `wss://…/prod?room=tea`; what is no success refuses the connection.
//! #[websocket::connect]
//! async fn enter(Query(to): Query<Entrance>, client: Connection, State(rooms): State<Rooms>) {
//!     rooms.enter(&to.room, client.id()).await;
//! }
//!
//! /// `{"action": "shout", "text": "hello"}`, where the API selects by `$request.body.action`.
//! #[websocket::message("shout")]
//! async fn shout(Json(said): Json<Said>) -> Result<String, Error> {
//!     match &*said.text {
//!         "" => Err(Error::bad_request("nothing was said")),
//!         text => Ok(text.to_uppercase()),
//!     }
//! }
//! #[derive(serde::Deserialize)]
//! struct Said { text: String }
//!
//! #[websocket::disconnect]
//! async fn leave(client: Connection, State(rooms): State<Rooms>) {
//!     rooms.leave(client.id()).await;
//! }
//!
//! fn main() -> Result<(), powertools::Error> {
//!     powertools::start(async {
//!         let routes = websocket::routes![enter, shout, leave];
//!         let sockets = websocket::Router::with_state(routes, Rooms)?;
//!         powertools::run(Function::new().websocket(sockets)).await
//!     })
//! }
//! # }
//! # fn main() {}
//! ```
//!
//! # Which route answers
//!
//! API Gateway chooses: it evaluates the API's route selection expression on each message and writes the key
//! of the route into the event. A handler is found by that key, `#[default]` takes the messages for which
//! there is none, and without it such a message is answered with 404 and a warning in the log: there is a
//! route in API Gateway that the function knows nothing of. `$connect` and `$disconnect` go by the type of
//! the event, so that no client reaches them with a message that says so. An application that has no handler
//! of them accepts every connection, which runs through the router's middleware all the same.
//!
//! # What handlers take
//!
//! The arguments are those of [HTTP handlers](crate::router), [`Json`](crate::router::Json) of the body among
//! them, and [`Connection`]. Only the handshake is an HTTP request: to a message, headers and query are
//! empty, [`Path`](crate::router::Path) has nothing to take, and what `$connect` learnt has to be kept by
//! connection, or travels as the authorizer's context.
//!
//! # Who hears the answer
//!
//! - `$connect`: API Gateway itself. A status of 2xx accepts the connection, anything else refuses the
//!   handshake with that status. Of its headers the client gets the sub-protocol: see [`Subprotocols`].
//! - A message: the client, if the route in API Gateway has a *route response*; without, nobody. The client
//!   gets the body alone, as one message, so an error looks like any other answer: see
//!   [`Router::on_problem`] for a form of your own.
//! - `$disconnect`: nobody.
//!
//! `()` is 200 here, as AWS's pages have it. Messages to other connections, or to this one without a route
//! response, are posted to API Gateway: that is what `Connections` are for, with the feature `connections`,
//! which brings this module and AWS's SDK.

#[cfg(feature = "macros")]
pub use powertools_macros::{
    websocket_connect as connect, websocket_default as default, websocket_disconnect as disconnect,
    websocket_message as message, websocket_routes as routes,
};

#[cfg(feature = "connections")]
pub use crate::aws::{Aws, ConfigError};

mod connection;
#[cfg(feature = "connections")]
pub(crate) mod connections;
mod error;
mod key;
mod router;
mod routes;
mod subprotocols;

#[cfg(feature = "connections")]
pub use self::connections::{Broadcast, Connections, ConnectionsError, Info, IntoData, Outcome};
pub use self::{
    connection::{Connection, SocketEvent},
    error::{RouteError, RouteErrors},
    router::Router,
    routes::{IntoRoute, Route, Routes},
    subprotocols::{Accepted, Subprotocols},
};
