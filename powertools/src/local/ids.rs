//! Ids that look like AWS's and differ from one another.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

#[cfg(feature = "local-websocket")]
use base64::engine::general_purpose::URL_SAFE;
use base64::{Engine, engine::general_purpose::STANDARD};

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

/// Appends that many digits of the lower end. `format!` takes ten times as long, and five of these are written
/// for each request.
fn push_hex(text: &mut String, bits: u64, digits: u32) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for place in (0..digits).rev() {
        let digit = usize::try_from(bits >> (4 * place) & 0xf).unwrap_or_default();
        text.push(char::from(DIGITS[digit]));
    }
}

/// A random UUID, version 4.
pub(super) fn uuid() -> String {
    let (high, low) = (bits(), bits());
    let mut id = String::with_capacity(36);
    push_hex(&mut id, high >> 32, 8);
    id.push('-');
    push_hex(&mut id, high >> 16, 4);
    id.push_str("-4");
    push_hex(&mut id, high, 3);
    id.push('-');
    // The variant is in the first two bits.
    push_hex(&mut id, low >> 48 & 0x3fff | 0x8000, 4);
    id.push('-');
    push_hex(&mut id, low, 12);
    id
}

/// Eleven bytes in base64, such as `ATfSmjLgPHcESJw=`.
fn extended() -> String {
    STANDARD.encode(eleven())
}

/// The same in the base64 of URLs: what WebSocket APIs call connections, messages and requests.
#[cfg(feature = "local-websocket")]
pub(super) fn short() -> String {
    URL_SAFE.encode(eleven())
}

/// Whether a text has the form of [`short`].
#[cfg(feature = "local-websocket")]
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
    let seconds = since.unwrap_or_default().as_secs();
    let mut trace = String::with_capacity(35);
    trace.push_str("Root=1-");
    push_hex(&mut trace, seconds, 8);
    trace.push('-');
    push_hex(&mut trace, bits(), 8);
    push_hex(&mut trace, bits(), 16);
    trace
}

/// The trace's header as Lambda hands it to a function that is not traced.
pub(super) fn lambda_trace(trace: &str) -> String {
    if trace.contains("Parent=") {
        return trace.to_owned();
    }
    let mut header = trace.to_owned();
    header.push_str(";Parent=");
    push_hex(&mut header, bits(), 16);
    header.push_str(";Sampled=0");
    header
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

    #[cfg(feature = "local-websocket")]
    #[test]
    fn an_id_of_a_connection_is_one_of_eleven_bytes_for_urls() {
        assert_ne!(short(), short());
        for _ in 0..100 {
            let id = short();
            assert_eq!(id.len(), 16, "{id}");
            assert!(is_short(&id), "{id}");
        }
        for wrong in [
            "",
            "=",
            "BFHPhfCWIAMCKlQ",
            "BFHPhfCWIAMCKl==",
            "BFHPhf/WIAMCKlQ=",
            "BFHPhfCWIAMCKlQ=BFHPhfCWIAMCKlQ=",
            "BFHPhfCWIAMCKlé=",
        ] {
            assert!(!is_short(wrong), "{wrong}");
        }
    }
}
