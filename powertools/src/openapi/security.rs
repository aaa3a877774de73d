//! Who may ask: security schemes, and what API Gateway makes of them.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::Target;

/// How clients say who they are, and who checks it.
///
/// In a plain document it is what OpenAPI knows: an API key, or a token in `authorization`. A document for
/// API Gateway has its authorizer too. Texts may be variables of the template, such as `${user_pool_arn}`.
///
/// ```
/// use powertools::openapi::{OpenApi, SecurityScheme};
///
/// let api = OpenApi::new("orders", "1.0.0")
///     .security_scheme("token", SecurityScheme::cognito(["${user_pool_arn}"]))
///     .security("token");
/// ```
#[derive(Clone, Debug)]
pub struct SecurityScheme {
    kind: Kind,
    description: Option<String>,
    remembered: Option<Duration>,
    extra: Map<String, Value>,
}

#[derive(Clone, Debug)]
enum Kind {
    ApiKey {
        header: String,
    },
    Bearer,
    Jwt {
        issuer: String,
        audience: Vec<String>,
    },
    Cognito {
        pools: Vec<String>,
    },
    Lambda {
        uri: String,
    },
    Iam,
}

impl SecurityScheme {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            description: None,
            remembered: None,
            extra: Map::new(),
        }
    }

    /// A key in this header. `x-api-key` is API Gateway's own: a REST API then asks for one of its keys.
    #[must_use]
    pub fn api_key(header: impl Into<String>) -> Self {
        Self::new(Kind::ApiKey {
            header: header.into(),
        })
    }

    /// A token in `authorization`, which the function checks itself.
    #[must_use]
    pub fn bearer() -> Self {
        Self::new(Kind::Bearer)
    }

    /// A token that an HTTP API checks. REST APIs cannot: theirs are [`cognito`](Self::cognito) and
    /// [`lambda`](Self::lambda).
    #[must_use]
    pub fn jwt<T: Into<String>>(
        issuer: impl Into<String>,
        audience: impl IntoIterator<Item = T>,
    ) -> Self {
        Self::new(Kind::Jwt {
            issuer: issuer.into(),
            audience: audience.into_iter().map(Into::into).collect(),
        })
    }

    /// A token of these Cognito user pools, by their ARNs, which a REST API checks.
    #[must_use]
    pub fn cognito<T: Into<String>>(pools: impl IntoIterator<Item = T>) -> Self {
        Self::new(Kind::Cognito {
            pools: pools.into_iter().map(Into::into).collect(),
        })
    }

    /// A token that another function checks; this is its URI, as API Gateway invokes it.
    #[must_use]
    pub fn lambda(uri: impl Into<String>) -> Self {
        Self::new(Kind::Lambda { uri: uri.into() })
    }

    /// A signature with credentials of AWS, which a REST API checks.
    #[must_use]
    pub fn iam() -> Self {
        Self::new(Kind::Iam)
    }

    /// Says more of it.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// How long API Gateway remembers what a Lambda authorizer said.
    #[must_use]
    pub const fn remembered_for(mut self, age: Duration) -> Self {
        self.remembered = Some(age);
        self
    }

    /// Anything else that stands in a security scheme, in place of what stands there.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(key.into(), value.into());
        self
    }

    pub(super) fn value(&self, target: Target) -> Value {
        let mut value = match target {
            Target::Plain => self.plain(),
            Target::RestApi => self.of_rest_api(),
            Target::HttpApi => self.of_http_api(),
        };
        if let Some(map) = value.as_object_mut() {
            if let Some(description) = &self.description {
                map.insert("description".into(), description.clone().into());
            }
            map.extend(self.extra.clone());
        }
        value
    }

    /// What this target cannot do with it.
    pub(super) fn complaint(&self, target: Target) -> Option<&'static str> {
        match (&self.kind, target) {
            (Kind::Jwt { .. }, Target::RestApi) => {
                Some("a REST API checks no JWT by itself and would let everybody in")
            }
            (Kind::Cognito { .. } | Kind::Iam, Target::HttpApi) => {
                Some("its authorizer is a REST API's, and an HTTP API would let everybody in")
            }
            _ => None,
        }
    }

    fn plain(&self) -> Value {
        match &self.kind {
            Kind::ApiKey { header } => in_header(header),
            Kind::Iam => in_header("Authorization"),
            _ => json!({ "type": "http", "scheme": "bearer" }),
        }
    }

    /// "The securitySchemes type, if used, must be apiKey" (API Gateway, important notes for REST APIs).
    fn of_rest_api(&self) -> Value {
        let mut scheme = match &self.kind {
            Kind::ApiKey { header } => in_header(header),
            _ => in_header("Authorization"),
        };
        let (kind, authorizer) = match &self.kind {
            Kind::ApiKey { .. } | Kind::Bearer | Kind::Jwt { .. } => return scheme,
            Kind::Iam => ("awsSigv4", None),
            Kind::Cognito { pools } => (
                "cognito_user_pools",
                Some(json!({ "type": "cognito_user_pools", "providerARNs": pools })),
            ),
            Kind::Lambda { uri } => {
                let mut authorizer = json!({ "type": "token", "authorizerUri": uri });
                self.remember(&mut authorizer);
                ("custom", Some(authorizer))
            }
        };
        scheme["x-amazon-apigateway-authtype"] = kind.into();
        if let Some(authorizer) = authorizer {
            scheme["x-amazon-apigateway-authorizer"] = authorizer;
        }
        scheme
    }

    fn of_http_api(&self) -> Value {
        const TOKEN: &str = "$request.header.Authorization";
        match &self.kind {
            Kind::Jwt { issuer, audience } => json!({
                "type": "oauth2",
                "flows": {},
                "x-amazon-apigateway-authorizer": {
                    "type": "jwt",
                    "identitySource": TOKEN,
                    "jwtConfiguration": { "issuer": issuer, "audience": audience },
                },
            }),
            Kind::Lambda { uri } => {
                let mut scheme = in_header("Authorization");
                let mut authorizer = json!({
                    "type": "request",
                    "identitySource": TOKEN,
                    "authorizerUri": uri,
                    "authorizerPayloadFormatVersion": "2.0",
                    "enableSimpleResponses": true,
                });
                self.remember(&mut authorizer);
                scheme["x-amazon-apigateway-authorizer"] = authorizer;
                scheme
            }
            _ => self.plain(),
        }
    }

    fn remember(&self, authorizer: &mut Value) {
        if let Some(age) = self.remembered {
            authorizer["authorizerResultTtlInSeconds"] = age.as_secs().into();
        }
    }
}

fn in_header(name: &str) -> Value {
    json!({ "type": "apiKey", "in": "header", "name": name })
}
