//! A program behind the local gateway, and as much of HTTP as asking it needs.

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// Longer than anything takes, so that a hang fails its test and not the whole run.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A program that serves; it ends with its handle.
pub(crate) struct Served {
    pub(crate) child: Child,
    /// In the order of the banner.
    pub(crate) ports: Vec<u16>,
    lines: mpsc::Receiver<String>,
}

impl Served {
    /// Starts it and waits for this many front ends.
    pub(crate) fn start(command: &mut Command, front_ends: usize) -> Self {
        let mut child = command
            .env_remove("AWS_LAMBDA_RUNTIME_API")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (tell, lines) = mpsc::channel();
        // Read to the end whoever listens, or the program would wait for a reader.
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        let mut served = Self {
            child,
            ports: Vec::new(),
            lines,
        };
        for _ in 0..front_ends {
            let line = served.line() + "\n";
            let port = port(&line).unwrap_or_else(|| panic!("no port in `{line}`"));
            served.ports.push(port);
        }
        served
    }

    /// The next line that it prints.
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("it prints a line")
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.ports[0])).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }
}

/// The port in the first line of a banner, once it is whole.
pub(crate) fn port(banner: &str) -> Option<u16> {
    let (_, rest) = banner.split_once("://127.0.0.1:")?;
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    rest[..end].parse().ok()
}

/// What comes until the other side closes, gently or not.
pub(crate) fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

/// An answer's status and body.
pub(crate) fn parsed(answer: &[u8]) -> Option<(u16, String)> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
