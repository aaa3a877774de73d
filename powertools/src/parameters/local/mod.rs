//! Parameters without AWS: from the program, a file, the environment.

mod document;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use self::document::Format;
use super::{
    Depth, Error, ErrorKind, Existing, Listed, PathQuery, Provider, Put, Query, Selector, Value,
};
use crate::env;

/// Parameters without AWS: given in the program, in a file of JSON or TOML, in the environment. For
/// `cargo run` and for tests.
///
/// ```
/// use powertools::parameters::{Local, Parameters};
///
/// let parameters = Parameters::new(
///     Local::env("SHOP_")               // SHOP_TOKEN=… is `/token`, SHOP_DB_HOST=… is `/db/host`
///         .or_file("parameters.json")   // {"/db/host": "localhost", "/limits": {"per_minute": 60}}
///         .with("/currency", "EUR"),
/// );
/// ```
///
/// What is given [`with`](Self::with) a name wins, then the sources in the order in which they were added: put
/// the environment first where it is to overrule a file, and what the program comes with last.
///
/// ```
/// # use powertools::parameters::Local;
/// // `include_str!("parameters.toml")` in a program
/// let local = Local::env("SHOP_").or_toml(r#"currency = "EUR""#);
/// ```
///
/// **Files and texts** are an object of names and values, in TOML a table. Names are whole paths: in
/// `{"shop": {"host": "localhost"}}` there is one parameter, `shop`. A value that is no text is its JSON, as it
/// is written; from TOML, whose numbers and moments are read first, it is the JSON of what was read. A file is
/// TOML if its name ends in `.toml`, or else JSON, and is read at each fetch, so that a change shows within the
/// age. One that is not there has no parameters, which the error says of a name that nobody has; one that
/// cannot be read is an error.
///
/// **Variables** are called as the parameter in capitals, each run of other characters an underscore; one that
/// is empty counts as none. So a variable may be several names, and below a path it is listed as the name
/// that another source has for it, or else in small letters.
///
/// **As AWS's providers it answers** what a program asks of them: values have no versions, so that one asked for
/// by version, label or stage is the one that is called `name:version` (`.with("/token:AWSPREVIOUS", "old")`)
/// and never a variable; nothing is encrypted, and decrypted or not is one. [`set`](super::Parameters::set)
/// writes to memory and takes every option, though there only
/// [`overwrite`](super::Set::overwrite) makes a difference.
#[derive(Debug, Default)]
pub struct Local {
    given: Mutex<BTreeMap<String, Value>>,
    sources: Vec<Source>,
}

#[derive(Debug)]
enum Source {
    File(PathBuf),
    Text(Format, String),
    Env(String),
}

/// What a source has just now.
enum Found<'a> {
    Entries(BTreeMap<String, Value>),
    Variables { prefix: &'a str },
}

impl Source {
    fn read(&self) -> Result<Found<'_>, Error> {
        match self {
            Self::File(path) => Ok(Found::Entries(document::read(path)?.unwrap_or_default())),
            Self::Text(format, text) => document::given(*format, text).map(Found::Entries),
            Self::Env(prefix) => Ok(Found::Variables { prefix }),
        }
    }

    /// Where to put what is not there.
    fn place(&self, query: &Query) -> Option<String> {
        match self {
            Self::File(path) => Some(format!("in `{}`", path.display())),
            Self::Text(..) => Some("in the text that the program comes with".to_owned()),
            Self::Env(prefix) => {
                let variable = variable_of(prefix, query)?;
                Some(format!("as the variable `{variable}`"))
            }
        }
    }

    fn missing_file(&self) -> Option<&Path> {
        match self {
            Self::File(path) if !path.exists() => Some(path),
            _ => None,
        }
    }
}

impl Found<'_> {
    fn value(&self, query: &Query) -> Option<Value> {
        match self {
            Self::Entries(entries) => entries.get(&written(query)).cloned(),
            Self::Variables { prefix } => {
                env::variable(&variable_of(prefix, query)?).map(Value::text)
            }
        }
    }
}

impl Local {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Those in this file.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::new().or_file(path)
    }

    /// Those in variables whose names begin so.
    #[must_use]
    pub fn env(prefix: impl Into<String>) -> Self {
        Self::new().or_env(prefix)
    }

    /// Also this one.
    #[must_use]
    pub fn with(self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.given().insert(name.into(), value.into());
        self
    }

    /// Also those in this file.
    #[must_use]
    pub fn or_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.push(Source::File(path.into()));
        self
    }

    /// Also those in this text, which is JSON.
    #[must_use]
    pub fn or_json(mut self, text: impl Into<String>) -> Self {
        self.sources.push(Source::Text(Format::Json, text.into()));
        self
    }

    /// Also those in this text, which is TOML.
    #[must_use]
    pub fn or_toml(mut self, text: impl Into<String>) -> Self {
        self.sources.push(Source::Text(Format::Toml, text.into()));
        self
    }

    /// Also those in variables whose names begin so.
    #[must_use]
    pub fn or_env(mut self, prefix: impl Into<String>) -> Self {
        self.sources.push(Source::Env(prefix.into()));
        self
    }

    fn given(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, query: &Query) -> Result<Option<Value>, Error> {
        if let Some(value) = self.given().get(&written(query)) {
            return Ok(Some(value.clone()));
        }
        for source in &self.sources {
            if let Some(value) = source.read()?.value(query) {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Files that are not there, each with what to do about it.
    fn missing_files(&self) -> Option<String> {
        let missing = self.sources.iter().filter_map(Source::missing_file);
        let missing: Vec<_> = missing.map(document::missing).collect();
        (!missing.is_empty()).then(|| missing.join("; "))
    }
}

impl Provider for Local {
    fn name(&self) -> &'static str {
        "the local parameters"
    }

    async fn fetch(&self, query: &Query) -> Result<Value, Error> {
        named(&query.name)?;
        if let Some(value) = self.find(query)? {
            return Ok(value);
        }
        let mut places = vec!["by `Local::with`".to_owned()];
        places.extend(self.sources.iter().filter_map(|source| source.place(query)));
        let mut remedy = format!("give `{}` {}", written(query), any_of(&places));
        if let Some(missing) = self.missing_files() {
            remedy.push_str(&format!(" ({missing})"));
        }
        Err(Error::new(ErrorKind::NotFound).remedy(remedy))
    }

    /// Names that somebody wrote, variables that are none of them, and of each what `fetch` gives.
    async fn fetch_many(&self, query: &PathQuery) -> Result<Listed, Error> {
        let path = query.path.trim_end_matches('/');
        let relative = |name: &str| {
            let name = name.strip_prefix(path)?.strip_prefix('/')?;
            (!name.is_empty()).then(|| name.to_owned())
        };
        let mut all = vec![Found::Entries(self.given().clone())];
        for source in &self.sources {
            all.push(source.read()?);
        }
        let mut names = BTreeSet::new();
        for found in &all {
            if let Found::Entries(entries) = found {
                names.extend(entries.keys().filter_map(|name| relative(name)));
            }
        }
        for found in &all {
            if let Found::Variables { prefix } = found {
                add_variables(&mut names, prefix, path);
            }
        }
        let is_asked = |name: &String| query.depth == Depth::All || !name.contains('/');
        let value = |name: String| {
            let query = Query::new(format!("{path}/{name}"));
            let value = all.iter().find_map(|found| found.value(&query))?;
            Some((name, Ok(value)))
        };
        let listed: Listed = names
            .into_iter()
            .filter(is_asked)
            .filter_map(value)
            .collect();
        match self.missing_files() {
            Some(missing) if listed.is_empty() => {
                Err(Error::new(ErrorKind::NotFound).remedy(missing))
            }
            _ => Ok(listed),
        }
    }

    async fn put(&self, put: &Put) -> Result<(), Error> {
        named(&put.name)?;
        if put.existing == Existing::Keep && self.find(&Query::new(&put.name))?.is_some() {
            let remedy = "it exists; say `overwrite` to replace it";
            return Err(Error::new(ErrorKind::Invalid).remedy(remedy));
        }
        self.given().insert(put.name.clone(), put.value.clone());
        Ok(())
    }
}

fn named(name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::new(ErrorKind::Invalid).remedy("the name is empty"));
    }
    Ok(())
}

/// The name of a value, with its version.
fn written(query: &Query) -> String {
    match &query.selector {
        Selector::Current => query.name.clone(),
        Selector::Version(number) => format!("{}:{number}", query.name),
        Selector::VersionId(text) | Selector::Label(text) | Selector::Stage(text) => {
            format!("{}:{text}", query.name)
        }
    }
}

/// The variable of a parameter: `SHOP_` and `/db/host-name` are `SHOP_DB_HOST_NAME`. A name without letters and
/// digits has none.
fn variable(prefix: &str, name: &str) -> Option<String> {
    let words = name.split(|character: char| !character.is_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| format!("{prefix}{}", words.join("_").to_uppercase()))
}

/// A version has none: `/l` at version 2 would be the variable of `/l/2`.
fn variable_of(prefix: &str, query: &Query) -> Option<String> {
    match query.selector {
        Selector::Current => variable(prefix, &query.name),
        _ => None,
    }
}

/// Adds, relative to a path, the names of variables that are none of these names already. Those that no name
/// leads to are left out, or a list would have what cannot be read.
fn add_variables(names: &mut BTreeSet<String>, prefix: &str, path: &str) {
    let whole = |name: &str| format!("{path}/{name}");
    let known = names.iter();
    let known: HashSet<_> = known
        .filter_map(|name| variable(prefix, &whole(name)))
        .collect();
    let start = match variable(prefix, path) {
        Some(path) => format!("{path}_"),
        None => prefix.to_owned(),
    };
    for (rest, _) in env::variables(&start) {
        let name = rest.to_lowercase();
        let found = start.clone() + &rest;
        if variable(prefix, &whole(&name)).as_ref() == Some(&found) && !known.contains(&found) {
            names.insert(name);
        }
    }
}

/// `a, b or c`
fn any_of(places: &[String]) -> String {
    match places {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
