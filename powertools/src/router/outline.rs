//! The routes as plain data, and the document of them.

use std::sync::Arc;

use super::{Router, Shares, pattern};
use crate::openapi::{Document, DocumentErrors, OpenApi, Outline, Piece, Routing, Target};

impl<S: Send + Sync + 'static> Router<S> {
    /// Sets what a document of the routes says besides them. Nothing is made of it until it is asked for.
    #[must_use]
    pub fn openapi(self, api: OpenApi) -> Self {
        self.set(|settings| settings.openapi = Some(Arc::new(api)))
    }
}

impl<S> Router<S> {
    /// The document of the routes, see [`openapi`](crate::openapi).
    ///
    /// # Errors
    ///
    /// Everything that keeps the routes from being one document.
    pub fn document(&self) -> Result<Document, DocumentErrors> {
        self.document_with(&|api| api.unwrap_or_else(untold))
    }

    /// The same for another reader.
    ///
    /// # Errors
    ///
    /// Everything that keeps the routes from being one document.
    pub fn document_for(&self, target: Target) -> Result<Document, DocumentErrors> {
        self.document_with(&|api| api.unwrap_or_else(untold).target(target))
    }

    /// The same with what was said of it, if anything was, changed.
    pub(crate) fn document_with(
        &self,
        change: &dyn Fn(Option<OpenApi>) -> OpenApi,
    ) -> Result<Document, DocumentErrors> {
        let told = self.settings.openapi.as_deref().cloned();
        change(told).document(&self.outline())
    }

    /// What a document can know of the router: nothing of handlers and state.
    pub(crate) fn outline(&self) -> Routing {
        let is_wrapped = !self.settings.middleware.is_empty();
        let routes = self.shared.entries.iter().map(|entry| Outline {
            methods: entry.route.methods.clone(),
            pattern: entry.route.pattern.clone(),
            pieces: pieces(&entry.route.pattern),
            name: entry.route.name,
            description: entry.route.description,
            is_wrapped: is_wrapped || !entry.middleware.is_empty(),
            is_shared: match &entry.cors {
                Shares::AsRouter => self.settings.cors.is_some(),
                Shares::Off => false,
                Shares::With(_) => true,
            },
        });
        Routing {
            routes: routes.collect(),
            has_own_problems: self.settings.has_own_problems(),
        }
    }
}

/// A document wants a title and a version.
fn untold() -> OpenApi {
    OpenApi::new("API", "0.0.0")
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let parsed = pattern::parse(pattern).expect("a router has read its patterns");
    let pieces = parsed.segments.into_iter().map(|segment| match segment {
        pattern::Segment::Literal(text) => Piece::Literal(text),
        pattern::Segment::Parameter(name) => Piece::One(name),
        pattern::Segment::Greedy(name) => Piece::Rest(name),
    });
    pieces.collect()
}
