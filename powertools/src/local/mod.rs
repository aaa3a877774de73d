//! The same function on localhost, behind a gateway that plays AWS's: `cargo run`, no AWS account.
//!
//! [`run`](crate::run) comes here when `AWS_LAMBDA_RUNTIME_API` is not set. Each HTTP request becomes
//! the event that the chosen front end would send, goes through the same decoding, handling and encoding
//! as on Lambda, and the reply is read as that front end reads it, a reply that it refuses included.
//!
//! ```console
//! $ cargo run -- --source http,rest,alb
//! $ cargo run -- --help
//! ```
//!
//! | option | what it sets | unless set |
//! | --- | --- | --- |
//! | `--port` | the port on 127.0.0.1; several sources take the next ones | 9000 |
//! | `--source` | `http`, `http-1.0`, `rest`, `url`, `alb`, `alb-multi`, `lattice-1`, `lattice`, `all`; `rest=9005` | `http` |
//! | `--timeout` | seconds that the function may run, as on Lambda | 30 |
//! | `--show` | prints each `event`, each `reply` | neither |
//! | `--quiet` | prints no lines of requests | they are printed |
//! | `--event` | a file with one event to run, `-` for the input | – |
//! | `--stage`, `--stage-variable` | of an API | `$default`; `local` of a REST API |
//! | `--domain`, `--base-path`, `--stage-in-path` | a custom domain and its mapping, or `execute-api` | what `Host` says |
//! | `--route` | the routes that the API knows; others get REST's 403 or HTTP's 404 | all are known |
//! | `--claim`, `--authorizer` | what the API's authorizers found | nothing |
//! | `--binary-type` | a REST API's `binaryMediaTypes` | none |
//! | `--api-key` | what a REST API wants in `x-api-key` | none |
//! | `--host` | a further name to answer to | this machine's |
//! | `--config` | the file of settings | `powertools.toml` |
//! | `--docs` | with the feature `openapi`: the routes as a page at `/docs`, and as `/openapi.json` | neither |
//!
//! Each is also a variable, `POWERTOOLS_LOCAL_BASE_PATH` for `--base-path`, and a key of the file:
//!
//! ```toml
//! [local]
//! source = ["http", "rest=9005"]
//! stage = "prod"
//! route = ["GET /orders/{id}", "POST /orders"]
//!
//! [local.claim]
//! sub = "ann"
//! ```
//!
//! Options win over variables and variables over the file. Arguments that it does not know are left to the
//! program.
//!
//! With the feature `openapi`, the first argument `openapi` prints the document of the routes and ends:
//! `cargo run -- openapi > openapi.yaml`, see `powertools::openapi`.
//!
//! A direct invocation is a `POST` to `/2015-03-31/functions/function/invocations` with the event as
//! the body, on any port: `aws lambda invoke --endpoint-url http://127.0.0.1:9000` sends one.
//!
//! # What is played
//!
//! Events and replies of each front end, Lambda's limits on both (6 MB; 1 MB behind a load balancer), the
//! function's timeout and the front end's own, which is 29 seconds of a REST API and 30 of an HTTP API: the
//! client gets 504 or 503, and the function goes on. The deadline in the context is Lambda's, and
//! [`timeout`](crate::router::middleware::timeout) counts from it. Invocations run at the same time.
//!
//! # What is not
//!
//! Authorizers (their findings are settings), IAM, throttling, CORS of the API itself, request validation,
//! mapping templates, streaming, WebSocket. The sandbox is not ended by a timeout. A REST API's header names
//! keep the client's capitals; here they are in lower case but for the ones that API Gateway writes itself.
//! The list that the tests hold is `src/local/tests/differences.json`.
//!
//! It listens on loopback only and refuses requests whose `Host` is another name, so that no web page
//! can reach it through a DNS name of its own; invocations of pages are refused whatever they ask for. It
//! is a tool for development, not a server.

use std::{io, io::Read, path::Path, sync::Arc};

use crate::{Error, context::FunctionInfo, env, function::App};

mod control;
#[cfg(feature = "openapi")]
mod docs;
mod exchange;
mod guard;
mod ids;
mod invocation;
#[cfg(feature = "openapi")]
mod openapi;
mod server;
mod settings;
mod terminal;

use self::{
    exchange::{Gateway, Port},
    invocation::{Function, Outcome},
    settings::{Settings, Wish},
    terminal::print,
};

/// Serves `app` until the process ends.
pub(crate) async fn serve(app: impl App) -> Result<(), Error> {
    let program = program();
    let arguments = std::env::args().skip(1);
    #[cfg(feature = "openapi")]
    if let Some(asked) = openapi::asked(std::env::args().skip(1))? {
        return openapi::answer(&asked, &program, &app);
    }
    let settings = match settings::read(&program, arguments, env::variable, open)? {
        Wish::Help(text) => {
            print(&text);
            return Ok(());
        }
        Wish::Run(settings) => *settings,
    };
    let function = Function {
        app,
        info: Arc::new(info(program)),
        timeout: settings.timeout,
    };
    match &settings.event {
        Some(path) => once(&function, path).await,
        None => listen(function, settings).await,
    }
}

/// Serves each front end on its port.
async fn listen(function: Function<impl App>, settings: Settings) -> Result<(), Error> {
    let mut listeners = Vec::new();
    for (source, port) in &settings.ports {
        listeners.push((*source, server::listen(*port).await?));
    }
    let places = listeners.iter();
    let places = places.map(|(source, listener)| Ok((*source, listener.local_addr()?)));
    let places = places.collect::<io::Result<Vec<_>>>()?;
    let name = &function.info.name;
    #[cfg(feature = "openapi")]
    let docs = match settings.docs {
        true => Some(docs::Docs::of(&function.app, name)?),
        false => None,
    };
    print(&terminal::banner(name, &function.app, &settings, &places));
    let gateway = Arc::new(Gateway {
        patterns: terminal::patterns(&function.app),
        function,
        api: settings.api,
        show: settings.show,
        hosts: settings.hosts,
        #[cfg(feature = "openapi")]
        docs,
        print,
    });
    let is_one_of_several = listeners.len() > 1;
    for ((source, listener), (_, address)) in listeners.into_iter().zip(places) {
        let port = Port {
            gateway: Arc::clone(&gateway),
            source,
            number: address.port(),
            is_one_of_several,
        };
        tokio::spawn(server::serve(listener, Arc::new(port)));
    }
    // They go on until the process ends.
    std::future::pending().await
}

/// Runs one event of a file and prints what comes of it.
async fn once(function: &Function<impl App>, path: &str) -> Result<(), Error> {
    let event = if path == "-" {
        let mut event = Vec::new();
        io::stdin().read_to_end(&mut event).map(|_| event)
    } else {
        std::fs::read(path)
    };
    let event = event.map_err(|error| format!("the event `{path}` cannot be read: {error}"))?;
    let ids = ids::Ids::new();
    let invocation = function.start(event.into(), ids.invocation, &ids.trace);
    match invocation.outcome().await {
        Outcome::Replied(json) => {
            print(&format!("{}\n", String::from_utf8_lossy(&json)));
            Ok(())
        }
        Outcome::Failed(json) | Outcome::TimedOut(json) => {
            Err(format!("the invocation failed: {}", String::from_utf8_lossy(&json)).into())
        }
    }
}

fn open(path: &str) -> io::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the program is called.
fn program() -> String {
    let path = std::env::current_exe().ok();
    let name = path.as_deref().and_then(Path::file_stem);
    let name = name.and_then(|name| name.to_str());
    name.unwrap_or("function").to_owned()
}

/// What the environment says of the function, with stand-ins for what only Lambda sets.
fn info(program: String) -> FunctionInfo {
    let mut info = env::function();
    if info.name.is_empty() {
        info.name = program;
    }
    if info.version.is_empty() {
        info.version = "$LATEST".to_owned();
    }
    if info.memory_mib == 0 {
        info.memory_mib = 128;
    }
    info
}

#[cfg(test)]
mod tests;
