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
    local::{
        exchange::{BODY_PATIENCE, Story},
        guard, ids,
    },
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
        let mut story = Story::default();
        let answer = self.managed(&parts, body).await.unwrap_or_else(|wrong| {
            story.note = Some(wrong.note.clone());
            wrong.answer()
        });
        line.ended(self, answer.status(), story);
        answer
    }

    async fn managed(&self, parts: &Parts, body: Incoming) -> Result<Answer, Wrong> {
        // On AWS only who signs requests may come here; here, whoever runs programs on this machine.
        if guard::is_from_a_page(&parts.headers) {
            return Err(Wrong::new(Error::Forbidden, "no posts from web pages"));
        }
        let found = connection_id(parts.uri.path());
        let Some((_, id)) = found.filter(|(mapping, _)| self.answers_at(mapping)) else {
            return Err(Wrong::new(Error::Forbidden, "Forbidden").because(&self.places_told()));
        };
        if !ids::is_short(&id) {
            let note = format!("`{id}` is no id of a connection");
            let message = format!("Invalid connectionId: {id}");
            return Err(Wrong::new(Error::BadRequest, &message).because(&note));
        }
        let Some(connected) = self.open.find(&id) else {
            return Err(gone());
        };
        match parts.method {
            Method::POST => self.post(&connected, body).await,
            Method::GET => Ok(told(&connected)),
            Method::DELETE => {
                connected.closing.notify_one();
                self.open.remove(&id);
                Ok(status(StatusCode::NO_CONTENT))
            }
            _ => Err(Wrong::new(Error::NoMethod, "post, get or delete")),
        }
    }

    async fn post(&self, connected: &Connected, body: Incoming) -> Result<Answer, Wrong> {
        let most = self.settings.limits.message;
        let bad = |message| Wrong::new(Error::BadRequest, message);
        let body = Limited::new(body, most).collect();
        let body = tokio::time::timeout(BODY_PATIENCE, body).await;
        let body = body.map_err(|_| bad("the body did not come in time"))?;
        let body = body.map_err(|failed| match failed.is::<LengthLimitError>() {
            true => Wrong::new(Error::TooLarge, &format!("more than {most} bytes")),
            false => bad("the body ended early"),
        })?;
        let text = String::from_utf8(body.to_bytes().into());
        let text = text.map_err(|_| bad("frames are text, and this is no UTF-8"))?;
        match connected.send(text).await {
            Ok(()) => Ok(status(StatusCode::OK)),
            Err(Unsent::Gone) => Err(gone()),
            Err(Unsent::Full) => Err(Wrong::new(Error::LimitExceeded, "the client does not read")),
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

/// A refusal, in words for who asked and in words for the person at the terminal.
struct Wrong {
    error: Error,
    message: String,
    note: String,
}

impl Wrong {
    fn new(error: Error, message: &str) -> Self {
        Self {
            error,
            message: message.to_owned(),
            note: message.to_owned(),
        }
    }

    /// With other words for the person: what API Gateway says is told to who asked.
    fn because(mut self, note: &str) -> Self {
        note.clone_into(&mut self.note);
        self
    }

    fn answer(&self) -> Answer {
        let (code, name) = self.error.told();
        let mut answer = gateway::message(code, &self.message);
        let header = HeaderName::from_static("x-amzn-errortype");
        let name = HeaderValue::from_static(name);
        answer.headers_mut().insert(header, name);
        answer
    }
}

fn gone() -> Wrong {
    let note = "there is no such connection, any more or at all";
    Wrong::new(Error::Gone, "Gone").because(note)
}

/// What AWS's SDK reads an error by.
#[derive(Clone, Copy)]
enum Error {
    BadRequest,
    Forbidden,
    NoMethod,
    Gone,
    TooLarge,
    LimitExceeded,
}

impl Error {
    const fn told(self) -> (StatusCode, &'static str) {
        match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, "BadRequestException"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "ForbiddenException"),
            Self::NoMethod => (StatusCode::METHOD_NOT_ALLOWED, "BadRequestException"),
            Self::Gone => (StatusCode::GONE, "GoneException"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLargeException"),
            Self::LimitExceeded => (StatusCode::TOO_MANY_REQUESTS, "LimitExceededException"),
        }
    }
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
