//! Random reads, writes, failures and moves of both clocks, against a cache that is a plain map.

use std::{collections::BTreeMap, time::Duration};

use powertools::parameters::{ErrorKind, Named, Parameter};
use proptest::{collection::vec, prelude::*};
use tokio::runtime::Builder;

use super::upstream::{Upstream, parameters};

const MAX_AGE: u64 = 5_000;
const STALE: u64 = 7_000;
const NAMES: [&str; 3] = ["/p/a", "/p/b", "/p/c"];

#[derive(Clone, Debug)]
enum Step {
    Get(usize, Wish),
    ByName(Vec<usize>, Wish),
    Many(Wish),
    Set(usize),
    /// Somebody else writes.
    Change(usize),
    Clear,
    Fail(ErrorKind),
    Work,
    /// Milliseconds.
    Advance(u64),
    Freeze(u64),
    Slew(u64),
    SetBack(u64),
}

#[derive(Clone, Copy, Debug)]
enum Wish {
    Default,
    Within(u64),
    Anew,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = 0..NAMES.len();
    let millis = prop_oneof![
        Just(1),
        1..2_000_u64,
        Just(4_999),
        Just(5_000),
        2_000..15_000_u64
    ];
    let wish = prop_oneof![
        4 => Just(Wish::Default),
        1 => Just(Wish::Within(0)),
        2 => (1..20_000_u64).prop_map(Wish::Within),
        1 => Just(Wish::Anew),
    ];
    let kind = prop_oneof![Just(ErrorKind::Unavailable), Just(ErrorKind::NotFound)];
    let step = prop_oneof![
        6 => (name.clone(), wish.clone()).prop_map(|(name, wish)| Step::Get(name, wish)),
        3 => (vec(name.clone(), 0..5), wish.clone())
            .prop_map(|(names, wish)| Step::ByName(names, wish)),
        2 => wish.prop_map(Step::Many),
        1 => name.clone().prop_map(Step::Set),
        3 => name.prop_map(Step::Change),
        1 => Just(Step::Clear),
        1 => kind.prop_map(Step::Fail),
        1 => Just(Step::Work),
        3 => millis.clone().prop_map(Step::Advance),
        2 => millis.clone().prop_map(Step::Freeze),
        1 => millis.clone().prop_map(Step::Slew),
        1 => millis.prop_map(Step::SetBack),
    ];
    vec(step, 1..60)
}

/// What was asked, as the upstream is asked.
type Key = String;

/// A cache as somebody would write it who had only one question at a time to answer.
#[derive(Default)]
struct Model {
    /// Far from zero, so that it can go back.
    wall: u64,
    monotonic: u64,
    entries: BTreeMap<Key, Entry>,
    upstream: BTreeMap<Key, String>,
    failure: Option<ErrorKind>,
    calls: Vec<String>,
}

struct Entry {
    answer: Answer,
    wall: u64,
    monotonic: u64,
    /// Nothing is known since that says otherwise.
    may_stand_in: bool,
}

/// A value, or all below a path.
type Answer = BTreeMap<String, String>;

impl Model {
    fn age(&self, key: &str) -> Option<u64> {
        let entry = self.entries.get(key)?;
        let wall = self.wall.checked_sub(entry.wall)?;
        Some(wall.max(self.monotonic - entry.monotonic))
    }

    fn fetch(&self, key: &str) -> Result<Answer, ErrorKind> {
        if let Some(kind) = self.failure {
            return Err(kind);
        }
        let all = self.upstream.iter();
        Ok(match key.strip_suffix("/*") {
            Some(path) => all
                .map(|(name, value)| (name[path.len() + 1..].to_owned(), value.clone()))
                .collect(),
            None => all
                .filter(|(name, _)| *name == key)
                .map(|(_, value)| (String::new(), value.clone()))
                .collect(),
        })
    }

    fn hit(&self, key: &str, wish: Wish) -> Option<Answer> {
        let max_age = match wish {
            Wish::Default => MAX_AGE,
            Wish::Within(max_age) => max_age,
            Wish::Anew => 0,
        };
        let is_young = self.age(key).is_some_and(|age| age < max_age);
        is_young.then(|| self.entries[key].answer.clone())
    }

    /// What becomes of a fetch.
    fn fetched(&mut self, key: &str, wish: Wish) -> Result<Answer, ErrorKind> {
        let fetched = self.fetch(key);
        let (stores, max_age) = match wish {
            Wish::Default => (true, Some(MAX_AGE)),
            Wish::Within(0) => (false, None),
            Wish::Within(max_age) => (true, Some(max_age)),
            Wish::Anew => (true, None),
        };
        match (fetched, max_age) {
            (Ok(answer), _) => {
                if stores {
                    let entry = Entry {
                        answer: answer.clone(),
                        wall: self.wall,
                        monotonic: self.monotonic,
                        may_stand_in: true,
                    };
                    self.entries.insert(key.to_owned(), entry);
                }
                Ok(answer)
            }
            (Err(ErrorKind::Unavailable), Some(max_age))
                if self.age(key).is_some_and(|age| age < max_age + STALE)
                    && self.entries[key].may_stand_in =>
            {
                Ok(self.entries[key].answer.clone())
            }
            (Err(kind), _) => {
                if let (ErrorKind::NotFound, true) = (kind, stores)
                    && let Some(entry) = self.entries.get_mut(key)
                {
                    entry.may_stand_in = false;
                }
                Err(kind)
            }
        }
    }

    fn get(&mut self, key: &str, wish: Wish) -> Result<Answer, ErrorKind> {
        if let Some(answer) = self.hit(key, wish) {
            return Ok(answer);
        }
        self.calls.push(key.to_owned());
        self.fetched(key, wish)
    }

    fn by_name(&mut self, names: &[usize], wish: Wish) -> Vec<Result<Answer, ErrorKind>> {
        let mut asked: Vec<&str> = Vec::new();
        let mut results: BTreeMap<&str, Result<Answer, ErrorKind>> = BTreeMap::new();
        for name in names.iter().map(|name| NAMES[*name]) {
            if let Some(hit) = self.hit(name, wish) {
                results.insert(name, Ok(hit));
            } else if !asked.contains(&name) || matches!(wish, Wish::Within(0)) {
                asked.push(name);
            }
        }
        if !asked.is_empty() {
            self.calls.push(asked.join("+"));
        }
        for name in asked {
            results.insert(name, self.fetched(name, wish));
        }
        names
            .iter()
            .map(|name| results[NAMES[*name]].clone())
            .collect()
    }

    fn forget(&mut self, name: &str) {
        self.entries.retain(|key, _| key != name && key != "/p/*");
    }
}

fn one(read: Result<&Parameter<String>, ErrorKind>) -> Result<Answer, ErrorKind> {
    read.map(|value| Answer::from([(String::new(), (**value).clone())]))
}

fn many(named: &Named<String>) -> Answer {
    let values = named.iter();
    values
        .map(|(name, value)| (name.to_owned(), (**value).clone()))
        .collect()
}

macro_rules! wished {
    ($read:expr, $wish:expr) => {
        match $wish {
            Wish::Default => $read.await,
            Wish::Within(max_age) => $read.max_age(Duration::from_millis(max_age)).await,
            Wish::Anew => $read.force_fetch().await,
        }
    };
}

async fn play(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let upstream = Upstream::new();
    let (parameters, clock) = parameters(&upstream);
    let parameters = parameters
        .max_age(Duration::from_millis(MAX_AGE))
        .stale_if_error(Duration::from_millis(STALE));
    let mut model = Model {
        wall: 1 << 40,
        ..Model::default()
    };
    let mut number = 0;
    let mut next = || {
        number += 1;
        number.to_string()
    };
    for name in NAMES {
        let value = next();
        upstream.has(name, value.as_str());
        model.upstream.insert(name.to_owned(), value);
    }
    for (at, step) in steps.into_iter().enumerate() {
        match step.clone() {
            Step::Get(name, wish) => {
                let read = wished!(parameters.get::<String>(NAMES[name]), wish);
                let read = one(read.as_ref().map_err(|error| error.kind()));
                prop_assert_eq!(read, model.get(NAMES[name], wish), "{}: {:?}", at, step);
            }
            Step::ByName(names, wish) => {
                let asked = names.iter().map(|name| NAMES[*name]);
                let named = wished!(parameters.get_by_name::<String>(asked), wish);
                let expected = model.by_name(&names, wish);
                for (name, expected) in names.iter().zip(expected) {
                    let read = named.try_get(NAMES[*name]);
                    let read = one(read.map_err(|error| error.kind()));
                    prop_assert_eq!(read, expected, "{}: {:?}", at, step);
                }
            }
            Step::Many(wish) => {
                let read = wished!(parameters.get_many::<String>("/p"), wish);
                let read = read.map(|named| many(&named)).map_err(|error| error.kind());
                prop_assert_eq!(read, model.get("/p/*", wish), "{}: {:?}", at, step);
            }
            Step::Set(name) => {
                let value = next();
                let written = parameters.set(NAMES[name], value.as_str()).await;
                model.calls.push(format!("{}=", NAMES[name]));
                prop_assert_eq!(written.is_ok(), model.failure.is_none());
                if model.failure.is_none() {
                    model.upstream.insert(NAMES[name].to_owned(), value);
                }
                model.forget(NAMES[name]);
            }
            Step::Change(name) => {
                let value = next();
                upstream.has(NAMES[name], value.as_str());
                model.upstream.insert(NAMES[name].to_owned(), value);
            }
            Step::Clear => {
                parameters.clear();
                model.entries.clear();
            }
            Step::Fail(kind) => {
                upstream.fails(kind);
                model.failure = Some(kind);
            }
            Step::Work => {
                upstream.works();
                model.failure = None;
            }
            Step::Advance(millis) => {
                clock.advance(Duration::from_millis(millis));
                model.wall += millis;
                model.monotonic += millis;
            }
            Step::Freeze(millis) => {
                clock.advance_wall(Duration::from_millis(millis));
                model.wall += millis;
            }
            Step::Slew(millis) => {
                clock.advance_monotonic(Duration::from_millis(millis));
                model.monotonic += millis;
            }
            Step::SetBack(millis) => {
                clock.set_wall_back(Duration::from_millis(millis));
                model.wall -= millis;
            }
        }
        let expected = std::mem::take(&mut model.calls);
        prop_assert_eq!(upstream.calls(), expected, "{}: {:?}", at, step);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_read_is_what_a_plain_map_would_have_answered_with_as_many_calls(steps in steps()) {
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(play(steps))?;
    }
}
