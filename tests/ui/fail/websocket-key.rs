use powertools::websocket;

#[websocket::message]
async fn no_key() {}

#[websocket::message("")]
async fn empty() {}

#[websocket::message("$connect")]
async fn of_api_gateway() {}

#[websocket::message("$join")]
async fn with_a_dollar_sign() {}

#[websocket::message(join)]
async fn no_literal() {}

#[websocket::message("join", "leave")]
async fn two() {}

#[websocket::connect("join")]
async fn connect_of_a_key() {}

fn main() {
    let _: websocket::Routes<()> = websocket::routes![
        no_key,
        empty,
        of_api_gateway,
        with_a_dollar_sign,
        no_literal,
        two,
        connect_of_a_key
    ];
}
