//! Between this crate and the tower world: lambda_http's requests and responses, both ways.
//!
//! [`run`](crate::run) serves any `tower::Service` of [`lambda_http::Request`], an axum `Router` for
//! one, with events decoded and replies encoded here: repeated headers and cookies intact on every
//! front end. And [`Router::into_service`] makes a [`Router`] such a service, so that tower layers
//! can wrap it.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//!
//! fn main() -> Result<(), powertools::Error> {
//!     let app: Router = Router::new().route("/ping", get(async || "pong"));
//!     powertools::start(powertools::run(app))
//! }
//! ```
//!
//! A hosted service finds in the request's URI the path without the stage, encoded anew where it has to
//! be, with every slash that the client wrote; and the query as the client wrote it where the front end
//! passes that on ([`Request::raw_query`]), from the others written anew from its pairs: `?flag` arrives
//! as `?flag=` there.
//!
//! In the request's extensions are our [`Request`], with its context, source and raw request context, and
//! what lambda_http's `RequestExt` reads: the Lambda context, the query, API Gateway's path parameters and
//! stage variables, and as `raw_http_path` the path as the front end passed it on, which on some has the
//! stage in it.
//!
//! One thing of `RequestExt` is missing: the request context. `request_context_ref` gives nothing, and
//! **`request_context` panics**, which is answered with 500. Building that type costs more than the rest of a
//! small request, and which front ends it knows depends on lambda_http's features. Take our [`Request`] from
//! the extensions instead, whose [`request_context`](crate::event::Request::request_context) reads what you ask for:
//!
//! ```
//! use axum::Extension;
//! use powertools::router::Request;
//!
//! #[derive(serde::Deserialize)]
//! struct RequestContext { stage: String }
//!
//! async fn stage(Extension(request): Extension<Request>) -> String {
//!     match request.request_context::<RequestContext>() {
//!         Ok(context) => context.stage,
//!         Err(_) => "a front end without stages".to_owned(),
//!     }
//! }
//!
//! # use powertools::{event::Source, testing::TestClient};
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let app = axum::Router::new().route("/stage", axum::routing::get(stage));
//! let client = TestClient::new(app);
//! assert_eq!(client.get("/stage").source(Source::HttpApi).await.text(), "$default");
//! assert_eq!(client.get("/stage").source(Source::Alb).await.text(), "a front end without stages");
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! [`Request`]: crate::event::Request
//! [`Request::raw_query`]: crate::event::Request::raw_query
//! [`Router`]: crate::router::Router
//! [`Router::into_service`]: crate::router::Router::into_service

mod hosted;
mod service;

pub use self::{hosted::Hosted, service::RouterService};

/// Marks a response whose body a handler of ours gave as text: on the way through tower it is bytes.
#[derive(Clone, Copy)]
struct WasText;
