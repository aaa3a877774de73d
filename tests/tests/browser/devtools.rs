//! As much of Chromium's DevTools protocol as driving a page needs: expressions, and what comes of them.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    thread,
    time::Instant,
};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, WebSocket, client};

use crate::PATIENCE;

/// A page that is open.
pub(crate) struct Page {
    socket: WebSocket<TcpStream>,
    calls: u64,
}

impl Page {
    /// The one page of the browser with this profile, once it shows this address.
    pub(crate) fn of(profile: &Path, address: &str) -> Self {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(page) = Self::find(profile, address) {
                return page;
            }
            assert!(Instant::now() < deadline, "{address} is not shown");
            thread::yield_now();
        }
    }

    fn find(profile: &Path, address: &str) -> Option<Self> {
        // The browser writes its port there when it listens.
        let file = fs::read_to_string(profile.join("DevToolsActivePort")).ok()?;
        let port: u16 = file.lines().next()?.parse().ok()?;
        let targets = targets(port)?;
        let mut targets = targets.as_array()?.iter();
        let target = targets.find(|target| target["url"] == address)?;
        let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let (socket, _) = client(target["webSocketDebuggerUrl"].as_str()?, stream).ok()?;
        let mut page = Self { socket, calls: 0 };
        // The target has its address before it has left the empty page.
        let there = json!(address);
        let is_there = page.value(&format!(
            "location.href === {there} && document.readyState === 'complete'"
        ));
        (is_there == json!(true)).then_some(page)
    }

    /// What an expression is, or what the promise that it is becomes.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        self.calls += 1;
        let parameters =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let call = json!({ "id": self.calls, "method": "Runtime.evaluate", "params": parameters });
        self.socket
            .send(Message::Text(call.to_string().into()))
            .unwrap();
        loop {
            let message = self.socket.read().unwrap();
            let answer: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
            if answer["id"] == self.calls {
                let result = &answer["result"];
                assert!(
                    result["exceptionDetails"].is_null(),
                    "{expression}: {answer}"
                );
                return result["result"]["value"].clone();
            }
        }
    }
}

/// What the browser has open.
fn targets(port: u16) -> Option<Value> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let request = format!("GET /json/list HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    let body = loop {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        answer.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&answer).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let head = head.to_ascii_lowercase();
        let length = head.split("content-length:").nth(1)?;
        let length: usize = length.lines().next()?.trim().parse().ok()?;
        if body.len() >= length {
            break body.to_owned();
        }
    };
    serde_json::from_str(&body).ok()
}
