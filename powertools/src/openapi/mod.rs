//! A document of the routes: OpenAPI, as API Gateway imports it and as people read it.
//!
//! The route table knows paths and methods, the types of a handler what is taken and answered, and its doc
//! comment what it is for. A document is made of these when somebody asks for it, and nothing of it runs
//! before.
//!
//! ```
//! # #[cfg(feature = "macros")] {
//! use powertools::{
//!     openapi::{OpenApi, Target},
//!     router::{Error, Json, Path, Router, get, post, routes},
//! };
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! /// An order as the shop shows it.
//! #[derive(JsonSchema, Serialize)]
//! struct Order {
//!     id: u64,
//!     note: Option<String>,
//! }
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct NewOrder {
//!     note: Option<String>,
//! }
//!
//! /// Shows one order.
//! ///
//! /// Orders of the last ten years are kept.
//! #[get("/orders/{id}")]
//! async fn show(Path(id): Path<u64>) -> Result<Json<Order>, Error> {
//!     Err(Error::not_found(format!("there is no order {id}")))
//! }
//!
//! /// Takes an order.
//! #[post("/orders")]
//! async fn create(Json(order): Json<NewOrder>) -> Json<Order> {
//!     Json(Order { id: 1, note: order.note })
//! }
//!
//! let api = OpenApi::new("shop", "1.0.0").operation("show", |show| {
//!     show.problem(404);
//! });
//! let router = Router::new(routes![show, create])?.openapi(api);
//!
//! let yaml = router.document()?.to_yaml();
//! assert!(yaml.contains("summary: Shows one order."));
//! assert!(yaml.contains("uri: \"${lambda_arn}\""));
//!
//! let plain = router.document_for(Target::Plain)?;
//! let answers = &plain.as_value()["paths"]["/orders/{id}"]["get"]["responses"];
//! assert_eq!(answers["404"]["content"]["application/problem+json"]["schema"]["$ref"],
//!     "#/components/schemas/ProblemDetails");
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! schemars is a dependency of yours, for its derive macro: `schemars = "1"`.
//!
//! Types of one name are counted (`Page`, `Page2`); a generic one says what it is of with
//! `#[schemars(rename = "Page_of_{T}")]`. What front ends answer by themselves, a REST API's 403 for a path that it
//! does not know, say, is not in the document, which speaks for the function.
//!
//! # On the command line
//!
//! Where the function is served on localhost (see `powertools::local`), its first argument may be `openapi`:
//!
//! ```console
//! $ cargo run -- openapi --out openapi.yaml
//! $ cargo run -- openapi --target plain --openapi 3.1 --format json
//! ```
//!
//! Without `--out` the document is printed. With it the file is written once the document is made, and stays as
//! it was if that fails; a shell's `> openapi.yaml` empties it first.
//!
//! A committed document is kept current by a test that compares it:
//!
//! ```ignore
//! let current = router.document()?.to_yaml();
//! assert_eq!(include_str!("../openapi.yaml"), current, "renew it: cargo run -- openapi --out openapi.yaml");
//! ```
//!
//! # What types tell
//!
//! | argument | in the document |
//! | --- | --- |
//! | `Path<T>` | parameters of the path by the type of each; 400 |
//! | `Query<T>` | a parameter for each field, of an enum for each field of its variants; 400 |
//! | `Json<T>`, `Form<T>` | the body; 400, 413, 415, 422 |
//! | `Valid<…>` | what is within; 422 |
//! | `String`, `Bytes` | a body of any type; 400, 413 |
//! | `TypedHeader<T>` | a header; 400 |
//! | `Option<…>` | the same, and it may be left out |
//! | others of this crate | nothing that a client has to know of |
//! | your own | what its [`DescribeRequest`] says |
//!
//! | answer | in the document |
//! | --- | --- |
//! | `Json<T>`, text, `Html`, bytes | 200 |
//! | `()` | 204 |
//! | `Created<T>` | 201, with a `location`; [`Created`](crate::router::Created) |
//! | `Accepted<T>` | 202 |
//! | `(StatusCode, T)` | `2XX`, of a REST API 200: the type does not say which; [`Operation::success`] does |
//! | `Result<T, E>` | those of both; an error's are `default` where the type does not say more |
//! | `Error`, `Rejection`, `Problem` | `default`: problem details |
//! | `Response`, `impl IntoResponse` | `default`: anything |
//! | your own | what its [`DescribeResponse`] says |
//!
//! A type's example (`#[schemars(example = …)]`) is that of every operation which takes or answers it;
//! [`Operation::example`], [`Operation::answer_example`] and [`Operation::parameter_example`] give others.
//!
//! Every operation may also fail with 500, as problem details. A type without `JsonSchema` or one of our
//! traits is no error: the feature must not break a program that builds without it. The document then says as
//! much as is known, and [`Document::notes`] what is missing; a test can insist that there are none.
//!
//! A route that is listed by hand, with [`Route::new`](crate::router::Route::new), is there without types. What
//! the types cannot tell is said with [`OpenApi::operation`].
//!
//! # Versions
//!
//! 3.0.3, since API Gateway imports nothing newer; 3.1.0 on request. In 3.0 some things of JSON Schema have
//! other words (`nullable`), others none: tuples become lists, constants lists of one.
//!
//! # For API Gateway
//!
//! [`Target::RestApi`], which is the default, and [`Target::HttpApi`] add the integration of each operation
//! with the function ([`Gateway`]) and its authorizer ([`SecurityScheme`]). The document is then a template of
//! Terraform, for `templatefile("openapi.yaml", { lambda_arn = aws_lambda_function.this.invoke_arn })`:
//! `${lambda_arn}` is filled in, and what looks like a template in a doc comment is escaped.
//!
//! A scheme that is asked for and that the target cannot check is an error, since the API would be open.
//!
//! API Gateway knows only the methods that are in the document. HEAD of a GET is not among them unless you
//! write one; the OPTIONS of a preflight is, where the router's [`Cors`](crate::router::Cors) answers it.

use std::{fmt, sync::Arc};

use http::Method;
use serde_json::Value;

mod describe;
mod document;
mod gateway;
mod inputs;
mod operation;
mod outputs;
mod parameters;
mod paths;
mod schema;
mod security;
mod write;

#[doc(hidden)]
pub use self::describe::{Description, Probe, probes};
pub use self::{
    describe::{DescribeRequest, DescribeResponse, Schemas, Typed, Untyped},
    gateway::{Gateway, GatewayCors},
    operation::Operation,
    security::SecurityScheme,
};

type Change = Arc<dyn Fn(&mut Operation) + Send + Sync>;

/// What a document says that no route knows.
#[derive(Clone)]
pub struct OpenApi {
    title: String,
    /// Of the API.
    release: String,
    description: Option<String>,
    servers: Vec<(String, String)>,
    tags: Vec<(String, String)>,
    schemes: Vec<(String, SecurityScheme)>,
    security: Vec<String>,
    changes: Vec<(String, Change)>,
    gateway: Gateway,
    target: Target,
    version: Version,
}

/// Who is to read a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// People and programs: nothing of AWS's is in it.
    Plain,
    /// `import-rest-api`, or the body of Terraform's `aws_api_gateway_rest_api`.
    #[default]
    RestApi,
    /// `import-api`, or the body of Terraform's `aws_apigatewayv2_api`.
    HttpApi,
}

/// The version of OpenAPI.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Version {
    /// 3.0.3, which API Gateway imports.
    #[default]
    V3_0,
    /// 3.1.0, whose schemas are JSON Schema 2020-12.
    V3_1,
}

/// A document, ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    root: Value,
    notes: Vec<String>,
}

/// What keeps routes from being a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Two patterns that the router can tell apart, and OpenAPI cannot.
    #[error(
        "`{first}` and `{second}` are one path to OpenAPI, which knows no parameter that takes the rest: \
         write the document for API Gateway, or rename a literal segment"
    )]
    Ambiguous {
        /// The pattern of the earlier route.
        first: String,
        /// The pattern of the later route.
        second: String,
    },
    /// A pattern that no REST API can have.
    #[error(
        "pattern `{pattern}`: a REST API takes letters, digits and `_-.,:` in a path, and `{segment}` has \
         others; an HTTP API takes it"
    )]
    Segment {
        /// The pattern.
        pattern: String,
        /// The segment.
        segment: String,
    },
    /// [`OpenApi::operation`] of one that is not there.
    #[error("there is no operation `{id}`; there are `{}`", .known.join("`, `"))]
    NoSuchOperation {
        /// What was asked for.
        id: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A security scheme that is asked for, and that this reader cannot check.
    #[error("security scheme `{name}`: {reason}")]
    Unchecked {
        /// The scheme.
        name: String,
        /// Why it would be no protection.
        reason: &'static str,
    },
    /// A security scheme that nobody described.
    #[error("there is no security scheme `{name}`: describe it with `OpenApi::security_scheme`")]
    NoSuchScheme {
        /// What was asked for.
        name: String,
    },
}

/// Everything that keeps routes from being a document.
#[derive(Clone, PartialEq, Eq)]
pub struct DocumentErrors(Vec<DocumentError>);

/// The routes as a document sees them.
#[derive(Clone, Debug)]
pub(crate) struct Routing {
    pub(crate) routes: Vec<Outline>,
    /// Whether failures have a form of the application's own.
    pub(crate) has_own_problems: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Outline {
    pub(crate) methods: Vec<Method>,
    pub(crate) pattern: String,
    pub(crate) pieces: Vec<Piece>,
    /// The handler's path.
    pub(crate) name: &'static str,
    pub(crate) description: Option<Description>,
    /// Whether middleware may answer in the handler's place.
    pub(crate) is_wrapped: bool,
    /// Whether pages of other origins may ask.
    pub(crate) is_shared: bool,
}

/// What stands between two slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Literal(String),
    One(String),
    Rest(String),
}

impl OpenApi {
    /// A document with this title, of an API in this version: `env!("CARGO_PKG_VERSION")`, say.
    #[must_use]
    pub fn new(title: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            release: version.into(),
            description: None,
            servers: Vec::new(),
            tags: Vec::new(),
            schemes: Vec::new(),
            security: Vec::new(),
            changes: Vec::new(),
            gateway: Gateway::new(),
            target: Target::default(),
            version: Version::default(),
        }
    }

    /// Says what the API is for, as Markdown.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Adds a place where the API is served; the text may be empty.
    #[must_use]
    pub fn server(mut self, url: impl Into<String>, text: impl Into<String>) -> Self {
        self.servers.push((url.into(), text.into()));
        self
    }

    /// Says what operations of this tag have in common. Tags are the names of the handlers' modules, unless
    /// [`Operation::tag`] says others.
    #[must_use]
    pub fn tag(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.tags.push((name.into(), text.into()));
        self
    }

    /// Describes a way of saying who asks. That it is asked for is said with [`security`](Self::security), or of
    /// one operation with [`Operation::security`].
    #[must_use]
    pub fn security_scheme(mut self, name: impl Into<String>, scheme: SecurityScheme) -> Self {
        self.schemes.push((name.into(), scheme));
        self
    }

    /// Asks for this scheme wherever an operation does not say otherwise. Said again, either will do.
    #[must_use]
    pub fn security(mut self, scheme: impl Into<String>) -> Self {
        self.security.push(scheme.into());
        self
    }

    /// Says of one operation what its types cannot tell. Its id is the handler's name; where several would
    /// have the same, each begins with its module's, and if need be ends with its method's.
    ///
    /// ```
    /// use powertools::openapi::OpenApi;
    ///
    /// let api = OpenApi::new("shop", "1.0.0").operation("create", |create| {
    ///     create.success(201).problem(409).tag("orders");
    /// });
    /// ```
    #[must_use]
    pub fn operation(
        mut self,
        id: impl Into<String>,
        change: impl Fn(&mut Operation) + Send + Sync + 'static,
    ) -> Self {
        self.changes.push((id.into(), Arc::new(change)));
        self
    }

    /// Says how API Gateway reaches the function.
    #[must_use]
    pub fn gateway(mut self, gateway: Gateway) -> Self {
        self.gateway = gateway;
        self
    }

    /// Says who is to read it; REST APIs unless set.
    #[must_use]
    pub const fn target(mut self, target: Target) -> Self {
        self.target = target;
        self
    }

    /// Chooses the version of OpenAPI; 3.0 unless set.
    #[must_use]
    pub const fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// Makes the document.
    pub(crate) fn document(&self, routing: &Routing) -> Result<Document, DocumentErrors> {
        document::document(self, routing)
    }
}

impl fmt::Debug for OpenApi {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OpenApi")
            .field("title", &self.title)
            .field("release", &self.release)
            .field("target", &self.target)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Document {
    /// The document as YAML.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        write::yaml(&self.root)
    }

    /// The document as JSON, indented.
    #[must_use]
    pub fn to_json(&self) -> String {
        write::json(&self.root)
    }

    /// The document as a value.
    #[must_use]
    pub const fn as_value(&self) -> &Value {
        &self.root
    }

    /// What the document does not say, although the routes have it: types without schemas, methods that
    /// OpenAPI does not know.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

impl DocumentErrors {
    /// The mistakes.
    #[must_use]
    pub fn errors(&self) -> &[DocumentError] {
        &self.0
    }
}

impl fmt::Display for DocumentErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the routes make no OpenAPI document")?;
        for error in &self.0 {
            write!(formatter, "\n  - {error}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for DocumentErrors {
    /// The readable form: this is what `main` or a test's `unwrap` prints.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for DocumentErrors {}
