//! Providers as users meet them: behind the cache and with types.

use powertools::parameters::{ErrorKind, FromJson, Name, Parameters, SecretsManager, Ssm};
use serde_json::json;

use crate::{
    moto,
    wire::{Answer, Stub},
};

async fn settings() -> Parameters {
    let client = aws_sdk_ssm::Client::new(&moto::config().await);
    Parameters::new(Ssm::from_client(client))
}

async fn secrets() -> Parameters {
    let client = aws_sdk_secretsmanager::Client::new(&moto::config().await);
    Parameters::new(SecretsManager::from_client(client))
}

#[tokio::test]
async fn p05_a_value_without_decryption_is_never_given_for_a_decrypted_one() {
    let settings = settings().await;
    settings
        .set("/whole/token", "s3cret")
        .secure()
        .await
        .unwrap();

    let stored = settings.get::<String>("/whole/token").await.unwrap();
    let decrypted = settings
        .get::<String>("/whole/token")
        .decrypt()
        .await
        .unwrap();

    assert_ne!(*stored, "s3cret");
    assert_eq!(*decrypted, "s3cret");
}

#[tokio::test]
async fn p47_what_was_written_is_what_is_read_next() {
    let (settings, secrets) = (settings().await, secrets().await);
    for value in ["one", "two"] {
        settings.set("/whole/a", value).overwrite().await.unwrap();
        secrets.set("whole/a", value).await.unwrap();
        assert_eq!(*settings.get::<String>("/whole/a").await.unwrap(), value);
        assert_eq!(*secrets.get::<String>("whole/a").await.unwrap(), value);
    }
}

#[tokio::test]
async fn p42_p43_a_secret_is_read_as_json_and_each_stage_is_its_own() {
    #[derive(serde::Deserialize)]
    struct Login {
        user: String,
    }
    let secrets = secrets().await;
    for user in ["old", "new"] {
        let text = json!({ "user": user }).to_string();
        secrets.set("whole/login", text).await.unwrap();
    }

    let now = secrets.get::<FromJson<Login>>("whole/login").await.unwrap();
    let before = secrets
        .get::<FromJson<Login>>("whole/login")
        .stage("AWSPREVIOUS");

    assert_eq!(now.user, "new");
    assert_eq!(before.await.unwrap().user, "old");
}

#[tokio::test]
async fn p22_a_path_is_read_through_all_its_pages() {
    let settings = settings().await;
    for number in 0..33 {
        let name = format!("/whole/path/{number}");
        settings.set(name, number.to_string()).await.unwrap();
    }

    let read = settings.get_many::<String>("/whole/path").await.unwrap();

    assert_eq!(read.len(), 33);
    assert_eq!(**read.get("32").unwrap(), "32");
}

#[tokio::test]
async fn p34_of_many_names_only_those_that_are_not_cached_are_fetched() {
    let stub = Stub::start(|asked| {
        let request = asked.json();
        if asked.operation() == "GetParameter" {
            let name = &request["Name"];
            return Answer::ok(&json!({ "Parameter": { "Name": name, "Value": name } }));
        }
        let names = request["Names"].as_array().unwrap();
        let value = |name| json!({ "Name": name, "Value": name });
        let parameters: Vec<_> = names.iter().map(value).collect();
        Answer::ok(&json!({ "Parameters": parameters }))
    });
    let settings = Parameters::new(Ssm::new().through(&stub.aws()));
    settings.get::<String>("/b").await.unwrap();

    let names = ["/a", "/b", "/c"].map(Name::new);
    let read = settings.get_by_name::<String>(names).await;

    assert_eq!(**read.get("/b").unwrap(), "/b");
    assert_eq!(read.len(), 3);
    let asked = stub.asked().pop().unwrap().json();
    assert_eq!(asked["Names"], json!(["/a", "/c"]));
}

#[tokio::test]
async fn an_error_names_the_provider_the_parameter_and_the_remedy() {
    let error = settings().await.get::<String>("/whole/none").await;
    let error = error.err().unwrap();

    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(
        error.to_string(),
        "parameter `/whole/none` of SSM Parameter Store was not found: check its name, version, \
         account and region"
    );
}
