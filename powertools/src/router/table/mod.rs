//! Patterns to routes. The only place that knows how paths are matched: by matchit, and greedy patterns
//! by a tree of our own.
//!
//! Each method has two trees: exact patterns, and greedy ones that are asked only if no exact one
//! fits. That is API Gateway's rule, "a full match for route and method, then a greedy one", and
//! it lets `/pets/{id}` and `/pets/{proxy+}` stand side by side, which one matchit tree refuses.
//! (One tree whose leaves hold the methods is the road not taken: there a `GET /pets/me` hides a
//! `DELETE /pets/{id}` from `DELETE /pets/me`, which HTTP APIs route.)

use std::{collections::HashMap, ops::Range};

use http::Method;

mod greedy;

use self::greedy::Greedy;
use super::{
    error::RouteError,
    pattern::{self, Pattern, Segment},
    routes::Route,
};

/// matchit panics beyond it.
const MOST_PARAMETERS: usize = 25;

#[derive(Default)]
pub(super) struct Table {
    methods: Vec<(Method, Trees)>,
}

#[derive(Default)]
struct Trees {
    exact: matchit::Router<usize>,
    greedy: Greedy,
}

/// What a path and method lead to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A route, and where in the path its parameters' values are.
    Route {
        index: usize,
        captured: Vec<Range<usize>>,
    },
    /// The path exists, but for these methods.
    WrongMethod(Allow),
    /// No route has this path.
    Nothing,
}

/// The methods that a path answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Allow(Vec<Method>);

impl Allow {
    /// All that are answered: HEAD comes with GET, and OPTIONS is there always.
    pub(super) fn methods(&self) -> Vec<Method> {
        let mut methods = self.0.clone();
        let implied = [
            methods.contains(&Method::GET).then_some(Method::HEAD),
            Some(Method::OPTIONS),
        ];
        methods.extend(implied.into_iter().flatten());
        methods
    }

    /// As the `Allow` header has it.
    pub(super) fn header(&self) -> String {
        list(&self.methods())
    }
}

/// Methods as a header lists them: sorted, each once.
pub(super) fn list(methods: &[Method]) -> String {
    let mut names: Vec<&str> = methods.iter().map(Method::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}

impl Table {
    /// Builds the table, or says everything that is wrong.
    pub(super) fn build<S>(routes: &[Route<S>]) -> Result<(Self, Vec<Pattern>), Vec<RouteError>> {
        let mut table = Self::default();
        let mut patterns = Vec::with_capacity(routes.len());
        let mut errors = Vec::new();
        // Parameter names do not matter for what a pattern matches, so neither do they here.
        let mut first: HashMap<(Method, String), usize> = HashMap::new();
        for (index, route) in routes.iter().enumerate() {
            let mut mistake = |reason: String| {
                errors.push(RouteError::Pattern {
                    pattern: route.pattern.clone(),
                    handler: route.name,
                    reason,
                });
            };
            if let Some(reason) = &route.mistake {
                mistake(reason.clone());
                continue;
            }
            let pattern = match pattern::parse(&route.pattern) {
                Ok(pattern) => pattern,
                Err(mistakes) => {
                    errors.extend(mistakes.into_iter().map(|mistake| RouteError::Pattern {
                        pattern: route.pattern.clone(),
                        handler: route.name,
                        reason: mistake.to_string(),
                    }));
                    continue;
                }
            };
            if pattern.parameters().count() > MOST_PARAMETERS {
                mistake(format!("has more than {MOST_PARAMETERS} parameters"));
                continue;
            }
            let shape = shape(&pattern);
            for method in &route.methods {
                if let Some(&earlier) = first.get(&(method.clone(), shape.clone())) {
                    errors.push(RouteError::Duplicate {
                        method: method.clone(),
                        pattern: route.pattern.clone(),
                        first: routes[earlier].name,
                        first_pattern: routes[earlier].pattern.clone(),
                        second: route.name,
                    });
                    continue;
                }
                first.insert((method.clone(), shape.clone()), index);
                if let Err(reason) = table.insert(method, &pattern, &shape, index) {
                    errors.push(RouteError::Pattern {
                        pattern: route.pattern.clone(),
                        handler: route.name,
                        reason,
                    });
                }
            }
            patterns.push(pattern);
        }
        if errors.is_empty() {
            Ok((table, patterns))
        } else {
            Err(errors)
        }
    }

    fn insert(
        &mut self,
        method: &Method,
        pattern: &Pattern,
        shape: &str,
        index: usize,
    ) -> Result<(), String> {
        let known = self.methods.iter().position(|(known, _)| known == method);
        let place = known.unwrap_or_else(|| {
            self.methods.push((method.clone(), Trees::default()));
            self.methods.len() - 1
        });
        let trees = &mut self.methods[place].1;
        if let Some(Segment::Greedy(_)) = pattern.segments.last() {
            trees.greedy.insert(pattern, index);
            return Ok(());
        }
        let inserted = trees.exact.insert(shape, index);
        inserted.map_err(|error| error.to_string())
    }

    /// The route for a method and a canonical path.
    pub(super) fn find(&self, method: &Method, path: &str) -> Found {
        let own = self.trees(method);
        // A HEAD route of its own wins over the GET route of the same rank.
        let get = (*method == Method::HEAD)
            .then(|| self.trees(&Method::GET))
            .flatten();
        let trees = || [own, get].into_iter().flatten();
        let exact = trees().find_map(|trees| trees.exact_at(path));
        let found = exact.or_else(|| trees().find_map(|trees| trees.greedy.at(path)));
        if let Some((index, captured)) = found {
            return Found::Route { index, captured };
        }
        let allow = self.allow(path);
        if allow.0.is_empty() {
            Found::Nothing
        } else {
            Found::WrongMethod(allow)
        }
    }

    /// The methods that have a route for this path, in the order in which they were registered.
    pub(super) fn allow(&self, path: &str) -> Allow {
        let answering = self.routes_at(path).map(|(method, _)| method.clone());
        Allow(answering.collect())
    }

    /// Whether `is_one` is true of a route that answers a method of this path, given by its index.
    pub(super) fn any_at(&self, path: &str, is_one: impl Fn(usize) -> bool) -> bool {
        self.routes_at(path).any(|(_, index)| is_one(index))
    }

    /// The route of each method that has one for this path.
    fn routes_at(&self, path: &str) -> impl Iterator<Item = (&Method, usize)> {
        self.methods.iter().filter_map(move |(method, trees)| {
            let exact = trees.exact.at(path).ok().map(|found| *found.value);
            let found = exact.or_else(|| Some(trees.greedy.at(path)?.0));
            Some((method, found?))
        })
    }

    fn trees(&self, method: &Method) -> Option<&Trees> {
        let found = self.methods.iter().find(|(known, _)| known == method);
        found.map(|(_, trees)| trees)
    }
}

impl Trees {
    fn exact_at(&self, path: &str) -> Option<(usize, Vec<Range<usize>>)> {
        let found = self.exact.at(path).ok()?;
        let start = path.as_ptr().addr();
        let captured = found.params.iter().map(|(_, value)| {
            let from = value.as_ptr().addr() - start;
            from..from + value.len()
        });
        Some((*found.value, captured.collect()))
    }
}

/// The pattern in matchit's syntax, its parameters numbered instead of named.
fn shape(pattern: &Pattern) -> String {
    let mut shape = String::new();
    for (number, segment) in pattern.segments.iter().enumerate() {
        shape.push('/');
        match segment {
            // Braces cannot be in a literal, so nothing needs matchit's escapes.
            Segment::Literal(text) => shape.push_str(text),
            Segment::Parameter(_) => shape.push_str(&format!("{{{number}}}")),
            Segment::Greedy(_) => shape.push_str(&format!("{{*{number}}}")),
        }
    }
    if shape.is_empty() {
        shape.push('/');
    }
    shape
}

#[cfg(test)]
mod tests;
