//! What the document says that types and routes do not.

use powertools::openapi::OpenApi;
use serde_json::json;

use crate::{
    order::{Order, State},
    version::Version,
};

pub(crate) fn api() -> OpenApi {
    OpenApi::new("orders", env!("CARGO_PKG_VERSION"))
        .description(
            "Orders to make, list, change and delete. A change names the version that it is for, and a \
             request that makes an order may be sent again.",
        )
        .tag("orders", "What was ordered.")
        .operation("create", |create| {
            create.tag("orders");
        })
        .operation("list", |list| {
            list.tag("orders");
        })
        .operation("show", |show| {
            show.tag("orders").problem(404);
        })
        .operation("change", |change| {
            let paid = Order {
                version: Version::FIRST.next(),
                state: State::Paid,
                ..Order::sample()
            };
            change
                .tag("orders")
                .problem(404)
                .problem(409)
                .answer_example(200, json!(paid));
        })
        .operation("delete", |delete| {
            delete.tag("orders").problem(404).problem(409);
        })
}

#[cfg(test)]
mod tests {
    use powertools::openapi::Target;

    use crate::{Settings, store::Memory};

    #[test]
    fn the_committed_document_is_current_and_says_everything() {
        let router = crate::router(Settings::with(Memory::default())).unwrap();
        let document = router.document_for(Target::RestApi).unwrap();
        // The first line that differs, and not two documents of seven hundred.
        let renew = "cargo run -p orders -F openapi -- openapi --out examples/orders/openapi.yaml";
        let current = document.to_yaml();
        let mut committed = include_str!("../openapi.yaml").lines();
        for (number, line) in (1..).zip(current.lines()) {
            assert_eq!(
                committed.next(),
                Some(line),
                "line {number}; renew it: {renew}"
            );
        }
        assert_eq!(committed.next(), None, "after the last; renew it: {renew}");
        assert_eq!(document.notes(), [""; 0]);
    }
}
