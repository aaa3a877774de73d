//! Load balancers and VPC Lattice: nothing is decoded, and whatever is absent is empty.

use std::{borrow::Cow, time::SystemTime};

use serde_json::{Map, Value, json};

use super::{ACCOUNT, Sent, epoch_ms, grouped, groups, values};
use crate::{event::Source, gateway::refusals::Refusal};

/// A load balancer: one map of last values, or one of lists, as its target group is set to.
pub(super) fn load_balancer(source: Source, sent: &Sent<'_>) -> Value {
    let is_multi = source == Source::AlbMultiValue;
    let of = |values: Vec<String>| -> Value {
        if is_multi {
            values.into()
        } else {
            values.last().cloned().into()
        }
    };
    let headers = headers(sent, of);
    let query: Map<String, Value> = groups(sent.query, &['&'])
        .into_iter()
        .map(|(key, values)| (key, of(values)))
        .collect();
    let (headers_key, query_key) = if is_multi {
        ("multiValueHeaders", "multiValueQueryStringParameters")
    } else {
        ("headers", "queryStringParameters")
    };
    let (body, is_base64) = sent.body_by_type();
    let group = format!("arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:targetgroup/local/1");
    json!({
        "requestContext": { "elb": { "targetGroupArn": group } },
        "httpMethod": sent.method(),
        "path": sent.parts.uri.path(),
        headers_key: headers,
        query_key: query,
        "body": body,
        "isBase64Encoded": is_base64,
    })
}

/// VPC Lattice, first version: snake case, repeated values joined, the query in the path as well.
pub(super) fn lattice_1(sent: &Sent<'_>) -> Result<Value, Refusal> {
    let query: Map<String, Value> = grouped(sent.query, &['&'])?
        .into_iter()
        .map(|(key, values)| (key, values.join(",").into()))
        .collect();
    let (body, is_base64) = sent.body_by_type();
    Ok(json!({
        "raw_path": target(sent),
        "method": sent.method(),
        "headers": headers(sent, |values| values.join(",").into()),
        "query_string_parameters": query,
        "body": body,
        "is_base64_encoded": is_base64,
    }))
}

/// VPC Lattice, second version: lists of values, the query in the path as well.
pub(super) fn lattice_2(sent: &Sent<'_>) -> Result<Value, Refusal> {
    let query: Map<String, Value> = grouped(sent.query, &['&'])?
        .into_iter()
        .map(|(key, values)| (key, values.into()))
        .collect();
    let (body, is_base64) = sent.body_by_type();
    let arn = |what: &str| format!("arn:aws:vpc-lattice:us-east-1:{ACCOUNT}:{what}");
    Ok(json!({
        "version": "2.0",
        "path": target(sent),
        "method": sent.method(),
        "headers": headers(sent, Value::from),
        "queryStringParameters": query,
        "body": body,
        "isBase64Encoded": is_base64,
        "requestContext": {
            "serviceNetworkArn": arn("servicenetwork/sn-local"),
            "serviceArn": arn("service/svc-local"),
            "targetGroupArn": arn("targetgroup/tg-local"),
            "region": "us-east-1",
            "timeEpoch": (epoch_ms(SystemTime::now()) * 1000).to_string(),
        },
    }))
}

/// Each header's values, made one value of.
fn headers(sent: &Sent<'_>, of: impl Fn(Vec<String>) -> Value) -> Map<String, Value> {
    let names = sent.headers.keys();
    let pairs = names.map(|name| {
        let values = values(sent.headers.get_all(name));
        (name.to_string(), of(values.map(Cow::into_owned).collect()))
    });
    pairs.collect()
}

fn target<'s>(sent: &Sent<'s>) -> &'s str {
    let target = sent.parts.uri.path_and_query();
    target.map_or("/", |target| target.as_str())
}
