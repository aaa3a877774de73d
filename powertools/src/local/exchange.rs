//! One HTTP request: into an event, through the function, and back.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};

use super::{
    control, guard,
    ids::Ids,
    invocation::{Function, Invocation, MOST_BYTES, Outcome},
    settings::Show,
    terminal::{self, Ended},
};
use crate::{
    event::Source,
    function::App,
    gateway::{self, Answer, Api, Asked, Hop, Refusal, Routes},
};

/// What API Gateway accepts of a request; Lambda's own limit is below it.
const MOST_BODY_BYTES: usize = 10 * 1024 * 1024;
/// A load balancer's limit, on the request's body and on the reply.
const MOST_BALANCED_BYTES: usize = 1024 * 1024;
/// API Gateway's limit on headers; an HTTP API counts the request line with them.
const MOST_HEADER_BYTES: usize = 10_240;
/// How long a body may take to arrive.
const BODY_PATIENCE: Duration = Duration::from_secs(30);

/// What all ports share.
pub(super) struct Gateway<A> {
    pub(super) function: Function<A>,
    pub(super) api: Api,
    pub(super) show: Show,
    pub(super) hosts: Vec<String>,
    /// The pages about the routes, where they are wanted.
    #[cfg(feature = "openapi")]
    pub(super) docs: Option<super::docs::Docs>,
    /// The function's own patterns.
    pub(super) patterns: Routes,
    /// Takes what a person is to read.
    pub(super) print: fn(&str),
}

/// One front end on its port.
pub(super) struct Port<A> {
    pub(super) gateway: Arc<Gateway<A>>,
    pub(super) source: Source,
    pub(super) number: u16,
    /// Whether lines have to say which one of several it is.
    pub(super) is_one_of_several: bool,
}

/// How an exchange went, besides its answer.
#[derive(Debug, Default)]
pub(super) struct Story {
    cold_start: bool,
    note: Option<String>,
}

impl<A: App> Port<A> {
    pub(super) async fn answer(&self, request: http::Request<Incoming>) -> Answer {
        let mut story = Story::default();
        if self.gateway.show.quiet {
            return self.admit(request, &mut story).await;
        }
        let started = Instant::now();
        let source = self.is_one_of_several.then_some(self.source);
        let title = terminal::title(&request, source);
        let print = self.gateway.print;
        print(&format!("→ {title}\n"));
        let path = request.uri().path().to_owned();
        let answer = self.admit(request, &mut story).await;
        let ended = Ended {
            status: answer.status().as_u16(),
            route: self.gateway.patterns.pattern(&path).map(str::to_owned),
            took: started.elapsed(),
            cold_start: story.cold_start,
            note: story.note,
        };
        print(&terminal::ended(&title, &ended));
        answer
    }

    /// Only who asks for this machine is let in.
    async fn admit(&self, request: http::Request<Incoming>, story: &mut Story) -> Answer {
        let hosts = &self.gateway.hosts;
        if guard::asks_for_this_machine(request.uri(), request.headers(), hosts) {
            return self.exchange(request, story).await;
        }
        let text = "the Host header does not name this machine; ask for localhost, or allow the \
                    name with the setting `host`";
        gateway::message(StatusCode::FORBIDDEN, text)
    }

    async fn exchange(&self, request: http::Request<Incoming>, story: &mut Story) -> Answer {
        let (parts, body) = request.into_parts();
        #[cfg(feature = "openapi")]
        if let Some(docs) = &self.gateway.docs
            && let Some(answer) = docs.answer(&parts)
        {
            return answer;
        }
        let is_direct = control::is_invocation(parts.uri.path());
        let body = match self.body(&parts, body).await {
            Ok(body) => body,
            Err(refusal) => return refusal.answer(self.source),
        };
        if is_direct {
            return control::invoke(&self.gateway.function, &parts, body, Ids::new()).await;
        }
        self.request(&parts, &body, story).await
    }

    /// A request whose body is there.
    pub(super) async fn request(&self, parts: &Parts, body: &Bytes, story: &mut Story) -> Answer {
        let ids = Ids::new();
        let mut answer = match self.forward(parts, body, &ids, story).await {
            Ok(answer) => answer,
            Err(refusal) => refusal.answer(self.source),
        };
        self.sign(&mut answer, &ids);
        answer
    }

    /// The body, as far as the front end takes it.
    async fn body(&self, parts: &Parts, body: Incoming) -> Result<Bytes, Refusal> {
        let limit = match self.source {
            Source::Alb | Source::AlbMultiValue => MOST_BALANCED_BYTES,
            _ => MOST_BODY_BYTES,
        };
        let pairs = parts.headers.iter();
        let headers: usize = pairs
            .map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len())
            .sum();
        let target = parts.uri.path_and_query();
        let line = target.map_or(0, |target| target.as_str().len()) + parts.method.as_str().len();
        let is_too_much = match self.source {
            Source::HttpApi | Source::HttpApiV1 => headers + line > MOST_HEADER_BYTES,
            Source::RestApi => headers > MOST_HEADER_BYTES || line > MOST_HEADER_BYTES,
            _ => false,
        };
        if is_too_much {
            return Err(Refusal::HeadersTooLarge);
        }
        // What it says it will send; what it does send is counted as well.
        if body.size_hint().lower() > limit as u64 {
            return Err(Refusal::TooLarge);
        }
        if body.is_end_stream() {
            return Ok(Bytes::new());
        }
        let body = Limited::new(body, limit).collect();
        match tokio::time::timeout(BODY_PATIENCE, body).await {
            Err(_) => Err(Refusal::Slow),
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::TooLarge),
            Ok(Err(_)) => Err(Refusal::BadRequest),
        }
    }

    async fn forward(
        &self,
        parts: &Parts,
        body: &Bytes,
        ids: &Ids,
        story: &mut Story,
    ) -> Result<Answer, Refusal> {
        let Gateway {
            api,
            show,
            function,
            print,
            ..
        } = &*self.gateway;
        let trace = parts.headers.get("x-amzn-trace-id");
        let trace = trace.and_then(|trace| trace.to_str().ok());
        let trace = trace.unwrap_or(&ids.trace);
        let asked = Asked {
            parts,
            body,
            id: match self.source {
                Source::HttpApi | Source::HttpApiV1 => &ids.extended,
                _ => &ids.request,
            },
            extended_id: &ids.extended,
            hop: Some(Hop {
                port: self.number,
                trace_id: trace,
            }),
        };
        let event = gateway::event(self.source, api, asked)?;
        if show.event {
            print(&terminal::shown("event", event.as_bytes()));
        }
        if event.len() > MOST_BYTES {
            story.note = Some(format!(
                "the event has {} bytes, and Lambda takes {MOST_BYTES}",
                event.len()
            ));
            return Err(Refusal::TooLarge);
        }
        let invocation = function.start(event.into(), ids.invocation.clone(), trace);
        story.cold_start = invocation.cold_start;
        let outcome = self.wait(invocation).await.ok_or_else(|| {
            story.note = Some("the front end waits no longer".to_owned());
            Refusal::TimedOut
        })?;
        let reply = match &outcome {
            Outcome::Replied(reply) => reply,
            Outcome::Failed(error) | Outcome::TimedOut(error) => {
                if show.reply {
                    print(&terminal::shown("error", error));
                }
                return Err(Refusal::Failed);
            }
        };
        if show.reply {
            print(&terminal::shown("reply", reply));
        }
        self.read(parts, reply).map_err(|reason| {
            story.note = Some(format!("the reply is none of a {}: {reason}", self.source));
            Refusal::Failed
        })
    }

    fn read(&self, parts: &Parts, reply: &[u8]) -> Result<Answer, String> {
        let is_balanced = matches!(self.source, Source::Alb | Source::AlbMultiValue);
        if is_balanced && reply.len() > MOST_BALANCED_BYTES {
            return Err(format!(
                "it has {} bytes, and {MOST_BALANCED_BYTES} are allowed",
                reply.len()
            ));
        }
        let accept = parts.headers.get(header::ACCEPT);
        let accept = accept.and_then(|accept| accept.to_str().ok());
        gateway::read(self.source, &self.gateway.api, accept, reply)
    }

    /// What comes of an invocation, unless the front end gives up before; the function goes on then.
    ///
    /// Sources: the quotas of REST APIs (29 seconds unless raised) and of HTTP APIs (30 seconds, fixed).
    async fn wait(&self, invocation: Invocation) -> Option<Outcome> {
        let patience = match self.source {
            Source::RestApi => Duration::from_secs(29),
            Source::HttpApi | Source::HttpApiV1 => Duration::from_secs(30),
            _ => return Some(invocation.outcome().await),
        };
        let outcome = tokio::time::timeout(patience, invocation.outcome()).await;
        // Where both end at once, the client was not told what Lambda said.
        let is_late = self.gateway.function.timeout >= patience;
        let told = |outcome: &Outcome| !(is_late && matches!(outcome, Outcome::TimedOut(_)));
        outcome.ok().filter(told)
    }

    /// The ids that a client finds in an answer.
    fn sign(&self, answer: &mut Answer, ids: &Ids) {
        let mut set = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                let name = HeaderName::from_static(name);
                answer.headers_mut().insert(name, value);
            }
        };
        match self.source {
            Source::RestApi => {
                set("x-amzn-requestid", &ids.request);
                set("x-amz-apigw-id", &ids.extended);
                set("x-amzn-trace-id", &ids.trace);
            }
            Source::HttpApi | Source::HttpApiV1 => set("apigw-requestid", &ids.extended),
            Source::FunctionUrl => {
                set("x-amzn-requestid", &ids.request);
                set("x-amzn-trace-id", &ids.trace);
            }
            _ => {}
        }
    }
}
