//! Payload 1.0: the path as the client wrote it, the query decoded, what is absent null.

use std::time::SystemTime;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::{ACCOUNT, API, SOURCE_IP, Sent, epoch_ms, grouped, or_null, values};
use crate::{
    clock::Utc,
    event::Source,
    gateway::{
        api::Api,
        place::{Place, place},
        refusals::Refusal,
    },
};

/// An HTTP API writes header names in train case and a REST API as the client did, but for a few.
pub(super) fn event(source: Source, api: &Api, sent: &Sent<'_>) -> Result<Value, Refusal> {
    let is_rest = source == Source::RestApi;
    let method = match sent.last("x-http-method-override") {
        Some(method) if is_rest => method,
        _ => sent.method().into(),
    };
    if is_rest {
        check_key(api, sent)?;
        // Source: AWS's "Amazon API Gateway important notes", as are the next two.
        if sent.query.contains(['|', '{', '}']) {
            return Err(Refusal::BadRequest);
        }
    }
    let place = place(source, api, &method, sent.parts.uri.path())?;
    let separators: &[char] = if is_rest { &['&', ';'] } else { &['&'] };
    let query = grouped(sent.query, separators)?;
    let mut single = Map::new();
    let mut multi = Map::new();
    for name in sent.headers.keys() {
        let values: Vec<_> = values(sent.headers.get_all(name)).collect();
        let name = match is_rest {
            true => canonical(name.as_str()),
            false => train_case(name.as_str()),
        };
        single.insert(name.clone(), values.last().cloned().into());
        multi.insert(name, values.into());
    }
    let last = query
        .iter()
        .map(|(key, values)| (key.clone(), values.last().cloned().into()));
    let all = query
        .iter()
        .map(|(key, values)| (key.clone(), values.clone().into()));
    let parameters = place.parameters.iter();
    let parameters = parameters.map(|(key, value)| (key.clone(), value.clone().into()));
    let (body, is_base64) = body(source, api, sent);
    let mut event = json!({
        "resource": place.resource,
        "path": place.path,
        "httpMethod": method,
        "headers": or_null(single),
        "multiValueHeaders": or_null(multi),
        "queryStringParameters": or_null(last.collect()),
        "multiValueQueryStringParameters": or_null(all.collect()),
        "pathParameters": or_null(parameters.collect()),
        "stageVariables": or_null(api.stage_variables.clone()),
        "requestContext": context(source, api, sent, &place, &method),
        "body": body,
        "isBase64Encoded": is_base64,
    });
    if !is_rest {
        event["version"] = "1.0".into();
    }
    Ok(event)
}

fn context(source: Source, api: &Api, sent: &Sent<'_>, place: &Place, method: &str) -> Value {
    let is_rest = source == Source::RestApi;
    let domain = sent.domain();
    let now = SystemTime::now();
    let mut context = json!({
        "accountId": ACCOUNT,
        "apiId": API,
        "domainName": domain,
        "domainPrefix": domain.split('.').next(),
        "extendedRequestId": sent.extended_id,
        "httpMethod": method,
        "identity": {
            "accessKey": null,
            "accountId": null,
            "caller": null,
            "cognitoAuthenticationProvider": null,
            "cognitoAuthenticationType": null,
            "cognitoIdentityId": null,
            "cognitoIdentityPoolId": null,
            "principalOrgId": null,
            "sourceIp": SOURCE_IP,
            "user": null,
            "userAgent": sent.last("user-agent"),
            "userArn": null,
        },
        "path": place.context_path,
        "protocol": "HTTP/1.1",
        "requestId": sent.id,
        "requestTime": Utc::of(now).common_log(),
        "requestTimeEpoch": epoch_ms(now),
        "resourceId": if is_rest { "local" } else { &*place.key },
        "resourcePath": place.resource,
        "stage": api.stage(source),
    });
    if let (true, Some(key)) = (is_rest, &api.api_key) {
        context["identity"]["apiKey"] = (**key).into();
        context["identity"]["apiKeyId"] = API.into();
    }
    let mut authorizer = api.authorizer.clone();
    if !api.claims.is_empty() {
        authorizer.insert("claims".to_owned(), api.claims.clone().into());
        if !is_rest {
            authorizer.insert("scopes".to_owned(), Value::Null);
        }
    }
    if !authorizer.is_empty() {
        context["authorizer"] = authorizer.into();
    }
    context
}

fn check_key(api: &Api, sent: &Sent<'_>) -> Result<(), Refusal> {
    match &api.api_key {
        Some(key) if sent.last("x-api-key").as_deref() != Some(key) => Err(Refusal::NoKey),
        _ => Ok(()),
    }
}

/// A REST API makes base64 of the types that it is told are binary, and destroys any other body that is not
/// UTF-8. Source: LocalStack's snapshots of binary bodies, March 2025.
fn body(source: Source, api: &Api, sent: &Sent<'_>) -> (Value, bool) {
    if sent.body.is_empty() {
        return (Value::Null, false);
    }
    if source != Source::RestApi {
        let (body, is_base64) = sent.body_by_type();
        return (body.into(), is_base64);
    }
    let media_type = sent.last("content-type").unwrap_or_default();
    let is_binary = match &api.binary_types {
        Some(types) => Api::is_binary(types, &media_type),
        None => std::str::from_utf8(sent.body).is_err(),
    };
    if is_binary {
        (STANDARD.encode(sent.body).into(), true)
    } else {
        (String::from_utf8_lossy(sent.body).into(), false)
    }
}

/// `content-type` as `Content-Type`.
pub(super) fn train_case(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    words.collect::<Vec<_>>().join("-")
}

/// The names that a REST API writes in its own way. All others are as the client sent them, which this HTTP
/// server does not tell: they are in lower case, as over HTTP/2.
fn canonical(name: &str) -> String {
    match name {
        "authorization" | "host" | "user-agent" | "x-amzn-trace-id" => train_case(name),
        _ if name.starts_with("x-forwarded-") => train_case(name),
        _ => name.to_owned(),
    }
}
