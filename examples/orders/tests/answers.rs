//! What clients are answered, whatever they send.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use orders::{Settings, Shop, store::Memory};
use powertools::{
    event::Source,
    router::Router,
    testing::{TestClient, TestReply},
};
use serde_json::{Value, json};

/// The first of the samples.
const OPEN: &str = "/orders/6f1c7c9e-0d3a-4b57-9a52-3f0e8f7d1c01";

fn client_of(memory: Memory) -> TestClient<Router<Shop>> {
    TestClient::new(orders::router(Settings::with(memory)).unwrap())
}

fn client() -> TestClient<Router<Shop>> {
    client_of(Memory::default())
}

fn samples() -> TestClient<Router<Shop>> {
    client_of(Memory::with_samples())
}

fn tea() -> Value {
    json!({ "lines": [{ "product": "tea", "quantity": 2 }] })
}

/// Front ends that hand on all lines of a header. A load balancer without multi-value headers has the last one alone.
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>)
fn keeping_lines() -> impl Iterator<Item = Source> {
    let all = Source::ALL.into_iter();
    all.filter(|source| *source != Source::Alb)
}

#[track_caller]
fn is_refused(reply: &TestReply, status: u16, detail: &str) {
    let problem: Value = reply.json();
    assert_eq!(reply.status(), status, "{problem}");
    let media = reply.header("content-type");
    assert_eq!(media, Some("application/problem+json"));
    assert_eq!(problem["detail"], detail);
}

async fn ids(client: &TestClient<Router<Shop>>, url: &str) -> (Vec<String>, Value) {
    let page: Value = client.get(url).await.json();
    let orders = page["orders"].as_array().unwrap().iter();
    let ids = orders.map(|order| order["id"].as_str().unwrap().to_owned());
    (ids.collect(), page["next"].clone())
}

#[tokio::test]
async fn what_is_no_order_is_refused_and_says_why() {
    let client = client();
    let line = |line: &str| format!(r#"{{"lines":[{line}]}}"#);
    for (body, status, detail) in [
        (String::new(), 400, "the body is empty; JSON was expected"),
        (
            "{".to_owned(),
            400,
            "the body is not JSON: EOF while parsing an object at line 1 column 1",
        ),
        (
            "{}".to_owned(),
            422,
            "the body is not as expected: missing field `lines` at line 1 column 2",
        ),
        (line(""), 422, "lines: length is lower than 1"),
        (
            line(r#"{"product":"","quantity":0}"#),
            422,
            "lines[0].product: length is lower than 1; lines[0].quantity: lower than 1",
        ),
        (
            line(r#"{"product":"tea","quantity":1001}"#),
            422,
            "lines[0].quantity: greater than 1000",
        ),
        (
            line(r#"{"product":"tea","quantity":-1}"#),
            422,
            "the body's `lines[0].quantity` is not as expected: invalid value: integer `-1`, \
             expected u32 at line 1 column 40",
        ),
        (
            line(r#"{"product":"tea","quantity":1e30}"#),
            422,
            "the body's `lines[0].quantity` is not as expected: invalid type: floating point `1e+30`, \
             expected u32 at line 1 column 42",
        ),
        (
            line(r#"{"product":"tea","quantity":1,"quantity":2}"#),
            422,
            "the body's `lines[0]` is not as expected: duplicate field `quantity` at line 1 column 50",
        ),
        // What a client may not decide.
        (
            r#"{"lines":[],"state":"shipped"}"#.to_owned(),
            422,
            "the body's `state` is not as expected: unknown field `state`, expected `lines` or `note` \
             at line 1 column 19",
        ),
    ] {
        let create = client.post("/orders").body(body.clone());
        let reply = create.header("content-type", "application/json").await;
        is_refused(&reply, status, detail);
    }
    let (ids, next) = ids(&client, "/orders").await;
    assert_eq!((ids.len(), next), (0, Value::Null));
}

#[tokio::test]
async fn a_body_of_300_kilobytes_is_not_looked_at() {
    let note = "n".repeat(300 * 1024);
    let client = client();
    let create = client.post("/orders");
    let reply = create.json(json!({ "lines": [], "note": note })).await;
    is_refused(&reply, 413, "the body is larger than 65536 bytes");
    // Nor where none is read.
    let reply = client.get("/orders").body("n".repeat(300 * 1024)).await;
    is_refused(&reply, 413, "the body is larger than 65536 bytes");
}

#[tokio::test]
async fn an_order_is_made_shown_changed_and_deleted() {
    let client = client();

    let made = client.post("/orders").json(tea()).await;
    assert_eq!(made.status(), 201);
    assert_eq!(made.header("etag"), Some("\"1\""));
    let order: Value = made.json();
    let id = order["id"].as_str().unwrap();
    assert_eq!(made.header("location"), Some(&*format!("orders/{id}")));
    let expected = json!({
        "id": id,
        "version": 1,
        "state": "open",
        "lines": [{ "product": "tea", "quantity": 2 }],
        "note": null,
    });
    assert_eq!(order, expected);

    let path = format!("/orders/{id}");
    let shown = client.get(&path).await;
    assert_eq!(shown.header("etag"), Some("\"1\""));
    assert_eq!(shown.json::<Value>(), expected);

    let change = client.patch(&path).header("if-match", "\"1\"");
    let changed = change
        .json(json!({ "state": "paid", "note": "a gift" }))
        .await;
    assert_eq!(changed.status(), 200, "{}", changed.text());
    assert_eq!(changed.header("etag"), Some("\"2\""));
    let order: Value = changed.json();
    assert_eq!(
        (&order["state"], &order["note"]),
        (&json!("paid"), &json!("a gift"))
    );

    let deleted = client.delete(&path).header("if-match", "\"2\"").await;
    assert_eq!((deleted.status().as_u16(), deleted.text()), (204, ""));
    is_refused(
        &client.get(&path).await,
        404,
        &format!("there is no order {id}"),
    );
}

#[tokio::test]
async fn a_change_without_the_version_that_it_is_for_is_not_made() {
    let client = samples();
    let missing = "say with `if-match` which version the change is for: the `etag` of the order as you \
                   know it";
    let changed = "the order is not what it was: read it again";
    let change = json!({ "state": "paid" });

    is_refused(&client.patch(OPEN).json(&change).await, 428, missing);
    is_refused(&client.delete(OPEN).await, 428, missing);
    for tag in [
        "\"2\"",
        "\"0\"",
        "1",
        "W/\"1\"",
        "\"1",
        "\"a,b\"",
        "*, \"2\"",
        "\u{a0}\"1\"",
    ] {
        let patched = client
            .patch(OPEN)
            .header("if-match", tag)
            .json(&change)
            .await;
        is_refused(&patched, 412, changed);
        let deleted = client.delete(OPEN).header("if-match", tag).await;
        is_refused(&deleted, 412, changed);
    }
    for nothing in ["", " ", ",", " , "] {
        let patched = client.patch(OPEN).header("if-match", nothing);
        is_refused(&patched.json(&change).await, 428, missing);
        let deleted = client.delete(OPEN).header("if-match", nothing).await;
        is_refused(&deleted, 428, missing);
    }
    let order: Value = client.get(OPEN).await.json();
    assert_eq!(
        (&order["version"], &order["state"]),
        (&json!(1), &json!("open"))
    );

    let one_of = client
        .patch(OPEN)
        .header("if-match", "\"7\", \"1\"")
        .json(&change)
        .await;
    assert_eq!(one_of.status(), 200);
    let any = client
        .patch(OPEN)
        .header("if-match", "*")
        .json(json!({}))
        .await;
    assert_eq!(any.header("etag"), Some("\"3\""));
}

#[tokio::test]
async fn several_lines_of_versions_are_one_list_on_every_front_end() {
    for source in keeping_lines() {
        let client = samples();
        let change = |first: &str, second: &str| {
            let change = client.patch(OPEN).source(source);
            let change = change.header("if-match", first).header("if-match", second);
            change.json(json!({ "note": "a gift" }))
        };
        let reply = change("\"7\"", "\"8\"").await;
        assert_eq!(reply.status(), 412, "{source}: {}", reply.text());
        let reply = change("\"7\", \"8\"", "\"1\"").await;
        assert_eq!(reply.status(), 200, "{source}: {}", reply.text());
        let reply = change("\"2\"", "").await;
        assert_eq!(reply.status(), 200, "{source}: {}", reply.text());
    }
}

#[tokio::test]
async fn a_note_is_left_alone_changed_or_taken_away() {
    let client = samples();
    for (change, note) in [
        (json!({ "note": "a gift" }), json!("a gift")),
        (json!({}), json!("a gift")),
        (json!({ "state": "paid" }), json!("a gift")),
        (json!({ "state": null, "lines": null }), json!("a gift")),
        (json!({ "note": null }), Value::Null),
        (json!({ "note": "" }), json!("")),
    ] {
        let changed = client.patch(OPEN).header("if-match", "*").json(&change);
        let changed: Value = changed.await.json();
        assert_eq!(changed["note"], note, "{change}");
        let shown: Value = client.get(OPEN).await.json();
        assert_eq!(shown, changed, "{change}");
    }
    let long = json!({ "note": "n".repeat(501) });
    let refused = client.patch(OPEN).header("if-match", "*").json(long).await;
    is_refused(&refused, 422, "note: length is greater than 500");
}

#[tokio::test]
async fn an_order_that_is_on_its_way_is_not_deleted() {
    let client = samples();
    let shipped = OPEN.replace("7d1c01", "7d1c03");
    for tag in ["\"1\"", "*"] {
        let deleted = client.delete(&shipped).header("if-match", tag).await;
        is_refused(&deleted, 409, "an order that is shipped cannot be deleted");
    }
    let old = client.delete(&shipped).header("if-match", "\"2\"").await;
    is_refused(&old, 412, "the order is not what it was: read it again");
    assert_eq!(client.get(&shipped).await.status(), 200);
    let paid = OPEN.replace("7d1c01", "7d1c02");
    let deleted = client.delete(&paid).header("if-match", "*").await;
    assert_eq!(deleted.status(), 204);
}

#[tokio::test]
async fn of_two_changes_at_once_one_is_made() {
    let client = samples();
    let change = |note: &str| {
        let change = client.patch(OPEN).header("if-match", "\"1\"");
        change.json(json!({ "note": note }))
    };

    let (one, other) = tokio::join!(change("one"), change("other"));

    let mut statuses = [one.status().as_u16(), other.status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
}

#[tokio::test]
async fn what_is_past_a_change_says_so() {
    let client = samples();
    let patch = |body: Value| client.patch(OPEN).header("if-match", "*").json(body);

    is_refused(
        &patch(json!({ "state": "shipped" })).await,
        409,
        "an order that is open cannot become shipped",
    );
    let unknown = patch(json!({ "state": "eaten" })).await;
    assert_eq!(unknown.status(), 422);
    let nothing = patch(json!({ "lines": [] })).await;
    is_refused(&nothing, 422, "lines: length is lower than 1");
    assert_eq!(patch(json!({ "state": "paid" })).await.status(), 200);
    is_refused(
        &patch(tea()).await,
        409,
        "the lines of an order that is paid stay as they are",
    );
}

#[tokio::test]
async fn an_id_that_is_none_is_refused_and_what_is_behind_it_is_not_reached() {
    let client = samples();
    // HTTP APIs decode a slash before they route, so that the path is another.
    for source in [Source::RestApi, Source::FunctionUrl] {
        for id in ["a%2Fb", "..%2Forders", "7", "%00", "%F0%9F%8D%B5"] {
            let reply = client.get(&format!("/orders/{id}")).source(source).await;
            is_refused(
                &reply,
                400,
                "path: an order's id is a UUID such as `6f1c7c9e-0d3a-4b57-9a52-3f0e8f7d1c01`",
            );
        }
    }
    let upper = OPEN.replace("6f1c7c9e", "6F1C7C9E");
    assert_eq!(client.get(&upper).await.status(), 400);
}

#[tokio::test]
async fn a_request_that_is_sent_again_makes_one_order() {
    let client = client();
    let create = |key: &str, body: Value| {
        let create = client.post("/orders").header("idempotency-key", key);
        create.json(body)
    };

    let first = create("key-1", tea()).await;
    let again = create("key-1", tea()).await;
    assert_eq!(again.status(), 201);
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(first.json::<Value>(), again.json::<Value>());
    assert_eq!(ids(&client, "/orders").await.0.len(), 1);

    // It is answered as it is by then.
    let path = format!("/{}", first.header("location").unwrap());
    let change = client.patch(&path).header("if-match", "\"1\"");
    change.json(json!({ "state": "paid" })).await;
    let late = create("key-1", tea()).await;
    assert_eq!(
        (late.status().as_u16(), late.header("etag")),
        (201, Some("\"2\""))
    );

    // A note that is none is said, and so it is another request.
    let said = json!({ "lines": [{ "product": "tea", "quantity": 2 }], "note": null });
    assert_eq!(create("key-1", said).await.status(), 422);
    let other = create(
        "key-1",
        json!({ "lines": [{ "product": "tea", "quantity": 3 }] }),
    )
    .await;
    is_refused(
        &other,
        422,
        "this `idempotency-key` came with another order before",
    );
    assert_eq!(create("key-2", tea()).await.status(), 201);
    assert_eq!(ids(&client, "/orders").await.0.len(), 2);
}

#[tokio::test]
async fn a_key_that_is_none_makes_no_order() {
    let client = client();
    let detail = "`idempotency-key` is one word of 1 to 64 visible characters of ASCII, no commas: a UUID, say";
    let long = "k".repeat(65);
    for key in [
        "",
        " ",
        "a b",
        "é",
        "a,b",
        ",",
        "a\u{a0}",
        "\u{3000}a",
        &long,
    ] {
        let create = client.post("/orders").header("idempotency-key", key);
        is_refused(&create.json(tea()).await, 400, detail);
    }
    // Some front ends join them, and some do not.
    for source in keeping_lines() {
        for second in ["b", "a", ""] {
            let create = client.post("/orders").source(source);
            let create = create.header("idempotency-key", "a");
            let create = create.header("idempotency-key", second);
            let reply = create.json(tea()).await;
            assert_eq!(
                reply.status(),
                400,
                "{source}, `{second}`: {}",
                reply.text()
            );
            is_refused(&reply, 400, detail);
        }
    }
    assert_eq!(ids(&client, "/orders").await.0.len(), 0);
}

#[tokio::test]
async fn a_list_is_walked_page_by_page_and_each_order_is_on_one() {
    let client = samples();
    let (mut seen, next) = ids(&client, "/orders?limit=2").await;
    let rest = format!("/orders?limit=2&cursor={}", next.as_str().unwrap());
    let (others, end) = ids(&client, &rest).await;
    seen.extend(others);
    seen.sort_unstable();
    seen.dedup();
    assert_eq!((seen.len(), end), (3, Value::Null));

    let (paid, end) = ids(&client, "/orders?state=paid&limit=1").await;
    assert_eq!(paid, ["6f1c7c9e-0d3a-4b57-9a52-3f0e8f7d1c02"]);
    assert_eq!(end, Value::Null);
    assert_eq!(ids(&client, "/orders?state=cancelled").await.0.len(), 0);

    // A cursor is a place, and no secret.
    let cursor = next.as_str().unwrap();
    is_refused(
        &client
            .get(&format!("/orders?state=paid&cursor={cursor}"))
            .await,
        400,
        "this `cursor` is not one of this list: begin without one",
    );
    for forged in ["", "x", "%00", "eyJpZCI6eyJTIjoiYSJ9fQ", &"A".repeat(4000)] {
        is_refused(
            &client.get(&format!("/orders?cursor={forged}")).await,
            400,
            "this `cursor` is not one of this list: begin without one",
        );
    }
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_refused() {
    let client = samples();
    for (query, status, detail) in [
        ("limit=10000", 422, "limit: greater than 100"),
        ("limit=0", 422, "limit: lower than 1"),
        (
            "limit=-1",
            400,
            "query parameter `limit`: invalid value: string \"-1\", expected a whole number from 0 to \
             4294967295",
        ),
        (
            "limit=1&limit=2",
            400,
            "query parameter `limit`: is given 2 times, one value was expected",
        ),
        (
            "state=eaten",
            400,
            "query parameter `state`: unknown variant `eaten`, expected one of `open`, `paid`, `shipped`, \
             `cancelled`",
        ),
        (
            "sort=up",
            400,
            "query parameter `sort`: is not known; there are `state`, `limit`, `cursor`",
        ),
    ] {
        let reply = client.get(&format!("/orders?{query}")).await;
        is_refused(&reply, status, detail);
    }
}

#[tokio::test]
async fn a_page_of_the_shop_may_ask_and_read_what_it_needs() {
    let client = samples();
    let preflight = client
        .request(powertools::router::Method::OPTIONS, OPEN)
        .header("origin", "http://localhost:3000")
        .header("access-control-request-method", "PATCH")
        .header("access-control-request-headers", "if-match,content-type")
        .await;
    assert_eq!(preflight.status(), 204);
    let allowed = preflight.header("access-control-allow-headers").unwrap();
    assert!(allowed.contains("if-match"), "{allowed}");
    assert!(allowed.contains("idempotency-key"), "{allowed}");

    let shown = client
        .get(OPEN)
        .header("origin", "http://localhost:3000")
        .await;
    let origin = shown.header("access-control-allow-origin");
    assert_eq!(origin, Some("http://localhost:3000"));
    let exposed = shown.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("etag"), "{exposed}");

    let stranger = client
        .get(OPEN)
        .header("origin", "https://evil.example")
        .await;
    assert_eq!(stranger.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn every_front_end_gives_the_same_answer() {
    let client = samples();
    let expected: Value = client.get(OPEN).await.json();
    for source in Source::ALL {
        let reply = client.get(OPEN).source(source).await;
        assert_eq!(reply.status(), 200, "{source:?}");
        assert_eq!(reply.json::<Value>(), expected, "{source:?}");
        assert_eq!(reply.header("etag"), Some("\"1\""), "{source:?}");
    }
}
