//! Providers, types and runtimes that do what they had better not.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

use powertools::parameters::{
    Decode, Error, ErrorKind, Listed, Parameters, PathQuery, Provider, Put, Query, Value,
};
use tokio::runtime::{Builder, Runtime};

use super::upstream::{SECOND, Upstream, parameters};

#[tokio::test]
async fn a_panic_is_an_error_with_the_names_of_provider_and_parameter() {
    let upstream = Upstream::new();
    let (parameters, _) = parameters(&upstream);
    upstream.panics();

    let one = parameters.get::<String>("/a").await.unwrap_err();
    let many = parameters.get_many::<String>("/p").await.unwrap_err();
    let named = parameters.get_by_name::<String>(["/b", "/c"]).await;
    let written = parameters.set("/d", "1").await.unwrap_err();

    let mut told = vec![one, many, written];
    told.extend(named.errors().map(|(_, error)| error.clone()));
    let told: Vec<_> = told
        .iter()
        .map(|error| (error.provider(), error.parameter(), error.kind()))
        .collect();
    let expected = ["/a", "/p", "/d", "/b", "/c"];
    assert_eq!(
        told,
        expected.map(|name| ("the upstream", name, ErrorKind::Failed))
    );
}

#[tokio::test]
async fn so_is_one_while_a_value_is_read_as_a_type() {
    struct Never;
    impl Decode for Never {
        fn decode(_: &str, _: Value) -> Result<Self, Error> {
            panic!("s3cret");
        }
    }
    let upstream = Upstream::new().with("/a", "1").with("/p/b", "1");
    let (parameters, _) = parameters(&upstream);

    let one = parameters.get::<Never>("/a").await.unwrap_err();
    let named = parameters.get_by_name::<Never>(["/a"]).await;
    let many = parameters.get_many::<Never>("/p").await.unwrap();

    assert_eq!((one.provider(), one.parameter()), ("the upstream", "/a"));
    assert_eq!(named.error("/a").unwrap().parameter(), "/a");
    assert_eq!(many.error("b").unwrap().parameter(), "/p/b");
}

#[tokio::test]
async fn a_provider_that_panics_at_one_name_gives_the_others() {
    struct Picky;
    impl Provider for Picky {
        fn name(&self) -> &'static str {
            "a picky one"
        }

        async fn fetch(&self, query: &Query) -> Result<Value, Error> {
            assert_ne!(query.name, "b");
            Ok("1".into())
        }
    }

    let named = Parameters::new(Picky)
        .get_by_name::<u8>(["a", "b", "c"])
        .await;

    let names: Vec<_> = named.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "c"]);
    assert_eq!(named.error("b").unwrap().kind(), ErrorKind::Failed);
}

#[tokio::test]
async fn a_provider_may_panic_before_it_has_a_future() {
    struct Hasty;
    impl Provider for Hasty {
        fn name(&self) -> &'static str {
            "a hasty one"
        }

        fn fetch(&self, _: &Query) -> impl Future<Output = Result<Value, Error>> + Send {
            hasty()
        }

        fn fetch_by_name(
            &self,
            _: &[Query],
        ) -> impl Future<Output = Vec<Result<Value, Error>>> + Send {
            hasty()
        }

        fn fetch_many(&self, _: &PathQuery) -> impl Future<Output = Result<Listed, Error>> + Send {
            hasty()
        }

        fn put(&self, _: &Put) -> impl Future<Output = Result<(), Error>> + Send {
            hasty()
        }
    }
    fn hasty<T>() -> std::future::Pending<T> {
        panic!("s3cret");
    }
    let parameters = Parameters::new(Hasty);

    let named = parameters.get_by_name::<String>(["/a"]).await;
    for error in [
        parameters.get::<String>("/a").await.unwrap_err(),
        parameters.get_many::<String>("/a").await.unwrap_err(),
        parameters.set("/a", "1").await.unwrap_err(),
        named.all().unwrap_err(),
    ] {
        assert_eq!(
            error.to_string(),
            "parameter `/a` of a hasty one failed: there was a panic, whose own line says where"
        );
    }
}

#[tokio::test]
async fn a_value_whose_wiping_panics_harms_nobody() {
    struct Bomb(u8);
    impl Decode for Bomb {
        fn decode(name: &str, value: Value) -> Result<Self, Error> {
            u8::decode(name, value).map(Self)
        }

        fn wipe(&mut self) {
            panic!("it does not want to go");
        }
    }
    let upstream = Upstream::new().with("/a", "1").with("/b", "1");
    let (parameters, clock) = parameters(&upstream);
    for name in ["/a", "/b"] {
        parameters.get::<Bomb>(name).await.unwrap();
    }

    clock.advance(6 * SECOND);
    upstream.has("/a", "2");
    assert_eq!(parameters.get::<Bomb>("/a").await.unwrap().0, 2);
    parameters.clear();
    assert_eq!(parameters.get::<Bomb>("/b").await.unwrap().0, 1);
}

/// Polls a read once.
fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn a_name_with_control_characters_stays_on_its_line() {
    let (parameters, _) = parameters(&Upstream::new());

    let error = parameters.get::<u8>("/a\n\u{1b}[2J\u{202e}/é'\"").await;

    assert_eq!(
        error.unwrap_err().to_string(),
        "parameter `/a\\n\\u{1b}[2J\\u{202e}/é'\"` of the upstream was not found: check its name, version, account and region"
    );
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// What a fetch waits for is moved on by the runtime that it was started in, and ends with it.
#[test]
fn a_fetch_is_shared_within_a_runtime_and_not_beyond_it() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, _) = parameters(&upstream);
    upstream.close();
    let (one, other) = (runtime(), runtime());
    let get = || Box::pin(parameters.get::<u8>("/a").into_future());

    let mut reads = Vec::new();
    for runtime in [&one, &other, &one, &other] {
        let _guard = runtime.enter();
        let mut read = get();
        assert!(poll_once(read.as_mut()).is_pending());
        reads.push(read);
    }
    assert_eq!(upstream.waiting(), 2);

    // The newest is stored, whichever ends first.
    upstream.open();
    for read in &mut reads {
        let Poll::Ready(read) = poll_once(read.as_mut()) else {
            panic!("the upstream is open");
        };
        assert_eq!(*read.unwrap(), 1);
    }
    assert_eq!(upstream.calls(), ["/a", "/a"]);
    assert!(poll_once(get().as_mut()).is_ready());
    assert!(upstream.calls().is_empty());
}

#[test]
fn a_fetch_that_was_given_up_in_one_runtime_goes_on_in_another() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, _) = parameters(&upstream);
    upstream.close();
    let (one, other) = (runtime(), runtime());
    let mut late = {
        let _guard = one.enter();
        let mut early = Box::pin(parameters.get::<u8>("/a").into_future());
        assert!(poll_once(early.as_mut()).is_pending());
        let _guard = other.enter();
        let mut late = Box::pin(parameters.get::<u8>("/a").into_future());
        assert!(poll_once(late.as_mut()).is_pending());
        late
    };

    assert_eq!(upstream.waiting(), 1);
    upstream.open();
    assert_eq!(*other.block_on(late.as_mut()).unwrap(), 1);
}
