//! From an event's bytes to a [`Request`], and from a [`Response`] to the bytes of a reply.
//!
//! The one place that knows how the front ends differ. [`decode`] reads the event once and says
//! which front end sent it; [`encode`] writes what that front end accepts. Whatever was percent- or
//! base64-encoded is decoded here, exactly once, by the rule of its source: nothing above decodes.

use std::fmt;

use bytes::Bytes;
use bytestring::ByteString;
use http::Method;

use crate::Context;

mod alb;
mod envelope;
mod framing;
mod headers;
mod http_api;
mod lattice;
mod lazy;
mod limits;
mod origin;
mod path;
mod problem;
mod query;
mod request;
mod response;
mod rest_api;
mod scan;
mod websocket;

use self::envelope::Envelope;
#[cfg(feature = "connections")]
pub(crate) use self::envelope::is_host_of;
#[cfg(feature = "interop")]
pub(crate) use self::framing::strip as without_framing;
#[cfg(feature = "router")]
pub(crate) use self::limits::MOST_JSON_DEPTH;
pub(crate) use self::problem::Telling;
#[cfg(feature = "runtime")]
pub(crate) use self::problem::brief;
#[cfg(feature = "router")]
pub(crate) use self::query::is_longer as has_more_pairs;
#[cfg(feature = "interop")]
use self::request::OfGateway;
pub use self::{
    headers::Headers,
    limits::Limits,
    origin::{EventType, Origin},
    problem::Problem,
    query::QueryPairs,
    request::{Params, Request},
    response::{Body, Response},
};

/// Which front end sent an event, and so which shape its reply must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// API Gateway REST API: proxy integration, payload format 1.0.
    RestApi,
    /// API Gateway HTTP API with payload format 1.0.
    HttpApiV1,
    /// API Gateway HTTP API with payload format 2.0.
    HttpApi,
    /// Lambda function URL.
    FunctionUrl,
    /// Application Load Balancer whose target group uses single-value headers.
    Alb,
    /// Application Load Balancer whose target group uses multi-value headers.
    AlbMultiValue,
    /// VPC Lattice, first version of its event.
    LatticeV1,
    /// VPC Lattice, second version of its event.
    Lattice,
    /// API Gateway WebSocket API: the handshake, a message, or the end of a connection.
    WebSocket,
}

impl Source {
    /// Every source of HTTP requests, for tests that must hold on all of them. A WebSocket API is none: it
    /// has neither methods nor paths.
    pub const ALL: [Self; 8] = [
        Self::RestApi,
        Self::HttpApiV1,
        Self::HttpApi,
        Self::FunctionUrl,
        Self::Alb,
        Self::AlbMultiValue,
        Self::LatticeV1,
        Self::Lattice,
    ];

    /// The name that log lines and error messages use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RestApi => "REST API",
            Self::HttpApiV1 => "HTTP API (payload 1.0)",
            Self::HttpApi => "HTTP API",
            Self::FunctionUrl => "function URL",
            Self::Alb => "load balancer",
            Self::AlbMultiValue => "load balancer (multi-value headers)",
            Self::LatticeV1 => "VPC Lattice (version 1)",
            Self::Lattice => "VPC Lattice",
            Self::WebSocket => "WebSocket API",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What an event turned out to be.
#[derive(Debug)]
pub enum Decoded {
    /// A request from one of the HTTP front ends.
    Http(Box<Request>),
    /// The handshake, a message or the end of a connection of a WebSocket API, as a request `GET /`.
    WebSocket(Box<Request>),
    /// Valid JSON, but from no such front end: a direct invocation, or an event of another service.
    Other(Event),
}

/// An event that is not HTTP, as it came.
#[derive(Clone)]
pub struct Event {
    /// The event's JSON.
    pub json: ByteString,
    /// The invocation it came with.
    pub context: Context,
    keys: Vec<String>,
}

impl Event {
    /// The event's top-level keys, in order (at most sixteen); empty if it is not an object.
    ///
    /// Enough to say what was received without repeating its values.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// What the event says of where it came from; read anew by each call.
    #[must_use]
    pub fn origin(&self) -> Origin<'_> {
        Origin::read(&self.json)
    }
}

impl fmt::Debug for Event {
    /// Keys only: an event's values may be anybody's secrets, and debug output ends in logs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Event")
            .field("keys", &self.keys)
            .field("request_id", &self.context.request_id)
            .finish_non_exhaustive()
    }
}

/// Why an event did not become a request.
#[derive(Debug)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes are not JSON, or a part that is needed has no value that there can be: there is nobody to
    /// answer, so the invocation fails.
    NotJson {
        /// What the parser met, with line and column, or with the part's name.
        reason: String,
        /// The invocation it came with.
        context: Box<Context>,
    },
    /// The front end is known but what it passed on is not acceptable; the client is to be told.
    Rejected {
        /// Who sent it.
        source: Source,
        /// The answer, in no source's shape yet.
        response: Box<Response>,
        /// The request's method, if it can be read: an answer to HEAD goes without its body.
        method: Option<Method>,
        /// The request's headers, for what depends on them: an answer that a page of another origin
        /// may read has to say so.
        headers: Headers,
        /// The invocation it came with.
        context: Box<Context>,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson { reason, .. } => write!(formatter, "the event is not JSON: {reason}"),
            Self::Rejected {
                source, response, ..
            } => write!(
                formatter,
                "a request was refused ({source}): {}",
                response.status()
            ),
        }
    }
}

impl std::error::Error for DecodeError {}

/// Reads an event.
///
/// One pass over the bytes tells the source and finds the parts of the request; headers, query and
/// request context are kept as they are in the event and read when somebody asks for them.
///
/// # Errors
///
/// [`DecodeError::NotJson`] for bytes that are not JSON; [`DecodeError::Rejected`] for a request
/// whose path, query or body cannot be decoded (400) or is too large (413).
///
/// ```
/// use powertools::{Context, event::{self, Decoded, Limits, Source}};
///
/// let json = r#"{"version":"2.0","rawPath":"/orders/7","rawQueryString":"","headers":{},
///   "requestContext":{"http":{"method":"GET"},"stage":"$default","domainName":"shop.example"}}"#;
/// let Decoded::Http(request) = event::decode(json.into(), Context::new("id"), &Limits::default())?
/// else { panic!("an HTTP API event") };
/// assert_eq!(request.source(), Source::HttpApi);
/// assert_eq!(request.path(), "/orders/7");
/// # Ok::<(), powertools::event::DecodeError>(())
/// ```
pub fn decode(event: Bytes, context: Context, limits: &Limits) -> Result<Decoded, DecodeError> {
    decode_for(event, context, limits, Some(limits))
}

/// The same with limits of its own for a WebSocket API; without any its events are left as they came, for
/// who takes them that way.
pub(crate) fn decode_for(
    event: Bytes,
    context: Context,
    limits: &Limits,
    sockets: Option<&Limits>,
) -> Result<Decoded, DecodeError> {
    let not_json = |reason: String, context: Context| DecodeError::NotJson {
        reason,
        context: Box::new(context),
    };
    let json = match ByteString::try_from(event) {
        Ok(json) => json,
        Err(error) => return Err(not_json(error.to_string(), context)),
    };
    let mut envelope = match Envelope::read(&json) {
        Ok(envelope) => envelope,
        Err(stop) => return Err(not_json(stop.reason(&json), context)),
    };
    let taken = envelope.source().and_then(|source| match source {
        Source::WebSocket => Some((source, sockets?)),
        _ => Some((source, limits)),
    });
    let Some((source, limits)) = taken else {
        let keys = envelope::keys(&json);
        return Ok(Decoded::Other(Event {
            keys,
            json,
            context,
        }));
    };
    let parts = match source {
        Source::RestApi | Source::HttpApiV1 => {
            rest_api::decode(source, &mut envelope, &json, limits)
        }
        Source::HttpApi | Source::FunctionUrl => {
            http_api::decode(source, &mut envelope, &json, limits)
        }
        Source::Alb | Source::AlbMultiValue => alb::decode(&mut envelope, &json, limits),
        Source::LatticeV1 | Source::Lattice => {
            lattice::decode(source, &mut envelope, &json, limits)
        }
        Source::WebSocket => websocket::decode(&mut envelope, &json, limits),
    };
    match parts {
        Ok(parts) => {
            #[cfg(feature = "interop")]
            let of_gateway = OfGateway {
                path_parameters: envelope.path_parameters.and_then(|raw| raw.kept(&json)),
                stage_variables: envelope.stage_variables.and_then(|raw| raw.kept(&json)),
            };
            let request = Request::new(source, parts, json, context, *limits);
            #[cfg(feature = "interop")]
            let request = request.with_gateway(of_gateway);
            let request = Box::new(request);
            Ok(match source {
                Source::WebSocket => Decoded::WebSocket(request),
                _ => Decoded::Http(request),
            })
        }
        Err(problem) => Err(DecodeError::Rejected {
            source,
            response: Box::new(problem.into()),
            method: envelope.method(source),
            headers: envelope.headers(&json, limits.headers),
            context: Box::new(context),
        }),
    }
}

/// Writes the reply that `source` accepts.
///
/// A response that cannot be sent becomes a 500: one with a header value that is not UTF-8, because a
/// reply that fails to serialise would end the function's process (lambda_runtime 1.5
/// `layers/api_client.rs`), and one of a status 1xx. Headers that are about a connection, such as
/// `transfer-encoding` and `content-length`, are left out: the front end frames what it sends.
#[must_use]
pub fn encode(source: Source, response: Response) -> Vec<u8> {
    serde_json::to_vec(&Reply::new(source, response))
        .expect("a reply holds only strings, numbers and flags, and its header values are UTF-8")
}

/// A response in the shape of its source, ready to be serialised.
#[derive(Debug)]
#[doc(hidden)]
pub struct Reply {
    source: Source,
    response: Response,
}

impl Reply {
    pub(crate) fn new(source: Source, response: Response) -> Self {
        let mut response = response.sendable();
        // Nothing to do for a response that a router has answered with; a refusal of `decode` that
        // comes here directly still has its problem to tell, without an id that nobody gave it.
        response.write_problem("", Telling::Detail);
        framing::strip(response.headers_mut());
        Self { source, response }
    }
}

impl serde::Serialize for Reply {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.source {
            Source::RestApi | Source::HttpApiV1 => rest_api::encode(&self.response, serializer),
            Source::HttpApi | Source::FunctionUrl => http_api::encode(&self.response, serializer),
            Source::Alb | Source::AlbMultiValue => {
                alb::encode(self.source, &self.response, serializer)
            }
            Source::LatticeV1 | Source::Lattice => lattice::encode(&self.response, serializer),
            Source::WebSocket => websocket::encode(&self.response, serializer),
        }
    }
}

/// The pairs of a form, which is written like a query.
#[cfg(feature = "router")]
pub(crate) fn form_pairs(body: &ByteString) -> Result<Vec<(ByteString, ByteString)>, Problem> {
    query::parse(body)
}

#[cfg(test)]
mod tests;
