//! An API for pages of other origins, behind the local gateway: what the browser's tests ask.
//!
//! `SHOP_POLICY` names the policy, `SHOP_PAGES` the port that the pages come from.

use powertools::router::{Cors, Error, Json, Router, delete, get, header, post, put, routes};

#[get("/things")]
async fn all() -> ([(&'static str, &'static str); 2], Json<u8>) {
    ([("x-total", "3"), ("x-hidden", "4")], Json(1))
}

#[put("/things")]
async fn replace() -> Json<u8> {
    Json(2)
}

#[post("/things")]
async fn add() -> Result<(), Error> {
    Err(Error::conflict("there is one already"))
}

#[delete("/things")]
async fn clear() {
    panic!("on purpose");
}

#[get("/private")]
async fn private() -> ([(header::HeaderName, &'static str); 1], &'static str) {
    ([(header::CACHE_CONTROL, "no-store")], "mine")
}

fn policy(name: &str, pages: &str) -> Result<Cors, String> {
    let exact = format!("http://127.0.0.1:{pages}");
    Ok(match name {
        "exact" => Cors::allow_origin(exact)
            .allow_header("x-mine")
            .expose_header("x-total"),
        "any" => Cors::allow_any_origin(),
        "subdomains" => Cors::allow_origin(format!("http://*.shop.localhost:{pages}")),
        "credentials" => Cors::allow_origin(exact)
            .allow_credentials()
            .allow_requested_headers(),
        other => return Err(format!("there is no policy `{other}`")),
    })
}

fn main() -> Result<(), powertools::Error> {
    powertools::start(async {
        let variable = |name: &str| std::env::var(name).map_err(|error| format!("{name}: {error}"));
        let cors = policy(&variable("SHOP_POLICY")?, &variable("SHOP_PAGES")?)?;
        let shared = routes![all, replace, add, clear];
        let routes = shared.merge(routes![private].without_cors());
        powertools::run(Router::new(routes)?.cors(cors)?).await
    })
}
