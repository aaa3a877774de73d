#[get("/orders/{id}")]
/// Shows one order.
pub async fn order(Path(id): Path<u64>, state: State<Db>) -> Json<Order> {
    Json(state.order(id).await)
}
