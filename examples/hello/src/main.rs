//! Greets who is named in the path.
//!
//! Run locally: `cargo run -p example-hello`, then `curl localhost:9000/hello/ann`.

use powertools::{
    logger,
    router::{Json, Path, RouteErrors, Router, get, routes},
};

/// What a caller is told.
#[derive(serde::Serialize)]
struct Greeting {
    message: String,
}

/// Greet somebody.
#[get("/hello/{name}")]
async fn hello(Path(name): Path<String>) -> Json<Greeting> {
    tracing::info!(name, "greeting");
    Json(Greeting {
        message: format!("hello, {name}"),
    })
}

fn app() -> Result<Router, RouteErrors> {
    Router::new(routes![hello])
}

fn main() -> Result<(), powertools::Error> {
    powertools::start(async {
        logger::init();
        powertools::run(app()?).await
    })
}

#[cfg(test)]
mod tests {
    use powertools::{event::Source, testing::TestClient};

    use super::*;

    #[tokio::test]
    async fn what_is_not_served_is_a_problem_with_a_status() {
        let client = TestClient::new(app().unwrap());
        assert_eq!(client.get("/hello").await.status(), 404);
        let reply = client.post("/hello/ann").await;
        assert_eq!(reply.status(), 405);
        assert_eq!(reply.header("allow"), Some("GET, HEAD, OPTIONS"));
    }

    #[tokio::test]
    async fn the_greeting_is_the_same_from_every_front_end() {
        let client = TestClient::new(app().unwrap());
        for source in Source::ALL {
            let reply = client.get("/hello/Ann%20%C3%89.").source(source).await;
            assert_eq!(reply.status(), 200, "{source}");
            assert_eq!(reply.text(), r#"{"message":"hello, Ann É."}"#, "{source}");
        }
    }
}
