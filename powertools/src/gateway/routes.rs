//! Routes as API Gateway knows them: `GET /orders/{id}`, `ANY /{proxy+}`, `$default`.
//!
//! Not the router's table: this one says what a request would have met on AWS before it reached the
//! function, so it must not share a mistake with the function.

use std::cmp::Ordering;

/// The routes of an API.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes(Vec<Route>);

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// `None` is `ANY`.
    method: Option<String>,
    /// As declared: `/orders/{id}`, or `$default`.
    pub(crate) pattern: String,
    parts: Vec<Part>,
}

/// In the order in which they win over one another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Literal(String),
    Parameter(String),
    Greedy(String),
}

/// A route and what its parameters are in a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found<'r> {
    pub(super) route: &'r Route,
    pub(super) parameters: Vec<(String, String)>,
}

/// What is looked at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    /// The resource, as a REST API does: a method that the best one has not is refused.
    Resource,
    /// Method and path together, as an HTTP API does.
    Both,
}

impl Route {
    /// Reads `METHOD /pattern` or `$default`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text == "$default" {
            return Ok(Self {
                method: None,
                pattern: text.to_owned(),
                parts: Vec::new(),
            });
        }
        let (method, pattern) = text
            .split_once(' ')
            .ok_or("it has no method: write `GET /orders/{id}`, `ANY /{proxy+}` or `$default`")?;
        let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
        if !is_method {
            return Err(format!(
                "`{method}` is no method; they are in capitals, or `ANY`"
            ));
        }
        let path = pattern
            .strip_prefix('/')
            .ok_or_else(|| format!("`{pattern}` does not begin with `/`"))?;
        let parts: Vec<Part> = if path.is_empty() {
            Vec::new()
        } else {
            path.split('/').map(part).collect::<Result<_, _>>()?
        };
        let greedy = parts
            .iter()
            .position(|part| matches!(part, Part::Greedy(_)));
        if greedy.is_some_and(|place| place + 1 < parts.len()) {
            return Err(format!("`{pattern}` goes on after its greedy parameter"));
        }
        Ok(Self {
            method: Some(method.to_owned()).filter(|method| method != "ANY"),
            pattern: pattern.to_owned(),
            parts,
        })
    }

    /// What an HTTP API calls it.
    pub(super) fn key(&self) -> String {
        if self.is_default() {
            return self.pattern.clone();
        }
        format!(
            "{} {}",
            self.method.as_deref().unwrap_or("ANY"),
            self.pattern
        )
    }

    pub(super) fn is_default(&self) -> bool {
        self.pattern == "$default"
    }

    fn parameters(&self, path: &str) -> Option<Vec<(String, String)>> {
        if self.is_default() {
            return Some(Vec::new());
        }
        let mut rest = Some(path.strip_prefix('/')?).filter(|path| !path.is_empty());
        let mut parameters = Vec::new();
        for part in &self.parts {
            let here = rest?;
            let (segment, after) = match (part, here.split_once('/')) {
                (Part::Greedy(_), _) | (_, None) => (here, None),
                (_, Some((segment, after))) => (segment, Some(after)),
            };
            match part {
                Part::Literal(text) if text == segment => {}
                Part::Parameter(name) | Part::Greedy(name) if !segment.is_empty() => {
                    parameters.push((name.clone(), segment.to_owned()));
                }
                _ => return None,
            }
            rest = after;
        }
        rest.is_none().then_some(parameters)
    }

    /// The one that wins comes first: literal, parameter, greedy, part by part; `$default` after all.
    fn order(&self, other: &Self) -> Ordering {
        let rank = |part: &Part| match part {
            Part::Literal(_) => 0,
            Part::Parameter(_) => 1,
            Part::Greedy(_) => 2,
        };
        let ranks = |route: &Self| route.parts.iter().map(rank).collect::<Vec<_>>();
        (self.is_default(), ranks(self))
            .cmp(&(other.is_default(), ranks(other)))
            .then(self.method.is_none().cmp(&other.method.is_none()))
    }
}

/// Source of what a part may be: the route table of AWS's own test tool, `aws-lambda-dotnet`.
fn part(text: &str) -> Result<Part, String> {
    let is_name = |name: &str, more: &str| {
        let may = |char: char| char.is_ascii_alphanumeric() || more.contains(char);
        !name.is_empty() && name.chars().all(may)
    };
    if let Some(name) = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
    {
        return match name.strip_suffix('+') {
            Some(name) if is_name(name, "_.:-") => Ok(Part::Greedy(name.to_owned())),
            None if is_name(name, "_.:-") => Ok(Part::Parameter(name.to_owned())),
            _ => Err(format!("`{text}` has no parameter's name")),
        };
    }
    if is_name(text, ".:_-") {
        Ok(Part::Literal(text.to_owned()))
    } else {
        Err(format!(
            "`{text}` is no part of a path: letters, digits and `.:_-`, or `{{name}}`"
        ))
    }
}

impl Routes {
    pub(crate) fn new(mut routes: Vec<Route>) -> Self {
        routes.sort_by(Route::order);
        Self(routes)
    }

    /// The route that a request meets.
    pub(super) fn find(&self, method: &str, path: &str, first: First) -> Option<Found<'_>> {
        let mut best: Option<&str> = None;
        for route in &self.0 {
            let Some(parameters) = route.parameters(path) else {
                continue;
            };
            if first == First::Resource && best.is_some_and(|best| best != route.pattern) {
                return None;
            }
            best = Some(&route.pattern);
            if route.method.as_deref().is_none_or(|own| own == method) {
                return Some(Found { route, parameters });
            }
        }
        None
    }

    /// The pattern that a path meets, whatever the method.
    pub(crate) fn pattern(&self, path: &str) -> Option<&str> {
        let mut routes = self.0.iter();
        let met = routes.find(|route| route.parameters(path).is_some());
        met.map(|route| &*route.pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(texts: &[&str]) -> Routes {
        let parsed = texts
            .iter()
            .map(|text| Route::parse(text).expect("a route"));
        Routes::new(parsed.collect())
    }

    fn key(routes: &Routes, method: &str, path: &str, first: First) -> Option<String> {
        let found = routes.find(method, path, first)?;
        Some(found.route.key())
    }

    #[test]
    fn what_is_no_route_is_told() {
        for (text, expected) in [
            (
                "/orders",
                "it has no method: write `GET /orders/{id}`, `ANY /{proxy+}` or `$default`",
            ),
            (
                "get /orders",
                "`get` is no method; they are in capitals, or `ANY`",
            ),
            ("GET orders", "`orders` does not begin with `/`"),
            ("GET /{}", "`{}` has no parameter's name"),
            (
                "GET /{a+}/b",
                "`/{a+}/b` goes on after its greedy parameter",
            ),
            (
                "GET /a//b",
                "`` is no part of a path: letters, digits and `.:_-`, or `{name}`",
            ),
            (
                "GET /a%20",
                "`a%20` is no part of a path: letters, digits and `.:_-`, or `{name}`",
            ),
        ] {
            assert_eq!(Route::parse(text), Err(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn literal_wins_over_parameter_over_greedy_over_default() {
        let routes = routes(&["$default", "ANY /{proxy+}", "GET /a/{id}", "GET /a/new"]);
        for (path, expected) in [
            ("/a/new", "GET /a/new"),
            ("/a/7", "GET /a/{id}"),
            ("/a/7/8", "ANY /{proxy+}"),
            ("/", "$default"),
        ] {
            let found = key(&routes, "GET", path, First::Both);
            assert_eq!(found.as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn an_unknown_method_of_a_known_resource_is_no_route_of_a_rest_api() {
        let routes = routes(&["ANY /{proxy+}", "GET /a", "ANY /b", "POST /b"]);

        assert_eq!(key(&routes, "PUT", "/a", First::Resource), None);
        let found = key(&routes, "PUT", "/a", First::Both);
        assert_eq!(found.as_deref(), Some("ANY /{proxy+}"));
        let found = key(&routes, "PUT", "/b", First::Resource);
        assert_eq!(found.as_deref(), Some("ANY /b"));
        let found = key(&routes, "POST", "/b", First::Resource);
        assert_eq!(found.as_deref(), Some("POST /b"));
    }

    #[test]
    fn a_greedy_parameter_takes_the_rest_and_no_parameter_takes_nothing() {
        let routes = routes(&["ANY /u/{proxy+}", "ANY /v/{a:b}"]);
        let parameters = |path| Some(routes.find("GET", path, First::Both)?.parameters);
        let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];

        assert_eq!(parameters("/u/x//y"), Some(pair("proxy", "x//y")));
        assert_eq!(parameters("/v/x"), Some(pair("a:b", "x")));
        for path in ["/u", "/u/", "/v/", "/v//", "/v/x/y", "/w"] {
            assert_eq!(parameters(path), None, "{path}");
        }
    }
}
