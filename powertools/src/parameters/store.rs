//! A table of values up to a number, from which those go that were not read for longest: moka's.
//!
//! moka leaves dropping what was replaced or removed to later rounds of its garbage collection, which in a
//! process that does little else do not come: a secret would stay in memory long after `clear`. So a value
//! is in a slot, and the slot in the table. What goes is taken out of its slot at once, and an empty slot may
//! wait for as long as it likes.

use std::{
    any::Any,
    fmt, mem,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use moka::policy::EvictionPolicy;

use super::key::{AnyKey, Key};

pub(super) struct Store {
    slots: moka::sync::Cache<Key, Arc<Slot>>,
    /// What moka has let go of since the last insertion.
    evicted: Arc<Mutex<Vec<Erased>>>,
    capacity: usize,
}

/// A value of some type; who asks by a key knows which.
pub(super) type Erased = Arc<dyn Any + Send + Sync>;

/// The place of a value, empty once it is to be forgotten.
#[derive(Default)]
struct Slot(RwLock<Option<Erased>>);

impl Slot {
    fn get(&self) -> Option<Erased> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn replace(&self, value: Option<Erased>) -> Option<Erased> {
        let mut slot = self.0.write().unwrap_or_else(PoisonError::into_inner);
        mem::replace(&mut slot, value)
    }
}

impl Store {
    pub(super) fn new(capacity: usize) -> Self {
        let evicted = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&evicted);
        // Not moka's own policy, by which a newcomer has to be asked for several times before it displaces
        // another: until then, each time would be a fetch.
        let slots = moka::sync::Cache::builder()
            .max_capacity(capacity as u64)
            .eviction_policy(EvictionPolicy::lru())
            .eviction_listener(move |_, slot: Arc<Slot>, _| {
                let mut evicted = sink.lock().unwrap_or_else(PoisonError::into_inner);
                evicted.extend(slot.replace(None));
            })
            .build();
        Self {
            slots,
            evicted,
            capacity,
        }
    }

    #[cfg(feature = "testing")]
    pub(super) const fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn get(&self, key: &dyn AnyKey) -> Option<Erased> {
        self.slots.get(key)?.get()
    }

    /// Keeps a value. What is kept no longer is returned, to be dropped where no lock is held. Callers
    /// insert one at a time.
    #[must_use]
    pub(super) fn insert(&self, key: Key, value: Erased) -> Vec<Erased> {
        if self.capacity == 0 {
            // moka would drop it here.
            return vec![value];
        }
        let slot = self.slots.get(&key as &dyn AnyKey);
        let mut gone: Vec<Erased> = match slot {
            Some(slot) => slot.replace(Some(value)).into_iter().collect(),
            None => {
                let slot = Slot::default();
                slot.replace(Some(value));
                self.slots.insert(key, Arc::new(slot));
                Vec::new()
            }
        };
        // Beside the fetch that came before, a round of moka's housekeeping is nothing.
        self.slots.run_pending_tasks();
        gone.append(&mut self.evicted());
        gone
    }

    /// Removes everything.
    pub(super) fn clear(&self) {
        self.remove(|_| true);
    }

    /// Removes what this is true of.
    pub(super) fn remove(&self, is_meant: impl Fn(&Key) -> bool) {
        let mut gone = Vec::new();
        for (key, slot) in &self.slots {
            if is_meant(&key) {
                gone.extend(slot.replace(None));
                self.slots.invalidate(&*key);
            }
        }
        self.slots.run_pending_tasks();
        gone.append(&mut self.evicted());
    }

    fn evicted(&self) -> Vec<Erased> {
        let mut evicted = self.evicted.lock().unwrap_or_else(PoisonError::into_inner);
        mem::take(&mut *evicted)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Store").finish_non_exhaustive()
    }
}
#[cfg(test)]
mod tests {
    use std::any::TypeId;

    use super::*;
    use crate::parameters::{Query, key::Asked};

    fn key(name: &str) -> Key {
        Key {
            decoded: TypeId::of::<&str>(),
            asked: Asked::One(Query::new(name)),
        }
    }

    /// A store to which these were added, one after the other, and what it handed back.
    fn store(capacity: usize, names: &[&'static str]) -> (Store, Vec<&'static str>) {
        let store = Store::new(capacity);
        let gone = names.iter().flat_map(|name| insert(&store, name)).collect();
        (store, gone)
    }

    fn insert(store: &Store, name: &'static str) -> Vec<&'static str> {
        let gone = store.insert(key(name), Arc::new(name)).into_iter();
        gone.map(|gone| *gone.downcast::<&str>().unwrap()).collect()
    }

    #[test]
    fn the_one_that_was_not_read_for_longest_goes() {
        let (store, _) = store(3, &["a", "b", "c"]);
        assert!(store.get(&key("a")).is_some());

        assert_eq!(insert(&store, "d"), ["b"]);
        assert!(store.get(&key("c")).is_some());
        assert_eq!(insert(&store, "e"), ["a"]);
    }

    #[test]
    fn what_is_replaced_or_beyond_the_capacity_is_handed_back() {
        assert_eq!(store(2, &["a", "a"]).1, ["a"]);
        assert_eq!(store(2, &["a", "b", "c", "d"]).1, ["a", "b"]);
        assert_eq!(store(0, &["a"]).1, ["a"]);
    }

    #[test]
    fn what_is_removed_is_dropped_at_once() {
        let value: Erased = Arc::new("a");
        let (store, _) = store(5, &["x"]);
        for removes in [Store::clear, |store: &Store| store.remove(|_| true)] {
            assert!(store.insert(key("a"), Arc::clone(&value)).is_empty());
            assert_eq!(Arc::strong_count(&value), 2);
            removes(&store);
            assert_eq!(Arc::strong_count(&value), 1);
        }
    }
}
