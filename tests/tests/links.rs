//! Every link of a Markdown file leads somewhere: to a file of this repository, and to a heading in it.
//!
//! What is on the web is not asked: tests need no network. A path of Rust's, such as `crate::router::Router`,
//! is rustdoc's to resolve (`./check doc`); it does not look at what stands behind a `#`, so that is looked at
//! here. A parser of Markdown is the road not taken: our files have fences, code spans and four forms of links.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

/// What rustdoc renders. A link to a file would lead nowhere there, since rustdoc copies none.
const RENDERED: &str = "powertools/docs";

#[test]
fn every_link_of_the_repository_leads_somewhere() {
    let repository = Repository::here();
    let files = repository.markdown();
    let links: usize = files.iter().map(|file| links(&read(file)).len()).sum();
    assert!(
        files.len() > 20 && links > 300,
        "{links} in {} files",
        files.len()
    );

    let broken: Vec<String> = files
        .iter()
        .flat_map(|file| repository.broken(file, &read(file)))
        .collect();
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn a_link_that_leads_nowhere_is_reported() {
    let repository = Repository::here();
    let readme = repository.root.join("README.md");
    let page = repository.root.join("powertools/docs/guide/routing.md");
    for (file, text, reason) in [
        (&readme, "[a](no/such/file.md)", "there is no such file"),
        (&readme, "[a](..)", "is not in the repository"),
        (&readme, "[a](CONTRIBUTING.md#nowhere)", "no heading"),
        (&readme, "[a](check#check)", "no heading"),
        (&readme, "# Here\n[a](#there)", "no heading"),
        (&readme, "[a][b]", "`b` is defined nowhere"),
        (&readme, "[a][b]\n\n[b]: no/such/file", "no such file"),
        (&readme, "![a](no.png)", "there is no such file"),
        (&readme, "[a](crate::router)", "only rustdoc knows"),
        (&page, "[a](crate::docs::platform#nowhere)", "no heading"),
        (&page, "[a](crate::logger#nowhere)", "no heading"),
        (&page, "[a](../platform.md)", "rustdoc copies no files"),
        // What is no code.
        (&readme, "`code\n\n[a](no/such/file)` `", "no such file"),
        (&readme, "``code` [a](no/such/file)", "no such file"),
        (&readme, "````text\n```\n````\n[a](no.md)", "no such file"),
        (&readme, "```text\n~~~\n```\n[a](no.md)", "no such file"),
        (&readme, "1. b\n\n   [a](no.md)", "no such file"),
        (
            &readme,
            "- b\n\n  ```text\n  [b](c)\n  ```\n[a](no.md)",
            "no such file",
        ),
        // All forms of links.
        (&readme, "[a][]", "`a` is defined nowhere"),
        (&readme, "[an\na][]", "`an a` is defined nowhere"),
        (&readme, "[a]\n\n  [A]: no.md", "no such file"),
        (
            &readme,
            "[`a[0]`][]\n\n[`b[0]`]: README.md",
            "defined nowhere",
        ),
        (&readme, "[a\nb](\nno.md 'title')", "no such file"),
        (
            &readme,
            "[a](<no such.md>)",
            "`no such.md`: there is no such file",
        ),
        (&readme, "<a id=x\n  href='no.md'>b</a>", "no such file"),
        (&readme, "<img src=\"no.png\">", "no such file"),
        (&readme, "# Größe Ä\n[a](#größe-Ä)", "no heading"),
        // Of another page than this: of a module below it, of an item of its.
        (&page, "[a](crate::router#what-browsers-send)", "no heading"),
        (
            &page,
            "[a](crate::router::Router#which-route-answers)",
            "no heading",
        ),
    ] {
        let broken = repository.broken(file, text);
        assert_eq!(broken.len(), 1, "{text}: {broken:?}");
        assert!(broken[0].contains(reason), "{text}: {broken:?}");
    }
}

#[test]
fn a_link_that_leads_somewhere_is_not_reported() {
    let repository = Repository::here();
    let readme = repository.root.join("README.md");
    let page = repository.root.join("powertools/docs/guide/routing.md");
    for (file, text) in [
        (
            &readme,
            "[a](CONTRIBUTING.md) [b](examples/ping) [c](./check)",
        ),
        (&readme, "# What's *this*?\n[a](#whats-this)"),
        (&readme, "## One\n## One\n[a](#one) [b](#one-1)"),
        (
            &readme,
            "[a](https://example.com/no#where) [b](mailto:a@b.example)",
        ),
        (&readme, "`[a](no/such/file)` and ``[`a`](b)``"),
        (&readme, "```text\n[a](no/such/file)\n# no heading\n```"),
        (&readme, "[`a`][b] [plain]\n\n[b]: README.md \"title\""),
        (
            &page,
            "[a](crate::router::Router) [b](crate::docs::platform#limits)",
        ),
        (&readme, "`code\n[a](no/such/file)` and `` ` [a](b) ``"),
        (&readme, "````text\n```\n[a](no.md)\n````"),
        (&readme, "~~~text\n```\n[a](no.md)\n~~~"),
        (&readme, "text\n\n    [a](no.md)\n    ```\n\n# B\n[b](#b)"),
        (&readme, "- b\n\n  ```text\n  [a](no.md)\n  ```\n"),
        (
            &readme,
            "[A  b][] [`c`][] [d]\n\n[a b]: README.md\n[`c`]: check",
        ),
        (
            &readme,
            "# Größe Ä\n[a](#größe-ä) <a href=\"#größe-ä\">b</a>",
        ),
        (&readme, "`<a href=\"no.md\">` and \\[a\\](no.md)"),
        (&page, "# Größe Ä\n[a](#größe-Ä)"),
        (&page, "[a](crate::logger#what-a-line-may-be)"),
        (&page, "[a](crate::router::Query#what-browsers-send)"),
        (
            &page,
            "[a](crate::parameters::Provider#what-each-provider-does-with-each-option)",
        ),
        (&page, "[a](crate::docs::guide#the-guide)"),
    ] {
        assert_eq!(repository.broken(file, text), [""; 0], "{text}");
    }
}

/// The guide is a book: each page says where to go on, and the index has them all, in that order.
#[test]
fn the_pages_of_the_guide_follow_one_another() {
    let repository = Repository::here();
    let guide = repository.root.join(RENDERED).join("guide");
    let index = read(&guide.join("index.md"));
    let listed: Vec<&str> = index
        .lines()
        .filter(|line| line.starts_with("| ["))
        .filter_map(|line| line.split_once("crate::docs::guide::")?.1.split_once(')'))
        .map(|(page, _)| page)
        .collect();
    let files = entries(&guide).into_iter();
    let files = files.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()));
    let files: Vec<String> = files.filter(|name| name != "index.md").collect();
    let mut sorted: Vec<String> = listed.iter().map(|page| format!("{page}.md")).collect();
    sorted.sort();
    assert_eq!(files, sorted);

    for (place, page) in listed.iter().enumerate() {
        let text = read(&guide.join(format!("{page}.md")));
        let way = text.lines().find(|line| line.contains("Previous: "));
        let way = way.unwrap_or_else(|| panic!("{page} does not say where to go on"));
        let neighbours = [place.checked_sub(1), Some(place + 1)].map(|at| listed.get(at?));
        for neighbour in neighbours.into_iter().flatten() {
            let link = format!("(crate::docs::guide::{neighbour})");
            assert!(way.contains(&link), "{page} does not lead to {neighbour}");
        }
        assert!(text.lines().count() <= 250, "{page} is too long to read");
    }
}

/// A block without a language is Rust, which rustdoc compiles; so is one that says how it is to be run.
#[test]
fn every_block_of_the_guide_is_compiled_or_says_what_it_is() {
    let others = ["console", "hcl", "json", "python", "text", "toml", "yaml"];
    let guide = Repository::here().root.join(RENDERED).join("guide");
    for path in entries(&guide) {
        let text = read(&path);
        let fences = text.lines().filter_map(|line| line.strip_prefix("```"));
        for language in fences.step_by(2) {
            let is_rust = ["", "no_run", "compile_fail"].contains(&language);
            assert!(
                is_rust || others.contains(&language),
                "{}: a block of `{language}`",
                path.display()
            );
        }
    }
}

struct Repository {
    root: PathBuf,
}

impl Repository {
    fn here() -> Self {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        Self {
            root: root.canonicalize().expect("it is being built"),
        }
    }

    /// Every Markdown file, but for what builds and package managers left.
    fn markdown(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut directories = vec![self.root.clone()];
        while let Some(directory) = directories.pop() {
            for path in entries(&directory) {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let is_ours = !name.starts_with('.') && name != "target" && name != "node_modules";
                if path.is_dir() && is_ours {
                    directories.push(path);
                } else if path.extension().is_some_and(|extension| extension == "md") {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }

    /// What is wrong with the links of a file that has this text.
    fn broken(&self, file: &Path, text: &str) -> Vec<String> {
        let name = file.strip_prefix(&self.root).unwrap_or(file);
        let links = links(text).into_iter();
        let wrong = links.filter_map(|(line, link)| {
            let reason = self.mistake(name, text, &link)?;
            Some(format!("{}:{line}: {reason}", name.display()))
        });
        wrong.collect()
    }

    fn mistake(&self, file: &Path, text: &str, link: &Link) -> Option<String> {
        let target = match link {
            Link::To(target) => target,
            Link::Undefined(label) => return Some(format!("`{label}` is defined nowhere")),
        };
        let (path, fragment) = match target.split_once('#') {
            Some((path, fragment)) => (path, Some(fragment)),
            None => (&**target, None),
        };
        if is_of_rust(path) {
            if !file.starts_with(RENDERED) {
                return Some(format!("`{target}`: only rustdoc knows such a path"));
            }
            return no_heading(&self.rust_headings(path), target, fragment?);
        }
        if path.split_once(':').is_some() {
            return None;
        }
        if path.is_empty() {
            return no_heading(&headings(text, Reader::of(file)), target, fragment?);
        }
        // A picture is put into the page by other means; see `growth.uri.md`.
        if file.starts_with(RENDERED) && !path.ends_with(".svg") {
            return Some(format!(
                "`{target}`: rustdoc copies no files; write `crate::…`, or the name in backticks"
            ));
        }
        let found = self.root.join(file.parent()?).join(path);
        let Ok(found) = found.canonicalize() else {
            return Some(format!("`{target}`: there is no such file"));
        };
        if !found.starts_with(&self.root) {
            return Some(format!("`{target}` is not in the repository"));
        }
        let is_markdown = found.extension().is_some_and(|extension| extension == "md");
        let known = match is_markdown {
            true => headings(&read(&found), Reader::GitHub),
            false => HashSet::new(),
        };
        no_heading(&known, target, fragment?)
    }

    /// The headings of a page of the docs, of a module's page or of an item's.
    fn rust_headings(&self, path: &str) -> HashSet<String> {
        let path = path.strip_prefix("crate").unwrap_or(path);
        let names: Vec<&str> = path.split("::").filter(|name| !name.is_empty()).collect();
        if let ["docs", page @ ..] = &*names {
            let docs = self.root.join(RENDERED).join(page.join("/"));
            let pages = [docs.with_extension("md"), docs.join("index.md")];
            let page = pages.into_iter().find(|page| page.exists());
            let page = page.map(|page| headings(&read(&page), Reader::Rustdoc));
            return page.unwrap_or_default();
        }
        let source = self.root.join("powertools/src");
        let module = source.join(names.join("/"));
        let pages = match &*names {
            [] => [source.join("lib.rs"), source.join("lib.rs")],
            _ => [module.with_extension("rs"), module.join("mod.rs")],
        };
        if let Some(page) = pages.iter().find(|page| page.exists()) {
            return headings(&doc_comments(&read(page), "//!"), Reader::Rustdoc);
        }
        // An item, which its module may have from any file below.
        let [module, .., item] = &*names else {
            return HashSet::new();
        };
        let mut paths = vec![source.join(format!("{module}.rs")), source.join(module)];
        while let Some(path) = paths.pop() {
            if path.is_dir() {
                paths.extend(entries(&path));
            } else if path.exists()
                && let Some(docs) = docs_of_item(&read(&path), item)
            {
                return headings(&docs, Reader::Rustdoc);
            }
        }
        HashSet::new()
    }
}

fn no_heading(known: &HashSet<String>, target: &str, fragment: &str) -> Option<String> {
    (!known.contains(fragment)).then(|| format!("`{target}`: no heading makes this anchor"))
}

fn is_of_rust(path: &str) -> bool {
    path == "crate" || path.contains("::")
}

#[derive(Debug)]
enum Link {
    To(String),
    /// `[text][label]` without a definition of the label, which readers see as it is written.
    Undefined(String),
}

/// The links of a text, with their lines.
fn links(text: &str) -> Vec<(usize, Link)> {
    let mut found = Vec::new();
    let mut defined = HashSet::new();
    let mut prose = String::new();
    for (index, line) in without_code(&prose_lines(text)).iter().enumerate() {
        if let Some((label, target)) = definition(line) {
            defined.insert(label);
            found.push((index + 1, Link::To(target)));
        } else {
            prose.push_str(line);
        }
        prose.push('\n');
    }
    let line = |at: usize| 1 + prose[..at].matches('\n').count();
    for (at, _) in prose.match_indices(']') {
        let after = &prose[at + 1..];
        if prose[..at].ends_with('\\') {
            continue;
        }
        if let Some(target) = after.strip_prefix('(').and_then(destination) {
            found.push((line(at), Link::To(target)));
        } else if let Some((named, _)) = after.strip_prefix('[').and_then(|at| at.split_once(']')) {
            // `[label][]` is short for `[label][label]`. `[label]` alone is a link only where it is defined,
            // and what is defined has been looked at.
            let label = match named {
                "" => label(bracketed(&prose[..at])),
                named => label(named),
            };
            if !defined.contains(&label) && !is_of_rust(&label) {
                found.push((line(at), Link::Undefined(label)));
            }
        }
    }
    for attribute in ["href", "src"] {
        for (at, _) in prose.match_indices(attribute) {
            let is_of_tag = prose[..at].rfind(['<', '>']).is_some_and(|tag| {
                let tag = &prose[tag..at];
                tag.starts_with("<a") || tag.starts_with("<img")
            });
            let value = prose[at + attribute.len()..].trim_start().strip_prefix('=');
            let value = value.filter(|_| is_of_tag).map(str::trim_start);
            let quoted = value.and_then(|value| {
                let quote = value
                    .chars()
                    .next()
                    .filter(|quote| "\"'".contains(*quote))?;
                value[1..].split_once(quote)
            });
            if let Some((target, _)) = quoted {
                found.push((line(at), Link::To(target.to_owned())));
            }
        }
    }
    found
}

/// What a link leads to, from behind its `(`: a title may follow, and parentheses in it come in pairs.
fn destination(text: &str) -> Option<String> {
    let text = text.trim_start();
    if let Some(text) = text.strip_prefix('<') {
        return Some(text.split_once('>')?.0.to_owned());
    }
    let mut open = 0;
    let end = text.find(|letter: char| {
        match letter {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        open < 0 || letter.is_whitespace()
    });
    Some(text[..end?].to_owned())
}

/// What stands behind the `[` that belongs to the end of this text.
fn bracketed(text: &str) -> &str {
    let mut open = 1;
    let start = text.rfind(|letter| {
        match letter {
            ']' => open += 1,
            '[' => open -= 1,
            _ => {}
        }
        open == 0
    });
    start.map_or("", |start| &text[start + 1..])
}

/// A label as others are compared with it: in one case, each gap one blank.
fn label(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// `[label]: target`
fn definition(line: &str) -> Option<(String, String)> {
    let (named, target) = unindented(line)?.strip_prefix('[')?.split_once("]:")?;
    let target = target.split_whitespace().next()?;
    let target = target.trim_start_matches('<').trim_end_matches('>');
    Some((label(named), target.to_owned()))
}

/// The line without its indentation, if that is not a code block's.
fn unindented(line: &str) -> Option<&str> {
    let text = line.trim_start_matches(' ');
    (line.len() - text.len() < 4).then_some(text)
}

/// A fence's character and length, and what follows.
fn fence(line: &str) -> Option<(char, usize, &str)> {
    let text = line.trim_start();
    let mark = text.chars().next().filter(|mark| "`~".contains(*mark))?;
    let rest = text.trim_start_matches(mark);
    let length = text.len() - rest.len();
    // Of a span on one line the rest has the other end.
    (length >= 3 && (mark == '~' || !rest.contains('`'))).then_some((mark, length, rest))
}

/// Every line, those of code blocks empty.
///
/// A block ends with a fence of its own character that is no shorter (CommonMark §4.5). Indentation counts from
/// where the text of the list begins that the line is in; a line that is indented by four more is code (§4.4).
fn prose_lines(text: &str) -> Vec<String> {
    let mut block: Option<(char, usize)> = None;
    let mut margin = 0;
    let mut is_after_blank = true;
    let lines = text.lines().map(|line| {
        let blanks = line.len() - line.trim_start().len();
        let is_blank = blanks == line.len();
        let is_set_apart = std::mem::replace(&mut is_after_blank, is_blank);
        let begins_or_ends = fence(line).filter(|_| blanks < margin + 4);
        match (block, begins_or_ends) {
            (Some((mark, least)), Some((other, length, rest))) => {
                if mark == other && length >= least && rest.trim().is_empty() {
                    block = None;
                }
                return String::new();
            }
            (Some(_), None) => return String::new(),
            (None, Some((mark, length, _))) => {
                block = Some((mark, length));
                return String::new();
            }
            (None, None) => {}
        }
        if is_blank {
            return String::new();
        }
        if is_set_apart && blanks < margin {
            margin = 0;
        }
        if is_set_apart && blanks >= margin + 4 {
            is_after_blank = true;
            return String::new();
        }
        if let Some(width) = list_marker(line) {
            margin = blanks + width;
        }
        line.to_owned()
    });
    lines.collect()
}

/// How wide the marker of a list's item is, with the blanks behind it.
fn list_marker(line: &str) -> Option<usize> {
    let text = line.trim_start();
    let digits = text.len()
        - text
            .trim_start_matches(|letter: char| letter.is_ascii_digit())
            .len();
    let behind = match digits {
        0 => text.strip_prefix(['-', '*', '+'])?,
        _ => text[digits..].strip_prefix(['.', ')'])?,
    };
    let rest = behind.trim_start_matches(' ');
    (rest.len() < behind.len()).then(|| text.len() - rest.len())
}

/// The lines with their code spans masked: what stands in them is no link, though a label may be a span
/// (`[`Router`]: crate::router::Router`), so that its words stay.
fn without_code(lines: &[String]) -> Vec<String> {
    // A span ends in its paragraph, in its cell or not at all.
    let begins = |line: &String| {
        let text = line.trim_start();
        text.is_empty() || text.starts_with(['#', '|', '>']) || list_marker(text).is_some()
    };
    let mut masked = Vec::new();
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let more = match first.trim_start().starts_with(['#', '|']) {
            true => 0,
            false => rest[1..].iter().take_while(|line| !begins(line)).count(),
        };
        let (paragraph, after) = rest.split_at(1 + more);
        let text = spans_masked(&paragraph.join("\n"));
        masked.extend(text.split('\n').map(str::to_owned));
        rest = after;
    }
    masked
}

fn spans_masked(text: &str) -> String {
    let ticks = |text: &str| text.len() - text.trim_start_matches('`').len();
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        let (before, opened) = rest.split_at(start);
        let width = ticks(opened);
        let (marks, inside) = opened.split_at(width);
        out.push_str(before);
        let mut ends = inside.match_indices(marks).map(|(at, _)| at);
        let end = ends.find(|at| !inside[..*at].ends_with('`') && ticks(&inside[*at..]) == width);
        rest = inside;
        match end.filter(|_| !before.ends_with('\\')) {
            // What a span would be without its end is text.
            None => out.push_str(marks),
            Some(end) => {
                // In the place of what would have a meaning.
                out.push_str(&inside[..end].replace(['[', ']', '(', ')', '<', '>'], "\u{fffd}"));
                rest = &inside[end + width..];
            }
        }
    }
    out + rest
}

/// Who makes the anchors.
#[derive(Clone, Copy, PartialEq)]
enum Reader {
    GitHub,
    Rustdoc,
}

impl Reader {
    fn of(file: &Path) -> Self {
        match file.starts_with(RENDERED) {
            true => Self::Rustdoc,
            false => Self::GitHub,
        }
    }

    /// Letters, digits, `-` and `_`, in lower case; a blank is a `-`. rustdoc leaves the case of letters beyond
    /// ASCII (its `slugify`).
    fn anchor(self, title: &str) -> String {
        let title = title.trim();
        let kept = title.chars().filter_map(|letter| match letter {
            ' ' => Some('-'),
            '-' | '_' => Some(letter),
            _ => letter.is_alphanumeric().then_some(letter),
        });
        match self {
            Self::GitHub => kept.collect::<String>().to_lowercase(),
            Self::Rustdoc => kept.collect::<String>().to_ascii_lowercase(),
        }
    }
}

/// The anchors of a text's headings.
fn headings(text: &str, reader: Reader) -> HashSet<String> {
    let mut times: HashMap<String, usize> = HashMap::new();
    let mut found = HashSet::new();
    for line in prose_lines(text) {
        let Some(line) = unindented(&line) else {
            continue;
        };
        let title = line.trim_start_matches('#');
        if !(1..=6).contains(&(line.len() - title.len())) || !title.starts_with(' ') {
            continue;
        }
        let anchor = reader.anchor(title);
        let before = times.entry(anchor.clone()).or_default();
        found.insert(match *before {
            0 => anchor,
            again => format!("{anchor}-{again}"),
        });
        *before += 1;
    }
    found
}

/// The text of a file's doc comments of one kind: `//!` is the module's page, `///` its items'.
fn doc_comments(source: &str, kind: &str) -> String {
    let lines = source.lines().map(|line| {
        let text = line.trim_start().strip_prefix(kind);
        text.map(|text| text.strip_prefix(' ').unwrap_or(text))
            .unwrap_or_default()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The doc comment of a public item, if it is in this file.
fn docs_of_item(source: &str, name: &str) -> Option<String> {
    let mut docs = String::new();
    for line in source.lines() {
        let line = line.trim_start();
        if line.starts_with("///") {
            docs.push_str(line);
            docs.push('\n');
            continue;
        }
        let mut words = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let is_public = words.next() == Some("pub");
        let mut words = words.skip_while(|word| !KINDS.contains(word));
        if is_public && words.next().is_some() && words.next() == Some(name) {
            return Some(doc_comments(&docs, "///"));
        }
        // Attributes may stand between, on several lines.
        if line.ends_with(['{', '}', ';']) {
            docs.clear();
        }
    }
    None
}

/// The words before an item's name.
const KINDS: [&str; 6] = ["struct", "enum", "trait", "type", "fn", "const"];

/// What is in a directory, sorted.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    paths.sort();
    paths
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
