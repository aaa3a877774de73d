//! The cookies that a client sent.

use std::convert::Infallible;

use super::FromRequest;
use crate::event::{Headers, Request};

/// The cookies of a request, from whichever place the front end put them in.
///
/// ```
/// use powertools::router::Cookies;
///
/// async fn greet(cookies: Cookies) -> String {
///     format!("hello {}", cookies.get("name").unwrap_or("stranger"))
/// }
/// ```
///
/// Values are as the client sent them but for the double quotes that may stand around one; servers
/// encode cookies in many ways, and only yours knows which.
#[derive(Clone, Debug, Default)]
pub struct Cookies(Headers);

impl Cookies {
    /// The first cookie of this name. Browsers send the one with the most specific path first.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// Every name and value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = self.0.all("cookie");
        lines.flat_map(|line| line.split(';')).filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let value = value.trim();
            let quoted = value
                .strip_prefix('"')
                .and_then(|value| value.strip_suffix('"'));
            Some((name.trim(), quoted.unwrap_or(value)))
        })
    }
}

impl<S: Sync> FromRequest<S> for Cookies {
    type Rejection = Infallible;

    async fn from_request(request: &Request, _: &S) -> Result<Self, Infallible> {
        Ok(Self(request.headers().clone()))
    }
}
