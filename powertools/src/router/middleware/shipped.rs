//! The middleware that everyone writes.

use http::{HeaderName, HeaderValue, StatusCode, header};

use super::{Middleware, Next};
use crate::event::{Problem, Request, Response};

/// Puts Lambda's request id into the header `x-request-id` of every answer.
///
/// An id that the client sent is not repeated: it would look like one that can be found in the log. A
/// request that is refused before there is one (see [`Router::middleware`](crate::router::Router::middleware))
/// gets its id in the body only.
#[must_use]
pub fn request_id<S: Send + Sync + 'static>() -> impl Middleware<S> {
    |request: Request, next: Next<S>| async move {
        let id = HeaderValue::from_str(&request.context().request_id);
        let mut response = next.run(request).await;
        if let Ok(id) = id {
            let name = HeaderName::from_static("x-request-id");
            response.headers_mut().insert(name, id);
        }
        response
    }
}

/// Adds the headers that an API should have to every answer that has not its own:
///
/// | header | value | against |
/// | --- | --- | --- |
/// | `x-content-type-options` | `nosniff` | answers taken for another type |
/// | `x-frame-options` | `DENY` | answers shown within another page |
/// | `content-security-policy` | `default-src 'none'; frame-ancestors 'none'` | answers that run as pages |
/// | `referrer-policy` | `no-referrer` | URLs that leak |
/// | `strict-transport-security` | `max-age=31536000` | plain HTTP, where a domain answers both |
///
/// A page needs a `content-security-policy` of its own. The answer to a request that is refused before
/// there is one (see [`Router::middleware`](crate::router::Router::middleware)) has none of them.
#[must_use]
pub fn security_headers<S: Send + Sync + 'static>() -> impl Middleware<S> {
    const HEADERS: [(HeaderName, &str); 5] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    ];
    |request: Request, next: Next<S>| async move {
        let mut response = next.run(request).await;
        for (name, value) in HEADERS {
            let value = HeaderValue::from_static(value);
            response.headers_mut().entry(name).or_insert(value);
        }
        response
    }
}

/// Lets in requests whose bearer token `is_valid` accepts; answers others with 401.
///
/// Compare secrets in constant time, as the `subtle` crate does; better still, let API Gateway's
/// authorizer verify tokens before the function is paid for.
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use powertools::router::{Router, get, middleware::bearer, routes};
///
/// #[get("/")]
/// async fn secret() -> &'static str { "42" }
///
/// let router = Router::new(routes![secret])?
///     .middleware(bearer(|token: String| async move { token.len() == 32 }));
/// # }
/// # Ok::<(), powertools::router::RouteErrors>(())
/// ```
pub fn bearer<S, F, Checking>(is_valid: F) -> impl Middleware<S>
where
    S: Send + Sync + 'static,
    F: Fn(String) -> Checking + Clone + Send + Sync + 'static,
    Checking: Future<Output = bool> + Send,
{
    move |request: Request, next: Next<S>| {
        let is_valid = is_valid.clone();
        async move {
            let token = token(request.headers().get(header::AUTHORIZATION));
            let known = match token {
                Some(token) => is_valid(token).await,
                None => false,
            };
            if known {
                return next.run(request).await;
            }
            refuse("Bearer", "a valid bearer token is required")
        }
    }
}

/// Lets in requests whose header `name` holds a key that `is_valid` accepts; answers others with 401.
pub fn api_key<S, F, Checking>(name: HeaderName, is_valid: F) -> impl Middleware<S>
where
    S: Send + Sync + 'static,
    F: Fn(String) -> Checking + Clone + Send + Sync + 'static,
    Checking: Future<Output = bool> + Send,
{
    move |request: Request, next: Next<S>| {
        let is_valid = is_valid.clone();
        let key = request.headers().get(&name).map(str::to_owned);
        async move {
            let known = match key {
                Some(key) => is_valid(key).await,
                None => false,
            };
            if known {
                next.run(request).await
            } else {
                refuse("ApiKey", "a valid api key is required")
            }
        }
    }
}

/// The token of `Bearer …`; the scheme's case does not matter (RFC 9110 §11.1).
fn token(authorization: Option<&str>) -> Option<String> {
    let (scheme, token) = authorization?.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
}

/// A 401 has to name a scheme (RFC 9110 §15.5.2).
fn refuse(scheme: &'static str, detail: &'static str) -> Response {
    let scheme = HeaderValue::from_static(scheme);
    let problem = Problem::new(StatusCode::UNAUTHORIZED).with_detail(detail);
    Response::from(problem).with_header(header::WWW_AUTHENTICATE, scheme)
}

/// Answers 504 when the handler has not answered `margin` before Lambda would end the invocation:
/// while there is still time to answer.
///
/// What the handler was doing is dropped at its next `.await`; a handler that never awaits cannot be
/// stopped this way.
#[cfg(feature = "runtime")]
#[must_use]
pub fn timeout<S: Send + Sync + 'static>(margin: std::time::Duration) -> impl Middleware<S> {
    move |request: Request, next: Next<S>| async move {
        let left = request.context().remaining().saturating_sub(margin);
        // Timers count to about two years; a test's context has no deadline to speak of.
        let left = left.min(std::time::Duration::from_secs(24 * 60 * 60));
        let answer = tokio::time::timeout(left, next.run(request)).await;
        answer.unwrap_or_else(|_| {
            let problem = Problem::new(StatusCode::GATEWAY_TIMEOUT);
            problem
                .with_detail("the answer was not ready in time")
                .into()
        })
    }
}
