//! Any bytes as an event: a request, another event or an error, and whatever is read of it afterwards.
#![no_main]

use libfuzzer_sys::fuzz_target;
use powertools::{
    Context,
    event::{self, DecodeError, Decoded, Limits, Request, Source},
};

fuzz_target!(|event: &[u8]| {
    match event::decode(
        event.to_vec().into(),
        Context::new("id"),
        &Limits::default(),
    ) {
        Ok(Decoded::Http(request)) => {
            assert!(Source::ALL.contains(&request.source()));
            read(&request);
        }
        Ok(Decoded::WebSocket(request)) => {
            assert_eq!(request.source(), Source::WebSocket);
            read(&request);
        }
        Ok(Decoded::Other(event)) => assert!(event.keys().len() <= 16),
        Err(DecodeError::Rejected {
            source, response, ..
        }) => {
            let status = response.status();
            assert!(status.is_client_error(), "{status}");
            let reply: serde_json::Value =
                serde_json::from_slice(&event::encode(source, *response)).expect("a reply is JSON");
            assert_eq!(reply["statusCode"], status.as_u16());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

fn read(request: &Request) {
    assert!(request.path().starts_with('/'), "{:?}", request.path());
    let _ = request.headers().to_map();
    let _ = request.query().get("a");
    let _ = request.body();
    let _ = request.request_context::<serde_json::Value>();
    let _ = format!("{request:?}");
}
