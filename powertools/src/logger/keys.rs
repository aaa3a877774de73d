//! Keys of an invocation, set from wherever in it.

use std::{fmt, sync::Arc};

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
/// ```
///
/// The last value of a key wins; a field of a line or of a span inside the invocation wins over both. The
/// next invocation starts without them. `None` and other values that are null in JSON, NaN among them, put
/// no key on lines.
///
/// Outside of any invocation there is nothing to put keys on: a line at WARN says so. Keys for every line are
/// [`Builder::key`](super::Builder::key)'s. A task of its own is in the invocation if it is spawned with
/// its span: `tokio::spawn(work().instrument(tracing::Span::current()))`.
pub fn append_keys<K, V>(keys: impl IntoIterator<Item = (K, V)>)
where
    K: Into<Key>,
    V: Serialize,
{
    let Some((settings, invocation)) = running() else {
        return nowhere("append_keys");
    };
    // Before anything is locked: a `Serialize` may log, or panic.
    let keys = keys.into_iter().map(|(key, value)| (key.into(), value));
    let added = rendered(&settings, keys);
    put(&mut invocation.keys(), &added);
}

/// Takes keys off every further line of the invocation that is running.
pub fn remove_keys<K: AsRef<str>>(keys: impl IntoIterator<Item = K>) {
    let keys: Vec<K> = keys.into_iter().collect();
    if let Some((settings, invocation)) = running() {
        let free = |key: &K| settings.rules.free(key.as_ref().to_owned().into());
        let keys: Vec<Key> = keys.iter().map(free).collect();
        let mut known = invocation.keys();
        keys.iter().for_each(|key| known.remove(key));
    }
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
/// Guards are dropped in the reverse of the order in which they were made, as values in a block are.
///
/// The keys are the invocation's, not the task's: two parts of one invocation that run at the same time
/// and set the same key are told apart by a span instead (`tracing::info_span!`).
#[must_use = "the keys are taken off again when this is dropped"]
pub fn scoped_keys<K, V>(keys: impl IntoIterator<Item = (K, V)>) -> ScopedKeys
where
    K: Into<Key>,
    V: Serialize,
{
    let keys: Vec<(Key, V)> = keys
        .into_iter()
        .map(|(key, value)| (key.into(), value))
        .collect();
    let Some((settings, invocation)) = running() else {
        nowhere("scoped_keys");
        return ScopedKeys(None);
    };
    let free = |(key, _): &(Key, V)| settings.rules.free(key.clone());
    let names: Vec<Key> = keys.iter().map(free).collect();
    let added = rendered(&settings, keys);
    let mut known = invocation.keys();
    let before = |key: Key| {
        let value = known.get(&key).map(<[u8]>::to_vec);
        (key, value)
    };
    let shadowed = names.into_iter().map(before).collect();
    put(&mut known, &added);
    drop(known);
    ScopedKeys(Some((invocation, shadowed)))
}

type Shadowed = (Arc<Invocation>, Vec<(Key, Option<Vec<u8>>)>);

/// Keys that are there until this is dropped.
pub struct ScopedKeys(Option<Shadowed>);

impl Drop for ScopedKeys {
    fn drop(&mut self) {
        let Some((invocation, shadowed)) = self.0.take() else {
            return;
        };
        let mut known = invocation.keys();
        for (key, value) in shadowed {
            match value {
                Some(json) => known.set(key, |out| out.extend_from_slice(&json)),
                None => known.remove(&key),
            }
        }
    }
}

impl fmt::Debug for ScopedKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.0.iter().flat_map(|(_, keys)| keys);
        formatter
            .debug_list()
            .entries(keys.map(|(key, _)| key))
            .finish()
    }
}

/// Sets `correlation_id` on every further line of the invocation that is running.
/// [`Builder::correlation_id`](super::Builder::correlation_id) takes it from the event.
pub fn set_correlation_id(id: impl AsRef<str>) {
    append_keys([(CORRELATION_ID, id.as_ref())]);
}

/// The invocation's `correlation_id`, to pass on to other services.
#[must_use]
pub fn correlation_id() -> Option<String> {
    let (_, invocation) = running()?;
    let keys = invocation.keys();
    serde_json::from_slice(keys.get(CORRELATION_ID)?).ok()
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

/// The keys as they are written; a null is written as such, to be found by [`put`].
fn rendered<V: Serialize>(settings: &Settings, keys: impl IntoIterator<Item = (Key, V)>) -> Fields {
    let mut fields = Fields::default();
    for (key, value) in keys {
        settings.rules.set(&mut fields, key, &value);
    }
    fields
}

/// Takes over all keys, nulls as the absence of one.
fn put(known: &mut Fields, added: &Fields) {
    known.extend(added);
    let nulls = added.iter().filter(|(_, json)| json.ends_with(b":null"));
    for (key, _) in nulls {
        known.remove(key);
    }
}

fn nowhere(what: &str) {
    tracing::warn!(
        target: OWN,
        "`logger::{what}` was called outside of an invocation: its keys are on no line"
    );
}
