//! Defects that other caches of parameters have or had, each with what ours does instead.

use std::{pin::pin, task::Poll, time::Duration};

use powertools::parameters::{ErrorKind, FromJson};

use super::upstream::{HOUR, SECOND, Upstream, parameters};

/// Powertools for Python (and for TypeScript until issue 5622): the key has the name and the transform only.
#[tokio::test]
async fn a_value_without_decryption_is_not_given_for_the_decrypted_one() {
    let upstream = Upstream::new().with("/a", "cipher").with("/a!", "plain");
    let (parameters, _) = parameters(&upstream);

    assert_eq!(*parameters.get::<String>("/a").await.unwrap(), "cipher");
    let decrypted = parameters.get::<String>("/a").decrypt().await;
    assert_eq!(*decrypted.unwrap(), "plain");
}

/// Powertools for Python: a read of the previous stage poisons the current one.
#[tokio::test]
async fn a_secrets_previous_version_is_not_given_for_the_current_one() {
    let upstream = Upstream::new()
        .with("s", "new")
        .with("s#AWSPREVIOUS", "old");
    let (parameters, _) = parameters(&upstream);

    let previous = parameters.get::<String>("s").stage("AWSPREVIOUS").await;
    assert_eq!(*previous.unwrap(), "old");
    assert_eq!(*parameters.get::<String>("s").await.unwrap(), "new");
}

/// Powertools for Python, issue 5482: two booleans were swapped, so lists were not fetched when they had to be.
#[tokio::test]
async fn a_forced_fetch_of_a_path_is_one() {
    let upstream = Upstream::new().with("/p/a", "1");
    let (parameters, _) = parameters(&upstream);

    for _ in 0..2 {
        let _ = parameters.get_many::<u8>("/p").force_fetch().await.unwrap();
    }
    assert_eq!(upstream.calls().len(), 2);
}

/// Powertools for Python: what is stored is given even to who asked for an age of zero.
#[tokio::test]
async fn an_age_of_zero_takes_nothing_that_is_stored() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, _) = parameters(&upstream);
    parameters.get::<String>("/a").await.unwrap();
    upstream.has("/a", "2");

    let now = parameters.get::<String>("/a").max_age(Duration::ZERO).await;
    assert_eq!(*now.unwrap(), "2");
}

/// Powertools for Python: writing leaves the old value in the cache.
#[tokio::test]
async fn what_was_written_is_read() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, _) = parameters(&upstream);
    parameters.get::<String>("/a").await.unwrap();

    parameters.set("/a", "2").overwrite().await.unwrap();
    assert_eq!(*parameters.get::<String>("/a").await.unwrap(), "2");
}

/// Powertools for Python: a parameter that is read alone is fetched again with others, and the reverse.
#[tokio::test]
async fn names_and_single_reads_share_what_is_stored() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, _) = parameters(&upstream);
    parameters.get::<u8>("/a").await.unwrap();
    let _ = parameters.get_by_name::<u8>(["/a"]).await.all().unwrap();

    assert_eq!(upstream.calls(), ["/a"]);
}

/// Powertools for Python: a null is fetched at every read.
#[tokio::test]
async fn a_null_is_stored_like_any_value() {
    let upstream = Upstream::new().with("/a", "null");
    let (parameters, _) = parameters(&upstream);
    for _ in 0..2 {
        parameters.get::<FromJson<Option<u8>>>("/a").await.unwrap();
    }

    assert_eq!(upstream.calls(), ["/a"]);
}

/// Powertools for Python: an invalid key makes names vanish without an error.
#[tokio::test]
async fn no_name_vanishes_without_an_error() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, _) = parameters(&upstream);
    upstream.fails(ErrorKind::AccessDenied);

    let named = parameters.get_by_name::<u8>(["/a", "/b"]).await;
    assert_eq!(named.errors().count(), 2);
    assert!(named.all().is_err());
}

/// aws_secretsmanager_caching 2.1 and caches that go by `Instant` alone: a frozen sandbox stops that clock.
#[tokio::test]
async fn a_value_from_before_a_freeze_is_too_old() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, clock) = parameters(&upstream);
    parameters.get::<String>("/a").await.unwrap();
    upstream.has("/a", "2");

    clock.advance_wall(HOUR);
    assert_eq!(*parameters.get::<String>("/a").await.unwrap(), "2");
}

/// Powertools, all of them: by the wall clock alone, a clock that is set back keeps a value for as much longer.
#[tokio::test]
async fn a_clock_that_is_set_back_keeps_nothing() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, clock) = parameters(&upstream);
    parameters.get::<String>("/a").await.unwrap();
    upstream.has("/a", "2");

    clock.advance_monotonic(10 * SECOND);
    assert_eq!(*parameters.get::<String>("/a").await.unwrap(), "2");
    upstream.has("/a", "3");
    clock.set_wall_back(HOUR);
    assert_eq!(*parameters.get::<String>("/a").await.unwrap(), "3");
}

/// aws_secretsmanager_caching 2.1 and all Powertools: two misses are two calls.
#[tokio::test]
async fn two_misses_are_one_call() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, _) = parameters(&upstream);

    let (one, other) = tokio::join!(
        parameters.get::<String>("/a").into_future(),
        parameters.get::<String>("/a").into_future()
    );
    assert!(one.is_ok() && other.is_ok());
    assert_eq!(upstream.calls(), ["/a"]);
}

/// moka's `try_get_with`, issue 240: one that asked first and is no longer polled blocks all others.
#[tokio::test]
async fn one_that_is_no_longer_polled_blocks_nobody() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, _) = parameters(&upstream);
    upstream.close();
    let mut stuck = pin!(parameters.get::<String>("/a").into_future());
    std::future::poll_fn(|context| {
        assert!(stuck.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;

    upstream.open();
    assert_eq!(*parameters.get::<String>("/a").await.unwrap(), "1");
    assert_eq!(upstream.calls(), ["/a"]);
}

/// aws-parameters-and-secrets-lambda and serde_json: an error quotes what it found.
#[tokio::test]
async fn an_error_does_not_quote_the_value() {
    let upstream = Upstream::new().with("/a", r#""s3cret""#);
    let (parameters, _) = parameters(&upstream);

    let error = parameters.get::<FromJson<u8>>("/a").await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("s3cret"));
    let value = parameters.get::<String>("/a").await.unwrap();
    assert_eq!(format!("{value:?}"), "[redacted]");
    let named = parameters.get_by_name::<String>(["/a"]).await;
    assert_eq!(format!("{named:?}"), r#"{"/a": Ok([redacted])}"#);
}
