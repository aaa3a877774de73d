//! Ours, by the entry that the runtime itself calls: [`App::invoke`].

use bytes::Bytes;
use powertools::{
    App, Context,
    router::{Cors, Json, Method, Path, Query, Route, Router, Routes, Valid, get, post, routes},
};

use super::{
    Answers, PREFLIGHT, REQUEST_ID, SPREAD,
    app::{self, Bulk, Check, Hello, Number, Order, Page, Sum},
    peers, run,
};
use crate::Run;

pub(super) fn start(way: &str) -> Run {
    run(way, application)
}

/// An axum application in our runtime.
pub(super) fn start_axum(way: &str) -> Run {
    run(way, |way| Ours::new(peers::axum_application(way)))
}

/// An application as the runtime hosts it.
pub(crate) struct Ours<A> {
    app: A,
    context: Context,
}

impl<A> Ours<A> {
    pub(crate) fn new(app: A) -> Self {
        let context = Context::new(REQUEST_ID);
        Self { app, context }
    }
}

impl<A: App> Answers for Ours<A> {
    async fn answer(&mut self, event: &Bytes) -> Vec<u8> {
        let reply = self.app.invoke(event.clone(), self.context.clone()).await;
        let reply = reply.expect("all events are of HTTP");
        // As lambda_runtime does.
        serde_json::to_vec(&reply).expect("a reply serialises")
    }
}

fn application(way: &str) -> Ours<Router> {
    let routes = if way == SPREAD {
        numbered(app::ROUTES)
    } else {
        routes![hello, order, check, bulk]
    };
    let router = Router::new(routes).expect("no two routes are alike");
    if way != PREFLIGHT {
        return Ours::new(router);
    }
    let cors = Cors::allow_origin(app::ORIGIN).max_age(std::time::Duration::from_secs(600));
    Ours::new(router.cors(cors).expect("it is an origin"))
}

/// So many routes, each of which says its number.
pub(crate) fn numbered(routes: usize) -> Routes {
    (0..routes).fold(Routes::new(), |routes, route| {
        let number = move || async move { Json(Number { route }) };
        routes.with(Route::new(Method::GET, app::pattern(route), number))
    })
}

#[get("/hello")]
async fn hello() -> Json<Hello> {
    Json(app::HELLO)
}

#[get("/users/{id}/orders/{order_id}")]
async fn order(Path((user, order)): Path<(u64, u64)>, Query(page): Query<Page>) -> Json<Order> {
    Json(Order::new(user, order, &page))
}

#[post("/check")]
async fn check(Valid(Json(check)): Valid<Json<Check>>) -> Json<Check> {
    Json(check)
}

#[post("/bulk")]
async fn bulk(Json(bulk): Json<Bulk>) -> Json<Sum> {
    Json(bulk.sum())
}
