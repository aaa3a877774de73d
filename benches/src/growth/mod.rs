//! What does it cost as things grow: routes, headers, bodies, keys on a line, cached values, invocations at
//! a time?
//!
//! What one thread does is counted in instructions, which are the same whatever else the machine does, and
//! the bench fails where they grow faster than they may. Invocations at a time are on the clock, and nobody
//! fails by a clock.

mod concurrency;
mod http;
mod logger;
mod parameters;
mod plot;

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use self::plot::{Line, Panel};
use crate::{Error, Run, Way, allocated, instructions};

/// The name of the bench.
pub const NAME: &str = "growth";

/// One thing that grows.
struct Axis {
    /// What grows, and what is measured.
    name: &'static str,
    /// What stands below the axis.
    unit: &'static str,
    /// How many of it there are, by name.
    points: &'static [Way],
    series: &'static [Series],
}

/// What becomes of one cost.
struct Series {
    name: &'static str,
    /// Sets it up at a point, and makes sure that it does what it should.
    start: fn(point: &str) -> Run,
    at_most: Growth,
}

/// How fast a cost may grow.
#[derive(Clone, Copy)]
enum Growth {
    /// The last point costs at most this many times the first.
    Flat(f64),
    /// No part of its line between logarithmic axes is steeper than this: 1 is in proportion.
    Slope(f64),
}

/// A tenth more than nothing at all, and than in proportion.
const FLAT: Growth = Growth::Flat(1.1);
const LINEAR: Growth = Growth::Slope(1.1);

const fn series(name: &'static str, start: fn(&str) -> Run, at_most: Growth) -> Series {
    Series {
        name,
        start,
        at_most,
    }
}

/// So many requests that what made the router, whose hash tables differ from one run to the next, does not
/// show; each of the routes that are asked as often.
const MANY: u64 = 512;

const AXES: &[Axis] = &[
    Axis {
        name: "a request to one of many routes",
        unit: "routes",
        points: &[
            Way::new("10", MANY),
            Way::new("50", MANY),
            Way::new("200", MANY),
            Way::new("500", MANY),
            Way::new("1000", MANY),
            Way::new("2000", MANY),
            Way::new("5000", MANY),
        ],
        series: &[
            series("a route that is there", http::hit, FLAT),
            series("none that fits, 404", http::miss, FLAT),
        ],
    },
    Axis {
        name: "making the router, once a start",
        unit: "routes",
        points: &[
            Way::new("10", 1),
            Way::new("50", 1),
            Way::new("200", 1),
            Way::new("500", 1),
            Way::new("1000", 1),
            Way::new("2000", 1),
            Way::new("5000", 1),
        ],
        series: &[series("routes and router", http::table, LINEAR)],
    },
    Axis {
        name: "a request with many headers, the last one read",
        unit: "headers",
        points: &[
            Way::new("5", 50),
            Way::new("10", 50),
            Way::new("25", 50),
            Way::new("50", 50),
            Way::new("100", 50),
        ],
        series: &[
            series("HTTP API", http::http_headers, LINEAR),
            series(
                "REST API, which sends them twice",
                http::rest_headers,
                LINEAR,
            ),
        ],
    },
    Axis {
        name: "a request with a large body",
        unit: "bytes",
        points: &[
            Way::new("1024", 20),
            Way::new("4096", 10),
            Way::new("16384", 4),
            Way::new("65536", 2),
            Way::new("262144", 1),
            Way::new("1048576", 1),
            Way::new("4194304", 1),
        ],
        series: &[
            series("JSON into types", http::json_body, LINEAR),
            series("a text, sent back", http::echoed_body, LINEAR),
        ],
    },
    Axis {
        name: "a log line with many keys",
        unit: "keys",
        points: &[
            Way::new("1", 200),
            Way::new("2", 200),
            Way::new("4", 200),
            Way::new("8", 200),
            Way::new("16", 200),
            Way::new("32", 200),
            Way::new("64", 200),
        ],
        series: &[
            series("fields of the line", logger::own_fields, LINEAR),
            series("keys of the invocation", logger::appended_keys, LINEAR),
            series("as many of both", logger::both, LINEAR),
        ],
    },
    Axis {
        name: "reading one of many cached parameters",
        unit: "parameters",
        points: &[
            Way::new("1", 1000),
            Way::new("10", 1000),
            Way::new("100", 1000),
            Way::new("1000", 1000),
            Way::new("10000", 10_000),
        ],
        series: &[series("a hit", parameters::hit, FLAT)],
    },
    Axis {
        name: "reading many parameters for the first time",
        unit: "parameters",
        points: &[
            Way::new("1", 1),
            Way::new("10", 1),
            Way::new("100", 1),
            Way::new("1000", 1),
            Way::new("10000", 1),
        ],
        series: &[series("all of them", parameters::first_reads, LINEAR)],
    },
];

/// How many a point has of what grows.
fn number(point: &str) -> usize {
    point.parse().expect("points are called by their numbers")
}

/// What a series does at a point, and how many times are enough to count by.
///
/// # Errors
///
/// When there is no such series or point.
pub fn set_up(series: &str, point: &str) -> Result<(Run, u64), Error> {
    for axis in AXES {
        let known = axis.series.iter().find(|known| known.name == series);
        let way = axis.points.iter().find(|way| way.name == point);
        if let (Some(known), Some(way)) = (known, way) {
            return Ok(((known.start)(way.name), way.times));
        }
    }
    Err(format!("`{NAME}` has no series {series:?} with a point {point:?}").into())
}

/// Prints a table of each axis, and fails where a cost grows faster than it may. After `--`, `record`
/// also puts the plots into the crate's documentation, and `guard` leaves out what is on the clock. Without `--bench`, or with `--test`, every series is only set up
/// at its first point and once run there, and so are some invocations at a time.
///
/// # Errors
///
/// When an answer is wrong, or a cost grows too fast.
pub fn main(allocations: &str) -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (options, words): (Vec<&str>, Vec<&str>) = arguments
        .iter()
        .map(String::as_str)
        .partition(|argument| argument.starts_with("--"));
    match words[..] {
        ["times", series, point, times] => {
            let (mut run, _) = set_up(series, point)?;
            run(times.parse()?);
            return Ok(());
        }
        [concurrency::SERVE] => return concurrency::serve(),
        _ => {}
    }
    if !options.contains(&"--bench") || options.contains(&"--test") {
        return test(allocations);
    }
    let mut panels = Vec::new();
    let mut too_fast = Vec::new();
    for axis in AXES {
        panels.push(measure(axis, allocations, &mut too_fast)?);
    }
    if words != ["guard"] {
        panels.extend(concurrency::measure()?);
    }
    if words == ["record"] {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../powertools/docs");
        let svg = plot::svg(&panels);
        fs::write(docs.join("growth.svg"), &svg)?;
        fs::write(docs.join("growth.uri.md"), plot::definition("growth", &svg))?;
    }
    if too_fast.is_empty() {
        return Ok(());
    }
    Err(too_fast.join("; ").into())
}

/// Quick enough for every day: what counts instructions takes minutes.
fn test(allocations: &str) -> Result<(), Error> {
    let mut count = 0;
    for axis in AXES {
        for series in axis.series {
            allocated(allocations, [NAME, series.name, axis.points[0].name])?;
            count += 1;
        }
    }
    concurrency::test()?;
    writeln!(io::stdout(), "{NAME}: {count} series do as they should")?;
    Ok(())
}

/// One table, whose numbers are those of the plot.
fn measure(axis: &Axis, allocations: &str, too_fast: &mut Vec<String>) -> Result<Panel, Error> {
    let mut out = io::stdout().lock();
    writeln!(out, "\nInstructions (allocations), {}:\n", axis.name)?;
    let points: Vec<&str> = axis.points.iter().map(|point| point.name).collect();
    writeln!(out, "| {} | {} | growth |", axis.unit, points.join(" | "))?;
    writeln!(out, "| --- |{}", " ---: |".repeat(points.len() + 1))?;
    let mut lines = Vec::new();
    for series in axis.series {
        write!(out, "| {} |", series.name)?;
        let mut line = Vec::new();
        for point in axis.points {
            let count = instructions(series.name, point)?.ok_or("there is no valgrind")?;
            let (allocated, _) = allocated(allocations, [NAME, series.name, point.name])?;
            write!(out, " {count:.0} ({allocated:.0}) |")?;
            out.flush()?;
            line.push((number(point.name) as f64, count));
        }
        let (grows, most, by) = match series.at_most {
            Growth::Flat(most) => (times(&line), most, "times"),
            Growth::Slope(most) => (slope(&line), most, "slope"),
        };
        writeln!(out, " {by} {grows:.2} |")?;
        if grows > most {
            let (axis, series) = (axis.name, series.name);
            too_fast.push(format!("{axis}, {series}: {by} {grows:.2}, {most} at most"));
        }
        lines.push(Line {
            name: series.name.to_owned(),
            points: line,
        });
    }
    Ok(Panel {
        title: axis.name.to_owned(),
        below: axis.unit.to_owned(),
        beside: "instructions".to_owned(),
        lines,
    })
}

/// How many times as much the last costs as the first.
fn times(line: &[(f64, f64)]) -> f64 {
    line[line.len() - 1].1 / line[0].1
}

/// The steepest slope from one point to the next, between logarithmic axes. Not one slope for all: what every
/// point costs, however few there are, would hide what many cost.
fn slope(line: &[(f64, f64)]) -> f64 {
    let steps = line.windows(2).map(|step| {
        let [(few, before), (many, after)] = [step[0], step[1]];
        (after / before).ln() / (many / few).ln()
    });
    steps.fold(f64::NEG_INFINITY, f64::max)
}
