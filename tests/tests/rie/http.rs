//! As much of HTTP as these tests need: one request a connection, and a server of one document.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// Longer than any answer takes, so that a hang fails its test and not the whole run.
const PATIENCE: Duration = Duration::from_secs(30);

/// Posts a body and gives back the status and the answer's body.
pub(crate) fn post(address: SocketAddr, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
    post_with(address, path, "", body).unwrap()
}

/// The same with headers, each with its end of line.
pub(crate) fn post_with(
    address: SocketAddr,
    path: &str,
    headers: &str,
    body: &[u8],
) -> io::Result<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;

    // HTTP/1.0: the answer comes without chunks, and the connection ends where it ends.
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.0\r\n{headers}content-length: {length}\r\n\r\n"
    )?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;

    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let body = answer.split_off(end.expect("an answer with a head") + 4);
    let head = String::from_utf8(answer).unwrap();
    let status = head.split(' ').nth(1).expect("a status line");
    Ok((status.parse().unwrap(), body))
}

/// Serves one JSON document to whoever asks, until the test process ends.
pub(crate) struct DocumentServer {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl DocumentServer {
    pub(crate) fn start(document: &'static str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                serve(stream.unwrap(), document);
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/status.json", self.address)
    }

    /// How many connections there were.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn serve(mut stream: TcpStream, document: &str) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut lines = BufReader::new(&stream).lines();
    let request = lines.next().expect("a request line").unwrap();
    // Closing a connection with unread bytes would reset it, and the answer with it.
    for line in lines {
        if line.unwrap().is_empty() {
            break;
        }
    }
    let status = match request.split(' ').nth(1) {
        Some("/status.json") => "200 OK",
        _ => "404 Not Found",
    };
    let length = document.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{document}"
    )
    .unwrap();
}
