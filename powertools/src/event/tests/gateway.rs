//! The same request written by the crate's own gateway, as each front end would.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

use super::*;

/// What clients leave as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

fn sent(source: Source, url: &str, body: &Bytes) -> Request {
    let (parts, ()) = http::Request::post(url)
        .header("host", "api.example")
        .body(())
        .expect("a URL")
        .into_parts();
    let asked = crate::gateway::Asked {
        parts: &parts,
        body,
        id: "id",
        extended_id: "id",
        hop: None,
    };
    let event = crate::gateway::event(source, &crate::gateway::Api::default(), asked);
    let event = event.unwrap_or_else(|refusal| panic!("a {source} refuses {url}: {refusal:?}"));
    request(serde_json::from_str::<Value>(&event).expect("an event is JSON"))
}

/// Payload 1.0 has the values of each key together, whatever the client's order of keys.
fn grouped(mut pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    pairs.sort_by(|(left, _), (right, _)| left.cmp(right));
    pairs
}

#[test]
fn an_encoded_slash_in_a_path_arrives_wherever_the_front_end_can_carry_it() {
    for source in [Source::RestApi, Source::HttpApiV1, Source::FunctionUrl] {
        let request = sent(source, "/a%2Fb/c%2541?x", &Bytes::new());
        assert_eq!(request.path(), "/a%2Fb/c%2541", "{source}");
    }
    let request = sent(Source::HttpApi, "/a%2Fb/c%2541?x", &Bytes::new());
    assert_eq!(request.path(), "/a/b/c%2541");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_path_is_the_same_from_every_source(
        segments in prop::collection::vec(
            any::<String>().prop_map(|text| text.replace('/', "")),
            0..4,
        ),
    ) {
        let url: String = segments.iter().map(|text| format!("/{}", encoded(text))).collect();
        let url = if url.is_empty() { "/".to_owned() } else { url };
        let mut expected: String = segments
            .iter()
            .map(|text| format!("/{}", text.replace('%', "%25")))
            .collect();
        if expected.len() > 1 && expected.ends_with('/') {
            expected.pop();
        }
        if expected.is_empty() {
            expected.push('/');
        }
        for source in GATEWAY {
            let request = sent(source, &url, &Bytes::new());
            let expected = match source {
                // It makes one slash of several at the beginning.
                Source::RestApi => format!("/{}", expected.trim_start_matches('/')),
                _ => expected.clone(),
            };
            prop_assert_eq!(request.path(), &expected, "{} {}", source, url);
        }
    }

    #[test]
    fn a_query_is_the_same_from_every_source(
        pairs in prop::collection::vec(("[a-c+% é]{0,2}", any::<String>()), 0..6),
    ) {
        // A pair of nothing and nothing is written `=`, and so is still a pair.
        let raw: Vec<_> = pairs
            .iter()
            .map(|(key, value)| format!("{}={}", encoded(key), encoded(value)))
            .collect();
        let url = format!("/x?{}", raw.join("&"));
        let expected = grouped(pairs);
        for source in GATEWAY {
            let request = sent(source, &url, &Bytes::new());
            let found = query(&request)
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect();
            prop_assert_eq!(grouped(found), expected.clone(), "{} {}", source, url);
        }
    }

    #[test]
    fn a_body_is_the_same_from_every_source(
        body in prop_oneof![
            any::<String>().prop_map(String::into_bytes),
            prop::collection::vec(any::<u8>(), 0..64),
        ],
    ) {
        let body = Bytes::from(body);
        for source in GATEWAY {
            let request = sent(source, "/", &body);
            prop_assert_eq!(request.body().unwrap(), &body, "{}", source);
        }
    }
}
