//! What a README tells its reader to type, and what it says will come.
//!
//! - A block in the language `console` is run: each line after `$ `, and the lines that its last character,
//!   a backslash, takes in.
//! - The lines below a command are all that it prints to standard output.
//! - A command that shows a line with ` listens on ` is a server: it runs until the next heading, unless
//!   the last line it shows is `exit status: ` and which.
//! - A block in the language `sh` is not run: it wants an account, a network or another program.
//!
//! Markdown has more ways to write a block, which readers would take for one that is run. They are refused,
//! so that no command is overlooked.

/// The languages of blocks that are only read.
const READ: [&str; 9] = [
    "", "hcl", "html", "json", "python", "rust", "text", "toml", "yaml",
];

/// A README, as far as it is run.
#[derive(Debug, Default)]
pub(crate) struct Readme {
    pub(crate) sections: Vec<Section>,
    /// How many commands are not to be run.
    pub(crate) left_out: usize,
}

/// What stands between two headings.
#[derive(Debug, Default)]
pub(crate) struct Section {
    pub(crate) commands: Vec<Command>,
}

/// One command and what it shows.
#[derive(Debug, PartialEq)]
pub(crate) struct Command {
    /// Where it stands in the file, counted from 1.
    pub(crate) line: usize,
    pub(crate) typed: String,
    pub(crate) shown: Vec<String>,
}

impl Command {
    pub(crate) fn is_server(&self) -> bool {
        self.shown.iter().any(|line| is_banner(line))
    }
}

/// Whether this line says that a server is ready.
pub(crate) fn is_banner(line: &str) -> bool {
    line.contains(" listens on ")
}

impl Readme {
    /// Reads the text of a file.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut readme = Self::default();
        readme.sections.push(Section::default());
        let mut lines = text.lines().enumerate();
        while let Some((at, line)) = lines.next() {
            if !is_fence(line) {
                if line.starts_with('#') {
                    readme.sections.push(Section::default());
                }
                continue;
            }
            let number = at + 1;
            let language = line.strip_prefix("```");
            let language = language.filter(|language| !language.starts_with('`'));
            let Some(language) = language else {
                return Err(format!(
                    "line {number}: a block starts with ``` at the margin"
                ));
            };
            let mut block = Vec::new();
            loop {
                match lines.next() {
                    Some((_, "```")) => break,
                    Some((at, line)) if line.trim_start().starts_with("```") => {
                        let line = at + 1;
                        return Err(format!(
                            "line {line}: a block ends with ``` and nothing else"
                        ));
                    }
                    Some((at, line)) => block.push((at + 1, line)),
                    None => return Err(format!("line {number}: the block has no end")),
                }
            }
            match language {
                "console" => readme.last_section().extend(typed(&block)?),
                "sh" => readme.left_out += spoken(&block),
                _ if READ.contains(&language) => {}
                _ => {
                    return Err(format!(
                        "line {number}: a block of `{language}`: `console` is run, `sh` is not, and {} are \
                         only read",
                        READ.map(|language| format!("`{language}`")).join(", ")
                    ));
                }
            }
        }
        Ok(readme)
    }

    /// How many commands are to be run.
    pub(crate) fn run(&self) -> usize {
        let commands = self.sections.iter().map(|section| section.commands.len());
        commands.sum()
    }

    fn last_section(&mut self) -> &mut Vec<Command> {
        let last = self.sections.last_mut();
        &mut last.expect("`read` begins with one").commands
    }
}

/// Whether a line begins a block in any of Markdown's ways: in a list, in a quotation, with tildes.
fn is_fence(line: &str) -> bool {
    let is_marker = |letter: char| letter.is_ascii_digit() || " \t>*+-.)".contains(letter);
    let line = line.trim_start_matches(is_marker);
    line.starts_with("```") || line.starts_with("~~~")
}

/// The commands of a block that is run.
fn typed(block: &[(usize, &str)]) -> Result<Vec<Command>, String> {
    let mut commands: Vec<Command> = Vec::new();
    let mut goes_on = false;
    for &(line, text) in block {
        let last = commands.last_mut();
        match (text.strip_prefix("$ "), last) {
            (_, Some(last)) if goes_on => {
                last.typed.push('\n');
                last.typed.push_str(text);
            }
            (Some(typed), _) => commands.push(Command {
                line,
                typed: typed.to_owned(),
                shown: Vec::new(),
            }),
            (None, Some(last)) => last.shown.push(text.to_owned()),
            (None, None) => return Err(format!("line {line}: a block starts with a command")),
        }
        let of_a_command = goes_on || text.starts_with("$ ");
        goes_on = of_a_command && text.ends_with('\\');
    }
    // Blank lines that set the next command apart.
    for command in &mut commands {
        while command.shown.last().is_some_and(String::is_empty) {
            command.shown.pop();
        }
    }
    Ok(commands)
}

/// How many commands a block has that is not run: lines that begin one.
fn spoken(block: &[(usize, &str)]) -> usize {
    let begins = |line: &&(usize, &str)| {
        let text = line.1;
        !text.is_empty() && !text.starts_with([' ', '#'])
    };
    block.iter().filter(begins).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Readme::read(text).unwrap_err()
    }

    #[test]
    fn what_cannot_be_run_is_refused() {
        let open = error("text\n```console\n$ true\n");
        assert_eq!(open, "line 2: the block has no end");
        let prose = error("```console\nhello\n```\n");
        assert_eq!(prose, "line 2: a block starts with a command");
    }

    #[test]
    fn what_resembles_a_block_that_is_run_is_refused() {
        for text in [
            "1. do\n   ```console\n   $ true\n   ```\n",
            "so:\n- ```console\n  $ true\n  ```\n",
            "so:\n> ```console\n> $ true\n> ```\n",
            "so:\n~~~console\n$ true\n~~~\n",
            "so:\n````console\n$ true\n````\n",
        ] {
            let expected = "line 2: a block starts with ``` at the margin";
            assert_eq!(error(text), expected, "{text}");
        }
        for language in [
            "console ",
            " console",
            "console title",
            "bash",
            "shell",
            "Console",
        ] {
            let text = format!("so:\n```{language}\n$ true\n```\n");
            let expected = format!("line 2: a block of `{language}`: `console` is run");
            assert!(error(&text).starts_with(&expected), "{}", error(&text));
        }
        for end in ["``` ", " ```", "````"] {
            let expected = "line 3: a block ends with ``` and nothing else";
            assert_eq!(error(&format!("```console\n$ true\n{end}\n")), expected);
        }
    }

    #[test]
    fn commands_have_the_lines_below_them_and_sections_end_at_headings() {
        let text = "\
# one

```console
$ cargo run
it listens on http://127.0.0.1:9000

$ curl -d '{}' \\
    localhost:9000
{\"a\":1}
```

```toml
# no heading
```

```sh
# a remark
aws lambda invoke \\
    out.json
cat out.json
```

## two

```console
$ true
```
";
        let readme = Readme::read(text).unwrap();
        let sections = &readme.sections;
        assert_eq!(sections.len(), 3, "what is above the first heading, too");
        assert!(sections[0].commands.is_empty());
        let server = Command {
            line: 4,
            typed: "cargo run".to_owned(),
            shown: vec!["it listens on http://127.0.0.1:9000".to_owned()],
        };
        assert!(server.is_server());
        let curl = Command {
            line: 7,
            typed: "curl -d '{}' \\\n    localhost:9000".to_owned(),
            shown: vec!["{\"a\":1}".to_owned()],
        };
        assert!(!curl.is_server());
        assert_eq!(sections[1].commands, [server, curl]);
        assert_eq!(sections[2].commands.len(), 1);
        assert_eq!((readme.run(), readme.left_out), (3, 2));
    }
}
