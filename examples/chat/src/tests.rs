//! What clients hear, without a gateway: the test client keeps what is posted.

use powertools::{Function, testing::TestClient, websocket::ConnectionsError};
use serde_json::{Value, json};

use super::*;

struct Stage {
    client: TestClient<Function>,
}

impl Stage {
    fn new() -> Self {
        let chat = Chat::new(Memory::default());
        Self {
            client: TestClient::new(function(chat).expect("routes")),
        }
    }

    /// Sends a message to its route, and gives what was posted.
    async fn say(&self, id: &str, body: Value) -> Vec<(String, Value)> {
        let route = body["action"].as_str().unwrap_or("$default").to_owned();
        self.client.socket(id).json(&route, body).await;
        self.posts()
    }

    /// Takes what was posted since.
    fn posts(&self) -> Vec<(String, Value)> {
        let posts = self.client.connections().take_posts().into_iter();
        posts
            .map(|post| (post.id().to_owned(), post.json()))
            .collect()
    }

    /// The same, as far as it says what happened to whom.
    fn news(posts: Vec<(String, Value)>) -> Vec<[String; 3]> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let news = posts.into_iter();
        news.map(|(id, told)| [id, text(&told["event"]), text(&told["name"])])
            .collect()
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
    let here = json!({ "event": "who", "room": "tea", "names": ["<bob>", "ann"], "more": 0 });
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
async fn a_connection_that_ends_leaves_its_room() {
    let stage = Stage::new();
    stage.join("ann=", "ann").await;
    stage.join("bob=", "bob").await;
    assert_eq!(stage.client.socket("bob=").disconnect().await.status(), 200);
    let left = json!({ "event": "left", "room": "tea", "name": "bob" });
    assert_eq!(stage.posts(), [told("ann=", left)]);
    assert_eq!(stage.client.socket("bob=").disconnect().await.status(), 200);
    assert_eq!(stage.posts(), []);
}

#[tokio::test]
async fn nobody_is_in_two_rooms() {
    let stage = Stage::new();
    stage.join("ann=", "ann").await;
    stage.join("bob=", "bob").await;
    for number in 0..100 {
        let join = json!({ "action": "join", "room": format!("room {number}"), "name": "bobby" });
        stage.say("bob=", join).await;
    }
    let say = json!({ "action": "message", "room": "tea", "text": "hi" });
    assert_eq!(
        stage.say("bob=", say).await,
        problem("bob=", "join the room first")
    );
    let ann = stage.client.socket("ann=").received();
    assert_eq!(
        ann.last().map(String::as_str),
        Some(r#"{"event":"left","room":"tea","name":"bob"}"#)
    );
    assert_eq!(stage.client.socket("bob=").disconnect().await.status(), 200);
    assert_eq!(
        stage.posts(),
        [],
        "nobody is in the last room to hear of it"
    );
}

#[tokio::test]
async fn who_is_gone_is_forgotten_by_the_next_post_and_the_others_hear_of_it() {
    let stage = Stage::new();
    for (id, name) in [("ann=", "ann"), ("bob=", "bob"), ("cid=", "cid")] {
        stage.join(id, name).await;
    }
    stage.client.connections().lose("bob=");
    stage.client.connections().lose("cid=");
    let say = json!({ "action": "message", "room": "tea", "text": "hi" });
    assert_eq!(
        Stage::news(stage.say("ann=", say.clone()).await),
        [
            ["ann=", "message", "ann"],
            ["ann=", "left", "bob"],
            ["ann=", "left", "cid"]
        ]
    );
    assert_eq!(
        Stage::news(stage.say("ann=", say).await),
        [["ann=", "message", "ann"]]
    );
}

#[tokio::test]
async fn who_does_not_read_is_sent_away_and_holds_up_nobody_again() {
    for deaf in [ConnectionsError::LimitExceeded, ConnectionsError::TimedOut] {
        let stage = Stage::new();
        for (id, name) in [("ann=", "ann"), ("bob=", "bob"), ("cid=", "cid")] {
            stage.join(id, name).await;
        }
        let connections = stage.client.connections();
        connections.fail("bob=", deaf);
        let say = json!({ "action": "message", "room": "tea", "text": "hi" });
        assert_eq!(
            Stage::news(stage.say("ann=", say.clone()).await),
            [
                ["ann=", "message", "ann"],
                ["cid=", "message", "ann"],
                ["ann=", "left", "bob"],
                ["cid=", "left", "bob"]
            ]
        );
        assert_eq!(connections.closed(), ["bob="]);
        // Nobody is asked after who is no member.
        connections.open("bob=");
        stage.say("ann=", say).await;
        assert_eq!(stage.client.posted("bob="), [""; 0]);
    }
}

#[tokio::test]
async fn whose_post_fails_otherwise_stays() {
    let stage = Stage::new();
    stage.join("ann=", "ann").await;
    stage.join("bob=", "bob").await;
    let connections = stage.client.connections();
    let reason = "an answer with status 500".to_owned();
    connections.fail("bob=", ConnectionsError::Unavailable { reason });
    let say = json!({ "action": "message", "room": "tea", "text": "hi" });
    assert_eq!(
        Stage::news(stage.say("ann=", say).await),
        [["ann=", "message", "ann"]]
    );
    assert_eq!(connections.closed(), [""; 0]);
    let who = json!({ "action": "who", "room": "tea" });
    let here = json!({ "event": "who", "room": "tea", "names": ["ann", "bob"], "more": 0 });
    assert_eq!(stage.say("ann=", who).await, [told("ann=", here)]);
}

#[tokio::test]
async fn a_full_room_lets_nobody_in_until_somebody_leaves() {
    let stage = Stage::new();
    for number in 0..MOST_MEMBERS {
        stage.join(&format!("c{number:03}="), "cid").await;
    }
    let join = |room: &str, name: &str| json!({ "action": "join", "room": room, "name": name });
    let full = problem("eve=", "the room is full: it has 100 members");
    assert_eq!(stage.say("eve=", join("tea", "eve")).await, full);
    // Who is refused stays where they are.
    stage.say("eve=", join("coffee", "eve")).await;
    assert_eq!(stage.say("eve=", join("tea", "eve")).await, full);
    let who = json!({ "action": "who", "room": "coffee" });
    let here = json!({ "event": "who", "room": "coffee", "names": ["eve"], "more": 0 });
    assert_eq!(stage.say("eve=", who).await, [told("eve=", here)]);

    // Another name is no other member.
    let renamed = stage.say("c000=", join("tea", "ann")).await;
    assert_eq!(renamed.len(), MOST_MEMBERS);

    // Of a hundred who do not read, the next word finds all but who says it.
    let connections = stage.client.connections();
    for number in 1..MOST_MEMBERS {
        connections.fail(&format!("c{number:03}="), ConnectionsError::TimedOut);
    }
    let say = json!({ "action": "message", "room": "tea", "text": "hi" });
    let heard = stage.say("c000=", say).await;
    assert_eq!(heard.len(), MOST_MEMBERS, "the message, and who left");
    assert_eq!(connections.closed().len(), MOST_MEMBERS - 1);
    let came = stage.say("eve=", join("tea", "eve")).await;
    assert_eq!(came.len(), 2, "both are told: {came:?}");
}

#[tokio::test]
async fn a_long_list_is_cut_and_says_so() {
    let stage = Stage::new();
    for number in 0..53 {
        let (id, name) = (format!("c{number:03}="), format!("n{number:03}"));
        stage.join(&id, &name).await;
    }
    let who = json!({ "action": "who", "room": "tea" });
    let told = stage.say("c000=", who).await;
    let [(_, told)] = &*told else {
        panic!("{told:?}");
    };
    let names = told["names"].as_array().expect("names");
    assert_eq!(names.len(), 50);
    assert_eq!(names[49], "n049");
    assert_eq!(told["more"], 3);
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
