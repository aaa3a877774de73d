//! Invocations at a time, as on Lambda Managed Instances: this program as the function, a Runtime API on
//! loopback that has an event for whoever asks.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use powertools::router::{Json, Method, Route, Router, Routes};

use super::plot::{Line, Panel};
use crate::{
    Error,
    start::{api::Round, child::Child, median},
};

/// The argument that makes this program the function.
pub(super) const SERVE: &str = "serve";
/// How many milliseconds its handler waits, as for a database.
const WAIT: &str = "GROWTH_WAIT_MS";

const POINTS: [&str; 7] = ["1", "2", "4", "8", "16", "32", "64"];
const ROUNDS: usize = 5;

/// What the handler does, how long it waits, and how many events there are for each invocation at a time.
const HANDLERS: [(&str, &str, usize); 2] = [
    ("answers at once", "0", 1000),
    ("waits for 10 ms", "10", 100),
];

/// Serves as a function does.
pub(super) fn serve() -> Result<(), Error> {
    let wait = std::env::var(WAIT).map_or(Ok(0), |text| text.parse())?;
    let hello = move || async move {
        if wait > 0 {
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
        Json("hello")
    };
    let served = powertools::start(async {
        powertools::logger::init();
        let routes = Routes::new().with(Route::new(Method::GET, "/hello", hello));
        powertools::run(Router::new(routes)?).await
    });
    served.map_err(|error| format!("{error:?}").into())
}

fn start(at_a_time: &str, wait: &str) -> Result<Child, Error> {
    let variables = [("AWS_LAMBDA_MAX_CONCURRENCY", at_a_time), (WAIT, wait)];
    Child::start(&std::env::current_exe()?, &[SERVE], &variables, "hello")
}

/// Eight at a time answer all of their events.
pub(super) fn test() -> Result<(), Error> {
    let mut child = start("8", "0")?;
    child.run(64)?;
    child.stop()
}

/// One table, and the numbers of two plots.
pub(super) fn measure() -> Result<[Panel; 2], Error> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "\nInvocations at a time, medians of {ROUNDS} rounds:\n"
    )?;
    writeln!(
        out,
        "| handler | at a time | answers in a second | µs to an answer | 99 % within | connections |\n\
         | --- |{}",
        " ---: |".repeat(5)
    )?;
    let mut rates = Vec::new();
    let mut times = Vec::new();
    for (handler, wait, events) in HANDLERS {
        let (mut rate, mut usual, mut late) = (Vec::new(), Vec::new(), Vec::new());
        for point in POINTS {
            let at_a_time = super::number(point);
            let mut child = start(point, wait)?;
            child.run(at_a_time * events / 10)?;
            let rounds = (0..ROUNDS).map(|_| child.run(at_a_time.min(8) * events));
            let rounds = rounds.collect::<Result<Vec<_>, _>>()?;
            let middle = |of: fn(&Round) -> f64| median(rounds.iter().map(of).collect());
            let per_second = middle(|round| round.per_second);
            let (event_us, late_us) = (
                middle(|round| round.event_us),
                middle(|round| round.late_us),
            );
            let connections = child.connections();
            child.stop()?;
            writeln!(
                out,
                "| {handler} | {point} | {per_second:.0} | {event_us:.0} | {late_us:.0} | {connections} |"
            )?;
            let at = |value| (at_a_time as f64, value);
            rate.push(at(per_second));
            usual.push(at(event_us));
            late.push(at(late_us));
        }
        let line = |name: String, points| Line { name, points };
        rates.push(line(handler.to_owned(), rate));
        times.push(line(format!("{handler}: half within"), usual));
        times.push(line(format!("{handler}: 99 % within"), late));
    }
    let panel = |title: &str, beside: &str, lines| Panel {
        title: title.to_owned(),
        below: "invocations at a time".to_owned(),
        beside: beside.to_owned(),
        lines,
    };
    Ok([
        panel("answers of one function", "in a second", rates),
        panel("from an event to its answer", "µs", times),
    ])
}
