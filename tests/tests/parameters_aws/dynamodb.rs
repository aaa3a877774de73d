//! DynamoDB: tables in moto, and a stub for what is sent.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    primitives::Blob,
    types::{
        AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
        ScalarAttributeType,
    },
};
use powertools::parameters::{DynamoDb, ErrorKind, PathQuery, Provider, Put, Query};
use serde_json::json;

use crate::{
    moto::{self, text, texts},
    wire::{Answer, Asked, Stub},
};

/// A new table with these keys, and a client for it.
async fn table(name: &str, keys: &[(&str, KeyType)]) -> Client {
    let client = Client::new(&moto::config().await);
    let mut request = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest);
    for (key, kind) in keys {
        let attribute = AttributeDefinition::builder()
            .attribute_name(*key)
            .attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder()
            .attribute_name(*key)
            .key_type(kind.clone());
        request = request
            .attribute_definitions(attribute.build().unwrap())
            .key_schema(key.build().unwrap());
    }
    request.send().await.unwrap();
    client
}

async fn put(client: &Client, table: &str, item: &[(&str, AttributeValue)]) {
    let item: HashMap<_, _> = item
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    let request = client.put_item().table_name(table);
    request.set_item(Some(item)).send().await.unwrap();
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

#[tokio::test]
async fn p54_an_item_is_found_by_id_and_read_from_value() {
    let client = table("plain", &[("id", KeyType::Hash)]).await;
    put(&client, "plain", &[("id", s("a")), ("value", s("one"))]).await;
    let provider = DynamoDb::from_client("plain", client);

    let value = provider.fetch(&Query::new("a")).await.unwrap();

    assert_eq!(text(&value), "one");
}

#[tokio::test]
async fn p54_what_is_sent_is_the_table_and_the_key() {
    let item = json!({ "Item": { "article": { "S": "a" }, "price": { "N": "7" } } });
    let stub = Stub::answers(vec![Answer::ok(&item)]);
    let provider = DynamoDb::new("prices").through(&stub.aws());
    let provider = provider.key("article").value("price");

    let value = provider.fetch(&Query::new("a")).await.unwrap();

    assert_eq!(text(&value), "7");
    let asked = &stub.asked()[0];
    assert_eq!(asked.operation(), "GetItem");
    assert_eq!(
        asked.json(),
        json!({ "TableName": "prices", "Key": { "article": { "S": "a" } } })
    );
}

#[tokio::test]
async fn values_of_each_type_are_read() {
    let client = table("types", &[("id", KeyType::Hash)]).await;
    let map = HashMap::from([("a".to_owned(), AttributeValue::N("7".to_owned()))]);
    for (id, value) in [
        ("number", AttributeValue::N("1.5".to_owned())),
        ("flag", AttributeValue::Bool(true)),
        ("bytes", AttributeValue::B(Blob::new([0, 255]))),
        ("map", AttributeValue::M(map)),
        ("null", AttributeValue::Null(true)),
    ] {
        put(&client, "types", &[("id", s(id)), ("value", value)]).await;
    }
    let provider = DynamoDb::from_client("types", client);

    let queries = ["number", "flag", "map", "null", "none"].map(Query::new);
    let values = provider.fetch_by_name(&queries).await;
    let bytes = provider.fetch(&Query::new("bytes")).await.unwrap();

    assert_eq!(
        texts(&values),
        ["1.5", "true", r#"{"a":7}"#, "Decode", "NotFound"]
    );
    assert_eq!(bytes.as_bytes(), [0, 255]);
}

#[tokio::test]
async fn p55_all_items_of_a_key_are_read_through_all_pages_by_their_sort_keys() {
    let keys = [("id", KeyType::Hash), ("sk", KeyType::Range)];
    let client = table("sorted", &keys).await;
    // A page ends at 1 MB: these are more than three.
    let large = "x".repeat(380_000);
    for number in 0..10 {
        let sort = format!("n{number}");
        let item = [("id", s("shop")), ("sk", s(&sort)), ("value", s(&large))];
        put(&client, "sorted", &item).await;
    }
    let item = [("id", s("other")), ("sk", s("n0")), ("value", s("one"))];
    put(&client, "sorted", &item).await;
    let item = [("id", s("shop")), ("sk", s("z"))];
    put(&client, "sorted", &item).await;
    let provider = DynamoDb::from_client("sorted", client);

    let listed = provider.fetch_many(&PathQuery::new("shop")).await.unwrap();

    let names: Vec<_> = listed.iter().map(|(name, _)| &**name).collect();
    assert_eq!(
        names,
        [
            "n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9", "z"
        ]
    );
    for (name, value) in &listed[..10] {
        assert_eq!(value.as_ref().unwrap().as_bytes().len(), 380_000, "{name}");
    }
    let without = listed[10].1.as_ref().err().unwrap();
    assert_eq!(without.kind(), ErrorKind::NotFound);
    let none = provider.fetch_many(&PathQuery::new("none")).await.unwrap();
    assert!(none.is_empty());
}

#[tokio::test]
async fn p55_an_empty_page_is_not_the_end() {
    let next = json!({ "id": { "S": "shop" }, "sk": { "S": "a" } });
    let item = json!({ "key": { "S": "shop" }, "at": { "N": "1" }, "value": { "S": "one" } });
    let stub = Stub::answers(vec![
        Answer::ok(&json!({ "Items": [], "LastEvaluatedKey": next })),
        Answer::ok(&json!({ "Items": [item] })),
    ]);
    let provider = DynamoDb::new("t")
        .through(&stub.aws())
        .key("key")
        .sort_key("at");

    let listed = provider.fetch_many(&PathQuery::new("shop")).await.unwrap();

    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].0, "1");
    let asked: Vec<_> = stub.asked().iter().map(Asked::json).collect();
    assert_eq!(
        asked[0],
        json!({
            "TableName": "t",
            "KeyConditionExpression": "#key = :path",
            "ExpressionAttributeNames": { "#key": "key" },
            "ExpressionAttributeValues": { ":path": { "S": "shop" } },
        })
    );
    assert_eq!(asked[1]["ExclusiveStartKey"], next);
}

#[tokio::test]
async fn p56_what_there_is_not_is_not_found() {
    let client = table("holes", &[("id", KeyType::Hash)]).await;
    put(&client, "holes", &[("id", s("a")), ("other", s("one"))]).await;
    let no_table = DynamoDb::from_client("no-such-table", client.clone());
    let provider = DynamoDb::from_client("holes", client);
    for (provider, name, remedy) in [
        (&provider, "b", "check its name"),
        (&provider, "a", "has no attribute `value`"),
        (&no_table, "a", "check its name"),
    ] {
        let error = provider.fetch(&Query::new(name)).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{name}");
        assert!(error.to_string().contains(remedy), "{error}");
    }
}

#[tokio::test]
async fn a_sort_key_that_is_none_is_an_error_that_says_so() {
    let item = json!({ "id": { "S": "shop" }, "value": { "S": "one" } });
    let stub = Stub::answers(vec![Answer::ok(&json!({ "Items": [item] }))]);
    let provider = DynamoDb::new("t").through(&stub.aws());

    let error = provider
        .fetch_many(&PathQuery::new("shop"))
        .await
        .err()
        .unwrap();

    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("`sk`"), "{error}");
}

#[tokio::test]
async fn what_it_does_not_have_is_refused_and_nothing_is_sent() {
    let stub = Stub::answers(vec![Answer::Silence]);
    let provider = DynamoDb::new("t").through(&stub.aws());
    for query in [
        Query::new("a").version(1),
        Query::new("a").stage("AWSPREVIOUS"),
        Query::new("a").decrypt(),
    ] {
        let error = provider.fetch(&query).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{query:?}");
    }
    let error = provider.put(&Put::new("a", "one")).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(stub.asked().is_empty());
}

#[tokio::test]
async fn a_throttled_table_is_throttled() {
    let code = "ProvisionedThroughputExceededException";
    let stub = Stub::answers(vec![Answer::error(code, "slow down")]);
    let provider = DynamoDb::new("t").through(&stub.aws());

    let error = provider.fetch(&Query::new("a")).await.err().unwrap();

    assert_eq!(error.kind(), ErrorKind::Throttled);
}

#[tokio::test]
async fn pages_in_a_circle_are_not_followed_for_ever() {
    let page = |sort: &str| {
        let key = json!({ "id": { "S": "shop" }, "sk": { "S": sort } });
        Answer::ok(&json!({ "Items": [], "LastEvaluatedKey": key }))
    };
    let stub = Stub::answers(vec![page("a"), page("b"), page("a")]);
    let provider = DynamoDb::new("t").through(&stub.aws());

    let listed = provider.fetch_many(&PathQuery::new("shop")).await;

    assert_eq!(listed.err().unwrap().kind(), ErrorKind::Unavailable);
    assert_eq!(stub.asked().len(), 3);
}
