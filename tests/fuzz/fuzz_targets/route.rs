//! Any patterns and any path: the router against a matcher that is too plain to be wrong.
#![no_main]

use std::{
    pin::pin,
    task::{Context as Poller, Poll, Waker},
};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use powertools::{
    Context,
    event::{self, Decoded, Limits},
    router::{Method, Params, Request, Route, Router, Routes},
};

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Segment {
    Literal(Text),
    Parameter,
}

/// Few texts, so that patterns and paths often meet.
#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
enum Text {
    A,
    B,
    Dotted,
    Accent,
}

impl Text {
    const fn text(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
            Self::Dotted => "a.b",
            Self::Accent => "é",
        }
    }
}

#[derive(Arbitrary, Clone, Debug)]
struct Pattern {
    segments: Vec<Segment>,
    greedy: bool,
}

#[derive(Arbitrary, Debug)]
enum Piece {
    Text(Text),
    Empty,
    EncodedSlash,
}

#[derive(Arbitrary, Debug)]
struct Input {
    patterns: Vec<Pattern>,
    path: Vec<Piece>,
}

impl Pattern {
    fn text(&self) -> String {
        let mut text = String::new();
        for (number, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Literal(literal) => text.push_str(&format!("/{}", literal.text())),
                Segment::Parameter => text.push_str(&format!("/{{p{number}}}")),
            }
        }
        if self.greedy {
            text.push_str("/{rest+}");
        }
        if text.is_empty() {
            "/".to_owned()
        } else {
            text
        }
    }

    /// How well it fits, the smaller the better, and what it captures.
    fn fit(&self, path: &str) -> Option<(Vec<u8>, Vec<String>)> {
        let mut rest: Vec<&str> = path.split('/').skip(1).collect();
        if path == "/" {
            rest.clear();
        }
        let mut rank = vec![u8::from(self.greedy)];
        let mut captured = Vec::new();
        for segment in &self.segments {
            let first = *rest.first()?;
            match segment {
                Segment::Literal(literal) if first == literal.text() => rank.push(0),
                Segment::Literal(_) => return None,
                Segment::Parameter if first.is_empty() => return None,
                Segment::Parameter => {
                    rank.push(1);
                    captured.push(first.to_owned());
                }
            }
            rest.remove(0);
        }
        if self.greedy {
            let joined = rest.join("/");
            if joined.is_empty() {
                return None;
            }
            rank.push(2);
            captured.push(joined);
        } else if !rest.is_empty() {
            return None;
        }
        Some((rank, captured))
    }

    fn shape(&self) -> String {
        let mut shape = String::new();
        for segment in &self.segments {
            shape.push_str(match segment {
                Segment::Literal(literal) => literal.text(),
                Segment::Parameter => "{}",
            });
            shape.push('/');
        }
        if self.greedy {
            shape.push('+');
        }
        shape
    }
}

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Poller::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing here waits"),
    }
}

fuzz_target!(|input: Input| {
    let mut patterns: Vec<Pattern> = Vec::new();
    for mut pattern in input.patterns.into_iter().take(12) {
        pattern.segments.truncate(5);
        if patterns
            .iter()
            .all(|known| known.shape() != pattern.shape())
        {
            patterns.push(pattern);
        }
    }
    let routes = patterns
        .iter()
        .fold(Routes::<()>::new(), |routes, pattern| {
            let text = pattern.text();
            let answer = move |params: Params| {
                let values: Vec<&str> = params.iter().map(|(_, value)| value).collect();
                let answer = format!("{text} {values:?}");
                async move { answer }
            };
            routes.with(Route::new(Method::GET, pattern.text(), answer))
        });
    let router = Router::new(routes).expect("no two patterns have one shape");

    let mut raw = String::new();
    for piece in input.path.iter().take(6) {
        raw.push('/');
        raw.push_str(match piece {
            Piece::Text(text) => text.text(),
            Piece::Empty => "",
            Piece::EncodedSlash => "%2F",
        });
    }
    let event = serde_json::json!({"httpMethod": "GET", "path": raw, "requestContext": {}});
    let decoded = event::decode(
        event.to_string().into(),
        Context::new("id"),
        &Limits::default(),
    );
    let Ok(Decoded::Http(request)) = decoded else {
        panic!("a good event");
    };
    let request: Request = *request;
    let path = request.path().to_owned();
    let best = patterns
        .iter()
        .filter_map(|pattern| Some((pattern.fit(&path)?, pattern)))
        .min_by_key(|((rank, _), _)| rank.clone());
    let response = now(router.handle(request));
    match best {
        None => assert_eq!(response.status(), 404, "{path}"),
        Some(((_, captured), pattern)) => {
            let values: Vec<String> = captured
                .iter()
                .map(|value| value.replace("%2F", "/"))
                .collect();
            let expected = format!("{} {values:?}", pattern.text());
            assert_eq!(response.body().as_bytes(), expected.as_bytes(), "{path}");
        }
    }
});
