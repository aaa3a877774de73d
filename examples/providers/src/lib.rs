//! A shop that keeps nothing in its code: the currency is in SSM Parameter Store, the warehouse's login
//! in Secrets Manager, the prices are in a DynamoDB table, and the texts come with the function.
//!
//! `SHOP_PARAMETERS=aws` asks AWS; otherwise all four are values in this program.

use std::env;

use powertools::{
    Error,
    parameters::{DynamoDb, ErrorKind, FromJson, Local, Parameters, SecretsManager, Ssm},
    router::{self, Json, Path, RouteErrors, Router, State, get, put, routes},
};

/// What the handlers read. Each keeps its values for 5 s unless POWERTOOLS_PARAMETERS_MAX_AGE says otherwise.
#[derive(Clone, Debug)]
pub struct Shop {
    settings: Parameters,
    secrets: Parameters,
    prices: Parameters,
    texts: Parameters,
}

impl Shop {
    /// From AWS if `SHOP_PARAMETERS` says so.
    ///
    /// # Errors
    ///
    /// When it says anything else.
    pub fn from_env() -> Result<Self, Error> {
        match env::var("SHOP_PARAMETERS").as_deref() {
            Ok("aws") => Ok(Self::on_aws()),
            Ok("local") | Err(_) => Ok(Self::local()),
            Ok(other) => {
                Err(format!("SHOP_PARAMETERS is `{other}`, but it is `aws` or `local`").into())
            }
        }
    }

    /// Nothing is asked of AWS, and no client made, before a handler reads something.
    #[must_use]
    pub fn on_aws() -> Self {
        Self {
            settings: Parameters::new(Ssm::new()),
            secrets: Parameters::new(SecretsManager::new()),
            prices: Parameters::new(DynamoDb::new("prices").key("article").value("price")),
            texts: texts(),
        }
    }

    /// The same names, with values for development.
    #[must_use]
    pub fn local() -> Self {
        let login = r#"{"user": "developer", "password": "none"}"#;
        Self {
            settings: Parameters::new(Local::new().with("/shop/currency", "EUR")),
            secrets: Parameters::new(Local::new().with("shop/warehouse", login)),
            prices: Parameters::new(Local::new().with("tea", "3.50").with("coffee", "4.20")),
            texts: texts(),
        }
    }
}

/// With the function itself; a variable such as `SHOP_TEXT_SHIPPING` overrides none, but adds one.
fn texts() -> Parameters {
    let texts = Local::new().with("tea", "Darjeeling, first flush");
    Parameters::new(texts.or_env("SHOP_TEXT_"))
}

/// The routes.
///
/// # Errors
///
/// None: they fit together.
pub fn app(shop: Shop) -> Result<Router<Shop>, RouteErrors> {
    Router::with_state(routes![article, set_currency], shop)
}

#[derive(serde::Serialize)]
struct Article {
    price: String,
    currency: String,
    text: Option<String>,
    /// Who asks the warehouse whether there is any left.
    warehouse_user: String,
}

/// The password stays where it is: a type without `Debug` and `Serialize` tells nobody.
#[derive(serde::Deserialize)]
struct Login {
    user: String,
    #[expect(dead_code, reason = "there is no warehouse")]
    password: String,
}

#[get("/articles/{id}")]
async fn article(
    Path(id): Path<String>,
    State(shop): State<Shop>,
) -> Result<Json<Article>, router::Error> {
    let price = match shop.prices.get::<String>(&id).await {
        Ok(price) => price.to_string(),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(router::Error::not_found("there is no such article"));
        }
        Err(error) => return Err(router::Error::internal(error)),
    };
    let currency = shop.settings.get::<String>("/shop/currency").await;
    let login = shop.secrets.get::<FromJson<Login>>("shop/warehouse").await;
    let text = shop.texts.get::<String>(&id).await;
    Ok(Json(Article {
        price,
        currency: currency.map_err(router::Error::internal)?.to_string(),
        text: text.ok().map(|text| text.to_string()),
        warehouse_user: login.map_err(router::Error::internal)?.user.clone(),
    }))
}

#[derive(serde::Deserialize)]
struct Currency {
    currency: String,
}

/// What is written is what is read next, whatever is cached.
#[put("/currency")]
async fn set_currency(
    State(shop): State<Shop>,
    Json(new): Json<Currency>,
) -> Result<&'static str, router::Error> {
    let written = shop.settings.set("/shop/currency", new.currency);
    written.overwrite().await.map_err(router::Error::internal)?;
    Ok("")
}

#[cfg(test)]
mod tests {
    use powertools::testing::TestClient;
    use serde_json::{Value, json};

    use super::*;

    fn client() -> TestClient<Router<Shop>> {
        TestClient::new(app(Shop::local()).unwrap())
    }

    #[tokio::test]
    async fn an_article_has_a_value_of_each_provider() {
        let reply = client().get("/articles/tea").await;

        assert_eq!(
            reply.json::<Value>(),
            json!({
                "price": "3.50", "currency": "EUR", "text": "Darjeeling, first flush",
                "warehouse_user": "developer",
            })
        );
    }

    #[tokio::test]
    async fn an_article_without_a_price_is_a_404() {
        assert_eq!(client().get("/articles/snow").await.status(), 404);
    }

    #[tokio::test]
    async fn a_new_currency_counts_at_once() {
        let client = client();
        client.get("/articles/coffee").await;

        let written = client
            .put("/currency")
            .json(json!({ "currency": "USD" }))
            .await;
        let reply = client.get("/articles/coffee").await;

        assert_eq!(written.status(), 200);
        assert_eq!(reply.json::<Value>()["currency"], "USD");
    }
}
