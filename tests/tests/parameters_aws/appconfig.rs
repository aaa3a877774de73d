//! AppConfig, played by a stub as strict as the service: a token is good for one request.

use std::{
    collections::{HashMap, HashSet},
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use powertools::parameters::{AppConfig, ErrorKind, Parameters, PathQuery, Provider, Query};
use serde_json::json;

use crate::{
    moto::text,
    wire::{Answer, Asked, Stub, begin},
};

/// What is deployed, and which tokens are good.
#[derive(Default)]
struct Deployed {
    /// By profile.
    configurations: Mutex<HashMap<String, Vec<u8>>>,
    /// Good ones, each with its session.
    tokens: Mutex<HashMap<String, Session>>,
    made: AtomicUsize,
    sessions: AtomicUsize,
    refused: AtomicUsize,
    throttles: AtomicBool,
    is_slow: AtomicBool,
}

/// Its profile, and the configuration that it has seen.
type Session = (String, Option<Vec<u8>>);

impl Deployed {
    fn deploy(&self, profile: &str, configuration: &[u8]) {
        let mut configurations = self.configurations.lock().unwrap();
        configurations.insert(profile.to_owned(), configuration.to_vec());
    }

    fn expire_all_tokens(&self) {
        self.tokens.lock().unwrap().clear();
    }

    fn token(&self, profile: &str, seen: Option<Vec<u8>>) -> String {
        let token = format!("t{}", self.made.fetch_add(1, Ordering::SeqCst));
        let mut tokens = self.tokens.lock().unwrap();
        tokens.insert(token.clone(), (profile.to_owned(), seen));
        token
    }

    fn answer(&self, asked: &Asked) -> Answer {
        if self.throttles.load(Ordering::SeqCst) {
            return Answer::error("ThrottlingException", "");
        }
        if asked.line.starts_with("POST /configurationsessions ") {
            let request = asked.json();
            assert_eq!(request["ApplicationIdentifier"], "shop");
            assert_eq!(request["EnvironmentIdentifier"], "live");
            let profile = request["ConfigurationProfileIdentifier"].as_str().unwrap();
            if !self.configurations.lock().unwrap().contains_key(profile) {
                return Answer::error("ResourceNotFoundException", "no such profile");
            }
            self.sessions.fetch_add(1, Ordering::SeqCst);
            let token = self.token(profile, None);
            let body = json!({ "InitialConfigurationToken": token });
            return Answer::with(201, "", body.to_string());
        }
        let start = "GET /configuration?configuration_token=";
        let token = asked.line.strip_prefix(start).expect("a known request");
        let token = token.split(' ').next().unwrap();
        let Some((profile, seen)) = self.tokens.lock().unwrap().remove(token) else {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return Answer::error("BadRequestException", "the token is not valid");
        };
        let configuration = self.configurations.lock().unwrap()[&profile].clone();
        let body = match seen {
            Some(seen) if seen == configuration => Vec::new(),
            _ => configuration.clone(),
        };
        if self.is_slow.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(500));
        }
        let next = self.token(&profile, Some(configuration));
        let headers = format!(
            "next-poll-configuration-token: {next}\r\nnext-poll-interval-in-seconds: 60\r\n\
             content-type: application/octet-stream\r\n"
        );
        Answer::with(200, &headers, body)
    }
}

fn appconfig() -> (AppConfig, Arc<Deployed>, Stub) {
    let deployed = Arc::new(Deployed::default());
    deployed.deploy("flags", b"one");
    let played = Arc::clone(&deployed);
    let stub = Stub::start(move |asked| played.answer(asked));
    let provider = AppConfig::new("live").application("shop");
    (provider.through(&stub.aws()), deployed, stub)
}

async fn flags(provider: &AppConfig) -> String {
    text(&provider.fetch(&Query::new("flags")).await.unwrap())
}

fn count(counter: &AtomicUsize) -> usize {
    counter.load(Ordering::SeqCst)
}

#[tokio::test]
async fn p50_an_empty_answer_means_the_last_value_in_one_session() {
    let (provider, deployed, stub) = appconfig();

    assert_eq!(flags(&provider).await, "one");
    assert_eq!(flags(&provider).await, "one");
    deployed.deploy("flags", b"two");
    assert_eq!(flags(&provider).await, "two");
    assert_eq!(flags(&provider).await, "two");

    assert_eq!(count(&deployed.sessions), 1);
    assert_eq!(count(&deployed.refused), 0);
    let lines: Vec<_> = stub.asked()[1..]
        .iter()
        .map(|asked| asked.line.clone())
        .collect();
    for (number, line) in lines.iter().enumerate() {
        let expected = format!("GET /configuration?configuration_token=t{number} HTTP/1.1");
        assert_eq!(*line, expected);
    }
}

#[tokio::test]
async fn p52_each_profile_has_its_own_session_and_value() {
    let (provider, deployed, _stub) = appconfig();
    deployed.deploy("prices", b"7");

    assert_eq!(flags(&provider).await, "one");
    let prices = provider.fetch(&Query::new("prices")).await.unwrap();
    assert_eq!(text(&prices), "7");
    assert_eq!(flags(&provider).await, "one");

    assert_eq!(count(&deployed.sessions), 2);
}

#[tokio::test]
async fn p53_there_is_nothing_below_a_path_and_no_other_version() {
    let (provider, _, stub) = appconfig();

    let error = provider
        .fetch_many(&PathQuery::new("flags"))
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    for query in [
        Query::new("flags").version(1),
        Query::new("flags").without_decryption(),
    ] {
        let error = provider.fetch(&query).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{query:?}");
    }
    assert!(stub.asked().is_empty());
}

#[tokio::test]
async fn a_token_that_expired_is_one_new_session() {
    let (provider, deployed, _stub) = appconfig();
    assert_eq!(flags(&provider).await, "one");

    deployed.expire_all_tokens();

    assert_eq!(flags(&provider).await, "one");
    assert_eq!(flags(&provider).await, "one");
    assert_eq!(count(&deployed.refused), 1);
    assert_eq!(count(&deployed.sessions), 2);
}

#[tokio::test]
async fn a_token_refused_in_a_new_session_is_an_error_and_no_loop() {
    let stub = Stub::start(|asked| {
        if asked.line.starts_with("POST") {
            return Answer::with(201, "", r#"{"InitialConfigurationToken":"t"}"#);
        }
        Answer::error("BadRequestException", "the token is not valid")
    });
    let provider = AppConfig::new("live")
        .application("shop")
        .through(&stub.aws());

    let error = provider.fetch(&Query::new("flags")).await.err().unwrap();

    assert_eq!(error.kind(), ErrorKind::Failed);
    assert_eq!(stub.asked().len(), 2);
}

#[tokio::test]
async fn reads_at_one_time_never_use_a_token_twice() {
    let (provider, deployed, stub) = appconfig();
    let provider = Arc::new(provider);

    let reads: Vec<_> = (0..20)
        .map(|_| {
            let provider = Arc::clone(&provider);
            tokio::spawn(async move { flags(&provider).await })
        })
        .collect();
    for read in reads {
        assert_eq!(read.await.unwrap(), "one");
    }

    assert_eq!(count(&deployed.refused), 0);
    let asked = stub.asked();
    let tokens = asked.iter().filter(|asked| asked.line.starts_with("GET"));
    let tokens: HashSet<_> = tokens.map(|asked| asked.line.clone()).collect();
    assert_eq!(tokens.len(), 20);
    // Where users meet it, reads at one time are one.
    let before = count(&deployed.sessions);
    let parameters = Parameters::new(
        AppConfig::new("live")
            .application("shop")
            .through(&stub.aws()),
    );
    let reads: Vec<_> = (0..20)
        .map(|_| {
            let parameters = parameters.clone();
            tokio::spawn(async move { parameters.get::<String>("flags").await })
        })
        .collect();
    for read in reads {
        assert_eq!(*read.await.unwrap().unwrap(), "one");
    }
    assert_eq!(count(&deployed.sessions), before + 1);
}

#[tokio::test]
async fn a_read_that_is_no_longer_polled_blocks_no_other() {
    let (provider, deployed, _stub) = appconfig();
    let query = Query::new("flags");
    // Without a session first, and then with one.
    for _ in 0..2 {
        let mut held = pin!(provider.fetch(&query));
        begin(held.as_mut()).await;

        let read = tokio::time::timeout(Duration::from_secs(10), flags(&provider)).await;

        assert_eq!(read.unwrap(), "one");
        assert_eq!(text(&held.await.unwrap()), "one");
    }
    assert_eq!(count(&deployed.refused), 0);
}

#[tokio::test]
async fn debug_does_not_write_the_sessions() {
    let stub = Stub::start(|asked| {
        if asked.line.starts_with("POST") {
            return Answer::with(201, "", r#"{"InitialConfigurationToken":"first-token"}"#);
        }
        Answer::with(200, "next-poll-configuration-token: next-token\r\n", "one")
    });
    let provider = AppConfig::new("live")
        .application("shop")
        .through(&stub.aws());
    flags(&provider).await;

    let shown = format!("{provider:?}");

    assert!(shown.contains("live"), "{shown}");
    assert!(!shown.contains("-token"), "{shown}");
}

#[tokio::test]
async fn its_values_come_decrypted_and_may_be_asked_for_so() {
    let (provider, _, _stub) = appconfig();

    let value = provider.fetch(&Query::new("flags").decrypt()).await;

    assert_eq!(text(&value.unwrap()), "one");
}

#[tokio::test]
async fn a_read_that_was_given_up_does_not_leave_its_token_to_the_next() {
    let (provider, deployed, _stub) = appconfig();
    assert_eq!(flags(&provider).await, "one");

    // The service has the token by then, and the next one never arrives.
    deployed.is_slow.store(true, Ordering::SeqCst);
    let query = Query::new("flags");
    let read = provider.fetch(&query);
    let read = tokio::time::timeout(Duration::from_millis(200), read).await;
    assert!(read.is_err());
    deployed.is_slow.store(false, Ordering::SeqCst);

    deployed.deploy("flags", b"two");
    assert_eq!(flags(&provider).await, "two");
    assert_eq!(flags(&provider).await, "two");
    assert_eq!(count(&deployed.refused), 0);
}

#[tokio::test]
async fn throttling_is_an_error_that_costs_no_session() {
    let (provider, deployed, _stub) = appconfig();
    assert_eq!(flags(&provider).await, "one");

    deployed.throttles.store(true, Ordering::SeqCst);
    let error = provider.fetch(&Query::new("flags")).await.err().unwrap();
    deployed.throttles.store(false, Ordering::SeqCst);

    assert_eq!(error.kind(), ErrorKind::Throttled);
    assert_eq!(flags(&provider).await, "one");
    assert_eq!(count(&deployed.sessions), 1);
}

#[tokio::test]
async fn a_profile_that_there_is_not_is_not_found_until_it_is_there() {
    let (provider, deployed, _stub) = appconfig();
    let query = Query::new("later");

    let error = provider.fetch(&query).await.err().unwrap();
    deployed.deploy("later", b"now");

    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(text(&provider.fetch(&query).await.unwrap()), "now");
}

#[tokio::test]
async fn what_is_not_utf_8_is_binary_and_what_is_empty_is_empty() {
    let (provider, deployed, _stub) = appconfig();
    deployed.deploy("bytes", &[0, 255]);
    deployed.deploy("nothing", b"");

    let bytes = provider.fetch(&Query::new("bytes")).await.unwrap();
    let nothing = provider.fetch(&Query::new("nothing")).await.unwrap();

    assert!(bytes.is_binary());
    assert_eq!(bytes.as_bytes(), [0, 255]);
    assert_eq!(text(&nothing), "");
}
