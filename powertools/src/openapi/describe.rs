//! How types reach the document: what an argument takes of a request, and what an answer may be.
//!
//! Schemas come from schemars, and not every type has one. An attribute macro knows each type by its name
//! and nothing else, so the choice falls to the compiler: of several traits with one method it takes the one
//! that needs the fewest references (see `Probe`). A bound would be simpler, and the feature would then break
//! programs that build without it; an attribute to opt out would be forgotten and a document silent about it.

use std::{any::type_name, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::operation::Operation;

/// What an extractor takes of a request, for the document.
///
/// Extractors of yours have it where a client should know of them; those without are taken and not spoken
/// of.
///
/// ```
/// use powertools::{
///     openapi::{DescribeRequest, Operation},
///     router::{FromRequest, Rejection, Request},
/// };
///
/// struct Tenant(String);
///
/// impl<S: Sync> FromRequest<S> for Tenant {
///     type Rejection = Rejection;
///
///     async fn from_request(request: &Request, _: &S) -> Result<Self, Rejection> {
///         match request.headers().get("x-tenant") {
///             Some(tenant) => Ok(Self(tenant.to_owned())),
///             None => Err(Rejection::bad_request("header `x-tenant` is missing")),
///         }
///     }
/// }
///
/// impl DescribeRequest for Tenant {
///     fn describe_request(operation: &mut Operation) {
///         operation.header("x-tenant", "whose data is asked for").problem(400);
///     }
/// }
/// ```
///
/// The parameter is ours: it says whether types within have schemas ([`Typed`]) or need none.
pub trait DescribeRequest<M = Typed> {
    /// Adds what is taken, and the answers to those who do not send it.
    fn describe_request(operation: &mut Operation);
}

/// What an answer may be, for the document.
///
/// ```
/// use powertools::{
///     openapi::{DescribeResponse, Operation},
///     router::{Error, IntoResponse, Response},
/// };
///
/// enum Failure { NoSuchOrder(u64), Late }
///
/// impl IntoResponse for Failure {
///     fn into_response(self) -> Response {
///         match self {
///             Self::NoSuchOrder(id) => Error::not_found(format!("there is no order {id}")),
///             Self::Late => Error::conflict("it is on its way already"),
///         }
///         .into_response()
///     }
/// }
///
/// impl DescribeResponse for Failure {
///     fn describe_response(operation: &mut Operation) {
///         operation.problem(404).problem(409);
///     }
/// }
/// ```
pub trait DescribeResponse<M = Typed> {
    /// Adds the answers.
    fn describe_response(operation: &mut Operation);
}

/// The types within have schemas.
#[derive(Debug)]
pub enum Typed {}

/// The types within may have none; everything but their schemas is told.
#[derive(Debug)]
pub enum Untyped {}

/// Whether the schema of a type is asked for.
pub trait Schemas<T: ?Sized> {
    /// Makes it.
    #[doc(hidden)]
    const OF: Option<fn(&mut SchemaGenerator) -> Schema>;
}

impl<T: JsonSchema + ?Sized> Schemas<T> for Typed {
    const OF: Option<fn(&mut SchemaGenerator) -> Schema> =
        Some(SchemaGenerator::subschema_for::<T>);
}

impl<T: ?Sized> Schemas<T> for Untyped {
    const OF: Option<fn(&mut SchemaGenerator) -> Schema> = None;
}

/// What an attribute macro read of a handler.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// The lines of the doc comment.
    pub docs: &'static [&'static str],
    pub is_deprecated: bool,
    /// Tells of arguments and answer.
    pub types: fn(&mut Operation),
}

/// Stands for a type whose traits only the compiler knows.
///
/// `(&&&&Probe::<T>::NEW).tell_response(…)` calls the method of the first trait below that fits: the
/// compiler looks for one of as many references as are written, and takes them off one by one.
#[doc(hidden)]
#[derive(Debug)]
pub struct Probe<T>(PhantomData<fn() -> T>);

impl<T> Probe<T> {
    #[doc(hidden)]
    pub const NEW: Self = Self(PhantomData);
}

macro_rules! probes {
    ($($(#[$why:meta])* $name:ident $method:ident [$($generic:ident)*] for $probe:ty
        where [$($bound:tt)*] => |$operation:ident| $tell:expr;)*) => { $(
        $(#[$why])*
        #[doc(hidden)]
        pub trait $name {
            fn $method(&self, operation: &mut Operation);
        }

        impl<$($generic),*> $name for $probe where $($bound)* {
            fn $method(&self, $operation: &mut Operation) {
                $tell;
            }
        }
    )* };
}

/// The probes, for `use`.
#[doc(hidden)]
pub mod probes {
    use super::{DescribeRequest, DescribeResponse, Operation, Probe, Typed, Untyped, type_name};

    /// An answer that is `impl IntoResponse` says nothing of itself.
    pub fn tell_any(operation: &mut Operation) {
        operation.any_answer();
    }

    probes! {
        RequestTyped tell_request [T] for &&Probe<T> where [T: DescribeRequest<Typed>]
            => |operation| T::describe_request(operation);
        RequestUntyped tell_request [T] for &Probe<T> where [T: DescribeRequest<Untyped>]
            => |operation| T::describe_request(operation);
        /// An extractor of the application's own may refuse with anything.
        RequestUnknown tell_request [T] for Probe<T> where []
            => |operation| operation.unknown(type_name::<T>()).any_failure();

        ResponseTyped tell_response [T] for &&&&Probe<T> where [T: DescribeResponse<Typed>]
            => |operation| T::describe_response(operation);
        /// Error types are often the application's own, and the value beside one is told all the same.
        ResultTyped tell_response [T E] for &&&Probe<Result<T, E>> where [T: DescribeResponse<Typed>]
            => |operation| {
                T::describe_response(operation);
                operation.any_failure()
            };
        ResponseUntyped tell_response [T] for &&Probe<T> where [T: DescribeResponse<Untyped>]
            => |operation| T::describe_response(operation);
        ResultUntyped tell_response [T E] for &Probe<Result<T, E>>
            where [T: DescribeResponse<Untyped>]
            => |operation| {
                T::describe_response(operation);
                operation.any_failure()
            };
        ResponseUnknown tell_response [T] for Probe<T> where []
            => |operation| operation.unknown(type_name::<T>()).any_answer();
    }
}

/// What an attribute macro hands to [`Route`](crate::router::Route) of the function that it stands above.
#[doc(hidden)]
#[macro_export]
macro_rules! __description {
    ([$($doc:expr),*] $is_deprecated:literal [$($argument:ty),*] [$($answer:ty)?]) => {
        $crate::openapi::Description {
            docs: &[$($doc),*],
            is_deprecated: $is_deprecated,
            types: |operation| {
                #[allow(unused_imports, reason = "not every handler needs all of them")]
                use $crate::openapi::probes::*;
                $((&&&$crate::openapi::Probe::<$argument>::NEW).tell_request(operation);)*
                $crate::__answer!(operation [$($answer)?]);
            },
        }
    };
}

/// The answer's part of it.
#[doc(hidden)]
#[macro_export]
macro_rules! __answer {
    ($operation:ident [$answer:ty]) => {
        (&&&&&$crate::openapi::Probe::<$answer>::NEW).tell_response($operation);
    };
    ($operation:ident []) => {
        $crate::openapi::probes::tell_any($operation);
    };
}
