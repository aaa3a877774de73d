//! Values that are more than a text or a number: whatever serialises, and errors with their causes.

use std::{cell::Cell, error::Error, fmt};

use serde::Serialize;
use tracing_core::field::{Value, debug};

use super::write;
use crate::causes::{causes, text, type_name};

/// A value on a line as JSON, not as text.
///
/// ```
/// # use powertools::logger;
/// #[derive(serde::Serialize)]
/// struct Order { id: u64, lines: Vec<String> }
///
/// let order = Order { id: 7, lines: vec!["tea".into()] };
/// tracing::info!(order = logger::json(&order), "accepted");
/// // … "order":{"id":7,"lines":["tea"]} …
/// ```
///
/// A value that does not serialise is a text that says why. In another subscriber's output it is its JSON
/// text.
pub fn json<T: Serialize + ?Sized>(value: &T) -> impl Value + fmt::Debug {
    debug(Json(value))
}

/// What [`json`] makes of a value.
struct Json<'a, T: ?Sized>(&'a T);

impl<T: Serialize + ?Sized> fmt::Debug for Json<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = to_json(self.0);
        formatter.write_str(&json)?;
        found(|| Nested::Json(json));
        Ok(())
    }
}

/// An error on a line with its type, beside its text and those of its causes.
///
/// ```
/// # use powertools::logger;
/// let error = "x".parse::<u64>().unwrap_err();
/// tracing::warn!(error = logger::error(&error), "no number");
/// // … "error":{"type":"core::num::error::ParseIntError","message":"invalid digit found in string"} …
/// ```
///
/// `error = &error as &dyn Error` says all of that but the type, which is gone by then, as does
/// `logger::error(&*error)` of an `anyhow::Error` or a boxed one; `%error` leaves out the causes. Backtraces are
/// not on the line: errors do not hand theirs out on stable Rust (`Error::provide`).
pub fn error<E: Error + ?Sized>(error: &E) -> impl Value + fmt::Debug {
    debug(Typed(error))
}

/// What [`error`] makes of an error.
struct Typed<'a, E: ?Sized>(&'a E);

impl<E: Error + ?Sized> fmt::Debug for Typed<'_, E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = text(self.0);
        formatter.write_str(&message)?;
        found(|| Nested::Error {
            // What is behind a `dyn` is not known any more.
            kind: Some(type_name::<E>()).filter(|name| !name.starts_with("dyn ")),
            causes: causes(self.0.source()),
            message,
        });
        Ok(())
    }
}

/// A value found while its text was written.
pub(super) enum Nested {
    Json(String),
    Error {
        kind: Option<&'static str>,
        message: String,
        causes: Vec<String>,
    },
}

impl Nested {
    /// The text that stands for it.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Json(json) => json,
            Self::Error { message, .. } => message,
        }
    }
}

/// `fmt::Debug` has no way for a value to say that it is more than its text, and a value's type is gone by
/// the time a layer sees it; so it leaves word here, for the one call in which a layer writes it.
enum Word {
    NobodyAsks,
    Asked,
    Found(Nested),
}

thread_local! {
    static WORD: Cell<Word> = const { Cell::new(Word::NobodyAsks) };
}

/// Runs `write`, and hands out the last value that was found in it.
pub(super) fn watched(write: impl FnOnce()) -> Option<Nested> {
    let outer = WORD.replace(Word::Asked);
    write();
    match WORD.replace(outer) {
        Word::Found(nested) => Some(nested),
        Word::NobodyAsks | Word::Asked => None,
    }
}

fn found(nested: impl FnOnce() -> Nested) {
    match WORD.replace(Word::NobodyAsks) {
        Word::NobodyAsks => {}
        Word::Asked | Word::Found(_) => WORD.set(Word::Found(nested())),
    }
}

/// A value as JSON; a text that says why, if it does not serialise.
pub(super) fn to_json<T: Serialize + ?Sized>(value: &T) -> String {
    match serde_json::to_vec(value).and_then(one_line) {
        Ok(json) => text_of(json),
        Err(error) => {
            let mut out = Vec::new();
            write::text(&mut out, &format!("[does not serialise: {error}]"));
            text_of(out)
        }
    }
}

/// A raw value is written as it was read, with its newlines.
fn one_line(json: Vec<u8>) -> Result<Vec<u8>, serde_json::Error> {
    if json.iter().all(|byte| *byte >= 0x20) {
        return Ok(json);
    }
    serde_json::to_vec(&serde_json::from_slice::<serde_json::Value>(&json)?)
}

fn text_of(json: Vec<u8>) -> String {
    String::from_utf8(json).expect("JSON is written as UTF-8")
}

/// How a line tells errors.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ErrorKeys {
    /// The key of the type's name.
    pub kind: &'static str,
    /// The key of the error's own text.
    pub message: &'static str,
    /// The key of its causes' texts.
    pub causes: &'static str,
    /// How the causes are written.
    pub causes_as: Causes,
}

/// How causes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Causes {
    /// A list of texts.
    List,
    /// One text of several lines.
    Text,
}

impl ErrorKeys {
    /// `type`, `message` and `causes`, a list.
    pub const STANDARD: Self = Self {
        kind: "type",
        message: "message",
        causes: "causes",
        causes_as: Causes::List,
    };
    /// `kind`, `message` and `stack`, a text of several lines: Datadog's.
    pub const DATADOG: Self = Self {
        kind: "kind",
        message: "message",
        causes: "stack",
        causes_as: Causes::Text,
    };

    pub(super) fn write(&self, out: &mut Vec<u8>, kind: Option<&str>, error: &dyn Error) {
        self.write_parts(out, kind, &text(error), &causes(error.source()));
    }

    pub(super) fn write_parts(
        &self,
        out: &mut Vec<u8>,
        kind: Option<&str>,
        message: &str,
        causes: &[String],
    ) {
        out.push(b'{');
        let mut put = |key: &str, value: &dyn Fn(&mut Vec<u8>)| {
            if out.last() != Some(&b'{') {
                out.push(b',');
            }
            write::text(out, key);
            out.push(b':');
            value(out);
        };
        if let Some(kind) = kind {
            put(self.kind, &|out| write::text(out, kind));
        }
        put(self.message, &|out| write::text(out, message));
        match self.causes_as {
            _ if causes.is_empty() => {}
            Causes::Text => put(self.causes, &|out| write::text(out, &causes.join("\n"))),
            Causes::List => put(self.causes, &|out| {
                out.push(b'[');
                for cause in causes {
                    if out.last() != Some(&b'[') {
                        out.push(b',');
                    }
                    write::text(out, cause);
                }
                out.push(b']');
            }),
        }
        out.push(b'}');
    }
}
