//! Counts what a contestant allocates once it is warm: `allocations QUESTION CONTESTANT WAY`.
//!
//! A program of its own, because counting costs time, and most where most is allocated.

use std::{
    alloc::System,
    io::{self, Write as _},
};

use powertools_benches::{Error, QUESTIONS};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let (question, contestant) = (arguments.next(), arguments.next());
    let way = arguments.next();
    let question = QUESTIONS
        .iter()
        .find(|known| Some(known.name) == question.as_deref())
        .ok_or("no such question")?;
    let contestant = question.contestant(contestant.as_deref())?;
    let way = question.way(way.as_deref())?;
    let mut run = (contestant.start)(way.name);
    run(way.times);
    let region = Region::new(ALLOCATOR);
    run(way.times);
    let counted = region.change();
    let each = |total: usize| total as f64 / way.times as f64;
    writeln!(
        io::stdout(),
        "{} {}",
        each(counted.allocations + counted.reallocations),
        each(counted.bytes_allocated)
    )?;
    Ok(())
}
