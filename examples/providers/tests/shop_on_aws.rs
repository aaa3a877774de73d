//! The same shop with the values that `seed.py` has put into AWS's services.

use powertools::testing::TestClient;
use providers::{Shop, app};
use serde_json::{Value, json};

#[tokio::test]
async fn an_article_has_a_value_of_each_service() {
    let client = TestClient::new(app(Shop::on_aws()).unwrap());

    let reply = client.get("/articles/tea").await;
    assert_eq!(
        reply.json::<Value>(),
        json!({
            "price": "2.90", "currency": "GBP", "text": "Darjeeling, first flush",
            "warehouse_user": "shop",
        })
    );
    assert_eq!(client.get("/articles/snow").await.status(), 404);

    let written = client
        .put("/currency")
        .json(json!({ "currency": "CHF" }))
        .await;
    let reply = client.get("/articles/tea").await;
    assert_eq!(written.status(), 200, "{}", written.text());
    assert_eq!(reply.json::<Value>()["currency"], "CHF");
}
