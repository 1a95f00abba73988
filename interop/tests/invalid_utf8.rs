//! What is not UTF-8 is not JSON, wherever it stands.

use alb_oidc::JsonError;
use interop::invalid_utf8::INPUTS;
use interop::json_suite::{Bench, Finding, PLACES};

#[test]
fn what_is_not_utf_8_is_refused_as_such_in_every_place() {
    let bench = Bench::new();
    for (name, bytes) in INPUTS {
        assert!(str::from_utf8(bytes).is_err(), "{name} is UTF-8");
        for (place, finding) in PLACES.into_iter().zip(bench.findings(bytes)) {
            assert_eq!(finding, Finding::Refused(JsonError::Utf8), "{name} {place}");
        }
    }
}
