//! One operation: gathered from the types of a handler, completed by hand, written elsewhere.

use std::{any::type_name, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::describe::Schemas;

/// What is told of one operation.
///
/// Types tell most of it ([`DescribeRequest`](super::DescribeRequest),
/// [`DescribeResponse`](super::DescribeResponse)); the rest is said with
/// [`OpenApi::operation`](super::OpenApi::operation).
#[derive(Clone, Debug, Default)]
pub struct Operation {
    pub(super) summary: Option<String>,
    pub(super) description: Option<String>,
    /// Those of its module unless said.
    pub(super) tags: Option<Vec<String>>,
    pub(super) is_deprecated: bool,
    /// Those of the whole document unless said.
    pub(super) security: Option<Vec<String>>,
    /// What all parameters of the path are read as.
    pub(super) path: Option<Shape>,
    pub(super) queries: Vec<(Shape, Presence)>,
    pub(super) parameters: Vec<Parameter>,
    /// By the parameters' names.
    pub(super) parameter_examples: BTreeMap<String, Value>,
    pub(super) body: Option<RequestBody>,
    pub(super) body_example: Option<Value>,
    pub(super) answers: BTreeMap<Status, Answer>,
    /// Types that have no schema, and types of which nothing is known.
    pub(super) untyped: Vec<&'static str>,
}

/// A type and how its schema is made, if it has one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) schema: Option<fn(&mut SchemaGenerator) -> Schema>,
}

/// Whether a client has to send something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Required,
    Optional,
}

/// A header or a cookie.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) place: &'static str,
    pub(super) presence: Presence,
    pub(super) description: String,
}

#[derive(Clone, Debug)]
pub(super) struct RequestBody {
    pub(super) content: Content,
    pub(super) presence: Presence,
}

/// A media type, and what is in it.
#[derive(Clone, Debug)]
pub(super) struct Content {
    pub(super) media: String,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Bytes,
    Typed(Shape),
    Problem,
}

/// Which answers are spoken of, in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    Code(u16),
    /// Some 2xx that only the handler knows.
    Success,
    /// All others.
    Other,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    pub(super) description: Option<String>,
    pub(super) content: Vec<Content>,
    /// What is in it, unless the type says so.
    pub(super) example: Option<Value>,
    /// Names, and what is in them.
    pub(super) headers: BTreeMap<String, String>,
}

impl Operation {
    /// Says what it does, in one line; the first paragraph of the doc comment unless said.
    pub fn summary(&mut self, text: impl Into<String>) -> &mut Self {
        self.summary = Some(text.into());
        self
    }

    /// Says more of it, as Markdown; the rest of the doc comment unless said.
    pub fn description(&mut self, text: impl Into<String>) -> &mut Self {
        self.description = Some(text.into());
        self
    }

    /// Groups it with others of this tag; the name of its module unless said.
    pub fn tag(&mut self, name: impl Into<String>) -> &mut Self {
        self.tags.get_or_insert_default().push(name.into());
        self
    }

    /// Warns clients off it, as `#[deprecated]` does.
    pub fn deprecated(&mut self) -> &mut Self {
        self.is_deprecated = true;
        self
    }

    /// Asks for a security scheme of the document, in place of those that all operations ask for. Said
    /// again, either will do.
    pub fn security(&mut self, scheme: impl Into<String>) -> &mut Self {
        self.security.get_or_insert_default().push(scheme.into());
        self
    }

    /// Lets everybody in, whatever other operations ask for.
    pub fn without_security(&mut self) -> &mut Self {
        self.security = Some(Vec::new());
        self
    }

    /// A header that a client has to send.
    pub fn header(&mut self, name: impl Into<String>, text: impl Into<String>) -> &mut Self {
        self.parameter("header", name.into(), text.into(), Presence::Required)
    }

    /// A header that a client may send.
    pub fn optional_header(
        &mut self,
        name: impl Into<String>,
        text: impl Into<String>,
    ) -> &mut Self {
        self.parameter("header", name.into(), text.into(), Presence::Optional)
    }

    /// A cookie that a client has to send.
    pub fn cookie(&mut self, name: impl Into<String>, text: impl Into<String>) -> &mut Self {
        self.parameter("cookie", name.into(), text.into(), Presence::Required)
    }

    /// A cookie that a client may send.
    pub fn optional_cookie(
        &mut self,
        name: impl Into<String>,
        text: impl Into<String>,
    ) -> &mut Self {
        self.parameter("cookie", name.into(), text.into(), Presence::Optional)
    }

    fn parameter(
        &mut self,
        place: &'static str,
        name: String,
        description: String,
        presence: Presence,
    ) -> &mut Self {
        // Said again it is said better.
        self.parameters
            .retain(|known| known.place != place || known.name != name);
        self.parameters.push(Parameter {
            name,
            place,
            presence,
            description,
        });
        self
    }

    /// A body of this type that a client has to send, for a handler that reads it itself.
    pub fn body<T: JsonSchema>(&mut self, media_type: impl Into<String>) -> &mut Self {
        let shape = self.shape::<T, super::Typed>();
        self.take_body(media_type, Kind::Typed(shape))
    }

    /// An answer, and what it means.
    pub fn answer(&mut self, status: u16, text: impl Into<String>) -> &mut Self {
        let answer = self.answers.entry(Status::Code(status)).or_default();
        answer.description = Some(text.into());
        self
    }

    /// An answer in JSON.
    pub fn json<T: JsonSchema>(&mut self, status: u16, text: impl Into<String>) -> &mut Self {
        let shape = self.shape::<T, super::Typed>();
        self.add(Status::Code(status), "application/json", Kind::Typed(shape));
        self.answer(status, text)
    }

    /// A header of the answer of this status.
    pub fn answer_header(
        &mut self,
        status: u16,
        name: impl Into<String>,
        text: impl Into<String>,
    ) -> &mut Self {
        let answer = self.answers.entry(Status::Code(status)).or_default();
        answer.headers.insert(name.into(), text.into());
        self
    }

    /// An example of the body that a client sends, in place of its type's (`#[schemars(example = …)]`).
    ///
    /// ```
    /// use powertools::openapi::OpenApi;
    /// use serde_json::json;
    ///
    /// let api = OpenApi::new("shop", "1.0.0").operation("create", |create| {
    ///     create
    ///         .example(json!({ "product": "tea", "count": 2 }))
    ///         .answer_example(201, json!({ "id": 7, "product": "tea", "count": 2 }));
    /// });
    /// ```
    pub fn example(&mut self, value: impl Into<Value>) -> &mut Self {
        self.body_example = Some(value.into());
        self
    }

    /// An example of the answer of this status, in place of its type's.
    pub fn answer_example(&mut self, status: u16, value: impl Into<Value>) -> &mut Self {
        let answer = self.answers.entry(Status::Code(status)).or_default();
        answer.example = Some(value.into());
        self
    }

    /// An example of the parameter of this name, be it in the path, the query, a header or a cookie.
    pub fn parameter_example(
        &mut self,
        name: impl Into<String>,
        value: impl Into<Value>,
    ) -> &mut Self {
        self.parameter_examples.insert(name.into(), value.into());
        self
    }

    /// A failure of this status, as problem details.
    pub fn problem(&mut self, status: u16) -> &mut Self {
        self.fail(Status::Code(status))
    }

    /// Gives the success whose status the types do not tell, or tell wrongly, this one.
    pub fn success(&mut self, status: u16) -> &mut Self {
        let successes = |key: &Status| match key {
            Status::Code(code) => (200..300).contains(code),
            Status::Success => true,
            Status::Other => false,
        };
        let known: Vec<Status> = self.answers.keys().copied().filter(successes).collect();
        let mut answer = Answer::default();
        for key in known {
            answer = self.answers.remove(&key).unwrap_or_default();
        }
        self.answers.insert(Status::Code(status), answer);
        self
    }

    /// Leaves out what the types told of this status.
    pub fn without_answer(&mut self, status: u16) -> &mut Self {
        self.answers.remove(&Status::Code(status));
        self
    }

    /// What a type is, as far as it can be told.
    pub(super) fn shape<T: ?Sized, M: Schemas<T>>(&mut self) -> Shape {
        if M::OF.is_none() {
            self.unknown(type_name::<T>());
        }
        Shape { schema: M::OF }
    }

    /// Remembers a type of which something could not be told.
    pub(super) fn unknown(&mut self, name: &'static str) -> &mut Self {
        if !self.untyped.contains(&name) {
            self.untyped.push(name);
        }
        self
    }

    pub(super) fn take_body(&mut self, media: impl Into<String>, kind: Kind) -> &mut Self {
        let is_typed = |body: &RequestBody| matches!(body.content.kind, Kind::Typed(_));
        if self.body.as_ref().is_some_and(is_typed) && !matches!(kind, Kind::Typed(_)) {
            // Of two arguments that read the body, the one that says more is the one to tell of.
            return self;
        }
        let media = media.into();
        self.body = Some(RequestBody {
            content: Content { media, kind },
            presence: Presence::Required,
        });
        self
    }

    pub(super) fn add(&mut self, status: Status, media: &str, kind: Kind) -> &mut Self {
        let answer = self.answers.entry(status).or_default();
        answer.content.retain(|known| known.media != media);
        answer.content.push(Content {
            media: media.to_owned(),
            kind,
        });
        self
    }

    /// An answer without content.
    pub(super) fn add_empty(&mut self, status: Status) -> &mut Self {
        self.answers.entry(status).or_default();
        self
    }

    pub(super) fn fail(&mut self, status: Status) -> &mut Self {
        self.add(status, "application/problem+json", Kind::Problem)
    }

    /// Failures whose status only the program knows.
    pub(super) fn any_failure(&mut self) -> &mut Self {
        self.fail(Status::Other)
    }

    /// Answers of which nothing is known.
    pub(super) fn any_answer(&mut self) -> &mut Self {
        self.answers.insert(Status::Other, Answer::default());
        self
    }

    /// Takes over what another one says, but for its answers.
    pub(super) fn merge_request(&mut self, other: Self) {
        self.path = self.path.or(other.path);
        self.queries.extend(other.queries);
        self.parameters.extend(other.parameters);
        self.parameter_examples.extend(other.parameter_examples);
        self.body = self.body.take().or(other.body);
        self.body_example = self.body_example.take().or(other.body_example);
        for name in other.untyped {
            self.unknown(name);
        }
    }

    pub(super) fn merge_answers(&mut self, answers: BTreeMap<Status, Answer>) {
        for (status, answer) in answers {
            let known = self.answers.entry(status).or_default();
            known.description = known.description.take().or(answer.description);
            known.example = known.example.take().or(answer.example);
            known.headers.extend(answer.headers);
            for content in answer.content {
                known.content.retain(|had| had.media != content.media);
                known.content.push(content);
            }
        }
    }

    /// Takes over the answers of another one.
    pub(super) fn take_answers(&mut self, other: Self) {
        self.merge_answers(other.answers);
        for name in other.untyped {
            self.unknown(name);
        }
    }

    /// Gives answers other statuses.
    pub(super) fn restate(&mut self, status: impl Fn(Status) -> Status) {
        for (key, answer) in std::mem::take(&mut self.answers) {
            self.merge_answers(BTreeMap::from([(status(key), answer)]));
        }
    }

    pub(super) fn make_body_optional(&mut self) {
        if let Some(body) = &mut self.body {
            body.presence = Presence::Optional;
        }
    }

    /// Lets a client leave out everything that it has to send so far.
    pub(super) fn make_optional(&mut self) {
        for (_, presence) in &mut self.queries {
            *presence = Presence::Optional;
        }
        for parameter in &mut self.parameters {
            parameter.presence = Presence::Optional;
        }
        if let Some(body) = &mut self.body {
            body.presence = Presence::Optional;
        }
    }
}
