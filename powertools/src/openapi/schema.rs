//! Schemas of types: made by schemars, named so that API Gateway takes the names, and written in the words
//! of the OpenAPI that is asked for.
//!
//! A type may be read otherwise than it is written (a field with a default need not be sent, and always
//! comes). So there are two generators, and a type whose schemas differ is two components.

use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{Version, operation::Shape};

/// Where components are, as references begin.
const COMPONENTS: &str = "#/components/schemas/";

/// Makes schemas, and remembers the components that they refer to.
pub(super) struct Schemas {
    version: Version,
    read: SchemaGenerator,
    written: SchemaGenerator,
}

/// The side from which a type is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    /// In requests, which are read.
    Read,
    /// In answers, which are written.
    Written,
}

/// The body of every failure, as `event::problem` writes it.
struct ProblemDetails;

impl JsonSchema for ProblemDetails {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ProblemDetails".into()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        "powertools::ProblemDetails".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "type": "object",
            "description": "Why a request failed (RFC 9457).",
            "required": ["title", "status"],
            "properties": {
                "title": { "type": "string", "description": "The status in words." },
                "status": { "type": "integer", "description": "The status." },
                "detail": { "type": "string", "description": "What went wrong." },
                "errors": {
                    "type": "array",
                    "description": "Which parts of the request are wrong.",
                    "items": {
                        "type": "object",
                        "required": ["path", "detail"],
                        "properties": {
                            "path": { "type": "string" },
                            "detail": { "type": "string" }
                        }
                    }
                },
                "requestId": { "type": "string", "description": "The id by which the log knows the request." },
                "cause": { "type": "string", "description": "The cause, in development only." }
            }
        })
    }
}

impl Schemas {
    pub(super) fn new(version: Version) -> Self {
        let settings = || {
            let mut settings = match version {
                Version::V3_0 => SchemaSettings::openapi3(),
                Version::V3_1 => SchemaSettings::draft2020_12(),
            };
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
            settings
        };
        Self {
            version,
            read: settings().for_deserialize().into_generator(),
            written: settings().for_serialize().into_generator(),
        }
    }

    /// The schema of a type, as references to components see it for now; `finish` renames them.
    pub(super) fn of(&mut self, shape: Shape, side: Side) -> Option<Value> {
        let make = shape.schema?;
        // Both sides see it, whichever is asked: types of one name are numbered in the order in which a generator
        // meets them, and a type is to have one number. What only one side needs is left out in the end.
        let (generator, other) = match side {
            Side::Read => (&mut self.read, &mut self.written),
            Side::Written => (&mut self.written, &mut self.read),
        };
        make(other);
        let mut schema = make(generator);
        for transform in generator.transforms_mut() {
            transform.transform(&mut schema);
        }
        let mut value = schema.to_value();
        if side == Side::Read {
            mark(&mut value);
        }
        Some(value)
    }

    pub(super) fn problem(&mut self) -> Value {
        let shape = Shape {
            schema: Some(SchemaGenerator::subschema_for::<ProblemDetails>),
        };
        self.of(shape, Side::Written).unwrap_or_default()
    }

    /// The component that a schema refers to, or the schema itself.
    pub(super) fn resolved(&mut self, schema: &Value, side: Side) -> Value {
        let generator = match side {
            Side::Read => &mut self.read,
            Side::Written => &mut self.written,
        };
        let mut schema = schema.clone();
        // Types that stand for others may stand in a row, and at worst in a circle.
        for _ in 0..16 {
            let Some(target) = reference(&schema) else {
                break;
            };
            let (_, name) = target_of(target);
            let found = generator.definitions().get(&name).cloned();
            let Some(Ok(mut found)) = found.map(Schema::try_from) else {
                break;
            };
            for transform in generator.transforms_mut() {
                transform.transform(&mut found);
            }
            schema = found.to_value();
            if side == Side::Read {
                mark(&mut schema);
            }
        }
        schema
    }

    /// The first example that a type gives of itself: `#[schemars(example = …)]`.
    pub(super) fn example(&mut self, schema: &Value, side: Side) -> Option<Value> {
        let whole = self.resolved(schema, side);
        // 3.0 has one example, 3.1 a list of them.
        let several = whole.get("examples").and_then(|examples| examples.get(0));
        whole.get("example").or(several).cloned()
    }

    /// All components by their last names, and the document with references to those.
    pub(super) fn finish(mut self, document: &mut Value) -> Map<String, Value> {
        let mut known = Definitions::new();
        for (name, mut schema) in self.read.take_definitions(true) {
            mark(&mut schema);
            known.insert((Side::Read, name), schema);
        }
        for (name, schema) in self.written.take_definitions(true) {
            known.insert((Side::Written, name), schema);
        }
        let known = used(document, known);
        let names = names(&known);
        let mut components = Map::new();
        for (target, mut schema) in known {
            let Some(last) = names.get(&target) else {
                continue;
            };
            rename(&mut schema, &names);
            self.finish_schema(&mut schema);
            components.insert(last.clone(), schema);
        }
        rename(document, &names);
        components
    }

    /// The last words about a schema: those of 3.0, if it is that.
    pub(super) fn finish_schema(&self, schema: &mut Value) {
        if self.version == Version::V3_0 {
            to_3_0(schema);
        }
    }
}

/// What references to the components of requests begin with until both sides are known. No type's does: a
/// slash of a name is `~1` in a reference (RFC 6901).
const READ: &str = "read/";

/// A component of one side, by the name that schemars gave it.
type Target = (Side, String);

type Definitions = BTreeMap<Target, Value>;

/// What a reference leads to, from behind [`COMPONENTS`].
fn target_of(reference: &str) -> Target {
    match reference.strip_prefix(READ) {
        Some(name) => (Side::Read, decoded(name)),
        None => (Side::Written, decoded(reference)),
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(COMPONENTS)
}

/// Calls `see` with every reference to a component.
fn references(schema: &mut Value, see: &mut dyn FnMut(&mut String)) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if key == "$ref" && text.starts_with(COMPONENTS) => {
                        see(text);
                    }
                    value => references(value, see),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| references(value, see)),
        _ => {}
    }
}

fn mark(schema: &mut Value) {
    references(schema, &mut |text| {
        if let Some(name) = text.strip_prefix(COMPONENTS)
            && !name.starts_with(READ)
        {
            *text = format!("{COMPONENTS}{READ}{name}");
        }
    });
}

/// The components that a document refers to, be it by others. What a path or a query is read as is told field by
/// field, and is none.
fn used(document: &mut Value, mut known: Definitions) -> Definitions {
    let mut used = Definitions::new();
    let mut next = targets(document);
    while let Some(target) = next.pop() {
        if let Some(mut schema) = known.remove(&target) {
            next.extend(targets(&mut schema));
            used.insert(target, schema);
        }
    }
    used
}

fn targets(schema: &mut Value) -> Vec<Target> {
    let mut found = Vec::new();
    references(schema, &mut |text| {
        found.extend(text.strip_prefix(COMPONENTS).map(target_of));
    });
    found
}

fn rename(schema: &mut Value, names: &BTreeMap<Target, String>) {
    references(schema, &mut |text| {
        let target = text.strip_prefix(COMPONENTS).map(target_of);
        if let Some(last) = target.and_then(|target| names.get(&target)) {
            *text = format!("{COMPONENTS}{last}");
        }
    });
}

/// A name as schemars writes it into references: a JSON pointer in a URI.
fn decoded(name: &str) -> String {
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
    name.replace("~1", "/").replace("~0", "~")
}

/// The last name of each component: letters and digits, since API Gateway takes no others ("Model names can
/// only contain alphanumeric characters", its important notes for REST APIs), and one name where both sides
/// see the same.
fn names(known: &Definitions) -> BTreeMap<Target, String> {
    let differing = differing(known);
    let mut names = BTreeMap::new();
    let mut taken = BTreeSet::new();
    let mut unique = |wanted: String| {
        let mut last = wanted.clone();
        let mut number = 2;
        while !taken.insert(last.clone()) {
            last = format!("{wanted}{number}");
            number += 1;
        }
        last
    };
    let of = |asked: Side| known.keys().filter(move |(side, _)| *side == asked);
    for target in of(Side::Written) {
        names.insert(target.clone(), unique(alphanumeric(&target.1)));
    }
    for target in of(Side::Read) {
        let name = &target.1;
        let last = match names.get(&(Side::Written, name.clone())) {
            Some(last) if !differing.contains(name) => last.clone(),
            Some(_) => unique(format!("{}Input", alphanumeric(name))),
            None => unique(alphanumeric(name)),
        };
        names.insert(target.clone(), last);
    }
    names
}

/// The names of which the sides see different things, or things that refer to such.
fn differing(known: &Definitions) -> BTreeSet<String> {
    let mut differing = BTreeSet::new();
    let mut used_by: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for ((side, name), schema) in known {
        let other = known.get(&(Side::Written, name.clone()));
        let Some(other) = other.filter(|_| *side == Side::Read) else {
            continue;
        };
        let mut plain = schema.clone();
        references(&mut plain, &mut |text| {
            if let Some(target) = text.strip_prefix(COMPONENTS) {
                let (_, target_name) = target_of(target);
                used_by.entry(target_name).or_default().push(name);
                let target = target.strip_prefix(READ).unwrap_or(target);
                *text = format!("{COMPONENTS}{target}");
            }
        });
        if plain != *other {
            differing.insert(name.clone());
        }
    }
    let mut next: Vec<String> = differing.iter().cloned().collect();
    while let Some(name) = next.pop() {
        for user in used_by.get(&name).into_iter().flatten() {
            if differing.insert((*user).clone()) {
                next.push((*user).clone());
            }
        }
    }
    differing
}

/// `Page_for_Order` as `PageForOrder`.
fn alphanumeric(name: &str) -> String {
    let mut last = String::new();
    let mut is_start = true;
    for character in name.chars() {
        if !character.is_ascii_alphanumeric() {
            is_start = true;
            continue;
        }
        if is_start {
            last.push(character.to_ascii_uppercase());
        } else {
            last.push(character);
        }
        is_start = false;
    }
    if last.is_empty() {
        last.push_str("Type");
    }
    last
}

/// The words of a schema that OpenAPI 3.0 knows (its Schema Object). Others are left out: `$defs`,
/// `patternProperties`, `if` and their like say nothing to who reads 3.0.
const KNOWN: [&str; 34] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "default",
    "deprecated",
    "description",
    "discriminator",
    "enum",
    "example",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "externalDocs",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "properties",
    "readOnly",
    "required",
    "title",
    "type",
    "uniqueItems",
];

/// Rewrites what schemars leaves of newer JSON Schema: tuples, several types at once, exclusive limits that
/// are numbers, keys by pattern.
fn to_3_0(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    if let Some(Value::Array(items)) = map.get("items") {
        let items = items.clone();
        map.insert("items".into(), any_of(items));
        map.remove("additionalItems");
    }
    if let Some(Value::Array(types)) = map.get("type") {
        let types = types.clone();
        map.remove("type");
        match &types[..] {
            [] => {}
            [one] => {
                map.insert("type".into(), one.clone());
            }
            _ => {
                let types = types.into_iter().map(|name| json!({ "type": name }));
                map.insert("anyOf".into(), types.collect());
            }
        }
    }
    for (exclusive, limit) in [
        ("exclusiveMinimum", "minimum"),
        ("exclusiveMaximum", "maximum"),
    ] {
        if let Some(Value::Number(number)) = map.get(exclusive).cloned() {
            map.insert(limit.into(), Value::Number(number));
            map.insert(exclusive.into(), true.into());
        }
    }
    if let Some(Value::Object(by_pattern)) = map.remove("patternProperties") {
        // A map whose keys are numbers, say: what its values are can be told, its keys not.
        let values = by_pattern.into_iter().map(|(_, value)| value).collect();
        map.insert("additionalProperties".into(), any_of(values));
    }
    // "Type" is needed beside it: an array without `items` is none in 3.0.
    if map.get("type").is_some_and(|name| name == "array") && !map.contains_key("items") {
        map.insert("items".into(), json!({}));
    }
    map.retain(|key, _| KNOWN.contains(&key.as_str()) || key.starts_with("x-"));
    for (key, value) in map.iter_mut() {
        match key.as_str() {
            "items" | "additionalProperties" | "not" => to_3_0(value),
            "allOf" | "anyOf" | "oneOf" => {
                value.as_array_mut().into_iter().flatten().for_each(to_3_0);
            }
            "properties" => {
                let properties = value.as_object_mut().into_iter();
                properties.flat_map(|map| map.values_mut()).for_each(to_3_0);
            }
            _ => {}
        }
    }
}

/// One schema for several; alike ones are said once.
pub(super) fn any_of(schemas: Vec<Value>) -> Value {
    let mut different: Vec<Value> = Vec::new();
    for schema in schemas {
        if !different.contains(&schema) {
            different.push(schema);
        }
    }
    match different.len() {
        0 => json!({}),
        1 => different.remove(0),
        _ => json!({ "anyOf": different }),
    }
}
