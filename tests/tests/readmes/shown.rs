//! Whether what was printed is what a README shows.
//!
//! `…` stands for what differs each time: within a line for any text, alone on a line for any lines.

const ANY: &str = "…";

/// Whether these lines, and no others, are shown.
pub(crate) fn fits<S: AsRef<str>, P: AsRef<str>>(shown: &[S], printed: &[P]) -> bool {
    let Some((first, shown_rest)) = shown.split_first() else {
        return printed.is_empty();
    };
    if first.as_ref().trim() == ANY {
        return (0..=printed.len()).any(|after| fits(shown_rest, &printed[after..]));
    }
    printed.split_first().is_some_and(|(line, printed_rest)| {
        line_fits(first.as_ref(), line.as_ref()) && fits(shown_rest, printed_rest)
    })
}

fn line_fits(shown: &str, printed: &str) -> bool {
    let Some((before, after)) = shown.split_once(ANY) else {
        return shown == printed;
    };
    let Some(rest) = printed.strip_prefix(before) else {
        return false;
    };
    let mut ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    ends.any(|at| line_fits(after, &rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_line_one_more_and_one_less_do_not_fit() {
        assert!(!fits(&["a"], &["b"]));
        assert!(!fits(&["a"], &["a", "b"]));
        assert!(!fits(&["a", "b"], &["a"]));
        assert!(!fits(&[] as &[&str], &["a"]));
        assert!(!fits(&["id=…;"], &["id=7"]));
        assert!(!fits(&["…", "b"], &["b", "c"]));
    }

    #[test]
    fn an_ellipsis_is_any_text_and_any_lines() {
        assert!(fits(&["a"], &["a"]));
        assert!(fits(&["id=…; at=…"], &["id=é7; at="]));
        assert!(fits(&["a", "  …", "c"], &["a", "c"]));
        assert!(fits(&["a", "…", "c"], &["a", "b", "c", "c"]));
        assert!(fits(&["…"], &[] as &[&str]));
    }
}
