//! The items of a DynamoDB table.
//!
//! One attribute is the value. Texts, numbers and booleans are its text, bytes are bytes, maps and lists are
//! JSON. What is below a "path" is all items of one partition key, by their sort keys.

use std::collections::HashMap;

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use serde_json::{Map, Value as Json};

use super::{
    Decryption, Error, ErrorKind, Listed, PathQuery, Provider, Query, Selector, Value,
    aws::{self, Action, Aws},
};

const NAME: &str = "DynamoDB";

/// Parameters in a DynamoDB table: one item each.
///
/// Reading one needs `dynamodb:GetItem`, all of a partition key `dynamodb:Query`. Nothing is decrypted and
/// there are no versions, so a query that asks for either is refused.
///
/// ```
/// use powertools::parameters::{DynamoDb, Parameters};
///
/// let prices = Parameters::new(DynamoDb::new("prices").key("article").value("price"));
/// ```
#[derive(Debug)]
pub struct DynamoDb {
    client: aws::Client<Client>,
    table: String,
    key: String,
    sort: String,
    value: String,
}

impl DynamoDb {
    /// The items of this table, by its name or ARN; the partition key is `id`, the sort key `sk`, and the
    /// value is in `value`.
    #[must_use]
    pub fn new(table: impl Into<String>) -> Self {
        Self {
            client: aws::Client::through(&Aws::default()),
            table: table.into(),
            key: "id".to_owned(),
            sort: "sk".to_owned(),
            value: "value".to_owned(),
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
    pub fn from_client(table: impl Into<String>, client: Client) -> Self {
        Self {
            client: aws::Client::made(client),
            ..Self::new(table)
        }
    }

    /// The partition key's attribute.
    #[must_use]
    pub fn key(mut self, attribute: impl Into<String>) -> Self {
        self.key = attribute.into();
        self
    }

    /// The sort key's attribute, which names what is below a partition key.
    #[must_use]
    pub fn sort_key(mut self, attribute: impl Into<String>) -> Self {
        self.sort = attribute.into();
        self
    }

    /// The attribute that has the value.
    #[must_use]
    pub fn value(mut self, attribute: impl Into<String>) -> Self {
        self.value = attribute.into();
        self
    }

    async fn client(&self) -> Result<&Client, Error> {
        Ok(self.client.get(Client::new).await?)
    }

    fn value_of(&self, item: &mut HashMap<String, AttributeValue>) -> Result<Value, Error> {
        let Some(attribute) = item.remove(&self.value) else {
            return Err(Error::new(ErrorKind::NotFound).remedy(format!(
                "the item has no attribute `{}`; name the one with `DynamoDb::value`",
                self.value
            )));
        };
        value(attribute)
    }
}

impl Provider for DynamoDb {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn fetch(&self, query: &Query) -> Result<Value, Error> {
        if query.selector != Selector::Current {
            return Err(Error::new(ErrorKind::Unsupported).remedy("items have no versions"));
        }
        not_encrypted(query.decryption)?;
        let request = self.client().await?.get_item();
        let request = request
            .table_name(&self.table)
            .key(&self.key, AttributeValue::S(query.name.clone()));
        let answer = aws::untraced(request.send()).await;
        let action = Action::Read("dynamodb:GetItem");
        let answer = answer.map_err(|error| action.error(&error))?;
        let mut item = answer.item.ok_or_else(|| Error::new(ErrorKind::NotFound))?;
        self.value_of(&mut item)
    }

    async fn fetch_by_name(&self, queries: &[Query]) -> Vec<Result<Value, Error>> {
        let fetches = queries.iter().map(|query| self.fetch(query)).collect();
        aws::some_at_a_time(fetches).await
    }

    /// One level is all there is, so that any depth is the same.
    async fn fetch_many(&self, query: &PathQuery) -> Result<Listed, Error> {
        not_encrypted(query.decryption)?;
        let client = self.client().await?;
        let mut listed = Listed::new();
        let mut from = None;
        let mut seen = Vec::new();
        // Until there is no key to go on from: a page may be empty and not the last.
        loop {
            let request = client
                .query()
                .table_name(&self.table)
                .key_condition_expression("#key = :path")
                .expression_attribute_names("#key", &self.key)
                .expression_attribute_values(":path", AttributeValue::S(query.path.clone()))
                .set_exclusive_start_key(from);
            let answer = aws::untraced(request.send()).await;
            let action = Action::Read("dynamodb:Query");
            let page = answer.map_err(|error| action.error(&error))?;
            for mut item in page.items.unwrap_or_default() {
                let sort = item.remove(&self.sort);
                let Some(AttributeValue::S(name) | AttributeValue::N(name)) = sort else {
                    return Err(Error::new(ErrorKind::Invalid).remedy(format!(
                        "the items have no text or number `{}`; name their sort key with \
                         `DynamoDb::sort_key`",
                        self.sort
                    )));
                };
                let value = self.value_of(&mut item);
                listed.push((name, value));
            }
            match page.last_evaluated_key.filter(|key| !key.is_empty()) {
                None => return Ok(listed),
                Some(key) => from = aws::go_on(&mut seen, key)?,
            }
        }
    }
}

fn not_encrypted(decryption: Decryption) -> Result<(), Error> {
    match decryption {
        Decryption::Unset | Decryption::Without => Ok(()),
        Decryption::With => {
            Err(Error::new(ErrorKind::Unsupported)
                .remedy("its values are not encrypted one by one"))
        }
    }
}

fn value(attribute: AttributeValue) -> Result<Value, Error> {
    match attribute {
        AttributeValue::S(text) | AttributeValue::N(text) => Ok(Value::text(text)),
        AttributeValue::Bool(flag) => Ok(Value::text(flag.to_string())),
        AttributeValue::B(bytes) => Ok(Value::binary(bytes.into_inner())),
        collection @ (AttributeValue::M(_) | AttributeValue::L(_)) => {
            let json = json(collection).ok_or_else(no_value)?;
            Ok(Value::text(json.to_string()))
        }
        _ => Err(no_value()),
    }
}

fn no_value() -> Error {
    Error::new(ErrorKind::Decode)
        .remedy("the attribute is null, a set or holds bytes; store a text, a number, bytes, a map or a list")
}

/// A map or a list as JSON, which has neither bytes nor sets. Numbers too large or too precise for JSON's
/// readers stay what they are in DynamoDB's own JSON: texts.
fn json(attribute: AttributeValue) -> Option<Json> {
    Some(match attribute {
        AttributeValue::S(text) => Json::String(text),
        AttributeValue::N(text) => number(&text).unwrap_or(Json::String(text)),
        AttributeValue::Bool(flag) => Json::Bool(flag),
        AttributeValue::Null(_) => Json::Null,
        AttributeValue::L(list) => Json::Array(list.into_iter().map(json).collect::<Option<_>>()?),
        AttributeValue::M(map) => {
            let pairs = map
                .into_iter()
                .map(|(name, value)| Some((name, json(value)?)));
            Json::Object(pairs.collect::<Option<Map<_, _>>>()?)
        }
        _ => return None,
    })
}

fn number(text: &str) -> Option<Json> {
    let json: Json = serde_json::from_str(text).ok()?;
    // DynamoDB keeps 38 digits, a JSON number here about 16: it is one only if none are lost.
    let kept = json.to_string();
    (json.is_number() && kept == text).then_some(json)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::primitives::Blob;

    use super::*;

    fn text(attribute: AttributeValue) -> String {
        let value = value(attribute).expect("a value");
        value.as_text().expect("text").to_owned()
    }

    #[test]
    fn attributes_are_texts() {
        assert_eq!(text(AttributeValue::S("a".to_owned())), "a");
        assert_eq!(text(AttributeValue::N("1.50".to_owned())), "1.50");
        assert_eq!(text(AttributeValue::Bool(true)), "true");
    }

    #[test]
    fn maps_and_lists_are_json_that_loses_no_digit() {
        let list = AttributeValue::L(vec![
            AttributeValue::N("7".to_owned()),
            AttributeValue::N("12345678901234567890123".to_owned()),
            AttributeValue::Null(true),
            AttributeValue::Bool(false),
        ]);
        let map = AttributeValue::M(HashMap::from([("a".to_owned(), list)]));

        assert_eq!(
            text(map),
            r#"{"a":[7,"12345678901234567890123",null,false]}"#
        );
    }

    #[test]
    fn what_json_has_no_form_for_is_refused() {
        let bytes = || AttributeValue::B(Blob::new([1]));
        for attribute in [
            AttributeValue::Null(true),
            AttributeValue::Ss(vec!["a".to_owned()]),
            AttributeValue::L(vec![bytes()]),
        ] {
            let kind = value(attribute.clone()).err().map(|error| error.kind());
            assert_eq!(kind, Some(ErrorKind::Decode), "{attribute:?}");
        }
        assert_eq!(value(bytes()).expect("bytes").as_bytes(), [1]);
    }
}
