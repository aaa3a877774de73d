//! Examples: of types, and by hand; and statuses that types tell.

use crate::*;

#[derive(Deserialize, JsonSchema, Serialize)]
#[schemars(example = Tea { kind: "green".to_owned(), version: 1 }, example = &"another")]
struct Tea {
    kind: String,
    #[serde(default = "one")]
    version: u32,
}

#[post("/teas")]
async fn brew(Json(tea): Json<Tea>) -> Created<([(&'static str, String); 1], Json<Tea>)> {
    let tag = [("etag", tea.version.to_string())];
    Created::at("/teas/7", (tag, Json(tea)))
}

#[put("/teas/{id}")]
async fn warm(Path(_id): Path<u32>, Query(_line): Query<Line>) -> Result<Accepted<()>, Error> {
    Ok(Accepted(()))
}

#[get("/teas")]
async fn menu() -> Json<Vec<Tea>> {
    Json(Vec::new())
}

#[test]
fn the_example_of_a_type_is_that_of_every_operation_with_it() {
    for version in [Version::V3_0, Version::V3_1] {
        let api = OpenApi::new("tea", "1").target(Target::Plain);
        let document = document(routes![brew, menu], api.version(version));

        let brew = at(&document, "/paths/~1teas/post");
        let example = json!({ "kind": "green", "version": 1 });
        assert_eq!(
            brew["requestBody"]["content"]["application/json"]["example"],
            example
        );
        assert_eq!(
            brew["responses"]["201"]["content"]["application/json"]["example"],
            example
        );
        // A list of teas is no tea.
        let menu = at(&document, "/paths/~1teas/get/responses/200/content");
        assert_eq!(menu["application/json"].get("example"), None);
    }
}

#[test]
fn an_example_by_hand_comes_before_that_of_the_type() {
    let api = OpenApi::new("tea", "1")
        .operation("brew", |brew| {
            brew.example(json!({ "kind": "${black}" }))
                .answer_example(201, json!({ "kind": "black" }))
                .answer_example(415, json!({ "title": "No Tea", "status": 415 }));
        })
        .operation("warm", |warm| {
            warm.parameter_example("id", 7)
                .parameter_example("product", "tea")
                .parameter_example("nowhere", "no");
        });
    let document = document(routes![brew, warm], api);

    let brew = at(&document, "/paths/~1teas/post");
    // A template's variable only where the document has one.
    assert_eq!(
        brew["requestBody"]["content"]["application/json"]["example"]["kind"],
        "$${black}"
    );
    assert_eq!(
        brew["responses"]["201"]["content"]["application/json"]["example"],
        json!({ "kind": "black" })
    );
    assert_eq!(
        brew["responses"]["415"]["content"]["application/problem+json"]["example"]["status"],
        415
    );
    let warm = at(&document, "/paths/~1teas~1{id}/put/parameters");
    let examples = warm.as_array().unwrap().iter();
    let examples: Vec<_> = examples
        .map(|it| (&it["name"], it.get("example")))
        .collect();
    assert_eq!(
        examples,
        [
            (&json!("id"), Some(&json!(7))),
            (&json!("count"), None),
            (&json!("product"), Some(&json!("tea"))),
        ]
    );
}

#[test]
fn a_status_that_the_type_tells_is_in_every_document() {
    let api = OpenApi::new("tea", "1").operation("brew", |brew| {
        brew.answer_header(201, "etag", "Its version.");
    });
    // A REST API knows statuses of three digits only, so this is where it counts.
    let document = document(routes![brew, warm], api.target(Target::RestApi));

    let brew = at(&document, "/paths/~1teas/post/responses");
    assert_eq!(keys(brew), ["201", "400", "413", "415", "422", "500"]);
    assert_eq!(
        brew["201"]["headers"],
        json!({
            "etag": { "description": "Its version.", "schema": { "type": "string" } },
            "location": { "description": "Where it is.", "schema": { "type": "string" } }
        })
    );
    let warm = at(&document, "/paths/~1teas~1{id}/put/responses");
    assert_eq!(keys(warm), ["202", "400", "500"]);
    assert_eq!(warm["202"], json!({ "description": "Accepted" }));
}
