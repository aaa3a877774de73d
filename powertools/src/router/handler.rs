//! Async functions as handlers: each argument is taken from the request, the result is an answer.

use std::{marker::PhantomData, pin::Pin};

use super::{extract::FromRequest, reply::IntoResponse};
use crate::event::{Request, Response};

/// A response on its way. One allocation a request, which is what it costs to keep handlers of
/// different types in one table.
pub(super) type Answer<'a> = Pin<Box<dyn Future<Output = Response> + Send + 'a>>;

/// An async function whose arguments are extractors and whose result is an answer.
///
/// Implemented for functions of up to twelve arguments; `A` is their tuple, which no user needs to
/// name. Arguments are taken in order and the first that cannot be taken answers the request.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    note = "a handler is an `async fn` whose arguments implement `FromRequest` and whose result \
            implements `IntoResponse`"
)]
pub trait Handler<A, S>: Send + Sync + 'static {
    /// Takes the arguments, runs the function and turns its result into a response.
    fn answer<'a>(&'a self, request: &'a Request, state: &'a S) -> Answer<'a>;
}

macro_rules! handler_of {
    ($($argument:ident)*) => {
        impl<F, Answering, Answered, S, $($argument,)*> Handler<($($argument,)*), S> for F
        where
            F: Fn($($argument),*) -> Answering + Send + Sync + 'static,
            Answering: Future<Output = Answered> + Send,
            Answered: IntoResponse,
            S: Send + Sync,
            $($argument: FromRequest<S> + Send,)*
        {
            #[allow(unused_variables, non_snake_case, reason = "written by a macro for 0..=12 arguments")]
            fn answer<'a>(&'a self, request: &'a Request, state: &'a S) -> Answer<'a> {
                Box::pin(async move {
                    $(
                        let $argument = match $argument::from_request(request, state).await {
                            Ok(argument) => argument,
                            Err(rejection) => return rejection.into_response(),
                        };
                    )*
                    self($($argument),*).await.into_response()
                })
            }
        }
    };
}

handler_of!();
handler_of!(A1);
handler_of!(A1 A2);
handler_of!(A1 A2 A3);
handler_of!(A1 A2 A3 A4);
handler_of!(A1 A2 A3 A4 A5);
handler_of!(A1 A2 A3 A4 A5 A6);
handler_of!(A1 A2 A3 A4 A5 A6 A7);
handler_of!(A1 A2 A3 A4 A5 A6 A7 A8);
handler_of!(A1 A2 A3 A4 A5 A6 A7 A8 A9);
handler_of!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10);
handler_of!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11);
handler_of!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12);

/// A handler that has forgotten its arguments.
pub(super) trait AnyHandler<S>: Send + Sync {
    fn answer<'a>(&'a self, request: &'a Request, state: &'a S) -> Answer<'a>;
}

pub(super) struct Erased<H, A> {
    handler: H,
    arguments: PhantomData<fn(A)>,
}

impl<H, A> Erased<H, A> {
    pub(super) const fn new(handler: H) -> Self {
        Self {
            handler,
            arguments: PhantomData,
        }
    }
}

impl<H: Handler<A, S>, A, S> AnyHandler<S> for Erased<H, A> {
    fn answer<'a>(&'a self, request: &'a Request, state: &'a S) -> Answer<'a> {
        self.handler.answer(request, state)
    }
}
