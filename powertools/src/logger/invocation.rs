//! What is known of one invocation while it runs: shared by all of its spans, and by nothing else.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tracing_core::Metadata;

use super::{buffer::Held, fields::Fields};

/// The state of one invocation: of the span that [`opens`] one, or of an outermost span where none does.
#[derive(Debug, Default)]
pub(super) struct Invocation {
    /// Whether all of its lines at DEBUG and above are written.
    pub(super) is_sampled: bool,
    keys: Mutex<Fields>,
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
    pub(super) fn keys(&self) -> MutexGuard<'_, Fields> {
        // Nothing that could panic runs while one of these is locked.
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lines that are held back.
    pub(super) fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A span's fields, and the invocation that it is in.
#[derive(Debug)]
pub(super) struct InSpan {
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
