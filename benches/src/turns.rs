//! Who comes when, and which of the times to believe.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::Error;

/// Turns of some contestants, each round in another order: who always comes after the same one has that one's warm
/// caches, or its sleepy processor.
pub(crate) struct Turns {
    order: Vec<usize>,
    random: u64,
}

impl Turns {
    pub(crate) fn of(contestants: usize) -> Result<Self, Error> {
        Ok(Self {
            order: (0..contestants).collect(),
            random: SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos() as u64 | 1,
        })
    }

    pub(crate) fn next_round(&mut self) -> &[usize] {
        for place in (1..self.order.len()).rev() {
            // Xorshift: good enough to have everybody after everybody else at times.
            self.random ^= self.random << 13;
            self.random ^= self.random >> 7;
            self.random ^= self.random << 17;
            self.order.swap(place, self.random as usize % (place + 1));
        }
        &self.order
    }
}

/// The first tenth by size: whatever else the machine does only adds to a time, by up to as much again
/// while the other half of a core is busy, and half of all rounds may be hit.
pub(crate) fn quiet(took: &[f64]) -> f64 {
    let mut took = took.to_vec();
    took.sort_by(f64::total_cmp);
    took[took.len() / 10]
}
