//! What a client is told when something went wrong: RFC 9457 problem details.

use std::{borrow::Cow, fmt, panic::Location};

use http::StatusCode;
use serde::Serialize;

use crate::causes::chain;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A failure on its way to the client: a status, a sentence that is sent, a cause that is not.
///
/// It stays a value until the response leaves the function, because only then is the request id
/// known that its body carries ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    detail: Option<Cow<'static, str>>,
    errors: Vec<FieldError>,
    cause: Option<Cause>,
    origin: Origin,
}

/// What is known of a cause beside itself.
#[cfg_attr(
    not(feature = "router"),
    allow(dead_code, reason = "the router logs causes")
)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Origin {
    /// Its type, which is gone once it is a cause.
    pub(crate) kind: Option<&'static str>,
    /// Where it became one.
    pub(crate) location: Option<&'static Location<'static>>,
}

/// What is wrong with one part of a request.
#[derive(Debug, Serialize)]
struct FieldError {
    path: Cow<'static, str>,
    detail: Cow<'static, str>,
}

/// The most that is said of one request. A body of 2 MiB can have 700,000 mistakes.
const MOST_ERRORS: usize = 50;

impl Problem {
    /// A problem of this status, with nothing more to say than its title.
    #[must_use]
    pub const fn new(status: StatusCode) -> Self {
        Self {
            status,
            detail: None,
            errors: Vec::new(),
            cause: None,
            origin: Origin {
                kind: None,
                location: None,
            },
        }
    }

    /// 400 with this detail.
    pub(crate) fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST).with_detail(detail)
    }

    /// Says what went wrong, in words meant for the client.
    ///
    /// At most 500 characters of it are kept: a detail often repeats what the client sent, and the
    /// answer must not be longer than the question.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(brief(detail.into()));
        self
    }

    /// Says what is wrong with which part of the request: pairs of a path, such as `lines[12].name`, and a
    /// sentence. They are the member `errors` of the body, for programs to read.
    ///
    /// The first 50 are kept, and no more are taken from the iterator, so that one that formats as it goes
    /// does not format what nobody reads.
    #[must_use]
    pub fn with_errors<P, D>(mut self, errors: impl IntoIterator<Item = (P, D)>) -> Self
    where
        P: Into<Cow<'static, str>>,
        D: Into<Cow<'static, str>>,
    {
        let errors = errors.into_iter().take(MOST_ERRORS);
        let errors = errors.map(|(path, detail)| FieldError {
            path: brief(path.into()),
            detail: brief(detail.into()),
        });
        self.errors = errors.collect();
        self
    }

    /// Sets the status, of the answer and in its body.
    pub(super) const fn set_status(&mut self, status: StatusCode) {
        self.status = status;
    }

    /// Keeps what the operator should know; it is logged, with the place of this call, and never sent.
    #[must_use]
    #[track_caller]
    pub fn with_cause(mut self, cause: impl Into<Cause>) -> Self {
        self.cause = Some(cause.into());
        self.origin = Origin {
            kind: None,
            location: Some(Location::caller()),
        };
        self
    }

    /// The same with a cause whose type is known.
    #[cfg(feature = "router")]
    #[must_use]
    #[track_caller]
    pub(crate) fn with_typed_cause<E>(self, cause: E) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let mut caused = self.with_cause(cause);
        caused.origin.kind = Some(crate::causes::type_name::<E>());
        caused
    }

    /// What is known of the cause.
    #[cfg(feature = "router")]
    pub(crate) const fn origin(&self) -> Origin {
        self.origin
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The sentence that is sent.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// Which parts of the request are wrong, and how: paths and sentences.
    #[must_use]
    pub fn errors(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let errors = self.errors.iter();
        errors.map(|error| (&*error.path, &*error.detail))
    }

    /// The cause that is logged.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.cause.as_deref()
    }

    /// The body as `application/problem+json`.
    pub(super) fn body(&self, request_id: &str, telling: Telling) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Details<'a> {
            title: &'a str,
            status: u16,
            #[serde(skip_serializing_if = "Option::is_none")]
            detail: Option<&'a str>,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            errors: &'a [FieldError],
            #[serde(skip_serializing_if = "str::is_empty")]
            request_id: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            cause: Option<String>,
        }

        serde_json::to_string(&Details {
            title: self.status.canonical_reason().unwrap_or("Unknown status"),
            status: self.status.as_u16(),
            detail: self.detail(),
            errors: &self.errors,
            request_id,
            cause: match telling {
                Telling::Detail => None,
                Telling::Causes => self.cause().map(|cause| chain(cause)),
            },
        })
        .expect("texts and a number always serialise")
    }
}

/// How much of a problem its body tells.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Telling {
    /// What is meant for the client.
    Detail,
    /// The causes too, which are meant for the operator.
    #[cfg_attr(
        not(feature = "router"),
        allow(dead_code, reason = "a router's setting asks for it")
    )]
    Causes,
}

/// What is sent of a text that may have been written by a client.
pub(crate) fn brief(text: Cow<'static, str>) -> Cow<'static, str> {
    const MOST: usize = 500;
    match text.char_indices().nth(MOST) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]).into(),
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.status)?;
        if let Some(detail) = &self.detail {
            write!(formatter, ": {detail}")?;
        }
        Ok(())
    }
}
