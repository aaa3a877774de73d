//! The loop: events from Lambda to the function, its replies back.
//!
//! The only file that knows lambda_runtime. It runs the function through `run_concurrent`, so one
//! process serves one invocation at a time on Lambda and several on Lambda Managed Instances.

use std::{
    borrow::Cow,
    cell::Cell,
    error::Error as StdError,
    fmt,
    sync::Arc,
    task::{self, Poll},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use lambda_runtime::{Diagnostic, LambdaEvent, LambdaInvocation, Runtime};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::IgnoredAny};
use tower::{Layer, Service, service_fn};
use tracing::{Instrument, instrument::Instrumented};

use crate::{
    Context,
    context::{self, FunctionInfo},
    env,
    function::{App, InvocationError, Reply},
};

/// Why the function could not start, or had to stop.
///
/// Any error becomes one through `?`, and printing it with `{:?}`, which is what a failing `main`
/// does, shows its message and its causes.
pub struct Error(Box<dyn StdError + Send + Sync>);

impl<E: Into<Box<dyn StdError + Send + Sync>>> From<E> for Error {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(formatter, "\n  caused by: {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

/// Serves invocations until Lambda stops the process.
///
/// `app` is a [`Router`](crate::router::Router), a [`Function`](crate::Function) that also takes
/// other events and direct invocations, or, with the feature `interop`, any `tower::Service` of lambda_http's
/// requests, such as an axum `Router`.
///
/// Without `AWS_LAMBDA_RUNTIME_API` in the environment, which Lambda and its emulators set, and with
/// the feature `local`, a debug build serves the same function on `http://127.0.0.1:9000` instead (see
/// [`local`](crate::local)). A release build does so with the feature `local-release`.
///
/// # Errors
///
/// When the environment is not Lambda's, the local port is taken, or the Runtime API is gone.
pub async fn run(app: impl App) -> Result<(), Error> {
    if cfg!(panic = "abort") {
        tracing::warn!(
            "this program is built with panic = \"abort\": a panic ends the process instead of \
             being answered with 500"
        );
    }
    if env::runtime_api().is_some() {
        // Boxed, because the loop and all that is within it are kilobytes, which `main` would have on its stack, more
        // than once, and touch before it does anything.
        return Box::pin(on_lambda(app)).await;
    }
    // Not `#[cfg]`: what is compiled in every profile cannot break in one of them, and the linker leaves
    // out what is never called. Boxed, because awaiting the gateway itself would make it a part of this
    // future, and keep its code in every program.
    #[cfg(feature = "local")]
    if cfg!(debug_assertions) || cfg!(feature = "local-release") {
        let gateway: std::pin::Pin<Box<dyn Future<Output = Result<(), Error>> + Send>> =
            Box::pin(crate::local::serve(app));
        return gateway.await;
    }
    Err(
        "AWS_LAMBDA_RUNTIME_API is not set, so this is not Lambda; to serve on localhost, build with the \
         feature `local` and without `--release`, or with the feature `local-release`"
            .into(),
    )
}

/// Runs an async `main` on the tokio runtime that suits where it runs.
///
/// One thread, unless `AWS_LAMBDA_MAX_CONCURRENCY` asks for several invocations at a time: with one
/// invocation at a time a second thread only makes the client of the Runtime API reconnect
/// (measured with lambda_runtime 1.5: 35 to 86 new connections for 100 invocations, and twice the
/// round trip).
///
/// # Errors
///
/// Those of `main`, and that of the operating system when it grants no event queue or thread.
///
/// ```no_run
/// fn main() -> Result<(), powertools::Error> {
///     powertools::start(async {
///         powertools::run(powertools::router::Router::new(Default::default())?).await
///     })
/// }
/// ```
pub fn start<T>(main: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let mut builder = if env::max_concurrency() > 1 {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    builder.enable_all().build()?.block_on(main)
}

async fn on_lambda(app: impl App) -> Result<(), Error> {
    // lambda_runtime panics on the first of these that is missing.
    if let Some(missing) = env::missing_function_variable() {
        return Err(format!("{missing} is not set, although AWS_LAMBDA_RUNTIME_API is").into());
    }
    let handler = service_fn(move |event: LambdaEvent<Payload>| {
        let app = app.clone();
        let Payload(event, context) = event.payload;
        async move { invoke(&app, event, context).await }
    });
    let runtime = Runtime::new(handler);
    #[cfg(feature = "parameters")]
    let runtime = runtime.register_snapstart_resource(Arc::new(Restored));
    runtime
        .layer(Describe(Arc::new(env::function())))
        .run_concurrent()
        .await
        .map_err(Error)
}

/// Hears of the restoration of a SnapStart snapshot, before the first invocation after it.
#[cfg(feature = "parameters")]
struct Restored;

#[cfg(feature = "parameters")]
impl lambda_runtime::SnapStartResource for Restored {
    fn after_restore(&self) -> lambda_runtime::BoxFuture<'_, Result<(), lambda_runtime::Error>> {
        crate::clock::begin_new_life();
        Box::pin(std::future::ready(Ok(())))
    }
}

/// One invocation, within its span.
pub(crate) async fn invoke(
    app: &impl App,
    event: Bytes,
    context: Context,
) -> Result<Reply, InvocationError> {
    #[cfg(feature = "logger")]
    crate::logger::observe_event(&event);
    app.invoke(event, context).await
}

/// The span that every line of an invocation is in. At ERROR, so that no filter by level takes it away: a
/// line at ERROR needs the request id most of all.
pub(crate) fn invocation_span(context: &Context) -> tracing::Span {
    tracing::error_span!(
        target: "powertools::runtime",
        "invocation",
        cold_start = context.cold_start,
        function_name = context.function.name,
        function_memory_size = context.function.memory_mib,
        function_arn = context.function_arn,
        function_request_id = context.request_id,
        xray_trace_id = context.xray_root(),
        tenant_id = context.tenant_id,
    )
}

fn context_of(context: lambda_runtime::Context, function: Arc<FunctionInfo>) -> Context {
    let mut ours = told(context);
    ours.cold_start = context::take_cold_start();
    ours.function = function;
    ours
}

/// What lambda_runtime says of an invocation, in our words.
pub(crate) fn told(context: lambda_runtime::Context) -> Context {
    let mut ours = Context::new(context.request_id);
    ours.function_arn = context.invoked_function_arn;
    ours.deadline = SystemTime::UNIX_EPOCH
        .checked_add(Duration::from_millis(context.deadline))
        .unwrap_or(ours.deadline);
    ours.xray_trace_id = context.xray_trace_id.filter(|id| !id.is_empty());
    ours.tenant_id = context.tenant_id.filter(|id| !id.is_empty());
    ours
}

thread_local! {
    /// The event on its way past lambda_runtime's parser, which knows no bytes; full only during the
    /// one synchronous call in which [`Described`] hands it over.
    static EVENT: Cell<Option<Payload>> = const { Cell::new(None) };
}

/// An event's bytes, untouched, and the invocation in our words.
///
/// lambda_runtime parses an event into the handler's type before it calls the handler. Taking a raw
/// JSON value that way costs a scan and a copy of the whole event, so the bytes go around it.
struct Payload(Bytes, Context);

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer)?;
        EVENT
            .take()
            .ok_or_else(|| serde::de::Error::custom("the event went astray"))
    }
}

/// Takes the bytes out of an invocation before lambda_runtime parses them, and opens its span around all
/// that lambda_runtime does with it: its own lines say which invocation they are about.
struct Describe(Arc<FunctionInfo>);

impl<S> Layer<S> for Describe {
    type Service = Described<S>;

    fn layer(&self, inner: S) -> Described<S> {
        Described {
            inner,
            function: Arc::clone(&self.0),
        }
    }
}

#[derive(Clone)]
struct Described<S> {
    inner: S,
    function: Arc<FunctionInfo>,
}

impl<S: Service<LambdaInvocation>> Service<LambdaInvocation> for Described<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Instrumented<S::Future>;

    fn poll_ready(&mut self, context: &mut task::Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut invocation: LambdaInvocation) -> Self::Future {
        let context = context_of(invocation.context.clone(), Arc::clone(&self.function));
        let span = invocation_span(&context);
        let event = std::mem::replace(&mut invocation.body, Bytes::from_static(b"null"));
        EVENT.set(Some(Payload(event, context)));
        let answering = span.in_scope(|| self.inner.call(invocation));
        EVENT.set(None);
        answering.instrument(span)
    }
}

impl Serialize for Reply {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Http(reply) => reply.serialize(serializer),
            Self::Json(json) => json.serialize(serializer),
        }
    }
}

impl From<InvocationError> for Diagnostic {
    fn from(error: InvocationError) -> Self {
        Self {
            error_type: Cow::into_owned(error.error_type),
            error_message: error.message,
        }
    }
}
