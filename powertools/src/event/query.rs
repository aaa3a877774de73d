//! A request's query, as pairs in order.

use std::{borrow::Cow, fmt, sync::Arc};

use bytestring::ByteString;
use percent_encoding::percent_decode_str;

use super::Problem;

/// The decoded query, in the order in which the client wrote it where the front end kept that order.
#[derive(Clone, Default)]
pub struct QueryPairs(Arc<[(ByteString, ByteString)]>);

impl QueryPairs {
    pub(super) fn new(pairs: Vec<(ByteString, ByteString)>) -> Self {
        // That of no pairs at all is shared by everybody.
        if pairs.is_empty() {
            return Self::default();
        }
        Self(pairs.into())
    }

    /// The first value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    }

    /// Every value of a key, in order.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter()
            .filter(move |(name, _)| *name == key)
            .map(|(_, value)| value)
    }

    /// Every pair, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }

    /// How many pairs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for QueryPairs {
    /// Keys only: tokens travel in queries, and debug output ends in logs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.iter().map(|(key, _)| key);
        formatter.debug_list().entries(keys).finish()
    }
}

/// The pairs of a query string as browsers write it: `+` is a space, `%xx` a byte.
///
/// A `%` that no two digits follow stays as it is, as the URL standard's parser for
/// `application/x-www-form-urlencoded` has it; bytes that are not UTF-8 are refused rather than
/// replaced, because a replaced one could name something else.
pub(super) fn parse(raw: &ByteString) -> Result<Vec<(ByteString, ByteString)>, Problem> {
    let mut pairs = Vec::new();
    for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.push((decode(raw, key)?, decode(raw, value)?));
    }
    Ok(pairs)
}

/// Whether a query string has more pairs than that. Asked before [`parse`], because a pair of two
/// characters becomes some sixty bytes.
pub(crate) fn is_longer(raw: &str, most: usize) -> bool {
    // A pair has a character at least, and one between it and the next.
    raw.len() / 2 >= most && {
        let mut pairs = raw.split('&').filter(|pair| !pair.is_empty());
        pairs.nth(most).is_some()
    }
}

/// A key or value of `raw`, decoded.
pub(super) fn decode(raw: &ByteString, text: &str) -> Result<ByteString, Problem> {
    if !text.bytes().any(|byte| byte == b'%' || byte == b'+') {
        return Ok(if text.is_empty() {
            ByteString::new()
        } else {
            raw.slice_ref(text)
        });
    }
    let spaced = text.replace('+', " ");
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(Cow::Borrowed(text)) => Ok(text.into()),
        Ok(Cow::Owned(text)) => Ok(text.into()),
        Err(_) => Err(Problem::bad_request(
            "the query is not UTF-8 once it is decoded",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(raw: &'static str) -> Vec<(String, String)> {
        parse(&ByteString::from_static(raw))
            .unwrap()
            .into_iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect()
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn pairs_keep_their_order_and_repeated_keys_all_their_values() {
        assert_eq!(
            pairs("tag=a&x=1&tag=b"),
            [pair("tag", "a"), pair("x", "1"), pair("tag", "b")]
        );
    }

    #[test]
    fn a_plus_is_a_space_and_an_escape_is_undone_once() {
        assert_eq!(
            pairs("a=b+c&d=%2B&e=%2541&na%20me=%C3%A9"),
            [
                pair("a", "b c"),
                pair("d", "+"),
                pair("e", "%41"),
                pair("na me", "é")
            ]
        );
    }

    #[test]
    fn a_key_alone_has_an_empty_value_and_empty_pairs_are_nothing() {
        assert_eq!(
            pairs("&flag&&x=&=y"),
            [pair("flag", ""), pair("x", ""), pair("", "y")]
        );
    }

    #[test]
    fn a_broken_escape_is_data_and_bytes_that_are_not_utf_8_are_refused() {
        assert_eq!(pairs("a=%zz&b=%"), [pair("a", "%zz"), pair("b", "%")]);
        assert_eq!(
            parse(&ByteString::from_static("a=%ff"))
                .unwrap_err()
                .status(),
            400
        );
    }
}
