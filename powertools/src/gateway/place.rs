//! Where in the API a request goes: stage, base path, route, and what the event calls the path.

use percent_encoding::percent_decode_str;

use super::{
    api::{Api, Decoding, Domain},
    refusals::Refusal,
    routes::First,
};
use crate::event::Source;

/// A request's place in an API.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// `path` or `rawPath`.
    pub(super) path: String,
    /// `requestContext.path`, or `requestContext.http.path`.
    pub(super) context_path: String,
    /// The pattern: `/orders/{id}`.
    pub(super) resource: String,
    /// Method and pattern: `GET /orders/{id}`.
    pub(super) key: String,
    pub(super) parameters: Vec<(String, String)>,
}

/// The place of a request behind API Gateway or a function URL.
pub(super) fn place(
    source: Source,
    api: &Api,
    method: &str,
    asked: &str,
) -> Result<Place, Refusal> {
    match source {
        Source::RestApi => rest(api, method, asked),
        Source::HttpApi | Source::HttpApiV1 => http(source, api, method, asked),
        // The rest have neither stages nor routes.
        _ => Ok(Place {
            path: asked.to_owned(),
            context_path: decoded(asked).unwrap_or_else(|| asked.to_owned()),
            resource: String::new(),
            key: "$default".to_owned(),
            parameters: Vec::new(),
        }),
    }
}

/// A REST API, whose custom domains show in the path. Source: LocalStack's pull request 12296, measured.
fn rest(api: &Api, method: &str, asked: &str) -> Result<Place, Refusal> {
    let stage = format!("/{}", api.stage(Source::RestApi));
    let is_plain = api.base_path.is_empty() && !api.stage_in_path;
    let (path, context_path, inner) = match &api.domain {
        Domain::ExecuteApi => {
            let inner = below(asked, &stage).ok_or(Refusal::Elsewhere)?;
            (one_slash(inner), asked.to_owned(), inner)
        }
        // As API Gateway's own domain, but that clients need not write the stage.
        Domain::Asked if is_plain => (one_slash(asked), format!("{stage}{asked}"), asked),
        Domain::Custom(_) if is_plain => (one_slash(asked), asked.to_owned(), asked),
        Domain::Asked | Domain::Custom(_) => {
            let mut inner = below(asked, &api.base_path).ok_or(Refusal::Elsewhere)?;
            if api.stage_in_path {
                inner = below(inner, &stage).ok_or(Refusal::Elsewhere)?;
            }
            (asked.to_owned(), asked.to_owned(), inner)
        }
    };
    let inner = one_slash(inner);
    let mut place = Place {
        path,
        context_path,
        resource: "/".to_owned(),
        key: String::new(),
        parameters: Vec::new(),
    };
    // Routing takes no notice of a slash at the end.
    let inner = match inner.trim_end_matches('/') {
        "" => "/",
        inner => inner,
    };
    match &api.routes {
        Some(routes) => {
            let found = routes.find(method, inner, First::Resource);
            let found = found.filter(|found| !found.route.is_default());
            let found = found.ok_or(Refusal::NoRoute)?;
            place.resource.clone_from(&found.route.pattern);
            place.parameters = found.parameters;
        }
        None => place.catch_all(inner),
    }
    Ok(place)
}

/// An HTTP API, which decodes the path before anything else sees it.
fn http(source: Source, api: &Api, method: &str, asked: &str) -> Result<Place, Refusal> {
    let is_named = api.stage(source) != "$default";
    let (asked, inner) = match &api.domain {
        Domain::ExecuteApi if is_named => {
            let stage = format!("/{}", api.stage(source));
            (asked, below(asked, &stage).ok_or(Refusal::Elsewhere)?)
        }
        Domain::ExecuteApi => (asked, asked),
        Domain::Asked | Domain::Custom(_) => {
            let inner = below(asked, &api.base_path).ok_or(Refusal::Elsewhere)?;
            // Payload 2.0 does not show the mapping, 1.0 does.
            (
                if source == Source::HttpApi {
                    inner
                } else {
                    asked
                },
                inner,
            )
        }
    };
    let is_mapped = inner != asked;
    let plain = http_path(asked, api.path).ok_or(Refusal::BadRequest)?;
    let inner = match is_mapped {
        true => http_path(inner, api.path).ok_or(Refusal::BadRequest)?,
        false => plain.clone(),
    };
    let mut place = Place {
        path: match source {
            Source::HttpApi => plain.clone(),
            _ => asked.to_owned(),
        },
        context_path: plain,
        resource: "/".to_owned(),
        key: "$default".to_owned(),
        parameters: Vec::new(),
    };
    match &api.routes {
        Some(routes) => {
            let found = routes.find(method, &inner, First::Both);
            let found = found.ok_or(Refusal::NoRoute)?;
            place.key = found.route.key();
            place.resource.clone_from(&found.route.pattern);
            place.parameters = found.parameters;
        }
        None if source == Source::HttpApiV1 => place.catch_all(inner.trim_end_matches('/')),
        None => {}
    }
    Ok(place)
}

impl Place {
    /// As `ANY /{proxy+}` beside `ANY /`, which is how a router is put behind payload 1.0.
    fn catch_all(&mut self, inner: &str) {
        let proxy = inner.trim_start_matches('/');
        if !proxy.is_empty() {
            self.resource = "/{proxy+}".to_owned();
            self.parameters = vec![("proxy".to_owned(), proxy.to_owned())];
        }
    }
}

fn http_path(path: &str, decoding: Decoding) -> Option<String> {
    let once = decoded(path)?;
    if decoding == Decoding::Once {
        return Some(once);
    }
    let path = once.split('?').next().unwrap_or_default();
    is_well_encoded(path).then(|| decoded(path))?
}

fn is_well_encoded(path: &str) -> bool {
    path.split('%').skip(1).all(|after| {
        let digits = after.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

pub(super) fn decoded(text: &str) -> Option<String> {
    Some(percent_decode_str(text).decode_utf8().ok()?.into_owned())
}

/// A path as the API's routes are written, if a base path or a stage comes before them.
#[cfg(feature = "local")]
pub(crate) fn below_mapping<'p>(source: Source, api: &Api, path: &'p str) -> Option<&'p str> {
    below(path, &mapping(source, api))
}

/// What clients write before the API's own paths; nothing, if it has neither a base path nor a stage there.
#[cfg(feature = "local")]
pub(crate) fn mapping(source: Source, api: &Api) -> String {
    let stage = api.stage(source);
    match (source, &api.domain) {
        (Source::RestApi, Domain::ExecuteApi) => format!("/{stage}"),
        (Source::RestApi, _) if api.stage_in_path => format!("{}/{stage}", api.base_path),
        (Source::HttpApi | Source::HttpApiV1, Domain::ExecuteApi) if stage != "$default" => {
            format!("/{stage}")
        }
        (Source::RestApi | Source::HttpApi | Source::HttpApiV1, _) => api.base_path.clone(),
        _ => String::new(),
    }
}

/// What is left of a path below a prefix that ends with a whole segment; `/` where nothing is.
fn below<'p>(path: &'p str, prefix: &str) -> Option<&'p str> {
    match path.strip_prefix(prefix)? {
        "" => Some("/"),
        rest if rest.starts_with('/') => Some(rest),
        _ => None,
    }
}

/// A path that begins with one slash where it began with several.
fn one_slash(path: &str) -> String {
    format!("/{}", path.trim_start_matches('/'))
}
