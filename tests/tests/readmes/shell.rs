//! Commands in a shell, as a reader of a README would type them, from the root of the workspace.

use std::{
    io::{BufRead, BufReader, Read},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Longer than a build from nothing takes, so that a hang fails its command and not the whole run.
pub(crate) const BUILD: Duration = Duration::from_secs(900);

/// A command that was started, with all that it started; they end with this handle.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
    complaints: Option<JoinHandle<String>>,
    printed: Vec<String>,
}

impl Running {
    pub(crate) fn start(typed: &str, root: &Path) -> Self {
        let mut command = Command::new("bash");
        command.args(["-e", "-o", "pipefail", "-c", typed]);
        command
            .current_dir(root)
            .env_remove("AWS_LAMBDA_RUNTIME_API");
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        // A group of its own: what the shell has started ends with the shell.
        command.stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().expect("there is bash");
        let output = child.stdout.take().expect("it is piped");
        let (tell, lines) = mpsc::channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut line = Vec::new();
            // Bytes, since one that is no UTF-8 is no reason to overlook the lines behind it.
            while output
                .read_until(b'\n', &mut line)
                .is_ok_and(|read| read > 0)
            {
                let text = String::from_utf8_lossy(&line);
                let text = text.strip_suffix('\n').unwrap_or(&text);
                let _ = tell.send(text.strip_suffix('\r').unwrap_or(text).to_owned());
                line.clear();
            }
        });
        let mut errors = child.stderr.take().expect("it is piped");
        let complaints = thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = errors.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        });
        Self {
            child,
            lines,
            complaints: Some(complaints),
            printed: Vec::new(),
        }
    }

    /// All that was printed so far.
    pub(crate) fn printed(&self) -> &[String] {
        &self.printed
    }

    /// Reads on until that is enough; false if it ended before, or took longer than this.
    pub(crate) fn read_until(
        &mut self,
        most: Duration,
        enough: impl Fn(&[String]) -> bool,
    ) -> bool {
        let deadline = Instant::now() + most;
        while !enough(&self.printed) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.printed.push(line),
                Err(_) => return false,
            }
        }
        true
    }

    /// Reads to the end; nothing if that did not come in this time.
    pub(crate) fn end(&mut self, most: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + most;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.printed.push(line),
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => return self.child.wait().ok(),
            }
        }
    }

    /// Ends it, and hands out what it wrote to standard error.
    pub(crate) fn stop(&mut self) -> String {
        let Some(complaints) = self.complaints.take() else {
            return String::new();
        };
        // The shell has not been waited for while it runs, so the group is still its own; where it was,
        // the group is gone and `kill` says so to nobody.
        let group = format!("-{}", self.child.id());
        let kill = ["-KILL", "--", &group];
        let _ = Command::new("kill")
            .args(kill)
            .stderr(Stdio::null())
            .status();
        let _ = self.child.wait();
        complaints.join().unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}
