//! A table of values up to a number, from which those go that were not read for longest.
//!
//! The values are in a table of our own, and moka keeps the order in which they were used: it hears of reads
//! when somebody has to go, not when they happen, so among those that were read since it last heard the order is
//! any. A read through moka itself costs more than twice as much (measured: bench `parameters`), and moka leaves
//! dropping what was replaced or removed to later rounds of its garbage collection, which in a process that does
//! little else do not come: a secret would stay in memory long after `clear`.

use std::{
    any::Any,
    collections::HashMap,
    fmt, mem,
    sync::{
        Arc, OnceLock, PoisonError, RwLock, RwLockWriteGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use moka::policy::EvictionPolicy;

use super::key::{AnyKey, Key};

pub(super) struct Store {
    table: RwLock<Table>,
    /// The numbers of the entries, least recently used first. Made for the first entry: moka begins with queues
    /// of tens of kilobytes, which a function that reads nothing would pay for at its start.
    order: OnceLock<Order>,
    capacity: usize,
}

type Order = moka::sync::Cache<u64, ()>;

#[derive(Default)]
struct Table {
    entries: HashMap<Key, Entry>,
    /// The number of the newest entry.
    newest: u64,
}

/// A value of some type; who asks by a key knows which.
pub(super) type Erased = Arc<dyn Any + Send + Sync>;

struct Entry {
    number: u64,
    value: Erased,
    /// Since `order` last heard of it.
    was_used: AtomicBool,
}

impl Store {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            table: RwLock::default(),
            order: OnceLock::new(),
            capacity,
        }
    }

    fn order(&self) -> &Order {
        self.order.get_or_init(|| {
            // Not moka's own policy, by which a newcomer has to be asked for several times before it
            // displaces another: until then, each time would be a fetch.
            moka::sync::Cache::builder()
                .max_capacity(self.capacity as u64)
                .eviction_policy(EvictionPolicy::lru())
                .build()
        })
    }

    #[cfg(feature = "testing")]
    pub(super) const fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn get(&self, key: &dyn AnyKey) -> Option<Erased> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let entry = table.entries.get(key)?;
        entry.was_used.store(true, Ordering::Relaxed);
        Some(Arc::clone(&entry.value))
    }

    /// Keeps a value. What is kept no longer is returned, to be dropped where no lock is held.
    #[must_use]
    pub(super) fn insert(&self, key: Key, value: Erased) -> Vec<Erased> {
        if self.capacity == 0 {
            // moka would let go of it here.
            return vec![value];
        }
        let mut table = self.write();
        if let Some(entry) = table.entries.get_mut(&key as &dyn AnyKey) {
            *entry.was_used.get_mut() = true;
            return vec![mem::replace(&mut entry.value, value)];
        }
        if table.entries.len() >= self.capacity {
            self.tell_what_was_used(&mut table);
        }
        table.newest += 1;
        let entry = Entry {
            number: table.newest,
            value,
            was_used: AtomicBool::new(false),
        };
        let order = self.order();
        order.insert(entry.number, ());
        order.run_pending_tasks();
        table.entries.insert(key, entry);
        if table.entries.len() <= self.capacity {
            return Vec::new();
        }
        let is_gone = |_: &Key, entry: &mut Entry| !order.contains_key(&entry.number);
        let gone = table.entries.extract_if(is_gone);
        gone.map(|(_, entry)| entry.value).collect()
    }

    /// Moves what was used to the end of the order. Beside the fetch that came before, a look at each entry is
    /// nothing.
    fn tell_what_was_used(&self, table: &mut Table) {
        for entry in table.entries.values_mut() {
            if mem::take(entry.was_used.get_mut()) {
                self.order().insert(entry.number, ());
            }
        }
    }

    /// Removes everything.
    pub(super) fn clear(&self) {
        self.remove(|_| true);
    }

    /// Removes what this is true of.
    pub(super) fn remove(&self, is_meant: impl Fn(&Key) -> bool) {
        let mut table = self.write();
        let removed = table.entries.extract_if(|key, _| is_meant(key));
        let gone: Vec<Entry> = removed.map(|(_, entry)| entry).collect();
        for entry in &gone {
            self.order().invalidate(&entry.number);
        }
        if let Some(order) = self.order.get() {
            order.run_pending_tasks();
        }
        drop(table);
        drop(gone);
    }

    // Nothing of the application's is called while it is locked.
    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
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
    fn the_order_is_made_for_the_first_entry() {
        let (store, _) = store(3, &[]);
        assert!(store.get(&key("a")).is_none());
        store.clear();
        assert!(store.order.get().is_none());

        assert_eq!(insert(&store, "a"), [""; 0]);
        assert!(store.order.get().is_some());
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
