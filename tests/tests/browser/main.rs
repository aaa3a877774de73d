//! Pages in a real browser: whether it agrees with our CORS when they ask an API on another origin, and
//! whether two of them can chat over WebSockets.
//!
//! `./check browser` names Chromium and the programs in the environment. Without that these tests
//! fail; they never pass unseen.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

#[cfg(test)]
mod chat;
#[cfg(test)]
mod cors_page;
#[cfg(test)]
mod devtools;

const PATIENCE: Duration = Duration::from_secs(60);

/// One row: a page's host, the API's policy, what the page asks, what it is to see.
struct Row {
    page: &'static str,
    policy: &'static str,
    asks: Asks,
    sees: &'static str,
}

#[derive(Clone, Copy)]
struct Asks {
    method: &'static str,
    path: &'static str,
    header: Option<&'static str>,
    credentials: bool,
}

const fn ask(method: &'static str, path: &'static str) -> Asks {
    Asks {
        method,
        path,
        header: None,
        credentials: false,
    }
}

impl Asks {
    const fn with(self, name: &'static str) -> Self {
        Self {
            header: Some(name),
            ..self
        }
    }

    const fn with_credentials(self) -> Self {
        Self {
            credentials: true,
            ..self
        }
    }
}

const fn row(page: &'static str, policy: &'static str, asks: Asks, sees: &'static str) -> Row {
    Row {
        page,
        policy,
        asks,
        sees,
    }
}

const HOME: &str = "127.0.0.1";
const SUB: &str = "www.shop.localhost";
const DEEP: &str = "a.b.shop.localhost";
const BARE: &str = "shop.localhost";
const EVIL: &str = "evilshop.localhost";

const NOTHING: &str = "blocked";
const GET: Asks = ask("GET", "/things");
const PUT: Asks = ask("PUT", "/things");
const POST: Asks = ask("POST", "/things");
const DELETE: Asks = ask("DELETE", "/things");

const ROWS: &[Row] = &[
    // An exact origin, with a header that may be sent and one that may be read.
    row(HOME, "exact", GET, "200 total=3 hidden=null"),
    row(HOME, "exact", PUT, "200 total=null hidden=null"),
    row(
        HOME,
        "exact",
        PUT.with("x-mine"),
        "200 total=null hidden=null",
    ),
    row(HOME, "exact", GET.with("x-other"), NOTHING),
    row(
        HOME,
        "exact",
        GET.with("authorization"),
        "200 total=3 hidden=null",
    ),
    row(HOME, "exact", POST, "409 total=null hidden=null"),
    row(HOME, "exact", DELETE, "500 total=null hidden=null"),
    row(HOME, "exact", ask("PATCH", "/things"), NOTHING),
    row(
        HOME,
        "exact",
        ask("GET", "/nowhere"),
        "404 total=null hidden=null",
    ),
    row(
        HOME,
        "exact",
        ask("DELETE", "/nowhere"),
        "404 total=null hidden=null",
    ),
    row(HOME, "exact", ask("GET", "/private"), NOTHING),
    row(HOME, "exact", GET.with_credentials(), NOTHING),
    row(SUB, "exact", GET, NOTHING),
    row(SUB, "exact", PUT, NOTHING),
    row(SUB, "exact", DELETE, NOTHING),
    // Any origin.
    row(HOME, "any", GET, "200 total=null hidden=null"),
    row(SUB, "any", PUT, "200 total=null hidden=null"),
    row(
        SUB,
        "any",
        GET.with("authorization"),
        "200 total=null hidden=null",
    ),
    row(SUB, "any", GET.with("x-mine"), NOTHING),
    row(SUB, "any", DELETE, "500 total=null hidden=null"),
    row(SUB, "any", GET.with_credentials(), NOTHING),
    // Every subdomain.
    row(SUB, "subdomains", GET, "200 total=null hidden=null"),
    row(DEEP, "subdomains", PUT, "200 total=null hidden=null"),
    row(
        SUB,
        "subdomains",
        ask("GET", "/nowhere"),
        "404 total=null hidden=null",
    ),
    row(BARE, "subdomains", GET, NOTHING),
    row(EVIL, "subdomains", GET, NOTHING),
    row(EVIL, "subdomains", PUT, NOTHING),
    row(HOME, "subdomains", GET, NOTHING),
    // Credentials, and whatever headers are asked for.
    row(
        HOME,
        "credentials",
        GET.with_credentials(),
        "200 total=null hidden=null",
    ),
    row(
        HOME,
        "credentials",
        PUT.with_credentials(),
        "200 total=null hidden=null",
    ),
    row(
        HOME,
        "credentials",
        GET.with("x-any").with_credentials(),
        "200 total=null hidden=null",
    ),
    row(
        HOME,
        "credentials",
        DELETE.with_credentials(),
        "500 total=null hidden=null",
    ),
    row(SUB, "credentials", GET.with_credentials(), NOTHING),
];

#[test]
fn the_browser_lets_pages_read_what_the_policy_says_and_nothing_else() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let pages = listener.local_addr().unwrap().port();
    let mut policies: Vec<&str> = ROWS.iter().map(|row| row.policy).collect();
    policies.sort_unstable();
    policies.dedup();
    let apis: Vec<(&str, Api)> = policies
        .into_iter()
        .map(|policy| (policy, Api::start(policy, pages)))
        .collect();
    let (told, verdicts) = mpsc::channel();
    thread::spawn(move || serve(&listener, &told));

    for page in [HOME, SUB, DEEP, BARE, EVIL] {
        let rows: Vec<&Row> = ROWS.iter().filter(|row| row.page == page).collect();
        let cases: Vec<Value> = rows.iter().map(|row| case(row, &apis)).collect();
        PAGE.lock().unwrap().clone_from(&json!(cases).to_string());
        let _browser = Browser::open(&format!("http://{page}:{pages}/"));

        let seen: Vec<String> = verdicts
            .recv_timeout(PATIENCE)
            .expect("the page tells what it saw");

        assert_eq!(seen.len(), rows.len(), "{page}");
        for (row, seen) in rows.iter().zip(seen) {
            let Asks {
                method,
                path,
                header,
                credentials,
            } = row.asks;
            let policy = row.policy;
            let about = format!("{page}, {policy}: {method} {path} {header:?} {credentials}");
            assert_eq!(seen, row.sees, "{about}");
        }
    }
}

fn case(row: &Row, apis: &[(&str, Api)]) -> Value {
    let (_, api) = apis
        .iter()
        .find(|(policy, _)| *policy == row.policy)
        .unwrap();
    json!({
        "url": format!("http://127.0.0.1:{}{}", api.port, row.asks.path),
        "method": row.asks.method,
        "header": row.asks.header,
        "credentials": row.asks.credentials,
    })
}

/// The cases of the page that is open.
static PAGE: std::sync::Mutex<String> = std::sync::Mutex::new(String::new());

/// Serves the page, and takes what it saw.
fn serve(listener: &TcpListener, told: &mpsc::Sender<Vec<String>>) {
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        let told = told.clone();
        thread::spawn(move || answer(stream, &told));
    }
}

fn answer(mut stream: TcpStream, told: &mpsc::Sender<Vec<String>>) -> Option<()> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.to_ascii_lowercase());
    }
    let length = lines
        .iter()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length = length.map_or(0, |length| length.trim().parse().unwrap_or(0));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let first = lines.first()?;
    let page = if first.starts_with("post /verdicts ") {
        told.send(serde_json::from_slice(&body).ok()?).ok()?;
        String::new()
    } else if first.starts_with("get / ") {
        include_str!("page.html").replace("CASES", &PAGE.lock().ok()?)
    } else {
        String::new()
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        page.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(page.as_bytes()).ok()
}

/// The API under one policy, behind the local gateway; ends with its handle.
struct Api {
    child: Child,
    port: u16,
}

impl Api {
    fn start(policy: &str, pages: u16) -> Self {
        let mut child = Command::new(named("POWERTOOLS_SHOP"))
            .args(["--port", "0"])
            .env_remove("AWS_LAMBDA_RUNTIME_API")
            .env("SHOP_POLICY", policy)
            .env("SHOP_PAGES", pages.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut banner = String::new();
        output.read_line(&mut banner).unwrap();
        // Whatever else it prints has to go somewhere, or it would wait for a reader.
        thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        let port = banner
            .split("http://127.0.0.1:")
            .nth(1)
            .and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next())
            .and_then(|port| port.parse().ok())
            .unwrap_or_else(|| panic!("no port in the banner `{banner}`"));
        let api = Self { child, port };
        api.wait();
        api
    }

    fn wait(&self) {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < deadline, "the API does not listen");
            thread::yield_now();
        }
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A browser with a profile of its own; ends with its handle.
struct Browser {
    child: Child,
    profile: std::path::PathBuf,
}

impl Browser {
    fn open(url: &str) -> Self {
        let number = url
            .bytes()
            .fold(0_u64, |sum, byte| sum * 31 % 99_991 + u64::from(byte));
        let name = format!("powertools-browser-{}-{number}", std::process::id());
        let profile = env::temp_dir().join(name);
        let child = Command::new(named("POWERTOOLS_CHROMIUM"))
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
                "--no-proxy-server",
                "--remote-debugging-port=0",
            ])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg(url)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, profile }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

fn named(variable: &str) -> String {
    env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set; `./check browser` sets it"))
}
