//! One shape for the responses to all front ends.

use std::fmt;

use bytes::Bytes;
use bytestring::ByteString;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};

use super::{Problem, problem::Telling};

/// An HTTP response, on its way to whichever front end sent the request.
#[derive(Default)]
pub struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
    problem: Option<Box<Problem>>,
    /// Whether the body tells the problem already.
    is_told: bool,
}

impl Response {
    /// An empty response of this status.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    /// Adds a header, keeping others of the same name.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Replaces the body. A problem that the response carried is no longer its body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Body>) -> Self {
        self.set_body(body);
        self
    }

    /// Replaces the status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.set_status(status);
        self
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The headers, to change.
    pub const fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// The body.
    #[must_use]
    pub const fn body(&self) -> &Body {
        &self.body
    }

    /// Replaces the body. A problem that the response carried is no longer its body, and what the body
    /// is has to be said anew.
    pub fn set_body(&mut self, body: impl Into<Body>) {
        self.body = body.into();
        if self.problem.take().is_some() && self.is_told {
            self.headers.remove(CONTENT_TYPE);
        }
    }

    /// Puts the same body in another coding.
    #[cfg(feature = "compression")]
    pub(crate) fn encode_body(&mut self, encoded: Vec<u8>) {
        self.body = encoded.into();
    }

    /// Leaves the body out, as for HEAD: everything else is as if it were there.
    #[cfg(feature = "router")]
    pub(crate) fn leave_out_body(&mut self) {
        self.body = Body::default();
        self.problem = None;
    }

    /// Replaces the status, also that of a problem which the body does not tell yet.
    pub fn set_status(&mut self, status: StatusCode) {
        self.status = status;
        if let Some(problem) = self.problem.as_deref_mut().filter(|_| !self.is_told) {
            problem.set_status(status);
        }
    }

    /// The problem that this response reports, as long as its body has not been replaced.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_deref()
    }

    /// The problem, if the body does not tell it yet.
    pub(crate) fn untold(&self) -> Option<&Problem> {
        self.problem.as_deref().filter(|_| !self.is_told)
    }

    /// Writes the problem, if there is one to tell, as the body; the request id is part of it.
    pub(crate) fn write_problem(&mut self, request_id: &str, telling: Telling) {
        if let Some(problem) = self.untold() {
            self.body = Body::Text(problem.body(request_id, telling).into());
            let json = HeaderValue::from_static("application/problem+json");
            self.headers.insert(CONTENT_TYPE, json);
            self.is_told = true;
        }
    }

    /// Puts another response in place of a problem's, whose own headers stay unless replaced.
    #[cfg(feature = "router")]
    pub(crate) fn replace_with(&mut self, other: Self) {
        self.headers.extend(other.headers);
        self.status = other.status;
        self.body = other.body;
        self.is_told = true;
    }

    /// The body as text, where it is text and the front end may pass it on as such.
    ///
    /// A text body stays text. Bytes become text if they are declared as a textual type and are
    /// UTF-8; a content coding always means bytes.
    pub(super) fn text(&self) -> Option<&str> {
        if self.headers.contains_key(CONTENT_ENCODING) {
            return None;
        }
        match &self.body {
            Body::Text(text) => Some(text),
            Body::Bytes(bytes) if bytes.is_empty() => Some(""),
            Body::Bytes(bytes) => {
                let declared = self.headers.get(CONTENT_TYPE)?.to_str().ok()?;
                is_textual(declared)
                    .then(|| std::str::from_utf8(bytes).ok())
                    .flatten()
            }
        }
    }

    /// Why no front end could pass this on, if so.
    pub(crate) fn unsendable(&self) -> Option<Unsendable> {
        // An interim response is followed by another, and there is no way to give two.
        if self.status.is_informational() {
            return Some(Unsendable::Interim(self.status));
        }
        let is_text = |value: &HeaderValue| std::str::from_utf8(value.as_bytes()).is_ok();
        let mut headers = self.headers.iter();
        let (name, _) = headers.find(|(_, value)| !is_text(value))?;
        Some(Unsendable::Header(name.clone()))
    }

    /// The same response if it can be sent, a 500 if not. A router has looked before; this is for
    /// responses that come from elsewhere.
    pub(super) fn sendable(self) -> Self {
        let Some(reason) = self.unsendable() else {
            return self;
        };
        #[cfg(feature = "router")]
        tracing::error!("a response cannot be sent: {reason}; answering 500");
        let mut response = Self::from(Problem::from(reason));
        // No request here any more, so no request id either.
        response.write_problem("", Telling::Detail);
        response
    }
}

/// Why no front end could pass a response on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsendable {
    #[error("the response's header `{0}` is not UTF-8")]
    Header(HeaderName),
    #[error("the response's status {0} announces another response")]
    Interim(StatusCode),
}

impl From<Unsendable> for Problem {
    fn from(reason: Unsendable) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR).with_cause(reason)
    }
}

impl fmt::Debug for Response {
    /// Neither header values nor the body: cookies and data of clients, and debug output ends in logs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body_bytes", &self.body.as_bytes().len())
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}

impl From<Problem> for Response {
    fn from(problem: Problem) -> Self {
        Self {
            status: problem.status(),
            headers: HeaderMap::new(),
            body: Body::default(),
            problem: Some(Box::new(problem)),
            is_told: false,
        }
    }
}

/// A response's body: text, or bytes that are base64 on their way to the front end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Sent as it is.
    Text(ByteString),
    /// Sent as base64, unless the content type says text and it is UTF-8.
    Bytes(Bytes),
}

impl Body {
    /// The bytes that the client gets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::Text(ByteString::new())
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self::Text(ByteString::from_static(text))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

/// Whether a content type means characters rather than bytes.
fn is_textual(content_type: &str) -> bool {
    const TYPES: [&str; 7] = [
        "application/json",
        "application/xml",
        "application/javascript",
        "application/graphql",
        "application/x-ndjson",
        "application/x-www-form-urlencoded",
        "application/yaml",
    ];
    let essence = content_type.split(';').next().unwrap_or("").trim();
    let essence = essence.to_ascii_lowercase();
    essence.starts_with("text/")
        || TYPES.contains(&&*essence)
        || ["+json", "+xml", "+yaml"]
            .iter()
            .any(|suffix| essence.ends_with(suffix))
}
