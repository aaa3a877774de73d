//! How much of a request is accepted.

use bytestring::ByteString;
use http::StatusCode;

use super::{Problem, lazy, query};

/// How much of a request is accepted.
///
/// The defaults suit an API of JSON documents on a small function. Lambda itself stops at 6 MB of
/// event; a body of that size parsed into a tree needs some ten times as much memory.
///
/// What is beyond them is refused while the event is decoded: no middleware runs, because there is no
/// request to run it on. Only the depth of JSON and the pairs of a form are looked at later, when a handler
/// asks for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most bytes a body may have, after base64 is undone; 2 MiB unless set. More is answered
    /// with 413.
    pub body_bytes: usize,
    /// The most pairs a query may have, and a form that an argument asks for; 1,024 unless set. More is
    /// answered with 400.
    pub query_pairs: usize,
    /// The most headers a request may have, each value of a repeated one counted; 256 unless set. More
    /// is answered with 431.
    pub headers: usize,
    /// The most bytes that names and values of all headers and cookies may take as JSON; 64 KiB unless
    /// set. More is answered with 431.
    pub header_bytes: usize,
    /// The most cookies a request may have; 256 unless set (browsers keep up to 180 for a domain). More
    /// is answered with 431.
    pub cookies: usize,
    /// How deep a JSON body that an argument asks for may nest; 127 unless set, which is serde_json's own
    /// limit and the most there is. More is answered with 400.
    pub json_depth: usize,
}

/// What serde_json follows before it gives up, to spare the stack (its `remaining_depth` of 128, of which
/// the last is the one that fails).
pub(crate) const MOST_JSON_DEPTH: usize = 127;

impl Limits {
    /// Accepts bodies of at most this many bytes.
    #[must_use]
    pub const fn body_bytes(mut self, bytes: usize) -> Self {
        self.body_bytes = bytes;
        self
    }

    /// Accepts queries and forms of at most this many pairs.
    #[must_use]
    pub const fn query_pairs(mut self, pairs: usize) -> Self {
        self.query_pairs = pairs;
        self
    }

    /// Accepts at most this many headers.
    #[must_use]
    pub const fn headers(mut self, headers: usize) -> Self {
        self.headers = headers;
        self
    }

    /// Accepts at most this many bytes of headers.
    #[must_use]
    pub const fn header_bytes(mut self, bytes: usize) -> Self {
        self.header_bytes = bytes;
        self
    }

    /// Accepts at most this many cookies.
    #[must_use]
    pub const fn cookies(mut self, cookies: usize) -> Self {
        self.cookies = cookies;
        self
    }

    /// Accepts JSON bodies that nest at most this deep.
    #[must_use]
    pub const fn json_depth(mut self, depth: usize) -> Self {
        self.json_depth = depth;
        self
    }

    /// Refuses what is beyond the limits of queries and headers, and headers that are not Unicode; the
    /// headers and cookies as their JSON.
    pub(super) fn admit_parts(
        &self,
        pairs: &[(ByteString, ByteString)],
        headers: Option<&str>,
        cookies: Option<&str>,
    ) -> Result<(), Problem> {
        self.admit_pairs(pairs.len() <= self.query_pairs)?;
        let bytes = headers.map_or(0, str::len) + cookies.map_or(0, str::len);
        let too_large = |detail: String| {
            Err(Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE).with_detail(detail))
        };
        if bytes > self.header_bytes {
            return too_large(format!(
                "the headers take more than {} bytes",
                self.header_bytes
            ));
        }
        lazy::check(headers)?;
        lazy::check(cookies)?;
        // A value takes three characters at the least (`"",`), so only long ones need counting; and
        // cookies have a semicolon between two, or a place of their own in the list.
        let most = headers.map_or(0, |json| json.len() / 3);
        let semicolons = |json: &str| json.bytes().filter(|byte| *byte == b';').count();
        let most_cookies = headers.map_or(0, |json| 1 + semicolons(json))
            + cookies.map_or(0, |json| json.len() / 3);
        if most <= self.headers && most_cookies <= self.cookies {
            return Ok(());
        }
        let event = ByteString::from(headers.unwrap_or_default());
        let pairs = lazy::pairs(&event, Some(&event))?;
        if pairs.len() > self.headers {
            return too_large(format!("there are more than {} headers", self.headers));
        }
        let is_cookie = |name: &str| name.eq_ignore_ascii_case("cookie");
        let in_headers = pairs.iter().filter(|(name, _)| is_cookie(name));
        let in_headers: usize = in_headers.map(|(_, value)| 1 + semicolons(value)).sum();
        let event = ByteString::from(cookies.unwrap_or_default());
        let in_list = lazy::texts(&event, Some(&event))?.len();
        // A function URL has the same cookies in both places.
        if in_headers.max(in_list) > self.cookies {
            return too_large(format!("there are more than {} cookies", self.cookies));
        }
        Ok(())
    }

    /// Refuses a query string of more pairs than are accepted, before it is read.
    pub(super) fn admit_query(&self, raw: &str) -> Result<(), Problem> {
        self.admit_pairs(!query::is_longer(raw, self.query_pairs))
    }

    fn admit_pairs(&self, are_few: bool) -> Result<(), Problem> {
        if are_few {
            return Ok(());
        }
        let detail = format!("the query has more than {} pairs", self.query_pairs);
        Err(Problem::bad_request(detail))
    }

    /// Refuses a body of more bytes than are accepted.
    pub(crate) fn admit(&self, bytes: usize) -> Result<(), Problem> {
        if bytes <= self.body_bytes {
            return Ok(());
        }
        let detail = format!("the body is larger than {} bytes", self.body_bytes);
        Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE).with_detail(detail))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 2 * 1024 * 1024,
            query_pairs: 1024,
            headers: 256,
            header_bytes: 64 * 1024,
            cookies: 256,
            json_depth: MOST_JSON_DEPTH,
        }
    }
}
