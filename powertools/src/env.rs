//! Every environment variable that this crate reads, in one place.
//!
//! Empty counts as unset: the Lambda console and most templates cannot unset a variable.

use std::env;

/// A variable's value, unless it is unset, empty or not Unicode.
fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A variable's value as it is written, for whoever says what is wrong with it. What is not Unicode has marks in
/// its place, and is then no number and no known word.
#[cfg(feature = "parameters")]
fn written(name: &str) -> Option<String> {
    let value = env::var_os(name)?.to_string_lossy().into_owned();
    (!value.is_empty()).then_some(value)
}

/// Whether a variable says yes; anything that is not a known yes is a no.
#[cfg(any(feature = "router", feature = "logger"))]
fn flag(name: &str) -> bool {
    text(name).is_some_and(|value| yes_or_no(&value) == Some(true))
}

#[cfg(any(feature = "router", feature = "logger", feature = "ssm"))]
fn yes_or_no(value: &str) -> Option<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "on" => Some(true),
        "0" | "false" | "f" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}

/// `POWERTOOLS_DEV`: somebody is developing, and reads.
#[cfg(any(feature = "router", feature = "logger"))]
pub(crate) fn dev() -> bool {
    flag("POWERTOOLS_DEV")
}

/// `AWS_LAMBDA_INITIALIZATION_TYPE`: `on-demand`, `provisioned-concurrency`, `snap-start` or
/// `lambda-managed-instances`.
#[cfg_attr(
    not(feature = "runtime"),
    allow(dead_code, reason = "only the runtime starts invocations")
)]
pub(crate) fn initialization_type() -> Option<String> {
    text("AWS_LAMBDA_INITIALIZATION_TYPE")
}

/// `AWS_LAMBDA_RUNTIME_API`: host and port of the Runtime API, set by Lambda and its emulators.
#[cfg(any(feature = "runtime", feature = "connections"))]
pub(crate) fn runtime_api() -> Option<String> {
    text("AWS_LAMBDA_RUNTIME_API")
}

/// `AWS_LAMBDA_MAX_CONCURRENCY`: invocations in one process at a time (Lambda Managed Instances).
#[cfg(feature = "runtime")]
pub(crate) fn max_concurrency() -> usize {
    text("AWS_LAMBDA_MAX_CONCURRENCY")
        .and_then(|value| value.parse().ok())
        .unwrap_or(1)
}

#[cfg(feature = "runtime")]
const FUNCTION: [&str; 3] = [
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
];

/// The first variable that Lambda always sets and that is not set, or is no number where it has to be.
#[cfg(feature = "runtime")]
pub(crate) fn missing_function_variable() -> Option<&'static str> {
    FUNCTION.into_iter().find(|name| match text(name) {
        None => true,
        Some(value) => name.ends_with("SIZE") && value.parse::<i32>().is_err(),
    })
}

/// What the environment says of the function.
#[cfg(feature = "runtime")]
pub(crate) fn function() -> crate::context::FunctionInfo {
    let mut function = crate::context::FunctionInfo::default();
    let [name, memory, version] = FUNCTION.map(|name| text(name).unwrap_or_default());
    function.name = name;
    function.memory_mib = memory.parse().unwrap_or_default();
    function.version = version;
    function.log_group = text("AWS_LAMBDA_LOG_GROUP_NAME").unwrap_or_default();
    function.log_stream = text("AWS_LAMBDA_LOG_STREAM_NAME").unwrap_or_default();
    function
}

/// The variables of the local gateway that are not empty; what is not Unicode has marks in its place.
#[cfg(feature = "local")]
pub(crate) fn local_variables() -> Vec<(String, String)> {
    let pairs = env::vars_os().map(|(name, value)| {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        (text(name), text(value))
    });
    let pairs = pairs.filter(|(name, value)| name.starts_with(LOCAL) && !value.is_empty());
    pairs.collect()
}

#[cfg(feature = "local")]
const LOCAL: &str = "POWERTOOLS_LOCAL_";

/// The variable of a setting of the local gateway: `POWERTOOLS_LOCAL_BASE_PATH` for `base-path`.
#[cfg(feature = "local")]
pub(crate) fn local_name(setting: &str) -> String {
    let setting = setting.replace('-', "_").to_ascii_uppercase();
    format!("{LOCAL}{setting}")
}

/// `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`: where the connections of WebSocket APIs are, for all of AWS's
/// SDKs.
#[cfg(feature = "connections")]
pub(crate) fn connections_endpoint() -> Option<String> {
    text("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI")
}

/// `POWERTOOLS_SERVICE_NAME`: the `service` of every log line, and AppConfig's application.
#[cfg(any(feature = "logger", feature = "appconfig"))]
pub(crate) fn service_name() -> Option<String> {
    text("POWERTOOLS_SERVICE_NAME")
}

/// `POWERTOOLS_LOG_LEVEL`, as written.
#[cfg(feature = "logger")]
pub(crate) fn log_level() -> Option<String> {
    text("POWERTOOLS_LOG_LEVEL")
}

/// `AWS_LAMBDA_LOG_LEVEL`: the function's own log level of Lambda's logging controls.
#[cfg(feature = "logger")]
pub(crate) fn lambda_log_level() -> Option<String> {
    text("AWS_LAMBDA_LOG_LEVEL")
}

/// `AWS_LAMBDA_LOG_FORMAT`: `JSON` or `Text`, the form in which Lambda takes lines.
#[cfg(feature = "logger")]
pub(crate) fn lambda_log_format() -> Option<String> {
    text("AWS_LAMBDA_LOG_FORMAT")
}

/// `POWERTOOLS_LOGGER_SAMPLE_RATE`, as written.
#[cfg(feature = "logger")]
pub(crate) fn sample_rate() -> Option<String> {
    text("POWERTOOLS_LOGGER_SAMPLE_RATE")
}

/// `POWERTOOLS_LOGGER_LOG_EVENT`: whether each event is logged.
#[cfg(feature = "logger")]
pub(crate) fn logs_event() -> bool {
    flag("POWERTOOLS_LOGGER_LOG_EVENT")
}

/// `NO_COLOR`: whether a terminal is not to be coloured (<https://no-color.org>).
#[cfg(feature = "logger")]
pub(crate) fn is_without_colour() -> bool {
    text("NO_COLOR").is_some()
}

/// `POWERTOOLS_PARAMETERS_MAX_AGE`, as written: seconds.
#[cfg(feature = "parameters")]
pub(crate) fn parameters_max_age() -> Option<String> {
    written("POWERTOOLS_PARAMETERS_MAX_AGE")
}

/// Any variable, for parameters that are read from the environment.
#[cfg(feature = "parameters")]
pub(crate) fn variable(name: &str) -> Option<String> {
    text(name)
}

/// All variables whose names begin so, without that beginning.
#[cfg(feature = "parameters")]
pub(crate) fn variables(prefix: &str) -> Vec<(String, String)> {
    // `vars` panics at one that is not Unicode.
    let pairs = env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        let name = name.strip_prefix(prefix)?.to_owned();
        let value = value.into_string().ok()?;
        (!name.is_empty() && !value.is_empty()).then_some((name, value))
    });
    pairs.collect()
}

/// `POWERTOOLS_PARAMETERS_SSM_DECRYPT`: whether SSM parameters are decrypted where nobody said, or what it says
/// instead of yes or no.
#[cfg(feature = "ssm")]
pub(crate) fn ssm_decrypt() -> Option<Result<bool, String>> {
    let value = written("POWERTOOLS_PARAMETERS_SSM_DECRYPT")?;
    Some(yes_or_no(&value).ok_or(value))
}

/// `PARAMETERS_SECRETS_EXTENSION_HTTP_PORT`, as written: the port of AWS's Parameters and Secrets extension.
#[cfg(feature = "parameters-extension")]
pub(crate) fn extension_port() -> Option<String> {
    written("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT")
}

/// `AWS_SESSION_TOKEN`: shows the extension that it is the function who asks.
#[cfg(feature = "parameters-extension")]
pub(crate) fn session_token() -> Option<String> {
    text("AWS_SESSION_TOKEN")
}
