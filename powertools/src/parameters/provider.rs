//! Where parameters come from. A provider fetches and never caches.

use std::pin::Pin;

use super::{Error, ErrorKind, PathQuery, Put, Query, Value};
use crate::caught::caught;

/// What is below a path: names relative to it, with what became of each.
pub type Listed = Vec<(String, Result<Value, Error>)>;

/// Where parameters come from; [`Parameters`](super::Parameters) does all the rest: age, waiting
/// together, decoding.
///
/// [`fetch`](Self::fetch) is all that one needs. It may run at any time and several times at once, may
/// be dropped at any `await`, and may panic, which is then an error for all who wait.
///
/// ```
/// use powertools::parameters::{Error, ErrorKind, Parameters, Provider, Query, Value};
///
/// struct Fixed;
///
/// impl Provider for Fixed {
///     fn name(&self) -> &'static str {
///         "the table in this program"
///     }
///
///     async fn fetch(&self, query: &Query) -> Result<Value, Error> {
///         match query.name.as_str() {
///             "/shop/currency" => Ok("EUR".into()),
///             _ => Err(Error::new(ErrorKind::NotFound)),
///         }
///     }
/// }
///
/// let parameters = Parameters::new(Fixed);
/// ```
///
/// # What each provider does with each option
///
/// "No" is [`ErrorKind::Unsupported`], and nothing is asked then.
///
/// | | `Ssm` | `SecretsManager` | `DynamoDb` | `AppConfig` | `LambdaExtension` `::parameters` | `LambdaExtension` `::secrets` | `Local` |
/// | --- | --- | --- | --- | --- | --- | --- | --- |
/// | `version`, `label` | yes | no | no | no | yes | no | `name:version` |
/// | `version_id`, `stage` | no | yes | no | no | no | yes | `name:version` |
/// | `decrypt` | yes | always is | no | always is | yes | always is | nothing is encrypted |
/// | `without_decryption` | yes | no | yes | no | yes | no | nothing is encrypted |
/// | neither of them | the provider's own `decrypt`, the environment, or else not, with a WARN if it is encrypted | decrypted | as it is stored | decrypted | the provider's own `decrypt`, or else not, with a WARN if it is encrypted | decrypted | as it is given |
/// | names in one request | 10 | 20, if current | 1 | 1 | 1 | 1 | – |
/// | `get_many` | a path | no | a partition key | no | no | no | a path |
/// | `recursive` | yes | – | all is one level | – | – | – | yes |
/// | `set` | yes | yes | no | no | no | no | in memory |
/// | `overwrite` | yes | always a new version | – | – | – | – | yes |
/// | `description` | yes | yes | – | – | – | – | makes no difference |
/// | `secure` | yes | always is | – | – | – | – | makes no difference |
/// | `secure_with` | yes | yes | – | – | – | – | makes no difference |
/// | `tier` | yes | no, but for the default | – | – | – | – | makes no difference |
/// | `token` | no | yes | – | – | – | – | makes no difference |
///
/// The environment is `POWERTOOLS_PARAMETERS_SSM_DECRYPT`, which only `Ssm` reads. `Local` takes what the
/// others take, so that a program runs with it as it is.
pub trait Provider: Send + Sync + 'static {
    /// What errors call this provider, after "of". It is asked once.
    fn name(&self) -> &'static str;

    /// Fetches one value. Errors need not name the parameter or the provider.
    fn fetch(&self, query: &Query) -> impl Future<Output = Result<Value, Error>> + Send;

    /// Fetches several values, one result for each query and in their order; one failure leaves the
    /// others alone. Unless written, one after the other, where a panic is a failure like any other.
    fn fetch_by_name(
        &self,
        queries: &[Query],
    ) -> impl Future<Output = Vec<Result<Value, Error>>> + Send {
        async move {
            let mut values = Vec::with_capacity(queries.len());
            for query in queries {
                let value = guarded(async { self.fetch(query).await }).await;
                values.push(value.flatten());
            }
            values
        }
    }

    /// Fetches all pages of what is below a path: names relative to it, with what became of each. Unless
    /// written, [`ErrorKind::Unsupported`].
    fn fetch_many(&self, _query: &PathQuery) -> impl Future<Output = Result<Listed, Error>> + Send {
        std::future::ready(Err(
            Error::new(ErrorKind::Unsupported).remedy("it cannot list what is below a path")
        ))
    }

    /// Writes one value. Unless written, [`ErrorKind::Unsupported`].
    ///
    /// The error of a service that refuses a value may repeat it: such a cause stays out of the error.
    fn put(&self, _put: &Put) -> impl Future<Output = Result<(), Error>> + Send {
        std::future::ready(Err(
            Error::new(ErrorKind::Unsupported).remedy("it only reads")
        ))
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A provider whose type is forgotten, and whose panics are errors.
pub(super) trait AnyProvider: Send + Sync {
    fn fetch<'a>(&'a self, query: &'a Query) -> Boxed<'a, Result<Value, Error>>;
    fn fetch_by_name<'a>(
        &'a self,
        queries: &'a [Query],
    ) -> Boxed<'a, Result<Vec<Result<Value, Error>>, Error>>;
    fn fetch_many<'a>(&'a self, query: &'a PathQuery) -> Boxed<'a, Result<Listed, Error>>;
    fn put<'a>(&'a self, put: &'a Put) -> Boxed<'a, Result<(), Error>>;
}

// Each asks within its own future, because a provider may also panic before it has one.
impl<P: Provider> AnyProvider for P {
    fn fetch<'a>(&'a self, query: &'a Query) -> Boxed<'a, Result<Value, Error>> {
        let fetch = guarded(async move { Provider::fetch(self, query).await });
        Box::pin(async { fetch.await.flatten() })
    }

    fn fetch_by_name<'a>(
        &'a self,
        queries: &'a [Query],
    ) -> Boxed<'a, Result<Vec<Result<Value, Error>>, Error>> {
        Box::pin(guarded(async move {
            Provider::fetch_by_name(self, queries).await
        }))
    }

    fn fetch_many<'a>(&'a self, query: &'a PathQuery) -> Boxed<'a, Result<Listed, Error>> {
        let fetch = guarded(async move { Provider::fetch_many(self, query).await });
        Box::pin(async { fetch.await.flatten() })
    }

    fn put<'a>(&'a self, put: &'a Put) -> Boxed<'a, Result<(), Error>> {
        let written = guarded(async move { Provider::put(self, put).await });
        Box::pin(async { written.await.flatten() })
    }
}

/// Makes an error of a panic.
async fn guarded<T>(work: impl Future<Output = T>) -> Result<T, Error> {
    caught(work).await.map_err(|_| panicked())
}

/// Says of a panic that there was one. Its message may well have the value in it.
pub(super) fn panicked() -> Error {
    Error::new(ErrorKind::Failed).remedy("there was a panic, whose own line says where")
}
