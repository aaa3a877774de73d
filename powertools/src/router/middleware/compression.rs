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
/// have been compressed, and a strong `ETag` becomes a weak one.
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
            // A weight that is no number is no offer.
            let weight = weight.map_or(1.0, |weight| weight.unwrap_or(0.0));
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
    let text = |name| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let content_type = text(header::CONTENT_TYPE)
        .unwrap_or_default()
        .to_ascii_lowercase();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let no_transform = |value: &str| {
        let mut directives = value.split(',');
        directives.any(|directive| directive.trim().eq_ignore_ascii_case("no-transform"))
    };
    response.body().as_bytes().len() >= LEAST
        && response.status() != StatusCode::PARTIAL_CONTENT
        && !response.headers().contains_key(header::CONTENT_ENCODING)
        && !text(header::CACHE_CONTROL).is_some_and(no_transform)
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
    let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    if let Some(strong) = tag.filter(|tag| !tag.starts_with("W/"))
        && let Ok(weak) = HeaderValue::try_from(format!("W/{strong}"))
    {
        headers.insert(header::ETAG, weak);
    }
}

/// One `Vary`, whatever was there before.
fn add_vary(headers: &mut HeaderMap) {
    super::super::vary::add(headers, "accept-encoding");
}
