//! AppConfig: freeform configurations and feature flags, as they are deployed.
//!
//! Each profile has a session, and a session a token that is good for one request, whose answer brings the
//! next. An answer without a body says that nothing has changed. So the last configuration is kept here,
//! which is no cache: AWS is asked each time.
//!
//! Who asks takes the session and puts it back with the next token. Who finds none there starts another, which
//! costs one request more. Waiting for the first one instead would be waiting for ever if that is no longer
//! polled.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    Decryption, Error, ErrorKind, Provider, Query, Selector, Value,
    aws::{self, Action, Aws},
};
use crate::env;
use aws_sdk_appconfigdata::{
    Client,
    operation::{
        get_latest_configuration::{GetLatestConfigurationError, GetLatestConfigurationOutput},
        start_configuration_session::StartConfigurationSessionOutput,
    },
    primitives::Blob,
};

const NAME: &str = "AppConfig";

/// Configurations of AWS AppConfig; a parameter's name is the profile's, or its id.
///
/// The application is the service unless it is named: `POWERTOOLS_SERVICE_NAME`. Reading needs
/// `appconfig:StartConfigurationSession` and `appconfig:GetLatestConfiguration`. A configuration that is not
/// UTF-8 is binary. All come decrypted.
///
/// AWS sends a configuration only if it has changed, so the last one of each profile stays in memory for as
/// long as the provider does: [`Parameters::clear`](super::Parameters::clear) does not reach it.
///
/// ```
/// use powertools::parameters::{AppConfig, Parameters};
///
/// let flags = Parameters::new(AppConfig::new("production").application("shop"));
/// ```
pub struct AppConfig {
    client: aws::Client<Client>,
    application: Option<String>,
    environment: String,
    /// By profile, those that nobody is asking with.
    sessions: Mutex<HashMap<String, Session>>,
}

struct Session {
    /// For one request.
    token: String,
    value: Option<Value>,
}

impl fmt::Debug for AppConfig {
    /// Not the sessions, whose tokens are the service's.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AppConfig")
            .field("client", &self.client)
            .field("application", &self.application)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

impl AppConfig {
    /// The configurations deployed to this environment, by its name or id.
    #[must_use]
    pub fn new(environment: impl Into<String>) -> Self {
        Self {
            client: aws::Client::through(&Aws::default()),
            application: env::service_name(),
            environment: environment.into(),
            sessions: Mutex::default(),
        }
    }

    /// With settings of one's own.
    #[must_use]
    pub fn through(mut self, aws: &Aws) -> Self {
        self.client = aws::Client::through(aws);
        self
    }

    /// With a client of one's own: its region, credentials, timeouts and retries.
    #[must_use]
    pub fn from_client(environment: impl Into<String>, client: Client) -> Self {
        Self {
            client: aws::Client::made(client),
            ..Self::new(environment)
        }
    }

    /// The application that they belong to, by its name or id.
    #[must_use]
    pub fn application(mut self, application: impl Into<String>) -> Self {
        self.application = Some(application.into());
        self
    }

    async fn client(&self) -> Result<&Client, Error> {
        Ok(self.client.get(Client::new).await?)
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        // Nothing is done with them that could be half done.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, profile: &str, session: Session) {
        self.sessions().insert(profile.to_owned(), session);
    }

    async fn start(&self, profile: &str) -> Result<String, Error> {
        let Some(application) = &self.application else {
            return Err(Error::new(ErrorKind::Invalid).remedy(
                "name the application with `AppConfig::application` or `POWERTOOLS_SERVICE_NAME`",
            ));
        };
        let request = self.client().await?.start_configuration_session();
        let request = request
            .application_identifier(application)
            .environment_identifier(&self.environment)
            .configuration_profile_identifier(profile);
        let answer = aws::untraced(request.send()).await;
        let action = Action::Read("appconfig:StartConfigurationSession");
        let answer: StartConfigurationSessionOutput =
            answer.map_err(|error| action.error(&error))?;
        answer.initial_configuration_token.ok_or_else(no_token)
    }

    async fn latest(&self, token: &str) -> Result<GetLatestConfigurationOutput, Latest> {
        let client = self.client().await.map_err(Latest::Failed)?;
        let request = client.get_latest_configuration();
        let answer = aws::untraced(request.configuration_token(token).send()).await;
        answer.map_err(|error| {
            let service = error.as_service_error();
            if service.is_some_and(GetLatestConfigurationError::is_bad_request_exception) {
                return Latest::Spent;
            }
            Latest::Failed(Action::Read("appconfig:GetLatestConfiguration").error(&error))
        })
    }

    async fn read(&self, profile: &str) -> Result<Value, Error> {
        // Taken out before it is used: if this future is dropped, nobody knows what became of its token.
        let kept = self.sessions().remove(profile);
        if let Some(session) = kept {
            match self.latest(&session.token).await {
                Ok(answer) => return Ok(self.value(profile, answer, session.value)),
                // Used already, or older than a day: a new session, once.
                Err(Latest::Spent) => {}
                Err(Latest::Failed(error)) => {
                    // The token may be unused still, and a session costs a request.
                    self.keep(profile, session);
                    return Err(error);
                }
            }
        }
        let token = self.start(profile).await?;
        match self.latest(&token).await {
            Ok(answer) => Ok(self.value(profile, answer, None)),
            Err(Latest::Spent) => Err(Error::new(ErrorKind::Failed)
                .remedy("AppConfig refuses the token that it gave; try again later")),
            Err(Latest::Failed(error)) => {
                self.keep(profile, Session { token, value: None });
                Err(error)
            }
        }
    }

    /// The configuration of an answer, or the last one if the answer is empty, kept with the next token.
    fn value(
        &self,
        profile: &str,
        answer: GetLatestConfigurationOutput,
        last: Option<Value>,
    ) -> Value {
        let bytes = answer.configuration.map(Blob::into_inner);
        let bytes = bytes.unwrap_or_default();
        let value = match last {
            Some(last) if bytes.is_empty() => last,
            _ => match String::from_utf8(bytes) {
                Ok(text) => Value::text(text),
                Err(bytes) => Value::binary(bytes.into_bytes()),
            },
        };
        if let Some(token) = answer.next_poll_configuration_token {
            let value = Some(value.clone());
            self.keep(profile, Session { token, value });
        }
        value
    }
}

/// Why there is no latest configuration.
enum Latest {
    /// The token is no longer good.
    Spent,
    Failed(Error),
}

impl Provider for AppConfig {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn fetch(&self, query: &Query) -> Result<Value, Error> {
        if query.selector != Selector::Current {
            return Err(Error::new(ErrorKind::Unsupported)
                .remedy("the version that it gives is the one that is deployed"));
        }
        if query.decryption == Decryption::Without {
            return Err(Error::new(ErrorKind::Unsupported).remedy("its values only come decrypted"));
        }
        self.read(&query.name).await
    }
}

fn no_token() -> Error {
    Error::new(ErrorKind::Unavailable).remedy("AppConfig's answer has no token; check the endpoint")
}
