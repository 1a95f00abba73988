//! `deny.toml`, for people who have cargo-deny, and `.ci/core-tree`, for CI, refuse the same.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

#[test]
fn ci_and_cargo_deny_refuse_the_same_crates_and_versions() {
    let deny = read("deny.toml");
    let mut banned = BTreeSet::new();
    let mut least = BTreeMap::new();
    for entry in list(&deny, "deny") {
        match entry.split_once(":<") {
            Some((name, version)) => drop(least.insert(name, version)),
            None => drop(banned.insert(entry)),
        }
    }
    assert!(banned.contains("openssl") && least.contains_key("bytes"));

    let tree = read(".ci/core-tree");
    let workspace = tree
        .lines()
        .find(|line| line.contains("--workspace"))
        .unwrap();
    let pattern = workspace.split('\'').nth(1).unwrap();
    assert_eq!(pattern.split('|').collect::<BTreeSet<_>>(), banned);

    let (_, versions) = tree.split_once("<<<'").unwrap();
    let (versions, _) = versions.split_once('\'').unwrap();
    let versions: BTreeMap<_, _> = versions
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .collect();
    assert_eq!(versions, least);
}

/// The crates of `name = [ { crate = "…", … }, … ]`.
fn list<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let mut crates = Vec::new();
    let lines = text.lines();
    for line in lines.skip_while(|line| *line != format!("{name} = [")) {
        if line == "]" {
            break;
        }
        if let Some((_, entry)) = line.split_once("{ crate = \"") {
            crates.push(entry.split('"').next().unwrap());
        }
    }
    crates
}

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join(path)).unwrap()
}
