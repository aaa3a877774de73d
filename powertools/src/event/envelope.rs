//! The one pass over an event: the union of the fields of all front ends' formats.
//!
//! Nothing is refused here for having an unexpected type: a direct invocation may carry any of these
//! names with any value, so a field that is not what a front end would send is simply not there.
//! (A trial of whole types, one format after the other, is the road not taken: lambda_http 1.3 reads
//! an event up to six times that way and loses the reason why none fitted.)

use std::{borrow::Cow, fmt};

use http::Method;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use bytestring::ByteString;

use super::{Headers, Source, lazy, request};

/// Visitor methods that accept a kind of value only to pass over it.
macro_rules! pass_over {
    ($value:expr => $($kind:ident)*) => { $(pass_over!(@ $kind $value);)* };
    (@ unit $value:expr) => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> { Ok($value) }
    };
    (@ number $value:expr) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> { Ok($value) }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> { Ok($value) }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> { Ok($value) }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> { Ok($value) }
    };
    (@ text $value:expr) => {
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> { Ok($value) }
    };
    (@ seq $value:expr) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok($value)
        }
    };
    (@ map $value:expr) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok($value)
        }
    };
}

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
    pub(super) headers: Option<&'a RawValue>,
    pub(super) multi_value_headers: Option<&'a RawValue>,
    pub(super) query: Option<&'a RawValue>,
    pub(super) multi_value_query: Option<&'a RawValue>,
    pub(super) cookies: Option<&'a RawValue>,
    pub(super) request_context: Option<RequestContext<'a>>,
    /// A Lambda authorizer's event looks like the request it guards, but for these.
    authorizer: bool,
    keys: Vec<Cow<'a, str>>,
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
}

const MOST_KEYS: usize = 16;

impl<'a> Envelope<'a> {
    /// Which front end sent this; `None` for everything else.
    ///
    /// A test event shortened by hand is still recognised: only what the decoding needs is asked for.
    pub(super) fn source(&self) -> Option<Source> {
        if self.snake_raw_path.is_some() && self.method.is_some() {
            return Some(Source::LatticeV1);
        }
        let context = self.request_context.as_ref()?;
        if self.authorizer || context.connection {
            return None;
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
            let multi = maps
                .into_iter()
                .flatten()
                .any(|map| map.get().starts_with('{'));
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
    pub(super) fn raw_headers(&self) -> Option<&'a str> {
        // The single-value map keeps only the last of repeated headers, so it is second choice.
        let maps = [self.multi_value_headers, self.headers].into_iter();
        let mut maps = maps.flatten().map(RawValue::get);
        maps.find(|json| {
            json.strip_prefix('{')
                .is_some_and(|rest| !rest.trim_start().starts_with('}'))
        })
    }

    /// The same for an answer to a request that is refused; none if one is not Unicode.
    pub(super) fn headers(&self, event: &ByteString) -> Headers {
        Headers::new(lazy::pairs(event, self.raw_headers()).unwrap_or_default())
    }

    /// The method, if it is one.
    pub(super) fn method(&self, source: Source) -> Option<Method> {
        let text = match source {
            Source::RestApi | Source::HttpApiV1 | Source::Alb | Source::AlbMultiValue => {
                &self.http_method
            }
            Source::HttpApi | Source::FunctionUrl => &self.request_context.as_ref()?.method,
            Source::LatticeV1 | Source::Lattice => &self.method,
        };
        request::method(text.as_deref()?).ok()
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.keys.iter().map(|key| key.to_string()).collect()
    }
}

impl RequestContext<'_> {
    /// Who sent payload 2.0. Both have the same shape; only the host tells them apart, and only one of
    /// them has its path decoded.
    fn http_source(&self) -> Source {
        let host = self.domain_name.as_deref();
        if host.is_some_and(|host| host.contains(".lambda-url.")) {
            Source::FunctionUrl
        } else {
            Source::HttpApi
        }
    }
}

impl<'de> Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Envelope<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut envelope = Envelope::default();
        while let Some(Key(key)) = map.next_key()? {
            match &*key {
                "version" => envelope.version = map.next_value::<Text<'de>>()?.0,
                "httpMethod" => envelope.http_method = map.next_value::<Text<'de>>()?.0,
                "method" => envelope.method = map.next_value::<Text<'de>>()?.0,
                "raw_path" => envelope.snake_raw_path = map.next_value::<Text<'de>>()?.0,
                "path" => envelope.path = map.next_value::<Text<'de>>()?.0,
                "rawPath" => envelope.raw_path = map.next_value::<Text<'de>>()?.0,
                "rawQueryString" => envelope.raw_query_string = map.next_value::<Text<'de>>()?.0,
                "body" => envelope.body = map.next_value::<Text<'de>>()?.0,
                "isBase64Encoded" | "is_base64_encoded" => {
                    envelope.is_base64_encoded = map.next_value::<Flag>()?.0
                }
                "headers" => envelope.headers = Some(map.next_value()?),
                "multiValueHeaders" => envelope.multi_value_headers = Some(map.next_value()?),
                "queryStringParameters" | "query_string_parameters" => {
                    envelope.query = Some(map.next_value()?)
                }
                "multiValueQueryStringParameters" => {
                    envelope.multi_value_query = Some(map.next_value()?);
                }
                "cookies" => envelope.cookies = Some(map.next_value()?),
                "requestContext" => {
                    envelope.request_context = map.next_value::<MaybeContext<'de>>()?.0;
                }
                "methodArn" | "routeArn" => {
                    envelope.authorizer = true;
                    map.next_value::<IgnoredAny>()?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            // Only a refusal reads the keys, but by then the text has been passed; a borrowed key
            // costs a pointer.
            if envelope.keys.len() < MOST_KEYS {
                envelope.keys.push(key);
            }
        }
        Ok(envelope)
    }

    pass_over!(Envelope::default() => unit number text seq);
}

struct MaybeContext<'a>(Option<RequestContext<'a>>);

impl<'de> Deserialize<'de> for MaybeContext<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContextVisitor)
    }
}

struct ContextVisitor;

impl<'de> Visitor<'de> for ContextVisitor {
    type Value = MaybeContext<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a request context")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut context = RequestContext::default();
        while let Some(Key(key)) = map.next_key()? {
            match &*key {
                "stage" => context.stage = map.next_value::<Text<'de>>()?.0,
                "domainName" => context.domain_name = map.next_value::<Text<'de>>()?.0,
                "path" => context.path = map.next_value::<Text<'de>>()?.0,
                "http" => context.method = map.next_value::<HttpMethod<'de>>()?.0,
                "elb" => context.elb = map.next_value::<&RawValue>()?.get().starts_with('{'),
                "serviceArn" | "serviceNetworkArn" => {
                    context.lattice |= map.next_value::<Text<'de>>()?.0.is_some();
                }
                // WebSocket APIs.
                "connectionId" => context.connection = map.next_value::<Text<'de>>()?.0.is_some(),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(MaybeContext(Some(context)))
    }

    pass_over!(MaybeContext(None) => unit number text seq);
}

/// `requestContext.http.method`, of which nothing else is needed.
struct HttpMethod<'a>(Option<Cow<'a, str>>);

impl<'de> Deserialize<'de> for HttpMethod<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HttpVisitor)
    }
}

struct HttpVisitor;

impl<'de> Visitor<'de> for HttpVisitor {
    type Value = HttpMethod<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a request context's http part")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut method = None;
        while let Some(Key(key)) = map.next_key()? {
            match &*key {
                "method" => method = map.next_value::<Text<'de>>()?.0,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(HttpMethod(method))
    }

    pass_over!(HttpMethod(None) => unit number text seq);
}

/// A key, borrowed unless it is written with escapes.
pub(super) struct Key<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(KeyVisitor)
    }
}

/// A string, or nothing for a value of any other type.
pub(super) struct Text<'a>(pub(super) Option<Cow<'a, str>>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(text.to_owned()))))
    }

    pass_over!(Text(None) => unit number seq map);
}

/// `true`, or false for everything else.
struct Flag(bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Ok(Self(raw.get() == "true"))
    }
}
