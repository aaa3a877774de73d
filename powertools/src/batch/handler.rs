//! Handlers of one record: async functions of up to four arguments.

use std::{error::Error as StdError, marker::PhantomData, pin::Pin, sync::Arc};

use super::{
    from_record::{FromRecord, RawRecord},
    records::Service,
};

/// Why a record failed.
pub(super) type Cause = Box<dyn StdError + Send + Sync>;

/// A record's handler on its way.
pub(super) type Handling<'a> = Pin<Box<dyn Future<Output = Result<(), Cause>> + Send + 'a>>;

/// An async function that handles one record: of one to four arguments that are [`FromRecord`], and with any
/// error.
#[diagnostic::on_unimplemented(
    message = "this is no handler for records of `{S}`",
    note = "a handler is an async function of up to four arguments that returns `Result<(), E>` with any \
            error; arguments are `Record<T>`, `Context` and, of SQS, Kinesis and Kafka, `Json<T>`, `String` and \
            `Bytes`; a closure that holds something clones it for each record: \
            `move |body: String| {{ let held = held.clone(); async move {{ … }} }}`"
)]
pub trait RecordHandler<S, A>: Send + Sync + 'static {
    /// Handles one record.
    #[doc(hidden)]
    fn handle<'a>(&'a self, record: RawRecord<'a>) -> Handling<'a>;
}

macro_rules! handler_of {
    ($($argument:ident)*) => {
        impl<S, H, Handled, E, $($argument,)*> RecordHandler<S, ($($argument,)*)> for H
        where
            S: Service,
            H: Fn($($argument),*) -> Handled + Send + Sync + 'static,
            Handled: Future<Output = Result<(), E>> + Send,
            E: Into<Cause>,
            $($argument: FromRecord<S> + Send,)*
        {
            fn handle<'a>(&'a self, record: RawRecord<'a>) -> Handling<'a> {
                Box::pin(async move {
                    self($($argument::from_record(&record)?),*).await.map_err(Into::into)
                })
            }
        }
    };
}

handler_of!(A1);
handler_of!(A1 A2);
handler_of!(A1 A2 A3);
handler_of!(A1 A2 A3 A4);

/// A record's handler of whatever arguments.
pub(super) trait AnyRecordHandler: Send + Sync {
    fn handle<'a>(&'a self, record: RawRecord<'a>) -> Handling<'a>;
}

struct Erased<H, S, A> {
    handler: H,
    takes: PhantomData<fn(S, A)>,
}

pub(super) fn erased<S, A, H>(handler: H) -> Arc<dyn AnyRecordHandler>
where
    S: Service,
    A: 'static,
    H: RecordHandler<S, A>,
{
    let takes = PhantomData::<fn(S, A)>;
    Arc::new(Erased { handler, takes })
}

impl<S: Service, A, H: RecordHandler<S, A>> AnyRecordHandler for Erased<H, S, A> {
    fn handle<'a>(&'a self, record: RawRecord<'a>) -> Handling<'a> {
        self.handler.handle(record)
    }
}
