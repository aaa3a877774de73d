//! Clients that mean no good: whatever they send, the next one is served.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    process::Command,
    time::Instant,
};

use crate::{
    named,
    served::{PATIENCE, Served, parsed, rest},
};

fn start() -> Served {
    let mut command = Command::new(named("POWERTOOLS_HELLO"));
    Served::start(command.args(["--port", "0"]), 1)
}

/// Sends bytes, and reads until the other side closes.
fn send(served: &Served, bytes: &[u8]) -> Vec<u8> {
    let mut stream = served.connect();
    // One that is refused early may find the door closed.
    let _ = stream.write_all(bytes);
    rest(&mut stream)
}

/// A curl right after works.
fn lives(served: &Served, after: &str) {
    let url = format!("http://127.0.0.1:{}/hello/curl", served.ports[0]);
    let curl = Command::new("curl")
        .args([
            "--silent",
            "--show-error",
            "--max-time",
            "20",
            "--noproxy",
            "*",
            &url,
        ])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&curl.stdout);
    let error = String::from_utf8_lossy(&curl.stderr);
    assert_eq!((&*text, &*error), ("hello curl", ""), "after {after}");
}

#[test]
fn what_is_no_http_is_refused_or_closed() {
    let served = start();
    let long = "a".repeat(200_000);
    let many: String = (0..5_000).map(|n| format!("x-{n}: {n}\r\n")).collect();
    let close = "connection: close\r\n";
    let head = format!("POST /hello/x HTTP/1.1\r\nhost: localhost\r\n{close}");
    for (what, bytes, expected) in [
        ("noise", vec![0xff; 10_000], Some(400)),
        (
            "TLS",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
            Some(400),
        ),
        (
            "HTTP/2",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(),
            // It hangs up, or says that it does not speak it.
            None,
        ),
        (
            "a header of 200 KB",
            format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {long}\r\n\r\n").into_bytes(),
            Some(431),
        ),
        (
            "5,000 headers",
            format!("GET / HTTP/1.1\r\nhost: localhost\r\n{many}\r\n").into_bytes(),
            Some(431),
        ),
        (
            "a target of 200 KB",
            format!("GET /{long} HTTP/1.1\r\nhost: localhost\r\n\r\n").into_bytes(),
            None,
        ),
        (
            "a chunk of no size",
            format!("{head}transfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n").into_bytes(),
            Some(400),
        ),
        (
            "a chunk of too large a size",
            format!("{head}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\na").into_bytes(),
            Some(400),
        ),
        (
            "a length that is none",
            format!("{head}content-length: -1\r\n\r\n").into_bytes(),
            Some(400),
        ),
        (
            "two lengths",
            format!("{head}content-length: 1\r\ncontent-length: 2\r\n\r\nab").into_bytes(),
            Some(400),
        ),
        (
            "a length above the limit",
            format!("{head}content-length: 99999999999\r\n\r\na").into_bytes(),
            Some(413),
        ),
        (
            "a null in a header",
            b"GET / HTTP/1.1\r\nhost: localhost\r\nx: a\0b\r\n\r\n".to_vec(),
            Some(400),
        ),
        ("no host", b"GET / HTTP/1.0\r\n\r\n".to_vec(), Some(403)),
        (
            "another host",
            format!("GET / HTTP/1.1\r\nhost: evil.example\r\n{close}\r\n").into_bytes(),
            Some(403),
        ),
        (
            "a page of another site",
            format!(
                "POST /2015-03-31/functions/f/invocations HTTP/1.1\r\nhost: localhost\r\n{close}\
                 origin: https://evil.example\r\ncontent-length: 2\r\n\r\n{{}}"
            )
            .into_bytes(),
            Some(403),
        ),
    ] {
        let status = parsed(&send(&served, &bytes)).map(|(status, _)| status);
        if expected.is_some() {
            assert_eq!(status, expected, "{what}");
        }
        lives(&served, what);
    }
}

#[test]
fn requests_in_a_row_are_answered_in_a_row() {
    let served = start();
    let one = |name: usize| format!("GET /hello/{name} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let mut bytes: String = (0..500).map(one).collect();
    bytes.push_str("GET /hello/last HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let mut stream = served.connect();
    stream.write_all(bytes.as_bytes()).unwrap();
    let answers = String::from_utf8(rest(&mut stream)).unwrap();

    let names = answers.split("hello ").skip(1);
    let names: Vec<&str> = names.map(|rest| rest.lines().next().unwrap()).collect();
    assert_eq!(names.len(), 501);
    assert!(names[7].starts_with('7'), "{}", names[7]);
    assert!(names[500].starts_with("last"), "{}", names[500]);
    lives(&served, "500 requests in a row");
}

#[test]
fn ten_thousand_connections_come_and_go() {
    let served = start();
    for number in 0..10_000 {
        let mut stream = TcpStream::connect(("127.0.0.1", served.ports[0])).unwrap();
        match number % 4 {
            0 => {}
            1 => stream.write_all(b"GET /hello/x HT").unwrap(),
            2 => stream
                .write_all(b"GET /hello/x HTTP/1.1\r\nhost: localhost\r\n\r\n")
                .unwrap(),
            _ => stream.shutdown(Shutdown::Write).unwrap(),
        }
    }
    lives(&served, "10,000 connections");
}

/// Two hundred clients that never end their head, and as many that never send their body, take no place
/// from the others, and the first kind is shown out.
#[test]
fn slow_clients_are_shown_out_and_hold_up_nobody() {
    let served = start();
    let slow = |bytes: &[u8]| {
        let mut stream = served.connect();
        stream.write_all(bytes).unwrap();
        stream
    };
    let started = Instant::now();
    let heads: Vec<_> = (0..200)
        .map(|_| slow(b"GET / HTTP/1.1\r\nhost: loc"))
        .collect();
    let body = b"POST /hello/x HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\n\r\nab";
    let bodies: Vec<_> = (0..200).map(|_| slow(body)).collect();
    lives(&served, "400 slow clients");

    for mut stream in heads {
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
    }
    assert!(started.elapsed() < PATIENCE / 2, "{:?}", started.elapsed());
    drop(bodies);
    lives(&served, "they left");
}
