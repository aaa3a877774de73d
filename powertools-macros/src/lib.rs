//! The macros of [`powertools::router`](https://docs.rs/powertools): route attributes and
//! `routes!`.
//!
//! Use them through `powertools`, which documents them with everything that they stand for; what
//! they write names that crate by its absolute path, so a renamed dependency will not do.
//!
//! # What an attribute writes
//!
//! ```ignore
//! #[get("/orders/{id}")]
//! pub async fn order(Path(id): Path<u64>) -> Json<Order> { todo!() }
//! ```
//!
//! stays an ordinary async function, which tests can call. Beside it appears an empty struct of the
//! same name (structs and functions have separate namespaces), and that struct becomes the route:
//!
//! ```text
//! pub struct order {}
//!
//! impl<S> IntoRoute<S> for order
//! where
//!     S: Send + Sync + 'static,
//!     Path<u64>: FromRequest<S>,
//!     Json<Order>: IntoResponse,
//! {
//!     fn into_route(self) -> Route<S> {
//!         Route::new(Method::GET, "/orders/{id}", order).named("shop::order").described(…)
//!     }
//! }
//! ```
//!
//! What `described` gets are doc comment and types, for a document of the routes; without the feature
//! `openapi` of powertools it is `()`.
//!
//! So a handler cannot have the name of a struct, enum, trait or module beside it.
//!
//! # What is checked
//!
//! When the crate is built: the pattern by the rules of API Gateway, that the function is async,
//! free and not generic, and that the parameters of the pattern and the `Path` arguments agree. All
//! mistakes are reported at once. That two routes do not collide is checked when the router is
//! made, because only it knows them all.

mod attribute;
mod describe;
mod expand;
mod function;
mod key;
mod list;
mod mistakes;
mod pattern;
mod route;
mod socket;

use proc_macro::TokenStream;

use crate::attribute::Kind;
use crate::expand::Module;

/// Makes an async function the handler of `GET` requests (and of `HEAD`, which the router derives).
///
/// The argument is a pattern: literal segments, parameters such as `{id}`, and at the end perhaps a
/// greedy one such as `{path+}`. Every parameter must be taken by a `Path` argument, or by
/// `Params` or `Request`, which hold them all; one that nobody needs is named with an underscore, such as
/// `{_id}`. An argument of a type of your own may take any of them, so beside one nothing is checked. What the function returns is the answer; `()` is 204 No Content.
///
/// ```ignore
/// use powertools::router::{Path, get, routes};
///
/// #[get("/orders/{id}")]
/// async fn order(Path(id): Path<u64>) -> String {
///     format!("order {id}")
/// }
///
/// let routes = routes![order];
/// ```
#[proc_macro_attribute]
pub fn get(arguments: TokenStream, function: TokenStream) -> TokenStream {
    attribute(Kind::Verb("GET"), arguments, function)
}

/// Makes an async function the handler of `POST` requests; see [`macro@get`] for the pattern.
///
/// ```ignore
/// #[post("/orders")]
/// async fn create(order: Json<NewOrder>, State(shop): State<Shop>) -> Result<Json<Order>, Error> {
///     Ok(Json(shop.create(order.0).await?))
/// }
/// ```
#[proc_macro_attribute]
pub fn post(arguments: TokenStream, function: TokenStream) -> TokenStream {
    attribute(Kind::Verb("POST"), arguments, function)
}

/// Makes an async function the handler of `PUT` requests; see [`macro@get`] for the pattern.
///
/// ```ignore
/// #[put("/orders/{id}")]
/// async fn replace(Path(id): Path<u64>, Json(order): Json<NewOrder>) -> Json<Order> { todo!() }
/// ```
#[proc_macro_attribute]
pub fn put(arguments: TokenStream, function: TokenStream) -> TokenStream {
    attribute(Kind::Verb("PUT"), arguments, function)
}

/// Makes an async function the handler of `PATCH` requests; see [`macro@get`] for the pattern.
///
/// ```ignore
/// #[patch("/orders/{id}")]
/// async fn change(Path(id): Path<u64>, Json(change): Json<Change>) -> Json<Order> { todo!() }
/// ```
#[proc_macro_attribute]
pub fn patch(arguments: TokenStream, function: TokenStream) -> TokenStream {
    attribute(Kind::Verb("PATCH"), arguments, function)
}

/// Makes an async function the handler of `DELETE` requests; see [`macro@get`] for the pattern.
///
/// ```ignore
/// #[delete("/shops/{shop}/orders/{id}")]
/// async fn cancel(Path((shop, id)): Path<(String, u64)>) { todo!() }
/// ```
#[proc_macro_attribute]
pub fn delete(arguments: TokenStream, function: TokenStream) -> TokenStream {
    attribute(Kind::Verb("DELETE"), arguments, function)
}

/// Makes an async function the handler of `HEAD` requests; see [`macro@get`] for the pattern.
///
/// Without it, the router answers `HEAD` as it answers `GET`, less the body. Write one where the
/// body is costly.
///
/// ```ignore
/// #[head("/files/{path+}")]
/// async fn file_size(Path(path): Path<String>) -> Response { todo!() }
/// ```
#[proc_macro_attribute]
pub fn head(arguments: TokenStream, function: TokenStream) -> TokenStream {
    attribute(Kind::Verb("HEAD"), arguments, function)
}

/// Makes an async function the handler of `OPTIONS` requests; see [`macro@get`] for the pattern.
///
/// Without it, the router answers `OPTIONS` by itself, CORS preflights included.
///
/// ```ignore
/// #[options("/orders")]
/// async fn capabilities() -> Response { todo!() }
/// ```
#[proc_macro_attribute]
pub fn options(arguments: TokenStream, function: TokenStream) -> TokenStream {
    attribute(Kind::Verb("OPTIONS"), arguments, function)
}

/// Makes an async function the handler of several methods, or of one without an attribute of its
/// own.
///
/// Methods are words in upper case, and any such word will do; the pattern follows them. See
/// [`macro@get`] for the pattern. A function has one route attribute; under a second path it is listed by
/// hand, with `Routes::with(Route::new(Method::GET, "/…", handler))`.
///
/// ```ignore
/// #[route(PUT, PATCH, "/orders/{id}")]
/// async fn change(Path(id): Path<u64>, Json(change): Json<Change>) -> Json<Order> { todo!() }
///
/// #[route(PURGE, "/cache")]
/// async fn purge(State(cache): State<Cache>) { todo!() }
/// ```
#[proc_macro_attribute]
pub fn route(arguments: TokenStream, function: TokenStream) -> TokenStream {
    attribute(Kind::Route, arguments, function)
}

/// Lists handlers by their paths, as a value of type `Routes`.
///
/// A handler that is compiled only sometimes is listed under the same condition. Where rustc says
/// "expected struct, variant or union type, found function" (E0574), the function has no route attribute;
/// where it finds nothing of the name, it is misspelt or not imported.
///
/// Handlers that take `State` of several types let rustc guess whose parts they are; name the router's
/// state, `let routes: Routes<App> = routes![…]`, for a clear message.
///
/// ```ignore
/// let routes = routes![
///     health,
///     orders::show,
///     #[cfg(feature = "admin")]
///     admin::purge,
/// ];
/// ```
#[proc_macro]
pub fn routes(handlers: TokenStream) -> TokenStream {
    list::routes(Module::Router, handlers.into()).into()
}

/// Makes an async function the handler of `$connect`: what it answers accepts or refuses the connection.
///
/// Written `#[websocket::connect]`, after `use powertools::websocket`, it reads best. The arguments are
/// those of HTTP handlers, except that there is no path; headers and query are the handshake's.
///
/// ```ignore
/// #[websocket::connect]
/// async fn enter(Query(to): Query<Entrance>, client: Connection) -> Result<(), Error> { todo!() }
/// ```
#[proc_macro_attribute]
pub fn websocket_connect(arguments: TokenStream, function: TokenStream) -> TokenStream {
    socket(socket::Kind::Connect, arguments, function)
}

/// Makes an async function the handler of `$disconnect`: the connection is no more.
///
/// ```ignore
/// #[websocket::disconnect]
/// async fn leave(client: Connection, State(rooms): State<Rooms>) { todo!() }
/// ```
#[proc_macro_attribute]
pub fn websocket_disconnect(arguments: TokenStream, function: TokenStream) -> TokenStream {
    socket(socket::Kind::Disconnect, arguments, function)
}

/// Makes an async function the handler of the messages for which API Gateway chooses a route, by its key.
///
/// ```ignore
/// #[websocket::message("join")]
/// async fn join(Json(wish): Json<Join>, client: Connection) -> Result<Json<Room>, Error> { todo!() }
/// ```
#[proc_macro_attribute]
pub fn websocket_message(arguments: TokenStream, function: TokenStream) -> TokenStream {
    socket(socket::Kind::Message, arguments, function)
}

/// Makes an async function the handler of `$default`: messages that no other route is for.
///
/// ```ignore
/// #[websocket::default]
/// async fn unknown(text: String) -> Error { Error::bad_request("what is that?") }
/// ```
#[proc_macro_attribute]
pub fn websocket_default(arguments: TokenStream, function: TokenStream) -> TokenStream {
    socket(socket::Kind::Default, arguments, function)
}

/// Lists handlers of a WebSocket by their paths, as [`routes!`](macro@routes) lists those of HTTP.
///
/// ```ignore
/// let sockets = websocket::Router::new(websocket::routes![enter, room::join, leave])?;
/// ```
#[proc_macro]
pub fn websocket_routes(handlers: TokenStream) -> TokenStream {
    list::routes(Module::Websocket, handlers.into()).into()
}

fn socket(kind: socket::Kind, arguments: TokenStream, function: TokenStream) -> TokenStream {
    socket::attribute(kind, arguments.into(), &function.into()).into()
}

fn attribute(kind: Kind, arguments: TokenStream, function: TokenStream) -> TokenStream {
    route::attribute(kind, arguments.into(), &function.into()).into()
}
