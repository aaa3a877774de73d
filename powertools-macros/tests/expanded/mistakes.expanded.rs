pub fn order<T>(Path(id): Path<u64>) -> Json<T> {
    half_written(id)
}
::core::compile_error! {
    "pattern `orders/:id` must start with `/`: write `/orders/:id`"
}
::core::compile_error! {
    "`:id` is another framework's syntax: write `{id}`"
}
::core::compile_error! {
    "handler `order` must be async: write `async fn order`"
}
::core::compile_error! {
    "a handler cannot be generic: write the types that the route is for"
}
#[doc(hidden)]
#[allow(non_camel_case_types, reason = "named like the function that it stands for")]
pub struct order {}
#[automatically_derived]
#[allow(deprecated, reason = "a deprecated handler is still a route")]
impl<__PowertoolsState> ::powertools::router::IntoRoute<__PowertoolsState> for order
where
    __PowertoolsState: ::core::marker::Send + ::core::marker::Sync + 'static,
{
    fn into_route(self) -> ::powertools::router::Route<__PowertoolsState> {
        ::core::unimplemented!()
    }
}
