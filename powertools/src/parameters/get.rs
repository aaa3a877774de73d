//! Reading: one parameter, several by their names, all below a path.

use std::{
    fmt,
    future::IntoFuture,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{FutureExt, future::join_all};
use tokio::runtime::Handle;

use super::{
    Decode, Decryption, Depth, Error, ErrorKind, Named, Parameter, Parameters, Query, Value,
    cache::{Care, Fetch, Found, Stored, Terms, landed},
    key::{Key, KeyRef, PathRef, QueryRef, SelectorRef},
    provider::panicked,
};
use crate::caught::attempt;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How old a value may be, as far as somebody said.
#[derive(Clone, Copy, Debug, Default)]
struct Wish {
    max_age: Option<Duration>,
    is_anew: bool,
}

impl Wish {
    fn terms(self, parameters: &Parameters) -> Terms {
        let max_age = self.max_age.unwrap_or(parameters.settings.max_age);
        match (max_age, self.is_anew) {
            (Duration::ZERO, _) => Terms::Alone,
            (max_age, true) => Terms::Anew(max_age),
            (max_age, false) => Terms::Within(max_age),
        }
    }
}

macro_rules! wishes {
    () => {
        /// Accepts no value older than this, or only where it cannot be fetched, if
        /// [`stale_if_error`](Parameters::stale_if_error) allows that. With zero it is fetched for this read
        /// alone, and not stored.
        pub fn max_age(mut self, max_age: Duration) -> Self {
            self.wish.max_age = Some(max_age);
            self
        }

        /// Fetches it anew, and stores it. Reads that ask for this at the same time share one fetch.
        pub fn force_fetch(mut self) -> Self {
            self.wish.is_anew = true;
            self
        }
    };
}

macro_rules! decryptions {
    ($($field:ident).+) => {
        /// Decrypts what is stored encrypted, whatever the environment says.
        pub fn decrypt(mut self) -> Self {
            self.$($field).+ = Decryption::With;
            self
        }

        /// Takes it as it is stored, whatever the environment says.
        pub fn without_decryption(mut self) -> Self {
            self.$($field).+ = Decryption::Without;
            self
        }
    };
}

macro_rules! selectors {
    () => {
        /// This version by its number (SSM Parameter Store).
        pub fn version(mut self, number: u64) -> Self {
            self.query.selector = SelectorRef::Version(number);
            self
        }

        /// The version with this id (Secrets Manager).
        pub fn version_id(mut self, id: &'a str) -> Self {
            self.query.selector = SelectorRef::VersionId(id);
            self
        }

        /// The version with this label (SSM Parameter Store).
        pub fn label(mut self, label: &'a str) -> Self {
            self.query.selector = SelectorRef::Label(label);
            self
        }

        /// The version at this stage (Secrets Manager), `AWSPREVIOUS` for one.
        pub fn stage(mut self, stage: &'a str) -> Self {
            self.query.selector = SelectorRef::Stage(stage);
            self
        }
    };
}

/// A parameter to read: [`Parameters::get`]. `.await` reads it; until then it can be told how.
#[must_use = "nothing is read until it is awaited"]
pub struct Get<'a, T> {
    parameters: &'a Parameters,
    query: QueryRef<'a>,
    wish: Wish,
    // Chosen where `T` is known to be `Decode`, here and in the others below. Were that asked again by
    // `IntoFuture`, a type that is not would be told twice: the second time that this is no future.
    begin: fn(&Self) -> Begun<'a, T>,
}

impl<'a, T> Get<'a, T> {
    pub(super) fn new(parameters: &'a Parameters, name: &'a str) -> Self
    where
        T: Decode,
    {
        Self {
            parameters,
            query: QueryRef::new(name),
            wish: Wish::default(),
            begin: Self::begin,
        }
    }

    fn begin(&self) -> Begun<'a, T>
    where
        T: Decode,
    {
        let (parameters, query) = (self.parameters, self.query);
        let terms = self.wish.terms(parameters);
        let refresh = |terms| refresh(vec![parameters.find_one::<T>(query, terms)]);
        match parameters.young(&KeyRef::one::<T>(query), terms, refresh) {
            Some(stored) => Begun::Hit(Parameter(stored)),
            None => Begun::Fetching(Box::pin(parameters.read(query, terms))),
        }
    }

    wishes!();
    decryptions!(query.decryption);
    selectors!();
}

impl<'a, T> IntoFuture for Get<'a, T> {
    type Output = Result<Parameter<T>, Error>;
    type IntoFuture = Reading<'a, T>;

    fn into_future(self) -> Reading<'a, T> {
        Reading(Step::First(self))
    }
}

/// A read under way. A value that is there already takes no allocation.
#[must_use = "nothing is read until it is awaited"]
pub struct Reading<'a, T>(Step<'a, T>);

enum Step<'a, T> {
    First(Get<'a, T>),
    Fetching(Boxed<'a, Result<Parameter<T>, Error>>),
}

/// What becomes of a read at once.
enum Begun<'a, T> {
    Hit(Parameter<T>),
    Fetching(Boxed<'a, Result<Parameter<T>, Error>>),
}

impl<T> Future for Reading<'_, T> {
    type Output = Result<Parameter<T>, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Step::First(get) = &self.0 {
            match (get.begin)(get) {
                Begun::Hit(parameter) => return Poll::Ready(Ok(parameter)),
                Begun::Fetching(reading) => self.0 = Step::Fetching(reading),
            }
        }
        match &mut self.0 {
            Step::Fetching(reading) => reading.as_mut().poll(context),
            Step::First(_) => unreachable!("the first step is over"),
        }
    }
}

/// A parameter to read by [`Parameters::get_by_name`], with options of its own.
///
/// ```
/// use powertools::parameters::Name;
///
/// let names = [Name::new("/shop/token").decrypt(), "/shop/host".into()];
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Name<'a> {
    query: QueryRef<'a>,
    wish: Wish,
}

impl<'a> Name<'a> {
    /// The parameter of this name.
    pub const fn new(name: &'a str) -> Self {
        Self {
            query: QueryRef::new(name),
            wish: Wish {
                max_age: None,
                is_anew: false,
            },
        }
    }

    wishes!();
    decryptions!(query.decryption);
    selectors!();
}

impl<'a> From<&'a str> for Name<'a> {
    fn from(name: &'a str) -> Self {
        Self::new(name)
    }
}

impl<'a> From<&&'a str> for Name<'a> {
    fn from(name: &&'a str) -> Self {
        Self::new(name)
    }
}

impl<'a> From<&'a String> for Name<'a> {
    fn from(name: &'a String) -> Self {
        Self::new(name)
    }
}

/// Parameters to read by their names: [`Parameters::get_by_name`]. What a name says of itself wins over
/// what is said here.
#[must_use = "nothing is read until it is awaited"]
pub struct GetByName<'a, T> {
    parameters: &'a Parameters,
    names: Vec<Name<'a>>,
    decryption: Decryption,
    wish: Wish,
    read: fn(Self) -> Boxed<'a, Named<T>>,
}

impl<'a, T> GetByName<'a, T> {
    pub(super) fn new(parameters: &'a Parameters, names: Vec<Name<'a>>) -> Self
    where
        T: Decode,
    {
        Self {
            parameters,
            names,
            decryption: Decryption::Unset,
            wish: Wish::default(),
            read: |all| Box::pin(async move { all.parameters.read_by_name(&all.asked()).await }),
        }
    }

    wishes!();
    decryptions!(decryption);

    fn asked(&self) -> Vec<(QueryRef<'a>, Terms)> {
        let asked = self.names.iter().map(|name| {
            let mut query = name.query;
            if query.decryption == Decryption::Unset {
                query.decryption = self.decryption;
            }
            let wish = Wish {
                max_age: name.wish.max_age.or(self.wish.max_age),
                is_anew: name.wish.is_anew || self.wish.is_anew,
            };
            (query, wish.terms(self.parameters))
        });
        asked.collect()
    }
}

impl<'a, T> IntoFuture for GetByName<'a, T> {
    type Output = Named<T>;
    type IntoFuture = Boxed<'a, Named<T>>;

    fn into_future(self) -> Self::IntoFuture {
        (self.read)(self)
    }
}

/// All parameters below a path, to read: [`Parameters::get_many`].
#[must_use = "nothing is read until it is awaited"]
pub struct GetMany<'a, T> {
    parameters: &'a Parameters,
    query: PathRef<'a>,
    wish: Wish,
    read: fn(Self) -> Boxed<'a, Result<Named<T>, Error>>,
}

impl<'a, T> GetMany<'a, T> {
    pub(super) fn new(parameters: &'a Parameters, path: &'a str) -> Self
    where
        T: Decode,
    {
        Self {
            parameters,
            query: PathRef {
                path,
                depth: Depth::One,
                decryption: Decryption::Unset,
            },
            wish: Wish::default(),
            read: |all| {
                let terms = all.wish.terms(all.parameters);
                Box::pin(all.parameters.read_many(all.query, terms))
            },
        }
    }

    /// Also what is further down the path.
    pub fn recursive(mut self) -> Self {
        self.query.depth = Depth::All;
        self
    }

    wishes!();
    decryptions!(query.decryption);
}

impl<'a, T> IntoFuture for GetMany<'a, T> {
    type Output = Result<Named<T>, Error>;
    type IntoFuture = Boxed<'a, Result<Named<T>, Error>>;

    fn into_future(self) -> Self::IntoFuture {
        (self.read)(self)
    }
}

impl<T: Decode> Care<T> {
    const fn of_one() -> Self {
        Self {
            wipe: T::wipe,
            is_whole: |_| true,
        }
    }
}

impl<T: Decode> Care<Named<T>> {
    const fn of_many() -> Self {
        Self {
            // Each value sees to itself.
            wipe: |_| {},
            is_whole: Named::is_whole,
        }
    }
}

impl Parameters {
    /// What is stored under a key, if it is young enough. If it will not be for long, the first to notice has
    /// to refresh it.
    fn young<T: Send + Sync + 'static>(
        &self,
        key: &KeyRef<'_>,
        terms: Terms,
        refresh: impl FnOnce(Terms),
    ) -> Option<Arc<Stored<T>>> {
        let Terms::Within(max_age) = terms else {
            return None;
        };
        let stored = self.cache.stored::<T>(key)?;
        let age = stored.age(self.cache.now())?;
        if age >= max_age {
            return None;
        }
        if !self.settings.refresh_ahead.is_zero() {
            // Half at most: a value is left alone for a while, whatever was set.
            let ahead = self.settings.refresh_ahead.min(max_age / 2);
            let is_due = age >= max_age - ahead;
            if is_due && Handle::try_current().is_ok() && stored.is_first_refresh() {
                refresh(Terms::Within(max_age - ahead));
            }
        }
        Some(stored)
    }

    fn find_one<T: Decode>(&self, query: QueryRef<'_>, terms: Terms) -> Found<T> {
        let (provider, called) = (Arc::clone(&self.provider), self.called);
        let asked = [(KeyRef::one::<T>(query).to_key(), terms)];
        let query = query.to_query();
        let fetch = async move {
            let value = provider.fetch(&query).await;
            decoded(called, &query.name, value)
        };
        let found = self
            .cache
            .find_all(&asked, &Care::of_one(), |_| vec![fetch]);
        let mut found = found.into_iter();
        found.next().expect("one is found for each that is asked")
    }

    async fn read<T: Decode>(
        &self,
        query: QueryRef<'_>,
        terms: Terms,
    ) -> Result<Parameter<T>, Error> {
        let found = self.find_one(query, terms);
        let stored = self.wait(found, &KeyRef::one::<T>(query), terms).await;
        stored.map(Parameter)
    }

    /// The value, once it is there; an older one, if that is wanted where there is none.
    async fn wait<T: Send + Sync + 'static>(
        &self,
        found: Found<T>,
        key: &KeyRef<'_>,
        terms: Terms,
    ) -> Result<Arc<Stored<T>>, Error> {
        let fetch: Fetch = match found {
            Found::Here(stored) => return Ok(stored),
            Found::Joined(fetch) | Found::Started(fetch) => fetch,
        };
        match fetch.await {
            Ok(erased) => Ok(landed(erased)),
            Err(error) => self.older(key, terms, &error).ok_or(error),
        }
    }

    fn older<T: Send + Sync + 'static>(
        &self,
        key: &KeyRef<'_>,
        terms: Terms,
        error: &Error,
    ) -> Option<Arc<Stored<T>>> {
        let (stale, Terms::Within(max_age)) = (self.settings.stale_if_error, terms) else {
            return None;
        };
        if stale.is_zero() || !error.kind().is_transient() {
            return None;
        }
        let stored = self.cache.stored::<T>(key)?;
        let age = stored.age(self.cache.now())?;
        if age >= max_age.saturating_add(stale) || !stored.may_stand_in() {
            return None;
        }
        tracing::warn!(
            %error,
            parameter = error.parameter(),
            age_s = age.as_secs(),
            "an older value stands in for a parameter that cannot be read"
        );
        Some(stored)
    }

    async fn read_by_name<T: Decode>(&self, asked: &[(QueryRef<'_>, Terms)]) -> Named<T> {
        let mut due = Vec::new();
        let hits: Vec<_> = asked
            .iter()
            .map(|&(query, terms)| {
                let refresh = |terms| due.push((query, terms));
                let stored = self.young(&KeyRef::one::<T>(query), terms, refresh);
                stored.map(Parameter)
            })
            .collect();
        if !due.is_empty() {
            refresh(self.find_by_name::<T>(&due));
        }
        let missing: Vec<(QueryRef<'_>, Terms)> = asked
            .iter()
            .zip(&hits)
            .filter_map(|(asked, hit)| hit.is_none().then_some(*asked))
            .collect();
        let found = self.find_by_name(&missing).into_iter().zip(&missing);
        let waits = found.map(|(found, (query, terms))| async move {
            let key = KeyRef::one::<T>(*query);
            self.wait(found, &key, *terms).await.map(Parameter)
        });
        let mut read = join_all(waits).await.into_iter();
        let results = hits.into_iter().map(|hit| match hit {
            Some(parameter) => Ok(parameter),
            None => read.next().expect("what is missing is read, in its order"),
        });
        let names = asked.iter().map(|(query, _)| query.name.to_owned());
        Named(names.zip(results).collect())
    }

    /// What is missing, in one call of the provider.
    fn find_by_name<T: Decode>(&self, missing: &[(QueryRef<'_>, Terms)]) -> Vec<Found<T>> {
        let key =
            |(query, terms): &(QueryRef<'_>, Terms)| (KeyRef::one::<T>(*query).to_key(), *terms);
        let asked: Vec<(Key, Terms)> = missing.iter().map(key).collect();
        self.cache.find_all(&asked, &Care::of_one(), |places| {
            let query = |place: &usize| missing[*place].0.to_query();
            let queries: Vec<Query> = places.iter().map(query).collect();
            let names: Vec<String> = queries.iter().map(|query| query.name.clone()).collect();
            let (provider, called) = (Arc::clone(&self.provider), self.called);
            let batch = async move {
                let values = provider.fetch_by_name(&queries).await?;
                // Each is taken out by the one fetch that it is for: values are not copied.
                let slots = values.into_iter().map(|value| Mutex::new(Some(value)));
                Ok::<Arc<[_]>, Error>(slots.collect())
            };
            let batch = batch.boxed().shared();
            let each = names.into_iter().enumerate().map(|(place, name)| {
                let batch = batch.clone();
                async move {
                    let slots = batch.await;
                    let value = slots.and_then(|slots| taken(&slots, place));
                    decoded(called, &name, value)
                }
            });
            each.collect()
        })
    }

    async fn read_many<T: Decode>(
        &self,
        query: PathRef<'_>,
        terms: Terms,
    ) -> Result<Named<T>, Error> {
        let key = KeyRef::below::<Named<T>>(query);
        let refresh = |terms| refresh(vec![self.find_many::<T>(query, terms)]);
        let stored = match self.young::<Named<T>>(&key, terms, refresh) {
            Some(stored) => stored,
            None => {
                let found = self.find_many::<T>(query, terms);
                self.wait(found, &key, terms).await?
            }
        };
        Ok(Named::clone(&stored))
    }

    fn find_many<T: Decode>(&self, query: PathRef<'_>, terms: Terms) -> Found<Named<T>> {
        let (provider, called) = (Arc::clone(&self.provider), self.called);
        let cache = Arc::clone(&self.cache);
        let asked = [(KeyRef::below::<Named<T>>(query).to_key(), terms)];
        let query = query.to_query();
        let fetch = async move {
            let since = cache.now();
            let listed = provider.fetch_many(&query).await;
            let listed = listed.map_err(|error| error.of(called, &query.path))?;
            let path = query.path.trim_end_matches('/');
            let entries = listed.into_iter().map(|(name, value)| {
                let value = decoded(called, &format!("{path}/{name}"), value);
                let parameter =
                    value.map(|value: T| Parameter(Arc::new(Stored::of(value, since, T::wipe))));
                (name, parameter)
            });
            Ok(Named(entries.collect()))
        };
        let found = self
            .cache
            .find_all(&asked, &Care::of_many(), |_| vec![fetch]);
        let mut found = found.into_iter();
        found.next().expect("one is found for each that is asked")
    }
}

/// Lets those fetches that were started go on without anybody waiting: as a task of the runtime, which polls
/// it no longer than it lives, and not at all while the sandbox is frozen. Outside of a runtime they end.
fn refresh<T>(found: Vec<Found<T>>) {
    let started = found.into_iter().filter_map(|found| match found {
        Found::Started(fetch) => Some(fetch),
        Found::Here(_) | Found::Joined(_) => None,
    });
    let started: Vec<Fetch> = started.collect();
    if let (false, Ok(runtime)) = (started.is_empty(), Handle::try_current()) {
        runtime.spawn(async {
            for error in join_all(started).await.into_iter().filter_map(Result::err) {
                tracing::debug!(
                    %error,
                    parameter = error.parameter(),
                    "a parameter could not be refreshed ahead of time"
                );
            }
        });
    }
}

type Slot = Mutex<Option<Result<Value, Error>>>;

fn taken(slots: &[Slot], place: usize) -> Result<Value, Error> {
    let slot = slots.get(place);
    let value = slot.and_then(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner).take());
    value.unwrap_or_else(|| {
        let remedy = "the provider gave fewer results than it had queries";
        Err(Error::new(ErrorKind::Failed).remedy(remedy))
    })
}

/// The value as a type; its error with the name of whose it is.
fn decoded<T: Decode>(
    called: &'static str,
    name: &str,
    value: Result<Value, Error>,
) -> Result<T, Error> {
    let decoded = value.and_then(|value| {
        let decoded = attempt(|| T::decode(name, value));
        decoded.unwrap_or_else(|_| Err(panicked()))
    });
    decoded.map_err(|error| error.of(called, name))
}

impl<T> fmt::Debug for Get<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Get");
        shown.field("query", &self.query).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Reading<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Reading").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for GetByName<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("GetByName");
        shown.field("names", &self.names).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for GetMany<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("GetMany");
        shown.field("query", &self.query).finish_non_exhaustive()
    }
}
