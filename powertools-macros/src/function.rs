//! Reads the signature of a handler.
//!
//! The body is never parsed: what a user is still writing there must not break the route.
//! Types are read as text stands there, since a macro cannot know what a name stands for.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::{
    Attribute, Error, FnArg, GenericArgument, Ident, LitStr, PathArguments, ReturnType, Signature,
    Token, Type, TypePath, Visibility,
};

use crate::attribute::Kind;
use crate::describe::Notes;
use crate::mistakes::Mistakes;
use crate::socket;

/// As many as the library's `Handler` trait knows.
const MOST_ARGUMENTS: usize = 12;

/// Types of which one value is made from one parameter.
const SINGLE: [&str; 17] = [
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
    "f64", "bool", "char", "String",
];

/// Extractors that have nothing to do with the path. Of any other type, such as a user's own or an
/// alias, nobody knows what it reads.
const WITHOUT_PATH: [&str; 14] = [
    "Bytes",
    "Context",
    "Cookies",
    "Extension",
    "Form",
    "HeaderMap",
    "Headers",
    "Json",
    "Method",
    "Query",
    "SourceIp",
    "State",
    "String",
    "TypedHeader",
];

/// A function up to its body, with whatever is wrong with it.
pub(crate) struct Item {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    signature: Signature,
}

/// What is written beside the function, right or wrong: a struct of this name.
pub(crate) struct Marker {
    pub(crate) name: Ident,
    pub(crate) visibility: Visibility,
    /// The marker comes and goes with the function.
    pub(crate) cfgs: Vec<Attribute>,
}

/// What a handler takes and answers, found free of mistakes.
pub(crate) struct Function {
    pub(crate) arguments: Vec<Type>,
    /// Absent if none is written, or if it cannot be repeated elsewhere, such as `impl Trait`.
    pub(crate) output: Option<Type>,
    /// What a reader is told of it.
    pub(crate) notes: Notes,
}

/// What an argument takes of the pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// `Path<(A, B)>` or `Path<u64>`: this many parameters.
    Exactly(usize),
    /// `Path<Struct>`: those that there are.
    Every,
    /// Parameters that cannot be counted here, or perhaps none: a whole `Request`, a type that is not
    /// known.
    Unknown,
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if !is_function(input) {
            return Err(input.error("only an async function can be a handler"));
        }
        let signature = input.parse()?;
        input.parse::<TokenStream>()?;
        Ok(Self {
            attributes,
            visibility,
            signature,
        })
    }
}

impl Item {
    /// What is to stand beside the function.
    pub(crate) fn marker(&self) -> Marker {
        Marker {
            name: self.signature.ident.clone(),
            visibility: self.visibility.clone(),
            cfgs: self
                .attributes
                .iter()
                .filter(|a| a.path().is_ident("cfg"))
                .cloned()
                .collect(),
        }
    }

    /// Further attributes that would make a route of the function.
    pub(crate) fn route_attributes(&self) -> impl Iterator<Item = (Kind, &Attribute)> {
        self.attributes
            .iter()
            .filter_map(|attribute| Some((Kind::of(attribute)?, attribute)))
    }

    /// A further attribute that would make a route of the function, of HTTP or of a WebSocket.
    pub(crate) fn other_attribute(&self) -> Option<&Attribute> {
        let mut attributes = self.attributes.iter();
        attributes.find(|attribute| is_route_attribute(attribute))
    }

    /// Whether it takes `self`.
    pub(crate) fn is_method(&self) -> bool {
        self.signature.receiver().is_some()
    }

    /// The handler, or everything that keeps the function from being one.
    pub(crate) fn function(&self) -> syn::Result<Function> {
        let signature = &self.signature;
        let mut mistakes = Mistakes::default();

        if signature.asyncness.is_none() {
            mistakes.at(
                signature.fn_token.span,
                format_args!(
                    "handler `{0}` must be async: write `async fn {0}`",
                    signature.ident
                ),
            );
        }
        if let Some(token) = &signature.constness {
            mistakes.on(token, "a handler cannot be `const`");
        }
        if let Some(token) = &signature.unsafety {
            mistakes.on(
                token,
                "a handler cannot be `unsafe`: the router would have to vouch for it",
            );
        }
        if let Some(abi) = &signature.abi {
            mistakes.on(
                abi,
                "a handler cannot be `extern`: only the router calls it",
            );
        }
        if !signature.generics.params.is_empty() {
            let message = "a handler cannot be generic: write the types that the route is for";
            mistakes.on(&signature.generics.params, message);
        }
        if let Some(clause) = &signature.generics.where_clause {
            mistakes.on(
                clause,
                "a handler cannot have a where clause: there is nothing to bound",
            );
        }
        if let Some(variadic) = &signature.variadic {
            mistakes.on(
                variadic,
                "a handler cannot be variadic: write each argument",
            );
        }

        let mut arguments = Vec::new();
        for argument in &signature.inputs {
            arguments.extend(mistakes.keep(extractor(argument)).cloned());
        }
        if let Some(extra) = signature.inputs.iter().nth(MOST_ARGUMENTS) {
            let count = signature.inputs.len();
            mistakes.on(
                extra,
                format_args!(
                    "a handler takes at most {MOST_ARGUMENTS} arguments and this one has {count}: \
                     put some in a type of your own that implements `FromRequest`"
                ),
            );
        }

        mistakes.none()?;
        Ok(Function {
            arguments,
            output: repeatable(&signature.output).cloned(),
            notes: Notes::of(&self.attributes, &signature.output),
        })
    }
}

impl Takes {
    /// What an argument takes; `None` for one that takes nothing.
    pub(crate) fn of(ty: &Type) -> Option<Self> {
        let Type::Path(path) = bare(ty) else {
            return Some(Self::Unknown);
        };
        let inner = generics(path).find_map(inner_type);
        match inner {
            Some(inner) if last_is(path, "Path") => Some(Self::of_inner(inner)),
            Some(inner)
                if ["Option", "Result", "Valid"]
                    .iter()
                    .any(|name| last_is(path, name)) =>
            {
                Self::of(inner)
            }
            _ if WITHOUT_PATH.iter().any(|name| last_is(path, name)) => None,
            _ => Some(Self::Unknown),
        }
    }

    /// What `Path<inner>` takes.
    fn of_inner(inner: &Type) -> Self {
        match bare(inner) {
            Type::Tuple(tuple) => Self::Exactly(tuple.elems.len()),
            Type::Path(path) if SINGLE.iter().any(|name| last_is(path, name)) => Self::Exactly(1),
            _ => Self::Every,
        }
    }
}

/// Whether an attribute makes a route of a function.
pub(crate) fn is_route_attribute(attribute: &Attribute) -> bool {
    Kind::of(attribute).is_some() || socket::Kind::of(attribute).is_some()
}

/// Whether a function follows, whatever its qualifiers.
fn is_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    while !ahead.peek(Token![fn]) {
        let qualifier = ahead
            .parse::<Option<Token![const]>>()
            .is_ok_and(|t| t.is_some())
            || ahead
                .parse::<Option<Token![async]>>()
                .is_ok_and(|t| t.is_some())
            || ahead
                .parse::<Option<Token![unsafe]>>()
                .is_ok_and(|t| t.is_some())
            || ahead
                .parse::<Option<Token![extern]>>()
                .is_ok_and(|t| t.is_some())
            || ahead.parse::<Option<LitStr>>().is_ok_and(|t| t.is_some());
        if !qualifier {
            return false;
        }
    }
    true
}

/// The type of an argument, which must mean the same in a bound as in the signature.
fn extractor(argument: &FnArg) -> syn::Result<&Type> {
    let argument = match argument {
        FnArg::Typed(argument) => argument,
        FnArg::Receiver(receiver) => {
            let message = "a handler is a function, not a method: take what `self` holds with \
                           `State<…>`";
            return Err(Error::new_spanned(receiver, message));
        }
    };

    let mut mistakes = Mistakes::default();
    if let Some(cfg) = argument
        .attrs
        .iter()
        .find(|attribute| attribute.path().is_ident("cfg"))
    {
        mistakes.on(
            cfg,
            "an argument cannot have `#[cfg]`: put it on one of two functions",
        );
    }
    visit(&argument.ty, &mut |ty| match ty {
        Type::ImplTrait(_) => {
            mistakes.on(ty, "an argument cannot be `impl Trait`: write its type");
        }
        Type::Reference(reference) if reference.lifetime.is_none() => {
            mistakes.on(
                ty,
                "an argument cannot be a reference: take the value itself",
            );
        }
        Type::Path(path) => {
            for argument in generics(path) {
                if let GenericArgument::Lifetime(lifetime) = argument
                    && lifetime.ident == "_"
                {
                    mistakes.on(
                        lifetime,
                        "an argument cannot borrow: take a value that owns",
                    );
                }
            }
        }
        _ => {}
    });
    mistakes.none()?;
    Ok(&argument.ty)
}

/// The written type of the answer, if it means the same in a bound as in the signature.
fn repeatable(output: &ReturnType) -> Option<&Type> {
    let ReturnType::Type(_, output) = output else {
        return None;
    };
    let mut repeatable = true;
    visit(output, &mut |ty| match ty {
        Type::ImplTrait(_) | Type::Never(_) | Type::Infer(_) | Type::Macro(_) => repeatable = false,
        Type::Reference(reference) => repeatable &= reference.lifetime.is_some(),
        Type::Path(path) => {
            repeatable &= !generics(path)
                .any(|argument| matches!(argument, GenericArgument::Lifetime(l) if l.ident == "_"));
        }
        _ => {}
    });
    repeatable.then_some(&**output)
}

/// Visits a type and those that it is made of, from the outside in.
fn visit<'a>(ty: &'a Type, see: &mut dyn FnMut(&'a Type)) {
    see(ty);
    match ty {
        Type::Array(array) => visit(&array.elem, see),
        Type::Group(group) => visit(&group.elem, see),
        Type::Paren(paren) => visit(&paren.elem, see),
        Type::Path(path) => generics(path)
            .filter_map(inner_type)
            .for_each(|ty| visit(ty, see)),
        Type::Reference(reference) => visit(&reference.elem, see),
        Type::Slice(slice) => visit(&slice.elem, see),
        Type::Tuple(tuple) => tuple.elems.iter().for_each(|ty| visit(ty, see)),
        // Function types and trait objects have lifetimes of their own.
        _ => {}
    }
}

/// The arguments between `<` and `>` of all segments.
fn generics(path: &TypePath) -> impl Iterator<Item = &GenericArgument> {
    path.path
        .segments
        .iter()
        .flat_map(|segment| match &segment.arguments {
            PathArguments::AngleBracketed(arguments) => Some(&arguments.args).into_iter().flatten(),
            _ => None.into_iter().flatten(),
        })
}

fn inner_type(argument: &GenericArgument) -> Option<&Type> {
    match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

/// The type without parentheses, and without the invisible ones of `macro_rules!`.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        _ => ty,
    }
}

fn last_is(path: &TypePath, name: &str) -> bool {
    path.path
        .segments
        .last()
        .is_some_and(|segment| segment.ident == name)
}

#[cfg(test)]
mod tests {
    use quote::{ToTokens, quote};

    use super::*;

    fn item(tokens: TokenStream) -> Item {
        syn::parse2(tokens).expect("a function")
    }

    fn messages(tokens: TokenStream) -> Vec<String> {
        let error = item(tokens).function().err().expect("not a handler");
        error.into_iter().map(|error| error.to_string()).collect()
    }

    fn text(tokens: impl ToTokens) -> String {
        tokens.to_token_stream().to_string().replace(' ', "")
    }

    fn takes(ty: &str) -> Option<Takes> {
        Takes::of(&syn::parse_str(ty).expect(ty))
    }

    #[test]
    fn a_signature_gives_the_types_of_arguments_and_answer() {
        let item = item(quote! {
            pub async fn order(Path(id): Path<u64>, mut state: State<Db>) -> Json<Order> {}
        });
        let function = item.function().expect("a handler");

        let arguments: Vec<_> = function.arguments.iter().map(text).collect();
        assert_eq!(arguments, ["Path<u64>", "State<Db>"]);
        assert_eq!(function.output.map(text).as_deref(), Some("Json<Order>"));
    }

    #[test]
    fn the_body_is_not_parsed() {
        let item = item(quote!(async fn order() { let half = ; }));

        assert!(item.function().is_ok());
    }

    #[test]
    fn the_marker_repeats_name_visibility_and_cfg() {
        let marker = item(quote! {
            /// Documentation stays where it is.
            #[cfg(unix)] #[must_use] #[cfg(not(test))]
            pub(crate) async fn order() {}
        })
        .marker();

        assert_eq!(marker.name, "order");
        assert_eq!(text(marker.visibility), "pub(crate)");
        let cfgs: Vec<_> = marker.cfgs.iter().map(text).collect();
        assert_eq!(cfgs, ["#[cfg(unix)]", "#[cfg(not(test))]"]);
    }

    #[test]
    fn a_method_is_not_a_handler() {
        let item = item(quote!(
            async fn order(&self) {}
        ));

        assert!(item.is_method());
        assert_eq!(
            item.function().err().expect("a method").to_string(),
            "a handler is a function, not a method: take what `self` holds with `State<…>`"
        );
    }

    #[test]
    fn only_a_function_can_be_a_handler() {
        for tokens in [
            quote!(
                struct Order;
            ),
            quote!(
                pub mod orders {}
            ),
            quote!(
                const ORDER: u64 = 7;
            ),
            quote!(impl Order {}),
            quote!(
                extern "C" {}
            ),
            quote!(),
        ] {
            let text = tokens.to_string();
            let error = syn::parse2::<Item>(tokens).err().expect(&text);
            assert!(
                error
                    .to_string()
                    .ends_with("only an async function can be a handler"),
                "{text}"
            );
        }
    }

    #[test]
    fn all_mistakes_of_a_signature_are_found_at_once() {
        assert_eq!(
            messages(quote! {
                const unsafe extern "C" fn order<T>(a: &str, b: impl Any) where T: Any {}
            }),
            [
                "handler `order` must be async: write `async fn order`",
                "a handler cannot be `const`",
                "a handler cannot be `unsafe`: the router would have to vouch for it",
                "a handler cannot be `extern`: only the router calls it",
                "a handler cannot be generic: write the types that the route is for",
                "a handler cannot have a where clause: there is nothing to bound",
                "an argument cannot be a reference: take the value itself",
                "an argument cannot be `impl Trait`: write its type",
            ]
        );
    }

    #[test]
    fn a_handler_is_not_variadic() {
        assert_eq!(
            messages(quote!(
                async fn order(a: Query<A>, ...) {}
            )),
            ["a handler cannot be variadic: write each argument"]
        );
    }

    #[test]
    fn a_handler_has_at_most_twelve_arguments() {
        let arguments = vec![quote!(_: Query<A>); 12];
        assert!(
            item(quote!(async fn order(#(#arguments),*) {}))
                .function()
                .is_ok()
        );
        assert_eq!(
            messages(quote!(async fn order(#(#arguments),*, last: Query<A>) {})),
            [
                "a handler takes at most 12 arguments and this one has 13: put some in a type of your \
              own that implements `FromRequest`"
            ]
        );
    }

    #[test]
    fn an_argument_owns_what_it_holds() {
        for argument in [
            quote!(&Request),
            quote!(Option<&str>),
            quote!((&str, u8)),
            quote!([&u8]),
        ] {
            assert_eq!(
                messages(quote!(async fn order(_: #argument) {})),
                ["an argument cannot be a reference: take the value itself"],
                "{argument}"
            );
        }
        assert_eq!(
            messages(quote!(
                async fn order(_: Json<Cow<'_, str>>) {}
            )),
            ["an argument cannot borrow: take a value that owns"]
        );
        for argument in [quote!(Json<&'static str>), quote!(State<fn(&str) -> &str>)] {
            assert!(
                item(quote!(async fn order(_: #argument) {}))
                    .function()
                    .is_ok()
            );
        }
    }

    #[test]
    fn an_argument_cannot_be_switched_off() {
        assert_eq!(
            messages(quote!(
                async fn order(#[cfg(unix)] a: Query<A>) {}
            )),
            ["an argument cannot have `#[cfg]`: put it on one of two functions"]
        );
    }

    #[test]
    fn an_answer_that_cannot_be_repeated_is_left_out() {
        for output in [
            quote!(),
            quote!(-> impl IntoResponse),
            quote!(-> Result<impl IntoResponse, Error>),
            quote!(-> !),
            quote!(-> &str),
            quote!(-> Cow<'_, str>),
        ] {
            let function = item(quote!(async fn order() #output {}))
                .function()
                .expect("a handler");
            assert!(function.output.is_none(), "{output}");
        }
    }

    #[test]
    fn path_takes_as_many_parameters_as_its_type_says() {
        for (ty, expected) in [
            ("Path<u64>", Takes::Exactly(1)),
            ("Path<std::string::String>", Takes::Exactly(1)),
            ("router::Path<char>", Takes::Exactly(1)),
            ("Path<(u64, String)>", Takes::Exactly(2)),
            ("Path<(Uuid,)>", Takes::Exactly(1)),
            ("Path<()>", Takes::Exactly(0)),
            ("Path<Uuid>", Takes::Every),
            ("Path<HashMap<String, String>>", Takes::Every),
            ("Path<Vec<String>>", Takes::Every),
            ("Option<Path<u64>>", Takes::Exactly(1)),
            ("Result<Path<(u8, u8)>, Rejection>", Takes::Exactly(2)),
            ("Valid<Path<(u8, u8)>>", Takes::Exactly(2)),
            ("Path", Takes::Unknown),
            ("Request", Takes::Unknown),
            ("powertools::Request", Takes::Unknown),
            ("Params", Takes::Unknown),
            ("Option<Params>", Takes::Unknown),
            ("Tenant", Takes::Unknown),
            ("Valid<Tenant>", Takes::Unknown),
            ("Signed<Json<Order>>", Takes::Unknown),
            ("(Tenant, Query<Page>)", Takes::Unknown),
        ] {
            assert_eq!(takes(ty), Some(expected), "{ty}");
        }
    }

    #[test]
    fn extractors_of_other_things_take_nothing_of_the_path() {
        for ty in [
            "Query<u64>",
            "Json<Vec<Request>>",
            "Option<Json<Path<u64>>>",
            "Result<router::Form<Order>, Rejection>",
            "Valid<Json<Order>>",
            "State<Db>",
            "powertools::Context",
            "String",
        ] {
            assert_eq!(takes(ty), None, "{ty}");
        }
    }
}
