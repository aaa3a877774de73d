//! Secrets Manager.
//!
//! Many current secrets are asked for at once by exact names. The service's other way, a filter by name,
//! matches prefixes and would bring secrets that nobody asked for.

use aws_sdk_secretsmanager::{
    Client,
    error::ErrorMetadata,
    primitives::Blob,
    types::{ApiErrorType, SecretValueEntry},
};

use super::{
    Decryption, Error, ErrorKind, Protection, Provider, Put, Query, Selector, Tier, Value,
    aws::{self, Action, Aws, Refusal},
};

/// What BatchGetSecretValue takes at most.
const MOST_NAMES: usize = 20;
const NAME: &str = "Secrets Manager";
const READ: Action = Action::Read("secretsmanager:GetSecretValue");

/// Secrets of AWS Secrets Manager: text or binary, current or by version id or stage.
///
/// A name is a secret's name or its ARN, of another account's too. Reading needs
/// `secretsmanager:GetSecretValue`; several at once are asked for in one request where
/// `secretsmanager:BatchGetSecretValue` is allowed too. Writing needs `secretsmanager:PutSecretValue`, or
/// `secretsmanager:UpdateSecret` where a description or a key is given, and
/// `secretsmanager:CreateSecret` where there is no such secret yet.
///
/// ```
/// use powertools::parameters::{Parameters, SecretsManager};
///
/// let secrets = Parameters::new(SecretsManager::new());
/// ```
#[derive(Debug)]
pub struct SecretsManager {
    client: aws::Client<Client>,
}

impl Default for SecretsManager {
    fn default() -> Self {
        Self::new()
    }
}

impl SecretsManager {
    /// The secrets of the function's own region and account.
    #[must_use]
    pub fn new() -> Self {
        Self {
            client: aws::Client::through(&Aws::default()),
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
    pub fn from_client(client: Client) -> Self {
        Self {
            client: aws::Client::made(client),
        }
    }

    async fn client(&self) -> Result<&Client, Error> {
        Ok(self.client.get(Client::new).await?)
    }

    async fn read(&self, query: &Query) -> Result<Value, Refusal> {
        let (id, stage) = selected(query)?;
        let request = self.client().await?.get_secret_value();
        let answer = request
            .secret_id(&query.name)
            .set_version_id(id)
            .set_version_stage(stage)
            .send()
            .await;
        let answer = answer.map_err(|error| READ.refusal_of_some(&error))?;
        Ok(value(answer.secret_string, answer.secret_binary)?)
    }

    /// One result for each of these; if there are several, they are all current.
    async fn ask(&self, asked: Vec<(usize, &Query)>) -> Vec<(usize, Result<Value, Error>)> {
        if let [(index, query)] = &*asked {
            return vec![(*index, self.fetch(query).await)];
        }
        let mut batch = Batch::new(asked);
        if let Err(refusal) = self.ask_at_once(&mut batch).await {
            self.ask_one_by_one(&mut batch, refusal).await;
        }
        batch.finish()
    }

    /// Permission for the batch is one more than for its secrets, and one name that is none fails it. If asking
    /// for one fails for a reason that is not its own, asking for the rest would not help.
    async fn ask_one_by_one(&self, batch: &mut Batch<'_>, refusal: Refusal) {
        let mut of_all = (!refusal.is_of_one).then_some(refusal.error);
        for (index, query) in std::mem::take(&mut batch.open) {
            let result = match &of_all {
                Some(error) => Err(error.clone()),
                None => self.read(query).await.map_err(|refusal| {
                    if !refusal.is_of_one {
                        of_all = Some(refusal.error.clone());
                    }
                    refusal.error
                }),
            };
            batch.done.push((index, result));
        }
    }

    async fn ask_at_once(&self, batch: &mut Batch<'_>) -> Result<(), Refusal> {
        let client = self.client().await?;
        let mut names: Vec<String> = Vec::with_capacity(batch.open.len());
        for (_, query) in &batch.open {
            if !names.contains(&query.name) {
                names.push(query.name.clone());
            }
        }
        let mut token = None;
        let mut seen = Vec::new();
        loop {
            let answer = client
                .batch_get_secret_value()
                .set_secret_id_list(Some(names.clone()))
                .set_next_token(token)
                .send()
                .await;
            let action = Action::Read("secretsmanager:BatchGetSecretValue");
            let page = answer.map_err(|error| action.refusal_of_some(&error))?;
            for entry in page.secret_values.unwrap_or_default() {
                batch.found(entry);
            }
            for error in page.errors.unwrap_or_default() {
                batch.refused(&error);
            }
            match page.next_token.filter(|next| !next.is_empty()) {
                None => return Ok(()),
                Some(next) => token = aws::go_on(&mut seen, next)?,
            }
        }
    }

    /// A new version of a secret that there is.
    async fn update(&self, put: &Put) -> Result<(), Error> {
        let client = self.client().await?;
        let (text, bytes) = parts(&put.value);
        let key = key(&put.protection);
        if put.description.is_none() && key.is_none() {
            let request = client
                .put_secret_value()
                .secret_id(&put.name)
                .set_secret_string(text)
                .set_secret_binary(bytes)
                .set_client_request_token(put.token.clone());
            let answer = aws::untraced(request.send()).await;
            let action = Action::Write("secretsmanager:PutSecretValue");
            return answer.map(drop).map_err(|error| action.error(&error));
        }
        let request = client
            .update_secret()
            .secret_id(&put.name)
            .set_secret_string(text)
            .set_secret_binary(bytes)
            .set_description(put.description.clone())
            .set_kms_key_id(key)
            .set_client_request_token(put.token.clone());
        let answer = aws::untraced(request.send()).await;
        let action = Action::Write("secretsmanager:UpdateSecret");
        answer.map(drop).map_err(|error| action.error(&error))
    }

    async fn create(&self, put: &Put) -> Result<Created, Error> {
        let (text, bytes) = parts(&put.value);
        let request = self
            .client()
            .await?
            .create_secret()
            .name(&put.name)
            .set_secret_string(text)
            .set_secret_binary(bytes)
            .set_description(put.description.clone())
            .set_kms_key_id(key(&put.protection))
            .set_client_request_token(put.token.clone());
        match aws::untraced(request.send()).await {
            Ok(_) => Ok(Created::Now),
            Err(error) => match error.as_service_error() {
                Some(service) if service.is_resource_exists_exception() => Ok(Created::ByAnother),
                _ => Err(Action::Write("secretsmanager:CreateSecret").error(&error)),
            },
        }
    }
}

enum Created {
    Now,
    ByAnother,
}

impl Provider for SecretsManager {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn fetch(&self, query: &Query) -> Result<Value, Error> {
        let result = self.read(query).await;
        result.map_err(|refusal| refusal.error)
    }

    async fn fetch_by_name(&self, queries: &[Query]) -> Vec<Result<Value, Error>> {
        let is_current = |query: &Query| {
            query.selector == Selector::Current && query.decryption != Decryption::Without
        };
        let (current, others): (Vec<_>, Vec<_>) = queries
            .iter()
            .enumerate()
            .partition(|(_, query)| is_current(query));
        let batches = current.chunks(MOST_NAMES).map(<[_]>::to_vec);
        // A batch asks for current ones only, and has no use for one name.
        let others = others.into_iter().map(|one| vec![one]);
        let asks = batches.chain(others).map(|batch| self.ask(batch)).collect();
        let mut results: Vec<_> = queries.iter().map(|_| None).collect();
        for (index, result) in aws::some_at_a_time(asks).await.into_iter().flatten() {
            results[index] = Some(result);
        }
        let results = results.into_iter();
        results
            .map(|result| result.expect("each query is in a batch, and a batch answers all it has"))
            .collect()
    }

    /// A secret that is there gets a new version; one that is not is made.
    async fn put(&self, put: &Put) -> Result<(), Error> {
        if put.tier != Tier::Standard {
            return Err(Error::new(ErrorKind::Unsupported).remedy("secrets have no tiers"));
        }
        let updated = self.update(put).await;
        let Err(error) = updated else { return Ok(()) };
        // An ARN is given by the service, so there is nothing to make.
        if error.kind() != ErrorKind::NotFound || put.name.starts_with("arn:") {
            return Err(error);
        }
        match self.create(put).await? {
            Created::Now => Ok(()),
            Created::ByAnother => self.update(put).await,
        }
    }
}

/// What one request is asked for: who still waits, and who has an answer.
struct Batch<'a> {
    open: Vec<(usize, &'a Query)>,
    done: Vec<(usize, Result<Value, Error>)>,
}

impl<'a> Batch<'a> {
    fn new(asked: Vec<(usize, &'a Query)>) -> Self {
        Self {
            done: Vec::with_capacity(asked.len()),
            open: asked,
        }
    }

    fn found(&mut self, entry: SecretValueEntry) {
        let (name, arn) = (entry.name, entry.arn);
        let result = value(entry.secret_string, entry.secret_binary);
        self.answer(&result, |asked| {
            name.as_deref() == Some(asked) || arn.as_deref().is_some_and(|arn| names(asked, arn))
        });
    }

    fn refused(&mut self, error: &ApiErrorType) {
        let metadata = ErrorMetadata::builder()
            .code(error.error_code().unwrap_or_default())
            .message(error.message().unwrap_or_default())
            .build();
        let id = error.secret_id().unwrap_or_default();
        let result = Err(READ.refusal(&metadata, None));
        self.answer(&result, |asked| asked == id || names(asked, id));
    }

    fn answer(&mut self, result: &Result<Value, Error>, is_it: impl Fn(&str) -> bool) {
        let done = &mut self.done;
        self.open.retain(|(index, query)| {
            let is_it = is_it(&query.name);
            if is_it {
                done.push((*index, result.clone()));
            }
            !is_it
        });
    }

    fn finish(mut self) -> Vec<(usize, Result<Value, Error>)> {
        for (index, _) in self.open {
            let error = Error::new(ErrorKind::NotFound);
            self.done.push((index, Err(error)));
        }
        self.done
    }
}

/// Whether an ARN is meant, which may be written without the six characters that the service adds.
fn names(asked: &str, arn: &str) -> bool {
    let Some(rest) = arn.strip_prefix(asked) else {
        return false;
    };
    asked.starts_with("arn:") && (rest.is_empty() || rest.len() == 7 && rest.starts_with('-'))
}

fn selected(query: &Query) -> Result<(Option<String>, Option<String>), Error> {
    if query.decryption == Decryption::Without {
        return Err(Error::new(ErrorKind::Unsupported).remedy("secrets only come decrypted"));
    }
    match &query.selector {
        Selector::Current => Ok((None, None)),
        Selector::VersionId(id) => Ok((Some(id.clone()), None)),
        Selector::Stage(stage) => Ok((None, Some(stage.clone()))),
        _ => Err(Error::new(ErrorKind::Unsupported)
            .remedy("its versions have ids and stages, not numbers and labels")),
    }
}

fn value(text: Option<String>, bytes: Option<Blob>) -> Result<Value, Error> {
    match (text, bytes) {
        (Some(text), _) => Ok(Value::text(text)),
        (None, Some(bytes)) => Ok(Value::binary(bytes.into_inner())),
        (None, None) => {
            Err(Error::new(ErrorKind::NotFound).remedy("the secret is there, but has no value yet"))
        }
    }
}

fn parts(value: &Value) -> (Option<String>, Option<Blob>) {
    match value.as_text() {
        Some(text) => (Some(text.to_owned()), None),
        None => (None, Some(Blob::new(value.as_bytes()))),
    }
}

/// Secrets are always encrypted: with the account's own key unless another is named.
fn key(protection: &Protection) -> Option<String> {
    match protection {
        Protection::SecureWith(key) => Some(key.clone()),
        Protection::Plain | Protection::Secure => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_may_be_written_without_what_the_service_adds() {
        let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/token-AbCdEf";
        for (asked, expected) in [
            (arn, true),
            (
                "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/token",
                true,
            ),
            (
                "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/tok",
                false,
            ),
            ("shop/token", false),
            ("", false),
        ] {
            assert_eq!(names(asked, arn), expected, "{asked}");
        }
    }
}
