//! The id that follows a request through several services, from the event of an invocation.

use std::{fmt, sync::Arc};

use serde_json::Value;

/// Where the correlation id of an invocation is to be found in its event.
///
/// ```
/// use powertools::logger::{self, CorrelationId, correlation_paths};
///
/// let builder = logger::builder().correlation_id(CorrelationId::header("x-correlation-id"));
/// let builder = logger::builder().correlation_id(correlation_paths::API_GATEWAY_HTTP);
/// let builder = logger::builder().correlation_id("detail.order.id");
/// ```
#[derive(Clone)]
pub struct CorrelationId(Kind);

#[derive(Clone)]
enum Kind {
    /// The path, and its segments if it is one.
    Path(String, Option<Vec<Segment>>),
    Header(String),
    Function(Arc<Find>),
}

type Find = dyn Fn(&Value) -> Option<String> + Send + Sync;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Key(String),
    Index(usize),
}

/// Where events of AWS's services carry an id, under the names that Powertools has for the places.
pub mod correlation_paths {
    /// REST APIs: the request's id.
    pub const API_GATEWAY_REST: &str = "requestContext.requestId";
    /// HTTP APIs: the request's id.
    pub const API_GATEWAY_HTTP: &str = "requestContext.requestId";
    /// AppSync resolvers: the X-Ray header.
    pub const APPSYNC_RESOLVER: &str = r#"request.headers."x-amzn-trace-id""#;
    /// AppSync authorizers: the request's id.
    pub const APPSYNC_AUTHORIZER: &str = "requestContext.requestId";
    /// Application Load Balancers: the X-Ray header.
    pub const APPLICATION_LOAD_BALANCER: &str = r#"headers."x-amzn-trace-id""#;
    /// EventBridge: the event's id.
    pub const EVENT_BRIDGE: &str = "id";
    /// Function URLs: the request's id.
    pub const LAMBDA_FUNCTION_URL: &str = "requestContext.requestId";
    /// S3 Object Lambda: the request's id.
    pub const S3_OBJECT_LAMBDA: &str = "xAmzRequestId";
    /// VPC Lattice: the X-Ray header.
    pub const VPC_LATTICE: &str = r#"headers."x-amzn-trace-id""#;
}

impl CorrelationId {
    /// At a path into the event, in the part of JMESPath that names one place: `requestContext.requestId`,
    /// `headers."x-amzn-trace-id"`, `Records[0].messageId`. Numbers and flags count as their text.
    pub fn path(path: impl AsRef<str>) -> Self {
        let path = path.as_ref();
        Self(Kind::Path(path.to_owned(), segments(path)))
    }

    /// In a header of an HTTP event, whatever the case of its name.
    pub fn header(name: impl Into<String>) -> Self {
        Self(Kind::Header(name.into()))
    }

    /// What a function makes of the event; the way to whatever no path leads to, such as JSON within a body.
    pub fn from_fn(find: impl Fn(&Value) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Kind::Function(Arc::new(find)))
    }

    /// What is wrong with it, if anything is.
    pub(super) fn mistake(&self) -> Option<String> {
        match &self.0 {
            Kind::Path(path, None) => Some(format!(
                "`{path}` is no path of names and indices, so no line has a correlation id; \
                 `CorrelationId::from_fn` finds what is harder to find"
            )),
            _ => None,
        }
    }

    /// The id, if the event has one.
    pub(super) fn find(&self, event: &[u8]) -> Option<String> {
        let event: Value = serde_json::from_slice(event).ok()?;
        match &self.0 {
            Kind::Path(_, path) => text(path.as_ref()?.iter().try_fold(
                &event,
                |value, segment| match segment {
                    Segment::Key(key) => value.get(key),
                    Segment::Index(index) => value.get(index),
                },
            )?),
            Kind::Header(name) => ["headers", "multiValueHeaders"].iter().find_map(|headers| {
                let headers = event.get(headers)?.as_object()?;
                let (_, value) = headers
                    .iter()
                    .find(|(key, _)| key.eq_ignore_ascii_case(name))?;
                text(value.get(0).unwrap_or(value))
            }),
            Kind::Function(find) => find(&event),
        }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn segments(path: &str) -> Option<Vec<Segment>> {
    let mut segments = Vec::new();
    let mut rest = path;
    loop {
        let key;
        (key, rest) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => {
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
                let end = rest.bytes().position(|byte| !is_plain(byte));
                rest.split_at(end.unwrap_or(rest.len()))
            }
        };
        if key.is_empty() {
            return None;
        }
        segments.push(Segment::Key(key.to_owned()));
        while let Some(index) = rest.strip_prefix('[') {
            let (index, after) = index.split_once(']')?;
            segments.push(Segment::Index(index.parse().ok()?));
            rest = after;
        }
        if rest.is_empty() {
            return Some(segments);
        }
        rest = rest.strip_prefix('.')?;
    }
}

impl From<&str> for CorrelationId {
    fn from(path: &str) -> Self {
        Self::path(path)
    }
}

impl fmt::Debug for CorrelationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Path(path, _) => formatter.debug_tuple("Path").field(path).finish(),
            Kind::Header(name) => formatter.debug_tuple("Header").field(name).finish(),
            Kind::Function(_) => formatter.debug_tuple("Function").finish_non_exhaustive(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &[u8] = br#"{"id":7,"empty":"","list":[{"a b":"x"}],"requestContext":{"requestId":"r1"},
        "headers":{"X-Amzn-Trace-Id":"Root=1","x-amzn-trace-id":"Root=2"},"multiValueHeaders":{"X-Id":["one","two"]}}"#;

    #[test]
    fn a_path_leads_to_one_place() {
        for (path, expected) in [
            ("id", Some("7")),
            ("requestContext.requestId", Some("r1")),
            (r#"headers."x-amzn-trace-id""#, Some("Root=2")),
            (r#"list[0]."a b""#, Some("x")),
            ("list[1].a", None),
            ("empty", None),
            ("requestContext", None),
            ("missing.deeper", None),
        ] {
            let found = CorrelationId::path(path).find(EVENT);
            assert_eq!(found.as_deref(), expected, "{path}");
        }
        for path in [
            "powertools_json(body).id",
            "Records[*].id",
            "",
            "a.",
            ".a",
            "a..b",
            "a[x]",
            "a[0",
            "a\"b\"",
            "\"a",
            "a[0]b",
            "*",
            "f(a).b",
        ] {
            let broken = CorrelationId::path(path).mistake().is_some();
            assert!(broken, "{path}");
        }
    }

    #[test]
    fn a_header_has_no_case() {
        let found = CorrelationId::header("x-ID").find(EVENT);
        assert_eq!(found.as_deref(), Some("one"));
        assert_eq!(CorrelationId::header("x-none").find(EVENT), None);
        assert_eq!(CorrelationId::header("x-id").find(b"not json"), None);
    }

    #[test]
    fn a_function_finds_what_no_path_leads_to() {
        let id = CorrelationId::from_fn(|event| Some(event["list"].as_array()?.len().to_string()));
        assert_eq!(id.find(EVENT).as_deref(), Some("1"));
    }
}
