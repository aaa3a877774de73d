//! What is asked of a provider: a name and every option. All of it is the cache's key.

/// One parameter: its name and every option that can change its value.
///
/// The cache's key is the whole of it, so that a value which was read without decryption, or in another
/// version, is never given for this one.
///
/// ```
/// use powertools::parameters::Query;
///
/// let query = Query::new("/shop/token").version(3).decrypt();
///
/// assert_ne!(query, Query::new("/shop/token"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Query {
    /// As it was written: a name, a path or an ARN.
    pub name: String,
    /// Which version of it.
    pub selector: Selector,
    /// Whether an encrypted value is decrypted.
    pub decryption: Decryption,
}

impl Query {
    /// The current version of this parameter.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            selector: Selector::Current,
            decryption: Decryption::Unset,
        }
    }

    /// This version by its number (SSM Parameter Store).
    #[must_use]
    pub fn version(mut self, number: u64) -> Self {
        self.selector = Selector::Version(number);
        self
    }

    /// The version with this id (Secrets Manager).
    #[must_use]
    pub fn version_id(mut self, id: impl Into<String>) -> Self {
        self.selector = Selector::VersionId(id.into());
        self
    }

    /// The version with this label (SSM Parameter Store).
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.selector = Selector::Label(label.into());
        self
    }

    /// The version at this stage (Secrets Manager), `AWSPREVIOUS` for one.
    #[must_use]
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.selector = Selector::Stage(stage.into());
        self
    }

    /// Decrypted.
    #[must_use]
    pub fn decrypt(mut self) -> Self {
        self.decryption = Decryption::With;
        self
    }

    /// As it is stored.
    #[must_use]
    pub fn without_decryption(mut self) -> Self {
        self.decryption = Decryption::Without;
        self
    }
}

/// Which version of a parameter is meant; the last one that was set counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Selector {
    /// The one that its provider takes for current.
    #[default]
    Current,
    /// By number (SSM Parameter Store).
    Version(u64),
    /// By id (Secrets Manager).
    VersionId(String),
    /// By label (SSM Parameter Store).
    Label(String),
    /// By stage (Secrets Manager).
    Stage(String),
}

/// Whether an encrypted value is decrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Decryption {
    /// Nobody said: the provider's own setting, or else the environment's.
    #[default]
    Unset,
    /// Decrypted.
    With,
    /// As it is stored.
    Without,
}

/// All parameters below a path, and every option that can change them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct PathQuery {
    /// As it was written.
    pub path: String,
    /// How far down.
    pub depth: Depth,
    /// Whether encrypted values are decrypted.
    pub decryption: Decryption,
}

impl PathQuery {
    /// What is directly below this path.
    #[must_use]
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            depth: Depth::One,
            decryption: Decryption::Unset,
        }
    }

    /// Also what is further down.
    #[must_use]
    pub fn recursive(mut self) -> Self {
        self.depth = Depth::All;
        self
    }

    /// Decrypted.
    #[must_use]
    pub fn decrypt(mut self) -> Self {
        self.decryption = Decryption::With;
        self
    }

    /// As they are stored.
    #[must_use]
    pub fn without_decryption(mut self) -> Self {
        self.decryption = Decryption::Without;
        self
    }
}

/// How far below a path parameters are looked for. Unless somebody says more, directly below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Depth {
    /// Directly below it.
    #[default]
    One,
    /// Anywhere below it.
    All,
}
