//! Records of queues and streams, one by one: those that fail are reported, the others are done with.
//!
//! ```no_run
//! use powertools::{Function, batch, router::Json};
//!
//! #[derive(serde::Deserialize)]
//! struct Order { id: u64 }
//!
//! async fn charge(Json(order): Json<Order>) -> Result<(), std::io::Error> {
//!     tracing::info!(order = order.id, "charging"); // and `message_id`
//!     Ok(())
//! }
//!
//! fn main() -> Result<(), powertools::Error> {
//!     powertools::start(async {
//!         powertools::logger::init();
//!         powertools::run(Function::new().on(batch::sqs(charge).concurrency(4))).await
//!     })
//! }
//! ```
//!
//! **Turn on `ReportBatchItemFailures`** among the function response types of the event source mapping.
//! Without it Lambda does not read the answer: what failed is taken for done, and deleted.
//! ([SQS](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html),
//! [Kinesis](https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html),
//! [DynamoDB](https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html),
//! [Kafka](https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html), in provisioned mode)
//!
//! # What a handler takes
//!
//! Up to four arguments, each a [`FromRecord`]:
//!
//! | argument | [`sqs`] | [`kinesis`] | [`dynamodb`] | [`kafka`] |
//! | --- | --- | --- | --- | --- |
//! | [`Json<T>`](crate::router::Json) | the body | the data | – | the value |
//! | `String`, [`Bytes`](bytes::Bytes) | the body | the data, its base64 undone | – | the value, its base64 undone |
//! | [`Key`], `Option` of a value | – | – | – | the key; a value that may be absent |
//! | [`Record<T>`] | the record as a `T` | the record as a `T` | the record as a `T` | the record as a `T` |
//! | [`Context`] | the invocation | the invocation | the invocation | the invocation |
//!
//! With the feature `events` there are types for `Record`: `Record<sqs::SqsMessage>` with the attributes,
//! `Record<dynamodb::EventRecord>` with the images. A record that cannot be read as its handler asks for
//! is a record that failed.
//!
//! # State
//!
//! What a handler needs besides, a closure holds, and lends each record a clone:
//!
//! ```
//! use powertools::{Function, batch, router::Json};
//!
//! # #[derive(serde::Deserialize)] struct Order { id: u64 }
//! #[derive(Clone)]
//! struct Till;
//!
//! async fn charge(till: Till, order: Order) -> Result<(), std::io::Error> {
//! #     let _ = (till, order);
//!     Ok(())
//! }
//!
//! let till = Till;
//! let queue = batch::sqs(move |Json(order): Json<Order>| charge(till.clone(), order));
//! let function = Function::new().on(queue);
//! ```
//!
//! A router beside it is given the same value, `Router::with_state(routes, till.clone())`, and its handlers
//! take it as [`State<Till>`](crate::router::State). Records have no request, and so `State` is none of
//! their arguments.
//!
//! # What fails, and what is reported
//!
//! A record fails by an error of its handler, by a panic, or by not being done when the invocation is about
//! to end. Each is one line at ERROR with its cause; every line of a record has its `message_id`, its
//! `sequence_number`, or its `partition` and `offset`, from a span of its own.
//!
//! - A **queue**: the failed messages are reported, the others deleted. Up to ten are handled at a time.
//! - A **FIFO queue**, known by its name: one at a time, and nothing after the first failure. That message
//!   and all behind it are reported, so that they come again in their order.
//! - A **stream**: one at a time, and nothing after the first failure, which alone is reported: Lambda sends
//!   again what begins with the lowest sequence number that it is told.
//! - A **topic of Kafka**: one at a time in each partition, and nothing after the first failure there, while
//!   the other partitions go on. That record and all behind it in its partition are reported, by partition
//!   and offset: whether Lambda goes on from the lowest or sends again what was named, none is lost.
//!
//! If all fail, all are reported, like any others; see [`Batch::fail_if_none_is_done`]. A batch in which a
//! record has no id fails as a whole, before anything is handled: there would be no way to report it.
//!
//! Events of tumbling windows are left to [`Function::on`](crate::Function::on) and a handler that gives
//! back their state.

use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use crate::{Context, event_handler::EventHandler, function::InvocationError};

mod from_record;
mod handler;
mod records;
mod run;

pub use self::{
    from_record::{FromRecord, Key, RawRecord, Record, RecordError},
    handler::RecordHandler,
    records::{DynamoDb, Kafka, Kinesis, Records, Service, Sqs},
};
use self::{
    handler::{AnyRecordHandler, erased},
    records::Identified,
    run::{Lane, Outcome, Run},
};

/// Messages of an SQS queue, standard or FIFO.
///
/// ```
/// # use powertools::{Context, Function, batch};
/// let queue = batch::sqs(async |body: String, context: Context| {
///     tracing::info!(body, id = context.request_id, "received");
///     Ok::<(), std::io::Error>(())
/// });
/// let function = Function::new().on(queue);
/// ```
pub fn sqs<A: 'static>(handler: impl RecordHandler<Sqs, A>) -> Batch<Sqs> {
    // As many as are in a batch unless the event source mapping says otherwise.
    Batch::new(handler, 10)
}

/// Records of a Kinesis data stream.
///
/// ```
/// # use powertools::{Function, batch, router::Json};
/// # #[derive(serde::Deserialize)] struct Reading { celsius: f64 }
/// async fn measure(Json(reading): Json<Reading>) -> Result<(), std::io::Error> {
///     tracing::info!(reading.celsius, "measured");
///     Ok(())
/// }
///
/// let function = Function::new().on(batch::kinesis(measure));
/// ```
pub fn kinesis<A: 'static>(handler: impl RecordHandler<Kinesis, A>) -> Batch<Kinesis> {
    Batch::new(handler, 1)
}

/// Records of a DynamoDB stream.
///
/// ```
/// # #[cfg(feature = "events")]
/// # fn example() {
/// use powertools::{Function, batch::{self, Record}, events::dynamodb::EventRecord};
///
/// async fn changed(Record(record): Record<EventRecord>) -> Result<(), std::io::Error> {
///     tracing::info!(images = ?record.change.new_image, "changed");
///     Ok(())
/// }
///
/// let function = Function::new().on(batch::dynamodb(changed));
/// # }
/// ```
pub fn dynamodb<A: 'static>(handler: impl RecordHandler<DynamoDb, A>) -> Batch<DynamoDb> {
    Batch::new(handler, 1)
}

/// Records of Kafka's topics, from Amazon MSK or a cluster of one's own.
///
/// [`Batch::concurrency`] is how many partitions have a record handled at a time: 1 unless set.
///
/// ```
/// # use powertools::{Function, batch, router::Json};
/// # #[derive(serde::Deserialize)] struct Order { id: u64 }
/// async fn charge(Json(order): Json<Order>) -> Result<(), std::io::Error> {
///     tracing::info!(order = order.id, "charging"); // and `partition`, `offset`
///     Ok(())
/// }
///
/// let function = Function::new().on(batch::kafka(charge).concurrency(4));
/// ```
///
/// A partial answer is one of [`partition` and `offset`](Failures), as Powertools of other languages give it.
pub fn kafka<A: 'static>(handler: impl RecordHandler<Kafka, A>) -> Batch<Kafka> {
    Batch::new(handler, 1)
}

/// How the records of a batch are handled: what [`sqs`], [`kinesis`], [`dynamodb`] and [`kafka`] make, for
/// [`Function::on`](crate::Function::on).
///
/// ```
/// # use powertools::batch::{self, Batch, Sqs};
/// # use std::time::Duration;
/// # async fn charge(_: String) -> Result<(), std::io::Error> { Ok(()) }
/// let queue: Batch<Sqs> = batch::sqs(charge)
///     .concurrency(4)
///     .margin(Duration::from_secs(2))
///     .fail_if_none_is_done();
/// ```
#[derive(Clone)]
pub struct Batch<S> {
    handler: Arc<dyn AnyRecordHandler>,
    concurrency: usize,
    margin: Option<Duration>,
    fails_if_none_is_done: bool,
    service: PhantomData<fn() -> S>,
}

/// What is left of an invocation to answer in, unless set.
const MARGIN: Duration = Duration::from_millis(500);

impl<S: Service> Batch<S> {
    fn new<A: 'static>(handler: impl RecordHandler<S, A>, concurrency: usize) -> Self {
        Self {
            handler: erased(handler),
            concurrency,
            margin: None,
            fails_if_none_is_done: false,
            service: PhantomData,
        }
    }

    /// Handles up to this many records at a time; 10 of a queue and 1 of a stream unless set.
    ///
    /// They take turns on one thread, each while the others wait. A FIFO queue's messages are handled one
    /// after the other whatever is set here. Several records of a stream at a time means that their order
    /// makes no difference; after a failure, those that were done behind it are sent again.
    #[must_use]
    pub const fn concurrency(mut self, records: usize) -> Self {
        self.concurrency = if records == 0 { 1 } else { records };
        self
    }

    /// Stops this long before the end of the invocation: what is not begun then is left, what is not done
    /// is given up, and both are reported. Unless set, half a second, or a tenth of the time that there is.
    ///
    /// Otherwise one record that hangs would let Lambda end the invocation, and with it would fail all that
    /// are done. A handler that is given up ends at the `.await` where it is. Never more than half of the
    /// time is left over, so that something is always begun.
    #[must_use]
    pub const fn margin(mut self, margin: Duration) -> Self {
        self.margin = Some(margin);
        self
    }

    /// Fails the invocation, with the type `BatchFailed`, if no record is done, as Powertools of other
    /// languages do.
    ///
    /// The same records come again either way. A failed invocation counts in the metric `Errors`; it also
    /// lets Lambda slow a queue down, or cut a stream's batch in two, as the mapping says. Unless set, an
    /// answer depends on no record but those it names: a batch of one would else fail otherwise than a batch
    /// of two.
    #[must_use]
    pub const fn fail_if_none_is_done(mut self) -> Self {
        self.fails_if_none_is_done = true;
        self
    }

    /// How much of this time may be used.
    fn time_to_handle(&self, remaining: Duration) -> Duration {
        let margin = match self.margin {
            Some(margin) => margin.min(remaining / 2),
            None => MARGIN.min(remaining / 10),
        };
        remaining - margin
    }
}

impl<S> fmt::Debug for Batch<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Batch")
            .field("concurrency", &self.concurrency)
            .field("margin", &self.margin)
            .field("fails_if_none_is_done", &self.fails_if_none_is_done)
            .finish_non_exhaustive()
    }
}

impl<S: Service> EventHandler<Records<S>> for Batch<S> {
    type Output = Failures;

    async fn handle(
        &self,
        batch: Records<S>,
        context: Context,
    ) -> Result<Failures, InvocationError> {
        let records = batch.records();
        let in_order = S::IS_STREAM || S::HAS_PARTITIONS || batch.is_fifo();
        let at_a_time = if batch.is_fifo() { 1 } else { self.concurrency };
        let mut run = Run {
            handler: &*self.handler,
            records,
            context: &context,
            is_stream: S::IS_STREAM,
            at_a_time,
            lanes: lanes(records, at_a_time),
            stops_at_failure: in_order,
            time: self.time_to_handle(context.remaining()),
        };
        let outcomes = run.outcomes().await;
        if self.fails_if_none_is_done && !records.is_empty() && !outcomes.contains(&Outcome::Done) {
            let message = format!("none of {} records could be handled", records.len());
            return Err(InvocationError::new("BatchFailed", message));
        }
        let failed = records.iter().zip(outcomes);
        let failed = failed.filter(|(_, outcome)| *outcome != Outcome::Done);
        let failed = failed.map(|(record, _)| record);
        // Lambda goes on from the lowest of those it is told, and the records of a shard come in order.
        let most = if S::IS_STREAM { 1 } else { usize::MAX };
        Ok(failed.take(most).collect())
    }
}

/// One for each partition, where records have one, and one record at a time in it; otherwise one.
fn lanes(records: &[Identified], at_a_time: usize) -> Vec<Lane> {
    let mut lanes = Vec::new();
    let mut begin = 0;
    for same in records.chunk_by(|one, next| one.partition == next.partition) {
        let end = begin + same.len();
        let has_partition = same.iter().any(|record| record.partition.is_some());
        lanes.push(Lane::new(
            begin..end,
            if has_partition { 1 } else { at_a_time },
        ));
        begin = end;
    }
    lanes
}

/// The records that failed, as Lambda wants to be told: `{"batchItemFailures":[{"itemIdentifier":"…"}]}`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use powertools::{Context, EventHandler, batch};
///
/// let queue = batch::sqs(async |_: String| Err::<(), _>("the flour is out"));
/// let event = r#"{"Records":[{"messageId":"1","body":""}]}"#;
/// let failures = queue.handle(serde_json::from_str(event)?, Context::new("id")).await;
/// assert_eq!(failures.map(|failures| failures.ids().to_vec()).ok(), Some(vec!["1".to_owned()]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failures {
    ids: Vec<String>,
    items: Vec<Item>,
}

/// A record as Lambda knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Item {
    Id(String),
    /// Of Kafka. (Powertools for AWS Lambda (Python), pull request 7941)
    Place {
        partition: Arc<str>,
        offset: u64,
    },
}

impl Failures {
    /// Their ids: message ids, the sequence number from which on a stream is sent again, or partition and
    /// offset like `orders-0@15`.
    #[must_use]
    pub fn ids(&self) -> &[String] {
        &self.ids
    }
}

impl<'a> FromIterator<&'a Identified> for Failures {
    fn from_iter<I: IntoIterator<Item = &'a Identified>>(records: I) -> Self {
        let failed = records.into_iter();
        let failed = failed.map(|record| (record.name(), Item::of(record)));
        let (ids, items) = failed.unzip();
        Self { ids, items }
    }
}

impl Item {
    fn of(record: &Identified) -> Self {
        match (&record.partition, record.id.parse()) {
            (Some(partition), Ok(offset)) => Self::Place {
                partition: Arc::clone(partition),
                offset,
            },
            _ => Self::Id(record.id.clone()),
        }
    }
}

impl Serialize for Failures {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        #[derive(Serialize)]
        struct Failure<'a> {
            #[serde(rename = "itemIdentifier")]
            item: &'a Item,
        }

        let items = self.items.iter().map(|item| Failure { item });
        let items: Vec<Failure<'_>> = items.collect();
        let mut reply = serializer.serialize_struct("Failures", 1)?;
        reply.serialize_field("batchItemFailures", &items)?;
        reply.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time_to_handle(margin: Option<Duration>, remaining: Duration) -> Duration {
        let batch = sqs(async |_: String| Ok::<(), fmt::Error>(()));
        let batch = match margin {
            Some(margin) => batch.margin(margin),
            None => batch,
        };
        batch.time_to_handle(remaining)
    }

    #[test]
    fn a_margin_leaves_time_to_begin_with() {
        let seconds = Duration::from_secs;
        let millis = Duration::from_millis;
        for (margin, remaining, time) in [
            (None, seconds(30), millis(29_500)),
            (None, seconds(3), millis(2_700)),
            (None, seconds(0), seconds(0)),
            (Some(seconds(2)), seconds(30), seconds(28)),
            (Some(seconds(0)), seconds(30), seconds(30)),
            (Some(seconds(60)), seconds(30), seconds(15)),
            (Some(Duration::MAX), seconds(30), seconds(15)),
        ] {
            let message = format!("{margin:?} of {remaining:?}");
            assert_eq!(time_to_handle(margin, remaining), time, "{message}");
        }
    }

    #[test]
    fn the_reply_has_the_words_of_lambda() {
        let json = |ids: &[&str]| {
            let ids: Vec<_> = ids.iter().map(|id| (*id).to_owned()).collect();
            let items = ids.iter().cloned().map(Item::Id).collect();
            serde_json::to_string(&Failures { ids, items }).expect("text serialises")
        };
        assert_eq!(json(&[]), r#"{"batchItemFailures":[]}"#);
        assert_eq!(
            json(&["a", "b\""]),
            r#"{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b\""}]}"#
        );
    }
}
