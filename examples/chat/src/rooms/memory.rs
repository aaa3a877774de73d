//! Rooms in this process: for localhost, and for tests. On Lambda each sandbox would have its own.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Asked, Member, Rooms, Seat};
use crate::words::{Name, Room};

/// By connection.
#[derive(Debug, Default)]
pub struct Memory(Mutex<BTreeMap<String, (Room, Name)>>);

impl Memory {
    fn seats(&self) -> MutexGuard<'_, BTreeMap<String, (Room, Name)>> {
        // A map is whole after every call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rooms for Memory {
    fn join<'a>(&'a self, room: &'a Room, member: Member) -> Asked<'a, Option<Seat>> {
        let Member { connection, name } = member;
        let seat = (room.clone(), name);
        let before = self.seats().insert(connection.clone(), seat);
        let before = before.filter(|(other, _)| other != room);
        let before = before.map(|(room, name)| (room, Member { connection, name }));
        Box::pin(async { Ok(before) })
    }

    fn leave<'a>(&'a self, room: &'a Room, connection: &'a str) -> Asked<'a, Option<Member>> {
        let mut seats = self.seats();
        let is_here = seats.get(connection).is_some_and(|(own, _)| own == room);
        let left = if is_here {
            seats.remove(connection)
        } else {
            None
        };
        let connection = connection.to_owned();
        let left = left.map(|(_, name)| Member { connection, name });
        Box::pin(async { Ok(left) })
    }

    fn members<'a>(&'a self, room: &'a Room) -> Asked<'a, Vec<Member>> {
        let seats = self.seats();
        let seats = seats.iter().filter(|(_, (own, _))| own == room);
        let members = seats.map(|(connection, (_, name))| Member {
            connection: connection.clone(),
            name: name.clone(),
        });
        let members = members.collect();
        Box::pin(async { Ok(members) })
    }

    fn forget<'a>(&'a self, connection: &'a str) -> Asked<'a, Option<Seat>> {
        let left = self.seats().remove(connection);
        let connection = connection.to_owned();
        let left = left.map(|(room, name)| (room, Member { connection, name }));
        Box::pin(async { Ok(left) })
    }
}
