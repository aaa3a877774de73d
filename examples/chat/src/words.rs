//! What clients say, as far as it is let in: names, rooms and texts of bounded length, without characters that
//! nobody sees.
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
pub enum Unfit {
    /// Nothing, or too much.
    #[error("{what} has 1 to {most} characters")]
    Length {
        /// A name, a room or a text.
        what: &'static str,
        /// How many it may have.
        most: usize,
    },
    /// A character that cannot be seen.
    #[error("{what} has no U+{:04X}, which cannot be seen", u32::from(*.char))]
    Hidden {
        /// A name, a room or a text.
        what: &'static str,
        /// Which one.
        char: char,
    },
    /// A mark for the character before, where there is none.
    #[error("{what} does not begin with U+{:04X}, which belongs to the character before it", u32::from(*.char))]
    Mark {
        /// A name, a room or a text.
        what: &'static str,
        /// Which one.
        char: char,
    },
}

macro_rules! words {
    ($(#[$doc:meta])* $type:ident, $what:literal, $most:ident, $is_hidden:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $type(String);

        impl TryFrom<String> for $type {
            type Error = Unfit;

            fn try_from(text: String) -> Result<Self, Unfit> {
                checked(&text, $what, $most, $is_hidden).map(Self)
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
    Name, "a name", NAME, is_unseen_in_name
);
words!(
    /// What a room is called.
    Room, "a room", ROOM, is_unseen_in_name
);
words!(
    /// Something said.
    Text, "a text", TEXT, is_unseen_in_text
);

/// The same without blanks around it, if it may be said.
fn checked(
    text: &str,
    what: &'static str,
    most: usize,
    is_hidden: fn(char) -> bool,
) -> Result<String, Unfit> {
    let trimmed = text.trim();
    if trimmed.is_empty() || trimmed.chars().nth(most).is_some() {
        return Err(Unfit::Length { what, most });
    }
    if let Some(char) = trimmed.chars().find(|char| is_hidden(*char)) {
        return Err(Unfit::Hidden { what, char });
    }
    // It would be drawn on what the page shows before it.
    match trimmed.chars().next().filter(|char| is_mark(*char)) {
        Some(char) => Err(Unfit::Mark { what, char }),
        None => Ok(trimmed.to_owned()),
    }
}

/// Characters that nobody sees, and those that turn the direction of what stands after them: with them one name
/// looks like another. Controls (`Cc`), formats (`Cf`), separators of lines (`Zl`, `Zp`), and what Unicode says
/// need not be shown (`Default_Ignorable_Code_Point` of `DerivedCoreProperties.txt`), variation selectors among
/// that; and what is no character and never will be (`Noncharacter_Code_Point`). U+2800 is a pattern of Braille without
/// dots, U+16FE4 fills a place in Khitan script, U+1D159 is a note without a head.
///
/// Which numbers Unicode has not given to a character yet is nothing that the standard library knows, and a crate of
/// tables has to be renewed with Unicode to know it: they are let in, and shown as a box.
fn is_unseen(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}' | '\u{16fe4}' | '\u{1d159}' | '\u{fdd0}'..='\u{fdef}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
        // The last two of each plane.
        || u32::from(char) & 0xfffe == 0xfffe
}

/// The same and, because a name is all that tells one from another, blanks that look like a space and are none, and
/// characters that each font draws differently or not at all (private use).
fn is_unseen_in_name(char: char) -> bool {
    is_unseen(char)
        || (char.is_whitespace() && char != ' ')
        || matches!(char,
            '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}')
}

/// Marks that go with letters of any script: Unicode's five blocks of combining marks. Scripts have more of their own,
/// which are drawn with a dotted circle where there is no letter of theirs before.
fn is_mark(char: char) -> bool {
    matches!(char,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}')
}

/// The same but for what joins and colours emoji and shapes the letters of some scripts: nobody is told from
/// others by a text.
fn is_unseen_in_text(char: char) -> bool {
    is_unseen(char) && !matches!(char, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_bounded() {
        let long = "a".repeat(33);
        for wrong in ["", "  ", &long] {
            let refused = Name::try_from(wrong.to_owned()).expect_err(wrong);
            assert_eq!(refused.to_string(), "a name has 1 to 32 characters");
        }
        let most = "é".repeat(1000);
        assert!(Text::try_from(most.clone()).is_ok());
        assert!(Text::try_from(most + "é").is_err());
    }

    #[test]
    fn what_cannot_be_seen_is_named() {
        for (wrong, which) in [
            ("a\nb", "U+000A"),
            ("\u{1b}[31m", "U+001B"),
            ("a\u{7f}", "U+007F"),
            ("a\u{9b}", "U+009B"),
            ("an\u{ad}n", "U+00AD"),
            ("\u{3164}", "U+3164"),
            ("a\u{200b}nn", "U+200B"),
            ("a\u{200d}nn", "U+200D"),
            ("ann\u{202e}", "U+202E"),
            ("ann\u{2066}", "U+2066"),
            ("ann\u{2028}b", "U+2028"),
            ("\u{2800}", "U+2800"),
            ("ann\u{fe0f}", "U+FE0F"),
            ("\u{feff}ann", "U+FEFF"),
            ("ann\u{e0061}", "U+E0061"),
            ("ann\u{1d159}", "U+1D159"),
            ("\u{16fe4}ann", "U+16FE4"),
            ("ann\u{fdd0}", "U+FDD0"),
            ("ann\u{ffff}", "U+FFFF"),
            ("ann\u{10fffe}", "U+10FFFE"),
            ("ann\u{e000}", "U+E000"),
            ("ann\u{f0000}", "U+F0000"),
            ("ann\u{10fffd}", "U+10FFFD"),
            ("ann\u{a0}b", "U+00A0"),
            ("ann\u{3000}b", "U+3000"),
        ] {
            let refused = Name::try_from(wrong.to_owned()).expect_err(which);
            let expected = format!("a name has no {which}, which cannot be seen");
            assert_eq!(refused.to_string(), expected);
            assert!(Room::try_from(wrong.to_owned()).is_err(), "{which}");
        }
        for wrong in ["\u{301}ann", " \u{20dd}", "\u{301}"] {
            let refused = Name::try_from(wrong.to_owned())
                .expect_err(wrong)
                .to_string();
            let begins = "a name does not begin with U+";
            assert!(refused.starts_with(begins), "{refused}");
            assert!(Text::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
        let turned = Text::try_from("a\u{202e}b".to_owned()).expect_err("it turns");
        assert_eq!(
            turned.to_string(),
            "a text has no U+202E, which cannot be seen"
        );
    }

    #[test]
    fn whatever_is_seen_is_let_in() {
        for (right, expected) in [
            ("ann", "ann"),
            ("  ann ", "ann"),
            ("Zoë 🐘", "Zoë 🐘"),
            ("ज़ोया", "ज़ोया"),
            ("<b>", "<b>"),
            ("ann b", "ann b"),
            ("e\u{301}va", "e\u{301}va"),
        ] {
            let name = Name::try_from(right.to_owned()).expect(right);
            assert_eq!(name.to_string(), expected);
        }
        let price = Text::try_from("3\u{a0}€".to_owned()).expect("a blank between is seen");
        assert_eq!(price.to_string(), "3\u{a0}€");
        let family = "👩\u{200d}👧 ❤\u{fe0f}";
        let text = Text::try_from(family.to_owned()).expect("emoji are seen");
        assert_eq!(text.to_string(), family);
    }
}
