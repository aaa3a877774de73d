//! How much of a request is accepted.

use bytestring::ByteString;
use http::StatusCode;

use super::{Problem, lazy, query, scan::Raw};

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

    /// Refuses what is beyond the limits of headers, and headers that are not Unicode.
    pub(super) fn admit_headers(
        &self,
        headers: Option<Raw<'_>>,
        cookies: Option<Raw<'_>>,
    ) -> Result<(), Problem> {
        let bytes = [headers, cookies].into_iter().flatten();
        let bytes: usize = bytes.map(|raw| raw.json.len()).sum();
        if bytes > self.header_bytes {
            return Err(too_large(format!(
                "the headers take more than {} bytes",
                self.header_bytes
            )));
        }
        lazy::check(headers)?;
        lazy::check(cookies)?;
        // As many as there may be; who has fewer than are accepted need not be counted.
        let most = headers.map_or(0, |raw| raw.most_scalars());
        let in_headers = headers.map_or(0, |raw| most + most_semicolons(raw));
        let most_cookies = in_headers + cookies.map_or(0, |raw| raw.most_scalars());
        if most <= self.headers && most_cookies <= self.cookies {
            return Ok(());
        }
        let [headers, cookies] = [headers, cookies].map(|raw| raw.map_or("", |raw| raw.json));
        self.admit_counted(headers, cookies)
    }

    /// Counts, where there may be too many.
    fn admit_counted(&self, headers: &str, cookies: &str) -> Result<(), Problem> {
        let event = ByteString::from(headers);
        let pairs = lazy::pairs(&event, Some(&event))?;
        if pairs.len() > self.headers {
            let detail = format!("there are more than {} headers", self.headers);
            return Err(too_large(detail));
        }
        let is_cookie = |name: &str| name.eq_ignore_ascii_case("cookie");
        let in_headers = pairs.iter().filter(|(name, _)| is_cookie(name));
        let in_headers: usize = in_headers.map(|(_, value)| 1 + semicolons(value)).sum();
        let event = ByteString::from(cookies);
        let in_list = lazy::texts(&event, Some(&event))?.len();
        // A function URL has the same cookies in both places.
        if in_headers.max(in_list) > self.cookies {
            let detail = format!("there are more than {} cookies", self.cookies);
            return Err(too_large(detail));
        }
        Ok(())
    }

    /// Refuses a query string of more pairs than are accepted, before it is read.
    pub(super) fn admit_query(&self, raw: &str) -> Result<(), Problem> {
        self.admit_pairs(!query::is_longer(raw, self.query_pairs))
    }

    /// The same for a query that the front end has made a map of.
    pub(super) fn admit_query_map(&self, raw: Raw<'_>) -> Result<(), Problem> {
        let are_few = raw.most_scalars() <= self.query_pairs;
        self.admit_pairs(are_few || lazy::count(raw.json)? <= self.query_pairs)
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

fn too_large(detail: String) -> Problem {
    Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE).with_detail(detail)
}

/// How many there may be in texts as they stand in JSON, where a semicolon may be written by its number.
fn most_semicolons(raw: Raw<'_>) -> usize {
    let escapes = match raw.has_numbered_escapes {
        true => raw.json.matches('\\').count(),
        false => 0,
    };
    semicolons(raw.json) + escapes
}

/// Cookies have one between two. Counted in bytes as far as a byte counts, sixteen of which fit into a
/// vector register.
fn semicolons(text: &str) -> usize {
    let few = text.as_bytes().chunks(255);
    let count = |few: &[u8]| few.iter().map(|byte| u8::from(*byte == b';')).sum::<u8>();
    few.map(|few| usize::from(count(few))).sum()
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
