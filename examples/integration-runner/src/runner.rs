//! Starts the tests, waits as long as the invocation has, and ends what is left of them.

use std::{
    env,
    ffi::OsString,
    io,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    pin::pin,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use powertools::{Context, InvocationError};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    process::{Child, Command},
    task::JoinHandle,
    time::timeout,
};
use tracing::Instrument;

use crate::{
    job::Job,
    mark::{self, Mark},
    output::{Tail, follow},
};

/// How long before Lambda ends the sandbox the tests are ended: time for their last lines and the reply.
const MARGIN: Duration = Duration::from_secs(1);

/// What of that is for the reply. A debug build logs a full pipe of one-letter lines in about a second, so that
/// there may be lines for which there is no time.
const REPLY: Duration = Duration::from_millis(300);

/// How long the output of ended tests may be silent. It ends with them, unless a process that was not found
/// keeps it open.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// How long such output is followed that is not silent, either: it would be until the deadline. One second is too
/// short for a function of 128 MB, which has a fourteenth of a processor, to log a full pipe.
const LAST_WORDS_AT_MOST: Duration = Duration::from_secs(2);

/// How the tests ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// With the exit code 0.
    Passed,
    /// With another, or by a signal.
    Failed,
    /// They were ended, because the invocation's time was up.
    TimedOut,
}

impl Outcome {
    /// The same word as in the report.
    const fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
        }
    }
}

/// What came of a run.
#[derive(Debug, serde::Serialize)]
pub struct Report {
    /// How the tests ended.
    pub outcome: Outcome,
    /// Nothing if a signal ended them.
    pub exit_code: Option<i32>,
    /// The number of the signal that ended them.
    pub signal: Option<i32>,
    /// From start to end of the test binary.
    pub duration_ms: u128,
    /// The last 4 KB that they wrote; the log has all of it.
    pub output: String,
}

/// Runs one test binary.
#[derive(Clone, Debug)]
pub struct Runner {
    program: PathBuf,
}

impl Runner {
    /// A runner of this program.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
        }
    }

    /// A runner of the program that `INTEGRATION_TEST` names, or else of `role-checks`: a path from the directory
    /// of this executable, which on Lambda is that of `bootstrap`, or an absolute one.
    ///
    /// # Errors
    ///
    /// When the operating system does not say where this executable is.
    pub fn from_env() -> io::Result<Self> {
        let this = env::current_exe()?;
        Ok(Self::beside(&this, env::var_os("INTEGRATION_TEST")))
    }

    /// A variable that is empty is none: `this.with_file_name("")` would be a directory.
    fn beside(this: &Path, program: Option<OsString>) -> Self {
        let program = program.filter(|program| !program.is_empty());
        Self::new(this.with_file_name(program.unwrap_or_else(|| "role-checks".into())))
    }

    /// Runs the tests once, and logs what they write.
    ///
    /// # Errors
    ///
    /// When they cannot be started. Tests that fail are a report.
    pub async fn run(&self, job: &Job, context: &Context) -> Result<Report, InvocationError> {
        let started = Instant::now();
        let mark = Mark::new();
        let mut child = self.start(job, &mark)?;
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let tail = Tail::default();
        let output = child.stdout.take().expect("it is piped by `start`");
        let errors = child.stderr.take().expect("it is piped by `start`");
        // Tasks of their own: the tests would wait for a reader of a full pipe.
        let output = tokio::spawn(follow("stdout", output, tail.clone()).in_current_span());
        let errors = tokio::spawn(follow("stderr", errors, tail.clone()).in_current_span());
        let mut readers = [output, errors];

        let time = context.remaining().saturating_sub(MARGIN);
        let ended = timeout(time, child.wait()).await;
        let duration_ms = started.elapsed().as_millis();
        // Also after tests that ended by themselves: what they have left running would freeze with the sandbox
        // and go on in somebody else's invocation. The group's number is not another's yet: Linux hands numbers
        // out in turn.
        if let Some(group) = group {
            // It fails where nobody is left.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let left = mark.end_all().await;
        if left > 0 {
            tracing::warn!(left, "processes of the tests cannot be ended");
        }
        if let Err(why) = end_of(&mut readers, &tail, context).await {
            tracing::warn!(why, "the end of what the tests wrote was not waited for");
            readers.iter().for_each(JoinHandle::abort);
        }
        let outlived = ended.is_err();
        let status = match ended {
            Ok(status) => status,
            Err(_) => child.wait().await,
        };
        let status =
            status.map_err(|error| InvocationError::new("TestsLost", error.to_string()))?;
        let report = Report {
            outcome: outcome(status, outlived),
            exit_code: status.code(),
            signal: status.signal(),
            duration_ms,
            output: tail.text(),
        };
        tracing::info!(
            outcome = report.outcome.word(),
            exit_code = report.exit_code,
            signal = report.signal,
            "the tests have ended",
        );
        Ok(report)
    }

    fn start(&self, job: &Job, mark: &Mark) -> Result<Child, InvocationError> {
        let mut command = Command::new(&self.program);
        command.args(&job.arguments);
        if let Some(filter) = &job.filter {
            // A filter is a name, also one that looks like an option.
            command.arg("--").arg(filter);
        }
        // All else of the environment is theirs, the role's credentials too. But a test that is a function by
        // accident must not take this function's events.
        command.env_remove("AWS_LAMBDA_RUNTIME_API");
        command.env(mark::NAME, mark.value());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.process_group(0).kill_on_drop(true);
        command.spawn().map_err(|error| {
            let program = self.program.display();
            InvocationError::new(
                "TestsNotStarted",
                format!("`{program}` cannot be run: {error}"),
            )
        })
    }
}

/// Waits for the end of the output, as long as more of it comes and there is time; the error says why no longer.
async fn end_of(
    readers: &mut [JoinHandle<()>; 2],
    tail: &Tail,
    context: &Context,
) -> Result<(), &'static str> {
    let [output, errors] = readers;
    let ended = Instant::now();
    let mut both = pin!(async { tokio::join!(output, errors) });
    loop {
        let before = tail.written();
        if timeout(LAST_WORDS, &mut both).await.is_ok() {
            return Ok(());
        }
        if tail.written() == before || ended.elapsed() > LAST_WORDS_AT_MOST {
            return Err("a process that was not found has outlived them");
        }
        if context.remaining() <= REPLY {
            return Err("the time is up");
        }
    }
}

fn outcome(status: ExitStatus, outlived: bool) -> Outcome {
    match (outlived, status.success()) {
        (true, _) => Outcome::TimedOut,
        (false, true) => Outcome::Passed,
        (false, false) => Outcome::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_is_empty_names_no_program() {
        for (variable, expected) in [
            (None, "/var/task/role-checks"),
            (Some(""), "/var/task/role-checks"),
            (Some("orders"), "/var/task/orders"),
            (Some("/bin/sleep"), "/bin/sleep"),
        ] {
            let this = Path::new("/var/task/bootstrap");
            let runner = Runner::beside(this, variable.map(OsString::from));
            assert_eq!(runner.program, PathBuf::from(expected), "{variable:?}");
        }
    }
}
