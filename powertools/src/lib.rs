//! Small tools for AWS Lambda functions: a router, a structured logger, and cached parameters.
//!
//! Write ordinary async functions; this crate turns events into requests and answers into replies.
//!
//! ```no_run
//! # #[cfg(all(feature = "macros", feature = "logger", feature = "runtime"))]
//! # mod shop {
//! use powertools::router::{Json, Path, Router, get, routes};
//!
//! /// An order as the shop shows it.
//! #[derive(serde::Serialize)]
//! struct Order {
//!     id: u64,
//!     state: &'static str,
//! }
//!
//! #[get("/orders/{id}")]
//! async fn order(Path(id): Path<u64>) -> Json<Order> {
//!     tracing::info!(order_id = id, "looking up");
//!     Json(Order { id, state: "shipped" })
//! }
//!
//! fn main() -> Result<(), powertools::Error> {
//!     powertools::start(async {
//!         powertools::logger::init();
//!         powertools::run(Router::new(routes![order])?).await
//!     })
//! }
//! # }
//! # fn main() {}
//! ```
//!
//! `cargo run` serves it on `http://127.0.0.1:9000`; the same binary runs on Lambda behind a REST API, an
//! HTTP API (payload 1.0 and 2.0), a function URL, a load balancer and VPC Lattice.
//!
//! - [`router`] – routes, extractors, answers, errors
//! - [`logger`] – one JSON line per `tracing` event
//! - [`parameters`] – configuration and secrets, typed, cached, fetched once however many ask
//! - [`websocket`] – connections and messages of WebSocket APIs
//! - [`Function`] – HTTP, WebSocket, events of other services and direct invocations in one function
//! - [`events`] – what those services send, as types
//! - [`batch`] – records of queues and streams one by one, the failed ones reported
//! - [`event`] – what front ends send and accept, decoded and encoded once
//! - [`openapi`] – a document of the routes, as API Gateway imports it
//! - [`testing`] – a client for tests that speaks through any front end
//! - [`local`] – the function on localhost
//! - [`interop`] – axum and other tower services hosted here, and a router in tower
//! - [`docs`] – the [guide](docs::guide), why it is as it is, and what of Lambda it relies on
//!
//! # Features
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `router` | yes | [`router`] and [`event`] |
//! | `macros` | yes | `#[get("/…")]` and its kin, `routes![…]` |
//! | `logger` | yes | [`logger`] |
//! | `runtime` | yes | [`run`], [`start`], [`Function`] |
//! | `local` | yes | [`local`]: `cargo run` without AWS, in debug builds |
//! | `local-websocket` | no | WebSocket APIs in [`local`] |
//! | `local-release` | no | [`local`] in release builds too |
//! | `parameters` | no | [`parameters`]: the cache, and values from a file, the environment or a provider of yours |
//! | `websocket` | no | [`websocket`]: routes of WebSocket APIs |
//! | `connections` | no | `websocket::Connections`: writing to connections; brings `websocket` and AWS's SDK |
//! | `compression` | no | `router::middleware::compression`: gzip |
//! | `cookies` | no | answers that set cookies, by the cookie crate |
//! | `headers` | no | `TypedHeader<…>`, one header as a type of the headers crate |
//! | `validation` | no | `Valid<Json<…>>` and the like, by garde |
//! | `event` | with `router` | [`event`] alone |
//! | `ssm`, `secrets-manager`, `dynamodb`, `appconfig` | no | parameters from AWS's services, through its SDK |
//! | `parameters-extension` | no | parameters through AWS's extension, without its SDK |
//! | `events` | no | [`events`]: the types of aws_lambda_events for [`Function::on`] |
//! | `openapi` | no | [`openapi`]: OpenAPI from routes, types and doc comments; schemas by schemars |
//! | `batch` | no | [`batch`]: partial failures of SQS, Kinesis, DynamoDB streams and Kafka |
//! | `testing` | no | [`testing`] |
//! | `interop` | no | [`interop`] |
//!
//! Features add names and change no behaviour. None of the default ones brings an AWS SDK.
//!
//! # What it leaves out
//!
//! Streaming bodies, and anything that needs code to run before `main`.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(
    feature = "appconfig",
    feature = "connections",
    feature = "dynamodb",
    feature = "secrets-manager",
    feature = "ssm"
))]
mod aws;
#[cfg(feature = "batch")]
pub mod batch;
#[cfg(any(feature = "logger", feature = "parameters", feature = "router"))]
mod caught;
#[cfg(any(
    feature = "appconfig",
    feature = "dynamodb",
    feature = "event",
    feature = "logger",
    feature = "secrets-manager",
    feature = "ssm"
))]
mod causes;
#[cfg(any(
    feature = "logger",
    feature = "local",
    feature = "parameters",
    feature = "testing"
))]
mod clock;
mod context;
mod env;
#[cfg(feature = "event")]
pub mod event;
#[cfg(feature = "runtime")]
mod event_handler;
#[cfg(feature = "events")]
pub mod events;
#[cfg(feature = "runtime")]
mod function;
#[cfg(any(feature = "local", feature = "testing"))]
mod gateway;
#[cfg(feature = "interop")]
pub mod interop;
#[cfg(feature = "local")]
pub mod local;
#[cfg(feature = "logger")]
pub mod logger;
#[cfg(feature = "openapi")]
pub mod openapi;
#[cfg(feature = "parameters")]
pub mod parameters;
#[cfg(feature = "router")]
pub mod router;
#[cfg(feature = "runtime")]
mod runtime;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "websocket")]
pub mod websocket;

pub use context::{Context, FunctionInfo};
#[cfg(feature = "runtime")]
pub use event_handler::EventHandler;
#[cfg(all(feature = "runtime", feature = "websocket"))]
pub use function::WebSocketApp;
#[cfg(feature = "runtime")]
pub use function::{App, Function, HttpApp, InvocationError};
#[cfg(feature = "runtime")]
pub use runtime::{Error, run, start};

/// What an attribute macro hands to [`router::Route`] of the function that it stands above: nothing, since
/// nobody asks for a document.
#[cfg(all(feature = "router", not(feature = "openapi")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __description {
    ($($read:tt)*) => {
        ()
    };
}

// For readers only, so that no program's build carries the texts along.
#[cfg(doc)]
pub mod docs {
    //! The longer texts: the [`guide`], why the crate is as it is, what it costs, and what of Lambda it relies on.

    pub mod behaviours {
        #![doc = include_str!("../docs/behaviours.md")]
    }
    pub mod design {
        #![doc = include_str!("../docs/design.md")]
    }
    pub mod guide {
        #![doc = include_str!("../docs/guide/index.md")]

        pub mod getting_started {
            #![doc = include_str!("../docs/guide/getting_started.md")]
        }
        pub mod routing {
            #![doc = include_str!("../docs/guide/routing.md")]
        }
        pub mod errors {
            #![doc = include_str!("../docs/guide/errors.md")]
        }
        pub mod cors {
            #![doc = include_str!("../docs/guide/cors.md")]
        }
        pub mod logging {
            #![doc = include_str!("../docs/guide/logging.md")]
        }
        pub mod parameters {
            #![doc = include_str!("../docs/guide/parameters.md")]
        }
        pub mod websockets_and_events {
            #![doc = include_str!("../docs/guide/websockets_and_events.md")]
        }
        pub mod testing {
            #![doc = include_str!("../docs/guide/testing.md")]
        }
        pub mod local_gateway {
            #![doc = include_str!("../docs/guide/local_gateway.md")]
        }
        pub mod openapi {
            #![doc = include_str!("../docs/guide/openapi.md")]
        }
        pub mod deploying {
            #![doc = include_str!("../docs/guide/deploying.md")]
        }
        pub mod security {
            #![doc = include_str!("../docs/guide/security.md")]
        }
        pub mod migrating_from_lambda_http {
            #![doc = include_str!("../docs/guide/migrating_from_lambda_http.md")]
        }
        pub mod migrating_from_python {
            #![doc = include_str!("../docs/guide/migrating_from_python.md")]
        }
        pub mod compare {
            #![doc = include_str!("../docs/guide/compare.md")]
        }
    }
    pub mod performance {
        // rustdoc takes no pictures along, so here the link to the plots is the picture itself: of two
        // definitions of a link the first one counts, and the second is in the text.
        #![doc = include_str!("../docs/growth.uri.md")]
        #![doc = include_str!("../docs/performance.md")]
    }
    pub mod platform {
        #![doc = include_str!("../docs/platform.md")]
    }
}
