//! `openapi`, the program's first argument: prints or writes the document of the routes and ends.
//!
//! The document goes to the output, and nothing else does, or to a file. What the document does not say goes
//! to the error output. A shell's `> openapi.yaml` empties the file before the program is even built, so that a
//! mistake costs the committed document; `--out` writes when there is something to write.

use std::{
    fs,
    io::{self, Write},
};

use super::terminal::print;
use crate::{
    Error,
    function::App,
    openapi::{Document, OpenApi, Target, Version},
};

/// What the arguments ask for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    format: Format,
    /// As the program says, unless given.
    target: Option<Target>,
    version: Option<Version>,
    /// The file that is written; the output, unless given.
    out: Option<String>,
    is_help: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Format {
    #[default]
    Yaml,
    Json,
}

/// Reads the arguments after the program's name; nothing if the first of them is not `openapi`.
pub(super) fn asked(arguments: impl Iterator<Item = String>) -> Result<Option<Asked>, Error> {
    let mut arguments = arguments.peekable();
    if arguments.next_if(|first| first == "openapi").is_none() {
        return Ok(None);
    }
    let mut asked = Asked::default();
    let mut problems = Vec::new();
    while let Some(argument) = arguments.next() {
        if argument == "--help" || argument == "-h" {
            asked.is_help = true;
            continue;
        }
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        let known = ["--format", "--target", "--openapi", "--out"];
        if !known.contains(&&*name) {
            problems.push(format!("`{name}` is none of `{}`", known.join("`, `")));
            continue;
        }
        let value = value.or_else(|| arguments.next()).unwrap_or_default();
        match (&*name, &*value) {
            ("--format", "yaml") => asked.format = Format::Yaml,
            ("--format", "json") => asked.format = Format::Json,
            ("--format", _) => {
                problems.push(format!("--format is `yaml` or `json`, not `{value}`"))
            }
            ("--target", "plain") => asked.target = Some(Target::Plain),
            ("--target", "rest") => asked.target = Some(Target::RestApi),
            ("--target", "http") => asked.target = Some(Target::HttpApi),
            ("--target", _) => problems.push(format!(
                "--target is `rest`, `http` or `plain`, not `{value}`"
            )),
            ("--out", "") => problems.push("--out is the name of a file".to_owned()),
            ("--out", _) => asked.out = Some(value),
            (_, "3.0") => asked.version = Some(Version::V3_0),
            (_, "3.1") => asked.version = Some(Version::V3_1),
            _ => problems.push(format!("--openapi is `3.0` or `3.1`, not `{value}`")),
        }
    }
    if problems.is_empty() {
        Ok(Some(asked))
    } else {
        Err(format!("`openapi`: {}", problems.join("; ")).into())
    }
}

/// Prints or writes what was asked for.
pub(super) fn answer(asked: &Asked, program: &str, app: &impl App) -> Result<(), Error> {
    if asked.is_help {
        print(&help(program));
        return Ok(());
    }
    let document = document(asked, program, app)?;
    let mut errors = io::stderr().lock();
    for note in document.notes() {
        // Who is gone needs no notes.
        let _ = writeln!(errors, "openapi: {note}");
    }
    let text = match asked.format {
        Format::Yaml => document.to_yaml(),
        Format::Json => document.to_json(),
    };
    match &asked.out {
        None => print(&text),
        Some(file) => fs::write(file, text).map_err(|error| format!("--out {file}: {error}"))?,
    }
    Ok(())
}

fn document(asked: &Asked, program: &str, app: &impl App) -> Result<Document, Error> {
    let change = |told: Option<OpenApi>| {
        let mut api = told.unwrap_or_else(|| OpenApi::new(program, "0.0.0"));
        if let Some(target) = asked.target {
            api = api.target(target);
        }
        if let Some(version) = asked.version {
            api = api.version(version);
        }
        api
    };
    match app.routes_document(&change) {
        Some(document) => Ok(document?),
        None => Err("there is no router here whose routes could be described".into()),
    }
}

fn help(program: &str) -> String {
    format!(
        "Prints the OpenAPI document of the routes, or writes it to a file.\n\n\
         Usage: {program} openapi [OPTION VALUE]...\n\nOptions:\n\
         \x20 --target TARGET    `rest`, as REST APIs import it, `http`, as HTTP APIs do, `plain` [rest]\n\
         \x20 --openapi VERSION  3.0 or 3.1, which API Gateway does not import [3.0]\n\
         \x20 --format FORMAT    `yaml` or `json` [yaml]\n\
         \x20 --out FILE         writes the file once the document is made; `> FILE` would empty it first\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::{Method, Route, Router, Routes};

    fn read(line: &str) -> Result<Option<Asked>, String> {
        let arguments = line.split_whitespace().map(str::to_owned);
        asked(arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn other_arguments_are_none_of_ours() {
        for line in ["", "--port 8000", "--openapi 3.1", "serve openapi"] {
            assert_eq!(read(line), Ok(None), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_at_once() {
        assert_eq!(
            read("openapi --format toml --target=alb --openapi 2.0 --out= --docs x --target"),
            Err(
                "`openapi`: --format is `yaml` or `json`, not `toml`; --target is `rest`, `http` or \
                 `plain`, not `alb`; --openapi is `3.0` or `3.1`, not `2.0`; --out is the name of \
                 a file; `--docs` is none of `--format`, `--target`, `--openapi`, `--out`; `x` is none of \
                 `--format`, `--target`, `--openapi`, `--out`; --target is `rest`, `http` or `plain`, not ``"
                    .to_owned()
            )
        );
    }

    #[test]
    fn options_say_which_document() {
        let asked = read("openapi --format=json --target http --openapi 3.1 --out a.json");
        let expected = Asked {
            format: Format::Json,
            target: Some(Target::HttpApi),
            version: Some(Version::V3_1),
            out: Some("a.json".to_owned()),
            is_help: false,
        };
        assert_eq!(asked, Ok(Some(expected)));
        assert_eq!(read("openapi"), Ok(Some(Asked::default())));
    }

    #[test]
    fn the_program_gives_the_title_where_nothing_else_does() {
        async fn pong() {}
        let routes = || Routes::new().with(Route::new(Method::GET, "/ping", pong));
        let untold = Router::new(routes()).expect("a router");
        let told = untold.clone().openapi(OpenApi::new("Ping", "1.0.0"));
        let asked = read("openapi --openapi 3.1")
            .expect("asked")
            .expect("asked");

        let untold = document(&asked, "ping", &untold).expect("a document");
        assert_eq!(untold.as_value()["info"]["title"], "ping");
        assert_eq!(untold.as_value()["openapi"], "3.1.0");
        let told = document(&asked, "ping", &crate::Function::new().http(told)).expect("one");
        assert_eq!(told.as_value()["info"]["title"], "Ping");
    }

    #[test]
    fn a_file_is_written_only_when_the_document_is_made() {
        async fn pong() {}
        let name = format!("powertools-openapi-{}.yaml", std::process::id());
        let file = std::env::temp_dir().join(name);
        fs::write(&file, "committed").expect("a file");
        let out = file.to_str().expect("a name in Unicode");
        let asked = read(&format!("openapi --out {out}")).expect("asked");
        let asked = asked.expect("asked");

        answer(&asked, "queue", &crate::Function::new()).expect_err("no routes");
        assert_eq!(fs::read_to_string(&file).expect("a file"), "committed");

        let routes = Routes::new().with(Route::new(Method::GET, "/ping", pong));
        let router = Router::new(routes).expect("a router");
        answer(&asked, "ping", &router).expect("a document");
        let written = fs::read_to_string(&file).expect("a file");
        assert!(written.starts_with("openapi: \"3.0.3\"\n"), "{written}");
        fs::remove_file(&file).expect("it is there");

        let nowhere = read("openapi --out no/such/directory/a.yaml").expect("asked");
        let error = answer(&nowhere.expect("asked"), "ping", &router).expect_err("nowhere");
        let error = error.to_string();
        assert!(
            error.starts_with("--out no/such/directory/a.yaml: "),
            "{error}"
        );
    }

    #[cfg(feature = "interop")]
    #[test]
    fn the_document_of_a_service_is_that_of_the_router_whose_settings_it_has() {
        async fn pong() {}
        let routes = Routes::new().with(Route::new(Method::GET, "/ping", pong));
        let router = Router::new(routes).expect("a router");
        let service = router.clone().into_service();
        let layered = tower::util::MapRequest::new(service.clone(), |request| request);
        let paths = |document: Result<Document, Error>| {
            document.expect("a document").as_value()["paths"]["/ping"]["get"]["operationId"].clone()
        };
        let asked = Asked::default();

        document(&asked, "ping", &layered).expect_err("a layer tells of no routes");
        let hosted = crate::interop::Hosted::new(layered).settings_of(&router);
        assert_eq!(paths(document(&asked, "ping", &hosted)), "pong");
        let function = crate::Function::new().http(hosted);
        assert_eq!(paths(document(&asked, "ping", &function)), "pong");
        assert_eq!(paths(document(&asked, "ping", &service)), "pong");
    }

    #[test]
    fn a_function_without_routes_says_so() {
        let error = document(&Asked::default(), "queue", &crate::Function::new());
        assert_eq!(
            error.expect_err("no routes").to_string(),
            "there is no router here whose routes could be described"
        );
    }
}
