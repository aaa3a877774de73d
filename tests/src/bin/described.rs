//! An API of every kind of argument and answer, whose document other programs read and drive.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use powertools::{
    openapi::{Gateway, OpenApi, SecurityScheme},
    router::{
        Cors, Error, Form, Html, Json, Path, Query, Router, State, StatusCode, delete, get, patch,
        post, put, routes,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Default)]
struct Shop(Arc<Mutex<BTreeMap<u32, Order>>>);

/// An order as the shop shows it.
#[derive(Clone, Deserialize, JsonSchema, Serialize)]
struct Order {
    id: u32,
    #[serde(flatten)]
    what: NewOrder,
}

/// What a customer wants.
#[derive(Clone, Deserialize, JsonSchema, Serialize)]
struct NewOrder {
    lines: Vec<Line>,
    payment: Payment,
    note: Option<String>,
    /// Goes on for as long as the customer likes.
    instead: Option<Box<Self>>,
}

#[derive(Clone, Deserialize, JsonSchema, Serialize)]
struct Line {
    product: String,
    #[serde(default = "one")]
    count: u8,
    colour: Option<Colour>,
    size: (u8, String),
}

fn one() -> u8 {
    1
}

#[derive(Clone, Copy, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum Colour {
    Red,
    DarkGreen,
}

#[derive(Clone, Deserialize, JsonSchema, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Payment {
    Cash,
    Card {
        number: String,
        holder: Option<String>,
    },
}

/// A part of a list.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Page_of_{T}")]
struct Page<T> {
    items: Vec<T>,
    next: Option<u32>,
    by_colour: BTreeMap<String, u32>,
}

#[derive(Deserialize, JsonSchema)]
struct Search {
    /// A part of a product's name.
    q: Option<String>,
    #[serde(default)]
    tag: Vec<String>,
    /// Where the list goes on.
    after: Option<u32>,
    colour: Option<Colour>,
}

#[derive(Deserialize, JsonSchema)]
struct Place {
    shop: String,
    id: u32,
}

/// Lists orders.
///
/// Costs `${nothing}`, and "that" is: <b>all</b>.
#[get("/orders")]
async fn list(State(Shop(orders)): State<Shop>, Query(search): Query<Search>) -> Json<Page<Order>> {
    let orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
    let wanted = |order: &&Order| {
        let mut lines = order.what.lines.iter();
        search.colour.is_none()
            && search.tag.is_empty()
            && search.after.is_none_or(|after| order.id > after)
            && (search.q.as_ref()).is_none_or(|q| lines.any(|line| line.product.contains(q)))
    };
    Json(Page {
        items: orders.values().filter(wanted).take(3).cloned().collect(),
        next: None,
        by_colour: BTreeMap::from([("red".to_owned(), 1)]),
    })
}

/// Takes an order.
#[post("/orders")]
async fn create(
    State(Shop(orders)): State<Shop>,
    Json(what): Json<NewOrder>,
) -> (StatusCode, Json<Order>) {
    let mut orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
    let id = u32::try_from(orders.len()).unwrap_or(u32::MAX) % 100;
    let order = Order { id, what };
    orders.insert(id, order.clone());
    (StatusCode::CREATED, Json(order))
}

/// Shows an order.
#[get("/orders/{id}")]
async fn show(State(shop): State<Shop>, Path(id): Path<u32>) -> Result<Json<Order>, Error> {
    shop.order(id).map(Json)
}

/// Replaces an order, whoever's it is.
#[put("/orders/{number}")]
#[deprecated]
async fn replace(
    State(shop): State<Shop>,
    Path(id): Path<u32>,
    Json(what): Json<NewOrder>,
) -> Result<Json<Order>, Error> {
    shop.order(id)?;
    Ok(Json(Order { id, what }))
}

/// Changes a line by form.
#[patch("/shops/{shop}/orders/{id}")]
async fn change(
    State(orders): State<Shop>,
    Path(place): Path<Place>,
    Form(search): Form<Search>,
) -> Result<String, Error> {
    orders.order(place.id)?;
    Ok(format!("{} {:?}", place.shop, search.q))
}

/// Forgets an order.
#[delete("/orders/{id}")]
async fn forget(State(Shop(orders)): State<Shop>, Path(id): Path<u32>) {
    let mut orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
    orders.remove(&id);
}

/// A file, wherever it is.
#[get("/files/{path+}")]
async fn file(Path(path): Path<String>) -> Html<String> {
    Html(format!("<p>{} characters</p>", path.chars().count()))
}

/// Says a text again.
#[post("/echo")]
async fn echo(text: String) -> String {
    text
}

impl Shop {
    fn order(&self, id: u32) -> Result<Order, Error> {
        let orders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let order = orders.get(&id).cloned();
        order.ok_or_else(|| Error::not_found(format!("there is no order {id}")))
    }
}

fn main() -> Result<(), powertools::Error> {
    powertools::start(async {
        let routes = routes![list, create, show, replace, change, forget, file, echo];
        let api = OpenApi::new("described", "1.0.0")
            .description("Everything\nat `${once}`.")
            .gateway(Gateway::new().binary_media_types(["image/*"]))
            .security_scheme("key", SecurityScheme::api_key("x-api-key"))
            .operation("create", |create| {
                create.success(201);
            })
            .operation("show", |show| {
                show.problem(404);
            })
            .operation("forget", |forget| {
                forget.security("key");
            });
        let router = Router::with_state(routes, Shop::default())?
            .cors(Cors::allow_origin("https://page.example"))?
            .openapi(api);
        powertools::run(router).await
    })
}
