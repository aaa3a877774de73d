//! A browser clicks on a page that asks an API on another origin: `examples/cors-page`.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
    thread,
};

use serde_json::json;

use crate::{Browser, devtools::Page, named};

/// One of the example's two programs, once it listens; it ends with its handle.
struct Program(Child);

impl Program {
    fn start(variable: &str, port: u16, setting: (&str, &str)) -> Self {
        let child = Command::new(named(variable))
            .args(["--port", &port.to_string()])
            .env_remove("AWS_LAMBDA_RUNTIME_API")
            .env(setting.0, setting.1)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn();
        let mut program = Self(child.unwrap());
        let mut output = BufReader::new(program.0.stdout.take().unwrap());
        let mut banner = String::new();
        output.read_line(&mut banner).unwrap();
        assert!(banner.contains(&format!("127.0.0.1:{port}")), "{banner}");
        // Whatever else it prints has to go somewhere, or it would wait for a reader.
        thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        program
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Two free ports. Page and API each have to be told the other's, so neither can choose its own.
fn ports() -> [u16; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

#[test]
fn the_page_counts_its_visits_and_another_origin_does_not() {
    let [page, api] = ports();
    let (page_url, api_url) = (
        format!("http://localhost:{page}"),
        format!("http://localhost:{api}"),
    );
    let _page = Program::start("POWERTOOLS_CORS_PAGE", page, ("API_URL", &api_url));
    let _api = Program::start("POWERTOOLS_CORS_API", api, ("PAGE_ORIGIN", &page_url));

    let address = format!("{page_url}/");
    let browser = Browser::open(&address);
    let mut shown = Page::of(&browser.profile, &address);
    for visits in 1..=3 {
        let told = format!("welcome to Visits, visit {visits}");
        assert_eq!(shown.value("visit('include')"), json!(told));
    }
    // The count is in the cookie, which is not sent now, and which no script sees.
    let told = shown.value("visit('omit')");
    assert_eq!(told, json!("welcome to Visits, visit 1"));
    assert_eq!(shown.value("document.cookie"), json!(""));
    drop(browser);

    let address = format!("http://127.0.0.1:{page}/");
    let browser = Browser::open(&address);
    let mut shown = Page::of(&browser.profile, &address);
    let told = shown.value("visit('include')");
    assert_eq!(
        told,
        json!("The browser did not let us ask: Failed to fetch")
    );
}
