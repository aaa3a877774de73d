//! Writes the code. Everything here could be written by hand, and none of it can fail.
//!
//! Generated tokens resolve where the macro is called, yet count as foreign code, so that the lints
//! of a user's crate leave them alone. The user's types, functions and constants are in scope there, so
//! every name that is made up here begins with `__powertools`. Each token stands where the compiler
//! should point if it is refused: a bound on the argument, the handler on the function's name.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Error, LitStr, Type};

use crate::attribute::Method;
use crate::function::{Function, Marker};
use crate::list::Entry;
use crate::route::Route;
use crate::socket::Socket;

/// The methods that have a constant.
const CONSTANTS: [&str; 9] = [
    "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE",
];

/// Whose routes they are, which is the module of the library that has the types.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Module {
    Router,
    Websocket,
}

impl Module {
    fn path(self, span: Span) -> TokenStream {
        match self {
            Self::Router => quote_spanned!(span=> ::powertools::router),
            Self::Websocket => quote_spanned!(span=> ::powertools::websocket),
        }
    }
}

/// The function, and beside it the marker that `routes!` reads.
pub(crate) fn route(function: &TokenStream, marker: &Marker, route: &Route) -> TokenStream {
    let name = &marker.name;
    let text = LitStr::new(&name.unraw().to_string(), name.span());
    let literal = &route.attribute.literal;
    let mut methods = route.attribute.methods.iter().map(method);
    let first = methods.next();

    let is_send = is_send(marker, &route.function);
    let description = crate::describe::description(&marker.name, route);
    let body = quote_spanned! {foreign(name.span())=>
        #is_send
        ::powertools::router::Route::new(#first, #literal, #name)
            #(.or(#methods))*
            .named(::core::concat!(::core::module_path!(), "::", #text))
            .described(#description)
    };
    let marker = self::marker(Module::Router, marker, &bounds(&route.function), &body);
    quote!(#function #marker)
}

/// The same for a route of a WebSocket.
pub(crate) fn socket(function: &TokenStream, marker: &Marker, socket: &Socket) -> TokenStream {
    let name = &marker.name;
    let text = LitStr::new(&name.unraw().to_string(), name.span());
    let constructor = syn::Ident::new(socket.kind.name(), foreign(name.span()));
    let key = socket.key.iter();

    let is_send = is_send(marker, &socket.function);
    let body = quote_spanned! {foreign(name.span())=>
        #is_send
        ::powertools::websocket::Route::#constructor(#(#key,)* #name)
            .named(::core::concat!(::core::module_path!(), "::", #text))
    };
    let marker = self::marker(Module::Websocket, marker, &bounds(&socket.function), &body);
    quote!(#function #marker)
}

/// What the arguments and the answer have to be.
fn bounds(function: &Function) -> TokenStream {
    let arguments = function.arguments.iter().map(from_request);
    let output = function.output.iter().map(into_response);
    quote!(#(#arguments,)* #(#output,)*)
}

/// Without this function the compiler would only say that the function is no handler; with it, which value
/// is held across which `.await`.
fn is_send(marker: &Marker, function: &Function) -> TokenStream {
    let name = &marker.name;
    let types = &function.arguments;
    quote_spanned! {foreign(name.span())=>
        fn __powertools_is_send<__PowertoolsFuture: ::core::marker::Send>(
            _: fn(#(#types),*) -> __PowertoolsFuture
        ) {}
        __powertools_is_send(#name);
    }
}

/// The function, what is wrong with it, and a marker that saves `routes!` from failing too.
pub(crate) fn mistakes(
    module: Module,
    function: &TokenStream,
    marker: Option<&Marker>,
    mistakes: &Error,
) -> TokenStream {
    let errors = mistakes.to_compile_error();
    let marker = marker.map(|marker| {
        self::marker(
            module,
            marker,
            &TokenStream::new(),
            &quote!(::core::unimplemented!()),
        )
    });
    quote!(#function #errors #marker)
}

/// A struct with the name of the function, which becomes a route.
fn marker(
    module: Module,
    marker: &Marker,
    bounds: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    let Marker {
        name,
        visibility,
        cfgs,
    } = marker;
    let module = module.path(foreign(name.span()));
    quote_spanned! {foreign(name.span())=>
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(non_camel_case_types, reason = "named like the function that it stands for")]
        #visibility struct #name {}

        #(#cfgs)*
        #[automatically_derived]
        #[allow(deprecated, reason = "a deprecated handler is still a route")]
        impl<__PowertoolsState> #module::IntoRoute<__PowertoolsState> for #name
        where
            __PowertoolsState: ::core::marker::Send + ::core::marker::Sync + 'static,
            #bounds
        {
            fn into_route(self) -> #module::Route<__PowertoolsState> {
                #body
            }
        }
    }
}

/// The list of routes, as one expression.
pub(crate) fn routes(module: Module, entries: &[Entry], mistakes: Option<&Error>) -> TokenStream {
    let module = module.path(Span::call_site());
    let empty = quote!(#module::Routes::new());
    let routes = entries.iter().fold(empty, |routes, Entry { cfgs, path }| {
        let (start, end) = ends(path);
        let braces = quote_spanned!(end=> {});
        let with = quote_spanned!(start=> .with(#path #braces));
        match &cfgs[..] {
            [] => quote!(#routes #with),
            _ => quote!({
                let __powertools_routes = #routes;
                #(#cfgs)*
                let __powertools_routes = __powertools_routes #with;
                __powertools_routes
            }),
        }
    });
    match mistakes.map(Error::to_compile_error) {
        Some(errors) => quote!({ #errors #routes }),
        None => routes,
    }
}

/// The bound of an argument. It stands where the argument's type does, from end to end.
fn from_request(ty: &Type) -> TokenStream {
    let (start, end) = ends(ty);
    let path = quote_spanned!(start=> ::powertools::router::FromRequest);
    let state = quote_spanned!(end=> <__PowertoolsState>);
    quote!(#ty: #path #state)
}

/// The bound of the answer. It is true or false whatever the state is, so the compiler refuses it
/// here, where the type is written, and not somewhere inside `Route::new`.
fn into_response(ty: &Type) -> TokenStream {
    let (start, end) = ends(ty);
    let path = quote_spanned!(start=> ::powertools::router);
    let name = quote_spanned!(end=> ::IntoResponse);
    quote!(#ty: #path #name)
}

fn method(method: &Method) -> TokenStream {
    let span = foreign(method.span);
    if CONSTANTS.contains(&&*method.name) {
        let name = syn::Ident::new(&method.name, span);
        return quote_spanned!(span=> ::powertools::router::Method::#name);
    }
    let name = Literal::byte_string(method.name.as_bytes());
    quote_spanned! {span=>
        ::powertools::router::Method::from_bytes(#name)
            .expect("the macro checked that it is a token")
    }
}

/// The spans of the first and the last token. Stable compilers cannot join them to one.
fn ends(tokens: &impl ToTokens) -> (Span, Span) {
    let mut spans = tokens
        .to_token_stream()
        .into_iter()
        .map(|token| foreign(token.span()));
    let start = spans.next().unwrap_or_else(Span::mixed_site);
    (start, spans.last().unwrap_or(start))
}

/// The same place, but written by a macro.
fn foreign(span: Span) -> Span {
    span.resolved_at(Span::mixed_site())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use syn::{Expr, Item, ItemFn};

    use super::*;
    use crate::attribute::Kind;

    /// Every `tests/expanded/<case>.rs` becomes what stands in `<case>.expanded.rs`.
    ///
    /// After a change that is meant, `BLESS=1 cargo test` writes the second file anew.
    #[test]
    fn cases_expand_to_what_their_files_say() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expanded");
        let mut cases = 0;
        for entry in fs::read_dir(folder).expect("the folder of cases") {
            let case = entry.expect("a case").path();
            if case.to_string_lossy().ends_with(".expanded.rs") {
                continue;
            }
            cases += 1;
            let source = fs::read_to_string(&case).expect("a case is text");
            let expanded = prettyplease::unparse(&expand(&source));
            let golden = case.with_extension("expanded.rs");

            if std::env::var_os("BLESS").is_some() {
                fs::write(golden, expanded).expect("the folder can be written");
            } else {
                let golden = fs::read_to_string(golden).expect("run once with `BLESS=1`");
                assert_eq!(expanded, golden, "{}", case.display());
            }
        }
        assert!(cases >= 5, "the cases are gone");
    }

    /// Expands our attributes on functions, and `routes!` as the value of a constant.
    fn expand(source: &str) -> syn::File {
        let mut file = syn::parse_file(source).expect("a case is Rust");
        let mut items = TokenStream::new();
        for item in file.items {
            items.extend(match item {
                Item::Fn(function) => expand_function(function),
                Item::Const(mut constant) => {
                    if let Expr::Macro(routes) = &*constant.expr {
                        let tokens = crate::list::routes(Module::Router, routes.mac.tokens.clone());
                        constant.expr = syn::parse2(tokens).expect("an expression");
                    }
                    constant.to_token_stream()
                }
                other => other.to_token_stream(),
            });
        }
        file.items = syn::parse2::<syn::File>(items)
            .expect("the expansion is Rust")
            .items;
        file
    }

    fn expand_function(mut function: ItemFn) -> TokenStream {
        let attribute = function.attrs.remove(0);
        let function = function.to_token_stream();
        let arguments = match &attribute.meta {
            syn::Meta::Path(_) => TokenStream::new(),
            meta => meta.require_list().expect("arguments").tokens.clone(),
        };
        if let Some(kind) = crate::socket::Kind::of(&attribute) {
            return crate::socket::attribute(kind, arguments, &function);
        }
        let kind = Kind::of(&attribute).expect("one of ours");
        crate::route::attribute(kind, arguments, &function)
    }

    #[test]
    fn the_function_comes_first_and_untouched() {
        let function = quote! {
            /// Shows an order.
            #[must_use]
            pub async fn order(&self) { half written ; }
        };
        for arguments in [quote!("/orders"), quote!("orders"), quote!()] {
            let kind = Kind::Verb("GET");
            let expanded = crate::route::attribute(kind, arguments, &function).to_string();
            assert!(expanded.starts_with(&function.to_string()), "{expanded}");
        }
    }

    #[test]
    fn what_is_not_a_function_comes_out_with_one_error_and_no_marker() {
        let item = quote!(
            pub struct Order;
        );
        let expanded = crate::route::attribute(Kind::Verb("GET"), quote!("/orders"), &item);

        assert_eq!(
            expanded.to_string(),
            quote! {
                pub struct Order;
                ::core::compile_error! { "only an async function can be a handler" }
            }
            .to_string()
        );
    }
}
