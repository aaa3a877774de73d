//! Parameters: one of many that are cached, and many that are not.

use std::time::Duration;

use powertools::parameters::{Local, Parameters};

use super::number;
use crate::{Run, parameters::now};

const HOUR: Duration = Duration::from_secs(3600);

pub(super) fn hit(count: &str) -> Run {
    let names = names(count);
    let parameters = given(&names);
    for name in &names {
        read(&parameters, name);
    }
    let mut place = 0;
    Box::new(move |times| {
        for _ in 0..times {
            read(&parameters, &names[place]);
            // Coprime to all of the counts, so that all are read, and neighbours seldom in a row.
            place = (place + 7919) % names.len();
        }
    })
}

pub(super) fn first_reads(count: &str) -> Run {
    let names = names(count);
    Box::new(move |times| {
        for _ in 0..times {
            let parameters = given(&names);
            for name in &names {
                read(&parameters, name);
            }
        }
    })
}

fn names(count: &str) -> Vec<String> {
    let name = |number| format!("/shop/production/setting-{number:05}");
    (0..number(count)).map(name).collect()
}

fn given(names: &[String]) -> Parameters {
    let local = names.iter().fold(Local::new(), |local, name| {
        local.with(name.as_str(), name.as_str())
    });
    Parameters::new(local).max_age(HOUR).capacity(10_000)
}

fn read(parameters: &Parameters, name: &str) {
    let value = now(parameters.get::<String>(name).into_future());
    assert_eq!(*value.expect("it is given"), name, "its own value");
}
