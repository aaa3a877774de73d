//! What is known of one invocation while it runs: shared by all of its spans, and by nothing else.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tracing_core::Metadata;

use super::{
    buffer::Held,
    callsite::SettingsId,
    fields::{Fields, Key},
};

/// The state of one invocation: of the span that [`opens`] one, or of an outermost span where none does.
#[derive(Debug, Default)]
pub(super) struct Invocation {
    /// Whether all of its lines at DEBUG and above are written.
    pub(super) is_sampled: bool,
    keys: Mutex<Keys>,
    held: Mutex<Held>,
}

impl Invocation {
    /// A new one, sampled or not by chance.
    pub(super) fn start(sample_rate: f64) -> Self {
        Self {
            is_sampled: sample_rate > 0.0 && chance() < sample_rate,
            ..Self::default()
        }
    }

    /// The keys that were appended to it.
    pub(super) fn keys(&self) -> MutexGuard<'_, Keys> {
        // Nothing that could panic runs while one of these is locked.
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys that are on its lines.
    pub(super) fn shown(&self) -> Arc<Fields> {
        Arc::clone(&self.keys().shown)
    }

    /// The lines that are held back.
    pub(super) fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Appended keys, and scopes over them.
#[derive(Debug, Default)]
pub(super) struct Keys {
    appended: Fields,
    /// By their numbers, the last one on top. Parts of an invocation that run at the same time may leave
    /// theirs in any order.
    scopes: Vec<(u64, Fields)>,
    next: u64,
    /// What is on lines: the appended keys under the scopes'. Shared with the lines that are being written.
    shown: Arc<Fields>,
}

impl Keys {
    pub(super) fn shown(&self) -> &Fields {
        &self.shown
    }

    /// Sets keys, those of scopes included: the last value wins.
    pub(super) fn append(&mut self, added: &Fields) {
        for (key, _) in added.iter() {
            self.forget(key.text());
        }
        self.appended.extend(added);
        self.show();
    }

    pub(super) fn remove(&mut self, keys: &[Key]) {
        for key in keys {
            self.forget(key);
        }
        self.show();
    }

    fn forget(&mut self, key: &str) {
        self.appended.remove(key);
        for (_, fields) in &mut self.scopes {
            fields.remove(key);
        }
    }

    /// Puts a scope on top; gives back its number.
    pub(super) fn open(&mut self, fields: Fields) -> u64 {
        let number = self.next;
        self.next += 1;
        self.scopes.push((number, fields));
        self.show();
        number
    }

    pub(super) fn close(&mut self, number: u64) {
        self.scopes.retain(|(known, _)| *known != number);
        self.show();
    }

    fn show(&mut self) {
        let mut shown = Fields::default();
        shown.extend(&self.appended);
        for (_, fields) in &self.scopes {
            shown.extend(fields);
        }
        let is_null = |json: &[u8]| json.ends_with(b":null");
        let nulls = shown.iter().filter(|(_, json)| is_null(json));
        let nulls: Vec<String> = nulls.map(|(key, _)| key.text().to_owned()).collect();
        for key in nulls {
            shown.remove(&key);
        }
        self.shown = Arc::new(shown);
    }
}

/// A span as each of the loggers knows it; mostly there is one.
#[derive(Debug)]
pub(super) struct InSpans {
    first: InSpan,
    others: Vec<InSpan>,
}

impl InSpans {
    pub(super) const fn new(first: InSpan) -> Self {
        Self {
            first,
            others: Vec::new(),
        }
    }

    /// Adds another logger's view.
    pub(super) fn add(&mut self, other: InSpan) {
        self.others.push(other);
    }

    pub(super) fn of(&self, settings: SettingsId) -> Option<&InSpan> {
        if self.first.settings == settings {
            return Some(&self.first);
        }
        self.others.iter().find(|known| known.settings == settings)
    }

    pub(super) fn of_mut(&mut self, settings: SettingsId) -> Option<&mut InSpan> {
        if self.first.settings == settings {
            return Some(&mut self.first);
        }
        self.others
            .iter_mut()
            .find(|known| known.settings == settings)
    }
}

/// A span's fields, and the invocation that it is in.
#[derive(Debug)]
pub(super) struct InSpan {
    pub(super) settings: SettingsId,
    pub(super) fields: Fields,
    pub(super) invocation: Arc<Invocation>,
    /// Whether the invocation begins with it.
    pub(super) is_first: bool,
}

/// Whether a span is the one that a runtime opens for an invocation. It need not be the outermost:
/// lambda_runtime runs several invocations within one span of a worker, one after the other.
pub(super) fn opens(metadata: &Metadata<'_>) -> bool {
    match metadata.name() {
        "invocation" => metadata.target() == "powertools::runtime",
        // Of `lambda_runtime::layers::TracingLayer`.
        "Lambda runtime invoke" => metadata.target().starts_with("lambda_runtime"),
        _ => false,
    }
}

/// At least 0 and less than 1, each time another number.
///
/// A hasher's seed is random, and differs from one to the next: enough to choose one invocation in a
/// hundred by, and no dependency.
fn chance() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_as_many_are_sampled_as_were_asked_for() {
        let sampled = |rate| {
            let all = (0..10_000).filter(|_| Invocation::start(rate).is_sampled);
            all.count()
        };
        assert_eq!(sampled(0.0), 0);
        assert_eq!(sampled(1.0), 10_000);
        // Forty standard deviations on either side.
        assert!((800..=4_200).contains(&sampled(0.25)));
    }
}
