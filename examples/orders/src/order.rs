//! What an order is, what may be asked for, and what may become of it.

use std::fmt;

use crate::{id::OrderId, idempotency::Fingerprint, version::Version};
use garde::Validate;
use serde::{Deserialize, Deserializer, Serialize};

/// An order as clients see it.
// Stores write it in a form of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "openapi", schemars(example = Self::sample()))]
pub struct Order {
    /// By which it is found.
    pub id: OrderId,
    /// Counts its changes.
    pub version: Version,
    /// How far it is.
    pub state: State,
    /// What is to be sent.
    pub lines: Vec<Line>,
    /// For whoever packs it.
    pub note: Option<String>,
    /// Of the request that made it, if that had a key. Nobody is shown it.
    #[serde(skip)]
    pub made_by: Option<Fingerprint>,
}

/// How far an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It may still change.
    Open,
    /// It is to be sent.
    Paid,
    /// It is on its way.
    Shipped,
    /// It will not be sent.
    Cancelled,
}

/// Some of a product.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, Validate)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// What.
    #[garde(length(chars, min = 1, max = 64))]
    pub product: String,
    /// How many.
    #[garde(range(min = 1, max = 1000))]
    pub quantity: u32,
}

/// What a customer wants.
#[derive(Clone, Debug, Deserialize, Serialize, Validate)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "openapi", schemars(example = Self::sample()))]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// What is to be sent.
    #[garde(length(min = 1, max = 50), dive)]
    pub lines: Vec<Line>,
    /// For whoever packs it.
    #[garde(length(chars, max = 500))]
    pub note: Option<String>,
}

/// What is to be otherwise. What is left out stays.
#[derive(Clone, Debug, Default, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "openapi", schemars(example = serde_json::json!({ "state": "paid" })))]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// How far it is now.
    #[garde(skip)]
    pub state: Option<State>,
    /// What is to be sent instead, while the order is open.
    #[garde(length(min = 1, max = 50), dive)]
    pub lines: Option<Vec<Line>>,
    /// For whoever packs it. `null` takes it away.
    #[garde(length(chars, max = 500))]
    // It is never written; but with this the document says no default, which it is not.
    #[serde(
        default,
        deserialize_with = "said",
        skip_serializing_if = "Option::is_none"
    )]
    pub note: Option<Option<String>>,
}

/// Something, also if that is `null`; without it `null` is what was left out.
fn said<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

/// Why an order cannot become what is asked for. Clients read it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is past that.
    #[error("an order that is {from} cannot become {to}")]
    State {
        /// How far it is.
        from: State,
        /// How far it was to be.
        to: State,
    },
    /// Somebody has paid for these lines.
    #[error("the lines of an order that is {0} stay as they are")]
    Lines(State),
    /// Somebody waits for it, and will have questions.
    #[error("an order that is {0} cannot be deleted")]
    Deletion(State),
}

impl Order {
    /// The first version of what is wanted.
    #[must_use]
    pub fn new(id: OrderId, wanted: NewOrder) -> Self {
        Self {
            id,
            version: Version::FIRST,
            state: State::Open,
            lines: wanted.lines,
            note: wanted.note,
            made_by: None,
        }
    }

    /// The next version.
    ///
    /// # Errors
    ///
    /// When it is past such a change.
    pub fn changed(self, change: Change) -> Result<Self, Refused> {
        let state = change.state.unwrap_or(self.state);
        if !self.state.may_become(state) {
            return Err(Refused::State {
                from: self.state,
                to: state,
            });
        }
        if change.lines.is_some() && self.state != State::Open {
            return Err(Refused::Lines(self.state));
        }
        Ok(Self {
            version: self.version.next(),
            state,
            lines: change.lines.unwrap_or(self.lines),
            note: change.note.unwrap_or(self.note),
            ..self
        })
    }

    /// Whether it may be forgotten.
    ///
    /// # Errors
    ///
    /// When it is on its way.
    pub fn may_be_deleted(&self) -> Result<(), Refused> {
        match self.state {
            State::Open | State::Paid | State::Cancelled => Ok(()),
            State::Shipped => Err(Refused::Deletion(self.state)),
        }
    }

    #[cfg(feature = "openapi")]
    pub(crate) fn sample() -> Self {
        let id = crate::id::SAMPLE.to_owned().try_into();
        Self::new(id.expect("the sample is a UUID"), NewOrder::sample())
    }
}

#[cfg(feature = "openapi")]
impl NewOrder {
    fn sample() -> Self {
        let product = "green tea".to_owned();
        let line = Line {
            product,
            quantity: 2,
        };
        Self {
            lines: vec![line],
            note: None,
        }
    }
}

impl State {
    /// Everything that there is.
    pub const ALL: [Self; 4] = [Self::Open, Self::Paid, Self::Shipped, Self::Cancelled];

    /// As clients and stores write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Cancelled => "cancelled",
        }
    }

    fn may_become(self, next: Self) -> bool {
        self == next
            || match self {
                Self::Open => matches!(next, Self::Paid | Self::Cancelled),
                Self::Paid => matches!(next, Self::Shipped | Self::Cancelled),
                Self::Shipped | Self::Cancelled => false,
            }
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(state: State) -> Order {
        let line = Line {
            product: "tea".to_owned(),
            quantity: 1,
        };
        let wanted = NewOrder {
            lines: vec![line],
            note: Some("a gift".to_owned()),
        };
        Order {
            state,
            ..Order::new(OrderId::random(), wanted)
        }
    }

    #[test]
    fn an_order_never_goes_back() {
        use State::{Cancelled, Open, Paid, Shipped};
        let allowed = [
            (Open, Paid),
            (Open, Cancelled),
            (Paid, Shipped),
            (Paid, Cancelled),
        ];
        for from in State::ALL {
            for to in State::ALL {
                let change = Change {
                    state: Some(to),
                    ..Change::default()
                };
                let changed = order(from).changed(change).map(|order| order.state);
                let expected = if from == to || allowed.contains(&(from, to)) {
                    Ok(to)
                } else {
                    Err(Refused::State { from, to })
                };
                assert_eq!(changed, expected, "{from} to {to}");
            }
        }
    }

    #[test]
    fn what_is_paid_for_stays_and_a_note_does_not() {
        let change = Change {
            lines: Some(Vec::new()),
            ..Change::default()
        };
        let refused = order(State::Paid).changed(change).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the lines of an order that is paid stay as they are"
        );

        let note = Some("ring twice".to_owned());
        let change = Change {
            note: Some(note.clone()),
            ..Change::default()
        };
        let changed = order(State::Paid).changed(change).unwrap();
        assert_eq!(changed.note, note);
        assert_eq!(changed.version, Version::FIRST.next());
        assert_eq!(changed.lines.len(), 1);
    }
}
