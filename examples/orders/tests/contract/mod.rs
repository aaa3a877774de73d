//! What every store does: handlers rely on it, and a new store has to pass it.

use std::collections::BTreeSet;

use orders::{
    id::OrderId,
    idempotency::Fingerprint,
    order::{Change, Line, NewOrder, Order, State},
    store::{Added, Page, Replaced, Store},
    version::Version,
};

/// All of it, on a store without orders.
pub(crate) async fn is_kept(store: &dyn Store) {
    an_order_is_found_as_it_was_added(store).await;
    an_id_is_taken_once(store).await;
    a_change_needs_the_version_that_it_was_made_from(store).await;
    of_changes_at_once_one_is_made(store).await;
    pages_have_every_order_once(store).await;
}

fn order(product: &str, state: State) -> Order {
    let line = Line {
        product: product.to_owned(),
        quantity: 2,
    };
    let wanted = NewOrder {
        lines: vec![line],
        note: None,
    };
    Order {
        state,
        ..Order::new(OrderId::random(), wanted)
    }
}

fn noted(order: &Order, note: &str) -> Order {
    let change = Change {
        note: Some(Some(note.to_owned())),
        ..Change::default()
    };
    order.clone().changed(change).unwrap()
}

async fn an_order_is_found_as_it_was_added(store: &dyn Store) {
    let order = Order {
        note: Some("\"ring\" twice \u{1f514}\n".to_owned()),
        made_by: Some(Fingerprint::kept("f00d")),
        ..order("té, 100 g", State::Open)
    };
    assert_eq!(store.find(order.id).await.unwrap(), None);
    assert_eq!(store.add(&order).await.unwrap(), Added::Yes);
    assert_eq!(store.find(order.id).await.unwrap(), Some(order.clone()));
    assert_eq!(
        store.remove(order.id, order.version).await.unwrap(),
        Replaced::Yes
    );
    assert_eq!(store.find(order.id).await.unwrap(), None);
}

async fn an_id_is_taken_once(store: &dyn Store) {
    let first = Order {
        made_by: Some(Fingerprint::kept("f00d")),
        ..order("tea", State::Open)
    };
    let second = Order {
        id: first.id,
        ..order("coffee", State::Open)
    };
    assert_eq!(store.add(&first).await.unwrap(), Added::Yes);
    let added = store.add(&second).await.unwrap();
    assert_eq!(added, Added::WasThere(first.clone()));
    assert_eq!(store.find(first.id).await.unwrap(), Some(first.clone()));
    store.remove(first.id, first.version).await.unwrap();
}

async fn a_change_needs_the_version_that_it_was_made_from(store: &dyn Store) {
    let first = order("tea", State::Open);
    let second = noted(&first, "second");
    let gone = store.replace(&second, first.version).await.unwrap();
    assert_eq!(gone, Replaced::WasGone);
    let gone = store.remove(first.id, first.version).await.unwrap();
    assert_eq!(gone, Replaced::WasGone);

    store.add(&first).await.unwrap();
    let replaced = store.replace(&second, first.version).await.unwrap();
    assert_eq!(replaced, Replaced::Yes);
    let late = noted(&first, "late");
    let replaced = store.replace(&late, first.version).await.unwrap();
    assert_eq!(replaced, Replaced::WasChanged);
    let removed = store.remove(first.id, first.version).await.unwrap();
    assert_eq!(removed, Replaced::WasChanged);
    let early = store.remove(first.id, second.version.next()).await.unwrap();
    assert_eq!(early, Replaced::WasChanged);
    assert_eq!(store.find(first.id).await.unwrap(), Some(second.clone()));

    let removed = store.remove(first.id, second.version).await.unwrap();
    assert_eq!(removed, Replaced::Yes);
}

async fn of_changes_at_once_one_is_made(store: &dyn Store) {
    let first = order("tea", State::Open);
    store.add(&first).await.unwrap();
    let notes: Vec<String> = (0..8).map(|number| format!("note {number}")).collect();
    let changes: Vec<Order> = notes.iter().map(|note| noted(&first, note)).collect();
    let asked = changes
        .iter()
        .map(|change| store.replace(change, first.version));
    let answers = futures_util::future::join_all(asked).await;

    let winners: Vec<&Order> = changes
        .iter()
        .zip(answers)
        .filter(|(_, answer)| *answer.as_ref().unwrap() == Replaced::Yes)
        .map(|(change, _)| change)
        .collect();
    let [winner] = winners[..] else {
        panic!("one of them, and not {winners:?}");
    };
    assert_eq!(store.find(first.id).await.unwrap().as_ref(), Some(winner));
    assert_eq!(winner.version, Version::FIRST.next());
    store.remove(first.id, winner.version).await.unwrap();
}

async fn pages_have_every_order_once(store: &dyn Store) {
    let nothing = store.page(None, None, 10).await.unwrap();
    assert_eq!(nothing, Page::default(), "a store without orders");

    let mut all = BTreeSet::new();
    let mut paid = BTreeSet::new();
    for number in 0..12 {
        let state = State::ALL[number % 3];
        let order = order(&format!("product {number}"), state);
        store.add(&order).await.unwrap();
        all.insert(order.id);
        if state == State::Paid {
            paid.insert(order.id);
        }
    }

    assert_eq!(walked(store, None, 5).await, all);
    assert_eq!(walked(store, None, 100).await, all);
    assert_eq!(walked(store, Some(State::Paid), 3).await, paid);
    assert_eq!(
        walked(store, Some(State::Cancelled), 3).await,
        BTreeSet::new()
    );

    // After an order that is not there, or not there any more, a list goes on all the same.
    for state in [None, Some(State::Paid)] {
        let page = store.page(state, Some(OrderId::random()), 100).await;
        assert!(page.unwrap().orders.len() <= all.len());
    }

    // An order that has changed its state is in one list and not in both.
    let first = store.page(Some(State::Paid), None, 1).await.unwrap();
    let shipped = Change {
        state: Some(State::Shipped),
        ..Change::default()
    };
    let before = &first.orders[0];
    let after = before.clone().changed(shipped).unwrap();
    store.replace(&after, before.version).await.unwrap();
    assert!(
        !walked(store, Some(State::Paid), 3)
            .await
            .contains(&after.id)
    );
    assert!(
        walked(store, Some(State::Shipped), 3)
            .await
            .contains(&after.id)
    );
}

/// The ids of all pages.
async fn walked(store: &dyn Store, state: Option<State>, limit: u32) -> BTreeSet<OrderId> {
    let mut ids = BTreeSet::new();
    let mut after = None;
    // Pages without end would be a mistake of the store's.
    for _ in 0..100 {
        let page = store.page(state, after, limit).await.unwrap();
        assert!(page.orders.len() <= limit as usize);
        for order in page.orders {
            assert!(state.is_none_or(|state| order.state == state), "{order:?}");
            assert!(ids.insert(order.id), "{order:?} is there twice");
        }
        after = page.last;
        if after.is_none() {
            return ids;
        }
    }
    panic!("the pages do not end");
}
