//! What a cached value is found by: all that was asked, and the type it was decoded to.

use std::{
    any::TypeId,
    borrow::Borrow,
    hash::{Hash, Hasher},
};

use super::{Decryption, Depth, PathQuery, Query, Selector};

/// What a value is stored under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) decoded: TypeId,
    pub(super) asked: Asked,
}

/// What was asked of the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    One(Query),
    Below(PathQuery),
}

/// A key that borrows what it is made of, so that a value is found without an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyRef<'a> {
    pub(super) decoded: TypeId,
    pub(super) asked: AskedRef<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AskedRef<'a> {
    One(QueryRef<'a>),
    Below(PathRef<'a>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QueryRef<'a> {
    pub(super) name: &'a str,
    pub(super) selector: SelectorRef<'a>,
    pub(super) decryption: Decryption,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SelectorRef<'a> {
    Current,
    Version(u64),
    VersionId(&'a str),
    Label(&'a str),
    Stage(&'a str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PathRef<'a> {
    pub(super) path: &'a str,
    pub(super) depth: Depth,
    pub(super) decryption: Decryption,
}

/// A key in either form: what a table of [`Key`]s can be asked by.
pub(super) trait AnyKey {
    fn borrowed(&self) -> KeyRef<'_>;
}

impl AnyKey for KeyRef<'_> {
    fn borrowed(&self) -> KeyRef<'_> {
        *self
    }
}

impl AnyKey for Key {
    fn borrowed(&self) -> KeyRef<'_> {
        let asked = match &self.asked {
            Asked::One(query) => AskedRef::One(QueryRef::of(query)),
            Asked::Below(query) => AskedRef::Below(PathRef {
                path: &query.path,
                depth: query.depth,
                decryption: query.decryption,
            }),
        };
        KeyRef {
            decoded: self.decoded,
            asked,
        }
    }
}

impl<'a> Borrow<dyn AnyKey + 'a> for Key {
    fn borrow(&self) -> &(dyn AnyKey + 'a) {
        self
    }
}

impl PartialEq for dyn AnyKey + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.borrowed() == other.borrowed()
    }
}

impl Eq for dyn AnyKey + '_ {}

impl Hash for dyn AnyKey + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.borrowed().hash(state);
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.borrowed().hash(state);
    }
}

impl Hash for KeyRef<'_> {
    /// The name and the version only: who reads one parameter as many types, or with and without decryption,
    /// is rare, while hashing all would be a third of every hit.
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.asked {
            AskedRef::One(query) => {
                state.write(query.name.as_bytes());
                query.selector.hash(state);
            }
            AskedRef::Below(path) => state.write(path.path.as_bytes()),
        }
    }
}

impl Hash for SelectorRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Current => {}
            Self::Version(number) => number.hash(state),
            Self::VersionId(text) | Self::Label(text) | Self::Stage(text) => text.hash(state),
        }
    }
}

impl<'a> KeyRef<'a> {
    pub(super) fn one<T: 'static>(query: QueryRef<'a>) -> Self {
        Self {
            decoded: TypeId::of::<T>(),
            asked: AskedRef::One(query),
        }
    }

    pub(super) fn below<T: 'static>(path: PathRef<'a>) -> Self {
        Self {
            decoded: TypeId::of::<T>(),
            asked: AskedRef::Below(path),
        }
    }

    pub(super) fn to_key(self) -> Key {
        let asked = match self.asked {
            AskedRef::One(query) => Asked::One(query.to_query()),
            AskedRef::Below(path) => Asked::Below(path.to_query()),
        };
        Key {
            decoded: self.decoded,
            asked,
        }
    }
}

impl<'a> QueryRef<'a> {
    pub(super) const fn new(name: &'a str) -> Self {
        Self {
            name,
            selector: SelectorRef::Current,
            decryption: Decryption::Unset,
        }
    }

    pub(super) fn of(query: &'a Query) -> Self {
        let selector = match &query.selector {
            Selector::Current => SelectorRef::Current,
            Selector::Version(number) => SelectorRef::Version(*number),
            Selector::VersionId(id) => SelectorRef::VersionId(id),
            Selector::Label(label) => SelectorRef::Label(label),
            Selector::Stage(stage) => SelectorRef::Stage(stage),
        };
        Self {
            name: &query.name,
            selector,
            decryption: query.decryption,
        }
    }

    pub(super) fn to_query(self) -> Query {
        let mut query = Query::new(self.name);
        query.selector = match self.selector {
            SelectorRef::Current => Selector::Current,
            SelectorRef::Version(number) => Selector::Version(number),
            SelectorRef::VersionId(id) => Selector::VersionId(id.into()),
            SelectorRef::Label(label) => Selector::Label(label.into()),
            SelectorRef::Stage(stage) => Selector::Stage(stage.into()),
        };
        query.decryption = self.decryption;
        query
    }
}

impl PathRef<'_> {
    pub(super) fn to_query(self) -> PathQuery {
        let mut query = PathQuery::new(self.path);
        query.depth = self.depth;
        query.decryption = self.decryption;
        query
    }
}

impl Asked {
    /// Whether writing a parameter of this name may change what was asked. Rather too often than not often
    /// enough: an ARN and a name that may be the same count as the same.
    pub(super) fn is_changed_by(&self, written: &str) -> bool {
        let written = bare(written);
        match self {
            Self::One(query) => {
                let asked = bare(&query.name);
                asked == written
                    || (is_arn(asked) || is_arn(written))
                        && (asked.contains(written) || written.contains(asked))
            }
            Self::Below(query) => {
                let path = bare(&query.path);
                is_arn(path) || is_arn(written) || written.starts_with(path)
            }
        }
    }
}

fn is_arn(name: &str) -> bool {
    name.starts_with("arn:")
}

/// A name without what providers pass over: `/` is the path of `plain`, and `/shop//` that of `/shop/a`.
fn bare(name: &str) -> &str {
    name.trim_matches(|character: char| character == '/' || character.is_whitespace())
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, RandomState};

    use super::*;

    #[test]
    fn a_borrowed_key_finds_its_own_and_no_other() {
        let queries = [
            Query::new("a"),
            Query::new("b"),
            Query::new("a").version(1),
            Query::new("a").version_id("1"),
            Query::new("a").label("1"),
            Query::new("a").stage("1"),
            Query::new("a").decrypt(),
            Query::new("a").without_decryption(),
        ];
        let paths = [
            PathQuery::new("a"),
            PathQuery::new("a").recursive(),
            PathQuery::new("a").decrypt(),
        ];
        let asked = queries.map(Asked::One).into_iter();
        let asked = asked.chain(paths.map(Asked::Below));
        let decoded = [TypeId::of::<String>(), TypeId::of::<u8>()];
        let keys: Vec<Key> = asked
            .flat_map(|asked| {
                decoded.map(|decoded| Key {
                    decoded,
                    asked: asked.clone(),
                })
            })
            .collect();
        let hasher = RandomState::new();

        for (place, key) in keys.iter().enumerate() {
            let borrowed = key.borrowed();
            let any: &dyn AnyKey = &borrowed;
            assert_eq!(hasher.hash_one(key), hasher.hash_one(any), "{key:?}");
            assert_eq!(borrowed.to_key(), *key);
            for (other_place, other) in keys.iter().enumerate() {
                let is_same = borrowed == other.borrowed();
                assert_eq!(is_same, place == other_place, "{other:?}");
            }
        }
    }

    #[test]
    fn what_is_written_changes_what_may_be_the_same() {
        let one = |name: &str| Asked::One(Query::new(name).version(3));
        let secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/token-AbCdEf";
        for (asked, written) in [
            (one("/shop/a"), "/shop/a"),
            (
                one("arn:aws:ssm:eu-west-1:123456789012:parameter/shop/a"),
                "/shop/a",
            ),
            (one("shop/token"), secret),
            (one(secret), &secret[..secret.len() - 7]),
            (Asked::Below(PathQuery::new("/shop")), "/shop/x/a"),
            (Asked::Below(PathQuery::new("/shop")), secret),
            (Asked::Below(PathQuery::new(" /shop//")), "/shop/a"),
            (Asked::Below(PathQuery::new("/")), "plain"),
            (one("token"), "/token"),
        ] {
            assert!(asked.is_changed_by(written), "{asked:?} by {written}");
        }
        for (asked, written) in [
            (one("/shop/a"), "/shop/b"),
            (one("/shop/a"), "/shop"),
            (one("/shop/other"), secret),
            (Asked::Below(PathQuery::new("/shop")), "/stop/a"),
        ] {
            assert!(!asked.is_changed_by(written), "{asked:?} by {written}");
        }
    }
}
