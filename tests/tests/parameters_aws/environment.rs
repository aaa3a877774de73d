//! What the environment decides: each test is run again as a process with an environment of its own.

use std::{
    env, io,
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use powertools::parameters::{
    AppConfig, Aws, ErrorKind, LambdaExtension, Protection, Provider, Put, Query, Ssm,
};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    moto::text,
    wire::{Answer, Stub, quick},
};

const CHILD: &str = "TEST_CHILD";

/// In the test's own process: runs it again with these variables and no others. True in that one.
fn is_child(test: &str, variables: &[(&str, &str)]) -> bool {
    if env::var_os(CHILD).is_some() {
        return true;
    }
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", &format!("environment::{test}"), "--nocapture"])
        .env_clear()
        .env(CHILD, "1")
        .envs(variables.iter().copied());
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    false
}

const CREDENTIALS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "test"),
    ("AWS_SECRET_ACCESS_KEY", "test"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
];

#[tokio::test]
async fn the_processes_own_way_is_what_the_environment_says() {
    let url = env::var("AWS_ENDPOINT_URL").expect("moto: run `./check parameters`");
    let variables = [("AWS_ENDPOINT_URL", &*url), ("AWS_REGION", "eu-west-1")];
    let variables = [&CREDENTIALS[..], &variables].concat();
    if !is_child(
        "the_processes_own_way_is_what_the_environment_says",
        &variables,
    ) {
        return;
    }
    let ssm = Ssm::new();
    ssm.put(&Put::new("/environment/a", "one")).await.unwrap();

    let value = Ssm::default().fetch(&Query::new("/environment/a")).await;

    assert_eq!(text(&value.unwrap()), "one");
}

#[tokio::test]
async fn p04_the_environment_decides_on_decryption_where_nobody_else_does() {
    let url = env::var("AWS_ENDPOINT_URL").expect("moto: run `./check parameters`");
    let variables = [
        ("AWS_ENDPOINT_URL", &*url),
        ("AWS_REGION", "eu-west-1"),
        ("POWERTOOLS_PARAMETERS_SSM_DECRYPT", "True"),
    ];
    let variables = [&CREDENTIALS[..], &variables].concat();
    let test = "p04_the_environment_decides_on_decryption_where_nobody_else_does";
    if !is_child(test, &variables) {
        return;
    }
    let name = "/environment/decrypted";
    let mut put = Put::new(name, "s3cret");
    put.protection = Protection::Secure;
    Ssm::new().put(&put).await.unwrap();

    for (ssm, query, is_decrypted) in [
        (Ssm::new(), Query::new(name), true),
        (Ssm::new(), Query::new(name).without_decryption(), false),
        (Ssm::new().without_decryption(), Query::new(name), false),
    ] {
        let value = ssm.fetch(&query).await.unwrap();
        assert_eq!(text(&value) == "s3cret", is_decrypted, "{query:?}");
    }
}

#[tokio::test]
async fn without_credentials_the_error_says_so_soon() {
    let variables = [("AWS_EC2_METADATA_DISABLED", "true"), ("HOME", "/nowhere")];
    if !is_child("without_credentials_the_error_says_so_soon", &variables) {
        return;
    }
    let started = Instant::now();

    let aws = quick().endpoint("http://127.0.0.1:1");
    let error = Ssm::new()
        .through(&aws)
        .fetch(&Query::new("/a"))
        .await
        .err()
        .unwrap();

    assert_eq!(error.kind(), ErrorKind::AccessDenied, "{error:?}");
    assert!(error.to_string().contains("no AWS credentials"), "{error}");
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn without_a_region_the_error_says_so() {
    let variables = [&CREDENTIALS[..], &[("HOME", "/nowhere")]].concat();
    if !is_child("without_a_region_the_error_says_so", &variables) {
        return;
    }
    let error = Ssm::new()
        .through(&Aws::new())
        .fetch(&Query::new("/a"))
        .await;
    let error = error.err().unwrap();

    assert_eq!(error.kind(), ErrorKind::Invalid, "{error:?}");
    assert!(error.to_string().contains("`AWS_REGION`"), "{error}");
}

#[tokio::test]
async fn a_machine_that_answers_nothing_costs_the_timeout_and_no_more() {
    // With nothing in the environment, region and credentials are asked of the machine's own service.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let variables = [
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &*url),
        ("HOME", "/nowhere"),
    ];
    let test = "a_machine_that_answers_nothing_costs_the_timeout_and_no_more";
    if !is_child(test, &variables) {
        return;
    }
    let started = Instant::now();

    let aws = Aws::new().timeout(Duration::from_millis(100));
    let error = Ssm::new()
        .through(&aws)
        .fetch(&Query::new("/a"))
        .await
        .err()
        .unwrap();

    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error:?}");
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn p51_the_application_is_the_service() {
    let variables = [&CREDENTIALS[..], &[("POWERTOOLS_SERVICE_NAME", "shop")]].concat();
    if !is_child("p51_the_application_is_the_service", &variables) {
        return;
    }
    let stub = Stub::start(|asked| {
        if asked.line.starts_with("POST") {
            return Answer::with(201, "", r#"{"InitialConfigurationToken":"t"}"#);
        }
        Answer::with(200, "next-poll-configuration-token: u\r\n", "one")
    });
    let provider = AppConfig::new("live").through(&stub.aws());

    let value = provider.fetch(&Query::new("flags")).await.unwrap();

    assert_eq!(text(&value), "one");
    assert_eq!(
        stub.asked()[0].json(),
        json!({
            "ApplicationIdentifier": "shop", "EnvironmentIdentifier": "live",
            "ConfigurationProfileIdentifier": "flags",
        })
    );
}

#[tokio::test]
async fn without_an_application_the_error_says_how_to_name_it() {
    if !is_child(
        "without_an_application_the_error_says_how_to_name_it",
        &CREDENTIALS,
    ) {
        return;
    }
    let provider = AppConfig::new("live").through(&quick());

    let error = provider.fetch(&Query::new("flags")).await.err().unwrap();

    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(
        error.to_string().contains("POWERTOOLS_SERVICE_NAME"),
        "{error}"
    );
}

#[tokio::test]
async fn the_extension_is_where_and_who_the_environment_says() {
    let stub = Stub::answers(vec![Answer::ok(&json!({ "SecretString": "one" }))]);
    let port = stub.port().to_string();
    let variables = [
        ("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", &*port),
        ("AWS_SESSION_TOKEN", "shown"),
    ];
    if !is_child(
        "the_extension_is_where_and_who_the_environment_says",
        &variables,
    ) {
        // The child has a stub of its own, which nobody asks.
        let asked = &stub.asked()[0];
        assert_eq!(
            asked.header("x-aws-parameters-secrets-token"),
            Some("shown")
        );
        return;
    }
    let value = LambdaExtension::secrets()
        .fetch(&Query::new("a"))
        .await
        .unwrap();

    assert_eq!(text(&value), "one");
}

#[tokio::test]
async fn an_extension_without_token_or_port_is_an_error_that_names_the_variable() {
    let variables = [("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", "many")];
    let test = "an_extension_without_token_or_port_is_an_error_that_names_the_variable";
    if !is_child(test, &variables) {
        return;
    }
    let query = Query::new("a");
    let port = LambdaExtension::secrets()
        .fetch(&query)
        .await
        .err()
        .unwrap();
    let token = LambdaExtension::secrets()
        .port(1)
        .fetch(&query)
        .await
        .err()
        .unwrap();

    assert_eq!(port.kind(), ErrorKind::Invalid);
    assert!(
        port.to_string()
            .contains("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"),
        "{port}"
    );
    assert_eq!(token.kind(), ErrorKind::AccessDenied);
    assert!(token.to_string().contains("AWS_SESSION_TOKEN"), "{token}");
}

/// All lines at every level.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_line_has_the_value() {
    let url = env::var("AWS_ENDPOINT_URL").expect("moto: run `./check parameters`");
    let variables = [("AWS_ENDPOINT_URL", &*url), ("AWS_REGION", "eu-west-1")];
    // Alone: in a process of many threads tracing forgets callsites that others have met first.
    if !is_child(
        "no_line_has_the_value",
        &[&CREDENTIALS[..], &variables].concat(),
    ) {
        return;
    }
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(lines.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let ssm = Ssm::new();

    ssm.put(&Put::new("/whole/logged", "s3cret")).await.unwrap();
    let value = ssm.fetch(&Query::new("/whole/logged")).await.unwrap();
    tracing::info!(?value, "read");

    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(lines.contains("aws_smithy_runtime"), "{lines}");
    let found = lines.lines().find(|line| line.contains("s3cret"));
    assert_eq!(found, None);
}
