//! Named texts (path parameters, query pairs, form fields) as serde values.
//!
//! Everything on a URL is text, so a value is parsed as whatever type is asked for. A key given more
//! than once is a list; asking for one value of it is an error.

use std::{collections::HashMap, fmt};

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, EnumAccess, Error as _, IntoDeserializer, MapAccess,
        SeqAccess, Unexpected, VariantAccess, Visitor, value::StrDeserializer,
    },
    forward_to_deserialize_any,
};

use crate::router::expected::without_types;

/// Why texts were not the values that were asked for; names the key, if one is to blame.
#[derive(Debug)]
pub(crate) struct TextError {
    key: Option<String>,
    reason: String,
    about: About,
}

/// What an error is about.
#[derive(Debug, PartialEq)]
enum About {
    /// A value.
    Value,
    /// Which keys there are, or how many values.
    Keys,
}

impl TextError {
    /// Whether other values would not help: keys are missing, unknown or too many. Where a pattern gives
    /// the keys, that is the program's mistake and not the client's.
    pub(super) fn is_about_keys(&self) -> bool {
        self.about == About::Keys
    }

    /// The error as a sentence about a part of the request: "query parameter `page`: …", "query: …".
    pub(super) fn sentence(&self, whole: &str, part: &str) -> String {
        match &self.key {
            Some(key) => format!("{part} `{key}`: {}", self.reason),
            None => format!("{whole}: {}", self.reason),
        }
    }

    fn count(given: usize, expected: usize) -> Self {
        let verb = if given == 1 { "is" } else { "are" };
        Self {
            key: None,
            reason: format!("{given} {verb} given where {expected} would be taken"),
            about: About::Keys,
        }
    }

    fn of_key(key: &str, reason: impl Into<String>) -> Self {
        Self {
            key: Some(key.to_owned()),
            reason: reason.into(),
            about: About::Keys,
        }
    }

    fn at(mut self, key: &str) -> Self {
        self.key.get_or_insert_with(|| key.to_owned());
        self
    }
}

impl fmt::Display for TextError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(formatter, "`{key}`: {}", self.reason),
            None => formatter.write_str(&self.reason),
        }
    }
}

impl std::error::Error for TextError {}

impl serde::de::Error for TextError {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self {
            key: None,
            reason: without_types(&reason.to_string()),
            about: About::Value,
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::of_key(field, "is missing")
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::of_key(field, "is given more than once")
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let reason = match expected {
            [] => "is not known; there are none".to_owned(),
            _ => format!("is not known; there are `{}`", expected.join("`, `")),
        };
        Self::of_key(field, reason)
    }
}

/// A value of path parameters: one, a tuple in order, or a struct or map by name.
pub(super) fn values<T: DeserializeOwned>(pairs: Vec<(&str, &str)>) -> Result<T, TextError> {
    T::deserialize(Texts {
        pairs,
        sequence: Sequence::Values,
    })
}

/// A value of pairs: a struct or map by key, or a list of the pairs.
pub(super) fn pairs<T: DeserializeOwned>(pairs: Vec<(&str, &str)>) -> Result<T, TextError> {
    T::deserialize(Texts {
        pairs,
        sequence: Sequence::Pairs,
    })
}

/// What a list of texts is, when a sequence is asked for.
#[derive(Clone, Copy)]
enum Sequence {
    Values,
    Pairs,
}

struct Texts<'t> {
    pairs: Vec<(&'t str, &'t str)>,
    sequence: Sequence,
}

impl<'t> Texts<'t> {
    /// The only value, for types that are one.
    fn one(self) -> Result<Values<'t>, TextError> {
        match *self.pairs {
            [(key, value)] => Ok(Values::new(key, value)),
            _ => Err(TextError::count(self.pairs.len(), 1)),
        }
    }
}

macro_rules! one {
    ($($method:ident)*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
            self.one()?.$method(visitor)
        }
    )* };
}

impl<'de> Deserializer<'de> for Texts<'_> {
    type Error = TextError;

    one! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_u128 deserialize_f32 deserialize_f64 deserialize_char deserialize_str
        deserialize_string deserialize_bytes deserialize_byte_buf deserialize_identifier
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        if self.pairs.is_empty() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TextError> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TextError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        match self.sequence {
            Sequence::Values => visitor.visit_seq(ValueSeq(self.pairs.into_iter())),
            Sequence::Pairs => visitor.visit_seq(PairSeq(self.pairs.into_iter())),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, TextError> {
        let count = self.pairs.len();
        if count == length {
            self.deserialize_seq(visitor)
        } else {
            Err(TextError::count(count, length))
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, TextError> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_map(Grouped {
            groups: grouped(self.pairs).into_iter(),
            value: None,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TextError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TextError> {
        self.one()?.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_unit()
    }
}

/// Each key once, with all its values, in the order in which keys were first met.
///
/// By a map where there are many: a client may send thousands of keys, and must not be given a quadratic
/// loop for it. Where there are few, which is always, comparing each with each costs less than hashing.
fn grouped<'t>(pairs: Vec<(&'t str, &'t str)>) -> Vec<Values<'t>> {
    const FEW: usize = 16;
    let is_few = pairs.len() <= FEW;
    let mut groups: Vec<Values<'t>> = Vec::with_capacity(pairs.len());
    let mut index = HashMap::new();
    for (key, value) in pairs {
        let place = if is_few {
            groups.iter().position(|group| group.key == key)
        } else {
            let next = groups.len();
            Some(*index.entry(key).or_insert(next))
        };
        match place.and_then(|place| groups.get_mut(place)) {
            Some(group) => group.more.push(value),
            None => groups.push(Values::new(key, value)),
        }
    }
    groups
}

struct Grouped<'t> {
    groups: std::vec::IntoIter<Values<'t>>,
    value: Option<Values<'t>>,
}

impl<'de> MapAccess<'de> for Grouped<'_> {
    type Error = TextError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, TextError> {
        self.value = self.groups.next();
        let Some(value) = &self.value else {
            return Ok(None);
        };
        seed.deserialize(Values::new(value.key, value.key))
            .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, TextError> {
        let value = self
            .value
            .take()
            .ok_or_else(|| TextError::custom("a value was asked for before its key"))?;
        let key = value.key;
        seed.deserialize(value).map_err(|error| error.at(key))
    }
}

/// The values of a list of parameters, in order.
struct ValueSeq<'t>(std::vec::IntoIter<(&'t str, &'t str)>);

impl<'de> SeqAccess<'de> for ValueSeq<'_> {
    type Error = TextError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, TextError> {
        let Some((key, value)) = self.0.next() else {
            return Ok(None);
        };
        seed.deserialize(Values::new(key, value))
            .map(Some)
            .map_err(|error| error.at(key))
    }
}

/// Pairs as two-element sequences.
struct PairSeq<'t>(std::vec::IntoIter<(&'t str, &'t str)>);

impl<'de> SeqAccess<'de> for PairSeq<'_> {
    type Error = TextError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, TextError> {
        let Some((key, value)) = self.0.next() else {
            return Ok(None);
        };
        let pair = Texts {
            pairs: vec![(key, key), (key, value)],
            sequence: Sequence::Values,
        };
        seed.deserialize(pair).map(Some)
    }
}

/// The values of one key, of which there is at least one and rarely another.
#[derive(Debug)]
struct Values<'t> {
    key: &'t str,
    first: &'t str,
    more: Vec<&'t str>,
}

impl<'t> Values<'t> {
    const fn new(key: &'t str, value: &'t str) -> Self {
        Self {
            key,
            first: value,
            more: Vec::new(),
        }
    }

    fn one(&self) -> Result<&'t str, TextError> {
        if self.more.is_empty() {
            return Ok(self.first);
        }
        let count = 1 + self.more.len();
        let reason = format!("is given {count} times, one value was expected");
        Err(TextError::custom(reason).at(self.key))
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident $type:ty, $expected:literal;)*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
            let text = self.one()?;
            let value: $type = text
                .parse()
                .map_err(|_| TextError::invalid_value(Unexpected::Str(text), &$expected).at(self.key))?;
            visitor.$visit(value).map_err(|error: TextError| error.at(self.key))
        }
    )* };
}

impl<'de> Deserializer<'de> for Values<'_> {
    type Error = TextError;

    parsed! {
        deserialize_bool visit_bool bool, "`true` or `false`";
        deserialize_i8 visit_i8 i8, "a whole number from -128 to 127";
        deserialize_i16 visit_i16 i16, "a whole number of 16 bits";
        deserialize_i32 visit_i32 i32, "a whole number of 32 bits";
        deserialize_i64 visit_i64 i64, "a whole number of 64 bits";
        deserialize_i128 visit_i128 i128, "a whole number of 128 bits";
        deserialize_u8 visit_u8 u8, "a whole number from 0 to 255";
        deserialize_u16 visit_u16 u16, "a whole number from 0 to 65535";
        deserialize_u32 visit_u32 u32, "a whole number from 0 to 4294967295";
        deserialize_u64 visit_u64 u64, "a whole number of 64 bits, not negative";
        deserialize_u128 visit_u128 u128, "a whole number of 128 bits, not negative";
        deserialize_f32 visit_f32 f32, "a number";
        deserialize_f64 visit_f64 f64, "a number";
        deserialize_char visit_char char, "one character";
    }

    /// A type that takes anything gets text, or a list where there are several.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        if self.more.is_empty() {
            self.deserialize_str(visitor)
        } else {
            self.deserialize_seq(visitor)
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_str(self.one()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_bytes(self.one()?.as_bytes())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, TextError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        let key = self.key;
        let values = [self.first].into_iter().chain(self.more);
        let pairs: Vec<_> = values.map(|value| (key, value)).collect();
        visitor.visit_seq(ValueSeq(pairs.into_iter()))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, TextError> {
        let key = self.key;
        visitor
            .visit_enum(UnitVariant(self.one()?))
            .map_err(|error: TextError| error.at(key))
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        visitor.visit_unit()
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TextError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, TextError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, TextError> {
        self.deserialize_seq(visitor)
    }

    // Texts do not nest; serde's own message says what was found instead.
    forward_to_deserialize_any! { unit_struct map struct }
}

/// An enum as text: the variant's name.
struct UnitVariant<'t>(&'t str);

impl<'de> EnumAccess<'de> for UnitVariant<'_> {
    type Error = TextError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), TextError> {
        let name: StrDeserializer<'_, TextError> = self.0.into_deserializer();
        seed.deserialize(name).map(|variant| (variant, self))
    }
}

impl<'de> VariantAccess<'de> for UnitVariant<'_> {
    type Error = TextError;

    fn unit_variant(self) -> Result<(), TextError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, TextError> {
        Err(TextError::custom("a variant with data cannot be text"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, TextError> {
        Err(TextError::custom("a variant with data cannot be text"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, TextError> {
        Err(TextError::custom("a variant with data cannot be text"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Order {
        Up,
        Down,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Search {
        q: String,
        #[serde(default)]
        tag: Vec<String>,
        page: Option<u32>,
        order: Option<Order>,
    }

    #[test]
    fn one_value_is_read_as_the_type_that_is_asked_for() {
        let one = |text: &'static str| vec![("id", text)];

        assert_eq!(values::<u64>(one("7")).unwrap(), 7);
        assert_eq!(values::<i8>(one("-128")).unwrap(), -128);
        assert_eq!(
            values::<u128>(one("340282366920938463463374607431768211455")).unwrap(),
            u128::MAX
        );
        assert!(values::<bool>(one("true")).unwrap());
        assert_eq!(values::<char>(one("é")).unwrap(), 'é');
        assert_eq!(values::<String>(one("a/b")).unwrap(), "a/b");
        assert_eq!(values::<Order>(one("down")).unwrap(), Order::Down);
        assert_eq!(values::<(u64,)>(one("7")).unwrap(), (7,));
    }

    #[test]
    fn a_tuple_takes_values_in_order_and_a_struct_by_name() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Place {
            id: u64,
            shop: String,
        }
        let pairs = || vec![("shop", "corner"), ("id", "7")];

        assert_eq!(
            values::<(String, u64)>(pairs()).unwrap(),
            ("corner".into(), 7)
        );
        let place = values::<Place>(pairs()).unwrap();
        assert_eq!(
            place,
            Place {
                id: 7,
                shop: "corner".into()
            }
        );
        let map = values::<HashMap<String, String>>(pairs()).unwrap();
        assert_eq!(map["id"], "7");
    }

    #[test]
    fn repeated_keys_are_a_list_and_absent_ones_none() {
        let search: Search = pairs(vec![
            ("tag", "a"),
            ("q", "tea"),
            ("tag", "b"),
            ("order", "up"),
        ])
        .unwrap();

        assert_eq!(
            search,
            Search {
                q: "tea".into(),
                tag: vec!["a".into(), "b".into()],
                page: None,
                order: Some(Order::Up),
            }
        );
    }

    #[test]
    fn a_list_of_pairs_keeps_everything_in_order() {
        let list: Vec<(String, String)> = pairs(vec![("b", "1"), ("a", "2"), ("b", "3")]).unwrap();

        let expected = [("b", "1"), ("a", "2"), ("b", "3")];
        assert_eq!(
            list,
            expected.map(|(key, value)| (key.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn every_refusal_names_its_key() {
        let refused = |given: Vec<(&'static str, &'static str)>| {
            pairs::<Search>(given).unwrap_err().to_string()
        };

        assert_eq!(refused(vec![]), "`q`: is missing");
        assert_eq!(
            refused(vec![("q", "x"), ("page", "many")]),
            "`page`: invalid value: string \"many\", expected a whole number from 0 to 4294967295"
        );
        assert_eq!(
            refused(vec![("q", "x"), ("q", "y")]),
            "`q`: is given 2 times, one value was expected"
        );
        assert_eq!(
            refused(vec![("q", "x"), ("order", "sideways")]),
            "`order`: unknown variant `sideways`, expected `up` or `down`"
        );
        assert_eq!(
            pairs::<Exact>(vec![("q", "x"), ("sort", "up")])
                .unwrap_err()
                .to_string(),
            "`sort`: is not known; there are `q`, `page`"
        );
        assert_eq!(
            values::<u8>(vec![("id", "300")]).unwrap_err().to_string(),
            "`id`: invalid value: string \"300\", expected a whole number from 0 to 255"
        );
        assert_eq!(
            values::<(u8, u8)>(vec![("id", "3")])
                .unwrap_err()
                .to_string(),
            "1 is given where 2 would be taken"
        );
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Exact {
        q: String,
        page: Option<u32>,
    }

    #[test]
    fn an_error_is_a_sentence_with_and_without_a_key() {
        let sentence = |error: TextError| error.sentence("query", "query parameter");

        assert_eq!(
            sentence(pairs::<Exact>(vec![]).unwrap_err()),
            "query parameter `q`: is missing"
        );
        assert_eq!(
            sentence(pairs::<u8>(vec![]).unwrap_err()),
            "query: 0 are given where 1 would be taken"
        );
    }

    #[test]
    fn odd_types_give_an_error_or_a_value_but_never_a_panic() {
        assert!(values::<Vec<Vec<u8>>>(vec![("a", "x")]).is_err());
        assert!(pairs::<u8>(vec![]).is_err());
        assert!(pairs::<BTreeMap<String, BTreeMap<String, String>>>(vec![("a", "b")]).is_err());
        assert_eq!(pairs::<()>(vec![("a", "b")]).ok(), Some(()));
        let any: serde_json::Value = pairs(vec![("a", "1"), ("b", "2"), ("b", "3")]).unwrap();
        assert_eq!(any, serde_json::json!({"a": "1", "b": ["2", "3"]}));
    }
}
