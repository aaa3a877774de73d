//! The one pass over an event: the union of the fields of all front ends' formats.
//!
//! Nothing is refused here for having an unexpected type: a direct invocation may carry any of these
//! names with any value, so a field that is not what a front end would send is simply not there.
//! (A trial of whole types, one format after the other, is the road not taken: lambda_http 1.3 reads
//! an event up to six times that way and loses the reason why none fitted.)

use std::borrow::Cow;

use bytestring::ByteString;
use http::Method;

use super::{
    Headers, Source, request,
    scan::{Raw, Scanner, Stop},
};

/// The parts of an event that front ends send, borrowed from its text.
#[derive(Default)]
pub(super) struct Envelope<'a> {
    pub(super) version: Option<Cow<'a, str>>,
    pub(super) http_method: Option<Cow<'a, str>>,
    /// `method`, of VPC Lattice.
    pub(super) method: Option<Cow<'a, str>>,
    pub(super) path: Option<Cow<'a, str>>,
    pub(super) raw_path: Option<Cow<'a, str>>,
    /// `raw_path`, of VPC Lattice's first version.
    pub(super) snake_raw_path: Option<Cow<'a, str>>,
    pub(super) raw_query_string: Option<Cow<'a, str>>,
    pub(super) body: Option<Cow<'a, str>>,
    pub(super) is_base64_encoded: bool,
    pub(super) headers: Option<Raw<'a>>,
    pub(super) multi_value_headers: Option<Raw<'a>>,
    pub(super) query: Option<Raw<'a>>,
    pub(super) multi_value_query: Option<Raw<'a>>,
    pub(super) cookies: Option<Raw<'a>>,
    #[cfg(feature = "interop")]
    pub(super) path_parameters: Option<Raw<'a>>,
    #[cfg(feature = "interop")]
    pub(super) stage_variables: Option<Raw<'a>>,
    pub(super) request_context: Option<RequestContext<'a>>,
    /// A Lambda authorizer's event looks like the request it guards, but for these.
    authorizer: bool,
}

/// What of the request context is needed to recognise a source and to decode its path.
#[derive(Default)]
pub(super) struct RequestContext<'a> {
    pub(super) method: Option<Cow<'a, str>>,
    pub(super) path: Option<Cow<'a, str>>,
    pub(super) stage: Option<Cow<'a, str>>,
    pub(super) domain_name: Option<Cow<'a, str>>,
    elb: bool,
    lattice: bool,
    connection: bool,
    /// Whether `eventType` is one of a WebSocket's.
    socket_event: bool,
}

const MOST_KEYS: usize = 16;

impl<'a> Envelope<'a> {
    /// Reads an event. One that is no object has none of the parts.
    pub(super) fn read(json: &'a str) -> Result<Self, Stop> {
        let mut scanner = Scanner::new(json);
        let mut envelope = Self::default();
        if scanner.peek() == Some(b'{') {
            scanner.object(|scanner, key| {
                let read = envelope.field(scanner, &key);
                read.map_err(|stop| stop.within(&key))
            })?;
        } else {
            scanner.text()?;
        }
        scanner.end()?;
        Ok(envelope)
    }

    fn field(&mut self, scanner: &mut Scanner<'a>, key: &str) -> Result<(), Stop> {
        match key {
            "version" => self.version = scanner.text()?,
            "httpMethod" => self.http_method = scanner.text()?,
            "method" => self.method = scanner.text()?,
            "raw_path" => self.snake_raw_path = scanner.text()?,
            "path" => self.path = scanner.text()?,
            "rawPath" => self.raw_path = scanner.text()?,
            "rawQueryString" => self.raw_query_string = scanner.text()?,
            "body" => self.body = scanner.text()?,
            "isBase64Encoded" | "is_base64_encoded" => {
                self.is_base64_encoded = scanner.raw()?.json == "true";
            }
            "headers" => self.headers = Some(scanner.raw()?),
            "multiValueHeaders" => self.multi_value_headers = Some(scanner.raw()?),
            "queryStringParameters" | "query_string_parameters" => {
                self.query = Some(scanner.raw()?);
            }
            "multiValueQueryStringParameters" => self.multi_value_query = Some(scanner.raw()?),
            "cookies" => self.cookies = Some(scanner.raw()?),
            #[cfg(feature = "interop")]
            "pathParameters" => self.path_parameters = Some(scanner.raw()?),
            #[cfg(feature = "interop")]
            "stageVariables" => self.stage_variables = Some(scanner.raw()?),
            "requestContext" => self.request_context = RequestContext::read(scanner)?,
            "methodArn" | "routeArn" => {
                self.authorizer = true;
                scanner.skip()?;
            }
            _ => scanner.skip()?,
        }
        Ok(())
    }

    /// Which front end sent this; `None` for everything else.
    ///
    /// A test event shortened by hand is still recognised: only what the decoding needs is asked for.
    pub(super) fn source(&self) -> Option<Source> {
        if self.snake_raw_path.is_some() && self.method.is_some() {
            return Some(Source::LatticeV1);
        }
        let context = self.request_context.as_ref()?;
        if self.authorizer {
            return None;
        }
        if context.connection {
            return context.socket_event.then_some(Source::WebSocket);
        }
        let version = self.version.as_deref();
        if version == Some("2.0") {
            let is_lattice = context.lattice && self.method.is_some() && self.path.is_some();
            let is_http = self.raw_path.is_some() && context.method.is_some();
            return match (is_lattice, is_http) {
                (true, _) => Some(Source::Lattice),
                (false, true) => Some(context.http_source()),
                (false, false) => None,
            };
        }
        self.http_method.as_ref()?;
        self.path.as_ref()?;
        if context.elb {
            // The target group sends one kind of map and wants the same kind back.
            let maps = [self.multi_value_headers, self.multi_value_query];
            let multi = maps.iter().flatten().any(Raw::is_object);
            return Some(if multi {
                Source::AlbMultiValue
            } else {
                Source::Alb
            });
        }
        // REST events carry no version at all.
        match version {
            None => Some(Source::RestApi),
            Some("1.0") => Some(Source::HttpApiV1),
            Some(_) => None,
        }
    }

    /// The headers, all values where the front end kept them.
    pub(super) fn raw_headers(&self) -> Option<Raw<'a>> {
        // The single-value map keeps only the last of repeated headers, so it is second choice.
        let maps = [self.multi_value_headers, self.headers].into_iter();
        let mut maps = maps.flatten();
        maps.find(|map| {
            let pairs = map.json.strip_prefix('{');
            pairs.is_some_and(|pairs| !pairs.trim_start().starts_with('}'))
        })
    }

    /// The same for an answer to a request that is refused, up to this many; none if one is not Unicode.
    pub(super) fn headers(&self, event: &ByteString, most: usize) -> Headers {
        let headers = self.raw_headers();
        let headers = headers.map(|raw| event.slice_ref(raw.json));
        Headers::of(&headers.unwrap_or_default(), &[], most)
    }

    /// The method, if it is one.
    pub(super) fn method(&self, source: Source) -> Option<Method> {
        let text = match source {
            Source::RestApi | Source::HttpApiV1 | Source::Alb | Source::AlbMultiValue => {
                &self.http_method
            }
            Source::HttpApi | Source::FunctionUrl => &self.request_context.as_ref()?.method,
            Source::LatticeV1 | Source::Lattice => &self.method,
            Source::WebSocket => return Some(Method::GET),
        };
        request::method(text.as_deref()?).ok()
    }
}

/// Whether a host is one of AWS's own for this service (given with its dot): `{id}.{service}.{region}.…`, as the developer
/// guides of API Gateway and of Lambda's function URLs have them.
pub(crate) fn is_host_of(host: &str, service: &str) -> bool {
    let labels = host.split_once('.');
    labels.is_some_and(|(_, behind_id)| behind_id.starts_with(service))
}

/// The first keys of an event, in order; none if it is no object.
pub(super) fn keys(json: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let read = Scanner::new(json).object(|scanner, key| {
        if keys.len() < MOST_KEYS {
            keys.push(key.into_owned());
        }
        scanner.skip()
    });
    // Of what is an event, only one that is no object stops it, and before the first key.
    read.map_or_else(|_| Vec::new(), |()| keys)
}

impl<'a> RequestContext<'a> {
    /// The request context; none of what is no object.
    fn read(scanner: &mut Scanner<'a>) -> Result<Option<Self>, Stop> {
        if scanner.peek() != Some(b'{') {
            scanner.text()?;
            return Ok(None);
        }
        let mut context = Self::default();
        scanner.object(|scanner, key| {
            let read = context.field(scanner, &key);
            read.map_err(|stop| stop.within(&key))
        })?;
        Ok(Some(context))
    }

    fn field(&mut self, scanner: &mut Scanner<'a>, key: &str) -> Result<(), Stop> {
        match key {
            "stage" => self.stage = scanner.text()?,
            "domainName" => self.domain_name = scanner.text()?,
            "path" => self.path = scanner.text()?,
            "http" => self.method = http_method(scanner)?,
            "elb" => self.elb = scanner.raw()?.is_object(),
            "serviceArn" | "serviceNetworkArn" => self.lattice |= scanner.text()?.is_some(),
            // WebSocket APIs.
            "connectionId" => self.connection = scanner.text()?.is_some(),
            "eventType" => {
                let name = scanner.text()?;
                self.socket_event =
                    matches!(name.as_deref(), Some("CONNECT" | "MESSAGE" | "DISCONNECT"));
            }
            _ => scanner.skip()?,
        }
        Ok(())
    }
}

/// `requestContext.http.method`, of which nothing else is needed.
fn http_method<'a>(scanner: &mut Scanner<'a>) -> Result<Option<Cow<'a, str>>, Stop> {
    if scanner.peek() != Some(b'{') {
        scanner.text()?;
        return Ok(None);
    }
    let mut method = None;
    scanner.object(|scanner, key| {
        if key == "method" {
            method = scanner.text().map_err(|stop| stop.within(&key))?;
            Ok(())
        } else {
            scanner.skip()
        }
    })?;
    Ok(method)
}

impl RequestContext<'_> {
    /// Whether the request was for a host of AWS's own, of this service (given with its dot).
    pub(super) fn is_on(&self, service: &str) -> bool {
        let host = self.domain_name.as_deref();
        host.is_some_and(|host| is_host_of(host, service))
    }

    /// Who sent payload 2.0. Both have the same shape; only the host tells them apart, and only one of
    /// them has its path decoded.
    fn http_source(&self) -> Source {
        if self.is_on("lambda-url.") {
            Source::FunctionUrl
        } else {
            Source::HttpApi
        }
    }
}
