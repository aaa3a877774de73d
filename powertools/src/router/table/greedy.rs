//! Patterns that end in `{name+}`: a tree of segments.
//!
//! By hand and not by matchit, which takes `/{rest+}` and `/{shop}/{rest+}` for a conflict. A lookup
//! visits each node at most once, so no path makes it explode.

use std::{collections::HashMap, ops::Range};

use super::super::pattern::{Pattern, Segment};

#[derive(Default)]
pub(super) struct Greedy {
    literals: HashMap<String, Self>,
    parameter: Option<Box<Self>>,
    rest: Option<usize>,
}

impl Greedy {
    /// Adds a pattern that ends in a greedy segment and has the shape of none that is there.
    pub(super) fn insert(&mut self, pattern: &Pattern, index: usize) {
        let mut node = self;
        for segment in &pattern.segments {
            node = match segment {
                Segment::Literal(text) => node.literals.entry(text.clone()).or_default(),
                Segment::Parameter(_) => node.parameter.get_or_insert_default(),
                Segment::Greedy(_) => break,
            };
        }
        node.rest = Some(index);
    }

    /// The route for a path, and where its parameters' values are: a literal is preferred to a
    /// parameter, a parameter to the rest, segment by segment from the left.
    pub(super) fn at(&self, path: &str) -> Option<(usize, Vec<Range<usize>>)> {
        if self.rest.is_none() && self.parameter.is_none() && self.literals.is_empty() {
            return None;
        }
        let mut captured = Vec::new();
        let index = self.walk(path, 1, &mut captured)?;
        Some((index, captured))
    }

    /// `from` is where the next segment starts.
    fn walk(&self, path: &str, from: usize, captured: &mut Vec<Range<usize>>) -> Option<usize> {
        let rest = path.get(from..).filter(|rest| !rest.is_empty())?;
        let length = rest.find('/').unwrap_or(rest.len());
        let (segment, next) = (&rest[..length], from + length + 1);
        if let Some(child) = self.literals.get(segment)
            && let Some(index) = child.walk(path, next, captured)
        {
            return Some(index);
        }
        if let Some(child) = &self.parameter
            && !segment.is_empty()
        {
            captured.push(from..from + length);
            if let Some(index) = child.walk(path, next, captured) {
                return Some(index);
            }
            captured.pop();
        }
        let index = self.rest?;
        captured.push(from..path.len());
        Some(index)
    }
}
