//! Answers that caches and clients may keep, and how they ask whether theirs is still good.

use std::{
    hash::{DefaultHasher, Hasher},
    time::SystemTime,
};

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::{Middleware, Next};
use crate::event::{Body, Headers, Request, Response};

/// Adds `cache-control` to every answer that has none: `directives` to those of a status 2xx or 304,
/// `no-cache` to the others, because caches may keep a 404 or 410 too.
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use powertools::router::{HeaderValue, Routes, get, middleware::cache_control, routes};
///
/// #[get("/prices")]
/// async fn prices() -> &'static str { "[]" }
///
/// let ten_minutes = HeaderValue::from_static("max-age=600");
/// let routes: Routes = routes![prices].middleware(cache_control(ten_minutes));
/// # }
/// ```
#[must_use]
pub fn cache_control<S: Send + Sync + 'static>(directives: HeaderValue) -> impl Middleware<S> {
    move |request: Request, next: Next<S>| {
        let directives = directives.clone();
        async move {
            let mut response = next.run(request).await;
            let status = response.status();
            let value = if status.is_success() || status == StatusCode::NOT_MODIFIED {
                directives
            } else {
                HeaderValue::from_static("no-cache")
            };
            let headers = response.headers_mut();
            headers.entry(header::CACHE_CONTROL).or_insert(value);
            response
        }
    }
}

/// Answers GET and HEAD with 304 and no body where the client has the same answer already
/// (RFC 9110 §13).
///
/// An answer of status 200 gets an `etag` if it has none: a weak one, of its length and a hash of its
/// body. It is compared with `if-none-match`; without that header the answer's own `last-modified` is
/// compared with `if-modified-since`. This saves the client the transfer, not the function the work.
/// `if-match` is not looked at: whether a change may be made is to be decided before it is made, by the
/// handler.
///
/// Register it before [`compression`](super::super::middleware), so that it sees the answer as it is sent and its
/// 304 has the same `vary`.
#[must_use]
pub fn etag<S: Send + Sync + 'static>() -> impl Middleware<S> {
    |request: Request, next: Next<S>| async move {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        let asked = request.headers().clone();
        let mut response = next.run(request).await;
        if !is_read || response.status() != StatusCode::OK {
            return response;
        }
        if !response.headers().contains_key(header::ETAG) {
            let tag = tag(response.body().as_bytes());
            response.headers_mut().insert(header::ETAG, tag);
        }
        if is_known(&asked, response.headers()) {
            forget_content(&mut response);
        }
        response
    }
}

/// Weak, because a layer further out may change the coding of the body. The standard library's hash is
/// not the same for ever: after a new compiler, clients fetch once more. A cryptographic one would cost
/// a dependency and several times the work, to keep those from a stale answer who made it collide.
fn tag(body: &[u8]) -> HeaderValue {
    let mut hasher = DefaultHasher::new();
    hasher.write(body);
    let tag = format!("W/\"{:x}-{:016x}\"", body.len(), hasher.finish());
    HeaderValue::try_from(tag).expect("hexadecimal digits and quotes may stand in a header")
}

/// Whether what the client has is what is answered.
fn is_known(asked: &Headers, answered: &HeaderMap) -> bool {
    if asked.get(header::IF_NONE_MATCH).is_some() {
        let tag = answered.get(header::ETAG).map(HeaderValue::as_bytes);
        let tag = tag.and_then(|tag| std::str::from_utf8(tag).ok());
        return tag.is_some_and(|tag| {
            let mut lines = asked.all("if-none-match");
            lines.any(|line| line.trim() == "*" || Tags(line).any(|known| known == opaque(tag)))
        });
    }
    let date =
        |text: Option<&str>| -> Option<SystemTime> { httpdate::parse_http_date(text?.trim()).ok() };
    let modified = answered.get(header::LAST_MODIFIED);
    let modified = date(modified.and_then(|value| value.to_str().ok()));
    let known = date(asked.get(header::IF_MODIFIED_SINCE));
    matches!((modified, known), (Some(modified), Some(known)) if modified <= known)
}

/// A tag without the mark of the weak ones, which this comparison does not mind.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// The tags of a list, quotes included. Commas may stand within a tag, so it is not split at them.
struct Tags<'a>(&'a str);

impl<'a> Iterator for Tags<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_start_matches([' ', '\t', ',']);
        let rest = opaque(rest);
        let length = rest.strip_prefix('"')?.find('"')? + 2;
        let (tag, rest) = rest.split_at(length);
        self.0 = rest;
        Some(tag)
    }
}

/// Makes a 304 of an answer: what caches go by stays, what describes the content goes (§15.4.5).
///
/// But for the content type: caches update what they have by a 304, and a REST API puts
/// `application/json` on an answer without a type.
fn forget_content(response: &mut Response) {
    response.set_status(StatusCode::NOT_MODIFIED);
    response.set_body(Body::default());
    for name in [
        header::CONTENT_ENCODING,
        header::CONTENT_LANGUAGE,
        header::CONTENT_LENGTH,
        header::CONTENT_RANGE,
    ] {
        response.headers_mut().remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::Tags;

    #[test]
    fn tags_are_read_whole() {
        let tags = |line| Tags(line).collect::<Vec<_>>();
        assert_eq!(
            tags(r#""a", W/"b,c" ,,"""#),
            [r#""a""#, r#""b,c""#, r#""""#]
        );
        assert_eq!(tags(r#"abc, "d""#), Vec::<&str>::new());
        assert_eq!(tags(r#""a", "open"#), [r#""a""#]);
        assert_eq!(tags(""), Vec::<&str>::new());
    }
}
