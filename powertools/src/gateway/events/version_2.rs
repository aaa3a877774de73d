//! Payload 2.0: names in lower case, repeated values joined, cookies apart, and no key without a value.

use std::{collections::BTreeMap, time::SystemTime};

use http::header;
use serde_json::{Map, Value, json};

use super::{ACCOUNT, API, SOURCE_IP, Sent, epoch_ms, grouped, values};
use crate::{
    clock::Utc,
    event::Source,
    gateway::{api::Api, place::place, refusals::Refusal},
};

/// An HTTP API decodes the path and takes the `cookie` header away; a function URL does neither.
pub(super) fn event(source: Source, api: &Api, sent: &Sent<'_>) -> Result<Value, Refusal> {
    let is_url = source == Source::FunctionUrl;
    let place = place(source, api, sent.method(), sent.parts.uri.path())?;
    let mut headers = BTreeMap::new();
    for name in sent.headers.keys() {
        if *name == header::COOKIE && !is_url {
            continue;
        }
        let separator = if *name == header::COOKIE { "; " } else { "," };
        let values: Vec<_> = values(sent.headers, name.as_str()).collect();
        headers.insert(name.as_str(), values.join(separator));
    }
    // Readers of events know a function URL by its name, whatever this machine was asked for.
    let domain = match source {
        Source::FunctionUrl => format!("{API}.lambda-url.us-east-1.on.aws"),
        _ => sent.domain(),
    };
    let now = SystemTime::now();
    let mut event = json!({
        "version": "2.0",
        "routeKey": place.key,
        "rawPath": place.path,
        "rawQueryString": sent.query,
        "headers": headers,
        "requestContext": {
            "accountId": if is_url { "anonymous" } else { ACCOUNT },
            "apiId": API,
            "domainName": domain,
            "domainPrefix": domain.split('.').next(),
            "http": {
                "method": sent.method(),
                "path": place.context_path,
                "protocol": "HTTP/1.1",
                "sourceIp": SOURCE_IP,
                "userAgent": headers.get("user-agent").map_or("", String::as_str),
            },
            "requestId": sent.id,
            "routeKey": place.key,
            "stage": if is_url { "$default" } else { api.stage(source) },
            "time": Utc::of(now).common_log(),
            "timeEpoch": epoch_ms(now),
        },
        "isBase64Encoded": false,
    });
    let mut add = |key: &str, value: Value| event[key] = value;
    let cookies: Vec<_> = values(sent.headers, "cookie")
        .flat_map(|line| line.split("; ").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    if !cookies.is_empty() {
        add("cookies", json!(cookies));
    }
    if !sent.query.is_empty() {
        let joined: Map<String, Value> = grouped(sent.query, &['&'])?
            .into_iter()
            .map(|(key, values)| (key, Value::String(values.join(","))))
            .collect();
        add("queryStringParameters", joined.into());
    }
    if !sent.body.is_empty() {
        let (body, is_base64) = sent.body_by_type();
        add("body", body.into());
        add("isBase64Encoded", is_base64.into());
    }
    if !place.parameters.is_empty() {
        let parameters = place.parameters.into_iter();
        let parameters: Map<_, _> = parameters.map(|(key, value)| (key, value.into())).collect();
        add("pathParameters", parameters.into());
    }
    if !is_url {
        if !api.stage_variables.is_empty() {
            add("stageVariables", api.stage_variables.clone().into());
        }
        if let Some(authorizer) = authorizer(api) {
            event["requestContext"]["authorizer"] = authorizer;
        }
    }
    Ok(event)
}

/// What a JWT authorizer and a Lambda authorizer leave.
fn authorizer(api: &Api) -> Option<Value> {
    let mut authorizer = Map::new();
    if !api.claims.is_empty() {
        let jwt = json!({ "claims": api.claims, "scopes": null });
        authorizer.insert("jwt".to_owned(), jwt);
    }
    if !api.authorizer.is_empty() {
        authorizer.insert("lambda".to_owned(), api.authorizer.clone().into());
    }
    (!authorizer.is_empty()).then(|| authorizer.into())
}
