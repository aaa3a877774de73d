//! Types without schemas, types of one's own, and routes without types.

use crate::*;

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
            "POST /untyped/{{id}}: nothing is said of `openapi::types::{name}`, which implements neither \
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
