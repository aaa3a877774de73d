//! One path for everybody: router, CORS, middleware and log lines read what is made here.
//!
//! The canonical path is decoded, segment by segment, with two exceptions that keep its structure
//! unambiguous: a `/` inside a segment stays `%2F`, and a `%` is written `%25`. So it is split on `/`
//! without looking twice, and decoding a captured value undoes exactly those two.

use bytestring::ByteString;
#[cfg(any(test, feature = "router"))]
use percent_encoding::percent_decode_str;

use super::Problem;

/// Who has already decoded the path; `docs/platform.md` has the table and its sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// As the client wrote it: percent sequences are to be undone.
    Encoded,
    /// By the front end: a `%` is a `%`.
    Decoded,
}

/// The canonical form of a path, which starts with `/`. Nothing is resolved: `..` and empty segments are
/// data.
pub(super) fn canonical(path: &ByteString, coding: Coding) -> Result<ByteString, Problem> {
    let path = rooted(path);
    Ok(if !path.contains('%') {
        path
    } else if coding == Coding::Decoded {
        path.replace('%', "%25").into()
    } else {
        undo(&path)?.into()
    })
}

/// A canonical path without one slash at its end.
///
/// The trailing slash makes no difference to API Gateway's own REST routing, and to no source here,
/// so that one handler gives the same answer everywhere.
pub(super) fn without_slash(path: &str) -> &str {
    match path.strip_suffix('/') {
        Some(shorter) if !shorter.is_empty() => shorter,
        _ => path,
    }
}

fn rooted(path: &ByteString) -> ByteString {
    if path.starts_with('/') {
        path.clone()
    } else {
        format!("/{path}").into()
    }
}

fn undo(path: &str) -> Result<String, Problem> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let Some(decoded) = hex_pair(rest) else {
            return Err(Problem::bad_request(
                "the path has a `%` that two hexadecimal digits do not follow",
            ));
        };
        rest = &rest[2..];
        match decoded {
            b'/' => bytes.extend_from_slice(b"%2F"),
            b'%' => bytes.extend_from_slice(b"%25"),
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes)
        .map_err(|_| Problem::bad_request("the path is not UTF-8 once it is decoded"))
}

fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let value = digit(bytes.first()?)? * 16 + digit(bytes.get(1)?)?;
    u8::try_from(value).ok()
}

/// The value of a captured part of a canonical path.
#[cfg(any(test, feature = "router"))]
pub(super) fn value(canonical: &ByteString) -> ByteString {
    if canonical.contains('%') {
        percent_decode_str(canonical)
            .decode_utf8()
            .expect("the two escapes of a canonical path stand for ASCII")
            .into_owned()
            .into()
    } else {
        canonical.clone()
    }
}

/// The path without a leading `/{prefix}`, where that is a whole segment.
pub(super) fn without_segment(path: &ByteString, prefix: &str) -> Option<ByteString> {
    let rest = path.strip_prefix('/')?.strip_prefix(prefix)?;
    match rest.as_bytes().first() {
        None => Some(ByteString::from_static("/")),
        Some(b'/') => Some(path.slice_ref(rest)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(path: &str) -> String {
        canonical(&path.into(), Coding::Encoded)
            .unwrap()
            .to_string()
    }

    #[test]
    fn an_encoded_path_is_decoded_once_and_keeps_its_segments() {
        for (path, expected) in [
            ("/a/b", "/a/b"),
            ("/a%20b", "/a b"),
            ("/caf%C3%A9", "/café"),
            ("/%61dmin", "/admin"),
            ("/a%2Fb/c", "/a%2Fb/c"),
            ("/a%2fb/c", "/a%2Fb/c"),
            ("/%2541", "/%2541"),
            ("/a+b", "/a+b"),
            ("/../a/./b", "/../a/./b"),
            ("//evil.example/x", "//evil.example/x"),
            ("", "/"),
            ("a", "/a"),
            ("/a//", "/a//"),
        ] {
            assert_eq!(encoded(path), expected, "{path}");
        }
    }

    #[test]
    fn one_trailing_slash_makes_no_difference() {
        assert_eq!(without_slash("/a/"), "/a");
        assert_eq!(without_slash("/a//"), "/a/");
        assert_eq!(without_slash("/"), "/");
        assert_eq!(without_slash("//"), "/");
        assert_eq!(without_slash("/a"), "/a");
    }

    #[test]
    fn a_decoded_path_is_not_decoded_again() {
        let path = canonical(&"/a%41/100%".into(), Coding::Decoded).unwrap();

        assert_eq!(path, "/a%2541/100%25");
        assert_eq!(value(&path), "/a%41/100%");
    }

    #[test]
    fn a_broken_escape_or_text_that_is_not_utf_8_is_refused() {
        for path in [
            "/%", "/%z", "/%zz", "/a%2", "/%-1", "/%+f", "/%ff", "/%c3/%a9",
        ] {
            let problem = canonical(&path.into(), Coding::Encoded).unwrap_err();
            assert_eq!(problem.status(), 400, "{path}");
        }
    }

    #[test]
    fn a_value_gets_its_slashes_and_percent_signs_back() {
        let path = canonical(&"/a%2Fb%25c".into(), Coding::Encoded).unwrap();

        assert_eq!(value(&path), "/a/b%c");
    }

    #[test]
    fn only_a_whole_segment_is_a_prefix() {
        let without =
            |path: &str| without_segment(&path.into(), "prod").map(|path| path.to_string());

        assert_eq!(without("/prod/orders").as_deref(), Some("/orders"));
        assert_eq!(without("/prod").as_deref(), Some("/"));
        assert_eq!(without("/products"), None);
        assert_eq!(without("/x/prod"), None);
    }
}
