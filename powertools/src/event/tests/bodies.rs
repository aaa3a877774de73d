//! Bodies: text or base64, how large they may be, and what is not copied.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::*;

fn body(source: Source, body: Value, is_base64: bool) -> Value {
    let mut event = with(source, json!({"isBase64Encoded": is_base64}));
    event["body"] = body;
    event
}

#[test]
fn a_body_is_text_or_base64() {
    for source in GATEWAY {
        let text = request(body(source, json!("aGk="), false));
        assert_eq!(text.body().unwrap(), "aGk=", "{source}");
        let text = request(body(source, json!("é😀\n\0"), false));
        assert_eq!(text.body().unwrap(), "é😀\n\0", "{source}");
        let bytes = request(body(source, json!("aGk="), true));
        assert_eq!(bytes.body().unwrap(), "hi", "{source}");
        let bytes = request(body(source, json!("AP+A/g=="), true));
        assert_eq!(
            bytes.body().unwrap(),
            &[0x00, 0xff, 0x80, 0xfe][..],
            "{source}"
        );
        let escaped = with_text(source, r#""isBase64Encoded":true,"body":"AP+A\/g\u003d=""#);
        let bytes = request(escaped);
        assert_eq!(
            bytes.body().unwrap(),
            &[0x00, 0xff, 0x80, 0xfe][..],
            "{source}"
        );
    }
}

#[test]
fn only_true_says_base64() {
    for source in GATEWAY {
        for flag in [
            json!(false),
            json!(null),
            json!("true"),
            json!(1),
            json!([true]),
        ] {
            let event = with(source, json!({"body": "aGk=", "isBase64Encoded": flag}));
            assert_eq!(request(event).body().unwrap(), "aGk=", "{source} {flag}");
        }
        let absent = request(with(source, json!({"body": "aGk="})));
        assert_eq!(absent.body().unwrap(), "aGk=", "{source}");
    }
}

#[test]
fn no_body_is_an_empty_one_whatever_the_flag_says() {
    for source in GATEWAY {
        for is_base64 in [false, true] {
            for nothing in [json!(null), json!(""), json!({"a": 1}), json!([])] {
                let request = request(body(source, nothing, is_base64));
                assert!(request.body().unwrap().is_empty(), "{source} {is_base64}");
            }
            let request = request(with(source, json!({"isBase64Encoded": is_base64})));
            assert!(request.body().unwrap().is_empty(), "{source} {is_base64}");
        }
    }
}

#[test]
fn what_is_not_base64_is_400_for_who_reads_it_and_the_cause_is_kept() {
    for source in GATEWAY {
        for wrong in [
            "a", "aGk", "aGk=a", "aG k=", "aGk=\n", "a-_=", "=", "aGl=", "é===",
        ] {
            let request = request(body(source, json!(wrong), true));
            let problem = request.body().expect_err("no body");
            assert_eq!(problem.status(), 400, "{source} {wrong:?}");
            assert_eq!(
                problem.detail(),
                Some("the body is not base64"),
                "{wrong:?}"
            );
            assert!(problem.cause().is_some(), "{source} {wrong:?}");
        }
    }
}

#[test]
fn a_rejection_names_its_source() {
    for source in GATEWAY {
        let event = body(source, json!("four"), false);
        let limits = Limits::default().body_bytes(3);
        let error = decode(event.to_string().into(), Context::new("id"), &limits);
        let error = error.expect_err("four bytes are more than three");
        let expected = format!("a request was refused ({source}): 413 Payload Too Large");
        assert_eq!(error.to_string(), expected);
        assert!(matches!(error, DecodeError::Rejected { source: it, .. } if it == source));
    }
}

#[test]
fn a_body_may_have_as_many_bytes_as_the_limit_and_not_one_more() {
    for source in GATEWAY {
        for most in 0..=12 {
            let limits = Limits::default().body_bytes(most);
            for length in 0..=14 {
                let bytes = vec![b'a'; length];
                let text = "a".repeat(length);
                let events = [
                    body(source, json!(text), false),
                    body(source, json!(STANDARD.encode(&bytes)), true),
                ];
                for event in events {
                    if length > most {
                        let response = rejected_within(&event, &limits);
                        assert_eq!(response.status(), 413, "{most}: {event}");
                        continue;
                    }
                    let read = decode(event.to_string().into(), Context::new("id"), &limits);
                    let Ok(Decoded::Http(request)) = read else {
                        panic!("refused though within {most}: {event}")
                    };
                    assert_eq!(request.body().unwrap(), &bytes, "{most}: {event}");
                }
            }
        }
    }
}

#[test]
fn the_limit_is_two_mebibytes_unless_it_is_set() {
    const MOST: usize = 2 * 1024 * 1024;
    for source in GATEWAY {
        let fits = "a".repeat(MOST);
        assert_eq!(
            request(body(source, json!(fits), false))
                .body()
                .unwrap()
                .len(),
            MOST
        );
        let fits = STANDARD.encode(vec![0xff; MOST]);
        assert_eq!(
            request(body(source, json!(fits), true))
                .body()
                .unwrap()
                .len(),
            MOST
        );

        let response = rejected(body(source, json!("a".repeat(MOST + 1)), false));
        assert_eq!(response.status(), 413, "{source}");
        let detail = response.problem().and_then(Problem::detail);
        assert_eq!(detail, Some("the body is larger than 2097152 bytes"));
        let over = STANDARD.encode(vec![0xff; MOST + 1]);
        assert_eq!(
            rejected(body(source, json!(over), true)).status(),
            413,
            "{source}"
        );
    }
}

#[test]
fn what_is_measured_are_bytes_once_json_is_undone() {
    let limits = Limits::default().body_bytes(4);
    for (text, status) in [
        (r"\u0061\u0061\u0061\u0061", None),
        ("éé", None),
        (r"\ud83d\ude00", None),
        ("ééé", Some(413)),
        (r"\u00e9\u00e9a", Some(413)),
    ] {
        for source in GATEWAY {
            let event = with_text(source, &format!(r#""body":"{text}""#));
            match status {
                Some(status) => assert_eq!(rejected_within(event, &limits).status(), status),
                None => {
                    let read = decode(event.into(), Context::new("id"), &limits);
                    assert!(matches!(read, Ok(Decoded::Http(_))), "{source} {text}");
                }
            }
        }
    }
}

#[test]
fn what_stands_in_the_event_without_escapes_is_not_copied() {
    for source in GATEWAY {
        let event = with(
            source,
            json!({
                "body": "{'order': 7}",
                path_key(source): "/orders/7",
                "headers": {"host": "shop.example"},
            }),
        );
        let event = Bytes::from(event.to_string());
        let within = |part: &[u8]| event.as_ptr_range().contains(&part.as_ptr());

        let Ok(Decoded::Http(request)) = read(event.clone()) else {
            panic!("a request")
        };

        assert_eq!(request.body().unwrap(), "{'order': 7}");
        assert!(within(request.body().unwrap()), "{source}: the body");
        assert!(within(request.path().as_bytes()), "{source}: the path");
        assert!(
            within(request.raw_path().as_bytes()),
            "{source}: the raw path"
        );
        assert!(within(request.event().as_bytes()), "{source}: the event");
        let host = request.headers().get("host").expect("a host");
        assert!(within(host.as_bytes()), "{source}: a header");

        let clone = request.clone();
        assert_eq!(
            clone.body().unwrap().as_ptr(),
            request.body().unwrap().as_ptr(),
            "{source}"
        );
    }
}
