//! Payload 2.0: names in lower case, repeated values joined, cookies apart, and no key without a value.

use std::{borrow::Cow, collections::BTreeMap, time::SystemTime};

use http::header;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{ACCOUNT, API, SOURCE_IP, Sent, epoch_ms, grouped, values};
use crate::{
    clock::Utc,
    event::Source,
    gateway::{api::Api, place::place, refusals::Refusal},
};

/// The event. A type and not a `Value`, because this is what most requests become: half the time of the
/// local gateway's own work went into the maps of one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'e> {
    version: &'static str,
    route_key: &'e str,
    raw_path: &'e str,
    raw_query_string: &'e str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    headers: BTreeMap<&'e str, Cow<'e, str>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    query_string_parameters: BTreeMap<String, String>,
    request_context: Context<'e>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    path_parameters: BTreeMap<&'e str, &'e str>,
    is_base64_encoded: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage_variables: Option<&'e Map<String, Value>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'e> {
    account_id: &'static str,
    api_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<Value>,
    domain_name: &'e str,
    domain_prefix: Option<&'e str>,
    http: Http<'e>,
    request_id: &'e str,
    route_key: &'e str,
    stage: &'e str,
    time: String,
    time_epoch: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Http<'e> {
    method: &'e str,
    path: &'e str,
    protocol: &'static str,
    source_ip: &'static str,
    user_agent: Cow<'e, str>,
}

/// An HTTP API decodes the path and takes the `cookie` header away; a function URL does neither.
pub(super) fn event(source: Source, api: &Api, sent: &Sent<'_>) -> Result<String, Refusal> {
    let is_url = source == Source::FunctionUrl;
    let place = place(source, api, sent.method(), sent.parts.uri.path())?;
    // Readers of events know a function URL by its name, whatever this machine was asked for.
    let domain = match source {
        Source::FunctionUrl => format!("{API}.lambda-url.us-east-1.on.aws").into(),
        _ => sent.domain(),
    };
    let query = grouped(sent.query, &['&'])?.into_iter();
    let body = (!sent.body.is_empty()).then(|| sent.body_by_type());
    let is_base64_encoded = body.as_ref().is_some_and(|(_, is_base64)| *is_base64);
    let variables = Some(&api.stage_variables).filter(|map| !is_url && !map.is_empty());
    let parameters = place.parameters.iter();
    let now = SystemTime::now();
    let event = Event {
        version: "2.0",
        route_key: &place.key,
        raw_path: &place.path,
        raw_query_string: sent.query,
        cookies: values(sent.headers.get_all(header::COOKIE))
            .flat_map(|line| line.split("; ").map(str::to_owned).collect::<Vec<_>>())
            .collect(),
        headers: headers(sent, is_url),
        query_string_parameters: query.map(|(key, values)| (key, values.join(","))).collect(),
        request_context: Context {
            account_id: if is_url { "anonymous" } else { ACCOUNT },
            api_id: API,
            authorizer: authorizer(api).filter(|_| !is_url),
            domain_name: &domain,
            domain_prefix: domain.split('.').next(),
            http: Http {
                method: sent.method(),
                path: &place.context_path,
                protocol: "HTTP/1.1",
                source_ip: SOURCE_IP,
                user_agent: sent.last("user-agent").unwrap_or_default(),
            },
            request_id: sent.id,
            route_key: &place.key,
            stage: if is_url {
                "$default"
            } else {
                api.stage(source)
            },
            time: Utc::of(now).common_log(),
            time_epoch: epoch_ms(now),
        },
        body: body.map(|(text, _)| text),
        path_parameters: parameters.map(|(key, value)| (&**key, &**value)).collect(),
        is_base64_encoded,
        stage_variables: variables,
    };
    // Most have less than this besides the body; growing from nothing copies them four times.
    let mut json = Vec::with_capacity(2048 + event.body.as_ref().map_or(0, String::len));
    serde_json::to_writer(&mut json, &event)
        .expect("texts, numbers and maps whose keys are texts are JSON");
    Ok(String::from_utf8(json).expect("JSON is written as UTF-8"))
}

fn headers<'s>(sent: &Sent<'s>, is_url: bool) -> BTreeMap<&'s str, Cow<'s, str>> {
    let names = sent.headers.keys();
    let names = names.filter(|name| **name != header::COOKIE || is_url);
    let joined = names.map(|name| {
        let separator = if *name == header::COOKIE { "; " } else { "," };
        let values = values(sent.headers.get_all(name));
        let joined = values.reduce(|joined, value| joined + separator + value);
        (name.as_str(), joined.unwrap_or_default())
    });
    joined.collect()
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
