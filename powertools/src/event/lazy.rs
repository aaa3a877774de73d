//! Maps and lists of texts inside an event, read without minding their exact types.

use std::{borrow::Cow, fmt};

use bytestring::ByteString;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::envelope::Key;

/// A piece of an event that outlives the borrow: a slice of the event's own text where it stands
/// there unescaped, or a text that had to be built.
pub(super) fn keep(event: &ByteString, text: Cow<'_, str>) -> ByteString {
    match text {
        Cow::Borrowed(slice) => event.slice_ref(slice),
        Cow::Owned(text) => text.into(),
    }
}

/// The pairs of a JSON object of texts or lists of texts, in order, a list giving one pair each.
///
/// Numbers and flags count as their JSON text and nulls as absent: API Gateway sends neither, people
/// who write test events do.
pub(super) fn pairs(event: &ByteString, raw: Option<&str>) -> Vec<(ByteString, ByteString)> {
    let mut pairs = Vec::new();
    let Some(object) = raw.filter(|raw| raw.starts_with('{')) else {
        return pairs;
    };
    let entries: Entries<'_> =
        serde_json::from_str(object).expect("a raw value that starts with `{` is an object");
    pairs.reserve(entries.0.len());
    for (name, values) in entries.0 {
        let name = keep(event, name);
        each_text(values.get(), &mut |value| {
            pairs.push((name.clone(), keep(event, value)))
        });
    }
    pairs
}

/// The texts of a JSON list.
pub(super) fn texts(event: &ByteString, raw: Option<&str>) -> Vec<ByteString> {
    let mut texts = Vec::new();
    if let Some(list) = raw.filter(|raw| raw.starts_with('[')) {
        each_text(list, &mut |text| texts.push(keep(event, text)));
    }
    texts
}

fn each_text<'a>(json: &'a str, found: &mut impl FnMut(Cow<'a, str>)) {
    match json.as_bytes().first() {
        Some(b'[') => {
            let items: Vec<&RawValue> =
                serde_json::from_str(json).expect("a raw value that starts with `[` is a list");
            // One level: a list within a list is nothing that a front end sends.
            let scalars = items.into_iter().filter_map(|item| scalar(item.get()));
            scalars.for_each(found);
        }
        _ => {
            if let Some(text) = scalar(json) {
                found(text);
            }
        }
    }
}

fn scalar(json: &str) -> Option<Cow<'_, str>> {
    match json.as_bytes().first()? {
        b'"' => Some(unquote(json)),
        b'[' | b'{' | b'n' => None,
        _ => Some(Cow::Borrowed(json)),
    }
}

fn unquote(quoted: &str) -> Cow<'_, str> {
    if quoted.contains('\\') {
        serde_json::from_str(quoted).expect("a raw value that starts with `\"` is a string")
    } else {
        Cow::Borrowed(&quoted[1..quoted.len() - 1])
    }
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
