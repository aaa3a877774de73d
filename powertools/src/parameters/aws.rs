//! What the providers that ask AWS's SDK share: what its errors mean, and how much is asked at a time.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::{
    orchestrator::HttpResponse,
    result::{DispatchFailure, SdkError},
};
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};

use super::{Error, ErrorKind};
pub(super) use crate::aws::{Aws, Client, untraced};
use crate::{aws::ConfigError, causes};

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        let kind = match error {
            ConfigError::TimedOut => ErrorKind::TimedOut,
            _ => ErrorKind::Invalid,
        };
        Self::new(kind).remedy(error.to_string())
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
