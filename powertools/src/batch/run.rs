//! Going through the records of a batch: how many at a time, up to which failure, and until when.

use std::{collections::BTreeSet, error::Error as StdError, ops::Range, time::Duration};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument as _, Span};

use super::{from_record::RawRecord, handler::AnyRecordHandler, records::Identified};
use crate::{
    Context,
    caught::{caught, panics_are_logged},
};

const TARGET: &str = "powertools::batch";

/// Longer than any invocation takes; a test's may have no end.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Not begun.
    Left,
    /// Begun, and nothing more is known yet.
    Begun,
    Failed,
    Done,
}

pub(super) struct Run<'a> {
    pub(super) handler: &'a dyn AnyRecordHandler,
    pub(super) records: &'a [Identified],
    pub(super) context: &'a Context,
    pub(super) is_stream: bool,
    /// In all lanes together.
    pub(super) at_a_time: usize,
    pub(super) lanes: Vec<Lane>,
    /// Whether nothing is begun in a lane after a failure there.
    pub(super) stops_at_failure: bool,
    /// After which everything is given up.
    pub(super) time: Duration,
}

/// Records that stand one after the other: all of a batch, or those of a partition.
#[derive(Debug)]
pub(super) struct Lane {
    /// Those that are not begun, by their place in the batch.
    waiting: Range<usize>,
    /// How many are handled at a time.
    at_a_time: usize,
    running: usize,
    has_stopped: bool,
}

impl Lane {
    pub(super) const fn new(records: Range<usize>, at_a_time: usize) -> Self {
        Self {
            waiting: records,
            at_a_time,
            running: 0,
            has_stopped: false,
        }
    }

    fn next(&mut self) -> Option<usize> {
        if self.has_stopped || self.running == self.at_a_time {
            return None;
        }
        let index = self.waiting.next()?;
        self.running += 1;
        Some(index)
    }
}

impl Run<'_> {
    /// One for each record.
    ///
    /// Handlers take turns within this task. Tasks of their own are the road not taken: they would go on
    /// after the invocation has been answered.
    pub(super) async fn outcomes(&mut self) -> Vec<Outcome> {
        let mut lanes = Lanes::new(std::mem::take(&mut self.lanes));
        let this = &*self;
        let end = Instant::now() + this.time.min(DAY);
        let mut outcomes = vec![Outcome::Left; this.records.len()];
        let mut running = FuturesUnordered::new();
        loop {
            // Asked each time: a handler that never waits lets no timer fire.
            let is_over = Instant::now() >= end;
            if !is_over
                && running.len() < this.at_a_time
                && let Some((lane, index)) = lanes.next()
            {
                outcomes[index] = Outcome::Begun;
                let handling = this.handled(index).instrument(this.span(index));
                running.push(async move { (lane, index, handling.await) });
                continue;
            }
            let Ok(next) = timeout_at(end, running.next()).await else {
                this.give_up(&mut outcomes);
                break;
            };
            let Some((lane, index, outcome)) = next else {
                break;
            };
            outcomes[index] = outcome;
            lanes.ended(lane, this.stops_at_failure && outcome == Outcome::Failed);
        }
        let left = outcomes.iter().filter(|outcome| **outcome == Outcome::Left);
        let left = left.count();
        if left > 0 {
            tracing::warn!(
                target: TARGET,
                records = left,
                "not begun, after a failure or for want of time; they come again"
            );
        }
        outcomes
    }

    async fn handled(&self, index: usize) -> Outcome {
        let record = RawRecord {
            json: self.records[index].json.get(),
            context: self.context,
        };
        match caught(async { self.handler.handle(record).await }).await {
            Ok(Ok(())) => return Outcome::Done,
            Ok(Err(cause)) => {
                let error = &*cause as &(dyn StdError + 'static);
                tracing::error!(target: TARGET, error, "the record failed");
            }
            Err(panic) => {
                if !panics_are_logged() {
                    tracing::error!(target: TARGET, panic, "the record's handler panicked");
                }
            }
        }
        Outcome::Failed
    }

    /// What is not done now has failed.
    fn give_up(&self, outcomes: &mut [Outcome]) {
        for (index, outcome) in outcomes.iter_mut().enumerate() {
            if *outcome == Outcome::Begun {
                *outcome = Outcome::Failed;
                self.span(index).in_scope(|| {
                    tracing::error!(
                        target: TARGET,
                        "the record was given up: the invocation is about to end"
                    );
                });
            }
        }
    }

    /// A span, and not keys of the invocation, which records that are handled at a time would share. At
    /// ERROR, so that no filter by level takes it away.
    fn span(&self, index: usize) -> Span {
        let record = &self.records[index];
        let id = &*record.id;
        if let Some(partition) = record.partition.as_deref() {
            tracing::error_span!(target: TARGET, "record", partition, offset = id)
        } else if self.is_stream {
            tracing::error_span!(target: TARGET, "record", sequence_number = id)
        } else {
            tracing::error_span!(target: TARGET, "record", message_id = id)
        }
    }
}

/// The lanes, with those at hand in which a record may be begun: an event may have thousands of partitions, and
/// is not to be searched from its beginning for each record.
struct Lanes {
    lanes: Vec<Lane>,
    /// By their places. Some may have nothing to begin, all others certainly have not.
    ready: BTreeSet<usize>,
}

impl Lanes {
    fn new(lanes: Vec<Lane>) -> Self {
        let ready = (0..lanes.len()).collect();
        Self { lanes, ready }
    }

    /// The next record that may be begun, with its lane.
    fn next(&mut self) -> Option<(usize, usize)> {
        while let Some(&place) = self.ready.first() {
            if let Some(index) = self.lanes[place].next() {
                return Some((place, index));
            }
            self.ready.pop_first();
        }
        None
    }

    /// A record of this lane has ended, and perhaps the lane with it.
    fn ended(&mut self, place: usize, has_stopped: bool) {
        let lane = &mut self.lanes[place];
        lane.running -= 1;
        lane.has_stopped |= has_stopped;
        self.ready.insert(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lane_that_may_goes_on() {
        let mut lanes = Lanes::new(vec![Lane::new(0..2, 1), Lane::new(2..5, 2)]);
        assert_eq!(lanes.next(), Some((0, 0)));
        assert_eq!(lanes.next(), Some((1, 2)));
        assert_eq!(lanes.next(), Some((1, 3)));
        assert_eq!(lanes.next(), None);
        lanes.ended(1, false);
        lanes.ended(0, false);
        assert_eq!(lanes.next(), Some((0, 1)));
        lanes.ended(0, false);
        lanes.ended(1, true);
        assert_eq!(lanes.next(), None, "one is done, the other has stopped");
    }

    /// It took minutes when each search began with the first lane.
    #[test]
    fn many_partitions_are_gone_through_once() {
        let lanes = (0..200_000).map(|place| Lane::new(place..place + 1, 1));
        let mut lanes = Lanes::new(lanes.collect());
        for index in 0..200_000 {
            assert_eq!(lanes.next(), Some((index, index)));
            lanes.ended(index, false);
        }
        assert_eq!(lanes.next(), None);
    }
}
