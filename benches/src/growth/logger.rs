//! Log lines with many keys.

use std::{
    hint::black_box,
    sync::{Arc, Mutex},
};

use tracing::{error_span, info};
use tracing_subscriber::{layer::SubscriberExt, registry};

use super::number;
use crate::Run;

const VALUE: u64 = 48_213;

pub(super) fn own_fields(fields: &str) -> Run {
    in_invocation(number(fields), 0)
}

pub(super) fn appended_keys(keys: &str) -> Run {
    in_invocation(1, number(keys))
}

pub(super) fn both(fields: &str) -> Run {
    in_invocation(number(fields), number(fields))
}

/// A line with so many fields, in an invocation with so many keys.
fn in_invocation(fields: usize, keys: usize) -> Run {
    let written = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&written);
    let logger = powertools::logger::builder().writer(move |line| {
        let mut written = sink.lock().expect("nothing panics meanwhile");
        written.clear();
        written.extend_from_slice(line);
    });
    let subscriber = registry().with(logger.layer());
    tracing::subscriber::set_global_default(subscriber).expect("one in a process");
    let invocation = error_span!(target: "powertools::runtime", "invocation").entered();
    powertools::logger::append_keys((0..keys).map(|key| (format!("key_{key:02}"), VALUE)));
    say(fields);
    let line = written.lock().expect("nothing panics meanwhile").clone();
    let line: serde_json::Value = serde_json::from_slice(&line).expect("a line is JSON");
    let object = line.as_object().expect("a line is an object");
    let all = object.values().filter(|value| **value == VALUE).count();
    assert_eq!(all, fields + keys, "{line}");
    Box::new(move |times| {
        let _open = &invocation;
        (0..times).for_each(|_| say(fields));
    })
}

/// The fields of a line are known when it is compiled.
fn say(fields: usize) {
    macro_rules! say {
        ($($field:ident)*) => { info!($($field = black_box(VALUE),)* "order stored") };
    }
    match fields {
        1 => say!(a0),
        2 => say!(a0 a1),
        4 => say!(a0 a1 a2 a3),
        8 => say!(a0 a1 a2 a3 a4 a5 a6 a7),
        16 => say!(a0 a1 a2 a3 a4 a5 a6 a7 b0 b1 b2 b3 b4 b5 b6 b7),
        32 => say!(a0 a1 a2 a3 a4 a5 a6 a7 b0 b1 b2 b3 b4 b5 b6 b7
            c0 c1 c2 c3 c4 c5 c6 c7 d0 d1 d2 d3 d4 d5 d6 d7),
        64 => say!(a0 a1 a2 a3 a4 a5 a6 a7 b0 b1 b2 b3 b4 b5 b6 b7
            c0 c1 c2 c3 c4 c5 c6 c7 d0 d1 d2 d3 d4 d5 d6 d7
            e0 e1 e2 e3 e4 e5 e6 e7 f0 f1 f2 f3 f4 f5 f6 f7
            g0 g1 g2 g3 g4 g5 g6 g7 h0 h1 h2 h3 h4 h5 h6 h7),
        _ => unreachable!("the points are these"),
    }
}
