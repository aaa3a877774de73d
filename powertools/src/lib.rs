//! Small tools for AWS Lambda functions: a router, a structured logger, cached parameters.
//!
//! Write ordinary async functions; this crate turns events into requests and answers into replies.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "router")]
mod caught;
#[cfg(any(feature = "logger", feature = "local", feature = "testing"))]
mod clock;
mod context;
mod env;
#[cfg(feature = "event")]
pub mod event;
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
#[cfg(feature = "router")]
pub mod router;
#[cfg(feature = "runtime")]
mod runtime;
#[cfg(feature = "testing")]
pub mod testing;

pub use context::{Context, Function as FunctionInfo};
#[cfg(feature = "runtime")]
pub use function::{App, Function, HttpApp, InvocationError};
#[cfg(feature = "runtime")]
pub use runtime::{Error, run, start};
