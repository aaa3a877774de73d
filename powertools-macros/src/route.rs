//! Joins the two halves of a route, and compares them: every parameter must have its taker.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Ident};

use crate::attribute::{Attribute, Kind};
use crate::expand::{self, Module};
use crate::function::{Function, Item, Takes, is_route_attribute};
use crate::mistakes::Mistakes;

/// A route, found free of mistakes.
pub(crate) struct Route {
    pub(crate) attribute: Attribute,
    pub(crate) function: Function,
}

/// What stands in the code instead of a route attribute and its function.
pub(crate) fn attribute(kind: Kind, arguments: TokenStream, function: &TokenStream) -> TokenStream {
    let attribute = Attribute::parse(kind, arguments);
    let item = match syn::parse2::<Item>(function.clone()) {
        Ok(item) => item,
        Err(mistake) => return expand::mistakes(Module::Router, function, None, &mistake),
    };

    let marker = item.marker();
    if let Some(mistake) = several_attributes(&attribute, &item) {
        // Left there, each of them would write one more marker.
        let function = without_route_attributes(function);
        return expand::mistakes(Module::Router, &function, Some(&marker), &mistake);
    }
    match Route::new(attribute, item.function()) {
        Ok(route) => expand::route(function, &marker, &route),
        // Where only methods can stand, a struct would be one more mistake.
        Err(mistakes) if item.is_method() => {
            expand::mistakes(Module::Router, function, None, &mistakes)
        }
        Err(mistakes) => expand::mistakes(Module::Router, function, Some(&marker), &mistakes),
    }
}

/// The complaint about further route attributes on the function, which says what to write instead.
fn several_attributes(first: &syn::Result<Attribute>, item: &Item) -> Option<Error> {
    let place = item.other_attribute()?;
    let mut others = item.route_attributes().peekable();
    if others.peek().is_none() {
        return Some(Error::new_spanned(
            place,
            "a handler answers HTTP requests or a WebSocket: write a function for each",
        ));
    }
    let others = others.map(|(kind, attribute)| {
        let arguments = attribute.meta.require_list()?.tokens.clone();
        Attribute::parse(kind, arguments)
    });
    let others = others.collect::<syn::Result<Vec<_>>>();

    let instead = match (first, &others) {
        (Ok(first), Ok(others)) => one_attribute(first, others),
        _ => None,
    };
    let instead = instead.unwrap_or_else(|| {
        "for several methods of one path write `#[route(GET, POST, \"/…\")]`, for several paths list \
         `Route::new(Method::POST, \"/…\", handler)` beside the handler"
            .to_owned()
    });
    Some(Error::new_spanned(
        place,
        format!("a handler has one route attribute: {instead}"),
    ))
}

/// The attribute that says what several of one path do.
fn one_attribute(first: &Attribute, others: &[Attribute]) -> Option<String> {
    let pattern = first.literal.value();
    if others.iter().any(|other| other.literal.value() != pattern) {
        return None;
    }
    let mut methods: Vec<&str> = Vec::new();
    for attribute in [first].into_iter().chain(others) {
        for method in &attribute.methods {
            if !methods.contains(&&*method.name) {
                methods.push(&method.name);
            }
        }
    }
    let methods = methods.join(", ");
    Some(format!("write `#[route({methods}, \"{pattern}\")]`"))
}

/// The function as if no attribute made a route of it.
pub(crate) fn without_route_attributes(function: &TokenStream) -> TokenStream {
    let parse = |input: ParseStream<'_>| {
        let mut attributes = input.call(syn::Attribute::parse_outer)?;
        attributes.retain(|attribute| !is_route_attribute(attribute));
        let rest: TokenStream = input.parse()?;
        Ok(quote!(#(#attributes)* #rest))
    };
    // It was parsed before, attributes and all.
    parse
        .parse2(function.clone())
        .unwrap_or_else(|mistake| mistake.to_compile_error())
}

impl Route {
    fn new(
        attribute: syn::Result<Attribute>,
        function: syn::Result<Function>,
    ) -> syn::Result<Self> {
        let route = match (attribute, function) {
            (Ok(attribute), Ok(function)) => Self {
                attribute,
                function,
            },
            (Err(mistakes), Ok(_)) | (Ok(_), Err(mistakes)) => return Err(mistakes),
            (Err(mut mistakes), Err(more)) => {
                mistakes.combine(more);
                return Err(mistakes);
            }
        };
        route.check()?;
        Ok(route)
    }

    /// Compares the parameters of the pattern with what the arguments take.
    fn check(&self) -> syn::Result<()> {
        let names: Vec<_> = self.attribute.pattern.parameters().collect();
        let pattern = self.attribute.literal.value();
        let mut mistakes = Mistakes::default();
        let mut taken = false;

        for argument in &self.function.arguments {
            let Some(takes) = Takes::of(argument) else {
                continue;
            };
            taken = true;
            match takes {
                Takes::Exactly(count) if count != names.len() => mistakes.on(
                    argument,
                    format_args!(
                        "this takes {} of the path, but pattern `{pattern}` has {}",
                        parameters(count),
                        parameters(names.len())
                    ),
                ),
                Takes::Every if names.is_empty() => mistakes.on(
                    argument,
                    format_args!("this takes parameters, but pattern `{pattern}` has none"),
                ),
                _ => {}
            }
        }

        if !taken && let Some(mistake) = self.untaken(&names) {
            mistakes.push(mistake);
        }
        mistakes.none()
    }

    /// The complaint that nothing takes the parameters. A name that starts with `_` asks for none.
    fn untaken(&self, names: &[&str]) -> Option<Error> {
        let untaken: Vec<_> = names.iter().filter(|name| !name.starts_with('_')).collect();
        let first = untaken.first()?;

        // One message for all of them: one argument will take them all.
        let list: Vec<_> = untaken.iter().map(|name| format!("`{{{name}}}`")).collect();
        let renamed: Vec<_> = untaken
            .iter()
            .map(|name| format!("`{{_{name}}}`"))
            .collect();
        Some(Error::new(
            self.attribute.span_of(&format!("{{{first}")),
            format!(
                "no argument takes {}: add `{}` or `Params`, or rename to {}",
                list.join(" and "),
                argument_for(names),
                renamed.join(" and ")
            ),
        ))
    }
}

/// "1 parameter", "2 parameters" and so on.
fn parameters(count: usize) -> String {
    match count {
        0 => "no parameter".to_owned(),
        1 => "1 parameter".to_owned(),
        _ => format!("{count} parameters"),
    }
}

/// The argument that takes all of these parameters.
fn argument_for(names: &[&str]) -> String {
    // A name such as `user-id` is no variable.
    let variables: Vec<_> = names
        .iter()
        .map(|name| match syn::parse_str::<Ident>(name) {
            Ok(_) => (*name).to_owned(),
            Err(_) => name.replace(['.', ':', '-'], "_"),
        })
        .collect();
    match &variables[..] {
        [one] => format!("Path({one}): Path<…>"),
        _ => format!(
            "Path(({})): Path<({})>",
            variables.join(", "),
            vec!["…"; names.len()].join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn check(pattern: &str, arguments: &TokenStream) -> Vec<String> {
        let attribute = Attribute::parse(Kind::Verb("GET"), quote!(#pattern));
        let item: Item = syn::parse2(quote!(async fn order(#arguments) {})).expect("a function");
        match Route::new(attribute, item.function()) {
            Ok(_) => Vec::new(),
            Err(error) => error.into_iter().map(|error| error.to_string()).collect(),
        }
    }

    #[test]
    fn each_parameter_with_a_taker_is_fine() {
        for (pattern, arguments) in [
            ("/orders", quote!()),
            ("/orders", quote!(_: Query<A>)),
            ("/orders/{id}", quote!(_: Path<u64>)),
            ("/orders/{id}", quote!(_: State<Db>, _: Option<Path<u64>>)),
            ("/{a}/{b}", quote!(_: Path<(u64, u64)>)),
            ("/{a}/{b}", quote!(_: Path<Params>)),
            ("/{a}/{b}", quote!(_: Request)),
            ("/{a}/{b}", quote!(_: State<Db>, _: Tenant)),
            ("/{_a}/{_b}", quote!()),
            ("/files/{path+}", quote!(_: Path<String>)),
        ] {
            assert_eq!(check(pattern, &arguments), [""; 0], "{pattern} {arguments}");
        }
    }

    #[test]
    fn a_parameter_needs_a_taker() {
        assert_eq!(
            check("/orders/{id}", &quote!(_: State<Db>)),
            ["no argument takes `{id}`: add `Path(id): Path<…>` or `Params`, or rename to `{_id}`"]
        );
        assert_eq!(
            check("/{_shop}/{user-id}", &quote!()),
            [
                "no argument takes `{user-id}`: add `Path((_shop, user_id)): Path<(…, …)>` or `Params`, \
              or rename to `{_user-id}`"
            ]
        );
        assert_eq!(
            check("/{a}/{b+}", &quote!()),
            [
                "no argument takes `{a}` and `{b}`: add `Path((a, b)): Path<(…, …)>` or `Params`, or \
              rename to `{_a}` and `{_b}`"
            ]
        );
    }

    #[test]
    fn a_taker_needs_its_parameters() {
        assert_eq!(
            check("/orders", &quote!(_: Path<u64>)),
            ["this takes 1 parameter of the path, but pattern `/orders` has no parameter"]
        );
        assert_eq!(
            check("/orders", &quote!(_: Path<Params>)),
            ["this takes parameters, but pattern `/orders` has none"]
        );
        assert_eq!(
            check("/orders/{id}", &quote!(_: Path<(u64, u64)>)),
            ["this takes 2 parameters of the path, but pattern `/orders/{id}` has 1 parameter"]
        );
        assert_eq!(
            check("/{a}/{b}", &quote!(_: Path<u64>, _: Path<()>)),
            [
                "this takes 1 parameter of the path, but pattern `/{a}/{b}` has 2 parameters",
                "this takes no parameter of the path, but pattern `/{a}/{b}` has 2 parameters",
            ]
        );
    }

    #[test]
    fn a_second_route_attribute_is_one_mistake() {
        let messages = |function: TokenStream| {
            let expanded = attribute(Kind::Verb("GET"), quote!("/a"), &function).to_string();
            assert_eq!(expanded.matches("compile_error").count(), 1, "{expanded}");
            assert_eq!(expanded.matches("struct order").count(), 1, "{expanded}");
            assert!(!expanded.contains("# [post"), "{expanded}");
            assert!(expanded.contains("# [must_use]"), "{expanded}");
            expanded
        };

        let same = messages(quote! {
            #[must_use] #[router::post("/a")] #[route(PUT, GET, "/a")] async fn order() { half; }
        });
        assert!(
            same.contains(r##"one route attribute: write `#[route(GET, POST, PUT, \"/a\")]`"##),
            "{same}"
        );
        for other in [quote!(post("/b")), quote!(post(wrong)), quote!(post)] {
            let several = messages(quote!(#[must_use] #[#other] async fn order() {}));
            assert!(
                several.contains(r#"`Route::new(Method::POST, \"/…\", handler)`"#),
                "{several}"
            );
        }
    }

    #[test]
    fn mistakes_of_both_halves_come_together() {
        let attribute = Attribute::parse(Kind::Verb("GET"), quote!("orders"));
        let item: Item = syn::parse2(quote!(
            fn order() {}
        ))
        .expect("a function");
        let error = Route::new(attribute, item.function())
            .err()
            .expect("two mistakes");

        let messages: Vec<_> = error.into_iter().map(|error| error.to_string()).collect();
        assert_eq!(
            messages,
            [
                "pattern `orders` must start with `/`: write `/orders`",
                "handler `order` must be async: write `async fn order`",
            ]
        );
    }
}
