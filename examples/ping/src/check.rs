//! `POST /check`: what the URL gave, handed back over HTTP.

use powertools::router::{
    Bytes, Error, HeaderName, HeaderValue, Response, State, StatusCode, header, post,
};
use serde::Deserialize;

use crate::{
    checker::Checker,
    fetch::{FetchError, Fetched},
};

/// What is to be fetched.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct Wanted {
    /// `http` or `https`, of a host that may be fetched.
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schemars(example = "https://example.com/status.json")
    )]
    url: String,
}

/// Fetches a URL and answers with its status, type and body.
///
/// The body is read as JSON whatever its declared type, so that `curl -d` works as it is.
#[post("/check")]
pub(crate) async fn check(State(checker): State<Checker>, body: Bytes) -> Result<Response, Error> {
    let wanted: Wanted = serde_json::from_slice(&body).map_err(|error| {
        Error::bad_request(format!(
            "the body is not JSON like {{\"url\": \"https://…\"}}: {error}"
        ))
    })?;
    let fetched = checker.fetch(&wanted.url).await.map_err(answer)?;
    Ok(hand_back(fetched))
}

/// The caller's mistakes are 400, upstream's failures 502 and 504; the text is meant for the caller,
/// the cause for the log.
fn answer(error: FetchError) -> Error {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Error::new(status, error.to_string()).with_cause(error)
}

/// What came, with two fences around it: a page that somebody else wrote must not run as if it were
/// this service's own.
fn hand_back(fetched: Fetched) -> Response {
    let status = StatusCode::from_u16(fetched.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let sandbox = HeaderValue::from_static("sandbox");
    let nosniff = HeaderValue::from_static("nosniff");
    let declared = fetched.content_type.and_then(|value| value.parse().ok());
    let unknown = HeaderValue::from_static("application/octet-stream");
    let mut response = Response::new(status)
        .with_header(header::CONTENT_TYPE, declared.unwrap_or(unknown))
        .with_header(header::CONTENT_SECURITY_POLICY, sandbox)
        .with_header(header::X_CONTENT_TYPE_OPTIONS, nosniff)
        .with_body(fetched.body);
    // An encoded body stays as it came, so its coding has to be said.
    for (name, value) in fetched.headers {
        let named = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(header::CONTENT_ENCODING), Ok(value)) = (named, value.parse()) {
            response
                .headers_mut()
                .append(header::CONTENT_ENCODING, value);
        }
    }
    response
}
