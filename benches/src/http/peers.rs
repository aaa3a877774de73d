//! lambda_http, bare and below axum and poem.
//!
//! Events are read as lambda_runtime reads them, with `serde_path_to_error`; `Adapter` is what
//! `lambda_http::run` wraps around a service.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Path, Query},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    routing::{get, post},
};
use bytes::Bytes;
use garde::Validate;
use lambda_http::{
    Adapter, Body, IntoResponse, LambdaEvent, Request, RequestExt, Response, Service,
    request::LambdaRequest, service_fn,
};
use poem::{Endpoint, EndpointExt, IntoEndpoint};
use serde::Serialize;

use super::{
    Answers, PREFLIGHT, REQUEST_ID, SPREAD,
    app::{self, Bulk, Check, Hello, Number, Order, Page, Sum},
    run,
};
use crate::Run;

/// A service that lambda_http adapts.
struct Adapted<S> {
    service: S,
    context: lambda_http::Context,
}

impl<S> Answers for Adapted<S>
where
    S: Service<LambdaEvent<LambdaRequest>, Response: Serialize>,
{
    async fn answer(&mut self, event: &Bytes) -> Vec<u8> {
        let json = &mut serde_json::Deserializer::from_slice(event);
        let payload: LambdaRequest =
            serde_path_to_error::deserialize(json).expect("all events are of HTTP");
        let event = LambdaEvent::new(payload, self.context.clone());
        let reply = self.service.call(event).await;
        let Ok(reply) = reply else {
            unreachable!("no service here fails")
        };
        serde_json::to_vec(&reply).expect("a reply serialises")
    }
}

fn adapted<S>(service: S) -> Adapted<Adapter<'static, S::Response, S>>
where
    S: Service<Request, Response: IntoResponse, Future: Send + 'static>,
{
    let mut context = lambda_http::Context::default();
    REQUEST_ID.clone_into(&mut context.request_id);
    Adapted {
        service: Adapter::from(service),
        context,
    }
}

// ---- axum

pub(super) fn start_axum(way: &str) -> Run {
    run(way, |way| adapted(axum_application(way)))
}

pub(super) fn axum_application(way: &str) -> axum::Router {
    if way == SPREAD {
        return (0..app::ROUTES).fold(axum::Router::new(), |router, route| {
            let number = move || async move { axum::Json(Number { route }) };
            router.route(&app::pattern(route), get(number))
        });
    }
    let router = axum::Router::new()
        .route("/hello", get(async || axum::Json(app::HELLO)))
        .route("/users/{id}/orders/{order_id}", get(axum_order))
        .route("/check", post(axum_check))
        .route("/bulk", post(axum_bulk));
    if way != PREFLIGHT {
        return router;
    }
    let cors = tower_http::cors::CorsLayer::new()
        .allow_origin(HeaderValue::from_static(app::ORIGIN))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .max_age(Duration::from_secs(600));
    router.layer(cors)
}

async fn axum_order(
    Path((user, order)): Path<(u64, u64)>,
    Query(page): Query<Page>,
) -> axum::Json<Order> {
    axum::Json(Order::new(user, order, &page))
}

async fn axum_check(
    axum::Json(check): axum::Json<Check>,
) -> Result<axum::Json<Check>, (StatusCode, String)> {
    match check.validate() {
        Ok(()) => Ok(axum::Json(check)),
        Err(report) => Err((StatusCode::UNPROCESSABLE_ENTITY, report.to_string())),
    }
}

async fn axum_bulk(axum::Json(bulk): axum::Json<Bulk>) -> axum::Json<Sum> {
    axum::Json(bulk.sum())
}

// ---- poem

/// poem-lambda itself is still on lambda_http 0.15 and keeps its conversions to itself; these do as much.
pub(super) fn start_poem(way: &str) -> Run {
    run(way, |way| {
        let endpoint = Arc::new(poem_application(way));
        adapted(service_fn(move |request| {
            poem_answer(Arc::clone(&endpoint), request)
        }))
    })
}

async fn poem_answer(
    endpoint: Arc<impl Endpoint<Output = poem::Response>>,
    request: Request,
) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    let mut request = poem::Request::builder()
        .method(parts.method)
        .uri(parts.uri)
        .body(match body {
            Body::Text(text) => poem::Body::from_string(text),
            Body::Binary(bytes) => poem::Body::from_vec(bytes),
            _ => poem::Body::empty(),
        });
    *request.headers_mut() = parts.headers;
    *request.extensions_mut() = parts.extensions;
    let (parts, body) = endpoint.get_response(request).await.into_parts();
    let body = body.into_vec().await.expect("it is in memory");
    let mut response = Response::new(match String::from_utf8(body) {
        Ok(text) => Body::Text(text),
        Err(error) => Body::Binary(error.into_bytes()),
    });
    *response.status_mut() = parts.status;
    *response.headers_mut() = parts.headers;
    Ok(response)
}

fn poem_application(way: &str) -> poem::endpoint::BoxEndpoint<'static> {
    if way == SPREAD {
        let routes = (0..app::ROUTES).fold(poem::Route::new(), |routes, route| {
            let number = poem::endpoint::make_sync(move |_| poem::web::Json(Number { route }));
            routes.at(
                app::pattern(route).replace('{', ":").replace('}', ""),
                poem::get(number),
            )
        });
        return routes.map_to_response().boxed();
    }
    let routes = poem::Route::new()
        .at("/hello", poem::get(poem_hello))
        .at("/users/:id/orders/:order_id", poem::get(poem_order))
        .at("/check", poem::post(poem_check))
        .at("/bulk", poem::post(poem_bulk));
    if way != PREFLIGHT {
        return routes.map_to_response().boxed();
    }
    let cors = poem::middleware::Cors::new()
        .allow_origin(app::ORIGIN)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .max_age(600);
    routes.with(cors).into_endpoint().map_to_response().boxed()
}

#[poem::handler]
fn poem_hello() -> poem::web::Json<Hello> {
    poem::web::Json(app::HELLO)
}

#[poem::handler]
fn poem_order(
    poem::web::Path((user, order)): poem::web::Path<(u64, u64)>,
    poem::web::Query(page): poem::web::Query<Page>,
) -> poem::web::Json<Order> {
    poem::web::Json(Order::new(user, order, &page))
}

#[poem::handler]
fn poem_check(check: poem::web::Json<Check>) -> poem::Result<poem::web::Json<Check>> {
    match check.validate() {
        Ok(()) => Ok(check),
        Err(report) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Err(poem::Error::from_string(report.to_string(), status))
        }
    }
}

#[poem::handler]
fn poem_bulk(poem::web::Json(bulk): poem::web::Json<Bulk>) -> poem::web::Json<Sum> {
    poem::web::Json(bulk.sum())
}

// ---- lambda_http with a match

pub(super) fn start_raw(way: &str) -> Run {
    run(way, |way| {
        let mut routes = matchit::Router::new();
        if way == SPREAD {
            for route in 0..app::ROUTES {
                let added = routes.insert(app::pattern(route), route);
                added.expect("no two patterns are alike");
            }
        }
        let routes = Arc::new(routes);
        adapted(service_fn(move |request: Request| {
            let routes = Arc::clone(&routes);
            async move { Ok::<_, Infallible>(raw_answer(&routes, &request)) }
        }))
    })
}

fn raw_answer(routes: &matchit::Router<usize>, request: &Request) -> Response<Body> {
    let path = request.uri().path();
    match (request.method().as_str(), path) {
        ("GET", "/hello") => raw_json(&app::HELLO),
        ("POST", "/check") => match serde_json::from_slice::<Check>(request.body()) {
            Ok(check) if check.validate().is_ok() => raw_json(&check),
            _ => raw_status(StatusCode::UNPROCESSABLE_ENTITY),
        },
        ("POST", "/bulk") => match serde_json::from_slice::<Bulk>(request.body()) {
            Ok(bulk) => raw_json(&bulk.sum()),
            Err(_) => raw_status(StatusCode::UNPROCESSABLE_ENTITY),
        },
        ("OPTIONS", "/check") => raw_preflight(request.headers()),
        ("GET", _) => match (raw_order(request), routes.at(path)) {
            (Some(order), _) => raw_json(&order),
            (None, Ok(found)) => raw_json(&Number {
                route: *found.value,
            }),
            (None, Err(_)) => raw_status(StatusCode::NOT_FOUND),
        },
        _ => raw_status(StatusCode::NOT_FOUND),
    }
}

fn raw_order(request: &Request) -> Option<Order> {
    let rest = request.uri().path().strip_prefix("/users/")?;
    let (user, order) = rest.split_once("/orders/")?;
    let query = request.query_string_parameters_ref()?;
    let page = Page {
        page: query.first("page")?.parse().ok()?,
        limit: query.first("limit")?.parse().ok()?,
        sort: match query.first("sort")? {
            "newest" => app::Sort::Newest,
            "oldest" => app::Sort::Oldest,
            _ => return None,
        },
    };
    Some(Order::new(user.parse().ok()?, order.parse().ok()?, &page))
}

fn raw_json(body: &impl Serialize) -> Response<Body> {
    let body = serde_json::to_string(body).expect("texts and numbers always serialise");
    let mut response = Response::new(Body::Text(body));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

fn raw_status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = status;
    response
}

fn raw_preflight(asked: &HeaderMap) -> Response<Body> {
    let mut response = raw_status(StatusCode::NO_CONTENT);
    if asked
        .get(header::ORIGIN)
        .is_some_and(|origin| origin == app::ORIGIN)
    {
        let headers: [(HeaderName, &str); 5] = [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, app::ORIGIN),
            (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
            (
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "authorization,content-type",
            ),
            (header::ACCESS_CONTROL_MAX_AGE, "600"),
            (header::VARY, "origin"),
        ];
        for (name, value) in headers {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
    }
    response
}
