#[cfg(feature = "reports")]
#[deprecated]
pub(crate) async fn r#type(report: Json<Report>) -> impl IntoResponse {
    report.save().await
}
#[cfg(feature = "reports")]
#[doc(hidden)]
#[allow(non_camel_case_types, reason = "named like the function that it stands for")]
pub(crate) struct r#type {}
#[cfg(feature = "reports")]
#[automatically_derived]
#[allow(deprecated, reason = "a deprecated handler is still a route")]
impl<__PowertoolsState> ::powertools::router::IntoRoute<__PowertoolsState> for r#type
where
    __PowertoolsState: ::core::marker::Send + ::core::marker::Sync + 'static,
    Json<Report>: ::powertools::router::FromRequest<__PowertoolsState>,
{
    fn into_route(self) -> ::powertools::router::Route<__PowertoolsState> {
        fn __powertools_is_send<__PowertoolsFuture: ::core::marker::Send>(
            _: fn(Json<Report>) -> __PowertoolsFuture,
        ) {}
        __powertools_is_send(r#type);
        ::powertools::router::Route::new(
                ::powertools::router::Method::POST,
                "/reports",
                r#type,
            )
            .named(::core::concat!(::core::module_path!(), "::", "type"))
            .described(::powertools::__description!([] true[Json < Report >] []))
    }
}
