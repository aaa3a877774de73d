//! What clients hear, without a gateway: events as API Gateway sends them, posts kept in a list.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use powertools::{Function, testing::TestClient, websocket::Connection};
use serde_json::{Value, json};

use super::*;
use crate::post::Posted;

/// Keeps what is posted; some are gone.
#[derive(Clone, Debug, Default)]
struct Posts(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    posts: Vec<(String, Value)>,
    gone: BTreeSet<String>,
}

impl Post for Posts {
    fn post<'a>(&'a self, _: &'a Connection, to: Vec<String>, text: String) -> Posted<'a> {
        let mut kept = self.0.lock().expect("no test panics with it");
        let told: Value = serde_json::from_str(&text).expect("JSON");
        let mut missed = Vec::new();
        for id in to {
            if kept.gone.contains(&id) {
                missed.push(id);
            } else {
                kept.posts.push((id, told.clone()));
            }
        }
        Box::pin(async { missed })
    }
}

impl Posts {
    /// Takes what was posted since.
    fn take(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.0.lock().expect("no test panics with it").posts)
    }

    fn is_gone(&self, id: &str) {
        let mut kept = self.0.lock().expect("no test panics with it");
        kept.gone.insert(id.to_owned());
    }
}

struct Stage {
    client: TestClient<Function>,
    posts: Posts,
}

impl Stage {
    fn new() -> Self {
        let posts = Posts::default();
        let chat = Chat::new(Memory::default(), posts.clone());
        Self {
            client: TestClient::new(function(chat).expect("routes")),
            posts,
        }
    }

    /// Sends a message to its route, and gives what was posted.
    async fn say(&self, id: &str, body: Value) -> Vec<(String, Value)> {
        let route = body["action"].as_str().unwrap_or("$default").to_owned();
        self.client.socket(id).json(&route, body).await;
        self.posts.take()
    }

    async fn join(&self, id: &str, name: &str) {
        let join = json!({ "action": "join", "room": "tea", "name": name });
        assert!(!self.say(id, join).await.is_empty());
    }
}

fn told(id: &str, told: Value) -> (String, Value) {
    (id.to_owned(), told)
}

fn problem(id: &str, detail: &str) -> Vec<(String, Value)> {
    vec![told(id, json!({ "event": "problem", "detail": detail }))]
}

#[tokio::test]
async fn what_cannot_be_said_is_a_problem_of_who_says_it() {
    let stage = Stage::new();
    stage.join("ann=", "ann").await;
    stage.join("bob=", "bob").await;
    let long = "a".repeat(1001);
    for body in [
        json!({ "action": "join", "room": "", "name": "ann" }),
        json!({ "action": "join", "room": "tea", "name": "a\nb" }),
        json!({ "action": "join", "room": "tea" }),
        json!({ "action": "message", "room": "tea", "text": long }),
        json!({ "action": "message", "room": "tea", "text": ["hi"] }),
        json!({ "action": "who" }),
    ] {
        let posts = stage.say("ann=", body.clone()).await;
        let [(id, problem)] = &*posts else {
            panic!("{body}: {posts:?}");
        };
        assert_eq!(id, "ann=", "{body}");
        assert_eq!(problem["event"], "problem", "{body}");
    }
    let outside = json!({ "action": "message", "room": "tea", "text": "hi" });
    assert_eq!(
        stage.say("eve=", outside).await,
        problem("eve=", "join the room first")
    );
    let peek = json!({ "action": "who", "room": "tea" });
    assert_eq!(
        stage.say("eve=", peek).await,
        problem("eve=", "join the room first")
    );
    assert_eq!(
        stage.say("eve=", json!({})).await,
        problem(
            "eve=",
            "say `join`, `message`, `leave` or `who` as the `action`"
        )
    );
}

#[tokio::test]
async fn a_room_hears_who_comes_speaks_and_goes() {
    let stage = Stage::new();
    stage.join("ann=", "ann").await;
    let join = json!({ "action": "join", "room": " tea ", "name": "<bob>" });
    let came = json!({ "event": "joined", "room": "tea", "name": "<bob>" });
    assert_eq!(
        stage.say("bob=", join).await,
        [told("ann=", came.clone()), told("bob=", came)]
    );
    let say = json!({ "action": "message", "room": "tea", "text": "<i>hi</i>" });
    let said = json!({ "event": "message", "room": "tea", "name": "<bob>", "text": "<i>hi</i>" });
    assert_eq!(
        stage.say("bob=", say).await,
        [told("ann=", said.clone()), told("bob=", said)]
    );
    let who = json!({ "action": "who", "room": "tea" });
    let here = json!({ "event": "who", "room": "tea", "names": ["<bob>", "ann"] });
    assert_eq!(stage.say("ann=", who.clone()).await, [told("ann=", here)]);
    let leave = json!({ "action": "leave", "room": "tea" });
    let left = json!({ "event": "left", "room": "tea", "name": "<bob>" });
    assert_eq!(
        stage.say("bob=", leave.clone()).await,
        [told("bob=", left.clone()), told("ann=", left)]
    );
    // Who is out cannot leave again.
    assert_eq!(stage.say("bob=", leave).await, []);
    assert_eq!(
        stage.say("bob=", who).await,
        problem("bob=", "join the room first")
    );
}

#[tokio::test]
async fn a_connection_that_ends_leaves_every_room() {
    let stage = Stage::new();
    stage.join("ann=", "ann").await;
    stage.join("bob=", "bob").await;
    let other = json!({ "action": "join", "room": "coffee", "name": "bobby" });
    stage.say("bob=", other).await;
    assert_eq!(stage.client.socket("bob=").disconnect().await.status(), 200);
    let left = json!({ "event": "left", "room": "tea", "name": "bob" });
    assert_eq!(stage.posts.take(), [told("ann=", left)]);
    assert_eq!(stage.client.socket("bob=").disconnect().await.status(), 200);
    assert_eq!(stage.posts.take(), []);
}

#[tokio::test]
async fn who_is_gone_is_forgotten_by_the_next_post_and_the_others_hear_of_it() {
    let stage = Stage::new();
    for (id, name) in [("ann=", "ann"), ("bob=", "bob"), ("cid=", "cid")] {
        stage.join(id, name).await;
    }
    stage.posts.is_gone("bob=");
    stage.posts.is_gone("cid=");
    let say = json!({ "action": "message", "room": "tea", "text": "hi" });
    let events = |posts: Vec<(String, Value)>| {
        let events = posts.into_iter().map(|(id, told)| {
            let name = told["name"].as_str().unwrap_or_default().to_owned();
            (
                id,
                told["event"].as_str().unwrap_or_default().to_owned(),
                name,
            )
        });
        events.collect::<Vec<_>>()
    };
    let event = |event: &str, name: &str| ("ann=".to_owned(), event.to_owned(), name.to_owned());
    assert_eq!(
        events(stage.say("ann=", say.clone()).await),
        [
            event("message", "ann"),
            event("left", "bob"),
            event("left", "cid")
        ]
    );
    assert_eq!(
        events(stage.say("ann=", say).await),
        [event("message", "ann")]
    );
}

#[tokio::test]
async fn the_page_loads_nothing_but_its_own_files() {
    let stage = Stage::new();
    let page = stage.client.get("/").await;
    assert_eq!(page.status(), 200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self';"),
        "{policy}"
    );
    assert!(page.text().contains("data-socket=\"\""));
    for (path, expected) in [
        ("/chat.js", "text/javascript; charset=utf-8"),
        ("/chat.css", "text/css; charset=utf-8"),
    ] {
        let file = stage.client.get(path).await;
        assert_eq!(file.header("content-type"), Some(expected), "{path}");
        assert!(!file.text().contains("innerHTML ="), "{path}");
    }
}
