//! Runs a test binary within a function's environment and role.
//!
//! What a role may do, which addresses a function reaches and what its variables say is true in the function
//! alone. So the tests go there: a binary beside `bootstrap`, run by a direct invocation.
//! [`Job`] says which of its tests, [`Runner`] starts and ends it, `output` takes what it writes, and by `mark` is
//! found what it leaves running.

mod job;
mod mark;
mod output;
mod runner;

use powertools::{Context, Function};

pub use self::{
    job::Job,
    runner::{Outcome, Report, Runner},
};

/// The function: an invocation is a run of the tests.
#[must_use]
pub fn function(runner: Runner) -> Function {
    Function::new().direct(move |job: Job, context: Context| {
        let runner = runner.clone();
        async move { runner.run(&job, &context).await }
    })
}
