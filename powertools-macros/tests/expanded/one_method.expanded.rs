/// Shows one order.
pub async fn order(Path(id): Path<u64>, state: State<Db>) -> Json<Order> {
    Json(state.order(id).await)
}
#[doc(hidden)]
#[allow(non_camel_case_types, reason = "named like the function that it stands for")]
pub struct order {}
#[automatically_derived]
#[allow(deprecated, reason = "a deprecated handler is still a route")]
impl<__PowertoolsState> ::powertools::router::IntoRoute<__PowertoolsState> for order
where
    __PowertoolsState: ::core::marker::Send + ::core::marker::Sync + 'static,
    Path<u64>: ::powertools::router::FromRequest<__PowertoolsState>,
    State<Db>: ::powertools::router::FromRequest<__PowertoolsState>,
    Json<Order>: ::powertools::router::IntoResponse,
{
    fn into_route(self) -> ::powertools::router::Route<__PowertoolsState> {
        fn __powertools_is_send<__PowertoolsFuture: ::core::marker::Send>(
            _: fn(Path<u64>, State<Db>) -> __PowertoolsFuture,
        ) {}
        __powertools_is_send(order);
        ::powertools::router::Route::new(
                ::powertools::router::Method::GET,
                "/orders/{id}",
                order,
            )
            .named(::core::concat!(::core::module_path!(), "::", "order"))
            .described(
                ::powertools::__description!(
                    [" Shows one order."] false[Path < u64 >, State < Db >] [Json < Order
                    >]
                ),
            )
    }
}
