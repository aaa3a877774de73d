//! A function on powertools with parameters of SSM and Secrets Manager, of which nobody reads one.

use powertools::{
    parameters::{Parameters, SecretsManager, Ssm},
    router::{Error, Json, Router, State, get, routes},
};

#[derive(Clone)]
struct Settings {
    parameters: Parameters,
    secrets: Parameters,
}

#[derive(serde::Serialize)]
struct Hello {
    message: String,
}

#[get("/hello")]
async fn hello() -> Json<Hello> {
    let message = "hello".to_owned();
    Json(Hello { message })
}

#[get("/settings")]
async fn settings(State(settings): State<Settings>) -> Result<Json<Hello>, Error> {
    let parameter = settings.parameters.get::<String>("/hello/message").await;
    let secret = settings.secrets.get::<String>("hello/suffix").await;
    let mut message = parameter.map_err(Error::internal)?.to_string();
    message.push_str(&secret.map_err(Error::internal)?);
    Ok(Json(Hello { message }))
}

fn main() -> Result<(), powertools::Error> {
    powertools::start(async {
        powertools::logger::init();
        let state = Settings {
            parameters: Parameters::new(Ssm::new()),
            secrets: Parameters::new(SecretsManager::new()),
        };
        powertools::run(Router::with_state(routes![hello, settings], state)?).await
    })
}
