//! Maps and lists of texts inside an event, read without minding their exact types.

use std::borrow::Cow;
#[cfg(feature = "interop")]
use std::collections::HashMap;

use bytestring::ByteString;

use super::{
    Problem,
    scan::{Raw, Scanner, Stop},
};

/// A piece of an event that outlives the borrow: a slice of the event's own text where it stands
/// there unescaped, or a text that had to be built.
pub(super) fn keep(event: &ByteString, text: Cow<'_, str>) -> ByteString {
    match text {
        Cow::Borrowed(slice) => event.slice_ref(slice),
        Cow::Owned(text) => text.into(),
    }
}

pub(super) type Pairs = Vec<(ByteString, ByteString)>;

/// A text that JSON can write and Unicode does not have.
#[derive(Debug)]
pub(super) struct NotUnicode;

/// Of what was JSON when the event was read, nothing else can be wrong.
impl From<Stop> for NotUnicode {
    fn from(_: Stop) -> Self {
        Self
    }
}

impl From<NotUnicode> for Problem {
    fn from(_: NotUnicode) -> Self {
        Self::bad_request("a header, cookie or query parameter is not Unicode")
    }
}

/// The pairs of a JSON object of texts or lists of texts, in order, a list giving one pair each.
///
/// Numbers and flags count as their JSON text and nulls as absent: API Gateway sends neither, people
/// who write test events do.
///
/// # Errors
///
/// When a text is not Unicode: JSON can write half of a surrogate pair.
pub(super) fn pairs(event: &ByteString, raw: Option<&str>) -> Result<Pairs, NotUnicode> {
    let mut pairs = Vec::new();
    let Some(object) = raw.filter(|raw| raw.starts_with('{')) else {
        return Ok(pairs);
    };
    Scanner::new(object).object(|scanner, name| {
        let name = keep(event, name);
        scalars(scanner, |value| {
            pairs.push((name.clone(), keep(event, value)));
        })
    })?;
    Ok(pairs)
}

/// The same as a map, of repeated keys the last. Empty where a text is not Unicode: these are written by
/// the owner of an API and not by its clients, so there is nobody to refuse.
#[cfg(feature = "interop")]
pub(super) fn map(object: Option<&ByteString>) -> HashMap<String, String> {
    let pairs = object.and_then(|json| pairs(json, Some(json)).ok());
    let pairs = pairs.into_iter().flatten();
    pairs
        .map(|(key, value)| (key.into(), value.into()))
        .collect()
}

/// How many pairs that would be.
///
/// # Errors
///
/// As [`pairs`].
pub(super) fn count(object: &str) -> Result<usize, NotUnicode> {
    let mut count = 0;
    if object.starts_with('{') {
        Scanner::new(object).object(|scanner, _| scalars(scanner, |_| count += 1))?;
    }
    Ok(count)
}

/// The texts of a JSON list.
///
/// # Errors
///
/// As [`pairs`].
pub(super) fn texts(event: &ByteString, raw: Option<&str>) -> Result<Vec<ByteString>, NotUnicode> {
    let Some(list) = raw.filter(|raw| raw.starts_with('[')) else {
        return Ok(Vec::new());
    };
    let mut texts = Vec::new();
    scalars(&mut Scanner::new(list), |text| {
        texts.push(keep(event, text))
    })?;
    Ok(texts)
}

/// Whether every text within is Unicode; quick for all that has no escapes by number.
pub(super) fn check(raw: Option<Raw<'_>>) -> Result<(), NotUnicode> {
    match raw {
        Some(raw) if raw.has_numbered_escapes => {
            let event = ByteString::from(raw.json);
            pairs(&event, Some(&event)).map(drop)?;
            texts(&event, Some(&event)).map(drop)
        }
        _ => Ok(()),
    }
}

/// The scalars of a list, or the one that stands alone.
///
/// One level: a list within a list is nothing that a front end sends.
pub(super) fn scalars<'a>(
    scanner: &mut Scanner<'a>,
    mut each: impl FnMut(Cow<'a, str>),
) -> Result<(), Stop> {
    let mut one = |scanner: &mut Scanner<'a>| {
        if let Some(scalar) = scalar(scanner)? {
            each(scalar);
        }
        Ok(())
    };
    match scanner.peek() {
        Some(b'[') => scanner.list(one),
        _ => one(scanner),
    }
}

/// A text without its quotes, a number or flag as its JSON text, nothing for the rest.
fn scalar<'a>(scanner: &mut Scanner<'a>) -> Result<Option<Cow<'a, str>>, Stop> {
    match scanner.peek() {
        Some(b'"') => scanner.text(),
        Some(b'[' | b'{' | b'n') => scanner.skip().map(|()| None),
        _ => Ok(Some(Cow::Borrowed(scanner.raw()?.json))),
    }
}

/// The last value of a key of an object.
pub(super) fn last<'a>(object: &'a str, key: &str) -> Option<&'a str> {
    let mut last = None;
    let read = Scanner::new(object).object(|scanner, name| {
        let value = scanner.raw()?.json;
        if name == key {
            last = Some(value);
        }
        Ok(())
    });
    read.ok().and(last)
}
