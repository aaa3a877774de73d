//! What can be known of a callsite before anything happens there: most of a line is the same each time.

use std::{
    borrow::Cow,
    ptr,
    rc::Rc,
    sync::atomic::{AtomicU64, Ordering},
};

use tracing_core::Metadata;

use super::{
    fields::{Key, Mark, Rules},
    write,
};

/// A callsite of `tracing`, with what a logger's settings make of it.
#[derive(Debug)]
pub(super) struct Callsite {
    /// Its level and its place, as JSON.
    pub(super) level: Vec<u8>,
    pub(super) location: Vec<u8>,
    /// By the field's index.
    pub(super) fields: Vec<Prepared>,
}

/// A field before it has a value.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) key: Key,
    /// `,"key":`
    pub(super) opening: Vec<u8>,
    pub(super) mark: Mark,
    pub(super) purpose: Purpose,
    /// Whether another field of the callsite has the same key.
    pub(super) is_repeated: bool,
}

/// What a field is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Key,
    /// Its value is not told.
    Hidden,
    Message,
    Location,
    /// Nobody wants it, or it is the `log` crate's own and says what the metadata says.
    Nothing,
}

impl Callsite {
    pub(super) fn new(metadata: &Metadata<'_>, rules: &Rules) -> Self {
        let mut level = Vec::new();
        write::text(&mut level, rules.format.level(metadata.level()));
        let mut location = Vec::new();
        write_location(&mut location, metadata);
        let mut fields: Vec<Prepared> = Vec::new();
        for field in metadata.fields() {
            let mut prepared = Prepared::new(field.name(), metadata, rules);
            let twin = fields.iter().find(|known| known.key == prepared.key);
            prepared.is_repeated = twin.is_some();
            fields.push(prepared);
        }
        Self {
            level,
            location,
            fields,
        }
    }
}

impl Prepared {
    fn new(name: &'static str, metadata: &Metadata<'_>, rules: &Rules) -> Self {
        // A raw identifier's mark is Rust's business.
        let name = name.strip_prefix("r#").unwrap_or(name);
        let is_of_log = metadata.target() == "log" && name.starts_with("log.");
        let purpose = match name {
            _ if is_of_log || rules.unwanted.iter().any(|unwanted| unwanted == name) => {
                Purpose::Nothing
            }
            "message" if metadata.is_event() => Purpose::Message,
            "location" if metadata.target().starts_with(OURS) => Purpose::Location,
            _ if rules.redaction.covers(name) => Purpose::Hidden,
            _ => Purpose::Key,
        };
        let key = rules.free(Cow::Borrowed(name));
        let mut opening = Vec::new();
        write::opening(&mut opening, &key);
        let mark = Mark::of(&key);
        Self {
            key,
            opening,
            mark,
            purpose,
            is_repeated: false,
        }
    }
}

/// The target of the logger's own events.
pub(super) const OWN: &str = "powertools::logger";

/// What the targets of this crate's events begin with: they may say where something happened.
const OURS: &str = "powertools::";

/// Where a line was written: the module's path and the line.
pub(super) fn write_location(out: &mut Vec<u8>, metadata: &Metadata<'_>) {
    out.push(b'"');
    write::escape(out, metadata.module_path().unwrap_or(metadata.target()));
    if let Some(number) = metadata.line() {
        out.push(b':');
        write::number(out, number);
    }
    out.push(b'"');
}

/// Tells one logger's settings from another's, for ever: an address may be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SettingsId(u64);

impl SettingsId {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// The callsites that were asked for last, a thread's own.
#[derive(Debug, Default)]
pub(super) struct Cache(Vec<Option<Slot>>);

#[derive(Debug)]
struct Slot {
    metadata: &'static Metadata<'static>,
    settings: SettingsId,
    callsite: Rc<Callsite>,
}

impl Cache {
    const SLOTS: usize = 256;

    /// A callsite, made with `make` if it is not here.
    pub(super) fn get(
        &mut self,
        metadata: &'static Metadata<'static>,
        settings: SettingsId,
        make: impl FnOnce() -> Callsite,
    ) -> Rc<Callsite> {
        if self.0.is_empty() {
            self.0.resize_with(Self::SLOTS, || None);
        }
        // Metadata is static, so its address is its name. Multiplied, because the lower bits of addresses
        // are the same.
        let address = ptr::from_ref(metadata).addr();
        let place = address.wrapping_mul(0x9e37_79b9) >> 16;
        let slot = &mut self.0[place % Self::SLOTS];
        match slot {
            Some(known) if ptr::eq(known.metadata, metadata) && known.settings == settings => {
                Rc::clone(&known.callsite)
            }
            _ => {
                let callsite = Rc::new(make());
                *slot = Some(Slot {
                    metadata,
                    settings,
                    callsite: Rc::clone(&callsite),
                });
                callsite
            }
        }
    }
}
