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
    assert_eq!(rooms.forget("a=").await.unwrap(), None);

    let join = async |room, member| rooms.join(room, member).await.unwrap();
    assert_eq!(join(&tea, member("a=", "ann")).await, None);
    assert_eq!(join(&tea, member("b=", "bob")).await, None);
    assert_eq!(join(&tea, member("a=", "Ann")).await, None);
    let both = [member("a=", "Ann"), member("b=", "bob")];
    assert_eq!(rooms.members(&tea).await.unwrap(), both);

    // Nobody is in two rooms.
    let left = join(&coffee, member("b=", "bobby")).await;
    assert_eq!(left, Some((tea.clone(), member("b=", "bob"))));
    assert_eq!(rooms.members(&tea).await.unwrap(), [member("a=", "Ann")]);
    assert_eq!(
        rooms.members(&coffee).await.unwrap(),
        [member("b=", "bobby")]
    );
    assert_eq!(rooms.leave(&tea, "b=").await.unwrap(), None);

    let left = rooms.forget("b=").await.unwrap();
    assert_eq!(left, Some((coffee.clone(), member("b=", "bobby"))));
    assert_eq!(rooms.forget("b=").await.unwrap(), None);
    assert_eq!(rooms.members(&coffee).await.unwrap(), []);
    let ann = rooms.leave(&tea, "a=").await.unwrap();
    assert_eq!(ann, Some(member("a=", "Ann")));
    assert_eq!(rooms.members(&tea).await.unwrap(), []);
    assert_eq!(rooms.forget("a=").await.unwrap(), None);
    assert_eq!(join(&tea, member("a=", "ann")).await, None);
    assert_eq!(
        rooms.forget("a=").await.unwrap(),
        Some((tea, member("a=", "ann")))
    );
}

async fn impatience_is_one_seat(rooms: &dyn Rooms) {
    let all: Vec<_> = (0..5)
        .map(|number| room(&format!("room {number}")))
        .collect();
    let join = |room| rooms.join(room, member("e=", "eve"));
    let [a, b, c, d, e] = &*all else {
        unreachable!("there are five");
    };
    let _ = tokio::join!(join(a), join(b), join(c), join(d), join(e));
    let mut seats = 0;
    for room in &all {
        seats += rooms.members(room).await.unwrap().len();
    }
    assert_eq!(seats, 1);
    assert!(rooms.forget("e=").await.unwrap().is_some());
}

#[tokio::test]
async fn in_memory() {
    let rooms = Memory::default();
    rooms_are_remembered(&rooms).await;
    impatience_is_one_seat(&rooms).await;
}

#[tokio::test]
async fn in_a_table() {
    let rooms = DynamoDb::new("chat".to_owned()).await;
    rooms_are_remembered(&rooms).await;
    impatience_is_one_seat(&rooms).await;
}

#[tokio::test]
async fn a_table_that_is_not_there_is_an_error() {
    let rooms = DynamoDb::new("nowhere".to_owned()).await;
    let error = rooms.members(&room("tea")).await.unwrap_err();
    assert_eq!(error.to_string(), "the rooms cannot be reached");
}
