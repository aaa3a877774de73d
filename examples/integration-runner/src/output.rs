//! What a program writes: each line to the log as it comes, the last of it kept for the report.
//!
//! Nothing is held without a bound, and nothing is lost: a line that is too long is logged in parts, and bytes
//! that are no text are written as `\xff`.

use std::{
    fmt::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::io::{AsyncRead, AsyncReadExt};

/// The most bytes of a line that are logged at once. As JSON a byte takes six at most, so that the logger, which cuts
/// lines at 256 KiB as CloudWatch Logs does, has nothing to cut.
const MOST: usize = 32 * 1024;

/// How much the report has.
const KEPT: usize = 4 * 1024;

/// Logs what a stream has until its end.
pub(crate) async fn follow(name: &'static str, mut stream: impl AsyncRead + Unpin, tail: Tail) {
    let mut lines = Lines::default();
    // Small, because the clock is looked at between two reads.
    let mut bytes = vec![0; 4 * 1024];
    loop {
        let read = match stream.read(&mut bytes).await {
            Ok(0) => break,
            Ok(read) => &bytes[..read],
            Err(error) => {
                tracing::warn!(stream = name, %error, "what the tests write cannot be read on");
                break;
            }
        };
        tail.push(read);
        lines.push(read, |part, is_cut| log(name, part, is_cut));
        // There is one thread, and tests that write without a pause must not keep the time from being up.
        tokio::task::yield_now().await;
    }
    lines.end(|part| log(name, part, false));
}

fn log(stream: &'static str, part: &[u8], is_cut: bool) {
    // A field only where it is true.
    let goes_on = is_cut.then_some(true);
    tracing::info!(stream, goes_on, "{}", text(part));
}

/// Bytes as text. A look-alike of a byte's number is not escaped: this is to be read, not to be undone.
fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a `String` does not fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// A line as far as it was read.
#[derive(Default)]
struct Lines {
    begun: Vec<u8>,
}

impl Lines {
    /// Takes what was read, and hands out the lines in it without their ends; and parts of lines that are too
    /// long, of which it says so.
    fn push(&mut self, mut read: &[u8], mut say: impl FnMut(&[u8], bool)) {
        while !read.is_empty() {
            let room = MOST - self.begun.len();
            let (taken, rest) = read.split_at(read.len().min(room));
            if let Some(end) = taken.iter().position(|byte| *byte == b'\n') {
                self.begun.extend_from_slice(&taken[..end]);
                say(&self.begun, false);
                self.begun.clear();
                read = &read[end + 1..];
                continue;
            }
            self.begun.extend_from_slice(taken);
            read = rest;
            if self.begun.len() == MOST {
                let whole = whole_characters(&self.begun);
                say(&self.begun[..whole], true);
                self.begun.drain(..whole);
            }
        }
    }

    /// The last line, if it has no end.
    fn end(&self, say: impl FnOnce(&[u8])) {
        if !self.begun.is_empty() {
            say(&self.begun);
        }
    }
}

/// How many bytes there are without a character that is cut off at the end.
fn whole_characters(bytes: &[u8]) -> usize {
    // A character has four bytes at most, so its first one is among the last three if a byte is missing.
    let last = bytes.len().saturating_sub(3);
    let begins = |at: &usize| bytes[*at] >= 0b1100_0000;
    let Some(first) = (last..bytes.len()).rev().find(begins) else {
        return bytes.len();
    };
    match std::str::from_utf8(&bytes[first..]) {
        Err(error) if error.error_len().is_none() => first,
        _ => bytes.len(),
    }
}

/// The last that was written to any of the streams, in the order in which it was read.
#[derive(Clone, Default)]
pub(crate) struct Tail(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    written: u64,
}

impl Tail {
    fn push(&self, read: &[u8]) {
        let mut kept = self.kept();
        kept.bytes.extend_from_slice(read);
        let surplus = kept.bytes.len().saturating_sub(KEPT);
        kept.bytes.drain(..surplus);
        kept.written += read.len() as u64;
    }

    /// How many bytes there were in all.
    pub(crate) fn written(&self) -> u64 {
        self.kept().written
    }

    pub(crate) fn text(&self) -> String {
        let kept = self.kept();
        // What is left of a character that was cut.
        let cut = |byte: &&u8| (0b1000_0000..0b1100_0000).contains(*byte);
        let rest = if kept.written > KEPT as u64 {
            kept.bytes.iter().take(3).take_while(cut).count()
        } else {
            0
        };
        text(&kept.bytes[rest..])
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Whoever panicked, bytes are bytes.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of these reads, each with whether it goes on.
    fn said(reads: &[&[u8]]) -> Vec<(String, bool)> {
        let mut said = Vec::new();
        let mut lines = Lines::default();
        for read in reads {
            lines.push(read, |part, is_cut| said.push((text(part), is_cut)));
            assert!(lines.begun.len() < MOST, "a full part was said");
        }
        lines.end(|part| said.push((text(part), false)));
        said
    }

    fn whole(lines: &[&str]) -> Vec<(String, bool)> {
        lines
            .iter()
            .map(|line| ((*line).to_owned(), false))
            .collect()
    }

    #[test]
    fn bytes_that_are_no_text_are_said_by_their_numbers() {
        assert_eq!(said(&[b"a\xff\xc3\nb\0c"]), whole(&["a\\xff\\xc3", "b\0c"]));
    }

    #[test]
    fn a_line_that_is_too_long_comes_in_parts_and_no_character_is_cut() {
        let long = "é".repeat(MOST);
        // At an odd place, so that the bound is within a character.
        let line = format!("x{long}\nshort");
        let parts = said(&line.as_bytes().chunks(1000).collect::<Vec<_>>());
        assert_eq!(parts.len(), 4, "three parts of one line, and another line");
        assert_eq!(parts[3], ("short".to_owned(), false));
        assert_eq!(
            parts.iter().map(|part| part.1).collect::<Vec<_>>(),
            [true, true, false, false]
        );
        let together: String = parts[..3].iter().map(|part| part.0.as_str()).collect();
        assert_eq!(together, format!("x{long}"));
    }

    #[test]
    fn a_long_line_of_no_text_makes_headway() {
        for byte in [0xff, 0x80, 0xc3, 0xf0] {
            let parts = said(&[&vec![byte; 2 * MOST]]);
            let together: String = parts.iter().map(|part| part.0.as_str()).collect();
            assert_eq!(
                together,
                format!("\\x{byte:02x}").repeat(2 * MOST),
                "{byte:x}"
            );
        }
    }

    #[test]
    fn lines_are_the_same_however_they_are_read() {
        let text = "one\n\ntwo é\nthree".as_bytes();
        let expected = whole(&["one", "", "two é", "three"]);
        for size in 1..=text.len() {
            assert_eq!(
                said(&text.chunks(size).collect::<Vec<_>>()),
                expected,
                "{size}"
            );
        }
        assert_eq!(said(&[b"one\n"]), whole(&["one"]));
    }

    #[test]
    fn the_tail_is_the_last_four_kilobytes_and_begins_with_a_whole_character() {
        let tail = Tail::default();
        tail.push(b"\x80 is whole");
        assert_eq!(tail.text(), "\\x80 is whole", "nothing was cut off");
        tail.push("é".repeat(KEPT).as_bytes());
        tail.push(b"!");
        assert_eq!(tail.text(), "é".repeat(KEPT / 2 - 1) + "!");
    }
}
