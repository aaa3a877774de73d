//! Ids that look like AWS's and differ from one another.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE},
};

/// The ids of one request.
#[derive(Debug)]
pub(super) struct Ids {
    /// Lambda's id of the invocation.
    pub(super) invocation: String,
    /// A REST API's, or a function URL's, id of the request.
    pub(super) request: String,
    /// The id that an HTTP API gives a request, and a REST API besides.
    pub(super) extended: String,
    /// `Root=1-…`
    pub(super) trace: String,
}

impl Ids {
    pub(super) fn new() -> Self {
        Self {
            invocation: uuid(),
            request: uuid(),
            extended: extended(),
            trace: trace(),
        }
    }
}

/// Random bits from the standard library's randomly keyed hasher: good enough to tell requests of a
/// development server apart, and no dependency for it.
fn bits() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u64(COUNT.fetch_add(1, Ordering::Relaxed));
    hasher.finish()
}

/// A random UUID, version 4.
pub(super) fn uuid() -> String {
    let (high, low) = (bits(), bits());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff,
    )
}

/// Eleven bytes in base64, such as `ATfSmjLgPHcESJw=`.
fn extended() -> String {
    STANDARD.encode(eleven())
}

/// The same in the base64 of URLs: what WebSocket APIs call connections, messages and requests.
pub(super) fn short() -> String {
    URL_SAFE.encode(eleven())
}

/// Whether a text has the form of [`short`].
pub(super) fn is_short(text: &str) -> bool {
    let bytes = URL_SAFE.decode(text);
    bytes.is_ok_and(|bytes| bytes.len() == 11)
}

fn eleven() -> [u8; 11] {
    let mut bytes = [0; 11];
    bytes[..8].copy_from_slice(&bits().to_le_bytes());
    bytes[8..].copy_from_slice(&bits().to_le_bytes()[..3]);
    bytes
}

/// The seconds of the time and 96 random bits, as X-Ray has them.
pub(super) fn trace() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.unwrap_or_default().as_secs() & 0xffff_ffff;
    format!("Root=1-{seconds:08x}-{:08x}{:016x}", bits() >> 32, bits())
}

/// The trace's header as Lambda hands it to a function that is not traced.
pub(super) fn lambda_trace(trace: &str) -> String {
    if trace.contains("Parent=") {
        return trace.to_owned();
    }
    format!("{trace};Parent={:016x};Sampled=0", bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_form_of_a_version_4_uuid_and_differ() {
        let (one, two) = (uuid(), uuid());

        assert_ne!(one, two);
        let lengths: Vec<usize> = one.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&one[14..15], "4");
        assert!("89ab".contains(&one[19..20]), "{one}");
    }

    #[test]
    fn the_ids_of_a_request_have_the_forms_of_aws() {
        let ids = Ids::new();

        assert_eq!(ids.extended.len(), 16);
        assert!(ids.extended.ends_with('='), "{}", ids.extended);
        let lengths: Vec<usize> = ids.trace.split('-').map(str::len).collect();
        assert_eq!(lengths, ["Root=1".len(), 8, 24], "{}", ids.trace);
        assert!(lambda_trace(&ids.trace).ends_with(";Sampled=0"));
        assert_eq!(
            lambda_trace("Root=1;Parent=2;Sampled=1"),
            "Root=1;Parent=2;Sampled=1"
        );
    }
}
