//! `Table` beside a matcher that is slow and obviously right; then its rules, one by one.

use std::collections::BTreeSet;

use proptest::{prelude::*, sample::select};

use super::*;

/// A route as data.
#[derive(Clone, Debug)]
struct Example {
    name: &'static str,
    methods: Vec<Method>,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Literal(&'static str),
    Parameter(String),
    Greedy(String),
}

/// The order is the order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Literal,
    Parameter,
    Greedy,
}

/// What a method and path lead to, in words that do not depend on the order of the routes.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Route(&'static str, Vec<String>),
    WrongMethod(BTreeSet<String>),
    Nothing,
}

impl Example {
    fn pattern(&self) -> String {
        let text: String = self
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => format!("/{text}"),
                Piece::Parameter(name) => format!("/{{{name}}}"),
                Piece::Greedy(name) => format!("/{{{name}+}}"),
            })
            .collect();
        if text.is_empty() { "/".into() } else { text }
    }

    fn route(&self) -> Route {
        let first = Route::new(self.methods[0].clone(), self.pattern(), nothing);
        let rest = self.methods[1..].iter().cloned();
        rest.fold(first.named(self.name), Route::or)
    }

    fn is_greedy(&self) -> bool {
        matches!(self.pieces.last(), Some(Piece::Greedy(_)))
    }

    /// Smaller is better, segment by segment from the left.
    fn rank(&self) -> Vec<Kind> {
        let kinds = self.pieces.iter().map(|piece| match piece {
            Piece::Literal(_) => Kind::Literal,
            Piece::Parameter(_) => Kind::Parameter,
            Piece::Greedy(_) => Kind::Greedy,
        });
        kinds.collect()
    }

    /// What is left of a pattern without its names.
    fn shape(&self) -> Vec<(Kind, &'static str)> {
        let texts = self.pieces.iter().map(|piece| match piece {
            Piece::Literal(text) => *text,
            Piece::Parameter(_) | Piece::Greedy(_) => "",
        });
        self.rank().into_iter().zip(texts).collect()
    }

    /// The values of the parameters, if this pattern has this path.
    fn matched(&self, path: &str) -> Option<Vec<String>> {
        let segments: Vec<&str> = match path {
            "/" => Vec::new(),
            _ => path[1..].split('/').collect(),
        };
        let mut captured = Vec::new();
        for (place, piece) in self.pieces.iter().enumerate() {
            let segment = segments.get(place)?;
            match piece {
                Piece::Literal(text) if segment == text => {}
                Piece::Literal(_) => return None,
                Piece::Parameter(_) if segment.is_empty() => return None,
                Piece::Parameter(_) => captured.push((*segment).to_owned()),
                Piece::Greedy(_) => {
                    let rest = segments[place..].join("/");
                    if rest.is_empty() {
                        return None;
                    }
                    captured.push(rest);
                    return Some(captured);
                }
            }
        }
        (self.pieces.len() == segments.len()).then_some(captured)
    }
}

async fn nothing() {}

/// The documented rule, word by word.
fn reference(examples: &[Example], method: &Method, path: &str) -> Outcome {
    let methods = match *method {
        Method::HEAD => vec![Method::HEAD, Method::GET],
        _ => vec![method.clone()],
    };
    for greedy in [false, true] {
        for method in &methods {
            let best = examples
                .iter()
                .filter(|example| example.methods.contains(method) && example.is_greedy() == greedy)
                .filter_map(|example| Some((example.rank(), example.name, example.matched(path)?)))
                .min();
            if let Some((_, name, captured)) = best {
                return Outcome::Route(name, captured);
            }
        }
    }
    let others: BTreeSet<String> = examples
        .iter()
        .filter(|example| example.matched(path).is_some())
        .flat_map(|example| example.methods.iter().map(Method::to_string))
        .collect();
    if others.is_empty() {
        Outcome::Nothing
    } else {
        Outcome::WrongMethod(others)
    }
}

fn answer(table: &Table, examples: &[Example], method: &Method, path: &str) -> Outcome {
    match table.find(method, path) {
        Found::Route { index, captured } => {
            let captured = captured.into_iter().map(|range| path[range].to_owned());
            Outcome::Route(examples[index].name, captured.collect())
        }
        Found::WrongMethod(Allow(methods)) => {
            Outcome::WrongMethod(methods.iter().map(Method::to_string).collect())
        }
        Found::Nothing => Outcome::Nothing,
    }
}

fn built(examples: &[Example]) -> Result<Table, Vec<RouteError>> {
    let routes: Vec<Route> = examples.iter().map(Example::route).collect();
    Table::build(&routes).map(|(table, _)| table)
}

/// Every pair of a method and a shape that an earlier route has as well, as the error names it.
fn duplicates(examples: &[Example]) -> Vec<RouteError> {
    let mut found = Vec::new();
    for (index, second) in examples.iter().enumerate() {
        for method in &second.methods {
            let first = examples[..index]
                .iter()
                .find(|first| first.methods.contains(method) && first.shape() == second.shape());
            if let Some(first) = first {
                found.push(RouteError::Duplicate {
                    method: method.clone(),
                    pattern: second.pattern(),
                    first: first.name,
                    first_pattern: first.pattern(),
                    second: second.name,
                });
            }
        }
    }
    found
}

/// The routes that share no method and shape with one before them.
fn without_duplicates(examples: &[Example]) -> Vec<Example> {
    let mut kept: Vec<Example> = Vec::new();
    for example in examples {
        kept.push(example.clone());
        if !duplicates(&kept).is_empty() {
            kept.pop();
        }
    }
    kept
}

const NAMES: [&str; 12] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
];

fn method() -> impl Strategy<Value = Method> {
    select(&[Method::GET, Method::POST, Method::HEAD, Method::DELETE][..])
}

/// `è` and `é` begin with the same byte.
fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        3 => select(&["a", "b", "c", "é", "è", "a.b"][..]).prop_map(Piece::Literal),
        2 => select(&["id", "name", "a.b", "x-1"][..]).prop_map(|name| Piece::Parameter(name.into())),
    ]
}

fn example() -> impl Strategy<Value = Example> {
    let pieces = prop::collection::vec(piece(), 0..=4);
    let greedy = prop::bool::weighted(0.3);
    (pieces, greedy, method(), method()).prop_map(|(mut pieces, greedy, first, second)| {
        if greedy {
            pieces.truncate(3);
            pieces.push(Piece::Greedy("rest".into()));
        }
        for (place, piece) in pieces.iter_mut().enumerate() {
            if let Piece::Parameter(name) = piece {
                name.push_str(&place.to_string());
            }
        }
        let mut methods = vec![first, second];
        methods.dedup();
        Example {
            name: "",
            methods,
            pieces,
        }
    })
}

/// Some routes, and the same in another order.
fn examples() -> impl Strategy<Value = (Vec<Example>, Vec<Example>)> {
    prop::collection::vec(example(), 1..=NAMES.len()).prop_flat_map(|mut examples| {
        for (example, name) in examples.iter_mut().zip(NAMES) {
            example.name = name;
        }
        (Just(examples.clone()), Just(examples).prop_shuffle())
    })
}

/// A canonical path, empty segments and escaped slashes included.
fn path() -> impl Strategy<Value = String> {
    let segment = select(&["a", "b", "c", "", "%2F", "é", "è", "a.b"][..]);
    prop::collection::vec(segment, 1..=4).prop_map(|segments| format!("/{}", segments.join("/")))
}

const SETS: u32 = 10_000;
const REQUESTS: usize = 10;

/// 100,000 requests to 10,000 tables, small enough alphabets that most requests meet a choice.
#[test]
fn the_table_chooses_as_the_rule_does_whatever_the_order_of_the_routes() {
    let config = ProptestConfig {
        cases: SETS,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let requests = prop::collection::vec((method(), path()), REQUESTS);
    proptest!(config, |((listed, shuffled) in examples(), requests in requests)| {
        let errors = built(&listed).err().unwrap_or_default();
        prop_assert_eq!(errors, duplicates(&listed));

        let listed = without_duplicates(&listed);
        let shuffled: Vec<Example> = shuffled
            .into_iter()
            .filter(|example| listed.iter().any(|kept| kept.name == example.name))
            .collect();
        let table = built(&listed).unwrap();
        let other = built(&shuffled).unwrap();
        for (method, path) in requests {
            let expected = reference(&listed, &method, &path);
            prop_assert_eq!(&answer(&table, &listed, &method, &path), &expected, "{} {}", method, path);
            prop_assert_eq!(&answer(&other, &shuffled, &method, &path), &expected, "{} {}, shuffled", method, path);
        }
    });
}

fn table(routes: &[(Method, &str)]) -> Table {
    Table::build(&list(routes)).expect("the routes are good").0
}

fn list(routes: &[(Method, &str)]) -> Vec<Route> {
    let routes = routes.iter().zip(NAMES);
    routes
        .map(|((method, pattern), name)| Route::new(method.clone(), *pattern, nothing).named(name))
        .collect()
}

/// The route's place in the list and the values of its parameters.
fn found(table: &Table, method: &Method, path: &str) -> Option<(usize, Vec<String>)> {
    match table.find(method, path) {
        Found::Route { index, captured } => {
            let values = captured.into_iter().map(|range| path[range].to_owned());
            Some((index, values.collect()))
        }
        Found::WrongMethod(_) | Found::Nothing => None,
    }
}

fn values(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_literal_segment_wins_over_a_parameter_whatever_the_order() {
    let first = table(&[
        (Method::GET, "/orders/latest"),
        (Method::GET, "/orders/{id}"),
    ]);
    let last = table(&[
        (Method::GET, "/orders/{id}"),
        (Method::GET, "/orders/latest"),
    ]);

    let latest = "/orders/latest";
    assert_eq!(found(&first, &Method::GET, latest), Some((0, values(&[]))));
    assert_eq!(found(&last, &Method::GET, latest), Some((1, values(&[]))));
    let seven = "/orders/7";
    assert_eq!(
        found(&first, &Method::GET, seven),
        Some((1, values(&["7"])))
    );
    assert_eq!(found(&last, &Method::GET, seven), Some((0, values(&["7"]))));
}

#[test]
fn a_literal_that_leads_nowhere_is_no_dead_end() {
    let table = table(&[
        (Method::GET, "/orders/latest/lines"),
        (Method::GET, "/orders/{id}/payment"),
    ]);

    let answer = found(&table, &Method::GET, "/orders/latest/payment");
    assert_eq!(answer, Some((1, values(&["latest"]))));
}

#[test]
fn a_greedy_pattern_takes_what_a_parameter_beside_it_leaves() {
    let table = table(&[(Method::GET, "/pets/{proxy+}"), (Method::GET, "/pets/{id}")]);

    for (path, expected) in [
        ("/pets/7", Some((1, values(&["7"])))),
        ("/pets/7/toys", Some((0, values(&["7/toys"])))),
        ("/pets//toys", Some((0, values(&["/toys"])))),
        ("/pets", None),
        ("/pets/", None),
    ] {
        assert_eq!(found(&table, &Method::GET, path), expected, "{path}");
    }
}

#[test]
fn greedy_patterns_of_different_depth_stand_side_by_side() {
    let table = table(&[
        (Method::GET, "/{rest+}"),
        (Method::GET, "/{shop}/{rest+}"),
        (Method::GET, "/{shop}/orders/{rest+}"),
    ]);

    for (path, expected) in [
        ("/a", (0, values(&["a"]))),
        ("/a/b", (1, values(&["a", "b"]))),
        ("/a/orders/7", (2, values(&["a", "7"]))),
        ("/a/orders", (1, values(&["a", "orders"]))),
    ] {
        assert_eq!(found(&table, &Method::GET, path), Some(expected), "{path}");
    }
}

#[test]
fn an_empty_segment_is_no_parameter() {
    let table = table(&[(Method::GET, "/{shop}/orders"), (Method::GET, "/{shop}")]);

    assert_eq!(found(&table, &Method::GET, "//orders"), None);
    assert_eq!(found(&table, &Method::GET, "/"), None);
}

#[test]
fn the_method_counts_before_the_pattern() {
    let table = table(&[
        (Method::GET, "/pets/me"),
        (Method::DELETE, "/pets/{id}"),
        (Method::PUT, "/{proxy+}"),
    ]);

    let me = "/pets/me";
    assert_eq!(found(&table, &Method::GET, me), Some((0, values(&[]))));
    assert_eq!(
        found(&table, &Method::DELETE, me),
        Some((1, values(&["me"])))
    );
    assert_eq!(
        found(&table, &Method::PUT, me),
        Some((2, values(&["pets/me"])))
    );
}

#[test]
fn head_falls_back_to_get_of_the_same_rank_before_a_greedy_route_of_its_own() {
    let table = table(&[
        (Method::HEAD, "/{proxy+}"),
        (Method::GET, "/a"),
        (Method::HEAD, "/b"),
        (Method::GET, "/b"),
        (Method::GET, "/c/{proxy+}"),
    ]);

    for (path, expected) in [
        ("/a", (1, values(&[]))),
        ("/b", (2, values(&[]))),
        ("/c/d", (0, values(&["c/d"]))),
    ] {
        assert_eq!(found(&table, &Method::HEAD, path), Some(expected), "{path}");
    }
}

#[test]
fn one_shape_may_name_its_parameter_differently_for_each_method() {
    let routes = list(&[(Method::GET, "/orders/{id}"), (Method::PUT, "/orders/{no}")]);
    let (table, patterns) = Table::build(&routes).expect("different methods");

    let names: Vec<Vec<&str>> = patterns
        .iter()
        .map(|pattern| pattern.parameters().collect())
        .collect();
    assert_eq!(names, [["id"], ["no"]]);
    let path = "/orders/7";
    assert_eq!(found(&table, &Method::GET, path), Some((0, values(&["7"]))));
    assert_eq!(found(&table, &Method::PUT, path), Some((1, values(&["7"]))));
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    let table = table(&[
        (Method::DELETE, "/orders/{id}"),
        (Method::POST, "/orders/{proxy+}"),
        (Method::PUT, "/shops"),
    ]);

    let allow = Allow(vec![Method::DELETE, Method::POST]);
    let answer = table.find(&Method::GET, "/orders/7");
    assert_eq!(answer, Found::WrongMethod(allow));
    let answer = table.find(&Method::GET, "/orders");
    assert_eq!(answer, Found::Nothing);
}

#[test]
fn the_allow_header_is_sorted_and_knows_head_and_options() {
    let allow = |methods: &[Method]| Allow(methods.to_vec()).header();

    assert_eq!(
        allow(&[Method::PUT, Method::GET]),
        "GET, HEAD, OPTIONS, PUT"
    );
    assert_eq!(allow(&[Method::POST]), "OPTIONS, POST");
    assert_eq!(
        allow(&[Method::OPTIONS, Method::HEAD, Method::GET]),
        "GET, HEAD, OPTIONS"
    );
}

#[test]
fn a_duplicate_names_both_handlers() {
    let routes = list(&[
        (Method::GET, "/orders/{id}"),
        (Method::GET, "/orders/{number}/"),
    ]);

    let errors = Table::build(&routes).err().expect("one shape twice");

    let texts: Vec<String> = errors.iter().map(RouteError::to_string).collect();
    assert_eq!(
        texts,
        ["`two` (/orders/{number}/) and `one` (/orders/{id}) both answer GET"]
    );
}

#[test]
fn every_mistake_is_reported_at_once_in_the_order_of_the_routes() {
    let routes = list(&[
        (Method::GET, "/a"),
        (Method::GET, "b//{c"),
        (Method::GET, "/a"),
        (Method::POST, "/{rest+}/x"),
    ]);

    let errors = Table::build(&routes).err().expect("several mistakes");

    let texts: Vec<String> = errors.iter().map(RouteError::to_string).collect();
    assert_eq!(
        texts,
        [
            "pattern `b//{c` of `two`: pattern `b//{c` must start with `/`: write `/b//{c`",
            "pattern `b//{c` of `two`: a segment cannot be empty: write one `/` instead of two",
            "pattern `b//{c` of `two`: the braces of `{c` do not match: a parameter is one name in \
             one pair of braces, such as `{id}`",
            "`three` (/a) and `one` (/a) both answer GET",
            "pattern `/{rest+}/x` of `four`: `{rest+}` takes the rest of the path, so it must be \
             the last segment",
        ]
    );
}

#[test]
fn two_thousand_routes_build_and_match() {
    let patterns = |number: usize| match number % 4 {
        0 => format!("/service{number}"),
        1 => format!("/service{}/items{number}/{{id}}", number / 40),
        2 => format!("/{{tenant}}/service{number}/{{id}}/state"),
        _ => format!("/files{number}/{{path+}}"),
    };
    let paths = |number: usize| match number % 4 {
        0 => (format!("/service{number}"), values(&[])),
        1 => (
            format!("/service{}/items{number}/7", number / 40),
            values(&["7"]),
        ),
        2 => (format!("/t/service{number}/7/state"), values(&["t", "7"])),
        _ => (format!("/files{number}/a/b"), values(&["a/b"])),
    };
    let routes: Vec<Route> = (0..2_000)
        .map(|number| Route::new(Method::GET, patterns(number), nothing))
        .collect();

    let (table, _) = Table::build(&routes).expect("the routes are good");

    for number in 0..2_000 {
        let (path, captured) = paths(number);
        let expected = Some((number, captured));
        assert_eq!(found(&table, &Method::GET, &path), expected, "{path}");
    }
}
