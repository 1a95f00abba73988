//! Prints all cases with our verdict, one JSON object a line.

#![forbid(unsafe_code)]

use std::io::{self, BufWriter, Write as _};

fn main() -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for case in interop::cases::all() {
        let ours = case.verdict();
        writeln!(out, "{}", case.to_json(&ours))?;
    }
    out.flush()
}
