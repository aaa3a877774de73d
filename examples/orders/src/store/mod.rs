//! Where orders are kept.
//!
//! A store knows versions and nothing of what may become of an order: it makes a change if the order still is what
//! the change was made from, in one step that nobody comes in between.

use std::{fmt, pin::Pin};

use crate::{
    id::OrderId,
    order::{Order, State},
    version::Version,
};

#[cfg(feature = "dynamodb")]
mod dynamodb;
mod memory;
#[cfg(feature = "dynamodb")]
mod stored;

#[cfg(feature = "dynamodb")]
pub use self::dynamodb::DynamoDb;
pub use self::memory::Memory;

/// What comes of adding an order.
#[derive(Debug, PartialEq, Eq)]
pub enum Added {
    /// It is kept.
    Yes,
    /// This one has the id and stays as it is.
    WasThere(Order),
}

/// What comes of changing an order, or of taking it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// It is done.
    Yes,
    /// It has another version and stays as it is.
    WasChanged,
    /// There is none.
    WasGone,
}

/// A part of a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// As many as were asked for, or fewer.
    pub orders: Vec<Order>,
    /// After which the list goes on, if it does.
    pub last: Option<OrderId>,
}

/// Why a store does not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It will, later.
    #[error("the store has too much to do")]
    Busy(#[source] Cause),
    /// It is not there, or not as it should be.
    #[error("the store does not answer as it should")]
    Broken(#[source] Cause),
}

/// What is behind it, for the log.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What comes of asking. Boxed, so that handlers need not say which store they ask.
pub type Asked<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps orders.
pub trait Store: fmt::Debug + Send + Sync {
    /// Keeps one whose id is new.
    fn add<'a>(&'a self, order: &'a Order) -> Asked<'a, Added>;

    /// The order of this id, with all that was done to it before.
    fn find(&self, id: OrderId) -> Asked<'_, Option<Order>>;

    /// Puts this in place of the order of its id, if that has the expected version.
    fn replace<'a>(&'a self, order: &'a Order, expected: Version) -> Asked<'a, Replaced>;

    /// Takes the order away, if it has the expected version.
    fn remove(&self, id: OrderId, expected: Version) -> Asked<'_, Replaced>;

    /// Some of the orders that are this far, or of all, after the one of this id. What has just been done may not
    /// show in it yet.
    fn page(&self, state: Option<State>, after: Option<OrderId>, limit: u32) -> Asked<'_, Page>;
}
