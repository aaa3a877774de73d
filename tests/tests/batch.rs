//! Batches of queues and streams: what is handled, what is reported, and what is logged of it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    path::PathBuf,
    pin::Pin,
    sync::{
        Arc, Mutex, Once,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use powertools::{
    Context, EventHandler, Function, InvocationError,
    batch::{self, Batch, FromRecord, RawRecord, Record, RecordError, Records, Sqs},
    events::{dynamodb::EventRecord, kinesis::KinesisEventRecord, sqs::SqsMessage},
    logger,
    router::Json,
    testing::TestClient,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt;

type Handled = Result<(), String>;

/// A message of a standard queue.
fn message(id: &str, body: impl Into<Value>) -> Value {
    json!({
        "messageId": id,
        "receiptHandle": "AQEB",
        "body": body.into(),
        "attributes": {"ApproximateReceiveCount": "3", "SentTimestamp": "1545082649183"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:orders",
        "awsRegion": "eu-west-1",
    })
}

/// The same of a FIFO queue.
fn fifo(id: &str, body: &str) -> Value {
    let mut message = message(id, body);
    message["eventSourceARN"] = "arn:aws:sqs:eu-west-1:123456789012:orders.fifo".into();
    message["attributes"]["MessageGroupId"] = "a".into();
    message
}

/// A record of a Kinesis stream; `data` is base64.
fn kinesis(sequence_number: &str, data: &str) -> Value {
    json!({
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "1",
            "sequenceNumber": sequence_number,
            "data": data,
            "approximateArrivalTimestamp": 1545084650.987,
        },
        "eventSource": "aws:kinesis",
        "eventID": format!("shardId-000000000006:{sequence_number}"),
    })
}

fn event<const N: usize>(records: [Value; N]) -> Value {
    json!({ "Records": Vec::from(records) })
}

fn failures<const N: usize>(ids: [&str; N]) -> Value {
    let items = ids.map(|id| json!({"itemIdentifier": id}));
    json!({ "batchItemFailures": items.to_vec() })
}

/// Gives this process a subscriber that wants everything and writes nothing. Without one, a span that is first
/// met by a test that logs nothing, just while another begins to listen, may stay disabled for the whole process
/// (tracing-core registers it by the subscribers of a moment before).
fn everything_is_enabled() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    });
}

async fn invoke<S: batch::Service>(
    batch: Batch<S>,
    event: Value,
) -> Result<Value, InvocationError> {
    everything_is_enabled();
    TestClient::new(Function::new().on(batch))
        .invoke(event)
        .await
}

/// What a handler has seen.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Does what the body says, and remembers that it was asked.
fn obedient(
    seen: &Seen,
) -> impl Fn(String) -> Pin<Box<dyn Future<Output = Handled> + Send>> + use<> {
    let seen = seen.clone();
    move |body| {
        seen.note(body.clone());
        Box::pin(async move {
            match &*body {
                "fail" => Err("the flour is out".to_owned()),
                "panic" => panic!("the oven is on fire"),
                "hang" => std::future::pending().await,
                "yield" => {
                    tokio::task::yield_now().await;
                    Ok(())
                }
                _ => Ok(()),
            }
        })
    }
}

/// The lines that are logged meanwhile.
async fn logged<T>(work: impl Future<Output = T>) -> (T, Vec<Value>) {
    let written = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&written);
    let layer = logger::builder()
        .writer(move |line| sink.lock().unwrap().extend_from_slice(line))
        .layer();
    let subscriber = tracing_subscriber::registry().with(layer);
    let guard = tracing::subscriber::set_default(subscriber);
    let result = work.await;
    drop(guard);
    let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    (result, lines.collect())
}

#[tokio::test]
async fn a_record_without_an_id_fails_the_batch_before_anything_is_handled() {
    let missing = {
        let mut message = message("2", "fine");
        message.as_object_mut().unwrap().remove("messageId");
        message
    };
    let of = |id: Value| {
        let mut message = message("2", "fine");
        message["messageId"] = id;
        message
    };
    for bad in [
        missing,
        of("".into()),
        of(Value::Null),
        of(7.into()),
        of(json!(["2"])),
    ] {
        let seen = Seen::default();
        let event = event([message("1", "fine"), bad.clone(), message("3", "fail")]);
        let error = invoke(batch::sqs(obedient(&seen)), event)
            .await
            .unwrap_err();

        assert_eq!(error.error_type(), "InvalidEvent", "{bad}");
        let reason = "the event of `aws:sqs` is not as the handler expects: \
                      of 3 records, the 2nd has no `messageId`";
        assert!(error.message().starts_with(reason), "{}", error.message());
        assert_eq!(seen.all(), [""; 0], "{bad}");
    }
}

#[tokio::test]
async fn a_stream_s_record_without_a_sequence_number_fails_the_batch_too() {
    let fine = async |_: String| Handled::Ok(());
    for bad in [
        kinesis("", "YQ=="),
        json!({"eventSource": "aws:kinesis"}),
        json!({"eventSource": "aws:kinesis", "kinesis": null}),
        json!({"eventSource": "aws:kinesis", "kinesis": {"sequenceNumber": 49}}),
        // The number of the other kind of stream.
        json!({"eventSource": "aws:kinesis", "dynamodb": {"SequenceNumber": "49"}}),
        json!(7),
    ] {
        let event = event([kinesis("1", "YQ=="), bad.clone()]);
        let error = invoke(batch::kinesis(fine), event).await.unwrap_err();
        assert_eq!(error.error_type(), "InvalidEvent", "{bad}");
        let reason = "of 2 records, the 2nd has no `kinesis.sequenceNumber`";
        assert!(error.message().contains(reason), "{}", error.message());
    }
}

#[tokio::test]
async fn exactly_the_failing_messages_of_a_queue_are_reported() {
    let seen = Seen::default();
    let event = event([
        message("1", "fine"),
        message("2", "fail"),
        message("3", "yield"),
        message("4", "panic"),
        // No text, and none at all.
        message("5", Value::Null),
        message("6", json!({"a": 1})),
        message("7", "fine"),
    ]);
    let reply = invoke(batch::sqs(obedient(&seen)), event).await.unwrap();

    assert_eq!(reply, failures(["2", "4", "5", "6"]));
    assert_eq!(seen.all(), ["fine", "fail", "yield", "panic", "fine"]);
}

#[tokio::test]
async fn a_batch_that_is_done_reports_nothing() {
    let seen = Seen::default();
    let event = event([message("1", "fine"), message("2", "yield")]);
    let reply = invoke(batch::sqs(obedient(&seen)), event).await.unwrap();

    assert_eq!(reply, json!({"batchItemFailures": []}));
}

#[tokio::test]
async fn of_a_fifo_queue_the_first_failure_and_all_behind_it_are_reported_and_not_begun() {
    for bad in ["fail", "panic"] {
        let seen = Seen::default();
        let event = event([
            fifo("1", "yield"),
            fifo("2", bad),
            fifo("3", "fine"),
            fifo("4", "fail"),
        ]);
        // However many at a time.
        let batch = batch::sqs(obedient(&seen)).concurrency(8);
        let reply = invoke(batch, event).await.unwrap();

        assert_eq!(reply, failures(["2", "3", "4"]), "{bad}");
        assert_eq!(seen.all(), ["yield", bad]);
    }
}

#[tokio::test]
async fn a_fair_queue_has_groups_and_is_no_fifo_queue() {
    let seen = Seen::default();
    let mut records = [
        message("1", "fail"),
        message("2", "fine"),
        message("3", "fail"),
    ];
    for record in &mut records {
        record["attributes"]["MessageGroupId"] = "tenant".into();
    }
    let reply = invoke(batch::sqs(obedient(&seen)), event(records))
        .await
        .unwrap();

    assert_eq!(reply, failures(["1", "3"]));
    assert_eq!(seen.all(), ["fail", "fine", "fail"]);
}

#[tokio::test]
async fn no_more_records_are_handled_at_a_time_than_were_asked_for() {
    let standard = || event([(); 25].map(|()| message("1", "fine")));
    let ordered = || event([(); 25].map(|()| fifo("1", "fine")));
    for (event, concurrency, expected) in [
        (standard(), None, 10),
        (standard(), Some(0), 1),
        (standard(), Some(1), 1),
        (standard(), Some(3), 3),
        (standard(), Some(1000), 25),
        (ordered(), None, 1),
        (ordered(), Some(3), 1),
    ] {
        let most = Arc::default();
        let now = AtomicUsize::new(0);
        let state = Arc::new((Arc::clone(&most), now));
        let batch = batch::sqs(move |_: String| {
            let state = Arc::clone(&state);
            async move {
                let (most, now): &(Arc<AtomicUsize>, AtomicUsize) = &state;
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                for _ in 0..5 {
                    tokio::task::yield_now().await;
                }
                now.fetch_sub(1, Ordering::SeqCst);
                Handled::Ok(())
            }
        });
        let batch = match concurrency {
            Some(records) => batch.concurrency(records),
            None => batch,
        };
        assert_eq!(invoke(batch, event).await.unwrap(), failures([]));
        assert_eq!(most.load(Ordering::SeqCst), expected, "{concurrency:?}");
    }
}

#[tokio::test]
async fn of_a_stream_only_the_first_failure_is_reported_and_nothing_behind_it_is_begun() {
    let seen = Seen::default();
    // "fine", "fail", "fine", "fail"
    let records = [
        kinesis("10", "ZmluZQ=="),
        kinesis("11", "ZmFpbA=="),
        kinesis("12", "ZmluZQ=="),
        kinesis("13", "ZmFpbA=="),
    ];
    let reply = invoke(batch::kinesis(obedient(&seen)), event(records))
        .await
        .unwrap();

    assert_eq!(reply, failures(["11"]));
    assert_eq!(seen.all(), ["fine", "fail"]);
}

#[tokio::test]
async fn of_a_stream_handled_several_at_a_time_the_earliest_failure_is_reported() {
    // The last ones fail first; the fourth is never begun.
    let slow = async |Json(turns): Json<u32>| {
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        Err::<(), _>("not today")
    };
    let records = [
        kinesis("9", "OQ=="),
        kinesis("10", "NQ=="),
        kinesis("11", "MA=="),
        kinesis("12", "MA=="),
    ];
    let reply = invoke(batch::kinesis(slow).concurrency(3), event(records))
        .await
        .unwrap();

    assert_eq!(reply, failures(["9"]));
}

#[tokio::test]
async fn the_data_of_a_kinesis_record_is_taken_as_json_text_or_bytes() {
    async fn taken(data: &str) -> (Value, Value, Value) {
        let event = || event([kinesis("1", data)]);
        let json = invoke(
            batch::kinesis(async |_: Json<u64>| Handled::Ok(())),
            event(),
        )
        .await;
        let text = invoke(batch::kinesis(async |_: String| Handled::Ok(())), event()).await;
        let bytes = async |_: powertools::router::Bytes| Handled::Ok(());
        let bytes = invoke(batch::kinesis(bytes), event()).await;
        (json.unwrap(), text.unwrap(), bytes.unwrap())
    }

    let (done, failed) = (failures([]), failures(["1"]));
    // `7`, `seven`, a byte that is no text, and what is no base64.
    assert_eq!(
        taken("Nw==").await,
        (done.clone(), done.clone(), done.clone())
    );
    assert_eq!(
        taken("c2V2ZW4=").await,
        (failed.clone(), done.clone(), done.clone())
    );
    assert_eq!(taken("/w==").await, (failed.clone(), failed.clone(), done));
    assert_eq!(taken("%%%").await, (failed.clone(), failed.clone(), failed));
}

#[tokio::test]
async fn samples_reach_handlers_as_the_types_of_aws() {
    let read = |file: &str| {
        let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/events");
        let text = fs::read_to_string(directory.join(file)).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let seen = Seen::default();

    let sink = seen.clone();
    let queue = batch::sqs(move |Record(message): Record<SqsMessage>| {
        sink.note(format!(
            "{} {}",
            message.attributes["SentTimestamp"],
            message.body.unwrap()
        ));
        async { Handled::Ok(()) }
    });
    let sink = seen.clone();
    let stream = batch::kinesis(
        move |Record(record): Record<KinesisEventRecord>, data: String| {
            sink.note(format!("{} {data}", record.kinesis.partition_key));
            async { Handled::Ok(()) }
        },
    );
    let sink = seen.clone();
    let table = batch::dynamodb(move |Record(record): Record<EventRecord>| {
        sink.note(format!(
            "{} {}",
            record.event_name,
            record.change.new_image.len()
        ));
        async { Handled::Ok(()) }
    });
    let function = TestClient::new(Function::new().on(queue).on(stream).on(table));

    // This sample's first message has an attribute that should be base64 and is not: a failure of its own.
    let broken = failures(["059f36b4-87a3-44ab-83d2-661975830a7d"]);
    for (file, reply) in [
        ("sqsEvent.json", broken),
        ("kinesisStreamEvent.json", failures([])),
        ("dynamoStreamEvent.json", failures([])),
    ] {
        assert_eq!(function.invoke(read(file)).await.unwrap(), reply, "{file}");
    }
    assert_eq!(
        seen.all(),
        [
            "1545082650636 {\"message\": \"foo1\"}",
            "1 Hello, this is a test.",
            "1 This is only a test.",
            "INSERT 2",
            "MODIFY 2",
        ]
    );
}

#[tokio::test]
async fn of_a_table_s_stream_the_first_failure_is_reported_by_its_sequence_number() {
    #[derive(Deserialize)]
    struct Change {
        #[serde(rename = "eventName")]
        name: String,
    }

    let change = |name: Option<&str>, number: &str| {
        json!({
            "eventSource": "aws:dynamodb",
            "eventName": name,
            "dynamodb": {"SequenceNumber": number, "Keys": {"Id": {"N": "101"}}},
        })
    };
    let removals_fail = async |Record(change): Record<Change>| match &*change.name {
        "REMOVE" => Err("may not be removed"),
        _ => Ok(()),
    };
    for (second, reported) in [
        (change(Some("MODIFY"), "222"), failures([])),
        (change(Some("REMOVE"), "222"), failures(["222"])),
        (change(None, "222"), failures(["222"])),
    ] {
        let event = event([change(Some("INSERT"), "111"), second]);
        let reply = invoke(batch::dynamodb(removals_fail), event).await.unwrap();
        assert_eq!(reply, reported);
    }
}

#[tokio::test]
async fn if_all_fail_all_are_reported_unless_the_invocation_is_to_fail() {
    let seen = Seen::default();
    let batch = || batch::sqs(obedient(&seen));
    let all = || event([message("1", "fail"), message("2", "panic")]);
    let some = || event([message("1", "fail"), message("2", "fine")]);

    assert_eq!(invoke(batch(), all()).await.unwrap(), failures(["1", "2"]));

    let failing = || batch().fail_if_none_is_done();
    let error = invoke(failing(), all()).await.unwrap_err();
    assert_eq!(error.error_type(), "BatchFailed");
    assert_eq!(error.message(), "none of 2 records could be handled");
    assert_eq!(invoke(failing(), some()).await.unwrap(), failures(["1"]));
}

/// The ids that a batch reports within an invocation that ends in so many seconds.
async fn ids_within(batch: Batch<Sqs>, seconds: u64, event: Value) -> Vec<String> {
    everything_is_enabled();
    let mut context = Context::new("id");
    context.deadline = SystemTime::now() + Duration::from_secs(seconds);
    let records: Records<Sqs> = serde_json::from_value(event).unwrap();
    let failures = batch.handle(records, context).await.unwrap();
    failures.ids().to_vec()
}

#[tokio::test(start_paused = true)]
async fn what_is_not_done_when_the_invocation_is_about_to_end_is_reported_and_the_rest_is_not() {
    let seen = Seen::default();
    let records = || {
        event([
            message("1", "fine"),
            message("2", "hang"),
            message("3", "hang"),
            message("4", "fine"),
        ])
    };
    let batch = batch::sqs(obedient(&seen)).concurrency(2);
    let (ids, lines) = logged(ids_within(batch, 30, records())).await;

    // Two hang, so that the last one is never begun.
    assert_eq!(ids, ["2", "3", "4"]);
    assert_eq!(seen.all(), ["fine", "hang", "hang"]);
    let told: Vec<_> = lines
        .iter()
        .map(|line| (&line["level"], &line["message_id"], &line["message"]))
        .collect();
    let given_up = "the record was given up: the invocation is about to end";
    let left = "not begun, after a failure or for want of time; they come again";
    assert_eq!(
        told,
        [
            (&json!("ERROR"), &json!("2"), &json!(given_up)),
            (&json!("ERROR"), &json!("3"), &json!(given_up)),
            (&json!("WARN"), &Value::Null, &json!(left)),
        ]
    );
    assert_eq!(lines[2]["records"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_margin_is_kept_and_an_invocation_that_has_ended_begins_nothing() {
    let begun = tokio::time::Instant::now();
    let seen = Seen::default();
    let batch = batch::sqs(obedient(&seen)).margin(Duration::from_secs(20));
    let ids = ids_within(batch.clone(), 30, event([message("1", "hang")])).await;
    let taken = begun.elapsed();
    assert_eq!(ids, ["1"]);
    // No more than half of the time is left over.
    assert!(
        taken > Duration::from_secs(14) && taken <= Duration::from_secs(15),
        "{taken:?}"
    );

    let ids = ids_within(
        batch,
        0,
        event([message("1", "fine"), message("2", "fine")]),
    )
    .await;
    assert_eq!(ids, ["1", "2"]);
    assert_eq!(seen.all(), ["hang"]);
}

#[tokio::test]
async fn a_failed_record_is_one_line_with_its_cause_and_each_line_has_the_record_s_id() {
    #[derive(Debug, thiserror::Error)]
    #[error("the order was not charged")]
    struct NotCharged(#[source] std::fmt::Error);

    let handler = async |Json(order): Json<u64>| {
        tracing::info!(order, "charging");
        tokio::task::yield_now().await;
        tracing::info!(order, "asked the bank");
        match order {
            2 => Err(NotCharged(std::fmt::Error)),
            _ => Ok(()),
        }
    };
    let event = event([message("a", "1"), message("b", "2"), message("c", "three")]);
    let (reply, lines) = logged(invoke(batch::sqs(handler), event)).await;

    assert_eq!(reply.unwrap(), failures(["b", "c"]));
    let orders = lines.iter().filter(|line| line["order"].is_u64());
    let orders: Vec<_> = orders
        .map(|line| (&line["order"], &line["message_id"]))
        .collect();
    let (one, two) = ((&json!(1), &json!("a")), (&json!(2), &json!("b")));
    // Both have begun before either ends, and each has its own id.
    assert_eq!(orders[..2], [one, two]);
    assert!(
        orders[2..] == [one, two] || orders[2..] == [two, one],
        "{orders:?}"
    );

    let errors: Vec<_> = lines
        .iter()
        .filter(|line| line["level"] == "ERROR")
        .collect();
    assert_eq!(errors.len(), 2, "{errors:?}");
    let of = |id: &str| *errors.iter().find(|line| line["message_id"] == id).unwrap();
    assert_eq!(of("b")["message"], "the record failed");
    assert_eq!(of("b")["error"]["message"], "the order was not charged");
    assert_eq!(
        of("b")["error"]["causes"],
        json!([std::fmt::Error.to_string()])
    );
    assert_eq!(
        of("c")["error"]["message"],
        "the record's body is not JSON as the handler expects"
    );
    assert_eq!(
        of("c")["error"]["causes"],
        json!(["expected ident at line 1 column 2"])
    );
}

#[tokio::test]
async fn a_panic_is_a_line_with_the_record_s_id() {
    let panics = async |_: String| -> Handled { panic!("the oven is on fire") };
    let event = event([kinesis("49", "YQ==")]);
    let (reply, lines) = logged(invoke(batch::kinesis(panics), event)).await;

    assert_eq!(reply.unwrap(), failures(["49"]));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["level"], "ERROR");
    assert_eq!(lines[0]["message"], "the record's handler panicked");
    assert_eq!(lines[0]["panic"], "the oven is on fire");
    assert_eq!(lines[0]["sequence_number"], "49");
}

#[tokio::test]
async fn a_handler_may_take_what_it_needs_in_up_to_four_arguments() {
    #[derive(Deserialize)]
    struct Attributes {
        #[serde(rename = "ApproximateReceiveCount")]
        count: String,
    }

    #[derive(Deserialize)]
    struct Message {
        attributes: Attributes,
    }

    struct Attempt(u32);

    impl FromRecord<Sqs> for Attempt {
        fn from_record(record: &RawRecord<'_>) -> Result<Self, RecordError> {
            let Record(message): Record<Message> = FromRecord::<Sqs>::from_record(record)?;
            let count = message.attributes.count.parse();
            count.map(Self).map_err(RecordError::other)
        }
    }

    let seen = Seen::default();
    let sink = seen.clone();
    let handler =
        move |Json(order): Json<u64>, body: String, Attempt(attempt), context: Context| {
            let sink = sink.clone();
            async move {
                sink.note(format!("{order} {body} {attempt} {}", context.request_id));
                Handled::Ok(())
            }
        };
    let mut odd = message("2", "8");
    odd["attributes"]["ApproximateReceiveCount"] = "thrice".into();
    let event = event([message("1", "7"), odd]);
    let (reply, lines) = logged(invoke(batch::sqs(handler), event)).await;

    assert_eq!(reply.unwrap(), failures(["2"]));
    assert_eq!(seen.all(), ["7 7 3 00000000-0000-4000-8000-000000000000"]);
    assert_eq!(
        lines[0]["error"]["message"],
        "invalid digit found in string"
    );
}

#[tokio::test]
async fn a_batch_takes_the_events_of_its_service_only() {
    let seen = Seen::default();
    let queue = event([message("1", "fine")]);
    let stream = event([kinesis("1", "ZmluZQ==")]);

    let error = invoke(batch::kinesis(obedient(&seen)), queue)
        .await
        .unwrap_err();
    assert_eq!(error.error_type(), "UnknownEvent");
    assert!(
        error.message().contains("the event of `aws:sqs`"),
        "{error}"
    );
    let error = invoke(batch::sqs(obedient(&seen)), stream)
        .await
        .unwrap_err();
    assert_eq!(error.error_type(), "UnknownEvent");
    assert!(
        error.message().contains("the event of `aws:kinesis`"),
        "{error}"
    );

    // A window's answer has to have its state.
    let mut window = event([kinesis("1", "ZmluZQ==")]);
    window["window"] = json!({"start": "2020-12-09T07:04:00Z", "end": "2020-12-09T07:06:00Z"});
    let error = invoke(batch::kinesis(obedient(&seen)), window)
        .await
        .unwrap_err();
    assert_eq!(error.error_type(), "UnknownEvent");
    assert!(seen.all().is_empty());
}

mod kafka {
    use powertools::{batch::Key, router::Bytes};

    use super::*;

    fn record(partition: u32, offset: u64, value: impl Into<Value>) -> Value {
        json!({
            "topic": "orders",
            "partition": partition,
            "offset": offset,
            "timestamp": 1545084650987u64,
            "timestampType": "CREATE_TIME",
            "key": "cmVjb3JkS2V5",
            "value": value.into(),
            "headers": [],
        })
    }

    fn event(source: &str, records: &Value) -> Value {
        json!({ "eventSource": source, "bootstrapServers": "b:9092", "records": records })
    }

    async fn reply(batch: Batch<batch::Kafka>, event: Value) -> Value {
        let client = TestClient::new(Function::new().on(batch));
        client.invoke(event).await.unwrap()
    }

    #[tokio::test]
    async fn a_record_without_an_offset_fails_the_batch_before_anything_is_handled() {
        let topic = batch::kafka(async |_: Bytes| -> Handled { panic!("nothing is handled") });
        let broken = json!({ "orders-3": [record(3, 1, "YQ=="), { "value": "YQ==" }] });
        let client = TestClient::new(Function::new().on(topic));
        let error = client
            .invoke(event("aws:kafka", &broken))
            .await
            .unwrap_err();
        assert_eq!(error.error_type(), "InvalidEvent");
        let reason = "of 2 records in `orders-3`, the 2nd has no `offset`";
        assert!(error.message().contains(reason), "{}", error.message());
    }

    #[tokio::test]
    async fn an_offset_that_is_none_is_shown() {
        let topic = batch::kafka(async |_: Bytes| -> Handled { panic!("nothing is handled") });
        let client = TestClient::new(Function::new().on(topic));
        for offset in [json!("15"), json!(-1), json!(1.5), json!(true), json!([])] {
            let broken = json!({ "orders-3": [{ "offset": offset, "value": "YQ==" }] });
            let invoked = client.invoke(event("aws:kafka", &broken)).await;
            let error = invoked.unwrap_err();
            assert_eq!(error.error_type(), "InvalidEvent");
            let reason = format!(
                "of 1 records in `orders-3`, the 1st has the `offset` {offset}, which is no whole number \
                 from 0 on"
            );
            assert!(error.message().contains(&reason), "{}", error.message());
        }
    }

    #[tokio::test]
    async fn of_a_partition_that_is_there_twice_all_records_are_handled() {
        let topic = batch::kafka(async |text: String| match &*text {
            "a" => Ok(()),
            _ => Err("on purpose".to_owned()),
        });
        let records = r#"{
            "orders-0": [{ "offset": 1, "value": "YQ==" }, { "offset": 2, "value": "Yg==" }],
            "orders-1": [{ "offset": 9, "value": "YQ==" }],
            "orders-0": [{ "offset": 3, "value": "YQ==" }]
        }"#;
        let event = format!(r#"{{ "eventSource": "aws:kafka", "records": {records} }}"#);
        let client = TestClient::new(Function::new().on(topic));
        let failures = json!({ "batchItemFailures": [
            { "itemIdentifier": { "partition": "orders-0", "offset": 2 } },
            { "itemIdentifier": { "partition": "orders-0", "offset": 3 } },
        ] });
        assert_eq!(client.invoke_raw(event).await.unwrap(), failures);
    }

    #[tokio::test]
    async fn a_failure_stops_its_partition_and_no_other() {
        let handled = Arc::new(Mutex::new(Vec::new()));
        for concurrency in [1, 2, 8] {
            handled.lock().unwrap().clear();
            let seen = Arc::clone(&handled);
            let topic = batch::kafka(move |text: String| {
                let seen = Arc::clone(&seen);
                async move {
                    seen.lock().unwrap().push(text.clone());
                    tokio::task::yield_now().await;
                    match &*text {
                        "b" => Err("on purpose".to_owned()),
                        _ => Ok(()),
                    }
                }
            });
            let records = json!({
                "orders-0": [
                    record(0, 15, "YQ=="), record(0, 16, "Yg=="), record(0, 17, "Yw=="),
                    record(0, 18, "ZA=="),
                ],
                "orders-1": [record(1, 7, "ZQ=="), record(1, 8, "Zg==")],
            });
            let topic = topic.concurrency(concurrency);
            let failures = json!({ "batchItemFailures": [
                { "itemIdentifier": { "partition": "orders-0", "offset": 16 } },
                { "itemIdentifier": { "partition": "orders-0", "offset": 17 } },
                { "itemIdentifier": { "partition": "orders-0", "offset": 18 } },
            ] });
            assert_eq!(reply(topic, event("aws:kafka", &records)).await, failures);
            let handled = handled.lock().unwrap().clone();
            let of = |names: &str| -> Vec<_> {
                let seen = handled.iter().filter(|text| names.contains(&***text));
                seen.cloned().collect()
            };
            assert_eq!(of("abcd"), ["a", "b"], "{concurrency}");
            assert_eq!(of("ef"), ["e", "f"], "{concurrency}");
        }
    }

    #[tokio::test]
    async fn a_partition_is_handled_one_by_one_and_partitions_side_by_side() {
        let running = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let count = Arc::clone(&running);
        let topic = batch::kafka(move |_: Bytes| {
            let count = Arc::clone(&count);
            async move {
                let now = count.0.fetch_add(1, Ordering::SeqCst) + 1;
                count.1.fetch_max(now, Ordering::SeqCst);
                for _ in 0..3 {
                    tokio::task::yield_now().await;
                }
                count.0.fetch_sub(1, Ordering::SeqCst);
                Ok::<(), String>(())
            }
        });
        let part = |partition| -> Value {
            let records = (0..5).map(|offset| record(partition, offset, "YQ=="));
            records.collect::<Vec<_>>().into()
        };
        let records = json!({ "orders-0": part(0), "orders-1": part(1), "orders-2": part(2) });
        let none = json!({ "batchItemFailures": [] });
        let all = event("aws:SelfManagedKafka", &records);
        assert_eq!(reply(topic.concurrency(10), all).await, none);
        assert_eq!(running.1.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn keys_and_values_are_what_was_sent() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heard);
        let topic = batch::kafka(move |Key(key): Key, value: Option<Json<Value>>| {
            let seen = Arc::clone(&seen);
            async move {
                let value = value.map(|Json(value)| value);
                seen.lock().unwrap().push((key, value));
                Ok::<(), String>(())
            }
        });
        let mut bare = record(0, 2, Value::Null);
        bare["key"] = Value::Null;
        let records = json!({ "orders-0": [
            record(0, 1, "eyJrZXkiOiJ2YWx1ZSJ9"), bare, record(0, 3, "e30"),
        ] });
        let failures = json!({ "batchItemFailures": [
            { "itemIdentifier": { "partition": "orders-0", "offset": 3 } },
        ] });
        assert_eq!(
            reply(topic, event("SelfManagedKafka", &records)).await,
            failures
        );
        let key = Some(Bytes::from_static(b"recordKey"));
        let heard = heard.lock().unwrap().clone();
        assert_eq!(heard, [(key, Some(json!({"key": "value"}))), (None, None)]);
    }

    #[tokio::test]
    async fn a_record_without_a_value_is_named_where_one_is_wanted() {
        let topic = batch::kafka(async |_: String| Ok::<(), String>(()));
        let records = json!({ "orders-0": [record(0, 1, Value::Null)] });
        let failed = reply(topic, event("aws:kafka", &records)).await;
        let place = json!({ "partition": "orders-0", "offset": 1 });
        assert_eq!(failed["batchItemFailures"][0]["itemIdentifier"], place);
    }

    #[tokio::test]
    async fn the_events_that_were_captured_are_read() {
        for file in ["kafkaEventMsk.json", "kafkaEventSelfManaged.json"] {
            let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/events");
            let event = fs::read_to_string(path.join(file)).unwrap();
            let event: Value = serde_json::from_str(&event).unwrap();
            let count = Arc::new(AtomicUsize::new(0));
            let seen = Arc::clone(&count);
            let topic = batch::kafka(move |Json(value): Json<Value>| {
                seen.fetch_add(1, Ordering::SeqCst);
                async move {
                    assert_eq!(value, json!({ "key": "value" }));
                    Ok::<(), String>(())
                }
            });
            assert_eq!(
                reply(topic, event).await,
                json!({ "batchItemFailures": [] })
            );
            assert_eq!(count.load(Ordering::SeqCst), 1, "{file}");
        }
    }
}
