//! The parameters of operations: of the path, of the query, headers and cookies.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    Piece,
    document::Entry,
    operation::{Operation, Presence, Shape},
    paths,
    schema::{Schemas, Side, any_of},
};

/// All of them, in this order, and whether the query is read as something of which they are not known.
pub(super) fn parameters(
    schemas: &mut Schemas,
    operation: &Operation,
    entry: &Entry<'_>,
) -> (Vec<Value>, bool) {
    let mut parameters = of_path(schemas, operation, entry);
    let (query, has_unknown) = of_query(schemas, operation);
    parameters.extend(query);
    parameters.extend(headers_and_cookies(operation));
    for parameter in &mut parameters {
        let name = parameter["name"].as_str().unwrap_or_default();
        if let Some(example) = operation.parameter_examples.get(name) {
            parameter["example"] = example.clone();
        }
    }
    (parameters, has_unknown)
}

/// A parameter of the path of which only the name is known.
pub(super) fn untyped(name: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
}

/// The parameters of the path.
fn of_path(schemas: &mut Schemas, operation: &Operation, entry: &Entry<'_>) -> Vec<Value> {
    let own: Vec<&str> = paths::parameters(&entry.route.pieces).collect();
    let shape = operation.path.and_then(|shape| whole(schemas, shape));
    let mut parameters = Vec::new();
    for (index, (name, own)) in entry.names.iter().zip(&own).enumerate() {
        let mut parameter = untyped(name);
        let schema = shape
            .as_ref()
            .and_then(|whole| part(whole, own, index, entry.names.len()));
        if let Some(mut schema) = schema {
            let text = take_description(&mut schema);
            schemas.finish_schema(&mut schema);
            parameter["schema"] = schema;
            if let Some(text) = text {
                parameter["description"] = text;
            }
        }
        let is_rest = matches!(entry.route.pieces.last(), Some(Piece::Rest(last)) if last == own);
        if is_rest && parameter.get("description").is_none() {
            parameter["description"] = "The rest of the path, slashes included.".into();
        }
        parameters.push(parameter);
    }
    parameters
}

/// A parameter for each field of what the query is read as, and whether more is read.
fn of_query(schemas: &mut Schemas, operation: &Operation) -> (Vec<Value>, bool) {
    let mut parameters: Vec<Value> = Vec::new();
    let mut has_unknown = false;
    for (shape, presence) in &operation.queries {
        let Some(schema) = schemas.of(*shape, Side::Read) else {
            continue;
        };
        let fields = Fields::of(schemas, &schema, DEPTH);
        has_unknown |= fields.has_unknown;
        if let Some(whole) = fields.others {
            parameters.push(json!({
                "name": "query",
                "in": "query",
                "description": "Any keys.",
                "style": "form",
                "explode": true,
                "schema": finished(schemas, &whole),
            }));
        }
        for (name, field) in fields.named {
            if parameters.iter().any(|known| known["name"] == *name) {
                continue;
            }
            let mut schema = either(field.schemas);
            let text = take_description(&mut schema);
            let is_deprecated = schema.get("deprecated").is_some_and(|it| it == true);
            let mut parameter = json!({
                "name": name,
                "in": "query",
                "required": *presence == Presence::Required && field.is_required,
                "schema": finished(schemas, &schema),
            });
            if let Some(text) = text {
                parameter["description"] = text;
            }
            if is_deprecated {
                parameter["deprecated"] = true.into();
            }
            parameters.push(parameter);
        }
    }
    (parameters, has_unknown)
}

/// How deep parts of a type may have parts. A type may have itself as one.
const DEPTH: usize = 16;

/// What a query may have.
#[derive(Default)]
struct Fields {
    named: BTreeMap<String, Field>,
    /// The map that takes the keys which no field names.
    others: Option<Value>,
    /// Whether something is read of which no key is known.
    has_unknown: bool,
}

#[derive(Default)]
struct Field {
    /// What it may be: of an enum's variants each says its own.
    schemas: Vec<Value>,
    is_required: bool,
}

impl Fields {
    /// Those of a struct, of a struct that has others flattened into it, or of an enum.
    fn of(schemas: &mut Schemas, schema: &Value, depth: usize) -> Self {
        let whole = schemas.resolved(schema, Side::Read);
        let mut fields = Self::default();
        let Some(depth) = depth.checked_sub(1) else {
            fields.has_unknown = true;
            return fields;
        };
        let parts = |key| whole.get(key).and_then(Value::as_array);
        let required = parts("required");
        let is_required =
            |name| required.is_some_and(|names| names.iter().any(|known| known == name));
        let properties = whole.get("properties").and_then(Value::as_object);
        for (name, schema) in properties.into_iter().flatten() {
            let mut schema = schema.clone();
            without_null(&mut schema);
            let field = fields.named.entry(name.clone()).or_default();
            field.schemas.push(schema);
            field.is_required = is_required(name);
        }
        let mut has_parts = properties.is_some();
        for part in parts("allOf").into_iter().flatten() {
            has_parts = true;
            fields.extend(Self::of(schemas, part, depth));
        }
        for key in ["anyOf", "oneOf"] {
            let Some(variants) = parts(key) else { continue };
            has_parts = true;
            let variants = variants.iter().map(|variant| match variant {
                // An `Option` that is flattened, where it is none.
                Value::Object(map) if map.is_empty() => Self::default(),
                _ => Self::of(schemas, variant, depth),
            });
            fields.extend(Self::any(variants.collect()));
        }
        let more = whole.get("additionalProperties");
        let takes_more = more.is_some_and(|more| more.is_object() || *more == true);
        if has_parts {
            fields.others = more
                .filter(|_| takes_more)
                .map(|more| json!({ "type": "object", "additionalProperties": more }))
                .or(fields.others);
        } else if is_type(&whole, "object") {
            fields.others = Some(whole);
        } else if let Some(value) = value_of_pair(&whole) {
            fields.others = Some(json!({ "type": "object", "additionalProperties": value }));
        } else {
            // A part may say which fields are required and nothing else, and `()` takes none.
            fields.has_unknown = required.is_none() && !is_null(&whole);
        }
        fields
    }

    /// Those of several parts together.
    fn extend(&mut self, part: Self) {
        for (name, field) in part.named {
            let known = self.named.entry(name).or_default();
            known.schemas.extend(field.schemas);
            known.is_required |= field.is_required;
        }
        self.others = self.others.take().or(part.others);
        self.has_unknown |= part.has_unknown;
    }

    /// Those of one part or another: required is what all of them want.
    fn any(variants: Vec<Self>) -> Self {
        let wants = |name: &String| {
            let field = |variant: &Self| variant.named.get(name).is_some_and(|it| it.is_required);
            variants.iter().all(field)
        };
        let names: BTreeSet<&String> = variants.iter().flat_map(|it| it.named.keys()).collect();
        let required: BTreeSet<String> =
            names.into_iter().filter(|it| wants(it)).cloned().collect();
        let mut fields = Self::default();
        for variant in variants {
            fields.extend(variant);
        }
        for (name, field) in &mut fields.named {
            field.is_required = required.contains(name);
        }
        fields
    }
}

/// One schema for several: of constants their list, of others any.
fn either(schemas: Vec<Value>) -> Value {
    let constants = |schema: &Value| match (schema.get("const"), schema.get("enum")) {
        (Some(one), _) => Some(vec![one.clone()]),
        (_, Some(Value::Array(several))) => Some(several.clone()),
        _ => None,
    };
    let lists: Option<Vec<_>> = schemas.iter().map(constants).collect();
    match (&schemas[..], lists) {
        ([_, _, ..], Some(lists)) => {
            let mut values: Vec<Value> = Vec::new();
            for value in lists.into_iter().flatten() {
                if !values.contains(&value) {
                    values.push(value);
                }
            }
            let are_texts = values.iter().all(Value::is_string);
            let mut schema = json!({ "enum": values });
            if are_texts {
                schema["type"] = "string".into();
            }
            schema
        }
        _ => any_of(schemas),
    }
}

/// What the values are of a list of pairs, which takes any keys.
fn value_of_pair(schema: &Value) -> Option<Value> {
    let pair = schema.get("items")?;
    let items = pair.get("prefixItems").or_else(|| pair.get("items"))?;
    match items.as_array().map(Vec::as_slice) {
        Some([_, value]) => Some(value.clone()),
        _ => None,
    }
}

fn is_type(schema: &Value, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::Array(types)) => types.iter().any(|known| known == name),
        Some(known) => known == name,
        None => false,
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").is_some_and(|name| name == "null")
        || schema.get("enum") == Some(&json!([null]))
}

/// The schema of a type with all that is known of it: no reference, no several parts.
fn whole(schemas: &mut Schemas, shape: Shape) -> Option<Value> {
    let schema = schemas.of(shape, Side::Read)?;
    let schema = schemas.resolved(&schema, Side::Read);
    Some(schema)
}

fn finished(schemas: &Schemas, schema: &Value) -> Value {
    let mut schema = schema.clone();
    schemas.finish_schema(&mut schema);
    schema
}

/// What one parameter of the path is, of what all of them are: a struct by name, a tuple by place, one value.
fn part(whole: &Value, name: &str, index: usize, count: usize) -> Option<Value> {
    if let Some(properties) = whole.get("properties") {
        return properties.get(name).cloned();
    }
    for items in ["prefixItems", "items"] {
        if let Some(Value::Array(items)) = whole.get(items) {
            return items.get(index).cloned();
        }
    }
    match whole.get("type") {
        Some(kind) if kind == "object" || kind == "array" => None,
        _ if count == 1 => Some(whole.clone()),
        _ => None,
    }
}

/// A parameter has a place of its own for it.
fn take_description(schema: &mut Value) -> Option<Value> {
    let map = schema.as_object_mut()?;
    map.remove("title");
    map.remove("description")
}

/// A query has no null: a key is there or not.
fn without_null(schema: &mut Value) {
    let Some(map) = schema.as_object_mut() else {
        return;
    };
    map.remove("nullable");
    if map.get("default").is_some_and(Value::is_null) {
        map.remove("default");
    }
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|name| name != "null");
        if let [one] = &types[..] {
            let one = one.clone();
            map.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(any)) = map.get_mut("anyOf") {
        any.retain(|schema| !is_null(schema));
        if let [one] = &any[..] {
            let one = one.clone();
            map.remove("anyOf");
            if let Value::Object(one) = one {
                map.extend(one);
            }
        }
    }
}

fn headers_and_cookies(operation: &Operation) -> Vec<Value> {
    let parameters = operation.parameters.iter().map(|parameter| {
        let mut value = json!({
            "name": parameter.name,
            "in": parameter.place,
            "required": parameter.presence == Presence::Required,
            "schema": { "type": "string" },
        });
        if !parameter.description.is_empty() {
            value["description"] = parameter.description.clone().into();
        }
        value
    });
    parameters.collect()
}
