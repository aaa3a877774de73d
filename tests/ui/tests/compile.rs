//! What the macros accept, and what they say about what they do not.

#[test]
fn good_handlers_compile_and_every_mistake_has_its_message() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    cases.compile_fail("fail/*.rs");
}
