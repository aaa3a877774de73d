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
