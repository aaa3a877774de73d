//! Where a list goes on: what a client is given with a page, and hands back for the next.
//!
//! It is opaque, so that what is in it may change, and it is no secret: the filter and the last id, both of which
//! the client has seen. Hence no signature. What is in it is read anew, as everything that comes from outside, and
//! never handed to a store as it is; whoever writes one of their own begins a list elsewhere, as they could by
//! turning pages. Where clients see different orders, whose they are belongs to the question and not in here.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{id::OrderId, order::State};

/// Before what it is made of, so that those of an older making can be told.
const MAKING: &str = "1";
/// More than any of ours has.
const LONGEST: usize = 128;

/// Text that is no cursor of this list. Clients read it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("this `cursor` is not one of this list: begin without one")]
pub(crate) struct NoCursor;

/// A list's place after this order.
pub(crate) fn write(filter: Option<State>, after: OrderId) -> String {
    URL_SAFE_NO_PAD.encode(format!("{MAKING}.{}.{after}", name(filter)))
}

/// The order after which a list goes on.
///
/// # Errors
///
/// When it is of another list, or of nobody's making.
pub(crate) fn read(cursor: &str, filter: Option<State>) -> Result<OrderId, NoCursor> {
    if cursor.len() > LONGEST {
        return Err(NoCursor);
    }
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| NoCursor)?;
    let text = String::from_utf8(bytes).map_err(|_| NoCursor)?;
    let mut parts = text.splitn(3, '.');
    let is_ours = parts.next() == Some(MAKING) && parts.next() == Some(name(filter));
    let after = parts.next().filter(|_| is_ours).ok_or(NoCursor)?;
    after.to_owned().try_into().map_err(|_| NoCursor)
}

fn name(filter: Option<State>) -> &'static str {
    filter.map_or("all", State::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SAMPLE;

    #[test]
    fn a_cursor_of_someone_elses_making_is_none() {
        let id = OrderId::try_from(SAMPLE.to_owned()).unwrap();
        let own = write(Some(State::Open), id);
        assert_eq!(read(&own, Some(State::Open)), Ok(id));

        // Of another list.
        assert_eq!(read(&own, None), Err(NoCursor));
        assert_eq!(read(&own, Some(State::Paid)), Err(NoCursor));

        let forged = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let long = forged(&"1.open.".repeat(100));
        for wrong in [
            "",
            "!",
            "eyJpZCI6eyJTIjoiYSJ9fQ",
            &own[1..],
            &forged("1.open."),
            &forged("1.open.7"),
            &forged(&format!("2.open.{SAMPLE}")),
            &forged(&format!("1.open.{SAMPLE}.x")),
            &forged(&format!("1.open.{}", SAMPLE.to_uppercase())),
            &URL_SAFE_NO_PAD.encode([0xff, 0xfe]),
            &long,
        ] {
            assert_eq!(read(wrong, Some(State::Open)), Err(NoCursor), "{wrong}");
        }
    }
}
