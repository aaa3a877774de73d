//! Our instructions, compared with those that were committed: a time differs from one machine and hour to the
//! next, a count hardly does.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use crate::{Error, Question, instructions};

/// A question, a contestant, a way and a count in each line; more lines of other questions.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.tsv");

/// How much more is let pass, or less: what is recorded has to be near, or it holds nothing. Other processors have other routines to copy memory, and a compiler's next
/// version moves counts by a percent or two; what a change adds that is worth a look is more.
const TOLERANCE: f64 = 0.05;

/// Fails when one of ours takes more instructions than it did, or so few that they are to be recorded anew.
pub(crate) fn check(question: &Question) -> Result<(), Error> {
    let file = fs::read_to_string(FILE)?;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "| {} | before | now | |\n| --- | ---: | ---: | ---: |",
        question.name
    )?;
    let (mut more, mut less) = (Vec::new(), Vec::new());
    for (who, now) in count(question)? {
        let mut lines = file.lines();
        let line = lines.find_map(|line| line.strip_prefix(&who)?.strip_prefix('\t'));
        let line = line.ok_or_else(|| format!("{FILE} has no line {who:?}; record it"))?;
        let before: f64 = line.parse()?;
        let change = now / before - 1.0;
        let told = who.replace('\t', ", ");
        writeln!(
            out,
            "| {told} | {before} | {now:.0} | {:+.1} % |",
            100.0 * change
        )?;
        if change > TOLERANCE {
            more.push(told);
        } else if change < -TOLERANCE {
            less.push(told);
        }
    }
    let most = 100.0 * TOLERANCE;
    if !more.is_empty() {
        let more = more.join("; ");
        return Err(format!("more than {most} % above what was recorded: {more}").into());
    }
    if !less.is_empty() {
        let less = less.join("; ");
        return Err(format!(
            "more than {most} % below what was recorded, so record it, to be held to it from now on: {less}"
        )
        .into());
    }
    Ok(())
}

/// Puts the counts of a question in place of those that are there.
pub(crate) fn record(question: &Question) -> Result<(), Error> {
    let file = match Path::new(FILE).exists() {
        true => fs::read_to_string(FILE)?,
        false => String::new(),
    };
    let is_other = |line: &&str| line.split('\t').next() != Some(question.name);
    let mut lines: Vec<String> = file.lines().filter(is_other).map(str::to_owned).collect();
    for (who, now) in count(question)? {
        lines.push(format!("{who}\t{now:.0}"));
    }
    lines.sort_unstable();
    fs::write(FILE, lines.join("\n") + "\n")?;
    Ok(())
}

/// The instructions of those contestants that are ours, in each way.
fn count(question: &Question) -> Result<Vec<(String, f64)>, Error> {
    let ours = question.contestants.iter();
    let ours = ours.filter(|contestant| contestant.name.contains("powertools"));
    let mut counts = Vec::new();
    for contestant in ours {
        for way in question.ways {
            let who = format!("{}\t{}\t{}", question.name, contestant.name, way.name);
            let count = instructions(contestant.name, way)?;
            counts.push((who, count.ok_or("there is no valgrind")?));
        }
    }
    Ok(counts)
}
