//! Rooms over a WebSocket API, and a page to try them: one function behind two APIs.
//!
//! `handlers` has the routes, `rooms` remembers who is where, `post` speaks to clients, `words` says what may be
//! said.

use std::{collections::VecDeque, sync::Arc};

use powertools::{
    Function,
    websocket::{Connection, Connections},
};
use serde::Serialize;

mod handlers;
pub mod page;
mod post;
pub mod rooms;
pub mod words;

#[cfg(test)]
mod tests;

use self::{
    post::Listener,
    rooms::{Member, Memory, Rooms, Unreachable},
    words::{Name, Room, Text},
};

/// The whole function.
///
/// # Errors
///
/// When routes contradict one another, which a test would see first.
pub fn function(chat: Chat) -> Result<Function, powertools::Error> {
    let page = page::router()?;
    let sockets = handlers::router(chat)?;
    Ok(Function::new().http(page).websocket(sockets))
}

/// What handlers share.
#[derive(Clone, Debug)]
pub struct Chat {
    rooms: Arc<dyn Rooms>,
}

/// Who may be in a room together. All of them are told within one invocation, also if nobody answers.
const MOST_MEMBERS: usize = 100;

/// Of those who are in a room, as `who` tells them.
const MOST_NAMES: usize = 50;

/// What clients are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Told {
    Joined {
        room: Room,
        name: Name,
    },
    Left {
        room: Room,
        name: Name,
    },
    Message {
        room: Room,
        name: Name,
        text: Text,
    },
    /// The first names of the alphabet, and how many come after them.
    Who {
        room: Room,
        names: Vec<Name>,
        more: usize,
    },
    Problem {
        detail: String,
    },
}

impl Told {
    fn left((room, member): (Room, Member)) -> Self {
        Self::Left {
            room,
            name: member.name,
        }
    }

    /// Bounded, whoever is in the room: a message has an end, and so has a reader's patience.
    fn who(room: Room, mut names: Vec<Name>) -> Self {
        names.sort();
        let more = names.len().saturating_sub(MOST_NAMES);
        names.truncate(MOST_NAMES);
        Self::Who { room, names, more }
    }

    fn json(&self) -> String {
        serde_json::to_string(self).expect("texts and lists of them are JSON")
    }
}

impl Chat {
    /// With these.
    pub fn new(rooms: impl Rooms + 'static) -> Self {
        Self {
            rooms: Arc::new(rooms),
        }
    }

    /// As the environment says: rooms in the table that `CHAT_TABLE` names, or in memory.
    ///
    /// # Errors
    ///
    /// When a table is named and this program was built without the feature `aws`.
    pub async fn from_env() -> Result<Self, powertools::Error> {
        let table = std::env::var("CHAT_TABLE").ok();
        match table.filter(|table| !table.is_empty()) {
            #[cfg(feature = "aws")]
            Some(table) => Ok(Self::new(rooms::DynamoDb::new(table).await)),
            #[cfg(not(feature = "aws"))]
            Some(_) => Err("CHAT_TABLE is set, but this is built without the feature `aws`".into()),
            None => Ok(Self::new(Memory::default())),
        }
    }

    /// Tells everybody in a room, and forgets who is gone, of which the others are told, too.
    async fn tell(&self, via: &Connection, told: Told) -> Result<(), Unreachable> {
        let api = post::api(via);
        let mut news = VecDeque::from([told]);
        // It ends, because each round but the first is for somebody who was forgotten.
        while let Some(told) = news.pop_front() {
            let (Told::Joined { room, .. } | Told::Left { room, .. } | Told::Message { room, .. }) =
                &told
            else {
                continue;
            };
            let members = self.rooms.members(room).await?;
            let text = told.json();
            let members = members.into_iter();
            let members = members.map(|member| self.tell_one(&api, member.connection, &text));
            news.extend(post::each(members).await.into_iter().flatten());
        }
        Ok(())
    }

    /// Tells a client, and forgets it if it is gone: what is to be told of it. Here and not after the others were
    /// told, so that an invocation whose time is up has at least made a room smaller.
    async fn tell_one(&self, api: &Connections, connection: String, text: &str) -> Option<Told> {
        if post::post(api, &connection, text).await == Listener::Stays {
            return None;
        }
        tracing::info!(connection, "gone without a goodbye");
        self.forget(&connection).await.unwrap_or_else(|error| {
            // The next post will find it gone again.
            let cause = error.0;
            tracing::warn!(connection, cause, "not forgotten");
            None
        })
    }

    /// Forgets a connection: what is to be told of it.
    async fn forget(&self, connection: &str) -> Result<Option<Told>, Unreachable> {
        let left = self.rooms.forget(connection).await?;
        Ok(left.map(Told::left))
    }
}
