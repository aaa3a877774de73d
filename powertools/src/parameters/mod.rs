//! Parameters and secrets: typed, cached, fetched once however many ask.
//!
//! ```
//! use powertools::parameters::{FromJson, Local, Parameters};
//!
//! #[derive(serde::Deserialize)]
//! struct Limits {
//!     per_minute: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), powertools::parameters::Error> {
//! let parameters = Parameters::new(
//!     Local::new()
//!         .with("/shop/hosts", "a.example b.example")
//!         .with("/shop/limits", r#"{"per_minute": 60}"#),
//! );
//!
//! let hosts = parameters.get::<String>("/shop/hosts").await?;
//! assert_eq!(hosts.split(' ').count(), 2);
//!
//! let limits = parameters.get::<FromJson<Limits>>("/shop/limits").await?;
//! assert_eq!(limits.per_minute, 60);
//! # Ok(())
//! # }
//! ```
//!
//! - [`Parameters`] – reads with `get`, `get_many` and `get_by_name`, writes with `set`
//! - [`Decode`] – what a parameter can be read as
//! - [`Local`] – values from a file, the environment or the program: for `cargo run` and tests
//! - `Ssm`, `SecretsManager`, `DynamoDb`, `AppConfig` – AWS's services, each with a feature of its name
//! - `LambdaExtension` – AWS's Parameters and Secrets extension (feature `parameters-extension`)
//! - [`Provider`] – a source of your own
//! - [`Error`] – provider, parameter and remedy, never the value
//!
//! # In handlers
//!
//! Make it once, keep it in the state, and read where the value is needed: a hit costs about a hundred
//! nanoseconds and allocates nothing, so there is no need to keep what was read.
//!
//! ```
//! # #[cfg(all(feature = "macros", feature = "runtime"))]
//! # mod shop {
//! use powertools::{
//!     parameters::{Local, Parameters},
//!     router::{FromRef, Json, Router, State, get, routes},
//! };
//!
//! #[derive(Clone)]
//! struct Shop {
//!     parameters: Parameters,
//! }
//!
//! impl FromRef<Shop> for Parameters {
//!     fn from_ref(shop: &Shop) -> Self {
//!         shop.parameters.clone()
//!     }
//! }
//!
//! #[get("/hosts")]
//! async fn hosts(
//!     State(parameters): State<Parameters>,
//! ) -> Result<Json<Vec<String>>, powertools::router::Error> {
//!     let hosts = parameters.get::<String>("/shop/hosts").await;
//!     let hosts = hosts.map_err(powertools::router::Error::internal)?;
//!     Ok(Json(hosts.split(' ').map(str::to_owned).collect()))
//! }
//!
//! # fn router() -> Result<Router<Shop>, powertools::router::RouteErrors> {
//! // SHOP_HOSTS is the variable of `/shop/hosts`; with a prefix "SHOP_" it would be SHOP_SHOP_HOSTS.
//! let parameters = Parameters::new(Local::env(""));
//! let router = Router::with_state(routes![hosts], Shop { parameters })?;
//! # Ok(router)
//! # }
//! # }
//! ```
//!
//! A function that needs no other state takes `Router::with_state(routes, parameters)`. A direct handler
//! holds a clone:
//!
//! ```
//! # #[cfg(feature = "runtime")]
//! # fn function() {
//! # use powertools::{Context, Function, InvocationError, parameters::{Local, Parameters}};
//! let parameters = Parameters::new(Local::new().with("/shop/most", "100"));
//! let function = Function::new().direct(move |wanted: u32, _: Context| {
//!     let parameters = parameters.clone();
//!     async move {
//!         let most = parameters.get::<u32>("/shop/most").await?;
//!         Ok::<_, InvocationError>(wanted.min(*most))
//!     }
//! });
//! # }
//! ```
//!
//! # On localhost and on AWS
//!
//! `Parameters` has no type of its provider, so what is chosen when the function starts is which
//! `Parameters`, and never which provider:
//!
//! ```
//! # #[cfg(all(feature = "secrets-manager", feature = "ssm"))]
//! # mod shop {
//! use powertools::parameters::{Local, Parameters, SecretsManager, Ssm};
//!
//! #[derive(Clone)]
//! struct Shop {
//!     settings: Parameters,
//!     secrets: Parameters,
//! }
//!
//! impl Shop {
//!     /// AWS's services if `SHOP_PARAMETERS` is `aws`.
//!     fn from_env() -> Self {
//!         if std::env::var("SHOP_PARAMETERS").is_ok_and(|from| from == "aws") {
//!             Self {
//!                 settings: Parameters::new(Ssm::new()),
//!                 secrets: Parameters::new(SecretsManager::new()),
//!             }
//!         } else {
//!             let local = Parameters::new(Local::env("").or_file("parameters.json"));
//!             Self {
//!                 settings: local.clone(),
//!                 secrets: local,
//!             }
//!         }
//!     }
//! }
//! # }
//! ```
//!
//! With two of them in the state, `State<Parameters>` could be either: a handler takes the whole state,
//! `State(shop): State<Shop>`, or each is wrapped in a type of its own.
//!
//! # In tests
//!
//! [`Local`] has the values. Where it matters how old they are, a `HandClock` (feature `testing`) moves on
//! when it is told to:
//!
//! ```
//! # #[cfg(feature = "testing")]
//! # mod shop {
//! use std::{
//!     sync::atomic::{AtomicU32, Ordering::Relaxed},
//!     time::Duration,
//! };
//!
//! use powertools::{
//!     parameters::{Error, Parameters, Provider, Query, Value},
//!     testing::HandClock,
//! };
//!
//! /// Its values are how often it was asked.
//! struct Counter(AtomicU32);
//!
//! impl Provider for Counter {
//!     fn name(&self) -> &'static str {
//!         "a counter"
//!     }
//!
//!     async fn fetch(&self, _: &Query) -> Result<Value, Error> {
//!         Ok(self.0.fetch_add(1, Relaxed).to_string().into())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # pub(super) async fn test() -> Result<(), Error> {
//! let minute = Duration::from_secs(60);
//! let clock = HandClock::new();
//! let parameters = Parameters::new(Counter(0.into())).max_age(minute).clock(&clock);
//!
//! assert_eq!(*parameters.get::<u32>("/asked").await?, 0);
//! assert_eq!(*parameters.get::<u32>("/asked").await?, 0);
//! clock.advance(minute);
//! assert_eq!(*parameters.get::<u32>("/asked").await?, 1);
//! # Ok(())
//! # }
//! # }
//! # #[cfg(feature = "testing")]
//! # shop::test().unwrap();
//! ```
//!
//! # What a cached value is
//!
//! It is found by everything that was asked: the name, the version, the decryption, and the type that it was
//! read as. Its age is that of its fetch's start, on the wall clock and on the monotonic clock, whichever
//! says more, since a sandbox that is frozen may stop one; if the wall clock went back, it is too old. In a
//! sandbox that [`run`](crate::run) sees restored from a SnapStart snapshot, whatever was read before is too
//! old as well.
//!
//! However many ask for what is not there, it is fetched once, and all get the value or the error. Errors
//! are never stored: the next read asks again. Who asks in another tokio runtime has a fetch of its own, since
//! what a fetch waits for moves on with the runtime that it was started in.
//!
//! # Secrets
//!
//! What is read prints as `[redacted]`. [`Value`], `String` and bytes are overwritten when the last handle to
//! them is dropped; what is read as [`FromJson<T>`] is as careful as `T`. Where a secret is passed on as
//! a value of its own, read it as `logger::Secret<String>`, which stays redacted. No error repeats a value.
//!
//! # What the environment says
//!
//! | variable | meaning | unless set |
//! | --- | --- | --- |
//! | `POWERTOOLS_PARAMETERS_MAX_AGE` | how old a value may be, in seconds; 0: nothing is cached | 5 |
//! | `POWERTOOLS_PARAMETERS_SSM_DECRYPT` | `true`: `Ssm` decrypts what is encrypted | `false` |
//!
//! What the program sets wins. What a variable does not take is told on a line at WARN.

#[cfg(feature = "appconfig")]
mod appconfig;
#[cfg(any(
    feature = "appconfig",
    feature = "dynamodb",
    feature = "secrets-manager",
    feature = "ssm"
))]
mod aws;
mod cache;
mod decode;
#[cfg(feature = "dynamodb")]
mod dynamodb;
mod error;
#[cfg(feature = "parameters-extension")]
mod extension;
mod get;
mod key;
mod local;
mod parameter;
mod provider;
mod put;
mod query;
#[cfg(feature = "secrets-manager")]
mod secrets_manager;
mod set;
#[cfg(feature = "ssm")]
mod ssm;
mod store;
mod value;

use std::{fmt, sync::Arc, time::Duration};

#[cfg(feature = "appconfig")]
pub use self::appconfig::AppConfig;
#[cfg(feature = "dynamodb")]
pub use self::dynamodb::DynamoDb;
#[cfg(feature = "parameters-extension")]
pub use self::extension::LambdaExtension;
#[cfg(feature = "secrets-manager")]
pub use self::secrets_manager::SecretsManager;
#[cfg(feature = "ssm")]
pub use self::ssm::Ssm;
use self::{cache::Cache, provider::AnyProvider};
pub use self::{
    decode::{Auto, Binary, Decode, FromJson, Parsed},
    error::{Error, ErrorKind},
    get::{Get, GetByName, GetMany, Name, Reading},
    local::Local,
    parameter::{Named, Parameter, Values},
    provider::{Listed, Provider},
    put::{Existing, Protection, Put, Tier},
    query::{Decryption, Depth, PathQuery, Query, Selector},
    set::Set,
    value::Value,
};
#[cfg(any(
    feature = "appconfig",
    feature = "dynamodb",
    feature = "secrets-manager",
    feature = "ssm"
))]
pub use crate::aws::Aws;
use crate::{clock::Clock, env};

const MAX_AGE: Duration = Duration::from_secs(5);
const CAPACITY: usize = 1000;

/// Parameters of one provider, and what has been read of them.
///
/// Cloning is cheap. Clones share what is cached, and each may have settings of its own.
#[derive(Clone)]
pub struct Parameters {
    provider: Arc<dyn AnyProvider>,
    /// What errors call the provider.
    called: &'static str,
    cache: Arc<Cache>,
    settings: Settings,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    max_age: Duration,
    stale_if_error: Duration,
    refresh_ahead: Duration,
}

impl Parameters {
    /// Parameters from this provider.
    #[must_use]
    pub fn new(provider: impl Provider) -> Self {
        let max_age = match env::parameters_max_age() {
            None => MAX_AGE,
            Some(text) => seconds(&text).unwrap_or_else(|| {
                tracing::warn!(
                    value = text,
                    "POWERTOOLS_PARAMETERS_MAX_AGE is no number of seconds; 5 are used"
                );
                MAX_AGE
            }),
        };
        Self {
            called: provider.name(),
            provider: Arc::new(provider),
            cache: Arc::new(Cache::new(CAPACITY, Clock::default())),
            settings: Settings {
                max_age,
                stale_if_error: Duration::ZERO,
                refresh_ahead: Duration::ZERO,
            },
        }
    }

    /// How old a value may be, where a read does not say. 5 seconds, unless set here or by
    /// `POWERTOOLS_PARAMETERS_MAX_AGE`; with zero nothing is cached.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.settings.max_age = max_age;
        self
    }

    /// How much older still a value may be while it cannot be fetched anew for a reason that may pass (see
    /// [`ErrorKind::is_transient`]); a line at WARN says so each time. Unless set, such a read fails.
    ///
    /// Not after [`NotFound`](ErrorKind::NotFound), [`AccessDenied`](ErrorKind::AccessDenied) or anything
    /// else that somebody may have meant, nor after a failure that follows one of these; and not where the
    /// read asked for a fetch.
    #[must_use]
    pub fn stale_if_error(mut self, at_most: Duration) -> Self {
        self.settings.stale_if_error = at_most;
        self
    }

    /// In this last part of a value's age, at most half of it, the first read starts a fetch and does not
    /// wait for it: those who come later find a younger value. It is tried once for each value, and a failure
    /// is a line at DEBUG and harms nobody. What is due of several names that are read together is fetched
    /// together. Unless set, nothing is fetched that nobody waits for.
    ///
    /// The fetch is a task of the tokio runtime that the read is in. If the invocation ends before it does,
    /// it is frozen with the sandbox, and afterwards its value is as old as its start and nobody waits for
    /// it who would not take a value of that age. In a runtime of one thread it proceeds while handlers
    /// wait for something.
    #[must_use]
    pub fn refresh_ahead(mut self, last_part: Duration) -> Self {
        self.settings.refresh_ahead = last_part;
        self
    }

    /// How many values are kept, 1000 unless set: beyond that, those go that were not read for longest. To
    /// be set before anything is read, because the cache is a new one, which clones made earlier do not
    /// share.
    #[must_use]
    pub fn capacity(mut self, values: usize) -> Self {
        self.cache = Arc::new(Cache::new(values, self.cache.clock()));
        self
    }

    /// Takes the time from this clock. To be set before anything is read, as [`capacity`](Self::capacity).
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn clock(mut self, clock: &crate::testing::HandClock) -> Self {
        self.cache = Arc::new(Cache::new(
            self.cache.capacity(),
            Clock::Hand(clock.clone()),
        ));
        self
    }

    /// Reads one parameter: `parameters.get::<String>("/shop/host").await?`.
    pub fn get<'a, T: Decode>(&'a self, name: &'a str) -> Get<'a, T> {
        Get::new(self, name)
    }

    /// Reads what is directly below a path, by names relative to it; if nothing is, that is no error. One
    /// that cannot be decoded is an error of its own and leaves the others alone; nothing is stored then.
    pub fn get_many<'a, T: Decode>(&'a self, path: &'a str) -> GetMany<'a, T> {
        GetMany::new(self, path)
    }

    /// Reads several parameters, those that are not cached in as few calls as the provider needs. Each has
    /// its value or its error; [`Named::all`] is all or the first error.
    ///
    /// They are cached one by one, and found by [`get`](Self::get) too. Names are borrowed: those of a
    /// `Vec<String>` are `get_by_name(&names)`.
    pub fn get_by_name<'a, T: Decode>(
        &'a self,
        names: impl IntoIterator<Item = impl Into<Name<'a>>>,
    ) -> GetByName<'a, T> {
        GetByName::new(self, names.into_iter().map(Into::into).collect())
    }

    /// Writes a value: `parameters.set("/shop/host", "a.example").overwrite().await?`. What is cached of
    /// that parameter is forgotten, whether or not writing succeeds.
    ///
    /// Texts and bytes are values. Of anything else say which text it is: `5.to_string()`, or
    /// [`Value::json(&limits)?`](Value::json).
    pub fn set(&self, name: impl Into<String>, value: impl Into<Value>) -> Set<'_> {
        Set::new(self, Put::new(name, value))
    }

    /// Forgets all values, and overwrites those that nobody holds. What is being fetched is given to those
    /// who wait for it, and not kept.
    pub fn clear(&self) {
        self.cache.clear();
    }
}

/// A whole number of seconds, zero included.
fn seconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().map(Duration::from_secs)
}

impl fmt::Debug for Parameters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Parameters")
            .field("provider", &self.called)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
