//! What was read: one value, and many by their names.

use std::{fmt, ops::Deref, slice, sync::Arc};

use super::{Error, ErrorKind, cache::Stored, value::MARK};

/// A parameter that has been read: the value, by a handle that is cheap to clone.
///
/// It is the value as it was when it was read, for as long as it is held; read again where it is
/// needed, a hit costs next to nothing. `Debug` writes a mark, and there is no `Display`: what is
/// logged of it is a decision, `info!(hosts = %*hosts)`.
///
/// Its `clone` is another handle. Who needs a value to keep clones what it derefs to:
///
/// ```
/// # use powertools::parameters::{Error, FromJson, Local, Parameters};
/// # #[derive(Clone, serde::Deserialize)]
/// # struct Limits { per_minute: u32 }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// # let local = Local::new().with("/shop/host", "a.example").with("/shop/limits", r#"{"per_minute": 60}"#);
/// # let parameters = Parameters::new(local);
/// let host = parameters.get::<String>("/shop/host").await?;
/// let host: String = String::clone(&host);
///
/// let limits = parameters.get::<FromJson<Limits>>("/shop/limits").await?;
/// let limits: Limits = limits.0.clone();
/// # assert_eq!((host.as_str(), limits.per_minute), ("a.example", 60));
/// # Ok(())
/// # }
/// ```
pub struct Parameter<T>(pub(super) Arc<Stored<T>>);

impl<T> Deref for Parameter<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Clone for Parameter<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Parameter<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MARK)
    }
}

/// What became of several parameters: for each name its value or its error, in the order in which they
/// were asked for or listed.
///
/// ```
/// # async fn example(parameters: powertools::parameters::Parameters) -> Result<(), powertools::parameters::Error> {
/// let named = parameters.get_by_name::<String>(["/shop/host", "/shop/motto"]).await;
///
/// let host = named.try_get("/shop/host")?; // without it nothing goes
/// let motto = named.get("/shop/motto");    // without it all goes
/// for (name, error) in named.errors() {
///     tracing::warn!(name, %error);
/// }
/// let named = named.all()?;                // or: all of them, or the first error
/// # Ok(())
/// # }
/// ```
#[must_use = "each name may have failed: `all()?` is the first error"]
pub struct Named<T>(pub(super) Arc<[Entry<T>]>);

pub(super) type Entry<T> = (String, Result<Parameter<T>, Error>);

impl<T> Named<T> {
    /// The value of this name; none if it failed or was not asked for. If it was asked for in several
    /// versions, that of the first: [`iter`](Self::iter) has all.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Parameter<T>> {
        self.result(name)?.as_ref().ok()
    }

    /// The value of this name.
    ///
    /// # Errors
    ///
    /// Its error; that it was not found, if it is none of these names.
    pub fn try_get(&self, name: &str) -> Result<&Parameter<T>, Error> {
        match self.result(name) {
            Some(result) => result.as_ref().map_err(Clone::clone),
            None => Err(Error::new(ErrorKind::NotFound)
                .remedy("it is none of the names that were asked for")
                .of("", name)),
        }
    }

    /// Why this name has no value.
    #[must_use]
    pub fn error(&self, name: &str) -> Option<&Error> {
        self.result(name)?.as_ref().err()
    }

    fn result(&self, name: &str) -> Option<&Result<Parameter<T>, Error>> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, result)| result)
    }

    /// All of them, if none failed.
    ///
    /// # Errors
    ///
    /// The first failure.
    pub fn all(self) -> Result<Self, Error> {
        let failed = self.errors().next().map(|(_, error)| error.clone());
        failed.map_or(Ok(self), Err)
    }

    /// Names and values of those that did not fail, as in `for (name, value) in &named`. A name that was
    /// asked for in several versions is there as often.
    pub fn iter(&self) -> Values<'_, T> {
        Values(self.0.iter())
    }

    /// Names and errors of those that failed.
    pub fn errors(&self) -> impl Iterator<Item = (&str, &Error)> {
        let errors = self.0.iter();
        errors.filter_map(|(name, result)| Some((name.as_str(), result.as_ref().err()?)))
    }

    /// How many there are, failed or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn is_whole(&self) -> bool {
        self.errors().next().is_none()
    }
}

/// Names and values: [`Named::iter`].
#[must_use = "nothing is looked at until it is walked through"]
pub struct Values<'a, T>(slice::Iter<'a, Entry<T>>);

impl<'a, T> Iterator for Values<'a, T> {
    type Item = (&'a str, &'a Parameter<T>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0
            .find_map(|(name, result)| Some((name.as_str(), result.as_ref().ok()?)))
    }
}

impl<'a, T> IntoIterator for &'a Named<T> {
    type Item = (&'a str, &'a Parameter<T>);
    type IntoIter = Values<'a, T>;

    fn into_iter(self) -> Values<'a, T> {
        self.iter()
    }
}

impl<T> fmt::Debug for Values<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.0.as_slice().iter();
        let names = entries.map(|(name, _)| name);
        formatter.debug_list().entries(names).finish()
    }
}

impl<T> Clone for Named<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Named<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.0.iter().map(|(name, result)| (name, result));
        formatter.debug_map().entries(entries).finish()
    }
}
