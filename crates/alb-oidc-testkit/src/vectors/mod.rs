//! The conformance table and more, in the shape of
//! [Wycheproof](https://github.com/C2SP/wycheproof)'s test vectors, for verifiers in any language.
//!
//! What is generated depends on nothing but this crate: the keys are published ones, signatures are
//! deterministic ([RFC 6979](https://www.rfc-editor.org/rfc/rfc6979)), and the time is fixed.

mod group;
mod keys;
mod notes;
mod policies;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::conformance::{Outcome, table};
use group::{Group, Test, Verdict};
use notes::{Note, note_of_part, notes};

pub(crate) use keys::STRANGER;

/// Where the vectors are, from the repository's root.
pub const PATH: &str = "vectors/alb_oidc_data_v1.json";

/// What writes them there.
pub const COMMAND: &str = "cargo run -p alb-oidc-testkit --features vectors --example vectors";

/// The version of the vectors: the first number is the shape's, which is in the file's name too; the
/// second grows with tests, the third with corrections.
pub const VERSION: &str = "1.0.0";

/// The file, as text.
///
/// # Panics
///
/// If a note is about a test that there is not.
#[must_use]
pub fn generate() -> String {
    let mut groups = conformance();
    groups.extend(policies::groups());
    groups.push(keys::malformed());
    let mut count = 0;
    for test in groups.iter_mut().flat_map(|group| &mut group.tests) {
        count += 1;
        test.tc_id = count;
    }
    let notes = annotate(&mut groups);
    let file = File {
        algorithm: "ES256",
        schema: "schema/alb_oidc_data_schema_v1.json",
        generator_version: VERSION,
        number_of_tests: count,
        header: HEADER,
        notes,
        test_groups: groups,
    };
    let text = serde_json::to_string_pretty(&file).expect("nothing in it cannot be JSON");
    text + "\n"
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File {
    algorithm: &'static str,
    schema: &'static str,
    generator_version: &'static str,
    number_of_tests: usize,
    header: &'static [&'static str],
    notes: BTreeMap<&'static str, Note>,
    test_groups: Vec<Group>,
}

/// The conformance table, a group for each part of a request.
fn conformance() -> Vec<Group> {
    let alb = keys::load_balancer();
    let mut groups: Vec<Group> = Vec::new();
    for row in table(&alb, group::NOW) {
        if groups.last().is_none_or(|group| group.comment != row.part) {
            groups.push(Group::of(row.part, &alb));
        }
        let verdict = match row.outcome {
            Outcome::User { sub } => Verdict::User(sub),
            Outcome::Anonymous => Verdict::Refused("missing"),
            Outcome::Refused { reason } => Verdict::Refused(reason),
        };
        let test = Test::new(row.name, row.about, &row.headers, verdict, row.may_fetch);
        if let Some(group) = groups.last_mut() {
            group.tests.push(test);
        }
    }
    groups
}

/// Puts its flags on each test.
fn annotate(groups: &mut [Group]) -> BTreeMap<&'static str, Note> {
    let mut all = BTreeMap::new();
    for group in &mut *groups {
        let (flag, note) = note_of_part(group.comment);
        for test in &mut group.tests {
            test.flags.push(flag);
        }
        all.insert(flag, note);
    }
    for (flag, note, names) in notes() {
        for name in names {
            let mut tests = groups.iter_mut().flat_map(|group| &mut group.tests);
            let test = tests.find(|test| test.name == *name);
            let test = test.unwrap_or_else(|| panic!("{flag} is about {name}, which there is not"));
            test.flags.push(flag);
            if note.is_latitude() {
                test.result = "acceptable";
            }
        }
        all.insert(flag, note);
    }
    all
}

const HEADER: &[&str] = &[
    "Test vectors for verifiers of x-amzn-oidc-data, the token that an AWS Application Load Balancer",
    "forwards. README.md beside this file says how to read them.",
    "All keys are published ones, their private halves too: of RFC 6979 appendix A.2.5, RFC 7517",
    "appendix A.2 and RFC 7515 appendix A.3. Trust none of them, and mint more with them.",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Forgery, SimulatedAlb};

    #[test]
    fn no_forgery_is_another_under_another_name() {
        let alb: SimulatedAlb = keys::load_balancer();
        let mut seen: BTreeMap<_, Forgery> = BTreeMap::new();
        for &forgery in Forgery::ALL {
            let headers = forgery.headers(&alb, group::NOW);
            if let Some(twin) = seen.insert(headers, forgery) {
                panic!("{forgery:?} and {twin:?} send the same");
            }
        }
    }
}
