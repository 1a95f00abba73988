//! Runs JSONTestSuite on the verifier: `json-suite INPUTS EXPECTED`. The inputs are JSON objects,
//! one a line, with a `name` and the `input` as text.
//!
//! What must be accepted is read, but for a written list; what must be refused is refused; what is
//! left to the parser is as `EXPECTED` has it, line by line.

#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::process::ExitCode;
use std::{env, fs};

use alb_oidc::JsonError;
use interop::invalid_utf8;
use interop::json_suite::{Bench, Finding, PLACES};
use serde_json::Value;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    let read = |index: usize| fs::read_to_string(&arguments[index]).expect("a readable file");
    let (inputs, expected) = (read(1), read(2));
    let mut suite = Suite::default();
    for line in inputs.lines() {
        let input: Value = serde_json::from_str(line).expect("a line of JSON");
        let text = |member: &str| input[member].as_str().expect("a text");
        suite.run(text("name"), text("input"));
    }
    suite.compare(&expected);
    suite.report()
}

#[derive(Default)]
struct Suite {
    bench: Bench,
    ran: Counts,
    /// What the parser is free to decide, one line an input.
    free: Vec<String>,
    faults: Vec<String>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    must_accept: usize,
    must_refuse: usize,
    free: usize,
    not_utf_8: usize,
}

impl Suite {
    fn run(&mut self, name: &str, input: &str) {
        let lost = invalid_utf8::INPUTS
            .iter()
            .find(|(other, _)| *other == name);
        if let Some((_, bytes)) = lost {
            self.ran.not_utf_8 += 1;
            self.check(
                String::from_utf8_lossy(bytes) == input,
                name,
                "has other bytes",
            );
            return;
        }
        self.check(!input.contains('\u{fffd}'), name, "has lost bytes");
        let findings = self.bench.findings(input.as_bytes());
        if name.starts_with("y_") {
            self.ran.must_accept += 1;
            self.must_accept(name, input, findings);
        } else if name.starts_with("n_") {
            self.ran.must_refuse += 1;
            for (place, finding) in PLACES.into_iter().zip(findings) {
                self.check(finding != Finding::Read, name, &format!("is read {place}"));
            }
            let unread =
                findings.map(|finding| matches!(finding, Finding::Empty | Finding::TooLarge));
            let may_be_unread = match name {
                "n_structure_no_data" => [true, true, false, false],
                "n_structure_100000_opening_arrays" | "n_structure_open_array_object" => [true; 4],
                _ => [false; 4],
            };
            self.check(
                unread == may_be_unread,
                name,
                "is not refused by the parser",
            );
        } else {
            self.ran.free += 1;
            let [header, payload, member, claim] = findings;
            self.free
                .push(format!("{name}\t{header}\t{payload}\t{member}\t{claim}"));
        }
    }

    fn must_accept(&mut self, name: &str, input: &str, findings: [Finding; 4]) {
        let object = serde_json::from_str(input).is_ok_and(|value: Value| value.is_object());
        let whole = if object {
            Finding::Read
        } else {
            Finding::Refused(JsonError::NotObject)
        };
        let expected = if STRICTER.contains(&name) {
            [Finding::Refused(JsonError::Duplicate); 4]
        } else {
            [whole, whole, Finding::Read, Finding::Read]
        };
        for (index, place) in PLACES.into_iter().enumerate() {
            let (finding, expected) = (findings[index], expected[index]);
            self.check(
                finding == expected,
                name,
                &format!("{finding} {place}, not {expected}"),
            );
        }
    }

    fn compare(&mut self, expected: &str) {
        let all = Counts {
            must_accept: 95,
            must_refuse: 176,
            free: 41,
            not_utf_8: invalid_utf8::INPUTS.len(),
        };
        if self.ran != all {
            self.faults
                .push(format!("ran {:?} instead of {all:?}", self.ran));
        }
        let expected: Vec<&str> = expected
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect();
        for line in self
            .free
            .iter()
            .filter(|line| !expected.contains(&line.as_str()))
        {
            self.faults.push(format!("not expected: {line}"));
        }
        for line in expected
            .into_iter()
            .filter(|line| !self.free.iter().any(|found| found == line))
        {
            self.faults.push(format!("not found: {line}"));
        }
    }

    fn check(&mut self, holds: bool, name: &str, fault: &str) {
        if !holds {
            self.faults.push(format!("{name} {fault}"));
        }
    }

    fn report(&self) -> ExitCode {
        let Counts {
            must_accept,
            must_refuse,
            free,
            not_utf_8,
        } = self.ran;
        println!(
            "JSONTestSuite, each in {} places and with all backends: {must_accept} that must be accepted ({} refused on purpose), \
             {must_refuse} that must be refused, {free} free; {not_utf_8} that are not UTF-8 are left to cargo test",
            PLACES.len(),
            STRICTER.len(),
        );
        for fault in &self.faults {
            println!("{fault}");
        }
        if self.faults.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// What JSON allows and we refuse on purpose: which of two members of one name counts differs
/// between parsers, so a token that has them says different things to different readers.
const STRICTER: [&str; 2] = [
    "y_object_duplicated_key",
    "y_object_duplicated_key_and_value",
];
