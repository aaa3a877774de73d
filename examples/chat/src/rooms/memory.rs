//! Rooms in this process: for localhost, and for tests. On Lambda each sandbox would have its own.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Asked, Member, Rooms};
use crate::words::{Name, Room};

/// By room and connection.
#[derive(Debug, Default)]
pub struct Memory(Mutex<BTreeMap<(Room, String), Name>>);

impl Memory {
    fn seats(&self) -> MutexGuard<'_, BTreeMap<(Room, String), Name>> {
        // A map is whole after every call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rooms for Memory {
    fn join<'a>(&'a self, room: &'a Room, member: Member) -> Asked<'a, ()> {
        let seat = (room.clone(), member.connection);
        self.seats().insert(seat, member.name);
        Box::pin(async { Ok(()) })
    }

    fn leave<'a>(&'a self, room: &'a Room, connection: &'a str) -> Asked<'a, Option<Member>> {
        let name = self.seats().remove(&(room.clone(), connection.to_owned()));
        let connection = connection.to_owned();
        let left = name.map(|name| Member { connection, name });
        Box::pin(async { Ok(left) })
    }

    fn members<'a>(&'a self, room: &'a Room) -> Asked<'a, Vec<Member>> {
        let seats = self.seats();
        let seats = seats.range((room.clone(), String::new())..);
        let seats = seats.take_while(|((known, _), _)| known == room);
        let members = seats.map(|((_, connection), name)| Member {
            connection: connection.clone(),
            name: name.clone(),
        });
        let members = members.collect();
        Box::pin(async { Ok(members) })
    }

    fn forget<'a>(&'a self, connection: &'a str) -> Asked<'a, Vec<(Room, Member)>> {
        let mut left = Vec::new();
        self.seats().retain(|(room, known), name| {
            if known != connection {
                return true;
            }
            let member = Member {
                connection: connection.to_owned(),
                name: name.clone(),
            };
            left.push((room.clone(), member));
            false
        });
        Box::pin(async { Ok(left) })
    }
}
