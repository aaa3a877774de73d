//! Rooms in one table: an item for each seat.
//!
//! The key is the room and the connection, so that who is in a room is one consistent query; the index
//! `by-connection` finds the seats of a connection that is gone. An index is a little late, so somebody who
//! leaves in the moment of joining may keep a seat: the first post to it finds that nobody sits there. And
//! `expires` is an attribute that DynamoDB can take old items away by: no connection lasts longer.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, ReturnValue},
};

use super::{Asked, Member, Rooms, Unreachable};
use crate::words::{Name, Room};

const INDEX: &str = "by-connection";
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

    /// Takes a seat away: who sat there.
    async fn take(&self, room: &Room, connection: &str) -> Result<Option<Member>, Unreachable> {
        let request = self.client.delete_item().table_name(&self.table);
        let request = request
            .key("room", AttributeValue::S(room.to_string()))
            .key("connection", AttributeValue::S(connection.to_owned()))
            .return_values(ReturnValue::AllOld);
        let taken = request.send().await.map_err(unreachable)?;
        Ok(taken.attributes().and_then(member))
    }
}

impl Rooms for DynamoDb {
    fn join<'a>(&'a self, room: &'a Room, member: Member) -> Asked<'a, ()> {
        Box::pin(async move {
            let expires = SystemTime::now() + LONGEST;
            let expires = expires.duration_since(UNIX_EPOCH).unwrap_or_default();
            let request = self.client.put_item().table_name(&self.table);
            let request = request
                .item("room", AttributeValue::S(room.to_string()))
                .item("connection", AttributeValue::S(member.connection))
                .item("name", AttributeValue::S(member.name.to_string()))
                .item("expires", AttributeValue::N(expires.as_secs().to_string()));
            request.send().await.map_err(unreachable)?;
            Ok(())
        })
    }

    fn leave<'a>(&'a self, room: &'a Room, connection: &'a str) -> Asked<'a, Option<Member>> {
        Box::pin(self.take(room, connection))
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

    fn forget<'a>(&'a self, connection: &'a str) -> Asked<'a, Vec<(Room, Member)>> {
        Box::pin(async move {
            let request = self.client.query().table_name(&self.table);
            let request = request
                .index_name(INDEX)
                .key_condition_expression("#connection = :connection")
                .expression_attribute_names("#connection", "connection")
                .expression_attribute_values(
                    ":connection",
                    AttributeValue::S(connection.to_owned()),
                );
            let mut pages = request.into_paginator().items().send();
            let mut left = Vec::new();
            while let Some(item) = pages.next().await {
                let Some(room) = text(&item.map_err(unreachable)?, "room") else {
                    continue;
                };
                let Ok(room) = Room::try_from(room) else {
                    continue;
                };
                // Who was faster has told the others already.
                if let Some(member) = self.take(&room, connection).await? {
                    left.push((room, member));
                }
            }
            Ok(left)
        })
    }
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
