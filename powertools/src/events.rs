//! Events of AWS's services as types: those of the crate aws_lambda_events, and how each is recognised.
//!
//! ```no_run
//! use powertools::{
//!     Context, Function, InvocationError,
//!     events::{eventbridge::EventBridgeEvent, s3::S3Event},
//!     router::Router,
//! };
//!
//! async fn uploaded(event: S3Event, _: Context) -> Result<(), InvocationError> {
//!     for record in event.records {
//!         tracing::info!(key = record.s3.object.key, "uploaded");
//!     }
//!     Ok(())
//! }
//!
//! async fn nightly(_: EventBridgeEvent, context: Context) -> Result<(), InvocationError> {
//!     tracing::info!(left = ?context.remaining(), "cleaning up");
//!     Ok(())
//! }
//!
//! fn main() -> Result<(), powertools::Error> {
//!     powertools::start(async {
//!         let router = Router::new(Default::default())?;
//!         powertools::run(Function::new().http(router).on(uploaded).on(nightly)).await
//!     })
//! }
//! ```
//!
//! | who sends | types | recognised by |
//! | --- | --- | --- |
//! | SQS, SNS, S3, Kinesis, DynamoDB, SES | [`sqs`], [`sns`], [`s3`], [`kinesis`], [`dynamodb`], [`ses`] | `eventSource` of the first record |
//! | Kafka, ActiveMQ, RabbitMQ, DocumentDB | [`kafka`], [`activemq`], [`rabbitmq`], [`documentdb`] | `eventSource` |
//! | EventBridge, schedules of its rules included | [`eventbridge`] | `source` and `detail-type` |
//! | Cognito's user pools | [`cognito`] | what `triggerSource` begins with |
//! | API Gateway's authorizers | [`apigw`] | `type` with `methodArn`, or `routeArn` |
//! | CloudWatch | [`cloudwatch_logs`], [`cloudwatch_alarms`] | `awslogs`; `alarmData` |
//! | Firehose, S3's batches and Object Lambda | [`firehose`], [`s3`] | `deliveryStreamArn`; `tasks`; `xAmzRequestId` |
//! | AppSync, Bedrock's agents, Connect | [`appsync`], [`bedrock_agent_runtime`], [`connect`] | `info` and `arguments`; `actionGroup`; `Name` and `Details` |
//! | CloudFormation, CodeDeploy, CodePipeline, Config, Secrets Manager | [`cloudformation`], [`codedeploy`], [`codepipeline_job`], [`config`], [`secretsmanager`] | the fields that only they have |
//!
//! The payload of EventBridge Scheduler and the input of a state machine's task are what somebody wrote
//! there: [`Function::direct`](crate::Function::direct) takes them. For anything else, implement
//! [`EventType`].
//!
//! Most fields of these types are optional, whatever the service sends. Where every record is to be
//! handled by itself, see [`batch`](crate::batch).

use serde::{Serialize, de::DeserializeOwned};

pub use aws_lambda_events::{
    activemq, apigw, appsync, cloudformation, cloudwatch_alarms, cloudwatch_logs, codedeploy,
    codepipeline_job, cognito, config, connect, documentdb, dynamodb, event::bedrock_agent_runtime,
    eventbridge, firehose, kafka, kinesis, rabbitmq, s3, secretsmanager, ses, sns, sqs,
};

use crate::event::{EventType, Origin};

/// Types, with the parameters that each has, and what says that an event is one.
macro_rules! event_types {
    ($([$($parameter:ident)*] $type:ty: |$origin:ident| $matches:expr;)*) => {$(
        impl<$($parameter: DeserializeOwned + Serialize + Send + 'static,)*> EventType for $type
        where
            // Some ask their parameters for `Default` too.
            $type: DeserializeOwned,
        {
            fn matches($origin: &Origin<'_>) -> bool {
                $matches
            }
        }
    )*};
}

// Each line by the service's page in the developer guide, beside
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html, and the samples in `tests/fixtures`.
event_types! {
    [] sqs::SqsEvent: |origin| origin.is_service("aws:sqs");
    [T] sqs::SqsEventObj<T>: |origin| origin.is_service("aws:sqs");
    [] sns::SnsEvent: |origin| origin.is_service("aws:sns");
    [T] sns::SnsEventObj<T>: |origin| origin.is_service("aws:sns");
    [] s3::S3Event: |origin| origin.is_service("aws:s3");
    [] kinesis::KinesisEvent: |origin| origin.is_service("aws:kinesis");
    [] kinesis::KinesisTimeWindowEvent: |origin| {
        origin.is_service("aws:kinesis") && origin.has("window")
    };
    [] dynamodb::Event: |origin| origin.is_service("aws:dynamodb");
    [] dynamodb::TimeWindowEvent: |origin| {
        origin.is_service("aws:dynamodb") && origin.has("window")
    };
    [] ses::SimpleEmailEvent: |origin| origin.is_service("aws:ses");
    // Clusters that are not Amazon's, and brokers, are written in two ways: as in the guide's examples
    // (https://docs.aws.amazon.com/lambda/latest/dg/with-kafka.html,
    // https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html) and as in recorded samples.
    [] kafka::KafkaEvent: |origin| {
        let names = ["aws:kafka", "SelfManagedKafka", "aws:SelfManagedKafka"];
        names.iter().any(|name| origin.is_service(name))
    };
    [] activemq::ActiveMqEvent: |origin| {
        origin.is_service("aws:mq") || origin.is_service("aws:amq")
    };
    [] rabbitmq::RabbitMqEvent: |origin| origin.is_service("aws:rmq");
    [] documentdb::DocumentDbEvent: |origin| origin.is_service("aws:docdb");

    [T] eventbridge::EventBridgeEvent<T>: |origin| {
        origin.text("source").is_some() && origin.text("detail-type").is_some()
    };
    [C R] cloudwatch_alarms::CloudWatchAlarm<C, R>: |origin| {
        origin.has("alarmArn") && origin.has("alarmData")
    };
    [] cloudwatch_logs::LogsEvent: |origin| origin.has("awslogs");

    [] apigw::ApiGatewayCustomAuthorizerRequest: |origin| {
        origin.has("methodArn") && is(origin, "type", "TOKEN")
    };
    [] apigw::ApiGatewayCustomAuthorizerRequestTypeRequest: |origin| {
        origin.has("methodArn") && is(origin, "type", "REQUEST")
    };
    [] apigw::ApiGatewayV2CustomAuthorizerV1Request: |origin| {
        origin.has("methodArn") && is(origin, "version", "1.0")
    };
    [] apigw::ApiGatewayV2CustomAuthorizerV2Request: |origin| {
        origin.has("routeArn") && is(origin, "version", "2.0")
    };

    [] cognito::CognitoEventUserPoolsPreSignup: |origin| is_trigger(origin, "PreSignUp_");
    [] cognito::CognitoEventUserPoolsPreAuthentication: |origin| {
        is_trigger(origin, "PreAuthentication_")
    };
    [T] cognito::CognitoEventUserPoolsPostConfirmation<T>: |origin| {
        is_trigger(origin, "PostConfirmation_")
    };
    [] cognito::CognitoEventUserPoolsPostAuthentication: |origin| {
        is_trigger(origin, "PostAuthentication_")
    };
    // Which version of the two is sent is a setting of the user pool.
    [] cognito::CognitoEventUserPoolsPreTokenGen: |origin| is_trigger(origin, "TokenGeneration_");
    [] cognito::CognitoEventUserPoolsPreTokenGenV2: |origin| is_trigger(origin, "TokenGeneration_");
    [] cognito::CognitoEventUserPoolsMigrateUser: |origin| is_trigger(origin, "UserMigration_");
    [] cognito::CognitoEventUserPoolsCustomMessage: |origin| is_trigger(origin, "CustomMessage_");
    [] cognito::CognitoEventUserPoolsDefineAuthChallenge: |origin| {
        is_trigger(origin, "DefineAuthChallenge_")
    };
    [] cognito::CognitoEventUserPoolsCreateAuthChallenge: |origin| {
        is_trigger(origin, "CreateAuthChallenge_")
    };
    [] cognito::CognitoEventUserPoolsVerifyAuthChallenge: |origin| {
        is_trigger(origin, "VerifyAuthChallengeResponse_")
    };

    [] firehose::KinesisFirehoseEvent: |origin| origin.has("deliveryStreamArn");
    [] s3::batch_job::S3BatchJobEvent: |origin| {
        origin.has("invocationSchemaVersion") && origin.has("tasks")
    };
    [P] s3::object_lambda::S3ObjectLambdaEvent<P>: |origin| {
        origin.has("xAmzRequestId") && origin.has("userRequest")
    };
    [A S T] appsync::AppSyncDirectResolverEvent<A, S, T>: |origin| {
        origin.has("info") && origin.has("arguments") && origin.has("stash")
    };
    [] bedrock_agent_runtime::AgentEvent: |origin| {
        origin.has("actionGroup") && origin.has("agent")
    };
    [] connect::ConnectEvent: |origin| {
        is(origin, "Name", "ContactFlowEvent") && origin.has("Details")
    };
    [P Q] cloudformation::CloudFormationCustomResourceRequest<P, Q>: |origin| {
        origin.has("RequestType") && origin.has("ResponseURL")
    };
    [] codedeploy::CodeDeployLifecycleEvent: |origin| origin.has("LifecycleEventHookExecutionId");
    [] codepipeline_job::CodePipelineJobEvent: |origin| origin.has("CodePipeline.job");
    [] config::ConfigEvent: |origin| origin.has("configRuleArn") && origin.has("invokingEvent");
    [] secretsmanager::SecretsManagerSecretRotationEvent: |origin| {
        origin.has("SecretId") && origin.has("ClientRequestToken") && origin.has("Step")
    };
}

fn is(origin: &Origin<'_>, key: &str, text: &str) -> bool {
    origin.text(key).as_deref() == Some(text)
}

/// Whether Cognito sent it for a trigger of this name; what follows says which operation was it.
/// (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-identity-pools-working-with-aws-lambda-triggers.html)
fn is_trigger(origin: &Origin<'_>, name: &str) -> bool {
    let trigger = origin.text("triggerSource");
    trigger.is_some_and(|trigger| trigger.starts_with(name))
}
