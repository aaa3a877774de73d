//! A function on powertools, with router and logger.

use powertools::router::{Json, Router, get, routes};

#[derive(serde::Serialize)]
struct Hello {
    message: &'static str,
}

#[get("/hello")]
async fn hello() -> Json<Hello> {
    Json(Hello { message: "hello" })
}

fn main() -> Result<(), powertools::Error> {
    powertools::start(async {
        powertools::logger::init();
        powertools::run(Router::new(routes![hello])?).await
    })
}
