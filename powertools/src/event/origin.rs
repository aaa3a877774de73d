//! What an event that is not HTTP says of where it came from.
//!
//! Knows the marks that services of AWS leave in their events, and no type of event: which marks make a
//! type is for [`EventType`] to say. The marks are read when somebody asks for them, of an event that no
//! front end sent; a request pays nothing for them. Deserialising the event as one type after the other is
//! the road not taken: most fields of those types may be absent, so that all that has records is an `SqsEvent`.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The events of one service, or of one kind.
///
/// With the feature `events` the types of [`aws_lambda_events`](crate::events) are. For a type of one's own:
///
/// ```
/// use powertools::event::{EventType, Origin};
///
/// /// What the shop's own bus tells of a sale.
/// #[derive(serde::Deserialize)]
/// struct Sold { detail: Sale }
/// # #[derive(serde::Deserialize)] struct Sale;
///
/// impl EventType for Sold {
///     fn matches(origin: &Origin<'_>) -> bool {
///         origin.text("source").as_deref() == Some("shop.sales")
///             && origin.text("detail-type").as_deref() == Some("Sold")
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "nothing says which events are a `{Self}`",
    note = "with the feature `events`, the types of `powertools::events` are events; implement \
            `powertools::event::EventType` for types of your own"
)]
pub trait EventType: DeserializeOwned + Send + 'static {
    /// Whether an event is one of these, by what it says of its origin. It is deserialised only after that.
    fn matches(origin: &Origin<'_>) -> bool;

    /// What they are called, for a person to read: the type's name, without its modules.
    #[doc(hidden)]
    #[must_use]
    fn title() -> String {
        without_modules(std::any::type_name::<Self>())
    }
}

/// `Event<Sold>` of `shop::events::Event<shop::Sold>`.
fn without_modules(name: &str) -> String {
    let mut short = String::new();
    let mut word = String::new();
    for char in name.chars() {
        match char {
            ':' => word.clear(),
            char if char.is_alphanumeric() || char == '_' => word.push(char),
            char => {
                short.push_str(&word);
                word.clear();
                short.push(char);
            }
        }
    }
    short + &word
}

/// What an event says of where it came from: its fields, those of its first record, as they stand.
///
/// ```
/// # use powertools::{Context, event::{self, Decoded, Limits}};
/// let json = r#"{"Records":[{"eventSource":"aws:sqs","messageId":"1"}]}"#;
/// # let Decoded::Other(event) = event::decode(json.into(), Context::new("id"), &Limits::default())?
/// # else { panic!("no request") };
/// let origin = event.origin();
/// assert!(origin.is_service("aws:sqs"));
/// assert_eq!(origin.to_string(), "the event of `aws:sqs`");
/// # Ok::<(), powertools::event::DecodeError>(())
/// ```
#[derive(Clone, Default)]
pub struct Origin<'a>(Fields<'a>);

impl<'a> Origin<'a> {
    pub(super) fn read(json: &'a str) -> Self {
        Self(fields(json))
    }

    /// Whether the event has this field, be its value null.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.0.raw(key).is_some()
    }

    /// The text of a field; `None` if there is none or it is no text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<Cow<'a, str>> {
        self.0.text(key)
    }

    /// The service, as it names itself in each record or in the event: `aws:sqs`, `aws:kafka`.
    ///
    /// EventBridge, Cognito and others do not; their events have fields of their own.
    #[must_use]
    pub fn service(&self) -> Option<Cow<'a, str>> {
        // SNS alone writes it in upper case.
        // (https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html, and each service's page beside it)
        let of = |fields: &Fields<'a>| {
            let upper = || fields.text("EventSource");
            fields.text("eventSource").or_else(upper)
        };
        let record = self.0.raw("Records").and_then(first);
        record.as_ref().and_then(of).or_else(|| of(&self.0))
    }

    /// Whether [`Origin::service`] is this one.
    #[must_use]
    pub fn is_service(&self, name: &str) -> bool {
        self.service().as_deref() == Some(name)
    }

    /// The event of a WebSocket API in an error's words, with what is wrong with it.
    fn socket(&self) -> Option<String> {
        // Its authorizer's event has a connection as well.
        if self.has("methodArn") {
            return None;
        }
        let context = fields(self.0.raw("requestContext")?);
        let [connection, kind] = ["connectionId", "eventType"].map(|key| context.text(key));
        let wrong = match (connection, kind.as_deref()) {
            (None, None) => return None,
            (Some(_), Some("CONNECT" | "MESSAGE" | "DISCONNECT")) => {
                return Some(SOCKET.to_owned());
            }
            (None, Some(_)) => " without a `connectionId`".to_owned(),
            (Some(_), None) => " without an `eventType`".to_owned(),
            (Some(_), Some(kind)) => format!(" of the unknown `eventType` `{kind}`"),
        };
        Some(format!("the event of a WebSocket{wrong} (API Gateway)"))
    }

    /// Whether a WebSocket API sent it, and a router of one would take it.
    #[cfg_attr(
        not(feature = "runtime"),
        allow(dead_code, reason = "only a function refuses events")
    )]
    pub(crate) fn is_socket(&self) -> bool {
        self.socket().as_deref() == Some(SOCKET)
    }

    /// The event in an error's words, or nothing if it bears no mark that is known here.
    #[cfg_attr(
        not(feature = "runtime"),
        allow(dead_code, reason = "only a function refuses events")
    )]
    pub(crate) fn marked(&self) -> Option<String> {
        let told = self.to_string();
        (told != UNMARKED).then_some(told)
    }
}

const UNMARKED: &str = "the event";
const SOCKET: &str = "the event of a WebSocket (API Gateway)";

/// As the subject of a sentence: "the event of `aws:sqs`".
impl fmt::Display for Origin<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(service) = self.service() {
            return write!(formatter, "the event of `{service}`");
        }
        if let (Some(kind), Some(source)) = (self.text("detail-type"), self.text("source")) {
            return write!(formatter, "the event `{kind}` of `{source}` (EventBridge)");
        }
        if let Some(trigger) = self.text("triggerSource") {
            return write!(formatter, "the trigger `{trigger}` (Cognito)");
        }
        if let Some(socket) = self.socket() {
            return formatter.write_str(&socket);
        }
        formatter.write_str(if self.has("methodArn") || self.has("routeArn") {
            "the request to authorise (API Gateway)"
        } else if self.has("awslogs") {
            "the batch of log lines (CloudWatch)"
        } else {
            UNMARKED
        })
    }
}

impl fmt::Debug for Origin<'_> {
    /// Keys and what Display says: an event's values may be anybody's secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.0.0.iter().map(|(key, _)| &**key).collect();
        formatter
            .debug_struct("Origin")
            .field("keys", &keys)
            .field("is", &self.to_string())
            .finish()
    }
}

/// The fields of an object, unread.
#[derive(Clone, Default)]
struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// More than an event of any service has. A direct invocation may bring any number.
const MOST_FIELDS: usize = 64;

impl<'a> Fields<'a> {
    fn raw(&self, key: &str) -> Option<&'a str> {
        // Of repeated ones the last counts, as wherever an event is read.
        let mut fields = self.0.iter().rev();
        let (_, value) = fields.find(|(known, _)| known == key)?;
        Some(value.get())
    }

    fn text(&self, key: &str) -> Option<Cow<'a, str>> {
        let json = self.raw(key)?;
        let text: Text<'_> = serde_json::from_str(json).ok()?;
        Some(text.0)
    }
}

/// A text, borrowed unless it is written with escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The fields of what should be an object; none if it is none.
fn fields(json: &str) -> Fields<'_> {
    serde_json::from_str(json).unwrap_or_default()
}

/// The fields of a list's first object. The rest of the list is not looked at.
fn first(list: &str) -> Option<Fields<'_>> {
    let items = list.strip_prefix('[')?;
    let mut items = serde_json::Deserializer::from_str(items).into_iter();
    items.next()?.ok()
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while fields.len() < MOST_FIELDS
                    && let Some((Text(key), value)) = map.next_entry()?
                {
                    fields.push((key, value));
                }
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(json: &str) -> Option<String> {
        Origin::read(json).service().map(Cow::into_owned)
    }

    #[test]
    fn what_is_no_event_of_a_service_names_none() {
        for json in [
            "null",
            "7",
            r#""aws:sqs""#,
            "[]",
            r#"[{"eventSource":"aws:sqs"}]"#,
            "{}",
            r#"{"Records":[]}"#,
            r#"{"Records":null}"#,
            r#"{"Records":{"eventSource":"aws:sqs"}}"#,
            r#"{"Records":["aws:sqs"]}"#,
            r#"{"Records":[null,{"eventSource":"aws:sqs"}]}"#,
            r#"{"Records":[{"eventSource":7}]}"#,
            r#"{"Records":[{"eventSource":null}]}"#,
            r#"{"eventSource":["aws:sqs"]}"#,
            r#"{"eventsource":"aws:sqs"}"#,
            // Half of a surrogate pair, which JSON can write and no text can hold.
            r#"{"eventSource":"aws:\ud800"}"#,
            // Not JSON at all; `decode` lets none of these come here.
            "",
            "{",
            r#"{"Records":[{"eventSource":"aws:sqs""#,
        ] {
            assert_eq!(service(json), None, "{json}");
            assert_eq!(Origin::read(json).to_string(), UNMARKED, "{json}");
            assert_eq!(Origin::read(json).marked(), None, "{json}");
        }
    }

    #[test]
    fn a_service_is_named_by_the_first_record_or_by_the_event() {
        for (json, name) in [
            (r#"{"Records":[{"eventSource":"aws:sqs"}]}"#, "aws:sqs"),
            (
                r#" { "Records" : [ { "a" : 1 , "eventSource" : "aws:sqs" } , 7 ] } "#,
                "aws:sqs",
            ),
            (r#"{"Records":[{"EventSource":"aws:sns"}]}"#, "aws:sns"),
            (r#"{"Records":[{"eventSource":"aws\u003as3"}]}"#, "aws:s3"),
            (r#"{"eventSource":"aws:kafka","records":{}}"#, "aws:kafka"),
            (
                r#"{"Records":[],"eventSource":"SelfManagedKafka"}"#,
                "SelfManagedKafka",
            ),
        ] {
            assert_eq!(service(json).as_deref(), Some(name), "{json}");
            assert!(Origin::read(json).is_service(name), "{json}");
            assert!(!Origin::read(json).is_service("aws:other"), "{json}");
        }
    }

    #[test]
    fn the_marks_of_those_who_name_no_service_are_told() {
        for (json, told) in [
            (
                r#"{"source":"shop.sales","detail-type":"Sold","detail":{}}"#,
                "the event `Sold` of `shop.sales` (EventBridge)",
            ),
            (
                r#"{"triggerSource":"PreSignUp_SignUp"}"#,
                "the trigger `PreSignUp_SignUp` (Cognito)",
            ),
            (
                r#"{"type":"TOKEN","methodArn":"arn"}"#,
                "the request to authorise (API Gateway)",
            ),
            (
                r#"{"requestContext":{"connectionId":"c","eventType":"MESSAGE"},"body":"{}"}"#,
                "the event of a WebSocket (API Gateway)",
            ),
            (
                r#"{"requestContext":{"connectionId":"c"},"body":"{}"}"#,
                "the event of a WebSocket without an `eventType` (API Gateway)",
            ),
            (
                r#"{"requestContext":{"connectionId":"c","eventType":"PING"}}"#,
                "the event of a WebSocket of the unknown `eventType` `PING` (API Gateway)",
            ),
            (
                r#"{"requestContext":{"connectionId":7,"eventType":"MESSAGE"}}"#,
                "the event of a WebSocket without a `connectionId` (API Gateway)",
            ),
            (
                r#"{"methodArn":"arn","requestContext":{"connectionId":"c","eventType":"CONNECT"}}"#,
                "the request to authorise (API Gateway)",
            ),
            (
                r#"{"awslogs":{"data":""}}"#,
                "the batch of log lines (CloudWatch)",
            ),
        ] {
            assert_eq!(Origin::read(json).to_string(), told, "{json}");
            assert_eq!(Origin::read(json).marked().as_deref(), Some(told), "{json}");
        }
        // A resolver of AppSync has a `source` that is an object.
        let resolver = Origin::read(r#"{"source":{"id":"1"},"detail-type":"x"}"#);
        assert!(resolver.has("source"));
        assert_eq!(resolver.text("source"), None);
        assert_eq!(resolver.to_string(), UNMARKED);
    }

    #[test]
    fn of_a_repeated_field_the_last_counts() {
        let json = r#"{"source":"first","detail-type":"A","source":"last"}"#;
        assert_eq!(
            Origin::read(json).to_string(),
            "the event `A` of `last` (EventBridge)"
        );
        let json =
            r#"{"Records":[{"eventSource":"aws:sqs"}],"Records":[{"eventSource":"aws:s3"}]}"#;
        assert_eq!(service(json).as_deref(), Some("aws:s3"));
    }

    #[test]
    fn of_very_many_fields_only_the_first_are_kept() {
        let many: Vec<String> = (0..10_000)
            .map(|number| format!(r#""{number}":1"#))
            .collect();
        let json = format!("{{{},\"eventSource\":\"aws:sqs\"}}", many.join(","));
        let origin = Origin::read(&json);

        assert!(origin.has("63"));
        assert!(!origin.has("64"));
        assert_eq!(origin.service(), None);
    }

    #[test]
    fn debug_output_has_no_values() {
        let origin = Origin::read(r#"{"token":"hush"}"#);
        assert_eq!(
            format!("{origin:?}"),
            r#"Origin { keys: ["token"], is: "the event" }"#
        );
    }
}
