//! Orders in the table that `seed.py` has made are kept as any store keeps them, and what goes wrong with a table
//! is told to the operator.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use aws_sdk_dynamodb::{Client, config::retry::RetryConfig};
use orders::{
    Settings,
    id::OrderId,
    store::{DynamoDb, Store, StoreError},
};
use powertools::testing::TestClient;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

mod contract;

#[tokio::test]
async fn dynamodb_keeps_the_contract() {
    contract::is_kept(&DynamoDb::new("orders")).await;
}

#[tokio::test]
async fn of_two_changes_at_once_over_http_one_is_made() {
    let client =
        TestClient::new(orders::router(Settings::with(DynamoDb::new("orders-race"))).unwrap());
    let lines = json!([{ "product": "tea", "quantity": 1 }]);
    let made = client.post("/orders").json(json!({ "lines": lines })).await;
    assert_eq!(made.status(), 201, "{}", made.text());
    let order: Value = made.json();
    let path = format!("/orders/{}", order["id"].as_str().unwrap());
    let change = |note: &str| {
        let change = client.patch(&path).header("if-match", "\"1\"");
        change.json(json!({ "note": note }))
    };

    let (one, other) = tokio::join!(change("one"), change("other"));

    let mut statuses = [one.status().as_u16(), other.status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    let now: Value = client.get(&path).await.json();
    assert_eq!(now["version"], 2);
}

#[tokio::test]
async fn a_table_that_is_not_there_is_a_500_that_says_nothing_of_it() {
    let client = TestClient::new(orders::router(Settings::with(DynamoDb::new("nowhere"))).unwrap());

    let reply = client.get("/orders").await;

    assert_eq!(reply.status(), 500);
    let problem: Value = reply.json();
    assert_eq!(problem.get("detail"), None);
    assert!(!reply.text().contains("nowhere"), "{}", reply.text());
    assert!(
        !reply.text().contains("ResourceNotFound"),
        "{}",
        reply.text()
    );
}

/// A table that has only this to say, and its client, which does not ask twice.
async fn answering(answer: &'static str) -> DynamoDb {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 16 * 1024];
            let read = socket.read(&mut request).await.unwrap();
            assert_ne!(read, 0);
            let length = answer.len();
            let reply = format!(
                "HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-amz-json-1.0\r\n\
                 content-length: {length}\r\nconnection: close\r\n\r\n{answer}"
            );
            socket.write_all(reply.as_bytes()).await.unwrap();
        }
    });
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let config = aws_sdk_dynamodb::config::Builder::from(&config)
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled());
    DynamoDb::with_client("orders", Client::from_conf(config.build()))
}

#[tokio::test]
async fn a_table_that_has_too_much_to_do_is_a_503_that_says_when_to_ask_again() {
    for code in [
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
    ] {
        let answer = format!(
            r##"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"Rate of eu-1"}}"##
        );
        let store = answering(answer.leak()).await;
        let client = TestClient::new(orders::router(Settings::with(store)).unwrap());

        let reply = client.get(&format!("/orders/{}", OrderId::random())).await;

        assert_eq!(reply.status(), 503, "{code}");
        assert_eq!(reply.header("retry-after"), Some("1"), "{code}");
        assert!(!reply.text().contains("Rate"), "{}", reply.text());
    }
}

#[tokio::test]
async fn what_is_no_order_is_the_operators_to_hear_of() {
    let answer = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","Item":{"id":{"S":"7"}}}"#;
    let store = answering(answer).await;
    let order = orders::order::Order::new(
        OrderId::random(),
        serde_json::from_value(json!({ "lines": [], "note": null })).unwrap(),
    );

    let error = store.add(&order).await.unwrap_err();

    assert!(matches!(error, StoreError::Broken(_)), "{error:?}");
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(cause.to_string(), "an item without an order");
}
