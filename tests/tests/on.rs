//! Events of other services: who gets which, and what is said of those that nobody takes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{collections::BTreeSet, fs, future::Ready, path::PathBuf};

use powertools::{
    Context, EventHandler, Function, InvocationError,
    event::{EventType, Origin},
    events::{
        activemq, apigw, appsync, bedrock_agent_runtime, cloudformation, cloudwatch_alarms,
        cloudwatch_logs, codedeploy, codepipeline_job, cognito, config, connect, documentdb,
        dynamodb, eventbridge, firehose, kafka, kinesis, rabbitmq, s3, secretsmanager, ses, sns,
        sqs,
    },
    router::Router,
    testing::TestClient,
};
use serde::Deserialize;
use serde_json::{Value, json};

type Named = Result<&'static str, InvocationError>;

/// A handler that says its name.
fn named<E>(name: &'static str) -> impl Fn(E, Context) -> Ready<Named> {
    move |_, _| std::future::ready(Ok(name))
}

/// A function that has a handler of each type, which says the type's module.
fn every_type() -> Function {
    let router = Router::new(Default::default()).unwrap();
    Function::new()
        .http(router)
        .on::<sqs::SqsEvent, _>(named("sqs"))
        .on::<sns::SnsEvent, _>(named("sns"))
        .on::<s3::S3Event, _>(named("s3"))
        .on::<s3::batch_job::S3BatchJobEvent, _>(named("s3 batch"))
        .on::<s3::object_lambda::S3ObjectLambdaEvent, _>(named("s3 object lambda"))
        .on::<kinesis::KinesisTimeWindowEvent, _>(named("kinesis window"))
        .on::<kinesis::KinesisEvent, _>(named("kinesis"))
        .on::<dynamodb::TimeWindowEvent, _>(named("dynamodb window"))
        .on::<dynamodb::Event, _>(named("dynamodb"))
        .on::<ses::SimpleEmailEvent, _>(named("ses"))
        .on::<kafka::KafkaEvent, _>(named("kafka"))
        .on::<activemq::ActiveMqEvent, _>(named("activemq"))
        .on::<rabbitmq::RabbitMqEvent, _>(named("rabbitmq"))
        .on::<documentdb::DocumentDbEvent, _>(named("documentdb"))
        .on::<eventbridge::EventBridgeEvent, _>(named("eventbridge"))
        .on::<cloudwatch_alarms::CloudWatchAlarm, _>(named("alarm"))
        .on::<cloudwatch_logs::LogsEvent, _>(named("logs"))
        .on::<apigw::ApiGatewayCustomAuthorizerRequest, _>(named("token"))
        .on::<apigw::ApiGatewayCustomAuthorizerRequestTypeRequest, _>(named("authorizer"))
        .on::<apigw::ApiGatewayV2CustomAuthorizerV2Request, _>(named("authorizer 2.0"))
        .on::<cognito::CognitoEventUserPoolsPreSignup, _>(named("pre sign-up"))
        .on::<cognito::CognitoEventUserPoolsPreAuthentication, _>(named("pre authentication"))
        .on::<cognito::CognitoEventUserPoolsPostConfirmation, _>(named("post confirmation"))
        .on::<cognito::CognitoEventUserPoolsPostAuthentication, _>(named("post authentication"))
        .on::<cognito::CognitoEventUserPoolsPreTokenGenV2, _>(named("token generation"))
        .on::<cognito::CognitoEventUserPoolsMigrateUser, _>(named("migration"))
        .on::<cognito::CognitoEventUserPoolsCustomMessage, _>(named("custom message"))
        .on::<cognito::CognitoEventUserPoolsDefineAuthChallenge, _>(named("define challenge"))
        .on::<cognito::CognitoEventUserPoolsCreateAuthChallenge, _>(named("create challenge"))
        .on::<cognito::CognitoEventUserPoolsVerifyAuthChallenge, _>(named("verify challenge"))
        .on::<firehose::KinesisFirehoseEvent, _>(named("firehose"))
        .on::<appsync::AppSyncDirectResolverEvent, _>(named("resolver"))
        .on::<bedrock_agent_runtime::AgentEvent, _>(named("agent"))
        .on::<connect::ConnectEvent, _>(named("connect"))
        .on::<cloudformation::CloudFormationCustomResourceRequest, _>(named("cloudformation"))
        .on::<codedeploy::CodeDeployLifecycleEvent, _>(named("codedeploy"))
        .on::<codepipeline_job::CodePipelineJobEvent, _>(named("codepipeline"))
        .on::<config::ConfigEvent, _>(named("config"))
        .on::<secretsmanager::SecretsManagerSecretRotationEvent, _>(named("rotation"))
}

/// What becomes of a sample.
enum Becomes {
    /// A request, which no route is for.
    Http,
    /// An event that this handler gets.
    Event(&'static str),
    /// An event that nobody takes, told in these words.
    Unknown(&'static str),
    /// An event of a type that it is not, told in these words.
    Invalid(&'static str),
}

use Becomes::{Event, Http, Invalid, Unknown};

#[rustfmt::skip]
const SAMPLES: &[(&str, Becomes)] = &[
    ("activeMQEvent", Invalid("the event of `aws:amq` is not as the handler expects: missing field `deliveryMode`")),
    ("albEvent", Http),
    ("albMultiValueHeadersEvent", Http),
    ("apiGatewayAuthorizerRequestEvent", Event("authorizer")),
    ("apiGatewayAuthorizerTokenEvent", Event("token")),
    ("apiGatewayAuthorizerV2Event", Event("authorizer 2.0")),
    ("apiGatewayProxyEvent", Http),
    ("apiGatewayProxyEventAnotherPath", Http),
    ("apiGatewayProxyEventNoOrigin", Http),
    ("apiGatewayProxyEventPathTrailingSlash", Http),
    ("apiGatewayProxyV2Event", Http),
    ("apiGatewayProxyV2Event_GET", Http),
    ("apiGatewayProxyV2IamEvent", Http),
    ("apiGatewayProxyV2SchemaMiddlwareInvalidEvent", Http),
    ("apiGatewayProxyV2SchemaMiddlwareValidEvent", Http),
    ("apiGatewayWebSocketApiConnect", Unknown("the event of a WebSocket (API Gateway)")),
    ("apiGatewayWebSocketApiMessage", Unknown("the event of a WebSocket (API Gateway)")),
    ("apigatewayeSchemaMiddlwareValidEvent", Http),
    ("appSyncAuthorizerEvent", Unknown("the event is from no HTTP front end")),
    ("appSyncAuthorizerResponse", Unknown("the event is from no HTTP front end")),
    ("appSyncBatchEvent", Unknown("the event is from no HTTP front end")),
    ("appSyncDirectResolver", Event("resolver")),
    ("appSyncResolverEvent", Unknown("the event is from no HTTP front end")),
    ("awsConfigRuleConfigurationChanged", Event("config")),
    ("awsConfigRuleOversizedConfiguration", Event("config")),
    ("awsConfigRuleScheduled", Event("config")),
    ("bedrockAgentEvent", Event("agent")),
    ("bedrockAgentEventWithPathParams", Event("agent")),
    ("bedrockAgentPostEvent", Event("agent")),
    ("cloudWatchAlarmEventCompositeMetric", Event("alarm")),
    ("cloudWatchAlarmEventSingleMetric", Event("alarm")),
    ("cloudWatchDashboardEvent", Unknown("the event is from no HTTP front end")),
    ("cloudWatchLogEvent", Event("logs")),
    ("cloudWatchLogEventWithPolicyLevel", Invalid("the batch of log lines (CloudWatch) is not as the handler expects: invalid gzip header")),
    ("cloudformationCustomResourceCreate", Event("cloudformation")),
    ("cloudformationCustomResourceDelete", Event("cloudformation")),
    ("cloudformationCustomResourceUpdate", Event("cloudformation")),
    ("codeDeployLifecycleHookEvent", Event("codedeploy")),
    ("cognitoCreateAuthChallengeEvent", Event("create challenge")),
    ("cognitoCustomEmailSenderEvent", Unknown("the trigger `CustomEmailSender_SignUp` (Cognito)")),
    ("cognitoCustomMessageEvent", Event("custom message")),
    ("cognitoCustomSMSSenderEvent", Unknown("the trigger `CustomSMSSender_SignUp` (Cognito)")),
    ("cognitoDefineAuthChallengeEvent", Event("define challenge")),
    ("cognitoPostAuthenticationEvent", Event("post authentication")),
    ("cognitoPostConfirmationEvent", Invalid("the trigger `PostConfirmation_ConfirmSignUp` (Cognito) is not as the handler expects: invalid type: boolean `true`, expected a string")),
    ("cognitoPreAuthenticationEvent", Event("pre authentication")),
    ("cognitoPreSignUpEvent", Invalid("the trigger `PreSignUp_SignUp` (Cognito) is not as the handler expects: missing field `autoConfirmUser`")),
    ("cognitoPreTokenGenerationEvent", Invalid("the trigger `TokenGeneration_Authentication` (Cognito) is not as the handler expects: missing field `scopes`")),
    ("cognitoPreTokenV2GenerationEvent", Event("token generation")),
    ("cognitoUserMigrationEvent", Event("migration")),
    ("cognitoVerifyAuthChallengeResponseEvent", Event("verify challenge")),
    ("connectContactFlowEventAll", Event("connect")),
    ("connectContactFlowEventMin", Invalid("the event is not as the handler expects: invalid type: null, expected struct ConnectEndpoint")),
    ("dynamoStreamEvent", Event("dynamodb")),
    ("eventBridgeEvent", Event("eventbridge")),
    ("kafkaEventMsk", Event("kafka")),
    ("kafkaEventSelfManaged", Event("kafka")),
    ("kinesisFirehoseKinesisEvent", Event("firehose")),
    ("kinesisFirehosePutEvent", Event("firehose")),
    ("kinesisFirehoseSQSEvent", Event("firehose")),
    ("kinesisStreamCloudWatchLogsEvent", Event("kinesis")),
    ("kinesisStreamEvent", Event("kinesis")),
    ("lambdaFunctionUrlEvent", Http),
    ("lambdaFunctionUrlEventWithHeaders", Http),
    ("rabbitMQEvent", Event("rabbitmq")),
    ("s3BatchOperationEventSchemaV1", Event("s3 batch")),
    ("s3BatchOperationEventSchemaV2", Event("s3 batch")),
    ("s3Event", Event("s3")),
    ("s3EventBridgeNotificationObjectCreatedEvent", Event("eventbridge")),
    ("s3EventBridgeNotificationObjectDeletedEvent", Event("eventbridge")),
    ("s3EventBridgeNotificationObjectExpiredEvent", Event("eventbridge")),
    ("s3EventBridgeNotificationObjectRestoreCompletedEvent", Event("eventbridge")),
    ("s3EventDecodedKey", Event("s3")),
    ("s3EventDeleteObject", Event("s3")),
    ("s3EventGlacier", Event("s3")),
    ("s3ObjectEventIAMUser", Event("s3 object lambda")),
    ("s3ObjectEventTempCredentials", Event("s3 object lambda")),
    ("s3SqsEvent", Event("sqs")),
    ("secretsManagerEvent", Event("rotation")),
    ("sesEvent", Event("ses")),
    ("snsEvent", Event("sns")),
    ("snsSqsEvent", Event("sqs")),
    ("sqsDlqTriggerEvent", Event("sqs")),
    ("sqsEvent", Invalid("the event of `aws:sqs` is not as the handler expects: Invalid input length: 9")),
    ("vpcLatticeEvent", Http),
    ("vpcLatticeEventPathTrailingSlash", Http),
    ("vpcLatticeV2Event", Http),
];

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/events")
}

fn read(file: &str) -> String {
    let path = directory().join(file).with_extension("json");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn files() -> BTreeSet<String> {
    let entries = fs::read_dir(directory()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let events = names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned));
    events.collect()
}

#[test]
fn every_sample_has_its_row() {
    let listed: BTreeSet<String> = SAMPLES.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(listed.len(), SAMPLES.len(), "no file has two rows");
    assert_eq!(files(), listed);
}

#[tokio::test]
async fn every_sample_reaches_its_handler_or_is_named_in_an_error() {
    let client = TestClient::new(every_type());
    for (file, becomes) in SAMPLES {
        let result = client.invoke_raw(read(file)).await;
        match (becomes, result) {
            (Http, Ok(reply)) => assert_eq!(reply["statusCode"], 404, "{file}"),
            (Event(name), Ok(reply)) => assert_eq!(reply, *name, "{file}"),
            (Unknown(told), Err(error)) => {
                assert_eq!(error.error_type(), "UnknownEvent", "{file}");
                assert!(error.message().contains(told), "{file}: {error}");
            }
            (Invalid(told), Err(error)) => {
                assert_eq!(error.error_type(), "InvalidEvent", "{file}");
                assert!(error.message().starts_with(told), "{file}: {error}");
            }
            (_, result) => panic!("{file}: {result:?}"),
        }
    }
}

#[tokio::test]
async fn what_would_deserialise_as_a_type_is_not_one_for_that() {
    for file in [
        "s3Event",
        "sesEvent",
        "kinesisStreamEvent",
        "dynamoStreamEvent",
    ] {
        let event = read(file);
        assert!(
            serde_json::from_str::<sqs::SqsEvent>(&event).is_ok(),
            "{file}"
        );
        let function = Function::new().on::<sqs::SqsEvent, _>(named("queue"));
        let error = TestClient::new(function)
            .invoke_raw(event)
            .await
            .unwrap_err();
        assert_eq!(error.error_type(), "UnknownEvent", "{file}");
    }
}

/// An event with one of its values replaced: at the top, and within its first record.
fn mutated(event: &Value) -> Vec<Value> {
    let others = [
        json!(null),
        json!(7),
        json!([]),
        json!({}),
        json!([null]),
        json!("\u{fffd}"),
    ];
    let mut mutated = Vec::new();
    let Some(object) = event.as_object() else {
        return mutated;
    };
    for key in object.keys() {
        let mut without = event.clone();
        without.as_object_mut().unwrap().remove(key);
        mutated.push(without);
        for other in &others {
            let mut event = event.clone();
            event[key] = other.clone();
            mutated.push(event);
        }
    }
    let record = event["Records"].get(0).and_then(Value::as_object);
    for key in record.into_iter().flatten().map(|(key, _)| key) {
        for other in &others {
            let mut event = event.clone();
            event["Records"][0][key] = other.clone();
            mutated.push(event);
        }
    }
    mutated
}

#[tokio::test]
async fn no_mutated_event_makes_anything_panic_or_fails_without_a_reason() {
    let client = TestClient::new(every_type());
    let (mut answered, mut unknown, mut invalid) = (0, 0, 0);
    for (file, _) in SAMPLES {
        let event: Value = serde_json::from_str(&read(file)).unwrap();
        for event in mutated(&event) {
            match client.invoke(&event).await {
                Ok(_) => answered += 1,
                Err(error) => {
                    assert!(!error.message().is_empty(), "{file}");
                    match error.error_type() {
                        "UnknownEvent" => unknown += 1,
                        "InvalidEvent" => invalid += 1,
                        other => panic!("{file}: {other}: {error}: {event}"),
                    }
                }
            }
        }
    }
    for (what, count) in [
        ("answered", answered),
        ("unknown", unknown),
        ("invalid", invalid),
    ] {
        assert!(count > 200, "{what}: {count}");
    }
}

#[tokio::test]
async fn a_truncated_event_is_an_invalid_one() {
    let client = TestClient::new(every_type());
    for (file, _) in SAMPLES {
        let event = read(file);
        let event = event.trim_end();
        for part in 1..8 {
            let bytes = &event.as_bytes()[..event.len() * part / 8];
            let error = client.invoke_raw(bytes.to_vec()).await.unwrap_err();
            assert_eq!(error.error_type(), "InvalidEvent", "{file}, {part}/8");
            let reason = "the event is not JSON: ";
            assert!(error.message().starts_with(reason), "{file}: {error}");
        }
    }
}

/// An event of the tests' own.
#[derive(Debug, Deserialize)]
struct Sold {
    detail: u64,
}

impl EventType for Sold {
    fn matches(origin: &Origin<'_>) -> bool {
        origin.text("source").as_deref() == Some("shop.sales")
            && origin.text("detail-type").as_deref() == Some("Sold")
    }
}

fn sold(detail: impl Into<Value>) -> Value {
    let detail = detail.into();
    json!({"source": "shop.sales", "detail-type": "Sold", "detail": detail})
}

fn queue() -> Value {
    json!({"Records": [{"messageId": "1", "body": "7", "eventSource": "aws:sqs"}]})
}

async fn answer(function: Function, event: Value) -> Value {
    match TestClient::new(function).invoke(&event).await {
        Ok(reply) => reply,
        Err(error) => panic!("{error}: {event}"),
    }
}

async fn failure(function: Function, event: Value) -> (String, String) {
    let error = TestClient::new(function).invoke(event).await.unwrap_err();
    (error.error_type().to_owned(), error.message().to_owned())
}

#[tokio::test]
async fn what_no_handler_is_for_is_the_direct_handler_s() {
    let function = || {
        Function::new()
            .direct(async |event: Value, _: Context| {
                Ok::<_, InvocationError>(json!({"got": event}))
            })
            .on::<sqs::SqsEvent, _>(named("queue"))
    };
    assert_eq!(answer(function(), queue()).await, "queue");
    for event in [json!(7), json!(null), json!([1]), json!({"a": 1}), sold(1)] {
        assert_eq!(
            answer(function(), event.clone()).await,
            json!({"got": event})
        );
    }
}

#[tokio::test]
async fn the_first_handler_that_an_event_matches_gets_it() {
    let general = named::<eventbridge::EventBridgeEvent>;
    let special = named::<Sold>;
    let first = || {
        Function::new()
            .on(special("special"))
            .on(general("general"))
    };
    let last = || {
        Function::new()
            .on(general("general"))
            .on(special("special"))
    };
    let other = || json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});

    assert_eq!(answer(first(), sold(1)).await, "special");
    assert_eq!(answer(last(), sold(1)).await, "general");
    assert_eq!(answer(first(), other()).await, "general");
    assert_eq!(answer(last(), other()).await, "general");
}

#[tokio::test]
async fn a_second_handler_of_a_type_takes_the_place_of_the_first() {
    let function = Function::new()
        .on::<Sold, _>(named("one"))
        .on::<eventbridge::EventBridgeEvent, _>(named("general"))
        .on::<Sold, _>(named("two"));

    assert_eq!(
        format!("{function:?}"),
        "Function { http: None, websocket: None, on: [on::Sold, \
         aws_lambda_events::event::eventbridge::EventBridgeEvent], direct: false }"
    );
    assert_eq!(answer(function, sold(1)).await, "two");
}

#[tokio::test]
async fn what_is_not_as_its_type_says_fails_and_does_not_go_to_the_next() {
    let function = Function::new()
        .on::<Sold, _>(named("special"))
        .on::<eventbridge::EventBridgeEvent, _>(named("general"))
        .direct(async |event: Value, _: Context| Ok::<_, InvocationError>(event));

    let (kind, message) = failure(function, sold("many")).await;
    assert_eq!(kind, "InvalidEvent");
    let reason = "the event `Sold` of `shop.sales` (EventBridge) is not as the handler expects: \
                  invalid type: string \"many\", expected u64";
    assert!(message.starts_with(reason), "{message}");
}

#[tokio::test]
async fn a_message_repeats_no_more_than_so_much_of_an_event() {
    let long = "a".repeat(100_000);
    let function = || Function::new().on::<Sold, _>(named("special"));
    let (_, message) = failure(function(), sold(long.clone())).await;
    assert_eq!(message.chars().count(), 501);
    let event = json!({"Records": [{"eventSource": long}]});
    let (_, message) = failure(function(), event).await;
    assert_eq!(message.chars().count(), 501);
}

#[tokio::test]
async fn a_handler_that_panics_or_fails_fails_the_invocation() {
    let panics = async |sold: Sold, _: Context| -> Result<(), InvocationError> {
        panic!("{} are too many", sold.detail)
    };
    let (kind, message) = failure(Function::new().on(panics), sold(7)).await;
    assert_eq!(kind, "HandlerPanicked");
    assert_eq!(message, "the handler panicked: 7 are too many");

    let fails =
        async |_: Sold, _: Context| Err::<(), _>(InvocationError::new("SoldOut", "none left"));
    let failure = failure(Function::new().on(fails), sold(7)).await;
    assert_eq!(failure, ("SoldOut".to_owned(), "none left".to_owned()));
}

#[tokio::test]
async fn a_handler_s_result_and_context_are_the_invocation_s() {
    struct Books {
        shop: &'static str,
    }

    impl EventHandler<Sold> for Books {
        type Output = Value;

        async fn handle(&self, sold: Sold, context: Context) -> Result<Value, InvocationError> {
            Ok(json!({"shop": self.shop, "sold": sold.detail, "id": context.request_id}))
        }
    }

    let function = Function::new().on(Books { shop: "corner" });
    assert_eq!(
        answer(function, sold(7)).await,
        json!({"shop": "corner", "sold": 7, "id": "00000000-0000-4000-8000-000000000000"})
    );
}

#[tokio::test]
async fn an_http_event_is_never_another_one() {
    /// A type that claims every event.
    #[derive(Deserialize)]
    struct Anything {}

    impl EventType for Anything {
        fn matches(_: &Origin<'_>) -> bool {
            true
        }
    }

    let router = Router::new(Default::default()).unwrap();
    let function = Function::new().on::<Anything, _>(named("taken"));
    for (file, becomes) in SAMPLES {
        let event: Value = serde_json::from_str(&read(file)).unwrap();
        if !matches!(becomes, Http) {
            continue;
        }
        let (kind, _) = failure(function.clone(), event.clone()).await;
        assert_eq!(kind, "UnknownEvent", "{file}");
        let reply = answer(function.clone().http(router.clone()), event).await;
        assert_eq!(reply["statusCode"], 404, "{file}");
    }
    assert_eq!(answer(function, queue()).await, "taken");
}
