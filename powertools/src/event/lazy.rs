//! Maps and lists of texts inside an event, read without minding their exact types.

use std::{borrow::Cow, fmt};

use bytestring::ByteString;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{Problem, envelope::Key};

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
    let entries: Entries<'_> = serde_json::from_str(object).map_err(|_| NotUnicode)?;
    pairs.reserve(entries.0.len());
    for (name, values) in entries.0 {
        let name = keep(event, name);
        for value in scalars(values.get())? {
            pairs.push((name.clone(), keep(event, value)));
        }
    }
    Ok(pairs)
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
    let texts = scalars(list)?.into_iter();
    Ok(texts.map(|text| keep(event, text)).collect())
}

/// Whether every text within is Unicode; quick for all that has no escapes.
pub(super) fn check(raw: Option<&str>) -> Result<(), NotUnicode> {
    match raw {
        Some(raw) if raw.contains("\\u") => {
            let event = ByteString::from(raw);
            pairs(&event, Some(&event)).map(drop)?;
            texts(&event, Some(&event)).map(drop)
        }
        _ => Ok(()),
    }
}

/// The scalars of a list, or the one that stands alone.
///
/// One level: a list within a list is nothing that a front end sends.
fn scalars(json: &str) -> Result<Vec<Cow<'_, str>>, NotUnicode> {
    if !json.starts_with('[') {
        return Ok(scalar(json)?.into_iter().collect());
    }
    let items: Vec<&RawValue> = serde_json::from_str(json).map_err(|_| NotUnicode)?;
    let scalars = items.into_iter().map(|item| scalar(item.get()));
    scalars.filter_map(Result::transpose).collect()
}

/// A text without its quotes, a number or flag as its JSON text, nothing for the rest.
fn scalar(json: &str) -> Result<Option<Cow<'_, str>>, NotUnicode> {
    Ok(match json.as_bytes().first() {
        Some(b'"') if json.contains('\\') => Some(Cow::Owned(
            serde_json::from_str(json).map_err(|_| NotUnicode)?,
        )),
        Some(b'"') => Some(Cow::Borrowed(&json[1..json.len() - 1])),
        Some(b'[' | b'{' | b'n') | None => None,
        Some(_) => Some(Cow::Borrowed(json)),
    })
}

/// The last value of a key of an object.
pub(super) fn last<'a>(object: &'a str, key: &str) -> Option<&'a str> {
    let entries: Entries<'a> = serde_json::from_str(object).ok()?;
    let mut entries = entries.0.into_iter().rev();
    Some(entries.find(|(name, _)| name == key)?.1.get())
}

struct Entries<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;

        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = Entries<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::with_capacity(32);
                while let Some((Key(key), value)) = map.next_entry()? {
                    entries.push((key, value));
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(EntriesVisitor)
    }
}
