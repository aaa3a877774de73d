//! The READMEs are true: what they tell a reader to type is typed, and what they show is what comes.
//!
//! `./check examples` runs this for the README of the workspace and of every example, `POWERTOOLS_README=chat
//! ./check examples` for one. What is run and what is compared stands in `readme` and `shown`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

mod readme;
mod shell;
mod shown;

use readme::{Command, Readme, Section, is_banner};
use shell::{BUILD, Running};
use shown::fits;

/// How long a server may take to print what it was made to, after the client has its answer.
const ANSWER: Duration = Duration::from_secs(10);

/// How long a server that is not to end may take to do so and be found out.
const FAREWELL: Duration = Duration::from_millis(300);

/// What the last line that a server shows begins with if the server is to end.
const EXIT: &str = "exit status: ";

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap().to_owned()
}

/// The workspace's README and those of the examples, by the names of their directories.
fn readmes() -> Vec<(String, PathBuf)> {
    let mut found = vec![("powertools".to_owned(), root().join("README.md"))];
    for example in fs::read_dir(root().join("examples")).unwrap() {
        let example = example.unwrap();
        if example.path().join("Cargo.toml").exists() {
            let name = example.file_name().into_string().unwrap();
            found.push((name, example.path().join("README.md")));
        }
    }
    found.sort();
    found
}

/// Types a section's commands one after the other; the error is for a person to read.
fn follow(section: &Section) -> Result<(), String> {
    let mut servers = Vec::new();
    for command in &section.commands {
        let mut running = Running::start(&command.typed, &root());
        if command.is_server() {
            let banners = |lines: &[String]| lines.iter().filter(|line| is_banner(line)).count();
            if !running.read_until(BUILD, |printed| banners(printed) == banners(&command.shown)) {
                return Err(difference(
                    command,
                    "it did not come to listen",
                    &mut running,
                ));
            }
            servers.push((command, running));
            continue;
        }
        match running.end(BUILD) {
            Some(status) if !status.success() => {
                return Err(difference(command, &status.to_string(), &mut running));
            }
            None => return Err(difference(command, "it did not end", &mut running)),
            Some(_) if fits(&command.shown, running.printed()) => {}
            Some(_) => return Err(difference(command, "it printed otherwise", &mut running)),
        }
    }
    // Only now: below a banner a README may show what the other commands make a server print.
    for (command, mut server) in servers {
        let mut shown = command.shown.clone();
        let exit = shown.pop_if(|last| last.starts_with(EXIT));
        shown.push("…".to_owned());
        if !server.read_until(ANSWER, |printed| fits(&shown, printed)) {
            return Err(difference(command, "it printed otherwise", &mut server));
        }
        let ended = server.end(if exit.is_some() { ANSWER } else { FAREWELL });
        let ended = ended.map(|status| status.to_string());
        if ended != exit {
            let what = match (ended, exit) {
                (Some(status), _) => format!("it ended: {status}"),
                (None, _) => "it did not end".to_owned(),
            };
            return Err(difference(command, &what, &mut server));
        }
    }
    Ok(())
}

fn difference(command: &Command, what: &str, running: &mut Running) -> String {
    let Command { line, typed, shown } = command;
    let complaints = running.stop();
    let (shown, printed) = (shown.join("\n"), running.printed().join("\n"));
    format!(
        "line {line}: `{typed}`: {what}\n-- shown:\n{shown}\n-- printed:\n{printed}\n-- standard \
         error:\n{complaints}"
    )
}

/// Types all of a README, and says how much that was.
fn follow_all(text: &str) -> Result<String, String> {
    let readme = Readme::read(text)?;
    if readme.run() == 0 {
        return Err("it has no command that is run: there is no block in `console`".to_owned());
    }
    for section in &readme.sections {
        follow(section)?;
    }
    let (run, left_out) = (readme.run(), readme.left_out);
    Ok(format!("{run} commands run, {left_out} in `sh` not run"))
}

#[test]
fn every_readme_does_what_it_says() {
    // The READMEs all say port 9000, and those of another worktree of this machine do, too.
    let lock = fs::File::create(env::temp_dir().join("powertools-readmes.lock")).unwrap();
    lock.lock().unwrap();
    let only = env::var("POWERTOOLS_README").ok();
    let mut mistakes = Vec::new();
    let mut followed = 0;
    for (name, path) in readmes() {
        if only.as_ref().is_some_and(|only| *only != name) {
            continue;
        }
        followed += 1;
        let text = fs::read_to_string(&path).map_err(|error| error.to_string());
        match text.and_then(|text| follow_all(&text)) {
            Ok(said) => println!("{name}: {said}"),
            Err(mistake) => {
                println!("{name}: {mistake}");
                mistakes.push(name);
            }
        }
    }
    assert_ne!(followed, 0, "no README is called {only:?}");
    assert!(mistakes.is_empty(), "these are not true: {mistakes:?}");
}

fn mistake(text: &str) -> String {
    follow_all(text).unwrap_err()
}

#[test]
fn a_readme_that_is_not_true_is_a_mistake() {
    let none = mistake("```sh\naws configure\n```\n");
    assert!(none.starts_with("it has no command that is run"), "{none}");
    let other = mistake("```console\n$ echo tea\ncake\n```\n");
    let expected = "line 2: `echo tea`: it printed otherwise\n-- shown:\ncake\n-- printed:\ntea\n";
    assert!(other.starts_with(expected), "{other}");
    let failed = mistake("```console\n$ echo tea; echo spilt >&2; exit 3\ntea\n```\n");
    assert!(failed.contains("`: exit status: 3\n"), "{failed}");
    assert!(failed.ends_with("-- standard error:\nspilt\n"), "{failed}");
    let piped = mistake("```console\n$ false | cat\n```\n");
    assert!(piped.contains("exit status: 1"), "{piped}");
    let first = mistake("```console\n$ false; echo tea\ntea\n```\n");
    assert!(first.contains("exit status: 1"), "{first}");
    let bytes = mistake("```console\n$ printf '\\377\\nmore\\n'\n…\n\u{fffd}\n```\n");
    assert!(bytes.contains("-- printed:\n\u{fffd}\nmore\n"), "{bytes}");
    let silent = mistake("```console\n$ true\nit listens on 1\n```\n");
    assert!(silent.contains("it did not come to listen"), "{silent}");
    let quits =
        mistake("```console\n$ echo it listens on 1; echo bye\nit listens on 1\nhello\n```\n");
    assert!(quits.contains("it printed otherwise"), "{quits}");
}

#[test]
fn a_server_runs_to_the_end_of_its_section_unless_it_shows_how_it_ends() {
    let serve = |shown: &str| {
        let server = format!("$ echo it listens on 1; exit 3\nit listens on 1\n{shown}");
        format!("```console\n{server}$ true\n```\n")
    };
    let ended = mistake(&serve(""));
    assert!(ended.contains("`: it ended: exit status: 3\n"), "{ended}");
    let otherwise = mistake(&serve("exit status: 0\n"));
    assert!(
        otherwise.contains("`: it ended: exit status: 3\n"),
        "{otherwise}"
    );
    let followed = follow_all(&serve("exit status: 3\n"));
    assert_eq!(followed.unwrap(), "2 commands run, 0 in `sh` not run");
}

#[test]
fn servers_run_until_the_next_heading_and_what_they_started_ends_with_them() {
    let directory = env::temp_dir().join(format!("readmes-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let fifo = directory.join("fifo");
    let fifo = fifo.to_str().unwrap();
    // The second `cat` has no writer: this test ends only if it is ended.
    let text = format!(
        "```console\n$ mkfifo {fifo}\n$ (echo it listens on 1; cat {fifo}; cat {fifo}) & wait\nit listens on \
         1\nserved\n```\n```console\n$ echo served > {fifo}\n```\n# next\n```console\n$ echo 1\n1\n```\n"
    );
    let followed = follow_all(&text);
    fs::remove_dir_all(&directory).unwrap();
    assert_eq!(followed.unwrap(), "4 commands run, 0 in `sh` not run");
}
