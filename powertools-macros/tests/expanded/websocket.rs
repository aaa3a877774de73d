#[connect]
/// Lets a client in.
pub async fn enter(connection: Connection, Query(to): Query<Entrance>) -> Result<(), Error> {
    to.admit(connection).await
}

#[message("shout")]
async fn shout(Json(said): Json<Said>) -> String {
    said.text.to_uppercase()
}
