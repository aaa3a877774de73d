//! What the providers that ask AWS's SDK share: where AWS is, how long to wait for it, and what its errors
//! mean.
//!
//! Nothing is made before something is asked: an HTTP client with its certificates costs more than all the
//! rest of a small function's start.

use std::{
    error::Error as StdError,
    fmt,
    sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_http_client::{ConnectorBuilder, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::{
    http::{
        HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::{DispatchFailure, SdkError},
};
use aws_smithy_types::{
    body::SdkBody,
    error::metadata::{ErrorMetadata, ProvideErrorMetadata},
};
use http_body_util::Limited;
use tokio::time::timeout;
use tracing::{
    Dispatch, instrument::WithSubscriber, level_filters::LevelFilter, subscriber::NoSubscriber,
};

use super::{Error, ErrorKind};
use crate::causes;

/// Before the first retry, at most; twice that before the second. The SDK's own second is for programs that
/// live longer than an invocation.
const PAUSE: Duration = Duration::from_millis(200);
/// Of one answer's body: many times the largest that these services give, which are of a few megabytes (a page
/// of DynamoDB's has 1 MB: developer guide, Query).
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// How the providers of AWS's services reach them: one configuration, one chain of credentials and one HTTP
/// client for all that share it, made when one of them first asks.
///
/// A provider that is not given one shares the process's own, whose patience is that of a function which
/// has an answer to give: a service that is dead costs seconds, not the invocation.
///
/// | setting | unless set |
/// | --- | --- |
/// | [`connect_timeout`](Self::connect_timeout) | 1 s |
/// | [`attempt_timeout`](Self::attempt_timeout) | 2 s |
/// | [`timeout`](Self::timeout), all attempts and credentials included | 5 s |
/// | [`retries`](Self::retries) | 2 |
/// | [`region`](Self::region) | `AWS_REGION`, the profile's, the machine's |
/// | [`endpoint`](Self::endpoint) | `AWS_ENDPOINT_URL` and its kin, the service's own |
///
/// Credentials come from where AWS's SDKs look for them: the environment, which is where Lambda puts those of
/// the function's role, a profile, a web identity, the container, the machine. `HTTPS_PROXY` is heeded. An
/// answer of more than 16 MiB is an error.
///
/// ```
/// # #[cfg(feature = "ssm")]
/// # {
/// use std::time::Duration;
///
/// use powertools::parameters::{Aws, Ssm};
///
/// let aws = Aws::new().timeout(Duration::from_millis(800)).retries(1);
/// let ssm = Ssm::new().through(&aws);
/// # }
/// ```
#[derive(Clone)]
pub struct Aws {
    settings: Settings,
    config: Arc<OnceLock<SdkConfig>>,
}

#[derive(Clone, Debug)]
struct Settings {
    connect_timeout: Duration,
    attempt_timeout: Duration,
    timeout: Duration,
    retries: u32,
    region: Option<String>,
    endpoint: Option<String>,
}

impl fmt::Debug for Aws {
    /// Not the configuration, which holds all that is in the files of credentials.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Aws");
        shown.field("settings", &self.settings);
        shown.finish_non_exhaustive()
    }
}

impl Default for Aws {
    /// The process's own.
    fn default() -> Self {
        static SHARED: LazyLock<Aws> = LazyLock::new(Aws::new);
        SHARED.clone()
    }
}

impl Aws {
    /// A way of its own, shared by its clones.
    #[must_use]
    pub fn new() -> Self {
        Self {
            settings: Settings {
                connect_timeout: Duration::from_secs(1),
                attempt_timeout: Duration::from_secs(2),
                timeout: Duration::from_secs(5),
                retries: 2,
                region: None,
                endpoint: None,
            },
            config: Arc::default(),
        }
    }

    /// How long a connection may take to be there.
    #[must_use]
    pub fn connect_timeout(self, limit: Duration) -> Self {
        self.with(|settings| settings.connect_timeout = limit)
    }

    /// How long one attempt may take.
    #[must_use]
    pub fn attempt_timeout(self, limit: Duration) -> Self {
        self.with(|settings| settings.attempt_timeout = limit)
    }

    /// How long a request may take with all its attempts and the pauses between them. What takes several
    /// requests, such as a path with many pages, may take that for each.
    #[must_use]
    pub fn timeout(self, limit: Duration) -> Self {
        self.with(|settings| settings.timeout = limit)
    }

    /// How often a request is made again after what may pass: throttling, lost connections, the service's own
    /// failures.
    #[must_use]
    pub fn retries(self, retries: u32) -> Self {
        self.with(|settings| settings.retries = retries)
    }

    /// The region to ask, `eu-west-1`.
    #[must_use]
    pub fn region(self, region: impl Into<String>) -> Self {
        self.with(|settings| settings.region = Some(region.into()))
    }

    /// Where all the services are: an emulator's URL.
    #[must_use]
    pub fn endpoint(self, url: impl Into<String>) -> Self {
        self.with(|settings| settings.endpoint = Some(url.into()))
    }

    /// Other settings are another way, which shares nothing with the first.
    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self.config = Arc::default();
        self
    }

    /// The configuration, made now if it is not there yet. A failure is not kept.
    async fn config(&self) -> Result<&SdkConfig, Error> {
        let config = match self.config.get() {
            Some(config) => config,
            // Not while the cell is locked: whoever waits for a loading that is no longer polled waits for
            // ever. Two at once load twice, and both take what was there first.
            None => {
                let made = self.settings.load().await?;
                self.config.get_or_init(|| made)
            }
        };
        if config.region().is_none() {
            return Err(Error::new(ErrorKind::Invalid).remedy(NO_REGION));
        }
        if let Some(url) = config.endpoint_url()
            && !is_url(url)
        {
            let remedy = format!("the endpoint `{url}` is no URL; write `http://…` or `https://…`");
            return Err(Error::new(ErrorKind::Invalid).remedy(remedy));
        }
        Ok(config)
    }
}

const NO_REGION: &str = "there is no region; set `AWS_REGION`, or `Aws::region`";

fn is_url(endpoint: &str) -> bool {
    let scheme = endpoint.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    })
}

impl Settings {
    async fn load(&self) -> Result<SdkConfig, Error> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(self.connect_timeout)
            .operation_attempt_timeout(self.attempt_timeout)
            .operation_timeout(self.timeout)
            .build();
        let retries = RetryConfig::standard()
            .with_max_attempts(self.retries.saturating_add(1))
            .with_initial_backoff(PAUSE);
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http_client())
            .timeout_config(timeouts)
            .retry_config(retries);
        if let Some(region) = &self.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(url) = &self.endpoint {
            loader = loader.endpoint_url(url);
        }
        // The region may be asked of a machine that is not there, which no timeout of the SDK's bounds.
        let loaded = timeout(self.timeout, loader.load()).await;
        loaded.map_err(|_| Error::new(ErrorKind::TimedOut).remedy(NO_REGION))
    }
}

/// One HTTP client, because each client of the SDK would make its own and read the certificates for it. It
/// is made as the SDK makes it, one connector for each pair of timeouts.
fn http_client() -> SharedHttpClient {
    type Made = ((Option<Duration>, Option<Duration>), SharedHttpConnector);
    let connectors: Mutex<Vec<Made>> = Mutex::default();
    http_client_fn(move |settings, components| {
        let key = (settings.connect_timeout(), settings.read_timeout());
        // A connector is either in the list or not: a panic leaves nothing half done.
        let mut connectors = connectors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, connector)) = connectors.iter().find(|(made, _)| *made == key) {
            return connector.clone();
        }
        let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
        let mut builder = ConnectorBuilder::default()
            .tls_provider(provider)
            .connector_settings(settings.clone())
            .proxy_config(ProxyConfig::from_env());
        builder.set_sleep_impl(components.sleep_impl());
        let connector = SharedHttpConnector::new(Bounded(builder.build()));
        connectors.push((key, connector.clone()));
        connector
    })
}

/// A connector whose answers have an end: the SDK reads a body to its end before it looks at it.
#[derive(Debug)]
struct Bounded<C>(C);

impl<C: HttpConnector> HttpConnector for Bounded<C> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            Ok(answer.map(|body| SdkBody::from_body_1_x(Limited::new(body, MOST_BYTES))))
        })
    }
}

/// Not `Dispatch::none()`, which is on no list of tracing's: a line that is met under it for the first time is
/// then taken for one that nobody wants, and is never written again.
static SILENT: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::default()));

/// Asks without the lines that AWS's crates write meanwhile, if there are any at TRACE: those have the answer,
/// which the SDK only leaves out where the service's model calls it sensitive. That of DynamoDB calls nothing
/// so, and no model the error that repeats a value which was to be written. At DEBUG no line has an answer.
pub(super) async fn untraced<F: Future>(asking: F) -> F::Output {
    if LevelFilter::current() < LevelFilter::TRACE {
        return asking.await;
    }
    tracing::trace!("AWS's SDK writes no lines here, because at TRACE they have values");
    asking.with_subscriber(SILENT.clone()).await
}

/// A client of one service: the user's own, or made on first use.
pub(super) struct Client<C> {
    aws: Aws,
    made: OnceLock<C>,
}

impl<C> fmt::Debug for Client<C> {
    /// Not the SDK's client, which holds the configuration.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.aws.fmt(formatter)
    }
}

impl<C> Client<C> {
    pub(super) fn through(aws: &Aws) -> Self {
        Self {
            aws: aws.clone(),
            made: OnceLock::new(),
        }
    }

    pub(super) fn made(client: C) -> Self {
        Self {
            aws: Aws::default(),
            made: OnceLock::from(client),
        }
    }

    pub(super) async fn get(&self, make: impl FnOnce(&SdkConfig) -> C) -> Result<&C, Error> {
        if let Some(made) = self.made.get() {
            return Ok(made);
        }
        let config = self.aws.config().await?;
        Ok(self.made.get_or_init(|| make(config)))
    }
}

/// Why a request for several names failed.
#[cfg(any(feature = "secrets-manager", feature = "ssm"))]
pub(super) struct Refusal {
    pub(super) error: Error,
    /// Whether one of the names may be the reason, and the others are good.
    pub(super) is_of_one: bool,
}

#[cfg(any(feature = "secrets-manager", feature = "ssm"))]
impl From<Error> for Refusal {
    /// What failed before anything was asked has nothing to do with names.
    fn from(error: Error) -> Self {
        Self {
            error,
            is_of_one: false,
        }
    }
}

/// What is asked of a service, as its permission is called: `ssm:GetParameter`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    Read(&'static str),
    #[cfg_attr(
        not(any(feature = "secrets-manager", feature = "ssm")),
        allow(dead_code, reason = "the others are only read")
    )]
    Write(&'static str),
}

impl Action {
    fn permission(self) -> &'static str {
        match self {
            Self::Read(permission) | Self::Write(permission) => permission,
        }
    }

    /// What the SDK's error means. That error itself is never a cause: it holds the answer, whose body may
    /// be the value.
    pub(super) fn error<E>(self, error: &SdkError<E, HttpResponse>) -> Error
    where
        E: ProvideErrorMetadata,
    {
        match error {
            SdkError::ServiceError(answer) => {
                let status = answer.raw().status().as_u16();
                self.refusal(answer.err().meta(), Some(status))
            }
            SdkError::TimeoutError(_) => timed_out(),
            SdkError::DispatchFailure(failure) => not_sent(failure),
            SdkError::ConstructionFailure(_) => {
                // Its text may have what was to be sent.
                let error = Error::new(ErrorKind::Invalid);
                error.remedy(
                    "the request cannot be made; check the name, the region and the endpoint",
                )
            }
            SdkError::ResponseError(answer) => {
                let status = answer.raw().status().as_u16();
                Error::new(ErrorKind::Unavailable)
                    .remedy("the answer cannot be read; check the endpoint")
                    .because(format!("an answer with status {status}"))
            }
            _ => Error::new(ErrorKind::Failed),
        }
    }

    /// What the SDK's error means for a request that may have had several names.
    #[cfg(any(feature = "secrets-manager", feature = "ssm"))]
    pub(super) fn refusal_of_some<E>(self, error: &SdkError<E, HttpResponse>) -> Refusal
    where
        E: ProvideErrorMetadata,
    {
        let code = error.as_service_error().map(|answer| answer.code());
        let is_of_names = code.is_some_and(|code| !is_of_credentials(code.unwrap_or_default()));
        let error = self.error(error);
        let may_be_of_one = matches!(
            error.kind(),
            ErrorKind::AccessDenied | ErrorKind::Invalid | ErrorKind::NotFound
        );
        Refusal {
            error,
            is_of_one: is_of_names && may_be_of_one,
        }
    }

    /// What a service's own error means.
    pub(super) fn refusal(self, error: &ErrorMetadata, status: Option<u16>) -> Error {
        let code = error.code().unwrap_or_default();
        let known = known(code, self.permission());
        let (kind, remedy) = known.unwrap_or((by_status(status), None));
        let mut cause = match (code, status) {
            ("", Some(status)) => format!("an answer with status {status}"),
            ("", None) => "an answer without a reason".to_owned(),
            _ => code.to_owned(),
        };
        // A service that refuses a value likes to repeat it: "Value 's3cret' at 'value' failed to satisfy …".
        if let (Self::Read(_), Some(message)) = (self, error.message()) {
            cause.push_str(": ");
            cause.push_str(message);
        }
        if let Some(id) = error.extra("aws_request_id") {
            cause.push_str(&format!(" (request {id})"));
        }
        let error = Error::new(kind).because(cause);
        match remedy {
            Some(remedy) => error.remedy(remedy),
            None => error,
        }
    }
}

const EXPIRED: [&str; 3] = ["ExpiredTokenException", "ExpiredToken", "RequestExpired"];
const NOT_ACCEPTED: [&str; 8] = [
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "IncompleteSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "OptInRequired",
];

#[cfg(any(feature = "secrets-manager", feature = "ssm"))]
fn is_of_credentials(code: &str) -> bool {
    EXPIRED.contains(&code) || NOT_ACCEPTED.contains(&code)
}

/// The codes of all these services, by the last part of their names.
fn known(code: &str, permission: &str) -> Option<(ErrorKind, Option<String>)> {
    let (kind, remedy) = match code {
        "ParameterNotFound" | "ResourceNotFoundException" => (ErrorKind::NotFound, None),
        "ParameterVersionNotFound" => (
            ErrorKind::NotFound,
            Some("it has no such version or label".to_owned()),
        ),
        "AccessDeniedException" | "AccessDenied" | "NotAuthorized" | "UnauthorizedOperation" => (
            ErrorKind::AccessDenied,
            Some(format!("allow `{permission}` on it in the function's role")),
        ),
        _ if EXPIRED.contains(&code) => (
            ErrorKind::AccessDenied,
            Some(
                "the credentials have expired; sign in again, or let the role renew them"
                    .to_owned(),
            ),
        ),
        _ if NOT_ACCEPTED.contains(&code) => (
            ErrorKind::AccessDenied,
            Some("AWS does not accept the credentials; check where they come from".to_owned()),
        ),
        "KMSAccessDeniedException" | "DecryptionFailure" | "EncryptionFailure" => (
            ErrorKind::AccessDenied,
            Some("let the function's role use the value's KMS key".to_owned()),
        ),
        "InvalidKeyId" | "InvalidKeyIdException" => (
            ErrorKind::Invalid,
            Some("its KMS key cannot be used; check that there is one, and enabled".to_owned()),
        ),
        "ParameterAlreadyExists" | "ResourceExistsException" => (
            ErrorKind::Invalid,
            Some("it is there already; overwrite it to change it".to_owned()),
        ),
        "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "ProvisionedThroughputExceededException"
        | "TooManyUpdates"
        | "SlowDown" => (ErrorKind::Throttled, None),
        "InternalServerError"
        | "InternalServerException"
        | "InternalServiceError"
        | "InternalFailure"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => (
            ErrorKind::Unavailable,
            Some("the service itself failed; try again later".to_owned()),
        ),
        _ => return None,
    };
    Some((kind, remedy))
}

fn by_status(status: Option<u16>) -> ErrorKind {
    match status {
        Some(429) => ErrorKind::Throttled,
        Some(401 | 403) => ErrorKind::AccessDenied,
        Some(400..=499) => ErrorKind::Invalid,
        Some(500..) => ErrorKind::Unavailable,
        _ => ErrorKind::Failed,
    }
}

fn timed_out() -> Error {
    Error::new(ErrorKind::TimedOut).remedy(
        "AWS was not reached in time; check that the function's network has a way to the service, such as a \
         VPC endpoint",
    )
}

fn not_sent(failure: &DispatchFailure) -> Error {
    let Some(cause) = failure.as_connector_error() else {
        return Error::new(ErrorKind::Unavailable);
    };
    if let Some(error) = credentials(cause) {
        let (kind, remedy) = match error {
            CredentialsError::CredentialsNotLoaded(_) => (
                ErrorKind::AccessDenied,
                "there are no AWS credentials; sign in, or give the function a role",
            ),
            CredentialsError::InvalidConfiguration(_) => (
                ErrorKind::Invalid,
                "AWS's configuration files cannot be used; mend them",
            ),
            CredentialsError::ProviderTimedOut(_) => (
                ErrorKind::TimedOut,
                "the AWS credentials did not come in time; check where they come from",
            ),
            _ => (
                ErrorKind::Unavailable,
                "the AWS credentials cannot be had; check where they come from",
            ),
        };
        return Error::new(kind)
            .remedy(remedy)
            .because(causes::chain(error));
    }
    if failure.is_timeout() {
        return timed_out();
    }
    Error::new(ErrorKind::Unavailable)
        .remedy("check the endpoint, and that the function's network has a way to it")
        .because(causes::chain(cause))
}

/// That there are no credentials is somewhere among the causes.
fn credentials<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a CredentialsError> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The services allow some tens of requests a second, for all who ask.
#[cfg(any(feature = "dynamodb", feature = "secrets-manager", feature = "ssm"))]
const AT_A_TIME: usize = 4;

/// What all of these give, a few of them at a time, in their order.
#[cfg(any(feature = "dynamodb", feature = "secrets-manager", feature = "ssm"))]
pub(super) async fn some_at_a_time<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    use futures_util::{StreamExt, stream};

    stream::iter(futures).buffered(AT_A_TIME).collect().await
}

/// The next page's token or key, unless it was used before: a service that sends us around in a circle would
/// be asked for ever. A list is enough, since it has one entry for each request.
#[cfg(any(feature = "dynamodb", feature = "ssm", feature = "secrets-manager"))]
pub(super) fn go_on<T: Clone + PartialEq>(seen: &mut Vec<T>, next: T) -> Result<Option<T>, Error> {
    if seen.contains(&next) {
        return Err(Error::new(ErrorKind::Unavailable)
            .remedy("the service gives the same pages again and again"));
    }
    seen.push(next.clone());
    Ok(Some(next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(code: &str, message: &str) -> ErrorMetadata {
        ErrorMetadata::builder().code(code).message(message).build()
    }

    fn text(error: &Error) -> String {
        causes::chain(error)
    }

    #[test]
    fn nothing_is_made_before_something_is_asked() {
        assert!(Aws::new().config.get().is_none());
        assert!(Arc::ptr_eq(&Aws::default().config, &Aws::default().config));
    }

    #[test]
    fn other_settings_share_nothing_with_the_processes_own() {
        let own = Aws::default().retries(0);

        assert!(!Arc::ptr_eq(&own.config, &Aws::default().config));
        assert!(Arc::ptr_eq(&own.config, &own.clone().config));
    }

    #[test]
    fn each_code_has_its_kind() {
        let action = Action::Read("ssm:GetParameter");
        for (code, kind) in [
            ("ParameterNotFound", ErrorKind::NotFound),
            ("ParameterVersionNotFound", ErrorKind::NotFound),
            ("ResourceNotFoundException", ErrorKind::NotFound),
            ("AccessDeniedException", ErrorKind::AccessDenied),
            ("ExpiredTokenException", ErrorKind::AccessDenied),
            ("UnrecognizedClientException", ErrorKind::AccessDenied),
            ("DecryptionFailure", ErrorKind::AccessDenied),
            ("InvalidKeyId", ErrorKind::Invalid),
            ("ParameterAlreadyExists", ErrorKind::Invalid),
            ("ValidationException", ErrorKind::Invalid),
            ("ThrottlingException", ErrorKind::Throttled),
            (
                "ProvisionedThroughputExceededException",
                ErrorKind::Throttled,
            ),
            ("InternalServerError", ErrorKind::Unavailable),
        ] {
            let error = action.refusal(&metadata(code, ""), Some(400));
            assert_eq!(error.kind(), kind, "{code}");
        }
    }

    #[test]
    fn an_unknown_code_is_judged_by_the_status() {
        let action = Action::Read("ssm:GetParameter");
        for (status, kind) in [
            (Some(400), ErrorKind::Invalid),
            (Some(403), ErrorKind::AccessDenied),
            (Some(429), ErrorKind::Throttled),
            (Some(503), ErrorKind::Unavailable),
            (None, ErrorKind::Failed),
        ] {
            let error = action.refusal(&metadata("Strange", ""), status);
            assert_eq!(error.kind(), kind, "{status:?}");
        }
    }

    #[test]
    fn a_refused_permission_is_named() {
        let error = Action::Read("ssm:GetParametersByPath")
            .refusal(&metadata("AccessDeniedException", "no"), Some(400))
            .of("SSM Parameter Store", "/shop");

        assert_eq!(
            text(&error),
            "parameter `/shop` of SSM Parameter Store may not be accessed: allow \
             `ssm:GetParametersByPath` on it in the function's role: AccessDeniedException: no"
        );
    }

    #[test]
    fn what_a_service_says_of_a_value_that_it_refuses_is_left_out() {
        let refused = metadata(
            "ValidationException",
            "Value 's3cret' at 'value' failed to satisfy constraint",
        );

        let error = Action::Write("ssm:PutParameter").refusal(&refused, Some(400));

        assert!(!text(&error).contains("s3cret"), "{}", text(&error));
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        assert!(
            text(&error).contains("ValidationException"),
            "{}",
            text(&error)
        );
    }
}
