//! Handlers of a WebSocket beside those of HTTP, in modules, with state, and names that others have too.

use powertools::{
    router::{self, Error, Json, Query, State, get},
    websocket::{self, Connection, Router, Routes},
};

#[derive(Clone, Default)]
struct Rooms;

// Derives have a helper of this name; the attribute of the router is another.
#[derive(Default)]
enum Mood {
    #[default]
    Good,
}

#[derive(serde::Deserialize)]
struct Entrance {
    room: String,
}

#[websocket::connect]
async fn enter(Query(to): Query<Entrance>, client: Connection, State(_): State<Rooms>) -> Result<(), Error> {
    assert_ne!(to.room, client.id());
    Ok(())
}

mod messages {
    use super::*;

    #[websocket::message("shout")]
    pub(crate) async fn shout(Json(text): Json<String>) -> String {
        text.to_uppercase()
    }
}

#[websocket::default]
async fn other() -> &'static str {
    let Mood::Good = Mood::default();
    "what?"
}

#[websocket::disconnect]
async fn leave(_: Connection) {}

#[get("/")]
async fn page() {}

fn main() {
    let routes: Routes<Rooms> = websocket::routes![enter, messages::shout, other, leave];
    Router::with_state(routes, Rooms).unwrap();
    router::Router::new(router::routes![page]).unwrap();
}
