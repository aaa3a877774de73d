//! Keys of an invocation, set from wherever in it.

use std::{fmt, panic::Location, sync::Arc};

use serde::Serialize;
use tracing_core::dispatcher;

use super::{
    buffer::Held,
    callsite::OWN,
    fields::{Fields, Key},
    invocation::Invocation,
    layer::{JsonLayer, Settings},
};

/// The key of the correlation id.
const CORRELATION_ID: &str = "correlation_id";

/// Puts keys on every further line of the invocation that is running, its spawned tasks' included if they
/// are in its span:
///
/// ```
/// # use powertools::logger;
/// logger::append_keys([("tenant", "acme"), ("plan", "free")]);
/// logger::append_keys([("basket", vec![7, 9])]);
/// // of several types at once
/// use serde_json::json;
/// logger::append_keys([("order", json!(7)), ("state", json!("paid"))]);
/// ```
///
/// The last value of a key wins, also over the fields of spans; only a field of the line itself wins over it.
/// The next invocation starts without them. `None` and other values that are null in JSON, NaN among them,
/// put no key on lines.
///
/// Outside of any invocation there is nothing to put keys on: a line at WARN says so. Keys for every line are
/// [`Builder::key`](super::Builder::key)'s. Work on another task or thread is in the invocation if it is in
/// its span: `tokio::spawn(work().instrument(tracing::Span::current()))`, and for blocking work
/// `let span = tracing::Span::current(); spawn_blocking(move || span.in_scope(work))`.
#[track_caller]
pub fn append_keys<K, V>(keys: impl IntoIterator<Item = (K, V)>)
where
    K: Into<Key>,
    V: Serialize,
{
    let keys = keys.into_iter().map(|(key, value)| (key.into(), value));
    append("append_keys", keys);
}

#[track_caller]
fn append<V: Serialize>(by: &str, keys: impl Iterator<Item = (Key, V)>) {
    let Some((settings, invocation)) = running() else {
        return nowhere(by, keys.map(|(key, _)| key));
    };
    // Before anything is locked: a `Serialize` may log, or panic.
    let added = rendered(&settings, keys);
    invocation.keys().append(&added);
}

/// Takes keys off every further line of the invocation that is running, whoever put them there but spans.
#[track_caller]
pub fn remove_keys<K: AsRef<str>>(keys: impl IntoIterator<Item = K>) {
    let keys = keys
        .into_iter()
        .map(|key| Key::from(key.as_ref().to_owned()));
    let Some((settings, invocation)) = running() else {
        return nowhere("remove_keys", keys);
    };
    let keys: Vec<Key> = keys.map(|key| settings.rules.free(key)).collect();
    invocation.keys().remove(&keys);
}

/// Puts keys on the invocation's lines until the guard is dropped; what they shadowed is there again then.
///
/// ```
/// # use powertools::logger;
/// let step = logger::scoped_keys([("step", "payment")]);
/// tracing::info!("charging");   // … "step":"payment" …
/// drop(step);
/// ```
///
/// The keys are the invocation's, not the task's: parts of one invocation that run at the same time see
/// each other's, and a span (`tracing::info_span!`) is what tells them apart. [`append_keys`] of the same key
/// within the scope puts an end to it.
#[must_use = "the keys are taken off again when this is dropped"]
#[track_caller]
pub fn scoped_keys<K, V>(keys: impl IntoIterator<Item = (K, V)>) -> ScopedKeys
where
    K: Into<Key>,
    V: Serialize,
{
    let keys = keys.into_iter().map(|(key, value)| (key.into(), value));
    let Some((settings, invocation)) = running() else {
        nowhere("scoped_keys", keys.map(|(key, _)| key));
        return ScopedKeys(None);
    };
    let added = rendered(&settings, keys);
    let number = invocation.keys().open(added);
    ScopedKeys(Some((invocation, number)))
}

/// Keys that are there until this is dropped.
pub struct ScopedKeys(Option<(Arc<Invocation>, u64)>);

impl Drop for ScopedKeys {
    fn drop(&mut self) {
        if let Some((invocation, number)) = self.0.take() {
            invocation.keys().close(number);
        }
    }
}

impl fmt::Debug for ScopedKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ScopedKeys")
            .field("in_invocation", &self.0.is_some())
            .finish()
    }
}

/// Sets `correlation_id` on every further line of the invocation that is running.
/// [`Builder::correlation_id`](super::Builder::correlation_id) takes it from the event.
#[track_caller]
pub fn set_correlation_id(id: impl AsRef<str>) {
    let key = Key::from(CORRELATION_ID);
    append("set_correlation_id", std::iter::once((key, id.as_ref())));
}

/// The invocation's `correlation_id`, to pass on to other services.
#[must_use]
pub fn correlation_id() -> Option<String> {
    let (_, invocation) = running()?;
    let keys = invocation.keys();
    serde_json::from_slice(keys.shown().get(CORRELATION_ID)?).ok()
}

/// Writes the lines that the running invocation holds back (see [`Buffer`](super::Buffer)).
pub fn flush_buffer() {
    if let Some((settings, invocation)) = running() {
        settings.flush(&invocation);
    }
}

/// Forgets the lines that the running invocation holds back.
pub fn clear_buffer() {
    if let Some((_, invocation)) = running() {
        *invocation.held() = Held::default();
    }
}

/// Whether the running invocation is one of those whose lines at DEBUG are written
/// ([`Builder::sample_rate`](super::Builder::sample_rate)).
#[must_use]
pub fn is_sampled() -> bool {
    running().is_some_and(|(_, invocation)| invocation.is_sampled)
}

/// The logger, and the invocation whose span is entered.
///
/// Handed out, so that whatever is done with them is done outside of the dispatcher, which is deaf to
/// lines that are logged within it.
pub(super) fn running() -> Option<(Arc<Settings>, Arc<Invocation>)> {
    dispatcher::get_default(|dispatch| {
        let logger = dispatch.downcast_ref::<JsonLayer>()?;
        Some((Arc::clone(&logger.settings), logger.current(dispatch)?))
    })
}

fn rendered<V: Serialize>(settings: &Settings, keys: impl Iterator<Item = (Key, V)>) -> Fields {
    let mut fields = Fields::default();
    for (key, value) in keys {
        settings.rules.set(&mut fields, key, &value);
    }
    fields
}

/// Tells whoever called `by` in vain.
#[track_caller]
fn nowhere(by: &str, keys: impl Iterator<Item = Key>) {
    let keys: Vec<Key> = keys.collect();
    tracing::warn!(
        target: OWN,
        location = %Location::caller(),
        "`logger::{by}` was called outside of an invocation: {} is on no line",
        keys.join(", ")
    );
}
