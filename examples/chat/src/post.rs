//! How clients are told something, and what becomes of those that do not listen.

use std::time::Duration;

use powertools::websocket::{Connection, Connections, ConnectionsError};

/// How long one client may hold up what is told to all: attempts and pauses between them included.
const PATIENCE: Duration = Duration::from_secs(1);

/// Sends a text to these connections of the API that `via` is of, and says which of them are no more. Those
/// that do not read are closed and count among them, because every word in the room would wait for them again.
pub(crate) async fn post(via: &Connection, to: Vec<String>, text: String) -> Vec<String> {
    let connections = Connections::of(via).within(PATIENCE);
    let told = connections.broadcast(to, text).await;
    let mut gone = told.gone;
    for (connection, error) in told.failed {
        // API Gateway says 429 of a client whose buffer is full, and of an account that asks too often: then
        // somebody is sent away who would have read, and comes in again.
        // (https://docs.aws.amazon.com/apigatewaymanagementapi/latest/api/API_PostToConnection.html)
        let is_deaf = matches!(
            error,
            ConnectionsError::LimitExceeded | ConnectionsError::TimedOut
        );
        // Of anything else somebody misses something, which is no reason for the others to.
        tracing::warn!(connection, %error, is_deaf, "not told");
        if is_deaf {
            // One after the other: each is closed once, and closing waits for no client.
            if let Err(error) = connections.close(&connection).await {
                tracing::warn!(connection, %error, "not closed");
            }
            gone.push(connection);
        }
    }
    gone
}
