//! Parameters without AWS: from the program, a file, the environment.

mod document;

use std::{
    collections::BTreeMap,
    path::PathBuf,
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
///     Local::file("parameters.json")   // {"/shop/host": "localhost", "/shop/limits": {"per_minute": 60}}
///         .or_env("SHOP_")             // SHOP_TOKEN=… is `/token`, and `token`
///         .with("/shop/currency", "EUR"),
/// );
/// ```
///
/// What is given [`with`](Self::with) a name wins, then the sources as they were added. A file or a text is an
/// object of names and values, in TOML a table, of which anything but a text is the text of its JSON. A file is
/// TOML if its name ends in `.toml`, or else JSON, and is read at each fetch, so that a change shows within the
/// age. A variable's name is the parameter's in capitals, each run of other characters an underscore; one that
/// is empty counts as none. [`set`](super::Parameters::set) writes to memory.
///
/// What the program comes with stands last, for the environment to overrule:
///
/// ```
/// # use powertools::parameters::Local;
/// // `include_str!("parameters.toml")` in a program
/// let local = Local::env("SHOP_").or_toml(r#"currency = "EUR""#);
/// ```
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
    Text(Format, String),
    Env(String),
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

    fn find(&self, name: &str) -> Result<Option<Value>, Error> {
        if let Some(value) = self.given().get(name) {
            return Ok(Some(value.clone()));
        }
        for source in &self.sources {
            let found = match source {
                Source::File(path) => document::read(path)?.remove(name),
                Source::Text(format, text) => document::given(*format, text)?.remove(name),
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
            let all = match source {
                Source::File(path) => document::read(path)?,
                Source::Text(format, text) => document::given(*format, text)?,
                Source::Env(prefix) => {
                    let mut prefix = variable(prefix, path);
                    if !prefix.is_empty() && !prefix.ends_with('_') {
                        prefix.push('_');
                    }
                    let all = env::variables(&prefix).into_iter();
                    found.extend(all.map(|(name, value)| (name.to_lowercase(), value.into())));
                    continue;
                }
            };
            let all = all.into_iter();
            found.extend(all.filter_map(|(name, value)| Some((relative(&name)?, value))));
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
                Source::Text(..) => ", in the text that the program comes with".to_owned(),
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

/// The variable of a parameter: `SHOP_` and `/db/host-name` are `SHOP_DB_HOST_NAME`.
fn variable(prefix: &str, name: &str) -> String {
    let words = name.split(|character: char| !character.is_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    format!("{prefix}{}", words.join("_").to_uppercase())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::parameters::Parameters;

    fn file(text: &str) -> PathBuf {
        file_named("json", text)
    }

    fn toml_file(text: &str) -> PathBuf {
        file_named("toml", text)
    }

    fn file_named(extension: &str, text: &str) -> PathBuf {
        static FILES: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = FILES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("parameters-{}-{number}.{extension}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    #[tokio::test]
    async fn a_file_is_names_and_values_read_anew_at_each_fetch() {
        let path = file(r#"{"/a": "1", "/limits": {"x": [1, true]}, "/n": 7, "/a:2": "old"}"#);
        let parameters = Parameters::new(Local::file(&path).with("/n", "8"));

        assert_eq!(*parameters.get::<u8>("/a").await.unwrap(), 1);
        assert_eq!(*parameters.get::<u8>("/n").await.unwrap(), 8);
        let limits = parameters.get::<String>("/limits").await.unwrap();
        assert_eq!(*limits, r#"{"x":[1,true]}"#);
        let old = parameters.get::<String>("/a").version(2).await.unwrap();
        assert_eq!(*old, "old");
        fs::write(&path, r#"{"/a": "2"}"#).unwrap();
        let changed = parameters.get::<u8>("/a").force_fetch().await.unwrap();
        assert_eq!(*changed, 2);
        fs::remove_file(path).unwrap();
    }

    #[tokio::test]
    async fn a_toml_file_and_texts_are_sources_like_others_in_their_order() {
        let path =
            toml_file("\"/a\" = 1\nlimits = { x = [1.5, true], y = 2026-11-21 }\n[db]\nport = 5\n");
        let local = Local::file(&path)
            .or_toml("\"/a\" = 7\n\"/b\" = \"from toml\"")
            .or_json(r#"{"/b": 0, "/c": null}"#);

        for (name, expected) in [
            ("/a", "1"),
            ("limits", r#"{"x":[1.5,true],"y":"2026-11-21"}"#),
            ("db", r#"{"port":5}"#),
            ("/b", "from toml"),
            ("/c", "null"),
        ] {
            let value = local.fetch(&Query::new(name)).await.unwrap();
            assert_eq!(value.as_text(), Some(expected), "{name}");
        }
        let all = local.fetch_many(&PathQuery::new("/")).await.unwrap();
        let all: Vec<_> = all
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_ref().unwrap().as_text().unwrap()))
            .collect();
        assert_eq!(all, [("a", "1"), ("b", "from toml"), ("c", "null")]);
        fs::remove_file(path).unwrap();
    }

    #[tokio::test]
    async fn what_is_not_there_says_where_to_put_it() {
        let path = file("{}");
        let local = Local::file(&path).or_env("SHOP_");

        let error = local.fetch(&Query::new("/db/host-name")).await.unwrap_err();

        assert_eq!(error.kind(), ErrorKind::NotFound);
        let path = path.display();
        let told = format!(
            "give `/db/host-name` by `Local::with`, in `{path}`, as the variable `SHOP_DB_HOST_NAME`"
        );
        assert!(error.to_string().ends_with(&told), "{error}");
    }

    #[tokio::test]
    async fn the_environment_is_read_by_name_and_by_prefix() {
        // Set by cargo for every test, and not by anybody else.
        let local = Local::env("CARGO_PKG_");

        let name = local.fetch(&Query::new("/name")).await.unwrap();
        let version = local.fetch_many(&PathQuery::new("/version")).await.unwrap();

        assert_eq!(name.as_text(), Some("powertools"));
        let names: Vec<_> = version.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["major", "minor", "patch"]);
        assert!(local.fetch(&Query::new("/nothing")).await.is_err());
    }

    #[tokio::test]
    async fn what_is_written_is_in_memory_and_replaces_nothing_unasked() {
        let parameters = Parameters::new(Local::new().with("/a", "1"));

        let error = parameters.set("/a", "2").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        parameters.set("/a", "2").overwrite().await.unwrap();
        parameters.set("/b", "3").await.unwrap();

        let named = parameters.get_by_name::<u8>(["/a", "/b"]).await;
        let values: Vec<u8> = named.iter().map(|(_, value)| **value).collect();
        assert_eq!(values, [2, 3]);
    }
}
