//! What was read: one value, and many by their names.

use std::{fmt, ops::Deref, sync::Arc};

use super::{Error, ErrorKind, cache::Stored, value::MARK};

/// A parameter that has been read: the value, by a handle that is cheap to clone.
///
/// It is the value as it was when it was read, for as long as it is held; read again where it is
/// needed, a hit costs next to nothing. `Debug` writes a mark, and there is no `Display`: what is
/// logged of it is a decision, `info!(hosts = %*hosts)`.
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
    /// The value of this name; none if it failed or was not asked for.
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

    /// Names and values of those that did not fail.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Parameter<T>)> {
        let values = self.0.iter();
        values.filter_map(|(name, result)| Some((name.as_str(), result.as_ref().ok()?)))
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
