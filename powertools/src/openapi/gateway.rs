//! What API Gateway reads in a document beyond OpenAPI: the `x-amazon-apigateway-…` extensions.
//!
//! Source: "OpenAPI extensions for API Gateway" in its developer guide. Values may be variables of
//! Terraform's `templatefile`, `${name}`: everything else in a document has its `${` doubled, so that a doc
//! comment is no template.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Target, security::SecurityScheme};

/// The name of the template's variable for the function, as API Gateway invokes it.
const LAMBDA: &str = "${lambda_arn}";
/// The one for the role that API Gateway takes on to do so.
const ROLE: &str = "${invoke_role_arn}";

/// How API Gateway reaches the function, for documents that it imports.
///
/// Unless told otherwise every operation is a proxy integration with the function `${lambda_arn}`, which
/// Terraform's `templatefile` fills in: the `invoke_arn` of `aws_lambda_function`.
#[derive(Clone, Debug)]
pub struct Gateway {
    lambda: String,
    credentials: Option<String>,
    timeout: Option<Duration>,
    payload: &'static str,
    binary_types: Vec<String>,
    cors: Option<GatewayCors>,
    validates: bool,
}

/// The CORS of an HTTP API, which then answers preflights itself and writes over what the function says.
#[derive(Clone, Debug, Default)]
pub struct GatewayCors {
    origins: Vec<String>,
    methods: Vec<String>,
    headers: Vec<String>,
    exposed: Vec<String>,
    max_age: Option<Duration>,
    credentials: Option<bool>,
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            lambda: LAMBDA.to_owned(),
            credentials: None,
            timeout: None,
            payload: "2.0",
            binary_types: Vec::new(),
            cors: None,
            validates: false,
        }
    }
}

impl Gateway {
    /// A proxy integration of each operation with `${lambda_arn}`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Another URI of the function, or another variable.
    #[must_use]
    pub fn uri(mut self, uri: impl Into<String>) -> Self {
        self.lambda = uri.into();
        self
    }

    /// Invokes the function by the role `${invoke_role_arn}`, and not by a permission on the function.
    #[must_use]
    pub fn invoke_role(self) -> Self {
        self.credentials(ROLE)
    }

    /// The same by another role, or another variable.
    #[must_use]
    pub fn credentials(mut self, arn: impl Into<String>) -> Self {
        self.credentials = Some(arn.into());
        self
    }

    /// How long API Gateway waits; 29 s of a REST API and 30 s of an HTTP API unless set.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sends an HTTP API's events in payload format 1.0, which is the only one of REST APIs.
    #[must_use]
    pub const fn payload_1_0(mut self) -> Self {
        self.payload = "1.0";
        self
    }

    /// The media types that a REST API hands on as bytes, `*/*` for all of them.
    #[must_use]
    pub fn binary_media_types<T: Into<String>>(
        mut self,
        types: impl IntoIterator<Item = T>,
    ) -> Self {
        self.binary_types = types.into_iter().map(Into::into).collect();
        self
    }

    /// Lets an HTTP API answer to other origins itself. A router with a [`Cors`](crate::router::Cors) needs
    /// no such thing, and a REST API knows none.
    #[must_use]
    pub fn cors(mut self, cors: GatewayCors) -> Self {
        self.cors = Some(cors);
        self
    }

    /// Lets a REST API refuse bodies and parameters that are not as described, before the function sees
    /// them. Its answer is its own: 400 and `{"message": …}`.
    #[must_use]
    pub const fn validate_requests(mut self) -> Self {
        self.validates = true;
        self
    }

    /// Whether preflights are API Gateway's matter.
    pub(super) fn answers_preflights(&self, target: Target) -> bool {
        target == Target::HttpApi && self.cors.is_some()
    }

    pub(super) fn integration(&self, target: Target) -> Value {
        let mut integration = Map::new();
        integration.insert("type".into(), "aws_proxy".into());
        // Of the call to Lambda, whatever the client's method was.
        integration.insert("httpMethod".into(), "POST".into());
        integration.insert("uri".into(), self.lambda.clone().into());
        if target == Target::HttpApi {
            // REST APIs have one format and this key is none of theirs.
            integration.insert("payloadFormatVersion".into(), self.payload.into());
        }
        if let Some(role) = &self.credentials {
            integration.insert("credentials".into(), role.clone().into());
        }
        if let Some(timeout) = self.timeout {
            let millis = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
            integration.insert("timeoutInMillis".into(), millis.into());
        }
        integration.into()
    }

    /// What stands at the root of the document.
    pub(super) fn root(&self, target: Target) -> Map<String, Value> {
        let mut root = Map::new();
        if target == Target::RestApi {
            if !self.binary_types.is_empty() {
                let types = self.binary_types.clone();
                root.insert(
                    "x-amazon-apigateway-binary-media-types".into(),
                    types.into(),
                );
            }
            if self.validates {
                let all = json!({ "all": {
                    "validateRequestBody": true,
                    "validateRequestParameters": true,
                } });
                root.insert("x-amazon-apigateway-request-validators".into(), all);
                root.insert("x-amazon-apigateway-request-validator".into(), "all".into());
            }
        }
        if let Some(cors) = self.cors.as_ref().filter(|_| target == Target::HttpApi) {
            root.insert("x-amazon-apigateway-cors".into(), cors.value());
        }
        root
    }
}

impl GatewayCors {
    /// Pages of these origins may ask, `*` for all of them.
    #[must_use]
    pub fn allow_origins<T: Into<String>>(origins: impl IntoIterator<Item = T>) -> Self {
        Self {
            origins: origins.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// With these methods.
    #[must_use]
    pub fn allow_methods<T: Into<String>>(mut self, methods: impl IntoIterator<Item = T>) -> Self {
        self.methods = methods.into_iter().map(Into::into).collect();
        self
    }

    /// With these headers.
    #[must_use]
    pub fn allow_headers<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.headers = names.into_iter().map(Into::into).collect();
        self
    }

    /// And may read these headers of answers.
    #[must_use]
    pub fn expose_headers<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.exposed = names.into_iter().map(Into::into).collect();
        self
    }

    /// And may send what the browser keeps for this site.
    #[must_use]
    pub const fn allow_credentials(mut self) -> Self {
        self.credentials = Some(true);
        self
    }

    /// How long a browser remembers it.
    #[must_use]
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    fn value(&self) -> Value {
        let mut value = Map::new();
        for (key, list) in [
            ("allowOrigins", &self.origins),
            ("allowMethods", &self.methods),
            ("allowHeaders", &self.headers),
            ("exposeHeaders", &self.exposed),
        ] {
            if !list.is_empty() {
                value.insert(key.into(), list.clone().into());
            }
        }
        if let Some(age) = self.max_age {
            value.insert("maxAge".into(), age.as_secs().into());
        }
        if let Some(allowed) = self.credentials {
            value.insert("allowCredentials".into(), allowed.into());
        }
        value.into()
    }
}

/// Takes the meaning of templates from texts that are none: Terraform reads `$${` as `${`.
pub(super) fn escape(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(escaped) = escaped(text) {
                *text = escaped;
            }
        }
        Value::Array(list) => list.iter_mut().for_each(escape),
        Value::Object(map) => {
            let keys: Vec<_> = map
                .keys()
                .filter_map(|key| Some((key.clone(), escaped(key)?)))
                .collect();
            for (key, escaped) in keys {
                if let Some(value) = map.remove(&key) {
                    map.insert(escaped, value);
                }
            }
            map.values_mut().for_each(escape);
        }
        _ => {}
    }
}

fn escaped(text: &str) -> Option<String> {
    let is_template = text.contains("${") || text.contains("%{");
    is_template.then(|| text.replace("${", "$${").replace("%{", "%%{"))
}

/// The security schemes as this target reads them.
pub(super) fn schemes(schemes: &[(String, SecurityScheme)], target: Target) -> Map<String, Value> {
    let schemes = schemes.iter();
    schemes
        .map(|(name, scheme)| (name.clone(), scheme.value(target)))
        .collect()
}
