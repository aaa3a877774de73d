//! Handlers of events that are not HTTP requests: what they are, and how a function keeps those of any type.

use std::{
    any::{TypeId, type_name},
    fmt,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Context,
    event::{Event, EventType, Origin},
    function::{InvocationError, Reply},
};

/// Something that answers events of one type: an async function of the event and the [`Context`], or a
/// [`Batch`](crate::batch).
///
/// A type of one's own may be a handler too:
///
/// ```
/// use powertools::{Context, EventHandler, Function, InvocationError};
/// # use powertools::event::{EventType, Origin};
/// # #[derive(serde::Deserialize)] struct Sold { id: u64 }
/// # impl EventType for Sold { fn matches(origin: &Origin<'_>) -> bool { origin.has("sold") } }
///
/// struct Books;
///
/// impl EventHandler<Sold> for Books {
///     type Output = ();
///
///     async fn handle(&self, sold: Sold, _: Context) -> Result<(), InvocationError> {
///         tracing::info!(id = sold.id, "sold");
///         Ok(())
///     }
/// }
///
/// let function = Function::new().on(Books);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle events of type `{E}`",
    note = "a handler is an async function of the event and a `powertools::Context` that returns a \
            `Result` of something that serialises; a closure that holds something clones it for each event: \
            `move |event: E, _: Context| {{ let held = held.clone(); async move {{ … }} }}`"
)]
pub trait EventHandler<E>: Send + Sync + 'static {
    /// What the invocation gives back, as JSON. Most services do not look at it.
    type Output: Serialize;

    /// Answers one event. An error fails the invocation.
    fn handle(
        &self,
        event: E,
        context: Context,
    ) -> impl Future<Output = Result<Self::Output, InvocationError>> + Send;
}

impl<H, E, F, R, X> EventHandler<E> for H
where
    H: Fn(E, Context) -> F + Send + Sync + 'static,
    E: Send,
    F: Future<Output = Result<R, X>> + Send,
    R: Serialize,
    X: Into<InvocationError>,
{
    type Output = R;

    async fn handle(&self, event: E, context: Context) -> Result<R, InvocationError> {
        self(event, context).await.map_err(Into::into)
    }
}

pub(crate) type Invoked<'a> =
    Pin<Box<dyn Future<Output = Result<Reply, InvocationError>> + Send + 'a>>;

/// A handler of events of some type.
pub(crate) trait AnyEventHandler: Send + Sync {
    fn invoke(&self, event: Event) -> Invoked<'_>;
}

struct Erased<E, H> {
    handler: H,
    event: PhantomData<fn() -> E>,
}

pub(crate) fn erased<E, H>(handler: H) -> Arc<dyn AnyEventHandler>
where
    E: DeserializeOwned + Send + 'static,
    H: EventHandler<E>,
{
    let event = PhantomData;
    Arc::new(Erased { handler, event })
}

impl<E, H> AnyEventHandler for Erased<E, H>
where
    E: DeserializeOwned + Send + 'static,
    H: EventHandler<E>,
{
    fn invoke(&self, event: Event) -> Invoked<'_> {
        Box::pin(async move {
            let typed: E = serde_json::from_str(&event.json).map_err(|error| {
                let message = format!("{} is not as the handler expects: {error}", event.origin());
                InvocationError::brief("InvalidEvent", message)
            })?;
            // The text may be megabytes, and all that is in it is in `typed`.
            let Event { context, .. } = event;
            let result = self.handler.handle(typed, context).await?;
            serde_json::value::to_raw_value(&result)
                .map(Reply::Json)
                .map_err(|error| InvocationError::new("InvalidResult", error.to_string()))
        })
    }
}

/// A handler and the events that it takes.
#[derive(Clone)]
pub(crate) struct On {
    event: TypeId,
    name: &'static str,
    title: fn() -> String,
    matches: fn(&Origin<'_>) -> bool,
    handler: Arc<dyn AnyEventHandler>,
}

impl On {
    pub(crate) fn new<E: EventType, H: EventHandler<E>>(handler: H) -> Self {
        Self {
            event: TypeId::of::<E>(),
            name: type_name::<E>(),
            title: E::title,
            matches: E::matches,
            handler: erased::<E, H>(handler),
        }
    }

    pub(crate) fn is_of_type_of(&self, other: &Self) -> bool {
        self.event == other.event
    }

    pub(crate) fn takes(&self, origin: &Origin<'_>) -> bool {
        (self.matches)(origin)
    }

    /// The events, for a person to read.
    pub(crate) fn event(&self) -> String {
        (self.title)()
    }

    pub(crate) fn handler(&self) -> &dyn AnyEventHandler {
        &*self.handler
    }
}

impl fmt::Debug for On {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}
