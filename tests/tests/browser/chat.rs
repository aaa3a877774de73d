//! Two browsers chat through the local gateway: `examples/chat`, its page and its WebSocket API.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
};

use serde_json::json;

use crate::{Browser, PATIENCE, devtools::Page, named};

/// The example behind the gateway; ends with its handle.
struct Chat {
    child: Child,
    port: u16,
    lines: mpsc::Receiver<String>,
}

impl Chat {
    fn start(options: &[&str]) -> Self {
        let mut child = Command::new(named("POWERTOOLS_CHAT"))
            .args(["--port", "0"])
            .args(options)
            .env_remove("AWS_LAMBDA_RUNTIME_API")
            .env_remove("CHAT_TABLE")
            .env_remove("CHAT_SOCKET_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (tell, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        let banner = lines.recv_timeout(PATIENCE).unwrap();
        let port = banner.rsplit(" and ws://127.0.0.1:").next().unwrap();
        let port = port
            .parse()
            .unwrap_or_else(|_| panic!("no port in `{banner}`"));
        Self { child, port, lines }
    }

    /// Waits for a line of the terminal with all of these in it.
    fn prints(&self, parts: &[&str]) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).expect("it is printed");
            if parts.iter().all(|part| line.contains(part)) {
                return line;
            }
        }
    }
}

impl Drop for Chat {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody at a browser.
struct Person {
    browser: Browser,
    page: Page,
}

impl Person {
    fn open(chat: &Chat, who: &str) -> Self {
        let address = format!("http://127.0.0.1:{}/?{who}", chat.port);
        let browser = Browser::open(&address);
        let page = Page::of(&browser.profile, &address);
        Self { browser, page }
    }

    fn enters(chat: &Chat, who: &str, name: &str) -> Self {
        let mut person = Self::open(chat, who);
        person.joins(name);
        person.reads(&format!("{name} came into tea"));
        person
    }

    fn joins(&mut self, name: &str) {
        let name = json!(name);
        self.page.value(&format!("at('name').value = {name}"));
        self.page.value("at('join').click()");
    }

    fn clicks(&mut self, button: &str) {
        self.page.value(&format!("at('{button}').click()"));
    }

    fn says(&mut self, text: &str) {
        let text = json!(text);
        self.page.value(&format!("at('text').value = {text}"));
        self.clicks("send");
    }

    /// Waits until a line of the page reads so.
    fn reads(&mut self, line: &str) {
        let line = json!(line);
        self.page.value(&format!(
            "new Promise((done) => {{
               const log = at('log');
               const has = () => [...log.children].some((line) => line.textContent === {line});
               if (has()) return done();
               const watch = new MutationObserver(() => has() && done());
               watch.observe(log, {{ childList: true }});
             }})"
        ));
    }

    /// Every line of the page.
    fn log(&mut self) -> Vec<String> {
        let lines = "[...at('log').children].map((line) => line.textContent)";
        serde_json::from_value(self.page.value(lines)).unwrap()
    }

    /// The browser is gone at once, without a word.
    fn dies(mut self) {
        self.browser.child.kill().unwrap();
        self.browser.child.wait().unwrap();
    }
}

const BOB: &str = "<b>bob</b>";

#[test]
fn two_browsers_chat_and_a_killed_one_is_told_gone() {
    let chat = Chat::start(&[]);
    let mut ann = Person::enters(&chat, "ann", "ann");
    let mut bob = Person::enters(&chat, "bob", BOB);
    ann.reads("<b>bob</b> came into tea");

    ann.says("hello");
    bob.reads("annhello");
    let attack =
        "<img src=x onerror=\"document.title = 'taken'\"><script>document.title = 'taken'</script>";
    bob.says(attack);
    ann.reads(&format!("{BOB}{attack}"));
    let foreign = "document.querySelectorAll('#log img, #log script, #log b b').length";
    assert_eq!(ann.page.value(foreign), 0);
    assert_eq!(ann.page.value("document.title"), "chat");
    ann.clicks("who");
    ann.reads("in tea: <b>bob</b>, ann");

    bob.clicks("leave");
    ann.reads("<b>bob</b> left tea");
    bob.reads("<b>bob</b> left tea");
    ann.says("is anybody there?");
    ann.reads("annis anybody there?");
    assert!(!bob.log().contains(&"annis anybody there?".to_owned()));
    // Who is outside is told so, and heard by nobody.
    bob.page.value("say('message', { text: 'boo' })");
    bob.reads("join the room first");
    bob.page.value("say('message', { text: '' })");
    bob.page.value("say('shout')");
    bob.reads("say `join`, `message`, `leave` or `who` as the `action`");

    bob.joins("bob again");
    ann.reads("bob again came into tea");
    bob.dies();
    ann.reads("bob again left tea");
    chat.prints(&["← 200 DISCONNECT"]);
    ann.clicks("who");
    ann.reads("in tea: ann");
    assert!(!ann.log().iter().any(|line| line.contains("boo")));
}

#[test]
fn who_is_gone_without_being_told_is_forgotten_by_the_next_post() {
    // An API without `$disconnect`: what is best effort may fail to come.
    let routes = "--websocket-route=$connect,join,message,leave,who,$default";
    let chat = Chat::start(&[routes]);
    let mut ann = Person::enters(&chat, "ann", "ann");
    let bob = Person::enters(&chat, "bob", "bob");
    ann.reads("bob came into tea");

    bob.dies();
    ann.says("hello?");
    ann.reads("bob left tea");
    chat.prints(&["← 410 POST /", "@connections/"]);
    ann.clicks("who");
    ann.reads("in tea: ann");
}

/// A page of another site cannot open the socket.
#[test]
fn a_page_elsewhere_is_kept_out() {
    let chat = Chat::start(&[]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || empty_pages(&listener));
    let connects = format!(
        "new Promise((done) => {{
           const socket = new WebSocket('ws://127.0.0.1:{}');
           socket.onopen = () => done('open');
           socket.onerror = () => done('refused');
         }})",
        chat.port
    );
    // Browsers take names below `localhost` for this machine; the gateway does not take them for its own.
    for (host, expected) in [("evil.localhost", "refused"), ("127.0.0.1", "open")] {
        let address = format!("http://{host}:{port}/");
        let browser = Browser::open(&address);
        let mut page = Page::of(&browser.profile, &address);
        assert_eq!(page.value(&connects), expected, "{host}");
    }
}

/// Serves pages with nothing on them.
fn empty_pages(listener: &TcpListener) {
    for stream in listener.incoming().map_while(Result::ok) {
        let mut reader = BufReader::new(stream);
        let mut line = String::from("GET");
        while !line.trim().is_empty() {
            line.clear();
            if reader.read_line(&mut line).is_err() {
                break;
            }
        }
        let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 15\r\n\
                    connection: close\r\n\r\n<title>a</title>";
        let _ = reader.get_mut().write_all(page.as_bytes());
    }
}
