//! What a shop offers comes from parameters, and a secret stays one.
//!
//! Run locally: `cargo run -p example-parameters`, then `curl localhost:9000/offer`

use powertools::{
    logger::Secret,
    parameters::{FromJson, Local, Parameters},
    router::{Error, Headers, Json, RouteErrors, Router, State, get, routes},
};

/// What is sold, and for which money.
#[derive(Clone, serde::Deserialize, serde::Serialize)]
struct Offer {
    currency: String,
    items: Vec<String>,
}

/// Show the offer.
#[get("/offer")]
async fn offer(State(parameters): State<Parameters>) -> Result<Json<Offer>, Error> {
    let offer = parameters.get::<FromJson<Offer>>("/shop/offer").await;
    let offer = offer.map_err(Error::internal)?;
    Ok(Json(Offer::clone(&offer)))
}

/// Greet the owner, and nobody else.
#[get("/owner")]
async fn owner(
    State(parameters): State<Parameters>,
    headers: Headers,
) -> Result<&'static str, Error> {
    let token = parameters.get::<Secret<String>>("/shop/token").decrypt();
    let token = token.await.map_err(Error::internal)?;
    // Where strangers may try as often as they like, compare in constant time.
    if headers.get("authorization") == Some(token.expose()) {
        Ok("you are the owner")
    } else {
        Err(Error::unauthorized("say the token"))
    }
}

fn app(parameters: Parameters) -> Result<Router<Parameters>, RouteErrors> {
    Router::with_state(routes![offer, owner], parameters)
}

fn main() -> Result<(), powertools::Error> {
    powertools::start(async {
        powertools::logger::init();
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/parameters.json");
        let local = Local::env("SHOP_").or_file(file);
        powertools::run(app(Parameters::new(local))?).await
    })
}

#[cfg(test)]
mod tests {
    use powertools::testing::TestClient;

    use super::*;

    #[tokio::test]
    async fn the_offer_is_the_parameter_and_only_the_owner_is_greeted() {
        let local = Local::new()
            .with("/shop/offer", r#"{"currency":"EUR","items":["tea"]}"#)
            .with("/shop/token", "s3cret");
        let client = TestClient::new(app(Parameters::new(local)).unwrap());

        let offer = client.get("/offer").await;
        assert_eq!(offer.text(), r#"{"currency":"EUR","items":["tea"]}"#);
        let owner = client.get("/owner").header("authorization", "s3cret").await;
        assert_eq!(owner.status(), 200);
        assert_eq!(client.get("/owner").await.status(), 401);
    }

    #[tokio::test]
    async fn without_its_parameter_the_shop_answers_500_and_tells_nothing() {
        let client = TestClient::new(app(Parameters::new(Local::new())).unwrap());

        let offer = client.get("/offer").await;

        assert_eq!(offer.status(), 500);
        assert!(!offer.text().contains("/shop/offer"));
    }
}
