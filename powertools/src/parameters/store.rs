//! A table of values up to a number, from which those go that were not read for longest: moka's.
//!
//! moka leaves dropping what was replaced or removed to later rounds of its garbage collection, which in a
//! process that does little else do not come: a secret would stay in memory long after `clear`. So a value
//! is in a slot, and the slot in the table. What goes is taken out of its slot at once, and an empty slot may
//! wait for as long as it likes.

use std::{
    any::Any,
    collections::HashMap,
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use moka::policy::EvictionPolicy;

use super::key::{AnyKey, Key};

pub(super) struct Store {
    slots: moka::sync::Cache<Key, Arc<Slot>>,
    /// The same slots, by which those are found that moka has let go of. Its eviction listener would tell, but
    /// with one its housekeeping allocates, which falls to who reads (measured: bench `parameters`).
    known: Mutex<HashMap<Key, Arc<Slot>>>,
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
        // Not moka's own policy, by which a newcomer has to be asked for several times before it displaces
        // another: until then, each time would be a fetch.
        let slots = moka::sync::Cache::builder()
            .max_capacity(capacity as u64)
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self {
            slots,
            known: Mutex::default(),
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

    /// Keeps a value. What is kept no longer is returned, to be dropped where no lock is held.
    #[must_use]
    pub(super) fn insert(&self, key: Key, value: Erased) -> Vec<Erased> {
        if self.capacity == 0 {
            // moka would drop it here.
            return vec![value];
        }
        let mut known = self.known();
        let mut gone = Vec::new();
        match self.slots.get(&key as &dyn AnyKey) {
            Some(slot) => gone.extend(slot.replace(Some(value))),
            None => {
                let slot = Arc::new(Slot::default());
                slot.replace(Some(value));
                let before = known.insert(key.clone(), Arc::clone(&slot));
                gone.extend(before.and_then(|before| before.replace(None)));
                self.slots.insert(key, slot);
            }
        }
        // Beside the fetch that came before, a round of moka's housekeeping and a look at each are nothing.
        self.slots.run_pending_tasks();
        if known.len() as u64 > self.slots.entry_count() {
            known.retain(|key, slot| {
                let is_kept = self.slots.contains_key(key as &dyn AnyKey);
                if !is_kept {
                    gone.extend(slot.replace(None));
                }
                is_kept
            });
        }
        gone
    }

    /// Removes everything.
    pub(super) fn clear(&self) {
        self.remove(|_| true);
    }

    /// Removes what this is true of.
    pub(super) fn remove(&self, is_meant: impl Fn(&Key) -> bool) {
        let mut gone = Vec::new();
        let mut known = self.known();
        known.retain(|key, slot| {
            let is_meant = is_meant(key);
            if is_meant {
                gone.extend(slot.replace(None));
                self.slots.invalidate(key as &dyn AnyKey);
            }
            !is_meant
        });
        drop(known);
        self.slots.run_pending_tasks();
        drop(gone);
    }

    // Nothing of the application's is called while it is locked.
    fn known(&self) -> MutexGuard<'_, HashMap<Key, Arc<Slot>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
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
