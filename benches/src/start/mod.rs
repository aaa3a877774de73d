//! What does a function cost before its first event, and between two?
//!
//! Contestants are whole programs, each built by itself as it would be released, so that no feature leaks from
//! one to another. A Runtime API of our own hands out events on loopback; it is as fast as a thread that
//! waits for a socket, and the same for all.

pub(crate) mod api;
pub(crate) mod child;

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use self::child::Child;
use crate::{
    Error,
    turns::{Turns, quiet},
};

/// One program.
struct Contestant {
    name: &'static str,
    package: &'static str,
    features: &'static str,
    variables: &'static [(&'static str, &'static str)],
    /// What the reply to the event has to have in it.
    reply: &'static str,
}

/// Ratios are to the first.
const CONTESTANTS: &[Contestant] = &[
    hello("axum on lambda_http", "hello-axum"),
    Contestant {
        variables: &[("HELLO_THREADS", "many")],
        ..hello("axum on lambda_http, many threads", "hello-axum")
    },
    hello("lambda_http and a match", "hello-http"),
    hello("lambda_runtime alone", "hello-runtime"),
    hello("powertools", "hello-powertools"),
    hello(
        "powertools, with SSM and Secrets Manager",
        "hello-parameters",
    ),
    Contestant {
        features: "fixed-address",
        ..hello(
            "powertools, with SSM and Secrets Manager, at a fixed address",
            "hello-parameters",
        )
    },
    hello("axum on lambda_http, with SSM", "hello-axum-ssm"),
    Contestant {
        reply: "Not Found",
        ..hello("ping", "ping")
    },
    Contestant {
        features: "aws",
        reply: "Not Found",
        variables: &[("PING_TOKEN_SECRET", "ping/token")],
        ..hello("ping, with SSM and Secrets Manager", "ping")
    },
];

const fn hello(name: &'static str, package: &'static str) -> Contestant {
    Contestant {
        name,
        package,
        features: "",
        variables: &[],
        reply: "hello",
    }
}

impl Contestant {
    fn start(&self, program: &Path) -> Result<Child, Error> {
        Child::start(program, &[], self.variables, self.reply)
    }
}

/// How often each is started.
const STARTS: usize = 201;
/// How often each is handed so many events.
const ROUNDS: usize = 40;
const EVENTS: usize = 2500;

/// Prints the table, of all or of those whose names have one of the words after `--`. Without `--bench`, or
/// with `--test`, it only starts one program, unoptimised, and hands it some events.
///
/// # Errors
///
/// When a program does not build, start or answer as it should.
pub fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (options, words): (Vec<&str>, Vec<&str>) = arguments
        .iter()
        .map(String::as_str)
        .partition(|argument| argument.starts_with("--"));
    if !options.contains(&"--bench") || options.contains(&"--test") {
        return test();
    }
    let is_meant = |contestant: &&Contestant| {
        words.is_empty() || words.iter().any(|word| contestant.name.contains(word))
    };
    let mut programs = Vec::new();
    for contestant in CONTESTANTS.iter().filter(is_meant) {
        let program = build(contestant, true)?;
        // The next one may have the same name.
        let kept = program.with_extension(contestant.name.replace([' ', ','], "_"));
        fs::copy(program, &kept)?;
        programs.push((contestant, kept));
    }
    // Once more, all in one way, which is also that of who unpacks a function. In what pieces the kernel keeps a file
    // depends on who wrote it, and how many page faults a program takes depends on that: one that the linker wrote and
    // one that was copied within the kernel differed by a tenth.
    for (_, program) in &programs {
        fs::write(program, fs::read(program)?)?;
    }
    let measured = measure(&programs)?;
    table(&programs, &measured)
}

fn test() -> Result<(), Error> {
    let contestant = &hello("powertools", "hello-powertools");
    let mut child = contestant.start(&build(contestant, false)?)?;
    child.run(10)?;
    let connections = child.connections();
    child.stop()?;
    if connections != 1 {
        return Err(format!("{connections} connections for 10 events").into());
    }
    writeln!(io::stdout(), "start: a function starts and answers")?;
    Ok(())
}

/// Where the program is.
fn build(contestant: &Contestant, is_release: bool) -> Result<PathBuf, Error> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--locked", "--package", contestant.package]);
    command.args(["--features", contestant.features]);
    command.args(is_release.then_some("--release"));
    let status = command.status()?;
    if !status.success() {
        return Err(format!("{} does not build: {status}", contestant.package).into());
    }
    // This program is `target/release/deps/start-…`, or `target/debug/…` for a test.
    let this = std::env::current_exe()?;
    let target = this.ancestors().nth(3).ok_or("no target directory")?;
    let profile = if is_release { "release" } else { "debug" };
    Ok(target.join(profile).join(contestant.package))
}

/// What was seen of a program.
struct Measured {
    start_us: f64,
    start_kib: u64,
    event_us: f64,
    cycle_us: f64,
    connections: f64,
    end_kib: u64,
}

fn measure(programs: &[(&Contestant, PathBuf)]) -> Result<Vec<Measured>, Error> {
    let mut starts = vec![Vec::new(); programs.len()];
    let mut sizes = vec![Vec::new(); programs.len()];
    let mut turns = Turns::of(programs.len())?;
    for _ in 0..STARTS {
        for &place in turns.next_round() {
            let (contestant, program) = &programs[place];
            let child = contestant.start(program)?;
            starts[place].push(child.started_us());
            sizes[place].push(child.resident_kib()? as f64);
            child.stop()?;
        }
    }
    let mut children = programs
        .iter()
        .map(|(contestant, program)| contestant.start(program))
        .collect::<Result<Vec<_>, _>>()?;
    for child in &mut children {
        // What is made at the first events is made before the clock runs.
        child.run(EVENTS)?;
    }
    let mut rounds: Vec<Vec<api::Round>> = programs.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for &place in turns.next_round() {
            rounds[place].push(children[place].run(EVENTS)?);
        }
    }
    let mut measured = Vec::new();
    for (place, child) in children.into_iter().enumerate() {
        let middle = |of: fn(&api::Round) -> f64| median(rounds[place].iter().map(of).collect());
        let events = (EVENTS * (ROUNDS + 1)) as f64;
        measured.push(Measured {
            start_us: quiet(&starts[place]),
            start_kib: median(std::mem::take(&mut sizes[place])) as u64,
            event_us: middle(|round| round.event_us),
            cycle_us: middle(|round| round.cycle_us),
            connections: child.connections() as f64 / events * 100.0,
            end_kib: child.resident_kib()?,
        });
        child.stop()?;
    }
    Ok(measured)
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn table(programs: &[(&Contestant, PathBuf)], measured: &[Measured]) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "\nThe lower decile of {STARTS} starts, and medians of {ROUNDS} times {EVENTS} events:\n\n\
         | program | binary, KB | ms from exec to the first `/next` | ratio | µs from event to response | ratio \
         | µs from event to event | connections per 100 | resident KiB, start | after {} events |\n\
         | --- |{}",
        EVENTS * (ROUNDS + 1),
        " ---: |".repeat(9)
    )?;
    let first = &measured[0];
    for ((contestant, program), seen) in programs.iter().zip(measured) {
        writeln!(
            out,
            "| {} | {} | {:.2} | {:.2}x | {:.1} | {:.2}x | {:.1} | {:.1} | {} | {} |",
            contestant.name,
            kilobytes(program)?,
            seen.start_us / 1000.0,
            seen.start_us / first.start_us,
            seen.event_us,
            seen.event_us / first.event_us,
            seen.cycle_us,
            seen.connections,
            seen.start_kib,
            seen.end_kib,
        )?;
    }
    Ok(())
}

fn kilobytes(program: &Path) -> Result<u64, Error> {
    Ok(fs::metadata(program)?.len() / 1000)
}
