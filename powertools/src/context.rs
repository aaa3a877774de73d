//! What Lambda says of the invocation that is being served.
//!
//! A `Context` belongs to one invocation and travels with its request: nothing here is global except
//! the one fact that is, whether this process has served an invocation before.

#[cfg(feature = "connections")]
use std::{any::Any, fmt};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

/// One invocation, as Lambda describes it.
///
/// On AWS the fields come from the headers of the Runtime API and the function's environment; the
/// local gateway and tests fill in plausible values.
/// Source: [Lambda runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Context {
    /// Lambda's id of this invocation, in the function's log as `RequestId`.
    pub request_id: String,
    /// The ARN that was invoked, with the alias or version if the caller named one.
    pub function_arn: String,
    /// When Lambda ends this invocation.
    pub deadline: SystemTime,
    /// The X-Ray tracing header, such as `Root=1-…;Parent=…;Sampled=1`.
    pub xray_trace_id: Option<String>,
    /// The tenant, for functions with tenant isolation.
    pub tenant_id: Option<String>,
    /// Whether this is the first invocation that this process serves.
    pub cold_start: bool,
    /// The function, which is the same for every invocation of a process.
    pub function: Arc<FunctionInfo>,
    /// What an edge that plays AWS hands on.
    #[cfg(feature = "connections")]
    pub(crate) edge: Edge,
}

/// Something for whoever knows its type: this module is below those that do.
#[cfg(feature = "connections")]
#[derive(Clone, Default)]
pub(crate) struct Edge(Option<Arc<dyn Any + Send + Sync>>);

#[cfg(feature = "connections")]
impl Edge {
    #[cfg_attr(
        not(any(feature = "testing", feature = "local-websocket")),
        expect(dead_code, reason = "these edges alone play AWS")
    )]
    pub(crate) fn new(of: impl Any + Send + Sync) -> Self {
        Self(Some(Arc::new(of)))
    }

    pub(crate) fn get<T: Any>(&self) -> Option<&T> {
        self.0.as_deref()?.downcast_ref()
    }
}

#[cfg(feature = "connections")]
impl fmt::Debug for Edge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "played" } else { "AWS" })
    }
}

/// By identity, as nothing is known of it.
#[cfg(feature = "connections")]
impl PartialEq for Edge {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        }
    }
}

#[cfg(feature = "connections")]
impl Eq for Edge {}

/// The function that is running, from its environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FunctionInfo {
    /// `AWS_LAMBDA_FUNCTION_NAME`.
    pub name: String,
    /// `AWS_LAMBDA_FUNCTION_VERSION`.
    pub version: String,
    /// `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`, in MiB.
    pub memory_mib: u32,
    /// `AWS_LAMBDA_LOG_GROUP_NAME`.
    pub log_group: String,
    /// `AWS_LAMBDA_LOG_STREAM_NAME`.
    pub log_stream: String,
}

impl Context {
    /// An invocation with this id, a deadline in the far future and nothing else known.
    ///
    /// ```
    /// let context = powertools::Context::new("8d2e…");
    /// assert_eq!(context.request_id, "8d2e…");
    /// assert!(!context.cold_start);
    /// ```
    #[must_use]
    pub fn new(request_id: impl Into<String>) -> Self {
        Self {
            request_id: request_id.into(),
            ..Self::default()
        }
    }

    /// How long the invocation may still run; zero once the deadline has passed.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.deadline
            .duration_since(SystemTime::now())
            .unwrap_or(Duration::ZERO)
    }

    /// The `Root` part of the tracing header, which is the trace's id: `1-5759e988-bd86…`.
    #[must_use]
    pub fn xray_root(&self) -> Option<&str> {
        self.xray_trace_id
            .as_deref()?
            .split(';')
            .find_map(|part| part.trim().strip_prefix("Root="))
    }
}

impl Default for Context {
    fn default() -> Self {
        // Far enough that no test meets it, near enough that adding to it cannot overflow.
        let deadline = SystemTime::UNIX_EPOCH + Duration::from_secs(32_503_680_000);
        Self {
            request_id: String::new(),
            function_arn: String::new(),
            deadline,
            xray_trace_id: None,
            tenant_id: None,
            cold_start: false,
            function: Arc::default(),
            #[cfg(feature = "connections")]
            edge: Edge::default(),
        }
    }
}

/// True for the first caller in this process and false ever after.
///
/// With provisioned concurrency the sandbox is warm before its first invocation, so it is never cold
/// (Powertools for Python behaves alike).
#[must_use]
#[cfg_attr(
    not(feature = "runtime"),
    allow(dead_code, reason = "only the runtime starts invocations")
)]
pub(crate) fn take_cold_start() -> bool {
    static SERVED: AtomicBool = AtomicBool::new(false);
    let first = !SERVED.swap(true, Ordering::Relaxed);
    first && crate::env::initialization_type().as_deref() != Some("provisioned-concurrency")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_id_is_the_root_part_of_the_header() {
        let mut context = Context::new("id");
        context.xray_trace_id = Some("Self=1-a;Root=1-5759e988-bd862e3f;Sampled=1".into());

        assert_eq!(context.xray_root(), Some("1-5759e988-bd862e3f"));
    }

    #[test]
    fn a_deadline_in_the_past_leaves_no_time() {
        let mut context = Context::new("id");
        context.deadline = SystemTime::UNIX_EPOCH;

        assert_eq!(context.remaining(), Duration::ZERO);
    }

    #[test]
    fn only_the_first_invocation_of_a_process_is_cold() {
        let first = take_cold_start();
        let second = take_cold_start();

        assert!(first);
        assert!(!second);
    }
}
