//! As much of an HTTP client as these tests need: one request a connection, whatever its bytes.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What came back.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Answered {
    /// Every value of a header.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let lines = self.headers.iter();
        let lines = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        lines.map(|(_, value)| &**value).collect()
    }
}

/// Sends a request: its first line without the version, its headers, its body. `host` and the length are
/// added where they are not given.
pub(super) async fn ask(port: u16, lines: &[String], body: &[u8]) -> Answered {
    raw(port, &written(lines, body)).await
}

/// The same of a request whose connection does not end with its answer: the head of that.
pub(super) async fn ask_for_head(port: u16, lines: &[String]) -> Answered {
    let mut stream = connect(port).await;
    let sent = stream.write_all(&written(lines, b"")).await;
    sent.expect("it is sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a head"));
    }
    parsed(&head)
}

fn written(lines: &[String], body: &[u8]) -> Vec<u8> {
    let has = |name: &str| {
        let mut lines = lines.iter();
        lines.any(|line| line.to_ascii_lowercase().starts_with(name))
    };
    let mut head = format!("{} HTTP/1.1\r\n", lines[0]);
    for line in &lines[1..] {
        head.push_str(&format!("{line}\r\n"));
    }
    if !has("host:") {
        head.push_str("host: localhost\r\n");
    }
    if !has("connection:") {
        head.push_str("connection: close\r\n");
    }
    if !body.is_empty() && !has("content-length:") && !has("transfer-encoding:") {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}

async fn connect(port: u16) -> TcpStream {
    let address = ("127.0.0.1", port);
    TcpStream::connect(address).await.expect("it listens")
}

/// Sends these bytes and reads until the end.
pub(super) async fn raw(port: u16, bytes: &[u8]) -> Answered {
    let mut stream = connect(port).await;
    // One that is refused before it has sent all may find the door closed.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    parsed(&answer)
}

/// Reads an answer that ends with its connection.
fn parsed(answer: &[u8]) -> Answered {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no head in {}", String::from_utf8_lossy(answer)));
    let head = std::str::from_utf8(&answer[..end]).expect("a head is text");
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let headers = lines.filter_map(|line| line.split_once(": "));
    Answered {
        status: status.and_then(|code| code.parse().ok()).expect("a status"),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        body: answer[end + 4..].to_vec(),
    }
}
