//! How many instructions each operation takes: what neighbours on the machine do not change, so it
//! tells of small differences that times do not. Needs valgrind.
//!
//! Arguments are names of operations, and of the test kit's forgeries; without any, it is all of
//! both. `cargo bench` has valgrind run this program once more, and valgrind writes a file after each
//! operation.

#![expect(
    clippy::expect_used,
    reason = "a benchmark that cannot be set up has nothing to measure"
)]

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use alb_oidc_testkit::Forgery;
use benches::{Operation, Rejections, Workload, is_bench};

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let subjects = Subject::named(&arguments);
    if !is_bench() {
        // By valgrind, or by `cargo test`.
        let rejections = Rejections::by(1);
        for subject in subjects {
            subject.workload(&rejections).run_all();
        }
        return ExitCode::SUCCESS;
    }

    let Some(counts) = count(&subjects) else {
        eprintln!("valgrind cannot be run, or has failed");
        return ExitCode::FAILURE;
    };
    println!("{:<32}{:>14}", "per operation", "instructions");
    for (subject, count) in subjects.iter().zip(&counts) {
        println!("{:<32}{count:>14}", subject.name());
    }
    let count = |operation: Operation| {
        let found = subjects
            .iter()
            .position(|subject| subject.name() == operation.name);
        counts.get(found?)
    };
    if let (Some(bare), Some(whole)) = (
        count(Operation::BARE_VERIFY),
        count(Operation::AUTHENTICATE),
    ) {
        println!("of authenticate, {} are not bare-verify", whole - bare);
    }
    ExitCode::SUCCESS
}

#[derive(Clone, Copy)]
enum Subject {
    Operation(Operation),
    Rejection(Forgery),
}

impl Subject {
    /// Those of these names, or all.
    fn named(names: &[String]) -> Vec<Self> {
        let operations = Operation::ALL.iter().copied().map(Self::Operation);
        let rejections = Rejections::forgeries().map(Self::Rejection);
        let all: Vec<_> = operations.chain(rejections).collect();
        let named: Vec<_> = all
            .iter()
            .copied()
            .filter(|subject| names.iter().any(|name| name == subject.name()))
            .collect();
        if named.is_empty() { all } else { named }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Operation(operation) => operation.name,
            Self::Rejection(forgery) => forgery.name(),
        }
    }

    fn workload(&self, rejections: &Rejections) -> Workload {
        match self {
            Self::Operation(operation) => operation.workload(),
            Self::Rejection(forgery) => rejections.workload(*forgery),
        }
    }
}

/// Instructions per operation, one after the other.
fn count(subjects: &[Subject]) -> Option<Vec<u64>> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("instructions");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    let run_all = "benches::workload::Workload::run_all";
    let mut out_file = OsString::from("--callgrind-out-file=");
    out_file.push(folder.join("out"));
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--compress-strings=no"])
        .arg(format!("--toggle-collect={run_all}"))
        .arg(format!("--dump-after={run_all}"))
        .arg(out_file)
        .arg(env::current_exe().expect("it is running"))
        .args(subjects.iter().map(Subject::name))
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    (1..=subjects.len())
        .map(|n| {
            let dump = fs::read_to_string(folder.join(format!("out.{n}"))).ok()?;
            let total = dump.lines().find_map(|line| line.strip_prefix("summary: "));
            let total: u64 = total?.trim().parse().ok()?;
            Some(total / Workload::TOKENS as u64)
        })
        .collect()
}
