//! Routes of a WebSocket: an attribute that says which events, and a function as for HTTP.

use std::fmt;

use proc_macro2::{Span, TokenStream};
use syn::{Error, Lit, LitStr};

use crate::attribute::split;
use crate::expand::{self, Module};
use crate::function::{Function, Item, Takes};
use crate::key;
use crate::mistakes::Mistakes;
use crate::route;

/// Which attribute the user wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Connect,
    Disconnect,
    Message,
    Default,
}

/// A route, found free of mistakes.
pub(crate) struct Socket {
    pub(crate) kind: Kind,
    /// The key of a message's route.
    pub(crate) key: Option<LitStr>,
    pub(crate) function: Function,
}

impl Kind {
    /// The attribute that this is, by the last word of its path.
    pub(crate) fn of(attribute: &syn::Attribute) -> Option<Self> {
        let name = attribute.path().segments.last()?.ident.to_string();
        let all = [
            Self::Connect,
            Self::Disconnect,
            Self::Message,
            Self::Default,
        ];
        all.into_iter().find(|kind| kind.name() == name)
    }

    /// Its name, which is that of the constructor as well.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Disconnect => "disconnect",
            Self::Message => "message",
            Self::Default => "default",
        }
    }
}

impl fmt::Display for Kind {
    /// Writes the form that the attribute takes, which is how messages end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::Message => write!(
                f,
                "`#[message]` takes one route key, such as `#[message(\"join\")]`"
            ),
            _ => write!(f, "`#[{name}]` takes nothing: there is one route of it"),
        }
    }
}

/// What stands in the code instead of an attribute and its function.
pub(crate) fn attribute(kind: Kind, arguments: TokenStream, function: &TokenStream) -> TokenStream {
    let module = Module::Websocket;
    let item = match syn::parse2::<Item>(function.clone()) {
        Ok(item) => item,
        Err(mistake) => return expand::mistakes(module, function, None, &mistake),
    };

    let marker = item.marker();
    if let Some(other) = item.other_attribute() {
        let mistake = Error::new_spanned(
            other,
            "a handler has one route attribute: under a second key list \
             `Route::message(\"…\", handler)` beside it",
        );
        // Left there, each of them would write one more marker.
        let function = route::without_route_attributes(function);
        return expand::mistakes(module, &function, Some(&marker), &mistake);
    }
    let mut mistakes = Mistakes::default();
    let key = mistakes.keep(parse(kind, arguments));
    let handler = mistakes.keep(handler(&item));
    match (key, handler, mistakes.none()) {
        (Some(key), Some(handler), Ok(())) => {
            let socket = Socket {
                kind,
                key,
                function: handler,
            };
            expand::socket(function, &marker, &socket)
        }
        (.., Err(mistakes)) if item.is_method() => {
            // Where only methods can stand, a struct would be one more mistake.
            expand::mistakes(module, function, None, &mistakes)
        }
        (.., Err(mistakes)) => expand::mistakes(module, function, Some(&marker), &mistakes),
        // What is missing was a mistake.
        (.., Ok(())) => function.clone(),
    }
}

/// The function as a handler; there is no path to take anything from.
fn handler(item: &Item) -> syn::Result<Function> {
    let function = item.function()?;
    let mut mistakes = Mistakes::default();
    for argument in &function.arguments {
        if matches!(Takes::of(argument), Some(Takes::Exactly(_) | Takes::Every)) {
            mistakes.on(
                argument,
                "an event of a WebSocket has no path: take `Json<…>` of the message or a `Connection`",
            );
        }
    }
    mistakes.none()?;
    Ok(function)
}

/// Reads the tokens between the parentheses: the key of a message's route, and of no other.
fn parse(kind: Kind, arguments: TokenStream) -> syn::Result<Option<LitStr>> {
    let mut key = None;
    let mut mistakes = Mistakes::default();
    for argument in split(arguments) {
        match (kind, syn::parse2::<Lit>(argument.clone())) {
            (Kind::Message, Ok(Lit::Str(text))) if text.suffix().is_empty() => {
                if key.is_some() {
                    mistakes.at(
                        text.span(),
                        format_args!("this is a second route key; {kind}"),
                    );
                } else if let Err(reason) = key::check(&text.value()) {
                    let value = text.value();
                    mistakes.at(text.span(), format_args!("route key `{value}` {reason}"));
                    key = Some(text);
                } else {
                    key = Some(text);
                }
            }
            (Kind::Message, _) => mistakes.on(
                argument,
                format_args!("the route key must be a string literal; {kind}"),
            ),
            (..) => {
                let text = argument.to_string();
                mistakes.on(argument, format_args!("`{text}` is not known here; {kind}"));
            }
        }
    }
    mistakes.none()?;
    if kind == Kind::Message && key.is_none() {
        return Err(Error::new(
            Span::call_site(),
            format!("the route key is missing; {kind}"),
        ));
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn messages(kind: Kind, arguments: TokenStream) -> Vec<String> {
        let Err(error) = parse(kind, arguments) else {
            panic!("the arguments are wrong")
        };
        error.into_iter().map(|error| error.to_string()).collect()
    }

    #[test]
    fn only_a_message_has_a_key() {
        let key = parse(Kind::Message, quote!("join",)).expect("a key");
        assert_eq!(key.map(|key| key.value()).as_deref(), Some("join"));
        for kind in [Kind::Connect, Kind::Disconnect, Kind::Default] {
            assert!(parse(kind, quote!()).expect("nothing").is_none());
            assert_eq!(
                messages(kind, quote!("a")),
                [format!(
                    "`\"a\"` is not known here; `#[{}]` takes nothing: there is one route of it",
                    kind.name()
                )]
            );
        }
    }

    #[test]
    fn what_is_no_key_is_told_with_one() {
        let form = "`#[message]` takes one route key, such as `#[message(\"join\")]`";
        for (arguments, told) in [
            (quote!(), format!("the route key is missing; {form}")),
            (
                quote!(join),
                format!("the route key must be a string literal; {form}"),
            ),
            (
                quote!(7),
                format!("the route key must be a string literal; {form}"),
            ),
            (
                quote!("a", "b"),
                format!("this is a second route key; {form}"),
            ),
            (
                quote!("$default"),
                "route key `$default` is no message's: use `default`".to_owned(),
            ),
            (
                quote!(""),
                "route key `` is empty: a message without a key goes to `default`".to_owned(),
            ),
        ] {
            assert_eq!(messages(Kind::Message, arguments), [told]);
        }
    }

    #[test]
    fn there_is_no_path_to_take_from() {
        let item: Item = syn::parse2(quote!(
            async fn order(_: Path<u64>, _: Json<A>, _: Connection) {}
        ))
        .expect("a function");
        let error = handler(&item).err().expect("a path is a mistake");

        let told: Vec<_> = error.into_iter().map(|error| error.to_string()).collect();
        assert_eq!(
            told,
            [
                "an event of a WebSocket has no path: take `Json<…>` of the message or a `Connection`"
            ]
        );
    }

    #[test]
    fn a_second_route_attribute_is_one_mistake() {
        for other in [
            quote!(message("b")),
            quote!(websocket::default),
            quote!(get("/")),
        ] {
            let function = quote!(#[must_use] #[#other] async fn order() {});
            let expanded = attribute(Kind::Message, quote!("a"), &function).to_string();

            assert_eq!(expanded.matches("compile_error").count(), 1, "{expanded}");
            assert_eq!(expanded.matches("struct order").count(), 1, "{expanded}");
            assert!(
                expanded.contains("a handler has one route attribute"),
                "{expanded}"
            );
        }
    }
}
