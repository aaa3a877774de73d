//! The function and one invocation of it, within Lambda's limits.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use serde::Serialize;
use tokio::task::JoinHandle;
use tracing::Instrument;

use super::ids::lambda_trace;
use crate::{
    Context,
    context::{self, FunctionInfo},
    function::App,
    runtime::{self, invocation_span},
};

/// The most that Lambda takes, and gives back. AWS's documents say 6 MB; its emulator cuts here.
pub(super) const MOST_BYTES: usize = 6_291_556;

/// The part of an error's message that stands in a request's line.
const MOST_NOTE_CHARS: usize = 200;

/// What is invoked.
#[derive(Debug)]
pub(super) struct Function<A> {
    pub(super) app: A,
    pub(super) info: Arc<FunctionInfo>,
    pub(super) timeout: Duration,
}

/// What came of an invocation: the reply's JSON, or the error.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Replied(Vec<u8>),
    Failed(Failure),
    /// A failure, too: Lambda ended it.
    TimedOut(Failure),
}

/// An invocation that runs.
pub(super) struct Invocation {
    pub(super) cold_start: bool,
    running: JoinHandle<Outcome>,
}

impl<A: App> Function<A> {
    /// Starts an invocation, which goes on whatever becomes of who asked for it, as on Lambda.
    pub(super) fn start(&self, event: Bytes, request_id: String, trace: &str) -> Invocation {
        self.start_in(event, self.context(request_id, trace))
    }

    /// What Lambda would say of an invocation that starts now.
    pub(super) fn context(&self, request_id: String, trace: &str) -> Context {
        let mut context = Context::new(request_id);
        context.function_arn = format!(
            "arn:aws:lambda:us-east-1:123456789012:function:{}",
            self.info.name
        );
        context.deadline = SystemTime::now() + self.timeout;
        context.xray_trace_id = Some(lambda_trace(trace));
        context.cold_start = context::take_cold_start();
        context.function = Arc::clone(&self.info);
        context
    }

    /// Starts the invocation of this context.
    pub(super) fn start_in(&self, event: Bytes, context: Context) -> Invocation {
        Invocation {
            cold_start: context.cold_start,
            running: tokio::spawn(invoke(self.app.clone(), event, context, self.timeout)),
        }
    }
}

impl Invocation {
    pub(super) async fn outcome(self) -> Outcome {
        let outcome = self.running.await;
        outcome.unwrap_or_else(|error| {
            tracing::error!(%error, "the invocation ended");
            Outcome::failed("Runtime.ExitError", "the invocation panicked")
        })
    }
}

async fn invoke(app: impl App, event: Bytes, context: Context, timeout: Duration) -> Outcome {
    let span = invocation_span(&context);
    let id = context.request_id.clone();
    let invoked = runtime::invoke(&app, event, context).instrument(span.clone());
    let invoked = tokio::time::timeout(timeout, invoked).await;
    let _entered = span.enter();
    let reply = match invoked {
        Ok(Ok(reply)) => serde_json::to_vec(&reply),
        Ok(Err(error)) => {
            tracing::error!("{error:?}");
            return Outcome::failed(error.error_type(), error.message());
        }
        Err(_) => {
            let seconds = timeout.as_secs_f64();
            tracing::error!("the function timed out after {seconds:.2} seconds");
            let message =
                format!("RequestId: {id} Error: Task timed out after {seconds:.2} seconds");
            return Outcome::TimedOut(Failure::new("Sandbox.Timedout", &message));
        }
    };
    match reply {
        Ok(json) if json.len() > MOST_BYTES => {
            let message = format!(
                "Response payload size exceeded maximum allowed payload size ({MOST_BYTES} bytes)."
            );
            tracing::error!(
                bytes = json.len(),
                most = MOST_BYTES,
                "the reply is larger than Lambda allows"
            );
            Outcome::failed("Function.ResponseSizeTooLarge", &message)
        }
        Ok(json) => Outcome::Replied(json),
        Err(error) => {
            tracing::error!(%error, "the reply is not JSON");
            Outcome::failed("Runtime.MarshalError", &error.to_string())
        }
    }
}

impl Outcome {
    fn failed(error_type: &str, message: &str) -> Self {
        Self::Failed(Failure::new(error_type, message))
    }
}

/// An error as Lambda writes it.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Failure {
    error_type: String,
    error_message: String,
}

impl Failure {
    fn new(error_type: &str, message: &str) -> Self {
        Self {
            error_type: error_type.to_owned(),
            error_message: message.to_owned(),
        }
    }

    pub(super) fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("two texts are JSON")
    }

    /// What a person is told of it. The whole error is in the function's own lines, if it logs.
    pub(super) fn note(&self) -> String {
        let message: String = self.error_message.chars().take(MOST_NOTE_CHARS).collect();
        format!("the invocation failed: {}: {message}", self.error_type)
    }
}
