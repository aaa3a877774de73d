//! What people who know Powertools of other languages expect of parameters, fact by fact.
//!
//! The numbers are those of `powertools/docs/behaviours.md`.

use std::{io::Write as _, process::Command, time::Duration};

use powertools::parameters::{
    Auto, Binary, Error, ErrorKind, Existing, FromJson, Local, Name, Parameters, Protection,
    Provider, Query, Tier, Value,
};
use serde_json::json;

use super::upstream::{SECOND, Upstream, parameters};

type Json = FromJson<serde_json::Value>;

#[tokio::test]
async fn p01_p02_a_value_is_fetched_again_when_it_is_too_old() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, clock) = parameters(&upstream);

    assert_eq!(*parameters.get::<String>("/a").await.unwrap(), "1");
    upstream.has("/a", "2");
    clock.advance(5 * SECOND - Duration::from_nanos(1));
    assert_eq!(*parameters.get::<String>("/a").await.unwrap(), "1");
    assert_eq!(upstream.calls(), ["/a"]);

    clock.advance(Duration::from_nanos(1));
    assert_eq!(*parameters.get::<String>("/a").await.unwrap(), "2");
    assert_eq!(upstream.calls(), ["/a"]);
}

#[tokio::test]
async fn p05_p06_p43_every_option_and_the_type_have_a_value_of_their_own() {
    let upstream = Upstream::new()
        .with("/a", "\"cipher\"")
        .with("/a!", "\"plain\"")
        .with("/a#AWSPREVIOUS", "\"before\"")
        .with("/a#3", "\"third\"");
    let (parameters, _) = parameters(&upstream);

    let get = || parameters.get::<String>("/a");
    assert_eq!(*get().await.unwrap(), "\"cipher\"");
    assert_eq!(*get().decrypt().await.unwrap(), "\"plain\"");
    assert_eq!(*get().stage("AWSPREVIOUS").await.unwrap(), "\"before\"");
    assert_eq!(*get().version(3).await.unwrap(), "\"third\"");
    assert_eq!(**parameters.get::<Json>("/a").await.unwrap(), "cipher");
    assert_eq!(*get().without_decryption().await.unwrap(), "\"cipher\"");
    assert_eq!(
        upstream.calls(),
        ["/a", "/a!", "/a#AWSPREVIOUS", "/a#3", "/a", "/a"]
    );

    assert_eq!(*get().decrypt().await.unwrap(), "\"plain\"");
    assert_eq!(*get().await.unwrap(), "\"cipher\"");
    assert!(upstream.calls().is_empty());
}

#[tokio::test]
async fn p07_p08_p20_p42_json_and_base64_are_read_and_null_is_a_value() {
    let upstream = Upstream::new()
        .with("/json", r#"{"x":1}"#)
        .with("/null", "null")
        .with("/base64", "aGk=");
    let (parameters, _) = parameters(&upstream);

    let json = parameters.get::<Json>("/json").await.unwrap();
    assert_eq!(**json, json!({"x": 1}));
    let binary = parameters.get::<Binary>("/base64").await.unwrap();
    assert_eq!(**binary, *b"hi");
    for _ in 0..2 {
        let null = parameters.get::<FromJson<Option<u8>>>("/null").await;
        assert_eq!(**null.unwrap(), None);
    }
    assert_eq!(upstream.calls(), ["/json", "/base64", "/null"]);
}

#[tokio::test]
async fn p09_p10_p11_what_is_no_json_or_base64_is_an_error_and_never_stored() {
    let upstream = Upstream::new().with("/a", "{").with("/b", "!!!");
    let (parameters, _) = parameters(&upstream);

    let error = parameters.get::<Json>("/a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(
        error.to_string(),
        "parameter `/a` of the upstream is not of the type it is read as: its JSON ends too early at line 1, column 1"
    );
    for text in ["!!!", "aGk", "aGk=="] {
        upstream.has("/b", text);
        let error = parameters.get::<Binary>("/b").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{text}");
    }

    upstream.has("/a", "{}");
    assert_eq!(**parameters.get::<Json>("/a").await.unwrap(), json!({}));
}

#[tokio::test]
async fn p12_auto_goes_by_the_suffix_of_the_name() {
    let upstream = Upstream::new()
        .with("/x.json", "[1]")
        .with("/x.binary", "aGk=")
        .with("/x", "[1]")
        .with("/a.JSON", "[1]");
    let (parameters, _) = parameters(&upstream);

    for (name, expected) in [
        ("/x.json", Auto::Document(json!([1]))),
        ("/x.binary", Auto::Binary(b"hi".to_vec())),
        ("/x", Auto::Text("[1]".to_owned())),
        ("/a.JSON", Auto::Text("[1]".to_owned())),
    ] {
        assert!(
            *parameters.get::<Auto>(name).await.unwrap() == expected,
            "{name}"
        );
    }
}

#[tokio::test]
async fn p14_p15_one_bad_value_below_a_path_leaves_the_others_alone() {
    let upstream = Upstream::new().with("/p/a", "1").with("/p/b", "s3cret");
    let (parameters, _) = parameters(&upstream);

    let named = parameters.get_many::<u8>("/p").await.unwrap();

    assert_eq!(named.get("a").map(|value| **value), Some(1));
    assert!(named.get("b").is_none());
    assert_eq!(named.len(), 2);
    let error = named.all().unwrap_err();
    assert_eq!(
        (error.kind(), error.parameter()),
        (ErrorKind::Decode, "/p/b")
    );
    assert!(!format!("{error} {error:?}").contains("s3cret"));

    // An error is never stored, within a list neither.
    upstream.has("/p/b", "2");
    let named = parameters
        .get_many::<u8>("/p")
        .await
        .unwrap()
        .all()
        .unwrap();
    let values: Vec<_> = named.iter().map(|(name, value)| (name, **value)).collect();
    assert_eq!(values, [("a", 1), ("b", 2)]);
    assert_eq!(upstream.calls(), ["/p/*", "/p/*"]);
    let again = parameters.get_many::<u8>("/p").await.unwrap();
    assert_eq!(again.len(), 2);
    assert!(upstream.calls().is_empty());
}

#[tokio::test]
async fn p16_p56_an_error_names_provider_parameter_and_remedy_and_is_never_stored() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, _) = parameters(&upstream);

    upstream.fails(ErrorKind::AccessDenied);
    let one = parameters.get::<String>("/a").await.unwrap_err();
    let many = parameters.get_many::<String>("/p").await.unwrap_err();
    let named = parameters.get_by_name::<String>(["/a"]).await;
    let written = parameters.set("/a", "s3cret").await.unwrap_err();
    assert_eq!(
        one.to_string(),
        "parameter `/a` of the upstream may not be accessed: check the function's role and credentials"
    );
    assert_eq!(many.to_string(), one.to_string().replace("/a", "/p"));
    assert_eq!(named.error("/a").unwrap().to_string(), one.to_string());
    assert_eq!(written.to_string(), one.to_string());

    upstream.works();
    assert_eq!(*parameters.get::<String>("/a").await.unwrap(), "1");
    let error = parameters.get::<String>("/zz").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn p17_with_an_age_of_zero_nothing_is_stored_or_taken_from_what_is() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, _) = parameters(&upstream);
    let uncached = parameters.clone().max_age(Duration::ZERO);

    parameters.get::<String>("/a").await.unwrap();
    upstream.has("/a", "2");
    assert_eq!(*uncached.get::<String>("/a").await.unwrap(), "2");
    let forced = uncached.get::<String>("/a").force_fetch().await.unwrap();
    assert_eq!(*forced, "2");
    assert_eq!(*parameters.get::<String>("/a").await.unwrap(), "1");
    assert_eq!(upstream.calls(), ["/a", "/a", "/a"]);
}

/// Reads a parameter twice in a process with this setting; how often it was fetched, and what was logged.
fn fetched_with(test: &str, max_age: &str) -> Option<(usize, String)> {
    const CHILD: &str = "POWERTOOLS_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        powertools::logger::init();
        let upstream = Upstream::new().with("/a", "1");
        let parameters = Parameters::new(upstream.clone());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        for _ in 0..2 {
            runtime
                .block_on(parameters.get::<String>("/a").into_future())
                .unwrap();
        }
        let fetched = upstream.calls().len();
        let told = format!("fetched {fetched}\n");
        std::io::stdout().write_all(told.as_bytes()).unwrap();
        return None;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .env("POWERTOOLS_PARAMETERS_MAX_AGE", max_age)
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let (_, count) = out.split_once("fetched ").unwrap();
    Some((count.lines().next().unwrap().parse().unwrap(), out))
}

#[test]
fn p18_the_environment_sets_the_age() {
    let test = "behaviours::p18_the_environment_sets_the_age";
    for (max_age, expected, warnings) in [
        ("0", 2, 0),
        ("3600", 1, 0),
        ("soon", 1, 1),
        ("-1", 1, 1),
        ("", 1, 0),
    ] {
        let Some((fetched, out)) = fetched_with(test, max_age) else {
            return;
        };
        assert_eq!(fetched, expected, "{max_age}");
        let told = out.matches("POWERTOOLS_PARAMETERS_MAX_AGE is no number of seconds; 5 are used");
        assert_eq!(told.count(), warnings, "{max_age}: {out}");
    }
}

#[tokio::test]
async fn p19_a_forced_fetch_passes_over_what_is_stored_and_replaces_it() {
    let upstream = Upstream::new().with("/a", "1").with("/p/b", "1");
    let (parameters, _) = parameters(&upstream);
    parameters.get::<String>("/a").await.unwrap();
    let _ = parameters.get_many::<String>("/p").await.unwrap();

    upstream.has("/a", "2");
    upstream.has("/p/b", "2");
    let forced = parameters.get::<String>("/a").force_fetch().await.unwrap();
    let many = parameters.get_many::<String>("/p").force_fetch().await;

    assert_eq!(*forced, "2");
    assert_eq!(**many.unwrap().get("b").unwrap(), "2");
    assert_eq!(*parameters.get::<String>("/a").await.unwrap(), "2");
    let many = parameters.get_many::<String>("/p").await.unwrap();
    assert_eq!(**many.get("b").unwrap(), "2");
    assert_eq!(upstream.calls(), ["/a", "/p/*", "/a", "/p/*"]);
}

#[tokio::test]
async fn p21_a_path_and_a_parameter_of_the_same_name_are_two() {
    let upstream = Upstream::new().with("/p", "1").with("/p/a", "2");
    let (parameters, _) = parameters(&upstream);

    for _ in 0..2 {
        assert_eq!(*parameters.get::<String>("/p").await.unwrap(), "1");
        let many = parameters.get_many::<String>("/p").await.unwrap();
        assert_eq!(**many.get("a").unwrap(), "2");
    }
    assert_eq!(upstream.calls(), ["/p", "/p/*"]);
}

#[tokio::test]
async fn p22_names_below_a_path_are_relative_to_it() {
    let local = Local::new()
        .with("/p/a", "1")
        .with("/p/x/b", "2")
        .with("/p/c", "3")
        .with("/px/d", "4");
    let parameters = Parameters::new(local);

    let names = |named: powertools::parameters::Named<u8>| -> Vec<String> {
        named.iter().map(|(name, _)| name.to_owned()).collect()
    };
    for path in ["/p", "/p/"] {
        let one = parameters.get_many::<u8>(path).await.unwrap();
        assert_eq!(names(one), ["a", "c"], "{path}");
        let all = parameters.get_many::<u8>(path).recursive().await.unwrap();
        assert_eq!(names(all), ["a", "c", "x/b"], "{path}");
    }
}

#[tokio::test]
async fn p25_p28_what_a_name_says_wins_over_what_all_are_told() {
    let upstream = Upstream::new()
        .with("/a", "1")
        .with("/b", "2")
        .with("/c", "cipher")
        .with("/c!", "3");
    let (parameters, _) = parameters(&upstream);
    let names = || {
        [
            "/a".into(),
            Name::new("/b").max_age(Duration::ZERO),
            Name::new("/c").decrypt(),
        ]
    };

    for _ in 0..2 {
        let named = parameters.get_by_name::<u8>(names()).max_age(500 * SECOND);
        let named = named.await.all().unwrap();
        let values: Vec<_> = named.iter().map(|(name, value)| (name, **value)).collect();
        assert_eq!(values, [("/a", 1), ("/b", 2), ("/c", 3)]);
    }
    assert_eq!(upstream.calls(), ["/a+/b+/c!", "/b"]);

    let all = [Name::new("/c"), Name::new("/a").without_decryption()];
    let named = parameters.get_by_name::<u8>(all).decrypt().await;
    assert_eq!(**named.try_get("/c").unwrap(), 3);
    assert_eq!(upstream.calls(), ["/a"]);
}

#[tokio::test]
async fn p29_p30_p31_p32_p49_a_name_that_is_missing_is_reported_and_the_others_are_there() {
    let upstream = Upstream::new().with("/a", "1").with("_errors", "2");
    let (parameters, _) = parameters(&upstream);

    let named = parameters.get_by_name::<u8>(["/a", "/zz", "_errors"]).await;

    assert_eq!(**named.try_get("/a").unwrap(), 1);
    assert_eq!(**named.try_get("_errors").unwrap(), 2);
    let errors: Vec<_> = named
        .errors()
        .map(|(name, error)| (name, error.kind()))
        .collect();
    assert_eq!(errors, [("/zz", ErrorKind::NotFound)]);
    let asked = named.try_get("/other").unwrap_err().to_string();
    assert!(
        asked.ends_with("it is none of the names that were asked for"),
        "{asked}"
    );
    assert_eq!(
        named.all().unwrap_err().to_string(),
        "parameter `/zz` of the upstream was not found: check its name, version, account and region"
    );

    let named = parameters.get_by_name::<u8>(["/a"]).await;
    assert_eq!(named.errors().count(), 0);
}

#[tokio::test]
async fn p33_no_names_are_no_call() {
    let upstream = Upstream::new();
    let (parameters, _) = parameters(&upstream);

    let named = parameters.get_by_name::<String>([""; 0]).await;

    assert!(named.is_empty());
    assert!(upstream.calls().is_empty());
}

#[tokio::test]
async fn p34_p35_p37_p48_names_are_stored_one_by_one_whoever_read_them() {
    let upstream = Upstream::new()
        .with("/a", "1")
        .with("/b", "2")
        .with("/c", "3");
    let (parameters, _) = parameters(&upstream);

    parameters.get::<u8>("/a").await.unwrap();
    let _ = parameters
        .get_by_name::<u8>(["/a", "/b"])
        .await
        .all()
        .unwrap();
    parameters.get::<u8>("/b").await.unwrap();
    let _ = parameters
        .get_by_name::<u8>(["/b", "/c", "/a"])
        .await
        .all()
        .unwrap();

    assert_eq!(upstream.calls(), ["/a", "/b", "/c"]);
}

#[tokio::test]
async fn a_name_that_is_asked_for_twice_is_fetched_once_and_there_twice() {
    let upstream = Upstream::new().with("/a", "1").with("/a#2", "2");
    let (parameters, _) = parameters(&upstream);
    let names = ["/a".into(), Name::new("/a").version(2), "/a".into()];

    let named = parameters.get_by_name::<u8>(names).await;

    let values: Vec<_> = named.iter().map(|(name, value)| (name, **value)).collect();
    assert_eq!(values, [("/a", 1), ("/a", 2), ("/a", 1)]);
    assert_eq!(upstream.calls(), ["/a+/a#2"]);
}

#[tokio::test]
async fn p38_p39_p44_every_option_of_writing_arrives_and_none_that_was_not_given() {
    let upstream = Upstream::new();
    let (parameters, _) = parameters(&upstream);

    parameters.set("/a", "1").await.unwrap();
    let bytes = parameters
        .set("/b", vec![255])
        .overwrite()
        .description("it");
    let bytes = bytes
        .secure_with("alias/key")
        .tier(Tier::Advanced)
        .token("t");
    bytes.await.unwrap();
    let json = Value::json(&json!({"x": 1})).unwrap();
    parameters.set("/c", json).secure().await.unwrap();

    let puts = upstream.puts();
    let [plain, full, json] = &puts[..] else {
        panic!("{puts:?}")
    };
    assert_eq!(plain.value.as_text(), Some("1"));
    assert_eq!(plain.existing, Existing::Keep);
    assert_eq!(plain.protection, Protection::Plain);
    assert_eq!(plain.tier, Tier::Standard);
    assert_eq!((&plain.description, &plain.token), (&None, &None));
    assert!(full.value.is_binary());
    assert_eq!(full.existing, Existing::Overwrite);
    assert_eq!(
        full.protection,
        Protection::SecureWith("alias/key".to_owned())
    );
    assert_eq!(full.tier, Tier::Advanced);
    assert_eq!(full.description.as_deref(), Some("it"));
    assert_eq!(full.token.as_deref(), Some("t"));
    assert_eq!(json.value.as_text(), Some(r#"{"x":1}"#));
    assert_eq!(json.protection, Protection::Secure);
}

#[tokio::test]
async fn p40_p46_a_value_that_cannot_be_written_is_an_error_and_is_asked_for_again() {
    let upstream = Upstream::new().with("/a", "1");
    let (parameters, _) = parameters(&upstream);
    parameters.get::<String>("/a").await.unwrap();

    upstream.fails(ErrorKind::TimedOut);
    let error = parameters.set("/a", "2").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);

    // It may have been written all the same.
    upstream.works();
    parameters.get::<String>("/a").await.unwrap();
    assert_eq!(upstream.calls(), ["/a", "/a=", "/a"]);
}

#[tokio::test]
async fn p41_a_binary_value_is_bytes_and_no_text() {
    let upstream = Upstream::new().with("/a", vec![0, 255]);
    let (parameters, _) = parameters(&upstream);

    let bytes = parameters.get::<Vec<u8>>("/a").await.unwrap();
    let error = parameters.get::<String>("/a").await.unwrap_err();

    assert_eq!(*bytes, [0, 255]);
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn p47_what_is_written_is_read() {
    let upstream = Upstream::new().with("/p/a", "1").with("/p/b", "1");
    let (parameters, _) = parameters(&upstream);
    parameters.get::<String>("/p/a").await.unwrap();
    parameters.get::<u8>("/p/a").decrypt().await.unwrap();
    parameters.get::<String>("/p/b").await.unwrap();
    let _ = parameters.get_many::<String>("/p").await.unwrap();
    upstream.calls();

    parameters.set("/p/a", "2").await.unwrap();

    assert_eq!(*parameters.get::<String>("/p/a").await.unwrap(), "2");
    assert_eq!(*parameters.get::<u8>("/p/a").decrypt().await.unwrap(), 2);
    let many = parameters.get_many::<String>("/p").await.unwrap();
    assert_eq!(**many.get("a").unwrap(), "2");
    parameters.get::<String>("/p/b").await.unwrap();
    assert_eq!(upstream.calls(), ["/p/a=", "/p/a", "/p/a!", "/p/*"]);
}

#[tokio::test]
async fn p47_lists_too_however_their_path_was_written() {
    for path in ["/shop", "/shop/", "/shop//", " /shop", "/", ""] {
        let upstream = Upstream::new().with("/shop/a", "1").with("plain", "1");
        let (parameters, _) = parameters(&upstream);
        let read = || parameters.get_many::<u8>(path);
        let _ = read().await.unwrap();
        upstream.calls();

        parameters.set("/shop/a", "2").await.unwrap();
        let _ = read().await.unwrap();
        assert_eq!(upstream.calls().len(), 2, "{path:?}");
        parameters.set("plain", "2").await.unwrap();
        let _ = read().await.unwrap();
        let is_below = path.trim_matches('/').is_empty();
        assert_eq!(
            upstream.calls().len(),
            1 + usize::from(is_below),
            "{path:?}"
        );
    }
}

#[tokio::test]
async fn an_error_below_a_path_names_the_whole_parameter() {
    let upstream = Upstream::new().with("/a", "x").with("/p/a", "x");
    let (parameters, _) = parameters(&upstream);

    for (path, expected) in [("/p", "/p/a"), ("", "/a")] {
        let named = parameters.get_many::<u8>(path).await.unwrap();
        assert_eq!(named.error("a").unwrap().parameter(), expected);
    }
}

#[tokio::test]
async fn names_come_from_any_list_and_values_are_walked_through() {
    let upstream = Upstream::new().with("/a", "1").with("/b", "x");
    let (parameters, _) = parameters(&upstream);
    let owned = vec!["/a".to_owned(), "/b".to_owned()];
    let borrowed: &[&str] = &["/a", "/b"];

    for named in [
        parameters.get_by_name::<u8>(&owned).await,
        parameters.get_by_name::<u8>(borrowed).await,
    ] {
        let mut walked = Vec::new();
        for (name, value) in &named {
            walked.push((name, **value));
        }
        assert_eq!(walked, [("/a", 1)]);
        assert_eq!(format!("{:?}", named.iter()), r#"["/a", "/b"]"#);
    }
}

#[tokio::test]
async fn p57_each_has_a_cache_of_its_own_to_clear() {
    let upstream = Upstream::new().with("/a", "1");
    let (one, _) = parameters(&upstream);
    let (other, _) = parameters(&upstream);
    for parameters in [&one, &other] {
        parameters.get::<String>("/a").await.unwrap();
    }
    assert_eq!(upstream.calls().len(), 2);

    one.clear();

    other.get::<String>("/a").await.unwrap();
    assert_eq!(upstream.calls().len(), 0);
    one.get::<String>("/a").await.unwrap();
    assert_eq!(upstream.calls().len(), 1);
}

#[tokio::test]
async fn p53_p58_a_provider_that_only_fetches_has_all_that_follows_from_it() {
    struct Echo;

    impl Provider for Echo {
        fn name(&self) -> &'static str {
            "an echo"
        }

        async fn fetch(&self, query: &Query) -> Result<Value, Error> {
            Ok(query.name.as_str().into())
        }
    }
    let parameters = Parameters::new(Echo);

    assert_eq!(*parameters.get::<u8>("7").await.unwrap(), 7);
    let named = parameters.get_by_name::<u8>(["1", "x", "2"]).await;
    assert_eq!(named.iter().count(), 2);
    assert_eq!(named.error("x").unwrap().kind(), ErrorKind::Decode);
    for (error, told) in [
        (
            parameters.get_many::<u8>("/p").await.unwrap_err(),
            "parameter `/p` of an echo does not have what is asked of it: it cannot list what is below a path",
        ),
        (
            parameters.set("/p", "1").await.unwrap_err(),
            "parameter `/p` of an echo does not have what is asked of it: it only reads",
        ),
    ] {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.to_string(), told);
    }
}
