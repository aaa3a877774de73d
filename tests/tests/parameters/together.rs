//! Many who ask at once, and what goes wrong meanwhile.

use std::{
    pin::pin,
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    thread,
    time::Duration,
};

use powertools::parameters::{Decode, Error, ErrorKind, Named, Parameter, Parameters, Value};
use tokio::{
    runtime::Builder,
    task::{JoinSet, yield_now},
};

use super::upstream::{HOUR, Lines, SECOND, Upstream, parameters};

const MANY: usize = 10_000;

type Answer = Result<Parameter<String>, Error>;

/// Starts so many reads, each in a task of its own.
fn ask(parameters: &Parameters, times: usize) -> JoinSet<Answer> {
    let read = |_| {
        let parameters = parameters.clone();
        async move { parameters.get::<String>("/a").await }
    };
    (0..times).map(read).collect()
}

/// Lets every task that can go on do so. Some sixty are polled at each turn.
async fn settle() {
    for _ in 0..2 * MANY / 60 {
        yield_now().await;
    }
}

/// Polls a future once, which is not to be ready.
macro_rules! poll {
    ($future:expr) => {
        std::future::poll_fn(|context| {
            assert!($future.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await
    };
}

#[tokio::test]
async fn ten_thousand_cold_reads_are_one_call() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, _) = parameters(&upstream);
    upstream.close();

    let tasks = ask(&parameters, MANY);
    settle().await;
    assert_eq!(upstream.waiting(), 1);
    upstream.open();

    let read = tasks.join_all().await;
    assert_eq!(read.len(), MANY);
    assert!(read.into_iter().all(|read| *read.unwrap() == "1"));
    assert_eq!(upstream.calls(), ["/a"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn so_they_are_on_several_threads_and_without_waiting_for_each_other() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, _) = parameters(&upstream);

    let read = ask(&parameters, MANY).join_all().await;

    assert!(read.into_iter().all(|read| *read.unwrap() == "1"));
    assert_eq!(upstream.calls(), ["/a"]);
}

/// A fetch may end between one's look at what is stored and one's look at what is being fetched.
#[test]
fn nor_does_a_fetch_that_ends_just_now_make_another() {
    const NAMES: usize = 5_000;
    let upstream = Upstream::new();
    let names: Vec<String> = (0..NAMES).map(|number| format!("/{number}")).collect();
    for name in &names {
        upstream.has(name, "1");
    }
    let (parameters, _) = parameters(&upstream);
    let parameters = parameters.capacity(NAMES);
    let together = Barrier::new(4);

    // One for all: a fetch of another runtime would not be joined.
    let runtime = Builder::new_multi_thread().worker_threads(1).build();
    let runtime = runtime.unwrap();

    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for name in &names {
                    together.wait();
                    let read = parameters.get::<u8>(name).into_future();
                    assert_eq!(*runtime.block_on(read).unwrap(), 1);
                }
            });
        }
    });

    let mut calls = upstream.calls();
    let count = calls.len();
    calls.sort();
    calls.dedup();
    assert_eq!((calls.len(), count), (NAMES, NAMES));
}

#[tokio::test]
async fn a_failure_is_everybodys_the_calls_are_bounded_and_the_next_read_succeeds() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, _) = parameters(&upstream);
    upstream.fails(ErrorKind::Throttled);

    for _ in 0..3 {
        upstream.close();
        let tasks = ask(&parameters, MANY);
        settle().await;
        upstream.open();
        for read in tasks.join_all().await {
            let error = read.unwrap_err();
            assert_eq!(
                (error.kind(), error.parameter()),
                (ErrorKind::Throttled, "/a")
            );
        }
        assert_eq!(upstream.calls(), ["/a"]);
    }

    upstream.works();
    assert_eq!(*parameters.get::<String>("/a").await.unwrap(), "1");
}

#[tokio::test]
async fn a_panic_is_an_error_for_all_who_wait_and_says_nothing_of_the_value() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, _) = parameters(&upstream);
    upstream.panics();
    upstream.close();
    let tasks = ask(&parameters, 100);
    settle().await;
    upstream.open();

    for read in tasks.join_all().await {
        let error = read.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Failed);
        assert!(!format!("{error:?} {error}").contains("s3cret"));
    }
    let named = parameters.get_by_name::<String>(["/a", "/b"]).await;
    assert_eq!(named.errors().count(), 2);
    assert_eq!(
        parameters.set("/a", "1").await.unwrap_err().kind(),
        ErrorKind::Failed
    );
    assert!(parameters.get_many::<String>("/p").await.is_err());

    upstream.works();
    assert_eq!(*parameters.get::<String>("/a").await.unwrap(), "1");
}

#[tokio::test]
async fn who_asked_first_may_go_and_the_others_get_the_value_of_the_same_call() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, _) = parameters(&upstream);
    upstream.close();
    let mut first = Box::pin(parameters.get::<String>("/a").into_future());
    let mut second = pin!(parameters.get::<String>("/a").into_future());
    poll!(first);
    poll!(second);

    drop(first);
    upstream.open();

    assert_eq!(*second.await.unwrap(), "1");
    assert_eq!(upstream.calls(), ["/a"]);
}

#[tokio::test]
async fn with_the_last_who_waits_the_call_ends() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, _) = parameters(&upstream);
    upstream.close();
    let mut only = Box::pin(parameters.get::<String>("/a").into_future());
    poll!(only);
    assert_eq!(upstream.waiting(), 1);

    drop(only);
    assert_eq!(upstream.waiting(), 0);

    upstream.open();
    assert_eq!(*parameters.get::<String>("/a").await.unwrap(), "1");
    assert_eq!(upstream.calls(), ["/a", "/a"]);
}

#[tokio::test]
async fn names_that_are_being_fetched_are_waited_for_and_the_rest_is_one_call() {
    let upstream = Upstream::new()
        .with("/a", "1")
        .with("/b", "2")
        .with("/c", "3");
    let (parameters, _) = parameters(&upstream);
    upstream.close();
    let mut a = pin!(parameters.get::<u8>("/a").into_future());
    poll!(a);
    let names = parameters.get_by_name::<u8>(["/a", "/b", "/c"]);
    let mut names = names.into_future();
    poll!(names);
    let mut c = pin!(parameters.get::<u8>("/c").into_future());
    poll!(c);

    drop(names);
    upstream.open();

    assert_eq!(*c.await.unwrap(), 3);
    assert_eq!(*a.await.unwrap(), 1);
    assert_eq!(upstream.calls(), ["/a", "/b+/c"]);
}

#[derive(Clone, Copy, Debug)]
enum Forget {
    Clear,
    /// Given up, so that nobody knows whether it was done.
    Write,
}

impl Forget {
    async fn what_is_cached(self, parameters: &Parameters) {
        match self {
            Self::Clear => parameters.clear(),
            Self::Write => {
                let mut writing = parameters.set("/a", "2").into_future();
                poll!(writing);
            }
        }
    }
}

#[tokio::test]
async fn what_is_fetched_while_it_is_written_or_cleared_is_not_kept() {
    for forget in [Forget::Clear, Forget::Write] {
        let upstream = Upstream::new().with("/a", "1");
        let (parameters, _) = parameters(&upstream);
        upstream.close();
        let mut early = pin!(parameters.get::<String>("/a").into_future());
        poll!(early);
        forget.what_is_cached(&parameters).await;
        upstream.open();
        assert_eq!(*early.await.unwrap(), "1");
        upstream.calls();

        parameters.get::<String>("/a").await.unwrap();
        assert_eq!(upstream.calls(), ["/a"], "{forget:?}");
    }
}

#[tokio::test]
async fn nor_is_it_given_to_who_asks_afterwards_whose_own_is_kept() {
    for forget in [Forget::Clear, Forget::Write] {
        let upstream = Upstream::new().with("/a", "1");
        let (parameters, _) = parameters(&upstream);
        upstream.close();
        let mut early = pin!(parameters.get::<String>("/a").into_future());
        poll!(early);
        forget.what_is_cached(&parameters).await;
        let mut late = pin!(parameters.get::<String>("/a").into_future());
        poll!(late);
        assert_eq!(upstream.waiting(), 2, "{forget:?}");
        upstream.open();
        late.await.unwrap();
        early.await.unwrap();
        upstream.calls();

        parameters.get::<String>("/a").await.unwrap();
        assert!(upstream.calls().is_empty(), "{forget:?}");
    }
}

#[tokio::test]
async fn forced_fetches_share_one_and_do_not_take_an_older_one() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, _) = parameters(&upstream);
    upstream.close();
    let mut plain = pin!(parameters.get::<String>("/a").into_future());
    let mut forced = pin!(parameters.get::<String>("/a").force_fetch().into_future());
    let mut again = pin!(parameters.get::<String>("/a").force_fetch().into_future());
    let mut late = pin!(parameters.get::<String>("/a").into_future());
    poll!(plain);
    poll!(forced);
    poll!(again);
    poll!(late);
    upstream.open();

    for read in [plain.await, forced.await, again.await, late.await] {
        assert_eq!(*read.unwrap(), "1");
    }
    assert_eq!(upstream.calls(), ["/a", "/a"]);
}

#[tokio::test]
async fn a_forced_fetch_of_too_long_ago_is_not_joined() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, clock) = parameters(&upstream);
    upstream.close();
    let mut early = pin!(parameters.get::<String>("/a").force_fetch().into_future());
    poll!(early);
    clock.advance(5 * SECOND);
    let mut late = pin!(parameters.get::<String>("/a").force_fetch().into_future());
    poll!(late);
    assert_eq!(upstream.waiting(), 2);
    upstream.open();

    late.await.unwrap();
    early.await.unwrap();
    parameters.get::<String>("/a").await.unwrap();
    assert_eq!(upstream.calls(), ["/a", "/a"]);
}

#[tokio::test]
async fn many_names_are_no_more_work_each_than_few() {
    // Some seconds, and not some minutes.
    const NAMES: usize = 50_000;
    let upstream = Upstream::new();
    let names: Vec<String> = (0..NAMES).map(|number| format!("/{number}")).collect();
    let (parameters, _) = parameters(&upstream);
    upstream.fails(ErrorKind::Throttled);

    let twice = names.iter().chain(&names);
    let named = parameters.get_by_name::<u8>(twice).await;

    assert_eq!(named.errors().count(), 2 * NAMES);
    assert_eq!(upstream.calls(), [names.join("+")]);
}

#[tokio::test]
async fn an_older_value_stands_in_for_a_while_after_failures_that_may_pass() {
    for (kind, stands_in) in [
        (ErrorKind::Throttled, true),
        (ErrorKind::TimedOut, true),
        (ErrorKind::Unavailable, true),
        (ErrorKind::Failed, true),
        (ErrorKind::NotFound, false),
        (ErrorKind::AccessDenied, false),
        (ErrorKind::Invalid, false),
        (ErrorKind::Unsupported, false),
    ] {
        let upstream = Upstream::new().with("/a", "1");
        let (parameters, clock) = parameters(&upstream);
        let patient = parameters.clone().stale_if_error(10 * SECOND);
        patient.get::<String>("/a").await.unwrap();
        clock.advance(14 * SECOND);
        upstream.fails(kind);

        let read = patient.get::<String>("/a").await;
        assert_eq!(read.is_ok(), stands_in, "{kind:?}");
        let named = patient.get_by_name::<String>(["/a"]).await;
        assert_eq!(named.get("/a").is_some(), stands_in, "{kind:?}");
        assert!(parameters.get::<String>("/a").await.is_err(), "{kind:?}");
        assert!(patient.get::<String>("/a").force_fetch().await.is_err());

        clock.advance(SECOND);
        assert!(patient.get::<String>("/a").await.is_err(), "{kind:?}");
    }
}

#[tokio::test]
async fn nothing_stands_in_for_what_is_known_to_be_gone() {
    for kind in [ErrorKind::NotFound, ErrorKind::AccessDenied] {
        let upstream = Upstream::new().with("/a", "1").with("/p/b", "1");
        let (parameters, clock) = parameters(&upstream);
        let parameters = parameters.stale_if_error(HOUR);
        let get = || parameters.get::<u8>("/a");
        let many = || parameters.get_many::<u8>("/p");
        get().await.unwrap();
        let _ = many().await.unwrap();

        clock.advance(6 * SECOND);
        upstream.fails(kind);
        assert_eq!(get().await.unwrap_err().kind(), kind);
        assert_eq!(many().await.unwrap_err().kind(), kind);
        upstream.fails(ErrorKind::Throttled);
        assert_eq!(get().await.unwrap_err().kind(), ErrorKind::Throttled);
        assert_eq!(many().await.unwrap_err().kind(), ErrorKind::Throttled);
        // Who takes one of that age takes it: it is as old as it was.
        assert_eq!(*get().max_age(HOUR).await.unwrap(), 1);

        upstream.works();
        get().await.unwrap();
        clock.advance(6 * SECOND);
        upstream.fails(ErrorKind::Throttled);
        assert_eq!(*get().await.unwrap(), 1, "there is a new one");
    }
}

#[tokio::test]
async fn nor_for_a_list_of_which_a_part_is_known_to_be_bad() {
    let upstream = Upstream::new().with("/p/b", "1");
    let (parameters, clock) = parameters(&upstream);
    let parameters = parameters.stale_if_error(HOUR);
    let _ = parameters.get_many::<u8>("/p").await.unwrap();

    clock.advance(6 * SECOND);
    upstream.has("/p/b", "x");
    let named = parameters.get_many::<u8>("/p").await.unwrap();
    assert_eq!(named.errors().count(), 1);
    upstream.fails(ErrorKind::Throttled);

    assert!(parameters.get_many::<u8>("/p").await.is_err());
}

#[tokio::test]
async fn what_stands_in_is_told_with_its_name_and_age() {
    let upstream = Upstream::new().with("/a", "s3cret");
    let (parameters, clock) = parameters(&upstream);
    let parameters = parameters.stale_if_error(HOUR);
    parameters.get::<String>("/a").await.unwrap();
    clock.advance(7 * SECOND);
    upstream.fails(ErrorKind::Throttled);

    let (lines, _guard) = Lines::of_this_thread();
    parameters.get::<String>("/a").await.unwrap();

    let told = lines.text();
    assert!(told.contains("WARN"), "{told}");
    assert!(told.contains("parameter=\"/a\" age_s=7"), "{told}");
    assert!(!told.contains("s3cret"), "{told}");
}

#[tokio::test]
async fn nothing_stands_in_when_nobody_knows_how_old_it_is() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, clock) = parameters(&upstream);
    let patient = parameters.stale_if_error(HOUR);
    patient.get::<String>("/a").await.unwrap();

    upstream.fails(ErrorKind::Throttled);
    clock.set_wall_back(SECOND);

    assert!(patient.get::<String>("/a").await.is_err());
}

#[tokio::test]
async fn the_first_read_in_the_last_part_refreshes_and_nobody_waits() {
    let upstream = Upstream::new().with("/a", "1").with("/p/b", "1");
    let (parameters, clock) = parameters(&upstream);
    let parameters = parameters.refresh_ahead(2 * SECOND);
    let get = || parameters.get::<String>("/a");
    let b = |named: Named<String>| (**named.get("b").unwrap()).clone();
    get().await.unwrap();
    let _ = parameters.get_many::<String>("/p").await.unwrap();
    upstream.calls();

    clock.advance(3 * SECOND - Duration::from_nanos(1));
    get().await.unwrap();
    settle().await;
    assert!(upstream.calls().is_empty());

    upstream.has("/a", "2");
    upstream.has("/p/b", "2");
    clock.advance(Duration::from_nanos(1));
    for _ in 0..3 {
        assert_eq!(*get().await.unwrap(), "1");
        assert_eq!(b(parameters.get_many("/p").await.unwrap()), "1");
    }
    settle().await;
    assert_eq!(upstream.calls(), ["/a", "/p/*"]);

    clock.advance(2 * SECOND);
    assert_eq!(*get().await.unwrap(), "2");
    assert_eq!(b(parameters.get_many("/p").await.unwrap()), "2");
    assert!(upstream.calls().is_empty());
}

#[tokio::test]
async fn a_refresh_that_fails_harms_nobody() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, clock) = parameters(&upstream);
    let parameters = parameters.refresh_ahead(2 * SECOND);
    parameters.get::<String>("/a").await.unwrap();
    clock.advance(4 * SECOND);

    upstream.panics();
    let (lines, guard) = Lines::of_this_thread();
    for _ in 0..3 {
        assert_eq!(*parameters.get::<String>("/a").await.unwrap(), "1");
        settle().await;
    }
    drop(guard);
    assert_eq!(upstream.calls(), ["/a", "/a"], "it is tried once");
    let told = lines.text();
    let told: Vec<_> = told.matches("could not be refreshed").collect();
    assert_eq!(told.len(), 1, "{}", lines.text());
    assert!(lines.text().contains("DEBUG") && lines.text().contains("parameter=\"/a\""));

    clock.advance(SECOND);
    assert!(parameters.get::<String>("/a").await.is_err());
    upstream.works();
    parameters.get::<String>("/a").await.unwrap();
    clock.advance(4 * SECOND);
    upstream.calls();
    parameters.get::<String>("/a").await.unwrap();
    settle().await;
    assert_eq!(upstream.calls(), ["/a"], "and once for the next value");
}

#[tokio::test]
async fn names_that_are_due_are_refreshed_in_one_call() {
    let upstream = Upstream::new();
    let names: Vec<String> = (0..9).map(|number| format!("/{number}")).collect();
    for name in &names {
        upstream.has(name, "1");
    }
    let (parameters, clock) = parameters(&upstream);
    let parameters = parameters.refresh_ahead(2 * SECOND);
    let read = || parameters.get_by_name::<u8>(names.iter().chain(&names[..2]));
    let _ = read().await.all().unwrap();

    clock.advance(4 * SECOND);
    upstream.has("/3", "2");
    for _ in 0..3 {
        let _ = read().await.all().unwrap();
    }
    settle().await;
    let all = names.join("+");
    assert_eq!(upstream.calls(), [all.clone(), all]);

    clock.advance(2 * SECOND);
    assert_eq!(**read().await.try_get("/3").unwrap(), 2);
    assert!(upstream.calls().is_empty());
}

#[tokio::test]
async fn a_refresh_that_was_frozen_with_the_sandbox_is_neither_waited_for_nor_kept() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, clock) = parameters(&upstream);
    let parameters = parameters.refresh_ahead(2 * SECOND);
    parameters.get::<String>("/a").await.unwrap();
    clock.advance(4 * SECOND);
    upstream.close();
    parameters.get::<String>("/a").await.unwrap();
    settle().await;
    assert_eq!(upstream.waiting(), 1);

    clock.advance_wall(HOUR);
    let mut thawed = pin!(parameters.get::<String>("/a").into_future());
    poll!(thawed);
    assert_eq!(upstream.waiting(), 2);
    upstream.has("/a", "2");
    upstream.open();
    assert_eq!(*thawed.await.unwrap(), "2");
    settle().await;
    upstream.calls();
    assert_eq!(*parameters.get::<String>("/a").await.unwrap(), "2");
    assert!(upstream.calls().is_empty());
}

#[test]
fn a_read_needs_no_tokio_and_a_refresh_without_one_does_not_happen() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, clock) = parameters(&upstream);
    let parameters = parameters.refresh_ahead(2 * SECOND);
    let read = || {
        let mut read = pin!(parameters.get::<String>("/a").into_future());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match read.as_mut().poll(&mut context) {
            Poll::Ready(read) => read.unwrap(),
            Poll::Pending => panic!("the upstream answers at once"),
        }
    };

    assert_eq!(*read(), "1");
    clock.advance(4 * SECOND);
    assert_eq!(*read(), "1");
    assert_eq!(upstream.calls(), ["/a"]);
}

#[tokio::test]
async fn beyond_the_capacity_the_ones_go_that_were_not_read_for_longest() {
    let upstream = Upstream::new();
    let names: Vec<String> = (0..50).map(|number| format!("/{number}")).collect();
    for name in &names {
        upstream.has(name, "1");
    }
    let (parameters, _) = parameters(&upstream);
    let parameters = parameters.capacity(10);

    for name in &names {
        parameters.get::<u8>(name).await.unwrap();
        parameters.get::<u8>("/0").await.unwrap();
    }
    assert_eq!(upstream.calls(), names, "the one that is always read stays");

    for name in &names[41..] {
        parameters.get::<u8>(name).await.unwrap();
    }
    assert!(upstream.calls().is_empty(), "so do the last");
    parameters.get::<u8>("/40").await.unwrap();
    assert_eq!(upstream.calls(), ["/40"], "the others have gone");
}

#[tokio::test]
async fn a_value_is_wiped_once_it_is_forgotten_and_nobody_holds_it() {
    static WIPED: AtomicUsize = AtomicUsize::new(0);
    struct Key;
    impl Decode for Key {
        fn decode(_: &str, _: Value) -> Result<Self, Error> {
            Ok(Self)
        }

        fn wipe(&mut self) {
            WIPED.fetch_add(1, Ordering::Relaxed);
        }
    }
    let wiped = || WIPED.load(Ordering::Relaxed);
    let upstream = Upstream::new().with("/a", "s3cret");
    let (parameters, _) = parameters(&upstream);

    let held = parameters.get::<Key>("/a").await.unwrap();
    parameters.clear();
    assert_eq!(wiped(), 0);
    drop(held);
    assert_eq!(wiped(), 1);

    parameters.get::<Key>("/a").await.unwrap();
    assert_eq!(wiped(), 1);
    parameters.clear();
    assert_eq!(wiped(), 2);
}
