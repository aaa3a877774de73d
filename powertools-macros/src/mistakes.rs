//! Collects mistakes, so that a user sees all of them after one build.

use std::fmt::Display;

use proc_macro2::Span;
use quote::ToTokens;
use syn::Error;

/// The mistakes found so far; none at first.
#[derive(Debug, Default)]
pub(crate) struct Mistakes {
    all: Option<Error>,
}

impl Mistakes {
    /// Adds a mistake that one token shows.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.push(Error::new(span, message));
    }

    /// Adds a mistake that all of these tokens show.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(Error::new_spanned(tokens, message));
    }

    /// Adds a mistake, or several that were combined.
    pub(crate) fn push(&mut self, mistake: Error) {
        match &mut self.all {
            Some(all) => all.combine(mistake),
            None => self.all = Some(mistake),
        }
    }

    /// The value of a step that may have failed; its mistakes join the others.
    pub(crate) fn keep<T>(&mut self, step: syn::Result<T>) -> Option<T> {
        step.map_err(|mistake| self.push(mistake)).ok()
    }

    /// All mistakes as one error, if there were any.
    pub(crate) fn none(self) -> syn::Result<()> {
        self.all.map_or(Ok(()), Err)
    }
}
