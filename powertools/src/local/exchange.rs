//! One HTTP request: into an event, through the function, and back.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, header, request::Parts};
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
pub(super) const BODY_PATIENCE: Duration = Duration::from_secs(30);

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

impl<A> Gateway<A> {
    /// The reply, if the function gave one, and the person told of what came.
    pub(super) fn reply(&self, outcome: Outcome, story: &mut Story) -> Option<Vec<u8>> {
        let tell = |what, json: &[u8]| {
            if self.show.reply {
                (self.print)(&terminal::shown(what, json));
            }
        };
        match outcome {
            Outcome::Replied(reply) => {
                tell("reply", &reply);
                Some(reply)
            }
            Outcome::Failed(error) | Outcome::TimedOut(error) => {
                tell("error", &error.json());
                story.note = Some(error.note());
                None
            }
        }
    }
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
    pub(super) cold_start: bool,
    /// The path that was asked for, if the function was invoked.
    pub(super) path: Option<String>,
    pub(super) note: Option<String>,
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
        let answer = self.admit(request, &mut story).await;
        let patterns = &self.gateway.patterns;
        let route = story.path.as_deref().and_then(|path| {
            let inner = gateway::below_mapping(self.source, &self.gateway.api, path);
            patterns.pattern(path).or_else(|| patterns.pattern(inner?))
        });
        let ended = Ended {
            status: answer.status().as_u16(),
            route: route.map(str::to_owned),
            took: started.elapsed(),
            cold_start: story.cold_start,
            note: story.note,
        };
        print(&terminal::ended(&title, &ended));
        answer
    }

    /// Only who asks for this machine is let in.
    async fn admit(&self, request: http::Request<Incoming>, story: &mut Story) -> Answer {
        match guard::stranger(request.uri(), request.headers(), &self.gateway.hosts) {
            Some(refused) => {
                story.note = Some("`Host` does not name this machine".to_owned());
                refused
            }
            None => self.exchange(request, story).await,
        }
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
        let mut ids = Ids::new();
        let body = match self.body(&parts, body).await {
            Ok(body) => body,
            Err(refusal) => return self.refuse(refusal, &ids, story),
        };
        if is_direct {
            let (answer, note) = control::invoke(&self.gateway.function, &parts, body, ids).await;
            story.note = note;
            return answer;
        }
        // A client's own trace goes on.
        let trace = parts.headers.get("x-amzn-trace-id");
        if let Some(trace) = trace.and_then(|trace| trace.to_str().ok()) {
            ids.trace = trace.to_owned();
        }
        self.request(&parts, &body, &ids, story).await
    }

    /// A request whose body is there.
    pub(super) async fn request(
        &self,
        parts: &Parts,
        body: &Bytes,
        ids: &Ids,
        story: &mut Story,
    ) -> Answer {
        match self.forward(parts, body, ids, story).await {
            Ok(mut answer) => {
                self.sign(&mut answer, ids);
                answer
            }
            Err(refusal) => self.refuse(refusal, ids, story),
        }
    }

    fn refuse(&self, refusal: Refusal, ids: &Ids, story: &mut Story) -> Answer {
        let note = || refusal.reason().to_owned();
        story.note.get_or_insert_with(note);
        let mut answer = refusal.answer(self.source);
        self.sign(&mut answer, ids);
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
                trace_id: &ids.trace,
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
        let invocation = function.start(event.into(), ids.invocation.clone(), &ids.trace);
        story.cold_start = invocation.cold_start;
        story.path = Some(parts.uri.path().to_owned());
        let outcome = self.wait(invocation).await.ok_or(Refusal::TimedOut)?;
        let reply = self.gateway.reply(outcome, story).ok_or(Refusal::Failed)?;
        self.read(parts, &reply, story).map_err(|reason| {
            story.note = Some(format!("the reply is none of a {}: {reason}", self.source));
            Refusal::Failed
        })
    }

    fn read(&self, parts: &Parts, reply: &[u8], story: &mut Story) -> Result<Answer, String> {
        let is_balanced = matches!(self.source, Source::Alb | Source::AlbMultiValue);
        if is_balanced && reply.len() > MOST_BALANCED_BYTES {
            return Err(format!(
                "it has {} bytes, and {MOST_BALANCED_BYTES} are allowed",
                reply.len()
            ));
        }
        let api = &self.gateway.api;
        let accept = parts.headers.get(header::ACCEPT);
        let accept = accept.and_then(|accept| accept.to_str().ok());
        let answer = gateway::read(self.source, api, accept, reply)?;
        if self.source == Source::RestApi && !api.undoes_base64(accept) && is_base64(reply) {
            let note = "the body stays base64, as the first type of `Accept` is no `--binary-type`";
            story.note = Some(note.to_owned());
        }
        Ok(answer)
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

/// Whether a reply says that its body is base64.
fn is_base64(reply: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Flag {
        #[serde(rename = "isBase64Encoded")]
        is_base64: bool,
    }
    serde_json::from_slice(reply).is_ok_and(|flag: Flag| flag.is_base64)
}
