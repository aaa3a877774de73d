//! JSON as an argument and as an answer.

use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::error::Category;

use super::{
    expected::without_types,
    extract::{FromRequest, OptionalFromRequest, Rejection},
    media,
    reply::{Error, IntoResponse},
};
use crate::event::{MOST_JSON_DEPTH, Request, Response, Source};

/// JSON: as an argument the request's body, as an answer `application/json`.
///
/// The content type must be `application/json` or end in `+json`, or the answer is 415: a form on
/// another site can send anything else without asking first, even JSON as `text/plain`. (A WebSocket's
/// message has no type and is taken as it is.) A body that is
/// not JSON is refused with 400, one that is JSON but not a `T` with 422; the answer says where, and what
/// was expected in the words of JSON: no names of types. So that
/// no body can exhaust the stack, nesting deeper than [`Limits::json_depth`](crate::event::Limits) is
/// refused with 400.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Json<T> {
    type Rejection = Rejection;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Rejection> {
        // A message declares no type, and no form on another site can send one.
        let is_message = request.source() == Source::WebSocket;
        if !is_message && !media::declared(request).is_some_and(media::is_json) {
            return Err(Rejection::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the content type must be `application/json`",
            ));
        }
        let body = request.body()?;
        let most = request.limits().json_depth;
        // At its most serde_json looks itself.
        if most < MOST_JSON_DEPTH && is_deeper(body, most) {
            let detail = format!("the body's JSON nests deeper than {most} levels");
            return Err(Rejection::bad_request(detail));
        }
        // As text if it is that: in bytes serde_json looks at each text anew, whether it is UTF-8.
        let read = match std::str::from_utf8(body) {
            Ok(text) => serde_json::from_str(text),
            Err(_) => serde_json::from_slice(body),
        };
        read.map(Self).map_err(|error| rejection::<T>(body, &error))
    }
}

/// `None` for a request without a body.
impl<T: DeserializeOwned, S: Sync> OptionalFromRequest<S> for Json<T> {
    type Rejection = Rejection;

    async fn from_request(request: &Request, state: &S) -> Result<Option<Self>, Rejection> {
        if request.body()?.is_empty() {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state)
            .await
            .map(Some)
    }
}

/// Whether lists and objects nest deeper than `most`, in JSON or what may be it.
fn is_deeper(body: &[u8], most: usize) -> bool {
    let mut depth = 0_usize;
    let mut bytes = body.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => skip_text(&mut bytes),
            _ => {}
        }
        if depth > most {
            return true;
        }
    }
    false
}

/// Goes on to the end of a text, whose quotes may be escaped.
fn skip_text(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

/// Reads the body a second time, to learn where it is wrong: following the path all along would cost
/// every good request for the sake of the bad one.
fn rejection<T: DeserializeOwned>(body: &[u8], error: &serde_json::Error) -> Rejection {
    if body.is_empty() {
        return Rejection::bad_request("the body is empty; JSON was expected");
    }
    if error.classify() != Category::Data {
        return Rejection::bad_request(format!("the body is not JSON: {error}"));
    }
    let json = &mut serde_json::Deserializer::from_slice(body);
    let place = match serde_path_to_error::deserialize::<_, T>(json) {
        Ok(_) => String::new(),
        Err(error) => error.path().to_string(),
    };
    let error = without_types(&error.to_string());
    let detail = match &*place {
        "" | "." => format!("the body is not as expected: {error}"),
        place => format!("the body's `{place}` is not as expected: {error}"),
    };
    Rejection::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_string(&self.0) {
            Ok(text) => Response::default()
                .with_header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .with_body(text),
            Err(error) => Error::internal(error).into_response(),
        }
    }
}
