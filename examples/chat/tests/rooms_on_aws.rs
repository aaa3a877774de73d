//! Rooms in memory and in the table that `seed.py` has made say the same.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use chat::{
    rooms::{DynamoDb, Member, Memory, Rooms},
    words::{Name, Room},
};

fn room(text: &str) -> Room {
    Room::try_from(text.to_owned()).unwrap()
}

fn member(connection: &str, name: &str) -> Member {
    Member {
        connection: connection.to_owned(),
        name: Name::try_from(name.to_owned()).unwrap(),
    }
}

async fn rooms_are_remembered(rooms: &dyn Rooms) {
    let (tea, coffee) = (room("tea"), room("coffee ☕"));
    assert_eq!(rooms.members(&tea).await.unwrap(), []);
    assert_eq!(rooms.leave(&tea, "a=").await.unwrap(), None);
    assert_eq!(rooms.forget("a=").await.unwrap(), []);

    rooms.join(&tea, member("a=", "ann")).await.unwrap();
    rooms.join(&tea, member("b=", "bob")).await.unwrap();
    rooms.join(&coffee, member("b=", "bobby")).await.unwrap();
    rooms.join(&tea, member("a=", "Ann")).await.unwrap();
    let both = [member("a=", "Ann"), member("b=", "bob")];
    assert_eq!(rooms.members(&tea).await.unwrap(), both);
    assert_eq!(
        rooms.members(&coffee).await.unwrap(),
        [member("b=", "bobby")]
    );

    let mut left = rooms.forget("b=").await.unwrap();
    left.sort_by_key(|(room, _)| room.to_string());
    let expected = [
        (coffee.clone(), member("b=", "bobby")),
        (tea.clone(), member("b=", "bob")),
    ];
    assert_eq!(left, expected);
    assert_eq!(rooms.forget("b=").await.unwrap(), []);
    assert_eq!(rooms.members(&coffee).await.unwrap(), []);
    let ann = rooms.leave(&tea, "a=").await.unwrap();
    assert_eq!(ann, Some(member("a=", "Ann")));
    assert_eq!(rooms.members(&tea).await.unwrap(), []);
}

#[tokio::test]
async fn in_memory() {
    rooms_are_remembered(&Memory::default()).await;
}

#[tokio::test]
async fn in_a_table() {
    rooms_are_remembered(&DynamoDb::new("chat".to_owned()).await).await;
}

#[tokio::test]
async fn a_table_that_is_not_there_is_an_error() {
    let rooms = DynamoDb::new("nowhere".to_owned()).await;
    let error = rooms.members(&room("tea")).await.unwrap_err();
    assert_eq!(error.to_string(), "the rooms cannot be reached");
}
