//! A Runtime API on loopback: `GET …/next`, `POST …/response`, and errors that end the run.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use crate::Error;

/// `GET /hello` of a REST API, with the headers that a browser and API Gateway send.
const EVENT: &str = include_str!("../../fixtures/get_hello.json");
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Api {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    is_over: bool,
    connections: usize,
    /// When the program first asked for an event.
    first_next: Option<Instant>,
    /// How many events are still to be handed out.
    to_send: usize,
    /// How many are expected to be answered.
    to_answer: usize,
    /// When the last event was handed out, and each of those that are not answered yet, by its number.
    last_sent: Option<Instant>,
    sent: HashMap<u64, Instant>,
    /// From each event to its response, and to the next event.
    events_us: Vec<f64>,
    cycles_us: Vec<f64>,
    last_reply: Vec<u8>,
    failure: Option<String>,
}

/// Medians of one round.
pub(crate) struct Round {
    pub(crate) event_us: f64,
    /// All but one in a hundred are faster.
    pub(crate) late_us: f64,
    pub(super) cycle_us: f64,
    pub(crate) per_second: f64,
}

impl Api {
    pub(super) fn start() -> Result<Self, Error> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let served = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&served);
                let mut state = shared.state();
                if state.is_over {
                    break;
                }
                state.connections += 1;
                drop(state);
                thread::spawn(move || {
                    if let Err(error) = shared.serve(stream) {
                        shared.fail(&error.to_string());
                    }
                });
            }
        });
        Ok(Self { address, shared })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn connections(&self) -> usize {
        self.shared.state().connections
    }

    /// When the program asked for its first event.
    pub(super) fn first_next(&self) -> Result<Instant, Error> {
        let state = self.shared.wait(|state| state.first_next.is_some())?;
        Ok(state.first_next.ok_or("it was just there")?)
    }

    /// Hands out so many events, as soon as somebody asks for one.
    pub(super) fn run(&self, events: usize) -> Result<Round, Error> {
        let started = Instant::now();
        let mut state = self.shared.state();
        state.events_us.clear();
        state.cycles_us.clear();
        state.last_sent = None;
        (state.to_send, state.to_answer) = (events, events);
        drop(state);
        self.shared.changed.notify_all();
        let mut state = self.shared.wait(|state| state.to_answer == 0)?;
        let took = started.elapsed().as_secs_f64();
        let mut of_events = std::mem::take(&mut state.events_us);
        of_events.sort_by(f64::total_cmp);
        Ok(Round {
            event_us: of_events[of_events.len() / 2],
            late_us: of_events[of_events.len() * 99 / 100],
            cycle_us: super::median(std::mem::take(&mut state.cycles_us)),
            per_second: events as f64 / took,
        })
    }

    pub(super) fn last_reply(&self) -> String {
        String::from_utf8_lossy(&self.shared.state().last_reply).into_owned()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.shared.state().is_over = true;
        self.shared.changed.notify_all();
        // For the listener to wake up; it may be gone already.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, failure: &str) {
        self.state().failure = Some(failure.to_owned());
        self.changed.notify_all();
    }

    /// The state once something is true of it.
    fn wait(&self, is_there: impl Fn(&State) -> bool) -> Result<MutexGuard<'_, State>, Error> {
        let waits = |state: &mut State| !is_there(state) && state.failure.is_none();
        let waited = self
            .changed
            .wait_timeout_while(self.state(), PATIENCE, waits);
        let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if let Some(failure) = state.failure.take() {
            return Err(failure.into());
        }
        if timeout.timed_out() {
            return Err("the program says nothing".into());
        }
        Ok(state)
    }

    fn serve(&self, stream: TcpStream) -> Result<(), Error> {
        stream.set_nodelay(true)?;
        let mut answers = stream.try_clone()?;
        let mut requests = BufReader::new(stream);
        while let Some((line, body)) = request(&mut requests)? {
            if line.contains("/invocation/next ") {
                let Some(event) = self.next() else {
                    return Ok(());
                };
                answers.write_all(event.as_bytes())?;
            } else if line.contains("/response ") {
                self.answered(&line, body)?;
                answers.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")?;
            } else {
                let body = String::from_utf8_lossy(&body);
                return Err(format!("the program says {line}: {body}").into());
            }
        }
        Ok(())
    }

    /// The answer to `/next`, once there is an event; none if there will be no more.
    fn next(&self) -> Option<String> {
        let now = Instant::now();
        let mut state = self.state();
        if state.first_next.is_none() {
            state.first_next = Some(now);
            self.changed.notify_all();
        }
        let waits = |state: &mut State| state.to_send == 0 && !state.is_over;
        let waited = self.changed.wait_while(state, waits);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.to_send = state.to_send.checked_sub(1)?;
        let number = state.to_send;
        let now = Instant::now();
        if let Some(sent) = state.last_sent.replace(now) {
            state.cycles_us.push(microseconds(now - sent));
        }
        state.sent.insert(number as u64, now);
        drop(state);
        Some(format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
             lambda-runtime-aws-request-id: 00000000-0000-4000-8000-{number:012}\r\n\
             lambda-runtime-deadline-ms: 4102444800000\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:123456789012:function:hello\r\n\
             lambda-runtime-trace-id: Root=1-00000000-000000000000000000000000;Sampled=0\r\n\
             content-length: {}\r\n\r\n{EVENT}",
            EVENT.len()
        ))
    }

    fn answered(&self, line: &str, body: Vec<u8>) -> Result<(), Error> {
        let now = Instant::now();
        let mut state = self.state();
        let id = line.split("/invocation/").nth(1);
        let number = id.and_then(|id| id.get(24..36)?.parse::<u64>().ok());
        let sent = number.and_then(|number| state.sent.remove(&number));
        let sent = sent.ok_or_else(|| format!("an answer to no event: {line}"))?;
        state.events_us.push(microseconds(now - sent));
        state.last_reply = body;
        state.to_answer = state.to_answer.saturating_sub(1);
        if state.to_answer == 0 {
            self.changed.notify_all();
        }
        Ok(())
    }
}

fn microseconds(took: Duration) -> f64 {
    took.as_secs_f64() * 1e6
}

/// The first line and the body of a request; none once the connection is closed.
fn request(from: &mut impl BufRead) -> Result<Option<(String, Vec<u8>)>, Error> {
    let mut first = String::new();
    if from.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut length = 0;
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        if line.starts_with("transfer-encoding:") {
            return Err("a body in chunks, which this API does not read".into());
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok(Some((first.trim_end().to_owned(), body)))
}
