//! What must not compile: a step skipped, a policy without a signer.

#[test]
fn a_step_cannot_be_skipped() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("cases/*.rs");
}
