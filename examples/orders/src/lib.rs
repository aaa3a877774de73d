//! Orders to make, list, change and delete: the shape of a service that keeps things.
//!
//! Read `handlers` first. `order` has what an order is and what may become of it, `store` where orders are kept,
//! and each of `id`, `version`, `idempotency` and `cursor` one thing that a client sends beside them.

use std::{sync::Arc, time::Duration};

use powertools::{
    event::Limits,
    router::{Cors, RouteErrors, Router, middleware::timeout, routes},
};

mod cursor;
mod failure;
mod handlers;
pub mod id;
pub mod idempotency;
#[cfg(feature = "openapi")]
mod openapi;
pub mod order;
mod settings;
pub mod store;
pub mod version;

pub use self::settings::Settings;
use self::store::Store;

/// What handlers share.
#[derive(Clone, Debug)]
pub struct Shop {
    store: Arc<dyn Store>,
}

/// Many times what an order needs; DynamoDB's items end at 400 KB.
const MOST_BYTES: usize = 64 * 1024;
/// Before Lambda would end the invocation: time to say that there was none.
const MARGIN: Duration = Duration::from_millis(500);

/// The whole function.
///
/// # Errors
///
/// When the origin is none, or routes contradict one another.
pub fn router(settings: Settings) -> Result<Router<Shop>, RouteErrors> {
    let shop = Shop {
        store: settings.store,
    };
    let routes = routes![
        handlers::create,
        handlers::list,
        handlers::show,
        handlers::change,
        handlers::delete,
    ];
    let cors = Cors::allow_origin(settings.origin)
        .allow_header("idempotency-key")
        .allow_header("if-match")
        .expose_header("etag")
        .expose_header("location")
        .expose_header("retry-after");
    let router = Router::with_state(routes, shop)?
        .limits(Limits::default().body_bytes(MOST_BYTES))
        .middleware(timeout(MARGIN))
        .cors(cors)?;
    #[cfg(feature = "openapi")]
    let router = router.openapi(openapi::api());
    Ok(router)
}
