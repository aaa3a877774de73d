//! Secrets Manager: moto for what comes back, a stub for what is sent.

use aws_sdk_secretsmanager::Client;
use powertools::parameters::{
    ErrorKind, PathQuery, Protection, Provider, Put, Query, SecretsManager, Tier, Value,
};
use serde_json::json;

use crate::{
    moto::{self, text, texts},
    wire::{Answer, Asked, Stub},
};

async fn secrets() -> SecretsManager {
    SecretsManager::from_client(client().await)
}

async fn client() -> Client {
    Client::new(&moto::config().await)
}

async fn put(secrets: &SecretsManager, name: &str, value: impl Into<Value>) {
    secrets.put(&Put::new(name, value)).await.unwrap();
}

fn operations(stub: &Stub) -> Vec<String> {
    let asked = stub.asked();
    asked
        .iter()
        .map(|asked| asked.operation().to_owned())
        .collect()
}

fn missing() -> Answer {
    Answer::error(
        "ResourceNotFoundException",
        "can't find the specified secret",
    )
}

fn written() -> Answer {
    Answer::ok(&json!({ "Name": "a", "VersionId": "v" }))
}

#[tokio::test]
async fn p41_a_secret_is_text_or_bytes() {
    let secrets = secrets().await;
    let bytes = [0, 1, 2, 0xff, 0xfe, 0x80];
    put(&secrets, "forms/text", "s3cret").await;
    put(&secrets, "forms/bytes", &bytes[..]).await;

    let of_text = secrets.fetch(&Query::new("forms/text")).await.unwrap();
    let of_bytes = secrets.fetch(&Query::new("forms/bytes")).await.unwrap();

    assert_eq!(of_text.as_text(), Some("s3cret"));
    assert!(of_bytes.is_binary());
    assert_eq!(of_bytes.as_bytes(), bytes);
}

#[tokio::test]
async fn versions_are_chosen_by_stage_and_by_id() {
    let (secrets, client) = (secrets().await, client().await);
    put(&secrets, "versions/a", "one").await;
    let first = client
        .get_secret_value()
        .secret_id("versions/a")
        .send()
        .await
        .unwrap();
    put(&secrets, "versions/a", "two").await;

    for (query, expected) in [
        (Query::new("versions/a"), "two"),
        (Query::new("versions/a").decrypt(), "two"),
        (Query::new("versions/a").stage("AWSCURRENT"), "two"),
        (Query::new("versions/a").stage("AWSPREVIOUS"), "one"),
        (
            Query::new("versions/a").version_id(first.version_id().unwrap()),
            "one",
        ),
        (Query::new(first.arn().unwrap()), "two"),
    ] {
        let value = secrets.fetch(&query).await.unwrap();
        assert_eq!(text(&value), expected, "{query:?}");
    }
    let queries = [
        Query::new("versions/a").stage("AWSPREVIOUS"),
        Query::new("versions/a"),
        Query::new("versions/a").stage("NONE"),
    ];
    let values = secrets.fetch_by_name(&queries).await;
    assert_eq!(texts(&values), ["one", "two", "NotFound"]);
}

#[tokio::test]
async fn what_there_is_not_is_not_found() {
    let secrets = secrets().await;
    put(&secrets, "missing/a", "one").await;
    for query in [
        Query::new("missing/b"),
        Query::new("missing/a").stage("NONE"),
        Query::new("missing/a").version_id("00000000-0000-0000-0000-000000000000"),
    ] {
        let kind = secrets.fetch(&query).await.err().map(|error| error.kind());
        assert_eq!(kind, Some(ErrorKind::NotFound), "{query:?}");
    }
}

#[tokio::test]
async fn a_secret_that_is_being_deleted_is_refused() {
    let (secrets, client) = (secrets().await, client().await);
    put(&secrets, "deleted/a", "one").await;
    client
        .delete_secret()
        .secret_id("deleted/a")
        .send()
        .await
        .unwrap();

    let error = secrets.fetch(&Query::new("deleted/a")).await.err().unwrap();

    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn selectors_of_another_service_are_refused() {
    let secrets = secrets().await;
    for query in [
        Query::new("a").version(1),
        Query::new("a").label("live"),
        Query::new("a").without_decryption(),
    ] {
        let kind = secrets.fetch(&query).await.err().map(|error| error.kind());
        assert_eq!(kind, Some(ErrorKind::Unsupported), "{query:?}");
        let values = secrets.fetch_by_name(&[query.clone(), query]).await;
        assert_eq!(texts(&values), ["Unsupported", "Unsupported"]);
    }
    let error = secrets
        .fetch_many(&PathQuery::new("a"))
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn p49_of_many_names_each_has_its_own_answer() {
    let secrets = secrets().await;
    let mut expected = Vec::new();
    let mut queries = Vec::new();
    for number in 0..45 {
        let name = format!("many/{number}");
        if number % 7 == 3 {
            expected.push("NotFound".to_owned());
        } else {
            put(&secrets, &name, number.to_string()).await;
            expected.push(number.to_string());
        }
        queries.push(Query::new(name));
    }

    let values = secrets.fetch_by_name(&queries).await;

    assert_eq!(texts(&values), expected);
}

#[tokio::test]
async fn p48_the_order_of_names_is_that_of_the_answers() {
    let secrets = secrets().await;
    put(&secrets, "order/a", "one").await;
    put(&secrets, "order/b", "two").await;
    let query = |name: &str| Query::new(format!("order/{name}"));

    let there = secrets.fetch_by_name(&[query("a"), query("b")]).await;
    let back = secrets
        .fetch_by_name(&[query("b"), query("a"), query("b")])
        .await;

    assert_eq!(texts(&there), ["one", "two"]);
    assert_eq!(texts(&back), ["two", "one", "two"]);
}

#[tokio::test]
async fn a_name_does_not_bring_what_begins_like_it() {
    let stub = Stub::answers(vec![Answer::ok(&json!({
        "SecretValues": [
            { "Name": "token2", "ARN": "arn:x:token2-AbCdEf", "SecretString": "wrong" },
            { "Name": "token", "ARN": "arn:x:token-AbCdEf", "SecretString": "right" },
        ],
        "Errors": [
            { "SecretId": "other", "ErrorCode": "AccessDeniedException", "Message": "no" },
        ],
    }))]);
    let secrets = SecretsManager::new().through(&stub.aws());

    let queries = ["token", "other", "third"].map(Query::new);
    let values = secrets.fetch_by_name(&queries).await;

    assert_eq!(texts(&values), ["right", "AccessDenied", "NotFound"]);
    let asked = stub.asked()[0].json();
    assert_eq!(
        asked,
        json!({ "SecretIdList": ["token", "other", "third"] })
    );
}

#[tokio::test]
async fn all_pages_of_a_batch_are_read() {
    let stub = Stub::answers(vec![
        Answer::ok(&json!({ "SecretValues": [], "NextToken": "1" })),
        Answer::ok(&json!({
            "SecretValues": [{ "Name": "a", "SecretString": "one" }], "NextToken": "2",
        })),
        Answer::ok(&json!({ "SecretValues": [{ "Name": "b", "SecretString": "two" }] })),
    ]);
    let secrets = SecretsManager::new().through(&stub.aws());

    let values = secrets
        .fetch_by_name(&[Query::new("a"), Query::new("b")])
        .await;

    assert_eq!(texts(&values), ["one", "two"]);
}

#[tokio::test]
async fn a_page_that_fails_midway_leaves_what_was_there_before_it() {
    let stub = Stub::answers(vec![
        Answer::ok(&json!({
            "SecretValues": [{ "Name": "a", "SecretString": "one" }], "NextToken": "1",
        })),
        Answer::error("InternalServiceError", ""),
    ]);
    let secrets = SecretsManager::new().through(&stub.aws());

    let values = secrets
        .fetch_by_name(&[Query::new("a"), Query::new("b")])
        .await;

    assert_eq!(texts(&values), ["one", "Unavailable"]);
}

#[tokio::test]
async fn without_permission_for_batches_secrets_are_read_one_by_one() {
    let stub = Stub::start(|asked: &Asked| match asked.operation() {
        "BatchGetSecretValue" => Answer::error("AccessDeniedException", "no batches"),
        _ => Answer::ok(&json!({ "SecretString": asked.json()["SecretId"] })),
    });
    let secrets = SecretsManager::new().through(&stub.aws());

    let values = secrets
        .fetch_by_name(&[Query::new("a"), Query::new("b")])
        .await;

    assert_eq!(texts(&values), ["a", "b"]);
}

#[tokio::test]
async fn p44_each_form_of_a_value_is_sent_as_it_is() {
    let stub = Stub::answers(vec![written()]);
    let secrets = SecretsManager::new().through(&stub.aws());
    let map = Value::json(&json!({ "user": "shop" })).unwrap();
    for value in [Value::from("one"), map, Value::binary(*b"hi")] {
        let mut put = Put::new("a", value);
        put.token = Some("00000000-0000-0000-0000-000000000001".to_owned());
        secrets.put(&put).await.unwrap();
    }

    let token = "00000000-0000-0000-0000-000000000001";
    let sent: Vec<_> = stub.asked().iter().map(Asked::json).collect();
    assert_eq!(
        sent,
        [
            json!({ "SecretId": "a", "SecretString": "one", "ClientRequestToken": token }),
            json!({
                "SecretId": "a", "SecretString": r#"{"user":"shop"}"#, "ClientRequestToken": token,
            }),
            json!({ "SecretId": "a", "SecretBinary": "aGk=", "ClientRequestToken": token }),
        ]
    );
}

#[tokio::test]
async fn p45_a_secret_that_there_is_not_is_made() {
    let stub = Stub::answers(vec![missing(), written()]);
    let secrets = SecretsManager::new().through(&stub.aws());
    let mut put = Put::new("a", "one");
    put.description = Some("for the shop".to_owned());
    put.protection = Protection::SecureWith("alias/shop".to_owned());

    secrets.put(&put).await.unwrap();

    assert_eq!(operations(&stub), ["UpdateSecret", "CreateSecret"]);
    let made = stub.asked()[1].json();
    assert_eq!(made["Name"], "a");
    assert_eq!(made["SecretString"], "one");
    assert_eq!(made["Description"], "for the shop");
    assert_eq!(made["KmsKeyId"], "alias/shop");
}

#[tokio::test]
async fn a_secret_that_another_has_just_made_gets_the_new_value() {
    let exists = Answer::error("ResourceExistsException", "");
    let stub = Stub::answers(vec![missing(), exists, written()]);
    let secrets = SecretsManager::new().through(&stub.aws());

    secrets.put(&Put::new("a", "one")).await.unwrap();

    assert_eq!(
        operations(&stub),
        ["PutSecretValue", "CreateSecret", "PutSecretValue"]
    );
}

#[tokio::test]
async fn a_secret_named_by_its_arn_is_never_made() {
    let stub = Stub::answers(vec![missing()]);
    let secrets = SecretsManager::new().through(&stub.aws());

    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-AbCdEf";
    let error = secrets.put(&Put::new(arn, "one")).await.err().unwrap();

    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(operations(&stub), ["PutSecretValue"]);
}

#[tokio::test]
async fn p46_another_failure_makes_nothing_and_tells_no_value() {
    let refused = Answer::error("InvalidParameterException", "s3cret is no good");
    let stub = Stub::answers(vec![refused]);
    let secrets = SecretsManager::new().through(&stub.aws());

    let error = secrets.put(&Put::new("a", "s3cret")).await.err().unwrap();

    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(operations(&stub), ["PutSecretValue"]);
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn a_repeated_write_with_one_token_is_one_version() {
    let secrets = secrets().await;
    put(&secrets, "token/a", "one").await;
    let mut put = Put::new("token/a", "two");
    put.token = Some("00000000-0000-0000-0000-000000000002".to_owned());

    secrets.put(&put).await.unwrap();
    secrets.put(&put).await.unwrap();

    let previous = Query::new("token/a").stage("AWSPREVIOUS");
    assert_eq!(text(&secrets.fetch(&previous).await.unwrap()), "one");
}

#[tokio::test]
async fn description_and_key_of_a_secret_that_is_there_are_changed_with_it() {
    let (secrets, client) = (secrets().await, client().await);
    put(&secrets, "described/a", "one").await;
    let mut put = Put::new("described/a", "two");
    put.description = Some("for the shop".to_owned());

    secrets.put(&put).await.unwrap();

    let value = secrets.fetch(&Query::new("described/a")).await.unwrap();
    assert_eq!(text(&value), "two");
    let found = client
        .describe_secret()
        .secret_id("described/a")
        .send()
        .await
        .unwrap();
    assert_eq!(found.description(), Some("for the shop"));
}

#[tokio::test]
async fn secrets_have_no_tiers() {
    let secrets = secrets().await;
    let mut put = Put::new("a", "one");
    put.tier = Tier::Advanced;

    let error = secrets.put(&put).await.err().unwrap();

    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn pages_in_a_circle_are_not_followed_for_ever() {
    let page = |token| Answer::ok(&json!({ "SecretValues": [], "NextToken": token }));
    let stub = Stub::answers(vec![page("A"), page("B"), page("A")]);
    let secrets = SecretsManager::new().through(&stub.aws());

    let values = secrets.fetch_by_name(&["a", "b"].map(Query::new)).await;

    assert_eq!(texts(&values), ["Unavailable"; 2]);
    assert_eq!(stub.asked().len(), 3);
}

#[tokio::test]
async fn names_are_not_asked_one_by_one_for_what_is_wrong_with_the_credentials() {
    let queries: Vec<_> = (0..20).map(|n| Query::new(format!("{n}"))).collect();
    for code in ["ExpiredTokenException", "UnrecognizedClientException"] {
        let stub = Stub::answers(vec![Answer::error(code, "no")]);
        let secrets = SecretsManager::new().through(&stub.aws());

        let values = secrets.fetch_by_name(&queries).await;

        assert_eq!(texts(&values), ["AccessDenied"; 20], "{code}");
        assert_eq!(stub.asked().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn asking_one_by_one_ends_where_a_failure_is_not_of_one_name() {
    let stub = Stub::answers(vec![
        Answer::error("AccessDeniedException", "no batches"),
        Answer::ok(&json!({ "SecretString": "one" })),
        Answer::error("ThrottlingException", "Rate exceeded"),
    ]);
    let secrets = SecretsManager::new().through(&stub.aws());

    let values = secrets
        .fetch_by_name(&["a", "b", "c"].map(Query::new))
        .await;

    assert_eq!(texts(&values), ["one", "Throttled", "Throttled"]);
    assert_eq!(stub.asked().len(), 3);
}
