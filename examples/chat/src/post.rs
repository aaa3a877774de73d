//! How clients are told something.

use std::{fmt, future::Future, pin::Pin};

use powertools::websocket::{Connection, Connections};

/// Who is gone, of those that were to be told.
pub type Posted<'a> = Pin<Box<dyn Future<Output = Vec<String>> + Send + 'a>>;

/// Tells clients something. Boxed futures, as with [`Rooms`](crate::rooms::Rooms).
pub trait Post: fmt::Debug + Send + Sync {
    /// Sends a text to these connections of the API that `via` is of, and says which of them are gone.
    fn post<'a>(&'a self, via: &'a Connection, to: Vec<String>, text: String) -> Posted<'a>;
}

/// Through API Gateway, or the local gateway.
#[derive(Debug)]
pub struct Gateway;

impl Post for Gateway {
    fn post<'a>(&'a self, via: &'a Connection, to: Vec<String>, text: String) -> Posted<'a> {
        Box::pin(async move {
            let told = Connections::of(via).broadcast(to, text).await;
            for (connection, error) in &told.failed {
                // Somebody misses something, which is no reason for the others to.
                tracing::warn!(connection, %error, "not told");
            }
            told.gone
        })
    }
}
