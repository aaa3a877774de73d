//! How the gateway is to run: the file, the environment and the arguments made one.

use std::{collections::HashMap, time::Duration};

use serde_json::{Map, Value};

use crate::{
    event::Source,
    gateway::{Api, Decoding, Domain, Route, Routes},
};

mod file;
mod given;
mod table;
mod websocket;

use self::given::Given;
#[cfg(feature = "local-websocket")]
pub(super) use self::websocket::Limits;
pub(super) use self::websocket::WebSocket;

/// As a domain: API Gateway's own.
const EXECUTE_API: &str = "execute-api";
const PORT: u16 = 9000;
const TIMEOUT: Duration = Duration::from_secs(30);
const FILE: &str = "powertools.toml";

/// What the arguments, the environment and the file ask for.
#[derive(Debug)]
pub(super) enum Wish {
    /// To read this.
    Help(String),
    /// To run like this.
    Run(Box<Settings>),
}

#[derive(Debug)]
pub(super) struct Settings {
    /// The front ends and where each listens.
    pub(super) ports: Vec<(Source, u16)>,
    pub(super) api: Api,
    pub(super) websocket: WebSocket,
    pub(super) timeout: Duration,
    pub(super) show: Show,
    /// A file with one event, which is all that is to run.
    pub(super) event: Option<String>,
    /// Further names to answer to.
    pub(super) hosts: Vec<String>,
    /// Whether the routes are shown as a page.
    #[cfg(feature = "openapi")]
    pub(super) docs: bool,
    /// Arguments that are the program's own.
    pub(super) unknown: Vec<String>,
}

/// What is printed of each request besides its line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Show {
    pub(super) event: bool,
    pub(super) reply: bool,
    /// Nothing is: no line either.
    pub(super) quiet: bool,
}

/// Everything that is wrong with the settings, at once.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the local gateway's settings are not right:\n  {}", .0.join("\n  "))]
pub(super) struct SettingsError(Vec<String>);

/// Reads all of them; `open` reads a file, and answers nothing where there is none.
pub(super) fn read(
    program: &str,
    arguments: impl Iterator<Item = String>,
    variables: Vec<(String, String)>,
    open: impl Fn(&str) -> std::io::Result<Option<String>>,
) -> Result<Wish, SettingsError> {
    let mut problems = Vec::new();
    let arguments = given::arguments(arguments, &mut problems);
    if arguments.is_help {
        return Ok(Wish::Help(table::help(program)));
    }
    let mut over = given::environment(variables, &mut problems);
    over.extend(arguments.given);
    let config = over.get("config").cloned();
    let path = config.as_ref().and_then(|given| given.values.first());
    let path = path.map_or(FILE, String::as_str);
    let mut all = match open(path) {
        Ok(Some(text)) => given::file(path, &text, &mut problems),
        Ok(None) => {
            if let Some(given) = &config {
                problems.push(format!(
                    "{} is `{path}`, but there is no such file",
                    given.by
                ));
            }
            HashMap::new()
        }
        Err(error) => {
            let by = config.as_ref().map(|given| format!("{} is ", given.by));
            let by = by.unwrap_or_default();
            problems.push(format!("{by}`{path}`, which cannot be read: {error}"));
            HashMap::new()
        }
    };
    all.extend(over);
    let mut given = Reader { all, problems };
    let settings = given.settings(arguments.unknown);
    if given.problems.is_empty() {
        Ok(Wish::Run(Box::new(settings)))
    } else {
        Err(SettingsError(given.problems))
    }
}

/// Turns what was given into settings, and remembers what could not be.
struct Reader {
    all: HashMap<&'static str, Given>,
    problems: Vec<String>,
}

impl Reader {
    fn settings(&mut self, unknown: Vec<String>) -> Settings {
        let port = self.one("port", "a port is a number from 0 to 65535", |text| {
            text.parse().ok()
        });
        let timeout = self.one(
            "timeout",
            "it is a number of seconds from 1 to 900",
            |text| {
                let seconds = text
                    .parse()
                    .ok()
                    .filter(|seconds| (1..=900).contains(seconds))?;
                Some(Duration::from_secs(seconds))
            },
        );
        Settings {
            ports: self.ports(port.unwrap_or(PORT)),
            api: self.api(),
            websocket: self.websocket(),
            timeout: timeout.unwrap_or(TIMEOUT),
            show: self.show(),
            event: self.text("event"),
            hosts: self.hosts(),
            #[cfg(feature = "openapi")]
            docs: self
                .one("docs", "it is `true` or `false`", |text| text.parse().ok())
                .unwrap_or_default(),
            unknown,
        }
    }

    /// The names to answer to besides this machine's; the API's own domain is one.
    fn hosts(&mut self) -> Vec<String> {
        let given = self.all.get("host").cloned();
        for (given, text) in given.iter().flat_map(Given::each) {
            if !is_name(text) {
                self.problem(given, text, "it is a name without a port, like `shop.test`");
            }
        }
        let mut hosts = self.values("host");
        let domain = self.values("domain").into_iter();
        hosts.extend(domain.filter(|name| name != EXECUTE_API));
        hosts
    }

    fn domain(&mut self) -> Domain {
        let allowed = "it is a name, like `api.shop.example`, or `execute-api`";
        let domain = self.one("domain", allowed, |text| match text {
            EXECUTE_API => Some(Domain::ExecuteApi),
            name => is_name(name).then(|| Domain::Custom(name.to_owned())),
        });
        domain.unwrap_or_default()
    }

    fn api(&mut self) -> Api {
        let domain = self.domain();
        if let (Domain::ExecuteApi, Some(given)) = (&domain, self.all.get("base-path").cloned()) {
            let path = given.values.join(", ");
            self.problem(
                &given,
                &path,
                "a base path is a custom domain's, not `execute-api`'s",
            );
        }
        let stage = "a stage has letters, digits, `-` and `_`, or is `$default`";
        let stage_in_path = self.one("stage-in-path", "it is `true` or `false`", |text| {
            text.parse().ok()
        });
        Api {
            stage: self.one("stage", stage, |text| {
                let may = |char: char| char.is_ascii_alphanumeric() || "-_".contains(char);
                let is_stage = text == "$default" || (!text.is_empty() && text.chars().all(may));
                is_stage.then(|| text.to_owned())
            }),
            stage_variables: self.pairs("stage-variable"),
            domain,
            base_path: self
                .one("base-path", "it is like `/shop`", |text| {
                    let path = text.trim_end_matches('/');
                    (path.is_empty() || path.starts_with('/')).then(|| path.to_owned())
                })
                .unwrap_or_default(),
            stage_in_path: stage_in_path.unwrap_or_default(),
            claims: self.pairs("claim"),
            authorizer: self.pairs("authorizer"),
            binary_types: Some(self.values("binary-type")),
            api_key: self.text("api-key"),
            routes: self.routes(),
            path: Decoding::Twice,
        }
    }

    /// The front ends in the order in which they were named, each with its own port or the next one.
    fn ports(&mut self, first: u16) -> Vec<(Source, u16)> {
        let Some(given) = self.all.get("source").cloned() else {
            return vec![(Source::HttpApi, first)];
        };
        if given.values.is_empty() {
            self.problem(&given, "", "it is to name a source");
        }
        let mut ports: Vec<(Source, u16)> = Vec::new();
        let mut next = Some(first);
        for text in &given.values {
            let (name, own) = match text.split_once('=') {
                Some((name, port)) => (name, Some(port)),
                None => (&**text, None),
            };
            let sources = sources(name);
            if sources.is_empty() {
                let names: Vec<_> = SOURCES.iter().map(|(name, _)| *name).collect();
                let names = names.join("`, `");
                let allowed = format!("the sources are `{names}`, `{WEBSOCKET}` and `all`");
                self.problem(&given, text, &allowed);
            }
            if name == WEBSOCKET && !cfg!(feature = "local-websocket") {
                let allowed = "that needs powertools with its feature `local-websocket`";
                self.problem(&given, text, allowed);
            }
            for source in sources {
                let port = match own.map(str::parse) {
                    Some(Ok(port)) => port,
                    Some(Err(_)) => {
                        self.problem(&given, text, "a port is a number from 0 to 65535");
                        continue;
                    }
                    None => {
                        let Some(port) = next else {
                            self.problem(&given, text, "there is no port above 65535");
                            continue;
                        };
                        // 0 asks for a free one, each time.
                        next = if port == 0 {
                            Some(0)
                        } else {
                            port.checked_add(1)
                        };
                        port
                    }
                };
                if port != 0 && ports.iter().any(|(_, taken)| *taken == port) {
                    self.problem(&given, text, &format!("{port} is taken by another source"));
                }
                ports.push((source, port));
            }
        }
        ports
    }

    fn show(&mut self) -> Show {
        let quiet = self.one("quiet", "it is `true` or `false`", |text| text.parse().ok());
        let mut show = Show {
            quiet: quiet.unwrap_or_default(),
            ..Show::default()
        };
        let Some(given) = self.all.get("show").cloned() else {
            return show;
        };
        for text in &given.values {
            match &**text {
                "event" => show.event = true,
                "reply" => show.reply = true,
                _ => self.problem(&given, text, "it is `event` or `reply`"),
            }
        }
        show
    }

    fn routes(&mut self) -> Option<Routes> {
        let given = self.all.get("route").cloned()?;
        if given.values.is_empty() {
            self.problem(&given, "", "it is to name a route");
        }
        let mut routes = Vec::new();
        for text in &given.values {
            match Route::parse(text) {
                Ok(route) => routes.push(route),
                Err(reason) => self.problem(&given, text, &reason),
            }
        }
        Some(Routes::new(routes))
    }

    fn pairs(&mut self, name: &str) -> Map<String, Value> {
        let Some(given) = self.all.get(name).cloned() else {
            return Map::new();
        };
        let mut pairs = Map::new();
        for text in &given.values {
            match text.split_once('=') {
                Some((name, value)) if !name.is_empty() => {
                    pairs.insert(name.to_owned(), value.into());
                }
                _ => self.problem(&given, text, "it is like `name=value`"),
            }
        }
        pairs
    }

    fn values(&self, name: &str) -> Vec<String> {
        let given = self.all.get(name);
        given.map(|given| given.values.clone()).unwrap_or_default()
    }

    fn text(&mut self, name: &str) -> Option<String> {
        self.one(name, "it has one value that is not empty", |text| {
            (!text.is_empty()).then(|| text.to_owned())
        })
    }

    /// The one value of a setting.
    fn one<T>(
        &mut self,
        name: &str,
        allowed: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let given = self.all.get(name).cloned()?;
        let parsed = match &*given.values {
            [text] => parse(text),
            _ => None,
        };
        if parsed.is_none() {
            self.problem(&given, &given.values.join(", "), allowed);
        }
        parsed
    }

    fn problem(&mut self, given: &Given, text: &str, allowed: &str) {
        let problem = format!("{} is `{text}`, but {allowed}", given.by);
        self.problems.push(problem);
    }
}

const SOURCES: [(&str, Source); 8] = [
    ("http", Source::HttpApi),
    ("http-1.0", Source::HttpApiV1),
    ("rest", Source::RestApi),
    ("url", Source::FunctionUrl),
    ("alb", Source::Alb),
    ("alb-multi", Source::AlbMultiValue),
    ("lattice-1", Source::LatticeV1),
    ("lattice", Source::Lattice),
];

/// Whether this is a host's name, as far as one can tell without asking for it.
fn is_name(text: &str) -> bool {
    let may = |char: char| char.is_ascii_alphanumeric() || "-_.".contains(char);
    !text.is_empty() && text.chars().all(may)
}

const WEBSOCKET: &str = "websocket";

fn sources(name: &str) -> Vec<Source> {
    if name == WEBSOCKET {
        return vec![Source::WebSocket];
    }
    let named = SOURCES
        .iter()
        .filter(|(known, _)| name == "all" || *known == name);
    named.map(|(_, source)| *source).collect()
}

#[cfg(test)]
mod tests;
