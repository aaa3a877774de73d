//! Headers that are about a connection, and so of no answer from here: a front end frames what it sends
//! by itself, and a field that contradicts it makes two readings of one answer.

use http::{
    HeaderMap, HeaderName,
    header::{CONNECTION, CONTENT_LENGTH, TE, TRAILER, TRANSFER_ENCODING, UPGRADE},
};

/// The connection's own fields (RFC 9110 §7.6.1, RFC 9112 §6), and the length, which a front end counts.
static NAMES: [HeaderName; 8] = [
    CONNECTION,
    CONTENT_LENGTH,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Takes them out, and those that `Connection` names.
pub(crate) fn strip(headers: &mut HeaderMap) {
    // Most answers have none of them, and a few headers only.
    if !headers.keys().any(|name| NAMES.contains(name)) {
        return;
    }
    for name in named(headers) {
        headers.remove(name);
    }
    for name in &NAMES {
        headers.remove(name);
    }
}

/// What the lines of `Connection` name. A value that is not ASCII names nothing: no field has such a name.
fn named(headers: &HeaderMap) -> Vec<HeaderName> {
    let lines = headers.get_all(CONNECTION).iter();
    let names = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    names
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn left(lines: &[(&'static str, &'static str)]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let value = HeaderValue::from_static(value);
            headers.append(HeaderName::from_static(name), value);
        }
        strip(&mut headers);
        headers.keys().map(HeaderName::to_string).collect()
    }

    #[test]
    fn what_is_the_connections_stays_here() {
        for name in &NAMES {
            let mut headers = HeaderMap::new();
            headers.append(name, HeaderValue::from_static("x"));
            headers.append(name, HeaderValue::from_static("y"));
            headers.append("etag", HeaderValue::from_static("\"1\""));
            strip(&mut headers);
            assert_eq!(headers.keys().collect::<Vec<_>>(), ["etag"]);
        }
    }

    #[test]
    fn so_does_what_it_names() {
        let lines = [
            ("connection", "close, X-Hop ,,"),
            ("connection", "x-other,x y"),
            ("x-hop", "1"),
            ("x-other", "1"),
            ("x-kept", "1"),
        ];
        assert_eq!(left(&lines), ["x-kept"]);
        assert_eq!(left(&[("x-hop", "1"), ("date", "x")]), ["x-hop", "date"]);
    }
}
