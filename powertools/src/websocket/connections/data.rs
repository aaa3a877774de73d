//! What can be written to a connection.

use bytes::Bytes;
use serde::Serialize;

use super::ConnectionsError;
use crate::router::Json;

/// A message: text, bytes, or [`Json`] of something.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no message",
    note = "a message is a text, bytes, or `Json(…)` of something that serialises"
)]
pub trait IntoData {
    /// The bytes of it.
    ///
    /// # Errors
    ///
    /// When it does not serialise.
    fn into_data(self) -> Result<Bytes, ConnectionsError>;
}

impl IntoData for &str {
    fn into_data(self) -> Result<Bytes, ConnectionsError> {
        Ok(Bytes::copy_from_slice(self.as_bytes()))
    }
}

impl IntoData for String {
    fn into_data(self) -> Result<Bytes, ConnectionsError> {
        Ok(self.into())
    }
}

impl IntoData for Vec<u8> {
    fn into_data(self) -> Result<Bytes, ConnectionsError> {
        Ok(self.into())
    }
}

impl IntoData for Bytes {
    fn into_data(self) -> Result<Bytes, ConnectionsError> {
        Ok(self)
    }
}

impl<T: Serialize> IntoData for Json<T> {
    fn into_data(self) -> Result<Bytes, ConnectionsError> {
        let json = serde_json::to_vec(&self.0);
        json.map(Bytes::from)
            .map_err(|error| ConnectionsError::Unserialisable {
                reason: error.to_string(),
            })
    }
}
