#[get("orders/:id")]
pub fn order<T>(Path(id): Path<u64>) -> Json<T> {
    half_written(
        id
    )
}
