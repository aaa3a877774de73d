use std::fs;

use super::*;
use crate::parameters::Parameters;

fn file(text: &str) -> PathBuf {
    file_named("json", text)
}

fn toml_file(text: &str) -> PathBuf {
    file_named("toml", text)
}

fn file_named(extension: &str, text: &str) -> PathBuf {
    static FILES: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = FILES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let name = format!("parameters-{}-{number}.{extension}", std::process::id());
    let path = std::env::temp_dir().join(name);
    fs::write(&path, text).unwrap();
    path
}

#[tokio::test]
async fn a_file_is_names_and_values_read_anew_at_each_fetch() {
    let path = file(r#"{"/a": "1", "/limits": {"x": [1, true]}, "/n": 7, "/a:2": "old"}"#);
    let parameters = Parameters::new(Local::file(&path).with("/n", "8"));

    assert_eq!(*parameters.get::<u8>("/a").await.unwrap(), 1);
    assert_eq!(*parameters.get::<u8>("/n").await.unwrap(), 8);
    let limits = parameters.get::<String>("/limits").await.unwrap();
    assert_eq!(*limits, r#"{"x": [1, true]}"#);
    let old = parameters.get::<String>("/a").version(2).await.unwrap();
    assert_eq!(*old, "old");
    fs::write(&path, r#"{"/a": "2"}"#).unwrap();
    let changed = parameters.get::<u8>("/a").force_fetch().await.unwrap();
    assert_eq!(*changed, 2);
    fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn a_toml_file_and_texts_are_sources_like_others_in_their_order() {
    let path =
        toml_file("\"/a\" = 1\nlimits = { x = [1.5, true], y = 2026-11-21 }\n[db]\nport = 5\n");
    let local = Local::file(&path)
        .or_toml("\"/a\" = 7\n\"/b\" = \"from toml\"")
        .or_json(r#"{"/b": 0, "/c": null}"#);

    for (name, expected) in [
        ("/a", "1"),
        ("limits", r#"{"x":[1.5,true],"y":"2026-11-21"}"#),
        ("db", r#"{"port":5}"#),
        ("/b", "from toml"),
        ("/c", "null"),
    ] {
        let value = local.fetch(&Query::new(name)).await.unwrap();
        assert_eq!(value.as_text(), Some(expected), "{name}");
    }
    let all = local.fetch_many(&PathQuery::new("/")).await.unwrap();
    let all: Vec<_> = all
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_ref().unwrap().as_text().unwrap()))
        .collect();
    assert_eq!(all, [("a", "1"), ("b", "from toml"), ("c", "null")]);
    fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn what_is_not_there_says_where_to_put_it() {
    let path = file("{}");
    let local = Local::file(&path).or_env("SHOP_");

    let error = local.fetch(&Query::new("/db/host-name")).await.unwrap_err();

    assert_eq!(error.kind(), ErrorKind::NotFound);
    let path = path.display();
    let told = format!(
        "give `/db/host-name` by `Local::with`, in `{path}` or as the variable `SHOP_DB_HOST_NAME`"
    );
    assert!(error.to_string().ends_with(&told), "{error}");
}

#[tokio::test]
async fn the_environment_is_read_by_name_and_by_prefix() {
    // Set by cargo for every test, and not by anybody else.
    let local = Local::env("CARGO_PKG_");

    let name = local.fetch(&Query::new("/name")).await.unwrap();
    let version = local.fetch_many(&PathQuery::new("/version")).await.unwrap();

    assert_eq!(name.as_text(), Some("powertools"));
    let names: Vec<_> = version.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["major", "minor", "patch"]);
    assert!(local.fetch(&Query::new("/nothing")).await.is_err());
}

#[tokio::test]
async fn what_is_written_is_in_memory_and_replaces_nothing_unasked() {
    let parameters = Parameters::new(Local::new().with("/a", "1"));

    let error = parameters.set("/a", "2").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    parameters.set("/a", "2").overwrite().await.unwrap();
    parameters.set("/b", "3").await.unwrap();

    let named = parameters.get_by_name::<u8>(["/a", "/b"]).await;
    let values: Vec<u8> = named.iter().map(|(_, value)| **value).collect();
    assert_eq!(values, [2, 3]);
}

async fn names(local: &Local, path: &str) -> Vec<String> {
    let listed = local.fetch_many(&PathQuery::new(path)).await.unwrap();
    listed.into_iter().map(|(name, _)| name).collect()
}

async fn error(local: &Local, query: &Query) -> Error {
    local.fetch(query).await.unwrap_err()
}

#[tokio::test]
async fn a_file_that_is_not_there_is_passed_over_and_named_where_nobody_has_the_name() {
    let local = Local::file("no/such.json").or_env("CARGO_PKG_");

    let found = local.fetch(&Query::new("/name")).await.unwrap();
    let missing = error(&local, &Query::new("/nothing")).await;
    let listed = local.fetch_many(&PathQuery::new("/nothing")).await;

    assert_eq!(found.as_text(), Some("powertools"));
    assert_eq!(names(&local, "/version").await, ["major", "minor", "patch"]);
    let remedy = "there is no file `no/such.json`; make one with `{\"name\": \"value\"}`";
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    assert_eq!(
        missing.to_string(),
        format!(
            "the parameter was not found: give `/nothing` by `Local::with`, in `no/such.json` or \
             as the variable `CARGO_PKG_NOTHING` ({remedy})"
        )
    );
    let listed = listed.unwrap_err();
    assert_eq!(listed.kind(), ErrorKind::NotFound);
    assert!(listed.to_string().ends_with(remedy), "{listed}");
}

#[tokio::test]
async fn a_broken_file_is_no_failure_that_may_pass() {
    let path = file("{\"/a\": ");

    for error in [
        error(&Local::file(&path), &Query::new("/a")).await,
        Local::file(&path)
            .fetch_many(&PathQuery::new("/"))
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(!error.kind().is_transient());
    }
    fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn a_version_is_never_a_variable() {
    let local = Local::env("CARGO_PKG_");
    let query = Query::new("/version").label("major");

    let missing = error(&local, &query).await;

    assert!(local.fetch(&Query::new("/version/major")).await.is_ok());
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    let told = "give `/version:major` by `Local::with`";
    assert!(missing.to_string().ends_with(told), "{missing}");
}

#[tokio::test]
async fn a_name_without_letters_is_no_variable_and_an_empty_one_is_refused() {
    let local = Local::env("CARGO_PKG_NAME");

    assert_eq!(
        error(&local, &Query::new("/")).await.kind(),
        ErrorKind::NotFound
    );
    let empty = error(&local, &Query::new("")).await;
    assert_eq!(empty.kind(), ErrorKind::Invalid);
    assert!(empty.to_string().contains("the name is empty"), "{empty}");
    let put = local.put(&Put::new("", "1")).await.unwrap_err();
    assert_eq!(put.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn each_variable_that_is_listed_is_read_by_its_name() {
    // All three are beginnings of variables that cargo sets; the second ends within a word.
    for prefix in ["CARGO_PKG_", "CARGO_PKG", "CARGO_"] {
        for path in ["", "/", "/version", "/version/", "version", "/pkg"] {
            let local = Local::env(prefix);
            let listed = local.fetch_many(&PathQuery::new(path)).await.unwrap();
            for (name, value) in listed {
                let whole = format!("{}/{name}", path.trim_end_matches('/'));
                let read = local.fetch(&Query::new(&whole)).await.unwrap();
                let value = value.unwrap();
                assert_eq!(read.as_text(), value.as_text(), "{prefix} {path} {name}");
            }
        }
    }
    assert_eq!(names(&Local::env("CARGO_PKG_VERSION"), "/_").await, [""; 0]);
    let with_underscore = names(&Local::env("CARGO_PKG_"), "/").await;
    assert!(with_underscore.contains(&"version_major".to_owned()));
}

#[tokio::test]
async fn a_variable_is_listed_under_the_name_that_another_source_has_for_it() {
    let local = Local::env("CARGO_PKG_").with("/rust-version", "mine");
    let parameters = Parameters::new(local);

    let listed = parameters.get_many::<String>("/").await.unwrap();
    assert_eq!(**listed.get("rust-version").unwrap(), "mine");
    assert!(listed.get("rust_version").is_none());

    let set = parameters.set("/version-major", "mine").overwrite().await;
    set.unwrap();
    let listed = parameters.get_many::<String>("/").await.unwrap();
    assert_eq!(**listed.get("version-major").unwrap(), "mine");
    assert!(listed.get("version_major").is_none());
}

#[tokio::test]
async fn what_is_listed_is_what_is_read_whichever_source_wins() {
    let local = Local::env("CARGO_PKG_")
        .or_json(r#"{"/version-major": "json", "/name": "json", "/other": "json"}"#);

    let listed = local.fetch_many(&PathQuery::new("/")).await.unwrap();

    for (name, value) in listed {
        let read = local.fetch(&Query::new(format!("/{name}"))).await.unwrap();
        assert_eq!(read.as_text(), value.unwrap().as_text(), "{name}");
    }
    let name = local.fetch(&Query::new("/name")).await.unwrap();
    assert_eq!(name.as_text(), Some("powertools"));
}

#[tokio::test]
async fn a_program_that_writes_with_all_options_and_reads_decrypted_runs_here_too() {
    let parameters = Parameters::new(Local::new());

    let set = parameters.set("/a", "1").secure_with("alias/shop");
    let set = set.tier(crate::parameters::Tier::Advanced).token("once");
    set.description("for the shop").await.unwrap();

    let decrypted = parameters.get::<u8>("/a").decrypt().await.unwrap();
    let stored = parameters.get::<u8>("/a").without_decryption().await;
    assert_eq!((*decrypted, *stored.unwrap()), (1, 1));
}

#[tokio::test]
async fn names_are_whole_paths_and_objects_are_values() {
    let local = Local::new().or_json(r#"{"/shop": {"host": "a.example"}}"#);

    assert_eq!(names(&local, "/shop").await, [""; 0]);
    assert_eq!(names(&local, "/").await, ["shop"]);
}
