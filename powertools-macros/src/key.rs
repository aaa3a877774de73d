//! What the key of a message's route may be.

/// Whether it is one; if not, what is wrong with it and what to write instead.
///
/// API Gateway keeps keys that begin with `$` for itself. (API Gateway developer guide, "Create routes for
/// WebSocket APIs in API Gateway")
pub(crate) fn check(key: &str) -> Result<(), String> {
    let instead = match key {
        "" => "is empty: a message without a key goes to `default`".to_owned(),
        "$connect" | "$disconnect" | "$default" => {
            format!("is no message's: use `{}`", &key[1..])
        }
        _ if key.starts_with('$') => {
            let other = key.trim_start_matches('$');
            format!("begins with `$`, as only API Gateway's own do: write `{other}`")
        }
        _ => return Ok(()),
    };
    Err(instead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_a_dollar_sign_are_api_gateways() {
        for (key, wrong) in [
            ("", "is empty: a message without a key goes to `default`"),
            ("$connect", "is no message's: use `connect`"),
            ("$disconnect", "is no message's: use `disconnect`"),
            ("$default", "is no message's: use `default`"),
            (
                "$join",
                "begins with `$`, as only API Gateway's own do: write `join`",
            ),
        ] {
            assert_eq!(check(key), Err(wrong.to_owned()), "{key}");
        }
    }

    #[test]
    fn any_other_text_is_a_key() {
        for key in ["join", "join-", "a/b", "{}", "größe", "7", " ", "a$b"] {
            assert_eq!(check(key), Ok(()), "{key}");
        }
    }
}
