//! How the API in front of the function is set up.

use serde_json::{Map, Value};

use super::routes::Routes;
use crate::event::Source;

/// The settings that a real API has and that show in events and replies.
///
/// The default is what the test client speaks through: every request arrives, whatever its bytes. A real
/// API is stricter in two places, which are marked, and the local gateway is as strict.
#[derive(Clone, Debug, Default)]
pub(crate) struct Api {
    /// The stage; unless set, `$default` of an HTTP API and `local` of a REST API.
    pub(crate) stage: Option<String>,
    pub(crate) stage_variables: Map<String, Value>,
    pub(crate) domain: Domain,
    /// What a custom domain maps to this API: empty, or a path such as `/shop`.
    pub(crate) base_path: String,
    /// Whether a REST API's mapping names no stage, so that clients write it.
    pub(crate) stage_in_path: bool,
    /// What an authorizer found in a token.
    pub(crate) claims: Map<String, Value>,
    /// What a Lambda authorizer says of a caller.
    pub(crate) authorizer: Map<String, Value>,
    /// A REST API's `binaryMediaTypes`. `None`: whatever needs base64 has it, which no real one does.
    pub(crate) binary_types: Option<Vec<String>>,
    /// The key that a REST API asks for.
    pub(crate) api_key: Option<String>,
    /// The routes that API Gateway knows. `None`: everything goes to the function.
    pub(crate) routes: Option<Routes>,
    /// Whether an HTTP API decodes a path as often as the real one does.
    pub(crate) path: Decoding,
}

/// The name that clients ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Domain {
    /// Whatever the `Host` header says.
    #[default]
    Asked,
    /// API Gateway's own, where clients write the stage.
    ExecuteApi,
    /// One of the API's owner.
    Custom(String),
}

/// How an HTTP API decodes the path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Decoding {
    /// Once, which keeps what a test wrote.
    #[default]
    Once,
    /// Once, then up to a `?` that came out of it, then again: `%253F` arrives as `?`, `%3F` ends the path,
    /// and `%25` before anything but an escape is refused. Source: requests sent to a live HTTP API in
    /// July 2026, `vokerhttp/testdata/ingress-paths.json` of `hotsock/voker`.
    Twice,
}

impl Api {
    /// The stage's name.
    pub(super) fn stage(&self, source: Source) -> &str {
        match (&self.stage, source) {
            (Some(stage), _) => stage,
            (None, Source::RestApi) => "local",
            (None, _) => "$default",
        }
    }

    /// Whether a REST API sends the bytes of a base64 reply to a client with this `Accept`, of which only the
    /// first type counts; the others get the base64.
    pub(crate) fn undoes_base64(&self, accept: Option<&str>) -> bool {
        let first = accept.unwrap_or_default().split(',').next();
        match &self.binary_types {
            Some(types) => Self::is_binary(types, first.unwrap_or_default().trim()),
            None => true,
        }
    }

    /// Whether a REST API takes a body of this type for bytes.
    pub(super) fn is_binary(types: &[String], media_type: &str) -> bool {
        let essence = media_type.split(';').next().unwrap_or("").trim();
        types.iter().any(|known| match known.strip_suffix("/*") {
            Some("*") => true,
            Some(family) => essence
                .split_once('/')
                .is_some_and(|(ours, _)| ours.eq_ignore_ascii_case(family)),
            None => essence.eq_ignore_ascii_case(known),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_type_is_named_whole_or_by_its_family() {
        let types = ["image/*".to_owned(), "application/pdf".to_owned()];
        for (media_type, expected) in [
            ("image/png", true),
            ("IMAGE/PNG; q=1", true),
            ("application/pdf", true),
            ("application/pdfx", false),
            ("imagery/png", false),
            ("image", false),
            ("*/*", false),
            ("", false),
        ] {
            assert_eq!(Api::is_binary(&types, media_type), expected, "{media_type}");
        }
        assert!(Api::is_binary(&["*/*".to_owned()], ""));
    }
}
