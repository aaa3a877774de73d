//! What a record's handler takes from it.

use std::{borrow::Cow, error::Error as StdError, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, de::DeserializeOwned};

use super::records::{Kafka, Kinesis, Service, Sqs};
use crate::{Context, router::Json};

/// A record as it came.
#[derive(Clone, Copy)]
pub struct RawRecord<'a> {
    pub(super) json: &'a str,
    pub(super) context: &'a Context,
}

impl<'a> RawRecord<'a> {
    /// Its JSON.
    #[must_use]
    pub const fn json(&self) -> &'a str {
        self.json
    }

    /// The invocation that it came with.
    #[must_use]
    pub const fn context(&self) -> &'a Context {
        self.context
    }
}

impl fmt::Debug for RawRecord<'_> {
    /// Without its values, which may be anybody's secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RawRecord")
            .field("bytes", &self.json.len())
            .finish_non_exhaustive()
    }
}

/// A value that can be taken from a record of this service.
///
/// ```
/// use powertools::batch::{FromRecord, RawRecord, Record, RecordError, Sqs};
///
/// /// How often a message has been received.
/// struct Attempt(u32);
///
/// #[derive(serde::Deserialize)]
/// struct Message { attributes: Attributes }
/// #[derive(serde::Deserialize)]
/// #[serde(rename_all = "PascalCase")]
/// struct Attributes { approximate_receive_count: String }
///
/// impl FromRecord<Sqs> for Attempt {
///     fn from_record(record: &RawRecord<'_>) -> Result<Self, RecordError> {
///         let Record(message): Record<Message> = FromRecord::<Sqs>::from_record(record)?;
///         let count = message.attributes.approximate_receive_count.parse();
///         Ok(Self(count.map_err(RecordError::other)?))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken from a record of `{S}`",
    note = "arguments are `Record<T>`, `Context` and, of SQS, Kinesis and Kafka, `Json<T>`, `String` and \
            `Bytes`"
)]
pub trait FromRecord<S: Service>: Sized {
    /// Takes the value; a failure is the record's.
    fn from_record(record: &RawRecord<'_>) -> Result<Self, RecordError>;
}

/// Why a record is not what its handler takes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The record itself is not the type that was asked for.
    #[error("the record is not as the handler expects")]
    Record(#[source] serde_json::Error),
    /// What it carries is not JSON, or not the type that was asked for.
    #[error("the record's {part} is not JSON as the handler expects")]
    Json {
        /// `body`, `data` or `value`.
        part: &'static str,
        /// What the parser met.
        #[source]
        source: serde_json::Error,
    },
    /// The data of a Kinesis record, or a key or value of Kafka's, is not base64, as it has to be.
    #[error("the record's data is not base64")]
    NotBase64(#[source] base64::DecodeError),
    /// The data is not UTF-8, and text was asked for.
    #[error("the record's data is not UTF-8")]
    NotText(#[source] std::str::Utf8Error),
    /// A record of Kafka without a value, which says that there is nothing under its key any more.
    #[error("the record has no value; take `Option<…>` of it")]
    NoValue,
    /// Anything else, for arguments of one's own.
    #[error(transparent)]
    Other(Box<dyn StdError + Send + Sync>),
}

impl RecordError {
    /// Any other reason.
    pub fn other(reason: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Other(reason.into())
    }
}

/// The whole record as a type of one's own, or with the feature `events` one of
/// [`powertools::events`](crate::events).
///
/// ```
/// use powertools::batch::{self, Record};
///
/// #[derive(serde::Deserialize)]
/// struct Message { body: String, attributes: Attributes }
/// #[derive(serde::Deserialize)]
/// #[serde(rename_all = "PascalCase")]
/// struct Attributes { sent_timestamp: String }
///
/// let queue = batch::sqs(async |Record(message): Record<Message>| {
///     tracing::info!(message.body, sent = message.attributes.sent_timestamp, "received");
///     Ok::<(), std::io::Error>(())
/// });
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record<T>(pub T);

impl<T: DeserializeOwned, S: Service> FromRecord<S> for Record<T> {
    fn from_record(record: &RawRecord<'_>) -> Result<Self, RecordError> {
        let read = serde_json::from_str(record.json);
        read.map(Self).map_err(RecordError::Record)
    }
}

impl<S: Service> FromRecord<S> for Context {
    fn from_record(record: &RawRecord<'_>) -> Result<Self, RecordError> {
        Ok(record.context.clone())
    }
}

impl FromRecord<Sqs> for String {
    fn from_record(record: &RawRecord<'_>) -> Result<Self, RecordError> {
        body(record).map(Cow::into_owned)
    }
}

impl FromRecord<Sqs> for Bytes {
    fn from_record(record: &RawRecord<'_>) -> Result<Self, RecordError> {
        body(record).map(|body| body.into_owned().into())
    }
}

impl<T: DeserializeOwned> FromRecord<Sqs> for Json<T> {
    fn from_record(record: &RawRecord<'_>) -> Result<Self, RecordError> {
        json("body", serde_json::from_str(&body(record)?))
    }
}

impl FromRecord<Kinesis> for Bytes {
    fn from_record(record: &RawRecord<'_>) -> Result<Self, RecordError> {
        data(record).map(Self::from)
    }
}

impl FromRecord<Kinesis> for String {
    fn from_record(record: &RawRecord<'_>) -> Result<Self, RecordError> {
        text(data(record)?)
    }
}

impl<T: DeserializeOwned> FromRecord<Kinesis> for Json<T> {
    fn from_record(record: &RawRecord<'_>) -> Result<Self, RecordError> {
        json("data", serde_json::from_slice(&data(record)?))
    }
}

/// The key of a Kafka record, its base64 undone, if it has one.
///
/// ```
/// use powertools::batch::{self, Key};
///
/// let topic = batch::kafka(async |Key(key): Key, value: Option<String>| {
///     tracing::info!(has_key = key.is_some(), is_there = value.is_some(), "received");
///     Ok::<(), std::io::Error>(())
/// });
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key(pub Option<Bytes>);

impl FromRecord<Kafka> for Key {
    fn from_record(record: &RawRecord<'_>) -> Result<Self, RecordError> {
        let Entry { key, .. } = entry(record)?;
        let key = key.map(|key| undone(&key)).transpose()?;
        Ok(Self(key.map(Bytes::from)))
    }
}

impl FromRecord<Kafka> for Bytes {
    fn from_record(record: &RawRecord<'_>) -> Result<Self, RecordError> {
        value(record).map(Self::from)
    }
}

impl FromRecord<Kafka> for String {
    fn from_record(record: &RawRecord<'_>) -> Result<Self, RecordError> {
        text(value(record)?)
    }
}

impl<T: DeserializeOwned> FromRecord<Kafka> for Json<T> {
    fn from_record(record: &RawRecord<'_>) -> Result<Self, RecordError> {
        json("value", serde_json::from_slice(&value(record)?))
    }
}

/// A value that may be absent.
impl<T: FromRecord<Kafka>> FromRecord<Kafka> for Option<T> {
    fn from_record(record: &RawRecord<'_>) -> Result<Self, RecordError> {
        match T::from_record(record) {
            Ok(value) => Ok(Some(value)),
            Err(RecordError::NoValue) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, default)]
    key: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    value: Option<Cow<'a, str>>,
}

fn entry<'a>(record: &RawRecord<'a>) -> Result<Entry<'a>, RecordError> {
    serde_json::from_str(record.json).map_err(RecordError::Record)
}

/// A Kafka record's value, its base64 undone.
fn value(record: &RawRecord<'_>) -> Result<Vec<u8>, RecordError> {
    let value = entry(record)?.value.ok_or(RecordError::NoValue)?;
    undone(&value)
}

/// A message's body, borrowed unless it is written with escapes.
fn body<'a>(record: &RawRecord<'a>) -> Result<Cow<'a, str>, RecordError> {
    #[derive(Deserialize)]
    struct Message<'a> {
        #[serde(borrow)]
        body: Cow<'a, str>,
    }

    let message: Message<'_> = serde_json::from_str(record.json).map_err(RecordError::Record)?;
    Ok(message.body)
}

/// A record's data, its base64 undone.
fn data(record: &RawRecord<'_>) -> Result<Vec<u8>, RecordError> {
    #[derive(Deserialize)]
    struct Record<'a> {
        #[serde(borrow)]
        kinesis: Data<'a>,
    }

    #[derive(Deserialize)]
    struct Data<'a> {
        #[serde(borrow)]
        data: Cow<'a, str>,
    }

    let record: Record<'_> = serde_json::from_str(record.json).map_err(RecordError::Record)?;
    undone(&record.kinesis.data)
}

/// Bytes that are written as base64.
fn undone(base64: &str) -> Result<Vec<u8>, RecordError> {
    STANDARD.decode(base64).map_err(RecordError::NotBase64)
}

fn text(bytes: Vec<u8>) -> Result<String, RecordError> {
    let text = String::from_utf8(bytes);
    text.map_err(|error| RecordError::NotText(error.utf8_error()))
}

/// What was read of this part of a record.
fn json<T>(part: &'static str, read: serde_json::Result<T>) -> Result<Json<T>, RecordError> {
    read.map(Json)
        .map_err(|source| RecordError::Json { part, source })
}
