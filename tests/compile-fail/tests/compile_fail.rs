//! Compiles each example with its case switched on, and compares the errors' codes with those in its first lines.
//!
//! Codes, not texts: the compiler's wording changes from version to version.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

#[test]
fn each_case_fails_with_its_errors_and_no_others() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut ran = 0;
    for file in fs::read_dir(examples).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let expected: BTreeSet<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("//! error: "))
            .map(str::to_owned)
            .collect();
        assert!(!expected.is_empty(), "{name} names no error");
        assert_eq!(
            errors(name, &[]),
            BTreeSet::new(),
            "{name} without its case"
        );
        assert_eq!(errors(name, &["--cfg", "compile_fail"]), expected, "{name}");
        ran += 1;
    }
    assert_eq!(ran, 14);
}

/// The codes of the errors that compiling this example gives.
fn errors(example: &str, rustc_arguments: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "rustc",
            "--quiet",
            "--locked",
            "--package",
            "compile-fail",
            "--profile",
            "check",
        ])
        .args(["--message-format", "json", "--example", example])
        // A folder of its own: the one that this test was built in may be locked.
        .args([
            "--target-dir",
            concat!(env!("CARGO_TARGET_TMPDIR"), "/cases"),
        ])
        .arg("--")
        .args(rustc_arguments)
        .output()
        .unwrap();
    let codes: BTreeSet<_> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["message"]["level"] == "error")
        .filter_map(|message| Some(message["message"]["code"]["code"].as_str()?.to_owned()))
        .collect();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        output.status.success(),
        codes.is_empty(),
        "{example}: {stderr}"
    );
    codes
}
