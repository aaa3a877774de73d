//! Values that age, and fetches that all who ask wait for together.
//!
//! A value is as old as the *start* of its fetch: what the provider looked at may have been looked at
//! then, and a sandbox may have been frozen since. Both clocks are asked (see `clock`).
//!
//! A fetch is a [`Shared`] future, of which only those who wait hold a part. Whoever of them is polled
//! polls it, so none depends on another: one that is dropped leaves it to the rest, and with the last of
//! them it is dropped itself. moka's own `try_get_with` leaves it to one, and the others wait for ever if
//! that one is no longer polled. A fetch is shared within one runtime: what it waits for moves on with the
//! runtime that it was started in.
//!
//! Locks are held for a look into a table, never across an `await`, and never while a value is dropped: its
//! type may do anything then, reading parameters included.

use std::{
    collections::HashMap,
    fmt,
    ops::Deref,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{Shared, WeakShared},
};
use tokio::runtime::{self, Handle};

use super::{
    Error,
    key::{AnyKey, Key},
    store::{Erased, Store},
};
use crate::{
    caught::attempt,
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
    /// Whether its successor has been asked for ahead of time.
    is_refreshed: AtomicBool,
    /// Whether a later fetch has found out that it is no longer so.
    is_refuted: AtomicBool,
    value: T,
}

impl<T> Stored<T> {
    /// A value that was not found by a key.
    pub(super) fn of(value: T, since: Moment, wipe: fn(&mut T)) -> Self {
        Self {
            since,
            wipe,
            is_refreshed: AtomicBool::new(false),
            is_refuted: AtomicBool::new(false),
            value,
        }
    }

    pub(super) fn age(&self, now: Moment) -> Option<Duration> {
        self.since.age(now)
    }

    /// Whether nobody has refreshed it yet; from now on, somebody has.
    pub(super) fn is_first_refresh(&self) -> bool {
        !self.is_refreshed.swap(true, Ordering::Relaxed)
    }

    /// Whether it can stand in where there is no younger one.
    pub(super) fn may_stand_in(&self) -> bool {
        !self.is_refuted.load(Ordering::Relaxed)
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
    /// Fetched anew, together with others that ask for that and began within this time; stored.
    Anew(Duration),
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
    /// The newest fetch of each key in each runtime, in the order of their starts. Only these are joined, and
    /// only the last is stored.
    fetches: HashMap<Key, Vec<InFlight>>,
    started: u64,
}

struct InFlight {
    number: u64,
    runtime: Option<runtime::Id>,
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
    /// one call, by places; it does not panic.
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
        let runtime = runtime_id();
        // Dropped last, when nothing is locked any more.
        let mut too_old = Vec::new();
        let mut running = self.running();
        let mut missing = Vec::new();
        // Where each key stands first that is fetched for all who ask for it here.
        let mut shared: HashMap<&Key, usize> = HashMap::new();
        let mut found: Vec<Option<Found<T>>> = Vec::with_capacity(asked.len());
        for (place, (key, terms)) in asked.iter().enumerate() {
            let is_here = self.find(&running, (key, *terms), now, runtime, &mut too_old);
            let is_missing = is_here.is_none()
                && (*terms == Terms::Alone || *shared.entry(key).or_insert(place) == place);
            if is_missing {
                missing.push(place);
            }
            found.push(is_here);
        }
        if missing.is_empty() {
            return found.into_iter().flatten().collect();
        }
        let mut started: HashMap<usize, Fetch> = HashMap::with_capacity(missing.len());
        for (place, work) in missing.iter().zip(fetch(&missing)) {
            let (key, terms) = &asked[*place];
            let fetch = self.start(&mut running, (key, *terms), now, runtime, care, work);
            started.insert(*place, fetch);
        }
        drop(running);
        let twin = |place: usize| {
            let twin = shared.get(&asked[place].0);
            let fetch = twin.and_then(|twin| started.get(twin)).cloned();
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
        (key, terms): (&Key, Terms),
        now: Moment,
        runtime: Option<runtime::Id>,
        too_old: &mut Vec<Arc<Stored<T>>>,
    ) -> Option<Found<T>> {
        let is_young = |since: Moment, max_age| since.age(now).is_some_and(|age| age < max_age);
        let mut flights = running.fetches.get(key).into_iter().flatten();
        let flight = flights.find(|flight| flight.runtime == runtime);
        let flight = match terms {
            Terms::Within(max_age) => {
                // Looked for again, now that nobody can store: a fetch that ended since the first look has
                // left it here.
                if let Some(stored) = self.store.get(key).map(typed::<T>) {
                    if is_young(stored.since, max_age) {
                        return Some(Found::Here(stored));
                    }
                    too_old.push(stored);
                }
                // One from before the sandbox was frozen may never end.
                flight.filter(|flight| is_young(flight.since, max_age))
            }
            Terms::Anew(max_age) => {
                flight.filter(|flight| flight.is_anew && is_young(flight.since, max_age))
            }
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
        runtime: Option<runtime::Id>,
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
            let value = work.await.inspect_err(|error| {
                if !error.kind().is_transient() {
                    landing.refute::<T>();
                }
            })?;
            let is_whole = is_whole(&value);
            let stored: Erased = Arc::new(Stored::of(value, now, wipe));
            if is_whole {
                landing.store(&stored);
            } else {
                landing.refute::<T>();
            }
            Ok(stored)
        };
        let fetch: Fetch = fetch.boxed().shared();
        let weak = fetch.downgrade().filter(|_| terms != Terms::Alone);
        if let Some(weak) = weak {
            let flight = InFlight {
                number: running.started,
                runtime,
                since: now,
                is_anew: matches!(terms, Terms::Anew(_)),
                fetch: weak,
            };
            let flights = running.fetches.entry(key.clone()).or_default();
            flights.retain(|flight| flight.runtime != runtime);
            flights.push(flight);
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

/// What an `Erased` of this key is.
fn typed<T: Send + Sync + 'static>(erased: Erased) -> Arc<Stored<T>> {
    let typed = erased.downcast();
    typed.expect("a key has the id of the type that is stored under it")
}

/// The value of a fetch that has ended well.
pub(super) fn landed<T: Send + Sync + 'static>(erased: Erased) -> Arc<Stored<T>> {
    typed(erased)
}

/// The runtime that whoever asks is in, if it is in one.
fn runtime_id() -> Option<runtime::Id> {
    Handle::try_current().ok().map(|runtime| runtime.id())
}

/// The end of a fetch: by its result, or because nobody waits any more.
struct Landing {
    cache: Arc<Cache>,
    key: Key,
    number: u64,
}

impl Landing {
    /// Stores the value, unless a newer fetch has begun or what was asked for has been forgotten since.
    fn store(&self, stored: &Erased) {
        let mut running = self.cache.running();
        if self.settles(&mut running) {
            let store = &self.cache.store;
            let gone = store.insert(self.key.clone(), Arc::clone(stored));
            drop(running);
            drop(gone);
        }
    }

    /// Lets what is stored no longer stand in for what could not be fetched. It stays for those who take one
    /// of its age, because to them it is no older than it was.
    fn refute<T: Send + Sync + 'static>(&self) {
        let mut running = self.cache.running();
        if self.settles(&mut running) {
            let stored = self.cache.store.get(&self.key);
            drop(running);
            if let Some(stored) = stored.map(typed::<T>) {
                stored.is_refuted.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Whether this is the newest fetch of its key. What older ones bring after it counts no more.
    fn settles(&self, running: &mut Running) -> bool {
        let newest = running.fetches.get(&self.key).and_then(|all| all.last());
        let is_newest = newest.is_some_and(|flight| flight.number == self.number);
        if is_newest {
            running.fetches.remove(&self.key);
        }
        is_newest
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        let mut running = self.cache.running();
        if let Some(flights) = running.fetches.get_mut(&self.key) {
            flights.retain(|flight| flight.number != self.number);
            if flights.is_empty() {
                running.fetches.remove(&self.key);
            }
        }
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
        // A panic has its own line. Here it would end the process if another value is being dropped for one.
        let _ = attempt(|| (self.wipe)(&mut self.value));
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Cache").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::any::TypeId;

    use super::*;
    use crate::parameters::{Query, key::Asked};

    /// Another thread may clear the store between a look into it and the end of the lock: then who looked has
    /// the value's last part, and its type may read parameters when it is dropped.
    #[test]
    fn what_is_too_old_is_handed_back_to_be_dropped_where_nothing_is_locked() {
        let cache = Cache::new(1, Clock::default());
        let key = Key {
            decoded: TypeId::of::<u8>(),
            asked: Asked::One(Query::new("/a")),
        };
        let value: Arc<Stored<u8>> = Arc::new(Stored::of(1, cache.now(), |_| {}));
        assert!(cache.store.insert(key.clone(), value).is_empty());

        let mut too_old: Vec<Arc<Stored<u8>>> = Vec::new();
        let running = cache.running();
        let asked = (&key, Terms::Within(Duration::ZERO));
        let found = cache.find(&running, asked, cache.now(), None, &mut too_old);
        cache.store.clear();

        assert!(found.is_none());
        let parts: Vec<usize> = too_old.iter().map(Arc::strong_count).collect();
        assert_eq!(parts, [1]);
    }
}
