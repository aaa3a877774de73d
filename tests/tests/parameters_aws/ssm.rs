//! SSM Parameter Store: moto for what comes back, a stub for what is sent.

use aws_sdk_ssm::Client;
use powertools::parameters::{
    ErrorKind, Existing, PathQuery, Protection, Provider, Put, Query, Ssm, Tier, Value,
};
use serde_json::{Value as Json, json};

use crate::{
    moto::{self, text, texts},
    wire::{Answer, Asked, Stub},
};

async fn ssm() -> Ssm {
    Ssm::from_client(client().await)
}

async fn client() -> Client {
    Client::new(&moto::config().await)
}

async fn put(ssm: &Ssm, name: &str, value: &str) {
    let mut put = Put::new(name, value);
    put.existing = Existing::Overwrite;
    ssm.put(&put).await.unwrap();
}

async fn put_secure(ssm: &Ssm, name: &str, value: &str) {
    let mut put = Put::new(name, value);
    put.protection = Protection::Secure;
    ssm.put(&put).await.unwrap();
}

async fn kind(ssm: &Ssm, query: &Query) -> Option<ErrorKind> {
    ssm.fetch(query).await.err().map(|error| error.kind())
}

/// A store that has whatever it is asked for: each value is its name.
fn echo(asked: &Asked) -> Answer {
    let request = asked.json();
    match asked.operation() {
        "GetParameter" => Answer::ok(&json!({ "Parameter": parameter(&request["Name"]) })),
        "GetParameters" => {
            let names = request["Names"].as_array().unwrap();
            let parameters: Vec<_> = names.iter().map(parameter).collect();
            Answer::ok(&json!({ "Parameters": parameters, "InvalidParameters": [] }))
        }
        "PutParameter" => Answer::ok(&json!({ "Version": 1, "Tier": "Standard" })),
        other => panic!("{other}"),
    }
}

/// As AWS has it: the name without what chose the version, which is a field of its own.
fn parameter(name: &Json) -> Json {
    let written = name.as_str().unwrap();
    let (name, selector) = match written.split_once(':') {
        Some((name, selector)) => (name, Some(format!(":{selector}"))),
        None => (written, None),
    };
    json!({ "Name": name, "Selector": selector, "Value": written, "Type": "String", "Version": 1 })
}

#[tokio::test]
async fn p03_one_parameter_is_asked_for_with_its_decryption_said() {
    let stub = Stub::start(echo);
    let ssm = Ssm::new().through(&stub.aws());

    let value = ssm.fetch(&Query::new("/a")).await.unwrap();

    assert_eq!(text(&value), "/a");
    let asked = &stub.asked()[0];
    assert_eq!(asked.operation(), "GetParameter");
    assert_eq!(
        asked.json(),
        json!({ "Name": "/a", "WithDecryption": false })
    );
}

#[tokio::test]
async fn p04_a_query_decides_on_decryption_and_else_the_provider() {
    let stub = Stub::start(echo);
    let plain = Ssm::new().through(&stub.aws());
    let decrypting = Ssm::new().through(&stub.aws()).decrypt();
    for (ssm, query, expected) in [
        (&plain, Query::new("/a"), false),
        (&plain, Query::new("/a").decrypt(), true),
        (&decrypting, Query::new("/a"), true),
        (&decrypting, Query::new("/a").without_decryption(), false),
    ] {
        ssm.fetch(&query).await.unwrap();
        let last = stub.asked().pop().unwrap().json();
        assert_eq!(last["WithDecryption"], expected, "{query:?}");
    }
}

#[tokio::test]
async fn a_secure_string_is_read_decrypted_where_it_was_asked_for() {
    let ssm = ssm().await;
    put_secure(&ssm, "/secure/token", "s3cret").await;

    let value = ssm.fetch(&Query::new("/secure/token").decrypt()).await;
    let stored = ssm.fetch(&Query::new("/secure/token")).await;

    assert_eq!(text(&value.unwrap()), "s3cret");
    assert_ne!(text(&stored.unwrap()), "s3cret");
}

#[tokio::test]
async fn versions_are_chosen_by_number_and_by_label() {
    let (ssm, client) = (ssm().await, client().await);
    for value in ["one", "two", "three"] {
        put(&ssm, "/versions/a", value).await;
    }
    let label = client.label_parameter_version().name("/versions/a");
    label
        .parameter_version(2)
        .labels("live")
        .send()
        .await
        .unwrap();

    for (query, expected) in [
        (Query::new("/versions/a"), "three"),
        (Query::new("/versions/a").version(1), "one"),
        (Query::new("/versions/a").label("live"), "two"),
        (Query::new("/versions/a:1"), "one"),
        (Query::new("/versions/a:live"), "two"),
    ] {
        let value = ssm.fetch(&query).await.unwrap();
        assert_eq!(text(&value), expected, "{query:?}");
    }
}

#[tokio::test]
async fn what_there_is_not_is_not_found() {
    let ssm = ssm().await;
    put(&ssm, "/missing/a", "one").await;
    for query in [
        Query::new("/missing/b"),
        Query::new("/missing/a").version(7),
        Query::new("/missing/a").label("live"),
    ] {
        assert_eq!(
            kind(&ssm, &query).await,
            Some(ErrorKind::NotFound),
            "{query:?}"
        );
    }
}

#[tokio::test]
async fn an_arn_is_a_name() {
    let (ssm, client) = (ssm().await, client().await);
    put(&ssm, "/arn/a", "one").await;
    let found = client.get_parameter().name("/arn/a").send().await.unwrap();
    let arn = found.parameter.unwrap().arn.unwrap();

    let alone = ssm.fetch(&Query::new(&arn)).await.unwrap();

    assert_eq!(text(&alone), "one");
}

#[tokio::test]
async fn parameters_of_another_account_are_found_in_an_answer_by_their_arns() {
    let arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/shared/a";
    let stub = Stub::answers(vec![Answer::ok(&json!({
        "Parameters": [{ "Name": "/shared/a", "ARN": arn, "Value": "one", "Version": 3 }],
        "InvalidParameters": ["/b"],
    }))]);
    let ssm = Ssm::new().through(&stub.aws());

    let queries = [Query::new(arn).version(3), Query::new("/b")];
    let values = ssm.fetch_by_name(&queries).await;

    assert_eq!(texts(&values), ["one", "NotFound"]);
    let names = stub.asked()[0].json()["Names"].clone();
    assert_eq!(names, json!([format!("{arn}:3"), "/b"]));
}

#[tokio::test]
async fn selectors_of_another_service_are_refused_and_nothing_is_sent() {
    let stub = Stub::start(echo);
    let ssm = Ssm::new().through(&stub.aws());
    for query in [
        Query::new("/a").stage("AWSPREVIOUS"),
        Query::new("/a").version_id("x"),
    ] {
        assert_eq!(
            kind(&ssm, &query).await,
            Some(ErrorKind::Unsupported),
            "{query:?}"
        );
        let values = ssm.fetch_by_name(&[query]).await;
        assert_eq!(texts(&values), ["Unsupported"]);
    }
    assert!(stub.asked().is_empty());
}

#[tokio::test]
async fn p25_p26_names_are_asked_for_together_by_their_decryption() {
    let stub = Stub::start(echo);
    let ssm = Ssm::new().through(&stub.aws());

    let queries = [
        Query::new("/a"),
        Query::new("/b").decrypt(),
        Query::new("/c"),
    ];
    let values = ssm.fetch_by_name(&queries).await;

    assert_eq!(texts(&values), ["/a", "/b", "/c"]);
    let mut asked: Vec<_> = stub.asked().iter().map(Asked::json).collect();
    asked.sort_by_key(|asked| asked["WithDecryption"].as_bool());
    assert_eq!(
        asked,
        [
            json!({ "Names": ["/a", "/c"], "WithDecryption": false }),
            json!({ "Names": ["/b"], "WithDecryption": true }),
        ]
    );
}

#[tokio::test]
async fn p27_25_names_are_batches_of_10_10_and_5() {
    let stub = Stub::start(echo);
    let ssm = Ssm::new().through(&stub.aws());
    let names: Vec<_> = (0..25).map(|number| format!("/n/{number}")).collect();

    let queries: Vec<_> = names.iter().map(Query::new).collect();
    let values = ssm.fetch_by_name(&queries).await;

    assert_eq!(texts(&values), names);
    let sizes = stub.asked();
    let mut sizes: Vec<_> = sizes
        .iter()
        .map(|asked| asked.json()["Names"].as_array().unwrap().len())
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [5, 10, 10]);
}

#[tokio::test]
async fn p29_p30_of_many_names_each_has_its_own_answer() {
    let ssm = ssm().await;
    let mut expected = Vec::new();
    let mut queries = Vec::new();
    for number in 0..23 {
        let name = format!("/many/{number}");
        if number % 5 == 3 {
            expected.push("NotFound".to_owned());
        } else {
            put(&ssm, &name, &number.to_string()).await;
            expected.push(number.to_string());
        }
        queries.push(Query::new(name));
    }

    let values = ssm.fetch_by_name(&queries).await;

    assert_eq!(texts(&values), expected);
}

#[tokio::test]
async fn p33_no_names_are_no_request() {
    let stub = Stub::start(echo);
    let ssm = Ssm::new().through(&stub.aws());

    assert!(ssm.fetch_by_name(&[]).await.is_empty());
    assert!(stub.asked().is_empty());
}

#[tokio::test]
async fn several_versions_of_one_parameter_are_not_mixed_up() {
    let ssm = ssm().await;
    for value in ["one", "two", "three"] {
        put(&ssm, "/mixed/a", value).await;
    }
    put_secure(&ssm, "/mixed/b", "s3cret").await;

    let queries = [
        Query::new("/mixed/a").version(2),
        Query::new("/mixed/b").decrypt(),
        Query::new("/mixed/a"),
        Query::new("/mixed/a").version(1),
        Query::new("/mixed/a").version(9),
        Query::new("/mixed/a"),
    ];
    let values = ssm.fetch_by_name(&queries).await;

    assert_eq!(
        texts(&values),
        ["two", "s3cret", "three", "one", "NotFound", "three"]
    );
}

#[tokio::test]
async fn a_batch_that_fails_leaves_the_others_alone() {
    let stub = Stub::start(|asked| {
        if asked.body.contains("/n/0\"") {
            return Answer::error("InternalServerError", "");
        }
        echo(asked)
    });
    let ssm = Ssm::new().through(&stub.aws());
    let queries: Vec<_> = (0..12)
        .map(|number| Query::new(format!("/n/{number}")))
        .collect();

    let values = texts(&ssm.fetch_by_name(&queries).await);

    assert_eq!(values[..10], vec!["Unavailable"; 10]);
    assert_eq!(values[10..], ["/n/10", "/n/11"]);
}

#[tokio::test]
async fn a_name_that_may_not_be_read_does_not_take_its_batch_along() {
    let stub = Stub::start(|asked| {
        if asked.body.contains("/forbidden") {
            return Answer::error("AccessDeniedException", "not authorized");
        }
        echo(asked)
    });
    let ssm = Ssm::new().through(&stub.aws());

    let queries = [Query::new("/a"), Query::new("/forbidden"), Query::new("/c")];
    let values = ssm.fetch_by_name(&queries).await;

    assert_eq!(texts(&values), ["/a", "AccessDenied", "/c"]);
    assert_eq!(stub.asked().len(), 4);
}

#[tokio::test]
async fn what_an_answer_does_not_mention_is_an_error() {
    let stub = Stub::answers(vec![Answer::ok(&json!({ "Parameters": [] }))]);
    let ssm = Ssm::new().through(&stub.aws());

    let values = ssm.fetch_by_name(&[Query::new("/a")]).await;

    assert_eq!(texts(&values), ["Failed"]);
}

#[tokio::test]
async fn p22_all_pages_below_a_path_are_read_and_names_are_relative() {
    let ssm = ssm().await;
    let mut expected = Vec::new();
    for number in 10..43 {
        put(&ssm, &format!("/pages/{number}"), &number.to_string()).await;
        expected.push((number.to_string(), number.to_string()));
    }
    put(&ssm, "/pages/x/b", "deep").await;
    put(&ssm, "/pagesx/c", "beside").await;

    let read = |query: PathQuery| {
        let ssm = &ssm;
        async move {
            let listed = ssm.fetch_many(&query).await.unwrap().into_iter();
            let mut listed: Vec<_> = listed
                .map(|(name, value)| (name, text(&value.unwrap())))
                .collect();
            listed.sort();
            listed
        }
    };

    assert_eq!(read(PathQuery::new("/pages")).await, expected);
    expected.push(("x/b".to_owned(), "deep".to_owned()));
    assert_eq!(read(PathQuery::new("/pages").recursive()).await, expected);
    assert_eq!(read(PathQuery::new("/pages/").recursive()).await, expected);
    assert_eq!(read(PathQuery::new("/no/such")).await, []);
}

#[tokio::test]
async fn p24_a_path_is_asked_for_as_the_query_says() {
    let stub = Stub::answers(vec![Answer::ok(&json!({ "Parameters": [] }))]);
    let ssm = Ssm::new().through(&stub.aws());

    ssm.fetch_many(&PathQuery::new("/p").recursive().decrypt())
        .await
        .unwrap();
    ssm.fetch_many(&PathQuery::new("/q")).await.unwrap();

    let asked: Vec<_> = stub.asked().iter().map(Asked::json).collect();
    assert_eq!(
        asked,
        [
            json!({ "Path": "/p", "Recursive": true, "WithDecryption": true, "MaxResults": 10 }),
            json!({ "Path": "/q", "Recursive": false, "WithDecryption": false, "MaxResults": 10 }),
        ]
    );
}

fn page(names: &[&str], next: Option<&str>) -> Answer {
    let parameters: Vec<_> = names
        .iter()
        .map(|name| json!({ "Name": name, "Value": *name }))
        .collect();
    Answer::ok(&json!({ "Parameters": parameters, "NextToken": next }))
}

#[tokio::test]
async fn p23_short_and_empty_pages_are_followed_and_strange_names_kept() {
    let stub = Stub::answers(vec![
        page(&["/p/a"], Some("1")),
        page(&[], Some("2")),
        page(&["/elsewhere/b"], Some("3")),
        page(&[], Some("4")),
        page(&["/p/x/c"], None),
    ]);
    let ssm = Ssm::new().through(&stub.aws());

    let listed = ssm.fetch_many(&PathQuery::new("/p")).await.unwrap();

    let names: Vec<_> = listed.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["a", "elsewhere/b", "x/c"]);
    let tokens = stub.asked();
    let tokens: Vec<_> = tokens
        .iter()
        .map(|asked| asked.json()["NextToken"].clone())
        .collect();
    assert_eq!(
        tokens,
        [json!(null), json!("1"), json!("2"), json!("3"), json!("4")]
    );
}

#[tokio::test]
async fn p16_a_page_that_fails_midway_is_an_error_and_the_next_call_has_all() {
    let stub = Stub::answers(vec![
        page(&["/p/a"], Some("1")),
        Answer::error("InternalServerError", "half of it"),
        page(&["/p/a"], Some("1")),
        page(&["/p/b"], None),
    ]);
    let ssm = Ssm::new().through(&stub.aws());

    let error = ssm.fetch_many(&PathQuery::new("/p")).await.err().unwrap();
    let listed = ssm.fetch_many(&PathQuery::new("/p")).await.unwrap();

    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(listed.len(), 2);
}

#[tokio::test]
async fn a_page_that_repeats_itself_is_not_followed_for_ever() {
    let stub = Stub::answers(vec![page(&["/p/a"], Some("1"))]);
    let ssm = Ssm::new().through(&stub.aws());

    let error = ssm.fetch_many(&PathQuery::new("/p")).await.err().unwrap();

    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(stub.asked().len(), 2);
}

#[tokio::test]
async fn p36_a_key_that_cannot_be_used_is_an_error_for_each_name() {
    let stub = Stub::answers(vec![Answer::error("InvalidKeyId", "disabled")]);
    let ssm = Ssm::new().through(&stub.aws());

    let queries = [Query::new("/a").decrypt(), Query::new("/b").decrypt()];
    let values = ssm.fetch_by_name(&queries).await;

    assert_eq!(texts(&values), ["Invalid", "Invalid"]);
    let error = values.into_iter().next().unwrap().err().unwrap();
    assert!(error.to_string().contains("KMS key"), "{error}");
}

#[tokio::test]
async fn p38_what_is_written_has_everything_said() {
    let stub = Stub::start(echo);
    let ssm = Ssm::new().through(&stub.aws());

    ssm.put(&Put::new("/a", "one")).await.unwrap();

    assert_eq!(
        stub.asked()[0].json(),
        json!({
            "Name": "/a", "Value": "one", "Overwrite": false, "Type": "String", "Tier": "Standard",
        })
    );
}

#[tokio::test]
async fn p39_every_option_of_writing_is_sent() {
    let stub = Stub::start(echo);
    let ssm = Ssm::new().through(&stub.aws());
    let mut put = Put::new("/a", "s3cret");
    put.existing = Existing::Overwrite;
    put.description = Some("for the shop".to_owned());
    put.protection = Protection::SecureWith("alias/shop".to_owned());
    put.tier = Tier::Advanced;

    ssm.put(&put).await.unwrap();

    assert_eq!(
        stub.asked()[0].json(),
        json!({
            "Name": "/a", "Value": "s3cret", "Overwrite": true, "Type": "SecureString",
            "KeyId": "alias/shop", "Tier": "Advanced", "Description": "for the shop",
        })
    );
}

#[tokio::test]
async fn what_is_there_is_only_overwritten_on_request() {
    let ssm = ssm().await;
    let query = Query::new("/written/a");
    ssm.put(&Put::new("/written/a", "one")).await.unwrap();

    let error = ssm.put(&Put::new("/written/a", "two")).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("there already"), "{error}");
    assert_eq!(text(&ssm.fetch(&query).await.unwrap()), "one");

    put(&ssm, "/written/a", "two").await;
    assert_eq!(text(&ssm.fetch(&query).await.unwrap()), "two");
}

#[tokio::test]
async fn what_it_cannot_write_is_refused_and_nothing_is_sent() {
    let stub = Stub::start(echo);
    let ssm = Ssm::new().through(&stub.aws());
    let mut with_token = Put::new("/a", "one");
    with_token.token = Some("once".to_owned());
    for put in [Put::new("/a", Value::binary([0, 255])), with_token] {
        let error = ssm.put(&put).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{put:?}");
    }
    assert!(stub.asked().is_empty());
}

#[tokio::test]
async fn p40_a_refused_value_is_not_in_the_error() {
    let stub = Stub::answers(vec![Answer::error(
        "ValidationException",
        "1 validation error detected: Value 's3cret' at 'value' failed to satisfy constraint",
    )]);
    let ssm = Ssm::new().through(&stub.aws());

    let error = ssm.put(&Put::new("/a", "s3cret")).await.err().unwrap();

    assert_eq!(error.kind(), ErrorKind::Invalid);
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "ValidationException (request r-1)");
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn pages_in_a_circle_are_not_followed_for_ever() {
    let stub = Stub::answers(vec![
        page(&["/p/a"], Some("1")),
        page(&["/p/b"], Some("2")),
        page(&["/p/a"], Some("1")),
    ]);
    let ssm = Ssm::new().through(&stub.aws());

    let error = ssm.fetch_many(&PathQuery::new("/p")).await.err().unwrap();

    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(stub.asked().len(), 3);
}

#[tokio::test]
async fn names_are_not_asked_one_by_one_for_what_is_wrong_with_the_credentials() {
    let queries: Vec<_> = (0..20).map(|n| Query::new(format!("/{n}"))).collect();
    for code in ["ExpiredTokenException", "UnrecognizedClientException"] {
        let stub = Stub::answers(vec![Answer::error(code, "no")]);
        let ssm = Ssm::new().through(&stub.aws());

        let values = ssm.fetch_by_name(&queries).await;

        assert_eq!(texts(&values), ["AccessDenied"; 20], "{code}");
        assert_eq!(stub.asked().len(), 2, "{code}");
    }
}

#[tokio::test]
async fn asking_one_by_one_ends_where_a_failure_is_not_of_one_name() {
    let stub = Stub::answers(vec![
        Answer::error("AccessDeniedException", "no"),
        Answer::error("AccessDeniedException", "no"),
        Answer::error("ThrottlingException", "Rate exceeded"),
    ]);
    let ssm = Ssm::new().through(&stub.aws());

    let values = ssm
        .fetch_by_name(&["/a", "/b", "/c", "/d"].map(Query::new))
        .await;

    assert_eq!(
        texts(&values),
        ["AccessDenied", "Throttled", "Throttled", "Throttled"]
    );
    assert_eq!(stub.asked().len(), 3);
}

#[tokio::test]
async fn a_name_and_its_arn_are_both_found_in_an_answer_that_has_it_once() {
    let arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/a";
    let stub = Stub::answers(vec![Answer::ok(&json!({
        "Parameters": [{ "Name": "/a", "ARN": arn, "Value": "one", "Version": 3 }],
    }))]);
    let ssm = Ssm::new().through(&stub.aws());

    let values = ssm.fetch_by_name(&["/a", arn].map(Query::new)).await;

    assert_eq!(texts(&values), ["one", "one"]);
}

#[tokio::test]
async fn a_listed_parameter_without_a_name_is_an_error() {
    let stub = Stub::answers(vec![Answer::ok(&json!({
        "Parameters": [{ "Value": "one" }],
    }))]);
    let ssm = Ssm::new().through(&stub.aws());

    let error = ssm.fetch_many(&PathQuery::new("/p")).await.err().unwrap();

    assert_eq!(error.kind(), ErrorKind::Failed);
    assert!(error.to_string().contains("without a name"), "{error}");
}

#[tokio::test]
async fn an_empty_name_is_refused_and_nothing_is_sent() {
    let stub = Stub::start(echo);
    let ssm = Ssm::new().through(&stub.aws());

    let error = ssm.fetch(&Query::new("")).await.err().unwrap();

    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("the name is empty"), "{error}");
    assert!(stub.asked().is_empty());
}
