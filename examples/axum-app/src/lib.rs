//! What a shop has in stock, as an axum application.
//!
//! Nothing in here knows of Lambda or of powertools: it is what a team has before it moves.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};

/// What is sold.
#[derive(Clone, serde::Deserialize, serde::Serialize)]
struct Article {
    name: String,
    cents: u32,
}

/// What there is, by number. In memory, so each sandbox has its own.
#[derive(Clone, Default)]
struct Stock(Arc<Mutex<BTreeMap<u32, Article>>>);

impl Stock {
    fn articles(&self) -> MutexGuard<'_, BTreeMap<u32, Article>> {
        // No change to the map is ever half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(serde::Deserialize)]
struct Wish {
    below: Option<u32>,
}

async fn list(State(stock): State<Stock>, Query(wish): Query<Wish>) -> Json<Vec<Article>> {
    let most = wish.below.unwrap_or(u32::MAX);
    let articles = stock.articles();
    let cheap = articles.values().filter(|article| article.cents < most);
    Json(cheap.cloned().collect())
}

async fn show(
    State(stock): State<Stock>,
    Path(id): Path<u32>,
) -> Result<Json<Article>, StatusCode> {
    tracing::info!(article = id, "looking up");
    let article = stock.articles().get(&id).cloned();
    article.map(Json).ok_or(StatusCode::NOT_FOUND)
}

async fn add(State(stock): State<Stock>, Json(article): Json<Article>) -> impl IntoResponse {
    let mut articles = stock.articles();
    let id = articles.keys().last().map_or(1, |last| last + 1);
    articles.insert(id, article);
    let place = [(header::LOCATION, format!("/articles/{id}"))];
    (StatusCode::CREATED, place)
}

/// The application, with two articles in stock.
pub fn app() -> Router {
    let stock = Stock::default();
    for (id, name, cents) in [(1, "tea", 290), (2, "cake", 350)] {
        let name = name.to_owned();
        stock.articles().insert(id, Article { name, cents });
    }
    Router::new()
        .route("/articles", get(list).post(add))
        .route("/articles/{id}", get(show))
        .with_state(stock)
        // An `x-request-id` that comes goes back; without one, one is made.
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
}
