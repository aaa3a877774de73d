//! The routes of the WebSocket API: `{"action": "join", "room": "tea", "name": "ann"}` and so on.

use powertools::{
    router::{Error, Json, Next, Request, Response, State},
    websocket::{self, Connection, RouteErrors, Router, routes},
};
use serde::Deserialize;

use crate::{
    Chat, MOST_MEMBERS, Told, post,
    rooms::Member,
    words::{Name, Room, Text},
};

pub(crate) fn router(chat: Chat) -> Result<Router<Chat>, RouteErrors> {
    let routes = routes![join, message, leave, who, unknown, gone];
    Ok(Router::with_state(routes, chat)?.middleware(tell_problems))
}

#[derive(Deserialize)]
struct Join {
    room: Room,
    name: Name,
}

#[derive(Deserialize)]
struct Say {
    room: Room,
    text: Text,
}

/// A message that is about a room and nothing else.
#[derive(Deserialize)]
struct In {
    room: Room,
}

#[websocket::message("join")]
async fn join(
    Json(Join { room, name }): Json<Join>,
    client: Connection,
    State(chat): State<Chat>,
) -> Result<(), Error> {
    let members = chat.rooms.members(&room).await?;
    let is_inside = members
        .iter()
        .any(|member| member.connection == client.id());
    // Looked at before and not with a condition of the store's: of those who come at once a few too many may get in,
    // and are told some at a time like all others.
    if members.len() >= MOST_MEMBERS && !is_inside {
        return Err(Error::conflict(format!(
            "the room is full: it has {MOST_MEMBERS} members"
        )));
    }
    let member = Member {
        connection: client.id().to_owned(),
        name: name.clone(),
    };
    if let Some(left) = chat.rooms.join(&room, member).await? {
        chat.tell(&client, Told::left(left)).await?;
    }
    chat.tell(&client, Told::Joined { room, name }).await?;
    Ok(())
}

#[websocket::message("message")]
async fn message(
    Json(Say { room, text }): Json<Say>,
    client: Connection,
    State(chat): State<Chat>,
) -> Result<(), Error> {
    let name = inside(&chat, &room, &client).await?;
    chat.tell(&client, Told::Message { room, name, text })
        .await?;
    Ok(())
}

#[websocket::message("leave")]
async fn leave(
    Json(In { room }): Json<In>,
    client: Connection,
    State(chat): State<Chat>,
) -> Result<(), Error> {
    if let Some(Member { name, .. }) = chat.rooms.leave(&room, client.id()).await? {
        let left = Told::Left { room, name };
        // Who left hears it, too, and is in the room no more.
        answer(&client, &left).await;
        chat.tell(&client, left).await?;
    }
    Ok(())
}

#[websocket::message("who")]
async fn who(
    Json(In { room }): Json<In>,
    client: Connection,
    State(chat): State<Chat>,
) -> Result<(), Error> {
    inside(&chat, &room, &client).await?;
    let members = chat.rooms.members(&room).await?;
    let names = members.into_iter().map(|member| member.name);
    answer(&client, &Told::who(room, names.collect())).await;
    Ok(())
}

#[websocket::default]
async fn unknown() -> Error {
    Error::bad_request("say `join`, `message`, `leave` or `who` as the `action`")
}

#[websocket::disconnect]
async fn gone(client: Connection, State(chat): State<Chat>) -> Result<(), Error> {
    if let Some(left) = chat.forget(client.id()).await? {
        chat.tell(&client, left).await?;
    }
    Ok(())
}

/// Tells a client alone. If it does not hear that, the next word in its room finds out.
async fn answer(client: &Connection, told: &Told) {
    post::post(&post::api(client), client.id(), &told.json()).await;
}

/// What a client is called in a room, which it has to be in.
async fn inside(chat: &Chat, room: &Room, client: &Connection) -> Result<Name, Error> {
    let mut members = chat.rooms.members(room).await?.into_iter();
    let own = members.find(|member| member.connection == client.id());
    own.map(|member| member.name)
        .ok_or_else(|| Error::forbidden("join the room first"))
}

/// Posts to a client why its message failed. API Gateway hands a reply on only where the route has a route
/// response, and this needs none.
async fn tell_problems(request: Request, next: Next<Chat>) -> Response {
    let client = request.extensions().get::<Connection>().cloned();
    let response = next.run(request).await;
    if let (Some(problem), Some(client)) = (response.problem(), client) {
        let detail = problem.detail().unwrap_or("that did not work").to_owned();
        answer(&client, &Told::Problem { detail }).await;
    }
    response
}
