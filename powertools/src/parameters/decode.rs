//! Values as types. No error of this file says anything of a value but where in it something is wrong.

use std::{any::type_name, fmt, ops::Deref, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::de::DeserializeOwned;
use zeroize::Zeroize;

use super::{Error, ErrorKind, Value, value::MARK};

/// What a parameter can be read as.
///
/// | type | a value that is |
/// | --- | --- |
/// | [`String`] | a text |
/// | `Vec<u8>` | bytes, or a text's bytes, as they are |
/// | [`Binary`] | bytes as they are, or a text that is base64 |
/// | [`FromJson<T>`] | JSON |
/// | numbers, `bool` | such a text, whatever blanks are around it |
/// | [`Parsed<T>`] | a text that `T`'s [`FromStr`] reads, likewise |
/// | [`Auto`] | JSON or base64 by the name's suffix, or else as it is |
/// | [`Value`] | anything, as the provider has it |
/// | `logger::Secret<T>` (feature `logger`) | what `T` is read from, and must not be logged |
#[diagnostic::on_unimplemented(
    message = "a parameter cannot be read as `{Self}`",
    note = "JSON is read as `FromJson<T>` if `T` is `Deserialize`, also where the router's `Json` goes out again; other texts as `Parsed<T>` if `T` is `FromStr`",
    note = "`String`, `Vec<u8>`, numbers, `bool`, `Binary`, `Auto`, `Value` and the logger's `Secret<T>` are read as they are; for anything else implement `Decode`"
)]
pub trait Decode: Sized + Send + Sync + 'static {
    /// Reads the value of the parameter of this name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] with a remedy that does not repeat the value, nor has a cause that does.
    fn decode(name: &str, value: Value) -> Result<Self, Error>;

    /// Overwrites what it holds, when nobody holds it any more and the cache has forgotten it. Unless
    /// written, nothing; [`Value`], `String`, `Vec<u8>`, [`Binary`] and [`Auto`] do.
    fn wipe(&mut self) {}
}

fn refused(remedy: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Decode).remedy(remedy)
}

fn text(value: &Value) -> Result<&str, Error> {
    let text = value.as_text();
    text.ok_or_else(|| refused("it is binary; read it as `Vec<u8>` or `Value`"))
}

impl Decode for Value {
    fn decode(_: &str, value: Value) -> Result<Self, Error> {
        Ok(value)
    }

    fn wipe(&mut self) {
        self.zeroize();
    }
}

impl Decode for String {
    fn decode(_: &str, value: Value) -> Result<Self, Error> {
        text(&value)?;
        value
            .into_text()
            .map_err(|_| refused("it is binary; read it as `Vec<u8>` or `Value`"))
    }

    fn wipe(&mut self) {
        self.zeroize();
    }
}

impl Decode for Vec<u8> {
    fn decode(_: &str, value: Value) -> Result<Self, Error> {
        Ok(value.into_bytes())
    }

    fn wipe(&mut self) {
        self.zeroize();
    }
}

/// Bytes: a binary value as it is, a text from base64. Line breaks and blanks in it do not matter;
/// anything else that is no base64 does, padding included.
#[derive(Clone, PartialEq, Eq)]
pub struct Binary(pub Vec<u8>);

impl Decode for Binary {
    fn decode(_: &str, value: Value) -> Result<Self, Error> {
        let Some(text) = value.as_text() else {
            return Ok(Self(value.into_bytes()));
        };
        let mut compact: Vec<u8> = Vec::with_capacity(text.len());
        compact.extend(text.bytes().filter(|byte| !byte.is_ascii_whitespace()));
        let decoded = STANDARD.decode(&compact);
        compact.zeroize();
        // The error would quote a character.
        let decoded = decoded.map_err(|_| refused("it is no base64, as which it is read"))?;
        Ok(Self(decoded))
    }

    fn wipe(&mut self) {
        self.0.zeroize();
    }
}

impl Deref for Binary {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// A value that is JSON.
///
/// What it holds is the type's own: unlike a text, it is not overwritten when it is dropped, unless its
/// fields see to that.
#[derive(Clone, PartialEq, Eq)]
pub struct FromJson<T>(pub T);

impl<T: DeserializeOwned + Send + Sync + 'static> Decode for FromJson<T> {
    fn decode(_: &str, value: Value) -> Result<Self, Error> {
        json(&value).map(Self)
    }
}

impl<T> Deref for FromJson<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

fn json<T: DeserializeOwned>(value: &Value) -> Result<T, Error> {
    serde_json::from_slice(value.as_bytes()).map_err(|error| {
        use serde_json::error::Category;

        // Its own text quotes what it found: `invalid type: string "s3cret", expected u64`.
        let (line, column) = (error.line(), error.column());
        let place = match column {
            0 => format!("at line {line}"),
            _ => format!("at line {line}, column {column}"),
        };
        let refusal = match error.classify() {
            Category::Eof => format!("its JSON ends too early {place}"),
            Category::Syntax | Category::Io => format!("its JSON is malformed {place}"),
            Category::Data => {
                let missing = missing_field(&error, value.as_bytes());
                let missing = missing.map(|field| format!(": there is no field `{field}`"));
                let (name, missing) = (type_name::<T>(), missing.unwrap_or_default());
                format!("its JSON does not fit `{name}` {place}{missing}")
            }
        };
        refused(refusal)
    })
}

/// The field that is missing, where its name is no part of the value for sure.
///
/// serde's own text of this form has a name of the type's and nothing else. But a type may write such a text
/// by itself, with whatever it has read in it: so no name is told that stands anywhere in the value.
fn missing_field(error: &serde_json::Error, value: &[u8]) -> Option<String> {
    let text = error.to_string();
    let (field, rest) = text.strip_prefix("missing field `")?.split_once('`')?;
    let place = format!(" at line {} column {}", error.line(), error.column());
    // What may stand there in another form, as an escape, cannot be looked for.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let is_name = !field.is_empty() && field.bytes().all(is_plain);
    let has = |part: &[u8]| value.windows(part.len()).any(|there| there == part);
    let is_told = is_name && rest == place && !has(field.as_bytes()) && !has(br"\u");
    is_told.then(|| field.to_owned())
}

/// A text that `T`'s [`FromStr`] reads, without the blanks around it: `Parsed<IpAddr>`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Parsed<T>(pub T);

impl<T: FromStr + Send + Sync + 'static> Decode for Parsed<T> {
    fn decode(_: &str, value: Value) -> Result<Self, Error> {
        parsed(&value).map(Self)
    }
}

impl<T> Deref for Parsed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

fn parsed<T: FromStr>(value: &Value) -> Result<T, Error> {
    // What the error says may have the value in it.
    let parsed = text(value)?.trim().parse();
    parsed.map_err(|_| refused(format!("its text is no `{}`", type_name::<T>())))
}

macro_rules! parsed {
    ($($type:ty)*) => {$(
        impl Decode for $type {
            fn decode(_: &str, value: Value) -> Result<Self, Error> {
                parsed(&value)
            }
        }
    )*};
}

parsed!(bool u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64);

/// As the parameter's name says: JSON if it ends in `.json`, base64 if it ends in `.binary`, or else as it
/// is. The case of the suffix matters, as in Powertools for Python.
#[derive(Clone, PartialEq)]
pub enum Auto {
    // Not `Json`: the compiler would no longer call the router's by its short name in messages.
    /// JSON: the name ends in `.json`.
    Document(serde_json::Value),
    /// The name ends in `.binary`, or the provider has bytes.
    Binary(Vec<u8>),
    /// Any other text.
    Text(String),
}

impl Decode for Auto {
    fn decode(name: &str, value: Value) -> Result<Self, Error> {
        if name.ends_with(".json") {
            json(&value).map(Self::Document)
        } else if name.ends_with(".binary") {
            Binary::decode(name, value).map(|binary| Self::Binary(binary.0))
        } else {
            let text = value.into_text().map(Self::Text);
            Ok(text.unwrap_or_else(|value| Self::Binary(value.into_bytes())))
        }
    }

    fn wipe(&mut self) {
        match self {
            Self::Document(json) => wipe_json(json),
            Self::Binary(bytes) => bytes.zeroize(),
            Self::Text(text) => text.zeroize(),
        }
    }
}

fn wipe_json(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::String(text) => text.zeroize(),
        serde_json::Value::Array(items) => items.iter_mut().for_each(wipe_json),
        serde_json::Value::Object(entries) => entries.values_mut().for_each(wipe_json),
        _ => {}
    }
}

#[cfg(feature = "logger")]
impl<T: Decode> Decode for crate::logger::Secret<T> {
    fn decode(name: &str, value: Value) -> Result<Self, Error> {
        T::decode(name, value).map(Self::new)
    }

    fn wipe(&mut self) {
        self.expose_mut().wipe();
    }
}

macro_rules! marked {
    ($($type:ident $(<$parameter:ident>)?),*) => {$(
        impl $(<$parameter>)? fmt::Debug for $type $(<$parameter>)? {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(MARK)
            }
        }
    )*};
}

// What came from a parameter is not told by accident.
marked!(Binary, FromJson<T>, Parsed<T>, Auto);

#[cfg(test)]
mod tests {
    use std::{error::Error as _, net::IpAddr};

    use serde_json::json;

    use super::*;

    /// What an error says of this value, read as that.
    fn wrong<T: Decode>(value: impl Into<Value>) -> String {
        let error = T::decode("/a", value.into()).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.source().is_none());
        assert!(!format!("{error:?}").contains("s3cret"));
        error.of("a table", "/a").to_string()
    }

    fn right<T: Decode>(value: impl Into<Value>) -> T {
        T::decode("/a", value.into()).unwrap()
    }

    #[test]
    fn texts_numbers_and_bytes_are_what_they_say() {
        assert_eq!(right::<String>(" a\n"), " a\n");
        assert_eq!(right::<String>(""), "");
        assert_eq!(right::<u16>(" 8080\n"), 8080);
        assert!(right::<bool>("true"));
        assert_eq!(right::<f64>("-1.5"), -1.5);
        assert_eq!(right::<Vec<u8>>("aGk="), b"aGk=");
        assert_eq!(right::<Vec<u8>>(vec![0, 255]), [0, 255]);
        assert_eq!(
            *right::<Parsed<IpAddr>>("::1"),
            IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])
        );
    }

    #[test]
    fn base64_may_have_line_breaks_and_nothing_else_that_it_should_not() {
        assert_eq!(*right::<Binary>("aG\nk=\n"), *b"hi");
        assert_eq!(*right::<Binary>(b"aGk=".as_slice()), *b"aGk=");
        for text in ["!!!", "aGk", "aGk==", "s3cret!"] {
            assert_eq!(
                wrong::<Binary>(text),
                "parameter `/a` of a table is not of the type it is read as: it is no base64, as which it is read"
            );
        }
    }

    #[test]
    fn json_errors_tell_the_place_and_never_the_value() {
        #[derive(Debug, serde::Deserialize)]
        struct Config {
            #[allow(dead_code, reason = "only read")]
            port: u16,
        }
        let name = type_name::<Config>();
        assert!(name.ends_with("::Config"));
        for (text, place) in [
            (
                r#"{"port":"s3cret"}"#,
                &*format!("does not fit `{name}` at line 1, column 16"),
            ),
            ("7", &format!("does not fit `{name}` at line 1, column 1")),
            (r#"{"port":s3cret}"#, "is malformed at line 1, column 9"),
            ("{\"port\":\n", "ends too early at line 2"),
            ("", "ends too early at line 1"),
        ] {
            let told = wrong::<FromJson<Config>>(text);
            assert!(
                told.ends_with(&format!("read as: its JSON {place}")),
                "{told}"
            );
        }
        let told = wrong::<FromJson<u16>>(r#"{"port":7}"#);
        assert!(told.ends_with("does not fit `u16` at line 1"), "{told}");
    }

    #[test]
    fn a_field_that_is_missing_is_named_unless_it_may_be_a_part_of_the_value() {
        #[derive(Debug, serde::Deserialize)]
        #[allow(dead_code, reason = "only read")]
        struct Login {
            user: Talkative,
            password: String,
        }
        #[derive(Debug)]
        struct Talkative;
        impl<'de> serde::Deserialize<'de> for Talkative {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                match text.strip_prefix("say ") {
                    Some(say) => Err(serde::de::Error::custom(say)),
                    None => Ok(Self),
                }
            }
        }
        let field = |json: &str| {
            let told = wrong::<FromJson<Login>>(json);
            let field = told.split_once(": there is no field ");
            field.map(|(_, field)| field.to_owned())
        };

        assert_eq!(
            field(r#"{"user": "a", "pasword": "s3cret"}"#).as_deref(),
            Some("`password`")
        );
        assert_eq!(field("{}").as_deref(), Some("`user`"));
        assert_eq!(field(r#"{"user": "the password"}"#), None);
        for says in [
            "missing field `s3cret`",
            "missing field `password` s3cret",
            "missing field `s3cret` at line 1 column 9",
            "missing field `\\u0073ecret`",
            "missing field ``",
            "unknown field `s3cret`",
        ] {
            assert_eq!(
                field(&format!(r#"{{"user": "say {says}"}}"#)),
                None,
                "{says}"
            );
        }
    }

    #[test]
    fn other_errors_do_not_repeat_the_value_either() {
        assert!(wrong::<u16>("s3cret").ends_with("its text is no `u16`"));
        assert!(wrong::<u16>("").ends_with("its text is no `u16`"));
        assert!(wrong::<bool>("yes").ends_with("its text is no `bool`"));
        assert!(wrong::<Parsed<IpAddr>>("s3cret").contains("IpAddr`"));
        let told = wrong::<String>(b"s3cret".as_slice());
        assert!(told.ends_with("it is binary; read it as `Vec<u8>` or `Value`"));
        assert_eq!(wrong::<u16>(b"8080".as_slice()), told);
    }

    #[test]
    fn auto_goes_by_the_suffix_and_its_case() {
        let auto = |name: &str, value: Value| Auto::decode(name, value).unwrap();

        assert!(auto("x.json", r#"{"x":1}"#.into()) == Auto::Document(json!({"x": 1})));
        assert!(auto("x.binary", "aGk=".into()) == Auto::Binary(b"hi".to_vec()));
        assert!(auto("x", "{}".into()) == Auto::Text("{}".to_owned()));
        assert!(auto("a.JSON", "{}".into()) == Auto::Text("{}".to_owned()));
        assert!(auto("x", vec![255].into()) == Auto::Binary(vec![255]));
    }

    #[test]
    fn what_is_wiped_is_gone() {
        let mut text = right::<String>("s3cret");
        text.wipe();
        assert_eq!(text, "");
        let mut json = Auto::decode("x.json", r#"{"a":["s3cret"]}"#.into()).unwrap();
        json.wipe();
        assert!(json == Auto::Document(json!({"a": [""]})));
    }

    #[test]
    fn their_debug_is_a_mark() {
        let marks = [
            format!("{:?}", Binary(b"s3cret".to_vec())),
            format!("{:?}", FromJson("s3cret")),
            format!("{:?}", Parsed("s3cret")),
            format!("{:?}", Auto::Text("s3cret".to_owned())),
        ];
        assert_eq!(marks, [MARK; 4]);
    }
}
