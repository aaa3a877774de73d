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
impl<__S> ::powertools::router::IntoRoute<__S> for r#type
where
    __S: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
    Json<Report>: ::powertools::router::FromRequest<__S>,
{
    fn into_route(self) -> ::powertools::router::Route<__S> {
        fn is_send<F: ::core::marker::Send>(_: fn(Json<Report>) -> F) {}
        is_send(r#type);
        ::powertools::router::Route::new(
                ::powertools::router::Method::POST,
                "/reports",
                r#type,
            )
            .named(::core::concat!(::core::module_path!(), "::", "type"))
    }
}
