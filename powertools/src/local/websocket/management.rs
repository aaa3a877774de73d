//! `@connections`: how a function posts to a client, asks after it, and closes its connection.
//!
//! Sources: the API reference of the API Gateway Management API, and of ids that never were LocalStack's
//! issue 4694.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use serde_json::json;

use super::{Connected, Sockets, open::Unsent};
use crate::{
    clock::Utc,
    function::App,
    gateway::{self, Answer},
    local::{exchange::BODY_PATIENCE, guard, ids},
};

/// Whether a path is one of this API, of whatever stage.
pub(in crate::local) fn is_management(path: &str) -> bool {
    connection_id(path).is_some()
}

/// What stands before `@connections` in a path.
pub(super) fn mapping(path: &str) -> Option<String> {
    connection_id(path).map(|(mapping, _)| mapping)
}

/// The mapping and the id in a path such as `/prod/@connections/L0SM9cOFvHcCIhw%3D`.
fn connection_id(path: &str) -> Option<(String, String)> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    let (mapping, id) = decoded.split_once("/@connections/")?;
    Some((mapping.trim_start_matches('/').to_owned(), id.to_owned()))
}

impl<A: App> Sockets<A> {
    /// Answers a request to this API.
    pub(in crate::local) async fn manage(&self, request: http::Request<Incoming>) -> Answer {
        let (parts, body) = request.into_parts();
        let title = format!("{} {}", parts.method, parts.uri.path());
        let line = self.begun(&title, "");
        let answer = self.managed(&parts, body).await;
        line.ended(self, answer.status(), Default::default());
        answer
    }

    async fn managed(&self, parts: &Parts, body: Incoming) -> Answer {
        // On AWS only who signs requests may come here; here, whoever runs programs on this machine.
        if guard::is_from_a_page(&parts.headers) {
            return error(Wrong::Forbidden, "no posts from web pages");
        }
        let Some((mapping, id)) = connection_id(parts.uri.path()) else {
            return error(Wrong::Forbidden, "Forbidden");
        };
        if !self.answers_at(&mapping) {
            return error(Wrong::Forbidden, "Forbidden");
        }
        if !ids::is_short(&id) {
            return error(Wrong::BadRequest, &format!("Invalid connectionId: {id}"));
        }
        let Some(connected) = self.open.find(&id) else {
            return error(Wrong::Gone, "Gone");
        };
        match parts.method {
            Method::POST => self.post(&connected, body).await,
            Method::GET => told(&connected),
            Method::DELETE => {
                connected.closing.notify_one();
                self.open.remove(&id);
                status(StatusCode::NO_CONTENT)
            }
            _ => error(Wrong::NoMethod, "post, get or delete"),
        }
    }

    async fn post(&self, connected: &Connected, body: Incoming) -> Answer {
        let most = self.settings.limits.message;
        let body = Limited::new(body, most).collect();
        let Ok(body) = tokio::time::timeout(BODY_PATIENCE, body).await else {
            return error(Wrong::BadRequest, "the body did not come in time");
        };
        let body = match body {
            Ok(body) => body.to_bytes(),
            Err(failed) if failed.is::<LengthLimitError>() => {
                return error(Wrong::TooLarge, &format!("more than {most} bytes"));
            }
            Err(_) => return error(Wrong::BadRequest, "the body ended early"),
        };
        let Ok(text) = String::from_utf8(body.into()) else {
            return error(Wrong::BadRequest, "frames are text, and this is no UTF-8");
        };
        match connected.send(text).await {
            Ok(()) => status(StatusCode::OK),
            Err(Unsent::Gone) => error(Wrong::Gone, "Gone"),
            Err(Unsent::Full) => error(Wrong::LimitExceeded, "the client does not read"),
        }
    }
}

/// What is known of a connection.
fn told(connected: &Connected) -> Answer {
    let time = |time| {
        let mut text = Vec::new();
        Utc::of(time).write_rfc3339(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    };
    let about = &connected.about;
    let body = json!({
        "connectedAt": time(about.connected_at),
        "identity": {
            "sourceIp": "127.0.0.1",
            "userAgent": about.user_agent.as_deref().unwrap_or_default(),
        },
        "lastActiveAt": time(connected.seen().wall),
    });
    gateway::json(StatusCode::OK, body.to_string().into_bytes())
}

/// What AWS's SDK reads an error by.
#[derive(Clone, Copy)]
enum Wrong {
    BadRequest,
    Forbidden,
    NoMethod,
    Gone,
    TooLarge,
    LimitExceeded,
}

fn error(wrong: Wrong, message: &str) -> Answer {
    let (code, name) = match wrong {
        Wrong::BadRequest => (StatusCode::BAD_REQUEST, "BadRequestException"),
        Wrong::Forbidden => (StatusCode::FORBIDDEN, "ForbiddenException"),
        Wrong::NoMethod => (StatusCode::METHOD_NOT_ALLOWED, "BadRequestException"),
        Wrong::Gone => (StatusCode::GONE, "GoneException"),
        Wrong::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLargeException"),
        Wrong::LimitExceeded => (StatusCode::TOO_MANY_REQUESTS, "LimitExceededException"),
    };
    let mut answer = gateway::message(code, message);
    let header = HeaderName::from_static("x-amzn-errortype");
    answer
        .headers_mut()
        .insert(header, HeaderValue::from_static(name));
    answer
}

fn status(status: StatusCode) -> Answer {
    let mut answer = Answer::new(Bytes::new());
    *answer.status_mut() = status;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_however_much_of_a_path_is_encoded() {
        let found = |stage: &str, id: &str| Some((stage.to_owned(), id.to_owned()));
        for (path, expected) in [
            ("/", None),
            ("/@connections", None),
            ("/connections/a", None),
            ("/%ff/@connections/a", None),
            ("/@connections/", found("", "")),
            ("/@connections/a%3D", found("", "a=")),
            ("/%40connections/a=", found("", "a=")),
            ("/prod/%40connections/a%3d", found("prod", "a=")),
            ("/@connections/a/b", found("", "a/b")),
        ] {
            assert_eq!(connection_id(path), expected, "{path}");
        }
    }
}
