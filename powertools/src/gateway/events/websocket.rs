//! A WebSocket API: what a function is sent when a client connects, says something, and is gone.
//!
//! Only a connection's first event has the client's headers and query, only a message has a body, and the
//! last one says how it ended. What they hold was captured from AWS; the sources are in `docs/platform.md`.

use std::{borrow::Cow, time::SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, header, request::Parts};
use serde_json::{Map, Value, json};

use super::{API, Asked, Hop, SOURCE_IP, epoch_ms, forwarded, grouped, values, version_1};
use crate::{
    clock::Utc,
    event::Source,
    gateway::{api::Api, refusals::Refusal},
};

/// What all events of a connection say of it.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    /// Sixteen characters of base64 for URLs; the last one is `=`.
    pub(crate) id: String,
    pub(crate) connected_at: SystemTime,
    /// The name that the client asked for.
    pub(crate) domain: String,
    pub(crate) user_agent: Option<String>,
}

/// What happened.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Happened<'e> {
    /// A client asks to be connected.
    Connect {
        parts: &'e Parts,
        hop: Option<Hop<'e>>,
    },
    /// It said something. Text: API Gateway takes no binary frames.
    Message {
        route_key: &'e str,
        id: &'e str,
        body: &'e str,
    },
    /// The connection is closed, by whomever.
    Disconnect { code: u16, reason: &'e str },
}

/// The event, as JSON, or why a client is refused before there is one.
pub(crate) fn event(
    api: &Api,
    connection: &Connection,
    request_id: &str,
    happened: Happened<'_>,
) -> Result<String, Refusal> {
    let mut event = match happened {
        Happened::Connect { parts, hop } => connect(api, parts, hop)?,
        Happened::Message { body, .. } => json!({ "body": body }),
        Happened::Disconnect { .. } => disconnect(connection),
    };
    event["requestContext"] = context(api, connection, request_id, happened);
    event["isBase64Encoded"] = false.into();
    if !api.stage_variables.is_empty() {
        event["stageVariables"] = api.stage_variables.clone().into();
    }
    Ok(event.to_string())
}

/// The stage's name. A WebSocket API has no `$default` one.
pub(crate) fn stage(api: &Api) -> &str {
    api.stage.as_deref().unwrap_or("local")
}

/// The name that events say a client asked for. With the port, which no real one has: code that makes an
/// address of it, as for `@connections`, finds this machine.
pub(crate) fn domain(api: &Api, parts: &Parts) -> String {
    let host = forwarded::host(Source::RestApi, &api.domain);
    let host = host.as_ref().or_else(|| parts.headers.get(header::HOST));
    let host = host.and_then(|host| host.to_str().ok());
    host.unwrap_or_default().to_owned()
}

fn connect(api: &Api, parts: &Parts, hop: Option<Hop<'_>>) -> Result<Value, Refusal> {
    let asked = Asked {
        parts,
        body: &Bytes::new(),
        id: "",
        extended_id: "",
        hop,
    };
    // As of a REST API: it is what WebSocket APIs are closest to.
    let headers = forwarded::headers(Source::RestApi, api, &asked);
    let query = grouped(parts.uri.query().unwrap_or(""), &['&'])?;
    let (single, multi) = both(names(&headers));
    let mut event = json!({ "headers": single, "multiValueHeaders": multi });
    if !query.is_empty() {
        let (single, multi) = both(query.into_iter());
        event["queryStringParameters"] = single.into();
        event["multiValueQueryStringParameters"] = multi.into();
    }
    Ok(event)
}

/// An end has headers, too, and they say nothing but the host.
fn disconnect(connection: &Connection) -> Value {
    let headers = [
        ("Host", &*connection.domain),
        ("x-api-key", ""),
        ("X-Forwarded-For", ""),
        ("x-restapi", ""),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), vec![value.to_owned()]));
    let (single, multi) = both(headers.into_iter());
    json!({ "headers": single, "multiValueHeaders": multi })
}

fn context(api: &Api, connection: &Connection, request_id: &str, happened: Happened<'_>) -> Value {
    let (route_key, event_type) = match happened {
        Happened::Connect { .. } => ("$connect", "CONNECT"),
        Happened::Message { route_key, .. } => (route_key, "MESSAGE"),
        Happened::Disconnect { .. } => ("$disconnect", "DISCONNECT"),
    };
    let now = SystemTime::now();
    let mut context = json!({
        "routeKey": route_key,
        "eventType": event_type,
        "extendedRequestId": request_id,
        "requestTime": Utc::of(now).common_log(),
        "messageDirection": "IN",
        "stage": stage(api),
        "connectedAt": epoch_ms(connection.connected_at),
        "requestTimeEpoch": epoch_ms(now),
        "identity": { "sourceIp": SOURCE_IP },
        "requestId": request_id,
        "domainName": connection.domain,
        "connectionId": connection.id,
        "apiId": API,
    });
    if let Some(user_agent) = &connection.user_agent {
        context["identity"]["userAgent"] = (**user_agent).into();
    }
    match happened {
        Happened::Connect { .. } => {}
        Happened::Message { id, .. } => context["messageId"] = id.into(),
        Happened::Disconnect { code, reason } => {
            context["disconnectStatusCode"] = code.into();
            context["disconnectReason"] = reason.into();
        }
    }
    // An authorizer is asked once, when the client connects; what it said goes with every event after.
    let mut authorizer = api.authorizer.clone();
    if !api.claims.is_empty() {
        authorizer.insert("claims".to_owned(), api.claims.clone().into());
    }
    if !authorizer.is_empty() {
        context["authorizer"] = authorizer.into();
    }
    context
}

/// The map of last values, and the map of all.
fn both(
    pairs: impl Iterator<Item = (String, Vec<String>)>,
) -> (Map<String, Value>, Map<String, Value>) {
    let (mut single, mut multi) = (Map::new(), Map::new());
    for (name, values) in pairs {
        single.insert(name.clone(), values.last().cloned().into());
        multi.insert(name, values.into());
    }
    (single, multi)
}

/// Headers under the names that clients of WebSockets write, who all write them alike: the HTTP server
/// here tells them in lower case.
fn names(headers: &HeaderMap) -> impl Iterator<Item = (String, Vec<String>)> {
    headers.keys().map(|name| {
        let values = values(headers.get_all(name)).map(Cow::into_owned).collect();
        (capitals(name), values)
    })
}

fn capitals(name: &HeaderName) -> String {
    let known = [
        (header::SEC_WEBSOCKET_ACCEPT, "Sec-WebSocket-Accept"),
        (header::SEC_WEBSOCKET_EXTENSIONS, "Sec-WebSocket-Extensions"),
        (header::SEC_WEBSOCKET_KEY, "Sec-WebSocket-Key"),
        (header::SEC_WEBSOCKET_PROTOCOL, "Sec-WebSocket-Protocol"),
        (header::SEC_WEBSOCKET_VERSION, "Sec-WebSocket-Version"),
    ];
    let known = known.iter().find(|(known, _)| known == name);
    known.map_or_else(
        || version_1::train_case(name.as_str()),
        |(_, written)| (*written).to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    const REQUEST: &str = "BFHPhFe3IAMF95g=";

    fn connection() -> Connection {
        Connection {
            id: "BFHPhfCWIAMCKlQ=".to_owned(),
            connected_at: UNIX_EPOCH + Duration::from_millis(1_731_324_924_553),
            domain: "chat.example".to_owned(),
            user_agent: None,
        }
    }

    fn parts(target: &str) -> Parts {
        let request = http::Request::get(target)
            .header("host", "chat.example")
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-key", "+W5xw47OHh3OTFsWKjGu9Q==")
            .header("sec-websocket-version", "13")
            .header("x-two", "a")
            .header("x-two", "b");
        request.body(()).expect("a request").into_parts().0
    }

    fn read(api: &Api, connection: &Connection, happened: Happened<'_>) -> Value {
        let event = event(api, connection, REQUEST, happened).expect("an event");
        serde_json::from_str(&event).expect("JSON")
    }

    /// The names in a map, in the order of the alphabet.
    fn keys(value: &Value) -> Vec<&str> {
        let map = value.as_object().expect("a map");
        map.keys().map(String::as_str).collect()
    }

    fn captured(text: &str) -> Value {
        serde_json::from_str(text).expect("an event")
    }

    #[test]
    fn a_query_that_cannot_be_decoded_makes_no_event() {
        let parts = parts("/?name=%ff");
        let connect = Happened::Connect {
            parts: &parts,
            hop: None,
        };
        let refused = event(&Api::default(), &connection(), REQUEST, connect);
        assert_eq!(refused, Err(Refusal::BadRequest));
    }

    #[test]
    fn a_connect_has_the_names_of_a_captured_one() {
        let captured = captured(include_str!(
            "../../../../tests/fixtures/events/apiGatewayWebSocketApiConnect.json"
        ));
        let parts = parts("/");
        let hop = Some(Hop {
            port: 9000,
            trace_id: "Root=1-2-3",
        });
        let event = read(
            &Api::default(),
            &connection(),
            Happened::Connect { parts: &parts, hop },
        );

        assert_eq!(keys(&event), keys(&captured));
        let context = &event["requestContext"];
        assert_eq!(keys(context), keys(&captured["requestContext"]));
        let mut names = keys(&captured["headers"]);
        names.retain(|name| *name != "Sec-WebSocket-Extensions");
        names.push("X-Two");
        names.sort_unstable();
        assert_eq!(keys(&event["headers"]), names);
        assert_eq!(keys(&event["multiValueHeaders"]), names);
        assert_eq!(event["headers"]["X-Two"], "b");
        assert_eq!(event["multiValueHeaders"]["X-Two"], json!(["a", "b"]));
        assert_eq!(context["routeKey"], "$connect");
        assert_eq!(context["eventType"], "CONNECT");
        assert_eq!(context["connectedAt"], 1_731_324_924_553_u64);
        assert_eq!(context["connectionId"], "BFHPhfCWIAMCKlQ=");
        assert_eq!(context["requestId"], REQUEST);
        assert_eq!(context["extendedRequestId"], REQUEST);
        assert_eq!(context["domainName"], "chat.example");
        assert_eq!(context["stage"], "local");
        assert_eq!(context["identity"], json!({ "sourceIp": "127.0.0.1" }));
        assert_eq!(event["isBase64Encoded"], false);
    }

    #[test]
    fn a_query_is_decoded_into_both_maps() {
        let parts = parts("/?room=a%26b&room=c+d&empty=");
        let connect = Happened::Connect {
            parts: &parts,
            hop: None,
        };
        let event = read(&Api::default(), &connection(), connect);
        let single = json!({ "room": "c d", "empty": "" });
        assert_eq!(event["queryStringParameters"], single);
        let multi = json!({ "room": ["a&b", "c d"], "empty": [""] });
        assert_eq!(event["multiValueQueryStringParameters"], multi);
    }

    #[test]
    fn a_message_has_the_names_of_a_captured_one() {
        let captured = captured(include_str!(
            "../../../../tests/fixtures/events/apiGatewayWebSocketApiMessage.json"
        ));
        let body = "{\"action\": \"chat\", \"message\": \"Hello from client\"}";
        let message = Happened::Message {
            route_key: "chat",
            id: "BFaVtfGSIAMCKug=",
            body,
        };
        let event = read(&Api::default(), &connection(), message);

        assert_eq!(keys(&event), keys(&captured));
        let context = &event["requestContext"];
        assert_eq!(keys(context), keys(&captured["requestContext"]));
        for name in ["routeKey", "eventType", "messageId", "messageDirection"] {
            assert_eq!(context[name], captured["requestContext"][name], "{name}");
        }
        assert_eq!(event["body"], captured["body"]);
    }

    #[test]
    fn an_end_says_how_and_has_no_headers_worth_the_name() {
        let end = Happened::Disconnect {
            code: 1005,
            reason: "Client-side close frame status not set",
        };
        let mut connection = connection();
        connection.user_agent = Some("python".to_owned());
        let event = read(&Api::default(), &connection, end);

        let expected = [
            "headers",
            "isBase64Encoded",
            "multiValueHeaders",
            "requestContext",
        ];
        assert_eq!(keys(&event), expected);
        let headers = json!({
            "Host": "chat.example", "x-api-key": "", "X-Forwarded-For": "", "x-restapi": "",
        });
        assert_eq!(event["headers"], headers);
        assert_eq!(event["multiValueHeaders"]["x-restapi"], json!([""]));
        let context = &event["requestContext"];
        assert_eq!(context["routeKey"], "$disconnect");
        assert_eq!(context["eventType"], "DISCONNECT");
        assert_eq!(context["disconnectStatusCode"], 1005);
        assert_eq!(
            context["disconnectReason"],
            "Client-side close frame status not set"
        );
        assert_eq!(context["identity"]["userAgent"], "python");
        assert_eq!(context.get("messageId"), None);
    }

    #[test]
    fn every_event_has_what_the_api_is_set_to() {
        let mut api = Api {
            stage: Some("prod".to_owned()),
            ..Api::default()
        };
        api.claims.insert("sub".to_owned(), "ann".into());
        api.authorizer.insert("role".to_owned(), "admin".into());
        api.stage_variables.insert("table".to_owned(), "t".into());
        let message = Happened::Message {
            route_key: "$default",
            id: "id=",
            body: "hello",
        };
        let event = read(&api, &connection(), message);
        assert_eq!(event["requestContext"]["stage"], "prod");
        let authorizer = json!({ "claims": { "sub": "ann" }, "role": "admin" });
        assert_eq!(event["requestContext"]["authorizer"], authorizer);
        assert_eq!(event["stageVariables"], json!({ "table": "t" }));
    }
}
