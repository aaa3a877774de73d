//! A function with routes of WebSockets and nothing else: how it finds its clients again, and what it says to
//! others than them.

use futures_util::StreamExt;
use tokio::net::TcpStream;
use tokio_tungstenite::{client_async, tungstenite::Message};

use super::*;
use crate::{
    router::Error,
    websocket::{Connection, Connections, Route, Router, Routes},
};

/// Posts back what was said, to where the event's own connection is.
async fn echo(text: String, own: Connection, connections: Connections) -> Result<(), Error> {
    let outcome = connections.post(own.id(), text).await?;
    assert!(!outcome.is_gone(), "{connections:?}");
    Ok(())
}

fn app() -> Router {
    let routes = Routes::new().with(Route::default(echo));
    Router::new(routes).expect("a route")
}

/// What a client gets that asks for this name.
async fn echoed(name: &str, options: &[&str]) -> String {
    let options: Vec<_> = options.iter().map(|text| (*text).to_owned()).collect();
    let port = served(app(), settings("http", &options)).await;
    let stream = TcpStream::connect(("127.0.0.1", port)).await;
    let stream = stream.expect("it listens");
    let connected = client_async(format!("ws://{name}/"), stream).await;
    let (mut client, _) = connected.expect("a connection");
    let said = Message::Text("hello".into());
    futures_util::SinkExt::send(&mut client, said)
        .await
        .expect("it is sent");
    let heard = client.next().await.expect("a message").expect("no error");
    heard.into_text().expect("text").to_string()
}

#[tokio::test]
async fn a_function_posts_to_its_clients_whatever_name_they_asked_for() {
    assert_eq!(echoed("localhost", &[]).await, "hello");
    assert_eq!(echoed("127.0.0.1", &[]).await, "hello");
    assert_eq!(
        echoed("ws.example", &["--domain=ws.example"]).await,
        "hello"
    );
    assert_eq!(echoed("shop.test:80", &["--host=shop.test"]).await, "hello");
    assert_eq!(
        echoed("localhost", &["--domain=execute-api", "--stage=prod"]).await,
        "hello"
    );
}

#[tokio::test]
async fn a_request_of_http_is_told_to_upgrade() {
    let port = served(app(), settings("http", &[])).await;
    for request in ["GET /", "POST /orders", "GET /users/@connections/a"] {
        let answered = ask(port, &[request.to_owned()], b"").await;
        assert_eq!(answered.status, 426, "{request}");
        assert_eq!(answered.all("upgrade"), ["websocket"], "{request}");
        // And to close, which this client asks for.
        assert_eq!(answered.all("connection"), ["Upgrade, close"], "{request}");
    }
    // It is a function all the same.
    let invoke = format!("POST {}", control::INVOCATIONS);
    let answered = ask(port, &[invoke], b"{}").await;
    assert_eq!(answered.status, 200);
    assert_eq!(answered.all("x-amz-function-error"), ["Unhandled"]);
}
