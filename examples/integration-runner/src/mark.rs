//! What the processes of one run are known by, also those that have left the group of the tests.
//!
//! A group is left by one call, `setsid`, as daemons make it. An environment is inherited all the same, and `/proc`
//! shows it: so each run has a variable of its own. Adopting orphans (`PR_SET_CHILD_SUBREAPER`) is the road not
//! taken: it does not tell one run's from another's. Who gives up the environment, too, is not found.

use std::{
    fs, process,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

/// The variable.
pub(crate) const NAME: &str = "INTEGRATION_RUN";

/// How often it is looked who is left. One look is enough unless a process starts another meanwhile, or takes its
/// time to die.
const LOOKS: usize = 50;

const PAUSE: Duration = Duration::from_millis(10);

/// A run's own value.
pub(crate) struct Mark(String);

impl Mark {
    /// One that no other run has.
    pub(crate) fn new() -> Self {
        static RUNS: AtomicU64 = AtomicU64::new(0);
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        Self(format!("{}.{run}", process::id()))
    }

    pub(crate) fn value(&self) -> &str {
        &self.0
    }

    /// Ends everybody who has it: how many are left nevertheless.
    pub(crate) async fn end_all(&self) -> usize {
        for _ in 0..LOOKS {
            let bearers = self.bearers();
            if bearers.is_empty() {
                return 0;
            }
            for process in bearers {
                // It fails where somebody has just ended.
                let _ = kill_process(process, Signal::KILL);
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.bearers().len()
    }

    /// Nobody where there is no `/proc`. One that has ended has no environment.
    fn bearers(&self) -> Vec<Pid> {
        let entry = format!("{NAME}={}", self.0);
        let is_marked = |id: &Pid| {
            let path = format!("/proc/{}/environ", id.as_raw_nonzero());
            // Others' environments cannot be read, and are others'.
            let environment = fs::read(path).unwrap_or_default();
            environment
                .split(|byte| *byte == 0)
                .any(|variable| variable == entry.as_bytes())
        };
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = processes.filter_map(|process| {
            let id = process.file_name().to_str()?.parse().ok()?;
            Pid::from_raw(id)
        });
        ids.filter(is_marked).collect()
    }
}
