//! What one Lambda function answers: HTTP requests through a router, events of other services and direct
//! invocations by a handler each.

use std::{
    borrow::Cow,
    error::Error as StdError,
    fmt,
    pin::{Pin, pin},
    sync::Arc,
};

use bytes::Bytes;
use http::{Method, StatusCode};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

#[cfg(feature = "openapi")]
use crate::openapi::{Document, DocumentErrors, OpenApi};
use crate::{
    Context,
    caught::caught,
    event::{
        self, DecodeError, Decoded, EventType, Headers, Limits, Problem, Request, Response, Source,
    },
    event_handler::{AnyEventHandler, EventHandler, On, erased},
    router::{Router, report},
};

/// Something that [`run`](crate::run) can serve.
///
/// Implemented by [`Router`], by [`Function`], with the feature `websocket` by that module's router and, with
/// the feature `interop`, by tower services.
pub trait App: Clone + Send + Sync + 'static {
    /// Answers one invocation.
    #[doc(hidden)]
    fn invoke(
        &self,
        event: Bytes,
        context: Context,
    ) -> impl Future<Output = Result<Reply, InvocationError>> + Send;

    /// Methods and patterns, as far as they are known, for a person to read.
    #[doc(hidden)]
    fn listing(&self) -> Vec<(String, String)>;

    /// Whether HTTP requests have a handler.
    #[doc(hidden)]
    fn is_http(&self) -> bool {
        true
    }

    /// Whether events of no HTTP front end have a handler.
    #[doc(hidden)]
    fn is_direct(&self) -> bool {
        false
    }

    /// The events that have a handler, for a person to read.
    #[doc(hidden)]
    fn events(&self) -> Vec<String> {
        Vec::new()
    }

    /// The route keys of the WebSocket router, if there is one.
    #[doc(hidden)]
    fn websocket(&self) -> Option<Vec<String>> {
        None
    }

    /// The document of the routes, with what was said of it (if anything was) changed; nothing where the
    /// routes are not known.
    #[cfg(feature = "openapi")]
    #[doc(hidden)]
    fn routes_document(&self, change: Change<'_>) -> Option<Documented> {
        let _ = change;
        None
    }
}

/// What a document is to say besides the routes, given what the application says.
#[cfg(feature = "openapi")]
pub(crate) type Change<'a> = &'a dyn Fn(Option<OpenApi>) -> OpenApi;
#[cfg(feature = "openapi")]
pub(crate) type Documented = Result<Document, DocumentErrors>;

/// Something that answers HTTP requests.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not answer HTTP requests",
    note = "pass a `Router`; with the feature `interop` also a `tower::Service` of \
            `lambda_http::Request`, such as an axum `Router`",
    note = "a `websocket::Router` is given to `Function::websocket`"
)]
pub trait HttpApp: Clone + Send + Sync + 'static {
    /// Answers one request. It cannot fail; a panic is caught by the caller.
    #[doc(hidden)]
    fn respond(&self, request: Box<Request>) -> impl Future<Output = Response> + Send;

    /// How much of a request is accepted.
    #[doc(hidden)]
    fn accepted(&self) -> Limits;

    /// Finishes the answer to a request with these headers and this id that could not be decoded.
    #[doc(hidden)]
    fn finish(&self, headers: &Headers, request_id: &str, response: &mut Response) {
        let _ = headers;
        report(response, request_id);
    }

    /// Methods and patterns, as far as they are known.
    #[doc(hidden)]
    fn listing(&self) -> Vec<(String, String)>;

    /// The document of the routes, as far as they are known.
    #[cfg(feature = "openapi")]
    #[doc(hidden)]
    fn routes_document(&self, change: Change<'_>) -> Option<Documented> {
        let _ = change;
        None
    }
}

/// Something that answers the connections and messages of WebSocket APIs: a
/// [`websocket::Router`](crate::websocket::Router).
#[cfg(feature = "websocket")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not answer WebSocket APIs",
    note = "pass a `websocket::Router`; a router of HTTP is given to `Function::http`"
)]
pub trait WebSocketApp {
    /// The function with this to answer them.
    #[doc(hidden)]
    fn answer_in(self, function: Function) -> Function;
}

#[cfg(feature = "websocket")]
impl<S: Send + Sync + 'static> WebSocketApp for crate::websocket::Router<S> {
    fn answer_in(self, mut function: Function) -> Function {
        function.websocket = Some(Arc::new(self));
        function
    }
}

impl<S: Send + Sync + 'static> HttpApp for Router<S> {
    async fn respond(&self, request: Box<Request>) -> Response {
        self.handle_boxed(request).await
    }

    fn accepted(&self) -> Limits {
        *Self::accepted(self)
    }

    fn finish(&self, headers: &Headers, request_id: &str, response: &mut Response) {
        self.finish_refusal(headers, request_id, response);
    }

    fn listing(&self) -> Vec<(String, String)> {
        let methods = |route: &crate::router::Route<S>| {
            let names: Vec<&str> = route
                .methods()
                .iter()
                .map(|method| method.as_str())
                .collect();
            names.join(", ")
        };
        self.routes()
            .map(|route| (methods(route), route.pattern().to_owned()))
            .collect()
    }

    #[cfg(feature = "openapi")]
    fn routes_document(&self, change: Change<'_>) -> Option<Documented> {
        Some(self.document_with(change))
    }
}

impl<H: HttpApp> App for H {
    async fn invoke(&self, event: Bytes, context: Context) -> Result<Reply, InvocationError> {
        match event::decode_for(event, context, &self.accepted(), None) {
            Ok(Decoded::Http(request)) => Ok(respond(self, request).await),
            Ok(Decoded::WebSocket(request)) => Err(InvocationError::no_router(request.source())),
            Ok(Decoded::Other(event)) => Err(InvocationError::unknown_event(&event)),
            Err(error) => refuse(error, |headers, id, response| {
                self.finish(headers, id, response)
            }),
        }
    }

    fn listing(&self) -> Vec<(String, String)> {
        HttpApp::listing(self)
    }

    #[cfg(feature = "openapi")]
    fn routes_document(&self, change: Change<'_>) -> Option<Documented> {
        HttpApp::routes_document(self, change)
    }
}

async fn respond(app: &impl HttpApp, request: Box<Request>) -> Reply {
    let source = request.source();
    let request_id = request.context().request_id.clone();
    let is_head = *request.method() == Method::HEAD;
    // Pinned here, because the future is large and would be moved into that of `caught`.
    let response = caught(pin!(app.respond(request))).await;
    let mut response = response.unwrap_or_else(|panic| {
        tracing::error!(panic, "the application panicked; answering 500");
        let mut response = Problem::new(StatusCode::INTERNAL_SERVER_ERROR).into();
        report(&mut response, &request_id);
        response
    });
    if is_head {
        response.leave_out_body();
    }
    Reply::Http(event::Reply::new(source, response))
}

/// Answers an event that could not become a request.
fn refuse(
    error: DecodeError,
    finish: impl FnOnce(&Headers, &str, &mut Response),
) -> Result<Reply, InvocationError> {
    match error {
        DecodeError::Rejected {
            source,
            response,
            method,
            headers,
            context,
        } => {
            let finish = |response: &mut Response| finish(&headers, &context.request_id, response);
            let response = refused(*response, method.as_ref(), finish);
            Ok(Reply::Http(event::Reply::new(source, response)))
        }
        DecodeError::NotJson { reason, .. } => Err(InvocationError::new(
            "InvalidEvent",
            format!("the event is not JSON: {reason}"),
        )),
    }
}

/// The answer to what could not become a request, finished and with its line in the log.
pub(crate) fn refused(
    mut response: Response,
    method: Option<&Method>,
    finish: impl FnOnce(&mut Response),
) -> Response {
    finish(&mut response);
    tracing::info!(
        target: "powertools::router",
        status = response.status().as_u16(),
        reason = response.problem().and_then(Problem::detail),
        "refused",
    );
    if method == Some(&Method::HEAD) {
        response.leave_out_body();
    }
    response
}

/// A function that answers HTTP requests, events of other services and direct invocations.
///
/// ```
/// use powertools::{Context, Function, InvocationError, router::Router};
///
/// #[derive(serde::Deserialize)]
/// struct Job { id: u64 }
///
/// async fn work(job: Job, _: Context) -> Result<u64, InvocationError> {
///     Ok(job.id + 1)
/// }
///
/// let router = Router::new(Default::default())?;
/// let function = Function::new().http(router).direct(work);
/// # Ok::<(), powertools::router::RouteErrors>(())
/// ```
///
/// What an event is, is read from it once, and who gets it is settled in this order: `http`, if a front end
/// sent it; `websocket`, if a WebSocket API did; the first `on` whose [`EventType`] it is; `direct`, which takes whatever is left. An event that
/// nobody takes fails the invocation with the type `UnknownEvent` and a message that says what was
/// received.
#[derive(Clone, Default)]
pub struct Function {
    http: Option<Arc<dyn AnyRouter>>,
    websocket: Option<Arc<dyn AnyRouter>>,
    events: Vec<On>,
    direct: Option<Arc<dyn AnyEventHandler>>,
}

impl Function {
    /// A function that answers nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers HTTP requests, from whichever front end.
    #[must_use]
    pub fn http(mut self, app: impl HttpApp) -> Self {
        self.http = Some(Arc::new(app));
        self
    }

    /// Answers the connections and messages of WebSocket APIs.
    ///
    /// ```
    /// # #[cfg(feature = "macros")] {
    /// use powertools::{Function, websocket};
    ///
    /// #[websocket::message("shout")]
    /// async fn shout(text: String) -> String { text.to_uppercase() }
    ///
    /// let sockets = websocket::Router::new(websocket::routes![shout])?;
    /// let function = Function::new().websocket(sockets);
    /// # }
    /// # Ok::<(), powertools::websocket::RouteErrors>(())
    /// ```
    #[cfg(feature = "websocket")]
    #[must_use]
    pub fn websocket(self, router: impl WebSocketApp) -> Self {
        router.answer_in(self)
    }

    /// Answers the events of another service: those that are an `E`, which the handler's argument says.
    ///
    /// ```
    /// # #[cfg(feature = "events")]
    /// # fn example(router: powertools::router::Router) {
    /// use powertools::{Context, Function, InvocationError, events::sqs::SqsEvent};
    ///
    /// async fn queue(event: SqsEvent, _: Context) -> Result<(), InvocationError> {
    ///     tracing::info!(messages = event.records.len(), "received");
    ///     Ok(())
    /// }
    ///
    /// let function = Function::new().http(router).on(queue);
    /// # }
    /// ```
    ///
    /// An event that is an `E` by its [`EventType`] and cannot be deserialised as one fails the invocation
    /// with the type `InvalidEvent`, a panic with `HandlerPanicked`: nothing is lost, since whoever sent it
    /// hears of the failure and by its settings sends it again. Messages and records one by one, and only
    /// those again that failed: that is [`batch`](crate::batch).
    ///
    /// Handlers are asked in the order in which they were given, so that the event `Sold` of a bus may have
    /// one before the one of all its events. A second handler of the same type takes the place of the first,
    /// as it does in `http` and `direct`.
    ///
    /// The type of a closure's argument has to be written, `on(|event: SqsEvent, _: Context| …)`. State is
    /// what the closure holds, as in [`Function::direct`].
    #[must_use]
    pub fn on<E: EventType, H: EventHandler<E>>(mut self, handler: H) -> Self {
        let on = On::new::<E, H>(handler);
        match self
            .events
            .iter_mut()
            .find(|known| known.is_of_type_of(&on))
        {
            Some(known) => *known = on,
            None => self.events.push(on),
        }
        self
    }

    /// Answers every event that is left: direct invocations, API Gateway's non-proxy integration, and the
    /// events of services that no [`Function::on`] is for.
    ///
    /// The event is read as `T`; an event that is not a `T` fails the invocation with the type
    /// `InvalidEvent` and a message that says where, a panic with `HandlerPanicked` and the panic's text:
    /// who invokes directly is trusted with more than a client of HTTP. State is what the closure holds:
    ///
    /// ```
    /// # use powertools::{Context, Function, InvocationError};
    /// # #[derive(Clone)] struct Shop { name: &'static str }
    /// # let shop = Shop { name: "corner" };
    /// let function = Function::new().direct(move |order: u64, _: Context| {
    ///     let shop = shop.clone();
    ///     async move { Ok::<_, InvocationError>(format!("{order} of {}", shop.name)) }
    /// });
    /// ```
    #[must_use]
    pub fn direct<T, R, E, F>(
        mut self,
        handler: impl Fn(T, Context) -> F + Send + Sync + 'static,
    ) -> Self
    where
        T: DeserializeOwned + Send + 'static,
        R: Serialize,
        E: Into<InvocationError>,
        F: Future<Output = Result<R, E>> + Send + 'static,
    {
        self.direct = Some(erased::<T, _>(handler));
        self
    }

    /// Who takes an event that no front end sent.
    fn handler_of(&self, event: &event::Event) -> Option<&dyn AnyEventHandler> {
        if !self.events.is_empty() {
            let origin = event.origin();
            if let Some(on) = self.events.iter().find(|on| on.takes(&origin)) {
                return Some(on.handler());
            }
        }
        self.direct.as_deref()
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Function")
            .field("http", &self.http.as_ref().map(|http| http.listing()))
            .field(
                "websocket",
                &self.websocket.as_ref().map(|router| router.listing()),
            )
            .field("on", &self.events)
            .field("direct", &self.direct.is_some())
            .finish()
    }
}

impl App for Function {
    async fn invoke(&self, event: Bytes, context: Context) -> Result<Reply, InvocationError> {
        let limits = self
            .http
            .as_ref()
            .map_or_else(Limits::default, |http| http.accepted());
        let sockets = self.websocket.as_ref().map(|sockets| sockets.accepted());
        match event::decode_for(event, context, &limits, sockets.as_ref()) {
            Ok(Decoded::Http(request)) => respond_if_any(&self.http, request).await,
            Ok(Decoded::WebSocket(request)) => respond_if_any(&self.websocket, request).await,
            Ok(Decoded::Other(event)) => match self.handler_of(&event) {
                Some(handler) => {
                    let invoked = caught(async { handler.invoke(event).await }).await;
                    invoked.unwrap_or_else(|panic| {
                        let message = format!("the handler panicked: {panic}");
                        Err(InvocationError::new("HandlerPanicked", message))
                    })
                }
                None => Err(InvocationError::unknown_event(&event)),
            },
            Err(error) => {
                let router = match &error {
                    DecodeError::Rejected {
                        source: Source::WebSocket,
                        ..
                    } => &self.websocket,
                    _ => &self.http,
                };
                refuse(error, |headers, id, response| match router {
                    Some(router) => router.finish(headers, id, response),
                    None => report(response, id),
                })
            }
        }
    }

    fn listing(&self) -> Vec<(String, String)> {
        self.http
            .as_ref()
            .map(|http| http.listing())
            .unwrap_or_default()
    }

    fn is_http(&self) -> bool {
        self.http.is_some()
    }

    fn is_direct(&self) -> bool {
        self.direct.is_some() || !self.events.is_empty()
    }

    fn events(&self) -> Vec<String> {
        self.events.iter().map(On::event).collect()
    }

    fn websocket(&self) -> Option<Vec<String>> {
        let routes = self.websocket.as_ref()?.listing();
        Some(routes.into_iter().map(|(_, key)| key).collect())
    }

    #[cfg(feature = "openapi")]
    fn routes_document(&self, change: Change<'_>) -> Option<Documented> {
        self.http.as_ref()?.routes_document(change)
    }
}

/// As a function that answers nothing else.
#[cfg(feature = "websocket")]
impl<S: Send + Sync + 'static> App for crate::websocket::Router<S> {
    async fn invoke(&self, event: Bytes, context: Context) -> Result<Reply, InvocationError> {
        let function = Function::new().websocket(self.clone());
        function.invoke(event, context).await
    }

    fn listing(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn is_http(&self) -> bool {
        false
    }

    fn websocket(&self) -> Option<Vec<String>> {
        Some(self.keys().map(str::to_owned).collect())
    }
}

/// Asks the router of requests of this kind, if the function has one.
async fn respond_if_any(
    router: &Option<Arc<dyn AnyRouter>>,
    request: Box<Request>,
) -> Result<Reply, InvocationError> {
    match router {
        Some(router) => Ok(router.respond(request).await),
        None => Err(InvocationError::no_router(request.source())),
    }
}

/// A reply on its way.
type Replying<'a> = Pin<Box<dyn Future<Output = Reply> + Send + 'a>>;

/// A router of HTTP or of a WebSocket.
trait AnyRouter: Send + Sync {
    fn respond(&self, request: Box<Request>) -> Replying<'_>;
    fn accepted(&self) -> Limits;
    fn finish(&self, headers: &Headers, request_id: &str, response: &mut Response);
    fn listing(&self) -> Vec<(String, String)>;
    #[cfg(feature = "openapi")]
    fn routes_document(&self, change: Change<'_>) -> Option<Documented>;
}

impl<H: HttpApp> AnyRouter for H {
    fn respond(&self, request: Box<Request>) -> Replying<'_> {
        Box::pin(respond(self, request))
    }

    fn accepted(&self) -> Limits {
        HttpApp::accepted(self)
    }

    fn finish(&self, headers: &Headers, request_id: &str, response: &mut Response) {
        HttpApp::finish(self, headers, request_id, response);
    }

    fn listing(&self) -> Vec<(String, String)> {
        HttpApp::listing(self)
    }

    #[cfg(feature = "openapi")]
    fn routes_document(&self, change: Change<'_>) -> Option<Documented> {
        HttpApp::routes_document(self, change)
    }
}

#[cfg(feature = "websocket")]
impl<S: Send + Sync + 'static> AnyRouter for crate::websocket::Router<S> {
    fn respond(&self, request: Box<Request>) -> Replying<'_> {
        Box::pin(async move {
            let response = self.handle_boxed(request).await;
            Reply::Http(event::Reply::new(Source::WebSocket, response))
        })
    }

    fn accepted(&self) -> Limits {
        Self::accepted(self)
    }

    fn finish(&self, headers: &Headers, request_id: &str, response: &mut Response) {
        self.finish_refusal(headers, request_id, response);
    }

    /// Keys without methods.
    fn listing(&self) -> Vec<(String, String)> {
        self.keys()
            .map(|key| (String::new(), key.to_owned()))
            .collect()
    }

    /// OpenAPI knows no routes of messages.
    #[cfg(feature = "openapi")]
    fn routes_document(&self, _: Change<'_>) -> Option<Documented> {
        None
    }
}

/// What an invocation gives back.
#[derive(Debug)]
#[doc(hidden)]
pub enum Reply {
    /// In the shape of the front end that asked.
    Http(event::Reply),
    /// What the handler of an event, or of direct invocations, returned.
    Json(Box<RawValue>),
}

/// A failed invocation, as Lambda reports it: `errorType` and `errorMessage`.
///
/// For events that are not HTTP. A handler of HTTP requests answers its client instead, because a
/// front end turns a failed invocation into a 502 that says nothing.
pub struct InvocationError {
    pub(crate) error_type: Cow<'static, str>,
    pub(crate) message: String,
}

impl InvocationError {
    /// A failure of this type, with a message that the caller sees.
    #[must_use]
    pub fn new(error_type: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            error_type: error_type.into(),
            message: message.into(),
        }
    }

    /// `errorType`.
    #[must_use]
    pub fn error_type(&self) -> &str {
        &self.error_type
    }

    /// `errorMessage`.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The same, as far as the message may repeat what a caller sent.
    pub(crate) fn brief(error_type: &'static str, message: String) -> Self {
        Self::new(error_type, event::brief(message.into()))
    }

    fn no_router(source: Source) -> Self {
        let message = match source {
            Source::WebSocket => {
                format!("a request came from a {source}, but this function has no router of one")
            }
            _ => format!(
                "a request came from a source of HTTP ({source}), but this function answers none"
            ),
        };
        Self::new("UnknownEvent", message)
    }

    fn unknown_event(event: &event::Event) -> Self {
        let received = match event.keys() {
            [] => "it is not an object with keys".to_owned(),
            keys => format!("its keys are `{}`", keys.join("`, `")),
        };
        let origin = event.origin();
        let way = match origin.is_socket() {
            true => "`Function::websocket`",
            false => "`Function::on` or `direct`",
        };
        let message = match origin.marked() {
            Some(event) => {
                format!("there is no handler for {event}: {way} gives one; {received}")
            }
            None => format!(
                "the event is from no HTTP front end and there is no direct handler; {received}"
            ),
        };
        Self::brief("UnknownEvent", message)
    }
}

/// The error's type becomes `errorType`, its text `errorMessage`.
impl<E: StdError + Send + Sync + 'static> From<E> for InvocationError {
    fn from(error: E) -> Self {
        Self::new(crate::causes::type_name::<E>(), error.to_string())
    }
}

impl fmt::Display for InvocationError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.error_type, self.message)
    }
}

impl fmt::Debug for InvocationError {
    /// One readable line: lambda_runtime logs a failed invocation in its debug form.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the invocation failed: {self}")
    }
}
