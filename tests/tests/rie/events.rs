//! Events as the front ends send them, of one request each.

use serde_json::{Value, json};

/// API Gateway REST API, proxy integration.
pub(crate) fn rest_api(method: &str, path: &str, body: Option<&str>) -> Value {
    json!({
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {"Accept": "*/*", "Host": "abc123.execute-api.eu-west-1.amazonaws.com"},
        "multiValueHeaders": {
            "Accept": ["*/*"],
            "Host": ["abc123.execute-api.eu-west-1.amazonaws.com"],
        },
        "queryStringParameters": null,
        "multiValueQueryStringParameters": null,
        "pathParameters": {"proxy": path.trim_start_matches('/')},
        "stageVariables": null,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc123",
            "domainName": "abc123.execute-api.eu-west-1.amazonaws.com",
            "httpMethod": method,
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "test"},
            "path": format!("/prod{path}"),
            "protocol": "HTTP/1.1",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "requestTimeEpoch": 1_583_348_638_390_u64,
            "resourcePath": "/{proxy+}",
            "stage": "prod",
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

/// API Gateway HTTP API, payload format 2.0.
pub(crate) fn http_api(method: &str, path: &str, body: Option<&str>) -> Value {
    payload_2(
        "abc123.execute-api.eu-west-1.amazonaws.com",
        method,
        path,
        body,
    )
}

/// Lambda function URL.
pub(crate) fn function_url(method: &str, path: &str, body: Option<&str>) -> Value {
    payload_2("abc.lambda-url.eu-west-1.on.aws", method, path, body)
}

fn payload_2(host: &str, method: &str, path: &str, body: Option<&str>) -> Value {
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"accept": "*/*", "content-type": "application/json", "host": host},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc123",
            "domainName": host,
            "domainPrefix": host.split('.').next(),
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "test",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "10/Mar/2020:05:16:23 +0000",
            "timeEpoch": 1_583_817_383_220_u64,
        },
        "isBase64Encoded": false,
    });
    // The key is absent without a body.
    if let Some(body) = body {
        event["body"] = body.into();
    }
    event
}
