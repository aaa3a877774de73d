//! Who is in which room.

use std::{fmt, future::Future, pin::Pin};

use crate::words::{Name, Room};

#[cfg(feature = "aws")]
mod dynamodb;
mod memory;

#[cfg(feature = "aws")]
pub use self::dynamodb::DynamoDb;
pub use self::memory::Memory;

/// Somebody in a room: a connection, and how they want to be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The connection's id.
    pub connection: String,
    /// Theirs.
    pub name: Name,
}

/// Why nobody knows who is where.
#[derive(Debug, thiserror::Error)]
#[error("the rooms cannot be reached")]
pub struct Unreachable(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Somebody and the room they are in.
pub type Seat = (Room, Member);

/// What comes of asking.
pub type Asked<'a, T> = Pin<Box<dyn Future<Output = Result<T, Unreachable>> + Send + 'a>>;

/// Remembers who is where. Boxed futures, so that a handler need not say which one it speaks to.
pub trait Rooms: fmt::Debug + Send + Sync {
    /// Lets somebody in, or calls them something else. Nobody is in two rooms: from where they came, and who
    /// they were there.
    fn join<'a>(&'a self, room: &'a Room, member: Member) -> Asked<'a, Option<Seat>>;

    /// Lets somebody out: who it was, if they were in.
    fn leave<'a>(&'a self, room: &'a Room, connection: &'a str) -> Asked<'a, Option<Member>>;

    /// Who is in a room.
    fn members<'a>(&'a self, room: &'a Room) -> Asked<'a, Vec<Member>>;

    /// Lets a connection out of wherever it was: from where, and who it was there.
    fn forget<'a>(&'a self, connection: &'a str) -> Asked<'a, Option<Seat>>;
}
