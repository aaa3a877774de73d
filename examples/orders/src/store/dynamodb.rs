//! Orders in one table: an item for each, by its `id`.
//!
//! The order is one attribute, as JSON; beside it stands only what the table itself is asked about: the `version`
//! for conditions, the `state` for the index `by-state`. Attributes for each field would be rewritten with every
//! field that an order gains.
//!
//! The list of everything is a scan, page by page, which costs what it reads and has no order. An index over all
//! orders would have one partition key for all of them, and so one partition's throughput for all writes.

use std::{collections::HashMap, fmt, time::Duration};

use aws_config::{BehaviorVersion, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        delete_item::DeleteItemError,
        put_item::{PutItemError, builders::PutItemFluentBuilder},
    },
    types::{
        AttributeValue, ReturnValuesOnConditionCheckFailure, error::ConditionalCheckFailedException,
    },
};
use tokio::sync::OnceCell;

use super::{Added, Asked, Cause, Page, Replaced, Store, StoreError, stored::Stored};
use crate::{
    id::OrderId,
    idempotency::Fingerprint,
    order::{Order, State},
    version::Version,
};

const INDEX: &str = "by-state";
const HAS_VERSION: &str = "#version = :expected";
/// Of one attempt. DynamoDB answers in milliseconds.
const ATTEMPT: Duration = Duration::from_secs(1);
/// Before the first of two retries, at most. The SDK's own second is for programs that live longer than an
/// invocation.
const PAUSE: Duration = Duration::from_millis(100);
/// Of all attempts. A change asks twice, so a function that has 10 s always has an answer.
const ALL: Duration = Duration::from_secs(4);

/// The codes of a table that has too much to do (API reference, common errors and those of `PutItem`).
const BUSY: [&str; 4] = [
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionConflictException",
];

type Item = HashMap<String, AttributeValue>;

/// The table.
pub struct DynamoDb {
    table: String,
    client: OnceCell<Client>,
}

impl fmt::Debug for DynamoDb {
    /// Not the client, which holds the whole configuration.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("DynamoDb");
        shown.field("table", &self.table).finish_non_exhaustive()
    }
}

impl DynamoDb {
    /// The table of this name, with whatever else the environment says: the region, the role.
    ///
    /// The client is made when it is first needed: with its certificates it costs more than all the rest of a start.
    pub fn new(table: impl Into<String>) -> Self {
        Self {
            table: table.into(),
            client: OnceCell::new(),
        }
    }

    /// With a client of one's own.
    pub fn with_client(table: impl Into<String>, client: Client) -> Self {
        Self {
            table: table.into(),
            client: OnceCell::new_with(Some(client)),
        }
    }

    async fn client(&self) -> &Client {
        let make = async || {
            let timeouts = TimeoutConfig::builder()
                .connect_timeout(ATTEMPT)
                .operation_attempt_timeout(ATTEMPT)
                .operation_timeout(ALL);
            let config = aws_config::defaults(BehaviorVersion::latest())
                .timeout_config(timeouts.build())
                .retry_config(RetryConfig::standard().with_initial_backoff(PAUSE))
                .load()
                .await;
            Client::new(&config)
        };
        self.client.get_or_init(make).await
    }

    async fn put(&self, order: &Order) -> Result<PutItemFluentBuilder, StoreError> {
        let put = self.client().await.put_item().table_name(&self.table);
        // What stands in the way comes with the refusal, and is not asked for once more.
        let put = put
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(put.set_item(Some(item(order)?)))
    }

    async fn add_item(&self, order: &Order) -> Result<Added, StoreError> {
        let put = self.put(order).await?;
        let put = put.condition_expression("attribute_not_exists(id)");
        let Err(error) = put.send().await else {
            return Ok(Added::Yes);
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refusal)) => {
                let known = refusal
                    .item()
                    .ok_or_else(|| broken("a refusal without an item"))?;
                Ok(Added::WasThere(self::order(known)?))
            }
            _ => Err(failed(error)),
        }
    }

    async fn find_item(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        let found = self.client().await.get_item().table_name(&self.table);
        // Who has just changed an order reads the change.
        let found = found.key("id", text(id)).consistent_read(true);
        let found = found.send().await.map_err(failed)?;
        found.item().map(order).transpose()
    }

    async fn replace_item(&self, order: &Order, expected: Version) -> Result<Replaced, StoreError> {
        let put = self.put(order).await?;
        let put = put
            .condition_expression(HAS_VERSION)
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":expected", number(expected));
        let Err(error) = put.send().await else {
            return Ok(Replaced::Yes);
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refusal)) => Ok(instead(refusal)),
            _ => Err(failed(error)),
        }
    }

    async fn remove_item(&self, id: OrderId, expected: Version) -> Result<Replaced, StoreError> {
        let delete = self.client().await.delete_item().table_name(&self.table);
        let delete = delete
            .key("id", text(id))
            .condition_expression(HAS_VERSION)
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":expected", number(expected))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = delete.send().await else {
            return Ok(Replaced::Yes);
        };
        match error.as_service_error() {
            Some(DeleteItemError::ConditionalCheckFailedException(refusal)) => Ok(instead(refusal)),
            _ => Err(failed(error)),
        }
    }

    async fn page_of_all(&self, after: Option<OrderId>, limit: i32) -> Result<Page, StoreError> {
        let scan = self.client().await.scan().table_name(&self.table);
        let key = after.map(|id| Item::from([("id".to_owned(), text(id))]));
        let scan = scan.limit(limit).set_exclusive_start_key(key);
        let answer = scan.send().await.map_err(failed)?;
        page(answer.items(), answer.last_evaluated_key())
    }

    async fn page_of(
        &self,
        state: State,
        after: Option<OrderId>,
        limit: i32,
    ) -> Result<Page, StoreError> {
        let query = self.client().await.query().table_name(&self.table);
        let key = |id| {
            Item::from([
                ("id".to_owned(), text(id)),
                ("state".to_owned(), text(state.as_str())),
            ])
        };
        let query = query
            .index_name(INDEX)
            .key_condition_expression("#state = :state")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":state", text(state.as_str()))
            .limit(limit)
            .set_exclusive_start_key(after.map(key));
        let answer = query.send().await.map_err(failed)?;
        page(answer.items(), answer.last_evaluated_key())
    }
}

impl Store for DynamoDb {
    fn add<'a>(&'a self, order: &'a Order) -> Asked<'a, Added> {
        Box::pin(self.add_item(order))
    }

    fn find(&self, id: OrderId) -> Asked<'_, Option<Order>> {
        Box::pin(self.find_item(id))
    }

    fn replace<'a>(&'a self, order: &'a Order, expected: Version) -> Asked<'a, Replaced> {
        Box::pin(self.replace_item(order, expected))
    }

    fn remove(&self, id: OrderId, expected: Version) -> Asked<'_, Replaced> {
        Box::pin(self.remove_item(id, expected))
    }

    fn page(&self, state: Option<State>, after: Option<OrderId>, limit: u32) -> Asked<'_, Page> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        Box::pin(async move {
            match state {
                None => self.page_of_all(after, limit).await,
                Some(state) => self.page_of(state, after, limit).await,
            }
        })
    }
}

fn item(order: &Order) -> Result<Item, StoreError> {
    let json = serde_json::to_string(&Stored::from(order.clone())).map_err(broken)?;
    let mut item = Item::from([
        ("id".to_owned(), text(order.id)),
        ("version".to_owned(), number(order.version)),
        ("state".to_owned(), text(order.state.as_str())),
        ("order".to_owned(), text(json)),
    ]);
    if let Some(made_by) = &order.made_by {
        item.insert("made_by".to_owned(), text(made_by.as_str()));
    }
    Ok(item)
}

fn order(item: &Item) -> Result<Order, StoreError> {
    let text = |name| item.get(name).and_then(|value| value.as_s().ok());
    let json = text("order").ok_or_else(|| broken("an item without an order"))?;
    let stored: Stored = serde_json::from_str(json).map_err(broken)?;
    Ok(Order {
        made_by: text("made_by").map(Fingerprint::kept),
        ..stored.into()
    })
}

fn page(items: &[Item], last: Option<&Item>) -> Result<Page, StoreError> {
    let last = last.and_then(|key| key.get("id")?.as_s().ok());
    let last = last.map(|id| OrderId::try_from(id.clone()).map_err(broken));
    Ok(Page {
        orders: items.iter().map(order).collect::<Result<_, _>>()?,
        last: last.transpose()?,
    })
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn number(version: Version) -> AttributeValue {
    AttributeValue::N(version.to_string())
}

/// What there is in place of the expected version.
fn instead(refusal: &ConditionalCheckFailedException) -> Replaced {
    match refusal.item() {
        Some(_) => Replaced::WasChanged,
        None => Replaced::WasGone,
    }
}

fn failed<E>(error: SdkError<E>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    if error.code().is_some_and(|code| BUSY.contains(&code)) {
        StoreError::Busy(error.into())
    } else {
        broken(error)
    }
}

fn broken(cause: impl Into<Cause>) -> StoreError {
    StoreError::Broken(cause.into())
}
