//! One connection from its handshake to its end: reads, writes, limits.
//!
//! Reading and writing go on side by side, so that a client that does not read can still be closed. What
//! waits for it is bounded (see `open`), and so are the messages of one client that are being handled. Those
//! behind them wait here and not in the socket, where the client's goodbye would wait behind them.

use std::{pin::pin, sync::Arc, time::Duration};

use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{Connected, Sockets};
use crate::{function::App, local::settings::Limits};

/// Messages of one client that are handled at a time. API Gateway promises no order either.
const MOST_AT_WORK: usize = 16;
/// What those that wait for their turn may have together; beyond it nothing more is read.
const MOST_WAITING_BYTES: usize = 1024 * 1024;
/// What a message costs besides its bytes: with them empty, a thousand wait.
const OVERHEAD: usize = 1024;
/// How long a client may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);
/// What is read at once.
const BUFFER: usize = 8 * 1024;

/// A message's wait for its turn among those of its client.
pub(super) struct Turn {
    places: Arc<Semaphore>,
    room: OwnedSemaphorePermit,
}

impl Turn {
    /// Its place, when there is one. Places are given in the order in which messages came.
    pub(super) async fn come(self) -> OwnedSemaphorePermit {
        let place = self.places.acquire_owned().await;
        drop(self.room);
        place.expect("nobody closes it")
    }
}

pub(super) type Stream = WebSocketStream<TokioIo<Upgraded>>;

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The client said goodbye.
    Left { code: u16, reason: String },
    /// It is gone without a word.
    Lost,
    /// We say goodbye.
    Closed { code: u16, reason: &'static str },
    /// We say goodbye to a client whose bytes cannot be made sense of any more.
    Broken { code: u16, reason: &'static str },
}

impl End {
    /// What the function is told. Where a real event was seen, in its words.
    pub(super) fn told(&self) -> (u16, &str) {
        match self {
            Self::Left { code: 1001, reason } if reason.is_empty() => (1001, "Going away"),
            Self::Left { code, reason } => (*code, reason),
            Self::Lost => (1006, "Connection closed abnormally"),
            Self::Closed { code, reason } | Self::Broken { code, reason } => (*code, reason),
        }
    }

    fn of(frame: Option<CloseFrame>) -> Self {
        match frame {
            Some(frame) => Self::Left {
                code: frame.code.into(),
                reason: frame.reason.as_str().to_owned(),
            },
            None => Self::Left {
                code: 1005,
                reason: "Client-side close frame status not set".to_owned(),
            },
        }
    }

    fn of_error(error: &Error) -> Self {
        let (code, reason) = match error {
            Error::Capacity(_) => (1009, "Message too long"),
            Error::Utf8(_) => (1007, "Invalid UTF-8"),
            Error::Protocol(
                tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
            ) => return Self::Lost,
            Error::Protocol(_) | Error::AttackAttempt => (1002, "Protocol error"),
            _ => return Self::Lost,
        };
        Self::Broken { code, reason }
    }
}

impl<A: App> Sockets<A> {
    /// Speaks with a client until one of the two has had enough. The stream is for the goodbye.
    pub(super) async fn converse(
        self: &Arc<Self>,
        upgraded: Upgraded,
        connected: &Arc<Connected>,
        waiting: mpsc::Receiver<String>,
    ) -> (End, Stream) {
        let limits = self.settings.limits;
        let stream =
            Stream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config(&limits)));
        let (mut sink, mut source) = stream.await.split();
        let end = {
            let read = pin!(self.read(&mut source, connected));
            let write = pin!(write(&mut sink, connected, waiting));
            let idle = pin!(idle(connected, limits.idle));
            tokio::select! {
                end = read => end,
                end = write => end,
                () = idle => End::Closed { code: 1001, reason: "Going away" },
                () = tokio::time::sleep(limits.age) => End::Closed { code: 1001, reason: "Going away" },
                () = connected.closing.notified() => {
                    End::Closed { code: 1000, reason: "Connection closed normally" }
                }
            }
        };
        let stream = source.reunite(sink);
        (end, stream.expect("both are halves of the same stream"))
    }

    async fn read(
        self: &Arc<Self>,
        source: &mut SplitStream<Stream>,
        connected: &Arc<Connected>,
    ) -> End {
        let places = Arc::new(Semaphore::new(MOST_AT_WORK));
        let room = Arc::new(Semaphore::new(MOST_WAITING_BYTES));
        while let Some(message) = source.next().await {
            connected.touch();
            match message {
                Ok(Message::Text(text)) => {
                    // One that is larger than all the room, as a setting may allow, waits alone.
                    let bytes = (text.len() + OVERHEAD).min(MOST_WAITING_BYTES);
                    let bytes = u32::try_from(bytes).expect("it is a megabyte at most");
                    let room = Arc::clone(&room).acquire_many_owned(bytes).await;
                    let turn = Turn {
                        places: Arc::clone(&places),
                        room: room.expect("nobody closes it"),
                    };
                    self.message(connected, text.as_str(), turn);
                }
                Ok(Message::Binary(_)) => {
                    return End::Closed {
                        code: 1003,
                        reason: "Binary frames are not supported",
                    };
                }
                Ok(Message::Close(frame)) => return End::of(frame),
                // A ping is answered by the next poll.
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
                Err(error) => return End::of_error(&error),
            }
        }
        End::Lost
    }
}

async fn write(
    sink: &mut SplitSink<Stream, Message>,
    connected: &Connected,
    mut waiting: mpsc::Receiver<String>,
) -> End {
    while let Some(text) = waiting.recv().await {
        if sink.send(Message::Text(text.into())).await.is_err() {
            return End::Lost;
        }
        connected.touch();
    }
    // The sender is in `connected`, which outlives this.
    End::Lost
}

/// Ends when nothing went over the connection for so long.
async fn idle(connected: &Connected, most: Duration) {
    loop {
        let until = connected.seen().at + most;
        if until <= Instant::now() {
            return;
        }
        sleep_until(until).await;
    }
}

/// Tells a client that it is over. One that does not answer is left without.
pub(super) async fn say_goodbye(stream: Stream, end: &End) {
    let _ = timeout(GOODBYE, goodbye(stream, end)).await;
}

async fn goodbye(mut stream: Stream, end: &End) {
    let frame = match end {
        End::Lost => return,
        // The answer to the client's is on its way already.
        End::Left { .. } => None,
        End::Closed { code, reason } | End::Broken { code, reason } => Some(CloseFrame {
            code: CloseCode::from(*code),
            reason: Utf8Bytes::from_static(reason),
        }),
    };
    if frame.is_some() && stream.close(frame).await.is_err() {
        return;
    }
    if matches!(end, End::Broken { .. }) {
        // What still comes is read and forgotten: closing with bytes unread resets the connection, and
        // the client would not read why.
        let raw = stream.get_mut();
        let _ = raw.shutdown().await;
        let mut buffer = [0; BUFFER];
        while raw.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
        return;
    }
    while let Some(Ok(_)) = stream.next().await {}
}

fn config(limits: &Limits) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        // One message and the pongs beside it: the next one is written when this one is out.
        .max_write_buffer_size(2 * limits.message.max(BUFFER))
        .max_message_size(Some(limits.message))
        .max_frame_size(Some(limits.frame))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::gateway::websocket;

    #[tokio::test(start_paused = true)]
    async fn whatever_goes_over_a_connection_ends_its_silence() {
        let about = websocket::Connection {
            id: String::new(),
            connected_at: SystemTime::now(),
            domain: String::new(),
            user_agent: None,
        };
        let (connected, _waiting) = Connected::new(about, 0);
        let started = Instant::now();
        let talk = async {
            for _ in 0..3 {
                tokio::time::sleep(Duration::from_secs(500)).await;
                connected.touch();
            }
        };
        tokio::join!(talk, idle(&connected, Duration::from_secs(600)));
        assert_eq!(started.elapsed().as_secs(), 3 * 500 + 600);
    }

    #[test]
    fn the_function_is_told_how_a_connection_ended() {
        let left = |code, reason: &str| End::Left {
            code,
            reason: reason.to_owned(),
        };
        for (end, expected) in [
            (End::Lost, (1006, "Connection closed abnormally")),
            (
                End::of(None),
                (1005, "Client-side close frame status not set"),
            ),
            (left(1001, ""), (1001, "Going away")),
            (left(1001, "lunch"), (1001, "lunch")),
            (left(4000, ""), (4000, "")),
        ] {
            assert_eq!(end.told(), expected, "{end:?}");
        }
    }
}
