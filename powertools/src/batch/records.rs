//! The records of an event, each with the id by which it is reported, and otherwise unread.
//!
//! Records are read one by one and not with the event, so that one which is not as expected fails alone.

use std::{collections::BTreeMap, fmt, marker::PhantomData, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, MapAccess, Visitor},
};
use serde_json::value::{RawValue, Value};

use crate::event::{EventType, Origin};

/// SQS, standard queues and FIFO.
#[derive(Clone, Copy, Debug)]
pub enum Sqs {}

/// Kinesis data streams.
#[derive(Clone, Copy, Debug)]
pub enum Kinesis {}

/// Streams of DynamoDB's tables.
#[derive(Clone, Copy, Debug)]
pub enum DynamoDb {}

/// Topics of Apache Kafka, of Amazon MSK's clusters and of one's own.
#[derive(Clone, Copy, Debug)]
pub enum Kafka {}

/// A service whose batches can fail in part: [`Sqs`], [`Kinesis`], [`DynamoDb`] or [`Kafka`].
pub trait Service: sealed::Sealed + 'static {}

impl Service for Sqs {}
impl Service for Kinesis {}
impl Service for DynamoDb {}
impl Service for Kafka {}

pub(super) mod sealed {
    use super::{DynamoDb, Identity, Kafka, Kinesis, Sqs};

    pub trait Sealed {
        /// The service as it names itself in a record.
        const NAME: &'static str;
        /// Other names of it.
        const ALIASES: &'static [&'static str] = &[];
        /// Whether each partition has its order, and others go on without it.
        const HAS_PARTITIONS: bool = false;
        /// Whether records come in an order, and Lambda goes on from the lowest that failed.
        const IS_STREAM: bool;
        /// What a record is reported by.
        const ID: &'static str;

        #[doc(hidden)]
        fn id(record: Identity) -> Option<String>;
    }

    impl Sealed for Sqs {
        const NAME: &'static str = "aws:sqs";
        const IS_STREAM: bool = false;
        const ID: &'static str = "messageId";

        fn id(record: Identity) -> Option<String> {
            record.message_id
        }
    }

    impl Sealed for Kinesis {
        const NAME: &'static str = "aws:kinesis";
        const IS_STREAM: bool = true;
        const ID: &'static str = "kinesis.sequenceNumber";

        fn id(record: Identity) -> Option<String> {
            record.kinesis?.sequence_number
        }
    }

    impl Sealed for DynamoDb {
        const NAME: &'static str = "aws:dynamodb";
        const IS_STREAM: bool = true;
        const ID: &'static str = "dynamodb.SequenceNumber";

        fn id(record: Identity) -> Option<String> {
            record.dynamodb?.sequence_number
        }
    }

    impl Sealed for Kafka {
        const NAME: &'static str = "aws:kafka";
        // As the events of clusters of one's own say, and as AWS's pages have it.
        const ALIASES: &'static [&'static str] = &["aws:SelfManagedKafka", "SelfManagedKafka"];
        const HAS_PARTITIONS: bool = true;
        const IS_STREAM: bool = false;
        const ID: &'static str = "offset";

        fn id(record: Identity) -> Option<String> {
            let offset = record.offset?.as_u64()?;
            Some(offset.to_string())
        }
    }
}

/// The records of one event, as [`Batch`](super::Batch) takes them.
pub struct Records<S> {
    records: Vec<Identified>,
    service: PhantomData<fn() -> S>,
}

/// A record that can be reported.
pub(super) struct Identified {
    pub(super) id: String,
    /// Of Kafka, such as `orders-0`; `id` is the offset there.
    pub(super) partition: Option<Arc<str>>,
    pub(super) json: Box<RawValue>,
    is_of_fifo: bool,
}

impl Identified {
    /// What a person calls it by.
    pub(super) fn name(&self) -> String {
        match &self.partition {
            Some(partition) => format!("{partition}@{}", self.id),
            None => self.id.clone(),
        }
    }
}

impl<S> Records<S> {
    pub(super) fn records(&self) -> &[Identified] {
        &self.records
    }

    /// Whether they are from a FIFO queue; an event has messages of one queue only.
    pub(super) fn is_fifo(&self) -> bool {
        self.records.first().is_some_and(|record| record.is_of_fifo)
    }
}

impl<S: Service> EventType for Records<S> {
    fn matches(origin: &Origin<'_>) -> bool {
        // A tumbling window wants its state back, which a batch does not have.
        // (https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html)
        let is_theirs = |name: &&str| origin.is_service(name);
        let is_theirs = is_theirs(&S::NAME) || S::ALIASES.iter().any(is_theirs);
        is_theirs && !origin.has("window")
    }

    fn title() -> String {
        format!("batches of {}", S::NAME)
    }
}

impl<S> fmt::Debug for Records<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.records.iter().map(Identified::name);
        formatter.debug_list().entries(ids).finish()
    }
}

/// What of a record tells it from others.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    message_id: Option<String>,
    #[serde(rename = "eventSourceARN")]
    source: Option<String>,
    kinesis: Option<Position>,
    dynamodb: Option<Position>,
    /// Whatever it is, so that a wrong one can be shown.
    offset: Option<Value>,
}

/// A record's place in its shard.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Position {
    #[serde(alias = "SequenceNumber")]
    sequence_number: Option<String>,
}

impl<'de, S: Service> Deserialize<'de> for Records<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Event {
            #[serde(rename = "Records")]
            records: Vec<Box<RawValue>>,
        }

        #[derive(Deserialize)]
        struct Partitioned {
            records: Partitions,
        }

        let identified = if S::HAS_PARTITIONS {
            let Partitioned { records } = Partitioned::deserialize(deserializer)?;
            let partitions = records.0.into_iter();
            let partitions = partitions.map(|(name, records)| identified::<S>(Some(name), records));
            partitions
                .collect::<Result<Vec<_>, _>>()
                .map(|all| all.into_iter().flatten().collect())
        } else {
            let Event { records } = Event::deserialize(deserializer)?;
            identified::<S>(None, records)
        };
        Ok(Self {
            records: identified.map_err(D::Error::custom)?,
            service: PhantomData,
        })
    }
}

/// Records by topic and partition, which are one text.
struct Partitions(BTreeMap<String, Vec<Box<RawValue>>>);

impl<'de> Deserialize<'de> for Partitions {
    /// By hand, as serde's maps keep the last of a repeated key: records that nobody handled would be taken for
    /// done.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByPartition;

        impl<'de> Visitor<'de> for ByPartition {
            type Value = Partitions;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("lists of records by partition")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Partitions, A::Error> {
                let mut partitions = BTreeMap::<String, Vec<_>>::new();
                while let Some((name, records)) = map.next_entry::<_, Vec<Box<RawValue>>>()? {
                    partitions.entry(name).or_default().extend(records);
                }
                Ok(Partitions(partitions))
            }
        }

        deserializer.deserialize_map(ByPartition)
    }
}

/// The records with their ids, or which one has none.
fn identified<S: Service>(
    partition: Option<String>,
    records: Vec<Box<RawValue>>,
) -> Result<Vec<Identified>, String> {
    let partition: Option<Arc<str>> = partition.map(Arc::from);
    let of = records.len();
    let records = records.into_iter().zip(1..).map(|(json, number)| {
        let identity: Identity = read(&json).unwrap_or_default();
        // A FIFO queue's name ends so, and no other's may. A message's group is no sign of one: a fair
        // queue has groups too.
        // (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html,
        // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html)
        let source = identity.source.as_deref();
        let is_of_fifo = source.is_some_and(|arn| arn.ends_with(".fifo"));
        let id = S::id(identity).filter(|id| !id.is_empty());
        // Lambda takes an empty id for the failure of the whole batch, and a missing one too; then
        // nothing of it must have been done.
        // (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html)
        let id = id.ok_or_else(|| {
            let place = partition.as_ref().map(|name| format!(" in `{name}`"));
            let place = place.unwrap_or_default();
            let number = ordinal(number);
            // Read again: the id was all that the others are read for.
            let identity: Identity = read(&json).unwrap_or_default();
            match identity.offset.filter(|_| S::HAS_PARTITIONS) {
                Some(offset) => format!(
                    "of {of} records{place}, the {number} has the `offset` {offset}, which is no whole number \
                     from 0 on"
                ),
                None => format!("of {of} records{place}, the {number} has no `{}`", S::ID),
            }
        })?;
        Ok(Identified {
            id,
            partition: partition.clone(),
            json,
            is_of_fifo,
        })
    });
    records.collect()
}

/// As a person counts.
fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

fn read<T: DeserializeOwned>(json: &RawValue) -> Option<T> {
    serde_json::from_str(json.get()).ok()
}
