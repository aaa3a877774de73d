//! Reads the list of handlers that stands in `routes![…]`.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Error, Path};

use crate::attribute::split;
use crate::expand::{self, Module};
use crate::mistakes::Mistakes;

/// One handler of the list.
pub(crate) struct Entry {
    /// A handler that is not always there cannot always be listed.
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) path: Path,
}

/// What stands in the code instead of `routes![…]`.
pub(crate) fn routes(module: Module, tokens: TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::default();
    let entries: Vec<_> = split(tokens)
        .into_iter()
        .filter_map(|tokens| mistakes.keep(Entry::parse(&tokens)))
        .collect();
    expand::routes(module, &entries, mistakes.none().err().as_ref())
}

impl Entry {
    fn parse(tokens: &TokenStream) -> syn::Result<Self> {
        let parse = |input: ParseStream<'_>| {
            let cfgs = input.call(Attribute::parse_outer)?;
            let path = input.call(Path::parse_mod_style)?;
            Ok(Self { cfgs, path })
        };
        let entry = parse.parse2(tokens.clone()).map_err(|_| {
            let message = format!(
                "`{tokens}` is not the path of a handler: write its name, such as `orders::show`"
            );
            Error::new_spanned(tokens, message)
        })?;

        match entry
            .cfgs
            .iter()
            .find(|attribute| !attribute.path().is_ident("cfg"))
        {
            None => Ok(entry),
            Some(other) => Err(Error::new_spanned(
                other,
                "only `#[cfg(…)]` can stand before a handler here",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn text(tokens: TokenStream) -> String {
        routes(Module::Router, tokens).to_string().replace(' ', "")
    }

    #[test]
    fn an_empty_list_is_a_list() {
        assert_eq!(text(quote!()), "::powertools::router::Routes::new()");
    }

    #[test]
    fn every_handler_is_one_step_of_a_chain() {
        assert_eq!(
            text(quote!(a, orders::show, crate::b,)),
            "::powertools::router::Routes::new().with(a{}).with(orders::show{}).with(crate::b{})"
        );
    }

    #[test]
    fn a_websockets_list_is_of_its_own_routes() {
        assert_eq!(
            routes(Module::Websocket, quote!(a))
                .to_string()
                .replace(' ', ""),
            "::powertools::websocket::Routes::new().with(a{})"
        );
    }

    #[test]
    fn a_mistake_leaves_the_other_handlers_in_the_list() {
        let text = text(quote!(a, b(), c, 1));

        assert_eq!(text.matches("compile_error").count(), 2);
        assert!(text.contains("`b()`isnotthepathofahandler:writeitsname,suchas`orders::show`"));
        assert!(text.ends_with("::powertools::router::Routes::new().with(a{}).with(c{})}"));
    }

    #[test]
    fn only_cfg_stands_before_a_handler() {
        assert!(
            text(quote!(
                #[cfg(unix)]
                a
            ))
            .contains("#[cfg(unix)]")
        );
        assert!(
            text(quote!(
                #[inline]
                a
            ))
            .contains("compile_error")
        );
    }
}
