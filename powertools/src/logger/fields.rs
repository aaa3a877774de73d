//! Keys with their values as JSON, ready to be put on lines.

use std::{borrow::Cow, fmt, fmt::Write as _};

use serde::Serialize;
use tracing_core::field::{Field, Visit};

use super::{
    callsite::{Callsite, Prepared, Purpose},
    format::Format,
    redaction::{MARK, Redaction},
    value::{self, Nested},
    write::{self, Escaped},
};

pub(super) type Key = Cow<'static, str>;

/// Keys and values as `,"key":value,"key":value`, each key once, the last value winning.
#[derive(Debug, Default)]
pub(super) struct Fields {
    json: Vec<u8>,
    /// In the order in which they stand in `json`.
    entries: Vec<Entry>,
    seen: Seen,
    buckets: Buckets,
}

/// Where to look for a key, once there are `MANY`: few are found faster by looking through them.
#[derive(Debug, Default)]
struct Buckets {
    /// The last entry of each bucket.
    last: Vec<Option<usize>>,
    /// For each entry the one before it in its bucket.
    before: Vec<Option<usize>>,
}

const MANY: usize = 16;

#[derive(Debug)]
struct Entry {
    key: Key,
    /// Looked at before the key, so that looking for one among others is a look at numbers.
    mark: Mark,
    /// Where its value ends; it begins where the one before ends.
    end: usize,
}

impl Fields {
    pub(super) fn clear(&mut self) {
        self.json.clear();
        self.entries.clear();
        self.seen = Seen::default();
    }

    pub(super) const fn capacity(&self) -> usize {
        self.json.capacity()
    }

    pub(super) const fn seen(&self) -> Seen {
        self.seen
    }

    pub(super) fn json(&self) -> &[u8] {
        &self.json
    }

    pub(super) fn contains(&self, key: Marked<'_>) -> bool {
        self.seen.may_have(key.mark) && self.position(key).is_some()
    }

    /// The value of a key, as JSON.
    pub(super) fn get(&self, key: &str) -> Option<&[u8]> {
        let place = self.position(Marked::new(key))?;
        let entry = &self.json[self.start(place)..self.entries[place].end];
        Some(&entry[opening(key)..])
    }

    /// Each key with its `,"key":value`.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Marked<'_>, &[u8])> {
        let starts = std::iter::once(0).chain(self.entries.iter().map(|entry| entry.end));
        let entries = self.entries.iter().zip(starts);
        entries.map(|(entry, start)| {
            let key = Marked {
                text: &entry.key,
                mark: entry.mark,
            };
            (key, &self.json[start..entry.end])
        })
    }

    /// Sets a key to the JSON that `write` writes.
    ///
    /// If `write` panics, nothing is to be read of this any more but `clear`.
    pub(super) fn set(&mut self, key: impl Into<Key>, write: impl FnOnce(&mut Vec<u8>)) {
        let key = key.into();
        self.remove(&key);
        write::opening(&mut self.json, &key);
        write(&mut self.json);
        let mark = Mark::of(&key);
        self.add(key, mark);
    }

    /// The same for a field whose key is known from its callsite.
    fn set_prepared(&mut self, field: &Prepared, write: impl FnOnce(&mut Vec<u8>)) {
        if field.is_repeated {
            self.remove(&field.key);
        }
        self.json.extend_from_slice(&field.opening);
        write(&mut self.json);
        self.add(field.key.clone(), field.mark);
    }

    /// Adds the key whose value was just written.
    fn add(&mut self, key: Key, mark: Mark) {
        self.seen.add(mark);
        self.entries.push(Entry {
            key,
            mark,
            end: self.json.len(),
        });
        if self.entries.len() >= MANY {
            self.find_later(mark);
        }
    }

    /// Not a part of `add`, which is for lines of a few keys.
    #[inline(never)]
    fn find_later(&mut self, newest: Mark) {
        if self.entries.len() > MANY {
            self.buckets.add(newest);
        } else {
            self.fill_buckets();
        }
    }

    fn fill_buckets(&mut self) {
        self.buckets.last.clear();
        self.buckets.last.resize(Mark::BUCKETS, None);
        self.buckets.before.clear();
        for entry in &self.entries {
            self.buckets.add(entry.mark);
        }
    }

    pub(super) fn remove(&mut self, key: &str) {
        let key = Marked::new(key);
        if !self.seen.may_have(key.mark) {
            return;
        }
        if let Some(place) = self.position(key) {
            let (start, end) = (self.start(place), self.entries[place].end);
            self.json.drain(start..end);
            self.entries.remove(place);
            for later in &mut self.entries[place..] {
                later.end -= end - start;
            }
            if self.entries.len() >= MANY {
                self.fill_buckets();
            }
        }
    }

    /// Takes over every key of `other`, whose values win.
    pub(super) fn extend(&mut self, other: &Self) {
        for (entry, (_, json)) in other.entries.iter().zip(other.iter()) {
            let value = &json[opening(&entry.key)..];
            self.set(entry.key.clone(), |out| out.extend_from_slice(value));
        }
    }

    fn position(&self, key: Marked<'_>) -> Option<usize> {
        let is_it = |entry: &Entry| entry.mark == key.mark && entry.key == key.text;
        if self.entries.len() < MANY {
            return self.entries.iter().position(is_it);
        }
        let last = self.buckets.last[key.mark.bucket()];
        let mut bucket = std::iter::successors(last, |place| self.buckets.before[*place]);
        bucket.find(|place| is_it(&self.entries[*place]))
    }

    fn start(&self, place: usize) -> usize {
        place
            .checked_sub(1)
            .map_or(0, |before| self.entries[before].end)
    }
}

impl Buckets {
    /// Adds the entry after those that are there.
    fn add(&mut self, mark: Mark) {
        let place = self.before.len();
        let before = self.last[mark.bucket()].replace(place);
        self.before.push(before);
    }
}

/// How many bytes `,"key":` takes.
fn opening(key: &str) -> usize {
    let mut escaped = Vec::with_capacity(key.len());
    write::escape(&mut escaped, key);
    escaped.len() + 4
}

/// A number made of a key: keys with other numbers are other keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark(u64);

impl Mark {
    const BUCKETS: usize = 128;

    const fn bucket(self) -> usize {
        (self.0 >> 57) as usize
    }

    pub(super) fn of(key: &str) -> Self {
        let bytes = key.as_bytes();
        let word = |bytes: &[u8]| {
            let mut word = [0; 8];
            let length = bytes.len().min(8);
            word[..length].copy_from_slice(&bytes[..length]);
            u64::from_le_bytes(word)
        };
        let tail = &bytes[bytes.len().saturating_sub(8)..];
        // Multiplied by odd numbers without pattern, so that the upper bits depend on all of both ends.
        let mixed = word(bytes).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            ^ word(tail)
                .wrapping_add(bytes.len() as u64)
                .wrapping_mul(0xd1b5_4a32_d192_ed03);
        Self(mixed)
    }
}

/// A key with its mark.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marked<'k> {
    text: &'k str,
    mark: Mark,
}

impl<'k> Marked<'k> {
    pub(super) fn new(text: &'k str) -> Self {
        let mark = Mark::of(text);
        Self { text, mark }
    }

    pub(super) const fn text(self) -> &'k str {
        self.text
    }

    pub(super) const fn mark(self) -> Mark {
        self.mark
    }
}

/// Which keys may have been seen: a quick no, or a perhaps.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen(u128);

impl Seen {
    const fn bit(mark: Mark) -> u128 {
        1 << mark.bucket()
    }

    pub(super) const fn add(&mut self, mark: Mark) {
        self.0 |= Self::bit(mark);
    }

    pub(super) const fn join(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(super) const fn may_have(self, mark: Mark) -> bool {
        self.0 & Self::bit(mark) != 0
    }

    pub(super) const fn may_share(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// What fields go through on their way to lines.
pub(super) struct Rules {
    /// The keys of a line's standard parts.
    pub(super) reserved: Vec<String>,
    /// The keys that are on no line.
    pub(super) unwanted: Vec<String>,
    pub(super) redaction: Redaction,
    pub(super) errors: value::ErrorKeys,
    pub(super) format: Box<dyn Format>,
}

impl Rules {
    /// The key to use: a standard part's is not to be had, and nothing is to be lost.
    pub(super) fn free(&self, key: Key) -> Key {
        let key = match self.format.key(&key) {
            Cow::Borrowed(same) if *same == *key => key,
            renamed => Cow::Owned(renamed.into_owned()),
        };
        if self.reserved.iter().any(|reserved| *reserved == key) {
            Cow::Owned(format!("field.{key}"))
        } else {
            key
        }
    }

    /// Sets a key to any value at all; to a text that says so if it does not serialise.
    pub(super) fn set(&self, fields: &mut Fields, key: Key, value: &impl Serialize) {
        if self.unwanted.iter().any(|unwanted| *unwanted == key) {
            return;
        }
        let json = value::to_json(value);
        // By the name that it was given, before it is moved.
        let clean = if json != "null" && self.redaction.covers(&key) {
            let mut mark = Vec::new();
            write::text(&mut mark, MARK);
            mark
        } else {
            self.redaction.nested(&key, &json)
        };
        fields.set(self.free(key), |out| out.extend_from_slice(&clean));
    }
}

/// Writes the fields of an event or a span.
pub(super) struct Recorder<'a> {
    pub(super) rules: &'a Rules,
    pub(super) callsite: &'a Callsite,
    pub(super) fields: &'a mut Fields,
    /// Where the message of an event goes, and what it says of its place.
    pub(super) message: &'a mut Vec<u8>,
    pub(super) location: &'a mut Vec<u8>,
}

impl Recorder<'_> {
    fn set(&mut self, field: &Field, write: impl FnOnce(&mut Vec<u8>)) {
        let field = &self.callsite.fields[field.index()];
        match field.purpose {
            Purpose::Key => self.fields.set_prepared(field, write),
            Purpose::Hidden => self
                .fields
                .set_prepared(field, |out| write::text(out, MARK)),
            Purpose::Message => write_text(self.message, write),
            Purpose::Location => write_text(self.location, write),
            Purpose::Nothing => {}
        }
    }
}

/// A message is text, whatever it was made of: one type for one key is what log stores ask for.
fn write_text(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.clear();
    write(out);
    if out.first() != Some(&b'"') {
        let plain = String::from_utf8_lossy(out).into_owned();
        out.clear();
        write::text(out, &plain);
    }
}

impl Visit for Recorder<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, |out| write::float(out, value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, |out| write::number(out, value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, |out| write::number(out, value));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.set(field, |out| write::number(out, value));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.set(field, |out| write::number(out, value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, |out| write::number(out, value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, |out| write::text(out, value));
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        self.set(field, |out| {
            write::text(out, &String::from_utf8_lossy(value))
        });
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let keys = &self.rules.errors;
        self.set(field, |out| keys.write(out, None, value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let rules = self.rules;
        let name = field.name();
        self.set(field, |out| {
            let start = out.len();
            out.push(b'"');
            let nested = value::watched(|| {
                // A `Debug` that fails leaves what it has written.
                let _ = write!(Escaped(out), "{value:?}");
            });
            out.push(b'"');
            if let Some(nested) = nested {
                put_nested(out, start, name, nested, rules);
            }
        });
    }
}

/// Puts a nested value in place of its text, unless the text says more than that.
fn put_nested(out: &mut Vec<u8>, start: usize, name: &str, nested: Nested, rules: &Rules) {
    let mut alone = Vec::with_capacity(out.len() - start);
    write::text(&mut alone, nested.text());
    if out[start..] != alone {
        return;
    }
    out.truncate(start);
    match nested {
        Nested::Json(json) => {
            out.extend_from_slice(&rules.redaction.nested(name, &json));
        }
        Nested::Error {
            kind,
            message,
            causes,
        } => {
            rules.errors.write_parts(out, kind, &message, &causes);
        }
    }
}
