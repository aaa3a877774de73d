//! The lines of three loggers, made comparable.
//!
//! What is normalised, and nothing else:
//!
//! - a timestamp of its logger's own form is `(time)`;
//! - a location of its logger's own form is `(place)`, and so is that which TypeScript has not;
//! - TypeScript's memory size is a text, and is made a number;
//! - TypeScript's sampling rate is there, as 0, if it was not asked for, and is then left out;
//! - 1 and 1.0 are one number;
//! - what a logger says of itself is not compared, nor what libraries say through ours at DEBUG.

use std::{env, path::PathBuf, process::Command};

use serde_json::{Map, Value};

use crate::{
    cases::{Case, SAMPLE_RATE},
    lambda::{self, Invocation},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Logger {
    Ours,
    Python,
    TypeScript,
}

/// A line as it was written, and by its keys if it is JSON.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) raw: String,
    pub(crate) keys: Option<Map<String, Value>>,
}

/// Without it TypeScript takes no start for a cold one.
const INITIALIZATION: &str = "AWS_LAMBDA_INITIALIZATION_TYPE";

/// What `./check peers` says, which is the only one who knows.
fn told(name: &str) -> PathBuf {
    let value = env::var_os(name).unwrap_or_else(|| panic!("no {name}: run `./check peers`"));
    PathBuf::from(value)
}

/// The lines of a case, those of the logger itself left out.
pub(crate) fn of(logger: Logger, case: &Case, test: &str) -> Vec<Line> {
    let output = match logger {
        Logger::Ours => ours(case, test),
        Logger::Python => {
            let mut command = Command::new(told("POWERTOOLS_PYTHON"));
            // Text as UTF-8 and time as UTC, as on Lambda.
            command.args(["-X", "utf8"]);
            theirs(command, "calls.py", case)
        }
        Logger::TypeScript => {
            let mut command = Command::new(told("POWERTOOLS_NODE"));
            let modules = told("POWERTOOLS_NODE_MODULES");
            command.env("NODE_PATH", modules);
            theirs(command, "calls.js", case)
        }
    };
    let lines = lambda::objects(&output).into_iter().map(|raw| Line {
        raw: raw.to_owned(),
        keys: serde_json::from_str(raw).ok(),
    });
    let mut lines: Vec<_> = lines.filter(|line| !is_remark(line)).collect();
    if logger == Logger::Ours {
        lines.retain(|line| !is_a_librarys(line));
    }
    for line in &mut lines {
        if let Some(keys) = &mut line.keys {
            normalise(logger, case, keys);
        }
    }
    lines
}

fn ours(case: &Case, test: &str) -> String {
    let mut command = lambda::again(test);
    command.env("CASE", case.name).env("CALLS", case.calls);
    command.env(INITIALIZATION, "on-demand");
    command.envs(case.variables.iter().copied());
    if case.events.is_empty() {
        return lambda::run(command);
    }
    let variable = |name: &str| {
        let found = case.variables.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let invocation = |event: &Value| Invocation {
        event: event.clone(),
        trace: variable("_X_AMZN_TRACE_ID"),
        tenant: case.tenant.map(str::to_owned),
    };
    lambda::invoke(command, case.events.iter().map(invocation).collect())
}

fn theirs(mut command: Command, script: &str, case: &Case) -> String {
    let kept = command.get_envs();
    let kept: Vec<_> = kept
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    command
        .arg(
            PathBuf::from(env!("CARGO_MANIFEST_DIR"))
                .join("tests/peers")
                .join(script),
        )
        .arg(case.name)
        .env_clear()
        .envs(kept)
        .env("TZ", "UTC")
        .env(INITIALIZATION, "on-demand")
        .env("CALLS", case.calls)
        .env("EVENTS", Value::from(case.events.clone()).to_string())
        .env("FUNCTION_NAME", lambda::NAME)
        .env("FUNCTION_MEMORY", lambda::MEMORY)
        .env("FUNCTION_ARN", lambda::ARN)
        .envs(case.tenant.map(|tenant| ("TENANT", tenant)))
        .envs(case.variables.iter().copied());
    lambda::run(command)
}

/// Whether a logger speaks of itself.
fn is_remark(line: &Line) -> bool {
    let Some(keys) = &line.keys else { return false };
    let message = keys
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or_default();
    keys.get("location")
        .is_some_and(|location| location == "powertools::logger")
        || message == "Setting log level to DEBUG due to sampling rate"
        || message.starts_with("The key \"") && message.ends_with("will be dropped.")
        || message.starts_with("Current log level (")
}

/// Whether a line is not of the calls: at DEBUG the client of the Runtime API has its say, because a
/// subscriber is the whole program's.
fn is_a_librarys(line: &Line) -> bool {
    let location = line.keys.as_ref().and_then(|keys| keys.get("location"));
    let location = location.and_then(Value::as_str).unwrap_or_default();
    ["hyper_util::", "lambda_runtime::"]
        .iter()
        .any(|library| location.starts_with(library))
}

fn normalise(logger: Logger, case: &Case, keys: &mut Map<String, Value>) {
    let is = |keys: &Map<String, Value>, key: &str, form: &dyn Fn(&str) -> bool| {
        keys.get(key).and_then(Value::as_str).is_some_and(form)
    };
    let time = match logger {
        Logger::Python => "0000-00-00 00:00:00,000+0000",
        Logger::Ours | Logger::TypeScript => "0000-00-00T00:00:00.000Z",
    };
    if is(keys, "timestamp", &|text| is_like(text, time)) {
        keys.insert("timestamp".to_owned(), "(time)".into());
    }
    let is_place = |text: &str| {
        let place = text.rsplit_once(':');
        place.is_some_and(|(_, line)| line.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let is_even = match logger {
        Logger::TypeScript => !keys.contains_key("location"),
        Logger::Python | Logger::Ours => is(keys, "location", &is_place),
    };
    if is_even {
        keys.insert("location".to_owned(), "(place)".into());
    }
    if logger == Logger::TypeScript {
        if let Some(size) = keys.get_mut("function_memory_size") {
            let text = size.as_str().expect("TypeScript's memory size is a text");
            *size = text.parse::<u32>().expect("the text is a number").into();
        }
        let is_sampling = case.variables.iter().any(|(name, _)| *name == SAMPLE_RATE);
        if !is_sampling && keys.get("sampling_rate").is_some_and(|rate| rate == 0) {
            keys.remove("sampling_rate");
        }
    }
    for value in keys.values_mut() {
        if let Some(number) = value.as_f64() {
            *value = number.into();
        }
    }
}

/// Whether a text has digits where the other has, and the same elsewhere.
fn is_like(text: &str, like: &str) -> bool {
    text.len() == like.len()
        && text
            .bytes()
            .zip(like.bytes())
            .all(|(byte, like)| match like {
                b'0' => byte.is_ascii_digit(),
                like => byte == like,
            })
}
