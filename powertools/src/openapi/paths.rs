//! Patterns as path templates, and names for operations.
//!
//! Two patterns that differ in the names of their parameters only are one template, which OpenAPI wants to
//! be there once ("Templated paths with the same hierarchy but different templated names MUST NOT exist").
//! Names mean nothing to a client, so all of them take those of one.

use std::collections::{BTreeMap, BTreeSet};

use super::{DocumentError, Piece, Target};

/// What two templates have in common that OpenAPI cannot tell apart.
pub(super) fn shape(pieces: &[Piece], target: Target) -> String {
    let mut shape = String::new();
    for piece in pieces {
        shape.push('/');
        match piece {
            Piece::Literal(text) => shape.push_str(text),
            Piece::One(_) => shape.push_str("{}"),
            Piece::Rest(_) if target == Target::Plain => shape.push_str("{}"),
            Piece::Rest(_) => shape.push_str("{+}"),
        }
    }
    shape
}

/// The template. API Gateway's greedy parameter is nobody else's: a plain document has an ordinary one.
pub(super) fn template(pieces: &[Piece], target: Target) -> String {
    let mut template = String::new();
    for piece in pieces {
        template.push('/');
        match piece {
            Piece::Literal(text) if target == Target::RestApi => template.push_str(text),
            Piece::Literal(text) => template.push_str(&encoded(text)),
            Piece::One(name) => template.push_str(&format!("{{{name}}}")),
            Piece::Rest(name) if target == Target::Plain => {
                template.push_str(&format!("{{{name}}}"));
            }
            Piece::Rest(name) => template.push_str(&format!("{{{name}+}}")),
        }
    }
    if template.is_empty() {
        template.push('/');
    }
    template
}

/// As a client writes a segment of a path (RFC 3986, `pchar`).
fn encoded(text: &str) -> String {
    const SET: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~')
        .remove(b'!')
        .remove(b'$')
        .remove(b'&')
        .remove(b'\'')
        .remove(b'(')
        .remove(b')')
        .remove(b'*')
        .remove(b'+')
        .remove(b',')
        .remove(b';')
        .remove(b'=')
        .remove(b':')
        .remove(b'@');
    percent_encoding::utf8_percent_encode(text, SET).to_string()
}

/// What a REST API does not take: "Path segments can only contain alphanumeric characters, underscores,
/// hyphens, periods, commas, colons, and curly braces" (API Gateway, important notes for REST APIs).
pub(super) fn refused_segment(pieces: &[Piece]) -> Option<&str> {
    let may = |character: char| character.is_ascii_alphanumeric() || "_-.,:".contains(character);
    pieces.iter().find_map(|piece| match piece {
        Piece::Literal(text) if !text.chars().all(may) => Some(text.as_str()),
        _ => None,
    })
}

/// The names of the parameters, in order.
pub(super) fn parameters(pieces: &[Piece]) -> impl Iterator<Item = &str> {
    pieces.iter().filter_map(|piece| match piece {
        Piece::Literal(_) => None,
        Piece::One(name) | Piece::Rest(name) => Some(name.as_str()),
    })
}

/// What an operation may be called, shortest first.
pub(super) struct Names {
    pub(super) handler: String,
    pub(super) module: Option<String>,
    pub(super) method: String,
}

impl Names {
    /// Of `shop::orders::show`: `show`, in `orders`. A closure has no name, so its pattern is one.
    pub(super) fn of(path: &str, method: &str, pattern: &str) -> Self {
        // Of a generic function's name, what it is generic over is no part.
        let path = path.split('<').next().unwrap_or_default();
        let mut words = path.rsplit("::");
        let last = words.next().unwrap_or_default();
        let handler = if is_word(last) {
            last.to_owned()
        } else {
            let words = pattern.split(|character: char| !character.is_ascii_alphanumeric());
            let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
            format!("{method}_{}", words.join("_"))
                .trim_end_matches('_')
                .to_owned()
        };
        let modules: Vec<_> = words.filter(|word| is_word(word)).collect();
        Self {
            handler,
            // The first one is the crate.
            module: match &modules[..] {
                [nearest, .., _] if is_word(last) => Some((*nearest).to_owned()),
                _ => None,
            },
            method: method.to_owned(),
        }
    }

    fn at(&self, level: usize) -> String {
        let Self {
            handler,
            module,
            method,
        } = self;
        match (level, module) {
            (0, _) | (1, None) => handler.clone(),
            (1, Some(module)) => format!("{module}_{handler}"),
            (_, None) => format!("{handler}_{method}"),
            (_, Some(module)) => format!("{module}_{handler}_{method}"),
        }
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|character| character.is_alphanumeric() || character == '_')
}

/// A name for each operation, none twice: all that would be called alike say more, and at last are counted.
pub(super) fn unique(names: &[Names]) -> Vec<String> {
    let mut levels = vec![0; names.len()];
    for level in 0..2 {
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for (name, level) in names.iter().zip(&levels) {
            *count.entry(name.at(*level)).or_default() += 1;
        }
        for (name, known) in names.iter().zip(&mut levels) {
            if count.get(&name.at(*known)).is_some_and(|count| *count > 1) {
                *known = level + 1;
            }
        }
    }
    let mut taken = BTreeSet::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let names = names.iter().zip(levels).map(|(name, level)| {
        let wanted = name.at(level);
        let count = counts.entry(wanted.clone()).or_insert(1);
        let mut last = wanted.clone();
        while !taken.insert(last.clone()) {
            *count += 1;
            last = format!("{wanted}_{count}");
        }
        last
    });
    names.collect()
}

/// Templates that are one to OpenAPI and two to the router.
pub(super) fn ambiguous(first: &str, second: &str) -> DocumentError {
    DocumentError::Ambiguous {
        first: first.to_owned(),
        second: second.to_owned(),
    }
}
