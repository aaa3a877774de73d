//! What all contestants serve.

use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The origin that may read answers.
pub(super) const ORIGIN: &str = "https://shop.example";

#[derive(Serialize)]
pub(super) struct Hello {
    pub(super) message: &'static str,
}

pub(super) const HELLO: Hello = Hello { message: "hello" };

#[derive(Deserialize)]
pub(super) struct Page {
    pub(super) page: u32,
    pub(super) limit: u32,
    pub(super) sort: Sort,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Sort {
    Newest,
    Oldest,
}

#[derive(Serialize)]
pub(super) struct Order {
    user: u64,
    order: u64,
    page: u32,
    limit: u32,
    sort: Sort,
}

impl Order {
    pub(super) const fn new(user: u64, order: u64, page: &Page) -> Self {
        Self {
            user,
            order,
            page: page.page,
            limit: page.limit,
            sort: page.sort,
        }
    }
}

/// A body that is echoed if it is valid.
#[derive(Deserialize, Serialize, Validate)]
pub(super) struct Check {
    #[garde(length(min = 3, max = 40))]
    order: String,
    #[garde(dive)]
    customer: Customer,
    #[garde(length(min = 1, max = 50), dive)]
    lines: Vec<Line>,
    #[garde(length(max = 500))]
    note: String,
    #[garde(inner(length(max = 20)))]
    coupon: Option<String>,
}

#[derive(Deserialize, Serialize, Validate)]
struct Customer {
    #[garde(range(min = 1))]
    id: u64,
    #[garde(length(min = 1, max = 80))]
    name: String,
    #[garde(contains("@"))]
    email: String,
}

#[derive(Deserialize, Serialize, Validate)]
struct Line {
    #[garde(length(min = 1, max = 20))]
    sku: String,
    #[garde(length(min = 1, max = 80))]
    name: String,
    #[garde(range(min = 1, max = 99))]
    count: u32,
    #[garde(skip)]
    cents: u64,
    #[garde(skip)]
    gift: bool,
}

/// A body that is summed.
#[derive(Deserialize)]
pub(crate) struct Bulk {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    id: u64,
    name: String,
    count: u32,
    cents: u64,
}

#[derive(Serialize)]
pub(crate) struct Sum {
    items: usize,
    cents: u64,
    ids: u64,
    letters: usize,
}

impl Bulk {
    pub(crate) fn sum(&self) -> Sum {
        let items = self.items.iter();
        Sum {
            items: self.items.len(),
            cents: items
                .clone()
                .map(|item| u64::from(item.count) * item.cents)
                .sum(),
            ids: items.clone().map(|item| item.id).sum(),
            letters: items.map(|item| item.name.len()).sum(),
        }
    }
}

pub(super) const BULK_BYTES: usize = 256 * 1024;

/// A body of at least so many bytes, and hardly more.
pub(crate) fn bulk_body(bytes: usize) -> String {
    let mut items = Vec::new();
    let mut length = 0;
    while length < bytes {
        let number = items.len();
        let item = json!({
            "id": 100_000 + number,
            "name": format!("Tea number {number}, loose \u{2013} 100 g"),
            "count": number % 7 + 1,
            "cents": 500 + number % 1000,
        });
        length += item.to_string().len() + 1;
        items.push(item);
    }
    json!({"items": items}).to_string()
}

pub(super) fn bulk_answer() -> Value {
    let bulk: Bulk = serde_json::from_str(&bulk_body(BULK_BYTES)).expect("it was just written");
    json!(bulk.sum())
}

#[derive(Serialize)]
pub(crate) struct Number {
    pub(crate) route: usize,
}

/// How many routes the large application has.
pub(super) const ROUTES: usize = 500;
/// How many of them are asked, in turns.
pub(crate) const HITS: usize = 64;

/// The pattern of a route of the large application: half of them have one or two parameters.
pub(crate) fn pattern(route: usize) -> String {
    let area = route / 20;
    match route % 4 {
        0 | 1 => format!("/area{area}/thing{route}/list"),
        2 => format!("/area{area}/thing{route}/{{id}}"),
        _ => format!("/area{area}/thing{route}/{{id}}/parts/{{part}}"),
    }
}

/// Those of so many routes that are asked, with a path that each answers.
pub(crate) fn hits(routes: usize) -> impl Iterator<Item = (usize, String)> {
    (0..HITS).map(move |hit| {
        // Coprime to the number of routes, so that hits are spread and differ.
        let route = hit * 191 % routes;
        let path = pattern(route)
            .replace("{id}", "4711")
            .replace("{part}", "left-wheel");
        (route, path)
    })
}
