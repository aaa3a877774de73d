#[route(GET, POST, PURGE, "/cache")]
async fn cache() {}
