//! What a provider gives: text or bytes, overwritten when it is no longer needed.

use std::fmt;

use zeroize::Zeroize;

/// What stands in place of a value.
pub(super) const MARK: &str = "[redacted]";

/// A parameter's value as its provider has it: text or binary.
///
/// `Debug` writes a mark, there is no `Display`, and the memory is overwritten when the value is dropped.
/// What others made of it before or after (an HTTP client's buffers, say) is out of its reach.
///
/// ```
/// use powertools::parameters::Value;
///
/// let value = Value::from("s3cret");
///
/// assert_eq!(value.as_text(), Some("s3cret"));
/// assert_eq!(format!("{value:?}"), "[redacted]");
/// ```
#[derive(Clone)]
pub struct Value(Form);

#[derive(Clone)]
enum Form {
    Text(String),
    Binary(Vec<u8>),
}

impl Value {
    /// A text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self(Form::Text(text.into()))
    }

    /// Bytes that are not, or not meant as, a text.
    #[must_use]
    pub fn binary(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Form::Binary(bytes.into()))
    }

    /// A text that is JSON.
    ///
    /// # Errors
    ///
    /// What [`serde_json`](https://docs.rs/serde_json) cannot write, such as a map whose keys are no texts.
    pub fn json<T: serde::Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::to_string(value).map(Self::text)
    }

    /// The text, unless it is binary.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.0 {
            Form::Text(text) => Some(text),
            Form::Binary(_) => None,
        }
    }

    /// The bytes: of the text in UTF-8, or as they are.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Form::Text(text) => text.as_bytes(),
            Form::Binary(bytes) => bytes,
        }
    }

    /// Whether it is binary.
    #[must_use]
    pub fn is_binary(&self) -> bool {
        matches!(self.0, Form::Binary(_))
    }

    /// The text itself, or what is no text as it was. Who takes it has to overwrite it.
    pub(super) fn into_text(mut self) -> Result<String, Self> {
        match &mut self.0 {
            Form::Text(text) => Ok(std::mem::take(text)),
            Form::Binary(_) => Err(self),
        }
    }

    /// The bytes themselves. Who takes them has to overwrite them.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        match &mut self.0 {
            Form::Text(text) => std::mem::take(text).into_bytes(),
            Form::Binary(bytes) => std::mem::take(bytes),
        }
    }
}

impl Zeroize for Value {
    fn zeroize(&mut self) {
        match &mut self.0 {
            Form::Text(text) => text.zeroize(),
            Form::Binary(bytes) => bytes.zeroize(),
        }
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MARK)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::binary(bytes)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::binary(bytes)
    }
}
