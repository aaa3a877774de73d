//! The AWS Parameters and Secrets Lambda Extension: a layer's process on localhost that asks SSM and
//! Secrets Manager for the function, which then needs no SDK.
//!
//! It keeps values itself (300 s unless `SSM_PARAMETER_STORE_TTL` and `SECRETS_MANAGER_TTL` say less), and
//! answers during invocations only, never while the function starts.

use std::{fmt::Write, net::Ipv4Addr, num::NonZeroU16, pin::pin, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt, join},
    net::TcpStream,
    time::timeout,
};
use zeroize::Zeroizing;

use super::{Decryption, Error, ErrorKind, Provider, Query, Selector, Value};
use crate::env;

const NAME: &str = "the Parameters and Secrets extension";
const PORT: u16 = 2773;
const TOKEN: &str = "x-aws-parameters-secrets-token";
/// Of a whole answer: a secret has 64 KiB at most, which base64 and JSON make more of.
const MOST_BYTES: u64 = 1024 * 1024;
/// All but what RFC 3986 calls unreserved.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// SSM parameters or secrets through AWS's Parameters and Secrets extension.
///
/// The function needs its layer, and the permissions that reading from the services themselves would need. It
/// can only be asked **during an invocation**: not in `main`, before the first event.
///
/// An encrypted parameter is decrypted where the query says so, or else [`decrypt`](Self::decrypt); where
/// nobody says either, its value is what it is encrypted to, and a line at WARN says so.
///
/// ```
/// use powertools::parameters::{LambdaExtension, Parameters};
///
/// let parameters = Parameters::new(LambdaExtension::parameters());
/// let secrets = Parameters::new(LambdaExtension::secrets());
/// ```
#[derive(Clone, Debug)]
pub struct LambdaExtension {
    service: Service,
    port: Result<u16, String>,
    token: Token,
    timeout: Duration,
    /// Where a query says nothing.
    decryption: Decryption,
}

#[derive(Clone, Copy, Debug)]
enum Service {
    Parameters,
    Secrets,
}

/// What the function shows the extension. `Debug` writes a mark.
#[derive(Clone)]
struct Token(Option<Zeroizing<String>>);

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(super::value::MARK)
    }
}

impl LambdaExtension {
    /// Parameters of SSM Parameter Store: by version number or label, decrypted if asked.
    #[must_use]
    pub fn parameters() -> Self {
        Self::of(Service::Parameters)
    }

    /// Secrets of Secrets Manager: by version id or stage.
    #[must_use]
    pub fn secrets() -> Self {
        Self::of(Service::Secrets)
    }

    fn of(service: Service) -> Self {
        let port = match env::extension_port() {
            None => Ok(PORT),
            Some(text) => {
                let number = text.trim().parse::<NonZeroU16>();
                number.map(NonZeroU16::get).map_err(|_| text)
            }
        };
        Self {
            service,
            port,
            token: Token(env::session_token().map(Zeroizing::new)),
            timeout: Duration::from_secs(2),
            decryption: Decryption::Unset,
        }
    }

    /// Decrypted, unless a query says otherwise. Secrets always are.
    #[must_use]
    pub fn decrypt(mut self) -> Self {
        self.decryption = Decryption::With;
        self
    }

    /// The port on 127.0.0.1. Unless set, `PARAMETERS_SECRETS_EXTENSION_HTTP_PORT`, or else 2773.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Ok(port);
        self
    }

    /// What shows that it is the function who asks. Unless set, `AWS_SESSION_TOKEN`.
    #[must_use]
    pub fn session_token(mut self, token: impl Into<String>) -> Self {
        self.token = Token(Some(Zeroizing::new(token.into())));
        self
    }

    /// How long an answer may take; 2 s unless set.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// What is asked for: path and query, every value percent-encoded.
    fn target(&self, query: &Query) -> Result<String, Error> {
        let name = utf8_percent_encode(&query.name, ESCAPED);
        let mut target = match self.service {
            Service::Parameters => format!("/systemsmanager/parameters/get?name={name}"),
            Service::Secrets => format!("/secretsmanager/get?secretId={name}"),
        };
        let mut option = |name: &str, value: &str| {
            let value = utf8_percent_encode(value, ESCAPED);
            write!(target, "&{name}={value}").expect("a String takes all that is written to it");
        };
        match (self.service, &query.selector) {
            (_, Selector::Current) => {}
            (Service::Parameters, Selector::Version(number)) => {
                option("version", &number.to_string());
            }
            (Service::Parameters, Selector::Label(label)) => option("label", label),
            (Service::Secrets, Selector::VersionId(id)) => option("versionId", id),
            (Service::Secrets, Selector::Stage(stage)) => option("versionStage", stage),
            (Service::Parameters, _) => {
                return Err(unsupported(
                    "versions of parameters have numbers and labels",
                ));
            }
            (Service::Secrets, _) => {
                return Err(unsupported("versions of secrets have ids and stages"));
            }
        }
        match (self.service, self.decrypts(query)) {
            (Service::Parameters, Decryption::With) => option("withDecryption", "true"),
            (Service::Secrets, Decryption::Without) => {
                return Err(unsupported("secrets only come decrypted"));
            }
            _ => {}
        }
        Ok(target)
    }

    fn decrypts(&self, query: &Query) -> Decryption {
        match query.decryption {
            Decryption::Unset => self.decryption,
            said => said,
        }
    }

    async fn ask(&self, target: Uri) -> Result<(StatusCode, Bytes), Error> {
        let port = self.port.as_ref().map_err(|text| {
            Error::new(ErrorKind::Invalid).remedy(format!(
                "`{text}` is no port; mend PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"
            ))
        })?;
        let Some(token) = &self.token.0 else {
            return Err(Error::new(ErrorKind::AccessDenied).remedy(
                "AWS_SESSION_TOKEN is not set, which Lambda does; there is no extension elsewhere",
            ));
        };
        let mut token = HeaderValue::try_from(token.as_str()).map_err(|_| {
            Error::new(ErrorKind::AccessDenied).remedy("AWS_SESSION_TOKEN is no header's value")
        })?;
        token.set_sensitive(true);
        let mut request = Request::new(Empty::<Bytes>::new());
        *request.uri_mut() = target;
        let headers = request.headers_mut();
        headers.insert(header::HOST, HeaderValue::from_static("localhost"));
        headers.insert(TOKEN, token);
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).await;
        let (reader, writer) = stream
            .map_err(|error| absent().because(error))?
            .into_split();
        // All that arrives is bounded and not the body alone: hyper goes on reading for as long as there are
        // interim answers, and looks at no clock meanwhile.
        let stream = join(reader.take(MOST_BYTES), writer);
        // A connection each: on loopback one costs little, and a frozen sandbox has none to lose.
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| absent().because(error))?;
        let exchange = async {
            let answer = sender.send_request(request).await?;
            let (parts, body) = answer.into_parts();
            let body = body.collect().await?;
            Ok::<_, hyper::Error>((parts.status, body.to_bytes()))
        };
        let broken = |error: hyper::Error| {
            Error::new(ErrorKind::Unavailable)
                .remedy("the extension broke off its answer; try again later")
                .because(error)
        };
        let answer = match select(pin!(exchange), pin!(connection)).await {
            Either::Left((answer, _)) => answer,
            // It ends with the answer's last byte, which may be there to be read still.
            Either::Right((_, exchange)) => exchange.await,
        };
        answer.map_err(broken)
    }
}

impl Provider for LambdaExtension {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn fetch(&self, query: &Query) -> Result<Value, Error> {
        // Escaped, so that nothing else can be wrong with it.
        let target = self.target(query)?.parse::<Uri>();
        let target = target
            .map_err(|_| Error::new(ErrorKind::Invalid).remedy("the name is longer than a URL"))?;
        let answer = timeout(self.timeout, self.ask(target)).await;
        let (status, body) = answer.map_err(|_| {
            Error::new(ErrorKind::TimedOut).remedy(
                "the extension gave no answer in time; it gives none before the first invocation",
            )
        })??;
        if status != StatusCode::OK {
            return Err(refused(status, &body));
        }
        match self.service {
            Service::Parameters => {
                // Neither the answer nor what serde_json says of it may be a cause: both may have the value.
                let answer: OfParameters =
                    serde_json::from_slice(&body).map_err(|_| unreadable())?;
                let is_encrypted = answer.parameter.kind.as_deref() == Some("SecureString");
                if is_encrypted && self.decrypts(query) == Decryption::Unset {
                    tracing::warn!(
                        parameter = query.name,
                        "the parameter is encrypted and its value is too; say `decrypt`, or \
                         `without_decryption` if that is meant"
                    );
                }
                Ok(Value::text(answer.parameter.value))
            }
            Service::Secrets => {
                let answer: OfSecrets = serde_json::from_slice(&body).map_err(|_| unreadable())?;
                match (answer.text, answer.binary) {
                    (Some(text), _) => Ok(Value::text(text)),
                    (None, Some(base64)) => {
                        let bytes = STANDARD.decode(Zeroizing::new(base64).as_bytes());
                        bytes.map(Value::binary).map_err(|_| unreadable())
                    }
                    (None, None) => Err(Error::new(ErrorKind::NotFound)
                        .remedy("the secret is there, but has no value yet")),
                }
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfParameters {
    parameter: Parameter,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    value: String,
    #[serde(rename = "Type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct OfSecrets {
    #[serde(rename = "SecretString")]
    text: Option<String>,
    #[serde(rename = "SecretBinary")]
    binary: Option<String>,
}

/// What the extension says within a sentence, of itself or for a service, and what that means.
const SAID: [(&str, ErrorKind); 8] = [
    ("not ready", ErrorKind::Unavailable),
    ("ParameterNotFound", ErrorKind::NotFound),
    ("ParameterVersionNotFound", ErrorKind::NotFound),
    ("ResourceNotFound", ErrorKind::NotFound),
    ("AccessDenied", ErrorKind::AccessDenied),
    ("is not authorized", ErrorKind::AccessDenied),
    ("Throttl", ErrorKind::Throttled),
    ("Rate exceeded", ErrorKind::Throttled),
];

/// What an answer other than 200 means. Of its body only the words above are kept: nobody promises that the
/// rest has no value in it.
fn refused(status: StatusCode, body: &[u8]) -> Error {
    let status = status.as_u16();
    if status < 400 {
        return Error::new(ErrorKind::Failed).because(format!("status {status}"));
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(500)]);
    let Some((said, kind)) = SAID.iter().find(|(said, _)| text.contains(said)) else {
        return by_status(status).because(format!("status {status}"));
    };
    let error = match kind {
        ErrorKind::Unavailable => absent(),
        ErrorKind::AccessDenied => {
            Error::new(*kind).remedy("allow reading it in the function's role")
        }
        _ => Error::new(*kind),
    };
    error.because(format!("status {status}: {said}"))
}

fn by_status(status: u16) -> Error {
    match status {
        401 | 403 => Error::new(ErrorKind::AccessDenied)
            .remedy("the extension does not accept AWS_SESSION_TOKEN"),
        404 => Error::new(ErrorKind::NotFound),
        429 => Error::new(ErrorKind::Throttled),
        400..=499 => Error::new(ErrorKind::Invalid),
        _ => Error::new(ErrorKind::Unavailable)
            .remedy("the extension itself failed; see its lines in the function's log"),
    }
}

fn absent() -> Error {
    Error::new(ErrorKind::Unavailable).remedy(
        "the extension does not answer; check that the function has its layer, and ask during an \
         invocation only, not before the first one",
    )
}

fn unsupported(remedy: &'static str) -> Error {
    Error::new(ErrorKind::Unsupported).remedy(remedy)
}

fn unreadable() -> Error {
    Error::new(ErrorKind::Unavailable).remedy("the extension's answer cannot be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(extension: &LambdaExtension, query: &Query) -> String {
        extension.target(query).expect("a query that it can ask")
    }

    #[test]
    fn names_and_options_are_percent_encoded() {
        let query = Query::new("/shop/a b&version=1").label("x=y").decrypt();

        assert_eq!(
            target(&LambdaExtension::parameters(), &query),
            "/systemsmanager/parameters/get?name=%2Fshop%2Fa%20b%26version%3D1&label=x%3Dy\
             &withDecryption=true"
        );
    }

    #[test]
    fn versions_are_those_of_the_service() {
        let (parameters, secrets) = (LambdaExtension::parameters(), LambdaExtension::secrets());

        assert_eq!(
            target(&parameters, &Query::new("a").version(3)),
            "/systemsmanager/parameters/get?name=a&version=3"
        );
        assert_eq!(
            target(&secrets, &Query::new("a").stage("AWSPREVIOUS")),
            "/secretsmanager/get?secretId=a&versionStage=AWSPREVIOUS"
        );
        assert_eq!(
            target(&secrets, &Query::new("a").version_id("b/c")),
            "/secretsmanager/get?secretId=a&versionId=b%2Fc"
        );
        for (extension, query) in [
            (&parameters, Query::new("a").stage("s")),
            (&secrets, Query::new("a").version(1)),
            (&secrets, Query::new("a").without_decryption()),
        ] {
            let kind = extension.target(&query).err().map(|error| error.kind());
            assert_eq!(kind, Some(ErrorKind::Unsupported), "{query:?}");
        }
    }

    #[test]
    fn the_token_is_not_in_what_debug_writes() {
        let extension = LambdaExtension::secrets().session_token("s3cret");

        assert!(!format!("{extension:?}").contains("s3cret"));
    }
}
