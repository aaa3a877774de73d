//! Parameters without AWS: from the program, a file, the environment.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    Depth, Error, ErrorKind, Existing, Listed, PathQuery, Provider, Put, Query, Selector, Value,
};
use crate::env;

/// Parameters without AWS: given in the program, in a JSON file, in the environment. For `cargo run` and
/// for tests.
///
/// ```
/// use powertools::parameters::{Local, Parameters};
///
/// let parameters = Parameters::new(
///     Local::file("parameters.json")   // {"/shop/host": "localhost", "/shop/limits": {"per_minute": 60}}
///         .or_env("SHOP_")             // SHOP_TOKEN=… is `/token`, and `token`
///         .with("/shop/currency", "EUR"),
/// );
/// ```
///
/// What the program gives wins, then the sources as they were added. A file is an object of names and values,
/// of which anything but a text is the text of its JSON; it is read at each fetch, so that a change shows
/// within the age. A variable's name is the parameter's in capitals, each run of other characters an
/// underscore. [`set`](super::Parameters::set) writes to memory.
///
/// Values have no versions. One that is asked for by version, label or stage is the one that is called
/// `name:version`: `.with("/shop/token:AWSPREVIOUS", "old")`.
#[derive(Debug, Default)]
pub struct Local {
    given: Mutex<BTreeMap<String, Value>>,
    sources: Vec<Source>,
}

#[derive(Debug)]
enum Source {
    File(PathBuf),
    Env(String),
}

impl Local {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Those in this JSON file.
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

    /// Also those in this JSON file.
    #[must_use]
    pub fn or_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.push(Source::File(path.into()));
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

    fn find(&self, name: &str) -> Result<Option<Value>, Error> {
        if let Some(value) = self.given().get(name) {
            return Ok(Some(value.clone()));
        }
        for source in &self.sources {
            let found = match source {
                Source::File(path) => read(path)?.remove(name),
                Source::Env(prefix) => env::variable(&variable(prefix, name)).map(Value::text),
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Names relative to a path, with their values; what wins comes last.
    fn below(&self, path: &str) -> Result<Vec<(String, Value)>, Error> {
        let relative = |name: &str| {
            let name = name.strip_prefix(path.trim_end_matches('/'))?;
            Some(name.strip_prefix('/')?.to_owned())
        };
        let mut found = Vec::new();
        for source in self.sources.iter().rev() {
            match source {
                Source::File(path) => {
                    let all = read(path)?.into_iter();
                    found.extend(all.filter_map(|(name, value)| Some((relative(&name)?, value))));
                }
                Source::Env(prefix) => {
                    let mut prefix = variable(prefix, path);
                    if !prefix.is_empty() && !prefix.ends_with('_') {
                        prefix.push('_');
                    }
                    let all = env::variables(&prefix).into_iter();
                    found.extend(all.map(|(name, value)| (name.to_lowercase(), value.into())));
                }
            }
        }
        let given = self.given();
        let given = given.iter();
        found.extend(given.filter_map(|(name, value)| Some((relative(name)?, value.clone()))));
        Ok(found)
    }
}

impl Provider for Local {
    fn name(&self) -> &'static str {
        "the local parameters"
    }

    async fn fetch(&self, query: &Query) -> Result<Value, Error> {
        let name = match &query.selector {
            Selector::Current => query.name.clone(),
            Selector::Version(number) => format!("{}:{number}", query.name),
            Selector::VersionId(text) | Selector::Label(text) | Selector::Stage(text) => {
                format!("{}:{text}", query.name)
            }
        };
        let found = self.find(&name)?;
        found.ok_or_else(|| {
            let sources = self.sources.iter().map(|source| match source {
                Source::File(path) => format!(", in `{}`", path.display()),
                Source::Env(prefix) => format!(", as the variable `{}`", variable(prefix, &name)),
            });
            let sources: String = sources.collect();
            let remedy = format!("give `{name}` by `Local::with`{sources}");
            Error::new(ErrorKind::NotFound).remedy(remedy)
        })
    }

    async fn fetch_many(&self, query: &PathQuery) -> Result<Listed, Error> {
        let found = self.below(&query.path)?.into_iter();
        let deep = |name: &str| query.depth == Depth::One && name.contains('/');
        let found: BTreeMap<_, _> = found.filter(|(name, _)| !deep(name)).collect();
        Ok(found
            .into_iter()
            .map(|(name, value)| (name, Ok(value)))
            .collect())
    }

    async fn put(&self, put: &Put) -> Result<(), Error> {
        if put.existing == Existing::Keep && self.find(&put.name)?.is_some() {
            let remedy = "it exists; say `overwrite` to replace it";
            return Err(Error::new(ErrorKind::Invalid).remedy(remedy));
        }
        self.given().insert(put.name.clone(), put.value.clone());
        Ok(())
    }
}

/// What a JSON file says.
fn read(path: &Path) -> Result<BTreeMap<String, Value>, Error> {
    let failed = |kind, remedy: String| Error::new(kind).remedy(remedy);
    let text = fs::read(path).map(Value::binary).map_err(|error| {
        let shown = path.display();
        match error.kind() {
            io::ErrorKind::NotFound => failed(
                ErrorKind::Unavailable,
                format!("there is no file `{shown}`; make one with `{{\"name\": \"value\"}}`"),
            ),
            _ => failed(ErrorKind::Unavailable, format!("`{shown}` cannot be read")).because(error),
        }
    })?;
    let values: BTreeMap<String, serde_json::Value> = serde_json::from_slice(text.as_bytes())
        .map_err(|error| {
            // Not its text, which quotes what it found.
            let (line, column) = (error.line(), error.column());
            failed(
                ErrorKind::Unavailable,
                format!(
                    "`{}` is no JSON object of names and values, see line {line}, column {column}",
                    path.display()
                ),
            )
        })?;
    let values = values.into_iter().map(|(name, value)| {
        let value = match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        (name, Value::text(value))
    });
    Ok(values.collect())
}

/// The variable of a parameter: `SHOP_` and `/db/host-name` are `SHOP_DB_HOST_NAME`.
fn variable(prefix: &str, name: &str) -> String {
    let words = name.split(|character: char| !character.is_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    format!("{prefix}{}", words.join("_").to_uppercase())
}
