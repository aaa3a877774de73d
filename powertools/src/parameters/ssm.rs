//! SSM Parameter Store.
//!
//! What it knows that others do not: a name may carry a version or a label after a colon, and many names
//! may be asked for at once, ten at a time. One that may not be read fails all ten, so those are then asked
//! for one by one.

use std::collections::HashSet;

use aws_sdk_ssm::{
    Client,
    operation::{
        get_parameters::GetParametersOutput, put_parameter::builders::PutParameterFluentBuilder,
    },
    types::{Parameter, ParameterTier, ParameterType},
};

use super::{
    Decryption, Depth, Error, ErrorKind, Existing, Listed, PathQuery, Protection, Provider, Put,
    Query, Selector, Tier, Value,
    aws::{self, Action, Aws, Refusal},
};
use crate::env;

/// What GetParameters takes at most, and GetParametersByPath gives at most.
const MOST_NAMES: usize = 10;
const NAME: &str = "SSM Parameter Store";

/// Parameters of AWS Systems Manager's Parameter Store.
///
/// A name is a name, a path or an ARN, of another account's too. Encrypted parameters are decrypted where
/// the query says so, or else this provider, or else `POWERTOOLS_PARAMETERS_SSM_DECRYPT`. Where nobody says
/// either, the value of an encrypted parameter is what it is encrypted to, and a line at WARN says so.
///
/// Asking by several names needs `ssm:GetParameters`, one `ssm:GetParameter`, a path
/// `ssm:GetParametersByPath`, writing `ssm:PutParameter`.
///
/// ```
/// use powertools::parameters::{Parameters, Ssm};
///
/// let parameters = Parameters::new(Ssm::new().decrypt());
/// ```
#[derive(Debug)]
pub struct Ssm {
    client: aws::Client<Client>,
    /// Where a query says nothing. Unset is told from what somebody wants, to warn of what nobody may want.
    decryption: Decryption,
}

impl Default for Ssm {
    fn default() -> Self {
        Self::new()
    }
}

impl Ssm {
    /// The Parameter Store of the function's own region and account.
    #[must_use]
    pub fn new() -> Self {
        Self::with(aws::Client::through(&Aws::default()))
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
        Self::with(aws::Client::made(client))
    }

    fn with(client: aws::Client<Client>) -> Self {
        let decryption = match env::ssm_decrypt() {
            None => Decryption::Unset,
            Some(Ok(true)) => Decryption::With,
            Some(Ok(false)) => Decryption::Without,
            Some(Err(text)) => {
                tracing::warn!(
                    value = text,
                    "POWERTOOLS_PARAMETERS_SSM_DECRYPT is none of true, yes, on, 1, false, no, off, 0; \
                     nothing is decrypted"
                );
                Decryption::Unset
            }
        };
        Self { client, decryption }
    }

    /// Decrypted, unless a query says otherwise.
    #[must_use]
    pub fn decrypt(mut self) -> Self {
        self.decryption = Decryption::With;
        self
    }

    /// As it is stored, unless a query says otherwise, whatever the environment says.
    #[must_use]
    pub fn without_decryption(mut self) -> Self {
        self.decryption = Decryption::Without;
        self
    }

    async fn client(&self) -> Result<&Client, Error> {
        Ok(self.client.get(Client::new).await?)
    }

    fn decrypts(&self, asked: Decryption) -> Decryption {
        match asked {
            Decryption::Unset => self.decryption,
            said => said,
        }
    }

    /// One result for each of these names, which one request may have.
    async fn ask(&self, batch: Batch<'_>) -> Vec<(usize, Result<Value, Error>)> {
        let refusal = match self.ask_at_once(&batch.asked).await {
            Ok(values) => return values,
            Err(refusal) => refusal,
        };
        let all = |asked: &[Asked<'_>], error: &Error| -> Vec<_> {
            let failed = asked.iter().map(|one| (one.index, Err(error.clone())));
            failed.collect()
        };
        if !refusal.is_of_one || batch.asked.len() == 1 {
            return all(&batch.asked, &refusal.error);
        }
        // One name that may not be read, or is none, failed them all. If asking for one fails for a reason
        // that is not its own, asking for the rest would not help.
        let mut values = Vec::with_capacity(batch.asked.len());
        for (place, asked) in batch.asked.iter().enumerate() {
            match self.ask_at_once(std::slice::from_ref(asked)).await {
                Ok(value) => values.extend(value),
                Err(refusal) if refusal.is_of_one => {
                    values.push((asked.index, Err(refusal.error)));
                }
                Err(refusal) => {
                    values.extend(all(&batch.asked[place..], &refusal.error));
                    break;
                }
            }
        }
        values
    }

    /// These are all to be decrypted, or none of them is.
    async fn ask_at_once(
        &self,
        asked: &[Asked<'_>],
    ) -> Result<Vec<(usize, Result<Value, Error>)>, Refusal> {
        let request = self.client().await?.get_parameters();
        let names = asked.iter().map(|asked| asked.written.clone()).collect();
        let is_decrypted = asked
            .iter()
            .any(|asked| asked.decryption == Decryption::With);
        let answer = request
            .set_names(Some(names))
            .with_decryption(is_decrypted)
            .send()
            .await;
        let action = Action::Read("ssm:GetParameters");
        let answer = answer.map_err(|error| action.refusal_of_some(&error))?;
        let one = |asked: &Asked<'_>| (asked.index, asked.find(&answer));
        Ok(asked.iter().map(one).collect())
    }
}

/// One name of a batch, and which query it answers.
struct Asked<'a> {
    index: usize,
    name: &'a str,
    /// With its version or label.
    written: String,
    decryption: Decryption,
}

impl Asked<'_> {
    /// What an answer says of it. A parameter is named without what chose its version, so that no batch has
    /// two versions of one; what there is not is named as it was asked for. Found and not taken out: a name
    /// and its ARN may be one parameter, which the answer has once.
    fn find(&self, answer: &GetParametersOutput) -> Result<Value, Error> {
        let bare = bare(self.name);
        let is_it = |parameter: &&Parameter| {
            let names = [parameter.name(), parameter.arn()];
            names.contains(&Some(bare)) || names.contains(&Some(self.name))
        };
        if let Some(parameter) = answer.parameters().iter().find(is_it) {
            return value(Some(parameter.clone()), self.decryption);
        }
        let invalid = answer.invalid_parameters();
        if invalid
            .iter()
            .any(|name| *name == self.written || name == bare)
        {
            return Err(Error::new(ErrorKind::NotFound));
        }
        Err(Error::new(ErrorKind::Failed).remedy("the service's answer does not mention it"))
    }
}

/// What one request may ask for.
struct Batch<'a> {
    is_decrypted: bool,
    names: HashSet<&'a str>,
    asked: Vec<Asked<'a>>,
}

impl Batch<'_> {
    fn may_have(&self, decryption: Decryption, bare: &str) -> bool {
        let is_alike = self.is_decrypted == (decryption == Decryption::With);
        is_alike && self.asked.len() < MOST_NAMES && !self.names.contains(bare)
    }
}

impl Provider for Ssm {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn fetch(&self, query: &Query) -> Result<Value, Error> {
        let written = written(query)?;
        let decryption = self.decrypts(query.decryption);
        let request = self.client().await?.get_parameter();
        let request = request.with_decryption(decryption == Decryption::With);
        let answer = request.name(written).send().await;
        let action = Action::Read("ssm:GetParameter");
        let answer = answer.map_err(|error| action.error(&error))?;
        value(answer.parameter, decryption)
    }

    async fn fetch_by_name(&self, queries: &[Query]) -> Vec<Result<Value, Error>> {
        let mut results: Vec<_> = queries.iter().map(|_| None).collect();
        let mut batches: Vec<Batch<'_>> = Vec::new();
        for (index, query) in queries.iter().enumerate() {
            let written = match written(query) {
                Ok(written) => written,
                Err(error) => {
                    results[index] = Some(Err(error));
                    continue;
                }
            };
            let decryption = self.decrypts(query.decryption);
            let bare = bare(&query.name);
            let asked = Asked {
                index,
                name: &query.name,
                written,
                decryption,
            };
            let room = |batch: &&mut Batch<'_>| batch.may_have(decryption, bare);
            match batches.iter_mut().find(room) {
                Some(batch) => {
                    batch.names.insert(bare);
                    batch.asked.push(asked);
                }
                None => batches.push(Batch {
                    is_decrypted: decryption == Decryption::With,
                    names: HashSet::from([bare]),
                    asked: vec![asked],
                }),
            }
        }
        let asks = batches.into_iter().map(|batch| self.ask(batch)).collect();
        for (index, result) in aws::some_at_a_time(asks).await.into_iter().flatten() {
            results[index] = Some(result);
        }
        let results = results.into_iter();
        results
            .map(|result| result.expect("each query is in a batch, and a batch answers all it has"))
            .collect()
    }

    async fn fetch_many(&self, query: &PathQuery) -> Result<Listed, Error> {
        let decryption = self.decrypts(query.decryption);
        let client = self.client().await?;
        let most = i32::try_from(MOST_NAMES).expect("10 is an i32");
        let mut listed = Listed::new();
        let mut token = None;
        let mut seen = Vec::new();
        // Until there is no token: a page may be short or empty and not the last.
        loop {
            let request = client.get_parameters_by_path();
            let answer = request
                .path(&query.path)
                .recursive(query.depth == Depth::All)
                .with_decryption(decryption == Decryption::With)
                .max_results(most)
                .set_next_token(token)
                .send()
                .await;
            let action = Action::Read("ssm:GetParametersByPath");
            let page = answer.map_err(|error| action.error(&error))?;
            for parameter in page.parameters.unwrap_or_default() {
                let Some(name) = parameter.name.clone() else {
                    return Err(Error::new(ErrorKind::Failed)
                        .remedy("the service's answer has a parameter without a name"));
                };
                let value = value(Some(parameter), decryption);
                listed.push((relative(&query.path, &name).to_owned(), value));
            }
            match page.next_token.filter(|next| !next.is_empty()) {
                None => return Ok(listed),
                Some(next) => token = aws::go_on(&mut seen, next)?,
            }
        }
    }

    async fn put(&self, put: &Put) -> Result<(), Error> {
        let Some(text) = put.value.as_text() else {
            return Err(
                Error::new(ErrorKind::Unsupported).remedy("it holds text only; encode the bytes")
            );
        };
        if put.token.is_some() {
            return Err(Error::new(ErrorKind::Unsupported).remedy("it takes no request token"));
        }
        let request = self.client().await?.put_parameter().name(&put.name);
        let request = request
            .value(text)
            .overwrite(put.existing == Existing::Overwrite)
            .set_description(put.description.clone())
            .tier(match put.tier {
                Tier::Standard => ParameterTier::Standard,
                Tier::Advanced => ParameterTier::Advanced,
                Tier::Intelligent => ParameterTier::IntelligentTiering,
            });
        let request = protected(request, &put.protection);
        let answer = aws::untraced(request.send()).await;
        let action = Action::Write("ssm:PutParameter");
        answer.map(drop).map_err(|error| action.error(&error))
    }
}

fn protected(
    request: PutParameterFluentBuilder,
    protection: &Protection,
) -> PutParameterFluentBuilder {
    match protection {
        Protection::Plain => request.r#type(ParameterType::String),
        Protection::Secure => request.r#type(ParameterType::SecureString),
        Protection::SecureWith(key) => request.r#type(ParameterType::SecureString).key_id(key),
    }
}

/// The name as the service wants it, with its version or label.
fn written(query: &Query) -> Result<String, Error> {
    if query.name.is_empty() {
        return Err(Error::new(ErrorKind::Invalid).remedy("the name is empty"));
    }
    match &query.selector {
        Selector::Current => Ok(query.name.clone()),
        Selector::Version(number) => Ok(format!("{}:{number}", query.name)),
        Selector::Label(label) => Ok(format!("{}:{label}", query.name)),
        _ => Err(Error::new(ErrorKind::Unsupported)
            .remedy("its versions have numbers and labels, not ids and stages")),
    }
}

/// A name or ARN without the version or label that may be written after it.
fn bare(name: &str) -> &str {
    let (resource, colons) = match name.strip_prefix("arn:") {
        // `arn:aws:ssm:region:account:parameter/name`
        Some(arn) => (arn, 4),
        None => (name, 0),
    };
    match resource.match_indices(':').nth(colons) {
        Some((colon, _)) => &name[..name.len() - resource.len() + colon],
        None => name,
    }
}

/// A name as seen from a path that it is below.
fn relative<'a>(path: &str, name: &'a str) -> &'a str {
    let below = name.strip_prefix(path.trim_end_matches('/'));
    let below = below.filter(|rest| rest.starts_with('/')).unwrap_or(name);
    below.strip_prefix('/').unwrap_or(below)
}

fn value(parameter: Option<Parameter>, decryption: Decryption) -> Result<Value, Error> {
    if let Some(parameter) = &parameter
        && parameter.r#type() == Some(&ParameterType::SecureString)
        && decryption == Decryption::Unset
    {
        tracing::warn!(
            parameter = parameter.name(),
            "the parameter is encrypted and its value is too; say `decrypt`, or `without_decryption` if \
             that is meant"
        );
    }
    match parameter.and_then(|parameter| parameter.value) {
        Some(text) => Ok(Value::text(text)),
        None => Err(Error::new(ErrorKind::Failed).remedy("the service's answer has no value")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_or_label_written_after_a_name_is_no_part_of_it() {
        for (name, expected) in [
            ("/shop/token", "/shop/token"),
            ("/shop/token:3", "/shop/token"),
            ("token:live", "token"),
            (
                "arn:aws:ssm:eu-west-1:123456789012:parameter/shop/token",
                "arn:aws:ssm:eu-west-1:123456789012:parameter/shop/token",
            ),
            (
                "arn:aws:ssm:eu-west-1:123456789012:parameter/shop/token:3",
                "arn:aws:ssm:eu-west-1:123456789012:parameter/shop/token",
            ),
        ] {
            assert_eq!(bare(name), expected, "{name}");
        }
    }

    #[test]
    fn names_are_relative_to_the_path() {
        for (path, name, expected) in [
            ("/p", "/p/a", "a"),
            ("/p/", "/p/x/b", "x/b"),
            ("/", "/p/a", "p/a"),
            ("/p", "/pq/a", "pq/a"),
            ("/p", "/other/a", "other/a"),
            ("/p", "plain", "plain"),
        ] {
            assert_eq!(relative(path, name), expected, "{path} {name}");
        }
    }
}
