//! The function and one invocation of it, within Lambda's limits.

use std::{
    borrow::Cow,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
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

/// What came of an invocation: the reply's JSON, or the error's.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Replied(Vec<u8>),
    Failed(Vec<u8>),
    /// A failure, too: Lambda ended it.
    TimedOut(Vec<u8>),
}

/// An invocation that runs.
pub(super) struct Invocation {
    pub(super) cold_start: bool,
    running: JoinHandle<Outcome>,
}

impl<A: App> Function<A> {
    /// Starts an invocation, which goes on whatever becomes of who asked for it, as on Lambda.
    pub(super) fn start(&self, event: Bytes, request_id: String, trace: &str) -> Invocation {
        let mut context = Context::new(request_id);
        context.function_arn = format!(
            "arn:aws:lambda:us-east-1:123456789012:function:{}",
            self.info.name
        );
        context.deadline = SystemTime::now() + self.timeout;
        context.xray_trace_id = Some(lambda_trace(trace));
        context.cold_start = context::take_cold_start();
        context.function = Arc::clone(&self.info);
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
            return Outcome::TimedOut(error("Sandbox.Timedout", &message));
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
    /// What a person is told of a failure. The whole error is in the function's own lines, if it logs.
    pub(super) fn note(&self) -> Option<String> {
        let (Self::Failed(error) | Self::TimedOut(error)) = self else {
            return None;
        };
        let error: Failure<'_> = serde_json::from_slice(error).ok()?;
        let Failure {
            error_type,
            error_message,
        } = &error;
        let message: String = error_message.chars().take(MOST_NOTE_CHARS).collect();
        Some(format!("the invocation failed: {error_type}: {message}"))
    }

    fn failed(error_type: &str, message: &str) -> Self {
        Self::Failed(error(error_type, message))
    }
}

/// An error as Lambda writes it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure<'e> {
    #[serde(borrow)]
    error_type: Cow<'e, str>,
    #[serde(borrow)]
    error_message: Cow<'e, str>,
}

fn error(error_type: &str, message: &str) -> Vec<u8> {
    let failure = Failure {
        error_type: error_type.into(),
        error_message: message.into(),
    };
    serde_json::to_vec(&failure).expect("two texts are JSON")
}
