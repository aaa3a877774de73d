//! What clients say, as far as it is let in: names, rooms and texts of bounded length without control
//! characters.
//!
//! Nothing is escaped here. The page shows text as text (`textContent`), and whoever shows it otherwise has to
//! escape it for that place.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest of each, in characters.
const NAME: usize = 32;
const ROOM: usize = 32;
const TEXT: usize = 1000;

/// Why words are not let in. Clients read it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} has 1 to {most} characters and no control characters")]
pub struct Unfit {
    what: &'static str,
    most: usize,
}

macro_rules! words {
    ($(#[$doc:meta])* $type:ident, $what:literal, $most:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $type(String);

        impl TryFrom<String> for $type {
            type Error = Unfit;

            fn try_from(text: String) -> Result<Self, Unfit> {
                checked(&text, $what, $most).map(Self)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

words!(
    /// How somebody wants to be called. Several may have the same.
    Name, "a name", NAME
);
words!(
    /// What a room is called.
    Room, "a room", ROOM
);
words!(
    /// Something said.
    Text, "a text", TEXT
);

/// The same without blanks around it, if it may be said.
fn checked(text: &str, what: &'static str, most: usize) -> Result<String, Unfit> {
    let trimmed = text.trim();
    let length = trimmed.chars().count();
    if length == 0 || length > most || trimmed.chars().any(is_hidden) {
        return Err(Unfit { what, most });
    }
    Ok(trimmed.to_owned())
}

/// Control characters, and those that turn the direction of what stands after them: with them one name
/// looks like another.
fn is_hidden(char: char) -> bool {
    let turns = '\u{202a}'..='\u{202e}';
    let isolates = '\u{2066}'..='\u{2069}';
    char.is_control() || turns.contains(&char) || isolates.contains(&char)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_bounded_and_visible() {
        let long = "a".repeat(33);
        for wrong in ["", "  ", "a\nb", "\u{1b}[31m", "ann\u{202e}", &long] {
            let refused = Name::try_from(wrong.to_owned()).expect_err(wrong);
            assert_eq!(
                refused.to_string(),
                "a name has 1 to 32 characters and no control characters"
            );
        }
        for (right, expected) in [
            ("ann", "ann"),
            ("  ann ", "ann"),
            ("Zoë 🐘", "Zoë 🐘"),
            ("<b>", "<b>"),
        ] {
            let name = Name::try_from(right.to_owned()).expect(right);
            assert_eq!(name.to_string(), expected);
        }
        let most = "é".repeat(1000);
        assert!(Text::try_from(most.clone()).is_ok());
        assert!(Text::try_from(most + "é").is_err());
    }
}
