//! A WebSocket API behind clients that nobody here wrote: Python's `websockets`, and of `@connections` AWS's
//! command line. The cases are data, each with the fact that it is about.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    named,
    served::{Served, parsed, rest},
};

/// The program with these options; its second port has the WebSockets.
fn start(options: &[&str]) -> Served {
    let mut command = Command::new(named("POWERTOOLS_SOCKETS"));
    command.args(["--port", "0", "--source", "http,websocket"]);
    Served::start(command.args(options), 2)
}

/// What the function was sent, once there is an event of this type among it.
fn heard(served: &Served, until: &str) -> Vec<Value> {
    let event = json!({ "until": until }).to_string();
    let request = format!(
        "POST /2015-03-31/functions/function/invocations HTTP/1.1\r\nhost: localhost\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{event}",
        event.len()
    );
    let mut stream = served.connect();
    stream.write_all(request.as_bytes()).unwrap();
    let (status, body) = parsed(&rest(&mut stream)).unwrap();
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// An event in a line.
fn line(event: &Value) -> String {
    let context = &event["requestContext"];
    let text = |name: &str| context[name].as_str().unwrap().to_owned();
    let line = format!("{} {}", text("eventType"), text("routeKey"));
    match &context["disconnectStatusCode"] {
        Value::Null => line,
        code => format!("{line} {code}"),
    }
}

/// The client, which does what it is told until its handle ends.
struct Client {
    child: Child,
    tell: Option<ChildStdin>,
    told: BufReader<ChildStdout>,
}

impl Client {
    fn start() -> Self {
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/gateway/websocket/client.py"
        );
        let mut child = Command::new(named("POWERTOOLS_WEBSOCKETS"))
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let told = BufReader::new(child.stdout.take().unwrap());
        Self {
            tell: child.stdin.take(),
            child,
            told,
        }
    }

    /// Has steps done, and gives what each of them saw.
    fn play(&mut self, port: u16, steps: &Value) -> Vec<String> {
        let case = json!({ "port": port, "steps": steps });
        writeln!(self.tell.as_mut().unwrap(), "{case}").unwrap();
        let mut line = String::new();
        self.told.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("the client ended at {case}"))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        drop(self.tell.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn texts(value: &Value) -> Vec<String> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let texts = list.iter().map(|text| text.as_str().unwrap().to_owned());
    texts.collect()
}

#[test]
fn clients_see_what_those_of_api_gateway_see() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("cases.json")).unwrap();
    assert!(cases.len() >= 40, "{} cases", cases.len());
    let mut client = Client::start();
    // A program for each set of options.
    let mut programs: BTreeMap<Vec<String>, Served> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for case in &cases {
        let (what, fact) = (&case["what"], &case["fact"]);
        assert!(what.is_string() && fact.is_string(), "{case}");
        let mut options = texts(&case["options"]);
        if !options
            .iter()
            .any(|option| option == "--websocket-response")
        {
            options.extend(["--websocket-response".to_owned(), "*".to_owned()]);
        }
        let served = programs.entry(options).or_insert_with_key(|options| {
            let options: Vec<_> = options.iter().map(String::as_str).collect();
            start(&options)
        });
        let told = client.play(served.ports[1], &case["steps"]);
        if told != texts(&case["told"]) {
            mistakes.push(format!("{what}: the client saw {told:?}"));
        }
        let expected = texts(&case["events"]);
        let last = expected.last().and_then(|line| line.split(' ').next());
        let events = heard(served, last.unwrap_or_default());
        let events: Vec<_> = events.iter().map(line).collect();
        if events != expected {
            mistakes.push(format!("{what}: the function heard {events:?}"));
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

/// A thousand clients, each answered, half of them cut off without a word; then the next one is served.
#[test]
fn a_crowd_is_served_and_leaves_nothing_behind() {
    let served = start(&["--websocket-response", "*"]);
    let mut client = Client::start();
    let crowd = json!([["crowd", 1000]]);
    assert_eq!(client.play(served.ports[1], &crowd), ["1000 answered"]);
    let (mut ends, mut codes) = (0, BTreeMap::new());
    while ends < 1000 {
        for event in heard(&served, "DISCONNECT") {
            let code = &event["requestContext"]["disconnectStatusCode"];
            if let Some(code) = code.as_u64() {
                ends += 1;
                *codes.entry(code).or_insert(0) += 1;
            }
        }
    }
    assert_eq!(codes, BTreeMap::from([(1000, 500), (1006, 500)]));
    assert_eq!(client.play(served.ports[1], &crowd), ["1000 answered"]);
}

/// AWS's own command line posts to a connection, asks after it, and closes it.
#[test]
fn the_command_line_manages_connections() {
    let served = start(&[]);
    let port = served.ports[1];
    let directory = env!("CARGO_TARGET_TMPDIR");
    let call = |arguments: &[&str]| {
        let called = Command::new(named("POWERTOOLS_AWS"))
            .arg("apigatewaymanagementapi")
            .args(arguments)
            .args(["--no-sign-request", "--region", "us-east-1"])
            .args(["--output", "json"])
            .args(["--endpoint-url", &format!("http://127.0.0.1:{port}/local")])
            .env("AWS_CONFIG_FILE", format!("{directory}/none"))
            .env("AWS_SHARED_CREDENTIALS_FILE", format!("{directory}/none"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_MAX_ATTEMPTS", "1")
            .env("NO_PROXY", "127.0.0.1")
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&called.stderr).into_owned();
        (String::from_utf8_lossy(&called.stdout).into_owned(), error)
    };
    let never = "BFHPhfCWIAMCKlQ=";
    for (id, expected) in [(never, "GoneException"), ("nobody", "BadRequestException")] {
        for action in ["post-to-connection", "get-connection", "delete-connection"] {
            let mut arguments = vec![action, "--connection-id", id];
            if action == "post-to-connection" {
                arguments.extend(["--data", "hi"]);
            }
            let (_, error) = call(&arguments);
            assert!(error.contains(expected), "{action} {id}: {error}");
        }
    }

    let mut socket = raw_client(port);
    let connect = heard(&served, "CONNECT").remove(0);
    let id = connect["requestContext"]["connectionId"].as_str().unwrap();
    let named = |action| [action, "--connection-id", id];
    let post = [&named("post-to-connection")[..], &["--data", "hello"]].concat();
    assert_eq!(call(&post), (String::new(), String::new()));
    // One frame: text, whole, five bytes.
    let mut frame = [0; 7];
    socket.read_exact(&mut frame).unwrap();
    assert_eq!(&frame, b"\x81\x05hello");
    let (told, error) = call(&named("get-connection"));
    let told: Value = serde_json::from_str(&told).unwrap_or_else(|_| panic!("{error}"));
    assert_eq!(told["Identity"]["SourceIp"], "127.0.0.1", "{told}");
    assert!(
        told["ConnectedAt"].is_string() && told["LastActiveAt"].is_string(),
        "{told}"
    );
    let long = "a".repeat(128 * 1024 - 1);
    let file = format!("{directory}/long.txt");
    for (bytes, expected) in [(2, "PayloadTooLargeException"), (1, "")] {
        std::fs::write(&file, long.clone() + &"b".repeat(bytes)).unwrap();
        let data = format!("file://{file}");
        let post = [&named("post-to-connection")[..], &["--data", &data]].concat();
        let (_, error) = call(&post);
        assert!(
            error.contains(expected) && error.is_empty() == expected.is_empty(),
            "{error}"
        );
    }
    assert_eq!(
        call(&named("delete-connection")),
        (String::new(), String::new())
    );
    let last = heard(&served, "DISCONNECT").pop().unwrap();
    assert_eq!(line(&last), "DISCONNECT $disconnect 1000");
    let (_, error) = call(&post);
    assert!(error.contains("GoneException"), "{error}");
}

/// A connection whose bytes are seen as they are.
fn raw_client(port: u16) -> std::net::TcpStream {
    let mut socket = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket
        .set_read_timeout(Some(crate::served::PATIENCE))
        .unwrap();
    socket
        .write_all(
            b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
              sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        )
        .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    assert!(
        head.starts_with(b"HTTP/1.1 101 "),
        "{}",
        String::from_utf8_lossy(&head)
    );
    socket
}
