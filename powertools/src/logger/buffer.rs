//! Lines that are held back until an error makes them worth reading.

use std::collections::VecDeque;

use tracing_core::Level;

/// Lines to hold back: those so far are written when the invocation logs an error, before it, and those of
/// an invocation that ends are forgotten. After an error lines are held back again.
///
/// ```no_run
/// use powertools::logger::{self, Buffer};
///
/// // Debug lines of failed invocations only.
/// logger::builder().buffer(Buffer::default()).init();
/// ```
///
/// A line outside of any invocation is not held back, a sampled invocation's neither. When the lines
/// of an invocation outgrow the buffer the oldest go, and a line at WARN tells how many did.
#[derive(Clone, Copy, Debug)]
pub struct Buffer {
    pub(super) level: Level,
    pub(super) bytes: usize,
    pub(super) flushes_on_error: bool,
}

impl Default for Buffer {
    /// DEBUG, 20,480 bytes an invocation, flushed by a line at ERROR: Powertools' defaults.
    fn default() -> Self {
        Self {
            level: Level::DEBUG,
            bytes: 20_480,
            flushes_on_error: true,
        }
    }
}

impl Buffer {
    /// Holds back lines of this level and of less severe ones down to DEBUG, or to TRACE if that is the level,
    /// whatever level the logger writes at once; a line at ERROR never is.
    #[must_use]
    pub const fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Holds back at most this many bytes of lines for each invocation.
    #[must_use]
    pub const fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// Leaves flushing to [`flush_buffer`](super::flush_buffer).
    #[must_use]
    pub const fn without_flush_on_error(mut self) -> Self {
        self.flushes_on_error = false;
        self
    }

    pub(super) fn holds(&self, level: Level) -> bool {
        level >= self.level && level != Level::ERROR
    }
}

/// The lines of one invocation.
#[derive(Debug, Default)]
pub(super) struct Held {
    lines: VecDeque<Box<[u8]>>,
    bytes: usize,
    evicted: usize,
}

impl Held {
    /// Keeps a line, at the cost of the oldest; whether it can be kept at all.
    pub(super) fn keep(&mut self, line: &[u8], most: usize) -> bool {
        if line.len() > most {
            return false;
        }
        while self.bytes + line.len() > most {
            let Some(oldest) = self.lines.pop_front() else {
                break;
            };
            self.bytes -= oldest.len();
            self.evicted += 1;
        }
        self.bytes += line.len();
        self.lines.push_back(line.into());
        true
    }

    /// The lines, oldest first, and how many older ones there were.
    pub(super) fn into_parts(self) -> (VecDeque<Box<[u8]>>, usize) {
        (self.lines, self.evicted)
    }
}
