//! Lines as a process writes them: whole, valid, each key once, whatever is in them.

use std::{
    collections::HashSet,
    env,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

const THREADS: u64 = 64;
/// All threads' together; more on request, as it takes a while: `POWERTOOLS_LINES=1000000`.
const LINES: u64 = 100_000;

/// A line's keys and values, each key seen to be there once.
struct Line(serde_json::Map<String, Value>);

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;

        impl<'de> Visitor<'de> for Once {
            type Value = Line;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object without repeated keys")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line, A::Error> {
                let mut line = serde_json::Map::new();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    if line.insert(key.clone(), value).is_some() {
                        return Err(serde::de::Error::custom(format!("`{key}` is there twice")));
                    }
                }
                Ok(Line(line))
            }
        }

        deserializer.deserialize_map(Once)
    }
}

#[test]
fn lines_of_many_threads_are_whole_and_valid() {
    let lines = env::var("POWERTOOLS_LINES").map_or(LINES, |text| text.parse().unwrap());
    let each = lines / THREADS;
    let mut child = Command::new(env!("CARGO_BIN_EXE_lines"))
        .args([THREADS.to_string(), each.to_string()])
        .env_remove("POWERTOOLS_DEV")
        .env_remove("POWERTOOLS_LOG_LEVEL")
        .env("POWERTOOLS_SERVICE_NAME", "stress \"test\"")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();

    let mut seen = HashSet::new();
    for line in BufReader::new(child.stdout.take().unwrap()).split(b'\n') {
        let line = line.unwrap();
        let text = String::from_utf8(line).unwrap();
        let control = |character: char| character.is_control() || character == '\u{2028}';
        assert!(!text.contains(control), "{text}");
        let Line(line) =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(line["service"], "stress \"test\"");
        let (thread, number) = (
            line["thread"].as_u64().unwrap(),
            line["number"].as_u64().unwrap(),
        );
        assert_eq!(line["owner"], thread, "{text}");
        assert_eq!(line["appended"], thread, "{text}");
        assert_eq!(line["deep"], 1, "{text}");
        let value = line["text"].as_str().unwrap();
        let sum: u64 = value.bytes().map(u64::from).sum();
        assert_eq!(line["sum"], sum, "{text}");
        match number % 3 {
            0 => {
                assert_eq!(line["level"], "INFO");
                assert_eq!(line["field.level"], value);
                assert_eq!(line["message"], value);
            }
            1 => assert_eq!(line["level"], "WARN"),
            _ => {
                assert_eq!(line["nested"]["list"][1]["a"], value);
                assert_eq!(line["message"], format!("{value:?}"));
            }
        }
        assert!(seen.insert((thread, number)), "{text}");
    }

    assert!(child.wait().unwrap().success());
    assert_eq!(seen.len() as u64, each * THREADS);
}
