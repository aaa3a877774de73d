//! Programs in processes of their own, with an environment of their own: a test of this binary run
//! again, or any other. One that is given invocations finds a Runtime API that hands them out.

use std::{
    env,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::mpsc,
    thread,
    time::Duration,
};

use powertools::{Context, Function, InvocationError};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(120);
const CHILD: &str = "TEST_CHILD";

/// The ARN and the memory of the function that every program is.
pub(crate) const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:orders";
pub(crate) const NAME: &str = "orders";
pub(crate) const MEMORY: &str = "128";

/// One invocation; the first has the request id `request-0`, the next `request-1`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Invocation {
    pub(crate) event: Value,
    /// The tracing header.
    pub(crate) trace: Option<String>,
    pub(crate) tenant: Option<String>,
}

impl From<Value> for Invocation {
    fn from(event: Value) -> Self {
        Self {
            event,
            ..Self::default()
        }
    }
}

/// The test of this name, to be run again as a program, which finds out by [`is_child`].
pub(crate) fn again(test: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]);
    command.env_clear().env(CHILD, "1");
    command
}

pub(crate) fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

/// In the child: parts what the program writes from what the test's frame has written.
pub(crate) fn begin() {
    io::stdout().write_all(b"\n").unwrap();
}

/// In the child: serves invocations with a handler until the process is ended.
pub(crate) fn serve(
    handler: impl Fn(Value) -> Result<(), InvocationError> + Copy + Send + Sync + 'static,
) {
    let handler = move |event: Value, _: Context| async move { handler(event) };
    let function = Function::new().direct(handler);
    powertools::start(powertools::run(function)).unwrap();
}

/// All that a program writes to either output, in order, up to its end.
pub(crate) fn run(command: Command) -> String {
    let (output, succeeded) = until_the_end(command, None);
    assert!(succeeded, "{output}");
    output
}

/// All that a function writes until it asks for one invocation more than these.
pub(crate) fn invoke(mut command: Command, invocations: Vec<Invocation>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    command
        .env(
            "AWS_LAMBDA_RUNTIME_API",
            listener.local_addr().unwrap().to_string(),
        )
        .env("AWS_LAMBDA_FUNCTION_NAME", NAME)
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", MEMORY)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
    let (output, _) = until_the_end(command, Some((listener, invocations)));
    output
}

/// The objects among the lines of an output.
pub(crate) fn objects(output: &str) -> Vec<&str> {
    output
        .lines()
        .filter(|line| line.starts_with('{'))
        .collect()
}

/// A program's output, and whether it said that it had succeeded.
fn until_the_end(
    mut command: Command,
    api: Option<(TcpListener, Vec<Invocation>)>,
) -> (String, bool) {
    enum News {
        /// With the connection, whose end the function would complain of.
        AllServed {
            _open: TcpStream,
        },
        Ended(String),
    }

    let (mut reader, writer) = io::pipe().unwrap();
    command.stdout(writer.try_clone().unwrap()).stderr(writer);
    let started = command.spawn();
    let mut child = started.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    // The pipe ends when nobody holds its other end.
    drop(command);
    let (sender, news) = mpsc::channel();
    let is_function = api.is_some();
    if let Some((listener, invocations)) = api {
        let sender = sender.clone();
        thread::spawn(move || {
            let open = hand_out(&listener, invocations);
            let _ = sender.send(News::AllServed { _open: open });
        });
    }
    thread::spawn(move || {
        let mut output = Vec::new();
        reader.read_to_end(&mut output).unwrap();
        let _ = sender.send(News::Ended(String::from_utf8_lossy(&output).into_owned()));
    });
    match news.recv_timeout(PATIENCE) {
        Ok(News::Ended(output)) => {
            assert!(!is_function, "the function ended by itself: {output}");
            (output, child.wait().unwrap().success())
        }
        other => {
            child.kill().unwrap();
            child.wait().unwrap();
            let Ok(News::Ended(output)) = news.recv() else {
                panic!("two ends of one kind");
            };
            assert!(other.is_ok(), "not done within {PATIENCE:?}: {output}");
            (output, true)
        }
    }
}

/// The Runtime API, until it is asked for more than there is, on the connection that is handed back.
fn hand_out(listener: &TcpListener, invocations: Vec<Invocation>) -> TcpStream {
    let mut waiting = invocations.into_iter().enumerate();
    loop {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while let Some(path) = request(&mut reader) {
            if path != "/2018-06-01/runtime/invocation/next" {
                let answer = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
                stream.write_all(answer).unwrap();
                if path.ends_with("/restore/next") {
                    // No connection outlives a snapshot.
                    break;
                }
                continue;
            }
            let Some((number, invocation)) = waiting.next() else {
                return stream;
            };
            send(&mut stream, number, &invocation);
        }
    }
}

fn send(stream: &mut TcpStream, number: usize, invocation: &Invocation) {
    let body = invocation.event.to_string();
    let mut head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         lambda-runtime-aws-request-id: request-{number}\r\n\
         lambda-runtime-deadline-ms: 32503680000000\r\n\
         lambda-runtime-invoked-function-arn: {ARN}\r\n",
        body.len()
    );
    for (name, value) in [
        ("lambda-runtime-trace-id", &invocation.trace),
        ("lambda-runtime-aws-tenant-id", &invocation.tenant),
    ] {
        if let Some(value) = value {
            head += &format!("{name}: {value}\r\n");
        }
    }
    let whole = format!("{head}\r\n{body}");
    stream.write_all(whole.as_bytes()).unwrap();
}

/// Reads one request with a counted or chunked body, and tells its path; `None` at the end of the stream.
fn request(reader: &mut impl BufRead) -> Option<String> {
    let line = text_line(reader)?;
    let mut length = 0;
    let mut is_chunked = false;
    loop {
        let header = text_line(reader)?.to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':')?;
        match name {
            "content-length" => length = value.trim().parse().ok()?,
            "transfer-encoding" => is_chunked = value.trim() == "chunked",
            _ => {}
        }
    }
    while is_chunked {
        let size = usize::from_str_radix(&text_line(reader)?, 16).ok()?;
        reader.read_exact(&mut vec![0; size]).ok()?;
        text_line(reader)?;
        is_chunked = size > 0;
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    Some(line.split(' ').nth(1)?.to_owned())
}

fn text_line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    let length = reader.read_line(&mut line).ok()?;
    (length > 0).then(|| line.trim_end().to_owned())
}
