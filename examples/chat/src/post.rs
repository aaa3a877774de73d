//! How clients are told something, and what becomes of those that do not listen.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use powertools::websocket::{Connection, Connections, ConnectionsError, Outcome};

/// How long one client may hold up those who wait for its place: attempts and pauses between them included.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many clients are told at a time. With [`MOST_MEMBERS`](crate::MOST_MEMBERS) nobody waits for more than one
/// other. All at once would be a connection each, and a small function makes so many so slowly that clients
/// that read would be taken for deaf.
const AT_A_TIME: usize = 50;

/// The API that a client is at, asked with as much patience as clients get.
pub(crate) fn api(of: &Connection) -> Connections {
    Connections::of(of).within(PATIENCE)
}

/// Whether a client is still one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listener {
    Stays,
    IsGone,
}

/// Sends a text to a client. One that does not read is closed at once, because every word in the room would wait
/// for it again.
pub(crate) async fn post(api: &Connections, to: &str, text: &str) -> Listener {
    let error = match api.post(to, text.to_owned()).await {
        Ok(Outcome::Done) => return Listener::Stays,
        Ok(Outcome::Gone) => return Listener::IsGone,
        Err(error) => error,
    };
    // API Gateway says 429 of a client whose buffer is full, and of an account that asks too often: then
    // somebody is sent away who would have read, and comes in again.
    // (https://docs.aws.amazon.com/apigatewaymanagementapi/latest/api/API_PostToConnection.html)
    let is_deaf = matches!(
        error,
        ConnectionsError::LimitExceeded | ConnectionsError::TimedOut
    );
    tracing::warn!(connection = to, %error, is_deaf, "not told");
    if !is_deaf {
        // Somebody misses something, which is no reason for the others to.
        return Listener::Stays;
    }
    if let Err(error) = api.close(to).await {
        tracing::warn!(connection = to, %error, "not closed");
    }
    Listener::IsGone
}

/// Does all of these, some at a time. Each is done when its own turn is over: what is cut off half way has been done
/// for those before.
pub(crate) async fn each<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    stream::iter(all)
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::{Instant, timeout};

    use super::*;
    use crate::MOST_MEMBERS;

    // The clock is tokio's own, which goes on by itself while nothing else does.
    #[tokio::test(start_paused = true)]
    async fn a_full_room_of_clients_that_do_not_answer_takes_less_than_half_of_ten_seconds() {
        let begun = Instant::now();
        // Neither the post is answered nor the request to close.
        let deaf = (0..MOST_MEMBERS).map(|_| async {
            for _ in ["post", "close"] {
                assert!(timeout(PATIENCE, pending::<()>()).await.is_err());
            }
        });

        assert_eq!(each(deaf).await.len(), MOST_MEMBERS);

        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "{:?}",
            begun.elapsed()
        );
    }
}
