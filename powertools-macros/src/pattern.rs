//! Reads patterns such as `/orders/{id}` and `/files/{path+}`, and knows every rule about them.
//!
//! The syntax is API Gateway's own, so that one text serves the template and the code. The same
//! file serves the macros (a mistake fails the build) and the router (a mistake fails the start);
//! it therefore needs nothing but `std` and knows neither spans nor requests.

use std::fmt;
use std::ops::Range;

/// A pattern, read and found free of mistakes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// What stands between the slashes. The root, `/`, has none.
    pub(crate) segments: Vec<Segment>,
}

/// One piece of a pattern between two slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    /// Text that a decoded path must repeat.
    Literal(String),
    /// `{name}`: any one segment.
    Parameter(String),
    /// `{name+}`: the rest of the path, one segment or more.
    Greedy(String),
}

/// One mistake in a pattern, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PatternError {
    /// What is wrong.
    pub(crate) mistake: Mistake,
    /// The bytes of the pattern that are wrong. Empty only if the pattern is.
    pub(crate) range: Range<usize>,
}

/// What can be wrong with a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mistake {
    /// There is no text at all.
    Empty,
    /// The first character is not a slash.
    NotAbsolute { pattern: String },
    /// Two slashes in a row.
    EmptySegment,
    /// `.` or `..`.
    DotSegment { segment: String },
    /// A brace without its partner, or braces within braces.
    UnmatchedBraces { segment: String },
    /// Text beside a parameter.
    Mixed { segment: String },
    /// `{}` or `{+}`.
    Unnamed { segment: String },
    /// A character that names are not made of.
    Name { segment: String, character: char },
    /// `{name+}` before the last segment.
    GreedyNotLast { name: String },
    /// A second parameter with the same name.
    Duplicate { name: String },
    /// A parameter as other frameworks write it.
    Foreign { segment: String, ours: String },
    /// An escape such as `%20`.
    Escape { escape: String },
    /// A `%` that no escape can replace.
    Percent,
    /// `?` or `#`.
    NotInPath { character: char },
    /// A control character.
    Control { character: char },
}

impl Pattern {
    /// The names of the parameters, in order.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Literal(_) => None,
            Segment::Parameter(name) | Segment::Greedy(name) => Some(name.as_str()),
        })
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.mistake.fmt(f)
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "the pattern is empty: write `/` for the root"),
            Self::NotAbsolute { pattern } => {
                write!(
                    f,
                    "pattern `{pattern}` must start with `/`: write `/{pattern}`"
                )
            }
            Self::EmptySegment => {
                write!(f, "a segment cannot be empty: write one `/` instead of two")
            }
            Self::DotSegment { segment } => write!(
                f,
                "segment `{segment}` never arrives, because clients resolve it before they send: \
                 write the path that they send"
            ),
            Self::UnmatchedBraces { segment } => write!(
                f,
                "the braces of `{segment}` do not match: a parameter is one name in one pair of \
                 braces, such as `{{id}}`"
            ),
            Self::Mixed { segment } => write!(
                f,
                "`{segment}` mixes text and a parameter: a parameter takes a whole segment, as in \
                 API Gateway, such as `{{name}}`"
            ),
            Self::Unnamed { segment } => {
                write!(f, "parameter `{segment}` needs a name, such as `{{id}}`")
            }
            Self::Name { segment, character } => write!(
                f,
                "`{}` cannot be in the name of `{segment}`: names are made of letters, digits, \
                 `_`, `.`, `:` and `-`",
                character.escape_debug()
            ),
            Self::GreedyNotLast { name } => write!(
                f,
                "`{{{name}+}}` takes the rest of the path, so it must be the last segment"
            ),
            Self::Duplicate { name } => {
                write!(
                    f,
                    "`{{{name}}}` is there twice: give each parameter its own name"
                )
            }
            Self::Foreign { segment, ours } => {
                write!(
                    f,
                    "`{segment}` is another framework's syntax: write `{ours}`"
                )
            }
            Self::Escape { escape } => write!(
                f,
                "`{escape}` never matches, because paths are decoded first: write the decoded \
                 character itself"
            ),
            Self::Percent => write!(
                f,
                "`%` cannot be in a pattern: take the segment with a parameter, such as `{{name}}`"
            ),
            Self::NotInPath { character: '?' } => {
                write!(
                    f,
                    "`?` is never part of a path: read the query with `Query<…>`"
                )
            }
            Self::NotInPath { character } => {
                write!(
                    f,
                    "`{character}` is never part of a path: clients keep what follows it"
                )
            }
            Self::Control { character } => write!(
                f,
                "control character `{}` cannot be in a pattern: take it out",
                character.escape_default()
            ),
        }
    }
}

/// Reads a pattern, or finds all of its mistakes, in the order of the text.
///
/// One trailing slash is ignored: `/orders/` is the pattern `/orders`.
pub(crate) fn parse(text: &str) -> Result<Pattern, Vec<PatternError>> {
    let mut reader = Reader::default();

    if text.is_empty() {
        reader.refuse(0..0, Mistake::Empty);
        return Err(reader.errors);
    }
    // Read on without the slash: what follows has its own mistakes.
    let start = usize::from(text.starts_with('/'));
    if start == 0 {
        let first = text.chars().next().map_or(0, char::len_utf8);
        reader.refuse(
            0..first,
            Mistake::NotAbsolute {
                pattern: text.to_owned(),
            },
        );
    }

    let body = &text[start..];
    if !body.is_empty() {
        let body = body.strip_suffix('/').unwrap_or(body);
        let mut at = start;
        for segment in body.split('/') {
            reader.segment(at, segment, at + segment.len() == start + body.len());
            at += segment.len() + 1;
        }
    }

    if reader.errors.is_empty() {
        Ok(Pattern {
            segments: reader.segments,
        })
    } else {
        Err(reader.errors)
    }
}

/// What has been read so far.
#[derive(Default)]
struct Reader<'a> {
    segments: Vec<Segment>,
    names: Vec<&'a str>,
    errors: Vec<PatternError>,
}

impl<'a> Reader<'a> {
    fn refuse(&mut self, range: Range<usize>, mistake: Mistake) {
        self.errors.push(PatternError { mistake, range });
    }

    /// Reads the segment that starts at byte `at`.
    fn segment(&mut self, at: usize, segment: &'a str, last: bool) {
        let range = at..at + segment.len();
        let whole = || segment.to_owned();

        if segment.is_empty() {
            // Both slashes, since there is nothing between them to point at.
            self.refuse(at - 1..at + 1, Mistake::EmptySegment);
        } else if segment == "." || segment == ".." {
            self.refuse(range, Mistake::DotSegment { segment: whole() });
        } else if !segment.contains(['{', '}']) {
            self.literal(at, segment);
        } else if !braces_match(segment) {
            self.refuse(range, Mistake::UnmatchedBraces { segment: whole() });
        } else if let Some(inner) = parameter(segment) {
            self.parameter(range, inner, last);
        } else {
            self.refuse(range, Mistake::Mixed { segment: whole() });
        }
    }

    fn parameter(&mut self, range: Range<usize>, inner: &'a str, last: bool) {
        let segment = || format!("{{{inner}}}");
        let (name, greedy) = match inner.strip_suffix('+') {
            Some(name) => (name, true),
            None => (inner, false),
        };

        if let Some(rest) = inner.strip_prefix(['*', '+']).filter(|rest| is_name(rest)) {
            let ours = format!("{{{rest}+}}");
            return self.refuse(
                range,
                Mistake::Foreign {
                    segment: segment(),
                    ours,
                },
            );
        }
        if name.is_empty() {
            return self.refuse(range, Mistake::Unnamed { segment: segment() });
        }
        if let Some((index, character)) = name.char_indices().find(|(_, c)| !is_name_character(*c))
        {
            let start = range.start + '{'.len_utf8() + index;
            let mistake = Mistake::Name {
                segment: segment(),
                character,
            };
            return self.refuse(start..start + character.len_utf8(), mistake);
        }

        if self.names.contains(&name) {
            self.refuse(
                range.clone(),
                Mistake::Duplicate {
                    name: name.to_owned(),
                },
            );
        }
        self.names.push(name);
        if greedy && !last {
            self.refuse(
                range,
                Mistake::GreedyNotLast {
                    name: name.to_owned(),
                },
            );
        }
        self.segments.push(match greedy {
            true => Segment::Greedy(name.to_owned()),
            false => Segment::Parameter(name.to_owned()),
        });
    }

    fn literal(&mut self, at: usize, segment: &str) {
        if let Some(ours) = foreign(segment) {
            let mistake = Mistake::Foreign {
                segment: segment.to_owned(),
                ours,
            };
            return self.refuse(at..at + segment.len(), mistake);
        }
        for (index, character) in segment.char_indices() {
            let mistake = match character {
                '%' => escape(&segment[index..]),
                '?' | '#' => Mistake::NotInPath { character },
                _ if character.is_control() => Mistake::Control { character },
                _ => continue,
            };
            let length = match &mistake {
                Mistake::Escape { escape } => escape.len(),
                _ => character.len_utf8(),
            };
            self.refuse(at + index..at + index + length, mistake);
        }
        self.segments.push(Segment::Literal(segment.to_owned()));
    }
}

/// Whether every brace has its partner and none stands within another pair.
fn braces_match(segment: &str) -> bool {
    let mut open = false;
    for character in segment.chars() {
        match (character, open) {
            ('{', false) => open = true,
            ('}', true) => open = false,
            ('{', true) | ('}', false) => return false,
            _ => {}
        }
    }
    !open
}

/// What stands between the braces, if the segment is one pair of them and nothing else.
fn parameter(segment: &str) -> Option<&str> {
    let inner = segment.strip_prefix('{')?.strip_suffix('}')?;
    (!inner.contains(['{', '}'])).then_some(inner)
}

/// How we write what other frameworks write as `:id`, `<id>`, `<int:id>`, `<path..>` or `*rest`.
fn foreign(segment: &str) -> Option<String> {
    let name_or = |name: &str, otherwise: &str| match is_name(name) {
        true => name.to_owned(),
        false => otherwise.to_owned(),
    };

    if segment.contains('*') {
        let name = segment.trim_start_matches([':', '*']);
        return Some(format!("{{{}+}}", name_or(name, "proxy")));
    }
    if let Some(name) = segment.strip_prefix(':') {
        return Some(format!("{{{}}}", name_or(name, "id")));
    }
    let inner = segment.strip_prefix('<')?.strip_suffix('>')?;
    let name = inner.rsplit(':').next().unwrap_or(inner);
    Some(match name.strip_suffix("..") {
        Some(name) => format!("{{{}+}}", name_or(name, "proxy")),
        None => format!("{{{}}}", name_or(name, "id")),
    })
}

/// What is wrong with text that starts with `%`.
fn escape(text: &str) -> Mistake {
    let digits = text
        .chars()
        .skip(1)
        .take(2)
        .filter(char::is_ascii_hexdigit)
        .count();
    match text.get(..3) {
        // `%25` stands for `%`, which cannot be written either.
        Some(escape) if digits == 2 && escape != "%25" => Mistake::Escape {
            escape: escape.to_owned(),
        },
        _ => Mistake::Percent,
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_name_character)
}

/// API Gateway's rule for a path part is `^(\{[\w.:-]+\+?\}|[a-zA-Z0-9.:_-]+)$`.
fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | ':' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(text: &str) -> Vec<Segment> {
        parse(text)
            .unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
            .segments
    }

    /// Each mistake with the piece of the text that it points at.
    fn mistakes(text: &str) -> Vec<(Mistake, &str)> {
        let errors = parse(text).expect_err(text);
        errors
            .into_iter()
            .map(|error| (error.mistake, &text[error.range]))
            .collect()
    }

    fn literal(text: &str) -> Segment {
        Segment::Literal(text.to_owned())
    }

    fn named(name: &str) -> Segment {
        Segment::Parameter(name.to_owned())
    }

    fn greedy(name: &str) -> Segment {
        Segment::Greedy(name.to_owned())
    }

    #[test]
    fn the_root_has_no_segments() {
        assert_eq!(segments("/"), []);
    }

    #[test]
    fn a_pattern_is_literals_and_parameters() {
        assert_eq!(
            segments("/shops/{shop}/orders/{id}"),
            [
                literal("shops"),
                named("shop"),
                literal("orders"),
                named("id")
            ]
        );
    }

    #[test]
    fn a_greedy_parameter_may_stand_last() {
        assert_eq!(
            segments("/files/{path+}"),
            [literal("files"), greedy("path")]
        );
        assert_eq!(segments("/{proxy+}"), [greedy("proxy")]);
    }

    #[test]
    fn one_trailing_slash_is_ignored() {
        assert_eq!(segments("/orders/"), segments("/orders"));
        assert_eq!(segments("/orders/{id}/"), segments("/orders/{id}"));
        assert_eq!(segments("/files/{path+}/"), segments("/files/{path+}"));
    }

    #[test]
    fn names_follow_api_gateway() {
        assert_eq!(segments("/{a:b}"), [named("a:b")]);
        assert_eq!(segments("/{a.b-c_D9}"), [named("a.b-c_D9")]);
        assert_eq!(segments("/{_}"), [named("_")]);
    }

    #[test]
    fn literals_may_be_any_decoded_text() {
        assert_eq!(segments("/Grüße an alle"), [literal("Grüße an alle")]);
        assert_eq!(segments("/v1:batch"), [literal("v1:batch")]);
        assert_eq!(segments("/a<b"), [literal("a<b")]);
        assert_eq!(
            segments("/.well-known/..."),
            [literal(".well-known"), literal("...")]
        );
        assert_eq!(segments("/a=1;b,c&d+e@f!"), [literal("a=1;b,c&d+e@f!")]);
    }

    #[test]
    fn parameters_are_listed_in_order() {
        let pattern = parse("/{b}/x/{a}/{rest+}").expect("a good pattern");

        assert_eq!(pattern.parameters().collect::<Vec<_>>(), ["b", "a", "rest"]);
    }

    #[test]
    fn an_empty_pattern_is_refused() {
        assert_eq!(mistakes(""), [(Mistake::Empty, "")]);
    }

    #[test]
    fn a_pattern_must_start_with_a_slash() {
        let pattern = "orders/{id}".to_owned();
        assert_eq!(
            mistakes("orders/{id}"),
            [(Mistake::NotAbsolute { pattern }, "o")]
        );
        let pattern = "übersicht".to_owned();
        assert_eq!(
            mistakes("übersicht"),
            [(Mistake::NotAbsolute { pattern }, "ü")]
        );
    }

    #[test]
    fn an_empty_segment_is_refused() {
        assert_eq!(mistakes("//"), [(Mistake::EmptySegment, "//")]);
        assert_eq!(mistakes("/a//b"), [(Mistake::EmptySegment, "//")]);
        assert_eq!(mistakes("/a//"), [(Mistake::EmptySegment, "//")]);
        assert_eq!(mistakes("///").len(), 2);
    }

    #[test]
    fn dot_segments_are_refused() {
        let dot = |segment: &str| Mistake::DotSegment {
            segment: segment.to_owned(),
        };
        assert_eq!(mistakes("/a/../."), [(dot(".."), ".."), (dot("."), ".")]);
    }

    #[test]
    fn braces_must_match() {
        for text in ["{id", "id}", "{", "}", "}{", "{{id}}", "{a{b}}", "{a}}"] {
            let pattern = format!("/x/{text}");
            let mistake = Mistake::UnmatchedBraces {
                segment: text.to_owned(),
            };
            assert_eq!(mistakes(&pattern), [(mistake, text)], "{text}");
        }
        assert_eq!(mistakes("/{a/b}").len(), 2);
    }

    #[test]
    fn a_parameter_takes_a_whole_segment() {
        for text in ["{name}.json", "v{n}", "{a}{b}", "{a}-{b}", "{a}+"] {
            let pattern = format!("/{text}");
            let mistake = Mistake::Mixed {
                segment: text.to_owned(),
            };
            assert_eq!(mistakes(&pattern), [(mistake, text)], "{text}");
        }
    }

    #[test]
    fn a_parameter_needs_a_name() {
        let unnamed = |segment: &str| Mistake::Unnamed {
            segment: segment.to_owned(),
        };
        assert_eq!(
            mistakes("/{}/{+}"),
            [(unnamed("{}"), "{}"), (unnamed("{+}"), "{+}")]
        );
    }

    #[test]
    fn a_name_has_no_odd_characters() {
        let name = |segment: &str, character| Mistake::Name {
            segment: segment.into(),
            character,
        };
        assert_eq!(mistakes("/{user id}"), [(name("{user id}", ' '), " ")]);
        assert_eq!(mistakes("/{größe}"), [(name("{größe}", 'ö'), "ö")]);
        assert_eq!(mistakes("/{id?}"), [(name("{id?}", '?'), "?")]);
        assert_eq!(mistakes("/{id:[0-9]+}"), [(name("{id:[0-9]+}", '['), "[")]);
        assert_eq!(mistakes("/{a++}"), [(name("{a++}", '+'), "+")]);
    }

    #[test]
    fn a_greedy_parameter_must_be_last() {
        let mistake = Mistake::GreedyNotLast {
            name: "path".to_owned(),
        };
        assert_eq!(mistakes("/{path+}/edit"), [(mistake, "{path+}")]);
    }

    #[test]
    fn names_are_unique() {
        let mistake = Mistake::Duplicate {
            name: "id".to_owned(),
        };
        assert_eq!(mistakes("/{id}/x/{id}"), [(mistake.clone(), "{id}")]);
        assert_eq!(mistakes("/{id}/x/{id+}"), [(mistake, "{id+}")]);
        assert_eq!(parse("/{id}/x/{id}").unwrap_err()[0].range, 8..12);
    }

    #[test]
    fn other_frameworks_parameters_are_translated() {
        let cases = [
            (":id", "{id}"),
            (":", "{id}"),
            ("<id>", "{id}"),
            ("<int:id>", "{id}"),
            ("<path..>", "{path+}"),
            ("*", "{proxy+}"),
            ("**", "{proxy+}"),
            ("*rest", "{rest+}"),
            (":rest*", "{proxy+}"),
            ("{*rest}", "{rest+}"),
            ("{+rest}", "{rest+}"),
        ];
        for (theirs, ours) in cases {
            let pattern = format!("/x/{theirs}");
            let mistake = Mistake::Foreign {
                segment: theirs.to_owned(),
                ours: ours.to_owned(),
            };
            assert_eq!(mistakes(&pattern), [(mistake, theirs)], "{theirs}");
        }
    }

    #[test]
    fn an_escape_must_be_written_as_the_character() {
        let mistake = |escape: &str| Mistake::Escape {
            escape: escape.to_owned(),
        };
        assert_eq!(
            mistakes("/a%20b%C3"),
            [(mistake("%20"), "%20"), (mistake("%C3"), "%C3")]
        );
    }

    #[test]
    fn a_percent_sign_cannot_be_written_at_all() {
        for text in ["100%", "%2", "%zz", "%ü", "%25"] {
            let pattern = format!("/{text}");
            assert_eq!(mistakes(&pattern), [(Mistake::Percent, "%")], "{text}");
        }
    }

    #[test]
    fn query_fragment_and_control_characters_are_refused() {
        let not_in_path = |character| Mistake::NotInPath { character };
        assert_eq!(
            mistakes("/a?b#c"),
            [(not_in_path('?'), "?"), (not_in_path('#'), "#")]
        );
        assert_eq!(
            mistakes("/a\n"),
            [(Mistake::Control { character: '\n' }, "\n")]
        );
    }

    #[test]
    fn all_mistakes_are_found_at_once_and_in_order() {
        let pieces: Vec<_> = mistakes("a//{b}.json/:c/{}/%41")
            .into_iter()
            .map(|(_, piece)| piece)
            .collect();

        assert_eq!(pieces, ["a", "//", "{b}.json", ":c", "{}", "%41"]);
    }

    #[test]
    fn messages_name_what_was_written_and_say_what_to_do() {
        let cases = [
            ("", "the pattern is empty: write `/` for the root"),
            (
                "orders",
                "pattern `orders` must start with `/`: write `/orders`",
            ),
            (
                "//",
                "a segment cannot be empty: write one `/` instead of two",
            ),
            (
                "/..",
                "segment `..` never arrives, because clients resolve it before they send: write \
                 the path that they send",
            ),
            (
                "/{id",
                "the braces of `{id` do not match: a parameter is one name in one pair of braces, \
                 such as `{id}`",
            ),
            (
                "/{name}.json",
                "`{name}.json` mixes text and a parameter: a parameter takes a whole segment, as \
                 in API Gateway, such as `{name}`",
            ),
            ("/{}", "parameter `{}` needs a name, such as `{id}`"),
            (
                "/{a b}",
                "` ` cannot be in the name of `{a b}`: names are made of letters, digits, `_`, \
                 `.`, `:` and `-`",
            ),
            (
                "/{a+}/b",
                "`{a+}` takes the rest of the path, so it must be the last segment",
            ),
            (
                "/{a}/{a}",
                "`{a}` is there twice: give each parameter its own name",
            ),
            ("/:id", "`:id` is another framework's syntax: write `{id}`"),
            (
                "/%20",
                "`%20` never matches, because paths are decoded first: write the decoded \
                 character itself",
            ),
            (
                "/%",
                "`%` cannot be in a pattern: take the segment with a parameter, such as `{name}`",
            ),
            (
                "/a?b",
                "`?` is never part of a path: read the query with `Query<…>`",
            ),
            (
                "/a#b",
                "`#` is never part of a path: clients keep what follows it",
            ),
            (
                "/\t",
                "control character `\\t` cannot be in a pattern: take it out",
            ),
        ];
        for (pattern, message) in cases {
            let errors = parse(pattern).expect_err(pattern);
            assert_eq!(errors[0].to_string(), message, "{pattern}");
        }
    }

    #[test]
    fn ranges_never_split_a_character() {
        for text in ["ü//ö", "/{ö}ü", "/%ü", "/ü%ü?ü", "/:ü", "/{ü", "/\u{85}ü"] {
            for error in parse(text).expect_err(text) {
                assert!(text.get(error.range.clone()).is_some(), "{text}: {error:?}");
            }
        }
    }
}
