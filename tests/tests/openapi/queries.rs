//! Queries that are read as more than a struct: enums, lists of pairs, and what is flattened.

#![expect(dead_code, reason = "what is read is described and not used")]

use crate::*;

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
enum Internal {
    /// The newest.
    Latest,
    Number {
        number: u32,
    },
    Name {
        name: String,
        number: Option<String>,
    },
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "by", content = "what")]
enum Adjacent {
    Number(u32),
    Name(String),
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    One { id: u64 },
    Many { ids: Vec<u64> },
}

#[derive(Deserialize, JsonSchema)]
struct Flattened {
    limit: u8,
    #[serde(flatten)]
    order: Internal,
    #[serde(flatten)]
    which: Option<Untagged>,
}

#[derive(Deserialize, JsonSchema)]
struct Open {
    limit: u8,
    #[serde(flatten)]
    rest: HashMap<String, String>,
}

macro_rules! queries {
    ($($name:ident $path:literal $type:ty;)*) => { $(
        #[get($path)]
        async fn $name(_: Query<$type>) {}
    )* };
}

queries! {
    internal "/internal" Internal;
    adjacent "/adjacent" Adjacent;
    untagged "/untagged" Untagged;
    flattened "/flattened" Flattened;
    open "/open" Open;
    pairs "/pairs" Vec<(String, String)>;
    anything "/anything" Value;
    text "/text" String;
    nothing "/nothing" ();
}

fn told(document: &Document, path: &str) -> Vec<String> {
    let operation = at(document, &format!("/paths/~1{path}/get"));
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let told = parameters.into_iter().flatten().map(|parameter| {
        let mark = if parameter["required"] == true {
            "!"
        } else {
            ""
        };
        format!("{}{mark}", parameter["name"].as_str().unwrap())
    });
    told.collect()
}

#[test]
fn what_has_no_fields_is_told_in_a_note() {
    let document = plain(routes![anything, text, nothing, pairs]);

    for path in ["anything", "text", "nothing"] {
        assert_eq!(told(&document, path), [""; 0], "{path}");
    }
    let note = |path: &str| {
        format!(
            "GET /{path}: the query is read as a type that is neither a map nor has fields, so not all of its \
             parameters are known"
        )
    };
    assert_eq!(document.notes(), [note("anything"), note("text")]);
}

#[test]
fn an_enum_has_the_fields_of_its_variants_and_requires_what_all_of_them_do() {
    for version in [Version::V3_0, Version::V3_1] {
        let api = OpenApi::new("shop", "1.2.3").target(Target::Plain);
        let routes = routes![internal, adjacent, untagged, flattened];
        let document = document(routes, api.version(version));

        assert_eq!(told(&document, "internal"), ["by!", "name", "number"]);
        assert_eq!(told(&document, "adjacent"), ["by!", "what!"]);
        assert_eq!(told(&document, "untagged"), ["id", "ids"]);
        assert_eq!(
            told(&document, "flattened"),
            ["by!", "id", "ids", "limit!", "name", "number"]
        );
        assert_eq!(document.notes(), [""; 0]);
        let parameters = at(&document, "/paths/~1internal/get/parameters");
        assert_eq!(
            parameters[0]["schema"],
            json!({ "type": "string", "enum": ["latest", "number", "name"] })
        );
        let number = &parameters[2]["schema"]["anyOf"];
        assert_eq!(number[0]["type"], "integer");
        assert_eq!(number[1]["type"], "string");
    }
}

#[test]
fn pairs_and_maps_within_a_struct_take_any_keys() {
    let document = plain(routes![pairs, open]);

    assert_eq!(told(&document, "pairs"), ["query"]);
    assert_eq!(told(&document, "open"), ["query", "limit!"]);
    for path in ["pairs", "open"] {
        assert_eq!(
            at(
                &document,
                &format!("/paths/~1{path}/get/parameters/0/schema")
            ),
            &json!({ "type": "object", "additionalProperties": { "type": "string" } })
        );
    }
    assert_eq!(document.notes(), [""; 0]);
}
