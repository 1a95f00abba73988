//! `THREATS.md` has every threat once, and all that it points to exists.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_threat_is_in_the_map_once_and_in_its_place() {
    let map = Map::read();
    let ids: Vec<_> = map.rows.iter().map(|row| &*row.id).collect();
    assert_eq!(ids, expected_ids());
}

#[test]
fn every_threat_is_shown_somewhere_or_says_why_not() {
    let map = Map::read();
    for Row { id, cells } in &map.rows {
        let [attack, behaviour, shown] = &cells[..] else {
            panic!("{id} has {} cells beside its id", cells.len());
        };
        assert!(!attack.is_empty() && !behaviour.is_empty(), "{id}");
        let says_why = ["n/a: ", "waits: "]
            .iter()
            .any(|start| shown.strip_prefix(start).is_some_and(|why| !why.is_empty()));
        assert!(
            says_why || !links(shown).is_empty(),
            "{id} is shown nowhere: {shown:?}"
        );
    }
}

#[test]
fn every_test_and_every_section_that_the_map_names_exists() {
    let map = Map::read();
    let mut wrong = Vec::new();
    let mut tests = 0;
    for (cell, link) in map.links() {
        let Link {
            text,
            target,
            section,
        } = link;
        let target = match target {
            Target::Path(path) => path,
            Target::Reference(name) => match map.references.get(&*name) {
                Some(path) => path.clone(),
                None => {
                    wrong.push(format!("[{text}][{name}]: there is no such reference"));
                    continue;
                }
            },
        };
        match text
            .strip_prefix('`')
            .and_then(|text| text.strip_suffix('`'))
        {
            Some(code) => {
                tests += 1;
                let runs = if cell.starts_with("run by hand: ") {
                    Runs::ByHand
                } else {
                    Runs::WithAll
                };
                if let Err(fault) = find_code(code, &target, runs) {
                    wrong.push(format!("[{text}] in {target}: {fault}"));
                }
            }
            None => {
                if let Err(fault) = find_section(&target, section.as_deref()) {
                    wrong.push(format!("[{text}] in {target}: {fault}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tests > 150, "the map names only {tests} tests");
}

#[test]
fn every_reference_is_used() {
    let map = Map::read();
    for name in map.references.keys() {
        let used = format!("][{name}]");
        assert!(map.text.contains(&used), "[{name}] is not used");
    }
}

/// The letters say what a threat is about; the map has a table for each.
fn expected_ids() -> Vec<String> {
    let numbered = |letter: char, last: u32| (1..=last).map(move |n| format!("{letter}{n}"));
    numbered('A', 10)
        .chain(numbered('B', 12))
        .chain(numbered('C', 8))
        .chain(numbered('D', 15))
        .chain(numbered('E', 21))
        .chain(["F".to_owned()])
        .chain(numbered('G', 17))
        .chain(numbered('H', 6))
        .chain(numbered('I', 10))
        .chain(numbered('J', 7))
        .chain(numbered('K', 8))
        .collect()
}

struct Map {
    text: String,
    rows: Vec<Row>,
    references: BTreeMap<String, String>,
}

struct Row {
    id: String,
    cells: Vec<String>,
}

impl Map {
    fn read() -> Self {
        let text = read("THREATS.md");
        let mut rows = Vec::new();
        let mut references = BTreeMap::new();
        for line in text.lines() {
            if let Some(row) = Row::parse(line) {
                rows.push(row);
            } else if let Some((name, path)) = reference(line) {
                references.insert(name.to_owned(), path.to_owned());
            }
        }
        Self {
            text,
            rows,
            references,
        }
    }

    /// Each link, with the cell of a table that it is in, and what follows that.
    fn links(&self) -> impl Iterator<Item = (&str, Link)> {
        let cells = self.text.split(" | ");
        cells.flat_map(|cell| links(cell).into_iter().map(move |link| (cell, link)))
    }
}

impl Row {
    /// `| A1 | … | … | … |`. Other tables' first cells are no ids.
    fn parse(line: &str) -> Option<Self> {
        let inside = line.strip_prefix("| ")?.strip_suffix(" |")?;
        let mut cells = inside.split(" | ").map(|cell| cell.trim().to_owned());
        let id = cells.next()?;
        let number = id.strip_prefix(|letter: char| letter.is_ascii_uppercase())?;
        number
            .chars()
            .all(|digit| digit.is_ascii_digit())
            .then(|| Self {
                id,
                cells: cells.collect(),
            })
    }
}

struct Link {
    text: String,
    target: Target,
    /// `[text](path), "Section"`: hosting platforms give headings in source no anchor.
    section: Option<String>,
}

enum Target {
    /// `[text](path)`
    Path(String),
    /// `[text][reference]`
    Reference(String),
}

fn links(text: &str) -> Vec<Link> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, from_text)) = rest.split_once('[') {
        let Some((text, after)) = from_text.split_once(']') else {
            break;
        };
        rest = after;
        let target = if let Some(after) = after.strip_prefix('(') {
            after
                .split_once(')')
                .map(|(path, _)| Target::Path(path.to_owned()))
        } else if let Some(after) = after.strip_prefix('[') {
            after
                .split_once(']')
                .map(|(name, _)| Target::Reference(name.to_owned()))
        } else {
            None
        };
        if let Some(target) = target {
            let section = after
                .split_once([')', ']'])
                .and_then(|(_, after)| after.strip_prefix(", \""))
                .and_then(|after| after.split_once('"'))
                .map(|(section, _)| section);
            found.push(Link {
                text: text.to_owned(),
                target,
                section: section.map(str::to_owned),
            });
            rest = after.get(1..).unwrap_or_default();
        }
    }
    found
}

/// `[name]: path`
fn reference(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix('[')?.split_once("]: ")
}

/// Whether `cargo test` runs a test without being told to.
#[derive(PartialEq)]
enum Runs {
    WithAll,
    ByHand,
}

/// A test, a row of the test kit's tables, or a case that must not compile.
fn find_code(code: &str, path: &str, runs: Runs) -> Result<(), String> {
    for (table, place) in TABLES {
        let Some(name) = code.strip_prefix(table) else {
            continue;
        };
        if path != place {
            return Err(format!("it would be in {place}"));
        }
        return sources(path)?
            .iter()
            .any(|text| text.lines().any(|line| row(line) == Some(name)))
            .then_some(())
            .ok_or_else(|| "there is no such row".to_owned());
    }
    if root().join(path).is_dir() {
        return source(&format!("{path}/{code}.rs")).map(drop);
    }
    let text = source(path)?;
    is_compiled(path)?;
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let at = lines
        .iter()
        .position(|line| {
            let line = line.strip_prefix("async ").unwrap_or(line);
            line.strip_prefix("fn ")
                .and_then(|line| line.strip_prefix(code))
                .is_some_and(|line| line.starts_with('('))
        })
        .ok_or("there is no such function")?;
    let attributes: Vec<_> = lines
        .get(..at)
        .unwrap_or_default()
        .iter()
        .rev()
        .take_while(|line| !line.is_empty() && **line != "}")
        .collect();
    let has = |start: &str| attributes.iter().any(|line| line.starts_with(start));
    if !has("#[test]") && !has("#[tokio::test") {
        return Err("it is not a test".to_owned());
    }
    match (has("#[ignore"), runs) {
        (true, Runs::WithAll) => Err("it does not run with the others".to_owned()),
        (false, Runs::ByHand) => Err("it runs with the others".to_owned()),
        _ => Ok(()),
    }
}

/// A test in a folder beside a `main.rs` or `mod.rs` runs only if that names its module.
fn is_compiled(path: &str) -> Result<(), String> {
    let file = root().join(path);
    let module = file.file_stem().unwrap().to_str().unwrap();
    let beside = |name| fs::read_to_string(file.with_file_name(name)).ok();
    match beside("main.rs").or_else(|| beside("mod.rs")) {
        Some(parent) if module != "main" && path.contains("/tests/") => parent
            .lines()
            .any(|line| line.trim() == format!("mod {module};"))
            .then_some(())
            .ok_or_else(|| "the main.rs or mod.rs beside it does not name it".to_owned()),
        _ => Ok(()),
    }
}

/// A file, or a heading in it: `path`, `path#heading`, or the section's name beside a path.
fn find_section(target: &str, section: Option<&str>) -> Result<(), String> {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    if path.ends_with(".rs") && !anchor.is_empty() {
        return Err("no hosting platform finds a heading in source".to_owned());
    }
    let text = source(path)?;
    let headings = text.lines().filter_map(|line| {
        let line = line.strip_prefix("//! ").unwrap_or(line);
        let heading = line.trim_start_matches('#');
        (heading.len() < line.len()).then(|| heading.trim())
    });
    let mut headings = headings.filter(|heading| match section {
        Some(section) => *heading == section,
        None => slug(heading) == anchor,
    });
    let is_named = section.is_some() || !anchor.is_empty();
    (!is_named || headings.next().is_some())
        .then_some(())
        .ok_or_else(|| "there is no such heading".to_owned())
}

/// A heading's anchor, as hosting platforms make it.
fn slug(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// The name in `    AlgNone "algorithm" local => …`.
fn row(line: &str) -> Option<&str> {
    let (name, rest) = line.strip_prefix("    ")?.split_once(' ')?;
    let rest = rest.strip_prefix('"')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_uppercase());
    (is_name && rest.contains("=>")).then_some(name)
}

fn source(path: &str) -> Result<String, String> {
    fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"))
}

/// Of a file, or of all files in a folder.
fn sources(path: &str) -> Result<Vec<String>, String> {
    match fs::read_dir(root().join(path)) {
        Err(_) => Ok(vec![source(path)?]),
        Ok(files) => files
            .map(|file| {
                let file = file.map_err(|error| error.to_string())?;
                fs::read_to_string(file.path()).map_err(|error| error.to_string())
            })
            .collect(),
    }
}

fn read(path: &str) -> String {
    source(path).unwrap()
}

/// Of what the test kit sends: what must be refused, and what must be let in.
const TABLES: [(&str, &str); 2] = [
    ("Forgery::", "crates/alb-oidc-testkit/src/forgery"),
    ("Genuine::", "crates/alb-oidc-testkit/src/genuine.rs"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
