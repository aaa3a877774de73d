//! A provider that does as it is told, and remembers what it was asked.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use powertools::{
    parameters::{
        Decryption, Error, ErrorKind, Listed, Parameters, PathQuery, Provider, Put, Query,
        Selector, Value,
    },
    testing::HandClock,
};
use tokio::sync::watch;
use tracing::subscriber::DefaultGuard;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// Clones are the same upstream.
#[derive(Clone)]
pub(crate) struct Upstream(Arc<State>);

struct State {
    /// By what [`written`] makes of a query.
    values: Mutex<BTreeMap<String, Value>>,
    failure: Mutex<Option<Failure>>,
    calls: Mutex<Vec<String>>,
    puts: Mutex<Vec<Put>>,
    is_open: watch::Sender<bool>,
}

#[derive(Clone, Copy)]
enum Failure {
    Error(ErrorKind),
    Panic,
}

impl Upstream {
    pub(crate) fn new() -> Self {
        Self(Arc::new(State {
            values: Mutex::default(),
            failure: Mutex::default(),
            calls: Mutex::default(),
            puts: Mutex::default(),
            is_open: watch::Sender::new(true),
        }))
    }

    pub(crate) fn with(self, name: &str, value: impl Into<Value>) -> Self {
        self.has(name, value);
        self
    }

    pub(crate) fn has(&self, name: &str, value: impl Into<Value>) {
        let mut values = self.0.values.lock().unwrap();
        values.insert(name.to_owned(), value.into());
    }

    pub(crate) fn fails(&self, kind: ErrorKind) {
        *self.0.failure.lock().unwrap() = Some(Failure::Error(kind));
    }

    pub(crate) fn panics(&self) {
        *self.0.failure.lock().unwrap() = Some(Failure::Panic);
    }

    pub(crate) fn works(&self) {
        *self.0.failure.lock().unwrap() = None;
    }

    /// Nobody gets an answer until it is opened.
    pub(crate) fn close(&self) {
        self.0.is_open.send_replace(false);
    }

    pub(crate) fn open(&self) {
        self.0.is_open.send_replace(true);
    }

    /// How many wait for an answer.
    pub(crate) fn waiting(&self) -> usize {
        self.0.is_open.receiver_count()
    }

    /// What it was asked since somebody looked: `name`, `name!` with decryption, `name#…` for a version, `path/*`,
    /// `name=` for a value that was written; names that were asked for in one call are joined by `+`.
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.calls.lock().unwrap())
    }

    pub(crate) fn puts(&self) -> Vec<Put> {
        std::mem::take(&mut *self.0.puts.lock().unwrap())
    }

    async fn answer(&self, call: String) -> Result<(), Error> {
        self.0.calls.lock().unwrap().push(call);
        let mut is_open = self.0.is_open.subscribe();
        is_open.wait_for(|is_open| *is_open).await.unwrap();
        let failure = *self.0.failure.lock().unwrap();
        match failure {
            None => Ok(()),
            Some(Failure::Error(kind)) => Err(Error::new(kind)),
            Some(Failure::Panic) => panic!("s3cret"),
        }
    }

    fn value(&self, query: &Query) -> Result<Value, Error> {
        let values = self.0.values.lock().unwrap();
        let value = values.get(&written(query)).or(values.get(&query.name));
        value.cloned().ok_or(Error::new(ErrorKind::NotFound))
    }
}

fn written(query: &Query) -> String {
    let mut written = query.name.clone();
    match &query.selector {
        Selector::Version(number) => written += &format!("#{number}"),
        Selector::VersionId(text) | Selector::Label(text) | Selector::Stage(text) => {
            written += &format!("#{text}");
        }
        _ => {}
    }
    if query.decryption == Decryption::With {
        written.push('!');
    }
    written
}

impl Provider for Upstream {
    fn name(&self) -> &'static str {
        "the upstream"
    }

    async fn fetch(&self, query: &Query) -> Result<Value, Error> {
        self.answer(written(query)).await?;
        self.value(query)
    }

    async fn fetch_by_name(&self, queries: &[Query]) -> Vec<Result<Value, Error>> {
        let names: Vec<String> = queries.iter().map(written).collect();
        match self.answer(names.join("+")).await {
            Ok(()) => queries.iter().map(|query| self.value(query)).collect(),
            Err(error) => queries.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    async fn fetch_many(&self, query: &PathQuery) -> Result<Listed, Error> {
        self.answer(format!("{}/*", query.path)).await?;
        let values = self.0.values.lock().unwrap();
        let below = values.iter().filter_map(|(name, value)| {
            let name = name.strip_prefix(&query.path)?.strip_prefix('/')?;
            Some((name.to_owned(), Ok(value.clone())))
        });
        Ok(below.collect())
    }

    async fn put(&self, put: &Put) -> Result<(), Error> {
        self.answer(format!("{}=", put.name)).await?;
        self.has(&put.name, put.value.clone());
        self.0.puts.lock().unwrap().push(put.clone());
        Ok(())
    }
}

/// Parameters of an upstream, and the clock by which they age. What the environment says is overridden.
pub(crate) fn parameters(upstream: &Upstream) -> (Parameters, HandClock) {
    let clock = HandClock::new();
    let parameters = Parameters::new(upstream.clone());
    (parameters.max_age(5 * SECOND).clock(&clock), clock)
}

/// What is logged. Clones are the same lines.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// Of this thread, as long as the guard is held.
    pub(crate) fn of_this_thread() -> (Self, DefaultGuard) {
        let lines = Self::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (lines, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
