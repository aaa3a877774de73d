//! One function under the emulator, from its start to its end.

use std::{
    env, fs,
    fs::File,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::http;

const READY_WITHIN: Duration = Duration::from_secs(10);
const LOGGED_WITHIN: Duration = Duration::from_secs(5);
const GONE_WITHIN: Duration = Duration::from_secs(5);

/// Where emulators listen. Not 127.0.0.1: a port chosen there may be somebody else's before the
/// emulator takes it. All of 127.0.0.0/8 is loopback on Linux, where alone the emulator runs.
const HOST: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Between the choice of free ports and their use no other emulator may choose.
static STARTING: Mutex<()> = Mutex::new(());

/// A function under the emulator; both are gone when this is dropped.
///
/// If the test fails, what emulator and function wrote is printed.
pub(crate) struct Emulator {
    process: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Emulator {
    /// Starts the function whose release binary this variable names. It finds nothing in its
    /// environment but what is given here and what Lambda sets.
    pub(crate) fn start(function: &str, environment: &[(&str, &str)]) -> Self {
        Self::start_command(environment, |addresses| {
            let mut emulator = Command::new(program("POWERTOOLS_RIE"));
            emulator.args(addresses).arg(program(function));
            emulator
        })
    }

    /// Starts the function as on Lambda Managed Instances: several invocations at a time in one process.
    ///
    /// In this mode the emulator runs `/var/task/bootstrap` whatever it is told. A mount namespace gives it
    /// one, and takes it away again; that needs root, a user namespace will not do (the emulator cannot
    /// start the function in one).
    pub(crate) fn start_concurrent(function: &str, at_a_time: usize) -> Self {
        const SCRIPT: &str = "mount -t tmpfs none /var && mkdir /var/task \
            && install -m755 \"$0\" /var/task/bootstrap && exec \"$@\"";
        let at_a_time = at_a_time.to_string();
        let environment = [
            ("AWS_LAMBDA_MAX_CONCURRENCY", &*at_a_time),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "lambda-managed-instances"),
            ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
        ];
        Self::start_command(&environment, |addresses| {
            let mut emulator = Command::new("unshare");
            emulator
                .args(["--mount", "sh", "-c", SCRIPT])
                .arg(program(function))
                .arg(program("POWERTOOLS_RIE"))
                .args(addresses);
            emulator
        })
    }

    fn start_command(
        environment: &[(&str, &str)],
        command: impl FnOnce([String; 4]) -> Command,
    ) -> Self {
        let _alone = STARTING
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let [invoke, runtime_api] = free_addresses();
        let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("rie-{}.log", invoke.port()));
        let output = File::create(&log).unwrap();

        // Without both addresses it would take fixed ports, one of them on every interface.
        let addresses = [
            "--runtime-interface-emulator-address".to_owned(),
            invoke.to_string(),
            "--runtime-api-address".to_owned(),
            runtime_api.to_string(),
        ];
        let process = command(addresses)
            .env_clear()
            .env("AWS_LAMBDA_FUNCTION_NAME", "function")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_TIMEOUT", "20")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        let mut emulator = Self {
            process,
            address: invoke,
            log,
        };
        // On both: a function may start faster than the emulator's side of the Runtime API.
        for address in [invoke, runtime_api] {
            emulator.wait_until_it_listens_on(address);
        }
        emulator
    }

    /// Invokes the function with an event of any bytes; gives back what it returned.
    ///
    /// Exclusive, because an invocation during another one crashes the emulator.
    pub(crate) fn invoke(&mut self, event: impl AsRef<[u8]>) -> Value {
        let path = "/2015-03-31/functions/function/invocations";
        let (status, body) = http::post(self.address, path, event.as_ref());
        let text = String::from_utf8_lossy(&body);
        assert_eq!(status, 200, "the emulator lost the function: {text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Invokes the function with an HTTP event and a tracing header, during other invocations: only for a
    /// function that was started for that.
    pub(crate) fn request_traced(&self, event: &Value, trace: &str) -> Value {
        let path = "/2015-03-31/functions/function/invocations";
        let headers = format!("X-Amzn-Trace-Id: {trace}\r\n");
        let event = event.to_string();
        let deadline = Instant::now() + READY_WITHIN;
        let (status, body) = loop {
            let answer = http::post_with(self.address, path, &headers, event.as_bytes());
            // Before all workers have asked for work the emulator refuses what finds none free, and may
            // close the connection before it has read the request.
            let is_refused = match &answer {
                Ok((status, body)) => *status == 400 && body.ends_with(b"\"Runtime.Unavailable\"}"),
                Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
            };
            if !is_refused || Instant::now() > deadline {
                break answer.unwrap();
            }
            thread::sleep(Duration::from_millis(1));
        };
        let text = String::from_utf8_lossy(&body);
        assert_eq!(status, 200, "{text}");
        let reply: Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let body = reply["body"]
            .as_str()
            .unwrap_or_else(|| panic!("no body: {reply}"));
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"))
    }

    /// What the function has written by now, as far as it is JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let log = self.log();
        let lines = log.lines().filter(|line| line.starts_with('{'));
        lines
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
            })
            .collect()
    }

    /// Invokes the function with an HTTP event; gives back its reply, the JSON text in `body` parsed.
    pub(crate) fn request(&mut self, event: &Value) -> Value {
        let mut reply = self.invoke(event.to_string());
        let body = reply["body"]
            .as_str()
            .unwrap_or_else(|| panic!("no body: {reply}"));
        reply["body"] =
            serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"));
        reply
    }

    /// Waits until emulator or function have written this; they write after they have answered.
    pub(crate) fn expect_log(&self, text: &str) {
        let deadline = Instant::now() + LOGGED_WITHIN;
        while !self.log().contains(text) {
            assert!(Instant::now() < deadline, "nobody wrote `{text}`");
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }

    fn wait_until_it_listens_on(&mut self, address: SocketAddr) {
        let deadline = Instant::now() + READY_WITHIN;
        while TcpStream::connect(address).is_err() {
            if let Some(status) = self.process.try_wait().unwrap() {
                panic!("the emulator ended at once: {status}");
            }
            assert!(
                Instant::now() < deadline,
                "the emulator does not listen on {address}"
            );
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Asked to terminate it takes the function along, which a kill would leave behind.
        let id = self.process.id().to_string();
        let asked = Command::new("sh")
            .args(["-c", "kill -s TERM \"$0\"", &id])
            .status();
        let deadline = Instant::now() + GONE_WITHIN;
        while asked.is_ok() && Instant::now() < deadline {
            if !matches!(self.process.try_wait(), Ok(None)) {
                break;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        if thread::panicking() {
            eprintln!("--- emulator and function\n{}---", self.log());
        }
        let _ = fs::remove_file(&self.log);
    }
}

fn program(variable: &str) -> PathBuf {
    match env::var_os(variable) {
        Some(path) => path.into(),
        None => panic!("{variable} does not name a program; `./check rie` sets it"),
    }
}

/// Two free addresses; held together, so that they differ.
fn free_addresses() -> [SocketAddr; 2] {
    let held = [(); 2].map(|()| TcpListener::bind((HOST, 0)).unwrap());
    held.map(|listener| listener.local_addr().unwrap())
}
