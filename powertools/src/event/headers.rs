//! A request's headers, in order, repeated ones included.

use std::{borrow::Cow, fmt, sync::Arc};

use bytestring::ByteString;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{lazy, scan::Scanner};

/// Header names and values as they arrived, in order.
///
/// Names are compared without regard to case, as HTTP asks; some front ends lower them, others keep
/// what the client wrote. Cloning shares.
///
/// This is a list, not an [`http::HeaderMap`]: most handlers look at one or two of some twenty-five
/// headers, and building the map costs more than all the rest of a small request. [`Headers::to_map`]
/// makes one.
#[derive(Clone, Default)]
pub struct Headers(Arc<Lines>);

#[derive(Default)]
struct Lines {
    /// The JSON that they were read from.
    json: ByteString,
    /// What is written otherwise there.
    own: Vec<Box<str>>,
    pairs: Vec<(Text, Text)>,
}

/// A name or value: from where to where it stands in the JSON, or which of the others it is.
///
/// A counted reference to the event for each is the road not taken: counting takes longer than finding. A name
/// may have any number of values, and so is a place as well if it is written otherwise.
#[derive(Clone, Copy)]
enum Text {
    At(usize, usize),
    Own(usize),
}

impl Lines {
    fn text(&mut self, text: Cow<'_, str>) -> Text {
        match text {
            Cow::Borrowed(text) => {
                let start = text.as_ptr().addr() - self.json.as_ptr().addr();
                Text::At(start, start + text.len())
            }
            Cow::Owned(text) => self.keep(text),
        }
    }

    fn keep(&mut self, text: impl Into<Box<str>>) -> Text {
        self.own.push(text.into());
        Text::Own(self.own.len() - 1)
    }

    /// Whether a name is this one.
    fn is(&self, name: Text, wanted: &str) -> bool {
        let length = match name {
            Text::At(start, end) => end - start,
            Text::Own(place) => self.own[place].len(),
        };
        // Most have another length, which is known without looking.
        length == wanted.len() && self.read(name).eq_ignore_ascii_case(wanted)
    }

    fn read(&self, text: Text) -> &str {
        match text {
            Text::At(start, end) => &self.json[start..end],
            Text::Own(place) => &self.own[place],
        }
    }
}

impl Headers {
    /// The headers of an event's map. `cookies`, which some front ends take out of it, come back as one
    /// header, unless there is one. What was checked when the event was decoded is not checked again; of a
    /// request that is refused there may be any number, of which these are the first.
    pub(super) fn of(json: &ByteString, cookies: &[ByteString], most: usize) -> Self {
        let mut lines = Lines {
            json: json.clone(),
            ..Lines::default()
        };
        if json.starts_with('{') {
            lines.pairs.reserve(32);
            let mut scanner = Scanner::new(json);
            let read = scanner.object(|scanner, name| {
                let name = lines.text(name);
                lazy::scalars(scanner, |value| {
                    if lines.pairs.len() < most {
                        let value = lines.text(value);
                        lines.pairs.push((name, value));
                    }
                })
            });
            if read.is_err() {
                lines.pairs.clear();
            }
        }
        let headers = Self(Arc::new(lines));
        if cookies.is_empty() || headers.get("cookie").is_some() {
            return headers;
        }
        let joined = cookies.iter().map(|cookie| &**cookie).collect::<Vec<_>>();
        let mut lines = headers.0;
        if let Some(lines) = Arc::get_mut(&mut lines) {
            let pair = (lines.keep("cookie"), lines.keep(joined.join("; ")));
            lines.pairs.push(pair);
        }
        Self(lines)
    }

    /// The headers of a map; a value that is not UTF-8 has the sign for that in it.
    #[cfg(feature = "interop")]
    pub(crate) fn from_map(map: &HeaderMap) -> Self {
        let mut lines = Lines::default();
        for (name, value) in map {
            let value = String::from_utf8_lossy(value.as_bytes());
            let pair = (lines.keep(name.as_str()), lines.keep(value));
            lines.pairs.push(pair);
        }
        Self(Arc::new(lines))
    }

    /// The first value of a header.
    #[must_use]
    pub fn get(&self, name: impl AsRef<str>) -> Option<&str> {
        let (lines, wanted) = (&*self.0, name.as_ref());
        let mut pairs = lines.pairs.iter();
        let (_, value) = pairs.find(|(name, _)| lines.is(*name, wanted))?;
        Some(lines.read(*value))
    }

    /// Every value of a header, in order.
    ///
    /// On HTTP API and function URL events the front end has already joined repeated headers with a
    /// comma, so there is one value there; REST events keep them apart.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let lines = &*self.0;
        let pairs = lines.pairs.iter();
        let pairs = pairs.filter(move |(key, _)| lines.is(*key, name));
        pairs.map(|(_, value)| lines.read(*value))
    }

    /// Every name and value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = &*self.0;
        let pairs = lines.pairs.iter();
        pairs.map(|(name, value)| (lines.read(*name), lines.read(*value)))
    }

    /// How many there are, repeated ones counted each.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.pairs.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.pairs.is_empty()
    }

    /// The same as an [`http::HeaderMap`]. What HTTP does not allow as a name or value is left out.
    #[must_use]
    pub fn to_map(&self) -> HeaderMap {
        // A map that is to have more than it can is a panic; as it grows, it is an error.
        let mut map = HeaderMap::with_capacity(self.len().min(1024));
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
