//! Adapters translate, and never decide. They stay so small that it can be seen: at most 600 lines of
//! code each.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn each_adapter_is_at_most_600_lines_of_code() {
    for adapter in ["alb-oidc-actix", "alb-oidc-tower"] {
        let source = root().join("crates").join(adapter).join("src");
        let lines = code_of_folder(&source);
        // One that is not read would be small.
        assert!((300..=600).contains(&lines), "{adapter} has {lines} lines");
    }
}

#[test]
fn imports_comments_documentation_and_empty_lines_are_not_counted_and_all_else_is() {
    let text = r#"//! A file.

use a::b; // why
pub use c::{
    d,
};

/// An item.
#[doc = concat!("a")]
#[must_use]
pub fn e() {
    // Why.
    f();
}
"#;
    assert_eq!(code(text), 4);
}

/// Of a folder, and of those in it. The adapters' tests are not there.
fn code_of_folder(folder: &Path) -> usize {
    let files = fs::read_dir(folder).unwrap();
    let lines = files.map(|file| {
        let path = file.unwrap().path();
        if path.is_dir() {
            return code_of_folder(&path);
        }
        let text = fs::read_to_string(path).unwrap();
        assert!(!text.contains("cfg(test)"));
        code(&text)
    });
    lines.sum()
}

/// How many lines of it are code: all but empty ones, comments, documentation and imports. Attributes
/// count, and lines that have nothing but a bracket.
fn code(text: &str) -> usize {
    let mut imports = false;
    let lines = text.lines().map(str::trim).filter(|line| {
        imports |= line.starts_with("use ") || line.starts_with("pub use ");
        let is_code = !imports && !is_told(line);
        imports &= !line.contains(';');
        is_code
    });
    lines.count()
}

fn is_told(line: &str) -> bool {
    let starts = ["//", "#[doc ", "#![doc "];
    line.is_empty() || starts.iter().any(|start| line.starts_with(start))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
