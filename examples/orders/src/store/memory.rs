//! Orders in this process: for localhost, and for tests.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Added, Asked, Page, Replaced, Store};
use crate::{
    id::OrderId,
    order::{Line, NewOrder, Order, State},
    version::Version,
};

/// Orders by id.
#[derive(Debug, Default)]
pub struct Memory(Mutex<BTreeMap<OrderId, Order>>);

impl Memory {
    /// With three orders to look at.
    #[must_use]
    pub fn with_samples() -> Self {
        let sample = |id: &str, state: State, product: &str, quantity: u32| {
            let id = OrderId::try_from(id.to_owned()).expect("the samples' ids are UUIDs");
            let product = product.to_owned();
            let wanted = NewOrder {
                lines: vec![Line { product, quantity }],
                note: None,
            };
            let order = Order::new(id, wanted);
            (id, Order { state, ..order })
        };
        Self(Mutex::new(BTreeMap::from([
            sample(crate::id::SAMPLE, State::Open, "green tea", 2),
            sample(
                "6f1c7c9e-0d3a-4b57-9a52-3f0e8f7d1c02",
                State::Paid,
                "teapot",
                1,
            ),
            sample(
                "6f1c7c9e-0d3a-4b57-9a52-3f0e8f7d1c03",
                State::Shipped,
                "cup",
                6,
            ),
        ])))
    }

    fn orders(&self) -> MutexGuard<'_, BTreeMap<OrderId, Order>> {
        // A map is whole after every call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add_now(&self, order: &Order) -> Added {
        let mut orders = self.orders();
        match orders.get(&order.id) {
            Some(known) => Added::WasThere(known.clone()),
            None => {
                orders.insert(order.id, order.clone());
                Added::Yes
            }
        }
    }

    fn change_now(
        &self,
        id: OrderId,
        expected: Version,
        change: impl FnOnce(&mut BTreeMap<OrderId, Order>),
    ) -> Replaced {
        let mut orders = self.orders();
        match orders.get(&id) {
            None => Replaced::WasGone,
            Some(known) if known.version != expected => Replaced::WasChanged,
            Some(_) => {
                change(&mut orders);
                Replaced::Yes
            }
        }
    }

    fn page_now(&self, state: Option<State>, after: Option<OrderId>, limit: u32) -> Page {
        let orders = self.orders();
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_wanted = |order: &&Order| state.is_none_or(|state| order.state == state);
        let range = orders.range((after, Bound::Unbounded));
        let mut wanted = range.map(|(_, order)| order).filter(is_wanted);
        let orders: Vec<Order> = wanted.by_ref().take(limit).cloned().collect();
        let last = orders.last().map(|order| order.id);
        Page {
            last: last.filter(|_| wanted.next().is_some()),
            orders,
        }
    }
}

/// Done at once, so that there is nothing to wait for while the map is locked.
fn at_once<'a, T: Send + 'a>(value: T) -> Asked<'a, T> {
    Box::pin(std::future::ready(Ok(value)))
}

impl Store for Memory {
    fn add<'a>(&'a self, order: &'a Order) -> Asked<'a, Added> {
        at_once(self.add_now(order))
    }

    fn find(&self, id: OrderId) -> Asked<'_, Option<Order>> {
        at_once(self.orders().get(&id).cloned())
    }

    fn replace<'a>(&'a self, order: &'a Order, expected: Version) -> Asked<'a, Replaced> {
        at_once(self.change_now(order.id, expected, |orders| {
            orders.insert(order.id, order.clone());
        }))
    }

    fn remove(&self, id: OrderId, expected: Version) -> Asked<'_, Replaced> {
        at_once(self.change_now(id, expected, |orders| {
            orders.remove(&id);
        }))
    }

    fn page(&self, state: Option<State>, after: Option<OrderId>, limit: u32) -> Asked<'_, Page> {
        at_once(self.page_now(state, after, limit))
    }
}
