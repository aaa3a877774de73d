//! Where parameters come from. A provider fetches and never caches.

use std::pin::Pin;

use super::{Error, ErrorKind, PathQuery, Put, Query, Value};

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
    /// What errors call it: `SSM Parameter Store`.
    fn name(&self) -> &'static str;

    /// Fetches one value. Errors need not name the parameter or the provider.
    fn fetch(&self, query: &Query) -> impl Future<Output = Result<Value, Error>> + Send;

    /// Fetches several values, one result for each query and in their order; one failure leaves the
    /// others alone. Unless written, one after the other.
    fn fetch_by_name(
        &self,
        queries: &[Query],
    ) -> impl Future<Output = Vec<Result<Value, Error>>> + Send {
        async move {
            let mut values = Vec::with_capacity(queries.len());
            for query in queries {
                values.push(self.fetch(query).await);
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

/// A provider whose type is forgotten.
pub(super) trait AnyProvider: Send + Sync {
    fn name(&self) -> &'static str;
    fn fetch<'a>(&'a self, query: &'a Query) -> Boxed<'a, Result<Value, Error>>;
    fn fetch_by_name<'a>(&'a self, queries: &'a [Query]) -> Boxed<'a, Vec<Result<Value, Error>>>;
    fn fetch_many<'a>(&'a self, query: &'a PathQuery) -> Boxed<'a, Result<Listed, Error>>;
    fn put<'a>(&'a self, put: &'a Put) -> Boxed<'a, Result<(), Error>>;
}

impl<P: Provider> AnyProvider for P {
    fn name(&self) -> &'static str {
        Provider::name(self)
    }

    fn fetch<'a>(&'a self, query: &'a Query) -> Boxed<'a, Result<Value, Error>> {
        Box::pin(Provider::fetch(self, query))
    }

    fn fetch_by_name<'a>(&'a self, queries: &'a [Query]) -> Boxed<'a, Vec<Result<Value, Error>>> {
        Box::pin(Provider::fetch_by_name(self, queries))
    }

    fn fetch_many<'a>(&'a self, query: &'a PathQuery) -> Boxed<'a, Result<Listed, Error>> {
        Box::pin(Provider::fetch_many(self, query))
    }

    fn put<'a>(&'a self, put: &'a Put) -> Boxed<'a, Result<(), Error>> {
        Box::pin(Provider::put(self, put))
    }
}
