//! What a document of the routes is told of a handler: its doc comment, and its types once more.
//!
//! All of it goes through `__description!` of the library, which makes nothing of it where nobody asked for
//! documents: what an attribute writes is then the same in every build, and no feature of this crate has to
//! agree with one of that.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, Expr, Meta, ReturnType};

use crate::route::Route;

/// What stands above and behind a signature for its readers.
pub(crate) struct Notes {
    /// The lines of the doc comment; an expression where `#[doc = include_str!("…")]` says so.
    docs: Vec<Expr>,
    is_deprecated: bool,
    /// A function without `->` answers `()`.
    is_unit: bool,
}

impl Notes {
    pub(crate) fn of(attributes: &[Attribute], output: &ReturnType) -> Self {
        let docs = attributes.iter().filter_map(|attribute| {
            match &attribute.meta {
                // `#[doc(hidden)]` and its like are lists, and no text.
                Meta::NameValue(doc) if doc.path.is_ident("doc") => Some(doc.value.clone()),
                _ => None,
            }
        });
        Self {
            docs: docs.collect(),
            is_deprecated: attributes
                .iter()
                .any(|attribute| attribute.path().is_ident("deprecated")),
            is_unit: matches!(output, ReturnType::Default),
        }
    }
}

/// The argument of `Route::described`.
pub(crate) fn description(name: &Ident, route: &Route) -> TokenStream {
    let function = &route.function;
    let Notes {
        docs,
        is_deprecated,
        is_unit,
    } = &function.notes;
    let arguments = &function.arguments;
    let answer = match &function.output {
        Some(output) => quote!(#output),
        None if *is_unit => quote!(()),
        // `impl IntoResponse`, say: what it is cannot be written here.
        None => quote!(),
    };
    let span = name.span().resolved_at(Span::mixed_site());
    quote_spanned! {span=>
        ::powertools::__description!([#(#docs),*] #is_deprecated [#(#arguments),*] [#answer])
    }
}

#[cfg(test)]
mod tests {
    use syn::{ExprLit, ItemFn, Lit, parse_quote};

    use super::*;

    fn notes(function: &ItemFn) -> (Vec<String>, bool, bool) {
        let notes = Notes::of(&function.attrs, &function.sig.output);
        let docs = notes.docs.iter().map(|doc| match doc {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => text.value(),
            other => quote!(#other).to_string(),
        });
        (docs.collect(), notes.is_deprecated, notes.is_unit)
    }

    #[test]
    fn a_doc_comment_is_its_lines_and_nothing_else_that_doc_says() {
        let function = parse_quote! {
            /// Shows "one" order.
            ///
            #[doc(alias = "display")]
            #[doc = include_str!("order.md")]
            #[must_use]
            async fn order() -> String {}
        };
        let lines = [" Shows \"one\" order.", "", r#"include_str ! ("order.md")"#];
        assert_eq!(
            notes(&function),
            (lines.map(str::to_owned).to_vec(), false, false)
        );
    }

    #[test]
    fn every_form_of_deprecated_counts() {
        for function in [
            parse_quote!(
                #[deprecated]
                async fn order() {}
            ),
            parse_quote!(
                #[deprecated = "ask for two"]
                async fn order() {}
            ),
            parse_quote!(
                #[deprecated(since = "1", note = "ask for two")]
                async fn order() {}
            ),
        ] {
            assert_eq!(notes(&function), (Vec::new(), true, true));
        }
    }
}
