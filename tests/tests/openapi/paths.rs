//! Patterns as paths, and their parameters.

use crate::{schemas::Colour, *};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Place {
    shop: String,
    /// By its number.
    id: u64,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Search {
    /// What is looked for.
    q: String,
    #[serde(default)]
    tag: Vec<String>,
    page: Option<u32>,
    colour: Option<Colour>,
}

#[get("/shops/{shop}/orders/{id}")]
pub(crate) async fn placed(Path(place): Path<Place>, Query(search): Query<Search>) -> String {
    let colour = search.colour.map(|_| "coloured");
    format!(
        "{}{}{}{:?}{:?}{colour:?}",
        place.shop, place.id, search.q, search.tag, search.page
    )
}

#[put("/shops/{store}/orders/{number}")]
pub(crate) async fn replaced(
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
    // What paths and queries are read as is told field by field, and is no component.
    assert_eq!(
        keys(at(&document, "/components/schemas")),
        ["Colour", "Line", "ProblemDetails"]
    );
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
pub(crate) async fn file(Path(_path): Path<String>) -> Bytes {
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
    // A body of GET means nothing, whatever the handler makes of it.
    let named_of = at(&gateway, "/paths/~1files~1{name}/get");
    assert_eq!(named_of.get("requestBody"), None);
    // Text cannot be wrong, but a client may encode it wrongly.
    assert_eq!(keys(&file_of["responses"]), ["200", "400", "500"]);

    let plain = plain(routes![file]);
    assert_eq!(keys(at(&plain, "/paths")), ["/files/{path}"]);
    let api = OpenApi::new("shop", "1").target(Target::Plain);
    assert_eq!(
        errors(routes![file, named], api),
        [DocumentError::Ambiguous {
            first: "/files/{name}".to_owned(),
            second: "/files/{path+}".to_owned(),
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
