//! Rooms in one table: for each connection in a room an item in that room, its seat, and one that says which room
//! it is.
//!
//! The key is the room and the connection, so that who is in a room is one consistent query. The other item is
//! found by the connection alone; a blank before it makes a key that no room has, as names of rooms are trimmed.
//! Whoever writes it learns what it said before, so however many joins run at a time, of all seats but the last
//! one each is given up. An index by connection is the road not taken: it is a little late, and so an impatient
//! client would sit everywhere.
//!
//! A connection that ends in the moment of joining may keep its seat: the first post to it finds that nobody sits
//! there. And `expires` is an attribute that DynamoDB can take old items away by: no connection lasts longer.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::{
    Client,
    operation::put_item::builders::PutItemFluentBuilder,
    types::{AttributeValue, ReturnValue},
};

use super::{Asked, Member, Rooms, Seat, Unreachable};
use crate::words::{Name, Room};

/// A little longer than the two hours that API Gateway lets a connection last.
const LONGEST: Duration = Duration::from_secs(3 * 60 * 60);

/// The table.
#[derive(Debug)]
pub struct DynamoDb {
    client: Client,
    table: String,
}

type Item = std::collections::HashMap<String, AttributeValue>;

impl DynamoDb {
    /// The table of this name, with whatever else the environment says: the region, the role.
    pub async fn new(table: String) -> Self {
        let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
        Self {
            client: Client::new(&config),
            table,
        }
    }

    /// An item to be put, with what all have.
    fn item(&self, room: String, connection: &str) -> PutItemFluentBuilder {
        let expires = SystemTime::now() + LONGEST;
        let expires = expires.duration_since(UNIX_EPOCH).unwrap_or_default();
        let request = self.client.put_item().table_name(&self.table);
        request
            .item("room", AttributeValue::S(room))
            .item("connection", AttributeValue::S(connection.to_owned()))
            .item("expires", AttributeValue::N(expires.as_secs().to_string()))
    }

    /// Takes an item away: what it said.
    async fn take(&self, room: String, connection: &str) -> Result<Option<Item>, Unreachable> {
        let request = self.client.delete_item().table_name(&self.table);
        let request = request
            .key("room", AttributeValue::S(room))
            .key("connection", AttributeValue::S(connection.to_owned()))
            .return_values(ReturnValue::AllOld);
        Ok(request.send().await.map_err(unreachable)?.attributes)
    }

    /// Takes a seat away: who sat there.
    async fn give_up(&self, room: Room, connection: &str) -> Result<Option<Seat>, Unreachable> {
        let seat = self.take(room.to_string(), connection).await?;
        Ok(seat.as_ref().and_then(member).map(|member| (room, member)))
    }
}

impl Rooms for DynamoDb {
    fn join<'a>(&'a self, room: &'a Room, member: Member) -> Asked<'a, Option<Seat>> {
        Box::pin(async move {
            let connection = member.connection;
            // The seat first: what the other item says is then there to be given up.
            let seat = self.item(room.to_string(), &connection);
            let seat = seat.item("name", AttributeValue::S(member.name.to_string()));
            seat.send().await.map_err(unreachable)?;
            let place = self.item(place_of(&connection), &connection);
            let place = place.item("in", AttributeValue::S(room.to_string()));
            let place = place.return_values(ReturnValue::AllOld);
            let before = place.send().await.map_err(unreachable)?;
            match before.attributes().and_then(room_of) {
                Some(before) if before != *room => self.give_up(before, &connection).await,
                _ => Ok(None),
            }
        })
    }

    /// What says where the connection is stays: it leads to a seat that is not there, and that is all.
    fn leave<'a>(&'a self, room: &'a Room, connection: &'a str) -> Asked<'a, Option<Member>> {
        Box::pin(async move {
            let seat = self.take(room.to_string(), connection).await?;
            Ok(seat.as_ref().and_then(member))
        })
    }

    fn members<'a>(&'a self, room: &'a Room) -> Asked<'a, Vec<Member>> {
        Box::pin(async move {
            let request = self.client.query().table_name(&self.table);
            let request = request
                .key_condition_expression("#room = :room")
                .expression_attribute_names("#room", "room")
                .expression_attribute_values(":room", AttributeValue::S(room.to_string()))
                .consistent_read(true);
            let mut pages = request.into_paginator().items().send();
            let mut members = Vec::new();
            while let Some(item) = pages.next().await {
                // What somebody else wrote into the table is nobody here.
                members.extend(member(&item.map_err(unreachable)?));
            }
            Ok(members)
        })
    }

    fn forget<'a>(&'a self, connection: &'a str) -> Asked<'a, Option<Seat>> {
        Box::pin(async move {
            let place = self.take(place_of(connection), connection).await?;
            match place.as_ref().and_then(room_of) {
                // Who was faster has told the others already.
                Some(room) => self.give_up(room, connection).await,
                None => Ok(None),
            }
        })
    }
}

/// Under which key it stands where a connection is.
fn place_of(connection: &str) -> String {
    format!(" {connection}")
}

fn room_of(place: &Item) -> Option<Room> {
    Room::try_from(text(place, "in")?).ok()
}

fn member(item: &Item) -> Option<Member> {
    Some(Member {
        connection: text(item, "connection")?,
        name: Name::try_from(text(item, "name")?).ok()?,
    })
}

fn text(item: &Item, name: &str) -> Option<String> {
    item.get(name)?.as_s().ok().cloned()
}

fn unreachable(error: impl std::error::Error + Send + Sync + 'static) -> Unreachable {
    Unreachable(Box::new(error))
}
