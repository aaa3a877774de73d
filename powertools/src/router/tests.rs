//! The parts that no request shows; everything else is tested through the public API.

use super::*;
use crate::causes::chain;

#[test]
fn durations_are_milliseconds_with_at_most_three_decimals() {
    assert_eq!(milliseconds(Duration::from_nanos(1_234_567)), 1.234);
    assert_eq!(milliseconds(Duration::from_secs(2)), 2000.0);
}

#[test]
fn a_cause_is_told_with_its_own_causes_on_one_line() {
    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] Inner);
    #[derive(Debug, thiserror::Error)]
    #[error("inner")]
    struct Inner(#[source] fmt::Error);

    let error = Outer(Inner(fmt::Error));

    let innermost = fmt::Error.to_string();
    assert_eq!(chain(&error), format!("outer: inner: {innermost}"));
}

#[test]
fn only_statuses_that_have_no_content_by_definition_lose_their_body() {
    let bodiless: Vec<u16> = (100..600)
        .filter(|code| StatusCode::from_u16(*code).is_ok_and(is_bodiless))
        .collect();

    assert_eq!(bodiless, [204, 205, 304]);
}
