//! What the environment decides: each test is run again as a process with an environment of its own.

use std::{
    env,
    ffi::OsStr,
    fs, io,
    os::unix::ffi::OsStrExt,
    pin::pin,
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use powertools::parameters::{
    AppConfig, Aws, DynamoDb, Error, ErrorKind, Existing, LambdaExtension, Local, Parameters,
    PathQuery, Protection, Provider, Put, Query, SecretsManager, Ssm,
};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    moto::text,
    wire::{Answer, Stub, begin, quick},
};

const CHILD: &str = "TEST_CHILD";

/// In the test's own process: runs it again with these variables and no others. True in that one.
fn is_child<V: AsRef<OsStr>>(test: &str, variables: &[(&str, V)]) -> bool {
    if env::var_os(CHILD).is_some() {
        return true;
    }
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", &format!("environment::{test}"), "--nocapture"])
        .env_clear()
        .env(CHILD, "1")
        .envs(variables.iter().map(|(name, value)| (name, value)));
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

/// What a read of SSM with these settings says, which must fail.
async fn refused(aws: &Aws) -> Error {
    let read = Ssm::new().through(aws).fetch(&Query::new("/a")).await;
    read.err().unwrap()
}

/// A busy machine may take longer than an attempt, and the next one then finds written what it writes.
fn put(name: &str, value: &str) -> Put {
    let mut put = Put::new(name, value);
    put.existing = Existing::Overwrite;
    put
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
    ssm.put(&put("/environment/a", "one")).await.unwrap();

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
    let mut put = put(name, "s3cret");
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
    let error = refused(&aws).await;

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
    let error = refused(&Aws::new()).await;

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
    let error = refused(&aws).await;

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
    let port = format!(" {}\n", stub.port());
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
    let test = "an_extension_without_token_or_port_is_an_error_that_names_the_variable";
    let children = ["many", "0", "65536"]
        .map(|port| is_child(test, &[("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", port)]));
    if !children[0] {
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

    ssm.put(&put("/whole/logged", "s3cret")).await.unwrap();
    let value = ssm.fetch(&Query::new("/whole/logged")).await.unwrap();
    tracing::info!(?value, "read");

    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(lines.contains("aws_smithy_runtime"), "{lines}");
    let found = lines.lines().find(|line| line.contains("s3cret"));
    assert_eq!(found, None);
}

/// What is written from now on, at this level and above it.
fn lines_at(level: tracing_subscriber::filter::LevelFilter) -> Lines {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(level)
        .with_writer(lines.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    lines
}

impl Lines {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

#[tokio::test]
async fn no_line_has_a_value_whatever_the_service_answers() {
    if !is_child(
        "no_line_has_a_value_whatever_the_service_answers",
        &CREDENTIALS,
    ) {
        return;
    }
    let lines = lines_at(tracing_subscriber::filter::LevelFilter::TRACE);
    let refused = "Value 's3cret' at 'value' failed to satisfy constraint";
    let stub = Stub::start(move |asked| match asked.operation() {
        "GetItem" => Answer::ok(&json!({ "Item": { "value": { "S": "s3cret" } } })),
        "Query" => {
            Answer::ok(&json!({ "Items": [{ "sk": { "S": "x" }, "value": { "S": "s3cret" } }] }))
        }
        "GetParameter" => Answer::ok(&json!({ "Parameter": { "Name": "/a", "Value": "s3cret" } })),
        "" if asked.line.starts_with("POST") => {
            Answer::with(201, "", r#"{"InitialConfigurationToken":"s3cret-1"}"#)
        }
        "" => Answer::with(200, "next-poll-configuration-token: s3cret-2\r\n", "s3cret"),
        _ => Answer::error("ValidationException", refused),
    });
    let aws = stub.aws();
    let table = DynamoDb::new("t").through(&aws);

    table.fetch(&Query::new("a")).await.unwrap();
    table.fetch_many(&PathQuery::new("a")).await.unwrap();
    let put = Put::new("/a", "s3cret");
    Ssm::new().through(&aws).put(&put).await.unwrap_err();
    let mut described = put.clone();
    described.description = Some("for the shop".to_owned());
    for put in [&put, &described] {
        let secrets = SecretsManager::new().through(&aws);
        secrets.put(put).await.unwrap_err();
    }
    let configurations = AppConfig::new("live").application("shop").through(&aws);
    configurations.fetch(&Query::new("flags")).await.unwrap();
    let ssm = Ssm::new().through(&aws);
    ssm.fetch(&Query::new("/a")).await.unwrap();

    let lines = lines.take();
    assert_eq!(lines.lines().find(|line| line.contains("s3cret")), None);
    assert!(lines.contains("AWS's SDK writes no lines here"), "{lines}");
    // What the SDK itself keeps out of its lines is traced as ever.
    assert!(lines.contains("read HTTP response body"), "{lines}");
}

#[tokio::test]
async fn at_debug_the_sdk_is_traced_and_no_line_has_a_value() {
    let test = "at_debug_the_sdk_is_traced_and_no_line_has_a_value";
    if !is_child(test, &CREDENTIALS) {
        return;
    }
    let lines = lines_at(tracing_subscriber::filter::LevelFilter::DEBUG);
    let item = json!({ "Item": { "value": { "S": "s3cret" } } });
    let stub = Stub::answers(vec![Answer::ok(&item)]);

    let table = DynamoDb::new("t").through(&stub.aws());
    table.fetch(&Query::new("a")).await.unwrap();

    let lines = lines.take();
    assert_eq!(lines.lines().find(|line| line.contains("s3cret")), None);
    assert!(lines.contains("aws_smithy_runtime"), "{lines}");
}

#[tokio::test]
async fn an_encrypted_value_that_nobody_decrypts_is_told_at_warn() {
    if !is_child(
        "an_encrypted_value_that_nobody_decrypts_is_told_at_warn",
        &CREDENTIALS,
    ) {
        return;
    }
    let lines = lines_at(tracing_subscriber::filter::LevelFilter::WARN);
    let parameter = json!({ "Name": "/p/a", "Type": "SecureString", "Value": "AQICAHg" });
    let stub = Stub::start(move |asked| match asked.operation() {
        "GetParameter" | "" => Answer::ok(&json!({ "Parameter": parameter })),
        _ => Answer::ok(&json!({ "Parameters": [parameter] })),
    });
    let ssm = || Ssm::new().through(&stub.aws());
    let extension = || {
        LambdaExtension::parameters()
            .port(stub.port())
            .session_token("shown")
    };
    let query = || Query::new("/p/a");

    for (read, ssm, query) in [
        ("by nobody", ssm(), query()),
        ("by the query", ssm(), query().decrypt()),
        ("by the query, not", ssm(), query().without_decryption()),
        ("by the provider", ssm().decrypt(), query()),
        ("by the provider, not", ssm().without_decryption(), query()),
    ] {
        let expected = usize::from(read == "by nobody");
        let mut path = PathQuery::new("/p");
        path.decryption = query.decryption;
        let told = || lines.take().matches("the parameter is encrypted").count();

        ssm.fetch(&query).await.unwrap();
        assert_eq!(told(), expected, "{read}");
        ssm.fetch_by_name(std::slice::from_ref(&query)).await;
        assert_eq!(told(), expected, "{read}");
        ssm.fetch_many(&path).await.unwrap();
        assert_eq!(told(), expected, "{read}");
        extension().fetch(&query).await.unwrap();
        let is_said = query.decryption != powertools::parameters::Decryption::Unset;
        assert_eq!(told(), usize::from(!is_said), "{read}");
    }
    extension().decrypt().fetch(&query()).await.unwrap();
    assert_eq!(lines.take(), "");
    ssm().fetch(&query()).await.unwrap();
    let line = lines.take();
    assert!(line.contains("WARN") && line.contains("/p/a"), "{line}");
    assert!(!line.contains("AQICAHg"), "{line}");
}

#[test]
fn what_the_environment_says_wrongly_is_told_at_warn_with_what_it_may_say() {
    let test = "what_the_environment_says_wrongly_is_told_at_warn_with_what_it_may_say";
    let variables = [
        ("POWERTOOLS_PARAMETERS_SSM_DECRYPT", OsStr::new("nope")),
        ("POWERTOOLS_PARAMETERS_MAX_AGE", OsStr::from_bytes(b"\xff1")),
    ];
    if !is_child(test, &variables) {
        return;
    }
    let lines = lines_at(tracing_subscriber::filter::LevelFilter::WARN);

    drop(Ssm::new());
    let line = lines.take();
    assert!(line.contains("value=\"nope\""), "{line}");
    assert!(
        line.contains("is none of true, yes, on, 1, false"),
        "{line}"
    );

    drop(Parameters::new(Local::new()));
    let line = lines.take();
    assert!(line.contains("is no number of seconds"), "{line}");
}

#[tokio::test]
async fn debug_does_not_write_what_is_in_the_files_of_credentials() {
    let path = env::temp_dir().join(format!("credentials-{}", std::process::id()));
    let path = env::var_os("AWS_SHARED_CREDENTIALS_FILE").map_or(path, Into::into);
    let profile = "[default]\naws_access_key_id = test\naws_secret_access_key = s3cret\n";
    fs::write(&path, profile).unwrap();
    let test = "debug_does_not_write_what_is_in_the_files_of_credentials";
    if !is_child(test, &[("AWS_SHARED_CREDENTIALS_FILE", &path)]) {
        fs::remove_file(path).unwrap();
        return;
    }
    let item = json!({ "Parameter": { "Name": "/a", "Value": "one" }, "SecretString": "one" });
    let stub = Stub::answers(vec![Answer::ok(&item)]);
    let aws = stub.aws();
    let (ssm, secrets) = (
        Ssm::new().through(&aws),
        SecretsManager::new().through(&aws),
    );

    ssm.fetch(&Query::new("/a")).await.unwrap();
    secrets.fetch(&Query::new("a")).await.unwrap();

    for shown in [
        format!("{aws:?}"),
        format!("{ssm:?}"),
        format!("{secrets:?}"),
    ] {
        assert!(shown.contains("eu-west-1"), "{shown}");
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

#[tokio::test]
async fn a_read_that_is_no_longer_polled_blocks_no_other_while_the_configuration_loads() {
    // Where the region would be asked for, nobody answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let variables = [
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &*url),
        ("HOME", "/nowhere"),
    ];
    let test = "a_read_that_is_no_longer_polled_blocks_no_other_while_the_configuration_loads";
    if !is_child(test, &variables) {
        return;
    }
    let ssm = Ssm::new().through(&Aws::new().timeout(Duration::from_millis(100)));
    let query = Query::new("/a");
    let mut held = pin!(ssm.fetch(&query));
    begin(held.as_mut()).await;

    let read = tokio::time::timeout(Duration::from_secs(10), ssm.fetch(&query)).await;

    let error = read.unwrap().err().unwrap();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}
