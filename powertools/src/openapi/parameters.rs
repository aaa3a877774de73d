//! The parameters of operations: of the path, of the query, headers and cookies.

use serde_json::{Value, json};

use super::{
    Piece,
    document::Entry,
    operation::{Operation, Presence, Shape},
    paths,
    schema::{Schemas, Side},
};

/// All of them, in this order.
pub(super) fn parameters(
    schemas: &mut Schemas,
    operation: &Operation,
    entry: &Entry<'_>,
) -> Vec<Value> {
    let mut parameters = of_path(schemas, operation, entry);
    parameters.extend(of_query(schemas, operation));
    parameters.extend(headers_and_cookies(operation));
    for parameter in &mut parameters {
        let name = parameter["name"].as_str().unwrap_or_default();
        if let Some(example) = operation.parameter_examples.get(name) {
            parameter["example"] = example.clone();
        }
    }
    parameters
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

/// A parameter for each field of what the query is read as.
fn of_query(schemas: &mut Schemas, operation: &Operation) -> Vec<Value> {
    let mut parameters: Vec<Value> = Vec::new();
    for (shape, presence) in &operation.queries {
        let Some(whole) = whole(schemas, *shape) else {
            continue;
        };
        let required = whole.get("required").and_then(Value::as_array);
        let properties = whole.get("properties").and_then(Value::as_object);
        let is_map = properties.is_none() && whole.get("type").is_some_and(|it| it == "object");
        if is_map {
            parameters.push(json!({
                "name": "query",
                "in": "query",
                "description": "Any keys.",
                "style": "form",
                "explode": true,
                "schema": finished(schemas, &whole),
            }));
        }
        let mut names: Vec<_> = properties.into_iter().flatten().collect();
        names.sort_by_key(|(name, _)| *name);
        for (name, schema) in names {
            if parameters.iter().any(|known| known["name"] == **name) {
                continue;
            }
            let mut schema = schema.clone();
            without_null(&mut schema);
            let text = take_description(&mut schema);
            let is_deprecated = schema.get("deprecated").is_some_and(|it| it == true);
            let is_required = *presence == Presence::Required
                && required.is_some_and(|names| names.iter().any(|known| known == name));
            let mut parameter = json!({
                "name": name,
                "in": "query",
                "required": is_required,
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
    parameters
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
        let is_null = |schema: &Value| {
            schema.get("type").is_some_and(|name| name == "null")
                || schema.get("enum") == Some(&json!([null]))
        };
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
