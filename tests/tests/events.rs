//! Sample events of some thirty services: what each becomes, and that none of them is lost.
//!
//! The files are those of Powertools for AWS Lambda (Python), see `fixtures/events/README.md`. The
//! expectations are written by reading them. A file that has no row here fails
//! [`every_file_has_its_row`].

use std::{collections::BTreeSet, fs, path::PathBuf};

use powertools::{
    Context, Function, InvocationError,
    event::{self, DecodeError, Decoded, Limits, Request, Source},
    router::Router,
    testing::TestClient,
};
use serde_json::Value;

/// An HTTP event and the request that it is.
struct Row {
    file: &'static str,
    source: Source,
    method: &'static str,
    path: &'static str,
    query: &'static [(&'static str, &'static str)],
    /// How many there are; those below are some of them, or all.
    header_count: usize,
    headers: &'static [(&'static str, &'static [&'static str])],
    cookie: Option<&'static str>,
    body: &'static str,
}

const TWICE: &[(&str, &str)] = &[
    ("parameter1", "value1"),
    ("parameter1", "value2"),
    ("parameter2", "value"),
];

const HTTP: &[Row] = &[
    Row {
        file: "apiGatewayProxyEvent",
        source: Source::HttpApiV1,
        method: "GET",
        path: "/my/path",
        query: TWICE,
        header_count: 4,
        headers: &[
            ("header1", &["value1"]),
            ("Header2", &["value1", "value2"]),
            ("origin", &["https://aws.amazon.com"]),
        ],
        cookie: None,
        body: "Hello from Lambda!",
    },
    Row {
        file: "apiGatewayProxyEventNoOrigin",
        source: Source::HttpApiV1,
        method: "GET",
        path: "/my/path",
        query: TWICE,
        header_count: 3,
        headers: &[
            ("Header1", &["value1"]),
            ("header2", &["value1", "value2"]),
            ("origin", &[]),
        ],
        cookie: None,
        body: "Hello from Lambda!",
    },
    Row {
        file: "apigatewayeSchemaMiddlwareValidEvent",
        source: Source::HttpApiV1,
        // The request context says GET; the event's own method counts.
        method: "POST",
        path: "/my/path",
        query: TWICE,
        // `Origin` is in the single-value map only, which no gateway sends.
        header_count: 3,
        headers: &[("Header1", &["value1"]), ("Header2", &["value1", "value2"])],
        cookie: None,
        body: r#"{"message": "hello world", "username": "lessa"}"#,
    },
    Row {
        file: "apiGatewayProxyV2Event",
        source: Source::HttpApi,
        method: "POST",
        path: "/my/path",
        query: TWICE,
        header_count: 3,
        headers: &[("header1", &["value1"]), ("header2", &["value1,value2"])],
        cookie: Some("cookie1; cookie2"),
        body: r#"{"message": "hello world", "username": "tom"}"#,
    },
    Row {
        file: "apiGatewayProxyV2Event_GET",
        source: Source::HttpApi,
        method: "GET",
        path: "/my/path",
        query: TWICE,
        header_count: 3,
        headers: &[("header1", &["value1"]), ("header2", &["value1,value2"])],
        cookie: Some("cookie1; cookie2"),
        body: "",
    },
    Row {
        file: "apiGatewayProxyV2IamEvent",
        source: Source::HttpApi,
        method: "GET",
        path: "/my/path",
        query: TWICE,
        header_count: 3,
        headers: &[("header1", &["value1"]), ("header2", &["value2"])],
        cookie: Some("cookie1; cookie2"),
        body: "{\r\n\t\"a\": 1\r\n}",
    },
    Row {
        file: "apiGatewayProxyV2SchemaMiddlwareInvalidEvent",
        source: Source::HttpApi,
        method: "POST",
        path: "/my/path",
        query: TWICE,
        header_count: 3,
        headers: &[("header1", &["value1"]), ("header2", &["value1,value2"])],
        cookie: Some("cookie1; cookie2"),
        body: r#"{"username": "lessa"}"#,
    },
    Row {
        file: "apiGatewayProxyV2SchemaMiddlwareValidEvent",
        source: Source::HttpApi,
        method: "POST",
        path: "/my/path",
        query: TWICE,
        header_count: 3,
        headers: &[("header1", &["value1"]), ("header2", &["value1,value2"])],
        cookie: Some("cookie1; cookie2"),
        body: r#"{"message": "hello world", "username": "lessa"}"#,
    },
    Row {
        file: "lambdaFunctionUrlEvent",
        source: Source::FunctionUrl,
        method: "GET",
        path: "/",
        query: &[],
        header_count: 20,
        headers: &[
            ("Host", &["<url-id>.lambda-url.us-east-1.on.aws"]),
            ("X-Forwarded-For", &["123.123.123.123"]),
            ("accept-language", &["pt-BR,pt;q=0.9"]),
            (
                "sec-ch-ua",
                &[r#"" Not A;Brand";v="99", "Chromium";v="102", "Google Chrome";v="102""#],
            ),
            (
                "x-amzn-trace-id",
                &["Root=1-62ecd163-5f302e550dcde3b12402207d"],
            ),
            ("header1", &[]),
        ],
        cookie: None,
        body: "",
    },
    Row {
        file: "lambdaFunctionUrlEventWithHeaders",
        source: Source::FunctionUrl,
        method: "GET",
        path: "/",
        // The raw query is empty; the map beside it has joined its values and is not read.
        query: &[],
        header_count: 22,
        headers: &[
            ("host", &["<url-id>.lambda-url.us-east-1.on.aws"]),
            ("accept-encoding", &["gzip, deflate, br"]),
            ("sec-ch-ua-platform", &["\"Linux\""]),
            ("header1", &["value1"]),
            ("header2", &["value1,value2"]),
        ],
        cookie: None,
        body: "",
    },
    Row {
        file: "albEvent",
        source: Source::Alb,
        method: "GET",
        path: "/lambda",
        query: &[("query", "1234ABCD")],
        header_count: 12,
        headers: &[
            ("Accept-Encoding", &["gzip"]),
            ("accept-language", &["en-US,en;q=0.9"]),
            (
                "host",
                &["lambda-alb-123578498.us-east-2.elb.amazonaws.com"],
            ),
            ("upgrade-insecure-requests", &["1"]),
            ("x-forwarded-for", &["72.12.164.125"]),
            ("x-imforwards", &["20"]),
            ("header1", &[]),
        ],
        cookie: None,
        body: "Test",
    },
    Row {
        file: "albMultiValueHeadersEvent",
        source: Source::AlbMultiValue,
        method: "GET",
        path: "/todos",
        query: &[],
        header_count: 7,
        headers: &[
            ("accept", &["*/*"]),
            (
                "host",
                &["alb-c-LoadB-14POFKYCLBNSF-1815800096.eu-central-1.elb.amazonaws.com"],
            ),
            ("User-Agent", &["curl/7.79.1"]),
            ("x-forwarded-port", &["80"]),
            ("x-forwarded-proto", &["http"]),
        ],
        cookie: None,
        body: "",
    },
    Row {
        file: "vpcLatticeEvent",
        source: Source::LatticeV1,
        method: "GET",
        path: "/testpath",
        query: &[("order-id", "1")],
        header_count: 6,
        headers: &[
            // With an underscore, as the file has it.
            ("user_agent", &["curl/7.64.1"]),
            ("user-agent", &[]),
            ("x-forwarded-for", &["10.213.229.10"]),
            ("header1", &["value1"]),
            ("header2", &["value1,value2"]),
        ],
        cookie: None,
        body: r#"{"test": "event"}"#,
    },
    Row {
        file: "vpcLatticeEventPathTrailingSlash",
        source: Source::LatticeV1,
        method: "GET",
        path: "/testpath",
        query: &[("order-id", "1")],
        header_count: 4,
        headers: &[
            (
                "host",
                &["test-lambda-service-3908sdf9u3u.dkfjd93.vpc-lattice-svcs.us-east-2.on.aws"],
            ),
            ("accept", &["*/*"]),
        ],
        cookie: None,
        body: r#"{"test": "event"}"#,
    },
    Row {
        file: "vpcLatticeV2Event",
        source: Source::Lattice,
        method: "GET",
        path: "/newpath",
        query: &[("order-id", "1")],
        header_count: 4,
        headers: &[
            ("user_agent", &["curl/7.64.1"]),
            ("X-Forwarded-For", &["10.213.229.10"]),
            ("accept", &["*/*"]),
        ],
        cookie: None,
        body: r#"{"message": "Hello from Lambda!"}"#,
    },
];

/// HTTP events whose `isBase64Encoded` is not true of their body, which no gateway sends: requests like
/// any other until somebody reads the body.
const FALSE_BASE64: &[Row] = &[
    Row {
        file: "apiGatewayProxyEventAnotherPath",
        source: Source::HttpApiV1,
        method: "GET",
        path: "/my/anotherPath",
        query: TWICE,
        header_count: 3,
        headers: &[("Header1", &["value1"]), ("Header2", &["value1", "value2"])],
        cookie: None,
        body: "Hello from Lambda!",
    },
    Row {
        file: "apiGatewayProxyEventPathTrailingSlash",
        source: Source::HttpApiV1,
        method: "GET",
        path: "/my/path",
        query: TWICE,
        header_count: 3,
        headers: &[("Header1", &["value1"]), ("Header2", &["value1", "value2"])],
        cookie: None,
        body: "Hello from Lambda!",
    },
];

/// Everything else, with the keys at the top of the event; a list has none.
#[rustfmt::skip]
const OTHERS: &[(&str, &[&str])] = &[
    ("activeMQEvent", &["eventSource", "eventSourceArn", "messages"]),
    ("apiGatewayAuthorizerRequestEvent", &["version", "type", "methodArn", "identitySource", "authorizationToken", "resource", "path", "httpMethod", "headers", "multiValueHeaders", "queryStringParameters", "pathParameters", "stageVariables", "requestContext"]),
    ("apiGatewayAuthorizerTokenEvent", &["type", "authorizationToken", "methodArn"]),
    ("apiGatewayAuthorizerV2Event", &["version", "type", "routeArn", "identitySource", "routeKey", "rawPath", "rawQueryString", "cookies", "headers", "queryStringParameters", "requestContext", "pathParameters", "stageVariables"]),
    ("apiGatewayWebSocketApiConnect", &["headers", "multiValueHeaders", "requestContext", "isBase64Encoded"]),
    ("apiGatewayWebSocketApiMessage", &["requestContext", "body", "isBase64Encoded"]),
    ("appSyncAuthorizerEvent", &["authorizationToken", "requestContext"]),
    ("appSyncAuthorizerResponse", &["isAuthorized", "resolverContext", "deniedFields", "ttlOverride"]),
    ("appSyncBatchEvent", &[]),
    ("appSyncDirectResolver", &["arguments", "identity", "source", "request", "prev", "info", "stash"]),
    ("appSyncResolverEvent", &["typeName", "fieldName", "arguments", "identity", "source", "request", "prev"]),
    ("awsConfigRuleConfigurationChanged", &["version", "invokingEvent", "ruleParameters", "resultToken", "eventLeftScope", "executionRoleArn", "configRuleArn", "configRuleName", "configRuleId", "accountId", "evaluationMode"]),
    ("awsConfigRuleOversizedConfiguration", &["invokingEvent", "ruleParameters", "resultToken", "eventLeftScope", "executionRoleArn", "configRuleArn", "configRuleName", "configRuleId", "accountId", "version"]),
    ("awsConfigRuleScheduled", &["version", "invokingEvent", "ruleParameters", "resultToken", "eventLeftScope", "executionRoleArn", "configRuleArn", "configRuleName", "configRuleId", "accountId", "evaluationMode"]),
    ("bedrockAgentEvent", &["actionGroup", "messageVersion", "sessionId", "sessionAttributes", "promptSessionAttributes", "inputText", "agent", "httpMethod", "apiPath"]),
    ("bedrockAgentEventWithPathParams", &["actionGroup", "messageVersion", "sessionId", "sessionAttributes", "promptSessionAttributes", "inputText", "agent", "parameters", "httpMethod", "apiPath"]),
    ("bedrockAgentPostEvent", &["actionGroup", "messageVersion", "sessionId", "sessionAttributes", "promptSessionAttributes", "inputText", "agent", "httpMethod", "apiPath", "requestBody", "parameters"]),
    ("cloudWatchAlarmEventCompositeMetric", &["source", "alarmArn", "accountId", "time", "region", "alarmData"]),
    ("cloudWatchAlarmEventSingleMetric", &["source", "alarmArn", "accountId", "time", "region", "alarmData"]),
    ("cloudWatchDashboardEvent", &["original", "widgetContext"]),
    ("cloudWatchLogEvent", &["awslogs"]),
    ("cloudWatchLogEventWithPolicyLevel", &["awslogs"]),
    ("cloudformationCustomResourceCreate", &["RequestType", "ServiceToken", "ResponseURL", "StackId", "RequestId", "LogicalResourceId", "ResourceType", "ResourceProperties"]),
    ("cloudformationCustomResourceDelete", &["RequestType", "ServiceToken", "ResponseURL", "StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId", "ResourceType", "ResourceProperties"]),
    ("cloudformationCustomResourceUpdate", &["RequestType", "ServiceToken", "ResponseURL", "StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId", "ResourceType", "ResourceProperties", "OldResourceProperties"]),
    ("codeDeployLifecycleHookEvent", &["DeploymentId", "LifecycleEventHookExecutionId"]),
    ("cognitoCreateAuthChallengeEvent", &["version", "region", "userPoolId", "userName", "callerContext", "triggerSource", "request", "response"]),
    ("cognitoCustomEmailSenderEvent", &["version", "triggerSource", "region", "userPoolId", "userName", "callerContext", "request"]),
    ("cognitoCustomMessageEvent", &["version", "triggerSource", "region", "userPoolId", "userName", "callerContext", "request", "response"]),
    ("cognitoCustomSMSSenderEvent", &["version", "triggerSource", "region", "userPoolId", "userName", "callerContext", "request"]),
    ("cognitoDefineAuthChallengeEvent", &["version", "region", "userPoolId", "userName", "callerContext", "triggerSource", "request", "response"]),
    ("cognitoPostAuthenticationEvent", &["version", "region", "userPoolId", "userName", "callerContext", "triggerSource", "request", "response"]),
    ("cognitoPostConfirmationEvent", &["version", "triggerSource", "region", "userPoolId", "userName", "callerContext", "request", "response"]),
    ("cognitoPreAuthenticationEvent", &["version", "region", "userPoolId", "userName", "callerContext", "triggerSource", "request", "response"]),
    ("cognitoPreSignUpEvent", &["version", "triggerSource", "region", "userPoolId", "userName", "callerContext", "request", "response"]),
    ("cognitoPreTokenGenerationEvent", &["version", "triggerSource", "region", "userPoolId", "userName", "callerContext", "request", "response"]),
    ("cognitoPreTokenV2GenerationEvent", &["version", "triggerSource", "region", "userPoolId", "userName", "callerContext", "request", "response"]),
    ("cognitoUserMigrationEvent", &["version", "triggerSource", "region", "userPoolId", "userName", "callerContext", "request", "response"]),
    ("cognitoVerifyAuthChallengeResponseEvent", &["version", "region", "userPoolId", "userName", "callerContext", "triggerSource", "request", "response"]),
    ("connectContactFlowEventAll", &["Name", "Details"]),
    ("connectContactFlowEventMin", &["Name", "Details"]),
    ("dynamoStreamEvent", &["Records"]),
    ("eventBridgeEvent", &["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail", "replay-name"]),
    ("kafkaEventMsk", &["eventSource", "eventSourceArn", "bootstrapServers", "records"]),
    ("kafkaEventSelfManaged", &["eventSource", "bootstrapServers", "records"]),
    ("kinesisFirehoseKinesisEvent", &["invocationId", "sourceKinesisStreamArn", "deliveryStreamArn", "region", "records"]),
    ("kinesisFirehosePutEvent", &["invocationId", "deliveryStreamArn", "region", "records"]),
    ("kinesisFirehoseSQSEvent", &["invocationId", "deliveryStreamArn", "region", "records"]),
    ("kinesisStreamCloudWatchLogsEvent", &["Records"]),
    ("kinesisStreamEvent", &["Records"]),
    ("rabbitMQEvent", &["eventSource", "eventSourceArn", "rmqMessagesByQueue"]),
    ("s3BatchOperationEventSchemaV1", &["invocationSchemaVersion", "invocationId", "job", "tasks"]),
    ("s3BatchOperationEventSchemaV2", &["invocationSchemaVersion", "invocationId", "job", "tasks"]),
    ("s3Event", &["Records"]),
    ("s3EventBridgeNotificationObjectCreatedEvent", &["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"]),
    ("s3EventBridgeNotificationObjectDeletedEvent", &["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"]),
    ("s3EventBridgeNotificationObjectExpiredEvent", &["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"]),
    ("s3EventBridgeNotificationObjectRestoreCompletedEvent", &["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"]),
    ("s3EventDecodedKey", &["Records"]),
    ("s3EventDeleteObject", &["Records"]),
    ("s3EventGlacier", &["Records"]),
    ("s3ObjectEventIAMUser", &["xAmzRequestId", "getObjectContext", "configuration", "userRequest", "userIdentity", "protocolVersion"]),
    ("s3ObjectEventTempCredentials", &["xAmzRequestId", "getObjectContext", "configuration", "userRequest", "userIdentity", "protocolVersion"]),
    ("s3SqsEvent", &["Records"]),
    ("secretsManagerEvent", &["SecretId", "ClientRequestToken", "Step"]),
    ("sesEvent", &["Records"]),
    ("snsEvent", &["Records"]),
    ("snsSqsEvent", &["Records"]),
    ("sqsDlqTriggerEvent", &["Records"]),
    ("sqsEvent", &["Records"]),
];

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/events")
}

fn read(file: &str) -> String {
    let path = directory().join(file).with_extension("json");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(file: &str) -> Value {
    serde_json::from_str(&read(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn decode(event: String) -> Result<Decoded, DecodeError> {
    event::decode(event.into(), Context::new("id"), &Limits::default())
}

fn assert_is(request: &Request, row: &Row) {
    let file = row.file;
    assert_eq!(request.source(), row.source, "{file}");
    assert_eq!(request.method().as_str(), row.method, "{file}");
    assert_eq!(request.path(), row.path, "{file}");
    assert_eq!(
        request.query().iter().collect::<Vec<_>>(),
        row.query,
        "{file}"
    );
    assert_eq!(request.headers().len(), row.header_count, "{file}");
    for (name, values) in row.headers {
        let all: Vec<_> = request.headers().all(name).collect();
        assert_eq!(&all, values, "{file}: {name}");
    }
    assert_eq!(request.headers().get("cookie"), row.cookie, "{file}");
    assert_eq!(request.context().request_id, "id", "{file}");
}

#[test]
fn every_file_has_its_row() {
    let placed = HTTP
        .iter()
        .chain(FALSE_BASE64)
        .map(|row| row.file)
        .chain(OTHERS.iter().map(|(file, _)| *file));
    let placed: Vec<_> = placed.collect();
    let listed: BTreeSet<String> = placed.iter().map(|file| (*file).to_owned()).collect();
    assert_eq!(listed.len(), placed.len(), "no file has two rows");

    let entries = fs::read_dir(directory()).expect("the fixtures are there");
    let found: BTreeSet<String> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();

    assert_eq!(found, listed);
}

#[test]
fn an_http_event_is_the_request_that_the_client_sent() {
    for row in HTTP {
        let event = read(row.file);
        match decode(event.clone()) {
            Ok(Decoded::Http(request)) => {
                assert_is(&request, row);
                assert_eq!(request.body().unwrap(), row.body, "{}", row.file);
                assert_eq!(request.event(), event, "{}", row.file);
            }
            Ok(_) => panic!("{}: not recognised", row.file),
            Err(error) => panic!("{}: {error}", row.file),
        }
    }
}

#[test]
fn a_body_that_is_not_the_base64_it_claims_to_be_is_refused_to_who_reads_it() {
    for row in FALSE_BASE64 {
        let file = row.file;
        let Ok(Decoded::Http(request)) = decode(read(file)) else {
            panic!("{file}: decodes all the same");
        };
        assert_is(&request, row);
        let problem = request
            .body()
            .expect_err("`Hello from Lambda!` is not base64");
        assert_eq!(problem.status(), 400, "{file}");
        assert_eq!(problem.detail(), Some("the body is not base64"), "{file}");

        let mut event = json(file);
        event["isBase64Encoded"] = false.into();
        let Ok(Decoded::Http(request)) = decode(event.to_string()) else {
            panic!("{file}: decodes without the claim");
        };
        assert_eq!(request.body().unwrap(), row.body, "{file}");
    }
}

#[test]
fn any_other_event_is_passed_on_as_it_came_with_its_keys() {
    for (file, keys) in OTHERS {
        let event = read(file);
        match decode(event.clone()) {
            Ok(Decoded::Other(other)) => {
                assert_eq!(other.keys(), *keys, "{file}");
                assert_eq!(other.json, event, "{file}");
                assert_eq!(other.context.request_id, "id", "{file}");
            }
            Ok(Decoded::WebSocket(request)) => {
                assert!(file.starts_with("apiGatewayWebSocketApi"), "{file}");
                assert_eq!(request.event(), event, "{file}");
            }
            Ok(Decoded::Http(request)) => panic!("{file}: taken for a {}", request.source()),
            Err(error) => panic!("{file}: {error}"),
        }
    }
}

async fn echo(event: Value, _: Context) -> Result<Value, InvocationError> {
    Ok(event)
}

#[tokio::test]
async fn the_direct_handler_gets_every_event_that_is_not_http_intact() {
    let router = Router::new(Default::default()).expect("no routes, no conflict");
    let client = TestClient::new(Function::new().http(router).direct(echo));

    for (file, _) in OTHERS {
        let event = json(file);
        match client.invoke(&event).await {
            Ok(reply) => assert_eq!(reply, event, "{file}"),
            Err(error) => panic!("{file}: {error}"),
        }
        match client.invoke_raw(read(file)).await {
            Ok(reply) => assert_eq!(reply, event, "{file}, as the file has it"),
            Err(error) => panic!("{file}, as the file has it: {error}"),
        }
    }
}

#[tokio::test]
async fn without_a_direct_handler_an_event_that_is_not_http_fails_and_the_error_names_its_keys() {
    let router = Router::new(Default::default()).expect("no routes, no conflict");
    let function = TestClient::new(Function::new().http(router.clone()));
    let nothing = TestClient::new(Function::new());
    let router = TestClient::new(router);

    for (file, keys) in OTHERS {
        let event = json(file);
        for (app, result) in [
            ("a function", function.invoke(&event).await),
            ("an empty function", nothing.invoke(&event).await),
            ("a router", router.invoke(&event).await),
        ] {
            let error = result.expect_err(file);
            assert_eq!(error.error_type(), "UnknownEvent", "{file} to {app}");
            let message = error.message();
            for key in *keys {
                assert!(message.contains(&format!("`{key}`")), "{file}: {message}");
            }
            if keys.is_empty() {
                assert!(message.contains("not an object"), "{file}: {message}");
            }
        }
    }
}

#[tokio::test]
async fn an_http_event_never_reaches_the_direct_handler() {
    let client = TestClient::new(Function::new().direct(echo));

    for row in HTTP {
        let error = client.invoke(json(row.file)).await.expect_err(row.file);
        assert_eq!(error.error_type(), "UnknownEvent", "{}", row.file);
        let message = error.message();
        assert!(
            message.contains(row.source.name()),
            "{}: {message}",
            row.file
        );
    }
}

#[tokio::test]
async fn an_http_event_is_answered_by_the_router() {
    let router = Router::new(Default::default()).expect("no routes, no conflict");
    let client = TestClient::new(Function::new().http(router).direct(echo));

    for row in HTTP.iter().chain(FALSE_BASE64) {
        match client.invoke(json(row.file)).await {
            Ok(reply) => assert_eq!(reply["statusCode"], 404, "{}: {reply}", row.file),
            Err(error) => panic!("{}: {error}", row.file),
        }
    }
}
