//! What is to be run, as an invocation says it.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

/// What to run. A key of another name is an error: a misspelt filter would run everything.
#[derive(Debug, Default, Deserialize)]
// The derive makes a function beside the trait, for the `impl` below.
#[serde(remote = "Self", default, deny_unknown_fields)]
pub struct Job {
    /// The tests whose names have this in them; all unless set.
    pub filter: Option<String>,
    /// Options for the test binary, such as `--test-threads=1`.
    pub arguments: Vec<String>,
}

/// An object only: the derive alone takes a list of the fields' values, too, and `[]` would run everything.
impl<'de> Deserialize<'de> for Job {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Job;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object with `filter` or `arguments`")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Job, A::Error> {
                Job::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
