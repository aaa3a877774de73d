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
//! | `--source` | `http`, `http-1.0`, `rest`, `url`, `alb`, `alb-multi`, `lattice-1`, `lattice`, `all`; `websocket`; `rest=9005` | `http` |
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
//! | `--websocket-route` | the route keys that a WebSocket API knows | the function's |
//! | `--websocket-selection` | how a message names its route | `$request.body.action` |
//! | `--websocket-response` | routes with a route response: their replies reach the client; `*` is all | none |
//! | `--websocket-origin` | a further origin whose pages may connect, `*` any | this machine's |
//! | `--websocket-limit` | `idle` and `age` in seconds, `message` and `frame` in bytes, `connections` | 600, 7200, 131072, 32768, 1000 |
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
//! Options win over variables and variables over the file, which is looked for where the program is started. A
//! list or a table takes the place of the other's whole one. Arguments that it does not know are left to the
//! program, and named in the banner.
//!
//! Behind a custom domain with a base path, a REST API hands the function the whole path (`/shop/orders/7`) and
//! an HTTP API what is below the base path: [`Router::strip_prefix`](crate::router::Router::strip_prefix) makes
//! one of the two. Of a REST API's binary replies, clients get the bytes only if the first type of their
//! `Accept` is one of `--binary-type`.
//!
//! With the feature `openapi`, the first argument `openapi` writes the document of the routes and ends:
//! `cargo run -- openapi --out openapi.yaml`, see `powertools::openapi`.
//!
//! A direct invocation is a `POST` to `/2015-03-31/functions/function/invocations` with the event as
//! the body, on any port: `aws lambda invoke --endpoint-url http://127.0.0.1:9000` sends one.
//!
//! # WebSocket
//!
//! With the feature `local-websocket`, a function with WebSocket routes has them on every port, beside HTTP:
//! `ws://localhost:9000`, or with the stage, `ws://localhost:9000/local`. One that does not say which routes it has, as with
//! [`Function::direct`](crate::Function::direct), has them where it is told: `--source http,websocket`. Then
//! every key that a message names is a route, unless `--websocket-route` says which are.
//!
//! ```console
//! $ cargo run -- --source websocket --websocket-response '*'
//! $ wscat -c ws://localhost:9000
//! ```
//!
//! As on AWS, `$connect` is asked before the handshake is answered and a status other than 2xx refuses it; the
//! header `Sec-WebSocket-Protocol` of its reply chooses the sub-protocol; a message that is not JSON or names
//! no route is for `$default`, and without that the client gets `{"message": "Forbidden", …}`; what fails gives
//! it `{"message": "Internal server error", …}`; a reply is for nobody unless the route has a response. The
//! function speaks to clients through `@connections`, on any port with WebSockets:
//!
//! ```console
//! $ curl -d hello http://localhost:9000/@connections/L0SM9cOFvHcCIhw%3D
//! ```
//!
//! It is below the stage and below `--base-path` as well, as on AWS. It answers 410 for a connection that is closed
//! or never was, 400 for what is no id, 413 above 128 KiB, and 429 while a client does not read what waits for it.
//! `websocket::Connections` finds it whatever name the client asked for, `--domain` included. To a plain HTTP
//! request a function that has nothing but routes of WebSockets answers 426.
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
//! mapping templates, streaming. The sandbox is not ended by a timeout, and a handler that blocks its
//! thread holds up the others and its own deadline: there is one thread, as on Lambda, unless `main` has a runtime
//! with several. A REST API's header names
//! keep the client's capitals; here they are in lower case but for the ones that API Gateway writes itself.
//! The list that the tests hold is `src/local/tests/differences.json`. Of a WebSocket API: `domainName` has the
//! port, so that an address made of it is this machine's; pages of other origins may not connect, which AWS
//! leaves to `$connect`; HTTP and WebSockets may share a port; models, templates and API keys are not there;
//! a program that ends tells no connection's end.
//!
//! It listens on loopback only and refuses requests whose `Host` is another name, so that no web page
//! can reach it through a DNS name of its own; invocations and `@connections` are refused to pages whatever
//! they ask for. It is a tool for development, not a server.

use std::{fs::File, io, io::Read, path::Path, sync::Arc};

use crate::{Error, context::FunctionInfo, env, event::Source, function::App};

mod control;
#[cfg(feature = "openapi")]
mod docs;
mod door;
mod exchange;
mod guard;
mod ids;
mod invocation;
#[cfg(feature = "openapi")]
mod openapi;
mod server;
mod settings;
mod terminal;
#[cfg(feature = "local-websocket")]
mod websocket;
#[cfg(not(feature = "local-websocket"))]
#[path = "no_websocket.rs"]
mod websocket;

use self::{
    door::Door,
    exchange::{Gateway, Port},
    invocation::{Function, MOST_BYTES, Outcome},
    settings::{Settings, Wish},
    terminal::print,
    websocket::Sockets,
};

/// More than anybody sets.
const MOST_SETTINGS_BYTES: usize = 1024 * 1024;

/// Serves `app` until the process ends.
pub(crate) async fn serve(app: impl App) -> Result<(), Error> {
    let program = program();
    let arguments = std::env::args_os().skip(1);
    let arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
    let arguments: Vec<String> = arguments.collect();
    #[cfg(feature = "openapi")]
    if let Some(asked) = openapi::asked(arguments.iter().cloned())? {
        return openapi::answer(&asked, &program, &app);
    }
    let variables = env::local_variables();
    let settings = match settings::read(&program, arguments.into_iter(), variables, open)? {
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
    let sources: Vec<_> = settings.ports.iter().map(|(source, _)| *source).collect();
    let sockets = sockets(&gateway, &sources, settings.websocket);
    for ((source, listener), (_, address)) in listeners.into_iter().zip(places) {
        let door = door(&gateway, source, &sockets, address.port(), sources.len());
        tokio::spawn(server::serve(listener, Arc::new(door)));
    }
    // They go on until the process ends.
    std::future::pending().await
}

/// The WebSocket API, if the function has one or is said to.
fn sockets<A: App>(
    gateway: &Arc<Gateway<A>>,
    sources: &[Source],
    settings: settings::WebSocket,
) -> Option<Arc<Sockets<A>>> {
    let is_wanted = sources.contains(&Source::WebSocket);
    let is_there = is_wanted || gateway.function.app.websocket().is_some();
    let sockets = is_there.then(|| Sockets::new(Arc::clone(gateway), settings));
    sockets.flatten().map(Arc::new)
}

/// One of so many.
fn door<A: App>(
    gateway: &Arc<Gateway<A>>,
    source: Source,
    sockets: &Option<Arc<Sockets<A>>>,
    number: u16,
    of: usize,
) -> Door<A> {
    let has_routes = gateway.function.app.websocket().is_some();
    let (http, sockets) = match source {
        Source::WebSocket => (None, sockets.clone()),
        source => {
            let port = Port {
                gateway: Arc::clone(gateway),
                source,
                number,
                is_one_of_several: of > 1,
            };
            (Some(port), sockets.clone().filter(|_| has_routes))
        }
    };
    Door {
        gateway: Arc::clone(gateway),
        number,
        http,
        sockets,
    }
}

/// Runs one event of a file and prints what comes of it.
async fn once(function: &Function<impl App>, path: &str) -> Result<(), Error> {
    let event = if path == "-" {
        whole(io::stdin(), MOST_BYTES)
    } else {
        File::open(path).and_then(|file| whole(file, MOST_BYTES))
    };
    let event = event.map_err(|error| format!("the event `{path}` cannot be read: {error}"))?;
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&event) {
        return Err(format!("the event `{path}` is not JSON: {error}").into());
    }
    let ids = ids::Ids::new();
    let invocation = function.start(event.into(), ids.invocation, &ids.trace);
    match invocation.outcome().await {
        Outcome::Replied(json) => {
            print(&format!("{}\n", String::from_utf8_lossy(&json)));
            Ok(())
        }
        Outcome::Failed(error) | Outcome::TimedOut(error) => {
            let json = error.json();
            Err(format!("the invocation failed: {}", String::from_utf8_lossy(&json)).into())
        }
    }
}

fn open(path: &str) -> io::Result<Option<String>> {
    let bytes = match File::open(path).and_then(|file| whole(file, MOST_SETTINGS_BYTES)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read?,
    };
    let text = String::from_utf8(bytes);
    text.map(Some)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// All there is to read, unless it is more than this: `/dev/zero` has no end.
fn whole(from: impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    from.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        let error = format!("it has more than {most} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, error));
    }
    Ok(bytes)
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
