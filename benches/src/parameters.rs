//! What does it cost to read a parameter that is cached?
//!
//! Each contestant holds a hundred values under names of a usual length, whose age it has to check, and gives
//! one out by a handle. Ours checks the age on two clocks, where the others ask one.

use std::{
    collections::HashMap,
    hint::black_box,
    io::{self, Write},
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use powertools::parameters::{Local, Parameters};

use crate::{ANSWER, Contestant, Error, Question, Run, Way};

/// The question.
pub const QUESTION: Question = Question {
    name: "parameters",
    text: "One hit of a cache of 100 values, younger than an hour:",
    ways: &[Way::new("the same", 1_000), Way::new("in turns", 1_000)],
    contestants: &[
        contestant("moka, sync", moka),
        Contestant {
            most_allocations: Some(0.0),
            ..contestant("powertools", ours)
        },
        Contestant {
            most_allocations: Some(0.0),
            ..contestant("powertools, 3 options", ours_with_options)
        },
        contestant("`Mutex<HashMap>` and `Instant`", map),
    ],
};

const fn contestant(name: &'static str, start: fn(&str) -> Run) -> Contestant {
    Contestant {
        name,
        start,
        check,
        most_allocations: None,
    }
}

const COUNT: usize = 100;
const HOUR: Duration = Duration::from_secs(3600);
const VALUE: &str = "a.example b.example c.example";

fn names() -> Vec<String> {
    let name = |number| format!("/shop/production/setting-{number:02}");
    (0..COUNT).map(name).collect()
}

fn check(answer: &str) -> Result<(), Error> {
    if answer == VALUE {
        Ok(())
    } else {
        Err(format!("says {answer:?}").into())
    }
}

/// Asks by one name or by all in turns, as the way says; the length is used, so that the value is looked at.
fn run(way: &str, mut read: impl FnMut(&str, &dyn Fn(&str)) + 'static) -> Run {
    let names = names();
    if way == ANSWER {
        let name = names[0].clone();
        let say = |value: &str| {
            let mut out = io::stdout();
            out.write_all(value.as_bytes()).expect("the driver listens");
        };
        return Box::new(move |_| read(&name, &say));
    }
    let step = usize::from(way == QUESTION.ways[1].name);
    let mut place = 0;
    Box::new(move |times| {
        for _ in 0..times {
            read(black_box(&names[place]), &|value| {
                black_box(value.len());
            });
            place = (place + step) % COUNT;
        }
    })
}

fn moka(way: &str) -> Run {
    let cache: moka::sync::Cache<String, Arc<str>> = moka::sync::Cache::builder()
        .max_capacity(1000)
        .time_to_live(HOUR)
        .build();
    for name in names() {
        cache.insert(name, VALUE.into());
    }
    cache.run_pending_tasks();
    run(way, move |name, look| {
        look(&cache.get(name).expect("it was inserted"));
    })
}

fn ours(way: &str) -> Run {
    let parameters = given(|name| name);
    let read = |parameters: &Parameters, name: &str, look: &dyn Fn(&str)| {
        let value = now(parameters.get::<String>(name).into_future());
        look(&value.expect("it is given"));
    };
    warm(&parameters, read);
    run(way, move |name, look| read(&parameters, name, look))
}

fn ours_with_options(way: &str) -> Run {
    let parameters = given(|name| name + ":AWSPREVIOUS");
    let read = |parameters: &Parameters, name: &str, look: &dyn Fn(&str)| {
        let get = parameters.get::<String>(name).stage("AWSPREVIOUS");
        let value = now(get.decrypt().max_age(HOUR).into_future());
        look(&value.expect("it is given"));
    };
    warm(&parameters, read);
    run(way, move |name, look| read(&parameters, name, look))
}

fn given(called: impl Fn(String) -> String) -> Parameters {
    let names = names().into_iter();
    let local = names.fold(Local::new(), |local, name| local.with(called(name), VALUE));
    Parameters::new(local).max_age(HOUR)
}

fn warm(parameters: &Parameters, read: impl Fn(&Parameters, &str, &dyn Fn(&str))) {
    for name in names() {
        read(parameters, &name, &|_| ());
    }
}

fn map(way: &str) -> Run {
    let now = Instant::now();
    let entries = names()
        .into_iter()
        .map(|name| (name, (now, Arc::from(VALUE))));
    let entries: Mutex<HashMap<String, (Instant, Arc<str>)>> = Mutex::new(entries.collect());
    run(way, move |name, look| {
        let entries = entries.lock().expect("nothing panics");
        let (since, value) = entries.get(name).expect("it was inserted");
        let value = Arc::clone(value);
        assert!(since.elapsed() < HOUR, "it is young");
        drop(entries);
        look(&value);
    })
}

/// A future that has nothing to wait for.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("what is given or cached is there at once"),
    }
}
