//! Values that age, and fetches that all who ask wait for together.
//!
//! A value is as old as the *start* of its fetch: what the provider looked at may have been looked at
//! then, and a sandbox may have been frozen since. Both clocks are asked (see `clock`).
//!
//! A fetch is a [`Shared`] future, of which only those who wait hold a part. Whoever of them is polled
//! polls it, so none depends on another: one that is dropped leaves it to the rest, and with the last of
//! them it is dropped itself. moka's own `try_get_with` leaves it to one, and the others wait for ever if
//! that one is no longer polled.
//!
//! Locks are held for a look into a table, never across an `await`.

use std::{
    collections::HashMap,
    fmt,
    ops::Deref,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{Shared, WeakShared},
};

use super::{
    Error, ErrorKind,
    key::{AnyKey, Key},
    store::{Erased, Store},
};
use crate::{
    caught::caught,
    clock::{Clock, Moment},
};

pub(super) struct Cache {
    /// For each key a `Stored<T>`, of the `T` whose id the key has.
    store: Store,
    running: Mutex<Running>,
    clock: Clock,
}

/// A value, and when its fetch began.
pub(super) struct Stored<T> {
    since: Moment,
    wipe: fn(&mut T),
    value: T,
}

impl<T> Stored<T> {
    /// A value that was not found by a key.
    pub(super) fn of(value: T, since: Moment, wipe: fn(&mut T)) -> Self {
        Self { since, wipe, value }
    }
}

/// What the cache has to know of a type.
pub(super) struct Care<T> {
    /// Overwrites what a value holds.
    pub(super) wipe: fn(&mut T),
    /// Whether it may be stored: no part of it is an error.
    pub(super) is_whole: fn(&T) -> bool,
}

/// How old a value may be, and what becomes of a fetched one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Terms {
    /// Younger than this, stored or on its way; a fetched one is stored.
    Within(Duration),
    /// Fetched anew, together with others that ask for that; stored.
    Anew,
    /// Fetched for this one alone, and not stored.
    Alone,
}

/// What is to be done for a value.
pub(super) enum Found<T> {
    /// Nothing.
    Here(Arc<Stored<T>>),
    /// Waiting with others.
    Joined(Fetch),
    /// Waiting for a fetch that starts with this.
    Started(Fetch),
}

/// A fetch that many may wait for.
pub(super) type Fetch = Shared<Fetching>;

type Fetching = Pin<Box<dyn Future<Output = Result<Erased, Error>> + Send>>;

#[derive(Default)]
struct Running {
    /// The newest fetch of each key. Only that one is joined, and only that one is stored.
    fetches: HashMap<Key, InFlight>,
    started: u64,
}

struct InFlight {
    number: u64,
    since: Moment,
    is_anew: bool,
    fetch: WeakShared<Fetching>,
}

impl Cache {
    pub(super) fn new(capacity: usize, clock: Clock) -> Self {
        Self {
            store: Store::new(capacity),
            running: Mutex::default(),
            clock,
        }
    }

    pub(super) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// How many values it holds at most, for another cache.
    #[cfg(feature = "testing")]
    pub(super) const fn capacity(&self) -> usize {
        self.store.capacity()
    }

    /// The clock, for another cache.
    pub(super) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// The stored value, however old.
    pub(super) fn stored<T: Send + Sync + 'static>(
        &self,
        key: &dyn AnyKey,
    ) -> Option<Arc<Stored<T>>> {
        self.store.get(key).map(typed)
    }

    /// For each of what is asked: the value, or a fetch to wait for. What has to be fetched is asked for in
    /// one call, by places.
    pub(super) fn find_all<T, W>(
        self: &Arc<Self>,
        asked: &[(Key, Terms)],
        care: &Care<T>,
        fetch: impl FnOnce(&[usize]) -> Vec<W>,
    ) -> Vec<Found<T>>
    where
        T: Send + Sync + 'static,
        W: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let now = self.now();
        let mut running = self.running();
        let mut missing = Vec::new();
        let found: Vec<Option<Found<T>>> = asked
            .iter()
            .enumerate()
            .map(|(place, (key, terms))| {
                let found = self.find(&running, key, *terms, now);
                let is_new = || {
                    let before = |other: &usize| {
                        let (other_key, other_terms) = &asked[*other];
                        other_key == key && *other_terms != Terms::Alone
                    };
                    *terms == Terms::Alone || !missing.iter().any(before)
                };
                if found.is_none() && is_new() {
                    missing.push(place);
                }
                found
            })
            .collect();
        if missing.is_empty() {
            return found.into_iter().flatten().collect();
        }
        let mut started: HashMap<usize, Fetch> = HashMap::with_capacity(missing.len());
        for (place, work) in missing.iter().zip(fetch(&missing)) {
            let (key, terms) = &asked[*place];
            let fetch = self.start(&mut running, (key, *terms), now, care, work);
            started.insert(*place, fetch);
        }
        drop(running);
        let twin = |place: usize| {
            let is_twin = |other: &usize| {
                asked[*other].0 == asked[place].0 && asked[*other].1 != Terms::Alone
            };
            let twin = missing.iter().copied().find(is_twin);
            let fetch = twin.and_then(|twin| started.get(&twin)).cloned();
            fetch.expect("what is missing is fetched at its own place or at that of its twin")
        };
        found
            .into_iter()
            .enumerate()
            .map(|(place, found)| match (found, started.get(&place)) {
                (Some(found), _) => found,
                (None, Some(fetch)) => Found::Started(fetch.clone()),
                (None, None) => Found::Joined(twin(place)),
            })
            .collect()
    }

    /// A value that is here or on its way already.
    fn find<T: Send + Sync + 'static>(
        &self,
        running: &Running,
        key: &Key,
        terms: Terms,
        now: Moment,
    ) -> Option<Found<T>> {
        let is_young = |since: Moment, max_age| since.age(now).is_some_and(|age| age < max_age);
        let flight = running.fetches.get(key);
        let flight = match terms {
            Terms::Within(max_age) => {
                // Looked for again, now that nobody can store: a fetch that ended since the first look has
                // left it here.
                let stored = self.store.get(key).map(typed::<T>);
                if let Some(stored) = stored.filter(|stored| is_young(stored.since, max_age)) {
                    return Some(Found::Here(stored));
                }
                // One from before the sandbox was frozen may never end.
                flight.filter(|flight| is_young(flight.since, max_age))
            }
            Terms::Anew => flight.filter(|flight| flight.is_anew),
            Terms::Alone => None,
        };
        // Only what is joined is upgraded: to drop the last part of a fetch ends it, which takes the lock.
        Some(Found::Joined(flight?.fetch.upgrade()?))
    }

    fn start<T: Send + Sync + 'static>(
        self: &Arc<Self>,
        running: &mut Running,
        (key, terms): (&Key, Terms),
        now: Moment,
        &Care { wipe, is_whole }: &Care<T>,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Fetch {
        running.started += 1;
        let landing = Landing {
            cache: Arc::clone(self),
            key: key.clone(),
            number: running.started,
        };
        let fetch = async move {
            let value = caught(work).await.unwrap_or_else(|_| Err(panicked()))?;
            let is_whole = is_whole(&value);
            let stored: Erased = Arc::new(Stored {
                since: now,
                wipe,
                value,
            });
            if is_whole {
                landing.store(&stored);
            }
            Ok(stored)
        };
        let fetch: Fetch = fetch.boxed().shared();
        let weak = fetch.downgrade().filter(|_| terms != Terms::Alone);
        if let Some(weak) = weak {
            let flight = InFlight {
                number: running.started,
                since: now,
                is_anew: terms == Terms::Anew,
                fetch: weak,
            };
            running.fetches.insert(key.clone(), flight);
        }
        fetch
    }

    /// Forgets everything. What is being fetched is given to those who wait, and not stored.
    pub(super) fn clear(&self) {
        self.running().fetches.clear();
        self.store.clear();
    }

    /// Forgets what this is true of, stored or being fetched.
    pub(super) fn forget(&self, is_meant: impl Fn(&Key) -> bool) {
        self.running().fetches.retain(|key, _| !is_meant(key));
        self.store.remove(is_meant);
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        // The table is whole between any two statements, whatever panicked.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says of a panic that there was one. Its message may well have the value in it.
pub(super) fn panicked() -> Error {
    Error::new(ErrorKind::Failed).remedy("there was a panic, whose own line says where")
}

/// What an `Erased` of this key is.
fn typed<T: Send + Sync + 'static>(erased: Erased) -> Arc<Stored<T>> {
    let typed = erased.downcast();
    typed.expect("a key has the id of the type that is stored under it")
}

/// The value of a fetch that has ended well.
pub(super) fn landed<T: Send + Sync + 'static>(erased: Erased) -> Arc<Stored<T>> {
    typed(erased)
}

/// The end of a fetch: by its result, or because nobody waits any more.
struct Landing {
    cache: Arc<Cache>,
    key: Key,
    number: u64,
}

impl Landing {
    fn is_newest(&self, running: &Running) -> bool {
        let newest = running.fetches.get(&self.key);
        newest.is_some_and(|flight| flight.number == self.number)
    }

    /// Stores the value, unless a newer fetch has begun or what was asked for has been forgotten since.
    fn store(&self, stored: &Erased) {
        let running = self.cache.running();
        if self.is_newest(&running) {
            let store = &self.cache.store;
            let gone = store.insert(self.key.clone(), Arc::clone(stored));
            drop(running);
            drop(gone);
        }
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        let mut running = self.cache.running();
        if self.is_newest(&running) {
            running.fetches.remove(&self.key);
        }
    }
}

impl<T> Stored<T> {
    pub(super) fn age(&self, now: Moment) -> Option<Duration> {
        self.since.age(now)
    }
}

impl<T> Deref for Stored<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Drop for Stored<T> {
    fn drop(&mut self) {
        (self.wipe)(&mut self.value);
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Cache").finish_non_exhaustive()
    }
}
