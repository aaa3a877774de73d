//! A program on localhost, as who runs it sees it: its words, its settings, its end.

use std::{
    fs,
    io::Write,
    net::TcpStream,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

#[cfg(test)]
#[path = "gateway/served.rs"]
mod served;

use served::Served;

/// In a directory of its own, which may have a file of settings.
fn hello(test: &str, settings: &str) -> Command {
    within(Command::new(env!("CARGO_BIN_EXE_hello")), test, settings)
}

fn within(mut command: Command, test: &str, settings: &str) -> Command {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
    fs::create_dir_all(&directory).expect("a directory");
    fs::write(directory.join("powertools.toml"), settings).expect("a file");
    command.current_dir(directory).env_clear();
    command
}

/// A request and its answer's status and body.
fn ask(port: u16, line: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    stream
        .set_read_timeout(Some(served::PATIENCE))
        .expect("a time that is not zero");
    let request = format!("{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it reads");
    served::parsed(&served::rest(&mut stream)).expect("an answer")
}

/// What a program that ends by itself says.
fn ended(command: &mut Command) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.stdin(Stdio::null()).output().expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn wrong_settings_are_told_all_at_once() {
    let settings = "[local]\nprot = 1\n";
    let mut command = hello("wrong", settings);
    let (code, out, err) = ended(
        command
            .args(["--port", "x"])
            .env("POWERTOOLS_LOCAL_TIMEOUT", "0"),
    );

    assert_eq!((code, &*out), (Some(1), ""));
    for expected in [
        "Error: the local gateway's settings are not right:\n",
        "  `prot` of powertools.toml is no setting; these are: `port`, ",
        "  `--port` is `x`, but a port is a number from 0 to 65535\n",
        "  `POWERTOOLS_LOCAL_TIMEOUT` is `0`, but it is a number of seconds from 1 to 900\n",
    ] {
        assert!(err.contains(expected), "{err}");
    }
}

#[test]
fn a_port_that_is_taken_ends_it_with_what_to_do() {
    let first = Served::start(hello("taken", "").args(["--port", "0"]), 1);
    let port = first.ports[0].to_string();
    let (code, _, err) = ended(hello("taken", "").args(["--port", &port]));

    assert_eq!(code, Some(1));
    assert!(
        err.contains("choose one with `--port` or `POWERTOOLS_LOCAL_PORT`"),
        "{err}"
    );
}

#[test]
fn help_is_given_and_nothing_listens() {
    let (code, out, _) = ended(hello("help", "").arg("--help"));

    assert_eq!(code, Some(0));
    assert!(out.contains("Usage: hello [OPTION VALUE]..."), "{out}");
}

#[test]
fn the_banner_tells_places_routes_and_what_was_left_to_the_program() {
    let settings = "[local]\nport = 0\nsource = ['http', 'rest', 'alb-multi']\n";
    let served = Served::start(hello("banner", settings).args(["--prot", "1"]), 3);

    assert_eq!(served.line(), "  GET     /hello/{name}");
    assert_eq!(
        served.line(),
        "  direct  POST /2015-03-31/functions/function/invocations"
    );
    assert_eq!(
        served.line(),
        "  left to the program, as no option of the gateway: `--prot` `1`"
    );
    for port in &served.ports {
        let answer = ask(*port, "GET /hello/a%20b");
        assert_eq!(answer, (200, "hello a b".to_owned()), "{port}");
    }
    let lines: Vec<String> = (0..6).map(|_| served.line()).collect();
    for (line, expected) in lines.iter().zip([
        "→ GET /hello/a%20b (HTTP API)",
        "← 200 GET /hello/a%20b (HTTP API)  /hello/{name}  ",
        "→ GET /hello/a%20b (REST API)",
        "← 200 GET /hello/a%20b (REST API)  /hello/{name}  ",
        "→ GET /hello/a%20b (load balancer (multi-value headers))",
        "← 200 GET /hello/a%20b (load balancer (multi-value headers))  /hello/{name}  ",
    ]) {
        assert!(line.starts_with(expected), "{line}");
    }
    assert!(lines[1].ends_with(" ms  cold start"), "{}", lines[1]);
    assert!(lines[3].ends_with(" ms"), "{}", lines[3]);
}

#[test]
fn log_lines_stand_under_the_request_and_its_json_is_shown() {
    let mut command = hello("shown", "[local]\nport = 0\n");
    let served = Served::start(command.args(["--log", "--show", "event,reply"]), 1);
    while !served.line().starts_with("  left to") {}
    ask(served.ports[0], "GET /hello/ann");

    let mut lines = vec![served.line()];
    while !lines.last().is_some_and(|line| line.starts_with("← ")) {
        lines.push(served.line());
    }
    assert_eq!(lines[0], "→ GET /hello/ann");
    assert_eq!(lines[1], "event {");
    let place = |wanted: &str| {
        let mut lines = lines.iter();
        lines
            .position(|line| line.contains(wanted))
            .unwrap_or_else(|| panic!("{wanted}"))
    };
    let order = [
        place("\"rawPath\": \"/hello/ann\""),
        place("\"message\":\"greeting\""),
        place("reply {"),
        place("  \"body\": \"hello ann\""),
    ];
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn one_event_is_run_and_its_reply_printed() {
    let events = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/events");
    let (code, out, err) = ended(
        hello("event", "")
            .arg("--event")
            .arg(events.join("sqsEvent.json")),
    );
    assert_eq!((code, &*err), (Some(0), ""));
    let out: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(out["Records"][0]["eventSource"], "aws:sqs");

    let (code, _, err) = ended(hello("event", "").args(["--event", "none.json"]));
    assert_eq!(code, Some(1));
    assert!(
        err.contains("the event `none.json` cannot be read: "),
        "{err}"
    );

    fs::write(
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("event/broken.json"),
        "{",
    )
    .expect("a file");
    let (code, out, err) = ended(hello("event", "").args(["--event", "broken.json"]));
    assert_eq!((code, &*out), (Some(1), ""));
    assert!(
        err.contains("the event `broken.json` is not JSON: EOF while parsing an object"),
        "{err}"
    );
}

/// Ctrl-C is SIGINT: nothing is waited for.
#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_at_once_although_somebody_is_connected() {
    use std::os::unix::process::ExitStatusExt;

    // What a shell starts in the background is deaf to SIGINT, and so is all that it starts: `env` gives the
    // signal its meaning back.
    let mut command = Command::new("/usr/bin/env");
    command.args(["--default-signal=INT", env!("CARGO_BIN_EXE_hello")]);
    let mut command = within(command, "ctrl-c", "");
    let mut served = Served::start(command.args(["--port", "0"]), 1);
    let _connection = served.connect();
    let id = served.child.id().to_string();
    let status = Command::new("/bin/kill").args(["-INT", &id]).status();
    assert!(status.expect("there is kill").success());

    let status = served.child.wait().expect("it ends");
    assert_eq!(status.signal(), Some(2));
}
