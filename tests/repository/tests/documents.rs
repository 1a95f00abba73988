//! Documents lead to files that exist, and the table of the core's files has them all.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_link_leads_to_a_file_of_the_repository() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for document in [
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "README.md",
        "SECURITY.md",
        "THREATS.md",
        "crates/alb-oidc-p256-tables/README.md",
        "docs/capacity.md",
        "fuzz/README.md",
        "interop/README.md",
        "vectors/README.md",
    ] {
        let folder = root().join(document).parent().unwrap().to_path_buf();
        for target in targets(&read(document)) {
            let (path, anchor) = target.split_once('#').unwrap_or((&*target, ""));
            if path.ends_with(".rs") && !anchor.is_empty() {
                wrong.push(format!("{document}: {target}: source has no anchors"));
            }
            if !path.is_empty() && !folder.join(path).exists() {
                wrong.push(format!("{document}: {target}: there is no such file"));
            }
            checked += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 30, "there are only {checked} links");
}

#[test]
fn every_file_of_the_core_is_in_the_architecture() {
    let architecture = read("ARCHITECTURE.md");
    let mut files = 0;
    for path in names("crates/alb-oidc/src") {
        let listed = match path.as_str() {
            "lib.rs" | "mod.rs" => continue,
            "keys/" => names("crates/alb-oidc/src/keys"),
            _ => vec![path.clone()],
        };
        for file in listed.iter().filter(|file| *file != "mod.rs") {
            let folder = if path == "keys/" { "keys/" } else { "" };
            let name = format!("`{folder}{file}`");
            assert!(architecture.contains(&name), "ARCHITECTURE.md lacks {name}");
            files += 1;
        }
    }
    assert!(files > 30, "there are only {files} files");
}

/// `path` of each `[text](path)`, other sites aside.
fn targets(text: &str) -> Vec<String> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.to_owned())
        .filter(|target| !target.contains("://"))
        .collect()
}

/// What is in a folder; folders with a `/` behind their name.
fn names(folder: &str) -> Vec<String> {
    fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if entry.file_type().unwrap().is_dir() {
                name + "/"
            } else {
                name
            }
        })
        .collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
