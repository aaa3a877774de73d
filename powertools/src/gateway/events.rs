//! HTTP requests as the events of API Gateway.
//!
//! What each front end decodes, joins and leaves out was captured from live ones; the sources are in
//! `docs/platform.md`.

use std::{
    collections::{BTreeMap, HashMap},
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header, request::Parts};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::{clock::Utc, event::Source};

/// The event that `source` would send for a request; `None` for one that it would refuse.
pub(crate) fn event(
    source: Source,
    parts: &Parts,
    body: &Bytes,
    request_id: &str,
) -> Option<Value> {
    match source {
        Source::HttpApi | Source::FunctionUrl => version_2(source, parts, body, request_id),
        Source::RestApi | Source::HttpApiV1 => version_1(source, parts, body, request_id),
        Source::Alb | Source::AlbMultiValue => Some(load_balancer(source, &with_peer(parts), body)),
        Source::LatticeV1 => lattice_1(&with_peer(parts), body),
        Source::Lattice => lattice_2(&with_peer(parts), body),
    }
}

/// Payload 2.0: names in lower case, repeated values joined, cookies apart.
///
/// An HTTP API decodes the path and takes the `cookie` header away; a function URL does neither.
fn version_2(source: Source, parts: &Parts, body: &Bytes, request_id: &str) -> Option<Value> {
    let is_url = source == Source::FunctionUrl;
    let path = decoded(parts.uri.path());
    let (raw_path, path) = if is_url {
        let raw = parts.uri.path();
        (raw.to_owned(), path.unwrap_or_else(|| raw.to_owned()))
    } else {
        let path = path?;
        (path.clone(), path)
    };
    let query = parts.uri.query().unwrap_or("");
    let mut headers = BTreeMap::new();
    for name in parts.headers.keys() {
        if *name == header::COOKIE && !is_url {
            continue;
        }
        let separator = if *name == header::COOKIE { "; " } else { "," };
        let values: Vec<_> = values(&parts.headers, name.as_str()).collect();
        headers.insert(name.as_str(), values.join(separator));
    }
    let host = if is_url {
        format!("{API}.lambda-url.us-east-1.on.aws")
    } else {
        host(&parts.headers)
    };
    headers
        .entry("x-forwarded-for")
        .or_insert_with(|| SOURCE_IP.to_owned());
    headers
        .entry("x-forwarded-proto")
        .or_insert_with(|| "http".to_owned());
    let now = SystemTime::now();
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": API,
            "domainName": host,
            "domainPrefix": host.split('.').next(),
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": SOURCE_IP,
                "userAgent": headers.get("user-agent").map_or("", String::as_str),
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": Utc::of(now).common_log(),
            "timeEpoch": epoch_ms(now),
        },
        "isBase64Encoded": false,
    });
    let object = event.as_object_mut()?;
    let cookies: Vec<_> = values(&parts.headers, "cookie")
        .flat_map(|line| line.split("; ").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    if !cookies.is_empty() {
        object.insert("cookies".to_owned(), json!(cookies));
    }
    if !query.is_empty() {
        let joined: Map<String, Value> = grouped(query)?
            .into_iter()
            .map(|(key, values)| (key, Value::String(values.join(","))))
            .collect();
        object.insert("queryStringParameters".to_owned(), joined.into());
    }
    if !body.is_empty() {
        let text = std::str::from_utf8(body)
            .ok()
            .filter(|_| is_text(&parts.headers));
        let (body, is_base64) = text_or_base64(text, body);
        object.insert("body".to_owned(), body.into());
        object.insert("isBase64Encoded".to_owned(), is_base64.into());
    }
    Some(event)
}

/// Payload 1.0: the path as the client wrote it, the query decoded, what is absent null.
///
/// A REST API is taken to have `binaryMediaTypes` for whatever is not UTF-8; without that setting it
/// would have destroyed such a body. An HTTP API writes header names in train case.
fn version_1(source: Source, parts: &Parts, body: &Bytes, request_id: &str) -> Option<Value> {
    let is_rest = source == Source::RestApi;
    let path = parts.uri.path();
    let mut single = Map::new();
    let mut multi = Map::new();
    for name in parts.headers.keys() {
        let values: Vec<_> = values(&parts.headers, name.as_str()).collect();
        let name = if is_rest {
            name.to_string()
        } else {
            train_case(name.as_str())
        };
        single.insert(name.clone(), values.last().cloned().into());
        multi.insert(name, values.into());
    }
    let query = grouped(parts.uri.query().unwrap_or(""))?;
    let some = |map: Map<String, Value>| {
        if map.is_empty() {
            Value::Null
        } else {
            map.into()
        }
    };
    let last = query
        .iter()
        .map(|(key, values)| (key.clone(), values.last().cloned().into()));
    let all = query
        .iter()
        .map(|(key, values)| (key.clone(), values.clone().into()));
    let proxy = path.trim_matches('/');
    let (resource, path_parameters) = if proxy.is_empty() {
        ("/", Value::Null)
    } else {
        ("/{proxy+}", json!({ "proxy": proxy }))
    };
    let text = std::str::from_utf8(body).ok();
    let text = text.filter(|_| is_rest || is_text(&parts.headers));
    let (text, is_base64) = text_or_base64(text, body);
    let (stage, context_path) = if is_rest {
        ("local", format!("/local{path}"))
    } else {
        ("$default", decoded(path)?)
    };
    let host = host(&parts.headers);
    let now = SystemTime::now();
    let mut event = json!({
        "resource": resource,
        "path": path,
        "httpMethod": parts.method.as_str(),
        "headers": some(single),
        "multiValueHeaders": some(multi),
        "queryStringParameters": some(last.collect()),
        "multiValueQueryStringParameters": some(all.collect()),
        "pathParameters": path_parameters,
        "stageVariables": null,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": API,
            "domainName": host,
            "domainPrefix": host.split('.').next(),
            "extendedRequestId": request_id,
            "httpMethod": parts.method.as_str(),
            "identity": {
                "sourceIp": SOURCE_IP,
                "userAgent": values(&parts.headers, "user-agent").next(),
            },
            "path": context_path,
            "protocol": "HTTP/1.1",
            "requestId": request_id,
            "requestTime": Utc::of(now).common_log(),
            "requestTimeEpoch": epoch_ms(now),
            "resourcePath": resource,
            "stage": stage,
        },
        "body": if body.is_empty() { Value::Null } else { text.into() },
        "isBase64Encoded": is_base64 && !body.is_empty(),
    });
    if !is_rest {
        event["version"] = "1.0".into();
    }
    Some(event)
}

/// The request as the front ends pass it on that say in no other place who asked: the peer's address stands
/// at the end of `x-forwarded-for`.
fn with_peer(parts: &Parts) -> Parts {
    const NAME: &str = "x-forwarded-for";
    let mut parts = parts.clone();
    let mut lines: Vec<String> = values(&parts.headers, NAME).collect();
    match lines.last_mut() {
        Some(last) => *last = format!("{last}, {SOURCE_IP}"),
        None => lines.push(SOURCE_IP.to_owned()),
    }
    parts.headers.remove(NAME);
    for line in lines {
        let line = HeaderValue::try_from(line);
        let line = line.expect("it was a value, and neither a comma nor an address breaks it");
        parts.headers.append(NAME, line);
    }
    parts
}

/// A load balancer: nothing is decoded, absent maps are empty and an absent body is empty text.
fn load_balancer(source: Source, parts: &Parts, body: &Bytes) -> Value {
    let is_multi = source == Source::AlbMultiValue;
    let of = |values: Vec<String>| -> Value {
        if is_multi {
            values.into()
        } else {
            values.last().cloned().into()
        }
    };
    let headers: Map<String, Value> = parts
        .headers
        .keys()
        .map(|name| {
            (
                name.to_string(),
                of(values(&parts.headers, name.as_str()).collect()),
            )
        })
        .collect();
    let query: Map<String, Value> = groups(parts.uri.query().unwrap_or(""))
        .into_iter()
        .map(|(key, values)| (key, of(values)))
        .collect();
    let (headers_key, query_key) = if is_multi {
        ("multiValueHeaders", "multiValueQueryStringParameters")
    } else {
        ("headers", "queryStringParameters")
    };
    let (body, is_base64) = body_by_type(parts, body);
    let group = format!("arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:targetgroup/local/1");
    json!({
        "requestContext": { "elb": { "targetGroupArn": group } },
        "httpMethod": parts.method.as_str(),
        "path": parts.uri.path(),
        headers_key: headers,
        query_key: query,
        "body": body,
        "isBase64Encoded": is_base64,
    })
}

/// VPC Lattice, first version: snake case, repeated values joined, the query in the path as well.
fn lattice_1(parts: &Parts, body: &Bytes) -> Option<Value> {
    let headers: Map<String, Value> = parts
        .headers
        .keys()
        .map(|name| {
            let values: Vec<_> = values(&parts.headers, name.as_str()).collect();
            (name.to_string(), values.join(",").into())
        })
        .collect();
    let query: Map<String, Value> = grouped(parts.uri.query().unwrap_or(""))?
        .into_iter()
        .map(|(key, values)| (key, values.join(",").into()))
        .collect();
    let (body, is_base64) = body_by_type(parts, body);
    Some(json!({
        "raw_path": target(parts),
        "method": parts.method.as_str(),
        "headers": headers,
        "query_string_parameters": query,
        "body": body,
        "is_base64_encoded": is_base64,
    }))
}

/// VPC Lattice, second version: lists of values, the query in the path as well.
fn lattice_2(parts: &Parts, body: &Bytes) -> Option<Value> {
    let headers: Map<String, Value> = parts
        .headers
        .keys()
        .map(|name| {
            let values: Vec<_> = values(&parts.headers, name.as_str()).collect();
            (name.to_string(), values.into())
        })
        .collect();
    let query: Map<String, Value> = grouped(parts.uri.query().unwrap_or(""))?
        .into_iter()
        .map(|(key, values)| (key, values.into()))
        .collect();
    let (body, is_base64) = body_by_type(parts, body);
    let arn = |what: &str| format!("arn:aws:vpc-lattice:us-east-1:{ACCOUNT}:{what}");
    Some(json!({
        "version": "2.0",
        "path": target(parts),
        "method": parts.method.as_str(),
        "headers": headers,
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

fn target(parts: &Parts) -> &str {
    parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str())
}

fn body_by_type(parts: &Parts, body: &Bytes) -> (String, bool) {
    if body.is_empty() {
        return (String::new(), false);
    }
    let text = std::str::from_utf8(body).ok();
    text_or_base64(text.filter(|_| is_text(&parts.headers)), body)
}

const SOURCE_IP: &str = "127.0.0.1";
const ACCOUNT: &str = "123456789012";
const API: &str = "local";

/// `content-type` as `Content-Type`.
fn train_case(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    words.collect::<Vec<_>>().join("-")
}

fn epoch_ms(now: SystemTime) -> u64 {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The name that the client asked for, without the port.
fn host(headers: &HeaderMap) -> String {
    let host = values(headers, "host").next().unwrap_or_default();
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name.to_owned(),
        _ => host,
    }
}

/// A header's values. Bytes that are not UTF-8 are read as Latin-1, which is what HTTP once said.
fn values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = String> + 'a {
    headers.get_all(name).iter().map(|value| {
        std::str::from_utf8(value.as_bytes()).map_or_else(
            |_| value.as_bytes().iter().copied().map(char::from).collect(),
            str::to_owned,
        )
    })
}

/// Each key of a query once, decoded, in the order in which it was first met.
fn grouped(query: &str) -> Option<Vec<(String, Vec<String>)>> {
    let text = |text: &str| decoded(&text.replace('+', " "));
    let decoded = groups(query).into_iter().map(|(key, values)| {
        let values = values.iter().map(|value| text(value));
        Some((text(&key)?, values.collect::<Option<Vec<_>>>()?))
    });
    Some(gather(decoded.collect::<Option<Vec<_>>>()?.into_iter()))
}

/// The same as the client wrote it.
fn groups(query: &str) -> Vec<(String, Vec<String>)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    gather(pairs.map(|(key, value)| (key.to_owned(), vec![value.to_owned()])))
}

/// Values by key, in the order in which keys were first met.
fn gather(pairs: impl Iterator<Item = (String, Vec<String>)>) -> Vec<(String, Vec<String>)> {
    let mut places = HashMap::new();
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for (key, values) in pairs {
        let place = *places.entry(key.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, known)) => known.extend(values),
            None => groups.push((key, values)),
        }
    }
    groups
}

fn decoded(text: &str) -> Option<String> {
    Some(percent_decode_str(text).decode_utf8().ok()?.into_owned())
}

/// Whether an HTTP API passes a body of this type on as text; everything else is base64.
fn is_text(headers: &HeaderMap) -> bool {
    let declared = values(headers, "content-type").next().unwrap_or_default();
    let essence = declared
        .split(';')
        .next()
        .unwrap_or("")
        .trim()
        .to_ascii_lowercase();
    let types = [
        "application/json",
        "application/xml",
        "application/javascript",
    ];
    essence.starts_with("text/") || types.contains(&&*essence)
}

fn text_or_base64(text: Option<&str>, body: &Bytes) -> (String, bool) {
    match text {
        Some(text) => (text.to_owned(), false),
        None => (STANDARD.encode(body), true),
    }
}
