//! Types and handlers that have the same name.

use crate::*;

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
    assert_eq!(
        at(&document, "/paths/~1c/put/operationId"),
        "names_change_put"
    );
    assert_eq!(
        at(&document, "/paths/~1c/patch/operationId"),
        "names_change_patch"
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

mod first {
    /// Of the first.
    #[derive(schemars::JsonSchema, serde::Deserialize, serde::Serialize)]
    pub(crate) struct Page {
        pub(crate) first: u8,
    }
}

mod second {
    /// Of the second.
    #[derive(schemars::JsonSchema, serde::Deserialize, serde::Serialize)]
    pub(crate) struct Page {
        pub(crate) second: u8,
    }
}

/// Reads the first before anything is written, and writes the second before the first.
#[post("/pages/a")]
async fn turned(Json(page): Json<first::Page>) -> Json<second::Page> {
    Json(second::Page { second: page.first })
}

#[post("/pages/b")]
async fn back(Json(page): Json<second::Page>) -> Json<first::Page> {
    Json(first::Page { first: page.second })
}

#[test]
fn a_type_has_one_number_whether_it_is_read_or_written() {
    let document = plain(routes![turned, back]);

    let names = keys(at(&document, "/components/schemas"));
    assert_eq!(names, ["Page", "Page2", "ProblemDetails"]);
    for (path, read, written) in [("a", "Page", "Page2"), ("b", "Page2", "Page")] {
        let operation = at(&document, &format!("/paths/~1pages~1{path}/post"));
        let schema = |place: &str| {
            let content = operation.pointer(place).unwrap();
            content["content"]["application/json"]["schema"]["$ref"].clone()
        };
        assert_eq!(
            schema("/requestBody"),
            format!("#/components/schemas/{read}")
        );
        let answer = schema("/responses/200");
        assert_eq!(answer, format!("#/components/schemas/{written}"));
    }
}

#[derive(Deserialize, JsonSchema, Serialize)]
#[schemars(rename = "read Thing")]
struct Thing {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize, JsonSchema, Serialize)]
#[schemars(rename = "Thing")]
struct Named {
    number: u8,
    thing: Thing,
}

#[derive(Deserialize, JsonSchema, Serialize)]
#[schemars(rename = "read/Thing")]
struct Slashed {
    things: Vec<Named>,
}

#[post("/things")]
async fn things(Json(thing): Json<Slashed>) -> Json<Slashed> {
    Json(thing)
}

#[test]
fn a_name_may_be_what_marks_a_side_elsewhere() {
    let document = plain(routes![things]);

    let names = keys(at(&document, "/components/schemas"));
    assert_eq!(
        names,
        [
            "ProblemDetails",
            "ReadThing",
            "ReadThing2",
            "ReadThingInput",
            "ReadThingInput2",
            "Thing",
            "ThingInput"
        ]
    );
    let text = document.to_json();
    let references = text.lines().filter(|line| line.contains("\"$ref\""));
    for reference in references {
        let name = reference.trim().trim_end_matches(['"', ',']);
        let name = name.rsplit('/').next().unwrap();
        assert!(names.contains(&name), "{reference}");
    }
}
