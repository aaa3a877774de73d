//! Why a connection could not be asked.

use aws_sdk_apigatewaymanagement::error::SdkError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::{aws::ConfigError, causes};

/// Why a connection could not be written to, asked after or closed. That it is gone is not among them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionsError {
    /// A message that API Gateway does not take: refused here, or there with 413.
    #[error("the message has {bytes} bytes, and API Gateway takes at most 131072")]
    TooLarge {
        /// How many it has.
        bytes: usize,
    },
    /// JSON that cannot be made.
    #[error("the message does not serialise: {reason}")]
    Unserialisable {
        /// serde's reason.
        reason: String,
    },
    /// No id of a connection.
    #[error("`{}` is no id of a connection: use `Connection::id`", shown(.id))]
    NoId {
        /// What was given for one.
        id: String,
    },
    /// No address that can be asked.
    #[error(
        "`{url}` is no address of connections: write `https://…` with `Connections::at` or in \
         `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`"
    )]
    Endpoint {
        /// What was given for one, or the domain that an event says.
        url: String,
    },
    /// AWS cannot be asked as things are set.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// 403.
    #[error(
        "API Gateway forbids it: allow `execute-api:ManageConnections` on the API's `@connections` in the \
         function's role, and check the stage or base path"
    )]
    Forbidden,
    /// 429, still after the retries: too many requests, or a client that does not read.
    #[error("API Gateway takes no more for now: too many requests, or the client does not read")]
    LimitExceeded,
    /// No answer within the time there is: a client that does not read, or a slow network.
    #[error("no answer in time: the network is slow, or the client does not read")]
    TimedOut,
    /// No answer, or that of a service which failed.
    #[error("API Gateway cannot be reached: {reason}")]
    Unavailable {
        /// What is known of it.
        reason: String,
    },
    /// Any other refusal.
    #[error("API Gateway refuses it with status {status}")]
    Refused {
        /// Of the answer.
        status: u16,
    },
}

/// An id may have come from anywhere.
fn shown(id: &str) -> String {
    id.chars().take(64).flat_map(char::escape_debug).collect()
}

/// What the SDK's error about a connection means; nothing, if that is gone. SDK's error itself is never a cause: it
/// holds the request, whose body is the message.
pub(super) fn meaning<E>(error: &SdkError<E, HttpResponse>, id: &str) -> Option<ConnectionsError>
where
    E: ProvideErrorMetadata,
{
    let unavailable = |reason: String| Some(ConnectionsError::Unavailable { reason });
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    match (error, status) {
        (_, Some(410)) => None,
        (_, Some(403)) => Some(ConnectionsError::Forbidden),
        // API Gateway says it of ids that it could not have given. (LocalStack's issue 4694)
        (_, Some(400)) if is_about_the_id(error) => {
            Some(ConnectionsError::NoId { id: id.to_owned() })
        }
        (_, Some(429)) => Some(ConnectionsError::LimitExceeded),
        (_, Some(status @ 500..)) => unavailable(format!("an answer with status {status}")),
        (_, Some(status)) if status >= 400 => Some(ConnectionsError::Refused { status }),
        (_, Some(status)) => unavailable(format!(
            "an answer with status {status} that makes no sense"
        )),
        (SdkError::TimeoutError(_), None) => Some(ConnectionsError::TimedOut),
        (SdkError::DispatchFailure(failure), None) => {
            unavailable(match failure.as_connector_error() {
                Some(cause) => causes::chain(cause),
                None => "the request was not sent".to_owned(),
            })
        }
        // Its text may have what was to be sent.
        (_, None) => unavailable("the request cannot be made".to_owned()),
    }
}

fn is_about_the_id(error: &impl ProvideErrorMetadata) -> bool {
    let message = error.message();
    message.is_some_and(|message| message.starts_with("Invalid connectionId"))
}
