//! A function on lambda_http, with a match for a router.

use lambda_http::{Body, Error, Request, Response, run, service_fn, tracing};

async fn hello(request: Request) -> Result<Response<Body>, Error> {
    let (status, text) = match (request.method().as_str(), request.uri().path()) {
        ("GET", "/hello") => (200, r#"{"message":"hello"}"#),
        _ => (404, r#"{"message":"Not Found"}"#),
    };
    let response = Response::builder().status(status);
    let response = response.header("content-type", "application/json");
    Ok(response.body(text.into())?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    run(service_fn(hello)).await
}
