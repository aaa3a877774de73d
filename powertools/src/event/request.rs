//! One shape for the requests of all front ends.

#[cfg(feature = "interop")]
use std::collections::HashMap;
use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use bytestring::ByteString;
use http::{Extensions, Method};
use serde::de::DeserializeOwned;

use super::{Headers, Limits, Problem, QueryPairs, Source, lazy, path};
use crate::Context;

/// An HTTP request, whichever front end sent it.
///
/// Path, query and body are decoded, each exactly once; what one client sent is the same here on
/// every front end that can carry it. Cloning shares the body, the headers and the event.
#[derive(Clone)]
pub struct Request {
    source: Source,
    parts: Parts,
    headers: OnceLock<Headers>,
    params: Params,
    context: Context,
    extensions: Extensions,
    event: ByteString,
    limits: Limits,
    #[cfg(feature = "interop")]
    of_gateway: OfGateway,
}

/// What API Gateway's route and stage add to a request: JSON objects of the event, unread. Routes of ours
/// need neither; lambda_http's requests have both.
#[cfg(feature = "interop")]
#[derive(Clone, Default)]
pub(super) struct OfGateway {
    pub(super) path_parameters: Option<ByteString>,
    pub(super) stage_variables: Option<ByteString>,
}

/// What a source's decoder finds.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) method: Method,
    /// Canonical, with the slash at its end that routes do not see.
    pub(super) path: ByteString,
    pub(super) raw_path: ByteString,
    pub(super) raw_query: Option<ByteString>,
    pub(super) query: QueryPairs,
    pub(super) headers: Option<ByteString>,
    pub(super) cookies: Option<ByteString>,
    pub(super) body: Received,
}

/// A body as it arrived.
#[derive(Clone)]
pub(super) enum Received {
    Intact(Bytes),
    /// The event says base64 and it is not; this is the text.
    NotBase64(Bytes),
}

impl Received {
    const fn len(&self) -> usize {
        match self {
            Self::Intact(bytes) | Self::NotBase64(bytes) => bytes.len(),
        }
    }
}

impl Request {
    pub(super) fn new(
        source: Source,
        parts: Parts,
        event: ByteString,
        context: Context,
        limits: Limits,
    ) -> Self {
        Self {
            source,
            parts,
            headers: OnceLock::new(),
            params: Params::default(),
            context,
            extensions: Extensions::new(),
            event,
            limits,
            #[cfg(feature = "interop")]
            of_gateway: OfGateway::default(),
        }
    }

    #[cfg(feature = "interop")]
    pub(super) fn with_gateway(self, of_gateway: OfGateway) -> Self {
        Self { of_gateway, ..self }
    }

    /// The path parameters of API Gateway's own route.
    #[cfg(feature = "interop")]
    pub(crate) fn gateway_parameters(&self) -> HashMap<String, String> {
        lazy::map(self.of_gateway.path_parameters.as_ref())
    }

    /// The variables of API Gateway's stage.
    #[cfg(feature = "interop")]
    pub(crate) fn stage_variables(&self) -> HashMap<String, String> {
        lazy::map(self.of_gateway.stage_variables.as_ref())
    }

    /// Which front end sent it.
    #[must_use]
    pub const fn source(&self) -> Source {
        self.source
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.parts.method
    }

    /// The path that routes are matched against, without the stage.
    ///
    /// Decoded, with two exceptions that keep segments apart: a slash within a segment is `%2F`, a
    /// percent sign `%25`. It starts with `/`, and one trailing slash is dropped. Everything that
    /// decides by path should read this value, as the router does: two ways of reading one path are
    /// how access checks are bypassed.
    #[must_use]
    pub fn path(&self) -> &str {
        path::without_slash(&self.parts.path)
    }

    /// The same with the slash that is dropped.
    #[cfg(feature = "interop")]
    pub(crate) fn whole_path(&self) -> &str {
        &self.parts.path
    }

    /// Takes `/{prefix}` off the path, if it begins with that and a whole segment ends there.
    #[cfg(feature = "router")]
    pub(crate) fn strip(&mut self, prefix: &str) -> bool {
        let shorter = path::without_segment(&self.parts.path, prefix);
        if let Some(shorter) = &shorter {
            self.parts.path = shorter.clone();
        }
        shorter.is_some()
    }

    /// The path, shared: the log line needs it when the request is gone.
    #[cfg(feature = "router")]
    pub(crate) fn shared_path(&self) -> ByteString {
        self.parts.path.slice_ref(self.path())
    }

    /// The path as the front end passed it on: for display, not for decisions.
    #[must_use]
    pub fn raw_path(&self) -> &str {
        &self.parts.raw_path
    }

    /// The query as the client wrote it, without the `?`, where the front end passes it on: HTTP APIs with
    /// payload 2.0, function URLs and VPC Lattice do. For signatures and display, as [`Request::query`] is
    /// decoded already.
    #[must_use]
    pub fn raw_query(&self) -> Option<&str> {
        self.parts.raw_query.as_deref()
    }

    /// The path parameters of the route that was matched.
    #[must_use]
    pub const fn params(&self) -> &Params {
        &self.params
    }

    /// The decoded query.
    #[must_use]
    pub const fn query(&self) -> &QueryPairs {
        &self.parts.query
    }

    /// The headers. Cookies that the front end took out of them are back in `cookie`.
    pub fn headers(&self) -> &Headers {
        self.headers.get_or_init(|| {
            let cookies = lazy::texts(&self.event, self.parts.cookies.as_deref());
            // HTTP API 2.0 moves cookies to a list of their own; function URLs send both.
            let none = ByteString::new();
            let headers = self.parts.headers.as_ref().unwrap_or(&none);
            Headers::of(headers, &cookies.unwrap_or_default(), usize::MAX)
        })
    }

    /// The body's bytes, base64 undone.
    ///
    /// # Errors
    ///
    /// 400, when the event says that the body is base64 and it is not. No front end sends that, sample
    /// events do; a request whose body nobody reads is answered all the same.
    pub fn body(&self) -> Result<&Bytes, Problem> {
        match &self.parts.body {
            Received::Intact(bytes) => Ok(bytes),
            Received::NotBase64(text) => {
                let problem = Problem::bad_request("the body is not base64");
                Err(match STANDARD.decode(text) {
                    // Decoded again for the reason, which nobody has asked for until now.
                    Err(reason) => problem.with_cause(reason),
                    Ok(_) => problem,
                })
            }
        }
    }

    /// The limits that it was decoded by. Whoever reads a body in a way of their own should keep
    /// [`Limits::json_depth`] or what is like it there.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The invocation that this request came with.
    #[must_use]
    pub const fn context(&self) -> &Context {
        &self.context
    }

    /// The front end's request context, read as `T`: identity, authorizer claims and so on.
    ///
    /// Read from the event on each call; keep the result if it is needed more than once.
    ///
    /// # Errors
    ///
    /// When the context has not the shape of `T`.
    ///
    /// ```
    /// # use powertools::{Context, event::{self, Decoded, Limits}};
    /// #[derive(serde::Deserialize)]
    /// struct Identity { #[serde(rename = "sourceIp")] source_ip: String }
    /// #[derive(serde::Deserialize)]
    /// struct RestContext { identity: Identity }
    ///
    /// # let json = r#"{"httpMethod":"GET","path":"/","requestContext":{"identity":{"sourceIp":"192.0.2.1"}}}"#;
    /// # let Ok(Decoded::Http(request)) = event::decode(json.into(), Context::new("id"), &Limits::default()) else { panic!() };
    /// let context: RestContext = request.request_context()?;
    /// assert_eq!(context.identity.source_ip, "192.0.2.1");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn request_context<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        let context = lazy::last(&self.event, "requestContext").unwrap_or("null");
        serde_json::from_str(context)
    }

    /// The whole event, as it came.
    #[must_use]
    pub fn event(&self) -> &str {
        &self.event
    }

    /// Values that one part of a program leaves for another, by type.
    #[must_use]
    pub const fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// The same, to add to.
    pub const fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.extensions
    }

    /// A request of the tower world: decoded anew, because a layer may have changed anything, with
    /// source and event of the request that it once was. Of `parts`, what a refusal needs is left.
    #[cfg(feature = "interop")]
    pub(crate) fn from_http(
        parts: &mut http::request::Parts,
        body: Bytes,
        was: Option<Self>,
        context: Context,
        limits: Limits,
    ) -> Result<Self, Problem> {
        let raw_path = ByteString::from(parts.uri.path());
        let raw_query = ByteString::from(parts.uri.query().unwrap_or_default());
        limits.admit_query(&raw_query)?;
        let query = super::query::parse(&raw_query)?;
        // Where our own hand wrote it, from pairs, it is nobody's raw one.
        let is_raw = was.as_ref().is_none_or(|was| was.raw_query().is_some());
        let ours = Parts {
            method: parts.method.clone(),
            path: path::canonical(&raw_path, path::Coding::Encoded)?,
            raw_path,
            raw_query: is_raw.then_some(raw_query),
            query: QueryPairs::new(query),
            headers: None,
            cookies: None,
            body: Received::Intact(body),
        };
        let (source, event) = was.map_or_else(
            || (Source::RestApi, ByteString::from_static("null")),
            |was| (was.source, was.event),
        );
        Ok(Self {
            headers: OnceLock::from(Headers::from_map(&parts.headers)),
            // What layers left for the handlers.
            extensions: std::mem::take(&mut parts.extensions),
            ..Self::new(source, ours, event, context, limits)
        })
    }

    /// Records the route that was found.
    #[cfg(feature = "router")]
    pub(crate) fn matched(&mut self, names: Arc<[String]>, ranges: Vec<std::ops::Range<usize>>) {
        let path = self.shared_path();
        let values = ranges
            .into_iter()
            .map(|range| path::value(&path.slice_ref(&path[range])))
            .collect();
        self.params = Params { names, values };
    }
}

impl fmt::Debug for Request {
    /// Nothing that a client may consider secret: no header values, no query, no body.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Request")
            .field("source", &self.source)
            .field("method", &self.parts.method)
            .field("path", &self.parts.path)
            .field("headers", self.headers())
            .field("body_bytes", &self.parts.body.len())
            .field("request_id", &self.context.request_id)
            .finish_non_exhaustive()
    }
}

/// What the parameters of a pattern matched, in the pattern's order.
#[derive(Clone, Debug, Default)]
pub struct Params {
    names: Arc<[String]>,
    values: Vec<ByteString>,
}

impl Params {
    /// The decoded value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// Names and decoded values, in the pattern's order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names
            .iter()
            .map(String::as_str)
            .zip(self.values.iter().map(|value| &**value))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether the pattern has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// A method as a token, the standard ones in any case.
///
/// API Gateway passes on what the client wrote; Powertools compares methods without regard to case,
/// and so do we for the methods that exist in one spelling only.
pub(super) fn method(text: &str) -> Result<Method, Problem> {
    const STANDARD: [Method; 9] = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
        Method::TRACE,
        Method::CONNECT,
    ];
    if let Some(method) = STANDARD
        .iter()
        .find(|method| method.as_str().eq_ignore_ascii_case(text))
    {
        return Ok(method.clone());
    }
    Method::from_bytes(text.as_bytes())
        .map_err(|_| Problem::bad_request("the method is not an HTTP token"))
}
