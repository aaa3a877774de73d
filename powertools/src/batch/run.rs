//! Going through the records of a batch: how many at a time, up to which failure, and until when.

use std::{error::Error as StdError, time::Duration};

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
    pub(super) at_a_time: usize,
    /// Whether nothing is begun after a failure.
    pub(super) stops_at_failure: bool,
    /// After which everything is given up.
    pub(super) time: Duration,
}

impl Run<'_> {
    /// One for each record.
    ///
    /// Handlers take turns within this task. Tasks of their own are the road not taken: they would go on
    /// after the invocation has been answered.
    pub(super) async fn outcomes(&self) -> Vec<Outcome> {
        let end = Instant::now() + self.time.min(DAY);
        let mut outcomes = vec![Outcome::Left; self.records.len()];
        let mut waiting = 0..self.records.len();
        let mut running = FuturesUnordered::new();
        let mut has_stopped = false;
        loop {
            // Asked each time: a handler that never waits lets no timer fire.
            has_stopped |= Instant::now() >= end;
            if !has_stopped
                && running.len() < self.at_a_time
                && let Some(index) = waiting.next()
            {
                outcomes[index] = Outcome::Begun;
                let handling = self.handled(index).instrument(self.span(index));
                running.push(async move { (index, handling.await) });
                continue;
            }
            let Ok(next) = timeout_at(end, running.next()).await else {
                self.give_up(&mut outcomes);
                break;
            };
            let Some((index, outcome)) = next else {
                break;
            };
            outcomes[index] = outcome;
            has_stopped |= self.stops_at_failure && outcome == Outcome::Failed;
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
        let id = &*self.records[index].id;
        if self.is_stream {
            tracing::error_span!(target: TARGET, "record", sequence_number = id)
        } else {
            tracing::error_span!(target: TARGET, "record", message_id = id)
        }
    }
}
