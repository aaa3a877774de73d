//! Any query: the pairs that the URL standard's own parser finds, or a refusal where it would replace.
#![no_main]

use libfuzzer_sys::fuzz_target;
use powertools::{
    Context,
    event::{self, Decoded, Limits},
};

fuzz_target!(|query: &str| {
    let event = serde_json::json!({
        "version": "2.0",
        "rawPath": "/",
        "rawQueryString": query,
        "requestContext": {"http": {"method": "GET"}},
    });
    let expected: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    match event::decode(
        event.to_string().into(),
        Context::new("id"),
        &Limits::default(),
    ) {
        Ok(Decoded::Http(request)) => {
            let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
            let found: Vec<_> = request.query().iter().map(owned).collect();
            assert_eq!(found, expected);
        }
        Ok(Decoded::WebSocket(_) | Decoded::Other(_)) => panic!("a good event"),
        Err(_) => {
            let replaced = |text: &String| text.contains('\u{fffd}');
            let is_lossy = expected
                .iter()
                .any(|(key, value)| replaced(key) || replaced(value));
            assert!(
                is_lossy || expected.len() > Limits::default().query_pairs,
                "{query}"
            );
        }
    }
});
