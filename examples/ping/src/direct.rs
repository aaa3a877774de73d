//! The direct invocation: `{"url": "https://…"}` in, the document out.
//!
//! API Gateway's non-proxy integration picks the status of a failure with a regular expression over
//! `errorMessage`, and can map its parts if that is JSON. So a failure's message is a JSON object on
//! one line:
//!
//! ```json
//! {"message":"[BadRequest] URL required","stackTrace":[],"event":{},"requestId":"8d2e…"}
//! ```
//!
//! `.*\[BadRequest\].*` selects 400 and `.*\[InternalServerError\].*` 500.
//! Source: the API Gateway developer guide, "Handle Lambda errors in API Gateway".

use powertools::{Context, InvocationError};
use serde_json::{Value, json};

use crate::{checker::Checker, fetch::FetchError};

pub(crate) async fn check(
    checker: Checker,
    event: Value,
    context: Context,
) -> Result<Value, InvocationError> {
    let url = match event.get("url") {
        None | Some(Value::Null) => "",
        Some(Value::String(url)) => url,
        Some(_) => {
            return Err(failure(
                Fault::Request,
                "URL must be text",
                &event,
                &context,
            ));
        }
    };
    match checker.fetch(url).await {
        Ok(fetched) if fetched.status < 400 => Ok(document(&fetched.body)),
        Ok(fetched) => {
            let host = fetched.url.host_str().unwrap_or_default();
            let text = format!("`{host}` answered {}", fetched.status);
            Err(failure(Fault::Server, &text, &event, &context))
        }
        Err(FetchError::Missing) => Err(failure(Fault::Request, "URL required", &event, &context)),
        Err(error) if error.is_callers_fault() => Err(failure(
            Fault::Request,
            &error.to_string(),
            &event,
            &context,
        )),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the fetch failed");
            Err(failure(Fault::Server, &error.to_string(), &event, &context))
        }
    }
}

/// JSON as it is; anything else as text.
fn document(body: &[u8]) -> Value {
    serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}

#[derive(Clone, Copy)]
enum Fault {
    Request,
    Server,
}

fn failure(fault: Fault, text: &str, event: &Value, context: &Context) -> InvocationError {
    let kind = match fault {
        Fault::Request => "BadRequest",
        Fault::Server => "InternalServerError",
    };
    let message = json!({
        "message": format!("[{kind}] {text}"),
        "stackTrace": [],
        "event": event,
        "requestId": context.request_id,
    });
    InvocationError::new(kind, message.to_string())
}
