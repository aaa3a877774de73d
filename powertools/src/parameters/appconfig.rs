//! AppConfig: freeform configurations and feature flags, as they are deployed.
//!
//! Each profile has a session, and a session a token that is good for one request, whose answer brings the
//! next. An answer without a body says that nothing has changed. So the last configuration is kept here,
//! which is no cache: AWS is asked each time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex, PoisonError},
};

use aws_sdk_appconfigdata::{
    Client,
    operation::{
        get_latest_configuration::{GetLatestConfigurationError, GetLatestConfigurationOutput},
        start_configuration_session::StartConfigurationSessionOutput,
    },
};
use tokio::sync::Mutex;

use super::{
    Decryption, Error, ErrorKind, Provider, Query, Selector, Value,
    aws::{self, Action, Aws},
};
use crate::env;

const NAME: &str = "AppConfig";

/// Configurations of AWS AppConfig; a parameter's name is the profile's, or its id.
///
/// The application is the service unless it is named: `POWERTOOLS_SERVICE_NAME`. Reading needs
/// `appconfig:StartConfigurationSession` and `appconfig:GetLatestConfiguration`. A configuration that is not
/// UTF-8 is binary.
///
/// ```
/// use powertools::parameters::{AppConfig, Parameters};
///
/// let flags = Parameters::new(AppConfig::new("production").application("shop"));
/// ```
#[derive(Debug)]
pub struct AppConfig {
    client: aws::Client<Client>,
    application: Option<String>,
    environment: String,
    /// By profile. Not locked across an `await`; each session is.
    sessions: StdMutex<HashMap<String, Arc<Mutex<Session>>>>,
}

#[derive(Debug, Default)]
struct Session {
    /// For one request. None before the first, and when a request was dropped with it.
    token: Option<String>,
    value: Option<Value>,
}

impl AppConfig {
    /// The configurations deployed to this environment, by its name or id.
    #[must_use]
    pub fn new(environment: impl Into<String>) -> Self {
        Self {
            client: aws::Client::through(&Aws::default()),
            application: env::service_name(),
            environment: environment.into(),
            sessions: StdMutex::default(),
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
        self.client.get(Client::new).await
    }

    fn session(&self, profile: &str) -> Arc<Mutex<Session>> {
        // Nothing is done with it that could be half done.
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = sessions.get(profile) {
            return Arc::clone(session);
        }
        Arc::clone(sessions.entry(profile.to_owned()).or_default())
    }

    /// Names that are none leave nothing behind, or whoever can choose one fills the memory.
    fn forget(&self, profile: &str) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.remove(profile);
    }

    async fn start(&self, profile: &str) -> Result<String, Error> {
        let Some(application) = &self.application else {
            return Err(Error::new(ErrorKind::Invalid).remedy(
                "name the application with `AppConfig::application` or `POWERTOOLS_SERVICE_NAME`",
            ));
        };
        let request = self.client().await?.start_configuration_session();
        let answer = request
            .application_identifier(application)
            .environment_identifier(&self.environment)
            .configuration_profile_identifier(profile)
            .send()
            .await;
        let action = Action::Read("appconfig:StartConfigurationSession");
        let answer: StartConfigurationSessionOutput =
            answer.map_err(|error| action.error(&error))?;
        answer.initial_configuration_token.ok_or_else(no_token)
    }

    async fn latest(&self, token: &str) -> Result<GetLatestConfigurationOutput, Latest> {
        let client = self.client().await.map_err(Latest::Failed)?;
        let request = client.get_latest_configuration();
        let answer = request.configuration_token(token).send().await;
        answer.map_err(|error| {
            let service = error.as_service_error();
            if service.is_some_and(GetLatestConfigurationError::is_bad_request_exception) {
                return Latest::Spent;
            }
            Latest::Failed(Action::Read("appconfig:GetLatestConfiguration").error(&error))
        })
    }

    async fn read(&self, profile: &str, session: &mut Session) -> Result<Value, Error> {
        // Taken out: if this future is dropped before the answer is there, nobody knows what became of it.
        let kept = session.token.take();
        let answer = match &kept {
            Some(token) => self.latest(token).await,
            None => Err(Latest::Spent),
        };
        let (token, answer) = match (kept, answer) {
            // None there, used already, or older than a day: a new session, once.
            (_, Err(Latest::Spent)) => {
                session.value = None;
                let token = self.start(profile).await?;
                let answer = self.latest(&token).await;
                (token, answer)
            }
            (kept, answer) => (kept.unwrap_or_default(), answer),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(Latest::Spent) => {
                return Err(Error::new(ErrorKind::Failed)
                    .remedy("AppConfig refuses the token that it gave; try again later"));
            }
            Err(Latest::Failed(error)) => {
                // It may be unused still, and a session costs a request.
                session.token = Some(token);
                return Err(error);
            }
        };
        session.token = answer.next_poll_configuration_token;
        let bytes = answer
            .configuration
            .map(aws_sdk_appconfigdata::primitives::Blob::into_inner);
        let bytes = bytes.unwrap_or_default();
        if bytes.is_empty()
            && let Some(value) = &session.value
        {
            return Ok(value.clone());
        }
        let value = match String::from_utf8(bytes) {
            Ok(text) => Value::text(text),
            Err(bytes) => Value::binary(bytes.into_bytes()),
        };
        session.value = Some(value.clone());
        Ok(value)
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
        if query.decryption != Decryption::Unset {
            return Err(Error::new(ErrorKind::Unsupported).remedy("its values only come decrypted"));
        }
        let session = self.session(&query.name);
        let mut session = session.lock().await;
        let result = self.read(&query.name, &mut session).await;
        if session.token.is_none() && session.value.is_none() {
            self.forget(&query.name);
        }
        result
    }
}

fn no_token() -> Error {
    Error::new(ErrorKind::Unavailable).remedy("AppConfig's answer has no token; check the endpoint")
}
