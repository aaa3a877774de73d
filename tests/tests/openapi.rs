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
        Bytes, Cors, Error, Form, FromRequest, Html, IntoResponse, Json, Method, Path, Query,
        Rejection, Request, Response, Route, Router, Routes, State, StatusCode, delete, get, post,
        put, route, routes,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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

    #[doc = include_str!("../src/bin/hello.rs")]
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
enum Colour {
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

mod twice {
    use schemars::JsonSchema;
    use serde::Serialize;

    #[derive(JsonSchema, Serialize)]
    pub(crate) struct Order {
        pub(crate) other: bool,
    }

    pub(crate) mod deep {
        use powertools::router::{Json, get};

        #[get("/b")]
        pub(crate) async fn show() -> Json<super::Order> {
            Json(super::Order { other: true })
        }
    }
}

#[route(PUT, PATCH, "/c")]
async fn change() {}

#[test]
fn types_and_handlers_of_one_name_get_names_of_their_own() {
    let closure = Route::new(Method::GET, "/d/{id}", |_: Request| async {}).named("{{closure}}");
    let document = plain(routes![show, twice::deep::show, change].with(closure));

    assert_eq!(
        at(&document, "/paths/~1orders~1{id}/get/operationId"),
        "show"
    );
    assert_eq!(at(&document, "/paths/~1b/get/operationId"), "deep_show");
    assert_eq!(at(&document, "/paths/~1b/get/tags"), &json!(["deep"]));
    assert_eq!(at(&document, "/paths/~1c/put/operationId"), "change_put");
    assert_eq!(
        at(&document, "/paths/~1c/patch/operationId"),
        "change_patch"
    );
    assert_eq!(
        at(&document, "/paths/~1d~1{id}/get/operationId"),
        "get_d_id"
    );
    let schema = |path: &str| {
        let place = format!("{path}/get/responses/200/content/application~1json/schema/$ref");
        at(&document, &place).as_str().unwrap().to_owned()
    };
    assert_eq!(schema("/paths/~1b"), "#/components/schemas/Order");
    assert_eq!(
        schema("/paths/~1orders~1{id}"),
        "#/components/schemas/Order2"
    );
}

struct Opaque;

impl Serialize for Opaque {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_unit()
    }
}

#[derive(Deserialize)]
struct Unschemed {}

struct Own;

impl<S: Sync> FromRequest<S> for Own {
    type Rejection = Rejection;

    async fn from_request(_: &Request, _: &S) -> Result<Self, Rejection> {
        Ok(Self)
    }
}

struct Failure;

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        StatusCode::IM_A_TEAPOT.into_response()
    }
}

#[post("/untyped/{id}")]
async fn untyped(
    _: Own,
    Path(_id): Path<String>,
    Json(_body): Json<Unschemed>,
) -> Result<Json<Opaque>, Failure> {
    Err(Failure)
}

#[get("/half")]
async fn half() -> Result<Json<Line>, Failure> {
    Err(Failure)
}

#[test]
fn types_without_schemas_are_told_of_as_far_as_they_are_known() {
    let document = plain(routes![untyped, half]);

    let untyped = at(&document, "/paths/~1untyped~1{id}/post");
    assert_eq!(
        untyped["requestBody"],
        json!({ "required": true, "content": { "application/json": { "schema": {} } } })
    );
    assert_eq!(
        keys(&untyped["responses"]),
        ["200", "400", "413", "415", "422", "500", "default"]
    );
    assert_eq!(
        at(
            &document,
            "/paths/~1half/get/responses/200/content/application~1json/schema/$ref"
        ),
        "#/components/schemas/Line"
    );
    let about = |name: &str| {
        format!(
            "POST /untyped/{{id}}: nothing is said of `openapi::{name}`, which implements neither \
             `JsonSchema` nor `DescribeRequest` or `DescribeResponse`"
        )
    };
    assert_eq!(
        document.notes(),
        [about("Own"), about("Unschemed"), about("Opaque")]
    );
}

#[test]
fn what_is_listed_by_hand_is_there_without_types() {
    async fn pong() -> &'static str {
        "pong"
    }
    let route = Route::new(Method::GET, "/ping/{id}", pong);
    let purge = Route::new(Method::from_bytes(b"PURGE").unwrap(), "/cache", pong);
    let document = plain(Routes::new().with(route).with(purge));

    let pong = at(&document, "/paths/~1ping~1{id}/get");
    assert_eq!(pong["operationId"], "pong");
    assert_eq!(pong["parameters"][0]["schema"], json!({ "type": "string" }));
    assert_eq!(keys(&pong["responses"]), ["400", "500", "default"]);
    assert_eq!(
        document.notes(),
        [
            "PURGE /cache: OpenAPI has no place for this method, so it is left out",
            "GET /ping/{id}: listed by hand, so its types are not known; a route attribute tells them",
        ]
    );
}

#[derive(Deserialize, JsonSchema)]
struct Place {
    shop: String,
    /// By its number.
    id: u64,
}

#[derive(Deserialize, JsonSchema)]
struct Search {
    /// What is looked for.
    q: String,
    #[serde(default)]
    tag: Vec<String>,
    page: Option<u32>,
    colour: Option<Colour>,
}

#[get("/shops/{shop}/orders/{id}")]
async fn placed(Path(place): Path<Place>, Query(search): Query<Search>) -> String {
    let colour = search.colour.map(|_| "coloured");
    format!(
        "{}{}{}{:?}{:?}{colour:?}",
        place.shop, place.id, search.q, search.tag, search.page
    )
}

#[put("/shops/{name}/orders/{number}")]
async fn replaced(
    Path((_shop, _id)): Path<(String, u32)>,
    page: Option<Query<Search>>,
    Query(_rest): Query<HashMap<String, String>>,
    Form(_form): Form<Line>,
) -> Html<String> {
    drop(page);
    Html(String::new())
}

#[test]
fn a_path_that_differs_in_names_only_is_one_path() {
    let document = plain(routes![placed, replaced]);

    assert_eq!(keys(at(&document, "/paths")), ["/shops/{shop}/orders/{id}"]);
    let path = at(&document, "/paths/~1shops~1{shop}~1orders~1{id}");
    assert_eq!(
        path["put"]["parameters"].as_array().unwrap()[..2],
        [
            json!({ "name": "shop", "in": "path", "required": true,
                "schema": { "type": "string" } }),
            json!({ "name": "id", "in": "path", "required": true,
                "schema": { "type": "integer", "format": "uint32", "minimum": 0 } }),
        ]
    );
    assert_eq!(
        path["get"]["parameters"],
        json!([
            { "name": "shop", "in": "path", "required": true, "schema": { "type": "string" } },
            { "name": "id", "in": "path", "required": true, "description": "By its number.",
                "schema": { "type": "integer", "format": "uint64", "minimum": 0 } },
            { "name": "colour", "in": "query", "required": false,
                "schema": { "$ref": "#/components/schemas/Colour" } },
            { "name": "page", "in": "query", "required": false,
                "schema": { "type": "integer", "format": "uint32", "minimum": 0 } },
            { "name": "q", "in": "query", "required": true,
                "description": "What is looked for.", "schema": { "type": "string" } },
            { "name": "tag", "in": "query", "required": false,
                "schema": { "type": "array", "items": { "type": "string" }, "default": [] } },
        ])
    );
    let names: Vec<_> = path["put"]["parameters"].as_array().unwrap()[2..]
        .iter()
        .map(|it| (it["name"].as_str().unwrap(), it["required"] == true))
        .collect();
    assert_eq!(
        names,
        [
            ("colour", false),
            ("page", false),
            ("q", false),
            ("tag", false),
            ("query", false)
        ]
    );
    assert_eq!(
        keys(&path["put"]["requestBody"]["content"]),
        ["application/x-www-form-urlencoded"]
    );
    assert_eq!(
        keys(&path["put"]["responses"]["200"]["content"]),
        ["text/html"]
    );
}

#[get("/files/{path+}")]
async fn file(Path(_path): Path<String>) -> Bytes {
    Bytes::new()
}

#[get("/files/{name}")]
async fn named(Path(_name): Path<String>, body: String) -> String {
    body
}

#[test]
fn a_greedy_parameter_is_api_gateways_and_an_ordinary_one_elsewhere() {
    let gateway = document_of(routes![file, named], Target::HttpApi);
    assert_eq!(
        keys(at(&gateway, "/paths")),
        ["/files/{name}", "/files/{path+}"]
    );
    let file_of = at(&gateway, "/paths/~1files~1{path+}/get");
    assert_eq!(
        file_of["parameters"],
        json!([{
            "name": "path", "in": "path", "required": true,
            "description": "The rest of the path, slashes included.",
            "schema": { "type": "string" }
        }])
    );
    // Text cannot be wrong, but a client may encode it wrongly.
    assert_eq!(keys(&file_of["responses"]), ["200", "400", "500"]);

    let plain = plain(routes![file]);
    assert_eq!(keys(at(&plain, "/paths")), ["/files/{path}"]);
    let api = OpenApi::new("shop", "1").target(Target::Plain);
    assert_eq!(
        errors(routes![file, named], api),
        [DocumentError::Ambiguous {
            first: "/files/{path+}".to_owned(),
            second: "/files/{name}".to_owned(),
        }]
    );
}

#[get("/café/{id}")]
async fn coffee(Path(_id): Path<String>) {}

#[test]
fn everything_that_keeps_routes_from_being_a_document_is_told_at_once() {
    let api = OpenApi::new("shop", "1")
        .operation("coffe", |_| {})
        .operation("coffee", |coffee| {
            coffee.security("key");
        })
        .security("token");
    let told = Router::new(routes![coffee]).unwrap().openapi(api);

    assert_eq!(
        told.document().unwrap_err().to_string(),
        "the routes make no OpenAPI document\n  - pattern `/café/{id}`: a REST API takes letters, digits \
         and `_-.,:` in a path, and `café` has others; an HTTP API takes it\n  - there is no operation \
         `coffe`; there are `coffee`\n  - there is no security scheme `key`: describe it with \
         `OpenApi::security_scheme`\n  - there is no security scheme `token`: describe it with \
         `OpenApi::security_scheme`"
    );
    assert_eq!(
        keys(at(&plain(routes![coffee]), "/paths")),
        ["/caf%C3%A9/{id}"]
    );
}

struct Tenant;

impl<S: Sync> FromRequest<S> for Tenant {
    type Rejection = Rejection;

    async fn from_request(_: &Request, _: &S) -> Result<Self, Rejection> {
        Ok(Self)
    }
}

impl DescribeRequest for Tenant {
    fn describe_request(operation: &mut Operation) {
        operation
            .header("x-tenant", "whose data is asked for")
            .problem(400);
    }
}

impl DescribeResponse for Failure2 {
    fn describe_response(operation: &mut Operation) {
        operation
            .problem(404)
            .answer(409, "it is on its way already");
    }
}

struct Failure2;

impl IntoResponse for Failure2 {
    fn into_response(self) -> Response {
        StatusCode::CONFLICT.into_response()
    }
}

#[post("/described")]
async fn described(_: Tenant, order: Bytes) -> Result<(StatusCode, Json<Line>), Failure2> {
    drop(order);
    Err(Failure2)
}

#[test]
fn types_of_ones_own_describe_themselves_and_the_rest_is_said_by_hand() {
    let api = OpenApi::new("shop", "1")
        .target(Target::Plain)
        .description("The shop.")
        .server("https://shop.example", "live")
        .tag("orders", "What was ordered")
        .security_scheme("token", SecurityScheme::bearer())
        .security("token")
        .operation("described", |it| {
            it.success(201)
                .tag("orders")
                .body::<Line>("application/json")
                .without_security()
                .summary("Said by hand");
        });
    let document = document(routes![described], api);

    let operation = at(&document, "/paths/~1described/post");
    assert_eq!(operation["summary"], "Said by hand");
    assert_eq!(operation["tags"], json!(["orders"]));
    assert_eq!(operation["security"], json!([]));
    assert_eq!(operation["parameters"][0]["name"], "x-tenant");
    assert_eq!(
        keys(&operation["requestBody"]["content"]),
        ["application/json"]
    );
    assert_eq!(
        keys(&operation["responses"]),
        ["201", "400", "404", "409", "413", "500"]
    );
    assert_eq!(
        operation["responses"]["409"],
        json!({ "description": "it is on its way already" })
    );
    assert_eq!(at(&document, "/security"), &json!([{ "token": [] }]));
    assert_eq!(
        at(&document, "/servers"),
        &json!([{ "url": "https://shop.example", "description": "live" }])
    );
    assert_eq!(
        at(&document, "/components/securitySchemes"),
        &json!({ "token": { "type": "http", "scheme": "bearer" } })
    );
    assert_eq!(document.notes(), [""; 0]);
}

#[test]
fn a_document_for_a_rest_api_has_what_it_imports() {
    let api = OpenApi::new("shop", "1")
        .gateway(
            Gateway::new()
                .invoke_role()
                .timeout(std::time::Duration::from_secs(29))
                .binary_media_types(["*/*"])
                .validate_requests(),
        )
        .security_scheme("pool", SecurityScheme::cognito(["${user_pool_arn}"]))
        .security_scheme("own", SecurityScheme::lambda("${authorizer_arn}"))
        .security_scheme(
            "jwt",
            SecurityScheme::jwt("https://issuer.example", ["shop"]),
        )
        .security("pool");
    let document = document(routes![create, show], api);

    let create = at(&document, "/paths/~1orders/post");
    assert_eq!(
        create["x-amazon-apigateway-integration"],
        json!({
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": "${lambda_arn}",
            "credentials": "${invoke_role_arn}",
            "timeoutInMillis": 29000
        })
    );
    // Statuses of three digits, and no others.
    assert_eq!(
        keys(&create["responses"]),
        ["200", "400", "413", "415", "422", "500"]
    );
    assert_eq!(
        at(&document, "/x-amazon-apigateway-binary-media-types"),
        &json!(["*/*"])
    );
    assert_eq!(
        at(&document, "/x-amazon-apigateway-request-validator"),
        "all"
    );
    assert_eq!(
        at(&document, "/components/securitySchemes"),
        &json!({
            "pool": {
                "type": "apiKey", "in": "header", "name": "Authorization",
                "x-amazon-apigateway-authtype": "cognito_user_pools",
                "x-amazon-apigateway-authorizer": {
                    "type": "cognito_user_pools", "providerARNs": ["${user_pool_arn}"]
                }
            },
            "own": {
                "type": "apiKey", "in": "header", "name": "Authorization",
                "x-amazon-apigateway-authtype": "custom",
                "x-amazon-apigateway-authorizer": {
                    "type": "token", "authorizerUri": "${authorizer_arn}"
                }
            },
            "jwt": { "type": "apiKey", "in": "header", "name": "Authorization" }
        })
    );
    assert_eq!(
        document.notes(),
        ["security scheme `jwt`: a REST API checks no JWT by itself: it lets everybody in"]
    );
}

#[test]
fn a_document_for_an_http_api_has_its_payload_its_cors_and_its_authorizers() {
    let cors = GatewayCors::allow_origins(["https://page.example"]).allow_methods(["GET"]);
    let api = OpenApi::new("shop", "1")
        .target(Target::HttpApi)
        .gateway(Gateway::new().cors(cors))
        .security_scheme(
            "jwt",
            SecurityScheme::jwt("https://issuer.example", ["shop"]),
        )
        .security("jwt");
    let document = document(routes![show], api);

    assert_eq!(
        at(
            &document,
            "/paths/~1orders~1{id}/get/x-amazon-apigateway-integration"
        ),
        &json!({
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": "${lambda_arn}",
            "payloadFormatVersion": "2.0"
        })
    );
    assert_eq!(
        at(&document, "/x-amazon-apigateway-cors"),
        &json!({ "allowOrigins": ["https://page.example"], "allowMethods": ["GET"] })
    );
    assert_eq!(
        at(
            &document,
            "/components/securitySchemes/jwt/x-amazon-apigateway-authorizer"
        ),
        &json!({
            "type": "jwt",
            "identitySource": "$request.header.Authorization",
            "jwtConfiguration": { "issuer": "https://issuer.example", "audience": ["shop"] }
        })
    );
}

#[test]
fn preflights_reach_the_router_that_answers_them() {
    let router = |target| {
        let router = Router::new(routes![show, cancel]).unwrap();
        let router = router
            .cors(Cors::allow_origin("https://page.example"))
            .unwrap();
        router.document_for(target).unwrap()
    };

    let rest = router(Target::RestApi);
    let path = at(&rest, "/paths/~1orders~1{id}");
    assert_eq!(keys(path), ["delete", "get", "options"]);
    assert_eq!(
        path["options"]["x-amazon-apigateway-integration"]["uri"],
        "${lambda_arn}"
    );
    assert_eq!(path["options"]["security"], json!([]));
    assert_eq!(path["options"]["parameters"][0]["name"], "id");
    assert_eq!(
        keys(at(&router(Target::Plain), "/paths/~1orders~1{id}")),
        ["delete", "get"]
    );
}

#[get("/ping")]
async fn ping() -> Response {
    Response::default()
}

#[test]
fn what_a_rest_api_would_do_otherwise_is_said() {
    let rest = document_of(routes![ping], Target::RestApi);
    assert_eq!(
        rest.notes(),
        [
            "GET /ping: this path is API Gateway's own on a custom domain, where a request for it never \
             reaches the function"
        ]
    );
    // A REST API knows no "any other answer", and every method answers something.
    assert_eq!(
        at(&rest, "/paths/~1ping/get/responses/200"),
        &json!({ "description": "An answer." })
    );
    assert_eq!(plain(routes![ping]).notes(), [""; 0]);
}

#[test]
fn problems_in_the_applications_own_form_are_not_described_as_ours() {
    let router = Router::new(routes![show]).unwrap();
    let router = router.on_problem(|problem, _| (problem.status(), "sorry"));
    let document = router.document_for(Target::Plain).unwrap();

    assert_eq!(
        at(&document, "/paths/~1orders~1{id}/get/responses/500"),
        &json!({ "description": "Internal Server Error" })
    );
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
    let one = document_of(routes![show, create, placed, file], Target::RestApi);
    let other = document_of(routes![file, placed, create, show], Target::RestApi);

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
