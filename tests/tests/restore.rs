//! What was read before a SnapStart snapshot is read anew after it is restored.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "other tests need the rest")]
mod lambda;

use std::{
    io::{self, Write},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use powertools::{
    Context, Function, InvocationError,
    parameters::{Error, Parameters, Provider, Query, Value},
};
use serde_json::json;

/// Counts.
struct Counting(Arc<AtomicUsize>);

impl Provider for Counting {
    fn name(&self) -> &'static str {
        "a counter"
    }

    async fn fetch(&self, _: &Query) -> Result<Value, Error> {
        let count = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(count.to_string().into())
    }
}

/// Reads a parameter before the first invocation, and tells in each what it is now.
fn child() {
    lambda::begin();
    let parameters = Parameters::new(Counting(Arc::default())).max_age(Duration::from_secs(3600));
    let started = powertools::start(async {
        let first = parameters.get::<u8>("/count").await?;
        say("before", *first);
        let handler = move |_: serde_json::Value, _: Context| {
            let parameters = parameters.clone();
            async move {
                let now = parameters.get::<u8>("/count").await?;
                say("now", *now);
                Ok::<_, InvocationError>(())
            }
        };
        powertools::run(Function::new().direct(handler)).await
    });
    started.unwrap();
}

fn say(when: &str, count: u8) {
    let line = format!("{when}: {count}\n");
    io::stdout().write_all(line.as_bytes()).unwrap();
}

fn told(command: Command) -> Vec<String> {
    let invocations = vec![json!({}).into(), json!({}).into()];
    let output = lambda::invoke(command, invocations);
    let lines = output.lines().map(str::to_owned);
    lines.filter(|line| line.contains(": ")).collect()
}

#[test]
fn a_restored_sandbox_reads_its_parameters_anew_and_any_other_does_not() {
    if lambda::is_child() {
        return child();
    }
    let test = "a_restored_sandbox_reads_its_parameters_anew_and_any_other_does_not";

    let plain = lambda::again(test);
    assert_eq!(told(plain), ["before: 1", "now: 1", "now: 1"]);
    let mut restored = lambda::again(test);
    restored.env("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start");
    assert_eq!(told(restored), ["before: 1", "now: 2", "now: 2"]);
}
