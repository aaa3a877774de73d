/// Shows one order.
pub async fn order(Path(id): Path<u64>, state: State<Db>) -> Json<Order> {
    Json(state.order(id).await)
}
#[doc(hidden)]
#[allow(non_camel_case_types, reason = "named like the function that it stands for")]
pub struct order {}
#[automatically_derived]
#[allow(deprecated, reason = "a deprecated handler is still a route")]
impl<__S> ::powertools::router::IntoRoute<__S> for order
where
    __S: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
    Path<u64>: ::powertools::router::FromRequest<__S>,
    State<Db>: ::powertools::router::FromRequest<__S>,
    Json<Order>: ::powertools::router::IntoResponse,
{
    fn into_route(self) -> ::powertools::router::Route<__S> {
        fn is_send<F: ::core::marker::Send>(_: fn(Path<u64>, State<Db>) -> F) {}
        is_send(order);
        ::powertools::router::Route::new(
                ::powertools::router::Method::GET,
                "/orders/{id}",
                order,
            )
            .named(::core::concat!(::core::module_path!(), "::", "order"))
    }
}
