//! A request's headers, in order, repeated ones included.

use std::{fmt, sync::Arc};

use bytestring::ByteString;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Header names and values as they arrived, in order.
///
/// Names are compared without regard to case, as HTTP asks; some front ends lower them, others keep
/// what the client wrote. Cloning shares.
///
/// This is a list, not an [`http::HeaderMap`]: most handlers look at one or two of some twenty-five
/// headers, and building the map costs more than all the rest of a small request. [`Headers::to_map`]
/// makes one.
#[derive(Clone, Default)]
pub struct Headers(Arc<Vec<(ByteString, ByteString)>>);

impl Headers {
    pub(super) fn new(pairs: Vec<(ByteString, ByteString)>) -> Self {
        Self(Arc::new(pairs))
    }

    /// The headers of a map; a value that is not UTF-8 has the sign for that in it.
    #[cfg(feature = "interop")]
    pub(crate) fn from_map(map: &HeaderMap) -> Self {
        let pairs = map.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (ByteString::from(name.as_str()), value.into())
        });
        Self::new(pairs.collect())
    }

    /// The first value of a header.
    #[must_use]
    pub fn get(&self, name: impl AsRef<str>) -> Option<&str> {
        let name = name.as_ref();
        self.iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Every value of a header, in order.
    ///
    /// On HTTP API and function URL events the front end has already joined repeated headers with a
    /// comma, so there is one value there; REST events keep them apart.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Every name and value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// How many there are, repeated ones counted each.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same as an [`http::HeaderMap`]. What HTTP does not allow as a name or value is left out.
    #[must_use]
    pub fn to_map(&self) -> HeaderMap {
        let mut map = HeaderMap::with_capacity(self.len());
        for (name, value) in self.iter() {
            let name = HeaderName::from_bytes(name.as_bytes());
            let value = HeaderValue::from_bytes(value.as_bytes());
            if let (Ok(name), Ok(value)) = (name, value) {
                // Fails beyond 32,768 names, which no front end lets through.
                let _ = map.try_append(name, value);
            }
        }
        map
    }
}

impl fmt::Debug for Headers {
    /// Names only: values carry credentials and cookies, and debug output ends in logs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_list()
            .entries(self.iter().map(|(name, _)| name))
            .finish()
    }
}
