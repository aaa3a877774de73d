//! What was given, and where: the file, the environment and the arguments, each over the one before.

use std::collections::HashMap;

use super::{
    file,
    table::{self, Kind, SETTINGS, Setting},
};
use crate::env;

/// A setting as somebody wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    /// How it was called there: `--port`, `POWERTOOLS_LOCAL_PORT`, `port` of a file.
    pub(super) by: String,
    pub(super) values: Vec<String>,
}

impl Given {
    /// Each value, with where it was given.
    pub(super) fn each(&self) -> impl Iterator<Item = (&Self, &str)> {
        self.values.iter().map(move |value| (self, &**value))
    }
}

/// What the arguments ask for.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    pub(super) is_help: bool,
    /// Those that are not ours.
    pub(super) unknown: Vec<String>,
    pub(super) given: HashMap<&'static str, Given>,
}

/// Reads the arguments after the program's name.
pub(super) fn arguments(
    arguments: impl Iterator<Item = String>,
    problems: &mut Vec<String>,
) -> Arguments {
    let mut arguments = arguments.peekable();
    let mut read = Arguments::default();
    while let Some(argument) = arguments.next() {
        if argument == "--" {
            read.unknown.extend(arguments);
            break;
        }
        if argument == "--help" || argument == "-h" {
            read.is_help = true;
            continue;
        }
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (&*argument, None),
        };
        let Some(setting) = name.strip_prefix("--").and_then(table::named) else {
            read.unknown.push(argument);
            continue;
        };
        let value = match setting.kind {
            // Only the two words that it may be: another argument is not its value.
            Kind::Flag => value
                .or_else(|| arguments.next_if(|next| next == "true" || next == "false"))
                .or_else(|| Some("true".to_owned())),
            _ => value.or_else(|| arguments.next()),
        };
        match value {
            // An option has one pair: its value may have a comma.
            Some(value) if setting.kind == Kind::Pairs => {
                add(&mut read.given, setting, name, vec![value]);
            }
            Some(value) => add(&mut read.given, setting, name, split(setting, &value)),
            None => problems.push(format!("`{name}` needs a value: {}", setting.value)),
        }
    }
    read
}

/// Reads the variables.
pub(super) fn environment(
    variables: Vec<(String, String)>,
    problems: &mut Vec<String>,
) -> HashMap<&'static str, Given> {
    let mut given = HashMap::new();
    for (name, value) in variables {
        let mut settings = SETTINGS.iter();
        match settings.find(|setting| env::local_name(setting.name) == name) {
            Some(setting) => add(&mut given, setting, &name, split(setting, &value)),
            None => problems.push(format!(
                "`{name}` is no variable of a setting; see `--help`"
            )),
        }
    }
    given
}

/// Reads the section `[local]` of a file.
pub(super) fn file(
    path: &str,
    text: &str,
    problems: &mut Vec<String>,
) -> HashMap<&'static str, Given> {
    let mut given = HashMap::new();
    let section = match file::section(text, "local") {
        Ok(section) => section,
        Err(error) => {
            problems.push(format!("`{path}` is not as it should be: {error}"));
            return given;
        }
    };
    for (key, values) in section {
        match table::named(&key) {
            Some(Setting { name: "config", .. }) => {
                problems.push(format!(
                    "`{key}` of {path} says nothing, as this is the file"
                ));
            }
            Some(setting) => {
                let by = format!("`{key}` of {path}");
                given.insert(setting.name, Given { by, values });
            }
            None => {
                let known: Vec<_> = SETTINGS.iter().map(|setting| setting.name).collect();
                let known = known.join("`, `");
                problems.push(format!(
                    "`{key}` of {path} is no setting; these are: `{known}`"
                ));
            }
        }
    }
    given
}

fn split(setting: &Setting, value: &str) -> Vec<String> {
    match setting.kind {
        Kind::One | Kind::Flag => vec![value.to_owned()],
        Kind::Many | Kind::Pairs => {
            let values = value.split(',').map(str::trim);
            values
                .filter(|value| !value.is_empty())
                .map(str::to_owned)
                .collect()
        }
    }
}

fn add(
    given: &mut HashMap<&'static str, Given>,
    setting: &'static Setting,
    by: &str,
    values: Vec<String>,
) {
    let given = given.entry(setting.name).or_insert_with(|| Given {
        by: format!("`{by}`"),
        values: Vec::new(),
    });
    match setting.kind {
        // The last one wins, as everywhere.
        Kind::One | Kind::Flag => given.values = values,
        Kind::Many | Kind::Pairs => given.values.extend(values),
    }
}
