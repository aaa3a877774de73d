//! Documents of routes: what types, doc comments and settings make of them.

#![expect(
    clippy::unwrap_used,
    reason = "the documents of these routers can be made"
)]

use std::collections::{BTreeMap, HashMap};

use powertools::{
    openapi::{
        DescribeRequest, DescribeResponse, Document, DocumentError, Gateway, GatewayCors, OpenApi,
        Operation, SecurityScheme, Target, Version,
    },
    router::{
        Accepted, Bytes, Cors, Created, Error, Form, FromRequest, Html, IntoResponse, Json, Method,
        Path, Query, Rejection, Request, Response, Route, Router, Routes, State, StatusCode,
        delete, get, post, put, route, routes,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

mod examples;
mod gateways;
mod names;
mod paths;
mod queries;
mod schemas;
mod types;

fn plain(routes: Routes) -> Document {
    document(routes, OpenApi::new("shop", "1.2.3").target(Target::Plain))
}

fn document(routes: Routes, api: OpenApi) -> Document {
    Router::new(routes)
        .unwrap()
        .openapi(api)
        .document()
        .unwrap()
}

fn errors(routes: Routes, api: OpenApi) -> Vec<DocumentError> {
    let router = Router::new(routes).unwrap().openapi(api);
    router.document().unwrap_err().errors().to_vec()
}

#[track_caller]
fn at<'a>(document: &'a Document, pointer: &str) -> &'a Value {
    let found = document.as_value().pointer(pointer);
    found.unwrap_or_else(|| panic!("nothing at {pointer} of {}", document.to_json()))
}

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// An order as the shop shows it.
#[derive(Deserialize, JsonSchema, Serialize)]
struct Order {
    /// Given by the shop.
    id: u64,
    note: Option<String>,
    lines: Vec<Line>,
}

#[derive(Deserialize, JsonSchema, Serialize)]
struct Line {
    product: String,
    #[serde(default = "one")]
    count: u32,
}

fn one() -> u32 {
    1
}

/// Shows one order
/// and nothing else.
///
/// Orders of the last *ten* years are kept:
///
///     code stays indented
#[get("/orders/{id}")]
async fn show(Path(id): Path<u64>) -> Result<Json<Order>, Error> {
    Err(Error::not_found(id.to_string()))
}

#[post("/orders")]
async fn create(State(()): State<()>, Json(order): Json<Order>) -> (StatusCode, Json<Order>) {
    (StatusCode::CREATED, Json(order))
}

#[delete("/orders/{id}")]
#[deprecated]
async fn cancel(Path(_id): Path<u64>) {}

#[test]
fn types_and_doc_comment_make_an_operation() {
    let document = plain(routes![show]);

    assert_eq!(at(&document, "/openapi"), "3.0.3");
    assert_eq!(
        at(&document, "/info"),
        &json!({ "title": "shop", "version": "1.2.3" })
    );
    let show = at(&document, "/paths/~1orders~1{id}/get");
    let problem = json!({ "application/problem+json": {
        "schema": { "$ref": "#/components/schemas/ProblemDetails" }
    } });
    assert_eq!(
        show,
        &json!({
            "operationId": "show",
            "summary": "Shows one order and nothing else.",
            "description": "Orders of the last *ten* years are kept:\n\n    code stays indented",
            "parameters": [{
                "name": "id",
                "in": "path",
                "required": true,
                "schema": { "type": "integer", "format": "uint64", "minimum": 0 }
            }],
            "responses": {
                "200": {
                    "description": "OK",
                    "content": { "application/json": {
                        "schema": { "$ref": "#/components/schemas/Order" }
                    } }
                },
                "400": { "description": "Bad Request", "content": problem },
                "500": { "description": "Internal Server Error", "content": problem },
                "default": { "description": "Any other answer", "content": problem }
            }
        })
    );
    assert_eq!(
        at(&document, "/components/schemas/Order"),
        &json!({
            "type": "object",
            "description": "An order as the shop shows it.",
            // An answer always has the note, be it null.
            "required": ["id", "note", "lines"],
            "properties": {
                "id": {
                    "type": "integer", "format": "uint64", "minimum": 0,
                    "description": "Given by the shop."
                },
                "note": { "type": "string", "nullable": true },
                "lines": { "type": "array", "items": { "$ref": "#/components/schemas/Line" } }
            }
        })
    );
    assert_eq!(document.notes(), [""; 0]);
}

#[test]
fn a_type_that_is_read_otherwise_than_written_is_two_components() {
    let document = plain(routes![create]);

    let create = at(&document, "/paths/~1orders/post");
    assert_eq!(
        create["requestBody"],
        json!({
            "required": true,
            "content": { "application/json": {
                "schema": { "$ref": "#/components/schemas/OrderInput" }
            } }
        })
    );
    // `count` has a default, so it need not be sent and always comes; and so two of what holds it.
    let schemas = at(&document, "/components/schemas");
    assert_eq!(
        keys(schemas),
        ["Line", "LineInput", "Order", "OrderInput", "ProblemDetails"]
    );
    assert_eq!(schemas["LineInput"]["required"], json!(["product"]));
    assert_eq!(schemas["Line"]["required"], json!(["product", "count"]));
    let lines = |order: &str| schemas[order]["properties"]["lines"]["items"]["$ref"].clone();
    assert_eq!(lines("Order"), "#/components/schemas/Line");
    assert_eq!(lines("OrderInput"), "#/components/schemas/LineInput");
    assert_eq!(
        keys(&create["responses"]),
        ["2XX", "400", "413", "415", "422", "500"]
    );
    assert_eq!(
        create["responses"]["2XX"]["content"]["application/json"]["schema"]["$ref"],
        "#/components/schemas/Order"
    );
}

#[test]
fn a_deprecated_handler_is_a_deprecated_operation_and_unit_is_204() {
    let document = plain(routes![cancel]);

    let cancel = at(&document, "/paths/~1orders~1{id}/delete");
    assert_eq!(cancel["deprecated"], true);
    assert_eq!(
        cancel["responses"]["204"],
        json!({ "description": "No Content" })
    );
}

mod bad_docs {
    use powertools::router::get;

    /// Says "yes: no", # that and `${lambda_arn}` or %{ if true }.
    ///
    /// - it's <b>bold</b> & 'quoted' \ back
    #[doc = " - Größe: 10 µm, 名前 🦀, tab:\t."]
    ///
    /// # Heading: with $${already} and trailing:
    #[get("/docs")]
    pub(crate) async fn odd() {}

    #[doc = include_str!("../../src/bin/hello.rs")]
    #[get("/included")]
    pub(crate) async fn included() {}

    ///
    #[doc(hidden)]
    #[get("/empty")]
    pub(crate) async fn empty() {}
}

#[test]
fn odd_doc_comments_come_through_and_are_no_templates() {
    let text = "Says \"yes: no\", # that and `${lambda_arn}` or %{ if true }.";
    let document = plain(routes![bad_docs::odd, bad_docs::included, bad_docs::empty]);
    assert_eq!(at(&document, "/paths/~1docs/get/summary"), text);
    assert_eq!(
        at(&document, "/paths/~1docs/get/description"),
        "- it's <b>bold</b> & 'quoted' \\ back\n- Größe: 10 µm, 名前 🦀, tab:\t.\n\n# Heading: with \
         $${already} and trailing:"
    );
    assert!(
        document
            .as_value()
            .pointer("/paths/~1empty/get/summary")
            .is_none()
    );
    let included = at(&document, "/paths/~1included/get/summary")
        .as_str()
        .unwrap();
    assert!(included.starts_with("//!"), "{included}");

    let template = document_of(routes![bad_docs::odd], Target::RestApi);
    assert_eq!(
        at(&template, "/paths/~1docs/get/summary"),
        "Says \"yes: no\", # that and `$${lambda_arn}` or %%{ if true }."
    );
    assert_eq!(
        at(
            &template,
            "/paths/~1docs/get/x-amazon-apigateway-integration/uri"
        ),
        "${lambda_arn}"
    );
}

fn document_of(routes: Routes, target: Target) -> Document {
    document(routes, OpenApi::new("shop", "1.2.3").target(target))
}

/// What the attributes write needs nothing of the user's scope, in this build too.
mod hygiene {
    #![no_implicit_prelude]
    #![expect(
        non_camel_case_types,
        reason = "names that the attributes must not pick up"
    )]

    pub(super) struct u64;
    pub(super) struct core;
    pub(super) struct Operation;
    pub(super) trait JsonSchema {}

    /// Hygienic.
    #[::powertools::router::get("/hygiene")]
    pub(super) async fn operation() -> ::std::result::Result<(), ::powertools::router::Error> {
        let _: (_, _, &dyn JsonSchema) = (u64, core, &Operation);
        ::std::result::Result::Ok(())
    }

    impl JsonSchema for Operation {}
}

#[test]
fn the_attributes_are_hygienic() {
    let document = plain(routes![hygiene::operation]);
    assert_eq!(at(&document, "/paths/~1hygiene/get/summary"), "Hygienic.");
}

#[test]
fn the_order_of_routes_makes_no_difference() {
    let one = document_of(
        routes![show, create, paths::placed, paths::replaced, paths::file],
        Target::RestApi,
    );
    let other = document_of(
        routes![paths::file, paths::replaced, paths::placed, create, show],
        Target::RestApi,
    );

    assert_eq!(one.to_yaml(), other.to_yaml());
    assert_eq!(one.to_json(), other.to_json());
    let again: Value = serde_json::from_str(&one.to_json()).unwrap();
    assert_eq!(&again, one.as_value());
}

#[test]
fn a_thousand_routes_are_a_thousand_paths() {
    let mut all = Routes::new();
    for number in 0..1000 {
        all = all.nest(&format!("/v{number}"), routes![show]);
    }
    let document = document_of(all, Target::RestApi);

    assert_eq!(keys(at(&document, "/paths")).len(), 1000);
    assert_eq!(
        at(&document, "/paths/~1v0~1orders~1{id}/get/operationId"),
        "show_get"
    );
    assert_eq!(
        at(&document, "/paths/~1v999~1orders~1{id}/get/operationId"),
        "show_get_1000"
    );
}

#[test]
fn yaml_is_what_a_person_would_write() {
    let yaml = document_of(routes![cancel], Target::RestApi).to_yaml();

    let start = r##"openapi: "3.0.3"
info:
  title: shop
  version: "1.2.3"
paths:
  /orders/{id}:
    delete:
      operationId: cancel
      deprecated: true
      parameters:
        - name: id
          in: path
          required: true
          schema:
            type: integer
            format: uint64
            minimum: 0
      responses:
        "204":
          description: No Content
        "400":
          description: Bad Request
          content:
            application/problem+json:
              schema:
                $ref: "#/components/schemas/ProblemDetails"
"##;
    assert!(yaml.starts_with(start), "{yaml}");
    assert!(
        yaml.contains(
            r##"      x-amazon-apigateway-integration:
        uri: "${lambda_arn}"
        type: aws_proxy
        httpMethod: POST
"##
        ),
        "{yaml}"
    );
}
