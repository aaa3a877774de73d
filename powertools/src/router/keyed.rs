//! The router of what has no path: who asks it has found the route already.
//!
//! A WebSocket's messages go by keys, but what is around their handlers is the same: middleware, state,
//! panics that become answers, problems that are written last, one line in the log.

use std::{sync::Arc, time::Duration};

use super::{
    Entry, Route, Router, Shared, Shares,
    settings::Settings,
    table::{Found, Table},
};
use crate::event::{Problem, Request, Response};

impl<S: Send + Sync + 'static> Router<S> {
    /// A router that finds nothing by itself.
    pub(crate) fn keyed(routes: Vec<Route<S>>, state: S) -> Self {
        let entries = routes.into_iter().map(|mut route| Entry {
            parameters: Arc::default(),
            middleware: std::mem::take(&mut route.middleware).into(),
            cors: Shares::Off,
            route,
        });
        Self {
            shared: Arc::new(Shared {
                table: Table::default(),
                entries: entries.collect(),
                state,
            }),
            settings: Arc::new(Settings::new()),
        }
    }

    /// Through all middleware to the handler at this place of the list, or to a 404.
    pub(crate) async fn answer_at(&self, place: Option<usize>, request: Box<Request>) -> Response {
        let found = place.map_or(Found::Nothing, |index| Found::Route {
            index,
            captured: Vec::new(),
        });
        self.walk(request, found).await
    }

    /// The answer to what no handler can be asked about.
    pub(crate) fn answer_with(&self, problem: Problem, request_id: &str) -> Response {
        let mut response = problem.into();
        self.settings.report(&mut response, request_id);
        response
    }

    /// The line about an answer.
    pub(crate) fn log_answer(response: &Response, took: Duration) {
        super::log_answer(response, None, took);
    }
}
