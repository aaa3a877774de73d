async fn cache() {}
#[doc(hidden)]
#[allow(non_camel_case_types, reason = "named like the function that it stands for")]
struct cache {}
#[automatically_derived]
#[allow(deprecated, reason = "a deprecated handler is still a route")]
impl<__PowertoolsState> ::powertools::router::IntoRoute<__PowertoolsState> for cache
where
    __PowertoolsState: ::core::marker::Send + ::core::marker::Sync + 'static,
{
    fn into_route(self) -> ::powertools::router::Route<__PowertoolsState> {
        fn __powertools_is_send<__PowertoolsFuture: ::core::marker::Send>(
            _: fn() -> __PowertoolsFuture,
        ) {}
        __powertools_is_send(cache);
        ::powertools::router::Route::new(
                ::powertools::router::Method::GET,
                "/cache",
                cache,
            )
            .or(::powertools::router::Method::POST)
            .or(
                ::powertools::router::Method::from_bytes(b"PURGE")
                    .expect("the macro checked that it is a token"),
            )
            .named(::core::concat!(::core::module_path!(), "::", "cache"))
            .described(::powertools::__description!([] false[] [()]))
    }
}
