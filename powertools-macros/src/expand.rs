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
use crate::function::Marker;
use crate::list::Entry;
use crate::route::Route;

/// The methods that have a constant.
const CONSTANTS: [&str; 9] = [
    "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE",
];

/// The function, and beside it the marker that `routes!` reads.
pub(crate) fn route(function: &TokenStream, marker: &Marker, route: &Route) -> TokenStream {
    let name = &marker.name;
    let text = LitStr::new(&name.unraw().to_string(), name.span());
    let literal = &route.attribute.literal;
    let mut methods = route.attribute.methods.iter().map(method);
    let first = methods.next();

    let arguments = route.function.arguments.iter().map(from_request);
    let output = route.function.output.iter().map(into_response);
    let bounds = quote!(#(#arguments,)* #(#output,)*);
    let types = &route.function.arguments;
    let description = crate::describe::description(&marker.name, route);

    // Without this function the compiler would only say that the function is no handler; with it, which
    // value is held across which `.await`.
    let body = quote_spanned! {foreign(name.span())=>
        fn __powertools_is_send<__PowertoolsFuture: ::core::marker::Send>(
            _: fn(#(#types),*) -> __PowertoolsFuture
        ) {}
        __powertools_is_send(#name);
        ::powertools::router::Route::new(#first, #literal, #name)
            #(.or(#methods))*
            .named(::core::concat!(::core::module_path!(), "::", #text))
            .described(#description)
    };
    let marker = self::marker(marker, &bounds, &body);
    quote!(#function #marker)
}

/// The function, what is wrong with it, and a marker that saves `routes!` from failing too.
pub(crate) fn mistakes(
    function: &TokenStream,
    marker: Option<&Marker>,
    mistakes: &Error,
) -> TokenStream {
    let errors = mistakes.to_compile_error();
    let marker = marker.map(|marker| {
        self::marker(
            marker,
            &TokenStream::new(),
            &quote!(::core::unimplemented!()),
        )
    });
    quote!(#function #errors #marker)
}

/// A struct with the name of the function, which becomes a route.
fn marker(marker: &Marker, bounds: &TokenStream, body: &TokenStream) -> TokenStream {
    let Marker {
        name,
        visibility,
        cfgs,
    } = marker;
    quote_spanned! {foreign(name.span())=>
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(non_camel_case_types, reason = "named like the function that it stands for")]
        #visibility struct #name {}

        #(#cfgs)*
        #[automatically_derived]
        #[allow(deprecated, reason = "a deprecated handler is still a route")]
        impl<__PowertoolsState> ::powertools::router::IntoRoute<__PowertoolsState> for #name
        where
            __PowertoolsState: ::core::marker::Send + ::core::marker::Sync + 'static,
            #bounds
        {
            fn into_route(self) -> ::powertools::router::Route<__PowertoolsState> {
                #body
            }
        }
    }
}

/// The list of routes, as one expression.
pub(crate) fn routes(entries: &[Entry], mistakes: Option<&Error>) -> TokenStream {
    let empty = quote!(::powertools::router::Routes::new());
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
                        let tokens = crate::list::routes(routes.mac.tokens.clone());
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
        let kind = match &*attribute
            .path()
            .get_ident()
            .expect("one of ours")
            .to_string()
        {
            "route" => Kind::Route,
            "get" => Kind::Verb("GET"),
            "post" => Kind::Verb("POST"),
            other => panic!("{other} is not one of ours"),
        };
        let arguments = attribute
            .meta
            .require_list()
            .expect("arguments")
            .tokens
            .clone();
        crate::route::attribute(kind, arguments, &function.to_token_stream())
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
