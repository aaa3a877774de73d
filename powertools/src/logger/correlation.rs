//! The id that follows a request through several services, from the event of an invocation.
//!
//! Paths and headers are followed in the event's text, and nothing is made of what they do not lead to: a tree of
//! the whole event takes longer than most handlers, and there is none of an event that has half a surrogate pair
//! anywhere.

use std::{fmt, sync::Arc};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

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
    /// The name, and the places where it may be.
    Header(String, [Vec<Segment>; 2]),
    Function(Arc<Find>),
}

type Find = dyn Fn(&Value) -> Option<String> + Send + Sync;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Key(String),
    /// The first key that is this one in whatever case.
    Header(String),
    Index(usize),
    /// The first of a list, or what is there instead of one.
    First,
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
        let name = name.into();
        let places = ["headers", "multiValueHeaders"].map(|map| {
            let [map, name] = [Segment::Key(map.to_owned()), Segment::Header(name.clone())];
            vec![map, name, Segment::First]
        });
        Self(Kind::Header(name, places))
    }

    /// What a function makes of the event; the way to whatever no path leads to, such as JSON within a body.
    ///
    /// The function is not asked of an event that is no [`Value`]: nested more than 127 deep, say, or with a
    /// number beyond all types.
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
        match &self.0 {
            Kind::Path(_, path) => follow(path.as_ref()?, event),
            Kind::Header(_, places) => places.iter().find_map(|place| follow(place, event)),
            Kind::Function(find) => find(&serde_json::from_slice(event).ok()?),
        }
    }
}

/// The text at the end of a path through JSON.
fn follow(path: &[Segment], json: &[u8]) -> Option<String> {
    let mut json = serde_json::Deserializer::from_slice(json);
    let found = Follow(path).deserialize(&mut json).ok()?;
    json.end().ok().and(found)
}

/// What is left of a path at some value.
struct Follow<'a>(&'a [Segment]);

impl Follow<'_> {
    /// The text, if this is where the path ends.
    fn end(&self, text: &impl ToString) -> Option<String> {
        let is_end = matches!(self.0, [] | [Segment::First]);
        let text = is_end.then(|| text.to_string());
        text.filter(|text| !text.is_empty())
    }
}

impl<'de> DeserializeSeed<'de> for Follow<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Follow<'_> {
    type Value = Option<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.end(&text))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(self.end(&flag))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(self.end(&number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(self.end(&number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Number::from_f64(number).and_then(|number| self.end(&number)))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some((segment, rest)) = self.0.split_first() else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(None);
        };
        let mut found = None;
        while let Some(is_next) = map.next_key_seed(Named(segment))? {
            // Of repeated keys the last counts, of headers in several cases the first.
            if is_next && !(found.is_some() && matches!(segment, Segment::Header(_))) {
                found = map.next_value_seed(Follow(rest))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let (place, rest) = match self.0.split_first() {
            Some((Segment::Index(place), rest)) => (*place, rest),
            Some((Segment::First, rest)) => (0, rest),
            _ => (usize::MAX, self.0),
        };
        let mut found = None;
        for at in 0.. {
            let more = if at == place {
                let next = list.next_element_seed(Follow(rest))?;
                next.map(|text| found = text)
            } else {
                list.next_element::<IgnoredAny>()?.map(drop)
            };
            if more.is_none() {
                break;
            }
        }
        Ok(found)
    }
}

/// Whether a key is the one that a path goes on with.
struct Named<'a>(&'a Segment);

impl<'de> DeserializeSeed<'de> for Named<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        // Not as a text: JSON can write keys that are none.
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Named<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_bytes<E: Error>(self, key: &[u8]) -> Result<bool, E> {
        Ok(match self.0 {
            Segment::Key(name) => key == name.as_bytes(),
            Segment::Header(name) => key.eq_ignore_ascii_case(name.as_bytes()),
            Segment::Index(_) | Segment::First => false,
        })
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
            Kind::Header(name, _) => formatter.debug_tuple("Header").field(name).finish(),
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
    fn what_stands_elsewhere_in_the_event_takes_no_id_away() {
        let deep = format!("{}1{}", "[".repeat(1000), "]".repeat(1000));
        let other = format!(r#""\ud800":"\udfff","number":1e999,"deep":{deep}"#);
        let event = format!(
            r#"{{{other},"id":"first","id":"last","headers":{{{other},"X-Id":"one","x-id":"two"}},{other}}}"#
        );
        for id in [CorrelationId::path("id"), "headers.x-id".into()] {
            let found = id.find(event.as_bytes());
            let expected = if format!("{id:?}").contains("headers") {
                "two"
            } else {
                "last"
            };
            assert_eq!(found.as_deref(), Some(expected));
        }
        let found = CorrelationId::header("x-id").find(event.as_bytes());
        assert_eq!(found.as_deref(), Some("one"));
        // What is not JSON, or looked at and no text, has none.
        for event in [
            r#"{"id":"a""#,
            r#"{"id":"a"} x"#,
            r#"{"id":"\ud800"}"#,
            "7",
            "[]",
            r#"{"id":1e999}"#,
        ] {
            assert_eq!(
                CorrelationId::path("id").find(event.as_bytes()),
                None,
                "{event}"
            );
        }
    }

    #[test]
    fn scalars_are_their_text() {
        for (json, expected) in [
            ("true", Some("true")),
            ("-3", Some("-3")),
            ("2.50", Some("2.5")),
            ("18446744073709551615", Some("18446744073709551615")),
            ("null", None),
            ("[]", None),
            (r#"["a"]"#, None),
            ("{}", None),
            (r#"{"a":1}"#, None),
        ] {
            let event = format!(r#"{{"id":{json}}}"#);
            let found = CorrelationId::path("id").find(event.as_bytes());
            assert_eq!(found.as_deref(), expected, "{json}");
        }
    }

    #[test]
    fn a_header_may_have_a_list_of_values_or_one() {
        for (values, expected) in [
            (r#""a""#, Some("a")),
            (r#"["a","b"]"#, Some("a")),
            ("[]", None),
            ("7", Some("7")),
            (r#"[["a"]]"#, None),
        ] {
            let event = format!(r#"{{"headers":{{"X-Id":{values}}}}}"#);
            let found = CorrelationId::header("x-id").find(event.as_bytes());
            assert_eq!(found.as_deref(), expected, "{values}");
        }
    }

    #[test]
    fn a_function_finds_what_no_path_leads_to() {
        let id = CorrelationId::from_fn(|event| Some(event["list"].as_array()?.len().to_string()));
        assert_eq!(id.find(EVENT).as_deref(), Some("1"));
    }
}
