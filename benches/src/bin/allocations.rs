//! Counts what a contestant allocates once it is warm: `allocations QUESTION CONTESTANT WAY`.
//!
//! A program of its own, because counting costs time, and most where most is allocated.

use std::{
    alloc::System,
    io::{self, Write as _},
};

use powertools_benches::Error;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let (question, contestant) = (arguments.next(), arguments.next());
    let way = arguments.next();
    let words = question.zip(contestant).zip(way);
    let ((question, contestant), way) = words.ok_or("fewer than three words")?;
    let (mut run, times) = powertools_benches::set_up(&question, &contestant, &way)?;
    run(times);
    let region = Region::new(ALLOCATOR);
    run(times);
    let counted = region.change();
    let each = |total: usize| total as f64 / times as f64;
    writeln!(
        io::stdout(),
        "{} {}",
        each(counted.allocations + counted.reallocations),
        each(counted.bytes_allocated)
    )?;
    Ok(())
}
