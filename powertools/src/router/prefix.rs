//! Prefixes that are taken off paths: text, by the rules for the literal segments of patterns.

use super::pattern::{self, Mistake, Segment};

/// The segments of a prefix as they stand in a canonical path, without the slashes around them; or
/// everything that is wrong with it.
pub(super) fn literal(prefix: &str) -> Result<String, Vec<String>> {
    let rooted = match prefix.strip_prefix('/') {
        Some(_) => prefix.to_owned(),
        None => format!("/{prefix}"),
    };
    let pattern = pattern::parse(&rooted).map_err(|errors| -> Vec<_> {
        errors
            .into_iter()
            .map(|error| reason(error.mistake))
            .collect()
    })?;
    let texts = pattern.segments.into_iter().map(|segment| match segment {
        Segment::Literal(text) => Ok(text),
        Segment::Parameter(name) => Err(vec![no_parameter(&format!("{{{name}}}"))]),
        Segment::Greedy(name) => Err(vec![no_parameter(&format!("{{{name}+}}"))]),
    });
    Ok(texts.collect::<Result<Vec<_>, _>>()?.join("/"))
}

/// A pattern's mistake in the words of a prefix, where another way of writing a parameter is no help.
fn reason(mistake: Mistake) -> String {
    match mistake {
        Mistake::Percent => {
            "`%` cannot be in a prefix: take it off where the prefix is added".to_owned()
        }
        Mistake::UnmatchedBraces { segment }
        | Mistake::Mixed { segment }
        | Mistake::Unnamed { segment }
        | Mistake::Name { segment, .. }
        | Mistake::Foreign { segment, .. } => no_parameter(&segment),
        Mistake::GreedyNotLast { name } => no_parameter(&format!("{{{name}+}}")),
        Mistake::Duplicate { name } => no_parameter(&format!("{{{name}}}")),
        other => other.to_string(),
    }
}

fn no_parameter(segment: &str) -> String {
    format!("`{segment}` is no text: a prefix has no parameters, give each one that there is")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_its_segments() {
        for (prefix, expected) in [
            ("/pay", "pay"),
            ("pay", "pay"),
            ("/v1/", "v1"),
            ("/shop/v1", "shop/v1"),
            ("/café", "café"),
            ("/a b", "a b"),
            ("/", ""),
            ("", ""),
        ] {
            assert_eq!(literal(prefix).as_deref(), Ok(expected), "{prefix}");
        }
    }

    #[test]
    fn what_no_path_begins_with_is_refused_and_the_reason_helps() {
        for (prefix, expected) in [
            (
                "/caf%C3%A9",
                &["`%C3` never matches", "`%A9` never matches"][..],
            ),
            ("/100%", &["`%` cannot be in a prefix"]),
            ("/{shop}", &["`{shop}` is no text"]),
            ("/{shop}/{rest+}", &["`{shop}` is no text"]),
            ("/{rest+}/x", &["`{rest+}` is no text"]),
            ("/{", &["`{` is no text"]),
            ("/v{n}", &["`v{n}` is no text"]),
            ("/:shop", &["`:shop` is no text"]),
            ("/a//b", &["a segment cannot be empty"]),
            ("//", &["a segment cannot be empty"]),
            ("/a/..", &["`..` never arrives"]),
            ("/a?b", &["`?` is never part of a path"]),
            ("/a\n", &["control character"]),
        ] {
            let reasons = literal(prefix).expect_err(prefix);
            assert_eq!(reasons.len(), expected.len(), "{prefix}: {reasons:?}");
            for (reason, expected) in reasons.iter().zip(expected) {
                assert!(reason.contains(expected), "{prefix}: {reason}");
            }
        }
    }
}
