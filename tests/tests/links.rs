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
        (&page, "[a](crate::logger#what-a-line-may-be)"),
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
            return no_heading(&headings(text), target, fragment?);
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
            true => headings(&read(&found)),
            false => HashSet::new(),
        };
        no_heading(&known, target, fragment?)
    }

    /// The headings of a page of the docs, or of the doc comments of a module and those below it.
    fn rust_headings(&self, path: &str) -> HashSet<String> {
        let path = path.strip_prefix("crate").unwrap_or(path);
        let names: Vec<&str> = path.split("::").filter(|name| !name.is_empty()).collect();
        if let ["docs", page @ ..] = &*names {
            let docs = self.root.join(RENDERED).join(page.join("/"));
            let pages = [docs.with_extension("md"), docs.join("index.md")];
            let page = pages.into_iter().find(|page| page.exists());
            return page.map(|page| headings(&read(&page))).unwrap_or_default();
        }
        let source = self.root.join("powertools/src");
        let Some(module) = names.first() else {
            return headings(&doc_comments(&read(&source.join("lib.rs"))));
        };
        let mut found = HashSet::new();
        let mut paths = vec![source.join(format!("{module}.rs")), source.join(module)];
        while let Some(path) = paths.pop() {
            if path.is_dir() {
                paths.extend(entries(&path));
            } else if path.exists() {
                found.extend(headings(&doc_comments(&read(&path))));
            }
        }
        found
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
    let mut used = Vec::new();
    for (number, line) in prose(text) {
        let line = without_code(&line);
        if let Some((label, target)) = definition(&line) {
            defined.insert(label);
            found.push((number, Link::To(target)));
            continue;
        }
        let mut rest = &*line;
        while let Some((_, after)) = rest.split_once(']') {
            rest = after;
            if let Some((target, _)) = after.strip_prefix('(').and_then(|at| at.split_once(')')) {
                let target = target.split_whitespace().next().unwrap_or_default();
                found.push((number, Link::To(target.to_owned())));
            } else if let Some((label, _)) =
                after.strip_prefix('[').and_then(|at| at.split_once(']'))
            {
                used.push((number, label.to_owned()));
            }
        }
    }
    let undefined = used
        .into_iter()
        .filter(|(_, label)| !label.is_empty() && !defined.contains(label) && !is_of_rust(label));
    found.extend(undefined.map(|(number, label)| (number, Link::Undefined(label))));
    found
}

/// `[label]: target`
fn definition(line: &str) -> Option<(String, String)> {
    let (label, target) = line.strip_prefix('[')?.split_once("]:")?;
    let target = target.split_whitespace().next()?;
    Some((label.to_owned(), target.to_owned()))
}

/// The lines that are in no block of code, counted from 1.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut is_code = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            lines.push((index + 1, line.to_owned()));
        }
    }
    lines
}

/// A line whose code spans are empty: what stands in them is no link.
fn without_code(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let ticks = rest[start..].len() - rest[start..].trim_start_matches('`').len();
        let (before, opened) = rest.split_at(start);
        let (fence, inside) = opened.split_at(ticks);
        out.push_str(before);
        match inside.find(fence) {
            // What a span would be without its end is text.
            None => {
                rest = inside;
            }
            Some(end) => {
                // A label may be a span: `[`Router`]: crate::router::Router`.
                out.push_str("``");
                rest = &inside[end + ticks..];
            }
        }
    }
    out + rest
}

/// The anchors of a text's headings, as GitHub and rustdoc make them.
fn headings(text: &str) -> HashSet<String> {
    let mut times: HashMap<String, usize> = HashMap::new();
    let mut found = HashSet::new();
    for (_, line) in prose(text) {
        let title = line.trim_start_matches('#');
        if title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let anchor = anchor(title.trim());
        let before = times.entry(anchor.clone()).or_default();
        found.insert(match *before {
            0 => anchor,
            again => format!("{anchor}-{again}"),
        });
        *before += 1;
    }
    found
}

/// Letters, digits, `-` and `_`, in lower case; a blank is a `-`.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        _ => letter
            .is_alphanumeric()
            .then(|| letter.to_ascii_lowercase()),
    });
    kept.collect()
}

/// The text of a file's doc comments.
fn doc_comments(source: &str) -> String {
    let lines = source.lines().map(|line| {
        let line = line.trim_start();
        let text = line
            .strip_prefix("//!")
            .or_else(|| line.strip_prefix("///"));
        text.map(|text| text.strip_prefix(' ').unwrap_or(text))
            .unwrap_or_default()
    });
    lines.collect::<Vec<_>>().join("\n")
}

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
