//! The corpus, replayed without a fuzzer.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fuzz_properties::{ALL, Property, spellings, token};

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn names(folder: &str) -> BTreeSet<String> {
    let stem = |file: PathBuf| file.file_stem().unwrap().to_str().unwrap().to_owned();
    files(&fuzz().join(folder)).into_iter().map(stem).collect()
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn replay(target: &str, property: Property) -> usize {
    let files = files(&fuzz().join("corpus").join(target));
    for file in &files {
        // Shown if the property fails.
        println!("{}", file.display());
        property(&fs::read(file).unwrap());
    }
    files.len()
}

#[test]
fn every_property_holds_for_every_file_of_its_corpus() {
    for (target, property) in ALL {
        assert!(replay(target, property) > 0, "{target} has no corpus");
    }
}

#[test]
fn every_property_has_a_fuzz_target_and_a_corpus_and_there_are_no_others() {
    let properties: BTreeSet<_> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("fuzz_targets"), properties);
    assert_eq!(names("corpus"), properties);
}

#[test]
fn a_genuine_token_is_let_in_in_each_of_its_four_spellings() {
    let genuine = |file: &PathBuf| file.to_string_lossy().contains("genuine-");
    let tokens = files(&fuzz().join("corpus/token"));
    let tokens: Vec<_> = tokens.into_iter().filter(genuine).collect();
    assert_eq!(tokens.len(), 3);
    for file in tokens {
        let spellings = spellings(&fs::read_to_string(file).unwrap());
        assert_eq!(spellings.iter().collect::<BTreeSet<_>>().len(), 4);
        for spelling in spellings {
            // Fails if it is not let in: these are the ones that must be.
            token(spelling.as_bytes());
        }
    }
}

#[test]
fn the_longest_value_and_one_byte_more_are_judged_as_they_should_be() {
    // Too long to check in.
    for length in [16_384, 16_385] {
        token(&vec![b'a'; length]);
    }
}
