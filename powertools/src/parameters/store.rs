//! A table of values up to a number, from which those go that were not read for longest.
//!
//! Not moka, which leaves dropping a value that was replaced or removed to later rounds of its garbage
//! collection. In a process that does little else they do not come, and a secret would stay in memory long
//! after `clear`. It also took most of the time of a hit, and nineteen crates (see `docs::design`).

use std::{
    any::Any,
    collections::HashMap,
    mem,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use super::key::{AnyKey, Key};

pub(super) struct Store {
    entries: RwLock<HashMap<Key, Entry>>,
    capacity: usize,
    /// How many were inserted, which is all the time that there is here: what was read since the last was
    /// inserted was read just now.
    inserted: AtomicU64,
}

/// A value of some type; who asks by a key knows which.
pub(super) type Erased = Arc<dyn Any + Send + Sync>;

struct Entry {
    value: Erased,
    read: AtomicU64,
}

impl Store {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            entries: RwLock::default(),
            capacity,
            inserted: AtomicU64::new(0),
        }
    }

    #[cfg(feature = "testing")]
    pub(super) const fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn get(&self, key: &dyn AnyKey) -> Option<Erased> {
        let entries = self.entries();
        let entry = entries.get(key)?;
        let now = self.inserted.load(Ordering::Relaxed);
        // Written only if it says something new, because several threads may be at it.
        if entry.read.load(Ordering::Relaxed) != now {
            entry.read.store(now, Ordering::Relaxed);
        }
        Some(Arc::clone(&entry.value))
    }

    /// Keeps a value. What is kept no longer is returned, to be dropped where no lock is held.
    #[must_use]
    pub(super) fn insert(&self, key: Key, value: Erased) -> Vec<Erased> {
        let mut entries = self.entries_mut();
        let now = self.inserted.fetch_add(1, Ordering::Relaxed) + 1;
        let read = AtomicU64::new(now);
        let replaced = entries.insert(key, Entry { value, read });
        let mut gone: Vec<Erased> = replaced.into_iter().map(|entry| entry.value).collect();
        // A look at each, and only where there are too many: beside the fetch that came before, that is
        // nothing.
        while entries.len() > self.capacity {
            let read = |(_, entry): &(&Key, &Entry)| entry.read.load(Ordering::Relaxed);
            let oldest = entries.iter().min_by_key(read).map(|(key, _)| key.clone());
            let oldest = oldest.expect("there are more than the capacity, so there is one");
            gone.extend(entries.remove(&oldest).map(|entry| entry.value));
        }
        gone
    }

    /// Removes everything.
    pub(super) fn clear(&self) {
        let gone = mem::take(&mut *self.entries_mut());
        drop(gone);
    }

    /// Removes what this is true of.
    pub(super) fn remove(&self, is_meant: impl Fn(&Key) -> bool) {
        let mut entries = self.entries_mut();
        let gone: Vec<_> = entries.extract_if(|key, _| is_meant(key)).collect();
        drop(entries);
        drop(gone);
    }

    // The table is whole between any two statements, whatever panicked: nothing of the application's is
    // called while it is locked.
    fn entries(&self) -> RwLockReadGuard<'_, HashMap<Key, Entry>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn entries_mut(&self) -> RwLockWriteGuard<'_, HashMap<Key, Entry>> {
        self.entries.write().unwrap_or_else(PoisonError::into_inner)
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
