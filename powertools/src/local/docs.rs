//! `/docs` and `/openapi.json`, where the setting `docs` asks for them: the routes as a page to read.
//!
//! The page is ours and a small one. Swagger UI and Scalar are megabytes of script that would be in every
//! debug build; this has no script at all, so a doc comment can do no harm. Whoever wants theirs points them to
//! `/openapi.json`. Neither path is on Lambda: they are the gateway's, and hide routes of the same name.

use std::fmt::Write;

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use serde_json::Value;

use crate::{
    Error,
    function::App,
    gateway::{self, Answer},
    openapi::{Document, OpenApi, Target},
};

/// What is answered, made once.
pub(super) struct Docs {
    page: Bytes,
    json: Bytes,
}

impl Docs {
    pub(super) fn of(app: &impl App, program: &str) -> Result<Self, Error> {
        let change = |told: Option<OpenApi>| {
            let api = told.unwrap_or_else(|| OpenApi::new(program, "0.0.0"));
            api.target(Target::Plain)
        };
        match app.routes_document(&change) {
            Some(document) => Ok(Self::from(&document?)),
            None => Err("`--docs` needs routes, and there is no router here".into()),
        }
    }

    /// The answer to a request for one of the two.
    pub(super) fn answer(&self, parts: &Parts) -> Option<Answer> {
        if parts.method != Method::GET {
            return None;
        }
        match parts.uri.path() {
            "/openapi.json" => Some(gateway::json(StatusCode::OK, self.json.to_vec())),
            "/docs" => {
                let mut answer = Answer::new(self.page.clone());
                for (name, value) in [
                    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                    (
                        header::CONTENT_SECURITY_POLICY,
                        "default-src 'none'; style-src 'unsafe-inline'",
                    ),
                ] {
                    let value = HeaderValue::from_static(value);
                    answer.headers_mut().insert(name, value);
                }
                Some(answer)
            }
            _ => None,
        }
    }
}

impl From<&Document> for Docs {
    fn from(document: &Document) -> Self {
        Self {
            page: page(document.as_value()).into(),
            json: document.to_json().into(),
        }
    }
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
    code,pre{font:14px/1.4 ui-monospace,monospace}pre{background:#8882;padding:.5rem;overflow:auto}\
    summary{cursor:pointer}details{border-top:1px solid #8886;padding:.5rem 0}details details{border:0}\
    b{display:inline-block;min-width:5rem}.text{white-space:pre-wrap}.old{text-decoration:line-through}\
    :root{color-scheme:light dark}";

fn page(document: &Value) -> String {
    let mut page = String::new();
    let title = escaped(text(&document["info"]["title"]));
    let version = escaped(text(&document["info"]["version"]));
    push(
        &mut page,
        format_args!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
             <style>{STYLE}</style><h1>{title} <small>{version}</small></h1>"
        ),
    );
    described(&mut page, &document["info"]);
    page.push_str("<p><a href=\"/openapi.json\">openapi.json</a></p>");
    for (path, methods) in entries(&document["paths"]) {
        for (method, operation) in entries(methods) {
            self::operation(&mut page, path, method, operation);
        }
    }
    let schemas = &document["components"]["schemas"];
    if !entries(schemas).is_empty() {
        page.push_str("<h2>Types</h2>");
    }
    for (name, schema) in entries(schemas) {
        let name = escaped(name);
        push(
            &mut page,
            format_args!("<details id=\"{name}\"><summary><code>{name}</code></summary>"),
        );
        code(&mut page, schema);
        page.push_str("</details>");
    }
    page
}

fn operation(page: &mut String, path: &str, method: &str, operation: &Value) {
    let class = match operation["deprecated"] {
        Value::Bool(true) => " class=\"old\"",
        _ => "",
    };
    push(
        page,
        format_args!(
            "<details><summary><b>{}</b><code{class}>{}</code> {}</summary>",
            escaped(&method.to_ascii_uppercase()),
            escaped(path),
            escaped(text(&operation["summary"])),
        ),
    );
    described(page, operation);
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let needed = match parameter["required"] {
            Value::Bool(true) => "",
            _ => ", may be left out",
        };
        push(
            page,
            format_args!(
                "<p><code>{}</code> in the {}{needed}: {} {}</p>",
                escaped(text(&parameter["name"])),
                escaped(text(&parameter["in"])),
                linked(&parameter["schema"]),
                escaped(text(&parameter["description"])),
            ),
        );
    }
    contents(page, "Body", &operation["requestBody"]["content"]);
    for (status, answer) in entries(&operation["responses"]) {
        let title = format!("{status} {}", text(&answer["description"]));
        match answer["content"] {
            Value::Object(_) => contents(page, &title, &answer["content"]),
            _ => push(page, format_args!("<p>{}</p>", escaped(&title))),
        }
    }
    page.push_str("</details>");
}

fn contents(page: &mut String, title: &str, content: &Value) {
    for (media, inner) in entries(content) {
        push(
            page,
            format_args!(
                "<p>{}: <code>{}</code> {}</p>",
                escaped(title),
                escaped(media),
                linked(&inner["schema"])
            ),
        );
    }
}

/// A schema in a line: a link to its type, or what it is.
fn linked(schema: &Value) -> String {
    let target = schema["$ref"].as_str();
    match target.and_then(|target| target.rsplit('/').next()) {
        Some(name) => {
            let name = escaped(name);
            format!("<a href=\"#{name}\"><code>{name}</code></a>")
        }
        None => format!("<code>{}</code>", escaped(&schema.to_string())),
    }
}

/// Markdown as it was written, which is made to be read so.
fn described(page: &mut String, value: &Value) {
    let text = text(&value["description"]);
    if !text.is_empty() {
        push(
            page,
            format_args!("<p class=\"text\">{}</p>", escaped(text)),
        );
    }
}

fn code(page: &mut String, schema: &Value) {
    push(
        page,
        format_args!("<pre>{}</pre>", escaped(&format!("{schema:#}"))),
    );
}

fn entries(value: &Value) -> Vec<(&String, &Value)> {
    value.as_object().into_iter().flatten().collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A text that is no markup, within an element or in double quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn push(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).expect("a string takes every text");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_that_a_document_says_is_markup() {
        let evil = "<script>alert('1')</script>\" onclick=\"x";
        let document = json!({
            "info": { "title": evil, "version": evil, "description": evil },
            "paths": { evil: { evil: {
                "summary": evil,
                "description": evil,
                "parameters": [{ "name": evil, "in": evil, "schema": { "$ref": evil } }],
                "requestBody": { "content": { evil: { "schema": { "type": evil } } } },
                "responses": { evil: { "description": evil } }
            } } },
            "components": { "schemas": { evil: { "description": evil } } }
        });
        let page = page(&document);

        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains("\" onclick"), "{page}");
        assert!(page.contains("&lt;script&gt;"), "{page}");
    }

    #[test]
    fn an_operation_is_told_with_its_parameters_and_answers() {
        let document = json!({
            "info": { "title": "shop", "version": "1" },
            "paths": { "/orders/{id}": { "get": {
                "summary": "Shows one.",
                "deprecated": true,
                "parameters": [{
                    "name": "id", "in": "path", "required": true, "description": "Its number.",
                    "schema": { "type": "integer" }
                }],
                "responses": {
                    "200": { "description": "OK", "content": { "application/json": {
                        "schema": { "$ref": "#/components/schemas/Order" }
                    } } },
                    "204": { "description": "No Content" }
                }
            } } },
            "components": { "schemas": { "Order": { "type": "object" } } }
        });
        let page = page(&document);

        for part in [
            "<summary><b>GET</b><code class=\"old\">/orders/{id}</code> Shows one.</summary>",
            "<p><code>id</code> in the path: <code>{&quot;type&quot;:&quot;integer&quot;}</code> Its \
             number.</p>",
            "<p>200 OK: <code>application/json</code> <a href=\"#Order\"><code>Order</code></a></p>",
            "<p>204 No Content</p>",
            "<details id=\"Order\"><summary><code>Order</code></summary>",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
    }
}
