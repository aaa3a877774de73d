//! Any response: a reply in every form, valid JSON, with the status and body that were given.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use powertools::{
    event::{self, Response, Source},
    router::{HeaderName, HeaderValue, StatusCode},
};

#[derive(Arbitrary, Debug)]
struct Input {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    text: Option<String>,
    bytes: Vec<u8>,
}

impl Input {
    fn response(&self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or_default();
        let mut response = Response::new(status);
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes());
            let value = HeaderValue::from_bytes(value);
            if let (Ok(name), Ok(value)) = (name, value) {
                response = response.with_header(name, value);
            }
        }
        match &self.text {
            Some(text) => response.with_body(text.clone()),
            None => response.with_body(self.bytes.clone()),
        }
    }
}

fuzz_target!(|input: Input| {
    let is_text = |value: &HeaderValue| std::str::from_utf8(value.as_bytes()).is_ok();
    let is_interim = input.response().status().is_informational();
    let is_sendable = !is_interim && input.response().headers().values().all(is_text);
    let status = input.response().status().as_u16();
    for source in Source::ALL {
        let reply = event::encode(source, input.response());
        let reply: serde_json::Value = serde_json::from_slice(&reply).expect("a reply is JSON");
        if !is_sendable {
            assert_eq!(reply["statusCode"], 500, "{source}");
            continue;
        }
        assert_eq!(reply["statusCode"], status, "{source}");
        if let (Some(text), false) = (&input.text, reply["isBase64Encoded"] == true) {
            assert_eq!(reply["body"], text.as_str(), "{source}");
        }
    }
});
