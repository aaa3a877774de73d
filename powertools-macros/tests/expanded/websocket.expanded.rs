/// Lets a client in.
pub async fn enter(
    connection: Connection,
    Query(to): Query<Entrance>,
) -> Result<(), Error> {
    to.admit(connection).await
}
#[doc(hidden)]
#[allow(non_camel_case_types, reason = "named like the function that it stands for")]
pub struct enter {}
#[automatically_derived]
#[allow(deprecated, reason = "a deprecated handler is still a route")]
impl<__PowertoolsState> ::powertools::websocket::IntoRoute<__PowertoolsState> for enter
where
    __PowertoolsState: ::core::marker::Send + ::core::marker::Sync + 'static,
    Connection: ::powertools::router::FromRequest<__PowertoolsState>,
    Query<Entrance>: ::powertools::router::FromRequest<__PowertoolsState>,
    Result<(), Error>: ::powertools::router::IntoResponse,
{
    fn into_route(self) -> ::powertools::websocket::Route<__PowertoolsState> {
        fn __powertools_is_send<__PowertoolsFuture: ::core::marker::Send>(
            _: fn(Connection, Query<Entrance>) -> __PowertoolsFuture,
        ) {}
        __powertools_is_send(enter);
        ::powertools::websocket::Route::connect(enter)
            .named(::core::concat!(::core::module_path!(), "::", "enter"))
    }
}
async fn shout(Json(said): Json<Said>) -> String {
    said.text.to_uppercase()
}
#[doc(hidden)]
#[allow(non_camel_case_types, reason = "named like the function that it stands for")]
struct shout {}
#[automatically_derived]
#[allow(deprecated, reason = "a deprecated handler is still a route")]
impl<__PowertoolsState> ::powertools::websocket::IntoRoute<__PowertoolsState> for shout
where
    __PowertoolsState: ::core::marker::Send + ::core::marker::Sync + 'static,
    Json<Said>: ::powertools::router::FromRequest<__PowertoolsState>,
    String: ::powertools::router::IntoResponse,
{
    fn into_route(self) -> ::powertools::websocket::Route<__PowertoolsState> {
        fn __powertools_is_send<__PowertoolsFuture: ::core::marker::Send>(
            _: fn(Json<Said>) -> __PowertoolsFuture,
        ) {}
        __powertools_is_send(shout);
        ::powertools::websocket::Route::message("shout", shout)
            .named(::core::concat!(::core::module_path!(), "::", "shout"))
    }
}
