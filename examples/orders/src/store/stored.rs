//! An order as it is kept: a form of its own, which the program before a deployment and the one after it both read.
//!
//! For a while both run, and what the newer one wrote is read by the older one, too. So nothing here refuses a field
//! that it does not know, a new field has `#[serde(default)]`, and no field gets another meaning. What clients may
//! send is stricter, and changes with the API and not with the table: hence two types that look alike.
//!
//! A new state is more than a field: the older program cannot read an order that has it. Deploy a program that knows
//! it first, and then one that writes it.

use serde::{Deserialize, Serialize};

use crate::{
    id::OrderId,
    order::{Line, Order, State},
    version::Version,
};

/// All but who made it, which the table keeps beside it.
#[derive(Deserialize, Serialize)]
pub(super) struct Stored {
    id: OrderId,
    version: Version,
    state: State,
    lines: Vec<StoredLine>,
    // As any field that comes later.
    #[serde(default)]
    note: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct StoredLine {
    product: String,
    quantity: u32,
}

impl From<Order> for Stored {
    fn from(order: Order) -> Self {
        let line = |Line { product, quantity }| StoredLine { product, quantity };
        Self {
            id: order.id,
            version: order.version,
            state: order.state,
            lines: order.lines.into_iter().map(line).collect(),
            note: order.note,
        }
    }
}

impl From<Stored> for Order {
    fn from(stored: Stored) -> Self {
        let line = |StoredLine { product, quantity }| Line { product, quantity };
        Self {
            id: stored.id,
            version: stored.version,
            state: stored.state,
            lines: stored.lines.into_iter().map(line).collect(),
            note: stored.note,
            made_by: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::SAMPLE, order::NewOrder};

    fn order() -> Order {
        let line = Line {
            product: "tea".to_owned(),
            quantity: 2,
        };
        let wanted = NewOrder {
            lines: vec![line],
            note: None,
        };
        Order::new(OrderId::try_from(SAMPLE.to_owned()).unwrap(), wanted)
    }

    #[test]
    fn what_is_kept_has_the_same_names_for_ever() {
        let kept = serde_json::to_value(Stored::from(order())).unwrap();
        let expected = serde_json::json!({
            "id": SAMPLE,
            "version": 1,
            "state": "open",
            "lines": [{ "product": "tea", "quantity": 2 }],
            "note": null,
        });
        assert_eq!(kept, expected);
    }

    #[test]
    fn an_order_of_before_a_field_and_one_of_after_another_are_read() {
        let before =
            r#"{"id":"ID","version":1,"state":"open","lines":[{"product":"tea","quantity":2}]}"#;
        let after = r#"{"id":"ID","version":1,"state":"open","note":null,"gift":true,
            "lines":[{"product":"tea","quantity":2,"price":{"amount":"3.50"}}]}"#;
        for kept in [before, after] {
            let stored: Stored = serde_json::from_str(&kept.replace("ID", SAMPLE)).unwrap();
            assert_eq!(Order::from(stored), order(), "{kept}");
        }
    }
}
