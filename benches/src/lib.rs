//! One bench per question: contestants in one run, their answers checked, one Markdown table.
//!
//! Nothing here knows what is measured. Every contestant has a process of its own, since a logger or an
//! allocator is there once in a process; all live at the same time and work in turns, so that whatever
//! else the machine does hits all of them. Time is a process's processor time.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    io::{self, BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio},
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};

use self::turns::{Turns, quiet};

pub mod growth;
mod guard;
pub mod http;
pub mod logger;
pub mod parameters;
pub mod start;
mod turns;

/// Whatever went wrong; a bench that cannot be trusted stops.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// All of them.
pub const QUESTIONS: &[&Question] = &[&http::QUESTION, &logger::QUESTION, &parameters::QUESTION];

/// The way in which a contestant prints its answer once, for [`Contestant::check`].
pub const ANSWER: &str = "answer";

/// What a contestant does in one way, and how many times are enough to count by.
///
/// # Errors
///
/// When there is no such question, contestant or way.
pub fn set_up(question: &str, contestant: &str, way: &str) -> Result<(Run, u64), Error> {
    if question == growth::NAME {
        return growth::set_up(contestant, way);
    }
    let mut questions = QUESTIONS.iter();
    let question = questions
        .find(|known| known.name == question)
        .ok_or("no such question")?;
    let way = question.way(Some(way))?;
    let contestant = question.contestant(Some(contestant))?;
    Ok(((contestant.start)(way.name), way.times))
}

/// What is asked of all contestants.
#[derive(Debug)]
pub struct Question {
    /// The name of its bench.
    pub name: &'static str,
    /// The question.
    pub text: &'static str,
    /// The ways in which it is asked.
    pub ways: &'static [Way],
    /// Who answers; ratios are to the first.
    pub contestants: &'static [Contestant],
}

/// One way of asking.
#[derive(Debug)]
pub struct Way {
    /// What the table calls it.
    pub name: &'static str,
    /// So many times are enough to warm up by, and to count instructions and allocations by.
    pub times: u64,
}

impl Way {
    /// A way of this name, to be counted by so many times.
    #[must_use]
    pub const fn new(name: &'static str, times: u64) -> Self {
        Self { name, times }
    }
}

/// One answer to a question.
#[derive(Debug)]
pub struct Contestant {
    /// What the table calls it.
    pub name: &'static str,
    /// Sets it up, to be asked in one of the question's ways or for its [`ANSWER`].
    pub start: fn(way: &str) -> Run,
    /// Says what is wrong with its answer.
    pub check: fn(answer: &str) -> Result<(), Error>,
    /// The most that it may allocate each time once it is warm, in the first way.
    pub most_allocations: Option<f64>,
}

/// Does what is measured so many times.
pub type Run = Box<dyn FnMut(u64)>;

impl Question {
    /// The contestant of a name.
    pub fn contestant(&self, name: Option<&str>) -> Result<&'static Contestant, Error> {
        let mut contestants = self.contestants.iter();
        Ok(contestants
            .find(|known| Some(known.name) == name)
            .ok_or_else(|| format!("`{}` has no contestant {name:?}", self.name))?)
    }

    /// The way of a name; the first unless one is named.
    pub fn way(&self, name: Option<&str>) -> Result<&'static Way, Error> {
        let mut ways = self.ways.iter();
        Ok(ways
            .find(|known| name.is_none_or(|name| known.name == name))
            .ok_or_else(|| format!("`{}` is not asked in a way {name:?}", self.name))?)
    }
}

/// One bench. `cargo bench` prints the table; `cargo test`, or `--test`, only checks the answers and what
/// is allocated. Words after `--` choose contestants whose names have one of them, and `profile` with a
/// name, and perhaps a way, says where its instructions go. `guard` compares our instructions with those in
/// `instructions.tsv`, and `record` writes them there.
///
/// # Errors
///
/// When an answer is wrong, or a contestant allocates more than it may.
pub fn main(question: &Question, allocations: &str) -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (options, words): (Vec<&str>, Vec<&str>) = arguments
        .iter()
        .map(String::as_str)
        .partition(|argument| argument.starts_with("--"));
    match words[..] {
        ["work", contestant, way] => return work(question.contestant(Some(contestant))?, way),
        ["times", contestant, way, times] => {
            let mut run = (question.contestant(Some(contestant))?.start)(way);
            run(times.parse()?);
            return Ok(());
        }
        ["guard"] => return guard::check(question),
        ["record"] => return guard::record(question),
        ["profile", contestant] => {
            return profile(question.contestant(Some(contestant))?, question.way(None)?);
        }
        ["profile", contestant, way] => {
            return profile(
                question.contestant(Some(contestant))?,
                question.way(Some(way))?,
            );
        }
        _ => {}
    }
    let mut chosen = Vec::new();
    for (place, contestant) in question.contestants.iter().enumerate() {
        let is_meant = |word: &&str| contestant.name.contains(*word);
        if place == 0 || words.is_empty() || words.iter().any(is_meant) {
            chosen.push(contestant);
        }
    }
    let facts = chosen
        .iter()
        .map(|contestant| Facts::of(question, contestant, allocations))
        .collect::<Result<Vec<_>, _>>()?;
    if options.contains(&"--bench") && !options.contains(&"--test") {
        return table(question, &chosen, &facts);
    }
    let (name, count) = (question.name, facts.len());
    writeln!(
        io::stdout(),
        "{name}: {count} contestants answer as they should"
    )?;
    Ok(())
}

/// Takes numbers of times from standard input, and tells the nanoseconds that each took.
fn work(contestant: &Contestant, way: &str) -> Result<(), Error> {
    let mut run = (contestant.start)(way);
    for times in io::stdin().lines() {
        let times = times?.parse()?;
        let before = processor_time();
        run(times);
        let took = processor_time().saturating_sub(before);
        writeln!(io::stdout(), "{}", took.as_nanos())?;
    }
    Ok(())
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// What needs no repetition to be known of a contestant.
struct Facts {
    /// Of its answers in all ways, if they differ.
    answer_bytes: usize,
    /// How many each time, and their bytes, by way.
    allocations: Vec<(f64, f64)>,
}

impl Facts {
    fn of(question: &Question, contestant: &Contestant, allocations: &str) -> Result<Self, Error> {
        let about = |error: Error| format!("{}: {}: {error}", question.name, contestant.name);
        let answer = said(this()?.args(["times", contestant.name, ANSWER, "1"]))?;
        (contestant.check)(&answer).map_err(about)?;
        let mut counted = Vec::new();
        for way in question.ways {
            let arguments = [question.name, contestant.name, way.name];
            counted.push(allocated(allocations, arguments)?);
        }
        let facts = Self {
            answer_bytes: answer.len(),
            allocations: counted,
        };
        let most = contestant.most_allocations.unwrap_or(f64::INFINITY);
        let (count, _) = facts.allocations[0];
        if count > most {
            let error = format!("allocates {count} times, {most} at most expected");
            return Err(about(error.into()).into());
        }
        Ok(facts)
    }
}

/// How many allocations each time, and their bytes: what the program says of a question, a contestant and a way.
fn allocated(allocations: &str, arguments: [&str; 3]) -> Result<(f64, f64), Error> {
    let said = said(program(allocations).args(arguments))?;
    let (count, bytes) = said.trim().split_once(' ').ok_or("no two counts")?;
    Ok((count.parse()?, bytes.parse()?))
}

/// A program that sees nothing of this one's environment, where loggers look for their settings.
fn program(path: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(path);
    command
        .env_clear()
        // lambda_http puts a REST API's stage before the path otherwise, which no route here has.
        .env("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true")
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command
}

fn this() -> Result<Command, Error> {
    Ok(program(std::env::current_exe()?))
}

/// What a program prints.
fn said(command: &mut Command) -> Result<String, Error> {
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The instructions of one time, if there is valgrind: the difference between some times and more.
fn instructions(contestant: &str, way: &Way) -> Result<Option<f64>, Error> {
    let count = |times| -> Result<Option<f64>, Error> {
        let Ok(output) = callgrind(contestant, way, times, Path::new("/dev/null")) else {
            return Ok(None);
        };
        let told = String::from_utf8(output.stderr)?;
        let mut lines = told.lines();
        let count = lines.find_map(|line| Some(line.split_once("Collected : ")?.1.trim()));
        Ok(Some(count.ok_or(told.clone())?.parse()?))
    };
    let (some, more) = (count(way.times)?, count(3 * way.times)?);
    Ok(some
        .zip(more)
        .map(|(some, more)| (more - some) / (2 * way.times) as f64))
}

fn callgrind(contestant: &str, way: &Way, times: u64, counts: &Path) -> Result<Output, Error> {
    let mut option = OsString::from("--callgrind-out-file=");
    option.push(counts);
    let output = program("valgrind")
        .args([OsStr::new("--tool=callgrind"), &option])
        .arg(std::env::current_exe()?)
        .args(["times", contestant, way.name, &times.to_string()])
        .output()?;
    Ok(output)
}

/// Prints the functions with the most instructions of their own, what is inlined into them included.
fn profile(contestant: &Contestant, way: &Way) -> Result<(), Error> {
    // So many that setting up does not show.
    let times = 10 * way.times;
    let counts = std::env::temp_dir().join(format!("callgrind.{}", std::process::id()));
    callgrind(contestant.name, way, times, &counts)?;
    let annotated = said(
        program("callgrind_annotate")
            .args(["--threshold=100", "--auto=no"])
            .arg(&counts),
    );
    std::fs::remove_file(&counts)?;
    let mut functions: BTreeMap<&str, u64> = BTreeMap::new();
    let annotated = annotated?;
    for line in annotated.lines() {
        // `1,234 (12.34%)  file:function [object]`, once for each file that has a share in a function.
        let parts = line.trim_start().split_once(" (");
        let Some((count, (_, place))) = parts.and_then(|(count, rest)| {
            let count = count.replace(',', "").parse::<u64>().ok()?;
            Some((count, rest.split_once(")  ")?))
        }) else {
            continue;
        };
        let place = place.split(" [").next().unwrap_or(place);
        let function = place.split_once(':').map_or(place, |(_, name)| name);
        *functions.entry(function).or_default() += count;
    }
    functions.remove("PROGRAM TOTALS");
    let mut functions: Vec<_> = functions.into_iter().collect();
    functions.sort_by_key(|(_, count)| Reverse(*count));
    let mut out = io::stdout().lock();
    writeln!(out, "| instructions | function |\n| ---: | --- |")?;
    for (function, count) in functions.iter().take(25) {
        writeln!(
            out,
            "| {:.0} | `{function}` |",
            *count as f64 / times as f64
        )?;
    }
    Ok(())
}

/// A contestant's process in one way.
struct Worker {
    process: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// How many times make a batch.
    times: u64,
    /// Nanoseconds of one time, by round.
    took: Vec<f64>,
}

impl Worker {
    fn start(contestant: &Contestant, way: &Way) -> Result<Self, Error> {
        let mut process = this()?
            .args(["work", contestant.name, way.name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let ask = process.stdin.take().ok_or("no standard input")?;
        let answers = process.stdout.take().ok_or("no standard output")?;
        let mut worker = Self {
            process,
            ask,
            answers: BufReader::new(answers),
            times: 1,
            took: Vec::new(),
        };
        while worker.run()? * (worker.times as f64) < BATCH_NANOSECONDS {
            worker.times *= 2;
        }
        Ok(worker)
    }

    /// One batch: the nanoseconds of one time.
    fn run(&mut self) -> Result<f64, Error> {
        writeln!(self.ask, "{}", self.times)?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        Ok(answer.trim().parse::<f64>()? / self.times as f64)
    }

    fn stop(self) -> Result<(), Error> {
        let Self {
            mut process, ask, ..
        } = self;
        drop(ask);
        process.wait()?;
        Ok(())
    }
}

const BATCH_NANOSECONDS: f64 = 2e6;
const ROUNDS: usize = 101;

fn table(question: &Question, chosen: &[&Contestant], facts: &[Facts]) -> Result<(), Error> {
    let measured = measure(question.ways, chosen)?;
    let mut out = io::stdout().lock();
    writeln!(out, "\n{}\n", question.text)?;
    writeln!(
        out,
        "| way | contestant | ns | ratio | instructions | ratio | allocations / bytes | bytes out |"
    )?;
    writeln!(out, "| --- | --- |{}", " ---: |".repeat(6))?;
    for (number, way) in question.ways.iter().enumerate() {
        let mut first = None;
        for (place, contestant) in chosen.iter().enumerate() {
            let times = &measured[number];
            let (took, floor) = (quiet(&times[place]), quiet(&times[0]));
            let ratio = took / floor;
            write!(
                out,
                "| {} | {} | {took:.1} | {ratio:.2}x |",
                way.name, contestant.name
            )?;
            match instructions(contestant.name, way)? {
                Some(count) => {
                    let ratio = count / *first.get_or_insert(count);
                    write!(out, " {count:.0} | {ratio:.2}x |")?;
                }
                None => write!(out, " – | – |")?,
            }
            let Facts {
                answer_bytes,
                allocations,
            } = &facts[place];
            let (count, bytes) = allocations[number];
            writeln!(out, " {count:.1} / {bytes:.0} | {answer_bytes} |")?;
            out.flush()?;
        }
    }
    Ok(())
}

/// Nanoseconds by way, contestant and round.
fn measure(ways: &[Way], chosen: &[&Contestant]) -> Result<Vec<Vec<Vec<f64>>>, Error> {
    let mut workers = Vec::new();
    for way in ways {
        for contestant in chosen {
            workers.push(Worker::start(contestant, way)?);
        }
    }
    let mut turns = Turns::of(workers.len())?;
    for _ in 0..ROUNDS {
        for &place in turns.next_round() {
            let took = workers[place].run()?;
            workers[place].took.push(took);
        }
    }
    let mut measured = vec![Vec::new(); ways.len()];
    for (place, mut worker) in workers.into_iter().enumerate() {
        let took = std::mem::take(&mut worker.took);
        measured[place / chosen.len()].push(took);
        worker.stop()?;
    }
    Ok(measured)
}
