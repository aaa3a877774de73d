//! Writes lines of hostile values from many threads; `tests/lines.rs` reads them.
//!
//! Two arguments: how many threads, and how many lines each of them writes.

use std::env;

use powertools::logger;

/// Pieces that line formats have stumbled over.
const PIECES: [&str; 16] = [
    "plain",
    "\"quoted\"",
    "\\",
    "\n",
    "\r\n",
    "\t",
    "\u{0}",
    "\u{1b}[31m",
    "\u{7f}\u{9b}",
    "\u{2028}\u{202e}",
    "é業🙂",
    "{\"level\":\"FAKE\"}",
    "null",
    "%s{}",
    "',',",
    "\u{feff}\u{fffd}",
];

/// Marsaglia's xorshift: the same numbers for the same thread, every time.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn write(thread: u64, lines: u64) {
    let mut state = 0x9e37_79b9_7f4a_7c15 ^ (thread + 1);
    let span = tracing::info_span!("thread", owner = thread, text = "of the span", deep = 1);
    let _entered = span.entered();
    logger::append_keys([("appended", thread)]);
    for number in 0..lines {
        let mut text = String::new();
        for _ in 0..next(&mut state) % 12 {
            text.push_str(PIECES[usize::try_from(next(&mut state) % 16).unwrap_or_default()]);
        }
        if number % 97 == 0 {
            text = text.repeat(200);
        }
        let float = f64::from_bits(next(&mut state));
        let sum: u64 = text.bytes().map(u64::from).sum();
        match number % 3 {
            0 => tracing::info!(thread, number, sum, text, float, level = text, "{text}"),
            1 => tracing::warn!(thread, number, sum, text = %text, float, huge = u128::MAX, "x"),
            _ => {
                let nested = serde_json::json!({"text": text, "list": [null, {"a": text}]});
                let nested = logger::json(&nested);
                tracing::error!(thread, number, sum, text, float, nested, "{text:?}");
            }
        }
    }
}

fn main() {
    let numbers: Vec<u64> = env::args()
        .skip(1)
        .filter_map(|argument| argument.parse().ok())
        .collect();
    let [threads, lines] = numbers[..] else {
        panic!("how many threads, and how many lines each?");
    };
    logger::init();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || write(thread, lines));
        }
    });
}
