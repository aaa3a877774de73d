//! Puts the document together: routes in, one JSON value out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    Document, DocumentError, DocumentErrors, OpenApi, Outline, Piece, Routing, Target, Version,
    gateway,
    operation::{Answer, Content, Kind, Operation, Presence, Status},
    parameters::{parameters, untyped},
    paths::{self, Names},
    schema::{Schemas, Side},
};

/// The methods that OpenAPI has a place for.
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// One method of one route.
pub(super) struct Entry<'a> {
    pub(super) route: &'a Outline,
    method: String,
    template: String,
    /// The names of the template's parameters, which may be another route's.
    pub(super) names: Vec<String>,
}

impl Entry<'_> {
    /// As a person calls it.
    fn called(&self) -> String {
        format!(
            "{} {}",
            self.method.to_ascii_uppercase(),
            self.route.pattern
        )
    }
}

pub(super) fn document(api: &OpenApi, routing: &Routing) -> Result<Document, DocumentErrors> {
    let mut errors = Vec::new();
    let mut notes = Vec::new();
    let entries = entries(api, routing, &mut errors, &mut notes);
    let names: Vec<_> = entries
        .iter()
        .map(|entry| Names::of(entry.route.name, &entry.method, &entry.route.pattern))
        .collect();
    let ids = paths::unique(&names);
    for (id, _) in &api.changes {
        if !ids.contains(id) {
            let mut known = ids.clone();
            known.sort();
            errors.push(DocumentError::NoSuchOperation {
                id: id.clone(),
                known,
            });
        }
    }
    let mut writer = Writer {
        api,
        schemas: Schemas::new(api.version),
        has_own_problems: routing.has_own_problems,
        errors,
        notes,
    };
    let mut all: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut tags = BTreeSet::new();
    for ((entry, names), id) in entries.iter().zip(&names).zip(&ids) {
        let mut operation = gathered(entry.route);
        for (_, change) in api.changes.iter().filter(|(changed, _)| changed == id) {
            change(&mut operation);
        }
        let module = || names.module.iter().cloned().collect();
        operation.tags.get_or_insert_with(module);
        writer.note(&operation, entry);
        tags.extend(operation.tags.iter().flatten().cloned());
        let value = writer.operation(&operation, entry, id);
        let path = all.entry(entry.template.clone()).or_default();
        path.insert(entry.method.clone(), value);
    }
    let security = writer.requirements(&api.security);
    if !writer.errors.is_empty() {
        return Err(DocumentErrors(writer.errors));
    }
    let Writer { schemas, notes, .. } = writer;

    let mut root = json!({
        "openapi": match api.version {
            Version::V3_0 => "3.0.3",
            Version::V3_1 => "3.1.0",
        },
        "info": info(api),
        "paths": all,
    });
    if !api.servers.is_empty() {
        let servers = api.servers.iter().map(|(url, text)| match &**text {
            "" => json!({ "url": url }),
            _ => json!({ "url": url, "description": text }),
        });
        root["servers"] = servers.collect();
    }
    let tags = described_tags(api, &tags);
    if !tags.is_empty() {
        root["tags"] = tags.into();
    }
    if !security.is_empty() && api.target == Target::Plain {
        root["security"] = security.into();
    }
    let components = schemas.finish(&mut root);
    if !components.is_empty() {
        root["components"] = json!({ "schemas": components });
    }
    if api.target != Target::Plain {
        gateway::escape(&mut root);
        integrate(api, &entries, &mut root);
    }
    if !api.schemes.is_empty() {
        // Not before: what they say may be a template's variable.
        root["components"]["securitySchemes"] = gateway::schemes(&api.schemes, api.target).into();
    }
    Ok(Document { root, notes })
}

/// Every operation that a document can have, in the order of templates and methods.
fn entries<'a>(
    api: &OpenApi,
    routing: &'a Routing,
    errors: &mut Vec<DocumentError>,
    notes: &mut Vec<String>,
) -> Vec<Entry<'a>> {
    // Of patterns that are one template the first by the alphabet gives the names, so that the order of routes
    // makes no difference.
    let mut firsts: BTreeMap<String, &Outline> = BTreeMap::new();
    for route in &routing.routes {
        let shape = paths::shape(&route.pieces, api.target);
        let first = firsts.entry(shape).or_insert(route);
        if route.pattern < first.pattern {
            *first = route;
        }
    }
    let mut entries = Vec::new();
    for route in &routing.routes {
        if api.target == Target::RestApi
            && let Some(segment) = paths::refused_segment(&route.pieces)
        {
            errors.push(DocumentError::Segment {
                pattern: route.pattern.clone(),
                segment: segment.to_owned(),
            });
        }
        let shape = paths::shape(&route.pieces, api.target);
        let first = firsts.get(&shape).copied().unwrap_or(route);
        if is_greedy(first) != is_greedy(route) {
            errors.push(paths::ambiguous(&first.pattern, &route.pattern));
            continue;
        }
        for method in &route.methods {
            let method = method.as_str().to_ascii_lowercase();
            if !METHODS.contains(&&*method) {
                notes.push(format!(
                    "{} {}: OpenAPI has no place for this method, so it is left out",
                    method.to_ascii_uppercase(),
                    route.pattern
                ));
                continue;
            }
            entries.push(Entry {
                route,
                method,
                template: paths::template(&first.pieces, api.target),
                names: paths::parameters(&first.pieces)
                    .map(str::to_owned)
                    .collect(),
            });
        }
    }
    entries.sort_by(|a, b| (&a.template, &a.method).cmp(&(&b.template, &b.method)));
    entries
}

fn is_greedy(route: &Outline) -> bool {
    matches!(route.pieces.last(), Some(Piece::Rest(_)))
}

/// What types and doc comment say.
fn gathered(route: &Outline) -> Operation {
    let mut operation = Operation::default();
    match &route.description {
        Some(description) => {
            (description.types)(&mut operation);
            let (summary, rest) = paragraphs(description.docs);
            operation.summary = summary;
            operation.description = rest;
            operation.is_deprecated = description.is_deprecated;
        }
        // Listed by hand: that it is there is all that is known.
        None => {
            operation.any_answer();
        }
    }
    // A panic is one, and so is an answer that does not serialise.
    operation.problem(500);
    if route.is_wrapped {
        operation.answers.entry(Status::Other).or_default();
    }
    operation
}

/// The first paragraph in one line, and the rest as it is.
fn paragraphs(docs: &[&str]) -> (Option<String>, Option<String>) {
    let text: Vec<&str> = docs.iter().flat_map(|doc| doc.split('\n')).collect();
    // `/// text` is the line ` text`; code within keeps the rest of its indentation.
    let lines: Vec<&str> = text
        .iter()
        .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end())
        .collect();
    let start = lines.iter().position(|line| !line.is_empty());
    let lines = &lines[start.unwrap_or(lines.len())..];
    let end = lines.iter().position(|line| line.is_empty());
    let (first, rest) = lines.split_at(end.unwrap_or(lines.len()));
    let first: Vec<&str> = first.iter().map(|line| line.trim()).collect();
    let rest = rest.join("\n");
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    (some(&first.join(" ")), some(rest.trim_matches('\n')))
}

fn info(api: &OpenApi) -> Value {
    let mut info = json!({ "title": api.title, "version": api.release });
    if let Some(text) = &api.description {
        info["description"] = text.clone().into();
    }
    info
}

/// Those that operations have, with what was said of them.
fn described_tags(api: &OpenApi, used: &BTreeSet<String>) -> Vec<Value> {
    let described = api.tags.iter();
    let mut tags: Vec<Value> = described
        .map(|(name, text)| json!({ "name": name, "description": text }))
        .collect();
    let is_described = |name: &String| api.tags.iter().any(|(known, _)| known == name);
    let others = used.iter().filter(|name| !is_described(name));
    tags.extend(others.map(|name| json!({ "name": name })));
    tags
}

/// What API Gateway is told beyond OpenAPI.
fn integrate(api: &OpenApi, entries: &[Entry<'_>], root: &mut Value) {
    let integration = api.gateway.integration(api.target);
    let shared: BTreeMap<&str, &Entry<'_>> = entries
        .iter()
        .filter(|entry| entry.route.is_shared)
        .map(|entry| (&*entry.template, entry))
        .collect();
    let Some(paths) = root["paths"].as_object_mut() else {
        return;
    };
    for (template, operations) in paths.iter_mut() {
        let Some(operations) = operations.as_object_mut() else {
            continue;
        };
        for operation in operations.values_mut() {
            operation["x-amazon-apigateway-integration"] = integration.clone();
        }
        // A browser asks with OPTIONS first, and API Gateway knows no method that is not in the document.
        if let Some(entry) = shared.get(&**template)
            && !operations.contains_key("options")
            && !api.gateway.answers_preflights(api.target)
        {
            let mut preflight = json!({
                "summary": "Answers the preflight of a page of another origin.",
                "responses": { "204": { "description": "What is allowed, in headers." } },
                "x-amazon-apigateway-integration": integration.clone(),
                // Browsers send no credentials with it.
                "security": [],
            });
            let parameters: Vec<Value> = entry.names.iter().map(|name| untyped(name)).collect();
            if !parameters.is_empty() {
                preflight["parameters"] = parameters.into();
            }
            operations.insert("options".to_owned(), preflight);
        }
    }
    if let Some(root) = root.as_object_mut() {
        root.extend(api.gateway.root(api.target));
    }
}

struct Writer<'a> {
    api: &'a OpenApi,
    schemas: Schemas,
    has_own_problems: bool,
    errors: Vec<DocumentError>,
    notes: Vec<String>,
}

impl Writer<'_> {
    /// Says what the document does not.
    fn note(&mut self, operation: &Operation, entry: &Entry<'_>) {
        let route = entry.called();
        if entry.route.description.is_none() {
            self.notes.push(format!(
                "{route}: listed by hand, so its types are not known; a route attribute tells them"
            ));
        }
        // "Use of these for API root-level resources with custom domains will fail to produce the expected
        // result" (API Gateway, important notes for REST APIs).
        if self.api.target == Target::RestApi && ["/ping", "/sping"].contains(&&*entry.template) {
            self.notes.push(format!(
                "{route}: this path is API Gateway's own on a custom domain, where a request for it never \
                 reaches the function"
            ));
        }
        for name in &operation.untyped {
            self.notes.push(format!(
                "{route}: nothing is said of `{name}`, which implements neither `JsonSchema` nor \
                 `DescribeRequest` or `DescribeResponse`"
            ));
        }
    }

    fn operation(&mut self, operation: &Operation, entry: &Entry<'_>, id: &str) -> Value {
        let mut value = json!({ "operationId": id });
        let map = [
            ("summary", &operation.summary),
            ("description", &operation.description),
        ];
        for (key, text) in map {
            if let Some(text) = text {
                value[key] = text.clone().into();
            }
        }
        if let Some(tags) = operation.tags.as_ref().filter(|tags| !tags.is_empty()) {
            value["tags"] = tags.clone().into();
        }
        if operation.is_deprecated {
            value["deprecated"] = true.into();
        }
        let (parameters, has_unknown) = parameters(&mut self.schemas, operation, entry);
        if has_unknown {
            self.notes.push(format!(
                "{}: the query is read as a type that is neither a map nor has fields, so not all of its \
                 parameters are known",
                entry.called()
            ));
        }
        if !parameters.is_empty() {
            value["parameters"] = parameters.into();
        }
        // "In other cases … requestBody SHALL be ignored by consumers" (OpenAPI 3.0.3, Operation Object): GET and
        // HEAD give a body no meaning.
        let has_body = !["get", "head"].contains(&&*entry.method);
        if let Some(body) = operation.body.as_ref().filter(|_| has_body) {
            let content = std::slice::from_ref(&body.content);
            let content = self.content(content, operation.body_example.as_ref(), Side::Read);
            value["requestBody"] = json!({
                "required": body.presence == Presence::Required,
                "content": content,
            });
        }
        if let Some(schemes) = self.security_of(operation) {
            let schemes = schemes.to_vec();
            value["security"] = self.requirements(&schemes).into();
        }
        let mut answers = operation.answers.clone();
        if !entry.names.is_empty() {
            // Not for numbers alone: what does not decode is refused whatever it is read as.
            let mut refusal = Operation::default();
            refusal.problem(400);
            for (status, answer) in refusal.answers {
                answers.entry(status).or_insert(answer);
            }
        }
        value["responses"] = self.answers(&answers);
        value
    }

    /// What the operation itself asks for. Of API Gateway's documents that is what the whole document asks for,
    /// too: an importer that overlooks its root would let everybody in.
    fn security_of<'a>(&'a self, operation: &'a Operation) -> Option<&'a [String]> {
        let whole = || match self.api.target {
            Target::Plain => None,
            _ => Some(&self.api.security).filter(|schemes| !schemes.is_empty()),
        };
        operation
            .security
            .as_ref()
            .or_else(whole)
            .map(Vec::as_slice)
    }

    fn content(&mut self, contents: &[Content], example: Option<&Value>, side: Side) -> Value {
        let mut map = Map::new();
        for Content { media, kind } in contents {
            let mut schema = match kind {
                Kind::Text => json!({ "type": "string" }),
                Kind::Bytes => self.bytes(),
                Kind::Problem => self.schemas.problem(),
                Kind::Typed(shape) => self.schemas.of(*shape, side).unwrap_or_else(|| json!({})),
            };
            let example = example.cloned();
            let example = example.or_else(|| self.schemas.example(&schema, side));
            self.schemas.finish_schema(&mut schema);
            let mut content = json!({ "schema": schema });
            if let Some(example) = example {
                content["example"] = example;
            }
            map.insert(media.clone(), content);
        }
        map.into()
    }

    /// 3.1 leaves the type out, since JSON has none for it.
    fn bytes(&self) -> Value {
        match self.api.version {
            Version::V3_0 => json!({ "type": "string", "format": "binary" }),
            Version::V3_1 => json!({}),
        }
    }

    fn answers(&mut self, answers: &BTreeMap<Status, Answer>) -> Value {
        let mut map = Map::new();
        for (status, answer) in answers {
            let Some(key) = self.key(*status) else {
                continue;
            };
            let text = answer.description.clone();
            let mut value = json!({ "description": text.unwrap_or_else(|| meaning(*status)) });
            let mut content = answer.content.clone();
            if self.has_own_problems {
                // `Router::on_problem` writes them, and in what form only the program knows.
                content.retain(|content| !matches!(content.kind, Kind::Problem));
            }
            if !content.is_empty() {
                value["content"] = self.content(&content, answer.example.as_ref(), Side::Written);
            }
            for (name, text) in &answer.headers {
                let mut header = json!({ "schema": { "type": "string" } });
                if !text.is_empty() {
                    header["description"] = text.clone().into();
                }
                value["headers"][name] = header;
            }
            map.entry(key).or_insert(value);
        }
        let is_told = |key: &String| key.starts_with(['2', '3']) || key == "default";
        if !map.keys().any(is_told) {
            map.insert("200".to_owned(), json!({ "description": "An answer." }));
        }
        map.into()
    }

    /// A REST API has statuses of three digits and no others (`PutMethodResponse`, whose `statusCode`
    /// matches `[1-5]\d\d`).
    fn key(&self, status: Status) -> Option<String> {
        match (status, self.api.target) {
            (Status::Code(code), _) => Some(code.to_string()),
            (Status::Success, Target::RestApi) => Some("200".to_owned()),
            (Status::Other, Target::RestApi) => None,
            (Status::Success, _) => Some("2XX".to_owned()),
            (Status::Other, _) => Some("default".to_owned()),
        }
    }

    fn requirements(&mut self, schemes: &[String]) -> Vec<Value> {
        for name in schemes {
            let scheme = self.api.schemes.iter().find(|(known, _)| known == name);
            let error = match scheme {
                None => DocumentError::NoSuchScheme { name: name.clone() },
                Some((_, scheme)) => match scheme.complaint(self.api.target) {
                    None => continue,
                    Some(reason) => DocumentError::Unchecked {
                        name: name.clone(),
                        reason,
                    },
                },
            };
            if !self.errors.contains(&error) {
                self.errors.push(error);
            }
        }
        schemes.iter().map(|name| json!({ name: [] })).collect()
    }
}

/// OpenAPI wants a description of every answer.
fn meaning(status: Status) -> String {
    match status {
        Status::Code(code) => {
            let known = http::StatusCode::from_u16(code).ok();
            let reason = known.and_then(|status| status.canonical_reason());
            reason.map_or_else(|| code.to_string(), str::to_owned)
        }
        Status::Success => "Success".to_owned(),
        Status::Other => "Any other answer".to_owned(),
    }
}
