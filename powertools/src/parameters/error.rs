//! Why a parameter could not be had, in words that say what to do and never what its value is.

use std::{
    borrow::Cow,
    error::Error as StdError,
    fmt::{self, Write as _},
    sync::Arc,
};

/// Why a parameter could not be read or written: which one, from where, and what to do about it.
///
/// Cloning is cheap, and everybody who waited for one fetch gets the same error. The text names the
/// parameter and never its value.
///
/// A provider makes one from its [`ErrorKind`] and says what to do if it knows better than the kind
/// does; the parameter and the provider are filled in for it.
///
/// ```
/// use powertools::parameters::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::AccessDenied)
///     .remedy("allow `ssm:GetParameter` in the function's role");
///
/// assert_eq!(error.kind(), ErrorKind::AccessDenied);
/// ```
#[derive(Clone)]
pub struct Error(Arc<Parts>);

#[derive(Clone)]
struct Parts {
    kind: ErrorKind,
    provider: &'static str,
    parameter: String,
    remedy: Option<Cow<'static, str>>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What went wrong, as far as a caller may want to act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no such parameter, or no such version of it.
    NotFound,
    /// The function may not read it, write it, or use its key; also credentials that are missing or expired.
    AccessDenied,
    /// The provider had too many requests.
    Throttled,
    /// No answer in time.
    TimedOut,
    /// The provider cannot be reached, or is broken.
    Unavailable,
    /// The provider refuses the name, an option or a value.
    Invalid,
    /// The value is not what it was asked for as.
    Decode,
    /// The provider has no such operation or option.
    Unsupported,
    /// Anything else.
    Failed,
}

impl ErrorKind {
    /// Whether the same question may well have an answer a moment later: throttled, timed out, unavailable,
    /// or failed for no known reason. Only after these can an older value stand in.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(
            self,
            Self::Throttled | Self::TimedOut | Self::Unavailable | Self::Failed
        )
    }

    const fn text(self) -> &'static str {
        match self {
            Self::NotFound => "was not found",
            Self::AccessDenied => "may not be accessed",
            Self::Throttled => "was asked for too often",
            Self::TimedOut => "was not answered in time",
            Self::Unavailable => "cannot be reached",
            Self::Invalid => "was refused",
            Self::Decode => "is not of the type it is read as",
            Self::Unsupported => "does not have what is asked of it",
            Self::Failed => "failed",
        }
    }

    const fn remedy(self) -> &'static str {
        match self {
            Self::NotFound => "check its name, version, account and region",
            Self::AccessDenied => "check the function's role and credentials",
            Self::Throttled => "try again later, or keep values for longer",
            Self::TimedOut | Self::Unavailable => {
                "try again later; check the network and the endpoint"
            }
            Self::Invalid => "check its name and options",
            Self::Decode => "mend the value, or read it as another type",
            Self::Unsupported => "ask another provider, or without that option",
            Self::Failed => "see the cause",
        }
    }
}

impl Error {
    /// An error of this kind.
    #[must_use]
    pub fn new(kind: ErrorKind) -> Self {
        Self(Arc::new(Parts {
            kind,
            provider: "",
            parameter: String::new(),
            remedy: None,
            source: None,
        }))
    }

    /// What to do about it: one clause in lower case, without a full stop, and without the value. Unless
    /// set, the kind's own.
    #[must_use]
    pub fn remedy(self, remedy: impl Into<Cow<'static, str>>) -> Self {
        self.with(|parts| parts.remedy = Some(remedy.into()))
    }

    /// What caused it. Its texts are as visible as this error's: whoever has seen a cause repeat a value
    /// (services do that to values that they refuse) leaves it out.
    #[must_use]
    pub fn because(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let source = source.into();
        self.with(|parts| parts.source = Some(Arc::from(source)))
    }

    /// Which parameter this is about, unless that is known already.
    #[must_use]
    pub fn of(self, provider: &'static str, parameter: &str) -> Self {
        self.with(|parts| {
            if parts.provider.is_empty() {
                parts.provider = provider;
            }
            if parts.parameter.is_empty() {
                parameter.clone_into(&mut parts.parameter);
            }
        })
    }

    fn with(mut self, change: impl FnOnce(&mut Parts)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Where the parameter should have come from, as [`Provider::name`](super::Provider::name) has it.
    #[must_use]
    pub fn provider(&self) -> &'static str {
        self.0.provider
    }

    /// The parameter's name as it was asked for, or the path; of one that is below a path, the path and its
    /// name.
    #[must_use]
    pub fn parameter(&self) -> &str {
        &self.0.parameter
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &*self.0;
        let (provider, parameter) = (parts.provider, OneLine(&parts.parameter));
        match (provider, parameter.0) {
            ("", "") => write!(formatter, "the parameter ")?,
            ("", _) => write!(formatter, "parameter `{parameter}` ")?,
            (_, "") => write!(formatter, "a parameter of {provider} ")?,
            _ => write!(formatter, "parameter `{parameter}` of {provider} ")?,
        }
        let remedy = parts.remedy.as_deref();
        let remedy = OneLine(remedy.unwrap_or(parts.kind.remedy()));
        write!(formatter, "{}: {remedy}", parts.kind.text())
    }
}

/// A text in which nothing ends the line or steers a terminal: a name may come from a request, and a remedy
/// may have the name in it.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '\'' | '"' | '\\' => formatter.write_char(character),
            _ => write!(formatter, "{}", character.escape_debug()),
        })
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &*self.0;
        formatter
            .debug_struct("Error")
            .field("kind", &parts.kind)
            .field("provider", &parts.provider)
            .field("parameter", &parts.parameter)
            .field("remedy", &parts.remedy)
            .field("source", &parts.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.0.source.as_deref()?;
        Some(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_what_is_known_and_a_remedy() {
        let error = Error::new(ErrorKind::NotFound);
        let known = error.clone().of("a table", "/a").of("another", "/b");

        assert_eq!(
            error.to_string(),
            "the parameter was not found: check its name, version, account and region"
        );
        assert_eq!(
            known.remedy("write it").to_string(),
            "parameter `/a` of a table was not found: write it"
        );
    }

    #[test]
    fn a_cause_is_kept_and_not_repeated() {
        let error = Error::new(ErrorKind::Unavailable).because(std::io::Error::other("refused"));

        assert_eq!(
            error.source().map(ToString::to_string).as_deref(),
            Some("refused")
        );
        assert!(!error.to_string().contains("refused"));
    }
}
