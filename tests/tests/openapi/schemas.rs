//! What schemas become in 3.0 and in 3.1.

use crate::*;

#[derive(Deserialize, JsonSchema, Serialize)]
struct Tree {
    name: String,
    children: Vec<Self>,
    parent: Option<Box<Self>>,
}

#[derive(Deserialize, JsonSchema, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Payment {
    Cash,
    Card { number: String, until: (u8, u16) },
}

#[derive(Deserialize, JsonSchema, Serialize)]
pub(crate) enum Colour {
    Red,
    Green,
}

#[derive(Deserialize, JsonSchema, Serialize)]
#[serde(untagged)]
enum Either {
    Number(i128),
    Text(String),
}

#[derive(Deserialize, JsonSchema, Serialize)]
#[schemars(rename = "Page_of_{T}")]
struct Page<T> {
    items: Vec<T>,
    next: Option<T>,
}

#[derive(Deserialize, JsonSchema, Serialize)]
struct Everything {
    tree: Tree,
    payment: Option<Payment>,
    colour: Option<Colour>,
    either: Either,
    by_number: HashMap<u32, Line>,
    by_name: BTreeMap<String, Option<f64>>,
    mixed: (u8, String, bool),
    same: (u8, u8),
    bytes: [u8; 4],
    at: std::time::SystemTime,
    any: Value,
    nothing: (),
    page: Page<Line>,
    pages: Page<Colour>,
    character: char,
    count: std::num::NonZeroU64,
    #[schemars(example = 7, extend("exclusiveMinimum" = 0.0))]
    ratio: f32,
}

#[post("/everything")]
async fn everything(Json(all): Json<Everything>) -> Json<Everything> {
    Json(all)
}

/// Every key that 3.0 does not have.
fn newer_words(value: &Value, path: &str, found: &mut Vec<String>) {
    const NEWER: [&str; 12] = [
        "const",
        "$defs",
        "$schema",
        "examples",
        "prefixItems",
        "patternProperties",
        "if",
        "propertyNames",
        "unevaluatedProperties",
        "contentEncoding",
        "additionalItems",
        "dependentRequired",
    ];
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = format!("{path}/{key}");
                let is_number = |key: &str| key.starts_with("exclusive") && value.is_number();
                let is_list = |key: &str| ["type", "items"].contains(&key) && value.is_array();
                if NEWER.contains(&&**key) || is_number(key) || is_list(key) {
                    found.push(path.clone());
                }
                newer_words(value, &path, found);
            }
        }
        Value::Array(list) => {
            for value in list {
                newer_words(value, path, found);
            }
        }
        Value::String(text) if text == "null" && path.ends_with("/type") => {
            found.push(path.to_owned());
        }
        Value::Null if !path.ends_with("/enum") => found.push(path.to_owned()),
        _ => {}
    }
}

#[test]
fn schemas_of_3_0_have_no_word_of_a_newer_one() {
    let document = plain(routes![everything]);

    let mut found = Vec::new();
    newer_words(document.as_value(), "", &mut found);
    assert_eq!(found, [""; 0], "{}", document.to_json());
    let schemas = at(&document, "/components/schemas");
    assert_eq!(
        keys(schemas),
        [
            "Colour",
            "Either",
            "Everything",
            "EverythingInput",
            "Line",
            "LineInput",
            "PageOfColour",
            "PageOfColourInput",
            "PageOfLine",
            "PageOfLineInput",
            "Payment",
            "ProblemDetails",
            "SystemTime",
            "Tree",
            "TreeInput"
        ]
    );
    // A type within itself, twice.
    assert_eq!(
        schemas["Tree"]["properties"]["children"]["items"]["$ref"],
        "#/components/schemas/Tree"
    );
    let fields = &schemas["Everything"]["properties"];
    assert_eq!(
        fields["by_number"],
        json!({
            "type": "object",
            "additionalProperties": { "$ref": "#/components/schemas/Line" }
        })
    );
    assert_eq!(
        fields["mixed"],
        json!({
            "type": "array", "minItems": 3, "maxItems": 3,
            "items": { "anyOf": [
                { "type": "integer", "format": "uint8", "minimum": 0, "maximum": 255 },
                { "type": "string" },
                { "type": "boolean" }
            ] }
        })
    );
    assert_eq!(
        fields["same"]["items"],
        json!({ "type": "integer", "format": "uint8", "minimum": 0, "maximum": 255 })
    );
    assert_eq!(
        fields["ratio"],
        json!({
            "type": "number", "format": "float", "example": 7,
            "minimum": 0.0, "exclusiveMinimum": true
        })
    );
    assert_eq!(fields["count"]["minimum"], 1);
    assert_eq!(
        schemas["Colour"],
        json!({ "type": "string", "enum": ["Red", "Green"] })
    );
    assert_eq!(
        fields["colour"],
        json!({ "anyOf": [
            { "$ref": "#/components/schemas/Colour" },
            { "enum": [null], "nullable": true }
        ] })
    );
    assert_eq!(
        schemas["Payment"]["oneOf"][0]["properties"]["kind"],
        json!({ "type": "string", "enum": ["cash"] })
    );
    assert_eq!(schemas["Either"]["anyOf"][0]["format"], "int128");
}

#[derive(JsonSchema, Serialize)]
struct Pair<T> {
    one: T,
}

#[get("/pairs")]
async fn pairs() -> Json<(Pair<Line>, Pair<u8>, Pair<Pair<u8>>)> {
    let byte = || Pair { one: 1 };
    let line = Line {
        product: String::new(),
        count: 1,
    };
    Json((Pair { one: line }, byte(), Pair { one: byte() }))
}

#[test]
fn generic_types_of_one_name_are_counted() {
    let document = plain(routes![pairs]);

    let schemas = at(&document, "/components/schemas");
    assert_eq!(
        keys(schemas),
        ["Line", "Pair", "Pair2", "Pair3", "ProblemDetails"]
    );
    assert_eq!(
        schemas["Pair3"]["properties"]["one"]["$ref"],
        "#/components/schemas/Pair2"
    );
}

#[test]
fn version_3_1_speaks_json_schema() {
    let api = OpenApi::new("shop", "1.2.3")
        .target(Target::Plain)
        .version(Version::V3_1);
    let document = document(routes![everything], api);

    assert_eq!(at(&document, "/openapi"), "3.1.0");
    let fields = at(&document, "/components/schemas/Everything/properties");
    assert_eq!(
        fields["colour"],
        json!({ "anyOf": [{ "$ref": "#/components/schemas/Colour" }, { "type": "null" }] })
    );
    assert_eq!(
        fields["mixed"]["prefixItems"][1],
        json!({ "type": "string" })
    );
    assert_eq!(
        fields["by_name"]["additionalProperties"]["type"],
        json!(["number", "null"])
    );
}
