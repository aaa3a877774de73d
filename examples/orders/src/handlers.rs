//! The routes.

use garde::Validate;
use powertools::{
    logger,
    router::{Created, Json, Path, Query, State as Shared, Valid, delete, get, patch, post},
};
use serde::{Deserialize, Serialize};

use crate::{
    Shop, cursor,
    failure::Failure,
    id::OrderId,
    idempotency::IdempotencyKey,
    order::{Change, NewOrder, Order, State},
    store::{Added, Replaced},
    version::{IfMatch, Tagged},
};

/// Takes an order.
///
/// With an `idempotency-key` it may be sent again: the order is taken once, and answered as it is by then.
#[post("/orders")]
pub(crate) async fn create(
    Shared(shop): Shared<Shop>,
    key: Option<IdempotencyKey>,
    Valid(Json(wanted)): Valid<Json<NewOrder>>,
) -> Result<Created<Tagged>, Failure> {
    let id = key
        .as_ref()
        .map_or_else(OrderId::random, IdempotencyKey::id);
    let made_by = key.map(|key| key.request);
    logger::append_keys([("order_id", id)]);
    let order = Order {
        made_by,
        ..Order::new(id, wanted)
    };
    let order = match shop.store.add(&order).await? {
        Added::Yes => order,
        Added::WasThere(known) if known.made_by == order.made_by => known,
        Added::WasThere(_) => return Err(Failure::KeyIsTaken),
    };
    tracing::info!(version = %order.version, lines = order.lines.len(), "taken");
    // Relative to `/orders`, so that it holds below a stage or a base path too (RFC 9110 §10.2.2).
    Ok(Created::at(format!("orders/{id}"), Tagged(order)))
}

/// What is wanted of a list.
#[derive(Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Search {
    /// Orders that are this far.
    #[garde(skip)]
    state: Option<State>,
    /// The most on a page. There may be fewer, and another page all the same.
    #[garde(range(min = 1, max = 100))]
    #[serde(default = "twenty")]
    limit: u32,
    /// The `next` of the page before.
    #[garde(skip)]
    cursor: Option<String>,
}

const fn twenty() -> u32 {
    20
}

/// A part of a list.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "openapi", schemars(example = Self { orders: vec![Order::sample()], next: None }))]
pub(crate) struct Page {
    orders: Vec<Order>,
    /// The `cursor` of the next page. The last has none.
    next: Option<String>,
}

/// Lists orders, in no order to rely on.
#[get("/orders")]
pub(crate) async fn list(
    Shared(shop): Shared<Shop>,
    Valid(Query(search)): Valid<Query<Search>>,
) -> Result<Json<Page>, Failure> {
    let state = search.state;
    let after = search.cursor.map(|text| cursor::read(&text, state));
    let page = shop
        .store
        .page(state, after.transpose()?, search.limit)
        .await?;
    Ok(Json(Page {
        next: page.last.map(|last| cursor::write(state, last)),
        orders: page.orders,
    }))
}

/// Shows an order.
#[get("/orders/{id}")]
pub(crate) async fn show(
    Shared(shop): Shared<Shop>,
    Path(id): Path<OrderId>,
) -> Result<Tagged, Failure> {
    logger::append_keys([("order_id", id)]);
    let found = shop.store.find(id).await?;
    found.map(Tagged).ok_or(Failure::NoSuchOrder(id))
}

/// Changes an order.
///
/// Of several changes to one version the first is made, and the others are told that the order has changed.
#[patch("/orders/{id}")]
pub(crate) async fn change(
    Shared(shop): Shared<Shop>,
    Path(id): Path<OrderId>,
    expected: IfMatch,
    Valid(Json(change)): Valid<Json<Change>>,
) -> Result<Tagged, Failure> {
    logger::append_keys([("order_id", id)]);
    let order = current(&shop, id, &expected).await?;
    let version = order.version;
    let order = order.changed(change)?;
    // Looked at above for the client's sake, and here again, where nobody can come in between.
    replaced(id, shop.store.replace(&order, version).await?)?;
    tracing::info!(version = %order.version, state = %order.state, "changed");
    Ok(Tagged(order))
}

/// Forgets an order.
#[delete("/orders/{id}")]
pub(crate) async fn delete(
    Shared(shop): Shared<Shop>,
    Path(id): Path<OrderId>,
    expected: IfMatch,
) -> Result<(), Failure> {
    logger::append_keys([("order_id", id)]);
    let order = current(&shop, id, &expected).await?;
    order.may_be_deleted()?;
    replaced(id, shop.store.remove(id, order.version).await?)?;
    tracing::info!(version = %order.version, "deleted");
    Ok(())
}

/// The order, if it is as the client knows it.
async fn current(shop: &Shop, id: OrderId, expected: &IfMatch) -> Result<Order, Failure> {
    let order = shop.store.find(id).await?;
    let order = order.ok_or(Failure::NoSuchOrder(id))?;
    if expected.has(order.version) {
        Ok(order)
    } else {
        Err(Failure::Changed)
    }
}

fn replaced(id: OrderId, replaced: Replaced) -> Result<(), Failure> {
    match replaced {
        Replaced::Yes => Ok(()),
        Replaced::WasChanged => Err(Failure::Changed),
        Replaced::WasGone => Err(Failure::NoSuchOrder(id)),
    }
}
