//! A server that answers each request as a test says, over a connection of its own.

use std::{
    future::poll_fn,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    pin::Pin,
    sync::{Arc, Mutex},
    task::Poll,
    thread,
    time::Duration,
};

use powertools::parameters::Aws;
use serde_json::{Value as Json, json};

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Asked {
    /// The operation of a JSON protocol: `GetParameter`.
    pub(crate) fn operation(&self) -> &str {
        let target = self.header("x-amz-target").unwrap_or_default();
        target.rsplit('.').next().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// What a request gets.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Is {
        status: u16,
        headers: String,
        body: Vec<u8>,
    },
    /// This much of an answer, and the connection ends.
    Part(&'static str),
    /// This, and then that again and again until nobody reads it any more.
    Endless(&'static str, &'static str),
    /// Nothing for longer than anybody waits.
    Silence,
}

impl Answer {
    pub(crate) fn ok(body: &Json) -> Self {
        Self::with(200, "", body.to_string())
    }

    /// A service's own error.
    pub(crate) fn error(code: &str, message: &str) -> Self {
        let status = if code.starts_with("Internal") {
            500
        } else {
            400
        };
        let body = json!({ "__type": code, "message": message });
        let headers = format!("x-amzn-errortype: {code}\r\nx-amzn-requestid: r-1\r\n");
        Self::with(status, &headers, body.to_string())
    }

    pub(crate) fn with(status: u16, headers: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::Is {
            status,
            headers: headers.to_owned(),
            body: body.into(),
        }
    }
}

/// Listens until the test process ends.
pub(crate) struct Stub {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Stub {
    pub(crate) fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&asked), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || {
                    let stream = stream.unwrap();
                    let Ok(asked) = read(&stream) else { return };
                    seen.lock().unwrap().push(asked.clone());
                    // The client may be gone: it does not wait for ever.
                    let _ = write(stream, answer(&asked));
                });
            }
        });
        Self { address, asked }
    }

    /// The answers one after the other, the last one again and again.
    pub(crate) fn answers(answers: Vec<Answer>) -> Self {
        let next = Mutex::new(0);
        Self::start(move |_| {
            let mut next = next.lock().unwrap();
            let answer = answers[(*next).min(answers.len() - 1)].clone();
            *next += 1;
            answer
        })
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The way to it, without retries and with no patience.
    pub(crate) fn aws(&self) -> Aws {
        quick().endpoint(self.url())
    }
}

/// Polls once what cannot be ready yet.
pub(crate) async fn begin<F: Future>(mut future: Pin<&mut F>) {
    poll_fn(|context| {
        assert!(future.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
}

/// Short enough for tests, long enough for a busy machine to answer in.
pub(crate) fn quick() -> Aws {
    Aws::new()
        .region("eu-west-1")
        .connect_timeout(Duration::from_secs(1))
        .attempt_timeout(Duration::from_secs(4))
        .timeout(Duration::from_secs(8))
        .retries(0)
}

fn read(stream: &TcpStream) -> io::Result<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut head = String::new();
    while reader.read_line(&mut head)? > 2 {}
    let mut asked = Asked {
        line: line.trim_end().to_owned(),
        head,
        body: String::new(),
    };
    let length = asked.header("content-length").unwrap_or("0");
    let mut body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut body)?;
    asked.body = String::from_utf8(body).unwrap();
    Ok(asked)
}

fn write(mut stream: TcpStream, answer: Answer) -> io::Result<()> {
    match answer {
        Answer::Is {
            status,
            headers,
            body,
        } => {
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status} Some Reason\r\n{headers}content-length: {length}\r\n\
                 connection: close\r\n\r\n"
            )?;
            stream.write_all(&body)
        }
        Answer::Part(text) => stream.write_all(text.as_bytes()),
        Answer::Endless(start, part) => {
            stream.write_all(start.as_bytes())?;
            let parts = part.repeat(1000);
            loop {
                stream.write_all(parts.as_bytes())?;
            }
        }
        Answer::Silence => {
            thread::sleep(Duration::from_secs(60));
            Ok(())
        }
    }
}
