//! Whether what was printed is what a README shows.
//!
//! `…` stands for what differs each time: within a line for any text, alone on a line for any lines.

const ANY: &str = "…";

/// Whether these lines, and no others, are shown.
///
/// Line by line, with all the places where what is shown so far may end. Trying one place after the other is
/// the road not taken: with a few `…` that takes longer than anybody waits.
pub(crate) fn fits<S: AsRef<str>, P: AsRef<str>>(shown: &[S], printed: &[P]) -> bool {
    // By how many lines of what was printed it may take.
    let mut ends = vec![false; printed.len() + 1];
    ends[0] = true;
    for line in shown.iter().map(AsRef::as_ref) {
        let mut next = vec![false; printed.len() + 1];
        for end in 0..next.len() {
            next[end] = match end.checked_sub(1) {
                before if line.trim() == ANY => ends[end] || before.is_some_and(|at| next[at]),
                Some(before) => ends[before] && line_fits(line, printed[before].as_ref()),
                None => false,
            };
        }
        ends = next;
    }
    ends[printed.len()]
}

/// Each piece between two `…` where it stands first: what comes behind it has the most room then.
fn line_fits(shown: &str, printed: &str) -> bool {
    let pieces: Vec<&str> = shown.split(ANY).collect();
    let [first, middle @ .., last] = &*pieces else {
        return shown == printed;
    };
    let Some(mut rest) = printed.strip_prefix(first) else {
        return false;
    };
    for piece in middle {
        let Some((_, after)) = rest.split_once(piece) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
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
        assert!(fits(&["a…a…a"], &["aaa"]));
        assert!(!fits(&["a…a…a"], &["aa"]));
    }

    #[test]
    fn many_ellipses_take_no_longer_than_few() {
        let printed = vec!["a".repeat(2_000); 200];
        let line = "a…".repeat(500);
        let mut shown: Vec<&str> = ["…", &line].repeat(50);
        assert!(fits(&shown, &printed));
        shown.push("b");
        assert!(!fits(&shown, &printed));
        let no_line = line + "b";
        assert!(!fits(&["…", &no_line].repeat(50), &printed));
    }
}
