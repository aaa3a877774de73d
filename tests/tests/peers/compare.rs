//! The comparison.

use std::{collections::BTreeSet, env, fs, path::PathBuf, thread};

use serde_json::Value;

use crate::{
    cases::{self, Case},
    differences::{self, Difference, LINE},
    lambda,
    lines::{self, Line, Logger},
};

const TEST: &str = "compare::keys_and_values_are_the_same_but_for_the_table";

#[test]
fn keys_and_values_are_the_same_but_for_the_table() {
    if lambda::is_child() {
        return be_ours();
    }
    let table = differences::all();
    let mut complaints = Vec::new();
    let mut used = BTreeSet::new();
    for case in cases::all() {
        let [ours, python, typescript] = written(&case);
        for (logger, theirs) in [(Logger::Python, python), (Logger::TypeScript, typescript)] {
            for found in differing(&theirs, &ours) {
                let place = table.iter().position(|known| {
                    known.logger == logger
                        && known.case == case.name
                        && known.lines.contains(&found.line)
                        && known.key == found.key
                });
                match place {
                    Some(place) if found.is_as(&table[place]) => {
                        used.insert((place, found.line));
                    }
                    _ => complaints.push(format!(
                        "{logger:?}, {}, line {}, {}: {} is {} in ours",
                        case.name,
                        found.line,
                        found.key,
                        shown(found.theirs.as_ref()),
                        shown(found.ours.as_ref()),
                    )),
                }
            }
        }
    }
    for (place, known) in table.iter().enumerate() {
        for line in &known.lines {
            if !used.contains(&(place, *line)) {
                complaints.push(format!("not found on line {line}: {known:?}"));
            }
        }
    }
    assert!(
        complaints.is_empty(),
        "the table of differences is wrong:\n{}",
        complaints.join("\n")
    );
}

/// What all three write.
fn written(case: &Case) -> [Vec<Line>; 3] {
    let loggers = [Logger::Ours, Logger::Python, Logger::TypeScript];
    thread::scope(|scope| {
        let writing = loggers.map(|logger| scope.spawn(move || lines::of(logger, case, TEST)));
        writing.map(|writing| writing.join().unwrap())
    })
}

/// In the child: makes a case's calls on our logger.
fn be_ours() {
    lambda::begin();
    cases::builder(&env::var("CASE").unwrap()).init();
    let calls: &str = env::var("CALLS").unwrap().leak();
    if env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return cases::make(calls, &Value::Null);
    }
    lambda::serve(move |event| {
        cases::make(calls, &event);
        Ok(())
    });
}

/// A difference that there is.
struct Found {
    line: usize,
    key: String,
    theirs: Option<Value>,
    ours: Option<Value>,
}

impl Found {
    fn is_as(&self, known: &Difference) -> bool {
        known.theirs.like(self.theirs.as_ref()) && known.ours.like(self.ours.as_ref())
    }
}

fn differing(theirs: &[Line], ours: &[Line]) -> Vec<Found> {
    let whole = |line: &Line| Some(Value::from(line.raw.clone()));
    let mut found = Vec::new();
    for (line, pair) in pairs(theirs, ours).into_iter().enumerate() {
        match pair {
            (
                Some(Line {
                    keys: Some(theirs), ..
                }),
                Some(Line {
                    keys: Some(ours), ..
                }),
            ) => {
                let keys: BTreeSet<_> = theirs.keys().chain(ours.keys()).collect();
                let differs = keys
                    .into_iter()
                    .filter(|key| theirs.get(*key) != ours.get(*key));
                found.extend(differs.map(|key| Found {
                    line,
                    key: key.clone(),
                    theirs: theirs.get(key).cloned(),
                    ours: ours.get(key).cloned(),
                }));
            }
            (theirs, ours) => found.push(Found {
                line,
                key: LINE.to_owned(),
                theirs: theirs.and_then(whole),
                ours: ours.and_then(whole),
            }),
        }
    }
    found
}

type Pair<'l> = (Option<&'l Line>, Option<&'l Line>);

/// As many lines are the same ones in order; where there are more on one side, messages tell which.
fn pairs<'l>(theirs: &'l [Line], ours: &'l [Line]) -> Vec<Pair<'l>> {
    if theirs.len() == ours.len() {
        return theirs.iter().map(Some).zip(ours.iter().map(Some)).collect();
    }
    let message = |line: &Line| line.keys.as_ref()?.get("message").cloned();
    let counterpart =
        |line: &Line, lines: &'l [Line]| lines.iter().find(|other| message(other) == message(line));
    if theirs.len() > ours.len() {
        theirs
            .iter()
            .map(|line| (Some(line), counterpart(line, ours)))
            .collect()
    } else {
        ours.iter()
            .map(|line| (counterpart(line, theirs), Some(line)))
            .collect()
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

/// Where the keys stand that both lines have at their top level.
fn order<'k>(line: &str, keys: &[&'k str]) -> Vec<&'k str> {
    let place = |key: &str| line.find(&format!("\"{key}\":"));
    let mut places: Vec<_> = keys
        .iter()
        .filter_map(|key| Some((place(key)?, *key)))
        .collect();
    places.sort_unstable();
    places.into_iter().map(|(_, key)| key).collect()
}

#[test]
fn the_keys_are_in_pythons_order() {
    let names = ["context", "trace"];
    for case in cases::all()
        .iter()
        .filter(|case| names.contains(&case.name))
    {
        let [ours, python, _] = written(case);
        let keys = [
            "level",
            "location",
            "message",
            "timestamp",
            "service",
            "cold_start",
            "function_name",
            "function_memory_size",
            "function_arn",
            "function_request_id",
            "xray_trace_id",
        ];
        assert!(ours.len() >= case.events.len());
        for (ours, python) in ours.iter().zip(&python) {
            let python = order(&python.raw, &keys);
            assert!(python.len() >= 10, "{python:?}");
            assert_eq!(order(&ours.raw, &keys), python);
        }
    }
}

#[test]
fn nobody_escapes_what_needs_no_escape() {
    let cases = cases::all();
    let case = cases.iter().find(|case| case.name == "characters").unwrap();
    for lines in written(case) {
        for part in [r#""47業レルし化 grüßt""#, r#""schlüssel":"#, r#""ключ 🙂""#] {
            assert!(
                lines[0].raw.replace("\": \"", "\":\"").contains(part),
                "{lines:?}"
            );
        }
    }
}

/// The numbers of a table's rows in the documentation.
#[test]
fn every_difference_has_its_reason_in_the_documentation() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../powertools/docs/behaviours.md");
    let text = fs::read_to_string(path).unwrap();
    let written: BTreeSet<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" |"))
        .map(|(number, _)| number)
        .filter(|number| {
            let digits = number.strip_prefix('D').unwrap_or_default();
            digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
        .collect();
    let table = differences::all();
    let known: BTreeSet<_> = table.iter().map(|known| known.number).collect();
    assert_eq!(written, known);
}
