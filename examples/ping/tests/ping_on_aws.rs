//! Hosts and token from SSM Parameter Store and Secrets Manager, which moto plays: `./check parameters`.

#![expect(
    clippy::unwrap_used,
    reason = "a test that stops is a test that failed"
)]

use powertools::{
    parameters::{Parameters, SecretsManager, Ssm},
    testing::TestClient,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// A server on this machine whose answer is the `user-agent` that it saw.
async fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let read = stream.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..read]).into_owned();
            let agent = request
                .lines()
                .find_map(|line| line.strip_prefix("user-agent: "));
            let agent = agent.unwrap_or_default();
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length:";
            let answer = format!("{head} {}\r\n\r\n{agent}", agent.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    url
}

/// `./check parameters` sets PING_ALLOWED_HOSTS_PARAMETER, PING_TOKEN_SECRET, PING_ALLOW_LOOPBACK and, so that a
/// change shows at once, POWERTOOLS_PARAMETERS_MAX_AGE=0.
#[tokio::test]
async fn what_is_allowed_and_said_is_what_aws_says_now() {
    let hosts = std::env::var("PING_ALLOWED_HOSTS_PARAMETER").unwrap();
    let token = std::env::var("PING_TOKEN_SECRET").unwrap();
    let (ssm, secrets) = (
        Parameters::new(Ssm::new()),
        Parameters::new(SecretsManager::new()),
    );
    let body = json!({ "url": echo().await });
    let client = TestClient::new(ping::function().await.unwrap());

    let unknown = client.post("/check").json(&body).await;
    assert_eq!(unknown.status(), 500);
    assert_eq!(
        unknown.json::<Value>()["detail"],
        "the settings of this service cannot be read"
    );
    assert_eq!(client.get("/ping").await.status(), 200);

    ssm.set(&*hosts, "127.0.0.1").await.unwrap();
    secrets.set(&*token, "s3cret").await.unwrap();
    let known = client.post("/check").json(&body).await;
    assert_eq!(known.status(), 200);
    assert_eq!(
        known.text(),
        format!("ping/{} (s3cret)", env!("CARGO_PKG_VERSION"))
    );

    ssm.set(&*hosts, "example.com").overwrite().await.unwrap();
    let refused = client.post("/check").json(&body).await;
    assert_eq!(refused.status(), 400);
}
