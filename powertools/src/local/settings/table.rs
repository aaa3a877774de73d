//! Every setting once: its name, what it may be, what it does.
//!
//! The name makes the option (`--base-path`), the variable (`POWERTOOLS_LOCAL_BASE_PATH`) and the key of the
//! file (`base-path`), and the rest makes `--help`, so that none of them can drift from the others. A crate
//! for command lines would know the first of the three (see `docs/design.md`).

/// A setting of the gateway.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) name: &'static str,
    /// What its value is called in the help.
    pub(super) value: &'static str,
    pub(super) kind: Kind,
    pub(super) help: &'static [&'static str],
}

/// How many values a setting has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    One,
    /// Yes or no; as an option it needs no value.
    Flag,
    /// Several: the option again and again, commas in the variable, a list in the file.
    Many,
    /// `name=value`, several: a table in the file.
    Pairs,
}

const fn setting(
    name: &'static str,
    value: &'static str,
    kind: Kind,
    help: &'static [&'static str],
) -> Setting {
    Setting {
        name,
        value,
        kind,
        help,
    }
}

pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "port",
        "PORT",
        Kind::One,
        &["the port on 127.0.0.1; 0 takes a free one [9000]"],
    ),
    setting(
        "source",
        "SOURCE",
        Kind::Many,
        &[
            "the front end: `http` (HTTP API, payload 2.0), `http-1.0`, `rest`,",
            "`url` (function URL), `alb`, `alb-multi`, `lattice-1`, `lattice`, or `all` of",
            "these; or `websocket`, which every port has for a function that has its routes;",
            "several take the next ports, `rest=9005` its own [http]",
        ],
    ),
    setting(
        "timeout",
        "SECONDS",
        Kind::One,
        &["how long the function may run, 1 to 900, as set on Lambda [30]"],
    ),
    setting(
        "show",
        "WHAT",
        Kind::Many,
        &["prints the JSON of each `event`, of each `reply`, or of both"],
    ),
    setting(
        "quiet",
        "[BOOL]",
        Kind::Flag,
        &["prints no lines of requests, as for measurements"],
    ),
    setting(
        "event",
        "FILE",
        Kind::One,
        &["runs the event in this file (`-` is the input), prints the reply and ends"],
    ),
    setting(
        "stage",
        "STAGE",
        Kind::One,
        &["the stage of an API [`$default`; `local` for `rest`]"],
    ),
    setting(
        "stage-variable",
        "NAME=VALUE",
        Kind::Pairs,
        &["a stage variable of an API"],
    ),
    setting(
        "domain",
        "NAME",
        Kind::One,
        &[
            "the name that events say was asked for: a custom domain, or `execute-api`,",
            "API Gateway's own, where clients write the stage [what `Host` says]",
        ],
    ),
    setting(
        "base-path",
        "PATH",
        Kind::One,
        &["the path at which a custom domain has the API, such as `/shop`"],
    ),
    setting(
        "stage-in-path",
        "[BOOL]",
        Kind::Flag,
        &["whether the mapping of a REST API names no stage, so that clients write it"],
    ),
    setting(
        "route",
        "ROUTE",
        Kind::Many,
        &[
            "a route of the API: `GET /orders/{id}`, `ANY /{proxy+}`, `$default`; others",
            "are refused then, with REST's 403 and HTTP's 404 [all reach the function]",
        ],
    ),
    setting(
        "claim",
        "NAME=VALUE",
        Kind::Pairs,
        &["a claim that the API's authorizer found in the token"],
    ),
    setting(
        "authorizer",
        "NAME=VALUE",
        Kind::Pairs,
        &["a value in the context that a Lambda authorizer gave"],
    ),
    setting(
        "binary-type",
        "TYPE",
        Kind::Many,
        &["a binary media type of a REST API: `image/png`, `image/*`, `*/*`"],
    ),
    setting(
        "api-key",
        "KEY",
        Kind::One,
        &["the `x-api-key` that a REST API asks for"],
    ),
    setting(
        "websocket-route",
        "KEY",
        Kind::Many,
        &[
            "a route key of the WebSocket API: `join`, `$default`, and `$connect` and",
            "`$disconnect`, which nobody hears of otherwise [the function's, or all]",
        ],
    ),
    setting(
        "websocket-selection",
        "EXPR",
        Kind::One,
        &["how a message names its route [$request.body.action]"],
    ),
    setting(
        "websocket-response",
        "KEY",
        Kind::Many,
        &["a route with a route response, whose replies reach the client; `*` is all [none]"],
    ),
    setting(
        "websocket-origin",
        "ORIGIN",
        Kind::Many,
        &["a further origin whose pages may connect, or `*` [pages of this machine]"],
    ),
    setting(
        "websocket-limit",
        "NAME=N",
        Kind::Pairs,
        &[
            "another limit: seconds of `idle` and `age`, bytes of `message` and `frame`,",
            "open `connections` [600, 7200, 131072, 32768, 1000]; all but the last only less",
        ],
    ),
    setting(
        "host",
        "NAME",
        Kind::Many,
        &["a further name in `Host` to answer to; all others but this machine's get 403"],
    ),
    #[cfg(feature = "openapi")]
    setting(
        "docs",
        "BOOL",
        Kind::Flag,
        &["shows the routes as a page at `/docs`, and as a document at `/openapi.json`"],
    ),
    setting(
        "config",
        "FILE",
        Kind::One,
        &["the file of settings [powertools.toml, if there is one]"],
    ),
];

/// The setting of this name.
pub(super) fn named(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

/// What `--help` prints.
pub(super) fn help(program: &str) -> String {
    let mut text = format!(
        "{program} on localhost, behind a gateway that plays AWS's\n\n\
         Usage: {program} [OPTION VALUE]...\n\nOptions:\n"
    );
    for setting in SETTINGS {
        let option = format!("--{} {}", setting.name, setting.value);
        let mut lines = setting.help.iter();
        let first = lines.next().copied().unwrap_or_default();
        text.push_str(&format!("  {option:<27} {first}\n"));
        for line in lines {
            text.push_str(&format!("  {:<27} {line}\n", ""));
        }
    }
    text.push_str(&format!(
        "  {:<27} this text\n\n\
         Each is also a variable (POWERTOOLS_LOCAL_BASE_PATH for --base-path) and a key of the section\n\
         [local] of powertools.toml. Options win over variables, and variables over the file. Where there\n\
         can be several: the option again, commas in the variable, a list or a table in the file.\n\
         Arguments that are none of these are left to the program.\n\n\
         Examples:\n\
         \x20 {program} --source rest --stage prod\n\
         \x20 {program} --source http,rest,alb --port 8000     ports 8000, 8001 and 8002\n\
         \x20 {program} --show event --claim sub=ann\n\
         \x20 {program} --event order.json\n",
        "--help"
    ));
    #[cfg(feature = "openapi")]
    text.push_str(&format!(
        "\x20 {program} openapi --out openapi.yaml         `{program} openapi --help` says more\n"
    ));
    text
}
