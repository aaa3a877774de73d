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
    prop::collection::vec(segment, 1..=5).prop_map(|segments| format!("/{}", segments.join("/")))
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
