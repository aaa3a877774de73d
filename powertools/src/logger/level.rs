//! Which lines are written: levels by target, Lambda's own floor, and what an invocation may add.

use tracing_core::{Interest, Level, LevelFilter, Metadata};
use tracing_subscriber::{
    filter::Targets,
    layer::{Context, Filter},
};

/// A level by any of the names that Lambda and Powertools have for it.
pub(super) fn parse(text: &str) -> Option<LevelFilter> {
    Some(match &*text.trim().to_ascii_uppercase() {
        "TRACE" => LevelFilter::TRACE,
        "DEBUG" => LevelFilter::DEBUG,
        "INFO" => LevelFilter::INFO,
        "WARN" | "WARNING" => LevelFilter::WARN,
        "ERROR" | "CRITICAL" | "FATAL" => LevelFilter::ERROR,
        "SILENT" | "OFF" | "NONE" => LevelFilter::OFF,
        _ => return None,
    })
}

/// A level, or levels by target such as `info,hyper=warn,my_crate::db=debug`, and the parts of the text that
/// are neither. Without a level of its own the text means INFO for every other target.
pub(super) fn directives(text: &str) -> (Targets, Vec<&str>) {
    let mut targets = only(LevelFilter::INFO);
    let mut unknown = Vec::new();
    let directives = text.split(',').map(str::trim);
    for directive in directives.filter(|text| !text.is_empty()) {
        let is_path = |byte: u8| byte.is_ascii_alphanumeric() || b"_:-.".contains(&byte);
        let known = match directive.split_once('=') {
            None => parse(directive).map(|level| (None, level)),
            Some((target, level)) => {
                let target = target.trim();
                let is_target = !target.is_empty() && target.bytes().all(is_path);
                parse(level)
                    .filter(|_| is_target)
                    .map(|level| (Some(target), level))
            }
        };
        targets = match known {
            Some((None, level)) => targets.with_default(level),
            Some((Some(target), level)) => targets.with_target(target, level),
            None => {
                unknown.push(directive);
                targets
            }
        };
    }
    (targets, unknown)
}

/// One level for every target.
pub(super) fn only(level: LevelFilter) -> Targets {
    Targets::new().with_default(level)
}

/// What carries requests: it says much at DEBUG, of which no invocation is the better explained, so that
/// samples and buffers do without.
const PLUMBING: [&str; 12] = [
    "aws_config",
    "aws_runtime",
    "aws_smithy_http_client",
    "aws_smithy_runtime",
    "h2",
    "hyper",
    "hyper_util",
    "lambda_runtime",
    "mio",
    "reqwest",
    "rustls",
    "tower",
];

fn is_plumbing(target: &str) -> bool {
    let name = target.split("::").next().unwrap_or_default();
    PLUMBING.contains(&name)
}

/// What is asked for, as far as Lambda keeps it.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    asked: Targets,
    /// The same with a default that lets through what an invocation may add to it: sampled or buffered
    /// lines. A target that has a level of its own keeps to it.
    raised: Option<Targets>,
}

impl Levels {
    pub(super) fn new(
        asked: &Targets,
        floor: Option<LevelFilter>,
        most: Option<LevelFilter>,
    ) -> Self {
        let floor = floor.unwrap_or(LevelFilter::TRACE);
        let default = asked.default_level().unwrap_or(LevelFilter::OFF);
        let keep = |default: LevelFilter| {
            let targets = asked
                .iter()
                .map(|(target, level)| (target.to_owned(), level.min(floor)));
            Targets::new()
                .with_targets(targets)
                .with_default(default.min(floor))
        };
        // Who asked for silence gets it.
        let most = most.filter(|most| *most > default && default != LevelFilter::OFF);
        Self {
            asked: keep(default),
            raised: most.map(keep),
        }
    }

    /// Whether an invocation may add lines, so that each has to be looked at.
    pub(super) const fn may_be_raised(&self) -> bool {
        self.raised.is_some()
    }

    /// Whether a line is written without an invocation's having a say.
    pub(super) fn has(&self, target: &str, level: Level) -> bool {
        self.asked.would_enable(target, &level)
    }

    fn lets_through(&self, metadata: &Metadata<'_>) -> bool {
        let (target, level) = (metadata.target(), metadata.level());
        // A line at ERROR needs the request id most of all, so spans pass that say what a line belongs
        // to. Libraries' own at DEBUG and below are many, and pass only if they are asked for.
        let is_wide = metadata.is_span() && *level <= Level::INFO;
        let raised = self.raised.as_ref().filter(|_| !is_plumbing(target));
        is_wide || raised.unwrap_or(&self.asked).would_enable(target, level)
    }
}

impl<S> Filter<S> for Levels {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.lets_through(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        // What is decided here depends on nothing that changes.
        if self.lets_through(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let targets = self.raised.as_ref().unwrap_or(&self.asked);
        let most = targets.iter().map(|(_, level)| level).max();
        most.max(targets.default_level())
            .max(Some(LevelFilter::INFO))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_many_names() {
        for (text, level) in [
            ("info", LevelFilter::INFO),
            ("Warning", LevelFilter::WARN),
            ("FATAL", LevelFilter::ERROR),
            ("CRITICAL", LevelFilter::ERROR),
            (" silent ", LevelFilter::OFF),
        ] {
            assert_eq!(parse(text), Some(level), "{text}");
        }
        assert_eq!(parse("LOUD"), None);
        assert_eq!(parse("50"), None);
    }

    #[test]
    fn targets_have_levels_of_their_own() {
        let levels = |text| Levels::new(&directives(text).0, None, None);
        let some = levels("warn, shop::db = debug,hyper=off");
        assert!(some.has("shop", Level::WARN));
        assert!(!some.has("shop", Level::INFO));
        assert!(some.has("shop::db::pool", Level::DEBUG));
        assert!(!some.has("hyper::client", Level::ERROR));
        assert!(levels("shop=trace").has("other", Level::INFO));
        assert!(levels("").has("other", Level::INFO));
        for text in ["loud", "shop=loud", "=info", "[span]=info", "a b=info"] {
            let all = format!("{text},warn");
            let (targets, unknown) = directives(&all);
            assert_eq!(unknown, [text]);
            assert_eq!(targets.default_level(), Some(LevelFilter::WARN));
        }
    }

    #[test]
    fn lambdas_floor_holds_for_every_target_and_every_addition() {
        let asked = directives("debug,shop=trace").0;
        let levels = Levels::new(&asked, Some(LevelFilter::WARN), Some(LevelFilter::DEBUG));
        assert!(!levels.has("shop", Level::INFO));
        assert!(levels.has("shop", Level::WARN));
        assert!(!levels.may_be_raised() || !levels.raised.unwrap().would_enable("x", &Level::INFO));
    }

    #[test]
    fn a_target_with_a_level_of_its_own_is_not_raised() {
        let asked = directives("info,hyper=warn").0;
        let levels = Levels::new(&asked, None, Some(LevelFilter::DEBUG));
        let raised = levels.raised.unwrap();
        assert!(raised.would_enable("shop", &Level::DEBUG));
        assert!(!raised.would_enable("hyper", &Level::INFO));
        assert!(is_plumbing("rustls::client") && is_plumbing("tower"));
        assert!(!is_plumbing("tower_defense::game") && !is_plumbing("shop::rustls"));
    }
}
