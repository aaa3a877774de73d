//! Smaller bodies for clients that take them.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{Middleware, Next};
use crate::event::{Request, Response};

/// The least that is worth compressing, in bytes.
const LEAST: usize = 1024;

/// Sends bodies as gzip to clients that accept it, by the q-values of `Accept-Encoding`.
///
/// Text, JSON, XML, JavaScript and SVG of at least 1 KiB; not what has a content coding already, is a part
/// (206), or says `cache-control: no-transform`. `Vary: Accept-Encoding` is on every answer that could
/// have been compressed; a compressed one has a strong `ETag` made weak, and no `accept-ranges`.
///
/// A compressed body travels as base64. A REST API undoes that only for its `binaryMediaTypes`; without
/// `*/*` among them its clients would get the base64 text.
#[must_use]
pub fn compression<S: Send + Sync + 'static>() -> impl Middleware<S> {
    |request: Request, next: Next<S>| async move {
        let accepted = accepts_gzip(&request);
        let mut response = next.run(request).await;
        if is_worth_it(&response) {
            add_vary(response.headers_mut());
            if accepted {
                compress(&mut response);
            }
        }
        response
    }
}

/// Whether gzip is accepted, and not less welcome than the body as it is.
fn accepts_gzip(request: &Request) -> bool {
    let (mut gzip, mut any, mut identity) = (None, None, None);
    for line in request.headers().all("accept-encoding") {
        for item in line.split(',') {
            let mut parts = item.split(';');
            let coding = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let weight = parts.find_map(|part| {
                let (name, value) = part.split_once('=')?;
                name.trim()
                    .eq_ignore_ascii_case("q")
                    .then(|| value.trim().parse::<f32>())
            });
            // A weight that is none (RFC 9110 §12.4.2) is no offer.
            let weight = weight.map_or(1.0, |weight| {
                let weight = weight.ok().filter(|weight| (0.0..=1.0).contains(weight));
                weight.unwrap_or(0.0)
            });
            match &*coding {
                "gzip" | "x-gzip" => gzip = Some(weight),
                "identity" => identity = Some(weight),
                "*" => any = Some(weight),
                _ => {}
            }
        }
    }
    let gzip = gzip.or(any).unwrap_or(0.0);
    gzip > 0.0 && gzip >= identity.unwrap_or(0.0)
}

fn is_worth_it(response: &Response) -> bool {
    let headers = response.headers();
    let content_type = headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_ascii_lowercase();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let no_transform = |value: &HeaderValue| {
        let mut directives = value.as_bytes().split(|byte| *byte == b',');
        directives.any(|directive| directive.trim_ascii().eq_ignore_ascii_case(b"no-transform"))
    };
    response.body().as_bytes().len() >= LEAST
        && response.status() != StatusCode::PARTIAL_CONTENT
        && !headers.contains_key(header::CONTENT_ENCODING)
        && !headers
            .get_all(header::CACHE_CONTROL)
            .iter()
            .any(no_transform)
        && (essence.starts_with("text/")
            || ["json", "xml", "javascript"]
                .iter()
                .any(|kind| essence.ends_with(kind)))
}

fn compress(response: &mut Response) {
    let body = response.body().as_bytes();
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::default());
    let Ok(compressed) = encoder.write_all(body).and_then(|()| encoder.finish()) else {
        return;
    };
    response.encode_body(compressed);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.remove(header::CONTENT_LENGTH);
    // Who asks for a part would get one of the body as it was.
    headers.remove(header::ACCEPT_RANGES);
    // A tag may have bytes beyond ASCII (RFC 9110 §8.8.3), and so be no `str`.
    let tag = headers.get(header::ETAG).map(HeaderValue::as_bytes);
    if let Some(strong) = tag.filter(|tag| !tag.starts_with(b"W/"))
        && let Ok(weak) = HeaderValue::from_bytes(&[b"W/", strong].concat())
    {
        headers.insert(header::ETAG, weak);
    }
}

/// One `Vary`, whatever was there before.
fn add_vary(headers: &mut HeaderMap) {
    super::super::vary::add(headers, "accept-encoding");
}
