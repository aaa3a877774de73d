//! Reads what stands in the parentheses of a route attribute: methods and a pattern, with spans.
//!
//! Nothing here has seen the function. All mistakes are reported together.

use std::fmt;
use std::ops::Range;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::{Error, Ident, Lit, LitStr};

use crate::mistakes::Mistakes;
use crate::pattern::{self, Pattern};

/// Which attribute the user wrote.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// `#[get("…")]` or one of its siblings, by its method.
    Verb(&'static str),
    /// `#[route(GET, …, "…")]`.
    Route,
}

/// The arguments of an attribute, found free of mistakes.
pub(crate) struct Attribute {
    /// At least one, and no two alike.
    pub(crate) methods: Vec<Method>,
    /// The pattern as the user wrote it.
    pub(crate) literal: LitStr,
    /// The pattern as we read it.
    pub(crate) pattern: Pattern,
}

/// A request method, and where it was written.
#[derive(Debug)]
pub(crate) struct Method {
    /// In upper case. A token by the rules of HTTP, because it was an ASCII identifier.
    pub(crate) name: String,
    pub(crate) span: Span,
}

/// What stands between two commas.
enum Argument {
    Text(LitStr),
    Word(Ident),
}

impl fmt::Display for Kind {
    /// Writes the form that the attribute takes, which is how messages end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verb(method) => {
                let name = method.to_ascii_lowercase();
                write!(
                    f,
                    "`#[{name}]` takes one pattern, such as `#[{name}(\"/orders/{{id}}\")]`"
                )
            }
            Self::Route => write!(
                f,
                "`#[route]` takes methods and one pattern, such as \
                 `#[route(GET, POST, \"/orders/{{id}}\")]`"
            ),
        }
    }
}

impl Kind {
    /// The route attribute that this is, by the last word of its path.
    pub(crate) fn of(attribute: &syn::Attribute) -> Option<Self> {
        let name = attribute.path().segments.last()?.ident.to_string();
        Some(match &*name {
            "get" => Self::Verb("GET"),
            "post" => Self::Verb("POST"),
            "put" => Self::Verb("PUT"),
            "patch" => Self::Verb("PATCH"),
            "delete" => Self::Verb("DELETE"),
            "head" => Self::Verb("HEAD"),
            "options" => Self::Verb("OPTIONS"),
            "route" => Self::Route,
            _ => return None,
        })
    }
}

impl Attribute {
    /// Reads the tokens between the parentheses.
    pub(crate) fn parse(kind: Kind, arguments: TokenStream) -> syn::Result<Self> {
        let mut mistakes = Mistakes::default();
        let mut methods = Vec::new();
        let mut literal = None;
        // A method that is written wrongly is a mistake, but it is not missing.
        let mut methods_missing = true;

        if let Kind::Verb(name) = kind {
            methods.push(Method {
                name: name.to_owned(),
                span: Span::call_site(),
            });
            methods_missing = false;
        }
        for argument in split(arguments) {
            match (mistakes.keep(Argument::parse(kind, &argument)), kind) {
                (Some(Argument::Text(text)), Kind::Route) if looks_like_a_method(&text) => {
                    methods_missing = false;
                    let name = text.value().to_ascii_uppercase();
                    mistakes.at(
                        text.span(),
                        format_args!("write the method as a word: `{name}`"),
                    );
                }
                (Some(Argument::Text(text)), _) if literal.is_some() => {
                    mistakes.at(
                        text.span(),
                        format_args!("this is a second pattern; {kind}"),
                    );
                }
                (Some(Argument::Text(text)), _) => literal = Some(text),
                (Some(Argument::Word(word)), Kind::Verb(_)) => mistakes.push(unknown(&word, kind)),
                (Some(Argument::Word(word)), Kind::Route) => {
                    methods_missing = false;
                    if literal.is_some() {
                        let place = "must stand before the pattern";
                        mistakes.at(word.span(), format_args!("method `{word}` {place}"));
                    } else if let Some(method) = mistakes.keep(Method::parse(&word, &methods)) {
                        methods.push(method);
                    }
                }
                (None, _) => {}
            }
        }

        let Some(literal) = literal else {
            // Whatever stands in its place has been reported; one mistake, one message.
            mistakes.none()?;
            return Err(Error::new(
                Span::call_site(),
                format!("the pattern is missing; {kind}"),
            ));
        };
        if methods_missing {
            mistakes.at(
                literal.span(),
                format_args!("the method is missing; {kind}"),
            );
        }
        let pattern = pattern::parse(&literal.value()).unwrap_or_else(|errors| {
            for error in errors {
                mistakes.at(span_within(&literal, error.range.clone()), error);
            }
            Pattern {
                segments: Vec::new(),
            }
        });

        mistakes.none()?;
        Ok(Self {
            methods,
            literal,
            pattern,
        })
    }

    /// Where this text stands in the pattern.
    pub(crate) fn span_of(&self, text: &str) -> Span {
        let start = self.literal.value().find(text).unwrap_or_default();
        span_within(&self.literal, start..start + text.len())
    }
}

impl Argument {
    fn parse(kind: Kind, tokens: &TokenStream) -> syn::Result<Self> {
        if let Ok(word) = Ident::parse_any.parse2(tokens.clone()) {
            return Ok(Self::Word(word));
        }
        match syn::parse2::<Lit>(tokens.clone()) {
            Ok(Lit::Str(text)) if text.suffix().is_empty() => Ok(Self::Text(text)),
            Ok(other) => Err(Error::new_spanned(
                other,
                format!("the pattern must be a string literal; {kind}"),
            )),
            Err(_) => Err(unknown(tokens, kind)),
        }
    }
}

impl Method {
    /// Reads a method of `#[route]` that follows the methods `before` it.
    fn parse(word: &Ident, before: &[Self]) -> syn::Result<Self> {
        let name = word.unraw().to_string();
        let upper = name.to_ascii_uppercase();

        let message = if !name.is_ascii() || !name.contains(|c: char| c.is_ascii_alphabetic()) {
            format!("`{name}` is not a request method: write one such as `GET`")
        } else if name != upper {
            format!("method `{name}` must be in upper case: write `{upper}`")
        } else if name == "ANY" {
            // It would be a method of its own, and the route would never answer.
            "`ANY` is API Gateway's word for every method: write each one that the handler answers"
                .to_owned()
        } else if before.iter().any(|method| method.name == name) {
            format!("method `{name}` is there twice: write it once")
        } else {
            return Ok(Self {
                name,
                span: word.span(),
            });
        };
        Err(Error::new(word.span(), message))
    }
}

fn unknown(tokens: &(impl quote::ToTokens + fmt::Display), kind: Kind) -> Error {
    Error::new_spanned(tokens, format!("`{tokens}` is not known here; {kind}"))
}

fn looks_like_a_method(text: &LitStr) -> bool {
    let value = text.value();
    !value.is_empty()
        && value
            .chars()
            .all(|character| character.is_ascii_alphabetic())
}

/// Splits at the commas of the outermost level. The last comma may be followed by nothing.
pub(crate) fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut pieces = vec![TokenStream::new()];
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let last = pieces.len() - 1;
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => {
                // A comma after nothing stays, and is then an argument that nobody knows.
                if pieces[last].is_empty() {
                    pieces[last].extend([token]);
                }
                if tokens.peek().is_some() {
                    pieces.push(TokenStream::new());
                }
            }
            _ => pieces[last].extend([token]),
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// The span of some bytes of the text, or of the whole literal where that cannot be had.
fn span_within(literal: &LitStr, range: Range<usize>) -> Span {
    let token = literal.token();
    // With escapes or as a raw string, the source has other offsets than the text.
    let plain = token.to_string() == format!("\"{}\"", literal.value());
    let quote = '"'.len_utf8();

    (plain && !range.is_empty())
        .then(|| token.subspan(range.start + quote..range.end + quote))
        // Stable compilers never give one.
        .flatten()
        .unwrap_or_else(|| literal.span())
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    const GET: Kind = Kind::Verb("GET");

    fn methods(attribute: &Attribute) -> Vec<&str> {
        attribute
            .methods
            .iter()
            .map(|method| method.name.as_str())
            .collect()
    }

    fn messages(kind: Kind, arguments: TokenStream) -> Vec<String> {
        let error = Attribute::parse(kind, arguments)
            .err()
            .expect("the arguments are wrong");
        error.into_iter().map(|error| error.to_string()).collect()
    }

    #[test]
    fn a_verb_takes_a_pattern() {
        let attribute = Attribute::parse(GET, quote!("/orders/{id}")).expect("a good attribute");

        assert_eq!(methods(&attribute), ["GET"]);
        assert_eq!(attribute.literal.value(), "/orders/{id}");
        assert_eq!(attribute.pattern.parameters().collect::<Vec<_>>(), ["id"]);
    }

    #[test]
    fn route_takes_methods_and_a_pattern() {
        let arguments = quote!(GET, POST, PURGE, "/cache",);
        let attribute = Attribute::parse(Kind::Route, arguments).expect("a good attribute");

        assert_eq!(methods(&attribute), ["GET", "POST", "PURGE"]);
        assert_eq!(attribute.literal.value(), "/cache");
    }

    #[test]
    fn raw_strings_and_escapes_are_patterns_too() {
        let raw = Attribute::parse(GET, quote!(r"/a\b")).expect("a good attribute");
        let escaped = Attribute::parse(GET, quote!("/\u{e9}t\u{e9}")).expect("a good attribute");

        assert_eq!(raw.literal.value(), r"/a\b");
        assert_eq!(escaped.literal.value(), "/été");
    }

    #[test]
    fn a_pattern_is_needed() {
        assert_eq!(
            messages(GET, quote!()),
            [
                "the pattern is missing; `#[get]` takes one pattern, such as \
              `#[get(\"/orders/{id}\")]`"
            ]
        );
        assert_eq!(
            messages(Kind::Route, quote!(GET)),
            [
                "the pattern is missing; `#[route]` takes methods and one pattern, such as \
              `#[route(GET, POST, \"/orders/{id}\")]`"
            ]
        );
    }

    #[test]
    fn a_pattern_is_a_string_literal() {
        for other in [
            quote!(b"/a"),
            quote!(1),
            quote!('/'),
            quote!("/a"suffix),
            quote!(true),
        ] {
            let found = messages(GET, other.clone());
            assert_eq!(found.len(), 1, "{other}");
            assert!(
                found[0].contains("is not known here")
                    || found[0].contains("must be a string literal"),
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_second_pattern_is_refused() {
        assert_eq!(
            messages(GET, quote!("/a", "/b")),
            [
                "this is a second pattern; `#[get]` takes one pattern, such as \
              `#[get(\"/orders/{id}\")]`"
            ]
        );
    }

    #[test]
    fn unknown_arguments_are_answered_with_the_known_form() {
        let form = "`#[get]` takes one pattern, such as `#[get(\"/orders/{id}\")]`";
        for (arguments, unknown) in [
            (quote!(PATTERN), "PATTERN"),
            (quote!("/a", name = "a"), "name = \"a\""),
            (quote!("/a",, ), ","),
        ] {
            assert_eq!(
                messages(GET, arguments),
                [format!("`{unknown}` is not known here; {form}")]
            );
        }
    }

    #[test]
    fn methods_follow_their_rules() {
        for (arguments, message) in [
            (
                quote!(get, "/a"),
                "method `get` must be in upper case: write `GET`",
            ),
            (quote!("GET", "/a"), "write the method as a word: `GET`"),
            (
                quote!(GET, GET, "/a"),
                "method `GET` is there twice: write it once",
            ),
            (
                quote!(GET, "/a", POST),
                "method `POST` must stand before the pattern",
            ),
            (
                quote!(_1, "/a"),
                "`_1` is not a request method: write one such as `GET`",
            ),
            (
                quote!(ÖL, "/a"),
                "`ÖL` is not a request method: write one such as `GET`",
            ),
            (
                quote!(ANY, "/a"),
                "`ANY` is API Gateway's word for every method: write each one that the handler \
                 answers",
            ),
        ] {
            assert_eq!(messages(Kind::Route, arguments), [message]);
        }
        assert_eq!(
            messages(Kind::Route, quote!("/a")),
            [
                "the method is missing; `#[route]` takes methods and one pattern, such as \
              `#[route(GET, POST, \"/orders/{id}\")]`"
            ]
        );
    }

    #[test]
    fn mistakes_of_methods_and_pattern_come_together() {
        assert_eq!(
            messages(Kind::Route, quote!(get, "/a//:id")),
            [
                "method `get` must be in upper case: write `GET`",
                "a segment cannot be empty: write one `/` instead of two",
                "`:id` is another framework's syntax: write `{id}`",
            ]
        );
    }
}
